"""How hard a provider may be worked: concurrency and rate, with a lane for each mailbox or host at it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiolimiter import AsyncLimiter

from connectors.errors import Transient

ROOM = 256  # lanes that are kept before idle ones are looked for
CROWD = 2  # times the calls that may be under way: so many may be in a lane that does not move
PATIENCE = 5.0  # seconds without a turn after which a lane counts as stuck; slow answers are faster
PAUSE = 1.0  # seconds, and up to as many again, until one who is sent away should come back
GOLDEN = 0.618034  # steps of it spread evenly, whatever their number


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
    moved: float = 0.0  # when a turn began, by the loop's clock
    refused: int = 0

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
        """Wait for a turn in the lane, and hold it until the block ends.

        Raises Transient with reason "not_sent" where many wait already and the lane does not move: an account
        that hangs must not hold all who could work for others. A lane that moves may be as full as it likes.
        """
        mine = self._lane(provider, lane)
        if not mine.users:
            mine.moved = asyncio.get_running_loop().time()
        mine.users += 1
        try:
            crowded = mine.users > CROWD * self._limits(provider).concurrent
            if not (await _patiently(mine) if crowded else await mine.gate.acquire()):
                raise _stuck(mine, provider)
            try:
                for pace in (mine.pace, self._totals[provider]):
                    if pace is not None:
                        await pace.acquire()
                mine.moved = asyncio.get_running_loop().time()
                yield
            finally:
                mine.gate.release()
        finally:
            mine.users -= 1

    def _limits(self, provider: str) -> Limits:
        return self.limits.get(provider, self.fallback)

    def _lane(self, provider: str, lane: str) -> _Lane:
        found = self._lanes.get((provider, lane))
        if found is None:
            self._make_room()
            limits = self._limits(provider)
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


async def _patiently(lane: _Lane) -> bool:
    """Acquire the gate, or give up when the lane is stuck. The place in the queue is kept meanwhile."""
    loop = asyncio.get_running_loop()
    watch: asyncio.TimerHandle | None = None
    try:
        async with asyncio.timeout(None) as limit:

            def look() -> None:
                nonlocal watch
                left = lane.moved + PATIENCE - loop.time()
                if left > 0:
                    watch = loop.call_later(left, look)
                else:
                    limit.reschedule(loop.time())

            look()
            return await lane.gate.acquire()
    except TimeoutError:
        return False
    finally:
        if watch is not None:
            watch.cancel()


def _stuck(lane: _Lane, provider: str) -> Transient:
    lane.refused += 1
    pause = PAUSE * (1 + lane.refused * GOLDEN % 1)
    message = "too many calls already wait for this account, and none gets its turn"
    return Transient(message, retry_after=pause, provider=provider, reason="not_sent")


def _pace(rate: float) -> AsyncLimiter | None:
    if not rate:
        return None
    burst = max(1.0, rate)
    return AsyncLimiter(burst, burst / rate)
