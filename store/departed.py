"""Events that are gone, as they last stood, for applications that ask what has changed.

Where no application has ever been let in there is nobody to tell, and nothing is kept.
"""

from __future__ import annotations

import sqlite3

KEEP = 30 * 86_400.0  # seconds


def keep(conn: sqlite3.Connection, calendar: str, event: str, now: float) -> None:
    """Keep an event that is about to be forgotten."""
    conn.execute(
        "INSERT OR REPLACE INTO departed (calendar, event, snapshot, shown, gone_at)"
        " SELECT calendar, event, snapshot, shown, ?3 FROM events WHERE calendar = ?1 AND event = ?2"
        " AND (EXISTS (SELECT 1 FROM api_grants) OR EXISTS (SELECT 1 FROM api_tokens)"
        " OR EXISTS (SELECT 1 FROM managed))",
        (calendar, event, now),
    )


def back(conn: sqlite3.Connection, calendar: str, event: str) -> None:
    """Drop what was kept of an event that is there again."""
    conn.execute("DELETE FROM departed WHERE calendar = ? AND event = ?", (calendar, event))


def prune(conn: sqlite3.Connection, now: float) -> int:
    """Drop what has been gone for long. Returns how many."""
    return conn.execute("DELETE FROM departed WHERE gone_at < ?", (now - KEEP,)).rowcount
