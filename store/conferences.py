"""Conferences: which event has which meeting, in what state; and the history of how it came to be."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from connectors.model import Conference
from store.codec import dump, load

# What was declined, before a move, owns nothing; nor does what stays behind in a calendar that nobody looks after any
# more, as that of a mailbox which now has another name. What is being taken away there is still to be taken away.
HELD = (
    "state = 'leaving' OR state <> 'declined'"
    " AND calendar NOT IN (SELECT id FROM calendars WHERE watched = 0)"
)


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that happened to an event."""

    at: float
    what: str
    detail: str


@dataclass(frozen=True, slots=True)
class News:
    """A fact with the event that it happened to; numbers rise as facts come in."""

    number: int
    calendar: str
    event: str
    fact: Fact


@dataclass(frozen=True, slots=True)
class Unmet:
    """A meeting that does not have settings which were laid down for it."""

    calendar: str
    event: str
    service: str
    names: tuple[str, ...]


def get(conn: sqlite3.Connection, calendar: str, event: str) -> Conference | None:
    """Find the conference of an event."""
    row = conn.execute(
        "SELECT record FROM conferences WHERE calendar = ? AND event = ?", (calendar, event)
    ).fetchone()
    return load(Conference, row["record"], f"conferences/{calendar}/{event}") if row else None


def save(conn: sqlite3.Connection, calendar: str, event: str, conference: Conference, now: float) -> None:
    """Commit an intention or an outcome, in the place of one of the same key that owns nothing any more."""
    conn.execute(
        f"DELETE FROM conferences WHERE key = ? AND NOT (calendar = ? AND event = ?) AND NOT ({HELD})",
        (conference.key, calendar, event),
    )
    conn.execute(
        "INSERT INTO conferences (calendar, event, key, state, service, record, changed_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (calendar, event) DO UPDATE SET key = excluded.key,"
        " state = excluded.state, service = excluded.service, record = excluded.record,"
        " changed_at = excluded.changed_at",
        (calendar, event, conference.key, conference.state, conference.service, dump(conference), now),
    )


def move(
    conn: sqlite3.Connection, calendar: str, old: str, new: str, conference: Conference | None, now: float
) -> None:
    """Go on under another event id of the same calendar: the conference, and the history."""
    forget(conn, calendar, old)
    if conference is not None:
        save(conn, calendar, new, conference, now)
    conn.execute("UPDATE history SET event = ? WHERE calendar = ? AND event = ?", (new, calendar, old))


def forget(conn: sqlite3.Connection, calendar: str, event: str) -> None:
    """Drop the conference of an event; its history stays."""
    conn.execute("DELETE FROM conferences WHERE calendar = ? AND event = ?", (calendar, event))


def key_is_taken(conn: sqlite3.Connection, key: str, calendar: str, event: str) -> bool:
    """Whether the conference `key` belongs to another event."""
    row = conn.execute(
        f"SELECT calendar, event FROM conferences WHERE key = ? AND ({HELD})", (key,)
    ).fetchone()
    return row is not None and (row["calendar"], row["event"]) != (calendar, event)


def meeting_is_taken(conn: sqlite3.Connection, service: str, meeting: str, key: str) -> bool:
    """Whether the provider's meeting of this id belongs to another conference than `key`."""
    row = conn.execute(
        "SELECT 1 FROM conferences WHERE service = ? AND json_extract(record, '$.meeting.id') = ? AND key <> ?",
        (service, meeting, key),
    ).fetchone()
    return row is not None


def with_meeting(conn: sqlite3.Connection, service: str, meeting: str) -> Sequence[str]:
    """List the events that this meeting of a provider's is to serve, as `calendar/event`."""
    rows = conn.execute(
        "SELECT calendar, event FROM conferences WHERE service = ? AND json_extract(record, '$.meeting.id') = ?"
        " AND state IN ('live', 'changing') ORDER BY calendar, event",
        (service, meeting),
    )
    return [f"{row['calendar']}/{row['event']}" for row in rows]


def of_calendar(conn: sqlite3.Connection, calendar: str) -> Sequence[str]:
    """List the ids of the events of a calendar that have a conference."""
    rows = conn.execute("SELECT event FROM conferences WHERE calendar = ? ORDER BY event", (calendar,))
    return [row["event"] for row in rows]


def states(conn: sqlite3.Connection) -> dict[str, int]:
    """Count the conferences by state."""
    return {
        row[0]: row[1]
        for row in conn.execute("SELECT state, count(*) FROM conferences GROUP BY state ORDER BY 1")
    }


def unmet(conn: sqlite3.Connection, most: int = 100) -> Sequence[Unmet]:
    """List the meetings that lack settings which were laid down for them."""
    rows = conn.execute(
        "SELECT calendar, event, service, json_extract(record, '$.unmet') AS names FROM conferences"
        " WHERE instr(record, '\"unmet\":') > 0 AND state IN ('live', 'changing') ORDER BY calendar, event LIMIT ?",
        (most,),
    )
    return [
        Unmet(row["calendar"], row["event"], row["service"], tuple(json.loads(row["names"])))
        for row in rows
        if row["names"]
    ]


def note(conn: sqlite3.Connection, calendar: str, event: str, at: float, what: str, detail: str = "") -> None:
    """Add to the history of an event, unless it says again what it said last."""
    last = conn.execute(
        "SELECT what, detail FROM history WHERE calendar = ? AND event = ? ORDER BY id DESC LIMIT 1",
        (calendar, event),
    ).fetchone()
    if last is None or (last["what"], last["detail"]) != (what, detail):
        conn.execute(
            "INSERT INTO history (at, calendar, event, what, detail) VALUES (?, ?, ?, ?, ?)",
            (at, calendar, event, what, detail),
        )


def history(conn: sqlite3.Connection, calendar: str, event: str, most: int = 50) -> Sequence[Fact]:
    """Tell the history of an event, oldest first."""
    rows = conn.execute(
        "SELECT at, what, detail FROM history WHERE calendar = ? AND event = ? ORDER BY id DESC LIMIT ?",
        (calendar, event, most),
    )
    return [Fact(*row) for row in rows][::-1]


def news(conn: sqlite3.Connection, after: int, most: int = 500) -> Sequence[News]:
    """Tell what happened to all events after the fact numbered `after`, oldest first."""
    rows = conn.execute(
        "SELECT id, calendar, event, at, what, detail FROM history WHERE id > ? ORDER BY id LIMIT ?",
        (after, most),
    )
    return [News(row[0], row[1], row[2], Fact(*row[3:])) for row in rows]


def prune(conn: sqlite3.Connection, before: float) -> int:
    """Drop the conferences of events that were over before `before`: their meetings expire at the provider.

    Returns how many.
    """
    return conn.execute(
        "DELETE FROM conferences WHERE state IN ('live', 'changing', 'declined') AND EXISTS (SELECT 1 FROM events e"
        " WHERE e.calendar = conferences.calendar AND e.event = conferences.event AND e.ends < ?)",
        (before,),
    ).rowcount


def prune_history(conn: sqlite3.Connection, before: float) -> int:
    """Drop what happened before `before`. Returns how many facts."""
    return conn.execute("DELETE FROM history WHERE at < ?", (before,)).rowcount
