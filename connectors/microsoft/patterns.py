"""Graph's recurrence pattern and range as an RRULE line. Pure; what cannot be understood counts as endless.

https://learn.microsoft.com/en-us/graph/api/resources/recurrencepattern
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from connectors.microsoft.values import mapping, sequence, text

UNREADABLE = "RRULE:"  # of a series whose rule we can make nothing of

DAYS = dict(
    zip(
        ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
        ("MO", "TU", "WE", "TH", "FR", "SA", "SU"),
        strict=True,
    )
)
INDEXES = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1}
_SHORTEST = 28  # days that every month has
_LONGEST = 31
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def lines(recurrence: Any) -> tuple[str, ...]:
    """Return the RRULE line of a `patternedRecurrence`; () where there is none."""
    if not isinstance(recurrence, dict):
        return ()
    pattern = mapping(recurrence.get("pattern"))
    rule = _rule(pattern)
    if not rule:
        return (UNREADABLE,)
    interval = _number(pattern.get("interval"))
    parts = rule | ({"INTERVAL": str(interval)} if interval > 1 else {})
    parts |= _end(mapping(recurrence.get("range")))
    return ("RRULE:" + ";".join(f"{name}={value}" for name, value in parts.items()),)


def _rule(pattern: Mapping[str, Any]) -> dict[str, str]:
    """Return what repeats; {} where the pattern is not one that the documentation knows."""
    day, month = _number(pattern.get("dayOfMonth")), _number(pattern.get("month"))
    match pattern.get("type"):
        case "daily":
            return {"FREQ": "DAILY"}
        case "weekly":
            return {"FREQ": "WEEKLY"} | _weekdays(pattern)
        case "absoluteMonthly" if day:
            return {"FREQ": "MONTHLY"} | _monthday(day)
        case "relativeMonthly" if days := _relative(pattern):
            return {"FREQ": "MONTHLY"} | days
        case "absoluteYearly" if day and month:
            return {"FREQ": "YEARLY", "BYMONTH": str(month)} | _monthday(day)
        case "relativeYearly" if month and (days := _relative(pattern)):
            return {"FREQ": "YEARLY", "BYMONTH": str(month)} | days
    return {}


def _weekdays(pattern: Mapping[str, Any]) -> dict[str, str]:
    """Return the days of a week. Where it begins matters as soon as it is every second week."""
    begins = DAYS.get(text(pattern.get("firstDayOfWeek")).lower(), "SU")
    days = _named(pattern)
    return {"BYDAY": ",".join(days), "WKST": begins} if days else {"WKST": begins}


def _monthday(day: int) -> dict[str, str]:
    """Return a day of the month. Months that do not have it have the occurrence on their last day.

    https://learn.microsoft.com/en-us/openspecs/exchange_server_protocols/ms-oxocal/
    """
    if day <= _SHORTEST:
        return {"BYMONTHDAY": str(day)}
    if day >= _LONGEST:
        return {"BYMONTHDAY": "-1"}
    return {"BYMONTHDAY": ",".join(map(str, range(_SHORTEST, day + 1))), "BYSETPOS": "-1"}


def _relative(pattern: Mapping[str, Any]) -> dict[str, str]:
    """Return the second Tuesday, or the last of several weekdays."""
    days, index = _named(pattern), INDEXES.get(text(pattern.get("index")).lower() or "first")
    if not days or index is None:
        return {}
    if len(days) == 1:
        return {"BYDAY": f"{index}{days[0]}"}
    return {"BYDAY": ",".join(days), "BYSETPOS": str(index)}


def _end(bounds: Mapping[str, Any]) -> dict[str, str]:
    """Return when it ends. A bare date is the whole of that day on the series' own wall clock."""
    last, count = text(bounds.get("endDate")), _number(bounds.get("numberOfOccurrences"))
    match bounds.get("type"):
        case "endDate" if _DATE.fullmatch(last):
            return {"UNTIL": last.replace("-", "")}
        case "numbered" if count:
            return {"COUNT": str(count)}
    return {}


def _named(pattern: Mapping[str, Any]) -> list[str]:
    names = [text(day).lower() for day in sequence(pattern.get("daysOfWeek"))]
    return [DAYS[name] for name in dict.fromkeys(names) if name in DAYS]


def _number(value: Any) -> int:
    """Return a count; 0 is Graph's way of saying none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
