"""Ring, and answer only when the ring is on disk. Many that ring together share one commit."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

import structlog

from store import channels, work
from store.db import Store
from store.errors import StoreError, StoreFull

log = structlog.get_logger(__name__)

DEADLINE = 2.0  # seconds a push waits for the disk before it is told to come again
MOST_WAITING = 20_000  # different things that may wait for one commit


@dataclass(slots=True)
class Channels:
    """Which channel rings for which calendar, in memory: looked up at every push, changed a few times a week."""

    known: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    calendars: set[str] = field(default_factory=set)  # that any channel has ever rung for

    async def fill(self, store: Store) -> None:
        """Take over what the store knows."""
        for channel, (calendar, token_hash) in (await store.read(channels.doorbells)).items():
            self.learn(channel, calendar, token_hash)

    def learn(self, channel: str, calendar: str, token_hash: bytes) -> None:
        """Let a channel in."""
        self.known[channel] = (calendar, token_hash)
        self.calendars.add(calendar)

    def forget(self, channel: str) -> None:
        """Let a channel in no longer."""
        self.known.pop(channel, None)


class Bell:
    """Collects rings while a commit is under way and hands them to the next one."""

    def __init__(
        self, store: Store, now: Callable[[], float], rung: Callable[[], None] = lambda: None
    ) -> None:
        """`rung` is called after each commit, to wake those who do the work."""
        self._store = store
        self._now = now
        self._rung = rung
        self._waiting: dict[tuple[str, str], None] = {}
        self._batch: _Batch | None = None
        self._flusher: asyncio.Task[None] | None = None

    async def ring(self, kind: str, key: str) -> None:
        """Ring and return once that is durable. Raises StoreError or TimeoutError when it is not known to be."""
        await self.ring_all(((kind, key),))

    async def ring_all(self, rings: Collection[tuple[str, str]]) -> None:
        """Ring for each kind and key in one commit, or for none of them. Raises what `ring` does."""
        if len(self._waiting) + len(rings) > MOST_WAITING:
            new = {one for one in rings if one not in self._waiting}
            if len(self._waiting) + len(new) > MOST_WAITING:
                raise StoreFull
        self._waiting.update(dict.fromkeys(rings))
        # A batch that was given up on has had its answer: this ring has a deadline of its own.
        if self._batch is None or self._batch.settled:
            self._batch = _Batch()
            if self._flusher is None or self._flusher.done():
                self._flusher = asyncio.create_task(self._flush(), name="doorbells")
        await self._batch.wait()

    async def _flush(self) -> None:
        while self._batch is not None:
            batch, rings = self._batch, list(self._waiting)
            self._batch = None
            self._waiting = {}
            try:
                await self._store.tx(lambda conn, some=rings: self._write(conn, some))  # type: ignore[misc]
            except StoreError as error:
                batch.settle(error)
            except Exception as error:
                log.exception("doorbells lost")
                batch.settle(StoreError(f"the doorbell could not be noted: {error}"))
            else:
                batch.settle(None)
                self._rung()

    def _write(self, conn: sqlite3.Connection, rings: list[tuple[str, str]]) -> None:
        now = self._now()
        for kind in sorted({kind for kind, _ in rings}):
            work.ring(conn, kind, [key for one, key in rings if one == kind], now)


class _Batch:
    """Those who share a commit. They wait no longer than the deadline, whatever the disk does."""

    def __init__(self) -> None:
        self.settled = False
        self._loop = asyncio.get_running_loop()
        # A future for each: one that all share would have to be shielded, which costs ten times as much.
        self._answers: list[asyncio.Future[None]] = []
        self._timer = self._loop.call_later(DEADLINE, self.settle, TimeoutError("the disk is slow"))

    async def wait(self) -> None:
        """Wait for the commit. Raises what it ended with."""
        answer: asyncio.Future[None] = self._loop.create_future()
        self._answers.append(answer)
        await answer

    def settle(self, error: Exception | None) -> None:
        """Answer all, once; one may have hung up meanwhile."""
        self._timer.cancel()
        self.settled = True
        answers, self._answers = self._answers, []
        for answer in answers:
            if answer.done():
                continue
            if error is None:
                answer.set_result(None)
            else:
                answer.set_exception(error)
