"""Calendars, and how far each has been read."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from connectors.model import CalendarInfo
from store.codec import dump, load


@dataclass(frozen=True, slots=True)
class Calendar:
    """A calendar that is kept in step, and how far it has been read."""

    id: str
    profile: str
    provider: str
    info: CalendarInfo
    watched: bool
    pushes: bool
    cursor: str | None
    synced_at: float | None


COLUMNS = "id, profile, provider, info, watched, pushes, cursor, synced_at"
CONNECTED = "profile NOT IN (SELECT id FROM profiles WHERE trouble IS NOT NULL)"


def calendar_id(provider: str, remote: str) -> str:
    """Name a calendar: the same for the same calendar, on any machine."""
    return f"cal_{sha256(f'{provider}:{remote}'.encode()).hexdigest()[:16]}"


def found(conn: sqlite3.Connection, profile: str, provider: str, info: CalendarInfo, now: float) -> bool:
    """Keep what discovery saw. A calendar that another profile already keeps in step stays there.

    Returns whether it is newly ours: then a first look and a subscription are owed.
    """
    name = calendar_id(provider, info.remote)
    row = conn.execute("SELECT profile, watched FROM calendars WHERE id = ?", (name,)).fetchone()
    if row is not None and row["watched"] and row["profile"] != profile:
        return False
    conn.execute(
        "INSERT INTO calendars (id, profile, provider, remote, info, sweep_at) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET profile = excluded.profile, info = excluded.info, watched = 1,"
        # A look that was under way when it was lost may have left a cursor; what it knew of events is gone.
        " cursor = CASE WHEN watched = 1 AND json_extract(info, '$.native') IS json_extract(excluded.info, '$.native')"
        # What the calendar can make by itself bears on every event in it: then all are looked at again.
        " THEN cursor END",
        (name, profile, provider, info.remote, dump(info), now),
    )
    return row is None or not row["watched"]


def noticed(conn: sqlite3.Connection, profile: str, provider: str, info: CalendarInfo) -> None:
    """Remember a calendar that we could write to and are not to keep in step: events may be moved there."""
    name = calendar_id(provider, info.remote)
    conn.execute(
        "INSERT INTO calendars (id, profile, provider, remote, info, watched) VALUES (?, ?, ?, ?, ?, 0)"
        " ON CONFLICT (id) DO NOTHING",
        (name, profile, provider, info.remote, dump(info)),
    )


def unwatched(conn: sqlite3.Connection, profile: str) -> Sequence[Calendar]:
    """List the calendars of a profile that we could write to and do not keep in step."""
    rows = conn.execute(
        f"SELECT {COLUMNS} FROM calendars WHERE profile = ? AND watched = 0 ORDER BY id", (profile,)
    )
    return [_calendar(row) for row in rows]


def abandon(conn: sqlite3.Connection, calendar: str) -> None:
    """Leave a calendar to whoever else can see it, who will open channels of their own."""
    lost(conn, calendar)
    conn.execute("DELETE FROM channels WHERE calendar = ?", (calendar,))


def is_missed(conn: sqlite3.Connection, calendar: str) -> bool:
    """Whether the calendar itself could not be found when it was last read."""
    row = conn.execute("SELECT missed_at FROM calendars WHERE id = ?", (calendar,)).fetchone()
    return row is not None and row["missed_at"] is not None


def lost(conn: sqlite3.Connection, calendar: str) -> None:
    """Stop keeping a calendar in step: it is gone, or no longer chosen."""
    conn.execute("UPDATE calendars SET watched = 0, cursor = NULL WHERE id = ?", (calendar,))


def _calendar(row: sqlite3.Row) -> Calendar:
    info = load(CalendarInfo, row["info"], f"calendars/{row['id']}")
    watched, pushes = bool(row["watched"]), bool(row["pushes"])
    return Calendar(
        row["id"], row["profile"], row["provider"], info, watched, pushes, row["cursor"], row["synced_at"]
    )


def get(conn: sqlite3.Connection, calendar: str) -> Calendar | None:
    """Find a calendar by its id."""
    row = conn.execute(f"SELECT {COLUMNS} FROM calendars WHERE id = ?", (calendar,)).fetchone()
    return _calendar(row) if row else None


def reachable(conn: sqlite3.Connection, calendar: str) -> Calendar | None:
    """Find a calendar that is kept in step and whose account works: for others no provider need be asked."""
    row = conn.execute(
        f"SELECT {COLUMNS} FROM calendars WHERE id = ? AND watched = 1 AND {CONNECTED}", (calendar,)
    ).fetchone()
    return _calendar(row) if row else None


def of_profile(conn: sqlite3.Connection, profile: str) -> Sequence[Calendar]:
    """List the calendars that a profile keeps in step."""
    rows = conn.execute(
        f"SELECT {COLUMNS} FROM calendars WHERE profile = ? AND watched = 1 ORDER BY id", (profile,)
    )
    return [_calendar(row) for row in rows]


def watched(conn: sqlite3.Connection) -> Sequence[Calendar]:
    """List all calendars that are kept in step."""
    return [
        _calendar(row)
        for row in conn.execute(f"SELECT {COLUMNS} FROM calendars WHERE watched = 1 ORDER BY id")
    ]


def advance(conn: sqlite3.Connection, calendar: str, cursor: str | None, now: float, sweep_at: float) -> None:
    """Note how far a calendar has been read, and when it is looked at next without a push."""
    conn.execute(
        "UPDATE calendars SET cursor = ?, synced_at = ?, sweep_at = ?, missed_at = NULL WHERE id = ?",
        (cursor, now, sweep_at, calendar),
    )


def missed(conn: sqlite3.Connection, calendar: str, now: float) -> float:
    """Note that a calendar was not found. Returns since when."""
    row = conn.execute(
        "UPDATE calendars SET missed_at = coalesce(missed_at, ?) WHERE id = ? RETURNING missed_at",
        (now, calendar),
    ).fetchone()
    return float(row["missed_at"]) if row else now


def start_again(conn: sqlite3.Connection, now: float) -> None:
    """Have every calendar listed in full: what is decided about events has changed, though they have not."""
    conn.execute("UPDATE calendars SET cursor = NULL, sweep_at = ? WHERE watched = 1", (now,))


def restart(conn: sqlite3.Connection, calendar: str) -> None:
    """Forget the cursor: a full listing is owed."""
    conn.execute("UPDATE calendars SET cursor = NULL WHERE id = ?", (calendar,))


def sweep_soon(conn: sqlite3.Connection, now: float, each_second: float) -> None:
    """Bring every calendar's turn forward, so that about `each_second` of them fall due in each second."""
    conn.execute(
        "UPDATE calendars SET sweep_at = min(calendars.sweep_at, ?1 + turn.number / ?2) FROM"
        " (SELECT id, row_number() OVER (ORDER BY id) - 1 AS number FROM calendars WHERE watched = 1) AS turn"
        " WHERE turn.id = calendars.id",
        (now, each_second),
    )


def due_for_sweep(conn: sqlite3.Connection, now: float, again: float, most: int) -> Sequence[str]:
    """Pick calendars that nobody looked at for too long; they are picked again not before `again`."""
    rows = conn.execute(
        "UPDATE calendars SET sweep_at = ?2 WHERE id IN"
        f" (SELECT id FROM calendars WHERE watched = 1 AND sweep_at <= ?1 AND {CONNECTED}"
        " ORDER BY sweep_at LIMIT ?3) RETURNING id",
        (now, again, most),
    )
    return [row["id"] for row in rows.fetchall()]


def poll_only(conn: sqlite3.Connection, calendar: str) -> None:
    """Remember that this calendar cannot announce changes."""
    conn.execute("UPDATE calendars SET pushes = 0 WHERE id = ?", (calendar,))
