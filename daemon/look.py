"""Gather what the decision needs about one event from the store. Reads only."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, replace

from connectors.model import Conference, Event, EventRef
from daemon.managing import owe
from daemon.policy import judge
from daemon.terms import Desired, Linked, Policy, Unwanted, Wanted
from store import calendars, conferences, events, linked, managed, profiles
from store.calendars import Calendar
from store.managed import Managed

PROBE = "probe"  # stands for a fresh key where nobody will act on the answer

Policies = Callable[[Calendar], Policy]


@dataclass(frozen=True, slots=True)
class Look:
    """One event as it stands: what is known of it, and what bears on it."""

    calendar: Calendar
    name: str  # the provider's event id
    event: Event | None
    known: Conference | None
    policy: Policy
    doubtful: bool = False
    trouble: str = ""  # why the account does not work; "" while it does
    taken: str = ""  # the key in its mark, where another event has that conference
    managed: Managed | None = None  # the application's wish that it comes of
    version: str | None = None  # of the row that this was read from; None where there was none

    @property
    def missing(self) -> bool:
        """Whether an application's event that the calendar had is not known any more: people may have deleted it."""
        there = self.managed is not None and self.managed.event is not None
        return there and self.policy.desired is not None and self.event is None


def look(conn: sqlite3.Connection, calendar: str, name: str, policies: Policies) -> Look | None:
    """Gather one event; None when its calendar was never known."""
    row = calendars.get(conn, calendar)
    if row is None:
        return None
    snapshot = events.get(conn, calendar, name)
    known = conferences.get(conn, calendar, name)
    event = snapshot.event if snapshot else None
    version = events.version(conn, calendar, name)
    policy = policies(row)
    wish = managed.at(conn, calendar, name)
    policy = replace(
        policy, linked=own_accounts(conn, policy.account), desired=desired_of(wish, row) if wish else None
    )
    profile = profiles.get(conn, row.profile)
    trouble = (profile.trouble if profile else "") or ""
    taken = ""
    if event and event.mark and conferences.key_is_taken(conn, event.mark.key, calendar, name):
        taken = event.mark.key
        event = unmarked(event, taken)
    if event and event.series:
        policy = with_series(conn, row, event.series, policy)
    doubtful = snapshot is not None and snapshot.doubtful
    return Look(row, name, event, known, policy, doubtful, trouble, taken, wish, version)


def desired_of(row: Managed, calendar: Calendar) -> Desired:
    """Say what an application wants of an event, for the decision."""
    return Desired(
        row.wish.draft,
        EventRef(calendar.info.remote, row.where),
        row.alias,
        row.wish.profile_id,
        row.wish.link,
        row.wish.link_name,
        owed=row.owed,
        gone=row.gone,
        asked=row.asked_at is not None and row.event is None,
        again=row.wish.again,
    )


def own_accounts(conn: sqlite3.Connection, account: str) -> tuple[Linked, ...]:
    """List the conferencing accounts that a person has linked, their default first."""
    return tuple(
        Linked(one.id, one.provider, one.credential, one.trouble or "", one.person, one.name)
        for one in linked.of_account(conn, account)
    )


def unmarked(event: Event, taken: str) -> Event:
    """Overlook the mark of a copied or moved event, where it names the conference that another event still has.

    Not where that one's link stands in the description, which is a copy too.
    """
    if event.mark is None or event.mark.key != taken:
        return event
    links = event.mark.links
    return replace(event, mark=replace(event.mark, key="", source="") if links else None)


def with_series(conn: sqlite3.Connection, calendar: Calendar, series: str, policy: Policy) -> Policy:
    """Say whether the series has a conference, or is about to get one, that its occurrences share."""
    known = conferences.get(conn, calendar.id, series)
    if known is not None and known.state != "declined":
        return replace(
            policy, covered=known.state != "leaving", series=known if known.state == "live" else None
        )
    master = events.get(conn, calendar.id, series)
    covered = master is not None and isinstance(judge(master.event, None, policy), Wanted)
    return replace(policy, covered=covered, declined=known is not None)


def owed_at(seen: Look, now: float) -> float | None:
    """When the event is owed a reconciliation: now, at a later time, or never as things stand (None)."""
    if seen.doubtful or seen.missing or owe(seen.event, seen.known, seen.policy, PROBE) is not None:
        return now
    verdict = judge(seen.event, seen.known, seen.policy)
    return verdict.again.timestamp() if isinstance(verdict, Unwanted) and verdict.again else None
