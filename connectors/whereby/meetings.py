"""Whereby's meetings: idempotent over an API that is not, by a prefix of the room's name.

A room cannot be changed. It is made to last well beyond its event, and only an event that moves beyond that gets
another room, with another link; the old one goes when the new one stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime

import structlog

from connectors.calling import Call, segment
from connectors.errors import NotFound, Transient
from connectors.http import Http
from connectors.keyed import Keyed
from connectors.keys import START
from connectors.lag import trust_the_list
from connectors.model import Event, EventRef, Found, Made, Meeting, MeetingRequest
from connectors.settings import WherebySettings
from connectors.whereby import wire
from connectors.whereby.wire import Room

log = structlog.get_logger("connectors.whereby")


class WherebyMeetings:
    """The rooms of one organisation."""

    def __init__(self, settings: WherebySettings, http: Http, now: Callable[[], datetime]) -> None:
        """Keep what calls are made with."""
        self._settings = settings
        self._api = Keyed("whereby", http, settings.api_base, settings.api_key, now)
        self._now = now

    async def create(self, key: str, request: MeetingRequest, tried: datetime | None) -> Made:
        """Make the room of the key, or find the one whose answer was lost.

        A room of the key that ends too early, or is one too many, is deleted once a good one stands. Raises
        Transient (reason "list_lag") where the list may not show yet what was made.
        """
        found = await self._rooms(key, request.host) if tried is not None else []
        kept = next((room for room in found if wire.lasts(room, request, self._now())), None)
        if kept is not None:
            log.info("adopted a room whose answer was lost", meeting=kept.meeting.id)
        else:
            if tried is not None:
                trust_the_list("Whereby", self._settings.list_lag_seconds, tried, self._now())
            kept = await self._made(key, request)
        spare = [room for room in found if room.meeting.id != kept.meeting.id]
        try:
            await self._delete(spare)
        except Transient as error:
            # Whatever kept a delete from being done, a room may have been made: it is to be looked for.
            raise Transient(
                str(error),
                retry_after=error.retry_after,
                provider="whereby",
                status=error.status,
                reason="outcome_unknown",
            ) from error
        return Made(kept.meeting)

    async def update(self, key: str, meeting: Meeting, request: MeetingRequest) -> Made:
        """Look whether the room is open long enough. Raises NotFound where it is gone or is not: make another."""
        room = await self._room(meeting)
        if not wire.lasts(room, request, self._now()):
            message = f"the room closes before the event, at {room.ends:%Y-%m-%d %H:%M} UTC"
            raise NotFound(message, provider="whereby", reason="too_short")
        return Made(meeting)

    async def cancel(
        self, key: str, meeting: Meeting | None, request: MeetingRequest, tried: datetime | None
    ) -> Event | None:
        """Delete the room; where an answer was lost, every room of the key."""
        if meeting is not None:
            await self._take_away(meeting)
        elif tried is not None:
            await self._delete(await self._rooms(key, request.host))
            trust_the_list("Whereby", self._settings.list_lag_seconds, tried, self._now())
        return None

    async def get(self, meeting: Meeting, at: EventRef) -> Meeting:
        """Read the room. Raises NotFound when it is gone or over."""
        room = await self._room(meeting)
        if room.ends <= self._now():
            raise NotFound("the room is closed", provider="whereby", reason="closed")
        return room.meeting

    async def ours(self, host: str) -> list[Found]:
        """List the rooms that carry a key: their names begin with it."""
        page = await self._api.ask(Call("list", "GET", "meetings", wire.query(START)))
        listed = wire.found(page)
        while cursor := wire.cursor(page):
            page = await self._api.ask(Call("list", "GET", "meetings", wire.query(START, cursor)))
            listed += wire.found(page)
        return listed

    async def _room(self, meeting: Meeting) -> Room:
        return wire.room(
            await self._api.ask(Call("get", "GET", f"meetings/{segment(meeting.id)}")), meeting.host
        )

    async def _made(self, key: str, request: MeetingRequest) -> Room:
        body = wire.create_body(
            key,
            request,
            self._now(),
            room_mode=self._settings.room_mode,
            room_days=self._settings.room_days,
        )
        return wire.room(await self._api.ask(Call("create", "POST", "meetings", body=body)), request.host)

    async def _rooms(self, key: str, host: str) -> list[Room]:
        """Return all rooms of the key, the oldest first."""
        found: list[Room] = []
        page = await self._api.ask(Call("list", "GET", "meetings", wire.query(key)))
        found += wire.rooms(page, key, host)
        while cursor := wire.cursor(page):
            page = await self._api.ask(Call("list", "GET", "meetings", wire.query(key, cursor)))
            found += wire.rooms(page, key, host)
        return sorted(found, key=lambda room: (room.made, room.meeting.id))

    async def _delete(self, rooms: Iterable[Room]) -> None:
        for room in rooms:
            log.info("deleting a room that is one too many", meeting=room.meeting.id)
            await self._take_away(room.meeting)

    async def _take_away(self, meeting: Meeting) -> None:
        with suppress(NotFound):  # The same answer for a room that is gone already; a 404 would say no less.
            await self._api.ask(Call("delete", "DELETE", f"meetings/{segment(meeting.id)}"))
