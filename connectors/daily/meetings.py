"""Daily's meetings: idempotent, since a room has the name that we give it, and there is one of each name."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

import structlog

from connectors.calling import Call, segment
from connectors.daily import wire
from connectors.errors import NotFound, Rejected, Transient
from connectors.http import Http
from connectors.keyed import Keyed
from connectors.model import Event, EventRef, Found, Made, Meeting, MeetingRequest
from connectors.settings import DailySettings

LISTS = "lists"  # the lane of pages, of which Daily takes fewer in a second than of other calls
PAGE, PAGES = 100, 30  # rooms of one page, as many as Daily gives, and pages of one look

log = structlog.get_logger("connectors.daily")


class DailyMeetings:
    """The rooms of one domain."""

    def __init__(self, settings: DailySettings, http: Http, now: Callable[[], datetime]) -> None:
        """Keep what calls are made with."""
        self._margins = {"early": settings.early_minutes, "late": settings.late_minutes}
        self._api = Keyed("daily", http, settings.api_base, settings.api_key, now)

    async def create(self, key: str, request: MeetingRequest, tried: datetime | None) -> Made:
        """Make the room of the key, or take over the one that an earlier try has made."""
        body = wire.create_body(key, request, **self._margins)
        try:
            return _made(
                await self._api.ask(Call("create", "POST", "rooms", body=body, lane=wire.name(key))), request
            )
        except Rejected as error:
            if not wire.is_taken(error):
                raise
        return await self._adopted(wire.name(key), request)

    async def update(self, key: str, meeting: Meeting, request: MeetingRequest) -> Made:
        """Move the room's times in one call. Raises NotFound when the room is gone."""
        await self._move(meeting.id, request)
        return Made(meeting)

    async def cancel(
        self, key: str, meeting: Meeting | None, request: MeetingRequest, tried: datetime | None
    ) -> Event | None:
        """Delete the room of the key, whether or not the answer to its making has come."""
        if meeting is not None or tried is not None:
            name = meeting.id if meeting is not None else wire.name(key)
            with suppress(NotFound):
                await self._api.ask(Call("delete", "DELETE", _path(name), lane=name))
        return None

    async def get(self, meeting: Meeting, at: EventRef) -> Meeting:
        """Read the room. Raises NotFound when it is gone."""
        return wire.meeting(
            await self._api.ask(Call("get", "GET", _path(meeting.id), lane=meeting.id)), meeting.host
        )

    async def ours(self, host: str) -> list[Found]:
        """List the rooms that carry a key; of a domain with thousands of rooms the newest."""
        listed: dict[str, Found] = {}
        query: dict[str, str | int] = {"limit": PAGE}
        for _ in range(PAGES):
            rooms = wire.page(await self._api.ask(Call("list", "GET", "rooms", query, lane=LISTS)))
            listed |= {one.id: one for one in map(wire.found, rooms) if one is not None}
            last = str(rooms[-1].get("id") or "") if len(rooms) >= PAGE else ""
            if not last or query.get("starting_after") == last:
                break
            query["starting_after"] = last
        return list(listed.values())

    async def _adopted(self, name: str, request: MeetingRequest) -> Made:
        try:
            body = await self._api.ask(Call("get", "GET", _path(name), lane=name))
            if not wire.follows(body, request, **self._margins):
                body = await self._move(name, request)
        except NotFound as error:
            message = "a room that is said to be there is not: it may just be going"
            raise Transient(message, provider="daily", reason="name_taken") from error
        log.info("adopted a room that was there already", meeting=name)
        return _made(body, request)

    async def _move(self, name: str, request: MeetingRequest) -> Any:
        body = wire.update_body(request, **self._margins)
        return await self._api.ask(Call("update", "POST", _path(name), body=body, lane=name))


def _made(body: Any, request: MeetingRequest) -> Made:
    return Made(wire.meeting(body, request.host))


def _path(name: str) -> str:
    return f"rooms/{segment(name)}"
