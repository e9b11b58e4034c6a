"""What is the same about an application's wish for an event at every provider. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from connectors import placeholders
from connectors.location import holds
from connectors.model import Draft, Event, Meeting


@dataclass(frozen=True, slots=True)
class Placement:
    """What is to stand in a calendar: the event, the details on it, and which meeting of the calendar's own."""

    draft: Draft
    meeting: Meeting | None = None  # whose details come with it; None leaves those that are there
    key: str = ""  # of the conference
    source: str = ""  # what asked for it
    native: str = ""  # "meet" or "teams", to be made with the same call


_UNSAID = {("INTERVAL", "1"), ("WKST", "MO")}


def same_text(one: str, other: str) -> bool:
    """Tell whether two readable texts differ in no more than how a provider's editor sets blanks and empty lines."""
    return _lines(one) == _lines(other)


def rules(lines: Iterable[str]) -> tuple[str, ...]:
    """Return the RRULE lines among those of a series."""
    return tuple(line for line in lines if line.upper().startswith("RRULE:"))


def same_rules(one: Iterable[str], other: Iterable[str]) -> bool:
    """Tell whether two series repeat by the same rules, however those are spelled."""
    return {_meant(line) for line in rules(one)} == {_meant(line) for line in rules(other)}


def parts(line: str) -> dict[str, str]:
    """Return the parts of an RRULE line by their names, in capitals. Raises ValueError for one that is none."""
    value = line.strip().upper().removeprefix("RRULE:")
    pairs = [part.split("=", 1) for part in value.split(";") if part.strip()]
    if not pairs or any(len(pair) < 2 for pair in pairs):
        raise ValueError(f"{line!r} is no rule")
    return {name.strip(): value.strip() for name, value in pairs}


def until(value: str, draft: Draft) -> datetime:
    """Return the last moment that an UNTIL allows, on the wall clock of the draft's zone. Raises ValueError.

    A bare date is the whole of that day.
    """
    last = datetime.strptime(value[:8], "%Y%m%d").date()  # noqa: DTZ007
    if "T" not in value or draft.all_day:
        return datetime.combine(last, time(23, 59, 59))
    moment = datetime.strptime(value.removesuffix("Z"), "%Y%m%dT%H%M%S")  # noqa: DTZ007
    if not value.endswith("Z"):
        return moment
    return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(draft.zone)).replace(tzinfo=None)


def wall(moment: datetime, draft: Draft) -> datetime:
    """Return a time of the draft as people see it: naive, on the wall clock of its zone."""
    return (moment if draft.all_day else moment.astimezone(ZoneInfo(draft.zone))).replace(tzinfo=None)


def day(moment: datetime, zone: str) -> date:
    """Return the date of a moment in a zone."""
    return moment.astimezone(ZoneInfo(zone)).date()


def first(draft: Draft) -> tuple[datetime, datetime]:
    """Return start and end of the first occurrence by the rule, which need not be the start of the draft."""
    start, end = wall(draft.start, draft), wall(draft.end, draft)
    lines = rules(draft.recurrence)
    if not lines:
        return draft.start, draft.end
    kept = {name: value for name, value in parts(lines[0]).items() if name not in {"UNTIL", "COUNT"}}
    rule = rrulestr(";".join(f"{name}={value}" for name, value in kept.items()), dtstart=start)
    moved = next(iter(rule), start) - start
    return _utc(start + moved, draft), _utc(end + moved, draft)


def location(event: Event, draft: Draft, urls: Iterable[str]) -> str:
    """Return what the location should be while our details stay as they are; `urls` are ours, the longest first."""
    if draft.location is None:
        return event.location
    for url in urls:
        if not draft.location.strip() and holds(event.location, url):
            return event.location
        if placeholders.wants_link(draft.location):
            return placeholders.fill(draft.location, url)
    return draft.location


def _utc(moment: datetime, draft: Draft) -> datetime:
    return moment.replace(tzinfo=UTC if draft.all_day else ZoneInfo(draft.zone)).astimezone(UTC)


def _meant(line: str) -> object:
    try:
        return frozenset(parts(line).items()) - _UNSAID
    except ValueError:
        return line


def _lines(text: str) -> list[str]:
    collapsed = (" ".join(line.split()) for line in text.splitlines())
    return [line for line in collapsed if line]
