"""Whom applications want told that something changed in an account's calendars."""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

MOST = 128  # of one application for one account


@dataclass(frozen=True, slots=True)
class ApiChannel:
    """One channel: where it leads, and what it is to hear of."""

    id: str
    application: str
    account: str
    callback_url: str
    calendar_ids: tuple[str, ...] = ()  # none: all
    only_managed: bool = False

    def shown(self) -> dict[str, Any]:
        """Return it as applications see it, with those filters that filter anything."""
        return {"channel_id": self.id, "callback_url": self.callback_url, "filters": self._filters()}

    def kept(self) -> str:
        """Return its filters as they are stored: the same for the same."""
        return json.dumps(self._filters(), sort_keys=True)

    def _filters(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if self.calendar_ids:
            found["calendar_ids"] = list(self.calendar_ids)
        if self.only_managed:
            found["only_managed"] = True
        return found


SELECT = "SELECT c.id, c.application, c.account, c.callback_url, c.filters FROM api_channels c"


def fresh_id() -> str:
    """Return a new name for a channel."""
    return f"chn_{secrets.token_hex(12)}"


def create(conn: sqlite3.Connection, wanted: ApiChannel, now: float) -> ApiChannel | None:
    """Keep a channel, under its own id or that of an identical one; None where there are too many."""
    mine = of_account(conn, wanted.application, wanted.account)
    for one in mine:
        if replace(one, id=wanted.id) == wanted:
            return one
    if len(mine) >= MOST:
        return None
    conn.execute(
        "INSERT INTO api_channels (id, application, account, callback_url, filters, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (wanted.id, wanted.application, wanted.account, wanted.callback_url, wanted.kept(), now),
    )
    return wanted


def get(conn: sqlite3.Connection, channel: str) -> ApiChannel | None:
    """Find a channel."""
    row = conn.execute(f"{SELECT} WHERE c.id = ?", (channel,)).fetchone()
    return _channel(row) if row else None


def of_account(conn: sqlite3.Connection, application: str, account: str) -> Sequence[ApiChannel]:
    """List the channels of an application for an account, the oldest first."""
    rows = conn.execute(
        f"{SELECT} WHERE c.account = ? AND c.application = ? ORDER BY c.created_at, c.id",
        (account, application),
    )
    return [_channel(row) for row in rows]


def hearing_account(conn: sqlite3.Connection, account: str) -> Sequence[ApiChannel]:
    """List the channels of all applications for an account."""
    return [_channel(row) for row in conn.execute(f"{SELECT} WHERE c.account = ? ORDER BY c.id", (account,))]


def hearing(conn: sqlite3.Connection, profile: str) -> Sequence[ApiChannel]:
    """List the channels of those who may use the calendars of a profile."""
    rows = conn.execute(
        f"{SELECT} JOIN api_grants g ON g.application = c.application AND g.account = c.account"
        " WHERE g.profile = ? ORDER BY c.id",
        (profile,),
    )
    return [_channel(row) for row in rows]


def changed(conn: sqlite3.Connection, channel: str, since: float) -> None:
    """Note that something has happened, at `since` or later, of which the channel has not been told."""
    conn.execute(
        "UPDATE api_channels SET changes_since = min(coalesce(changes_since, ?1), ?1) WHERE id = ?2",
        (since, channel),
    )


def take_changes(conn: sqlite3.Connection, channel: str) -> float | None:
    """Return since when there is something to tell, to one who keeps it from now on; None where there is nothing."""
    row = conn.execute("SELECT changes_since FROM api_channels WHERE id = ?", (channel,)).fetchone()
    conn.execute("UPDATE api_channels SET changes_since = NULL WHERE id = ?", (channel,))
    return row["changes_since"] if row else None


def close(conn: sqlite3.Connection, channel: str) -> None:
    """End a channel, and what was on its way to it."""
    conn.execute("DELETE FROM deliveries WHERE channel = ?", (channel,))
    conn.execute("DELETE FROM api_channels WHERE id = ?", (channel,))


def close_all(conn: sqlite3.Connection, application: str, account: str) -> None:
    """End the channels of an application that may not ask about this account any more."""
    for one in of_account(conn, application, account):
        close(conn, one.id)


def count(conn: sqlite3.Connection) -> int:
    """Count all channels."""
    found: int = conn.execute("SELECT count(*) FROM api_channels").fetchone()[0]
    return found


def _channel(row: sqlite3.Row) -> ApiChannel:
    filters = json.loads(row["filters"])
    return ApiChannel(
        row["id"],
        row["application"],
        row["account"],
        row["callback_url"],
        tuple(filters.get("calendar_ids", ())),
        bool(filters.get("only_managed", False)),
    )
