"""An event as applications read it: https://docs.cronofy.com/developers/api/events/read-events/. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from api.v1 import occurrences
from api.v1.application import Application
from api.v1.names import conference_name
from api.v1.repeating import DAYS
from api.v1.uids import uid_of
from connectors.drafts import first
from connectors.links import foreign_links
from connectors.model import Answered, Conference, Draft, Event, EventRef, Shown
from connectors.recurrence import last_end
from store.managed import Managed

_DAYS = {code: name for name, code in DAYS.items()}
_UNTIL = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)Z?)?", re.ASCII)
NOTHING = frozenset({"", "none"})  # of the `conferencing` that an application has asked for


@dataclass(frozen=True, slots=True)
class Entry:
    """One event, or one occurrence of a series, and all that bears on how it is told."""

    calendar: str
    provider: str
    event: Event  # as it stands, or as it is to be
    managed: Managed | None = None
    conference: Conference | None = None
    changed_at: float = 0.0  # when we learnt of it; 0: nobody knows
    event_id: str = ""  # the application's own name, where it is not an external event
    uid: str = ""  # where it is no occurrence
    deleted: bool = False
    series: str = ""  # what its series goes by; "" for what repeats not
    occurrence: str = ""  # which of the series it is
    head: bool = False  # the one of a managed series that stands for all of it


def item(
    entry: Entry, application: Application, *, ids: bool = False, localized: bool = False
) -> Mapping[str, Any]:
    """Write it as JSON. What is not known is left out."""
    event, shown = entry.event, entry.event.shown
    told: dict[str, Any] = {
        "calendar_id": entry.calendar,
        **_names(entry),
        "summary": event.title,
        "description": shown.text or event.notes,
        "start": _time(event.start, event, localized=localized),
        "end": _time(event.end, event, localized=localized),
        "deleted": entry.deleted,
        **_kept(entry),
        "participation_status": shown.answer,
        "attendees": [_person(one) for one in shown.attendees],
        "transparency": "transparent" if shown.transparent else "opaque",
        "status": "cancelled" if entry.deleted else shown.status,
        "categories": list(shown.categories),
        "recurring": bool(entry.series),
        "event_private": shown.private,
        "options": _options(entry, application),
    }
    if event.location:
        told["location"] = {"description": event.location}
    if event.organizer:
        told["organizer"] = {"email": event.organizer, "display_name": shown.organizer or None}
    if entry.head and (rules := [line for line in event.recurrence if line.upper().startswith("RRULE:")]):
        told["recurrence"] = {"rules": [_rule(line) for line in rules]}
    if not entry.deleted and (found := _conferencing(entry)):
        told["conferencing"] = found
    if ids and entry.provider == "google" and (entry.managed is None or entry.managed.event):
        told["google_event_id"] = event.ref.event
    return told


def drawn(managed: Managed, before: Event | None) -> Event:
    """Return a managed event as the application wants it; `before` is how it stands, where it does."""
    draft = managed.wish.draft
    start, end = _times(draft)
    old = before.shown if before else Shown(answer="accepted")
    known = {one.address: one for one in old.attendees}
    guests = {
        **known,
        **{one.address: known.get(one.address, Answered(one.address, one.name)) for one in draft.attendees},
    }
    shown = replace(
        old,
        attendees=tuple(one for address, one in guests.items() if address not in draft.removed),
        transparent=draft.transparent,
        private=draft.private,
        text=old.text if draft.description is None else draft.description,
    )
    rest = before or Event(EventRef("", managed.where), "", "", "", "", "", "", start, end, draft.zone)
    return replace(
        rest,
        title=draft.title,
        location=rest.location if draft.location is None else draft.location,
        notes=rest.notes if draft.description is None else draft.description,
        start=start,
        end=end,
        zone=draft.zone,
        all_day=draft.all_day,
        recurrence=draft.recurrence or rest.recurrence,
        ends=last_end(start, end, draft.zone, draft.recurrence) if draft.recurrence else end,
        shown=shown,
    )


def series_of(calendar: str, name: str) -> str:
    """Name a series, the same for all of its occurrences."""
    return f"ser_{sha256(f'{calendar}/{name}'.encode()).hexdigest()[:24]}"


def utc(moment: datetime) -> str:
    """Write a time to the second, in UTC: clients parse strictly."""
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def _times(draft: Draft) -> tuple[datetime, datetime]:
    try:
        return first(draft)
    except (ValueError, OverflowError):
        return draft.start, draft.end


def _names(entry: Entry) -> dict[str, str]:
    if entry.event_id and (entry.head or not entry.series):
        told = {"event_id": entry.event_id}
    else:
        told = {"event_uid": entry.uid or uid_of(entry.event.ref.event, entry.occurrence)}
    return {**told, "series_identifier": entry.series} if entry.series else told


def _kept(entry: Entry) -> dict[str, str]:
    """Tell when it was made and last changed: as the calendar says, else as we know."""
    shown, managed = entry.event.shown, entry.managed
    made = shown.created or (occurrences.moment_of(managed.created_at) if managed else None)
    moments = [shown.updated] if shown.updated else []
    if managed is not None and (managed.owed or not moments):
        moments.append(occurrences.moment_of(managed.changed_at))
    if not moments and entry.changed_at:
        moments.append(occurrences.moment_of(entry.changed_at))
    updated = max(moments, default=None)
    return {
        name: utc(moment) for name, moment in (("created", made or updated), ("updated", updated)) if moment
    }


def _time(moment: datetime, event: Event, *, localized: bool) -> Any:
    if event.all_day:
        text = occurrences.day(moment, event.zone).isoformat()
    elif localized:
        text = moment.astimezone(ZoneInfo(event.zone)).replace(microsecond=0).isoformat()
    else:
        text = utc(moment)
    return {"time": text, "tzid": event.zone} if localized else text


def _person(one: Answered) -> Mapping[str, Any]:
    return {"email": one.address, "display_name": one.name or None, "status": one.answer}


def _options(entry: Entry, application: Application) -> Mapping[str, bool]:
    mine = bool(entry.event_id) or (application.elevated and entry.event.own and not entry.series)
    mine = mine and not entry.deleted and (entry.head or not entry.series)
    return {"delete": mine, "update": mine, "change_participation_status": False}


def _rule(line: str) -> Mapping[str, Any]:
    """Write a rule as an upsert takes it; parts that none could have asked for are left out."""
    parts = dict(part.split("=", 1) for part in line.upper().partition(":")[2].split(";") if "=" in part)
    interval, count = parts.get("INTERVAL", "1"), parts.get("COUNT", "")
    rule: dict[str, Any] = {"frequency": parts.get("FREQ", "").lower()}
    rule["interval"] = int(interval) if interval.isdecimal() else 1
    days = [_DAYS.get(one) for one in parts.get("BYDAY", "").split(",")]
    if all(days):
        rule["by_day"] = days
    if count.isdecimal():
        rule["count"] = int(count)
    elif found := _UNTIL.fullmatch(parts.get("UNTIL", "")):
        date, time = "-".join(found.groups()[:3]), ":".join(found.groups()[3:6] if found[4] else ())
        rule["until"] = f"{date}T{time}Z" if time else date
    return rule


def _conferencing(entry: Entry) -> Mapping[str, Any] | None:
    """Tell of the conference: ours, one that is on its way, or else one that somebody put there."""
    known, managed = entry.conference, entry.managed
    if known is not None and known.meeting is not None and known.link:
        return {"provider_name": conference_name(known.meeting.service), "join_url": known.link}
    if (
        entry.event_id
        and managed is not None
        and managed.wish.profile_id not in NOTHING
        and not managed.unmet
    ):
        return {"pending": True}
    if entry.event_id and managed is not None and managed.wish.profile_id == "none":
        return None
    return _somebodys(entry.event)


def _somebodys(event: Event) -> Mapping[str, Any] | None:
    native = event.shown.join_url
    for text in (native, event.location, event.shown.text or event.notes):
        if text and (links := foreign_links(text)):
            return {
                "provider_name": conference_name(links[0].service),
                "join_url": links[0].url if text != native else native,
            }
    return {"provider_name": "other", "join_url": native} if native else None
