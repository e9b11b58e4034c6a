"""Google's dates and times as UTC moments. Sans-I/O, and tolerant: calendars hold decades of odd imports.

https://developers.google.com/workspace/calendar/api/v3/reference/events#start
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

# Year 0000 is met in the wild. A year is left free on either side, so that reckoning with a moment is safe.
EARLIEST = datetime(2, 1, 1, tzinfo=UTC)
LATEST = datetime(9998, 12, 31, tzinfo=UTC)

_OFFSET = re.compile(r"(?:GMT|UTC)([+-])(\d{1,2})(?::?(\d\d))?", re.ASCII)


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
    start, end = _part(item, "start"), _part(item, "end")
    all_day = "date" in start
    zone = calendar_zone if all_day else iana(str(start.get("timeZone") or ""), calendar_zone)
    begins = _moment(start, zone)
    least = begins + timedelta(days=1) if all_day else begins
    try:
        ends = max(_moment(end, zone), least)
    except ValueError:
        ends = least
    return Span(begins, ends, zone, all_day)


def iana(name: str, otherwise: str) -> str:
    """Return a name that the zone database knows: this one, its equal for `GMT-07:00`, or `otherwise`."""
    if found := _OFFSET.fullmatch(name):
        sign, hours, minutes = found.groups()
        # The database writes its signs the other way round.
        name = f"Etc/GMT{'+' if sign == '-' else '-'}{int(hours)}" if minutes in (None, "00") else ""
    return name if name and _known(name) else otherwise


def instant(text: str, zone: str = "UTC") -> datetime:
    """Read an RFC 3339 time, in `zone` where it has no offset. Raises ValueError."""
    if text.startswith("0000"):
        return EARLIEST
    moment = datetime.fromisoformat(text)
    try:
        return _clamp((moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC))
    except OverflowError:
        return EARLIEST if moment.year == 1 else LATEST


def _part(item: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = item.get(name)
    return {key: value for key, value in part.items() if value is not None} if isinstance(part, dict) else {}


def _moment(part: Mapping[str, Any], zone: str) -> datetime:
    if "dateTime" in part:
        return instant(str(part["dateTime"]), iana(str(part.get("timeZone") or ""), zone))
    if "date" in part:
        return instant(date.fromisoformat(_year(str(part["date"]))).isoformat(), zone)
    raise ValueError("neither date nor dateTime")


def _year(text: str) -> str:
    return EARLIEST.date().isoformat() if text.startswith("0000") else text


def _clamp(moment: datetime) -> datetime:
    return min(max(moment, EARLIEST), LATEST)


def _known(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True
