"""Read what changed in one calendar, and ring for every event that is owed something. Writes to no provider."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import structlog

from connectors.errors import CursorExpired, NotFound, Transient
from connectors.model import Changes, Event, Gone
from daemon.look import look, owed_at
from daemon.outside import Outside
from daemon.telling import calendar_changed
from daemon.worker import Lease
from store import calendars, conferences, departed, events, work
from store.calendars import Calendar
from store.db import Store
from store.errors import StateCorrupt

log = structlog.get_logger(__name__)

CONFIRM = 3600.0  # seconds for which a calendar must not be found until its meetings are taken away
CHUNK = 200  # events a transaction: a large calendar must not keep doorbells waiting for the disk


@dataclass(slots=True)
class Sync:
    """The handler of `sync` work; its key is a calendar."""

    store: Store
    outside: Outside
    sweep_seconds: float
    jitter: float
    dice: random.Random

    async def __call__(self, lease: Lease) -> None:
        """Bring our picture of the calendar up to date."""
        calendar = await self.store.read(lambda conn: calendars.reachable(conn, lease.job.key))
        if calendar is None:
            return
        asked_at = self.outside.now()
        try:
            changes = await self._changes(lease, calendar)
        except NotFound as error:
            await self._gone(lease, calendar, error)
            return
        await self._apply(lease, calendar, changes, asked_at)

    async def _changes(self, lease: Lease, calendar: Calendar) -> Changes:
        connector = self.outside.calendar(calendar.profile)
        try:
            return await connector.changes(calendar.info, calendar.cursor)
        except CursorExpired:
            log.info("cursor expired", calendar=calendar.info.remote)
            await lease.tx(lambda conn: calendars.restart(conn, calendar.id))
            return await connector.changes(calendar.info, None)

    async def _apply(self, lease: Lease, calendar: Calendar, changes: Changes, asked_at: float) -> None:
        """Commit snapshots, rings and, last of all, the new cursor: a crash in between reads the same again."""
        # A series stands before its occurrences: whether they share its meeting must be known when they are looked at.
        masters_first = sorted(changes.events, key=lambda event: event.series != "")
        items: Sequence[Event | Gone] = (*masters_first, *changes.gone)

        def take(conn: sqlite3.Connection, some: Sequence[Event | Gone]) -> None:
            # A full listing decides about everything anew: what was once overlooked is made good at the latest then.
            self._take(conn, calendar, some, asked_at, every=changes.complete)

        *chunks, last = [items[at : at + CHUNK] for at in range(0, len(items), CHUNK)] or [()]
        for chunk in chunks:
            await lease.tx(lambda conn, some=chunk: take(conn, some))  # type: ignore[misc]

        def finish(conn: sqlite3.Connection) -> None:
            take(conn, last)
            self._compare(conn, calendar, changes, asked_at)
            self._doubt(conn, calendar, changes.unread)
            if changes.complete:
                seen = [event.ref.event for event in changes.events]
                lost = events.unseen(conn, calendar.id, seen, changes.since, changes.until)
                self._lose(conn, calendar, lost, asked_at)
            now = self.outside.now()
            calendars.advance(conn, calendar.id, changes.cursor, now, now + self._pause())

        await lease.finish(finish)

    def _doubt(self, conn: sqlite3.Connection, calendar: Calendar, names: Sequence[str]) -> None:
        """Have events read by themselves that the listing could not show."""
        for name in names:
            events.doubt(conn, calendar.id, name)
        known = [
            f"{calendar.id}/{name}" for name in names if events.version(conn, calendar.id, name) is not None
        ]
        work.ring(conn, "reconcile", known, self.outside.now())

    def _compare(
        self, conn: sqlite3.Connection, calendar: Calendar, changes: Changes, asked_at: float
    ) -> None:
        """Forget the changed occurrences that a series has no more, where the provider tells which it has."""
        for series, still in changes.occurrences.items():
            known = set(events.occurrences(conn, calendar.id, series))
            gone = [Gone(name, series) for name in sorted(known - set(still))]
            self._take(conn, calendar, gone, asked_at, every=False)
        for series, days in changes.cancelled.items():
            off = [f"{series}_{day}" for day in days]
            departed.keep_cancelled(conn, calendar.id, series, off)
            for one in off:
                departed.cancel(conn, calendar.id, series, one, self.outside.now())

    def _lose(
        self, conn: sqlite3.Connection, calendar: Calendar, names: Iterable[str], asked_at: float
    ) -> None:
        """Forget what a full listing did not show; where a meeting is at stake, have it read first.

        It may be missing because it cannot be read, or because it has moved out of the listing's time.
        """
        touched: list[str] = []
        for name in names:
            if conferences.get(conn, calendar.id, name) is None:
                touched += _forget(conn, calendar.id, name, asked_at, self.outside.now())
            else:
                events.doubt(conn, calendar.id, name)
                work.ring(conn, "reconcile", [f"{calendar.id}/{name}"], self.outside.now())
        ring_owed(conn, calendar.id, touched, self.outside)
        calendar_changed(conn, calendar, touched, asked_at, self.outside.now())

    def _pause(self) -> float:
        return self.sweep_seconds * (1 + self.jitter * self.dice.uniform(-1, 1))

    def _take(
        self,
        conn: sqlite3.Connection,
        calendar: Calendar,
        items: Iterable[Event | Gone],
        asked_at: float,
        *,
        every: bool,
    ) -> None:
        news: list[str] = []
        rest: list[str] = []
        now = self.outside.now()
        for item in items:
            if isinstance(item, Gone):
                news += _forget(conn, calendar.id, item.event, asked_at, now)
                if item.series:
                    departed.cancel(conn, calendar.id, item.series, item.event, now)
            else:
                new = events.save_listed(conn, calendar.id, item, asked_at, now)
                (news if new else rest).append(item.ref.event)
        ring_owed(conn, calendar.id, [*news, *rest] if every else news, self.outside)
        told = [*news, *events.changed(conn, calendar.id, rest, now)]
        calendar_changed(conn, calendar, told, asked_at, now)

    async def _gone(self, lease: Lease, calendar: Calendar, error: NotFound) -> None:
        """Believe that a calendar is gone only after an hour: lost access looks the same, and may come back."""
        now = self.outside.now()
        since = await lease.tx(lambda conn: calendars.missed(conn, calendar.id, now))
        if now - since < CONFIRM:
            raise Transient(
                f"the calendar was not found, which is being confirmed: {error}", retry_after=CONFIRM / 6
            ) from error
        log.warning("calendar gone", calendar=calendar.info.remote)

        def finish(conn: sqlite3.Connection) -> None:
            calendars.lost(conn, calendar.id)
            names = [snapshot.event.ref.event for snapshot in events.of_calendar(conn, calendar.id)]
            for name in names:
                events.forget(conn, calendar.id, name, now)
            ring_owed(conn, calendar.id, conferences.of_calendar(conn, calendar.id), self.outside)
            calendar_changed(conn, calendar, names, now, now)

        await lease.finish(finish)


def _forget(conn: sqlite3.Connection, calendar: str, name: str, asked_at: float, now: float) -> list[str]:
    """Drop an event that is gone, and the occurrences that were part of it. Returns what is news."""
    names = [name, *events.occurrences(conn, calendar, name)]
    return [one for one in names if events.forget_listed(conn, calendar, one, asked_at, now)]


def ring_owed(conn: sqlite3.Connection, calendar: str, names: Iterable[str], outside: Outside) -> None:
    """Ring for those events that the decision says are owed something; the rest cost no work at all."""
    now = outside.now()
    for name in names:
        try:
            seen = look(conn, calendar, name, outside.policy)
            at = owed_at(seen, now) if seen else None
        except StateCorrupt:
            at = now  # its own look keeps the reason, and the rest of the calendar is not held up
        if at is not None:
            work.ring(conn, "reconcile", [f"{calendar}/{name}"], at)
