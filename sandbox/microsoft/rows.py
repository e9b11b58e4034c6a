"""Mailboxes, calendars and the events in them, as stored."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sandbox.microsoft import ids, recurrence

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

Body = dict[str, Any]

ENOUGH_LOG = 1_000


@dataclass(frozen=True, slots=True)
class Row:
    """One event as one calendar stores it; replaced as a whole at every change."""

    key: str
    body: Mapping[str, Any]
    """The event in inner form (see merging); of an exception only what differs from its series."""
    stamp: int = 0
    """When it last changed, in microseconds; rises strictly, makes the change key and orders the changes."""
    series: str | None = None
    original: datetime | None = None
    """Of an occurrence: when its series has it, in UTC."""


@dataclass(slots=True, kw_only=True)
class Calendar:
    """One calendar of one mailbox."""

    id: str
    name: str
    owner: str
    owner_name: str
    default: bool = False
    teams: bool = True
    can_edit: bool = True
    watchable: bool = True
    """Whether subscriptions are possible; they are not where the mailbox is on the company's own server."""
    rows: dict[str, Row] = field(default_factory=dict)
    gone: dict[str, int] = field(default_factory=dict)
    """When each event left that was here once."""
    exceptions: dict[str, dict[str, None]] = field(default_factory=dict)
    """The keys of the stored exceptions of each series."""
    _log: list[tuple[int, str]] = field(default_factory=list)

    def keep(self, row: Row) -> None:
        """Store a row as the latest change."""
        self.rows[row.key] = row
        self.gone.pop(row.key, None)
        if row.series is not None:
            self.exceptions.setdefault(row.series, {})[row.key] = None
        self._note(row.stamp, row.key)

    def drop(self, key: str, stamp: int | None) -> None:
        """Take an event off; with a stamp its leaving is a change that is told, without it nobody learns."""
        row = self.rows.pop(key)
        if row.series is not None:
            self.exceptions[row.series].pop(key, None)
        for one in tuple(self.exceptions.pop(key, ())):
            self.rows.pop(one, None)
        if stamp is not None:
            self.gone[key] = stamp
            self._note(stamp, key)

    def _note(self, stamp: int, key: str) -> None:
        self._log.append((stamp, key))
        if len(self._log) > ENOUGH_LOG + 4 * (len(self.rows) + len(self.gone)):
            self._log = [entry for entry in self._log if self._latest(*entry)]

    def _latest(self, stamp: int, key: str) -> bool:
        row = self.rows.get(key)
        return (row.stamp if row else self.gone.get(key)) == stamp

    def changes(self, after: int) -> Iterator[tuple[int, str, Row | None]]:
        """Yield what changed after a moment, in order: its stamp, its key, and the row unless it is gone."""
        for entry in self._log[bisect_right(self._log, (after, "~")) :]:
            if self._latest(*entry):
                yield (*entry, self.rows.get(entry[1]))

    @property
    def latest(self) -> int:
        """Return when anything last changed here."""
        return self._log[-1][0] if self._log else 0

    def instances(self, series: str) -> list[Row]:
        """Return the stored exceptions of a series."""
        return [self.rows[key] for key in self.exceptions.get(series, ())]

    def find(self, key: str) -> Row | None:
        """Return the event with that key; of an occurrence as its series has it, a row made up."""
        if row := self.rows.get(key):
            return row
        item, day = ids.parts(key)
        master = self.rows.get(item)
        if master is None or day is None or day.isoformat() in master.body["cancelled"]:
            return None
        at = recurrence.start_on(master.body, day)
        return Row(key, {}, master.stamp, series=item, original=at) if at else None

    def occurrences(self, master: Row, since: datetime, until: datetime) -> Iterator[Row]:
        """Yield the rows of a series between two moments: exceptions too, cancelled ones not."""
        cancelled, changed = master.body["cancelled"], self.exceptions.get(master.key, {})
        found = [row for key in changed if overlaps(self.whole(row := self.rows[key]), since, until)]
        for day, start in recurrence.between(master.body, since, until):
            key = ids.occurrence(master.key, day)
            if key not in changed and day.isoformat() not in cancelled:
                found.append(Row(key, {}, master.stamp, series=master.key, original=start))
        yield from sorted(found, key=lambda row: row.key)

    def whole(self, row: Row) -> Body:
        """Return all of an event: an occurrence has from its series what it does not override."""
        if row.series is None:
            return dict(row.body)
        return {**self._inherited(row), **row.body}

    def _inherited(self, row: Row) -> Body:
        master = self.rows[row.series or ""].body
        start = row.original or master["start"]
        return {
            **master,
            "start": start,
            "end": recurrence.end_of(master, start),
            "recurrence": None,
            "cancelled": (),
        }

    def differing(self, row: Row, whole: Mapping[str, Any]) -> Body:
        """Return what the row must store so that its event becomes `whole`."""
        if row.series is None:
            return dict(whole)
        inherited = self._inherited(row)
        return {name: value for name, value in whole.items() if inherited.get(name) != value}


@dataclass(slots=True, kw_only=True)
class Mailbox:
    """One person's mailbox; `calendars` are by id."""

    email: str
    name: str
    oid: str
    calendars: dict[str, Calendar] = field(default_factory=dict)
    default: str = ""
    """The id of the default calendar."""
    where: dict[str, str] = field(default_factory=dict)
    """The calendar of each event and of each series."""
    uids: dict[str, str] = field(default_factory=dict)
    """The key of each event and of each series by its iCalendar UID."""
    transactions: dict[str, tuple[Any, str]] = field(default_factory=dict)
    """What each transactionId asked for, and the event that came of it."""
    generation: int = 100
    """Of the sync state; a token of an earlier one is no good any more."""

    @property
    def home(self) -> Calendar:
        """Return the default calendar."""
        return self.calendars[self.default]

    def holder(self, key: str) -> Calendar | None:
        """Return the calendar that has the event, or the series of the occurrence, with that key."""
        return self.calendars.get(self.where.get(key.partition(".")[0], ""))

    def rename(self, calendar: Calendar, fresh: str) -> None:
        """Give a calendar another id; everything else stays."""
        del self.calendars[calendar.id]
        self.where = {key: fresh if at == calendar.id else at for key, at in self.where.items()}
        self.default = fresh if self.default == calendar.id else self.default
        calendar.id = fresh
        self.calendars[fresh] = calendar


def overlaps(whole: Mapping[str, Any], since: datetime, until: datetime) -> bool:
    """Say whether an event takes place between two moments."""
    return recurrence.overlaps(whole["start"], whole["end"], since, until)


def renewed(row: Row, stamp: int) -> Row:
    """Return a row as changed at that moment."""
    return replace(row, stamp=stamp)
