"""The rules by which series repeat, as far as Webex has them: one plain rule, with one day in a month or year. Pure.

https://datatracker.ietf.org/doc/html/rfc2445#section-4.3.10
https://developer.webex.com/docs/api/v1/meetings/create-a-meeting
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

DAY = timedelta(days=1)
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
UNTIL = "%Y%m%dT%H%M%SZ"
LONGEST_STEP = 400  # an INTERVAL that somebody may mean: a year and some days

# What may stand in a rule beside FREQ, INTERVAL, COUNT and UNTIL for Webex to understand it as it is meant.
_PLAIN: Mapping[str, tuple[frozenset[str], ...]] = {
    "DAILY": (frozenset(),),
    "WEEKLY": (frozenset(), frozenset({"BYDAY"})),
    "MONTHLY": (frozenset(), frozenset({"BYMONTHDAY"}), frozenset({"BYDAY"})),
    "YEARLY": (frozenset(), frozenset({"BYMONTH", "BYMONTHDAY"}), frozenset({"BYMONTH", "BYDAY"})),
}
_FRAME = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST"})

EVERY_DAY: Mapping[str, str] = {"FREQ": "DAILY", "INTERVAL": "1"}

Parts = dict[str, str]


def same_rule(one: str, other: str) -> bool:
    """Tell whether two rules are the same series, however they are written; "" is none."""
    if not one or not other:
        return one == other
    first, second = parts_of(one), parts_of(other)
    ends = [rule.pop("UNTIL", "") for rule in (first, second)]
    for rule in (first, second):
        rule.setdefault("INTERVAL", "1")
        rule.pop("WKST", None)
        if "BYDAY" in rule:
            rule["BYDAY"] = ",".join(sorted(rule["BYDAY"].split(",")))
    return first == second and _same_day(*ends)


def understood(lines: Iterable[str], first: datetime) -> tuple[Parts, bool]:
    """Return a rule that Webex has, without its end, and whether it is the very rule of these lines."""
    lines = [line.strip().upper() for line in lines]
    rules = [parts_of(line.partition(":")[2]) for line in lines if line.startswith("RRULE")]
    if len(rules) == 1 and not any(line.startswith("RDATE") for line in lines):
        try:
            if plain := _plain(rules[0], first):
                return plain, True
            return _wider(rules[0], first), False
        except (KeyError, ValueError, IndexError):
            pass
    return dict(EVERY_DAY), False


def _plain(rule: Parts, first: datetime) -> Parts | None:
    """Return the rule with everything said that it leaves to its first occurrence; None where Webex lacks it."""
    rule = _ordinal(rule)
    named = frozenset(rule) - _FRAME
    if named not in _PLAIN.get(rule["FREQ"], ()) or not 1 <= int(rule.get("INTERVAL", "1")) <= LONGEST_STEP:
        return None
    if rule["FREQ"] != "WEEKLY" and any("," in rule[name] for name in named):
        return None
    if rule["FREQ"] in ("MONTHLY", "YEARLY") and rule.get("BYDAY", "1MO") in WEEKDAYS:
        return None
    if not _on(rule, first):
        return None
    kept = {name: rule[name] for name in ("FREQ", "INTERVAL", "WKST", *sorted(named)) if name in rule}
    return {"FREQ": rule["FREQ"], "INTERVAL": "1"} | kept | ({} if named else _implied(rule["FREQ"], first))


def _on(rule: Parts, first: datetime) -> bool:
    """Tell whether the first occurrence keeps to the rule; else a walk through the rule may find no date at all."""
    days = monthrange(first.year, first.month)[1]
    weekday = WEEKDAYS[first.weekday()]
    places = ("", str((first.day + 6) // 7), str(-((days - first.day) // 7 + 1)))
    return (
        rule.get("BYMONTH", str(first.month)) == str(first.month)
        and rule.get("BYMONTHDAY", str(first.day)) in (str(first.day), str(first.day - days - 1))
        and not {f"{place}{weekday}" for place in places}.isdisjoint(rule.get("BYDAY", weekday).split(","))
        and all(day[-2:] in WEEKDAYS for day in rule.get("BYDAY", weekday).split(","))
    )


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
        return dict(EVERY_DAY)
    days = {day.strip()[-2:] for day in rule["BYDAY"].split(",")} | {WEEKDAYS[first.weekday()]}
    listed = ",".join(day for day in WEEKDAYS if day in days)
    return {"FREQ": "WEEKLY", "INTERVAL": "1", "BYDAY": listed}


def parts_of(value: str) -> Parts:
    """Return the parts of a rule by name, in capitals."""
    pairs = (part.partition("=") for part in value.upper().removeprefix("RRULE:").split(";") if part)
    return {name.strip(): part.strip() for name, _, part in pairs}


def text_of(rule: Mapping[str, str]) -> str:
    """Write the parts of a rule."""
    return ";".join(f"{name}={part}" for name, part in rule.items())


def end_of(rule: str) -> datetime | None:
    """Return the UNTIL of a rule, None where it has none that can be read."""
    text = parts_of(rule).get("UNTIL", "")
    for form in (UNTIL, "%Y%m%dT%H%M%S", "%Y%m%d"):
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


def _same_day(one: str, other: str) -> bool:
    """Tell whether two ends mean the same; Webex may move one to the end of its day."""
    first, second = end_of(f"UNTIL={one}"), end_of(f"UNTIL={other}")
    if first is None or second is None:
        return one == other
    return abs(first - second) < DAY
