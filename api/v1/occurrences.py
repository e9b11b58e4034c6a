"""When the occurrences of a series are, and what they go by. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from connectors.model import Event
from connectors.recurrence import starts

EARLIEST, LATEST = datetime(2, 1, 1, tzinfo=UTC), datetime(9998, 12, 31, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One of a series. `stamp` tells it from the others, as ids of occurrences at Google do."""

    start: datetime
    stamp: str
    first: bool
    cancelled: bool = False


def day(moment: datetime, zone: str) -> date:
    """Return the date of a whole-day event: it begins at midnight in its zone, or is counted in UTC."""
    return moment.date() if moment.time() == time() else moment.astimezone(ZoneInfo(zone)).date()


def stamp(moment: datetime, event: Event) -> str:
    """Return what tells an occurrence of a series from the others: when it was to be at first."""
    return f"{day(moment, event.zone):%Y%m%d}" if event.all_day else f"{moment:%Y%m%dT%H%M%SZ}"


@dataclass(frozen=True, slots=True)
class Stretch:
    """Which occurrences are wanted, in seconds since the epoch."""

    after: float  # they last longer, or begin then
    before: float  # they begin before
    horizon: float  # and, but for the first, before this too
    since: float  # none begins before this


def each(
    event: Event, stretch: Stretch, changed: Collection[str], cancelled: Collection[str]
) -> Iterator[Occurrence]:
    """Yield those occurrences in order.

    `changed` and `cancelled` are the stamps of those that are told by themselves, and of those that are off.
    """
    zone, length = place(event), (event.end - event.start).total_seconds()
    since = max(stretch.since, stretch.after - length)
    for start in starts(event.start, zone, event.recurrence, moment_of(since)):
        seconds, first = start.timestamp(), start == event.start
        if seconds >= stretch.before or (seconds >= stretch.horizon and not first):
            return
        mark = stamp(start, event)
        if mark in changed or (seconds < stretch.after and seconds + length <= stretch.after):
            continue
        off = mark in cancelled or (
            bool(cancelled) and f"{start.astimezone(ZoneInfo(zone)):%Y%m%d}" in cancelled
        )
        yield Occurrence(start, mark, first, off)


def at(event: Event, start: datetime) -> Event:
    """Return the occurrence of a series that begins then. It lasts as long by the clock on the wall."""
    zone = ZoneInfo(place(event))
    first, end = (one.astimezone(zone).replace(tzinfo=None) for one in (event.start, event.end))
    until = start.astimezone(zone).replace(tzinfo=None) + (end - first)
    return replace(event, start=start, end=until.replace(tzinfo=zone).astimezone(UTC))


def place(event: Event) -> str:
    """Return the zone in which a series repeats: days that are counted in UTC do so there."""
    return "UTC" if event.all_day and event.start.time() == time() else event.zone


def moment_of(seconds: float) -> datetime:
    """Return a moment, and for those beyond the calendar the first or last one."""
    if seconds <= EARLIEST.timestamp():
        return EARLIEST
    return LATEST if seconds >= LATEST.timestamp() else datetime.fromtimestamp(seconds, UTC)
