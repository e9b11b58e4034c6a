"""One mailbox read by huddled's connector and by bare aiohttp, in one process and on a loop like the daemon's.

`python -m bench.graph_client URL`. Answers how long each took, its CPU, and how long the loop stood still at most.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import random
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import aiohttp
import structlog

from bench import asks
from bench.graph_events import MAILBOX
from bench.graph_stub import CALENDAR, GRAPH, LOGIN, TENANT, USER
from connectors.base import Calendar
from connectors.http import connect
from connectors.lanes import Limits
from connectors.model import CalendarInfo
from connectors.registry import Credentials, Registry
from connectors.settings import MicrosoftSettings
from daemon import logs
from daemon.config import sections

TICK = 0.001  # seconds between two looks at the clock
INFO = CalendarInfo(MAILBOX, "Calendar", "Europe/Berlin", writable=True, primary=True, native=("teams",))


@dataclass(slots=True)
class Watch:
    """How long nobody else could use the loop, in seconds and at most.

    `held` is less than `stall` by what other processes took of it: a program is not to blame for these.
    """

    stall: float = 0.0
    held: float = 0.0

    async def run(self) -> None:
        """Look at the clock again and again; what lies between two looks, but for the pause, was a stall."""
        before, used = time.perf_counter(), time.thread_time()
        while True:
            await asyncio.sleep(TICK)
            now, use = time.perf_counter(), time.thread_time()
            stall = now - before - TICK
            self.stall = max(self.stall, stall)
            self.held = max(self.held, min(stall, use - used))
            before, used = now, use


@asynccontextmanager
async def watching() -> AsyncIterator[Watch]:
    """Watch the loop during the block."""
    watch = Watch()
    task = asyncio.create_task(watch.run())
    await asyncio.sleep(2 * TICK)
    try:
        yield watch
        await asyncio.sleep(2 * TICK)
    finally:
        task.cancel()


@dataclass(slots=True)
class Client:
    """Both ways to read the changes."""

    calendar: Calendar
    session: aiohttp.ClientSession
    url: str
    cursor: str | None = None

    async def ask(self, question: asks.Json) -> asks.Json:
        """Read the changes `times` times in one of the ways, one after another."""
        ways = {
            "begin": self._begin,
            "go on": self._go_on,
            "bare": self._bare,
            "json": self._json,
            "collect": _collect,
        }
        step = ways[question["do"]]
        return await _measured(step, question.get("times", 1), watched=question.get("watched", False))

    async def _begin(self) -> float:
        """List from the beginning, by a request that the SDK builds."""
        changes = await self.calendar.changes(INFO, None)
        self.cursor = changes.cursor
        return len(changes.events)

    async def _go_on(self) -> float:
        """List what has changed since, by Graph's own link."""
        changes = await self.calendar.changes(INFO, self.cursor)
        self.cursor = changes.cursor
        return len(changes.events)

    async def _bare(self) -> float:
        """Fetch and parse, and no more."""
        return len(json.loads(await self._fetch())["value"])

    async def _json(self) -> float:
        """Fetch, and return the seconds of CPU that parsing alone takes."""
        text = await self._fetch()
        began = time.thread_time()
        json.loads(text)
        return time.thread_time() - began

    async def _fetch(self) -> bytes:
        path = f"{self.url}{USER}/calendars/{CALENDAR}/calendarView/delta"
        query = {"startDateTime": "2026-01-01T00:00:00Z", "endDateTime": "2027-01-01T00:00:00Z"}
        async with self.session.get(path, params=query) as answer:
            return await answer.read()


async def _collect() -> float:
    """Do what the interpreter does of itself once in a while."""
    return gc.collect()


async def _measured(step: Callable[[], Awaitable[float]], times: int, *, watched: bool) -> asks.Json:
    if not watched:
        return await _timed(step, times)
    async with watching() as watch:
        found = await _timed(step, times)
    return {**found, "stall": watch.stall, "held": watch.held}


async def _timed(step: Callable[[], Awaitable[float]], times: int) -> asks.Json:
    """Return seconds and CPU seconds of one time, and what the last one found."""
    found, began, used = 0.0, time.perf_counter(), time.process_time()
    for _ in range(times):
        found = await step()
    return {
        "seconds": (time.perf_counter() - began) / times,
        "cpu": (time.process_time() - used) / times,
        "found": found,
    }


def _log(file: TextIO) -> None:
    """Log as the daemon does, for what it costs."""
    logs.configure("info", "json")
    structlog.configure(logger_factory=structlog.WriteLoggerFactory(file))


async def main(url: str) -> None:
    """Serve until the parent hangs up."""
    settings = MicrosoftSettings(
        TENANT, "bench-app", "secret", graph_base=f"{url}{GRAPH}", authority=f"{url}{LOGIN}"
    )
    limits = {"microsoft": Limits(concurrent=sections.Limits().microsoft_concurrency)}
    async with connect(limits) as http, aiohttp.ClientSession() as session:
        registry = Registry(http, lambda: datetime.now(UTC), random.Random(), microsoft=settings)
        registry.load()
        calendar = registry.calendar(Credentials("microsoft", MAILBOX))
        gc.collect()
        gc.freeze()  # as the daemon does
        await asks.serve({}, Client(calendar, session, url).ask)


if __name__ == "__main__":
    with Path(os.devnull).open("w") as nobody:
        _log(nobody)
        asks.run(main(sys.argv[1]))
