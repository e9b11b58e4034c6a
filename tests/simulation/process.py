"""One life of the daemon: the real loops over the real SQL, from its start to its death."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from typing import TypeVar

from daemon.config.model import Config
from daemon.outside import Outside
from daemon.reconcile import Reconcile
from daemon.subscriptions import Discover, Stop, Watch
from daemon.sweeps import Sweeps
from daemon.sync import Sync
from daemon.takeover import take_over
from daemon.worker import Worker
from store import profiles
from store.db import InlineStore, Tx
from store.errors import StoreError, StoreSick
from tests.simulation.loop import Process, join
from tests.simulation.network import Network
from tests.simulation.trace import Trace
from webhooks.bell import Bell, Channels
from webhooks.server import GoogleDoor

T = TypeVar("T")

SWEEP = 600.0  # seconds
DISCOVER = 1800.0


@dataclass(frozen=True)
class Settings:
    """What differs between seeds."""

    lease: float
    workers: int
    disk: float  # the longest that a commit waits for the disk, in seconds
    addresses: tuple[str, ...]


@cache
def configuration(edition: int) -> Config:
    """Return what the operator has written: another edition means other rules, and another address."""
    return Config.model_validate(
        {
            "server": {"public_url": f"https://h{edition}.example"},
            "store": {"url": "sqlite:////nowhere/huddled.db", "key_file": "/nowhere/store.key"},
            "sync": {"window_days": 300 + edition},
        }
    )


@dataclass(eq=False)
class Disk:
    """Implements `store.db.Store` for one process, which may die just before or just after a commit."""

    inline: InlineStore
    process: Process
    network: Network
    dice: random.Random
    wait: float
    trace: Trace

    async def tx(self, fn: Tx[T]) -> T:
        """Run `fn` and commit."""
        await asyncio.sleep(self.wait and self.dice.uniform(0.0, self.wait))
        self.process.check()
        weather = self.network.weather
        if self.dice.random() < weather.sick:
            raise StoreSick("the disk refuses")
        if self.dice.random() < weather.death_before:
            self._die("before")
        result = self.inline.run(fn)
        if self.dice.random() < weather.death_after:
            self._die("after")
        await asyncio.sleep(0)
        self.process.check()
        return result

    async def read(self, fn: Tx[T]) -> T:
        """Run `fn`."""
        await asyncio.sleep(0)
        self.process.check()
        return fn(self.inline.conn)

    def _die(self, when: str) -> None:
        self.trace("daemon", f"dies just {when} a commit")
        self.process.end()
        self.process.check()


@dataclass(eq=False)
class Daemon:
    """The parts of one life, put together as daemon/app.py does it."""

    process: Process
    store: Disk
    outside: Outside
    settings: Settings
    dice: random.Random
    door: GoogleDoor | None = None
    parts: list[asyncio.Task[None]] = field(default_factory=list)

    async def run(self) -> None:
        """Live until killed."""
        join(self.process)
        channels, sweep = Channels(), SWEEP
        await channels.fill(self.store)
        now, store = self.outside.now, self.store
        known = {await self._enrol(address) for address in self.settings.addresses}
        worker = Worker(
            store, {}, now, self.process.name, self.settings.lease, self.settings.workers, self.dice
        )
        worker.handlers = {
            "sync": Sync(store, self.outside, sweep, 0.1, self.dice),
            "reconcile": Reconcile(store, self.outside),
            "discover": Discover(store, self.outside),
            "watch": Watch(
                store,
                self.outside,
                channels,
                {"google": "https://h.example/hooks/google/{channel}"},
                1800.0,
                0.1,
                self.dice,
            ),
            "stop": Stop(store, self.outside, channels),
        }
        sweeps = Sweeps(store, now, channels, worker.kick, sweep, 0.1, 30, self.dice)
        config = configuration(self.dice.choice([0, 0, 0, 1]))
        await store.tx(lambda conn: take_over(conn, known, config, now()))
        self.door = GoogleDoor(Bell(store, now, worker.kick), channels)
        timers = [
            (sweep / 10, sweeps.calendars),
            (60.0, sweeps.channels_due),
            (DISCOVER, sweeps.profiles),
            (6 * 3600.0, sweeps.prune),
        ]
        self.parts = [asyncio.create_task(self._every(seconds, fn)) for seconds, fn in timers]
        await worker.run(asyncio.Event())

    async def _enrol(self, address: str) -> str:
        def ensure(conn: sqlite3.Connection) -> str:
            return profiles.ensure(conn, "google", address, "delegated", self.outside.now())

        return await self.store.tx(ensure)

    async def _every(self, seconds: float, sweep: Callable[[], Awaitable[int]]) -> None:
        """Stand in for daemon/clock.py, whose scheduler looks at the clock on the wall."""
        while True:
            with suppress(StoreError):
                await sweep()
            await asyncio.sleep(seconds * self.dice.uniform(0.9, 1.1))

    async def ring(self, request: object) -> int:
        """Let a push come in, and return the status of the answer."""
        join(self.process)
        if self.door is None:
            return 503
        response = await self.door.push(request)  # type: ignore[arg-type]
        return response.status
