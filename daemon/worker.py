"""Takes leases on what is due and hands them to the handlers. Knows no provider and no calendar."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import structlog

from connectors.errors import ProviderError, Transient
from daemon.retry import again, reason
from store import work
from store.db import Store, Tx
from store.errors import Fenced, StoreClosed, StoreError, StoreFull, StoreSick

T = TypeVar("T")
log = structlog.get_logger(__name__)

MINUTE = 60.0  # seconds
MOST_LOOKS = 60  # at one event in a minute
MOST_ROUNDS = 10_000  # events whose looks are counted before old ones are forgotten
LONGEST_NAP = 5.0  # seconds: a clock that jumps is noticed after this


@dataclass(slots=True)
class Lease:
    """The right to work on one thing for a while. All that a handler commits goes through it, behind the fence."""

    job: work.Job
    store: Store
    now: Callable[[], float]
    seconds: float
    finished: bool = False

    async def tx(self, fn: Tx[T]) -> T:
        """Commit what `fn` does if the lease is still ours, and extend it. Raises Fenced when it is not."""

        def fenced(conn: sqlite3.Connection) -> T:
            work.hold(conn, self.job, self.now() + self.seconds)
            return fn(conn)

        return await self.store.tx(fenced)

    async def finish(self, fn: Tx[object] | None = None, at: float | None = None) -> None:
        """Commit what `fn` does together with the end of the work; look again at `at` if given."""

        def fenced(conn: sqlite3.Connection) -> None:
            work.done(conn, self.job, self.now(), at)
            if fn is not None:
                fn(conn)

        await self.store.tx(fenced)
        self.finished = True

    async def postpone(self, at: float) -> None:
        """Come back at `at`: it is not its turn yet."""
        await self.store.tx(lambda conn: work.postpone(conn, self.job, at))
        self.finished = True


Handler = Callable[[Lease], Awaitable[None]]
OnFailure = Callable[[sqlite3.Connection, work.Job, Exception], None]


def nothing_more(_: sqlite3.Connection, __: work.Job, ___: Exception) -> None:
    """Leave it at noting the failure."""


@dataclass(slots=True)
class Worker:
    """Runs what is due, at most `limit` pieces at a time, until it is told to stop."""

    store: Store
    handlers: Mapping[str, Handler]
    now: Callable[[], float]
    owner: str
    lease_seconds: float = 30.0
    limit: int = 16
    dice: random.Random = field(default_factory=random.Random)
    on_failure: OnFailure = nothing_more  # commits together with the failure
    progress: int = 0  # rises with every round and every finished job: a watchdog may look at it
    _beat: float = 0.0  # when work was last claimed
    _kick: asyncio.Event = field(default_factory=asyncio.Event)
    _running: dict[asyncio.Task[None], Lease] = field(default_factory=dict)
    _rounds: dict[str, tuple[float, int]] = field(
        default_factory=dict
    )  # by event: since when, how many looks

    def kick(self) -> None:
        """Say that something may be due."""
        self._kick.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, then let what is under way come to its end."""
        beat = asyncio.create_task(self._keep_leases())
        try:
            while not stop.is_set():
                self._kick.clear()
                await self._nap(await self._round(), stop)
            if self._running:
                await asyncio.wait(self._running)
        finally:
            beat.cancel()
            for task in list(self._running):
                task.cancel()

    async def run_once(self) -> int:
        """Do everything that is due now and return how many pieces that was."""
        count = 0
        while jobs := await self._claim(self.limit):
            await asyncio.gather(*(self._work(self._lease(job)) for job in jobs))
            count += len(jobs)
        return count

    async def _round(self) -> float | None:
        """Start what is due as far as there is room; return when the next piece falls due, None if never."""
        self.progress += 1
        room = self.limit - len(self._running)
        try:
            jobs = await self._claim(room) if room else []
            for job in jobs:
                self._start(self._lease(job))
            if room and len(jobs) < room:
                return await self.store.read(work.next_due)
        except StoreError as error:
            log.error("work cannot be claimed", error=str(error))
            return self.now() + 1.0
        return None

    async def _nap(self, due: float | None, stop: asyncio.Event) -> None:
        seconds = LONGEST_NAP if due is None else min(LONGEST_NAP, max(0.0, due - self.now()))
        waits = [asyncio.create_task(self._kick.wait()), asyncio.create_task(stop.wait())]
        try:
            await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waits:
                task.cancel()

    async def _claim(self, most: int) -> list[work.Job]:
        now = self.now()
        # Where this process itself stood still, its leases have run out; it must not take its own work from itself.
        slept = now - self._beat > self.lease_seconds / 3
        held = [lease for lease in self._running.values() if not lease.finished] if slept else []
        self._beat = now

        def claim(conn: sqlite3.Connection) -> list[work.Job]:
            self._extend(conn, held)
            return list(work.claim(conn, self.owner, now, now + self.lease_seconds, most))

        return await self.store.tx(claim)

    def _lease(self, job: work.Job) -> Lease:
        return Lease(job, self.store, self.now, self.lease_seconds)

    def _start(self, lease: Lease) -> None:
        task = asyncio.create_task(self._work(lease), name=f"{lease.job.kind} {lease.job.key}")
        self._running[task] = lease
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.pop(task, None)
        self.progress += 1
        self.kick()

    async def _keep_leases(self) -> None:
        """Extend the leases of what takes long; whoever lost one finds out at the next commit."""
        while True:
            await asyncio.sleep(self.lease_seconds / 3)
            leases = [lease for lease in self._running.values() if not lease.finished]
            if leases:
                try:
                    await self.store.tx(lambda conn, held=leases: self._extend(conn, held))  # type: ignore[misc]
                except Exception as error:  # noqa: BLE001 - without it every long job would be worked on twice
                    log.error("leases cannot be extended", error=str(error))

    def _extend(self, conn: sqlite3.Connection, leases: list[Lease]) -> None:
        for lease in leases:
            try:
                work.hold(conn, lease.job, self.now() + self.lease_seconds)
            except Fenced:
                continue

    async def _work(self, lease: Lease) -> None:
        job = lease.job
        with structlog.contextvars.bound_contextvars(job=f"{job.kind} {job.key}", attempt=job.attempts):
            try:
                # A handler that hangs must not keep its lease alive for ever.
                self._watch_for_circles(job)
                async with asyncio.timeout(self.lease_seconds * 20):
                    await self.handlers[job.kind](lease)
                if not lease.finished:
                    await lease.finish()
            except Fenced:
                log.warning("lease lost")
            except (StoreSick, StoreFull, StoreClosed) as error:
                log.error("store refused", error=str(error))  # the lease runs out, and somebody tries again
            except Exception as error:  # noqa: BLE001 - one bad piece of work must not end the daemon
                await self._failed(lease, error)

    def _watch_for_circles(self, job: work.Job) -> None:
        """Raise Transient where an event is looked at so often that only our own doing can be the reason.

        Each such look may cost a provider's patience, or a mail to every guest. No person is that fast.
        """
        if job.kind != "reconcile":
            return
        now = self.now()
        if len(self._rounds) > MOST_ROUNDS:
            self._rounds = {key: seen for key, seen in self._rounds.items() if now - seen[0] < MINUTE}
        since, count = self._rounds.get(job.key, (now, 0))
        if now - since >= MINUTE:
            since, count = now, 0
        self._rounds[job.key] = since, count + 1
        if count >= MOST_LOOKS:
            log.error("an event goes round in circles: this is a bug, please report it", looks=count)
            raise Transient("it is looked at again and again", retry_after=MINUTE, reason="circle")

    async def _failed(self, lease: Lease, error: Exception) -> None:
        job, why = lease.job, reason(error)
        next_look = again(error, job.attempts, self.dice.random())
        at = self.now() + next_look.seconds
        expected = isinstance(error, (ProviderError, TimeoutError))
        log.log(30 if expected else 40, "work failed", error=why, again_in=round(next_look.seconds, 1),
                exc_info=None if expected else error)  # fmt: skip

        def note(conn: sqlite3.Connection) -> None:
            if next_look.parked:
                work.park(conn, job, self.now(), at, why)
            else:
                work.retry(conn, job, at, why)
            self.on_failure(conn, job, error)

        try:
            await self.store.tx(note)
        except StoreError as refused:
            log.error("failure cannot be noted", error=str(refused))
