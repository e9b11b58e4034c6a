"""Requests that are to reach an application. One is rung for in the transaction that makes it, and kept until it did.

A channel has at most one of each kind on its way: its body is only what it is told (`{"type": "change"}`), and the
rest is put around it when it is sent. That of an event's subscription is kept whole.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from store import budgets, work
from store.api_channels import ApiChannel

WORK = "deliver"
GIVEN_UP = "deliveries.given_up"  # the fact that holds the last of those that nobody took
LAST = 20  # of them that are remembered


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request. `channel` is "" for that of an event's own subscription."""

    id: str
    application: str
    channel: str
    url: str
    body: str
    created_at: float


def notify(conn: sqlite3.Connection, channel: ApiChannel, kind: str, now: float) -> None:
    """Have a channel told of one thing; what is on its way already is not doubled."""
    body = json.dumps({"type": kind})
    _add(
        conn,
        Delivery(f"{channel.id}/{kind}", channel.application, channel.id, channel.callback_url, body, now),
        now,
    )


def tell(conn: sqlite3.Connection, application: str, about: str, url: str, body: str, now: float) -> None:
    """Have an application told of a managed event (`about` is our name of it); the same thing goes once at a time."""
    name = f"{about}/{sha256(f'{url} {body}'.encode()).hexdigest()[:16]}"
    _add(conn, Delivery(name, application, "", url, body, now), now)


def _add(conn: sqlite3.Connection, one: Delivery, now: float) -> None:
    conn.execute(
        "INSERT INTO deliveries (id, application, channel, url, body, created_at) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO NOTHING",
        (one.id, one.application, one.channel, one.url, one.body, one.created_at),
    )
    work.ring(conn, WORK, [one.id], now)


def get(conn: sqlite3.Connection, name: str) -> Delivery | None:
    """Find a delivery."""
    row = conn.execute(
        "SELECT id, application, channel, url, body, created_at FROM deliveries WHERE id = ?", (name,)
    ).fetchone()
    return Delivery(*row) if row else None


def reword(conn: sqlite3.Connection, name: str, body: str) -> None:
    """Change what is to be told."""
    conn.execute("UPDATE deliveries SET body = ? WHERE id = ?", (body, name))


def renew(conn: sqlite3.Connection, one: Delivery, now: float) -> None:
    """Owe it once more from the beginning: it has arrived, and was asked for again meanwhile."""
    kind = json.loads(one.body)["type"] if one.channel else ""
    body = json.dumps({"type": kind}) if kind else one.body
    conn.execute("UPDATE deliveries SET body = ?, created_at = ? WHERE id = ?", (body, now, one.id))


def drop(conn: sqlite3.Connection, name: str) -> None:
    """Owe it no more."""
    conn.execute("DELETE FROM deliveries WHERE id = ?", (name,))


def count(conn: sqlite3.Connection) -> int:
    """Count those that have not arrived."""
    found: int = conn.execute("SELECT count(*) FROM deliveries").fetchone()[0]
    return found


def remember_given_up(conn: sqlite3.Connection, one: dict[str, Any]) -> None:
    """Remember, for people, what did not arrive and is not tried any more."""
    kept = [*given_up(conn), one][-LAST:]
    budgets.learn(conn, GIVEN_UP, json.dumps(kept, ensure_ascii=False))


def given_up(conn: sqlite3.Connection) -> Sequence[dict[str, Any]]:
    """List what did not arrive, the last of it last."""
    found: list[dict[str, Any]] = json.loads(budgets.known(conn, GIVEN_UP) or "[]")
    return found
