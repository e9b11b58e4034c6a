"""What a start owes to whatever happened while nobody ran: leases, lost news, and a changed configuration."""

from __future__ import annotations

import sqlite3

from daemon.config.model import Config
from daemon.world import fingerprint
from store import budgets, calendars, channels, profiles, work

ADDRESS, POLICY = "address", "policy"
AT_A_TIME = 20  # calendars a second that are looked at after the start


def take_over(conn: sqlite3.Connection, known: set[str], config: Config, now: float) -> int:
    """Take back all leases: we are alone on this file. Look again at every account, and at what the config changes."""
    address, policy = config.server.public_url, fingerprint(config)
    released = work.release_all(conn, now)
    work.hurry_parked(conn, now)
    # Whatever was announced while nobody listened is lost: look at every calendar soon, a few each second.
    calendars.sweep_soon(conn, now, AT_A_TIME)
    work.ring(conn, "discover", known, now)
    for profile in profiles.everyone(conn):
        if profile.id not in known:
            profiles.report(conn, profile.id, "it is no longer in the configuration", now)
            # A calendar that others can see too is theirs to look after now.
            for calendar in calendars.of_profile(conn, profile.id):
                calendars.abandon(conn, calendar.id)
    if budgets.known(conn, ADDRESS) != address:
        channels.renew_all(conn, now)
        budgets.learn(conn, ADDRESS, address)
    if budgets.known(conn, POLICY) != policy:
        calendars.start_again(conn, now)
        budgets.learn(conn, POLICY, policy)
    return released
