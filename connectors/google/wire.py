"""Google's JSON as our vocabulary. Sans-I/O, and loads no SDK.

https://developers.google.com/workspace/calendar/api/v3/reference/events
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors import marks, markup
from connectors.block import split
from connectors.google import conference
from connectors.google.shown import shown
from connectors.google.times import iana, span
from connectors.model import CalendarInfo, Event, EventRef, Gone, Mark
from connectors.recurrence import last_end
from connectors.wording import ENGLISH, Texts

MARK = "huddled"  # private extended property: our note on one copy of an event
ASK = "conferencing"  # private extended property by which applications ask for a service

_WRITERS = frozenset({"owner", "writer", "writerWithoutPrivateAccess"})
_CALENDAR_ADDRESS = ".calendar.google.com"  # of group calendars and rooms: nobody reads mail there
_INSTANCE = re.compile(r"(?P<series>.+)_\d{8}(?:T\d{6}Z)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Page:
    """The items of one page by id; `unreadable` are the ids of those that we can make nothing of."""

    found: dict[str, Event | Gone]
    unreadable: tuple[str, ...]


def page(items: Iterable[Any], calendar: CalendarInfo, texts: Texts = ENGLISH) -> Page:
    """Read a page. Of an event that stands on it twice, the later state counts. `texts` are as in `event`."""
    found: dict[str, Event | Gone] = {}
    unreadable = []
    for item in items:
        try:
            read = event(item, calendar, texts)
        except (ValueError, TypeError, AttributeError):
            unreadable.append(str(item.get("id")) if isinstance(item, dict) else "")
            continue
        if read is not None:
            found[read.event if isinstance(read, Gone) else read.ref.event] = read
    return Page(found, tuple(unreadable))


def event(item: Mapping[str, Any], calendar: CalendarInfo, texts: Texts = ENGLISH) -> Event | Gone | None:
    """Read an event; None where it is of a kind that cannot have a conference (out of office, birthday, …).

    `texts` are the words of our block, in which what is left of a damaged one is known again.
    Raises ValueError where there is no id or no readable start.
    """
    identity = item.get("id")
    if not isinstance(identity, str) or not identity:
        raise ValueError("an event without an id")
    if item.get("status") == "cancelled":
        # Of a cancelled instance often nothing but its id is told, so that the series is read off the id.
        return Gone(identity, str(item.get("recurringEventId") or _series(identity)))
    if item.get("eventType", "default") != "default":
        return None
    return _event(identity, item, calendar, texts)


def _event(identity: str, item: Mapping[str, Any], calendar: CalendarInfo, texts: Texts) -> Event:
    description = str(item.get("description") or "")
    notes, block = split(description, texts=texts)
    when = span(item, calendar.zone)
    recurrence = tuple(str(line) for line in item.get("recurrence") or ())
    asked = _private(item, ASK).strip().removeprefix("@").lower()
    organizer, native = _organizer(item), conference.native(item)
    return Event(
        ref=EventRef(calendar.remote, identity),
        etag=str(item.get("etag") or ""),
        uid=str(item.get("iCalUID") or identity),
        title=str(item.get("summary") or ""),
        location=str(item.get("location") or ""),
        description=description,
        notes=notes,
        start=when.start,
        end=when.end,
        zone=when.zone,
        all_day=when.all_day,
        recurrence=recurrence,
        ends=last_end(when.start, when.end, when.zone, recurrence) if recurrence else when.end,
        series=str(item.get("recurringEventId") or ""),
        organizer=organizer,
        own=calendar.writable and not item.get("locked") and _is_organizers_copy(item, calendar),
        attendees=_people(item, organizer),
        ask=asked,
        mark=mark(item),
        block=block,
        native=native,
        shown=shown(item, native, markup.readable(description) if block else notes),
    )


def mark(item: Mapping[str, Any]) -> Mark | None:
    """Read our private note."""
    return marks.read(_private(item, MARK))


def calendar_info(item: Mapping[str, Any]) -> CalendarInfo:
    """Read an entry of the calendar list.

    https://developers.google.com/workspace/calendar/api/v3/reference/calendarList
    """
    offered = (item.get("conferenceProperties") or {}).get("allowedConferenceSolutionTypes") or ()
    return CalendarInfo(
        remote=str(item["id"]),
        name=str(item.get("summaryOverride") or item.get("summary") or item["id"]),
        zone=iana(str(item.get("timeZone") or ""), "UTC"),
        writable=item.get("accessRole") in _WRITERS,
        primary=bool(item.get("primary")),
        native=("meet",) if conference.MEET in offered else (),
    )


def expires(item: Mapping[str, Any], otherwise: datetime) -> datetime:
    """Return when a channel ends: it is told in milliseconds, sent as a string and documented as a number."""
    try:
        return datetime.fromtimestamp(int(item["expiration"]) / 1000, tz=otherwise.tzinfo)
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return otherwise


def _private(item: Mapping[str, Any], name: str) -> str:
    properties = item.get("extendedProperties") or {}
    return str((properties.get("private") or {}).get(name) or "")


def _series(identity: str) -> str:
    found = _INSTANCE.fullmatch(identity)
    return found["series"] if found else ""


def _is_organizers_copy(item: Mapping[str, Any], calendar: CalendarInfo) -> bool:
    """Tell whether guests see what is written here.

    Events without an organizer (some imports) are judged by their creator, and without one by the calendar.
    """
    who = item.get("organizer") or item.get("creator")
    if not who:
        return True
    return bool(who.get("self")) or _address(who) == calendar.remote.lower()


def _organizer(item: Mapping[str, Any]) -> str:
    """Return the organizer's address: of a person, or of a group calendar, which organizes its own events."""
    return _address(item.get("organizer") or {}) or _address(item.get("creator") or {})


def _people(item: Mapping[str, Any], organizer: str) -> tuple[str, ...]:
    guests = (
        guest
        for guest in item.get("attendees") or ()
        if not (guest.get("resource") or guest.get("organizer"))
    )
    found = {_address(guest) for guest in guests} - {organizer, ""}
    return tuple(sorted(address for address in found if not address.endswith(_CALENDAR_ADDRESS)))


def _address(person: Mapping[str, Any]) -> str:
    return str(person.get("email") or "").strip().lower()
