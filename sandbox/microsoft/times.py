"""Times as Graph writes them, and the zones it knows by Windows and IANA names."""

# https://learn.microsoft.com/graph/api/resources/datetimetimezone

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sandbox.microsoft.errors import GraphError
from sandbox.microsoft.zones import WINDOWS

if TYPE_CHECKING:
    from collections.abc import Mapping

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NEVER = "0001-01-01T00:00:00Z"


@lru_cache(maxsize=600)
def zone(name: str) -> tzinfo | None:
    """Return the zone with that Windows or IANA name, None when there is none."""
    if name.lower() in ("utc", "tzone://microsoft/utc"):
        return UTC
    try:
        return ZoneInfo(WINDOWS.get(name, name))
    except (ValueError, OSError, LookupError):
        return None


def known_zone(name: str) -> tzinfo:
    """Return the named zone; answer 400 when there is none."""
    found = zone(name)
    if found is None:
        raise GraphError(
            400,
            "TimeZoneNotSupportedException",
            f"A valid TimeZone value must be specified. The following TimeZone value is not supported: '{name}'.",
        )
    return found


def iana(name: str) -> str:
    """Return the IANA name of a zone; UTC where it has none."""
    found = zone(name)
    return found.key if isinstance(found, ZoneInfo) else "UTC"


def micros(moment: datetime) -> int:
    """Return a moment as microseconds since 1970."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def stamp_text(stamp: int) -> str:
    """Write a moment in microseconds as Graph writes createdDateTime, with seven digits."""
    return f"{_plain(EPOCH + timedelta(microseconds=stamp))}Z"


def _plain(moment: datetime) -> str:
    # Seven digits of a fraction, and no offset.
    return moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "0"


def shown(moment: datetime, where: tzinfo, name: str, *, all_day: bool) -> dict[str, str]:
    """Write a start or end as seen in a zone; a day is a day in every zone."""
    local = moment if all_day else moment.astimezone(where)
    return {"dateTime": _plain(local), "timeZone": name}


def point(value: Mapping[str, Any], what: str, *, all_day: bool) -> tuple[datetime, str]:
    """Read a start or end: the moment in UTC and the zone as named; of a day its midnight, as if in UTC."""
    name = value.get("timeZone") or "UTC"
    where = known_zone(name)
    try:
        moment = datetime.fromisoformat(str(value["dateTime"]))
    except (ValueError, KeyError):
        raise GraphError(400, "ErrorInvalidProperty", f"The {what} time is invalid.") from None
    if all_day:
        return _midnight(moment.replace(tzinfo=UTC)), name
    aware = moment.replace(tzinfo=where) if moment.tzinfo is None else moment
    return aware.astimezone(UTC), name


def _midnight(moment: datetime) -> datetime:
    if (moment.hour, moment.minute, moment.second) != (0, 0, 0):
        raise GraphError(
            400,
            "ErrorInvalidProperty",
            "The Event.Start and Event.End of an all-day event need to be at midnight.",
        )
    return moment


def moment(text: str, what: str) -> datetime:
    """Read a moment of a query; without an offset it is in UTC."""
    try:
        # A plus that was not encoded has become a space.
        read = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        raise GraphError(400, "ErrorInvalidParameter", f"The {what} '{text}' is invalid.") from None
    return read.replace(tzinfo=read.tzinfo or UTC).astimezone(UTC)
