"""How hard a provider may be worked: concurrency and rate, with a lane for each mailbox or host at it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiolimiter import AsyncLimiter

ROOM = 256  # lanes that are kept before idle ones are looked for


@dataclass(frozen=True, slots=True)
class Limits:
    """What one provider bears. Rates are calls a second, 0 for no limit."""

    concurrent: int = 8  # calls under way in one lane
    rate: float = 0.0  # of one lane
    total_rate: float = 0.0  # of all lanes together


@dataclass(slots=True)
class _Lane:
    gate: asyncio.Semaphore
    pace: AsyncLimiter | None
    users: int = 0

    def idle(self) -> bool:
        return not self.users and (self.pace is None or self.pace.has_capacity(self.pace.max_rate))


@dataclass(slots=True)
class Lanes:
    """The lanes in use. An idle lane is forgotten, but never while its rate still remembers a call."""

    limits: Mapping[str, Limits]
    fallback: Limits = field(default_factory=Limits)
    _lanes: dict[tuple[str, str], _Lane] = field(default_factory=dict)
    _totals: dict[str, AsyncLimiter | None] = field(default_factory=dict)
    _room: int = ROOM

    @asynccontextmanager
    async def turn(self, provider: str, lane: str) -> AsyncIterator[None]:
        """Wait for a turn in the lane, and hold it until the block ends."""
        mine = self._lane(provider, lane)
        mine.users += 1
        try:
            async with mine.gate:
                for pace in (mine.pace, self._totals[provider]):
                    if pace is not None:
                        await pace.acquire()
                yield
        finally:
            mine.users -= 1

    def _lane(self, provider: str, lane: str) -> _Lane:
        found = self._lanes.get((provider, lane))
        if found is None:
            self._make_room()
            limits = self.limits.get(provider, self.fallback)
            found = _Lane(asyncio.Semaphore(limits.concurrent), _pace(limits.rate))
            self._lanes[provider, lane] = found
            if provider not in self._totals:
                self._totals[provider] = _pace(limits.total_rate)
        return found

    def _make_room(self) -> None:
        if len(self._lanes) < self._room:
            return
        for key in [key for key, lane in self._lanes.items() if lane.idle()]:
            del self._lanes[key]
        # Doubling keeps the search cheap where many lanes really are in use.
        self._room = max(ROOM, 2 * len(self._lanes))


def _pace(rate: float) -> AsyncLimiter | None:
    if not rate:
        return None
    burst = max(1.0, rate)
    return AsyncLimiter(burst, burst / rate)
