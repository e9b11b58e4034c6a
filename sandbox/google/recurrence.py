"""Recurring events: which occurrences a series has, and the ids of its instances."""

# https://developers.google.com/workspace/calendar/api/concepts/events-calendars#recurrence_rule

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING, Any

from dateutil.rrule import rrule, rruleset, rrulestr

from sandbox.google.errors import GoogleError
from sandbox.google.times import instant, own_zone, written, zone

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MOST = 2_000
"""No series is followed further than so many occurrences."""
INSTANCE = re.compile(r"(?P<series>.+)_(?P<at>\d{8}(?:T\d{6}Z)?)")
UNTIL = re.compile(r"UNTIL=(\d{8})(T\d{6}Z?)?")


def occurrences(body: Mapping[str, Any], where: tzinfo) -> Iterator[datetime]:
    """Yield the starts of a series in order: aware moments, midnights in the calendar's zone when all-day."""
    allday = "date" in body["start"]
    home = where if allday else own_zone(body["start"], where)
    start = instant(body["start"], where).astimezone(home)
    for count, moment in enumerate(_rules(body["recurrence"], start, allday=allday)):
        if count >= MOST:
            return
        yield moment.replace(tzinfo=home)


def check(body: Mapping[str, Any], where: tzinfo) -> None:
    """Answer 400 when the recurrence cannot be read."""
    try:
        next(occurrences(body, where), None)
    except (ValueError, TypeError, KeyError):
        raise GoogleError("invalid", "Invalid recurrence rule.") from None


def _rules(lines: list[str], start: datetime, *, allday: bool) -> rruleset:
    # Wall-clock arithmetic without zone keeps the hour of the day across daylight-saving changes.
    local = start.replace(tzinfo=None)
    rules = rruleset()
    for line in lines:
        name, _, value = line.partition(":")
        kind = name.partition(";")[0].upper()
        if kind in ("RRULE", "EXRULE"):
            rule = rrulestr(_until_local(value, start, allday=allday), dtstart=local)
            if not isinstance(rule, rrule):
                raise ValueError(line)
            (rules.rrule if kind == "RRULE" else rules.exrule)(rule)
        elif kind in ("RDATE", "EXDATE"):
            for text in value.split(","):
                (rules.rdate if kind == "RDATE" else rules.exdate)(_local(text, name, start))
        else:
            raise ValueError(line)
    rules.rdate(local)
    return rules


def _until_local(rule: str, start: datetime, *, allday: bool) -> str:
    def local(match: re.Match[str]) -> str:
        day, clock = match[1], match[2]
        if allday or clock is None:
            return f"UNTIL={day}T235959"
        if not clock.endswith("Z"):
            return f"UNTIL={day}{clock}"
        moment = datetime.strptime(day + clock, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        return f"UNTIL={moment.astimezone(start.tzinfo):%Y%m%dT%H%M%S}"

    return UNTIL.sub(local, rule)


def _local(text: str, name: str, start: datetime) -> datetime:
    if "T" not in text:
        return datetime.combine(datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC).date(), time())
    if text.endswith("Z"):
        moment = datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        return moment.astimezone(start.tzinfo).replace(tzinfo=None)
    moment = datetime.strptime(text, "%Y%m%dT%H%M%S")  # noqa: DTZ007 - the zone follows
    named = re.search(r"TZID=([^;:]+)", name)
    there = zone(named[1]) if named else None
    return moment.replace(tzinfo=there).astimezone(start.tzinfo).replace(tzinfo=None) if there else moment


def instance_id(series: str, moment: datetime, *, allday: bool) -> str:
    """Return the id of the instance of a series that starts, or first started, at that moment."""
    return f"{series}_{moment:%Y%m%d}" if allday else f"{series}_{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def original_start(series: Mapping[str, Any], instance: str, where: tzinfo) -> dict[str, Any] | None:
    """Return originalStartTime of an instance id, or None when the series has no such occurrence."""
    match = INSTANCE.fullmatch(instance)
    if match is None or "recurrence" not in series:
        return None
    allday = "date" in series["start"]
    if allday != (len(match["at"]) == 8):
        return None
    try:
        wanted = _moment(match["at"], where)
    except ValueError:
        return None
    if not occurs(series, wanted, where):
        return None
    return original(series, wanted, where)


def _moment(text: str, where: tzinfo) -> datetime:
    if len(text) == 8:
        return datetime.combine(date.fromisoformat(f"{text[:4]}-{text[4:6]}-{text[6:]}"), time(), where)
    return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def original(series: Mapping[str, Any], moment: datetime, where: tzinfo) -> dict[str, Any]:
    """Return the start of an occurrence in Google's form."""
    if "date" in series["start"]:
        return {"date": f"{moment:%Y-%m-%d}"}
    return {"dateTime": written(moment, where), "timeZone": series["start"]["timeZone"]}


def occurs(series: Mapping[str, Any], moment: datetime, where: tzinfo) -> bool:
    """Say whether the series has an occurrence at that moment."""
    for start in occurrences(series, where):
        if start >= moment:
            return start == moment
    return False


def times(series: Mapping[str, Any], at: Mapping[str, Any], where: tzinfo) -> dict[str, Any]:
    """Return start and end of the occurrence with that originalStartTime, as the series has them."""
    first, last = instant(series["start"], where), instant(series["end"], where)
    if "date" in at:
        days = (last.date() - first.date()).days
        return {
            "start": dict(at),
            "end": {"date": (date.fromisoformat(at["date"]) + timedelta(days)).isoformat()},
        }
    end = instant(at, where) + (last - first)
    return {
        "start": dict(at),
        "end": {"dateTime": written(end, where), "timeZone": series["end"]["timeZone"]},
    }


def ends_after(series: Mapping[str, Any], moment: datetime, where: tzinfo) -> bool:
    """Say whether any occurrence ends after that moment."""
    length = instant(series["end"], where) - instant(series["start"], where)
    return any(start + length > moment for start in occurrences(series, where))
