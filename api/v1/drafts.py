"""An event as an application writes it, turned into what we keep: everything wrong is named, field by field. Pure.

What a later upsert leaves out stays as it was; title and times are wanted each time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from api.v1.calls import Problem, Refused
from api.v1.repeating import read_rules
from connectors.model import Draft, Guest

LONGEST_TITLE, LONGEST_TEXT, LONGEST_ID = 1024, 4096, 1024  # characters
MOST_GUESTS, MOST_REMINDERS = 500, 5
LONGEST_REMINDER = 40_320  # minutes: four weeks, what Google takes
MAIL = re.compile(r"[^@\s<>,;:\"()\[\]\\]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
ALWAYS = ("summary", "start", "end")
YEARS = range(1900, 2201)  # of what begins: a series has an occurrence for each day since then


@dataclass(frozen=True, slots=True)
class Problems:
    """Gathers what is wrong, by field."""

    found: dict[str, list[Problem]] = field(default_factory=dict)

    def add(self, name: str, key: str, description: str) -> None:
        """Note one."""
        self.found.setdefault(name, []).append(Problem(f"errors.{key}", description))

    def missing(self, name: str) -> None:
        """Note a field that has to be there."""
        self.add(name, "required", f"{name} must be specified")

    def odd(self, name: str, what: str) -> None:
        """Note a field that is not what it has to be."""
        self.add(name, "invalid_format", f"{name} must be {what}")

    def check(self) -> None:
        """Raise Refused where anything was noted."""
        if self.found:
            raise Refused(422, self.found)


@dataclass(frozen=True, slots=True)
class _Moment:
    """A time as it was written: a moment, or a day."""

    at: datetime
    day: bool
    zone: str = ""


def read(body: Mapping[str, Any], before: Draft | None, problems: Problems) -> Draft | None:
    """Read the event of an upsert; `before` is what was asked for until now. None where anything is wrong."""
    zone = _zone(body, "tzid", problems)
    start, end = (_moment(body.get(name), name, zone, problems, before) for name in ("start", "end"))
    title = _text(body, "summary", LONGEST_TITLE, problems, before.title if before else None)
    text = _text(body, "description", LONGEST_TEXT, problems, before.description if before else None)
    place = _location(body, problems, before.location if before else None)
    reminders = _reminders(body, problems, before)
    attendees, removed = _attendees(body.get("attendees"), problems, before)
    private = _flag(body, "event_private", problems, default=before.private if before else False)
    transparent = _transparent(body, problems, before, day=start is not None and start.day)
    if start is not None and end is not None:
        _pair(start, end, problems)
    recurrence = before.recurrence if before else ()
    if body.get("recurrence") is not None and start is not None:
        recurrence = read_rules(body["recurrence"], start.at, problems, day=start.day)
    if problems.found or start is None or end is None or title is None:
        return None
    return Draft(
        title,
        start.at,
        end.at,
        text,
        place,
        zone or start.zone or (before.zone if before else "UTC"),
        all_day=start.day,
        recurrence=recurrence,
        attendees=attendees,
        removed=removed,
        reminders=reminders,
        transparent=transparent,
        private=private,
    )


def _text(
    body: Mapping[str, Any], name: str, longest: int, problems: Problems, default: str | None
) -> str | None:
    value = body.get(name)
    if value is None and name in ALWAYS and (default is None or name in body):
        problems.missing(name)
    elif value is None:
        return default
    elif not isinstance(value, str):
        problems.odd(name, "text")
    elif name in ALWAYS and not value.strip():
        problems.missing(name)
    elif len(value) > longest:
        problems.add(name, "too_long", f"{name} must be no longer than {longest} characters")
    else:
        return value
    return None


def _location(body: Mapping[str, Any], problems: Problems, default: str | None) -> str | None:
    value = body.get("location")
    if value is None:
        return default
    if isinstance(value, str):  # as some callers write it
        value = {"description": value}
    if not isinstance(value, dict):
        problems.odd("location", "an object with a description")
        return default
    place = value.get("description")
    if place is None:
        return default
    if not isinstance(place, str):
        problems.odd("location.description", "text")
        return default
    if len(place) > LONGEST_TITLE:
        what = f"location.description must be no longer than {LONGEST_TITLE} characters"
        problems.add("location.description", "too_long", what)
    return place


def _zone(body: Mapping[str, Any], name: str, problems: Problems) -> str:
    value = body.get("tzid")
    if value in (None, ""):
        return ""
    if isinstance(value, str) and known_zone(value):
        return value
    problems.add(name, "tzid_unrecognized", "TZID not recognized")
    return ""


def known_zone(name: str) -> bool:
    """Tell whether this is the name of a time zone: IANA's, such as Europe/Berlin."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _moment(value: Any, name: str, zone: str, problems: Problems, before: Draft | None) -> _Moment | None:
    """Read a time: a moment, a day, a local time with `tzid`, or an object of time and tzid."""
    if isinstance(value, dict):
        inner = _zone(value, f"{name}.tzid", problems)
        if value.get("time") is None:
            problems.missing(f"{name}.time")
            return None
        return _moment(value["time"], f"{name}.time", inner or zone, problems, before)
    if value in (None, ""):
        problems.missing(name)
        return None
    if isinstance(value, str):
        try:
            return _read(value.strip(), zone)
        except (ValueError, OverflowError):
            pass
    problems.odd(name, 'a time such as "2026-04-28T15:30:00Z", or a date such as "2026-04-28"')
    return None


def _read(text: str, zone: str) -> _Moment:
    if DATE.fullmatch(text):
        return _Moment(datetime.combine(date.fromisoformat(text), time(), UTC), day=True, zone=zone)
    if DATE.match(text) is None:
        raise ValueError(text)
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        found = found.replace(tzinfo=ZoneInfo(zone or "UTC"))
    return _Moment(found.astimezone(UTC).replace(microsecond=0), day=False, zone=zone)


def _pair(start: _Moment, end: _Moment, problems: Problems) -> None:
    if start.at.year not in YEARS:
        problems.odd("start", f"between the years {YEARS[0]} and {YEARS[-1]}")
    if start.day != end.day:
        problems.add("end", "invalid_time_pair", "start and end must both be times, or both be dates")
    elif end.at <= start.at:
        problems.add("end", "invalid_time_pair", "end must be after start")
    elif end.at - start.at > timedelta(days=366):
        problems.add("end", "invalid_time_pair", "end must be within a year of start")


def _flag(body: Mapping[str, Any], name: str, problems: Problems, *, default: bool) -> bool:
    value = body.get(name)
    if value is None:
        return default
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    problems.odd(name, "true or false")
    return default


def _transparent(body: Mapping[str, Any], problems: Problems, before: Draft | None, *, day: bool) -> bool:
    value = body.get("transparency")
    if value is None:
        return before.transparent if before else day
    if value not in ("opaque", "transparent"):
        problems.add("transparency", "not_recognized", "transparency must be opaque or transparent")
    return bool(value == "transparent")


def _reminders(body: Mapping[str, Any], problems: Problems, before: Draft | None) -> tuple[int, ...] | None:
    kept = before.reminders if before else None
    value = body.get("reminders")
    if value is None or (before is not None and body.get("reminders_create_only") is True):
        return kept
    if not isinstance(value, list) or len(value) > MOST_REMINDERS:
        problems.odd("reminders", f"a list of at most {MOST_REMINDERS}")
        return kept
    found = []
    for at, one in enumerate(value):
        minutes = one.get("minutes") if isinstance(one, dict) else None
        if isinstance(minutes, int) and not isinstance(minutes, bool) and 0 <= minutes <= LONGEST_REMINDER:
            found.append(minutes)
        else:
            problems.odd(f"reminders[{at}].minutes", f"a whole number from 0 to {LONGEST_REMINDER}")
    return tuple(sorted(set(found)))


def _attendees(
    value: Any, problems: Problems, before: Draft | None
) -> tuple[tuple[Guest, ...], tuple[str, ...]]:
    """Read whom to invite and whom to take off, on top of what was asked for before."""
    kept = {one.address: one for one in (before.attendees if before else ())}
    gone = set(before.removed if before else ())
    if value is None:
        return tuple(kept.values()), tuple(sorted(gone))
    if not isinstance(value, dict):
        problems.odd("attendees", "an object with invite and remove")
        return (), ()
    for one in _guests(value.get("remove"), "attendees.remove", problems):
        kept.pop(one.address, None)
        gone.add(one.address)
    for one in _guests(value.get("invite"), "attendees.invite", problems):
        kept[one.address] = one
        gone.discard(one.address)
    if len(kept) > MOST_GUESTS:
        problems.odd("attendees.invite", f"at most {MOST_GUESTS} people in all")
    return tuple(kept[address] for address in sorted(kept)), tuple(sorted(gone))


def _guests(value: Any, name: str, problems: Problems) -> Sequence[Guest]:
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > MOST_GUESTS:
        problems.odd(name, f"a list of at most {MOST_GUESTS}")
        return ()
    found = []
    for at, one in enumerate(value):
        path = f"{name}[{at}]"
        if not isinstance(one, dict):
            problems.odd(path, "an object with an email")
            continue
        address, shown = one.get("email"), one.get("display_name")
        if address in (None, ""):
            problems.missing(f"{path}.email")
        elif not isinstance(address, str) or not MAIL.fullmatch(address.strip()):
            problems.add(f"{path}.email", "invalid_email", f"{path}.email is not an email address")
        elif shown is not None and not isinstance(shown, str):
            problems.odd(f"{path}.display_name", "text")
        else:
            found.append(Guest(address.strip().lower(), " ".join((shown or "").split())[:200]))
    return found
