"""An RRULE line as Graph's recurrence pattern and range: the other way round than `patterns.py`. Pure.

Graph has six patterns and no more. A rule that none of them says is refused, never bent.
https://learn.microsoft.com/en-us/graph/api/resources/recurrencepattern
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import datetime
from typing import Any

from connectors import drafts
from connectors.microsoft.patterns import DAYS, INDEXES
from connectors.model import Draft

_NAMES = {short: name for name, short in DAYS.items()}
_WORDS = {number: word for word, number in INDEXES.items()}
_WEEK = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_ORDINAL = re.compile(r"([+-]?\d+)?([A-Z]{2})")
_KNOWN = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS"}
_SHORTEST = 28  # days that every month has
_COMMON = 2026  # a year without a leap day

Json = dict[str, Any]
Parts = dict[str, str]


def recurrence(draft: Draft) -> Json | None:
    """Return the `patternedRecurrence` of a series in the zone of its start, None for a single event.

    Raises ValueError with a plain reason where Graph has no pattern for the rule.
    """
    lines = drafts.rules(draft.recurrence)
    if not lines:
        return None
    if len(lines) > 1:
        raise ValueError("a series in Outlook has one rule only")
    parts = drafts.parts(lines[0])
    if strange := sorted(set(parts) - _KNOWN):
        raise ValueError(f"Outlook has no recurrence with {strange[0]}")
    first = drafts.wall(draft.start, draft)
    pattern = {**_pattern(parts, first), "interval": int(parts.get("INTERVAL", "1"))}
    return {"pattern": pattern, "range": _range(parts, draft, first)}


def _pattern(parts: Parts, first: datetime) -> Json:
    match parts.get("FREQ"):
        case "DAILY":
            _only(parts)
            return {"type": "daily"}
        case "WEEKLY":
            _only(parts, "BYDAY")
            days = parts.get("BYDAY", _WEEK[first.weekday()]).split(",")
            begins = _NAMES[parts.get("WKST", "MO")]
            return {"type": "weekly", "daysOfWeek": _days(days), "firstDayOfWeek": begins}
        case "MONTHLY":
            return _monthly(parts, first)
        case "YEARLY":
            month = _month(parts, first)
            within = {name: value for name, value in parts.items() if name != "BYMONTH"}
            found = _monthly(within, first, monthrange(_COMMON, month)[1])
            return {**found, "type": found["type"].replace("Monthly", "Yearly"), "month": month}
    raise ValueError(f"Outlook has no recurrence with FREQ={parts.get('FREQ', '')}")


def _monthly(parts: Parts, first: datetime, shortest: int = _SHORTEST) -> Json:
    if "BYDAY" in parts:
        _only(parts, "BYDAY", "BYSETPOS")
        index, days = _relative(parts)
        if index not in _WORDS:
            raise ValueError("Outlook counts days of a month from the first to the fourth, and the last")
        return {"type": "relativeMonthly", "index": _WORDS[index], "daysOfWeek": days}
    _only(parts, "BYMONTHDAY", "BYSETPOS")
    return {"type": "absoluteMonthly", "dayOfMonth": _day(parts, first, shortest)}


def _month(parts: Parts, first: datetime) -> int:
    """Return the month of a yearly rule: with weekdays the rule has to say it, or they are those of the year."""
    found = parts.get("BYMONTH", "" if "BYDAY" in parts or "BYMONTHDAY" in parts else str(first.month))
    if not found.isdecimal() or not 1 <= int(found) <= 12:
        raise ValueError("Outlook has yearly recurrences in one month only")
    return int(found)


def _day(parts: Parts, first: datetime, shortest: int) -> int:
    """Return the day of the month. Outlook takes the last day of months that are too short; rules skip those."""
    found = parts.get("BYMONTHDAY", str(first.day))
    run = ",".join(map(str, range(_SHORTEST, int(found.rpartition(",")[2]) + 1)))
    if parts.get("BYSETPOS") == "-1" and "," in found and found == run:
        return int(found.rpartition(",")[2])
    if "BYSETPOS" in parts or "," in found:
        raise ValueError("Outlook has monthly recurrences on one day only")
    if found == "-1":
        return 31
    if not found.isdecimal() or not 1 <= int(found) <= shortest:
        raise ValueError(
            "Outlook cannot leave out the months that are too short, nor count days from the end"
        )
    return int(found)


def _relative(parts: Parts) -> tuple[int, list[str]]:
    """Return which of which days: the second Tuesday (2TU, or TU with BYSETPOS=2), the last of several weekdays."""
    found = [_ORDINAL.fullmatch(day) for day in parts["BYDAY"].split(",")]
    days = [one for one in found if one is not None]
    if len(days) < len(found):
        raise ValueError(f"{parts['BYDAY']} names no days")
    ordinals = [one[1] for one in days if one[1]]
    place = parts.get("BYSETPOS", "")
    if ordinals and (len(days) > 1 or place):
        raise ValueError("Outlook has one weekday of a month, or one of several, only")
    if not ordinals and not place:
        raise ValueError("Outlook has no monthly recurrence on every such weekday")
    return int(ordinals[0] if ordinals else place), _days([one[2] for one in days])


def _days(names: list[str]) -> list[str]:
    if strange := [name for name in names if name not in _NAMES]:
        raise ValueError(f"{strange[0]} is no day of a week")
    return [_NAMES[name] for name in names]


def _only(parts: Parts, *names: str) -> None:
    for name in ("BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS"):
        if name in parts and name not in names:
            raise ValueError(f"Outlook has no {parts['FREQ'].lower()} recurrence with {name}")


def _range(parts: Parts, draft: Draft, first: datetime) -> Json:
    """Return from when till when. A moment that ends a series is the day on which it is, in the series' zone."""
    span: Json = {"startDate": f"{first:%Y-%m-%d}"}
    if "COUNT" in parts:
        return {**span, "type": "numbered", "numberOfOccurrences": int(parts["COUNT"])}
    if "UNTIL" not in parts:
        return {**span, "type": "noEnd"}
    last = drafts.until(parts["UNTIL"], draft)
    day = last.date() if last.time() >= first.time() else last.date().fromordinal(last.toordinal() - 1)
    return {**span, "type": "endDate", "endDate": f"{day:%Y-%m-%d}"}
