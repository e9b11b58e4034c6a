"""Bugs, planted on purpose into the real code, to show that the simulation finds them.

Each is a mistake that somebody could make, and that every other kind of test might miss: nothing goes wrong until
a death, a late answer or a change comes at the one wrong moment.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from connectors.model import Changes, Event
from daemon import visit
from daemon.look import Look
from daemon.plan import Provision, Update, Withdraw, Write
from daemon.reconcile import Reconcile
from daemon.sync import Sync
from daemon.touch import Touch
from daemon.visit import Visit
from daemon.worker import Lease, Worker
from store import calendars, events, work
from store.calendars import Calendar
from tests.simulation.run import run

MOST_SEEDS = 400  # within which each has to be found


@dataclass(frozen=True)
class Change:
    """One attribute of a class or module, and what takes its place."""

    owner: Any
    attribute: str
    make: Callable[[Any], Any]  # what is there now → what takes its place


@dataclass(frozen=True)
class Plant:
    """One bug."""

    name: str
    changes: tuple[Change, ...]
    first: int = 0  # the seed to begin with: it found the bug when this was written

    @contextmanager
    def planted(self) -> Iterator[None]:
        """Let the bug be there for a while."""
        sound = [getattr(change.owner, change.attribute) for change in self.changes]
        for change, before in zip(self.changes, sound, strict=True):
            setattr(change.owner, change.attribute, change.make(before))
        try:
            yield
        finally:
            for change, before in zip(self.changes, sound, strict=True):
                setattr(change.owner, change.attribute, before)


@dataclass(frozen=True)
class Found:
    """The first seed that shows a bug, None where none did."""

    name: str
    seed: int | None
    tried: int
    problem: str = ""


def hunt(plant: Plant, first: int = 0, most: int = MOST_SEEDS) -> Found:
    """Run seeds until one fails that does not fail without the bug."""
    for seed in range(first, first + most):
        with plant.planted():
            problems = run(seed).problems
        if problems and not run(seed).problems:
            return Found(plant.name, seed, seed - first + 1, problems[0])
    return Found(plant.name, None, most)


def _take_own_work(_: Any) -> Any:
    async def claim(self: Worker, most: int) -> list[work.Job]:
        now = self.now()
        return list(
            await self.store.tx(
                lambda conn: work.claim(conn, self.owner, now, now + self.lease_seconds, most)
            )
        )

    return claim


def _without_fence(sql: str) -> str:
    return sql.replace(" AND fence = :fence AND owner IS NOT NULL", "")


def _without_gen(sql: str) -> str:
    return sql.replace("CASE WHEN gen > :gen THEN :now ELSE :again END", ":again")


def _act_before_commit(_: Any) -> Any:
    async def call(self: Reconcile, visit: Visit, action: Provision | Update | Write | Withdraw) -> None:
        tried = None if action.conference.key in visit.minted else action.conference.tried
        visit.minted.clear()
        await self.touch(visit, action, tried)
        await visit.lease.tx(visit.commit(self.outside.now()))

    return call


def _never_tried(sound: Any) -> Any:
    async def touch(
        self: Touch, visit: Visit, action: Provision | Update | Write | Withdraw, _: datetime | None
    ) -> None:
        await sound(self, visit, replace(action, conference=replace(action.conference, tried=None)), None)

    return touch


def _cursor_first(sound: Any) -> Any:
    async def apply(self: Sync, lease: Lease, calendar: Calendar, changes: Changes, asked_at: float) -> None:
        now = self.outside.now()
        await lease.tx(lambda conn: calendars.advance(conn, calendar.id, changes.cursor, now, now + 600.0))
        await sound(self, lease, calendar, changes, asked_at)

    return apply


def _believe_listings(sound: Any) -> Any:
    def save(conn: sqlite3.Connection, calendar: str, event: Event, asked_at: float) -> bool:
        return bool(sound(conn, calendar, event, float("inf")))

    return save


def _believe_answers(_: Any) -> Any:
    def save(conn: sqlite3.Connection, seen: Look, event: Event | None, now: float) -> None:
        if event is not None:
            events.save_read(conn, seen.calendar.id, event, now)
        else:
            events.forget(conn, seen.calendar.id, seen.name)

    return save


PLANTS = (
    Plant(
        "a process that stood still takes its own work again, and both may commit",
        (Change(Worker, "_claim", _take_own_work), Change(work, "HOLD", _without_fence)),
        first=233,
    ),
    Plant("a ring during a look is lost", (Change(work, "DONE", _without_gen),), first=52),
    Plant(
        "the provider is called before the intention is on disk",
        (Change(Reconcile, "_call", _act_before_commit),),
        first=23,
    ),
    Plant("a lost answer is not searched for", (Change(Touch, "__call__", _never_tried),), first=1),
    Plant("the cursor goes ahead of what it stands for", (Change(Sync, "_apply", _cursor_first),), first=43),
    Plant(
        "a listing that is older than our write is believed",
        (Change(events, "save_listed", _believe_listings),),
        first=192,
    ),
    Plant(
        "an answer that is older than a listing is believed",
        (Change(visit, "_save_event", _believe_answers),),
        first=285,
    ),
)
