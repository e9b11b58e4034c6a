"""Daily allowances of providers, and facts learnt once. Kept on disk: a restart earns no second allowance."""

from __future__ import annotations

import sqlite3


def spend(
    conn: sqlite3.Connection, provider: str, host: str, day: str, limit: int, now: float
) -> float | None:
    """Take one from the allowance of `host` for `day`. Returns None when it was granted.

    Otherwise returns until when the provider closed it (seconds since the epoch), or 0.0 when ours is used up.
    """
    # What the provider closed stays closed past our midnight: its clock and ours need not agree.
    row = conn.execute(
        "SELECT coalesce(sum(used) FILTER (WHERE day = ?), 0) AS used, max(closed_until) AS closed"
        " FROM budgets WHERE provider = ? AND host = ?",
        (day, provider, host),
    ).fetchone()
    if row["closed"] is not None and row["closed"] > now:
        return float(row["closed"])
    if row["used"] >= limit:
        return 0.0
    conn.execute(
        "INSERT INTO budgets (provider, host, day, used) VALUES (?, ?, ?, 1)"
        " ON CONFLICT (provider, host, day) DO UPDATE SET used = used + 1",
        (provider, host, day),
    )
    return None


def close(conn: sqlite3.Connection, provider: str, host: str, day: str, until: float) -> None:
    """Note that the provider itself refuses more until `until`."""
    conn.execute(
        "INSERT INTO budgets (provider, host, day, closed_until) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (provider, host, day) DO UPDATE SET closed_until = excluded.closed_until",
        (provider, host, day, until),
    )


def used(conn: sqlite3.Connection, day: str) -> dict[str, int]:
    """Tell what was spent on a day, by provider and host."""
    rows = conn.execute(
        "SELECT provider || ' ' || host AS who, used FROM budgets WHERE day = ? ORDER BY 1", (day,)
    )
    return {row["who"]: row["used"] for row in rows}


def prune(conn: sqlite3.Connection, before_day: str) -> int:
    """Drop the accounts of days before `before_day` (ISO date)."""
    return conn.execute("DELETE FROM budgets WHERE day < ?", (before_day,)).rowcount


def learn(conn: sqlite3.Connection, name: str, value: str) -> None:
    """Keep a fact."""
    conn.execute(
        "INSERT INTO facts (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (name, value),
    )


def known(conn: sqlite3.Connection, name: str) -> str | None:
    """Recall a fact."""
    row = conn.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
    return row["value"] if row else None
