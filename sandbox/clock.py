"""The world's clock: real time plus an offset that only grows, and timers that live on it."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Clock:
    """Tell the time of the simulated world and run callbacks at given moments of it."""

    def __init__(self) -> None:
        self._offset = timedelta()
        self._timers: list[tuple[datetime, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._alarm: asyncio.TimerHandle | None = None

    def now(self) -> datetime:
        """Return the present moment of the world, in UTC."""
        return datetime.now(UTC) + self._offset

    def advance(self, seconds: float) -> None:
        """Move the clock on by so many seconds, and run what fell due."""
        self._offset += timedelta(seconds=seconds)
        self._run_due()

    def after(self, seconds: float, callback: Callable[[], None]) -> None:
        """Run the callback once, so many seconds of world time from now."""
        due = self.now() + timedelta(seconds=seconds)
        heapq.heappush(self._timers, (due, next(self._order), callback))
        self._set_alarm()

    def clear(self) -> None:
        """Forget the offset and all timers."""
        self._offset = timedelta()
        self._timers.clear()
        self._set_alarm()

    def _run_due(self) -> None:
        while self._timers and self._timers[0][0] <= self.now():
            heapq.heappop(self._timers)[2]()
        self._set_alarm()

    def _set_alarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if self._timers:
            wait = max(0.0, (self._timers[0][0] - self.now()).total_seconds())
            self._alarm = asyncio.get_running_loop().call_later(wait, self._run_due)
