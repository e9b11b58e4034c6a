"""When a meeting takes place, in what Webex can hold. Pure.

Webex holds meetings of ten minutes to a minute less than a day, none that begins in the past, and series by one
plain rule. People have to be able to join whenever the event takes place, so what does not fit is made wider:

| the event | its meeting |
|---|---|
| is shorter than ten minutes | lasts ten minutes |
| lasts a day | a minute less |
| lasts longer | one on each of its days |
| has begun | begins in a minute or two |
| is a series that has begun | the series from its next occurrence on |
| repeats by a rule that Webex has not | every week on these weekdays, or every day |
| repeats oftener than Webex counts | the series without an end |

https://developer.webex.com/docs/api/v1/meetings/create-a-meeting
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from connectors.model import MeetingRequest
from connectors.recurrence import last_end
from connectors.webex.rules import EVERY_DAY, UNTIL, Parts, end_of, parts_of, text_of, understood

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
SHORTEST, LONGEST = timedelta(minutes=10), timedelta(hours=23, minutes=59)
FURTHEST = timedelta(days=5 * 365)  # a little less than the five years for which a series may have an end
MOST: Mapping[str, int] = {
    "YEARLY": 5,
    "MONTHLY": 60,
    "WEEKLY": 261,
    "DAILY": 1826,
}  # occurrences, with an end


@dataclass(frozen=True, slots=True)
class Times:
    """When a meeting takes place: of a series, its first occurrence and the rule."""

    start: datetime
    end: datetime
    zone: str
    rule: str = ""  # "" for a single meeting
    bent: str = ""  # why these are not the event's own times; "" where they are


def times(request: MeetingRequest, earliest: datetime) -> Times | None:
    """Return when the meeting takes place that begins no sooner than `earliest`; None where it is over by then.

    A request that came without a start has no times either.
    """
    if request.start is None:
        return None
    start = request.start.replace(second=0, microsecond=0)
    end = start + timedelta(minutes=request.minutes)
    if request.recurring:
        return _series(start, end, request, earliest)
    if end - start > DAY:
        return _days(start, end, request, earliest)
    found = _fitted(Times(start, end, _zone(request.zone).key))
    return found if start >= earliest else _under_way(found, end, earliest)


def _series(start: datetime, end: datetime, request: MeetingRequest, earliest: datetime) -> Times | None:
    """Return the series of an event that repeats."""
    zone = _zone(request.zone)
    over = last_end(start, end, zone.key, request.recurrence) if request.recurrence else None
    rule, exact = understood(request.recurrence, start.astimezone(zone).replace(tzinfo=None))
    if end - start > DAY:
        rule, exact = dict(EVERY_DAY), False
    last = None if over is None else over - (end - start) + _more_days(start, end)
    whole = Times(start, end, zone.key, bent="" if exact else "rule_not_at_webex")
    return _from(_ended(whole, rule, last, zone), zone, earliest, over)


def _days(start: datetime, end: datetime, request: MeetingRequest, earliest: datetime) -> Times | None:
    """Return a meeting on each day of an event of several days."""
    zone = _zone(request.zone)
    last = start + _more_days(start, end)
    return _from(_ended(Times(start, end, zone.key), dict(EVERY_DAY), last, zone), zone, earliest, end)


def _more_days(start: datetime, end: datetime) -> timedelta:
    """Return how long after `start` the last day of an event begins."""
    return DAY * ((end - start - MINUTE) // DAY)


def _from(series: Times, zone: ZoneInfo, earliest: datetime, over: datetime | None) -> Times | None:
    """Leave out the occurrences that begin before `earliest`."""
    fitted = _fitted(series)
    if series.start >= earliest:
        return fitted
    first = series.start.astimezone(zone).replace(tzinfo=None)
    # On the wall clock, on which the rule counts; an UNTIL with its Z belongs to the other clock.
    rule, until = parts_of(series.rule), end_of(series.rule)
    rule.pop("UNTIL", None)
    found = rrulestr(text_of(rule), dtstart=first).after(
        earliest.astimezone(zone).replace(tzinfo=None), inc=True
    )
    start = None if found is None else found.replace(tzinfo=zone).astimezone(UTC)
    if start is None or start < earliest or (until is not None and start > until):
        return None if over is None else _under_way(replace(fitted, rule=""), over, earliest)
    return replace(fitted, start=start, end=start + (fitted.end - fitted.start))


def _under_way(found: Times, end: datetime, earliest: datetime) -> Times | None:
    """Return what is left of a meeting that has begun."""
    if end <= earliest:
        return None
    start = (earliest + MINUTE).replace(second=0, microsecond=0) + MINUTE
    return replace(_fitted(replace(found, start=start, end=end)), bent="under_way")


def _fitted(found: Times) -> Times:
    """Keep to how long meetings may last."""
    length = found.end - found.start
    if length < SHORTEST:
        return replace(found, end=found.start + SHORTEST, bent=found.bent or "too_short")
    if length > LONGEST:
        return replace(found, end=found.start + LONGEST, bent=found.bent or "too_long")
    return found


def _ended(series: Times, rule: Parts, last: datetime | None, zone: ZoneInfo) -> Times:
    """Give the series its rule, with an end if it has one and Webex can count so far."""
    text = text_of(rule)
    if last is None:
        return replace(series, rule=text)
    first = series.start.astimezone(zone).replace(tzinfo=None)
    until = last.astimezone(zone).replace(tzinfo=None)
    most = MOST[rule["FREQ"]]
    walked = list(islice(rrulestr(text, dtstart=first), most + 1))
    if last - series.start > FURTHEST or (len(walked) > most and walked[-1] <= until):
        return replace(series, rule=text, bent=series.bent or "series_too_long")
    return replace(series, rule=f"{text};UNTIL={last.astimezone(UTC).strftime(UNTIL)}")


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")
