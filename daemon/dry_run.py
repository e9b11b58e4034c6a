"""Say what would be done, over all calendars, without writing anything anywhere: reads the providers afresh."""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from rich.console import Console

from connectors.errors import ProviderError
from connectors.http import connect
from connectors.model import Changes
from connectors.registry import Registry
from daemon.accounts import Accounts
from daemon.actions import Provision, Put, Record, Remove, Write
from daemon.config.model import Config
from daemon.look import PROBE, Look, look
from daemon.managing import owe
from daemon.plain import plain
from daemon.plan import LONG_AGO
from daemon.policy import judge
from daemon.report import describe
from daemon.retry import reason
from daemon.world import World, chosen
from store import calendars, conferences, events, managed
from store.calendars import calendar_id
from store.db import InlineStore, rehearse
from store.secrets import trial_vault

Facts = dict[str, Any]


async def dry_run(config: Config) -> Facts:
    """Read every calendar and plan every event in it, on a copy of what the database (if there is one) knows."""
    file = config.store.path
    conn = rehearse(str(file) if file.exists() else None)
    async with connect(deadline=config.limits.call_deadline_seconds) as http:
        dice = random.Random()  # noqa: S311 - spreads load, guards nothing
        registry = Registry(
            http,
            lambda: datetime.now(UTC),
            dice,
            google=config.google_settings(),
            microsoft=config.microsoft_settings(),
            third_party=False,
        )
        # A token that is replaced meanwhile is kept in the copy alone: at these providers the old ones stay good.
        vault = trial_vault(config.store.key_file)
        people = await Accounts(config, InlineStore(conn), vault).enrol(time.time())
        world = World(config, registry, time.time, dict(people))
        found = [one for profile in people for one in await _profile(world, profile, conn)]
    return {"at": datetime.now(UTC).isoformat(timespec="seconds"), "calendars": found}


async def _profile(world: World, profile: str, conn: sqlite3.Connection) -> list[Facts]:
    """Plan all calendars of one person; what cannot be read is told, not hidden."""
    who = world.credentials[profile]
    provider, address = who.provider, who.address
    try:
        connector = world.calendar(profile)
        listed = [info for info in await connector.calendars() if info.writable]
    except ProviderError as error:
        return [{"account": address, "calendar": None, "error": reason(error)}]
    found = []
    for info in listed:
        if not chosen(world.config, provider, info.remote, info.name):
            continue
        told: Facts = {"account": address, "calendar": info.remote}
        try:
            changes = await connector.changes(info, None)
        except ProviderError as error:
            found.append({**told, "error": reason(error)})
            continue
        calendars.found(conn, profile, provider, info, world.now())
        name = calendar_id(provider, info.remote)
        found.append({**told, "events": len(changes.events), "owed": _owed(world, conn, name, changes)})
    return found


def _owed(world: World, conn: sqlite3.Connection, calendar: str, changes: Changes) -> list[Facts]:
    """Plan what the listing shows, the way the daemon would after it."""
    names = [event.ref.event for event in changes.events]
    for event in changes.events:
        events.save_read(conn, calendar, event, world.now())
    for name in events.unseen(conn, calendar, names, changes.since, changes.until):
        events.forget(conn, calendar, name)
    owed = []
    waiting = managed.owed(conn, calendar)
    for name in dict.fromkeys([*names, *conferences.of_calendar(conn, calendar), *waiting]):
        seen = look(conn, calendar, name, world.policy)
        does = intent(seen) if seen else ""
        if seen and does:
            why = describe(judge(seen.event, seen.known, seen.policy), seen.policy)
            title = seen.event.title if seen.event else None
            owed.append({"event": name, "title": title, "does": does, "why": why})
    return owed


def intent(seen: Look) -> str:
    """Say what would be done first, in words; "" where nothing is owed."""
    match owe(seen.event, seen.known, seen.policy, PROBE):
        case None:
            return ""
        case Record(conference) if conference.state == "reserved":
            again = "take up" if conference.tried == LONG_AGO else "make"
            return f"{again} a {conference.service} meeting and write its details on the event"
        case Record(conference) if conference.state == "leaving":
            return f"take the {conference.service} meeting away, and its details off the event"
        case Record(conference) if conference.state == "changing":
            return f"update the {conference.service} meeting"
        case Provision(conference):
            return f"make the {conference.service} meeting that was begun"
        case Write(meeting=meeting):
            return "write the details on the event" if meeting else "take the details off the event"
        case Put(event=event):
            return "write what the application asks for" if event else "insert what the application asks for"
        case Remove():
            return "delete the event, as the application asks for"
        case action:
            return type(action).__name__.lower()


def print_plan(found: Facts, console: Console | None = None) -> None:
    """Show the plan to people."""
    console, found = console or Console(), plain(found)
    for calendar in found["calendars"]:
        console.rule(f"{calendar['calendar'] or calendar['account']}", align="left")
        if "error" in calendar:
            console.print(f"[red]cannot be read[/red]: {calendar['error']}")
            continue
        console.print(f"{calendar['events']} events, {len(calendar['owed'])} of them owed something.")
        _print_owed(console, calendar["owed"])
    console.print("Nothing was written.")


def _print_owed(console: Console, owed: Sequence[Facts]) -> None:
    for one in owed:
        console.print(f"  [bold]{one['title'] or '(no title)'}[/bold]: would {one['does']}.")
        console.print(f"    [dim]{one['why']}[/dim]")
