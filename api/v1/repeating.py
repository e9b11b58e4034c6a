"""How an application says that an event repeats, as the lines that calendars keep. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from api.v1.drafts import Problems

FREQUENCIES = ("daily", "weekly", "monthly", "yearly")
DAYS: Mapping[str, str] = {
    "monday": "MO",
    "tuesday": "TU",
    "wednesday": "WE",
    "thursday": "TH",
    "friday": "FR",
    "saturday": "SA",
    "sunday": "SU",
}
MOST_INTERVAL, MOST_COUNT = 99, 730


def read_rules(value: Any, start: datetime, problems: Problems, *, day: bool) -> tuple[str, ...]:
    """Read `{"rules": [{"frequency", "interval", "by_day", "count" or "until"}]}`: one rule, no more."""
    rules = value.get("rules") if isinstance(value, dict) else None
    if rules is None:
        problems.missing("recurrence.rules")
        return ()
    if not isinstance(rules, list) or len(rules) > 1:
        problems.odd("recurrence.rules", "a list of one rule")
        return ()
    if not rules:
        return ()
    name, rule = "recurrence.rules[0]", rules[0]
    if not isinstance(rule, dict):
        problems.odd(name, "an object")
        return ()
    parts = [_frequency(rule, name, problems), *_interval(rule, name, problems), *_days(rule, name, problems)]
    parts += _end(rule, name, start, problems, day=day)
    return (f"RRULE:{';'.join(parts)}",)


def _frequency(rule: Mapping[str, Any], name: str, problems: Problems) -> str:
    value = rule.get("frequency")
    if value is None:
        problems.missing(f"{name}.frequency")
    elif value not in FREQUENCIES:
        what = f"{name}.frequency must be one of: {', '.join(FREQUENCIES)}"
        problems.add(f"{name}.frequency", "not_recognized", what)
    return f"FREQ={str(value).upper()}"


def _interval(rule: Mapping[str, Any], name: str, problems: Problems) -> list[str]:
    found = _number(rule, "interval", MOST_INTERVAL, name, problems)
    return [f"INTERVAL={found}"] if found and found > 1 else []


def _days(rule: Mapping[str, Any], name: str, problems: Problems) -> list[str]:
    value = rule.get("by_day")
    if value is None:
        return []
    listed = value if isinstance(value, list) else [value]
    names = [one.get("day") if isinstance(one, dict) else one for one in listed]
    found = [DAYS.get(one.lower()) if isinstance(one, str) else None for one in names]
    if not found or None in found or rule.get("frequency") != "weekly":
        problems.odd(f"{name}.by_day", "a list of names of weekdays, in a weekly rule")
        return []
    return ["BYDAY=" + ",".join(code for code in DAYS.values() if code in found)]


def _end(rule: Mapping[str, Any], name: str, start: datetime, problems: Problems, *, day: bool) -> list[str]:
    count = _number(rule, "count", MOST_COUNT, name, problems)
    until = rule.get("until")
    if until is None:
        return [f"COUNT={count}"] if count else []
    if count:
        problems.add(f"{name}.until", "invalid_format", f"{name} must have either count or until")
        return []
    try:
        last = datetime.fromisoformat(until) if isinstance(until, str) else None
        last = last and (last.astimezone(UTC) if last.tzinfo else last.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        last = None
    if last is None:
        problems.odd(f"{name}.until", "a time or a date")
        return []
    whole = isinstance(until, str) and len(until) == len("2026-04-28")
    last = last.replace(hour=23, minute=59, second=59) if whole else last
    if last < start:
        problems.odd(f"{name}.until", "after the start")
    return [f"UNTIL={last:%Y%m%d}" if day else f"UNTIL={last:%Y%m%dT%H%M%SZ}"]


def _number(rule: Mapping[str, Any], part: str, most: int, name: str, problems: Problems) -> int | None:
    value = rule.get(part)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        problems.odd(f"{name}.{part}", f"a whole number from 1 to {most}")
        return None
    return value
