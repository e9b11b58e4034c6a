"""A disk that is as slow as a test wants, a clock that a test moves, and a small store of calendars and channels."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime

from connectors.model import CalendarInfo, Subscription
from store import calendars, channels, profiles

NOW = 1_800_000_000.0
TOKEN = "correct horse"
REMOTE = "ada@example.com"
CALENDAR = calendars.calendar_id("google", REMOTE)


class SteerableLoop(asyncio.SelectorEventLoop):
    """A loop whose timers fall due when a test says so."""

    ahead = 0.0

    def time(self):
        return super().time() + self.ahead


async def advance(seconds):
    """Let the time pass, and let everything happen that falls due."""
    await settle()
    asyncio.get_running_loop().ahead += seconds
    await settle()


async def settle():
    for _ in range(10):
        await asyncio.sleep(0)


class SlowDisk:
    """Holds the writer thread of a store in a transaction for as long as the block lasts."""

    def __init__(self, store):
        self.store = store
        self.reached = threading.Event()
        self.released = threading.Event()

    def _hold(self, conn):
        self.reached.set()
        self.released.wait()

    async def __aenter__(self):
        self.held = asyncio.ensure_future(self.store.tx(self._hold))
        await asyncio.to_thread(self.reached.wait)
        return self

    async def __aexit__(self, *_):
        self.released.set()
        await self.held


def furnish(conn, remote=REMOTE, channel="chan-1", token=TOKEN):
    """Put one watched calendar with one confirmed channel into a store."""
    profile = profiles.ensure(conn, "google", remote, "delegated", NOW)
    calendars.found(conn, profile, "google", CalendarInfo(remote, "Ada", "UTC", writable=True), NOW)
    name = calendars.calendar_id("google", remote)
    channels.begin(conn, channel, name, token, NOW)
    expires = datetime.fromtimestamp(NOW + 86_400, UTC)
    channels.confirm(conn, Subscription(channel, "res-1", expires), NOW + 80_000)
    return name


def rung(conn):
    """Return what is owed a look, with how often it was rung."""
    return {(row["kind"], row["key"]): row["gen"] for row in conn.execute("SELECT kind, key, gen FROM work")}
