"""Conferencing profiles: people's own accounts at conferencing providers, and the credentials behind them.

A second authorisation of the same person and app ends the first one at some providers, so that both share one
credential. A profile keeps its id when it is linked again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256


@dataclass(frozen=True, slots=True)
class Linked:
    """One conferencing profile. `trouble` says why it does not work, None while it does."""

    id: str
    account: str
    provider: str
    name: str
    credential: str
    person: str  # the provider's id of whose it is
    linked_at: float
    chosen: bool
    trouble: str | None
    since: float


@dataclass(frozen=True, slots=True)
class Credential:
    """What a provider gave us for one person; `secret` is still encrypted here."""

    id: str
    provider: str
    client: str
    person: str
    secret: bytes = field(repr=False)
    scopes: str
    refreshed_at: float
    trouble: str | None


LINKED = (
    "SELECT l.id, l.account, l.provider, l.name, l.credential, c.person, l.linked_at, l.chosen, c.trouble, c.since"
    " FROM linked l JOIN credentials c ON c.id = l.credential"
)
CREDENTIAL = "SELECT id, provider, client, person, secret, scopes, refreshed_at, trouble FROM credentials"


def credential_id(provider: str, client: str, person: str) -> str:
    """Name a credential: the same for the same person and app."""
    return f"cre_{_digest(provider, client, person)}"


def profile_id(account: str, provider: str, client: str, person: str) -> str:
    """Name a conferencing profile: the same whenever this account links this person's account at the provider."""
    return f"pro_{_digest('conferencing', account, provider, client, person)}"


def link(
    conn: sqlite3.Connection, account: str, name: str, credential: Credential, now: float
) -> tuple[str, bool]:
    """Keep a new authorisation. Returns the profile's id, and whether the credential did not work before."""
    row = conn.execute("SELECT trouble FROM credentials WHERE id = ?", (credential.id,)).fetchone()
    conn.execute(
        "INSERT INTO credentials (id, provider, client, person, secret, scopes, refreshed_at, since)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7) ON CONFLICT (id) DO UPDATE SET secret = excluded.secret,"
        " scopes = excluded.scopes, refreshed_at = excluded.refreshed_at, trouble = NULL,"
        " since = CASE WHEN trouble IS NULL THEN since ELSE excluded.since END",
        (
            credential.id,
            credential.provider,
            credential.client,
            credential.person,
            credential.secret,
            credential.scopes,
            now,
        ),
    )
    profile = profile_id(account, credential.provider, credential.client, credential.person)
    conn.execute(
        "INSERT INTO linked (id, account, provider, name, credential, linked_at) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET name = excluded.name, linked_at = excluded.linked_at",
        (profile, account, credential.provider, name, credential.id, now),
    )
    return profile, row is not None and row["trouble"] is not None


def of_account(conn: sqlite3.Connection, account: str) -> Sequence[Linked]:
    """List an account's conferencing profiles, its default first: the chosen one, else the one linked last."""
    rows = conn.execute(
        f"{LINKED} WHERE l.account = ? ORDER BY l.chosen DESC, l.linked_at DESC, l.id", (account,)
    )
    return [_linked(row) for row in rows]


def everyone(conn: sqlite3.Connection) -> Sequence[Linked]:
    """List all conferencing profiles."""
    return [_linked(row) for row in conn.execute(f"{LINKED} ORDER BY l.account, l.provider, l.id")]


def get(conn: sqlite3.Connection, profile: str) -> Linked | None:
    """Find a conferencing profile by its id."""
    row = conn.execute(f"{LINKED} WHERE l.id = ?", (profile,)).fetchone()
    return _linked(row) if row else None


def choose(conn: sqlite3.Connection, account: str, profile: str) -> None:
    """Make a profile the account's default; "" leaves it to what is linked last."""
    conn.execute("UPDATE linked SET chosen = (id = ?) WHERE account = ?", (profile, account))


def unlink(conn: sqlite3.Connection, profile: str) -> Credential | None:
    """Drop a profile. Returns its credential if no other profile shares it: then it is dropped too, to be revoked."""
    row = conn.execute("DELETE FROM linked WHERE id = ? RETURNING credential", (profile,)).fetchall()
    if (
        not row
        or conn.execute("SELECT 1 FROM linked WHERE credential = ?", (row[0]["credential"],)).fetchone()
    ):
        return None
    kept = credential(conn, row[0]["credential"])
    conn.execute("DELETE FROM credentials WHERE id = ?", (row[0]["credential"],))
    return kept


def credential(conn: sqlite3.Connection, name: str) -> Credential | None:
    """Find a credential by its id."""
    row = conn.execute(f"{CREDENTIAL} WHERE id = ?", (name,)).fetchone()
    return Credential(*row) if row else None


def replace_secret(conn: sqlite3.Connection, name: str, old: bytes, secret: bytes, now: float) -> bool:
    """Keep tokens that took the place of others; False where those are no longer the ones that are kept."""
    done = conn.execute(
        "UPDATE credentials SET secret = ?, refreshed_at = ? WHERE id = ? AND secret = ?",
        (secret, now, name, old),
    )
    return done.rowcount == 1


def delete_secret(conn: sqlite3.Connection, name: str, now: float) -> None:
    """Drop the tokens of a credential that is good for nothing any more; its profiles stay, to be linked again."""
    conn.execute("UPDATE credentials SET secret = ?, refreshed_at = ? WHERE id = ?", (b"", now, name))


def touched(conn: sqlite3.Connection, name: str, now: float) -> None:
    """Note that a credential has been used: it will not lapse for a while."""
    conn.execute("UPDATE credentials SET refreshed_at = ? WHERE id = ?", (now, name))


def report(conn: sqlite3.Connection, name: str, trouble: str | None, now: float) -> bool:
    """Note why a credential does not work, or that it does. Returns whether it changed from one to the other."""
    row = conn.execute("SELECT trouble FROM credentials WHERE id = ?", (name,)).fetchone()
    if row is None or (row["trouble"] is None) == (trouble is None):
        return False
    conn.execute("UPDATE credentials SET trouble = ?, since = ? WHERE id = ?", (trouble, now, name))
    return True


def idle(conn: sqlite3.Connection, before: float) -> Sequence[str]:
    """List the working credentials that were not refreshed since `before`."""
    rows = conn.execute(
        "SELECT id FROM credentials WHERE refreshed_at < ? AND trouble IS NULL ORDER BY id", (before,)
    )
    return [row["id"] for row in rows]


def in_trouble(conn: sqlite3.Connection) -> Sequence[Credential]:
    """List the credentials that do not work."""
    return [Credential(*row) for row in conn.execute(f"{CREDENTIAL} WHERE trouble IS NOT NULL ORDER BY id")]


def sharing(conn: sqlite3.Connection, name: str) -> Sequence[Linked]:
    """List the profiles that share a credential."""
    return [_linked(row) for row in conn.execute(f"{LINKED} WHERE l.credential = ? ORDER BY l.id", (name,))]


def affected(conn: sqlite3.Connection, profile: str) -> Sequence[tuple[str, str]]:
    """List the events whose conference is made, or to be made, with a profile: calendar and event."""
    return _events(conn, profile, ("declined",))


def waiting(conn: sqlite3.Connection, profile: str) -> int:
    """Count those of the affected events whose meeting is not, or no longer, as it should be."""
    return len(unfinished(conn, profile))


def unfinished(conn: sqlite3.Connection, profile: str) -> Sequence[tuple[str, str]]:
    """List them."""
    return _events(conn, profile, ("declined", "live"))


def _events(conn: sqlite3.Connection, profile: str, states: Sequence[str]) -> Sequence[tuple[str, str]]:
    """List the events of a profile whose conference is in none of these states."""
    rows = conn.execute(
        "SELECT calendar, event FROM conferences WHERE json_extract(record, '$.profile') = ?"
        f" AND state NOT IN ({', '.join('?' * len(states))}) ORDER BY calendar, event",
        (profile, *states),
    )
    return [(row["calendar"], row["event"]) for row in rows]


def count_disconnected(conn: sqlite3.Connection) -> int:
    """Count the conferencing profiles that do not work."""
    row = conn.execute(
        "SELECT count(*) FROM linked l JOIN credentials c ON c.id = l.credential WHERE c.trouble IS NOT NULL"
    ).fetchone()
    return int(row[0])


def _linked(row: sqlite3.Row) -> Linked:
    return Linked(
        row["id"],
        row["account"],
        row["provider"],
        row["name"],
        row["credential"],
        row["person"],
        row["linked_at"],
        bool(row["chosen"]),
        row["trouble"],
        row["since"],
    )


def _digest(*parts: str) -> str:
    return sha256("\0".join(parts).encode()).hexdigest()[:16]
