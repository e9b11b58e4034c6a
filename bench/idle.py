"""Ten thousand calendars of which none owes anything: how much memory they take, and how long the start."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench.figures import Report, at_most, number, spread
from bench.huddled import huddled
from bench.processes import child, resident
from bench.size import Size
from bench.world import calendar_ids, person
from connectors.google.cursor import Cursor
from connectors.model import CalendarInfo, Subscription
from store import calendars, channels, profiles
from store.db import InlineStore, open_file

WEEK = 7 * 86_400.0
REST = 1.0  # seconds of doing nothing before the memory is read


@dataclass(frozen=True, slots=True)
class Memory:
    """Megabytes when ready and at rest, and the seconds in between."""

    ready: float
    rest: float
    settled: float


async def run(size: Size) -> Report:
    """Start with the full database and with an empty one, in turn; look at the memory of the last full one."""
    full: list[float] = []
    empty: list[float] = []
    people = [person(number) for number in range(size.idle_people)]
    with TemporaryDirectory(prefix="huddled-bench-") as folder:
        async with child("bench.stub", size.calendars_each) as stub:
            place = Path(folder) / "full"
            place.mkdir()
            prepare(place, people, size.calendars_each)
            for turn in range(size.start_rounds):
                (Path(folder) / str(turn)).mkdir()
                empty.append(await _start(Path(folder) / str(turn), stub.hello["url"], people[:1]))
                full.append(await _start(place, stub.hello["url"], people))
            memory = await _memory(place, stub.hello["url"], people)
    return _report(size, full, empty, memory)


async def _start(folder: Path, url: str, people: Sequence[str]) -> float:
    """Return the seconds until it is ready."""
    async with huddled(folder, url, people) as daemon:
        return daemon.ready_after


async def _memory(folder: Path, url: str, people: Sequence[str]) -> Memory:
    """Say what it takes once it is ready, and once it has looked at all accounts and rests."""
    async with huddled(folder, url, people) as daemon:
        ready, began = resident(daemon.process.pid), time.monotonic()
        await daemon.settle()
        settled = time.monotonic() - began
        await asyncio.sleep(REST)
        return Memory(ready, resident(daemon.process.pid), settled)


def prepare(folder: Path, people: Iterable[str], each: int) -> None:
    """Make the database of a daemon that has all calendars in step, and a live channel on each."""
    with closing(open_file(str(folder / "huddled.db"))) as conn:
        InlineStore(conn).run(lambda conn: _fill(conn, people, each))


def _fill(conn: sqlite3.Connection, people: Iterable[str], each: int) -> None:
    now = time.time()
    for owner in people:
        profile = profiles.ensure(conn, "google", owner, "delegated", now)
        for remote in calendar_ids(owner, each):
            info = CalendarInfo(
                remote, remote, "Europe/Berlin", writable=True, primary=remote == owner, native=("meet",)
            )
            calendars.found(conn, profile, "google", info, now)
            _idle(conn, calendars.calendar_id("google", remote), now)


def _idle(conn: sqlite3.Connection, name: str, now: float) -> None:
    calendars.advance(conn, name, Cursor("0").text(), now, now + WEEK)
    channel = sha256(name.encode()).hexdigest()[:36]
    channels.begin(conn, channel, name, "token", now)
    expires = datetime.fromtimestamp(now, UTC) + timedelta(seconds=WEEK)
    channels.confirm(conn, Subscription(channel, "resource", expires), now + WEEK - 86_400)


def _report(size: Size, full: list[float], empty: list[float], memory: Memory) -> Report:
    count = size.idle_people * size.calendars_each
    return Report(
        (
            at_most("idle_memory", memory.rest, 150.0, "MB resident"),
            at_most("start_seconds", median(full), None, "s until ready"),
            at_most("start_ratio", median(full) / median(empty), None, "times an empty database"),
        ),
        (
            f"{count:,} calendars of {size.idle_people:,} people: ready after {spread(full)} s",
            f"no calendars, one person: ready after {spread(empty)} s",
            f"{number(memory.ready)} MB when ready; all accounts looked at {number(memory.settled)} s later",
        ),
    )
