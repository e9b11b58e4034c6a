"""Events that are gone, as they last stood, for applications that ask what has changed.

Where no application has ever been let in there is nobody to tell, and nothing is kept.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection

KEEP = 30 * 86_400.0  # seconds


def keep(conn: sqlite3.Connection, calendar: str, event: str, now: float) -> None:
    """Keep an event that is about to be forgotten."""
    conn.execute(
        "INSERT OR REPLACE INTO departed (calendar, event, snapshot, shown, starts, application, event_id, gone_at)"
        " SELECT e.calendar, e.event, e.snapshot, e.shown, e.starts, coalesce(m.application, ''),"
        " coalesce(m.event_id, ''), ?3 FROM events e"
        " LEFT JOIN managed m ON m.calendar = e.calendar AND m.event = e.event"
        " WHERE e.calendar = ?1 AND e.event = ?2"
        " AND (EXISTS (SELECT 1 FROM api_grants) OR EXISTS (SELECT 1 FROM api_tokens)"
        " OR EXISTS (SELECT 1 FROM managed))",
        (calendar, event, now),
    )


def back(conn: sqlite3.Connection, calendar: str, event: str, series: str = "") -> None:
    """Drop what was kept of an event that is there again; `series` is that of an occurrence."""
    conn.execute("DELETE FROM departed WHERE calendar = ? AND event = ?", (calendar, event))
    if series:
        conn.execute(
            "DELETE FROM cancelled WHERE calendar = ? AND series = ? AND event = ?", (calendar, series, event)
        )


def cancel(conn: sqlite3.Connection, calendar: str, series: str, event: str, now: float) -> None:
    """Note that an occurrence is cancelled which goes by its series and the time at which it would be."""
    if event.startswith(f"{series}_"):
        new = conn.execute(
            "INSERT INTO cancelled (calendar, series, event, gone_at) SELECT ?1, ?2, ?3, ?4"
            " WHERE EXISTS (SELECT 1 FROM events WHERE calendar = ?1 AND event = ?2) ON CONFLICT DO NOTHING",
            (calendar, series, event, now),
        )
        if new.rowcount:
            conn.execute(
                "UPDATE events SET changed_at = ? WHERE calendar = ? AND event = ?", (now, calendar, series)
            )


def keep_cancelled(conn: sqlite3.Connection, calendar: str, series: str, events: Collection[str]) -> None:
    """Note that no other occurrences of a series are cancelled than these."""
    conn.execute(
        "DELETE FROM cancelled WHERE calendar = ? AND series = ? AND event NOT IN (SELECT value FROM json_each(?))",
        (calendar, series, json.dumps(list(events))),
    )


def prune(conn: sqlite3.Connection, now: float) -> int:
    """Drop what has been gone for long. Returns how many."""
    return conn.execute("DELETE FROM departed WHERE gone_at < ?", (now - KEEP,)).rowcount
