"""Microsoft Teams, which lives on its event: asked for by a PATCH of two fields, never of the body.

There is no way to say that an event shall not be online any more; its invitation is cut out of the body, which
switches the meeting off.
https://learn.microsoft.com/graph/outlook-calendar-online-meetings
"""

from __future__ import annotations

from datetime import datetime

from connectors.errors import Conflict, Ignored, NotFound, Rejected
from connectors.microsoft import edits, online
from connectors.microsoft.api import Item
from connectors.microsoft.errors import PROVIDER
from connectors.microsoft.reading import Reader
from connectors.microsoft.writing import Writer, pending
from connectors.model import CalendarInfo, Event, EventRef, Made, Meeting, MeetingRequest


class TeamsMeetings:
    """The Teams meetings on the calendars of one mailbox."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._writer = Writer(reader)

    async def create(self, key: str, request: MeetingRequest, tried: datetime | None) -> Made:
        """Put a Teams meeting on the event, or adopt the one that an earlier call with this key made.

        With `tried` None and an etag, the event is taken to be as the caller has seen it: without somebody
        else's meeting. Otherwise it is read first.

        Raises Transient with reason "pending" while the link is not there yet; Rejected with reason
        "foreign_conference" where somebody else's meeting is there, and "teams_not_allowed" where the mailbox
        cannot have Teams; Conflict when the event changed, NotFound.
        """
        etag = request.etag
        if tried is not None or not etag:
            item, seen = await self._read(request)
            if _adoptable(item, seen, key):
                return _made(item, seen, request)
            if etag and seen.etag != etag:
                raise Conflict(provider=PROVIDER)
            etag = seen.etag
        patch = edits.create_teams(key, request.at, request.links)
        item = await self._writer.send(request.at, patch, etag)
        return _made(item, self._reader.asked(item, _calendar(request), patch), request)

    async def update(self, key: str, meeting: Meeting, request: MeetingRequest) -> Made:
        """Leave the meeting as it is: it takes title, time and guests from its event."""
        return Made(meeting)

    async def cancel(
        self, key: str, meeting: Meeting | None, request: MeetingRequest, tried: datetime | None
    ) -> Event | None:
        """Take our meeting and our marks off the event, and leave alone what somebody put there meanwhile.

        Always reads first: an etag tells that the event has not changed, not whose meeting is on it. Raises
        Transient with reason "pending" while there is no invitation yet that could be cut out.
        """
        try:
            _, seen = await self._read(request)
            link = meeting.join_url if meeting is not None else ""
            if not _concerns(seen, key, link):
                return None
            return await self._writer.take(seen, key, link)
        except NotFound:
            return None

    async def get(self, meeting: Meeting, at: EventRef) -> Meeting:
        """Read the meeting from its event. Raises NotFound when the event has another one, or none."""
        item = await self._reader.item(at.calendar, at.event)
        found = online.teams(item, meeting.host)
        if item.get("isCancelled") is True or not found.id or found.id != meeting.id:
            raise NotFound("the event does not have this Teams meeting any more", provider=PROVIDER)
        return found

    async def _read(self, request: MeetingRequest) -> tuple[Item, Event]:
        item = await self._reader.item(request.at.calendar, request.at.event)
        return item, self._reader.understand(item, _calendar(request))


def _adoptable(item: Item, seen: Event, key: str) -> bool:
    """Tell whether there is nothing to ask for. Raises Rejected where the place is taken by somebody else."""
    native = seen.native
    if native is None:
        return False
    if native.key == key:
        return True
    if not native.key and not (native.service == "other" and online.is_refused(item)):
        raise Rejected(
            "the event has an online meeting of somebody else", provider=PROVIDER, reason="foreign_conference"
        )
    return False  # Of another conference of ours: the meeting stays, and is ours from now on.


def _concerns(seen: Event, key: str, link: str) -> bool:
    marked = seen.mark is not None and (seen.mark.key, seen.mark.event) == (key, seen.ref.event)
    native = seen.native
    return marked or (native is not None and edits.is_own(native, key, link))


def _made(item: Item, event: Event, request: MeetingRequest) -> Made:
    """Return the meeting that an answer shows: a mailbox without Teams says yes, and makes none."""
    native = event.native
    if native is None or native.service != online.SERVICE or online.is_refused(item):
        message = "this mailbox cannot have Teams meetings: it needs a licence for them, and no personal account has it"
        told = Ignored(message, provider=PROVIDER, reason="teams_not_allowed")
        told.shown = event
        raise told
    if not native.join_url:
        raise pending()
    return Made(online.teams(item, request.host), event)


def _calendar(request: MeetingRequest) -> CalendarInfo:
    return CalendarInfo(request.at.calendar, name="", zone=request.zone, writable=True)
