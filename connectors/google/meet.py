"""Google Meet, which lives on its event: made, adopted and taken away by PATCHes of `conferenceData`.

A new request id on an event that has a Meet makes a new room, and the old link dies. So the id is our key;
after a failure, which Google never takes up again under the same id, it is the key with the next number.
https://developers.google.com/workspace/calendar/api/guides/create-events#conferencing
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from connectors import marks
from connectors.errors import Conflict, Ignored, NotFound, Rejected, Transient
from connectors.google import conference, wire
from connectors.google.api import Api
from connectors.google.errors import PROVIDER, is_conference_refused
from connectors.model import CalendarInfo, Event, EventRef, Made, Mark, Meeting, MeetingRequest, Native
from connectors.settings import GoogleSettings

SOON = 2.0  # seconds; a pending Meet is mostly ready by then

Item = Mapping[str, Any]


class MeetMeetings:
    """The Meets on the calendars of one person."""

    def __init__(self, api: Api, settings: GoogleSettings) -> None:
        self._api = api
        self._settings = settings

    async def create(self, key: str, request: MeetingRequest, tried: datetime | None) -> Made:
        """Put a Meet on the event, or adopt the one that an earlier call with this key made.

        With `tried` None and an etag, the event is taken to be as the caller has seen it: without somebody
        else's conference. Otherwise it is read first.

        Raises Transient with reason "pending" while Google makes it and "failed" when Google could not;
        Rejected with reason "foreign_conference" where somebody else's is there, and "meet_not_allowed" where
        the calendar or the credential cannot have Meets; Conflict when the event changed, NotFound.
        """
        seen: Item = {}
        if tried is not None or not request.etag:
            seen = await self._read(request.at)
            if _adoptable(seen, key, request.at):
                return _made(seen, request)
            if request.etag and seen.get("etag") != request.etag:
                raise Conflict(provider=PROVIDER)
        mark = marks.write(Mark(key, request.at.event, "", request.links))
        data = conference.create_meet(conference.request_id(key, seen))
        etag = request.etag or str(seen.get("etag") or "")
        return _made(_asked(await self._create(request.at, data, mark, etag), key, request), request)

    async def update(self, key: str, meeting: Meeting, request: MeetingRequest) -> Made:
        """Leave the Meet as it is: it takes title, time and guests from its event."""
        return Made(meeting)

    async def cancel(
        self, key: str, meeting: Meeting | None, request: MeetingRequest, tried: datetime | None
    ) -> Event | None:
        """Take our Meet and our mark off the event, and leave alone what somebody put there meanwhile.

        Always reads first: an etag tells that the event has not changed, not whose conference is on it.
        """
        try:
            seen = await self._read(request.at)
            body = _off(seen, key, meeting, request.at)
            return (
                _event(await self._patch(request.at, body, str(seen.get("etag") or "")), request)
                if body
                else None
            )
        except NotFound:
            return None

    async def get(self, meeting: Meeting, at: EventRef) -> Meeting:
        """Read the Meet from its event. Raises NotFound when the event has another one, or none."""
        item = await self._read(at)
        found = conference.native(item)
        if found is None or found.service != "meet" or found.id != meeting.id:
            raise NotFound("the event does not have this Meet any more", provider=PROVIDER)
        return conference.meet(item, meeting.host)

    async def _read(self, at: EventRef) -> Item:
        item = await self._api.call(self._api.requests.event(at.calendar, at.event, **self._api.shared))
        if item.get("status") == "cancelled":
            raise NotFound("the event is cancelled", provider=PROVIDER)
        return item

    async def _create(self, at: EventRef, data: Item, mark: str, etag: str) -> Item:
        try:
            return await self._patch(at, {"conferenceData": data, **_private(mark)}, etag)
        except Rejected as error:
            if not is_conference_refused(error):
                raise
            # A calendar without Meet, or a service account that acts for itself.
            message = "this calendar cannot have Google Meet conferences"
            raise Rejected(message, provider=PROVIDER, status=400, reason="meet_not_allowed") from error

    async def _patch(self, at: EventRef, body: Item, etag: str) -> Item:
        query: dict[str, Any] = {"sendUpdates": self._settings.send_updates, **self._api.shared}
        if "conferenceData" in body:
            query["conferenceDataVersion"] = 1
        return await self._api.call(self._api.requests.patch(at.calendar, at.event, body, etag, **query))


def _is_ours(found: Native, key: str, item: Item, at: EventRef) -> bool:
    """Tell whether it was asked for with this key. Google may forget that; our mark was written with it."""
    if found.key or found.service != "meet":
        return found.key == key
    mark = wire.mark(item)
    return mark is not None and (mark.key, mark.event) == (key, at.event)


def _adoptable(item: Item, key: str, at: EventRef) -> bool:
    """Tell whether there is nothing to ask for. Raises Rejected where the place is taken by somebody else."""
    found = conference.native(item)
    if found is None or found.state == "failed":
        return False
    if _is_ours(found, key, item, at):
        return True
    if not found.key:
        raise _foreign()
    return False


def _asked(item: Item, key: str, request: MeetingRequest) -> Item:
    """Check the answer to our request for a Meet."""
    found = conference.native(item)
    if found is None:
        ignored = Ignored("Google said yes and made no Meet", provider=PROVIDER, reason="write_ignored")
        ignored.shown = _event(item, request)
        raise ignored
    if not _is_ours(found, key, item, request.at):
        raise _foreign()
    return item


def _foreign() -> Rejected:
    return Rejected(
        "the event has a conference of somebody else", provider=PROVIDER, reason="foreign_conference"
    )


def _made(item: Item, request: MeetingRequest) -> Made:
    found = conference.native(item)
    if found is None or found.state == "pending" or not found.join_url:
        failed = found is not None and found.state == "failed"
        message = "Google could not make the Meet" if failed else "Google is still making the Meet"
        raise Transient(
            message,
            retry_after=None if failed else SOON,
            provider=PROVIDER,
            reason="failed" if failed else "pending",
        )
    return Made(conference.meet(item, request.host), _event(item, request))


def _off(item: Item, key: str, meeting: Meeting | None, at: EventRef) -> dict[str, Any]:
    body: dict[str, Any] = {}
    found, mark = conference.native(item), wire.mark(item)
    if found is not None and (found.key == key or (meeting is not None and found.id == meeting.id != "")):
        body["conferenceData"] = None
    if mark is not None and (mark.key, mark.event) == (key, at.event):
        body |= _private(None)
    return body


def _private(value: str | None) -> dict[str, Any]:
    return {"extendedProperties": {"private": {wire.MARK: value}}}


def _event(item: Item, request: MeetingRequest) -> Event | None:
    """Return the event where the answer tells all of it: when an all-day event begins, it does not."""
    if "dateTime" not in (item.get("start") or {}):
        return None
    read = wire.event(item, CalendarInfo(request.at.calendar, name="", zone=request.zone, writable=True))
    return read if isinstance(read, Event) else None
