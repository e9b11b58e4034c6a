"""Which events and calendars a list holds: windows, filters, series and their instances."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from sandbox.google import resources
from sandbox.google.errors import GoogleError
from sandbox.google.recurrence import ends_after, instance_id, occurrences
from sandbox.google.rows import Row
from sandbox.google.sync import Listing
from sandbox.google.times import instant, known_zone, micros, rfc3339, stamp_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime, tzinfo

    from sandbox.google.rows import Calendar, Entry
    from sandbox.google.state import Google

Json = dict[str, Any]

FORBIDDEN = (
    "iCalUID",
    "orderBy",
    "privateExtendedProperty",
    "q",
    "sharedExtendedProperty",
    "timeMin",
    "timeMax",
    "updatedMin",
)
TOKENLESS = ("iCalUID", "orderBy", "privateExtendedProperty", "q", "sharedExtendedProperty", "updatedMin")
TOMBSTONE_DAYS = 30
UPDATED_MIN_DAYS = 28
EXPANDED = timedelta(days=730)
"""How far ahead a list of single events goes when it has no end."""
ROLES = ("freeBusyReader", "reader", "writerWithoutPrivateAccess", "writer", "owner")


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list of events leaves out."""

    calendar: Calendar
    query: Mapping[str, Any]
    after: datetime | None
    before: datetime | None
    updated_min: int
    zone: tzinfo | None

    def keeps(self, row: Row) -> bool:
        """Say whether the event belongs in the list, its time aside."""
        whole, query = self.calendar.whole(row), self.query
        if row.updated < self.updated_min or whole["eventType"] not in query.get(
            "eventTypes", (whole["eventType"],)
        ):
            return False
        if "iCalUID" in query and query["iCalUID"] != whole["iCalUID"]:
            return False
        if "q" in query and not _mentions(whole, query["q"]):
            return False
        return all(
            _has(whole, kind, query.get(f"{kind}ExtendedProperty", ())) for kind in ("private", "shared")
        )

    def covers(self, row: Row) -> bool:
        """Say whether the event, or any occurrence of the series, lies in the window."""
        whole, zone = self.calendar.whole(row), self.calendar.zone
        if self.before is not None and instant(whole["start"], zone) >= self.before:
            return False
        if self.after is None:
            return True
        if "recurrence" in whole:
            return ends_after(whole, self.after, zone)
        return instant(whole["end"], zone) > self.after


def _mentions(whole: Mapping[str, Any], words: str) -> bool:
    text = " ".join(str(whole.get(name, "")) for name in ("summary", "description", "location")).lower()
    return all(word in text for word in words.lower().split())


def _has(whole: Mapping[str, Any], kind: str, wanted: list[str]) -> bool:
    held = whole.get("extendedProperties", {}).get(kind, {})
    return all(held.get(name) == value for name, _, value in (pair.partition("=") for pair in wanted))


def _filter(google: Google, calendar: Calendar, query: Mapping[str, Any]) -> Filter:
    after, before = (rfc3339(query[name]) if name in query else None for name in ("timeMin", "timeMax"))
    if after and before and before <= after:
        raise GoogleError("timeRangeEmpty")
    updated = rfc3339(query["updatedMin"]) if "updatedMin" in query else None
    if updated and updated < google.moment() - timedelta(days=UPDATED_MIN_DAYS):
        raise GoogleError("updatedMinTooLongAgo")
    if query.get("orderBy") == "startTime" and not query.get("singleEvents"):
        raise GoogleError("badRequest", "The requested ordering is not available for the particular query.")
    where = known_zone(query["timeZone"], "list") if "timeZone" in query else None
    return Filter(calendar, query, after, before, micros(updated) if updated else 0, where)


def events(google: Google, email: str, calendar: Calendar, query: Mapping[str, Any]) -> Listing:
    """Return the listing of a calendar's events for one query."""
    wanted = _filter(google, calendar, query)
    _purge(google, calendar)
    single = query.get("singleEvents", False)
    modes = google.world.modes

    def everything() -> list[str]:
        rows = [row for row in calendar.rows.values() if wanted.keeps(row)]
        found = _expanded(wanted, rows) if single else [row for row in rows if wanted.covers(row)]
        found = [row for row in found if _stays(calendar, row, query)]
        return [row.id for row in _ordered(calendar, found, query.get("orderBy"))]

    def since(seq: int) -> list[str]:
        # Changes outside the window of the initial list come too; nobody promises that they do not.
        latest = takewhile(lambda row: row.seq > seq, reversed(calendar.rows.values()))
        rows = [row for row in latest if wanted.keeps(row)]
        rows.reverse()
        return [row.id for row in (_expanded(wanted, rows) if single else rows)]

    def show(key: str) -> Json | None:
        row = calendar.find(key)
        return (
            resources.listed(calendar, row, google.world.random, modes.sparse_cancelled, wanted.zone)
            if row
            else None
        )

    return Listing(email, calendar.id, calendar.seq, everything, since, show, FORBIDDEN, TOKENLESS, 250, 2500)


def _stays(calendar: Calendar, row: Row, query: Mapping[str, Any]) -> bool:
    """Say whether a full list has the row; of cancelled ones the exceptions of a live series."""
    if query.get("showDeleted") or calendar.whole(row)["status"] != "cancelled":
        return True
    alive = row.series is not None and calendar.rows[row.series].body["status"] != "cancelled"
    return alive and not query.get("singleEvents")


def _ordered(calendar: Calendar, rows: list[Row], order: str | None) -> list[Row]:
    if order == "startTime":
        return sorted(rows, key=lambda row: instant(calendar.whole(row)["start"], calendar.zone))
    return sorted(rows, key=lambda row: row.updated) if order == "updated" else rows


def _expanded(wanted: Filter, rows: list[Row]) -> list[Row]:
    """Return the rows with each series replaced by its occurrences in the window."""
    calendar, found = wanted.calendar, {}
    for row in rows:
        for one in instances(calendar, row, wanted.before) if "recurrence" in row.body else (row,):
            if wanted.covers(one):
                found[one.id] = one
    return list(found.values())


def instances(calendar: Calendar, series: Row, before: datetime | None = None) -> Iterator[Row]:
    """Yield the instances of a series in order, exceptions in their place."""
    whole, zone = calendar.whole(series), calendar.zone
    end = before or max(instant(whole["start"], zone), _now(series)) + EXPANDED
    for start in occurrences(whole, zone):
        if start >= end:
            return
        row = calendar.find(instance_id(series.id, start, allday="date" in whole["start"]))
        if row is not None:
            yield row


def _now(series: Row) -> datetime:
    return rfc3339(stamp_text(series.stamp))


def instance_listing(
    google: Google, email: str, calendar: Calendar, series: Row, query: Mapping[str, Any]
) -> Listing:
    """Return the listing of a series' instances."""
    wanted = _filter(google, calendar, query)
    if "recurrence" not in series.body:
        raise GoogleError("badRequest", "The event is not recurring.")

    def everything() -> list[str]:
        rows = [row for row in instances(calendar, series, wanted.before) if wanted.covers(row)]
        if at := query.get("originalStart"):
            rows = [row for row in rows if at in (row.original or {}).values() or _same(row, at)]
        return [
            row.id for row in rows if query.get("showDeleted") or calendar.whole(row)["status"] != "cancelled"
        ]

    def show(key: str) -> Json | None:
        row = calendar.find(key)
        return resources.event(calendar, row, wanted.zone) if row else None

    source = f"{calendar.id} {series.id}"
    never = ("alt", "calendarId", *query)
    return Listing(email, source, 0, everything, lambda _: (), show, FORBIDDEN, never, 250, 2500)


def _same(row: Row, at: str) -> bool:
    if row.original is None or "date" in row.original or "T" not in at:
        return False
    return rfc3339(row.original["dateTime"]) == rfc3339(at)


def _purge(google: Google, calendar: Calendar) -> None:
    """Forget what was deleted long ago; rows are in order of change, so the oldest come first."""
    oldest = google.tick() - TOMBSTONE_DAYS * 86_400_000_000
    for row in tuple(takewhile(lambda row: row.stamp < oldest, calendar.rows.values())):
        if row.series is None and row.body["status"] == "cancelled":
            calendar.drop(row)


def calendars(google: Google, email: str, query: Mapping[str, Any]) -> Listing:
    """Return the listing of a person's calendar list."""
    entries = google.lists.get(email, {})
    least = ROLES.index(query.get("minAccessRole", ROLES[0]))

    def shown(key: str) -> Json | None:
        line: Entry | None = entries.get(key)
        return resources.entry(google.calendars[key], line) if line else None

    def everything() -> list[str]:
        kept = [line for line in entries.values() if query.get("showDeleted") or not line.deleted]
        return [line.calendar for line in kept if ROLES.index(line.role) >= least]

    def since(stamp: int) -> list[str]:
        return [key for key, line in entries.items() if line.stamp > stamp]

    forbidden = ("minAccessRole", "showOwnOrganizationOnly")
    return Listing(email, "", google.tick(), everything, since, shown, forbidden, forbidden, 100, 250)
