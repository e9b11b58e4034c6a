"""Channels: the subscriptions through which calendars announce their changes."""

from __future__ import annotations

import hmac
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from connectors.model import Subscription
from store.calendars import CONNECTED

# Calendars whose subscription failed are left to the pace that the failure set.
NOT_FAILING = "NOT IN (SELECT key FROM work WHERE kind = 'watch' AND error IS NOT NULL AND due_at > ?1)"


@dataclass(frozen=True, slots=True)
class Channel:
    """One subscription of one calendar. `resource` is None until the provider has confirmed it."""

    id: str
    calendar: str
    resource: str | None
    expires: float | None
    renew_at: float | None


def hash_token(token: str) -> bytes:
    """Turn a channel's token into what is stored of it."""
    return sha256(token.encode("utf-8", "surrogateescape")).digest()


def token_matches(token: str, expected: bytes) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(hash_token(token), expected)


def begin(conn: sqlite3.Connection, channel: str, calendar: str, token: str, now: float) -> None:
    """Make a channel known before the provider is asked for it: its first push may come before the answer."""
    conn.execute(
        "INSERT INTO channels (id, calendar, token_hash, opened_at) VALUES (?, ?, ?, ?)",
        (channel, calendar, hash_token(token), now),
    )


def confirm(conn: sqlite3.Connection, subscription: Subscription, renew_at: float) -> Sequence[Channel]:
    """Note the provider's answer. Returns the channels of the same calendar that are now replaced."""
    conn.execute(
        "UPDATE channels SET resource = ?, expires = ?, renew_at = ? WHERE id = ?",
        (subscription.resource, subscription.expires.timestamp(), renew_at, subscription.id),
    )
    replaced = conn.execute(
        "UPDATE channels SET renew_at = NULL WHERE id <> ?1 AND resource IS NOT NULL"
        " AND calendar = (SELECT calendar FROM channels WHERE id = ?1)"
        " RETURNING id, calendar, resource, expires, renew_at",
        (subscription.id,),
    )
    return [Channel(*row) for row in replaced.fetchall()]


def of_calendar(conn: sqlite3.Connection, calendar: str) -> Sequence[Channel]:
    """List the channels of a calendar."""
    rows = conn.execute(
        "SELECT id, calendar, resource, expires, renew_at FROM channels WHERE calendar = ? ORDER BY expires",
        (calendar,),
    )
    return [Channel(*row) for row in rows]


def get(conn: sqlite3.Connection, name: str) -> Channel | None:
    """Find a channel by its id."""
    row = conn.execute(
        "SELECT id, calendar, resource, expires, renew_at FROM channels WHERE id = ?", (name,)
    ).fetchone()
    return Channel(*row) if row else None


def close(conn: sqlite3.Connection, name: str) -> None:
    """Forget a channel."""
    conn.execute("DELETE FROM channels WHERE id = ?", (name,))


def renew_all(conn: sqlite3.Connection, now: float) -> None:
    """Have every channel replaced: the address that they ring at is no longer ours."""
    conn.execute("UPDATE channels SET renew_at = ? WHERE renew_at IS NOT NULL", (now,))


def renew_soon(conn: sqlite3.Connection, name: str, now: float) -> None:
    """Have one channel renewed, unless it has been replaced already."""
    conn.execute("UPDATE channels SET renew_at = ? WHERE id = ? AND renew_at IS NOT NULL", (now, name))


def due_for_renewal(conn: sqlite3.Connection, now: float, most: int) -> Sequence[str]:
    """List calendars whose channel should be replaced by now."""
    rows = conn.execute(
        f"SELECT DISTINCT calendar FROM channels WHERE renew_at <= ?1 AND calendar {NOT_FAILING}"
        " ORDER BY renew_at LIMIT ?2",
        (now, most),
    )
    return [row["calendar"] for row in rows]


def silent(conn: sqlite3.Connection, now: float) -> Sequence[str]:
    """List watched calendars that could have a channel and have no live one."""
    rows = conn.execute(
        f"SELECT id FROM calendars WHERE watched = 1 AND pushes = 1 AND {CONNECTED} AND id {NOT_FAILING} AND id NOT IN"
        " (SELECT calendar FROM channels WHERE resource IS NOT NULL AND renew_at IS NOT NULL AND expires > ?1)",
        (now,),
    )
    return [row["id"] for row in rows]


def doorbells(conn: sqlite3.Connection) -> dict[str, tuple[str, bytes]]:
    """Return every channel with the calendar it rings for and the hash of its token."""
    rows = conn.execute("SELECT id, calendar, token_hash FROM channels")
    return {row["id"]: (row["calendar"], row["token_hash"]) for row in rows}


def prune(conn: sqlite3.Connection, now: float, unconfirmed_before: float) -> Sequence[str]:
    """Forget channels that expired, and those that the provider never confirmed. Returns their ids."""
    rows = conn.execute(
        "DELETE FROM channels WHERE expires < ? OR (resource IS NULL AND opened_at < ?) RETURNING id",
        (now, unconfirmed_before),
    )
    return [row["id"] for row in rows.fetchall()]
