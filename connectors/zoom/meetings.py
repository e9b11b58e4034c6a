"""Zoom's meetings: idempotent over an API that is not, by a marker in the agenda.

A create whose answer was lost leaves a meeting behind. The next call for the key searches the host's list for
the marker, and makes another meeting only when the list has had time to show the first.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from datetime import datetime
from random import Random
from typing import Any

import structlog

from connectors.calling import Call, segment
from connectors.errors import NotFound, Rejected, Transient, Unauthorized
from connectors.http import Http
from connectors.lag import trust_the_list
from connectors.model import Event, EventRef, Found, Made, Meeting, MeetingRequest
from connectors.oauth import Tokens
from connectors.overrides import NONE, unmet
from connectors.settings import ZoomSettings
from connectors.zoom import refusals, wire
from connectors.zoom.client import Client
from connectors.zoom.options import TABLE
from connectors.zoom.refusals import Refusal
from connectors.zoom.sending import Budget, Sending

log = structlog.get_logger("connectors.zoom")


class ZoomMeetings:
    """The meetings of one Zoom account, or of one person who has linked theirs.

    Of an account, `request.host` is the address of the Zoom user who hosts; the person always hosts themselves.
    """

    def __init__(
        self,
        settings: ZoomSettings,
        http: Http,
        tokens: Tokens,
        budget: Budget,
        now: Callable[[], datetime],
        random: Random,
        person: str = "",
    ) -> None:
        """`random` spreads what waits for the limit per second; `person` names whose `tokens` these are, if one's."""
        self._person = person
        self._settings = settings
        self._client = Client(settings, http, tokens, now, random)
        self._budget = budget
        self._send = Sending(self._client, budget, now)
        self._now = now

    async def create(self, key: str, request: MeetingRequest, tried: datetime | None) -> Made:
        """Make the meeting of the key, or find the one whose answer was lost.

        Raises Transient (reason "list_lag") where the host's list may not show yet what was made, Rejected
        where the organizer is no Zoom user and no default host is set. What is found is handed over even
        where the day's limit keeps it from being brought up to date; `followed` tells.
        """
        if tried is not None:
            found = await self._found(key, request)
            if found is not None:
                return found
            trust_the_list("Zoom", self._settings.list_lag_seconds, tried, self._now())
        return await self._made(key, request)

    async def update(self, key: str, meeting: Meeting, request: MeetingRequest) -> Made:
        """Send all that we follow in one PATCH. Raises NotFound when the meeting is gone."""
        return Made(meeting, unmet=await self._change(meeting.id, meeting.host, request))

    async def cancel(
        self, key: str, meeting: Meeting | None, request: MeetingRequest, tried: datetime | None
    ) -> Event | None:
        """Delete the meeting; where an answer was lost, every meeting that carries the key's marker.

        One that was converted to a webinar is left alone.
        """
        if meeting is not None:
            await self._delete(meeting.id, meeting.host)
        elif tried is not None:
            for id_, host in await self._marked(key, request):
                await self._delete(id_, host)
            trust_the_list("Zoom", self._settings.list_lag_seconds, tried, self._now())
        return None

    async def get(self, meeting: Meeting, at: EventRef) -> Meeting:
        """Read the meeting. What Zoom leaves out of the answer stays as it was. Raises NotFound."""
        body = await self._client.ask(
            Call("get", "GET", f"meetings/{segment(meeting.id)}", lane=meeting.host)
        )
        return wire.meeting(body, meeting.host, meeting)

    async def ours(self, host: str) -> list[Found]:
        """List the host's meetings that carry a key; the list shows what is to come and what may be used again."""
        listed: list[Found] = []
        host = self._person or host
        with suppress(NotFound):  # No user of this account.
            found = [wire.found(item, host) async for item in self._listed(host)]
            listed += [one for one in found if one is not None]
        return listed

    async def _made(self, key: str, request: MeetingRequest) -> Made:
        for host in self._hosts(request):
            call = Call("create", "POST", f"users/{self._user(host)}/meetings", lane=host)
            with suppress(NotFound):
                answer, without = await self._send(
                    call, lambda without: self._creation(key, request, without), request.settings
                )
                body = answer.json()
                return Made(wire.meeting(body, host), unmet=unmet(request.settings, TABLE, without, body))
        message = (
            f"{request.host or 'the organizer'} is no user of this Zoom account: add them to the account"
        )
        other = self._settings.default_host
        mend = f", nor is {other}, the default_host" if other else ", or set default_host under [zoom]"
        raise Rejected(message + mend, provider="zoom", status=404, reason="1001")

    def _creation(self, key: str, request: MeetingRequest, without: frozenset[str]) -> Mapping[str, Any]:
        return wire.create_body(key, request, invitees=self._settings.invitees, without=without)

    async def _change(self, id_: str, host: str, request: MeetingRequest) -> tuple[str, ...]:
        """Send all that we follow, and name the settings that Zoom did not take: the answer to a PATCH is empty."""

        def body(without: frozenset[str]) -> Mapping[str, Any]:
            return wire.update_body(request, self._now(), invitees=self._settings.invitees, without=without)

        there = Call("update", "PATCH", f"meetings/{segment(id_)}", lane=host)
        _, without = await self._send(there, body, request.settings)
        shown = None
        if request.settings != NONE:
            # The change is made: another PATCH, for want of this answer, would be one of the day's hundred.
            with suppress(Transient, Unauthorized, Rejected):
                shown = await self._client.ask(Call("get", "GET", f"meetings/{segment(id_)}", lane=host))
        return unmet(request.settings, TABLE, without, shown)

    async def _delete(self, id_: str, host: str) -> None:
        await self._budget.spend(host, cancel=True)
        quietly = {"schedule_for_reminder": "false", "cancel_meeting_reminder": "false"}
        call = Call("delete", "DELETE", f"meetings/{segment(id_)}", quietly, lane=host)
        outcome = await self._client.call(call)
        if not isinstance(outcome, Refusal):
            return
        error = self._client.error(outcome)
        if refusals.is_webinar(outcome):
            # It is somebody's own by now, with registrants perhaps. There is no meeting left to take away.
            log.info("left alone a meeting that was converted to a webinar", meeting=id_)
        elif not isinstance(error, NotFound):
            raise error

    async def _found(self, key: str, request: MeetingRequest) -> Made | None:
        """Adopt the oldest meeting that carries the marker, bring it up to date, and delete the others."""
        kept = None
        for id_, host in await self._marked(key, request):
            if kept is not None:
                await self._delete(id_, host)
                continue
            with suppress(NotFound):
                kept = await self._adopted(id_, host, request)
        return kept

    async def _adopted(self, id_: str, host: str, request: MeetingRequest) -> Made:
        body = await self._client.ask(Call("get", "GET", f"meetings/{segment(id_)}", lane=host))
        followed = wire.follows(body, request, self._now(), invitees=self._settings.invitees)
        lost: tuple[str, ...] = ()
        if not followed:
            try:
                lost = await self._change(id_, host, request)
                followed = True
            except Transient as error:
                if error.reason not in refusals.DAILY:
                    raise
        log.info("adopted a meeting whose answer was lost", meeting=id_, followed=followed)
        return Made(wire.meeting(body, host), followed=followed, unmet=lost)

    async def _marked(self, key: str, request: MeetingRequest) -> list[tuple[str, str]]:
        """Return id and host of the meetings that carry the marker, the oldest first."""
        found = []
        for host in self._hosts(request):
            with suppress(NotFound):  # No user of this account, so that nothing can be theirs.
                found += [
                    (str(item.get("created_at")), str(item["id"]), host)
                    async for item in self._listed(host)
                    if wire.ours(item, key)
                ]
        return [(id_, host) for _, id_, host in sorted(found)]

    async def _listed(self, host: str) -> AsyncIterator[Mapping[str, Any]]:
        # The whole list, not the days around the start: the event may have moved since the lost create.
        query: dict[str, str | int] = {"type": "scheduled", "page_size": 300}
        while True:
            page = await self._client.ask(
                Call("list", "GET", f"users/{self._user(host)}/meetings", query, lane=host)
            )
            for item in wire.items(page):
                yield item
            if not page.get("next_page_token"):
                return
            query["next_page_token"] = str(page["next_page_token"])

    def _user(self, host: str) -> str:
        # An app that people link may say nothing but `me`: https://developers.zoom.us/docs/api/using-zoom-apis/#the-me-value
        return "me" if self._person else segment(host)

    def _hosts(self, request: MeetingRequest) -> list[str]:
        if self._person:
            return [self._person]
        return list(dict.fromkeys(host for host in (request.host, self._settings.default_host) if host))
