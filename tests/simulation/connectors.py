"""The connectors of the model providers: what connectors/google and connectors/zoom promise, over the model network."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from connectors.errors import Conflict, NotFound, Rejected, Transient, Unwatchable
from connectors.google import edits
from connectors.model import (
    CalendarInfo,
    Changes,
    Event,
    EventRef,
    Made,
    Mark,
    Meeting,
    MeetingRequest,
    Subscription,
)
from tests.simulation.calendar import CalendarService
from tests.simulation.loop import Process
from tests.simulation.meetings import LAG, MeetingService, Room
from tests.simulation.network import Network, T
from tests.simulation.pushes import Pushes


@dataclass(frozen=True)
class Line:
    """The network, as one process uses it on behalf of one person."""

    network: Network
    process: Process
    who: str

    async def call(self, op: str, about: str, effect: Callable[[], T]) -> T:
        """Call a provider."""
        return await self.network.call(self.process, self.who, op, about, effect)


@dataclass(frozen=True)
class ModelCalendar:
    """Implements `connectors.base.Calendar`."""

    line: Line
    service: CalendarService
    pushes: Pushes
    calendars_of: Callable[[str], Iterable[CalendarInfo]]

    async def calendars(self) -> Iterable[CalendarInfo]:
        """List the calendars of the person."""
        return await self.line.call("calendar list", self.line.who, lambda: self.calendars_of(self.line.who))

    async def changes(self, calendar: CalendarInfo, cursor: str | None) -> Changes:
        """Return what changed."""
        about = f"{calendar.remote} since {cursor}"
        return await self.line.call(
            "calendar changes", about, lambda: self.service.changes(calendar.remote, cursor)
        )

    async def get(self, calendar: CalendarInfo, event: str) -> Event:
        """Read one event."""
        return await self.line.call(
            "calendar get", event, lambda: self.service.read(self.service.get(calendar.remote, event))
        )

    async def write(
        self, event: Event, meeting: Meeting | None, key: str, source: str = "", *, earlier: str = ""
    ) -> Event:
        """Put the details on the event, or take ours off."""
        off = meeting is None
        body = edits.take(event, key, earlier) if off else edits.put(event, meeting, key, source, earlier)
        if not body:
            return event
        about = f"{event.ref.event} {sorted(body)} of {key if meeting else 'nobody'}"
        written = await self.line.call(
            "calendar patch", about, lambda: self.service.patch(event.ref, event.etag, body)
        )
        done = edits.bare(written, key) if meeting is None else edits.shows(written, meeting, key)
        if not done:
            raise Rejected("it said yes and changed nothing", reason="write_ignored")
        return written

    async def subscribe(self, calendar: CalendarInfo, channel: str, token: str, address: str) -> Subscription:
        """Open a push channel."""
        if not calendar.native and not calendar.primary:
            raise Unwatchable
        return await self.line.call(
            "calendar watch", calendar.remote, lambda: self.pushes.open(calendar.remote, channel, token)
        )

    async def renew(
        self, calendar: CalendarInfo, old: Subscription, channel: str, token: str, address: str
    ) -> Subscription:
        """Open another one, or have the old one last longer where Graph would."""
        if self.service.outlook and old.id in self.pushes.channels:
            return await self.line.call("calendar renew", calendar.remote, lambda: self.pushes.extend(old.id))
        return await self.subscribe(calendar, channel, token, address)

    async def unsubscribe(self, subscription: Subscription) -> None:
        """Close one."""
        await self.line.call("calendar stop", "", lambda: self.pushes.close(subscription.id))


@dataclass(frozen=True)
class ModelMeet:
    """Meets, which live on their event."""

    line: Line
    service: CalendarService

    async def create(self, key: str, request: MeetingRequest, tried: datetime | None) -> Made:
        """Ask for a Meet, or adopt the one that was asked for."""
        request_id, etag = key, request.etag
        if tried is not None or not etag:
            seen, request_id = await self._asked(key, request.at)
            if seen.native is not None and seen.native.state != "failed":
                if _ours(seen, key):
                    return _made(seen)
                if not seen.native.key:
                    raise Rejected("somebody else's conference is there", reason="foreign_conference")
            if etag and seen.etag != etag:
                raise Conflict
            etag = seen.etag
        mark = Mark(key, request.at.event, "")
        event = await self.line.call(
            "meet create",
            f"{request.at.event} {request_id}",
            lambda: self.service.ask_for_meet(request.at, etag, request_id, mark),
        )
        return _made(event)

    async def _asked(self, key: str, at: EventRef) -> tuple[Event, str]:
        """Read the event, and find the request id that is to be used."""

        def effect() -> tuple[Event, str]:
            item = self.service.get(at.calendar, at.event)
            return self.service.read(item), item.request_id

        event, last = await self.line.call("meet read", at.event, effect)
        failed = event.native is not None and event.native.state == "failed" and event.native.key == key
        return event, f"{key}-{int(last.partition('-')[2] or 1) + 1}" if failed else key

    async def update(self, key: str, meeting: Meeting, request: MeetingRequest) -> Made:
        """Leave it: it takes everything from its event."""
        return Made(meeting)

    async def cancel(
        self, key: str, meeting: Meeting | None, request: MeetingRequest, tried: datetime | None
    ) -> Event | None:
        """Take our Meet and our mark off."""
        try:
            seen, _ = await self._asked(key, request.at)
            body: dict[str, object] = {}
            native = seen.native
            if native is not None and (native.key == key or (meeting and native.id == meeting.id != "")):
                body["conferenceData"] = None
            if seen.mark is not None and (seen.mark.key, seen.mark.event) == (key, request.at.event):
                body["extendedProperties"] = {"private": {"huddled": None}}
            if not body:
                return None
            return await self.line.call(
                "meet cancel", request.at.event, lambda: self.service.patch(request.at, seen.etag, body)
            )
        except NotFound:
            return None

    async def get(self, meeting: Meeting, at: EventRef) -> Meeting:
        """Read it."""
        return meeting


def _ours(event: Event, key: str) -> bool:
    return event.native is not None and event.native.key == key


def _made(event: Event) -> Made:
    native = event.native
    if native is None or native.state != "ready":
        failed = native is not None and native.state == "failed"
        raise Transient(
            "no Meet yet", retry_after=None if failed else 2.0, reason="failed" if failed else "pending"
        )
    meeting = Meeting("meet", "Google Meet", native.id, native.join_url, code=native.id, native=True)
    return Made(meeting, event)


@dataclass(frozen=True)
class ModelZoom:
    """Meetings that have to be searched for after a lost answer."""

    line: Line
    service: MeetingService

    async def create(self, key: str, request: MeetingRequest, tried: datetime | None) -> Made:
        """Make the meeting of the key, or find the one whose answer was lost."""
        if tried is not None:
            found = await self._found(key, request)
            if found is not None:
                return Made(_meeting(found))
            self._trust_the_list(tried)
        about = f"{request.at.event} {key} {request.title!r}"
        room = await self.line.call("zoom create", about, lambda: self.service.create(key, request))
        return Made(_meeting(room))

    async def update(self, key: str, meeting: Meeting, request: MeetingRequest) -> Made:
        """Change it."""
        await self._change(meeting.id, request)
        return Made(meeting)

    async def cancel(
        self, key: str, meeting: Meeting | None, request: MeetingRequest, tried: datetime | None
    ) -> Event | None:
        """Delete it, or all that may have been made."""
        if meeting is not None:
            await self._delete(meeting.id)
        elif tried is not None:
            for room in await self._marked(key, request):
                await self._delete(room.id)
            self._trust_the_list(tried)
        return None

    async def get(self, meeting: Meeting, at: EventRef) -> Meeting:
        """Read it."""
        return _meeting(await self.line.call("zoom get", meeting.id, lambda: self.service.get(meeting.id)))

    async def _found(self, key: str, request: MeetingRequest) -> Room | None:
        kept: Room | None = None
        for room in await self._marked(key, request):
            if kept is not None:
                await self._delete(room.id)
            else:
                kept = room
                if room.made != request:
                    await self._change(room.id, request)
        return kept

    async def _marked(self, key: str, request: MeetingRequest) -> list[Room]:
        return await self.line.call("zoom list", key, lambda: self.service.marked(request.host, key))

    async def _change(self, id_: str, request: MeetingRequest) -> None:
        about = f"{id_} {request.title!r}"
        await self.line.call("zoom update", about, lambda: self.service.update(id_, request))

    async def _delete(self, id_: str) -> None:
        try:
            await self.line.call("zoom delete", id_, lambda: self.service.delete(id_))
        except NotFound:
            return

    def _trust_the_list(self, tried: datetime) -> None:
        if self.service.now() - tried < timedelta(seconds=LAG):
            raise Transient("the list may not show it yet", retry_after=LAG, reason="list_lag")


def _meeting(room: Room) -> Meeting:
    return Meeting("zoom", "Zoom", room.id, room.url, host=room.made.host, passcode=room.passcode)
