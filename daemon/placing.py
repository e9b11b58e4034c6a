"""Write applications' events: insert, change and delete them, and take in what that means for what we know.

An insert is begun under a name that is committed before, so that one whose answer was lost is not made twice.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace

from connectors.drafts import Placement
from connectors.model import Conference, Event, Meeting
from daemon import telling
from daemon.actions import Put, Remove
from daemon.managing import is_native
from daemon.outside import Outside
from daemon.terms import Desired
from daemon.visit import Visit
from store import conferences, events, managed, work
from store.managed import Managed

PATIENCE = 10.0  # seconds that a new event waits for its meeting


@dataclass(frozen=True, slots=True)
class Placing:
    """Does what `Put` and `Remove` say."""

    outside: Outside

    async def __call__(self, visit: Visit, action: Put | Remove) -> None:
        """Do what the action says. Raises what the calendar says, and why a meeting was not there in time."""
        match action:
            case Put():
                await self._put(visit, action)
            case Remove():
                await self._remove(visit, action)

    async def _put(self, visit: Visit, action: Put) -> None:
        row = visit.seen.managed
        if row is None:
            return
        name, version, desired = row.name, row.version, action.desired
        if action.event is None:
            now = self.outside.now()
            visit.also.append(lambda conn: managed.asked(conn, name, now))
        if visit.news:
            await visit.lease.tx(visit.commit(self.outside.now()))
        known = action.conference
        meeting, native = _details(known), ""
        if known is not None and known.state == "reserved" and is_native(known, visit.seen.policy):
            native = known.service
        connector = self.outside.calendar(visit.seen.calendar.profile)
        key, source = (known.key, known.source) if known else ("", "")
        wanted = Placement(desired.draft, meeting, key, source, native)
        event = await connector.put(visit.seen.calendar.info, desired.alias, action.event, wanted)
        visit.also.append(lambda conn: managed.wrote(conn, name, event.ref.event, version))
        if action.event is None or event != action.event:
            self._tell_others(visit, row, event)
        visit.place(replace(desired, owed=False, asked=False, at=event.ref))
        visit.notes.append(("event written", "as the application asked for"))
        if known is not None and meeting is not None:
            visit.become(replace(known, written=True, refused=""), "details written", "with the event")
        if visit.late is not None and event.ref.event == visit.seen.name:
            visit.witness(event)
            raise visit.late  # which makes it be tried again, in its time
        if event.ref.event == visit.seen.name:
            visit.witness(event)
        else:
            await self._move(visit, event)

    def _tell_others(self, visit: Visit, row: Managed, event: Event) -> None:
        """Tell other applications of what this one has done."""
        calendar, now, name = visit.seen.calendar, self.outside.now(), event.ref.event
        visit.also.append(
            lambda conn: telling.calendar_changed(conn, calendar, [name], now, now, but=row.application)
        )

    async def _move(self, visit: Visit, event: Event) -> None:
        """Go on under the id that the calendar has given the event; until now it went by a name of ours."""
        seen, now = visit.seen, self.outside.now()
        commit, known = visit.commit(now), seen.known

        def move(conn: sqlite3.Connection) -> None:
            commit(conn)
            events.save_read(conn, seen.calendar.id, event, now)
            there = known and replace(known, request=replace(known.request, at=event.ref))
            conferences.move(conn, seen.calendar.id, seen.name, event.ref.event, there, now)
            work.ring(conn, "reconcile", [f"{seen.calendar.id}/{event.ref.event}"], now)

        await visit.lease.finish(move)

    async def _remove(self, visit: Visit, action: Remove) -> None:
        connector = self.outside.calendar(visit.seen.calendar.profile)
        await connector.remove(visit.seen.calendar.info, action.event.ref.event)
        visit.notes.append(("event deleted", "as the application asked for"))
        visit.witness(None)
        if visit.seen.managed is not None:
            self._tell_others(visit, visit.seen.managed, action.event)

    def gone(self, visit: Visit) -> None:
        """Take in that people have deleted an application's event: what it asks for from now on is another one."""
        seen, row = visit.seen, visit.seen.managed
        if row is None or row.event is None:
            return
        now, event, calendar = self.outside.now(), row.event, seen.calendar.id

        def lose(conn: sqlite3.Connection) -> None:
            managed.lost(conn, row.name, event)
            managed.drop(conn, row.name)
            left = managed.get(conn, row.name)
            if left is not None and left.owed:
                work.ring(conn, "reconcile", [f"{calendar}/{left.where}"], now)

        visit.also.append(lose)
        visit.notes.append(("event gone", "" if row.gone else "somebody deleted it in the calendar"))
        visit.place(None)


def _details(known: Conference | None) -> Meeting | None:
    """Return the meeting whose details are to stand on the event."""
    standing = known is not None and known.state in {"live", "changing"}
    return known.meeting if known is not None and standing else None


def overdue(desired: Desired | None) -> bool:
    """Whether an event waits for the meeting that is being made."""
    return desired is not None and desired.owed and not desired.gone
