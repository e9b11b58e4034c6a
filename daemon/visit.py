"""One look at one event: what is held to be true, and what of it is not yet on disk."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from connectors.model import Conference, Event, Meeting
from daemon import telling, transitions
from daemon.look import Look, unmarked
from daemon.terms import Desired
from daemon.traces import imprint
from daemon.worker import Lease
from store import conferences, events, minted, work


@dataclass(slots=True)
class Visit:
    """Gathers what changes while an event is looked at, and hands it over as one transaction at a time."""

    lease: Lease
    seen: Look
    minted: set[str] = field(default_factory=set)  # keys that no provider has been handed yet
    notes: list[tuple[str, str]] = field(default_factory=list)
    ended: set[str] = field(default_factory=set)  # keys whose meeting we have just taken away
    conflicts: int = 0
    wrote: set[str] = field(default_factory=set)  # imprints of what was written during this look
    sure: bool = False  # the event itself has been read or written since we came
    also: list[Callable[[sqlite3.Connection], None]] = field(
        default_factory=list
    )  # to be committed with the rest
    failing: bool = False  # something went wrong that is tried again
    late: Exception | None = None  # why the meeting was not there in time for the event
    _changed: bool = False  # what is known, since the last commit
    _read: bool = False  # the event itself was read or written since then ...
    _shown: Event | None = None  # ... and stood like this
    _by_others: bool = False  # ... as others have made it

    @property
    def news(self) -> bool:
        """Whether anything is not yet on disk."""
        return bool(self.notes) or bool(self.also) or self._read

    def become(self, known: Conference | None, what: str, detail: str = "") -> None:
        """Change what is known."""
        self.seen = replace(self.seen, known=known)
        self.notes.append((what, detail))
        self._changed = True

    def refuse(self, meeting: Meeting | None, why: str, *, make: bool = False) -> None:
        """Remember that the event does not keep this, so that it is not tried again before something changes."""
        if self.seen.known is not None and self.seen.event is not None:
            known = replace(self.seen.known, refused=imprint(self.seen.event, meeting, make=make))
            self.become(known, "not kept", why)

    def set_aside(self, now: float, why: str) -> None:
        """Let go of a conference whose meeting cannot be taken away yet: it is owed under a name that no event has."""
        seen, known = self.seen, self.seen.known
        if known is None:
            return
        name = f"{seen.name} {known.key}"

        def keep(conn: sqlite3.Connection) -> None:
            conferences.save(conn, seen.calendar.id, name, replace(known, written=False), now)
            work.ring(conn, "reconcile", [f"{seen.calendar.id}/{name}"], now)

        self.also.append(keep)
        self.become(None, "old meeting left for later", why)

    def witness(self, event: Event | None, *, by_others: bool = False) -> None:
        """Take in the event as a provider has just shown it; None where it is gone.

        `by_others`: nothing was written, so that whatever is new about it is what others have done.
        """
        self._shown, self._by_others = event, by_others
        self._read = self.sure = True
        self.seen = replace(self.seen, event=event and unmarked(event, self.seen.taken), doubtful=False)

    def put_first(self, why: Exception) -> None:
        """Have the event written without the meeting that it waited for, which is tried again later."""
        self.late = why
        if self.seen.policy.desired is not None:
            self.place(replace(self.seen.policy.desired, hurry=True))

    def place(self, desired: Desired | None) -> None:
        """Change what is known of an application's wish."""
        self.seen = replace(self.seen, policy=replace(self.seen.policy, desired=desired))

    def commit(self, now: float) -> Callable[[sqlite3.Connection], None]:
        """Hand over what is not yet on disk."""
        seen, shown, notes = self.seen, self._shown, list(self.notes)
        read, changed, failing = self._read, self._changed, self.failing
        by_others = self._by_others
        fresh, ended, also = set(self.minted), set(self.ended), list(self.also)
        self.ended.clear()
        self.also.clear()
        if read:
            self.seen = replace(seen, version=events.version_of(shown.etag) if shown else None)
        self.notes.clear()
        self._read = self._changed = False

        def write(conn: sqlite3.Connection) -> None:
            if read and by_others:
                _tell(conn, seen, shown, now)
            if read:
                _save_event(conn, seen, shown, now)
            if changed:
                _save_conference(conn, seen, now)
                _note_keys(conn, seen, now, fresh, ended)
            for one in also:
                one(conn)
            for what, detail in notes:
                conferences.note(conn, seen.calendar.id, seen.name, now, what, detail)
            if seen.managed is not None:
                telling.conference_told(conn, seen.managed, seen.event, seen.known, now, failing=failing)
                transitions.follow(conn, seen.managed, seen.event, now)

        return write


def _tell(conn: sqlite3.Connection, seen: Look, event: Event | None, now: float) -> None:
    """Tell applications of what no listing will show as new any more."""
    before = events.get(conn, seen.calendar.id, seen.name)
    if (before.event if before else None) != event:
        telling.calendar_changed(conn, seen.calendar, [seen.name], now, now)


def _save_event(conn: sqlite3.Connection, seen: Look, event: Event | None, now: float) -> None:
    """Keep what a provider has just shown, unless a listing came between: then nobody knows which is newer."""
    calendar, name = seen.calendar.id, seen.name
    on_disk = events.version(conn, calendar, name)
    crossed = on_disk not in {seen.version, events.version_of(event.etag) if event else None}
    if event is not None and not (crossed and on_disk):
        events.save_read(conn, calendar, event, now)
    elif event is None and not crossed:
        events.forget(conn, calendar, name, now)
        # The occurrences of a series go with it; a listing of a window may never show that those beyond it are gone.
        for one in events.occurrences(conn, calendar, name):
            events.doubt(conn, calendar, one, now)
            work.ring(conn, "reconcile", [f"{calendar}/{one}"], now)
    if crossed:
        events.doubt(conn, calendar, name, now)
        work.ring(conn, "reconcile", [f"{calendar}/{name}"], now)


def _save_conference(conn: sqlite3.Connection, seen: Look, now: float) -> None:
    before = conferences.get(conn, seen.calendar.id, seen.name)
    if seen.known is not None:
        conferences.save(conn, seen.calendar.id, seen.name, seen.known, now)
    else:
        conferences.forget(conn, seen.calendar.id, seen.name)
    keys: list[str] = []
    if _link(before) != _link(seen.known) or (before is None) != (seen.known is None):
        # Its changed occurrences share the meeting of a series, and may have descriptions of their own.
        keys += [
            f"{seen.calendar.id}/{name}" for name in events.occurrences(conn, seen.calendar.id, seen.name)
        ]
    if seen.known is None:
        # Where the event was moved to, its mark can be believed only now.
        keys += [f"{other}/{seen.name}" for other in events.elsewhere(conn, seen.calendar.id, seen.name)]
    work.ring(conn, "reconcile", keys, now)


def _note_keys(conn: sqlite3.Connection, seen: Look, now: float, fresh: set[str], ended: set[str]) -> None:
    known = seen.known
    if known is not None and known.state != "declined":
        minted.keep(conn, known, now, fresh=known.key in fresh)
    for key in ended:
        minted.end(conn, key, now)


def _link(known: Conference | None) -> tuple[bool, str]:
    """Return what of a conference bears on the occurrences of a series."""
    shared = known is not None and known.written
    return shared, known.meeting.join_url if known and known.meeting else ""
