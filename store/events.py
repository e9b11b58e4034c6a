"""Snapshots: each event as it was last seen.

A listing may be older than an answer to a write of ours that finished while the listing was under way. Such a row
is marked doubtful instead of being overwritten, and is read afresh before anything is decided on it. So is one
where the two happened at the same moment of the clock: a read too many does no harm.

What only readers are told of an event (`shown`) lies beside its snapshot, and makes no event new.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from connectors.model import Event, Shown
from store import departed
from store.codec import dump, load


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An event as it was last seen; `doubtful` means that it must be read before it is believed."""

    calendar: str
    event: Event
    doubtful: bool


SAVE = """
INSERT INTO events (calendar, event, series, snapshot, ends, written_at, shown, starts, changed_at, repeats)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
ON CONFLICT (calendar, event) DO UPDATE SET
    changed_at = iif(snapshot = excluded.snapshot AND shown IS coalesce(excluded.shown, shown),
        changed_at, excluded.changed_at),
    series = excluded.series, snapshot = excluded.snapshot, ends = excluded.ends,
    shown = coalesce(excluded.shown, shown), starts = excluded.starts, repeats = excluded.repeats,
    written_at = excluded.written_at, doubtful = 0, missed_at = NULL
"""


def _save(conn: sqlite3.Connection, calendar: str, event: Event, written_at: float, now: float) -> None:
    ends = event.ends.timestamp() if event.ends else None
    shown = dump(event.shown) if event.shown != Shown() else None
    starts = event.start.timestamp()
    row = (
        calendar,
        event.ref.event,
        event.series,
        _snapshot_text(event),
        ends,
        written_at,
        shown,
        starts,
        now,
        bool(event.recurrence),
    )
    conn.execute(SAVE, row)
    departed.back(conn, calendar, event.ref.event, event.series)


def _snapshot_text(event: Event) -> str:
    return dump(event, without="shown")


def save_read(conn: sqlite3.Connection, calendar: str, event: Event, answered_at: float) -> None:
    """Keep the answer to a read or write of this one event."""
    _save(conn, calendar, event, answered_at, answered_at)


def save_listed(
    conn: sqlite3.Connection, calendar: str, event: Event, asked_at: float, now: float | None = None
) -> bool:
    """Keep what a listing that began at `asked_at` showed. Returns whether that is news."""
    now = asked_at if now is None else now
    row = conn.execute(
        "SELECT snapshot, shown, written_at, doubtful FROM events WHERE calendar = ? AND event = ?",
        (calendar, event.ref.event),
    ).fetchone()
    if row is None:
        _save(conn, calendar, event, 0, now)
        return True
    if row["snapshot"] == _snapshot_text(event):
        _save_shown(conn, calendar, event, row["shown"], now)
        return bool(row["doubtful"])
    if row["written_at"] >= asked_at:
        doubt(conn, calendar, event.ref.event)
    else:
        _save(conn, calendar, event, 0, now)
    return True


def _save_shown(conn: sqlite3.Connection, calendar: str, event: Event, known: str | None, now: float) -> None:
    shown = dump(event.shown)
    if event.shown != Shown() and shown != known:
        conn.execute(
            "UPDATE events SET shown = ?, starts = ?, changed_at = ? WHERE calendar = ? AND event = ?",
            (shown, event.start.timestamp(), now, calendar, event.ref.event),
        )


def changed(conn: sqlite3.Connection, calendar: str, names: Sequence[str], at: float) -> Sequence[str]:
    """List those of `names` about which readers learn something new that was kept at `at`."""
    if not names:
        return ()
    rows = conn.execute(
        "SELECT event FROM events WHERE calendar = ? AND event IN (SELECT value FROM json_each(?)) AND changed_at = ?",
        (calendar, json.dumps(names), at),
    )
    return [row["event"] for row in rows]


def forget_listed(
    conn: sqlite3.Connection, calendar: str, event: str, asked_at: float, now: float | None = None
) -> bool:
    """Drop an event that a listing says is gone. Returns whether that is news."""
    row = conn.execute(
        "SELECT written_at FROM events WHERE calendar = ? AND event = ?", (calendar, event)
    ).fetchone()
    if row is None:
        return False
    if row["written_at"] >= asked_at:
        doubt(conn, calendar, event)
    else:
        forget(conn, calendar, event, asked_at if now is None else now)
    return True


def doubt(conn: sqlite3.Connection, calendar: str, event: str, at: float = 0.0) -> None:
    """Have the event read before anything is decided on it; no listing asked for before `at` settles the doubt."""
    conn.execute(
        "UPDATE events SET doubtful = doubtful + 1, written_at = max(written_at, ?) WHERE calendar = ? AND event = ?",
        (at, calendar, event),
    )


def missed(conn: sqlite3.Connection, calendar: str, event: str, now: float) -> float | None:
    """Note that an event was not found. Returns since when, or None where it is not known anyway."""
    row = conn.execute(
        "UPDATE events SET doubtful = doubtful + 1, missed_at = coalesce(missed_at, ?) WHERE calendar = ? AND event = ?"
        " RETURNING missed_at",
        (now, calendar, event),
    ).fetchone()
    return row["missed_at"] if row else None


def forget(conn: sqlite3.Connection, calendar: str, event: str, now: float | None = None) -> None:
    """Drop an event that is gone; with a time, readers who ask what has changed are told of that."""
    if now is not None:
        departed.keep(conn, calendar, event, now)
    conn.execute("DELETE FROM events WHERE calendar = ? AND event = ?", (calendar, event))


def _snapshot(row: sqlite3.Row) -> Snapshot:
    event = load(Event, row["snapshot"], f"events/{row['calendar']}/{row['event']}")
    return Snapshot(row["calendar"], event, bool(row["doubtful"]))


def get(conn: sqlite3.Connection, calendar: str, event: str) -> Snapshot | None:
    """Find an event."""
    row = conn.execute(
        "SELECT calendar, event, snapshot, doubtful FROM events WHERE calendar = ? AND event = ?",
        (calendar, event),
    ).fetchone()
    return _snapshot(row) if row else None


def shown(conn: sqlite3.Connection, calendar: str, event: str) -> Shown:
    """Return what readers are told of an event beyond its snapshot."""
    row = conn.execute(
        "SELECT shown FROM events WHERE calendar = ? AND event = ?", (calendar, event)
    ).fetchone()
    return load(Shown, row["shown"], f"events/{calendar}/{event}") if row and row["shown"] else Shown()


def version(conn: sqlite3.Connection, calendar: str, event: str) -> str | None:
    """Name the state of the row, doubts included; None where there is none."""
    row = conn.execute(
        "SELECT json_extract(snapshot, '$.etag') AS etag, doubtful FROM events WHERE calendar = ? AND event = ?",
        (calendar, event),
    ).fetchone()
    return version_of(row["etag"], row["doubtful"]) if row else None


def version_of(etag: str, doubts: int = 0) -> str:
    """Name the state of a row with this etag; one that has just been read or written has no doubts."""
    return f"{etag} {doubts}"


def occurrences(conn: sqlite3.Connection, calendar: str, series: str) -> Sequence[str]:
    """List the ids of the changed occurrences of a series."""
    rows = conn.execute(
        # Said twice, so that SQLite sees that the index of what has a series will do.
        "SELECT event FROM events WHERE calendar = ? AND series = ? AND series <> '' ORDER BY event",
        (calendar, series),
    )
    return [row["event"] for row in rows]


def elsewhere(conn: sqlite3.Connection, calendar: str, event: str) -> Sequence[str]:
    """List the other calendars that hold an event of this id: guests' copies, or where it was moved to."""
    rows = conn.execute(
        "SELECT calendar FROM events WHERE event = ? AND calendar <> ? ORDER BY calendar", (event, calendar)
    )
    return [row["calendar"] for row in rows]


def of_calendar(conn: sqlite3.Connection, calendar: str) -> Sequence[Snapshot]:
    """List the events of a calendar."""
    rows = conn.execute(
        "SELECT calendar, event, snapshot, doubtful FROM events WHERE calendar = ? ORDER BY event",
        (calendar,),
    )
    return [_snapshot(row) for row in rows]


def unseen(
    conn: sqlite3.Connection,
    calendar: str,
    seen: Sequence[str],
    since: datetime | None,
    until: datetime | None = None,
) -> Sequence[str]:
    """List the events that a full listing of the time from `since` to `until` did not show although it should have."""
    after = since.timestamp() if since else 0.0
    before = until.timestamp() if until else None
    rows = conn.execute(
        "SELECT event FROM events WHERE calendar = ?1 AND (ends IS NULL OR ends > ?2)"
        " AND (?3 IS NULL OR unixepoch(json_extract(snapshot, '$.start')) < ?3)",
        (calendar, after, before),
    )
    return sorted({row["event"] for row in rows} - set(seen))


def find(conn: sqlite3.Connection, needle: str) -> Sequence[tuple[str, str]]:
    """Find events by id, iCalendar UID or a part of the title, for people who ask why."""
    rows = conn.execute(
        "SELECT calendar, event FROM events WHERE event = ?1 OR calendar || '/' || event = ?1"
        " OR json_extract(snapshot, '$.uid') = ?1"
        " OR instr(lower(json_extract(snapshot, '$.title')), lower(?1)) > 0 ORDER BY calendar, event LIMIT 50",
        (needle,),
    )
    return [(row["calendar"], row["event"]) for row in rows]


def prune(conn: sqlite3.Connection, before: float) -> int:
    """Drop the events that were over before `before` and have no conference. Returns how many."""
    return conn.execute(
        "DELETE FROM events WHERE ends < ? AND NOT EXISTS (SELECT 1 FROM conferences c"
        " WHERE c.calendar = events.calendar AND c.event = events.event)",
        (before,),
    ).rowcount
