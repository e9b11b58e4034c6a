"""Recurring events: patterned recurrences, and the days on which a series takes place."""

# https://learn.microsoft.com/graph/api/resources/patternedrecurrence

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from dateutil.rrule import DAILY, FR, MO, MONTHLY, SA, SU, TH, TU, WE, WEEKLY, YEARLY, rrule

from sandbox.microsoft.errors import GraphError
from sandbox.microsoft.times import known_zone, zone

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Json = dict[str, Any]

DAYS: Final = {
    "sunday": SU,
    "monday": MO,
    "tuesday": TU,
    "wednesday": WE,
    "thursday": TH,
    "friday": FR,
    "saturday": SA,
}
INDEX: Final = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1}
NEEDS: Final = {
    "daily": (),
    "weekly": ("daysOfWeek",),
    "absoluteMonthly": ("dayOfMonth",),
    "relativeMonthly": ("daysOfWeek",),
    "absoluteYearly": ("dayOfMonth", "month"),
    "relativeYearly": ("daysOfWeek", "month"),
}
RANGES: Final = ("noEnd", "endDate", "numbered")
FOREVER: Final = "0001-01-01"


def settled(value: Mapping[str, Any], start: datetime, zone_name: str, *, all_day: bool) -> Json:
    """Return a recurrence with all its properties as Graph shows it; answer 400 when it makes no sense."""
    pattern, span = dict(value.get("pattern") or {}), dict(value.get("range") or {})
    needs = NEEDS.get(str(pattern.get("type")))
    if needs is None or span.get("type") not in RANGES or any(not pattern.get(name) for name in needs):
        raise invalid()
    named = span.get("recurrenceTimeZone") or zone_name
    where = UTC if all_day else known_zone(named)
    first = start.astimezone(where).date().isoformat()
    if span.setdefault("startDate", first) != first:
        raise invalid("The recurrence range's startDate must be the same as the start of the event.")
    if span["type"] == "endDate" and str(span.get("endDate", "")) < first:
        raise invalid("The recurrence range's endDate must not be before its startDate.")
    if span["type"] == "numbered" and int(span.get("numberOfOccurrences") or 0) < 1:
        raise invalid("The recurrence range needs a numberOfOccurrences.")
    new = {"pattern": _pattern(pattern), "range": _range(span, named)}
    try:
        next(iter(_rule(json.dumps(new), datetime.combine(date.fromisoformat(first), time()))), None)
    except (ValueError, KeyError, TypeError):
        raise invalid() from None
    return new


def _pattern(pattern: Json) -> Json:
    plain: Json = {
        "type": pattern["type"],
        "interval": int(pattern.get("interval") or 1),
        "month": int(pattern.get("month") or 0),
        "dayOfMonth": int(pattern.get("dayOfMonth") or 0),
        "firstDayOfWeek": pattern.get("firstDayOfWeek") or "sunday",
        "index": pattern.get("index") or "first",
    }
    days = pattern.get("daysOfWeek")
    return plain | ({"daysOfWeek": list(days)} if days else {})


def _range(span: Json, zone_name: str) -> Json:
    return {
        "type": span["type"],
        "startDate": span["startDate"],
        "endDate": span["endDate"] if span["type"] == "endDate" else FOREVER,
        "recurrenceTimeZone": zone_name,
        "numberOfOccurrences": int(span["numberOfOccurrences"]) if span["type"] == "numbered" else 0,
    }


def invalid(message: str = "The recurrence is invalid.") -> GraphError:
    """Return the error for a recurrence that makes no sense."""
    return GraphError(400, "ErrorInvalidProperty", message)


@lru_cache(maxsize=512)
def _rule(text: str, start: datetime) -> rrule:
    recurrence = json.loads(text)
    pattern, span = recurrence["pattern"], recurrence["range"]
    until = None
    if span["type"] == "endDate":
        until = datetime.combine(date.fromisoformat(span["endDate"]), time(23, 59, 59))
    return rrule(
        dtstart=start,
        interval=pattern["interval"],
        wkst=DAYS[pattern["firstDayOfWeek"]],
        count=span["numberOfOccurrences"] or None,
        until=until,
        cache=True,
        **_by(pattern),
    )


def _by(pattern: Json) -> Json:
    kind, days = pattern["type"], [DAYS[day] for day in pattern.get("daysOfWeek", ())]
    match kind:
        case "daily":
            return {"freq": DAILY}
        case "weekly":
            return {"freq": WEEKLY, "byweekday": days}
        case "absoluteMonthly":
            return {"freq": MONTHLY, **_month_day(pattern["dayOfMonth"])}
        case "relativeMonthly":
            return {"freq": MONTHLY, "byweekday": days, "bysetpos": INDEX[pattern["index"]]}
        case "absoluteYearly":
            return {"freq": YEARLY, "bymonth": pattern["month"], **_month_day(pattern["dayOfMonth"])}
        case _:
            return {
                "freq": YEARLY,
                "bymonth": pattern["month"],
                "byweekday": days,
                "bysetpos": INDEX[pattern["index"]],
            }


def _month_day(day: int) -> Json:
    # In a month that is too short, the last day stands in.
    return {"bymonthday": list(range(28, day + 1)), "bysetpos": -1} if day > 28 else {"bymonthday": day}


def home(whole: Mapping[str, Any]) -> tzinfo:
    """Return the zone in which a series recurs; days have none."""
    if whole["isAllDay"]:
        return UTC
    return zone(whole["recurrence"]["range"]["recurrenceTimeZone"]) or UTC


def _series(whole: Mapping[str, Any]) -> tuple[rrule, tzinfo]:
    # Wall-clock arithmetic without zone keeps the hour of the day across daylight-saving changes.
    where = home(whole)
    local = whole["start"].astimezone(where).replace(tzinfo=None)
    return _rule(json.dumps(whole["recurrence"]), local), where


def between(whole: Mapping[str, Any], since: datetime, until: datetime) -> Iterator[tuple[date, datetime]]:
    """Yield day and start of each occurrence that takes place between two moments, in order."""
    if not whole.get("recurrence"):
        return
    rule, where = _series(whole)
    reach = timedelta(hours=3) + whole["end"] - whole["start"]
    earliest = (since - reach).astimezone(where).replace(tzinfo=None)
    last = until.astimezone(where).replace(tzinfo=None) + timedelta(hours=3)
    for moment in rule.between(earliest, last, inc=True):
        start = moment.replace(tzinfo=where).astimezone(UTC)
        if since <= start < until or overlaps(start, end_of(whole, start), since, until):
            yield moment.date(), start


def overlaps(start: datetime, end: datetime, since: datetime, until: datetime) -> bool:
    """Say whether something takes place between two moments."""
    return start < until and (end > since or start == end >= since)


def first(whole: Mapping[str, Any]) -> datetime | None:
    """Return the start of the first occurrence, None when there is none."""
    rule, where = _series(whole)
    moment = next(iter(rule), None)
    return moment.replace(tzinfo=where).astimezone(UTC) if moment else None


def start_on(whole: Mapping[str, Any], day: date) -> datetime | None:
    """Return when the occurrence of that day starts, None when the series has none on it."""
    if not whole.get("recurrence"):
        return None
    rule, where = _series(whole)
    midnight = datetime.combine(day, time())
    found = rule.between(midnight, midnight + timedelta(hours=24) - timedelta(seconds=1), inc=True)
    return found[0].replace(tzinfo=where).astimezone(UTC) if found else None


def neighbours(whole: Mapping[str, Any], at: datetime) -> tuple[datetime | None, datetime | None]:
    """Return the starts before and after that of the occurrence at that moment."""
    rule, where = _series(whole)
    local = at.astimezone(where).replace(tzinfo=None)
    before, after = rule.before(local), rule.after(local)
    return (
        before.replace(tzinfo=where).astimezone(UTC) if before else None,
        after.replace(tzinfo=where).astimezone(UTC) if after else None,
    )


def end_of(whole: Mapping[str, Any], start: datetime) -> datetime:
    """Return when the occurrence that starts at that moment ends, by the clock on the wall."""
    where = zone(whole["startZone"]) or UTC
    if whole["isAllDay"]:
        where = UTC
    first, last = whole["start"].astimezone(where), whole["end"].astimezone(where)
    length = last.replace(tzinfo=None) - first.replace(tzinfo=None)
    wall: datetime = start.astimezone(where).replace(tzinfo=None) + length
    return wall.replace(tzinfo=where).astimezone(UTC)
