"""An application's wish for an event in Google's fields, and which of them an event does not have yet. Pure.

A PATCH merges objects but replaces arrays: where the people change, those who stay are sent back as they were
read, with their answers.
https://developers.google.com/workspace/calendar/api/v3/reference/events#resource
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

from connectors import drafts, markup
from connectors.google.shown import PRIVATE
from connectors.model import Draft, Event

MOST_REMINDERS = 5
SEEN = frozenset(
    {
        "summary",
        "description",
        "location",
        "start",
        "end",
        "recurrence",
        "attendees",
        "status",
        "conferenceData",
    }
)  # by guests: a change of these is worth a mail

Json = dict[str, Any]
Item = Mapping[str, Any]


def fresh(draft: Draft, owner: str) -> Json:
    """Return all fields of a new event in the calendar of `owner`, who is not to be invited."""
    body: Json = {"summary": draft.title, **times(draft)}
    body |= {"description": text(draft.description)} if draft.description else {}
    body |= {"location": draft.location} if draft.location else {}
    body |= {"recurrence": _rules(draft)} if draft.recurrence else {}
    people = _people((), draft, owner)
    body |= {"attendees": people} if people else {}
    body |= {} if draft.reminders is None else {"reminders": _reminders({}, draft.reminders)}
    body |= {"transparency": "transparent"} if draft.transparent else {}
    return body | ({"visibility": "private"} if draft.private else {})


def owed(item: Item, event: Event, draft: Draft) -> Json:
    """Return the fields in which an event is not as the draft says, texts apart."""
    body: Json = {"summary": draft.title} if event.title != draft.title else {}
    if not drafts.same_rules(event.recurrence, _rules(draft)):
        body["recurrence"] = _series(event, draft)
    if not _same_times(item, event, draft) or (body.get("recurrence") and not _has_zone(item, draft)):
        body |= _switched(times(draft), draft)
    there = [guest for guest in item.get("attendees") or () if isinstance(guest, dict)]
    people = _people(there, draft, event.organizer)
    body |= {"attendees": people} if people != there else {}
    return body | _own(item, draft)


def text(description: str) -> str:
    """Return plain text as Google keeps it: encoded only where it would be read as something else."""
    plain = markup.unescape(description) == description and not markup.is_html(description)
    return description if plain and "<!--" not in description else markup.escape(description)


def times(draft: Draft) -> Json:
    """Return start and end."""
    if draft.all_day:
        return {name: {"date": f"{at:%Y-%m-%d}"} for name, at in (("start", draft.start), ("end", draft.end))}
    zone = ZoneInfo(draft.zone)
    return {
        name: {"dateTime": at.astimezone(zone).isoformat(timespec="seconds"), "timeZone": draft.zone}
        for name, at in (("start", draft.start), ("end", draft.end))
    }


def has(event: Event, draft: Draft) -> bool:
    """Tell whether an answer shows what no provider words anew: title and time."""
    moved = not draft.all_day and (event.start, event.end) != (draft.start, draft.end)
    return event.title.split() == draft.title.split() and event.all_day == draft.all_day and not moved


def _switched(body: Json, draft: Draft) -> Json:
    """Take the other kind of time off, which a merge would leave there."""
    other = {"dateTime": None, "timeZone": None} if draft.all_day else {"date": None}
    return {name: {**other, **part} for name, part in body.items()}


def _same_times(item: Item, event: Event, draft: Draft) -> bool:
    if event.all_day or draft.all_day:
        return {name: _part(item, name) for name in ("start", "end")} == times(draft)
    return (event.start, event.end, event.zone) == (draft.start, draft.end, draft.zone)


def _part(item: Item, name: str) -> Json:
    part = item.get(name) or {}
    return {"date": part["date"]} if part.get("date") else {}


def _has_zone(item: Item, draft: Draft) -> bool:
    return draft.all_day or bool((item.get("start") or {}).get("timeZone"))


def _series(event: Event, draft: Draft) -> list[str] | None:
    """Return the lines of the series: the draft's rules, and what people have left out or added by hand."""
    others = [line for line in event.recurrence if line not in drafts.rules(event.recurrence)]
    return [*_rules(draft), *others] if draft.recurrence else None


def _rules(draft: Draft) -> list[str]:
    return [_rule(line, draft) for line in drafts.rules(draft.recurrence)]


def _rule(line: str, draft: Draft) -> str:
    """Return a rule with the UNTIL that Google takes: of days a date, of times a moment in UTC."""
    found = drafts.parts(line)
    if "UNTIL" in found:
        last = drafts.until(found["UNTIL"], draft)
        moment = last.replace(tzinfo=ZoneInfo(draft.zone)).astimezone(UTC)
        found["UNTIL"] = f"{last:%Y%m%d}" if draft.all_day else f"{moment:%Y%m%dT%H%M%SZ}"
    return "RRULE:" + ";".join(f"{name}={value}" for name, value in found.items())


def _people(there: Sequence[Item], draft: Draft, owner: str) -> list[Item]:
    """Return everybody: who is there and not to be removed, then who is new."""
    kept = [guest for guest in there if _address(guest) not in draft.removed or guest.get("organizer")]
    known = {_address(guest) for guest in kept} | {owner.lower()}
    new = [
        {"email": guest.address} | ({"displayName": guest.name} if guest.name else {})
        for guest in draft.attendees
        if guest.address not in known and guest.address not in draft.removed
    ]
    return [*kept, *new]


def _own(item: Item, draft: Draft) -> Json:
    """Return what only the owner of the calendar sees."""
    body: Json = {}
    if draft.reminders is not None:
        wanted, there = _reminders(item, draft.reminders), item.get("reminders") or {}
        if _minutes(wanted) != _minutes(there) or there.get("useDefault"):
            body["reminders"] = wanted
    if (item.get("transparency") == "transparent") != draft.transparent:
        body["transparency"] = "transparent" if draft.transparent else "opaque"
    if (item.get("visibility") in PRIVATE) != draft.private:
        body["visibility"] = "private" if draft.private else "default"
    return body


def _reminders(item: Item, minutes: tuple[int, ...]) -> Json:
    """Return the reminders: of more than Google keeps those that come first, before the event as it were."""
    there = (item.get("reminders") or {}).get("overrides") or ()
    methods = {one.get("minutes"): one.get("method") for one in there}
    first = sorted(set(minutes), reverse=True)[:MOST_REMINDERS]
    overrides = [{"method": methods.get(at) or "popup", "minutes": at} for at in first]
    return {"useDefault": False, "overrides": overrides}


def _minutes(reminders: Item) -> list[int]:
    return sorted(one.get("minutes", 0) for one in reminders.get("overrides") or ())


def _address(guest: Item) -> str:
    return str(guest.get("email") or "").strip().lower()
