"""Profiles: one connection of one account to one provider."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256


@dataclass(frozen=True, slots=True)
class Profile:
    """One connection. `secret` is still encrypted here; `trouble` says why it does not work, None while it does."""

    id: str
    provider: str
    address: str
    mode: str
    secret: bytes | None
    trouble: str | None
    since: float


COLUMNS = "id, provider, address, mode, secret, trouble, since"


def profile_id(provider: str, address: str) -> str:
    """Name a profile: the same for the same account, on any machine."""
    return f"pro_{sha256(f'{provider}:{address}'.encode()).hexdigest()[:16]}"


def ensure(conn: sqlite3.Connection, provider: str, address: str, mode: str, now: float) -> str:
    """Make the profile unless it is there, and return its id."""
    name = profile_id(provider, address)
    conn.execute(
        "INSERT INTO profiles (id, provider, address, mode, since) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (provider, address) DO UPDATE SET mode = excluded.mode",
        (name, provider, address, mode, now),
    )
    return name


def get(conn: sqlite3.Connection, profile: str) -> Profile | None:
    """Find a profile by its id."""
    row = conn.execute(f"SELECT {COLUMNS} FROM profiles WHERE id = ?", (profile,)).fetchone()
    return Profile(*row) if row else None


def everyone(conn: sqlite3.Connection) -> Sequence[Profile]:
    """List all profiles."""
    return [
        Profile(*row) for row in conn.execute(f"SELECT {COLUMNS} FROM profiles ORDER BY provider, address")
    ]


def count_disconnected(conn: sqlite3.Connection) -> int:
    """Count the profiles that do not work."""
    count: int = conn.execute("SELECT count(*) FROM profiles WHERE trouble IS NOT NULL").fetchone()[0]
    return count


def delete(conn: sqlite3.Connection, profile: str) -> None:
    """Forget a profile, its calendars, and what is known of their events. Conferences stay known."""
    conn.execute("DELETE FROM profiles WHERE id = ?", (profile,))


def save_secret(conn: sqlite3.Connection, profile: str, secret: bytes | None) -> None:
    """Keep the encrypted tokens."""
    conn.execute("UPDATE profiles SET secret = ? WHERE id = ?", (secret, profile))


def report(conn: sqlite3.Connection, profile: str, trouble: str | None, now: float) -> bool:
    """Note why the profile does not work, or that it works again. Returns whether that is news."""
    cursor = conn.execute(
        "UPDATE profiles SET trouble = ?1, since = ?2 WHERE id = ?3 AND trouble IS NOT ?1",
        (trouble, now, profile),
    )
    return cursor.rowcount == 1
