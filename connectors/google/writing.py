"""Writes on events: each a PATCH with If-Match of a few fields, and each answer looked at.

Third parties' conference data is tried beside the description, never instead of it, so that a Google which drops
it costs no second write.
https://developers.google.com/workspace/calendar/api/v3/reference/events/patch
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.errors import Ignored, NotFound, Rejected
from connectors.google import edits, wire
from connectors.google.api import Api
from connectors.google.errors import PROVIDER, is_conference_refused
from connectors.google.third_party import ThirdParty
from connectors.model import CalendarInfo, Event, Meeting
from connectors.settings import GoogleSettings

Item = Mapping[str, Any]
Send = Callable[[Item], Awaitable[Event]]


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes on the events of one person. `third_party` is shared by all who use the same OAuth client."""

    api: Api
    settings: GoogleSettings
    third_party: ThirdParty

    async def put(self, event: Event, meeting: Meeting, key: str, source: str, earlier: str) -> Event:
        """Put the details on the event. Raises Conflict, NotFound, and Ignored where it did not come about."""
        body = edits.put(event, meeting, key, source, earlier, self.settings.wording)
        data = self.beside(event, meeting, key)
        if not body and (data is None or not self.third_party.supported):
            return event
        written = await self.with_data(lambda whole: self.patch(event, whole), body, data, key, event)
        return sure(written, done=edits.shows(written, meeting, key))

    async def take(self, event: Event, key: str, earlier: str) -> Event:
        """Take ours off the event. Raises as `put`."""
        body = edits.take(event, key, earlier, self.settings.wording)
        written = await self.patch(event, body) if body else event
        return sure(written, done=edits.bare(written, key, earlier))

    async def patch(
        self, event: Event, body: Item, send_updates: str = "", calendar: CalendarInfo | None = None
    ) -> Event:
        """Send the fields, and return the event as it then stands, in its `calendar` where that is known."""
        query: dict[str, Any] = {"sendUpdates": send_updates or self.settings.send_updates, **self.api.shared}
        query |= conference_version(body)
        request = self.api.requests.patch(event.ref.calendar, event.ref.event, body, event.etag, **query)
        return self.alive(await self.api.call(request), calendar or _seen_from(event))

    def beside(self, event: Event, meeting: Meeting | None, key: str) -> Item | None:
        """Return conference data to try beside the description, where that may help."""
        worth = meeting is not None and self.third_party.worth_trying
        return edits.third_party(event, meeting, key) if meeting is not None and worth else None

    async def with_data(
        self, send: Send, body: Item, data: Item | None, key: str, otherwise: Event | None = None
    ) -> Event:
        """Send with conference data of a third party too, and learn from how it goes.

        Where the data is refused and there is nothing else to send, the answer is `otherwise`.
        """
        if data is None:
            return await send(body)
        try:
            written = await send({**body, "conferenceData": data})
        except Rejected as error:
            if not is_conference_refused(error):
                raise
            await self.third_party.learn(supported=False)
            return await send(body) if body or otherwise is None else otherwise
        if written.block is not None and written.block.key == key:
            await self.third_party.learn(supported=written.native is not None and written.native.key == key)
        return written

    def alive(self, item: Item, calendar: CalendarInfo) -> Event:
        """Make an event of an answer. Raises NotFound where it is cancelled, Rejected where it makes no sense."""
        try:
            read = wire.event(item, calendar, self.settings.wording.texts)
        except (ValueError, TypeError, AttributeError) as error:
            raise Rejected("the event is unreadable", provider=PROVIDER, reason="unreadable") from error
        if not isinstance(read, Event):
            raise NotFound("the event is cancelled, or of a kind that has no meetings", provider=PROVIDER)
        return read


def conference_version(body: Item) -> dict[str, int]:
    """Return what a query says where conference data is meant: without it that is ignored, as we like it."""
    return {"conferenceDataVersion": 1} if "conferenceData" in body else {}


def sure(event: Event, *, done: bool) -> Event:
    """Return the event where it is as was written. Raises Ignored where not."""
    if not done:
        message = "Google said yes and did not keep all of what was written: is the description too long?"
        ignored = Ignored(message, provider=PROVIDER, reason="write_ignored")
        ignored.shown = event
        raise ignored
    return event


def _seen_from(event: Event) -> CalendarInfo:
    """Return as much of the event's calendar as reading its next state takes."""
    return CalendarInfo(event.ref.calendar, name="", zone=event.zone, writable=event.own)
