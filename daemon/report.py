"""What the database tells people: how things are, and why an event has or does not have a meeting."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from connectors.model import Conference
from daemon.look import PROBE, Look, Policies, look
from daemon.plan import plan
from daemon.policy import judge
from daemon.terms import Leave, Policy, Unwanted, Wanted
from daemon.world import policy_for
from store import budgets, calendars, conferences, events, profiles, work
from store.calendars import Calendar

Facts = dict[str, Any]


def status_of(conn: sqlite3.Connection, now: float | None = None) -> Facts:
    """Gather how everything is, from the database alone: it works whether or not the daemon runs."""
    now = time.time() if now is None else now
    return {
        "at": _iso(now),
        "accounts": [_account(profile) for profile in profiles.everyone(conn)],
        "calendars": [_calendar(conn, calendar) for calendar in calendars.watched(conn)],
        "conferences": conferences.states(conn),
        "work": work.counts(conn, now),
        "failing": [
            {
                "work": f"{one.kind} {one.key}",
                "attempts": one.attempts,
                "again": _iso(one.due_at),
                "why": one.error,
            }
            for one in work.stuck(conn)
        ],
        "spent_today": budgets.used(conn, datetime.fromtimestamp(now, UTC).date().isoformat()),
    }


def _account(profile: profiles.Profile) -> Facts:
    return {
        "id": profile.id,
        "provider": profile.provider,
        "address": profile.address,
        "connected": profile.trouble is None,
        "trouble": profile.trouble,
        "since": _iso(profile.since),
    }


def _calendar(conn: sqlite3.Connection, calendar: Calendar) -> Facts:
    live = [channel for channel in calendars.channels(conn, calendar.id) if channel.renew_at is not None]
    return {
        "id": calendar.id,
        "calendar": calendar.info.remote,
        "name": calendar.info.name,
        "pushes": "polled instead" if not calendar.pushes else "yes" if live else "not yet",
        "channel_expires": _iso(live[-1].expires) if live else None,
        "synced": _iso(calendar.synced_at),
    }


def policies_of(conn: sqlite3.Connection, base: Policy) -> Policies:
    """Return how to tell what bears on the events of a calendar, from the configuration and the database."""
    addresses = {profile.id: profile.address for profile in profiles.everyone(conn)}
    return lambda calendar: policy_for(base, calendar, addresses.get(calendar.profile, ""))


def reasons(conn: sqlite3.Connection, base: Policy, needle: str) -> list[Facts]:
    """Explain each event that `needle` (id, UID, part of the title) finds."""
    policies = policies_of(conn, base)
    found = [look(conn, calendar, name, policies) for calendar, name in events.find(conn, needle)]
    return [_reason(conn, seen) for seen in found if seen]


def _reason(conn: sqlite3.Connection, seen: Look) -> Facts:
    verdict = judge(seen.event, seen.known, seen.policy)
    action = plan(seen.event, seen.known, seen.policy, PROBE)
    failed = work.trouble(conn, "reconcile", f"{seen.calendar.id}/{seen.name}")
    return {
        "event": seen.name,
        "calendar": seen.calendar.info.remote,
        "title": seen.event.title if seen.event else None,
        "starts": seen.event.start.isoformat() if seen.event else None,
        "verdict": describe(verdict),
        "conference": _conference(seen.known),
        "owed": type(action).__name__.lower() if action else None,
        "failing": {"why": failed.error, "attempts": failed.attempts, "again": _iso(failed.due_at)}
        if failed
        else None,
        "history": [
            {"at": _iso(fact.at), "what": fact.what, "detail": fact.detail}
            for fact in conferences.history(conn, seen.calendar.id, seen.name)
        ],
    }


def describe(verdict: Wanted | Unwanted | Leave) -> str:
    """Say in one sentence what an event wants, and why."""
    match verdict:
        case Wanted(service, source):
            return f"It should have a {service.name} meeting: {source}."
        case Unwanted(why):
            return f"It should have no meeting: {why}."
        case Leave(why):
            return f"It is left as it is: {why}."


def _conference(known: Conference | None) -> Facts | None:
    if known is None:
        return None
    url = known.meeting.join_url.partition("?")[0] if known.meeting else None  # what follows opens the door
    return {
        "key": known.key,
        "state": known.state,
        "service": known.service,
        "asked_by": known.source,
        "meeting": known.meeting.id if known.meeting else None,
        "join_url": url,
        "on_event": known.written,
    }


def _iso(at: float | None) -> str | None:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds") if at else None


def print_status(facts: Facts, console: Console | None = None) -> None:
    """Show the status to people."""
    console = console or Console()
    _table(console, "Accounts", facts["accounts"], ("provider", "address", "connected", "trouble"))
    _table(
        console, "Calendars", facts["calendars"], ("calendar", "name", "pushes", "channel_expires", "synced")
    )
    counts = ", ".join(f"{count} {state}" for state, count in facts["conferences"].items()) or "none yet"
    console.print(f"Conferences: {counts}.")
    console.print("Work: " + ", ".join(f"{count} {state}" for state, count in facts["work"].items()) + ".")
    if facts["failing"]:
        _table(console, "Does not work", facts["failing"], ("work", "attempts", "again", "why"))
    for who, used in facts["spent_today"].items():
        console.print(f"{used} creates, updates and cancels today: {who}.")


def _table(console: Console, title: str, rows: Sequence[Facts], columns: Sequence[str]) -> None:
    table = Table(title=f"{title} ({len(rows)})", title_justify="left", show_edge=False)
    for column in columns:
        table.add_column(column.replace("_", " "))
    for row in rows:
        table.add_row(*(_cell(row[column]) for column in columns))
    console.print(table)


def _cell(value: object) -> str:
    words = {True: "yes", False: "no", None: "–"}
    return words[value] if value is None or isinstance(value, bool) else str(value)


def print_reasons(needle: str, found: Sequence[Facts], console: Console | None = None) -> None:
    """Show the explanations to people."""
    console = console or Console()
    if not found:
        console.print(f"No event is known by {needle!r}. It may be over, in a calendar that is not watched,")
        console.print("or not read yet: `huddled status` tells when each calendar was last read.")
    for one in found:
        console.rule(f"{one['title'] or '(gone)'} · {one['starts'] or ''} · {one['calendar']}", align="left")
        console.print(one["verdict"])
        meeting = one["conference"]
        if meeting:
            console.print(
                f"Conference {meeting['key']} ({meeting['service']}) is {meeting['state']}"
                f"{': ' + meeting['join_url'] if meeting['join_url'] else '.'}"
            )
        console.print(f"Owed now: {one['owed'] or 'nothing'}.")
        if one["failing"]:
            failing = one["failing"]
            console.print(f"[red]Failing[/red], again at {failing['again']}: {failing['why']}")
        for fact in one["history"]:
            console.print(f"  {fact['at']}  {fact['what']}  [dim]{fact['detail']}[/dim]")
