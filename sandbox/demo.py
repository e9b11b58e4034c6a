"""The demo's beginning: two people and a dozen varied events, this week and next."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from sandbox.control import add_user
from sandbox.google.events import Writer, insert
from sandbox.google.state import Google
from sandbox.providers import providers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.state import World

Json = dict[str, Any]

ADA = "ada@example.com"
BOB = "bob@example.com"
CAROL = "carol@example.org"
TEAMS = "https://teams.microsoft.com/l/meetup-join/19%3ameeting_NDAxYjY4ZGYt%40thread.v2/0"


def seed(world: World) -> None:
    """Add the people and their events; nobody is mailed."""
    simulated = providers()
    add_user(world, simulated, {"email": ADA, "name": "Ada Lovelace"})
    add_user(world, simulated, {"email": BOB, "name": "Bob Kahn"})
    google = world.room(Google)
    for email, body in _events(world.now()):
        insert(google, Writer(email, person=True, conference=True), google.calendars[email], body)


def _events(now: datetime) -> Iterator[tuple[str, Json]]:
    week = _working_days(now, 10)
    bob = {"attendees": [{"email": BOB}]}
    both = {"attendees": [{"email": BOB}, {"email": CAROL, "displayName": "Carol"}]}
    yield ADA, {"summary": "Design review @zoom", **_at(week[0], 10, 60), **bob}
    yield ADA, {"summary": "Coffee with Bob @meet", **_at(week[0], 15, 30), **bob}
    yield ADA, {"summary": "Dentist", "location": "12 Main Street", **_at(week[1], 9, 45)}
    yield ADA, _weekly({"summary": "Team weekly @zoom", **_at(week[1], 11, 60), **bob})
    yield ADA, {"summary": "Customer call @zoom", "description": f"Join: {TEAMS}", **_at(week[2], 14, 60)}
    yield ADA, {"summary": "Quarterly planning", "location": "@meet", **_at(week[3], 13, 90), **both}
    yield ADA, {"summary": "Company holiday", **_all_day(week[4])}
    yield ADA, {"summary": "Write the report", **_at(week[6], 9, 120)}
    yield BOB, {"summary": "Interview @zoom", **_at(week[2], 10, 45)}
    yield BOB, {"summary": "Lunch", **_at(week[3], 12, 60)}
    yield BOB, {"summary": "Ada and Bob", "description": "Catch up. @meet", **_at(week[5], 16, 30), **_ada()}
    yield BOB, {"summary": "Release checklist", **_at(week[7], 10, 30)}


def _ada() -> Json:
    return {"attendees": [{"email": ADA}]}


def _working_days(now: datetime, count: int) -> list[datetime]:
    """Return the midnights of the next working days, in this machine's zone."""
    today = datetime.combine(now.astimezone().date(), time()).astimezone()
    days = (today + timedelta(days=n) for n in range(1, 3 * count))
    return [day for day in days if day.weekday() < 5][:count]


def _at(day: datetime, hour: int, minutes: int) -> Json:
    start = day.replace(hour=hour)
    end = start + timedelta(minutes=minutes)
    return {"start": {"dateTime": start.isoformat()}, "end": {"dateTime": end.isoformat()}}


def _all_day(day: datetime) -> Json:
    return {"start": {"date": f"{day:%Y-%m-%d}"}, "end": {"date": f"{day + timedelta(days=1):%Y-%m-%d}"}}


def _weekly(event: Json) -> Json:
    named = {name: {**event[name], "timeZone": "UTC"} for name in ("start", "end")}
    return {**event, **named, "recurrence": ["RRULE:FREQ=WEEKLY;COUNT=8"]}
