"""A model of a calendar service: events with versions, tombstones, cursors that expire, pushes, Meets."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from connectors.block import split
from connectors.errors import Conflict, CursorExpired, NotFound, Rejected
from connectors.model import CalendarInfo, Changes, Event, EventRef, Gone, Mark, Native
from connectors.recurrence import last_end

LOOK_BACK = timedelta(days=1)


@dataclass(eq=False)
class Item:
    """One event in one calendar. A changed occurrence holds only the fields in which it differs."""

    calendar: str
    id: str
    organizer: str
    fields: dict[str, Any]
    series: Item | None = None
    alive: bool = True
    version: int = 0
    request_id: str = ""  # by which its Meet was asked for
    seen: Event | None = None  # what a reader gets, while it has not changed

    def __getitem__(self, name: str) -> Any:
        """Return a field, of the series where the occurrence does not differ."""
        return self.fields[name] if self.series is None or name in self.fields else self.series[name]

    @property
    def own(self) -> bool:
        """Whether this is the organizer's copy."""
        return self.organizer == self.calendar

    @property
    def name(self) -> str:
        """Name it for people."""
        return f"{self.calendar.partition('@')[0]}/{self.id}"

    @property
    def ends(self) -> datetime | None:
        """When its last occurrence ends; None where it never does."""
        if self.series is None and self["recurrence"]:
            return last_end(self["start"], self["end"], self["zone"], self["recurrence"])
        return self["end"]  # type: ignore[no-any-return]


BLANK: Mapping[str, Any] = {
    "location": "",
    "description": "",
    "zone": "UTC",
    "recurrence": (),
    "attendees": (),
    "ask": "",
    "mark": None,
    "native": None,
}


@dataclass(eq=False)
class CalendarService:
    """All calendars of all people, as the provider keeps them."""

    now: Callable[[], datetime]
    later: Callable[[float, Callable[[], None]], object]
    dice: random.Random
    outlook: timedelta | None = None  # lists like Microsoft Graph, so far ahead; None: like Google
    infos: dict[str, CalendarInfo] = field(default_factory=dict)
    items: dict[tuple[str, str], Item] = field(default_factory=dict)
    oldest: dict[str, int] = field(default_factory=dict)  # cursors before this have expired
    clock: int = 0  # rises with every change
    changed: Callable[[str], None] = lambda _: None
    wrote: Callable[[Item, str], None] = lambda *_: None  # told of every write of the daemon

    def of(self, calendar: str) -> Iterator[Item]:
        """Go through the events of a calendar, cancelled ones too."""
        return (item for (where, _), item in self.items.items() if where == calendar)

    def occurrences(self, item: Item) -> list[Item]:
        """List the changed occurrences of a series."""
        return [one for one in self.items.values() if one.series is item]

    def add(self, item: Item) -> Item:
        """Put a new event into its calendar."""
        if item.series is None:
            item.fields = {**BLANK, **item.fields}
        self.items[item.calendar, item.id] = item
        self.touch(item)
        return item

    def change(self, item: Item, **fields: Any) -> None:
        """Change an event, whoever does it."""
        item.fields.update(fields)
        self.touch(item)

    def touch(self, item: Item) -> None:
        """Give it a new version, and those that depend on it; have everybody told."""
        self.clock += 1
        item.version, item.seen = self.clock, None
        if self.outlook and item.series is not None:
            item.series.version, item.series.seen = self.clock, None
        for one in self.occurrences(item):
            one.version, one.seen = self.clock, None
        if item.own and item.series is None:
            self._invite(item)
        self.changed(item.calendar)

    def _invite(self, item: Item) -> None:
        """Keep the guests' copies like the organizer's, without what is private to it."""
        for guest in self.infos:
            copy = self.items.get((guest, item.id))
            invited = guest in item["attendees"] and guest != item.calendar
            if copy is not None and copy.own:
                continue
            if invited:
                shared = {**item.fields, "mark": None, "ask": ""}
                copy = copy or Item(guest, item.id, item.organizer, shared)
                copy.organizer, copy.fields, copy.alive = item.organizer, shared, item.alive
                self.items[guest, item.id] = copy
                self.touch(copy)
            elif copy is not None and copy.alive:
                copy.alive = False
                self.touch(copy)

    def read(self, item: Item) -> Event:
        """Show an event as the daemon's vocabulary has it."""
        if item.seen is None:
            item.seen = self._event(item)
        return item.seen

    def _event(self, item: Item) -> Event:
        notes, block = split(item["description"])
        return Event(
            ref=EventRef(item.calendar, item.id),
            etag=f'"{item.version}"',
            uid=item.id,
            title=item["title"],
            location=item["location"],
            description=item["description"],
            notes=notes,
            start=item["start"],
            end=item["end"],
            zone=item["zone"],
            recurrence=item["recurrence"] if item.series is None else (),
            ends=item.ends,
            series=item.series.id if item.series else "",
            organizer=item.organizer,
            own=item.own,
            attendees=tuple(sorted(set(item["attendees"]) - {item.organizer})),
            ask=item["ask"],
            mark=item["mark"],
            block=block,
            native=item["native"],
        )

    def get(self, calendar: str, event: str) -> Item:
        """Find an event that is alive. Raises NotFound."""
        item = self.items.get((calendar, event))
        if item is None or not item.alive:
            raise NotFound(f"{event} is not there")
        return item

    def changes(self, calendar: str, cursor: str | None) -> Changes:
        """List what changed, or everything that is not long over. Raises CursorExpired."""
        if self.outlook:
            return self._round(calendar, cursor or "", self.outlook)
        since = None if cursor else self.now() - LOOK_BACK
        if cursor and int(cursor) < self.oldest.get(calendar, 0):
            raise CursorExpired
        events: list[Event] = []
        gone: list[Gone] = []
        for item in self.of(calendar):
            if cursor and item.version <= int(cursor):
                continue
            if not item.alive:
                # A full listing shows of what is cancelled only single occurrences.
                if cursor or item.series:
                    gone.append(Gone(item.id, item.series.id if item.series else ""))
            elif since is None or item.ends is None or item.ends > since:
                events.append(self.read(item))
        return Changes(tuple(events), tuple(gone), str(self.clock), complete=not cursor, since=since)

    def _round(self, calendar: str, cursor: str, window: timedelta) -> Changes:
        """List as our connector does it for Graph: a window that moves on daily, occurrences told by their series."""
        version, _, made = cursor.partition(" ")
        if cursor and int(version) < self.oldest.get(calendar, 0):
            raise CursorExpired
        opened = datetime.fromisoformat(made) if cursor else self.now()
        whole = not cursor or self.now() - opened >= LOOK_BACK
        opened = self.now() if whole else opened
        since, until = opened - LOOK_BACK, opened + window
        events: list[Event] = []
        gone: list[Gone] = []
        occurrences: dict[str, tuple[str, ...]] = {}
        for item in self.of(calendar):
            if item.series is not None or (not whole and item.version <= int(version)):
                continue
            within = item["start"] < until and (item.ends is None or item.ends > since)
            if item.alive and (within or not whole):
                changed = [one for one in self.occurrences(item) if one.alive]
                events += [self.read(one) for one in (item, *changed)]
                if item["recurrence"]:
                    occurrences[item.id] = tuple(one.id for one in changed)
            elif not item.alive and not whole:
                gone.append(Gone(item.id))
        cursor = f"{self.clock} {opened.isoformat()}"
        span = {"complete": True, "since": since, "until": until} if whole else {}
        return Changes(tuple(events), tuple(gone), cursor, occurrences=occurrences, **span)

    def patch(self, ref: EventRef, etag: str, body: Mapping[str, Any]) -> Event:
        """Do what a PATCH of the daemon asks for. Raises NotFound, Conflict, Rejected."""
        item = self.get(ref.calendar, ref.event)
        if not item.own:
            raise Rejected("only the organizer may do that")
        if etag and etag != f'"{item.version}"':
            raise Conflict
        item.fields.update(_fields(body))
        if body.get("conferenceData", 0) is None:
            item.request_id = ""
        self.touch(item)
        self.wrote(item, "details")
        return self.read(item)

    def ask_for_meet(self, ref: EventRef, etag: str, request_id: str, mark: Mark) -> Event:
        """Begin to make a Meet; the same request id never makes another one. Raises as `patch` does."""
        item = self.get(ref.calendar, ref.event)
        if etag and etag != f'"{item.version}"':
            raise Conflict
        if "meet" not in self.infos[item.calendar].native:
            raise Rejected("this calendar has no Meets")
        item.fields["mark"] = mark
        if item.request_id != request_id:
            item.request_id = request_id
            item.fields["native"] = Native("meet", "pending", key=request_id.partition("-")[0])
            wait = self.dice.choice([0.0, 0.5, 3.0, 20.0])
            fails = self.dice.random() < 0.15
            if wait and not fails:
                self.later(wait, lambda: self._meet_ready(item, request_id))
            elif not fails:
                self._make_ready(item)
            else:
                self.later(wait, lambda: self._meet_failed(item, request_id))
        self.touch(item)
        self.wrote(item, "meet")
        return self.read(item)

    def _meet_ready(self, item: Item, request_id: str) -> None:
        if item.request_id == request_id:
            self._make_ready(item)
            self.touch(item)

    def _make_ready(self, item: Item) -> None:
        letters = "".join(self.dice.choice("abcdefghijkmnopqrstuvwxyz") for _ in range(10))
        code = f"{letters[:3]}-{letters[3:7]}-{letters[7:]}"
        key = item.request_id.partition("-")[0]
        item.fields["native"] = Native("meet", "ready", f"https://meet.google.com/{code}", code, key)

    def _meet_failed(self, item: Item, request_id: str) -> None:
        if item.request_id == request_id:
            self.change(item, native=Native("meet", "failed", key=request_id.partition("-")[0]))


def _fields(body: Mapping[str, Any]) -> dict[str, Any]:
    """Read the body of a PATCH."""
    found = {name: body[name] for name in ("description", "location") if name in body}
    if "extendedProperties" in body:
        written = body["extendedProperties"]["private"]["huddled"]
        found["mark"] = Mark(*[*written.split(" ", 2), ""][:3]) if written else None
    if "conferenceData" in body:
        found["native"] = None
    return found
