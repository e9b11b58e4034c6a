"""Graph's dates and times as UTC moments. Sans-I/O, and tolerant: calendars hold decades of odd imports.

https://learn.microsoft.com/en-us/graph/api/resources/datetimetimezone
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tzlocal.windows_tz import tz_win, win_tz

from connectors.microsoft.values import mapping, text

# A year is left free on either side, so that reckoning with a moment is safe.
EARLIEST = datetime(2, 1, 1, tzinfo=UTC)
LATEST = datetime(9998, 12, 31, tzinfo=UTC)

_UTC = frozenset({"utc", "tzone://microsoft/utc"})  # `tzone://Microsoft/Custom` does not say which it is


@dataclass(frozen=True, slots=True)
class Span:
    """When an event is: in UTC, with the IANA zone in which people see it."""

    start: datetime
    end: datetime
    zone: str
    all_day: bool


def span(item: Mapping[str, Any], calendar_zone: str) -> Span:
    """Read an event's start and end. All-day events span midnights of the calendar's zone, the end exclusive.

    Raises ValueError where there is no readable start. An end that is missing or wrong is the start, or the
    day after it.
    """
    start, end = mapping(item.get("start")), mapping(item.get("end"))
    zone = _zone(item, start, calendar_zone)
    all_day = item.get("isAllDay") is True
    begins = _midnight(start, zone, calendar_zone) if all_day else _moment(start, zone)
    least = begins + timedelta(days=1) if all_day else begins
    try:
        ends = max(_midnight(end, zone, calendar_zone) if all_day else _moment(end, zone), least)
    except ValueError:
        ends = least
    return Span(begins, ends, calendar_zone if all_day else zone, all_day)


def iana(name: str, otherwise: str) -> str:
    """Return the zone database's name for a zone of Windows or of that database, `otherwise` for any other."""
    if name.lower() in _UTC:
        return "UTC"
    found = win_tz.get(name, name)
    return found if found and _known(found) else otherwise


def windows(name: str) -> str:
    """Return Windows' name for a zone of the zone database, in which Exchange may tell it; else the name itself."""
    return tz_win.get(name, name)


def instant(text: str, zone: str = "UTC") -> datetime:
    """Read a time with or without offset, in `zone` where it has none. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    try:
        return _clamp((moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC))
    except OverflowError:
        return EARLIEST if moment.year == 1 else LATEST


def _zone(item: Mapping[str, Any], start: Mapping[str, Any], calendar_zone: str) -> str:
    """Return the zone in which the event was made. Times come in the zone that was asked for, which is another."""
    place = mapping(mapping(item.get("recurrence")).get("range")).get("recurrenceTimeZone")
    for name in (item.get("originalStartTimeZone"), place):
        if found := iana(text(name), ""):
            return found
    told = iana(text(start.get("timeZone")), "")
    return told if told and told != "UTC" else calendar_zone


def _moment(part: Mapping[str, Any], zone: str) -> datetime:
    return instant(text(part.get("dateTime")), iana(text(part.get("timeZone")), zone))


def _midnight(part: Mapping[str, Any], zone: str, calendar_zone: str) -> datetime:
    """Return where the day begins in the calendar's zone: it is told as a midnight of another zone."""
    wall = datetime.fromisoformat(text(part.get("dateTime")))
    if wall.time() != time.min:
        # Converted on the way, so that it is a midnight only where the event was made.
        wall = _moment(part, zone).astimezone(ZoneInfo(zone))
    return instant(datetime.combine(wall.date(), time.min).isoformat(), calendar_zone)


def _clamp(moment: datetime) -> datetime:
    return min(max(moment, EARLIEST), LATEST)


def _known(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True
