"""What applications prove themselves with, and which calendars they may use. Only hashes of secrets are kept.

A PAIR is one authorisation: every token that came of it, by way of however many refreshes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
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


@dataclass(frozen=True, slots=True)
class Issued:
    """The secrets of new tokens, which nobody can be told a second time."""

    access: str
    refresh: str = ""


def issue(
    conn: sqlite3.Connection,
    fresh: Callable[[], str],
    holder: Token,
    now: float,
    *,
    refresh: bool = True,
) -> Issued:
    """Mint an access token for the application, account and scope of `holder`, and a refresh token that never ends."""
    issued = Issued(fresh(), fresh() if refresh else "")
    mint(conn, issued.access, replace(holder, kind="access", expires_at=now + ACCESS_LIFE), now)
    if refresh:
        mint(conn, issued.refresh, replace(holder, kind="refresh", expires_at=None), now)
    return issued


def keep_code(conn: sqlite3.Connection, secret: str, code: Code) -> None:
    """Keep a new code."""
    conn.execute(
        "INSERT INTO api_codes (hash, application, account, profile, scope, redirect_uri, challenge, expires_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            digest(secret),
            code.application,
            code.account,
            code.profile,
            code.scope,
            code.redirect_uri,
            code.challenge,
            code.expires_at,
        ),
    )


def find_code(conn: sqlite3.Connection, application: str, secret: str, now: float) -> Code | None:
    """Find a code of an application that is still good."""
    row = conn.execute(
        "SELECT application, account, profile, scope, redirect_uri, challenge, expires_at FROM api_codes"
        " WHERE hash = ? AND application = ? AND expires_at > ?",
        (digest(secret), application, now),
    ).fetchone()
    return Code(*row) if row else None


def spend_code(conn: sqlite3.Connection, secret: str) -> None:
    """Note that a code has been used; what it gave is known by its hash from now on."""
    conn.execute("DELETE FROM api_codes WHERE hash = ?", (digest(secret),))


def lookup(conn: sqlite3.Connection, application: str, secret: str) -> Token | None:
    """Find a token of an application, also one that has expired."""
    row = conn.execute(
        "SELECT kind, pair, application, account, scope, expires_at FROM api_tokens"
        " WHERE hash = ? AND application = ?",
        (digest(secret), application),
    ).fetchone()
    return Token(*row) if row else None


def revoke_pair(conn: sqlite3.Connection, application: str, pair: str) -> int:
    """End all tokens of one authorisation. Returns how many there were."""
    done = conn.execute("DELETE FROM api_tokens WHERE pair = ? AND application = ?", (pair, application))
    return done.rowcount


def revoke_account(conn: sqlite3.Connection, application: str, account: str) -> int:
    """End all tokens that an application has for an account. Returns how many there were."""
    done = conn.execute(
        "DELETE FROM api_tokens WHERE application = ? AND account = ?", (application, account)
    )
    return done.rowcount


def any_left(conn: sqlite3.Connection, application: str, account: str, now: float) -> bool:
    """Tell whether an application has tokens for an account that are still good."""
    row = conn.execute(
        "SELECT 1 FROM api_tokens WHERE application = ? AND account = ?"
        " AND (expires_at IS NULL OR expires_at > ?) LIMIT 1",
        (application, account, now),
    ).fetchone()
    return row is not None


def accounts(conn: sqlite3.Connection, application: str) -> Sequence[str]:
    """List the accounts that an application has been given tokens for."""
    rows = conn.execute(
        "SELECT DISTINCT account FROM api_tokens WHERE application = ? ORDER BY account", (application,)
    )
    return [row["account"] for row in rows]


def prune(conn: sqlite3.Connection, now: float) -> int:
    """Forget what has expired. Returns how many rows."""
    codes = conn.execute("DELETE FROM api_codes WHERE expires_at <= ?", (now,)).rowcount
    return codes + conn.execute("DELETE FROM api_tokens WHERE expires_at <= ?", (now,)).rowcount
