"""Make one event as it should be: plan, at most one call to a provider, commit, and again until nothing is owed.

The whole imperative shell of the decision. It decides nothing itself.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import structlog

from connectors.base import Meetings
from connectors.errors import (
    UNTOUCHED,
    Conflict,
    Ignored,
    NotFound,
    ProviderError,
    Rejected,
    Transient,
    Unauthorized,
)
from connectors.model import Conference, State
from daemon.actions import Action, Forget, Provision, Record, Update, Withdraw, Write
from daemon.check import lost
from daemon.look import Look, look, owed_at
from daemon.outside import Outside
from daemon.plan import plan
from daemon.retry import reason
from daemon.traces import carries, imprint
from daemon.visit import Visit
from daemon.worker import Lease
from store import calendars, events, work
from store.db import Store

log = structlog.get_logger(__name__)

MOST_STEPS = 24
MOST_CONFLICTS = 4
NOT_FOUND = 404
CONFIRM = 60.0  # seconds between two 404s that are believed


@dataclass(slots=True)
class Reconcile:
    """The handler of `reconcile` work; its key is `calendar/event`."""

    store: Store
    outside: Outside

    async def __call__(self, lease: Lease) -> None:
        """Bring the event, its meeting and our record in line."""
        calendar, _, name = lease.job.key.partition("/")
        seen = await self.store.read(lambda conn: look(conn, calendar, name, self.outside.policy))
        if seen is None or (seen.event is not None and not seen.calendar.watched):
            return  # what is not, or no longer, ours to look after is left as it is
        visit = Visit(lease, seen)
        # Its title may be nobody else's business; `huddled why ID` tells it to those who may read the database.
        with structlog.contextvars.bound_contextvars(event_id=name, calendar=seen.calendar.info.remote):
            try:
                self._insist(seen)
                await self._settle(visit)
            except ProviderError as error:
                visit.notes.append(("failed", reason(error)))
                await lease.tx(visit.commit(self.outside.now()))
                raise

    def _insist(self, seen: Look) -> None:
        """Decide nothing for an account that cannot act. Asking whether it can again is for `discover` to do."""
        if seen.trouble:
            raise Unauthorized(seen.trouble, provider=seen.calendar.provider)
        self.outside.calendar(seen.calendar.profile)

    async def _settle(self, visit: Visit) -> None:
        if visit.seen.doubtful:
            await self._read(visit)
        for _ in range(MOST_STEPS):
            seen = visit.seen
            action = plan(seen.event, seen.known, seen.policy, self.outside.fresh_key())
            if action is None:
                await self._finish(visit)
                return
            await self._act(visit, action)
        raise Transient(
            f"{visit.seen.name} does not settle after {MOST_STEPS} steps: this is a bug, please report it"
        )

    async def _act(self, visit: Visit, action: Action) -> None:
        """Do one thing. What only changes our mind is committed with the next thing that needs it."""
        match action:
            case Forget(known) | Withdraw(known) if _may_be_noted(visit, known):
                await self._read(visit)
            case Record(conference, why):
                self._record(visit, conference, why)
            case Forget(known):
                visit.become(_left(known), "meeting gone" if known.state == "leaving" else "forgotten")
            case Provision() | Update() | Write() | Withdraw():
                await self._call(visit, action)

    def _record(self, visit: Visit, conference: Conference, why: str) -> None:
        if conference.state == "reserved" and conference.tried is None:
            visit.minted.add(conference.key)
            conference = replace(conference, tried=self._time())
        visit.become(conference, conference.state, why)

    async def _call(self, visit: Visit, action: Provision | Update | Write | Withdraw) -> None:
        """Commit the intention, then touch the provider."""
        tried = action.conference.tried
        fresh = action.conference.key in visit.minted
        if isinstance(action, Provision) and not fresh:
            visit.become(replace(action.conference, tried=self._time()), "trying again")
        if visit.news:
            await visit.lease.tx(visit.commit(self.outside.now()))
        visit.minted.clear()
        try:
            await self._touch(visit, action, None if fresh else tried)
        except (Transient, Unauthorized) as error:
            if isinstance(action, Provision):
                await self._unmade(visit, action, error, tried, fresh=fresh)
            raise
        except Ignored as error:
            _ignored(visit, action, error)
            raise
        except Conflict:
            visit.wrote.clear()
            visit.conflicts += 1
            if visit.conflicts > MOST_CONFLICTS:
                raise Transient("the event keeps changing under our hands") from None
            await self._read(visit)

    async def _unmade(
        self,
        visit: Visit,
        action: Provision,
        error: Transient | Unauthorized,
        tried: datetime | None,
        *,
        fresh: bool,
    ) -> None:
        """Take back that the provider was asked to make something, where it certainly was not."""
        if isinstance(error, Transient) and (fresh or error.reason not in UNTOUCHED):
            return  # fresh: nothing is lost by looking for it once more
        before = (
            None if fresh else tried
        )  # looking did not ask for anything: what is waited for is the older try
        visit.become(replace(action.conference, tried=before), "waiting", reason(error))
        await visit.lease.tx(visit.commit(self.outside.now()))

    async def _touch(
        self, visit: Visit, action: Provision | Update | Write | Withdraw, tried: datetime | None
    ) -> None:
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
            await self._read(visit)
            if visit.seen.event is not None:
                raise
            return
        shown = made.meeting.native and made.event is not None
        state: State = "live" if made.followed else "changing"
        live = replace(known, state=state, meeting=made.meeting, request=action.request, written=shown)
        visit.become(live, "meeting made", made.meeting.name)
        if made.event is not None:
            visit.witness(made.event)
        elif made.meeting.native:
            await self._read(visit)

    async def _update(self, visit: Visit, action: Update) -> None:
        known = action.conference
        service = self._service(visit, known)
        try:
            made = await service.update(known.key, action.meeting, action.request)
        except NotFound:
            visit.become(lost(known), "meeting lost", "somebody deleted it at the provider; it is made anew")
            return
        live = replace(known, state="live", meeting=made.meeting, request=action.request)
        visit.become(live, "meeting updated")

    async def _write(self, visit: Visit, action: Write) -> None:
        """Write, but not once more what the calendar did not keep, or kept only in its answer: guests may be mailed."""
        known, what = action.conference, imprint(action.event, action.meeting)
        if visit.seen.known is not None and visit.seen.known.refused == what:
            message = "the calendar did not keep what was written, and nothing about it has changed since"
            raise Rejected(message, reason="write_ignored")
        if what in visit.wrote:
            visit.refuse(action.meeting, "the calendar said yes and shows the event as it was before")
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
            visit.become(_left(known), "forgotten", "nothing was made")
            return
        if known.profile and visit.seen.policy.profile(known.profile) is None:
            visit.become(_left(known), "meeting left behind", "the account that made it is no longer linked")
            return
        service = self._service(visit, known)
        event = await service.cancel(known.key, known.meeting, action.request, tried)
        if event is not None:
            visit.witness(event)
        visit.ended.add(known.key)
        visit.become(_left(known), "meeting gone")

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

    async def _read(self, visit: Visit) -> None:
        connector = self.outside.calendar(visit.seen.calendar.profile)
        try:
            visit.witness(await connector.get(visit.seen.calendar.info, visit.seen.name))
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
        visit.witness(None)

    async def _finish(self, visit: Visit) -> None:
        """End the work in the same commit as the last outcome."""
        commit = visit.commit(self.outside.now()) if visit.news else None
        seen = visit.seen
        at = owed_at(seen, self.outside.now()) if seen.known is None else None
        await visit.lease.finish(commit, at)

    def _time(self) -> datetime:
        return datetime.fromtimestamp(self.outside.now(), UTC)


def _may_be_noted(visit: Visit, known: Conference) -> bool:
    """Whether our note may stand on an event where nothing else of ours is: not every listing shows it.

    One that stays behind would make the next meeting on the event, a person's own, look like ours.
    """
    event = visit.seen.event
    return known.state == "leaving" and known.written and not visit.sure and event is not None and event.own


def _ignored(visit: Visit, action: Action, error: Ignored) -> None:
    """Take in how the event stands, or our own echo would ring for another try; and remember what it did not keep."""
    if error.shown is not None:
        visit.witness(error.shown)
    match action:
        case Write(meeting=meeting):
            visit.refuse(meeting, reason(error))
        case Provision():
            visit.refuse(None, reason(error), make=True)


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


def _left(known: Conference) -> Conference | None:
    """Return what stays of a conference: the memory that a person took it off, as long as they did."""
    if known.state == "leaving" and known.by_hand:
        return replace(known, state="declined", meeting=None, written=False)
    return None
