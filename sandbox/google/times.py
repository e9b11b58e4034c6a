"""Event times as Google writes them: dates, date-times with offsets, and named time zones."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sandbox.google.errors import GoogleError

if TYPE_CHECKING:
    from collections.abc import Mapping

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIXED = re.compile(r"(?:GMT|UTC)([+-])(\d{1,2})(?::?(\d{2}))?")


@lru_cache(maxsize=600)
def zone(name: str) -> tzinfo | None:
    """Return the named zone (IANA, or fixed such as GMT-07:00), or None when there is no such zone."""
    if fixed := FIXED.fullmatch(name):
        offset = timedelta(hours=int(fixed[2]), minutes=int(fixed[3] or 0))
        return timezone(-offset if fixed[1] == "-" else offset)
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        return None


def known_zone(name: str, what: str) -> tzinfo:
    """Return the named zone; answer 400 when there is none."""
    found = zone(name)
    if found is None:
        raise GoogleError("invalid", f"Invalid time zone definition for {what} time.")
    return found


def micros(moment: datetime) -> int:
    """Return a moment as microseconds since 1970."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def stamp_text(stamp: int) -> str:
    """Write a moment in microseconds as Google writes created and updated, to the millisecond."""
    moment = EPOCH + timedelta(microseconds=stamp)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def written(moment: datetime, where: tzinfo) -> str:
    """Write a moment as Google writes dateTime on a calendar of that zone."""
    text = moment.astimezone(where).isoformat(timespec="seconds")
    return text.replace("+00:00", "Z")


def rfc3339(text: str) -> datetime:
    """Read a date-time that must carry an offset; answer 400 to anything else."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise GoogleError("badRequest", f"Invalid date-time: {text}") from None
    if moment.tzinfo is None:
        raise GoogleError("badRequest", f"A time zone offset is required: {text}")
    return moment


def instant(point: Mapping[str, Any], where: tzinfo) -> datetime:
    """Return the moment of a start or end; a date begins at midnight of the calendar's zone."""
    if "date" in point:
        return datetime.combine(date.fromisoformat(point["date"]), time(), where)
    return datetime.fromisoformat(point["dateTime"])


def own_zone(point: Mapping[str, Any], where: tzinfo) -> tzinfo:
    """Return the zone that a start names, else the calendar's."""
    return (zone(point["timeZone"]) if "timeZone" in point else None) or where


def settled(point: Mapping[str, Any], what: str, zone_name: str) -> dict[str, Any]:
    """Return a start or end in Google's form for a calendar of that zone; answer 400 to nonsense."""
    if ("date" in point) == ("dateTime" in point):
        raise GoogleError("invalid", f"Invalid {what} time.")
    try:
        if "date" in point:
            return {"date": date.fromisoformat(point["date"]).isoformat()}
        moment = datetime.fromisoformat(point["dateTime"])
    except ValueError:
        raise GoogleError("invalid", f"Invalid {what} time.") from None
    named = point.get("timeZone")
    if moment.tzinfo is None:
        if named is None:
            raise GoogleError("required", f"Missing time zone definition for {what} time.")
        moment = moment.replace(tzinfo=known_zone(named, what))
    elif named is not None:
        known_zone(named, what)
    return {"dateTime": written(moment, known_zone(zone_name, what)), "timeZone": named or zone_name}


def shown(point: Mapping[str, Any], where: tzinfo) -> dict[str, Any]:
    """Return a start or end as shown in another zone."""
    if "date" in point:
        return dict(point)
    return {**point, "dateTime": written(datetime.fromisoformat(point["dateTime"]), where)}
