"""What the simulated Google knows: calendars with their rows, who sees which, and who may come in."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sandbox.google.errors import GoogleError
from sandbox.google.push import Push
from sandbox.google.recurrence import original_start, times
from sandbox.google.times import EPOCH, micros, zone
from sandbox.google.tokens import Tokens

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import tzinfo

    from sandbox.state import User, World

Body = dict[str, Any]

GENERATED = ("@group.v.calendar.google.com", "#holiday@group.v.calendar.google.com")
WRITERS = ("owner", "writer", "writerWithoutPrivateAccess")
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
        return [row for row in self.rows.values() if row.series == series]

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

    def differing(self, row: Row, whole: Mapping[str, Any]) -> Body:
        """Return what the row must store so that its event becomes `whole`."""
        if row.series is None:
            return dict(whole)
        inherited = self.whole(replace(row, body={}))
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


class Google:
    """The whole of the simulated Google in one world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.calendars: dict[str, Calendar] = {}
        self.lists: dict[str, dict[str, Entry]] = {}
        self.tokens = Tokens(world)
        self.push = Push(world)
        self.locked: dict[str, datetime] = {}
        """Until when a user's calendars are read-only ("Calendar usage limits exceeded.")."""
        self.spent: dict[str, deque[tuple[datetime, int]]] = {}
        """Quota units by user, each with its moment."""
        self.revoked: set[str] = set()
        """Who has taken their consent back; no assertion in their name is good any more."""
        self.meet_codes: dict[str, str] = {}
        """The Meet room that each conference requestId got."""
        self._stamp = 0

    @cached_property
    def base(self) -> str:
        """Return where the Calendar API is served."""
        return f"{self.world.url}/google/calendar/v3"

    def tick(self) -> int:
        """Return the present moment in microseconds, later than any it returned before."""
        self._stamp = max(self._stamp + 1, micros(self.world.now()))
        return self._stamp

    def moment(self) -> datetime:
        """Return the present moment of the world."""
        return self.world.now()

    def put(self, calendar: Calendar, row: Row, *, quiet: bool = False) -> Row:
        """Store a row as the latest change and ring whoever watches; `quiet` leaves `updated` alone."""
        calendar.seq += 1
        stamp = self.tick()
        stored = replace(row, stamp=stamp, updated=row.updated if quiet else stamp, seq=calendar.seq)
        calendar.rows.pop(row.id, None)
        calendar.rows[row.id] = stored
        self.push.ring(calendar.id)
        self.world.changed("event", calendar=calendar.id, id=row.id)
        return stored

    def drop(self, calendar: Calendar, row: Row) -> None:
        """Forget a row for good, without a trace in the calendar's changes."""
        calendar.rows.pop(row.id, None)

    def add_user(self, user: User, wanted: Mapping[str, Any]) -> None:
        """Give a person their calendars: those wanted, and always a primary one whose id is their address."""
        specs = list(wanted.get("calendars") or ())
        if not any(spec.get("primary") or spec.get("id") == user.email for spec in specs):
            specs = specs if user.email in self.calendars else [{"primary": True}, *specs]
        self.lists.setdefault(user.email, {})
        for spec in specs:
            self.add_calendar(user, spec)

    def add_calendar(self, user: User, spec: Mapping[str, Any]) -> str:
        """Give a person a calendar, or a share in one that is there already, and return its id."""
        primary = bool(spec.get("primary")) or spec.get("id") == user.email
        fresh = self.world.token("c_", 26) + "@group.calendar.google.com"
        calendar_id = user.email if primary else spec.get("id", fresh)
        if calendar_id not in self.calendars:
            self.calendars[calendar_id] = Calendar(
                id=calendar_id,
                summary=spec.get("summary") or (user.email if primary else calendar_id.split("@", 1)[0]),
                owner=user.email,
                time_zone=spec.get("timeZone", "UTC"),
                watchable=bool(spec.get("watchable", not calendar_id.endswith(GENERATED))),
                meet=bool(spec.get("meet", True)),
            )
        self._list(user.email, calendar_id, str(spec.get("accessRole", "owner")), primary=primary)
        return calendar_id

    def _list(self, email: str, calendar_id: str, role: str, *, primary: bool) -> None:
        old = self.lists[email].get(calendar_id)
        if old is not None and old.role != role:
            self.tokens.expire_sync(email, calendar_id)
        self._enter(email, Entry(calendar_id, role, primary))

    def unlist(self, email: str, calendar_id: str) -> None:
        """Take a calendar off a person's list."""
        _, line = self.calendar(email, calendar_id)
        self._enter(email, replace(line, deleted=True))

    def _enter(self, email: str, line: Entry) -> None:
        self.lists[email][line.calendar] = replace(line, stamp=self.tick())
        self.push.ring(f"list of {email}")
        self.world.changed("calendar", user=email, calendar=line.calendar)

    def calendar(self, email: str, calendar_id: str) -> tuple[Calendar, Entry]:
        """Return a calendar as that person sees it; answer 404 when they do not."""
        wanted = email if calendar_id == "primary" else calendar_id
        entry = self.lists.get(email, {}).get(wanted)
        if entry is None or entry.deleted:
            raise GoogleError("notFound")
        return self.calendars[wanted], entry

    def writable(self, email: str, calendar_id: str) -> Calendar:
        """Return a calendar that person may write to; answer 403 when they may only read it."""
        calendar, entry = self.calendar(email, calendar_id)
        if entry.role not in WRITERS:
            raise GoogleError("requiredAccessLevel")
        return calendar

    def primary(self, email: str) -> Calendar | None:
        """Return the primary calendar of a person of the sandbox, None for anybody else."""
        return self.calendars.get(email) if email in self.lists else None

    def everything(self) -> Iterator[tuple[Calendar, Row]]:
        """Yield every row with its calendar."""
        for calendar in self.calendars.values():
            for row in calendar.rows.values():
                yield calendar, row

    def age(self, row: Row) -> float:
        """Return how many seconds ago a row changed."""
        return (self.world.now() - EPOCH).total_seconds() - row.stamp / 1e6
