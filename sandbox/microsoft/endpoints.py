"""How good each notification endpoint is: one that answers slowly is served late, and then not at all."""

# https://learn.microsoft.com/graph/change-notifications-delivery-webhooks#throttling

from __future__ import annotations

from collections import deque
from datetime import timedelta
from typing import TYPE_CHECKING

from yarl import URL

if TYPE_CHECKING:
    from datetime import datetime

    from sandbox.state import World

WINDOW = timedelta(minutes=10)
SLOW = 10.0
"""Seconds after which an answer is slow."""
LATE_SHARE, DROP_SHARE = 0.10, 0.15
ENOUGH = 10
"""Answers below which nobody is judged."""
STATES = ("good", "slow", "drop")


class Endpoints:
    """What one world's Graph thinks of those that it notifies; every subscription to a host shares the verdict."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._answers: dict[str, deque[tuple[datetime, bool]]] = {}
        self._dropped_until: dict[str, datetime] = {}
        self.forced: str | None = None
        """A verdict on everybody, for tests."""

    def note(self, url: str, seconds: float) -> None:
        """Note how long an answer took."""
        answers = self._answers.setdefault(_host(url), deque())
        answers.append((self._world.now(), seconds >= SLOW))
        while answers[0][0] <= self._world.now() - WINDOW:
            answers.popleft()
        if len(answers) >= ENOUGH and self._share(answers) > DROP_SHARE:
            self._dropped_until[_host(url)] = self._world.now() + WINDOW
            answers.clear()

    def verdict(self, url: str) -> str:
        """Return good, slow (new notifications wait) or drop (they are lost)."""
        if self.forced:
            return self.forced
        now, host = self._world.now(), _host(url)
        if self._dropped_until.get(host, now) > now:
            return "drop"
        answers = [one for one in self._answers.get(host, ()) if one[0] > now - WINDOW]
        return "slow" if len(answers) >= ENOUGH and self._share(answers) > LATE_SHARE else "good"

    def _share(self, answers: deque[tuple[datetime, bool]] | list[tuple[datetime, bool]]) -> float:
        return sum(slow for _, slow in answers) / len(answers)


def _host(url: str) -> str:
    return str(URL(url).origin())
