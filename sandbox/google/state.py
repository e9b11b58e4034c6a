"""What the simulated Google knows: calendars with their rows, who sees which, and who may come in."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sandbox.google.errors import GoogleError
from sandbox.google.post import Post
from sandbox.google.push import Push
from sandbox.google.rows import Calendar, Entry, Row
from sandbox.google.times import micros
from sandbox.google.tokens import Tokens

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.state import User, World

GENERATED = ("@group.v.calendar.google.com", "#holiday@group.v.calendar.google.com")
WRITERS = ("owner", "writer", "writerWithoutPrivateAccess")


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
        world.posts["google"] = Post(self)

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
        """Store a row as the latest change, with the exceptions that change by it, and ring whoever watches.

        `quiet` leaves `updated` alone.
        """
        exceptions = [(one, calendar.whole(one)) for one in calendar.instances(row.id)]
        stored = self._store(calendar, row, quiet=quiet)
        for one, before in exceptions:
            after = calendar.following(one)
            if calendar.whole(after) != before:
                self._store(calendar, after)
        self.push.ring(calendar.id)
        return stored

    def _store(self, calendar: Calendar, row: Row, *, quiet: bool = False) -> Row:
        calendar.seq += 1
        stamp = self.tick()
        stored = replace(row, stamp=stamp, updated=row.updated if quiet else stamp, seq=calendar.seq)
        calendar.keep(stored)
        self.world.changed("event", calendar=calendar.id, id=row.id)
        return stored

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
