"""The dates of a type 8 series, from Zoom's own recurrence object.

https://developers.zoom.us/docs/api/meetings/#tag/meetings/POST/users/{userId}/meetings
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta
from dateutil.rrule import DAILY, FR, MO, MONTHLY, SA, SU, TH, TU, WE, WEEKLY, rrule

from sandbox.zoom.model import Occurrence
from sandbox.zoom.times import milliseconds

MOST: Final = 60
WEEKDAYS: Final = (SU, MO, TU, WE, TH, FR, SA)


def occurrences(
    recurrence: Mapping[str, Any], start: datetime, duration: int, timezone: str
) -> tuple[Occurrence, ...]:
    """List the dates of a series, at most 60, keeping the wall-clock time of `timezone`."""
    zone = ZoneInfo(timezone)
    dates = islice(_dates(recurrence, start.astimezone(zone).replace(tzinfo=None)), _count(recurrence))
    instants = (date.replace(tzinfo=zone).astimezone(UTC) for date in dates)
    last = recurrence.get("end_date_time")
    until = datetime.fromisoformat(last) if last else start + relativedelta(years=5)
    return tuple(Occurrence(milliseconds(at), at, duration) for at in instants if at <= until)


def _count(recurrence: Mapping[str, Any]) -> int:
    return int(recurrence.get("end_times") or MOST)


def _dates(recurrence: Mapping[str, Any], first: datetime) -> Iterator[datetime]:
    interval = recurrence.get("repeat_interval", 1)
    match recurrence["type"]:
        case 1:
            return iter(rrule(DAILY, first, interval))
        case 2:
            days = recurrence.get("weekly_days") or str(first.isoweekday() % 7 + 1)
            return iter(
                rrule(WEEKLY, first, interval, byweekday=[WEEKDAYS[int(day) - 1] for day in days.split(",")])
            )
        case _:
            return iter(_monthly(recurrence, first, interval))


def _monthly(recurrence: Mapping[str, Any], first: datetime, interval: int) -> rrule:
    if "monthly_week" in recurrence:
        weekday = WEEKDAYS[recurrence.get("monthly_week_day", 1) - 1]
        return rrule(MONTHLY, first, interval, byweekday=weekday(recurrence["monthly_week"]))
    return rrule(MONTHLY, first, interval, bymonthday=recurrence.get("monthly_day", first.day))
