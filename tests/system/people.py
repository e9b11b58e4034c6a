"""People at their calendars' own pages, who can do the same things whichever provider keeps their calendar.

A value that is not given stays as it is. What only one provider knows is handed over in its own words (`raw`).
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from tests.system.homes import GOOGLE, OUTLOOK, Home
from tests.system.providers import Providers
from tests.system.seen import Json, Seen, at_google, at_outlook, name

PAGE = """\
<html>\r
<head>\r
<meta http-equiv="Content-Type" content="text/html; charset=utf-8">\r
</head>\r
<body>{}</body>\r
</html>\r
"""
Repeats = tuple[str, int]  # "daily" or "weekly", and how often


def hours(start: float, minutes: float = 45) -> Json:
    """Return the times of an event that starts so many hours from now, in UTC."""
    begins = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=start)
    return times(begins, minutes)


def times(begins: datetime, minutes: float = 45, zone: str = "UTC") -> Json:
    """Return the times of an event that starts then."""
    return {"start": begins, "end": begins + timedelta(minutes=minutes), "zone": zone}


class Person(Protocol):
    """Somebody at their calendar's own page."""

    providers: Providers
    email: str
    home: Home

    def add(self, title: str = "", *, calendar: str = "", **fields: Any) -> Seen:
        """Make an event, tomorrow for three quarters of an hour if nothing else is said."""

    def change(self, event: Seen | str, *, calendar: str = "", **fields: Any) -> Seen:
        """Change an event, or one occurrence of a series."""

    def delete(self, event: Seen | str, *, calendar: str = "") -> None:
        """Delete an event or one occurrence of a series; where the person organizes it, it is cancelled."""

    def cancel(self, event: Seen) -> None:
        """Cancel an event in the other way that there is."""

    def move(self, event: Seen, to: str) -> None:
        """Move an event to another calendar of one's own."""

    def answer(self, event: Seen, response: str) -> None:
        """Answer an invitation of somebody else's: "accepted", "tentative" or "declined"."""

    def see(self, event: Seen | str, *, calendar: str = "") -> Seen:
        """Look at one event of one's own calendar."""

    def copy_of(self, event: Seen) -> Seen:
        """Look at one's own copy of somebody's event."""

    def occurrence(self, series: Seen, number: int) -> str:
        """Return the id of one occurrence of a series, counted from 0."""

    def events(self, *, calendar: str = "") -> list[Seen]:
        """Return the events that are not cancelled, and no occurrences."""

    def copy(self, event: Seen) -> Seen:
        """Make a second event of all that can be seen on one, and of what cannot."""

    def calendar(self, called: str, **more: Any) -> str:
        """Make a calendar of one's own and return its id."""

    def calendar_id(self, called: str) -> str:
        """Return the id of the calendar with that name."""

    def typed(self, text: str) -> str:
        """Return a text as it stands in the calendar when the person has typed it."""

    def around(self, text: str, before: str, after: str) -> str:
        """Return a text as it stands in the calendar when the person has typed something around it."""

    def tagged(self, service: str) -> Json:
        """Return what asks for a service without any keyword: a private property or a category; "" takes it away."""

    def take_out(self, event: Seen) -> Seen:
        """Take the calendar's own meeting off an event."""


@dataclass(frozen=True, slots=True)
class GooglePerson:
    """Somebody with a Google Calendar."""

    providers: Providers
    email: str
    home: Home = GOOGLE

    def _path(self, calendar: str, *more: str, mails: bool = False) -> str:
        steps = ("people", self.email, "calendars", calendar or self.email, "events", *more)
        path = "".join(f"/{quote(step, safe='@')}" for step in steps)
        return path if mails else f"{path}?{urlencode({'sendUpdates': 'none'})}"

    def add(self, title: str = "", *, calendar: str = "", **fields: Any) -> Seen:
        body = _google({"title": title, **hours(24), **fields})
        return at_google(self.providers("POST", self._path(calendar), body))

    def change(self, event: Seen | str, *, calendar: str = "", **fields: Any) -> Seen:
        return at_google(self.providers("PATCH", self._path(calendar, name(event)), _google(fields)))

    def delete(self, event: Seen | str, *, calendar: str = "") -> None:
        self.providers("DELETE", self._path(calendar, name(event)))

    def cancel(self, event: Seen) -> None:
        self.change(event, raw={"status": "cancelled"})

    def restore(self, event: Seen | str) -> Seen:
        """Take a cancelled event back."""
        return at_google(self.providers("POST", self._path("", name(event), "restore", mails=True)))

    def move(self, event: Seen, to: str) -> None:
        self.providers("POST", self._path("", event.id, "move", mails=True), {"to": to})

    def answer(self, event: Seen, response: str) -> None:
        path = self._path("", self.copy_of(event).id, "rsvp", mails=True)
        self.providers("POST", path, {"responseStatus": response})

    def see(self, event: Seen | str, *, calendar: str = "") -> Seen:
        return at_google(self.providers("GET", self._path(calendar, name(event))))

    def copy_of(self, event: Seen) -> Seen:
        return next(one for one in self.events() if one.uid == event.uid)

    def occurrence(self, series: Seen, number: int) -> str:
        return f"{series.id}_{series.start + timedelta(days=number):%Y%m%dT%H%M%SZ}"

    def events(self, *, calendar: str = "") -> list[Seen]:
        found = self.providers("GET", self._path(calendar))["items"]
        return [event for event in map(at_google, found) if not event.series]

    def copy(self, event: Seen) -> Seen:
        kept = {"extendedProperties": event.raw["extendedProperties"]}
        return self.add(event.title, text=event.text, location=event.location, raw=kept)

    def typed(self, text: str) -> str:
        return text

    def around(self, text: str, before: str, after: str) -> str:
        return before + text + after

    def calendar_id(self, called: str) -> str:
        return f"{called.lower()}@group.calendar.google.com"

    def calendar(self, called: str, **more: Any) -> str:
        spec = {"summary": called, "id": self.calendar_id(called), **more}
        return self.providers("POST", f"/people/{quote(self.email, safe='@')}/calendars", spec)["id"]

    def tagged(self, service: str) -> Json:
        return {"raw": {"extendedProperties": {"private": {"conferencing": service or None}}}}

    def take_out(self, event: Seen) -> Seen:
        return self.change(event, raw={"conferenceData": None})


@dataclass(frozen=True, slots=True)
class OutlookPerson:
    """Somebody with a mailbox of Microsoft 365."""

    providers: Providers
    email: str
    home: Home = OUTLOOK

    def _path(self, *more: str) -> str:
        steps = ("outlook", self.email, *more)
        return "".join(f"/{quote(step, safe='@')}" for step in steps)

    def add(self, title: str = "", *, calendar: str = "", **fields: Any) -> Seen:
        where = f"?{urlencode({'calendar': calendar})}" if calendar else ""
        body = self._graph({"title": title, **hours(24), **fields})
        return at_outlook(self.providers("POST", f"{self._path('events')}{where}", body))

    def change(self, event: Seen | str, *, calendar: str = "", **fields: Any) -> Seen:
        del calendar  # an id says all
        if "repeats" in fields and "start" not in fields:
            known = self.see(event)
            fields = {"start": known.start, "end": known.end, "zone": known.zone, **fields}
        return at_outlook(self.providers("PATCH", self._path("events", name(event)), self._graph(fields)))

    def delete(self, event: Seen | str, *, calendar: str = "") -> None:
        del calendar
        self.providers("DELETE", self._path("events", name(event)))

    def cancel(self, event: Seen) -> None:
        self.delete(event)

    def move(self, event: Seen, to: str) -> None:
        self.providers("POST", self._path("events", event.id, "move"), {"to": to})

    def answer(self, event: Seen, response: str) -> None:
        path = self._path("events", self.copy_of(event).id, "respond")
        self.providers("POST", path, {"response": response})

    def see(self, event: Seen | str, *, calendar: str = "") -> Seen:
        del calendar
        return at_outlook(self.providers("GET", self._path("events", name(event))))

    def copy_of(self, event: Seen) -> Seen:
        return next(one for one in self.events() if one.uid == event.uid)

    def occurrence(self, series: Seen, number: int) -> str:
        return self.occurrences(series)[number].id

    def occurrences(self, series: Seen) -> list[Seen]:
        """Return the occurrences of a series in their order."""
        found = self.providers("GET", self._path("events", series.id, "instances"))["value"]
        return sorted(map(at_outlook, found), key=lambda one: one.start)

    def events(self, *, calendar: str = "") -> list[Seen]:
        where = f"?{urlencode({'calendar': calendar})}" if calendar else ""
        found = self.providers("GET", f"{self._path('events')}{where}")["value"]
        return [event for event in map(at_outlook, found) if not event.series and not event.cancelled]

    def copy(self, event: Seen) -> Seen:
        return at_outlook(self.providers("POST", self._path("events", event.id, "copy"), {}))

    def typed(self, text: str) -> str:
        return text if "<html" in text else PAGE.format(_marked_up(text))

    def around(self, text: str, before: str, after: str) -> str:
        head, opening, rest = text.partition("<body>")
        content, closing, foot = rest.rpartition("</body>")
        return f"{head}{opening}{_marked_up(before)}{content}{_marked_up(after)}{closing}{foot}"

    def calendar_id(self, called: str) -> str:
        found = self.providers("GET", self._path("calendars"))["value"]
        return next(one["id"] for one in found if one["name"] == called)

    def calendar(self, called: str, **more: Any) -> str:
        return self.providers("POST", self._path("calendars"), {"name": called, **more})["id"]

    def tagged(self, service: str) -> Json:
        return {"raw": {"categories": ["Red category", *([service.title()] if service else [])]}}

    def take_out(self, event: Seen) -> Seen:
        return self.change(event, raw={"isOnlineMeeting": False})

    def _graph(self, fields: Mapping[str, Any]) -> Json:
        body: Json = dict(fields.get("raw", {}))
        if "title" in fields:
            body["subject"] = fields["title"]
        if "text" in fields:
            body["body"] = {"contentType": "html", "content": self.typed(fields["text"])}
        if "location" in fields:
            body["location"] = {"displayName": fields["location"]}
        if "guests" in fields:
            body["attendees"] = list(_attendees(fields["guests"]))
        if "repeats" in fields:
            body["recurrence"] = _recurrence(fields["repeats"], fields["start"], fields["zone"])
        return body | _times(fields)


def _marked_up(text: str) -> str:
    """Return a text as HTML, where it is not yet."""
    return text if re.search(r"</?[a-zA-Z]", text) else html.escape(text).replace("\n", "<br>")


def _google(fields: Mapping[str, Any]) -> Json:
    body: Json = dict(fields.get("raw", {}))
    for ours, theirs in (("title", "summary"), ("text", "description"), ("location", "location")):
        if ours in fields:
            body[theirs] = fields[ours]
    if "guests" in fields:
        body["attendees"] = [{"email": guest} for guest in fields["guests"]]
    if "repeats" in fields:
        frequency, count = fields["repeats"]
        body["recurrence"] = [f"RRULE:FREQ={frequency.upper()};COUNT={count}"]
    return body | _times(fields)


def _attendees(guests: Iterable[str]) -> Iterable[Json]:
    for guest in guests:
        yield {"emailAddress": {"address": guest, "name": guest.partition("@")[0]}, "type": "required"}


def _recurrence(repeats: Repeats, start: datetime, zone: str) -> Json:
    frequency, count = repeats
    first = start.astimezone(ZoneInfo(zone))
    pattern: Json = {"type": frequency, "interval": 1}
    if frequency == "weekly":
        pattern["daysOfWeek"] = [f"{first:%A}".lower()]
    span = {"type": "numbered", "startDate": f"{first:%Y-%m-%d}", "numberOfOccurrences": count}
    return {"pattern": pattern, "range": span}


def _times(fields: Mapping[str, Any]) -> Json:
    """Return the times that are given, on the clock of the zone in which the person sees them."""
    zone = fields.get("zone", "UTC")
    return {
        end: {
            "dateTime": fields[end].astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M:%S"),
            "timeZone": zone,
        }
        for end in ("start", "end")
        if end in fields
    }
