"""Which events are to be read, as a query says: https://docs.cronofy.com/developers/api/events/read-events/. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from api.v1.calls import Query, Refused
from api.v1.drafts import DATE, Problems, known_zone
from store.reading import EVER

BACK, AHEAD = 42 * 86_400.0, 201 * 86_400.0  # seconds, where the caller names no times
MOST_CALENDARS = 100  # that can be named: they are part of every page's address
FLAGS = ("include_moved", "include_geo")  # of which we keep nothing that could be told


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when, in seconds since the epoch."""

    after: float = -EVER
    before: float = EVER


@dataclass(frozen=True, slots=True)
class Window:
    """What is asked for. `calendars` of () are all."""

    external: Span | None  # of events that the application does not manage; None leaves them out
    managed: Span | None
    horizon: float  # up to when series are told that nothing else ends
    calendars: tuple[str, ...] = ()
    modified: float | None = None
    deleted: bool = False
    ids: bool = False  # also those of the provider
    localized: bool = False  # times are told in the event's zone, and not in UTC


def read(query: Query, now: float) -> Window:
    """Read the parameters. Raises Refused."""
    problems = Problems()
    zone = _zone(query, problems)
    after, before = (_moment(query, name, zone, problems) for name in ("from", "to"))
    if after is not None and before is not None and before < after:
        problems.add("to", "invalid_time_pair", "to must not be before from")
    modified = _moment(query, "last_modified", zone, problems)
    include, only = _flag(query, "include_managed", problems), _flag(query, "only_managed", problems)
    deleted, ids, localized, *_ = (
        _flag(query, name, problems) for name in ("include_deleted", "include_ids", "localized_times", *FLAGS)
    )
    calendars = tuple(dict.fromkeys(query.texts("calendar_ids")))
    if len(calendars) > MOST_CALENDARS:
        problems.add("calendar_ids", "too_many", f"at most {MOST_CALENDARS} calendars can be named")
    problems.check()
    usual = Span(now - BACK if after is None else after, now + AHEAD if before is None else before)
    own = Span(-EVER if after is None else after, EVER if before is None else before)
    return Window(
        None if only else usual,
        own if include or only else None,
        before if before is not None else max(now, after or now) + AHEAD,
        calendars,
        modified,
        deleted,
        ids,
        localized,
    )


def packed(window: Window) -> Mapping[str, Any]:
    """Return it as JSON can hold it."""
    told = asdict(window).items()
    return {name: value for name, value in told if value is not None and value is not False and value != ()}


def unpacked(told: Mapping[str, Any]) -> Window:
    """Return what was packed. Raises KeyError, TypeError and ValueError."""
    spans = {name: Span(**told[name]) if told.get(name) else None for name in ("external", "managed")}
    rest = {one.name: told[one.name] for one in fields(Window) if one.name in told and one.name not in spans}
    return Window(**{**spans, **rest, "calendars": tuple(told.get("calendars", ()))})


def _zone(query: Query, problems: Problems) -> str:
    name = query.text("tzid")
    if not name:
        problems.missing("tzid")
    elif not known_zone(name):
        problems.add("tzid", "tzid_unrecognized", "TZID not recognized")
    else:
        return name
    return "UTC"


def _flag(query: Query, name: str, problems: Problems) -> bool:
    try:
        return query.flag(name)
    except Refused as refused:
        _join(problems, refused)
        return False


def _join(problems: Problems, refused: Refused) -> None:
    for name, found in refused.errors.items():
        problems.found.setdefault(name, []).extend(found)


def _moment(query: Query, name: str, zone: str, problems: Problems) -> float | None:
    """Read a date, which is its first moment in the zone, or a time, in the zone where it names no other."""
    text = query.text(name).strip()
    if not text:
        return None
    try:
        return _seconds(text, zone)
    except (ValueError, OverflowError):
        problems.odd(name, 'a time such as "2026-04-28T15:30:00Z", or a date such as "2026-04-28"')
        return None


def _seconds(text: str, zone: str) -> float:
    if DATE.match(text) is None:
        raise ValueError(text)
    found = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
    return (found if found.tzinfo else found.replace(tzinfo=ZoneInfo(zone))).timestamp()
