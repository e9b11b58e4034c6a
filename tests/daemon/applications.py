"""What tests of notifications put into a store: a person's calendar, an application's event, channels."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from connectors.model import CalendarInfo, Conference, Draft, Event, EventRef, Meeting, MeetingRequest
from store import api_channels, calendars, events, managed, profiles, tokens
from store.api_channels import ApiChannel
from store.managed import Managed, Wish

NOW = 1_800_000_000.0
ADA, BOB = "ada@example.com", "bob@example.com"
REMOTE = "ada@example.com"
CALENDAR = calendars.calendar_id("google", REMOTE)
URI = "https://app.example/n"
BOTH = (
    {
        "type": "webhook",
        "uri": URI,
        "interactions": [{"type": "conferencing_assigned"}, {"type": "conferencing_failing"}],
    },
)


def at(seconds):
    return datetime.fromtimestamp(seconds, UTC)


def furnish(conn, account=ADA, remote=REMOTE, applications=("ours",)):
    """Put a calendar into the store, which these applications may use."""
    profile = profiles.ensure(conn, "google", account, "delegated", NOW)
    info = CalendarInfo(remote=remote, name="Home", zone="UTC", writable=True)
    calendars.found(conn, profile, "google", info, NOW)
    for application in applications:
        tokens.grant(conn, application, account, profile, NOW)
    return calendars.get(conn, calendars.calendar_id("google", remote))


def draft(**changes):
    return Draft(**{"title": "Review", "start": at(NOW + 7200), "end": at(NOW + 10_800), **changes})


def manage(conn, now=NOW, event="e1", application="ours", event_id="mine", **wish):
    """Have an application manage an event, which the calendar has under `event`."""
    furnish(conn, applications=(application,))
    wanted = Wish(**{"draft": draft(), "profile_id": "default", **wish})
    known = managed.find(conn, application, CALENDAR, event_id)
    name = known.name if known else managed.fresh_name()
    one = Managed.wanted(name, application, ADA, CALENDAR, event_id, None, wanted, now)
    managed.upsert(conn, one, wanted.draft.end.timestamp(), now)
    if event:
        managed.wrote(conn, name, event, 1)
    return managed.get(conn, name)


def event(name="e1", title="Review", start=NOW + 7200, **changes):
    plain = Event(
        EventRef(REMOTE, name),
        '"1"',
        f"{name}@x",
        title,
        "",
        "",
        "",
        at(start),
        at(start) + timedelta(hours=1),
        "UTC",
    )
    return replace(plain, ends=plain.end, **changes)


def see(conn, seen, when=NOW):
    events.save_read(conn, CALENDAR, seen, when)


def conference(link="https://zoom.example/j/1", service="zoom", **changes):
    meeting = Meeting(service, "Zoom", "1", link) if link else None
    request = MeetingRequest(EventRef(REMOTE, "e1"))
    return Conference(
        **{
            "key": "hd1",
            "state": "live",
            "service": service,
            "source": "api:default",
            "request": request,
            "meeting": meeting,
            "written": bool(link),
            **changes,
        }
    )


def channel(conn, name="chn_1", application="ours", account=ADA, **filters):
    one = ApiChannel(name, application, account, f"https://app.example/{name}", **filters)
    return api_channels.create(conn, one, NOW)
