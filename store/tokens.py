"""What applications prove themselves with, and which calendars they may use. Only hashes of secrets are kept.

A PAIR is one authorisation: every token that came of it, by way of however many refreshes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

ACCESS_LIFE = 3600.0  # seconds
CODE_LIFE = 300.0

Kind = Literal["access", "refresh"]


@dataclass(frozen=True, slots=True)
class Token:
    """One token, without its secret."""

    kind: Kind
    pair: str
    application: str
    account: str
    scope: str
    expires_at: float | None


@dataclass(frozen=True, slots=True)
class Code:
    """What a code is good for, once."""

    application: str
    account: str
    profile: str
    scope: str
    redirect_uri: str
    challenge: str  # PKCE's, "" where none was given
    expires_at: float


def digest(secret: str) -> str:
    """Return what is kept of a secret. It has 256 bits of chance, so that no salt is needed."""
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def account_id(account: str) -> str:
    """Name an account: the same for the same address, on any machine."""
    return f"acc_{sha256(f'account:{account}'.encode()).hexdigest()[:24]}"


def mint(conn: sqlite3.Connection, secret: str, token: Token, now: float) -> None:
    """Keep a new token, whose secret only the application has."""
    conn.execute(
        "INSERT INTO api_tokens (hash, kind, pair, application, account, scope, created_at, expires_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            digest(secret),
            token.kind,
            token.pair,
            token.application,
            token.account,
            token.scope,
            now,
            token.expires_at,
        ),
    )


def find(conn: sqlite3.Connection, secret: str, now: float) -> Token | None:
    """Find a token that is still good, of either kind."""
    row = conn.execute(
        "SELECT kind, pair, application, account, scope, expires_at FROM api_tokens"
        " WHERE hash = ? AND (expires_at IS NULL OR expires_at > ?)",
        (digest(secret), now),
    ).fetchone()
    return Token(*row) if row else None


def grant(conn: sqlite3.Connection, application: str, account: str, profile: str, now: float) -> None:
    """Let an application use the calendars of a profile in the name of an account."""
    conn.execute(
        "INSERT INTO api_grants (application, account, profile, granted_at) VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING",
        (application, account, profile, now),
    )


def granted(conn: sqlite3.Connection, application: str, account: str) -> Sequence[str]:
    """List the calendar profiles that an application may use in the name of an account."""
    rows = conn.execute(
        "SELECT profile FROM api_grants WHERE application = ? AND account = ? ORDER BY granted_at, profile",
        (application, account),
    )
    return [row["profile"] for row in rows]


def users_of(conn: sqlite3.Connection, profile: str) -> Sequence[tuple[str, str]]:
    """List who may use the calendars of a profile: application and account."""
    rows = conn.execute(
        "SELECT application, account FROM api_grants WHERE profile = ? ORDER BY application, account",
        (profile,),
    )
    return [(row["application"], row["account"]) for row in rows]


def withdraw(conn: sqlite3.Connection, application: str, account: str, profile: str) -> bool:
    """Take the calendars of a profile from an application. Returns whether it had them."""
    done = conn.execute(
        "DELETE FROM api_grants WHERE application = ? AND account = ? AND profile = ?",
        (application, account, profile),
    )
    return done.rowcount == 1
