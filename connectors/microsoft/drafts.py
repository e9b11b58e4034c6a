"""An application's wish for an event in Graph's fields, and which of them an event does not have yet. Pure.

A PATCH replaces all attendees: where the people change, those who stay are sent back as they were read.
https://learn.microsoft.com/en-us/graph/api/resources/event
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from connectors import drafts, markup
from connectors.microsoft import patterns, rules
from connectors.microsoft.shown import FREE, PRIVATE
from connectors.microsoft.times import windows
from connectors.microsoft.values import mapping, sequence, text
from connectors.model import Draft, Event

LONGEST = 255  # characters of a subject

_BREAKS = re.compile(r"\s*[\r\n]+\s*")

Json = dict[str, Any]
Item = Mapping[str, Any]


def fresh(draft: Draft, owner: str) -> Json:
    """Return all fields of a new event of `owner`, who is not to be invited; texts and places apart.

    Raises ValueError where Outlook cannot have such an event.
    """
    series = rules.recurrence(draft)
    body: Json = {"subject": subject(draft), **times(draft)}
    body |= {"recurrence": series} if series else {}
    people = _people((), draft, owner)
    body |= {"attendees": people} if people else {}
    body |= _reminder(draft) if draft.reminders is not None else {}
    body["showAs"] = FREE if draft.transparent else "busy"
    return body | ({"sensitivity": "private"} if draft.private else {})


def owed(item: Item, event: Event, draft: Draft, owner: str) -> Json:
    """Return the fields in which an event is not as the draft says, texts and places apart. Raises as `fresh`."""
    series = rules.recurrence(draft)
    body: Json = {"subject": subject(draft)} if event.title != subject(draft) else {}
    body |= {} if _same_times(event, draft) else times(draft)
    if patterns.lines(item.get("recurrence")) != patterns.lines(series) or ("start" in body and series):
        body["recurrence"] = series
    there = [guest for guest in sequence(item.get("attendees")) if isinstance(guest, dict)]
    people = _people(there, draft, event.organizer or owner)
    body |= {"attendees": people} if people != there else {}
    return body | _own(item, draft)


def subject(draft: Draft) -> str:
    """Return the title in one line, as long as Exchange keeps it."""
    return _BREAKS.sub(" ", draft.title)[:LONGEST]


def html(description: str) -> str:
    """Return plain text as mark-up that shows it line for line."""
    return "<br>".join(markup.escape(line) for line in description.splitlines())


def times(draft: Draft) -> Json:
    """Return start and end on the wall clock of the draft's zone."""
    zone = draft.zone  # Graph takes the zone database's names as well as those of Windows
    return {
        "isAllDay": draft.all_day,
        "start": {"dateTime": _wall(draft.start, draft), "timeZone": zone},
        "end": {"dateTime": _wall(draft.end, draft), "timeZone": zone},
    }


def has(event: Event, draft: Draft) -> bool:
    """Tell whether an answer shows what no provider words anew: title and time."""
    return event.title.split() == subject(draft).split() and _same_span(event, draft)


def _wall(moment: datetime, draft: Draft) -> str:
    return drafts.wall(moment, draft).isoformat(timespec="seconds")


def _same_times(event: Event, draft: Draft) -> bool:
    zone = draft.all_day or windows(event.zone) == windows(draft.zone)
    return zone and _same_span(event, draft)


def _same_span(event: Event, draft: Draft) -> bool:
    """Compare the times. Graph lets a series begin with the first occurrence by its rule."""
    start, end = drafts.first(draft)
    if not (event.all_day and draft.all_day):
        return event.all_day == draft.all_day and (event.start, event.end) == (start, end)
    days = [drafts.day(moment, event.zone) for moment in (event.start, event.end)]
    return days == [start.date(), end.date()]


def _people(there: Sequence[Item], draft: Draft, owner: str) -> list[Item]:
    """Return everybody: who is there and not to be removed, then who is new."""
    kept = [guest for guest in there if _address(guest) not in draft.removed]
    known = {_address(guest) for guest in kept} | {owner.lower()}
    new = [
        {"type": "required", "emailAddress": {"address": guest.address, "name": guest.name or guest.address}}
        for guest in draft.attendees
        if guest.address not in known and guest.address not in draft.removed
    ]
    return [*kept, *new]


def _own(item: Item, draft: Draft) -> Json:
    """Return what only the owner of the calendar sees, or may see."""
    body: Json = {}
    if draft.reminders is not None:
        wanted = _reminder(draft)
        body |= wanted if any(item.get(name) != value for name, value in wanted.items()) else {}
    if (text(item.get("showAs")).lower() == FREE) != draft.transparent:
        body["showAs"] = FREE if draft.transparent else "busy"
    if (text(item.get("sensitivity")).lower() in PRIVATE) != draft.private:
        body["sensitivity"] = "private" if draft.private else "normal"
    return body


def _reminder(draft: Draft) -> Json:
    """Return the one reminder that Outlook has: of several the earliest."""
    if not draft.reminders:
        return {"isReminderOn": False}
    return {"isReminderOn": True, "reminderMinutesBeforeStart": max(draft.reminders)}


def _address(guest: Item) -> str:
    return text(mapping(guest.get("emailAddress")).get("address")).strip().lower()
