"""When a series is over. Pure, and tolerant: what cannot be understood counts as endless.

The lines are those of RFC 5545 without DTSTART, as Google and others keep them:
https://datatracker.ietf.org/doc/html/rfc5545#section-3.8.5
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import MAXYEAR, UTC, datetime, time, timedelta
from heapq import merge
from itertools import groupby, islice
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

LONGEST_WALK = 20_000  # occurrences that are passed over: a daily event of fifty years
MANY = 2000  # occurrences that are worth counting: a daily event of five years
YEARS = 100  # at least so far is looked for an occurrence
ERA = 400  # years after which the calendar repeats, weekdays and all
RULES = 2  # of one series; calendars write one

# Rules that are walked through. Others may search through every second or day of centuries for an occurrence
# that never comes ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"); they end with their UNTIL.
_WALKED: Mapping[str, frozenset[str]] = {
    "YEARLY": frozenset({"BYMONTH", "BYMONTHDAY", "BYDAY", "BYSETPOS"}),
    "MONTHLY": frozenset({"BYMONTHDAY", "BYDAY", "BYSETPOS"}),
    "WEEKLY": frozenset({"BYDAY"}),
    "DAILY": frozenset(),
}
_PLAIN = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST"})


@dataclass(frozen=True, slots=True)
class _Line:
    """One content line: `EXDATE;TZID=Europe/Berlin:20261123T090000`."""

    name: str
    parameters: Mapping[str, str]
    value: str


@dataclass(frozen=True, slots=True)
class _Series:
    """The first occurrence on the wall clock of its zone: naive, as rules count."""

    first: datetime
    zone: ZoneInfo


def last_end(start: datetime, end: datetime, zone: str, recurrence: Iterable[str]) -> datetime | None:
    """Return when the last occurrence of a series ends, in UTC; None where it never does.

    `start` and `end` are those of the first occurrence, `zone` is the IANA name in which the series repeats.
    A rule too odd to be walked through ends with its UNTIL.
    """
    try:
        place = ZoneInfo(zone)
        series = _Series(_wall(start, place), place)
        last = _last(series, [_line(text) for text in recurrence])
        return None if last is None else _utc(last + (_wall(end, place) - series.first), place)
    except (ValueError, KeyError, TypeError, IndexError, OverflowError, OSError):
        return None


def next_start(start: datetime, zone: str, recurrence: Iterable[str], after: datetime) -> datetime | None:
    """Return when the first occurrence after `after` begins, in UTC; None where there is none, or a rule is too odd."""
    try:
        place = ZoneInfo(zone)
        series, late = _Series(_wall(start, place), place), _wall(after, place)
        lines = [_line(text) for text in recurrence]
        excluded = {one for line in lines if line.name == "EXDATE" for one in _moments(line, series)}
        dates = [one for line in lines if line.name == "RDATE" for one in _moments(line, series)]
        rules = [line for line in lines if line.name == "RRULE"][:RULES]
        found = [_next_of_rule(series, _parts(line.value), excluded, late) for line in rules]
        later = [one for one in (series.first, *dates, *found) if one and one > late and one not in excluded]
        return _utc(min(later), place) if later else None
    except (ValueError, KeyError, TypeError, IndexError, OverflowError, OSError):
        return None


def starts(start: datetime, zone: str, recurrence: Iterable[str], after: datetime) -> Iterator[datetime]:
    """Yield when the occurrences from `after` on begin, in UTC and in order; of a rule too odd, none but the first."""
    try:
        found = _every(start, zone, recurrence, after)
    except (ValueError, KeyError, TypeError, IndexError, OverflowError, OSError):
        found = iter((start,))
    return (moment for moment in found if moment >= after)


def _every(start: datetime, zone: str, recurrence: Iterable[str], after: datetime) -> Iterator[datetime]:
    place = ZoneInfo(zone)
    series, late = _Series(_wall(start, place), place), _wall(max(start, after), place)
    lines = [_line(text) for text in recurrence]
    excluded = {one for line in lines if line.name == "EXDATE" for one in _moments(line, series)}
    dates = {one for line in lines if line.name == "RDATE" for one in _moments(line, series)}
    rules = [_of_rule(series, line.value, late) for line in lines if line.name == "RRULE"][:RULES]
    merged = groupby(merge(sorted({series.first, *dates}), *rules))
    return (_utc(moment, place) for moment, _ in merged if moment not in excluded)


def _of_rule(series: _Series, value: str, late: datetime) -> Iterator[datetime]:
    """Yield the occurrences of a rule on the wall clock: those from `late` on, and some before."""
    try:
        parts = _parts(value)
        until = _moment(parts.pop("UNTIL"), series, series.zone, time.max) if "UNTIL" in parts else None
        odd = set(parts) - _PLAIN - _WALKED.get(parts["FREQ"], frozenset())
        if odd or parts["FREQ"] not in _WALKED or int(parts.get("INTERVAL", "1")) < 1:
            return
        for moment in islice(_walk(_near(series.first, parts, late), parts), LONGEST_WALK):
            if until is not None and moment > until:
                return
            yield moment
    except (ValueError, KeyError, TypeError, IndexError, OverflowError, OSError):
        return


def _near(first: datetime, parts: Mapping[str, str], late: datetime) -> datetime:
    """Return from where a rule can be walked so that it meets `late` in step, without the years before."""
    days = {"DAILY": 1, "WEEKLY": 7}.get(parts["FREQ"], 0) * int(parts.get("INTERVAL", "1"))
    if not days or "COUNT" in parts:
        return first
    return first + timedelta(days=days) * max(0, (late - first).days // days - 1)


def _next_of_rule(
    series: _Series, parts: dict[str, str], excluded: set[datetime], late: datetime
) -> datetime | None:
    until = _moment(parts.pop("UNTIL"), series, series.zone, time.max) if "UNTIL" in parts else None
    if not set(parts) - _PLAIN <= _WALKED.get(parts["FREQ"], frozenset()) or parts["FREQ"] not in _WALKED:
        return None
    if int(parts.get("INTERVAL", "1")) < 1:
        return None
    for moment in islice(_walk(series.first, parts), LONGEST_WALK):
        if until is not None and moment > until:
            return None
        if moment > late and moment not in excluded:
            return moment
    return None


def _last(series: _Series, lines: list[_Line]) -> datetime | None:
    """Return the start of the last occurrence on the wall clock."""
    excluded = {moment for line in lines if line.name == "EXDATE" for moment in _moments(line, series)}
    found = [
        series.first,
        *(moment for line in lines if line.name == "RDATE" for moment in _moments(line, series)),
    ]
    rules = [line for line in lines if line.name == "RRULE"]
    if len(rules) > RULES:
        return None
    for line in rules:
        last = _last_of_rule(series, _parts(line.value), excluded)
        if last is None:
            return None
        found.append(last)
    return max((moment for moment in found if moment not in excluded), default=series.first)


def _last_of_rule(series: _Series, parts: dict[str, str], excluded: set[datetime]) -> datetime | None:
    until = _moment(parts.pop("UNTIL"), series, series.zone, time.max) if "UNTIL" in parts else None
    if until is None and "COUNT" not in parts:
        return None
    if int(parts.get("INTERVAL", "1")) < 1:
        raise ValueError(parts["INTERVAL"])
    if not set(parts) - _PLAIN <= _WALKED.get(parts["FREQ"], frozenset()) or parts["FREQ"] not in _WALKED:
        return until
    last, number = series.first, 0
    for number, moment in enumerate(_walk(series.first, parts), 1):
        if until is not None and moment > until:
            return last
        if number > MANY:
            return until
        if moment not in excluded:
            last = moment
    # A walk that has ended before it came to the count has only come to the end of what it looks through.
    return last if number == int(parts.get("COUNT", "-1")) else until


def _walk(first: datetime, parts: Mapping[str, str]) -> Iterator[datetime]:
    """Yield occurrences, of the next hundred years at least and five hundred at most.

    The library gives up a search at the end of the year 9999 and not before, so it is begun shortly before that,
    where the calendar is the same.
    """
    eras = max(0, (MAXYEAR - YEARS - first.year) // ERA) * ERA
    rule = ";".join(f"{name}={value}" for name, value in parts.items())
    for moment in rrulestr(rule, dtstart=first.replace(year=first.year + eras)):
        yield moment.replace(year=moment.year - eras)


def _line(text: str) -> _Line:
    head, _, value = text.strip().partition(":")
    name, *parameters = head.split(";")
    pairs = (parameter.partition("=") for parameter in parameters)
    return _Line(name.upper(), {key.upper(): found.strip('"') for key, _, found in pairs}, value)


def _parts(value: str) -> dict[str, str]:
    pairs = (part.split("=", 1) for part in value.upper().split(";") if part)
    return {pair[0].strip(): pair[1].strip() for pair in pairs}


def _moments(line: _Line, series: _Series) -> list[datetime]:
    """Return the dates of an EXDATE or RDATE line on the series' wall clock; of periods, their starts."""
    place = ZoneInfo(line.parameters["TZID"]) if "TZID" in line.parameters else series.zone
    return [_moment(text.split("/")[0], series, place, None) for text in line.value.split(",") if text]


def _moment(text: str, series: _Series, place: ZoneInfo, late: time | None) -> datetime:
    """Read a date or time. A bare date means `late` on that day, or the time of day of the series."""
    text = text.strip().upper()
    if "T" not in text:
        return datetime.combine(datetime.strptime(text, "%Y%m%d").date(), late or series.first.time())  # noqa: DTZ007
    if text.endswith("Z"):
        return _wall(datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC), series.zone)
    return _wall(datetime.strptime(text, "%Y%m%dT%H%M%S").replace(tzinfo=place), series.zone)


def _wall(moment: datetime, place: ZoneInfo) -> datetime:
    return moment.astimezone(place).replace(tzinfo=None)


def _utc(moment: datetime, place: ZoneInfo) -> datetime:
    return moment.replace(tzinfo=place).astimezone(UTC)
