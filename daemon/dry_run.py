"""Say what would be done, over all calendars, without writing anything anywhere: reads the providers afresh."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from connectors.errors import ProviderError
from connectors.http import connect
from connectors.model import CalendarInfo, Conference, Event
from connectors.registry import Credentials, Registry
from daemon.actions import Provision, Record, Write
from daemon.config.model import Config
from daemon.plan import LONG_AGO, plan
from daemon.policy import Policy, Wanted, judge
from daemon.report import describe
from daemon.retry import reason
from daemon.world import World
from daemon.world import chosen as chosen_in
from store import conferences
from store.calendars import Calendar, calendar_id
from store.db import connect as open_database

Facts = dict[str, Any]


async def dry_run(config: Config) -> Facts:
    """Read every calendar and plan every event in it, with what the database (if there is one) already knows."""
    known = _known(config.store.path)
    async with connect(deadline=config.limits.call_deadline_seconds) as http:
        dice = random.Random()  # noqa: S311 - spreads load, guards nothing
        registry = Registry(
            http, lambda: datetime.now(UTC), dice, google=config.google_settings(), third_party=False
        )
        people = _people(config)
        world = World(config, registry, time.time, people)
        found = [one for profile in people for one in await _profile(world, profile, known)]
    return {"at": datetime.now(UTC).isoformat(timespec="seconds"), "calendars": found}


def _people(config: Config) -> dict[str, Credentials]:
    subjects = config.google.subjects if config.google else ()
    people = [Credentials("google", address) for address in subjects]
    people += [
        Credentials("google", user.email, user.refresh_token, _discard) for user in config.google_users()
    ]
    return {one.address: one for one in people}


async def _discard(_: str) -> None:
    """Keep nothing, this is a dry run; Google's refresh tokens stay good when they are not replaced."""


def _known(path: Path) -> dict[tuple[str, str], Conference]:
    if not path.exists():
        return {}
    conn = open_database(str(path), readonly=True)
    return {(calendar, event): one for calendar, event, one in conferences.all_of_service(conn)}


async def _profile(world: World, profile: str, known: dict[tuple[str, str], Conference]) -> list[Facts]:
    """Plan all calendars of one person; what cannot be read is told, not hidden."""
    connector = world.calendar(profile)
    try:
        listed = [info for info in await connector.calendars() if info.writable]
    except ProviderError as error:
        return [{"account": profile, "calendar": None, "error": reason(error)}]
    chosen = [info for info in listed if chosen_in(world.config, info.remote, info.name)]
    return [await _calendar(world, profile, info, known) for info in chosen]


async def _calendar(
    world: World, profile: str, info: CalendarInfo, known: dict[tuple[str, str], Conference]
) -> Facts:
    told: Facts = {"account": profile, "calendar": info.remote}
    try:
        changes = await world.calendar(profile).changes(info, None)
    except ProviderError as error:
        return {**told, "error": reason(error)}
    name = calendar_id("google", info.remote)
    row = Calendar(name, profile, "google", info, watched=True, pushes=True, cursor=None, synced_at=None)
    policy = world.policy(row)
    series = {event.ref.event: event for event in changes.events if event.recurrence}
    owed = []
    for event in changes.events:
        mine = replace(policy, covered=_covered(event, series, known, name, policy))
        conference = known.get((name, event.ref.event))
        does = intent(event, conference, mine)
        if does:
            why = describe(judge(event, conference, mine))
            owed.append({"event": event.ref.event, "title": event.title, "does": does, "why": why})
    return {**told, "events": len(changes.events), "owed": owed}


def _covered(
    event: Event,
    series: dict[str, Event],
    known: dict[tuple[str, str], Conference],
    calendar: str,
    policy: Policy,
) -> bool:
    master = series.get(event.series)
    if master is None:
        return False
    return isinstance(judge(master, known.get((calendar, event.series)), policy), Wanted)


def intent(event: Event, known: Conference | None, policy: Policy) -> str:
    """Say what would be done first, in words; "" where nothing is owed."""
    match plan(event, known, policy, "dry-run"):
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
        case action:
            return type(action).__name__.lower()


def print_plan(found: Facts, console: Console | None = None) -> None:
    """Show the plan to people."""
    console = console or Console()
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
