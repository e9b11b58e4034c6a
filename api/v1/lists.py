"""What there is to read in one calendar: lists in the order of time, whose entries are put together when told."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

import structlog

from api.v1 import occurrences
from api.v1.items import Entry, drawn, series_of
from api.v1.occurrences import Occurrence, Stretch
from api.v1.windows import Span, Window
from connectors.model import Event
from store import conferences, managed, reading
from store.calendars import Calendar
from store.errors import StateCorrupt
from store.reading import EVER, FIRST, LAST, Bounds, Place

log = structlog.get_logger(__name__)

Key = tuple[float, int, str, str]
"""Where an entry stands among all: its start, the list, the calendar, and its name there."""

SERIES, OWN_SERIES = len(reading.LISTS), len(reading.LISTS) + 1  # beside the lists of single events
MANAGED = frozenset({"managed", "managed gone"})
GONE = frozenset({"external gone", "managed gone"})


@dataclass(frozen=True, slots=True)
class Listed:
    """An entry by its place, and how to put it together."""

    key: Key
    make: Callable[[], Entry | None]


@dataclass(frozen=True, slots=True)
class Look:
    """Who reads what, and from where on; None is the beginning."""

    conn: sqlite3.Connection
    application: str
    window: Window
    at: Key | None = None

    def bounds(self, calendar: Calendar, span: Span) -> Bounds:
        """Say which events of a calendar are wanted."""
        window = self.window
        return Bounds(self.application, calendar.id, span.after, span.before, window.modified, window.deleted)

    def place(self, rank: int, calendar: Calendar) -> Place:
        """Return from where on a list is read."""
        if self.at is None:
            return Place()
        start, reached, where, name = self.at
        if (rank, calendar.id) == (reached, where):
            return Place(start, name)
        return Place(start, FIRST if (rank, calendar.id) > (reached, where) else LAST)


def of(look: Look, calendar: Calendar) -> Iterator[Iterator[Listed]]:
    """Yield all lists of a calendar."""
    for rank, name, span in _single(look.window):
        rows = reading.rows(look.conn, name, look.bounds(calendar, span), look.place(rank, calendar))
        yield _listed(look, calendar, rank, name, rows)
    yield from _series(look, calendar)


def count(look: Look, calendar: Calendar) -> int:
    """Count all entries of a calendar."""
    single = sum(
        reading.count(look.conn, name, look.bounds(calendar, span)) for _, name, span in _single(look.window)
    )
    return single + sum(1 for listed in _series(replace(look, at=None), calendar) for _ in listed)


def _single(window: Window) -> Iterator[tuple[int, str, Span]]:
    for rank, name in enumerate(reading.LISTS):
        span = window.managed if name in MANAGED else window.external
        if span is not None and (window.deleted or name not in GONE):
            yield rank, name, span


def _listed(
    look: Look, calendar: Calendar, rank: int, name: str, rows: Iterator[sqlite3.Row]
) -> Iterator[Listed]:
    make = _gone if name in GONE else _external if name == "external" else _managed
    for row in rows:
        key = (row["start"], rank, calendar.id, row["name"])
        yield Listed(key, partial(make, look, calendar, row))


def _external(look: Look, calendar: Calendar, row: sqlite3.Row) -> Entry | None:
    """Return an event that others have made."""
    event = reading.event(row, calendar.id)
    if event is None:
        return None
    known = conferences.get(look.conn, calendar.id, event.ref.event)
    series = series_of(calendar.id, event.series) if event.series else ""
    return Entry(
        calendar.id, calendar.provider, event, conference=known, changed_at=row["changed_at"], series=series
    )


def _managed(look: Look, calendar: Calendar, row: sqlite3.Row) -> Entry:
    """Return an event that the application has made, or changed, as it wants it while that is not done."""
    mine = managed.of_row(row)
    event = reading.event(row, calendar.id)
    if event is None or mine.owed:
        event = drawn(mine, event)
    known = conferences.get(look.conn, calendar.id, mine.where)
    lent = mine.event_id if mine.event_id.startswith("evt_external_") else ""
    return Entry(
        calendar.id,
        calendar.provider,
        event,
        mine,
        known,
        row["seen_at"] or 0.0,
        event_id="" if lent else mine.event_id,
        uid=lent,
        deleted=mine.gone,
    )


def _gone(look: Look, calendar: Calendar, row: sqlite3.Row) -> Entry | None:
    """Return an event that is not there any more."""
    event = reading.event(row, calendar.id)
    if event is None:
        return None
    mine = row["application"] == look.application
    lent = row["event_id"] if row["event_id"].startswith("evt_external_") else ""
    series = event.series or (event.ref.event if event.recurrence else "")
    return Entry(
        calendar.id,
        calendar.provider,
        event,
        changed_at=row["changed_at"],
        event_id="" if lent or not mine else row["event_id"],
        uid=lent if mine else "",
        deleted=True,
        series=series_of(calendar.id, series) if series else "",
        head=not event.series,
    )


def _series(look: Look, calendar: Calendar) -> Iterator[Iterator[Listed]]:
    """Yield the occurrences of each series."""
    window = look.window
    if window.external is not None:
        for row in reading.series(look.conn, look.bounds(calendar, window.external)):
            if (series := _read(_external, look, calendar, row)) is not None:
                yield _occurrences(look, SERIES, window.external, series)
    if window.managed is not None:
        bounds = look.bounds(calendar, window.managed)
        fresh = {row["name"] for row in reading.own_series(look.conn, bounds)}
        # A series that has not changed may have an occurrence that has.
        for row in reading.own_series(look.conn, replace(bounds, modified=None)):
            if (series := _read(_managed, look, calendar, row)) is not None:
                if row["name"] in fresh:
                    yield _occurrences(look, OWN_SERIES, window.managed, series)
                yield _changed(look, window.managed, series, every=row["name"] in fresh)


def _read(
    make: Callable[[Look, Calendar, sqlite3.Row], Entry | None],
    look: Look,
    calendar: Calendar,
    row: sqlite3.Row,
) -> Entry | None:
    """Read a series. One that cannot be read keeps no other from being told."""
    try:
        found = make(look, calendar, row)
    except StateCorrupt as error:
        log.error("series left out", error=str(error))
        return None
    if found is None:
        return None
    whole = replace(
        found, series=series_of(calendar.id, found.managed.name if found.managed else row["event"])
    )
    # Of a series that is about to be deleted, its head stands for all of it.
    return replace(whole, event=replace(found.event, recurrence=())) if found.deleted else whole


def _occurrences(look: Look, rank: int, span: Span, series: Entry) -> Iterator[Listed]:
    """Yield those that are as the series says."""
    event, name = series.event, series.event.ref.event
    changed = {_stamp(row, event) for row in reading.changed(look.conn, series.calendar, name)}
    gone = reading.cancelled(look.conn, series.calendar, name)
    cancelled = {one.removeprefix(f"{name}_") for one in gone}
    since = look.at[0] if look.at else -EVER
    for one in occurrences.each(
        event, Stretch(span.after, span.before, look.window.horizon, since), changed, cancelled
    ):
        key = (one.start.timestamp(), rank, series.calendar, name)
        if (look.window.deleted or not one.cancelled) and (look.at is None or key > look.at):
            yield Listed(key, partial(_occurrence, series, one))


def _occurrence(series: Entry, one: Occurrence) -> Entry:
    head = one.first and not one.cancelled and bool(series.event_id)
    event = occurrences.at(series.event, one.start)
    return replace(
        series, event=event, occurrence=one.stamp, head=head, deleted=series.deleted or one.cancelled
    )


def _changed(look: Look, span: Span, series: Entry, *, every: bool) -> Iterator[Listed]:
    """Yield the occurrences of a managed series that people have changed."""
    for row in reading.changed(look.conn, series.calendar, series.event.ref.event):
        key = (row["start"], OWN_SERIES, series.calendar, row["name"])
        inside = row["start"] < span.before and (row["start"] >= span.after or row["ends"] > span.after)
        new = every or row["changed_at"] >= (look.window.modified or 0.0)
        if inside and new and not series.deleted and (look.at is None or key > look.at):
            yield Listed(key, partial(_of_managed, look, series, row))


def _of_managed(look: Look, series: Entry, row: sqlite3.Row) -> Entry | None:
    event = reading.event(row, series.calendar)
    if event is None:
        return None
    known = conferences.get(look.conn, series.calendar, event.ref.event) or series.conference
    head = _stamp(row, series.event) == occurrences.stamp(series.event.start, series.event)
    return replace(series, event=event, conference=known, changed_at=row["changed_at"], head=head)


def _stamp(row: sqlite3.Row, series: Event) -> str:
    """Return which occurrence of a series a changed one is; "" where nothing tells."""
    name, before = row["name"], f"{series.ref.event}_"
    if name.startswith(before):
        return str(name.removeprefix(before))
    return occurrences.stamp(datetime.fromisoformat(row["original"]), series) if row["original"] else ""
