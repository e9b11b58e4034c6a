"""The keys that this database has made up, and what became of them: the proof that a meeting is ours to remove.

A key looks the same in every installation. One that is not here, or whose meeting we have not taken away
ourselves, may belong to another huddled that uses the same account.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from connectors.model import Conference

KEPT = 90 * 86_400.0  # seconds for which an ended key is remembered: so many nights its meeting is looked for


@dataclass(frozen=True, slots=True)
class Minted:
    """What is remembered of a key. Times are seconds since the epoch."""

    asked: float | None
    ended: float | None


def keep(conn: sqlite3.Connection, conference: Conference, now: float, *, fresh: bool) -> None:
    """Note how things stand with a key; one that is not fresh is noted only if it was here before."""
    meeting = conference.meeting
    host = meeting.host if meeting and meeting.host else conference.request.host
    asked = conference.tried.timestamp() if conference.tried else None
    if fresh:
        conn.execute(
            "INSERT OR IGNORE INTO minted (key, service, profile, host, minted_at) VALUES (?, ?, ?, ?, ?)",
            (conference.key, conference.service, conference.profile, host, now),
        )
    conn.execute(
        "UPDATE minted SET service = ?, profile = ?, host = ?, ended_at = NULL,"
        " asked_at = nullif(max(coalesce(asked_at, 0), coalesce(?, 0)), 0) WHERE key = ?",
        (conference.service, conference.profile, host, asked, conference.key),
    )


def end(conn: sqlite3.Connection, key: str, now: float) -> None:
    """Note that the meeting of a key was taken away, by us and on purpose."""
    conn.execute("UPDATE minted SET ended_at = ? WHERE key = ?", (now, key))


def get(conn: sqlite3.Connection, key: str) -> Minted | None:
    """Find a key; None where it was made up elsewhere, or is forgotten."""
    row = conn.execute("SELECT asked_at, ended_at FROM minted WHERE key = ?", (key,)).fetchone()
    return Minted(row["asked_at"], row["ended_at"]) if row else None


def prune(conn: sqlite3.Connection, now: float, before: float) -> int:
    """Drop the keys that ended long ago, or were made before `before` and whose conference was forgotten."""
    return conn.execute(
        "DELETE FROM minted WHERE ended_at < ? OR (ended_at IS NULL AND minted_at < ?"
        " AND NOT EXISTS (SELECT 1 FROM conferences c WHERE c.key = minted.key))",
        (now - KEPT, before),
    ).rowcount
