"""What an application can reach in an account: whatever it cannot is not there, for all that it is told."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import replace

from api.v1.calls import Call, Refused
from store import calendars as shelf
from store import profiles, tokens
from store.calendars import Calendar
from store.profiles import Profile


def calendars(conn: sqlite3.Connection, call: Call) -> Sequence[Calendar]:
    """List the calendars that the call may use."""
    granted = tokens.granted(conn, call.application.client_id, call.account)
    found = [profile for name in granted if (profile := profiles.get(conn, name)) is not None]
    return [one for profile in found for one in of_profile(conn, profile)]


def of_profile(conn: sqlite3.Connection, profile: Profile) -> Sequence[Calendar]:
    """List the calendars of a profile.

    A calendar that two people can write to is kept in step by one of them. At Google, where the id of somebody's
    first calendar is their address, it is still theirs to use when it is the other.
    """
    held = shelf.of_profile(conn, profile.id)
    if profile.provider != "google":
        return held
    first = shelf.get(conn, shelf.calendar_id("google", profile.address))
    if first is None or not first.watched or first.profile == profile.id:
        return held
    return [replace(first, info=replace(first.info, primary=True)), *held]


def calendar(conn: sqlite3.Connection, call: Call, name: str) -> Calendar:
    """Find a calendar that the call may use. Raises Refused with 404."""
    found = shelf.get(conn, name)
    if found is None or not found.watched:
        raise Refused(404)
    if found.profile in tokens.granted(conn, call.application.client_id, call.account):
        return found
    shared = next((one for one in calendars(conn, call) if one.id == name), None)
    if shared is None:
        raise Refused(404)
    return shared
