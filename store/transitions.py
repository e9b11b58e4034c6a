"""When applications are to be told that an event begins or ends.

A wish is known by a number that its content gives. One that has been told keeps a row, with its time below zero.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping


def of_event(conn: sqlite3.Connection, name: str) -> Mapping[int, float]:
    """Return the times of a managed event's wishes; those told are negative."""
    rows = conn.execute("SELECT place, due_at FROM transitions WHERE name = ?", (name,))
    return {row["place"]: row["due_at"] for row in rows}


def keep(conn: sqlite3.Connection, name: str, place: int, due_at: float) -> None:
    """Note when a wish falls due; negative: when it was last told."""
    conn.execute(
        "INSERT INTO transitions (name, place, due_at) VALUES (?, ?, ?)"
        " ON CONFLICT (name, place) DO UPDATE SET due_at = excluded.due_at",
        (name, place, due_at),
    )


def retain(conn: sqlite3.Connection, name: str, places: Collection[int]) -> None:
    """Forget all wishes of an event but these."""
    for place in set(of_event(conn, name)) - set(places):
        conn.execute("DELETE FROM transitions WHERE name = ? AND place = ?", (name, place))
