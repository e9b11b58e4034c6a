"""Whose request may go out now. An address that is dead, or many requests of one application, hold up nobody else.

Time and chance are arguments. Nobody waits here: who cannot go comes back at the time that they are told, which
is later for each of many, so that they are not all asked again at once.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

EACH_HOST = 3  # requests to one host at a time
EACH_APPLICATION = 4
PACE = 0.2  # seconds that a request takes, before any was seen
LONGEST = 60.0  # seconds after which one comes back at the latest
MOST_KNOWN = 10_000  # hosts and applications that are remembered


@dataclass(slots=True)
class Turns:
    """How many requests are under way, and to whom."""

    most: int  # requests at a time, whomever they go to
    dice: random.Random
    _busy: Counter[str] = field(default_factory=Counter)
    _ill: set[str] = field(default_factory=set)  # hosts whose last answer was none
    _slots: dict[str, float] = field(default_factory=dict)  # the last time that was given away
    _pace: dict[str, float] = field(default_factory=dict)  # seconds between two times

    def enter(self, application: str, host: str, now: float) -> float | None:
        """Take a turn; where there is none to be had, return when to come back."""
        lanes = self._lanes(application, host)
        full = [lane for lane, limit in lanes if self._busy[lane] >= limit]
        if full:
            return max(self._slot(lane, now) for lane in full)
        self._busy.update(lane for lane, _ in lanes)
        return None

    def leave(self, application: str, host: str, seconds: float, *, well: bool) -> None:
        """Give the turn back; it took that long, and ended with an answer or not."""
        for lane, limit in self._lanes(application, host):
            self._busy[lane] -= 1
            if self._busy[lane] <= 0:
                del self._busy[lane]
            self._pace[lane] = 0.7 * self._pace.get(lane, PACE) + 0.3 * seconds / limit
        (self._ill.discard if well else self._ill.add)(host)
        for table in (self._slots, self._pace):
            if len(table) > MOST_KNOWN:
                table.clear()
        if len(self._ill) > MOST_KNOWN:
            self._ill.clear()

    def _lanes(self, application: str, host: str) -> Sequence[tuple[str, int]]:
        return (
            ("all", self.most),
            (f"application {application}", min(EACH_APPLICATION, self.most)),
            (f"host {host}", 1 if host in self._ill else EACH_HOST),
        )

    def _slot(self, lane: str, now: float) -> float:
        """Give the next free time away; where they are given away for long, some time before that."""
        at = max(self._slots.get(lane, now), now) + self._pace.get(lane, PACE)
        if at > now + LONGEST:
            return now + LONGEST * self.dice.uniform(0.5, 1.0)
        self._slots[lane] = at
        return at
