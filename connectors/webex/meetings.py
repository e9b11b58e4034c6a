"""Webex's meetings: idempotent over an API that is not, by a tag that only we can see and search for.

A create whose answer was lost leaves a meeting behind. The next call for the key searches for the tag, and makes
another meeting only when the search has had time to find the first. Creates are dear: Webex takes a hundred in 24
hours from a person, those that fail among them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from connectors.calling import Call, segment
from connectors.errors import NotFound, Rejected, Transient
from connectors.http import Answer, Http
from connectors.lag import trust_the_list
from connectors.model import Event, EventRef, Found, Made, Meeting, MeetingRequest
from connectors.oauth import Tokens
from connectors.overrides import unmet
from connectors.settings import WebexSettings
from connectors.webex import wire
from connectors.webex.client import Client
from connectors.webex.invitees import invite
from connectors.webex.milder import LeftOut, milder_than
from connectors.webex.options import TABLE
from connectors.webex.refusals import Refusal
from connectors.webex.times import Times, times

log = structlog.get_logger("connectors.webex")


class WebexMeetings:
    """The meetings of one person's own Webex account, who hosts them all."""

    def __init__(
        self, settings: WebexSettings, http: Http, tokens: Tokens, now: Callable[[], datetime], lane: str = ""
    ) -> None:
        """`lane` names the account among those whose calls wait for a turn."""
        self._settings = settings
        self._client = Client(settings, http, tokens, now, lane)
        self._now = now
        self._full_until: datetime | None = None  # when Webex takes creates of this person again

    async def create(self, key: str, request: MeetingRequest, tried: datetime | None) -> Made:
        """Make the meeting of the key, or find the one whose answer was lost.

        Raises Transient (reason "list_lag") where a search may not find yet what was made, and (reason
        "daily_limit") where Webex takes no more creates; Rejected where the event is over.
        """
        if tried is not None:
            found = await self._found(key, request, tried)
            if found is not None:
                return found
            trust_the_list("Webex", self._settings.list_lag_seconds, tried, self._now())
        return await self._made(key, request)

    async def update(self, key: str, meeting: Meeting, request: MeetingRequest) -> Made:
        """Send what differs from what Webex shows, and nothing else. Raises NotFound when the meeting is gone."""
        return await self._in_line(meeting.id, request, meeting)

    async def cancel(
        self, key: str, meeting: Meeting | None, request: MeetingRequest, tried: datetime | None
    ) -> Event | None:
        """Delete the meeting; where an answer was lost, every meeting that carries the key. Nobody is mailed."""
        if meeting is not None:
            await self._delete(meeting.id)
        elif tried is not None:
            for id_ in await self._tagged(key, tried):
                await self._delete(id_)
            trust_the_list("Webex", self._settings.list_lag_seconds, tried, self._now())
        return None

    async def get(self, meeting: Meeting, at: EventRef) -> Meeting:
        """Read the meeting. What Webex leaves out of the answer stays as it was. Raises NotFound."""
        return wire.meeting(await self._shown(meeting.id), meeting)

    async def ours(self, host: str) -> list[Found]:
        """List the person's meetings that carry a key: one list instead of a search for each key."""
        call = Call("list", "GET", "meetings", wire.everything(self._now()))
        found = [wire.found(item, host) async for item in self._client.items(call)]
        return [one for one in found if one is not None]

    async def _made(self, key: str, request: MeetingRequest) -> Made:
        when = self._when(request)
        left_out = LeftOut(self._invited(request))
        outcome = await self._create(key, request, when, left_out)
        while isinstance(outcome, Refusal) and outcome.status == 400:
            # What the meeting is as good without must not cost it; more creates are what it may cost.
            milder = milder_than(left_out, request.settings, outcome.message)
            if milder == left_out:
                break
            log.warning("webex refused a meeting, and is asked for a plainer one", reason=outcome.said())
            left_out = milder
            outcome = await self._create(key, request, when, left_out)
        if isinstance(outcome, Refusal):
            raise self._refused(outcome)
        if when.bent:
            log.info("webex holds the meeting at other times than the event", reason=when.bent)
        body = outcome.json()
        return Made(wire.meeting(body), unmet=unmet(request.settings, TABLE, left_out.settings, body))

    async def _create(
        self, key: str, request: MeetingRequest, when: Times, left_out: LeftOut
    ) -> Answer | Refusal:
        self._wait_for_the_day()
        body = wire.create_body(
            key,
            request,
            when,
            site=self._settings.site_url,
            invitees=left_out.invited,
            without=left_out.settings,
        )
        return await self._client.call(Call("create", "POST", "meetings", body=body))

    def _when(self, request: MeetingRequest) -> Times:
        found = times(request, self._now())
        if found is None:
            over = request.start is not None
            said = (
                "the event is over, and Webex makes no meetings in the past"
                if over
                else "the event has no time"
            )
            raise Rejected(said, provider="webex", reason="over" if over else "no_time")
        return found

    def _refused(self, refusal: Refusal) -> Exception:
        error = self._client.error(refusal)
        if isinstance(error, Transient) and error.reason == "daily_limit" and error.retry_after:
            self._full_until = self._now() + timedelta(seconds=error.retry_after)
        if isinstance(error, NotFound):
            # There is nothing yet that could be gone.
            return Rejected(str(error), provider="webex", status=error.status, reason=error.reason)
        return error

    def _wait_for_the_day(self) -> None:
        # Webex counts what it refuses, so that asking again would only put off the end of the wait.
        rest = (self._full_until - self._now()).total_seconds() if self._full_until else 0.0
        if rest > 0:
            message = "Webex takes no more new meetings of this person for now: it allows 100 in 24 hours"
            raise Transient(message, retry_after=rest, provider="webex", reason="daily_limit")

    async def _found(self, key: str, request: MeetingRequest, tried: datetime) -> Made | None:
        """Adopt the first meeting that carries the key, bring it in line, and delete the others."""
        kept = None
        for id_ in await self._tagged(key, tried):
            if kept is not None:
                await self._delete(id_)
                continue
            with suppress(NotFound):
                kept = await self._in_line(id_, request)
                log.info("adopted a meeting whose answer was lost", meeting=id_)
        return kept

    async def _in_line(self, id_: str, request: MeetingRequest, known: Meeting | None = None) -> Made:
        shown, without = await self._patched(id_, await self._shown(id_), request)
        found = wire.meeting(shown, known)
        if self._settings.invitees:
            await invite(self._client, id_, wire.addresses(request))
        return Made(found, unmet=unmet(request.settings, TABLE, without, shown))

    async def _patched(
        self, id_: str, shown: Mapping[str, Any], request: MeetingRequest
    ) -> tuple[Any, frozenset[str]]:
        """Send what differs. Return how the meeting stands, and the settings left out since Webex objects to them."""
        without: frozenset[str] = frozenset()
        while body := wire.update_body(shown, request, self._now(), without):
            outcome = await self._client.call(replace(_at("update", "PATCH", id_), body=body))
            if isinstance(outcome, Answer):
                return outcome.json(), without
            milder = milder_than(LeftOut(settings=without), request.settings, outcome.message).settings
            if outcome.status != 400 or milder == without:
                raise self._client.error(outcome)
            without = milder
        return shown, without

    async def _shown(self, id_: str) -> Mapping[str, Any]:
        body = (await self._client.ask(_at("get", "GET", id_))).json()
        wire.meeting(body)  # Raises for anything that is none.
        return dict(body)

    async def _tagged(self, key: str, tried: datetime) -> list[str]:
        """Return the ids of the meetings that carry the key, always in the same order."""
        call = Call("list", "GET", "meetings", wire.search(key, tried, self._now()))
        return sorted([str(item["id"]) async for item in self._client.items(call) if wire.ours(item, key)])

    async def _delete(self, id_: str) -> None:
        outcome = await self._client.call(_at("delete", "DELETE", id_, wire.QUIET))
        if isinstance(outcome, Refusal) and not isinstance(error := self._client.error(outcome), NotFound):
            raise error

    def _invited(self, request: MeetingRequest) -> bool:
        return self._settings.invitees and bool(wire.addresses(request))


def _at(op: str, method: str, id_: str, query: Mapping[str, str | int] | None = None) -> Call:
    return Call(op, method, f"meetings/{segment(id_)}", query or {})
