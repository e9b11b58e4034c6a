"""Calendars and the events in them, as stored."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC
from typing import TYPE_CHECKING, Any

from sandbox.google.recurrence import occurs, original_start, times
from sandbox.google.times import instant, zone

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo

Body = dict[str, Any]

NOT_INHERITED = ("recurrence", "start", "end")


@dataclass(frozen=True, slots=True)
class Row:
    """One event as one calendar stores it; replaced as a whole at every change."""

    id: str
    body: Mapping[str, Any]
    """The event; of an instance only what differs from its series (None: taken away)."""
    stamp: int = 0
    """When it last changed in any way, in microseconds; rises strictly, and the etag is twice it."""
    updated: int = 0
    """The same without changes of reminders alone."""
    seq: int = 0
    """Place in the calendar's order of changes; sync tokens point into it."""
    series: str | None = None
    original: Mapping[str, Any] | None = None
    """originalStartTime, of an instance."""


@dataclass(slots=True, kw_only=True)
class Calendar:
    """One calendar; `rows` are in the order of their last change."""

    id: str
    summary: str
    owner: str
    time_zone: str = "UTC"
    watchable: bool = True
    meet: bool = True
    rows: dict[str, Row] = field(default_factory=dict)
    seq: int = 0
    exceptions: dict[str, dict[str, None]] = field(default_factory=dict)
    """The ids of the stored exceptions of each series."""

    @property
    def zone(self) -> tzinfo:
        """Return the calendar's time zone."""
        return zone(self.time_zone) or UTC

    @property
    def conference_types(self) -> list[str]:
        """Return the conference solutions that can be asked for here."""
        return ["hangoutsMeet"] if self.meet else []

    def instances(self, series: str) -> list[Row]:
        """Return the stored exceptions of a series."""
        return [self.rows[one] for one in self.exceptions.get(series, ())]

    def keep(self, row: Row) -> None:
        """Store a row as the latest."""
        self.rows.pop(row.id, None)
        self.rows[row.id] = row
        if row.series is not None:
            self.exceptions.setdefault(row.series, {})[row.id] = None

    def drop(self, row: Row) -> None:
        """Forget an event with its exceptions, without a trace in the order of changes."""
        for one in (*self.exceptions.pop(row.id, ()), row.id):
            self.rows.pop(one, None)

    def whole(self, row: Row) -> Body:
        """Return all of an event: an instance has from its series what it does not override."""
        if row.series is None:
            return dict(row.body)
        master = self.rows[row.series].body
        base = {k: v for k, v in master.items() if k not in NOT_INHERITED} | self._inherited_times(
            master, row
        )
        if master["status"] == "cancelled":
            return base | {k: v for k, v in row.body.items() if v is not None} | {"status": "cancelled"}
        mixed = {**base, **row.body}
        return {k: v for k, v in mixed.items() if v is not None}

    def _inherited_times(self, master: Mapping[str, Any], row: Row) -> Body:
        if row.original is None or ("date" in row.original) != ("date" in master["start"]):
            return {"start": row.original, "end": row.original}
        return times(master, row.original, self.zone)

    def following(self, one: Row) -> Row:
        """Return an exception as it is after a change of its series: cancelled when its day is gone."""
        series, at = self.rows[one.series or ""].body, one.original or {}
        same_kind = ("date" in at) == ("date" in series["start"])
        if "recurrence" in series and same_kind and occurs(series, instant(at, self.zone), self.zone):
            return one
        return replace(one, body={**one.body, "status": "cancelled"})

    def differing(self, row: Row, whole: Mapping[str, Any]) -> Body:
        """Return what the row must store so that its event becomes `whole`."""
        if row.series is None:
            return dict(whole)
        inherited = self.whole(replace(row, body={}))
        if inherited["status"] == "cancelled":
            # The series may come back, and this occurrence should then be what it is now.
            del inherited["status"]
        keys = inherited.keys() | whole.keys()
        return {k: whole.get(k) for k in sorted(keys) if whole.get(k) != inherited.get(k)}

    def find(self, event_id: str) -> Row | None:
        """Return the event or instance with that id; of an instance as its series has it, a row made up."""
        if row := self.rows.get(event_id):
            return row
        series = self.rows.get(event_id.rpartition("_")[0])
        if series is None:
            return None
        at = original_start(series.body, event_id, self.zone)
        if at is None:
            return None
        return Row(event_id, {}, series.stamp, series.updated, series=series.id, original=at)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a person's calendar list."""

    calendar: str
    role: str
    primary: bool = False
    deleted: bool = False
    stamp: int = 0
    """When it last changed, in microseconds; rises strictly."""
