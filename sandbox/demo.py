"""The demo's beginning: two people at Google, two at Outlook, and varied events, this week and next."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from sandbox.control import add_user
from sandbox.google.events import Writer, insert
from sandbox.google.state import Google
from sandbox.microsoft import events as outlook
from sandbox.microsoft.state import Graph
from sandbox.providers import providers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.state import World

Json = dict[str, Any]

ADA = "ada@example.com"
BOB = "bob@example.com"
CAROL = "carol@example.org"
GRACE = "grace@contoso.example"
LINUS = "linus@contoso.example"
TEAMS = "https://teams.microsoft.com/l/meetup-join/19%3ameeting_NDAxYjY4ZGYt%40thread.v2/0"
AGENDA = "<p>Agenda</p><ul><li>Prices &amp; dates</li><li>Next steps</li></ul>"


def seed(world: World) -> None:
    """Add the people and their events; nobody is mailed."""
    simulated = providers()
    add_user(world, simulated, {"email": ADA, "name": "Ada Lovelace"})
    add_user(world, simulated, {"email": BOB, "name": "Bob Kahn"})
    google = world.room(Google)
    for email, body in _events(world.now()):
        insert(google, Writer(email, person=True, conference=True), google.calendars[email], body)
    add_user(world, simulated, {"email": GRACE, "name": "Grace Hopper", "home": "microsoft"})
    add_user(world, simulated, {"email": LINUS, "name": "Linus Pauling", "home": "microsoft"})
    graph = world.room(Graph)
    for email, body in _outlook_events(world.now()):
        mailbox = graph.mailbox(email)
        outlook.insert(outlook.Writer(graph, mailbox, person=True), mailbox.home, body)
    world.outbox.clear()


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


def _outlook_events(now: datetime) -> Iterator[tuple[str, Json]]:
    week = _working_days(now, 10)
    linus, bob = _attendees(LINUS), _attendees(BOB, LINUS)
    yield GRACE, {"subject": "Budget review @teams", **_from(week[0], 11, 60), **linus}
    yield GRACE, {"subject": "Compiler seminar", **_from(week[1], 14, 60), "categories": ["Teams"]}
    yield GRACE, {"subject": "Partner call @zoom", **_body(AGENDA), **_from(week[2], 9, 45), **bob}
    yield GRACE, {"subject": "Desk time", "showAs": "free", **_from(week[3], 9, 120)}
    yield LINUS, {"subject": "Lab round", **_weekly_from(week[1], 16, 30)}
    yield LINUS, {"subject": "Travel", "location": {"displayName": "Platform 3"}, **_from(week[4], 8, 180)}
    yield LINUS, {"subject": "Paper club @teams", **_from(week[6], 15, 60), **_attendees(GRACE)}


def _from(day: datetime, hour: int, minutes: int) -> Json:
    start = day.replace(hour=hour).astimezone(UTC)
    end = start + timedelta(minutes=minutes)
    return {"start": _utc(start), "end": _utc(end)}


def _utc(moment: datetime) -> Json:
    return {"dateTime": f"{moment:%Y-%m-%dT%H:%M:%S}", "timeZone": "UTC"}


def _weekly_from(day: datetime, hour: int, minutes: int) -> Json:
    times = _from(day, hour, minutes)
    first = times["start"]["dateTime"][:10]
    weekday = datetime.fromisoformat(first).strftime("%A").lower()
    pattern = {"type": "weekly", "interval": 1, "daysOfWeek": [weekday]}
    limits = {"type": "numbered", "startDate": first, "numberOfOccurrences": 8}
    return {**times, "recurrence": {"pattern": pattern, "range": limits}}


def _body(content: str) -> Json:
    return {"body": {"contentType": "html", "content": content}}


def _attendees(*emails: str) -> Json:
    return {"attendees": [{"emailAddress": {"address": email}, "type": "required"} for email in emails]}


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
