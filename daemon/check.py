"""See whether a meeting still stands as the record has it: somebody may have been at it at the provider.

It never touches a meeting or an event. What it finds is committed, and `reconcile` does the rest.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace

from connectors.errors import SPENT, NotFound, Rejected
from connectors.model import Conference, Meeting
from daemon.look import Look, look
from daemon.outside import Outside
from daemon.plan import LONG_AGO
from daemon.policy import judge
from daemon.terms import Wanted
from daemon.visit import Visit
from daemon.worker import Lease
from store import conferences, work
from store.db import Store

CLOSED = frozenset({"closed"})  # the reason of a NotFound for a meeting whose time is up
SOON = 2.0  # seconds after which it looks again at what was being worked on meanwhile


def lost(known: Conference, error: NotFound) -> Conference:
    """Return what stays of a conference whose meeting is gone: the same key gets another one.

    There is nothing to search for before that is made: what only looks like it would be somebody's own.
    """
    tried = LONG_AGO if error.reason in SPENT else None
    return replace(known, state="reserved", meeting=None, written=False, tried=tried)


def lost_how(error: NotFound) -> str:
    """Say in the history what has become of a meeting."""
    what = str(error) if error.reason in SPENT | CLOSED else "somebody deleted it at the provider"
    return f"{what}; it is made anew"


@dataclass(frozen=True, slots=True)
class Check:
    """The handler of `check` work; its key is `calendar/event`."""

    store: Store
    outside: Outside

    async def __call__(self, lease: Lease) -> None:
        """Read the meeting once; ring for the event where it is gone or has another link."""
        calendar, _, name = lease.job.key.partition("/")
        seen = await self.store.read(lambda conn: look(conn, calendar, name, self.outside.policy))
        found = await self._found(lease, seen) if seen is not None else None
        if found is not None and not await lease.tx(lambda conn: self._settle(conn, found)):
            await lease.finish(None, self.outside.now() + SOON)
            return
        await lease.finish(lambda conn: work.take_off(conn, "check", lease.job.key))

    async def _found(self, lease: Lease, seen: Look) -> _Found | None:
        """Return what is other than the record says; None where nothing is, or nobody needs to know."""
        known = seen.known
        if known is None or known.meeting is None or not _matters(seen, known):
            return None
        own = seen.policy.profile(known.profile) if known.profile else None
        if known.profile and (own is None or own.trouble):
            return None  # whoever links it again makes what waited for it be looked at
        visit = Visit(lease, seen)
        try:
            service = self.outside.meetings(known.service, seen.calendar.profile, own)
            meeting = await service.get(known.meeting, known.request.at)
        except NotFound as error:
            visit.become(lost(known, error), "meeting lost", lost_how(error))
        except Rejected as error:
            visit.notes.append(("meeting not looked at", str(error)))
        else:
            if _door(meeting) == _door(known.meeting):
                return None
            # Not written: what stands on the event is another link, and nobody has taken this one off.
            changed = replace(known, meeting=meeting, written=False)
            visit.become(changed, "meeting changed", "somebody gave it another link or passcode")
        return _Found(visit, known, lease.job.key)

    def _settle(self, conn: sqlite3.Connection, found: _Found) -> bool:
        """Commit what was found, unless somebody is at the event, or was meanwhile. Returns whether it did."""
        seen, now = found.visit.seen, self.outside.now()
        if work.is_held(conn, "reconcile", found.key):
            return False
        if conferences.get(conn, seen.calendar.id, seen.name) != found.before:
            return False
        found.visit.commit(now)(conn)
        if seen.known != found.before:
            work.ring(conn, "reconcile", [found.key], now)
        return True


@dataclass(frozen=True, slots=True)
class _Found:
    """News of a meeting, and the record that it was asked about."""

    visit: Visit
    before: Conference
    key: str


def _matters(seen: Look, known: Conference) -> bool:
    """Whether the event is to have this very meeting, and its provider can be asked for it."""
    if known.state not in ("live", "changing") or known.meeting is None or known.meeting.native:
        return False
    verdict = judge(seen.event, known, seen.policy)
    if seen.trouble or not seen.calendar.watched or not isinstance(verdict, Wanted):
        return False
    return (verdict.service.name, verdict.profile) == (known.service, known.profile)


def _door(meeting: Meeting) -> tuple[str, str]:
    """Return what people need to get in, and so what stands on the event."""
    return meeting.join_url, meeting.passcode
