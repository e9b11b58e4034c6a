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

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from connectors.model import MeetingRequest
from connectors.recurrence import last_end

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
SHORTEST, LONGEST = timedelta(minutes=10), timedelta(hours=23, minutes=59)
FURTHEST = timedelta(days=5 * 365)  # a little less than the five years for which a series may have an end
MOST: Mapping[str, int] = {
    "YEARLY": 5,
    "MONTHLY": 60,
    "WEEKLY": 261,
    "DAILY": 1826,
}  # occurrences, with an end
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
UNTIL = "%Y%m%dT%H%M%SZ"

# What may stand in a rule beside FREQ, INTERVAL, COUNT and UNTIL for Webex to understand it as it is meant.
_PLAIN: Mapping[str, tuple[frozenset[str], ...]] = {
    "DAILY": (frozenset(),),
    "WEEKLY": (frozenset(), frozenset({"BYDAY"})),
    "MONTHLY": (frozenset(), frozenset({"BYMONTHDAY"}), frozenset({"BYDAY"})),
    "YEARLY": (frozenset(), frozenset({"BYMONTH", "BYMONTHDAY"}), frozenset({"BYMONTH", "BYDAY"})),
}
_FRAME = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST"})

Parts = dict[str, str]


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


def same_rule(one: str, other: str) -> bool:
    """Tell whether two rules are the same series, however they are written; "" is none."""
    if not one or not other:
        return one == other
    first, second = _parts(one), _parts(other)
    ends = [rule.pop("UNTIL", "") for rule in (first, second)]
    for rule in (first, second):
        rule.setdefault("INTERVAL", "1")
        rule.pop("WKST", None)
        if "BYDAY" in rule:
            rule["BYDAY"] = ",".join(sorted(rule["BYDAY"].split(",")))
    return first == second and _same_day(*ends)


def _series(start: datetime, end: datetime, request: MeetingRequest, earliest: datetime) -> Times | None:
    """Return the series of an event that repeats."""
    zone = _zone(request.zone)
    over = last_end(start, end, zone.key, request.recurrence) if request.recurrence else None
    rule, exact = _rule(request.recurrence, start.astimezone(zone).replace(tzinfo=None))
    if end - start > DAY:
        rule, exact = {"FREQ": "DAILY", "INTERVAL": "1"}, False
    last = None if over is None else max(start, over - min(end - start, DAY))
    whole = Times(start, end, zone.key, bent="" if exact else "rule_not_at_webex")
    return _from(_ended(whole, rule, last, zone), zone, earliest, over)


def _days(start: datetime, end: datetime, request: MeetingRequest, earliest: datetime) -> Times | None:
    """Return a meeting on each day of an event of several days."""
    zone = _zone(request.zone)
    last = start + DAY * ((end - start - MINUTE) // DAY)
    rule = {"FREQ": "DAILY", "INTERVAL": "1"}
    return _from(_ended(Times(start, end, zone.key), rule, last, zone), zone, earliest, end)


def _from(series: Times, zone: ZoneInfo, earliest: datetime, over: datetime | None) -> Times | None:
    """Leave out the occurrences that begin before `earliest`."""
    fitted = _fitted(series)
    if series.start >= earliest:
        return fitted
    first = series.start.astimezone(zone).replace(tzinfo=None)
    # On the wall clock, on which the rule counts; an UNTIL with its Z belongs to the other clock.
    rule, until = _parts(series.rule), _end_of(series.rule)
    rule.pop("UNTIL", None)
    found = rrulestr(_text(rule), dtstart=first).after(
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
    text = _text(rule)
    if last is None:
        return replace(series, rule=text)
    first = series.start.astimezone(zone).replace(tzinfo=None)
    until = last.astimezone(zone).replace(tzinfo=None)
    most = MOST[rule["FREQ"]]
    walked = list(islice(rrulestr(text, dtstart=first), most + 1))
    if last - series.start > FURTHEST or (len(walked) > most and walked[-1] <= until):
        return replace(series, rule=text, bent=series.bent or "series_too_long")
    return replace(series, rule=f"{text};UNTIL={last.astimezone(UTC).strftime(UNTIL)}")


def _rule(lines: Iterable[str], first: datetime) -> tuple[Parts, bool]:
    """Return a rule that Webex has, without its end, and whether it is the very rule of these lines."""
    lines = [line.strip().upper() for line in lines]
    rules = [_parts(line.partition(":")[2]) for line in lines if line.startswith("RRULE")]
    if len(rules) == 1 and not any(line.startswith("RDATE") for line in lines):
        try:
            if plain := _plain(rules[0], first):
                return plain, True
            return _wider(rules[0], first), False
        except (KeyError, ValueError, IndexError):
            pass
    return {"FREQ": "DAILY", "INTERVAL": "1"}, False


def _plain(rule: Parts, first: datetime) -> Parts | None:
    """Return the rule with everything said that it leaves to its first occurrence; None where Webex lacks it."""
    rule = _ordinal(rule)
    named = frozenset(rule) - _FRAME
    if named not in _PLAIN.get(rule["FREQ"], ()) or int(rule.get("INTERVAL", "1")) < 1:
        return None
    if rule["FREQ"] != "WEEKLY" and any("," in rule[name] for name in named):
        return None
    if rule["FREQ"] in ("MONTHLY", "YEARLY") and rule.get("BYDAY", "1MO") in WEEKDAYS:
        return None
    kept = {name: rule[name] for name in ("FREQ", "INTERVAL", "WKST", *sorted(named)) if name in rule}
    return {"FREQ": rule["FREQ"], "INTERVAL": "1"} | kept | ({} if named else _implied(rule["FREQ"], first))


def _implied(frequency: str, first: datetime) -> Parts:
    match frequency:
        case "WEEKLY":
            return {"BYDAY": WEEKDAYS[first.weekday()]}
        case "MONTHLY":
            return {"BYMONTHDAY": str(first.day)}
        case "YEARLY":
            return {"BYMONTH": str(first.month), "BYMONTHDAY": str(first.day)}
        case _:
            return {}


def _ordinal(rule: Parts) -> Parts:
    """Write `BYDAY=TU;BYSETPOS=2` as `BYDAY=2TU`."""
    if rule.get("BYDAY") not in WEEKDAYS or "," in rule.get("BYSETPOS", ",") or rule["FREQ"] != "MONTHLY":
        return rule
    place = int(rule["BYSETPOS"])
    return {name: part for name, part in rule.items() if name != "BYSETPOS"} | {
        "BYDAY": f"{place}{rule['BYDAY']}"
    }


def _wider(rule: Parts, first: datetime) -> Parts:
    """Return a rule with all days of this one, and more."""
    if rule["FREQ"] not in _PLAIN or "BYDAY" not in rule:
        return {"FREQ": "DAILY", "INTERVAL": "1"}
    days = {day.strip()[-2:] for day in rule["BYDAY"].split(",")} | {WEEKDAYS[first.weekday()]}
    listed = ",".join(day for day in WEEKDAYS if day in days)
    return {"FREQ": "WEEKLY", "INTERVAL": "1", "BYDAY": listed}


def _parts(value: str) -> Parts:
    pairs = (part.partition("=") for part in value.upper().removeprefix("RRULE:").split(";") if part)
    return {name.strip(): part.strip() for name, _, part in pairs}


def _text(rule: Mapping[str, str]) -> str:
    return ";".join(f"{name}={part}" for name, part in rule.items())


def _end_of(rule: str) -> datetime | None:
    text = _parts(rule).get("UNTIL", "")
    for form in (UNTIL, "%Y%m%dT%H%M%S", "%Y%m%d"):
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


def _same_day(one: str, other: str) -> bool:
    """Tell whether two ends mean the same; Webex may move one to the end of its day."""
    first, second = _end_of(f"UNTIL={one}"), _end_of(f"UNTIL={other}")
    if first is None or second is None:
        return one == other
    return abs(first - second) < DAY


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")
