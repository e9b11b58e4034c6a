"""Creates and updates at Zoom, without what it objects to and the meeting is as good without.

An invited address that Zoom will not have, or a setting that an admin has locked, must not cost the meeting.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from connectors.calling import Call
from connectors.http import Answer
from connectors.model import MeetingSettings
from connectors.overrides import stated
from connectors.zoom import refusals, wire
from connectors.zoom.client import Client
from connectors.zoom.refusals import Refusal

MILDER = 2  # more tries: without what the first refusal names, and without what the next one names

Bodies = Callable[[frozenset[str]], Mapping[str, Any]]
"""Writes a request's body without these optional fields and settings."""


class Budget(Protocol):
    """Counts what each host has left of Zoom's hundred creates and updates a UTC day, durably."""

    async def spend(self, host: str, *, cancel: bool) -> None:
        """Count one call before it is made.

        Raises Transient (reason "daily_budget", `retry_after` until 00:00 UTC) when only the reserve for
        cancels is left. A cancel is counted and never refused.
        """

    async def exhausted(self, host: str, until: datetime) -> None:
        """Note that Zoom itself refuses this host creates and updates until then."""


@dataclass(frozen=True, slots=True)
class Sending:
    """Sends what counts against the hundred of a day."""

    client: Client
    budget: Budget
    now: Callable[[], datetime]

    async def __call__(
        self, call: Call, body: Bodies, settings: MeetingSettings
    ) -> tuple[Answer, frozenset[str]]:
        """Create or update. Return Zoom's answer, and what was left out. Raises what a refusal means."""
        without: frozenset[str] = frozenset()
        outcome = await self._spending(call, body(without))
        for _ in range(MILDER):
            milder = without | _blamed(outcome, settings)
            if body(milder) == body(without):
                break
            without = milder
            outcome = await self._spending(call, body(without))
        if isinstance(outcome, Answer):
            return outcome, without
        if outcome.daily:
            until = refusals.resumes(outcome, self.now())
            await self.budget.exhausted(call.lane, until)
        raise self.client.error(outcome)

    async def _spending(self, call: Call, body: Mapping[str, Any]) -> Answer | Refusal:
        await self.budget.spend(call.lane, cancel=False)
        return await self.client.call(replace(call, body=body))


def _blamed(outcome: Answer | Refusal, settings: MeetingSettings) -> frozenset[str]:
    """Return what may be at fault for a refusal, of what a meeting is as good without."""
    if isinstance(outcome, Answer):
        return frozenset()
    if outcome.code == 300:
        return wire.objections(outcome.fields, settings)
    return frozenset(stated(settings)) if refusals.may_be_settings(outcome) else frozenset()
