"""What applications read, in the order of time and from any place in it on: as cheap at the end as at the beginning.

Every list goes by an index and is read row by row, so that a caller who takes fifty rows pays for no more.
`application` is who reads: what it manages itself comes from other lists than what it does not.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace

from connectors.model import Event, Shown
from store.codec import load
from store.managed import COLUMNS

FIRST, LAST = "", "\U0010ffff"  # before all names, and after them
EVER = 1e18  # seconds since the epoch


@dataclass(frozen=True, slots=True)
class Bounds:
    """Which events of a calendar are wanted, in seconds since the epoch; `modified` of None asks for no change."""

    application: str
    calendar: str
    after: float = -EVER  # they last longer than this, or begin then
    before: float = EVER  # they begin before
    modified: float | None = None  # they, or their conferences, have changed since
    gone: bool = False  # also those that the application has deleted


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a list: after everything that begins earlier, and what begins then up to this name."""

    start: float = -EVER
    name: str = FIRST


_WHEN = "{0}.starts < :before AND ({0}.starts >= :after OR {0}.ends IS NULL OR {0}.ends > :after)"
_CONFERENCE = (
    "EXISTS (SELECT 1 FROM conferences c WHERE c.calendar = :calendar AND c.event = {0}"
    " AND c.changed_at >= :modified)"
)
_CHANGED = f"(:modified IS NULL OR e.changed_at >= :modified OR {_CONFERENCE.format('e.event')})"
_WHERE = "coalesce(m.event, m.name || iif(m.life, m.life, ''))"  # Managed.where
_EVENTS = f"FROM events e WHERE e.calendar = :calendar AND {_WHEN.format('e')} AND {_CHANGED}"
# What the application does not manage: asked for each row, and for all rows at once.
_NOT_THIS = (
    "NOT EXISTS (SELECT 1 FROM managed m WHERE m.calendar = :calendar AND m.event IN (e.event, e.series)"
    " AND m.application = :application)"
    " AND NOT EXISTS (SELECT 1 FROM managed m WHERE m.name IN (substr(e.event, 1, 29), substr(e.series, 1, 29))"
    " AND m.event IS NULL AND m.application = :application)"
)
_MINE = f"(SELECT {_WHERE} FROM managed m WHERE m.application = :application AND m.calendar = :calendar)"
_NOT_THESE = f"e.event NOT IN {_MINE} AND (e.series = '' OR e.series NOT IN {_MINE})"
_ROW = "e.starts AS start, e.event AS name, e.event, e.snapshot, e.shown, e.changed_at"
_JOINED = f"LEFT JOIN events e ON e.calendar = m.calendar AND e.event = {_WHERE}"
_TOUCHED = (
    "AND (:modified IS NULL OR m.changed_at >= :modified OR e.changed_at >= :modified"
    f" OR {_CONFERENCE.format(_WHERE)})"
)
_MANAGED = (
    f"FROM managed m {_JOINED} WHERE m.application = :application AND m.calendar = :calendar"
    " AND (m.event IS NOT NULL OR m.written < m.version) AND m.gone <= :gone"
    f" AND {_WHEN.format('m')} {_TOUCHED}"
)
_LENT = "substr(m.event_id, 1, 13) = 'evt_external_'"  # made by others, and changed by the application
_OWN = f"m.repeats = 0 AND NOT {_LENT}"
_MANAGED_ROW = (
    f"m.{COLUMNS.replace(', ', ', m.')}, m.starts AS start, e.snapshot, e.shown, e.changed_at AS seen_at"
)
_DEPARTED = (
    "FROM departed d WHERE d.calendar = :calendar AND d.starts < :before AND (d.starts >= :after"
    " OR unixepoch(coalesce(json_extract(d.snapshot, '$.ends'), '9999-01-01')) > :after)"
    " AND (:modified IS NULL OR d.gone_at >= :modified)"
)
_THEIRS = f"{_DEPARTED} AND (d.application <> :application OR substr(d.event_id, 1, 13) = 'evt_external_')"
_OURS = f"{_DEPARTED} AND d.application = :application AND substr(d.event_id, 1, 13) <> 'evt_external_'"
_GONE_ROW = (
    "d.starts AS start, d.event AS name, d.event, d.snapshot, d.shown, d.gone_at AS changed_at,"
    " d.application, d.event_id"
)

# Each list: what a row has, where it comes from, how the place is compared, and where to count.
_LISTS = {
    "external": (_ROW, f"{_EVENTS} AND e.repeats = 0", "(e.starts, e.event)", _NOT_THIS, _NOT_THESE),
    "lent": (_MANAGED_ROW, f"{_MANAGED} AND {_LENT}", "(m.starts, m.name)", "1", "1"),
    "managed": (_MANAGED_ROW, f"{_MANAGED} AND {_OWN}", "(m.starts, m.name)", "1", "1"),
    "external gone": (_GONE_ROW, _THEIRS, "(d.starts, d.event)", "1", "1"),
    "managed gone": (_GONE_ROW, _OURS, "(d.starts, d.event)", "1", "1"),
}
LISTS: Sequence[str] = tuple(_LISTS)


def rows(conn: sqlite3.Connection, name: str, bounds: Bounds, after: Place) -> Iterator[sqlite3.Row]:
    """Yield the rows of one of the LISTS from a place on. Each has `start`, `name`, `snapshot` and `shown`."""
    columns, source, place, one, _ = _LISTS[name]
    order = place.strip("()")
    return conn.execute(
        f"SELECT {columns} {source} AND {one} AND {place} > (:start, :name) ORDER BY {order}",
        {**asdict(bounds), **asdict(after)},
    )


def count(conn: sqlite3.Connection, name: str, bounds: Bounds) -> int:
    """Count the rows of one of the LISTS."""
    _, source, _, _, every = _LISTS[name]
    if bounds.modified is None:  # then nothing depends on how the events themselves stand
        source = source.replace(_JOINED, "").replace(_TOUCHED, "")
    found: int = conn.execute(f"SELECT count(*) {source} AND {every}", asdict(bounds)).fetchone()[0]
    return found


def series(conn: sqlite3.Connection, bounds: Bounds) -> Sequence[sqlite3.Row]:
    """List the series that others have made and that may have an occurrence within the bounds."""
    return conn.execute(
        f"SELECT {_ROW} {_EVENTS} AND e.repeats = 1 AND {_NOT_THESE}", asdict(bounds)
    ).fetchall()


def own_series(conn: sqlite3.Connection, bounds: Bounds) -> Sequence[sqlite3.Row]:
    """List the series that the application manages and that may have an occurrence within the bounds."""
    return conn.execute(
        f"SELECT {_MANAGED_ROW} {_MANAGED} AND m.repeats = 1 AND NOT {_LENT}", asdict(bounds)
    ).fetchall()


def changed(conn: sqlite3.Connection, calendar: str, series: str) -> Sequence[sqlite3.Row]:
    """List the changed occurrences of a series in the order of time, each with when it originally was, if told."""
    return conn.execute(
        f"SELECT {_ROW}, e.ends, json_extract(e.shown, '$.original') AS original FROM events e"
        " WHERE e.calendar = ? AND e.series = ? AND e.series <> '' ORDER BY e.starts, e.event",
        (calendar, series),
    ).fetchall()


def cancelled(conn: sqlite3.Connection, calendar: str, series: str) -> dict[str, float]:
    """Return which occurrences of a series were cancelled, and when that became known."""
    found = conn.execute(
        "SELECT event, gone_at FROM cancelled WHERE calendar = ? AND series = ?", (calendar, series)
    )
    return {row["event"]: row["gone_at"] for row in found}


def event(row: sqlite3.Row, calendar: str) -> Event | None:
    """Return the event of a row, with what readers are told; None where it was never seen. Raises StateCorrupt."""
    if row["snapshot"] is None:
        return None
    where = f"{calendar}/{row['name']}"
    shown = load(Shown, row["shown"], where) if row["shown"] else Shown()
    return replace(load(Event, row["snapshot"], where), shown=shown)
