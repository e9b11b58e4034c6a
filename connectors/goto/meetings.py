"""GoTo's meetings: idempotent as far as can be over an API that neither takes an id of ours nor keeps a note.

A create whose answer was lost leaves a meeting behind. The next call for the key looks for one of the same
subject and start in the organizer's list. That may be somebody's own, so that such a meeting is taken over and
never deleted: a cancel leaves it where it is. With our key at the end of the subject there is no such doubt.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from random import Random
from typing import Any

import structlog

from connectors.calling import Call, segment
from connectors.errors import NotFound
from connectors.goto import wire
from connectors.goto.client import Client
from connectors.http import Http
from connectors.lag import trust_the_list
from connectors.model import Event, EventRef, Found, Made, Meeting, MeetingRequest
from connectors.oauth import Tokens
from connectors.settings import GoToSettings

WINDOW = timedelta(days=1)  # what is older than this before the last try was made by somebody else

log = structlog.get_logger("connectors.goto")

Taken = Callable[[str, str], Awaitable[bool]]
"""Tells whether the meeting of this id belongs to the conference of another key than this one."""


class GoToMeetings:
    """The meetings of one person's GoTo account, whoever organizes the event."""

    def __init__(
        self,
        settings: GoToSettings,
        http: Http,
        tokens: Tokens,
        taken: Taken,
        now: Callable[[], datetime],
        random: Random,
        *,
        organizer: str = "",
    ) -> None:
        """`organizer` is the id of the account's Identity; `random` spreads what waits for the limit."""
        self._settings = settings
        self._client = Client(settings, http, tokens, now, random)
        self._taken = taken
        self._now = now
        self._organizer = organizer

    async def create(self, key: str, request: MeetingRequest, tried: datetime | None) -> Made:
        """Make the meeting of the key, or find the one whose answer was lost.

        Raises Transient (reason "list_lag") where the list may not show yet what was made, Rejected where the
        account is a free one.
        """
        if tried is not None:
            found = await self._found(key, request, tried)
            if found is not None:
                return found
            trust_the_list("GoTo", self._settings.list_lag_seconds, tried, self._now())
        wanted = wire.body(request, self._now(), mark=self._mark(key))
        answer = await self._client.call(Call("create", "POST", "meetings", body=wanted, lane=request.host))
        return Made(wire.meeting(answer.json(), request.host))

    async def update(self, key: str, meeting: Meeting, request: MeetingRequest) -> Made:
        """Replace the meeting if it says anything else, keeping what only its owner sets. Raises NotFound."""
        there = await self._read(meeting.id, meeting.host)
        if not wire.follows(there, request, self._mark(key)):
            await self._replace(key, meeting.id, meeting.host, request, there)
        return Made(meeting)

    async def cancel(
        self, key: str, meeting: Meeting | None, request: MeetingRequest, tried: datetime | None
    ) -> Event | None:
        """Delete the meeting. Where an answer was lost, delete only what carries the key, and name the rest."""
        if meeting is not None:
            await self._delete(meeting.id, meeting.host)
        elif tried is not None:
            for id_, _ in await self._candidates(key, request, tried):
                if self._settings.mark_subjects:
                    await self._delete(id_, request.host)
                else:
                    log.warning("left a meeting at GoTo that is perhaps ours, delete it by hand", meeting=id_)
            if self._settings.mark_subjects:
                trust_the_list("GoTo", self._settings.list_lag_seconds, tried, self._now())
        return None

    async def get(self, meeting: Meeting, at: EventRef) -> Meeting:
        """Read the meeting. What GoTo leaves out, as the join link, stays as it was. Raises NotFound."""
        return wire.meeting(await self._read(meeting.id, meeting.host), meeting.host, meeting)

    async def ours(self, host: str) -> list[Found]:
        """List the person's meetings whose subject ends with a key: none unless subjects are marked."""
        if not self._settings.mark_subjects:
            return []
        answer = await self._client.call(Call("list", "GET", "upcomingMeetings", lane=host))
        found = [wire.found(item, host) for item in wire.listed(answer.json())]
        return [one for one in found if one is not None]

    async def _found(self, key: str, request: MeetingRequest, tried: datetime) -> Made | None:
        """Take over the oldest meeting that may be ours, and bring it up to date.

        Others that carry the key are deleted; others that do not are left alone.
        """
        kept = None
        for id_, there in await self._candidates(key, request, tried):
            if kept is None:
                with suppress(NotFound):  # Gone since.
                    kept = await self._adopted(key, id_, there, request)
            elif self._settings.mark_subjects:
                await self._delete(id_, request.host)
        return kept

    async def _adopted(self, key: str, id_: str, there: Mapping[str, Any], request: MeetingRequest) -> Made:
        if not wire.follows(there, request, self._mark(key)):
            await self._replace(key, id_, request.host, request, there)
        log.info("adopted a meeting whose answer was lost", meeting=id_)
        return Made(wire.meeting(there, request.host))

    async def _candidates(
        self, key: str, request: MeetingRequest, tried: datetime
    ) -> list[tuple[str, Mapping[str, Any]]]:
        """Return id and body of the meetings that may be the key's, the oldest first."""
        answer = await self._client.call(Call("list", "GET", "upcomingMeetings", lane=request.host))
        found = []
        for item in wire.listed(answer.json()):
            if not wire.ours(item, request, mark=self._mark(key), organizer=self._organizer):
                continue
            if await self._taken(item.id, key):
                continue
            with suppress(NotFound):  # Gone since.
                there = await self._read(item.id, request.host)
                made = wire.created(there)
                if self._settings.mark_subjects or made is None or made >= tried - WINDOW:
                    found.append((made or tried, item.id, there))
        return [(id_, there) for _, id_, there in sorted(found, key=lambda one: one[:2])]

    async def _read(self, id_: str, host: str) -> Mapping[str, Any]:
        answer = await self._client.call(Call("get", "GET", _path(id_), lane=host))
        return wire.one(answer.json())

    async def _replace(
        self, key: str, id_: str, host: str, request: MeetingRequest, there: Mapping[str, Any]
    ) -> None:
        wanted = wire.body(request, self._now(), mark=self._mark(key), kept=there)
        await self._client.call(Call("update", "PUT", _path(id_), body=wanted, lane=host))

    async def _delete(self, id_: str, host: str) -> None:
        with suppress(NotFound):
            await self._client.call(Call("delete", "DELETE", _path(id_), lane=host))

    def _mark(self, key: str) -> str:
        return key if self._settings.mark_subjects else ""


def _path(id_: str) -> str:
    return f"meetings/{segment(id_)}"
