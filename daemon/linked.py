"""What follows when somebody has linked an account or given it up: whatever waits for it is looked at again."""

from __future__ import annotations

import sqlite3

from store import calendars, linked, profiles, work


def relinked(conn: sqlite3.Connection, profile: str, now: float) -> None:
    """Ring for the events whose meeting this profile makes, and list the person's calendars in full.

    Events that found no account until now are known only by what stands on them.
    """
    found = linked.get(conn, profile)
    if found is None:
        return
    keys = sorted(f"{calendar}/{event}" for calendar, event in linked.affected(conn, profile))
    work.ring(conn, "reconcile", keys, now)
    for key in keys:
        work.hurry(conn, key, now)  # what backs off after a failure does not hear that it is rung for
    mine = [one.id for one in profiles.everyone(conn) if one.address.lower() == found.account]
    watched = [one.id for name in mine for one in calendars.of_profile(conn, name)]
    for calendar in watched:
        calendars.restart(conn, calendar)
    work.ring(conn, "sync", sorted(watched), now)


def unlinked(conn: sqlite3.Connection, profile: str, now: float) -> linked.Credential | None:
    """Drop a profile, and ring for the events that wait for it: they may have their meeting elsewhere.

    Returns the credential that is to be revoked, None where another profile shares it.
    """
    waiting = linked.unfinished(conn, profile)
    credential = linked.unlink(conn, profile)
    work.ring(conn, "reconcile", [f"{calendar}/{event}" for calendar, event in waiting], now)
    return credential
