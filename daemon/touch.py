"""One thing done for one event: a call to a provider, and what its outcome means for what we know."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace
from datetime import datetime

from connectors.base import Meetings
from connectors.errors import Ignored, NotFound, Rejected, Transient, Unauthorized
from connectors.model import Conference, Made, State
from daemon.actions import Provision, Update, Withdraw, Write
from daemon.check import lost, lost_how
from daemon.look import Look
from daemon.outside import Outside
from daemon.traces import carries, imprint
from daemon.visit import Visit
from store import calendars, events, work
from store.db import Store

NOT_FOUND = 404
CONFIRM = 60.0  # seconds between two 404s that are believed


@dataclass(frozen=True, slots=True)
class Touch:
    """Does what an action says, at the provider that it concerns."""

    store: Store
    outside: Outside

    async def __call__(
        self, visit: Visit, action: Provision | Update | Write | Withdraw, tried: datetime | None
    ) -> None:
        """Do what the action says. Raises what the provider says; what it has done is on the visit."""
        match action:
            case Provision():
                await self._provision(visit, action, tried)
            case Update():
                await self._update(visit, action)
            case Write():
                await self._write(visit, action)
            case Withdraw():
                await self._withdraw(visit, action, tried)

    async def _provision(self, visit: Visit, action: Provision, tried: datetime | None) -> None:
        known = visit.seen.known or action.conference
        if known.refused and visit.seen.event and known.refused == imprint(visit.seen.event, None, make=True):
            message = (
                f"the calendar made no {known.service} meeting, and nothing about the event has changed since"
            )
            raise Rejected(message, reason="write_ignored")
        service = self._service(visit, known)
        try:
            made = await service.create(known.key, action.request, tried)
        except NotFound:
            await self.read(visit)
            if visit.seen.event is not None:
                raise
            return
        shown = made.meeting.native and made.event is not None
        state: State = "live" if made.followed else "changing"
        live = replace(known, state=state, meeting=made.meeting, request=action.request, written=shown)
        visit.become(replace(live, unmet=made.unmet), "meeting made", made.meeting.name)
        _tell_unmet(visit, made)
        if made.event is not None:
            visit.witness(made.event)
        elif made.meeting.native:
            await self.read(visit)

    async def _update(self, visit: Visit, action: Update) -> None:
        known = action.conference
        service = self._service(visit, known)
        try:
            made = await service.update(known.key, action.meeting, action.request)
        except NotFound as error:
            visit.become(lost(known, error), "meeting lost", lost_how(error))
            return
        live = replace(known, state="live", meeting=made.meeting, request=action.request, unmet=made.unmet)
        visit.become(live, "meeting updated")
        _tell_unmet(visit, made)

    async def _write(self, visit: Visit, action: Write) -> None:
        """Write, but not once more what the calendar did not keep, or kept only in its answer: guests may be mailed."""
        known, what = action.conference, imprint(action.event, action.meeting)
        if visit.seen.known is not None and visit.seen.known.refused == what:
            message = "the calendar did not keep what was written, and nothing about it has changed since"
            raise Rejected(message, reason="write_ignored")
        if what in visit.wrote:
            raise Ignored(
                "the calendar said yes and shows the event as it was before", reason="write_ignored"
            )
        visit.wrote.add(what)
        connector = self.outside.calendar(visit.seen.calendar.profile)
        try:
            url = known.meeting.join_url if known.meeting else ""
            event = await connector.write(action.event, action.meeting, known.key, known.source, earlier=url)
        except NotFound as error:
            await self._missed(visit, error)
            return
        visit.witness(event)
        if action.meeting is not None and visit.seen.known is not None:
            visit.become(replace(known, written=True, refused=""), "details written")
        elif action.meeting is not None:
            visit.notes.append(("details brought up to date", "an occurrence shows those of its series"))
        else:
            visit.notes.append(("details removed", ""))

    async def _withdraw(self, visit: Visit, action: Withdraw, tried: datetime | None) -> None:
        known = action.conference
        if visit.seen.event is None and known.written:
            await self._follow(visit, known)
        if known.meeting is None and known.tried is None:
            visit.become(left(known), "forgotten", "nothing was made")
            return
        if known.profile and visit.seen.policy.profile(known.profile) is None:
            visit.become(left(known), "meeting left behind", "the account that made it is no longer linked")
            return
        service = self._service(visit, known)
        event = await service.cancel(known.key, known.meeting, action.request, tried)
        if event is not None:
            visit.witness(event)
        visit.ended.add(known.key)
        visit.become(left(known), "meeting gone")

    def _service(self, visit: Visit, known: Conference) -> Meetings:
        """Return what makes the meeting. An account that does not work is not asked before it is linked again."""
        own = visit.seen.policy.profile(known.profile) if known.profile else None
        if known.profile and own is None:
            raise Rejected("the account that makes it is no longer linked", reason="unlinked")
        if own is not None and own.trouble:
            raise Unauthorized(own.trouble, provider=own.service, reason="disconnected")
        return self.outside.meetings(known.service, visit.seen.calendar.profile, own)

    async def _follow(self, visit: Visit, known: Conference) -> None:
        """Look for an event that is gone where we do not watch: if it was moved there, its details are dead."""
        profile = visit.seen.calendar.profile
        connector = self.outside.calendar(profile)
        for calendar in await self.store.read(lambda conn: calendars.unwatched(conn, profile)):
            try:
                moved = await connector.get(calendar.info, visit.seen.name)
                if moved.own and carries(moved, known):
                    url = known.meeting.join_url if known.meeting else ""
                    await connector.write(moved, None, known.key, known.source, earlier=url)
            except (NotFound, Rejected):
                continue

    async def read(self, visit: Visit) -> None:
        """Read the event afresh."""
        connector = self.outside.calendar(visit.seen.calendar.profile)
        try:
            event = await connector.get(visit.seen.calendar.info, visit.seen.name)
            visit.witness(event, by_others=True)
        except NotFound as error:
            await self._missed(visit, error)

    async def _missed(self, visit: Visit, error: NotFound) -> None:
        """Believe a bare 404 only when it is said twice: it also stands for lost access, and for hiccups."""
        if error.status == NOT_FOUND:
            seen, now = visit.seen, self.outside.now()
            gone, version = await visit.lease.tx(lambda conn: _surely_gone(conn, seen, now))
            visit.seen = replace(visit.seen, version=version)
            if not gone:
                raise Transient(
                    "the event was not found, which is being confirmed",
                    retry_after=CONFIRM,
                    provider=error.provider,
                    reason="unconfirmed",
                ) from error
        visit.witness(None, by_others=True)


def _tell_unmet(visit: Visit, made: Made) -> None:
    if made.unmet:
        visit.notes.append(("settings not taken", f"{made.meeting.name}: {', '.join(made.unmet)}"))


def _surely_gone(conn: sqlite3.Connection, seen: Look, now: float) -> tuple[bool, str | None]:
    """Note that an event was not found; believe it after a while, and not while its whole calendar is missing.

    Returns with it how the row is named now: to note it is a doubt of ours, and no listing that came between.
    """
    calendar, name = seen.calendar.id, seen.name
    untouched = events.version(conn, calendar, name) == seen.version
    since = events.missed(conn, calendar, name, now)
    version = events.version(conn, calendar, name) if untouched else seen.version
    if since is None:
        return True, version
    work.ring(conn, "sync", [calendar], now)
    return now - since >= CONFIRM and not calendars.is_missed(conn, calendar), version


def left(known: Conference) -> Conference | None:
    """Return what stays of a conference: the memory that a person took it off, as long as they did."""
    if known.state == "leaving" and known.by_hand:
        return replace(known, state="declined", meeting=None, written=False)
    return None
