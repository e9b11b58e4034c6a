"""The state of the stub provider: people, their calendars, events, and the answers in their real shapes."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

Json = dict[str, Any]

AHEAD = timedelta(days=7)  # far enough not to begin meanwhile, near enough to be given a meeting today
NUMBERS = [{"country": "US", "country_name": "US", "city": "New York", "type": "toll"} for _ in range(6)]


def person(number: int) -> str:
    """Return the address of a person, which is also the id of their first calendar."""
    return f"person{number}@bench.example"


def calendar_ids(owner: str, count: int) -> Iterator[str]:
    """Return the ids of a person's calendars."""
    yield owner
    for number in range(1, count):
        yield f"calendar{number}.{owner}"


@dataclass(slots=True)
class Calendar:
    """One calendar; `changed` holds the number of the change in which each event was last touched."""

    owner: str
    events: dict[str, Json] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)
    number: int = 0
    channel: Json | None = None

    def touch(self, event: Json) -> None:
        """Note that an event changed."""
        self.number += 1
        event["etag"] = f'"{self.number}0000000000{self.number}"'
        event["updated"] = "2026-01-07T09:00:00.000Z"
        self.events[event["id"]] = event
        self.changed[event["id"]] = self.number

    def since(self, number: int) -> list[Json]:
        """Return the events that changed after that change."""
        return [self.events[name] for name, changed in self.changed.items() if changed > number]


@dataclass(slots=True)
class World:
    """All that the stub knows."""

    calendars_each: int
    calendars: dict[str, Calendar] = field(default_factory=dict)
    meetings: dict[str, Json] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    written: list[float] = field(default_factory=list)  # when each event was given its link
    made: int = 0

    def calendar(self, name: str) -> Calendar:
        """Return a calendar, which springs up with the first look."""
        found = self.calendars.get(name)
        if found is None:
            found = self.calendars[name] = Calendar(name.rpartition("calendar")[2].partition(".")[2] or name)
        return found

    def flag(self, name: str) -> None:
        """Let a person put an event into a calendar that asks for a meeting."""
        self.made += 1
        calendar = self.calendar(name)
        calendar.touch(_event(f"bench{self.made:010d}", calendar.owner, self.made))

    def patch(self, calendar: Calendar, event: Json, body: Json) -> Json:
        """Change an event. Other services' conference data is dropped without a word, as Google does."""
        for name in ("description", "location", "summary"):
            if name in body:
                event[name] = body[name]
        private = ((body.get("extendedProperties") or {}).get("private")) or {}
        event.setdefault("extendedProperties", {}).setdefault("private", {}).update(private)
        calendar.touch(event)
        self.written.append(time.monotonic())
        return event

    def meet(self, host: str, body: Json) -> Json:
        """Make a Zoom meeting."""
        number = 90_000_000_000 + len(self.meetings)
        made = _meeting(number, host, body)
        self.meetings[str(number)] = made
        return made


def _event(name: str, owner: str, number: int) -> Json:
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    start = hour + AHEAD + timedelta(minutes=30 * (number % 5_000))
    guests = [person(10_000 + (number + turn) % 50) for turn in range(3)]
    return {
        "kind": "calendar#event",
        "id": name,
        "status": "confirmed",
        "htmlLink": f"https://www.google.com/calendar/event?eid={name}",
        "created": "2026-01-07T08:00:00.000Z",
        "summary": f"Design review {number} @zoom",
        "description": "Agenda:<br>1. What we have<br>2. What we want<br>3. Who does it",
        "creator": {"email": owner, "self": True},
        "organizer": {"email": owner, "self": True},
        "start": {"dateTime": start.isoformat(), "timeZone": "Europe/Berlin"},
        "end": {"dateTime": (start + timedelta(minutes=30)).isoformat(), "timeZone": "Europe/Berlin"},
        "iCalUID": f"{name}@google.com",
        "sequence": 0,
        "attendees": [
            {"email": owner, "organizer": True, "self": True, "responseStatus": "accepted"},
            *({"email": guest, "responseStatus": "needsAction"} for guest in guests),
        ],
        "reminders": {"useDefault": True},
        "eventType": "default",
    }


def _meeting(number: int, host: str, body: Json) -> Json:
    return {
        "uuid": f"{number}==",
        "id": number,
        "host_id": "KdYKjnimT4KPd8KKdQt9FQ",
        "host_email": host,
        "topic": body.get("topic"),
        "type": body.get("type"),
        "status": "waiting",
        "start_time": body.get("start_time"),
        "duration": body.get("duration"),
        "timezone": body.get("timezone"),
        "agenda": body.get("agenda"),
        "created_at": "2026-01-07T09:00:00Z",
        "start_url": f"https://zoom.us/s/{number}?zak={'z' * 400}",
        "join_url": f"https://zoom.us/j/{number}?pwd={'p' * 32}.1",
        "password": "123456",
        "h323_password": "123456",
        "pstn_password": "123456",
        "settings": {
            **dict.fromkeys(
                ("host_video", "participant_video", "join_before_host", "mute_upon_entry"), False
            ),
            **(body.get("settings") or {}),
            "global_dial_in_numbers": [
                {**number, "number": f"+1 646 558 865{turn}"} for turn, number in enumerate(NUMBERS)
            ],
        },
    }
