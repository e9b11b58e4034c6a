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

from connectors.model import Changes
from daemon.plan import Provision, Update, Withdraw, Write
from daemon.reconcile import Reconcile
from daemon.sync import Sync
from daemon.visit import Visit
from daemon.worker import Lease
from store import calendars, events, work
from store.calendars import Calendar
from tests.simulation.run import run

MOST_SEEDS = 400  # within which each has to be found


@dataclass(frozen=True)
class Plant:
    """One bug: where it is put, and what it puts there."""

    name: str
    owner: Any  # the class or module
    attribute: str
    make: Callable[[Any], Any]  # what is there now → what takes its place
    first: int = 0  # the seed to begin with: it found the bug when this was written

    @contextmanager
    def planted(self) -> Iterator[None]:
        """Let the bug be there for a while."""
        sound = getattr(self.owner, self.attribute)
        setattr(self.owner, self.attribute, self.make(sound))
        try:
            yield
        finally:
            setattr(self.owner, self.attribute, sound)


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


def _without_fence(sql: str) -> str:
    return sql.replace(" AND fence = :fence AND owner IS NOT NULL", "")


def _without_gen(sql: str) -> str:
    return sql.replace("CASE WHEN gen > :gen THEN :now ELSE :again END", ":again")


def _act_before_commit(_: Any) -> Any:
    async def call(self: Reconcile, visit: Visit, action: Provision | Update | Write | Withdraw) -> None:
        tried = None if action.conference.key in visit.minted else action.conference.tried
        visit.minted.clear()
        await self._touch(visit, action, tried)
        await visit.lease.tx(visit.commit(self.outside.now()))

    return call


def _never_tried(sound: Any) -> Any:
    async def touch(
        self: Reconcile, visit: Visit, action: Provision | Update | Write | Withdraw, _: datetime | None
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
    def save(conn: sqlite3.Connection, calendar: str, event: Any, asked_at: float) -> bool:
        return bool(sound(conn, calendar, event, float("inf")))

    return save


PLANTS = (
    Plant("a worker whose lease ran out may still commit", work, "HOLD", _without_fence),
    Plant("a ring during a look is lost", work, "DONE", _without_gen),
    Plant("the provider is called before the intention is on disk", Reconcile, "_call", _act_before_commit),
    Plant("a lost answer is not searched for", Reconcile, "_touch", _never_tried),
    Plant("the cursor goes ahead of what it stands for", Sync, "_apply", _cursor_first),
    Plant("a listing that is older than our write is believed", events, "save_listed", _believe_listings),
)
