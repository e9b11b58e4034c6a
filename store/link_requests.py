"""Links by which people authorise an account of theirs. The secret in the link is nowhere in the database."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from hashlib import sha256


@dataclass(frozen=True, slots=True)
class LinkRequest:
    """One link. `opened` is encrypted: what the provider's answer has to match, None while none is awaited."""

    id: str
    account: str
    provider: str  # "" leaves the choice to the person
    redirect_uri: str
    created_at: float
    expires_at: float
    opened: bytes | None = field(default=None, repr=False)
    used_at: float | None = None
    asker: str = ""  # the application that awaits the answer, as JSON; then the account is whoever signs in


COLUMNS = "id, account, provider, redirect_uri, created_at, expires_at, opened, used_at, asker"


def request_id(secret: str) -> str:
    """Return the name under which the link with this secret is kept."""
    return sha256(secret.encode()).hexdigest()


def add(conn: sqlite3.Connection, request: LinkRequest) -> None:
    """Keep a new link."""
    conn.execute(
        "INSERT INTO link_requests (id, account, provider, redirect_uri, created_at, expires_at, asker)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            request.id,
            request.account,
            request.provider,
            request.redirect_uri,
            request.created_at,
            request.expires_at,
            request.asker,
        ),
    )


def get(conn: sqlite3.Connection, name: str) -> LinkRequest | None:
    """Find a link by its id."""
    row = conn.execute(f"SELECT {COLUMNS} FROM link_requests WHERE id = ?", (name,)).fetchone()
    return LinkRequest(*row) if row else None


def open_flow(conn: sqlite3.Connection, name: str, sealed: bytes, now: float) -> bool:
    """Await an answer of the provider, in place of any awaited before; False where the link is no longer good."""
    done = conn.execute(
        "UPDATE link_requests SET opened = ? WHERE id = ? AND used_at IS NULL AND expires_at > ?",
        (sealed, name, now),
    )
    return done.rowcount == 1


def take_answer(conn: sqlite3.Connection, name: str, sealed: bytes) -> bool:
    """Take the one answer that is awaited: of all who bring it, one gets True."""
    done = conn.execute(
        "UPDATE link_requests SET opened = NULL WHERE id = ? AND opened = ? AND used_at IS NULL",
        (name, sealed),
    )
    return done.rowcount == 1


def use(conn: sqlite3.Connection, name: str, now: float) -> bool:
    """Note that the link has done what it is for: it is good no more. False where it has done it already."""
    done = conn.execute(
        "UPDATE link_requests SET used_at = ?, opened = NULL WHERE id = ? AND used_at IS NULL", (now, name)
    )
    return done.rowcount == 1


def prune(conn: sqlite3.Connection, before: float) -> int:
    """Forget the links that expired before then. Returns how many."""
    return conn.execute("DELETE FROM link_requests WHERE expires_at < ?", (before,)).rowcount
