"""An event as the notifications about it show it. Needed only where an application manages events."""

from __future__ import annotations

import sqlite3
from typing import Any

from connectors.model import Conference, Draft, Event
from store import calendars, conferences, events, profiles, tokens
from store.managed import Managed
from webhooks.outgoing import second

EXTERNAL = "evt_external_"  # so begin the names of events that the application has not made
NOTHING = frozenset({"", "none"})  # of the `conferencing` that an application has asked for


def link_of(known: Conference | None) -> str:
    """Return the link that people can read on the event; "" while there is none."""
    return known.link if known else ""


def stored(conn: sqlite3.Connection, one: Managed) -> tuple[Event | None, Conference | None]:
    """Return what is known of a managed event and its conference."""
    snapshot = events.get(conn, one.calendar, one.where)
    return snapshot.event if snapshot else None, conferences.get(conn, one.calendar, one.where)


def may_hear(conn: sqlite3.Connection, one: Managed) -> bool:
    """Whether the application that manages an event may still look into its calendar; else it is told nothing."""
    calendar, granted = calendars.get(conn, one.calendar), tokens.granted(conn, one.application, one.account)
    if calendar is None or calendar.profile in granted:
        return calendar is not None
    # Somebody's first calendar at Google is theirs, whoever keeps it in step.
    mine = (profiles.get(conn, name) for name in granted)
    first = {calendars.calendar_id(found.provider, found.address) for found in mine if found}
    return calendar.provider == "google" and calendar.id in first


def shown(one: Managed, event: Event | None, known: Conference | None) -> dict[str, Any]:
    """Return the event as it stands in the calendar, or is to stand there."""
    found: Event | Draft = event or one.wish.draft
    told: dict[str, Any] = {
        "event_uid" if one.event_id.startswith(EXTERNAL) else "event_id": one.event_id,
        "calendar_id": one.calendar,
        "summary": found.title,
        "start": _time(found, start=True),
        "end": _time(found, start=False),
    }
    if known is not None and known.meeting is not None and (link := link_of(known)):
        told["conferencing"] = {"provider_name": _outside(known.meeting.service), "join_url": link}
    elif one.wish.profile_id not in NOTHING and one.unmet is None:
        told["conferencing"] = {"pending": True}
    return told


def _time(event: Event | Draft, *, start: bool) -> str:
    moment = event.start if start else event.end
    if not event.all_day:
        return second(moment.timestamp())
    from api.v1.occurrences import day  # noqa: PLC0415 - without applications the API is not loaded

    return day(moment, event.zone).isoformat()


def _outside(service: str) -> str:
    from api.v1.names import conference_name  # noqa: PLC0415 - without applications the API is not loaded

    return conference_name(service)
