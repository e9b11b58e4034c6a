"""Short ways to put things into a store."""

from datetime import UTC, datetime, timedelta

from connectors.model import CalendarInfo, Conference, Event, EventRef, MeetingRequest, Subscription
from store import calendars, channels, profiles

NOW = 1_800_000_000.0
ADA = "ada@example.com"


def at(seconds):
    return datetime.fromtimestamp(seconds, UTC)


def info(remote=ADA, **changes):
    return CalendarInfo(
        **{"remote": remote, "name": "Ada", "zone": "Europe/Berlin", "writable": True, **changes}
    )


def furnish(conn, remote=ADA, owner=ADA):
    """Put one watched calendar into a store and return its id."""
    profile = profiles.ensure(conn, "google", owner, "delegated", NOW)
    calendars.found(conn, profile, "google", info(remote), NOW)
    return calendars.calendar_id("google", remote)


def open_channel(conn, calendar, name, expires=NOW + 1000, renew_at=NOW + 900, opened_at=NOW):
    channels.begin(conn, name, calendar, f"token of {name}", opened_at)
    return channels.confirm(conn, Subscription(name, f"res {name}", at(expires)), renew_at)


def event(name="e1", title="Review", ends=NOW + 3600, **changes):
    """An event of one hour; without `ends` it never ends."""
    start = at((ends or NOW) - 3600)
    return Event(
        **{
            "ref": EventRef(ADA, name),
            "etag": '"1"',
            "uid": f"{name}@example.com",
            "title": title,
            "location": "",
            "description": "",
            "notes": "",
            "start": start,
            "end": start + timedelta(hours=1),
            "zone": "Europe/Berlin",
            "ends": at(ends) if ends else None,
            **changes,
        }
    )


def conference(key="hd1", name="e1", **changes):
    request = MeetingRequest(EventRef(ADA, name), title="Review", start=at(NOW), minutes=60)
    return Conference(
        **{
            "key": key,
            "state": "live",
            "service": "zoom",
            "source": "title:@zoom",
            "request": request,
            **changes,
        }
    )
