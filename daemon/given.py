"""Tell people which settings a meeting is given, by which rule, and what of them came to nothing."""

from __future__ import annotations

import sqlite3
from typing import Any

from connectors.overrides import stated, within
from daemon.fitting import name_of, settings_rule
from daemon.look import Look
from daemon.terms import Verdict, Wanted
from store import calendars, conferences

Facts = dict[str, Any]

_VALUES = {True: "true", False: "false"}  # as they stand in the configuration


def settings_of(seen: Look, verdict: Verdict) -> Facts | None:
    """Tell of the settings that are not left to the account; None where all are."""
    lost = list(seen.known.unmet) if seen.known and seen.known.state in ("live", "changing") else []
    rule = None
    if isinstance(verdict, Wanted) and seen.event is not None:
        rule = settings_rule(seen.event, verdict, seen.policy, seen.known)
    if rule is None or rule.settings is None or not isinstance(verdict, Wanted):
        service = seen.known.service if seen.known else ""
        bare: Facts = {"service": service, "by": None, "given": {}, "not_known": [], "not_taken": lost}
        return bare if lost else None
    given = stated(within(rule.settings, verdict.service.settings))
    return {
        "service": verdict.service.name,
        "by": name_of(rule, seen.policy),
        "given": given,
        "not_known": [name for name in stated(rule.settings) if name not in given],
        "not_taken": lost,
    }


def not_taken(conn: sqlite3.Connection) -> list[Facts]:
    """Tell of the meetings that do not have all the settings that a rule gives them."""
    found = []
    for one in conferences.unmet(conn):
        calendar = calendars.get(conn, one.calendar)
        found.append(
            {
                "calendar": calendar.info.remote if calendar else one.calendar,
                "event": one.event,
                "service": one.service,
                "settings": list(one.names),
            }
        )
    return found


def sentences(facts: Facts) -> list[str]:
    """Say the facts about one meeting to people."""
    service, found = facts["service"], []
    if facts["given"]:
        told = ", ".join(f"{name} = {_VALUES.get(value, value)}" for name, value in facts["given"].items())
        found.append(f"Settings of the meeting: {told} ({facts['by']}); all others are those of the account.")
    if facts["not_known"]:
        names = ", ".join(facts["not_known"])
        found.append(f"{facts['by']} gives {names} too, which {service} cannot be told.")
    if facts["not_taken"]:
        names = ", ".join(facts["not_taken"])
        found.append(
            f"{service} did not take {names}: an admin may have locked it there, or the plan does not have it."
        )
    return found
