"""What an application can reach in an account: whatever it cannot is not there, for all that it is told."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from api.v1.calls import Call, Refused
from store import calendars as shelf
from store import tokens
from store.calendars import Calendar


def calendars(conn: sqlite3.Connection, call: Call) -> Sequence[Calendar]:
    """List the calendars that the call may use."""
    granted = tokens.granted(conn, call.application.client_id, call.account)
    return [one for profile in granted for one in shelf.of_profile(conn, profile)]


def calendar(conn: sqlite3.Connection, call: Call, name: str) -> Calendar:
    """Find a calendar that the call may use. Raises Refused with 404."""
    found = shelf.get(conn, name)
    if (
        found is None
        or not found.watched
        or found.profile not in tokens.granted(conn, call.application.client_id, call.account)
    ):
        raise Refused(404)
    return found
