"""Make one event as it should be: plan, at most one call to a provider, commit, and again until nothing is owed.

The whole imperative shell of the decision. It decides nothing itself.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import structlog

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
from connectors.model import Conference
from daemon.actions import Action, Forget, Provision, Put, Record, Remove, Update, Withdraw, Write
from daemon.look import Look, look, owed_at
from daemon.managing import owe
from daemon.outside import Outside
from daemon.placing import PATIENCE, Placing, overdue
from daemon.plan import goes_on
from daemon.policy import judge
from daemon.retry import reason
from daemon.terms import Unwanted
from daemon.touch import Touch, left
from daemon.visit import Visit
from daemon.worker import Lease
from store import managed
from store.db import Store

log = structlog.get_logger(__name__)

MOST_STEPS = 24
MOST_CONFLICTS = 4


@dataclass(slots=True)
class Reconcile:
    """The handler of `reconcile` work; its key is `calendar/event`."""

    store: Store
    outside: Outside
    patience: float = PATIENCE
    touch: Touch = field(init=False)
    placing: Placing = field(init=False)

    def __post_init__(self) -> None:
        """Make what does one thing at a time."""
        self.touch = Touch(self.store, self.outside)
        self.placing = Placing(self.outside)

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
                visit.failing = True
                await lease.tx(visit.commit(self.outside.now()))
                raise

    def _insist(self, seen: Look) -> None:
        """Decide nothing for an account that cannot act. Asking whether it can again is for `discover` to do."""
        if seen.trouble:
            raise Unauthorized(seen.trouble, provider=seen.calendar.provider)
        self.outside.calendar(seen.calendar.profile)

    async def _settle(self, visit: Visit) -> None:
        missing = visit.seen.missing
        if visit.seen.doubtful or missing:
            await self.touch.read(visit)
        if missing and visit.seen.event is None:
            self.placing.gone(visit)
        for _ in range(MOST_STEPS):
            seen = visit.seen
            action = owe(seen.event, seen.known, seen.policy, self.outside.fresh_key())
            if action is None:
                await self._finish(visit)
            else:
                await self._act(visit, action)
            if visit.lease.finished:
                return
        raise Transient(
            f"{visit.seen.name} does not settle after {MOST_STEPS} steps: this is a bug, please report it"
        )

    async def _act(self, visit: Visit, action: Action) -> None:
        """Do one thing. What only changes our mind is committed with the next thing that needs it."""
        match action:
            case Forget(known) | Withdraw(known) if _may_be_noted(visit, known):
                await self.touch.read(visit)
            case Record(conference, why):
                self._record(visit, conference, why)
            case Provision() if overdue(visit.seen.policy.desired):
                await self._in_time(visit, action)
            case Put() | Remove():
                await self._place(visit, action)
            case Forget(known):
                visit.become(left(known), "meeting gone" if known.state == "leaving" else "forgotten")
            case Withdraw():
                await self._withdraw(visit, action)
            case Provision() | Update() | Write():
                await self._call(visit, action)

    async def _withdraw(self, visit: Visit, action: Withdraw) -> None:
        """Take a meeting away. One that its service does not let go now must not keep another one from the event."""
        try:
            await self._call(visit, action)
        except (Transient, Unauthorized, Rejected) as error:
            seen = visit.seen
            if seen.known is None or not goes_on(seen.event, seen.known, seen.policy):
                raise
            visit.set_aside(self.outside.now(), reason(error))

    async def _in_time(self, visit: Visit, action: Provision) -> None:
        """Make the meeting before its event is written; where that takes too long or fails, the event goes first."""
        try:
            async with asyncio.timeout(self.patience):
                await self._call(visit, action)
        except TimeoutError:
            late = f"no meeting within {self.patience:.0f} seconds: the event goes first"
            visit.put_first(Transient(late, provider=action.conference.service, reason="slow"))
        except ProviderError as error:
            visit.put_first(error)

    async def _place(self, visit: Visit, action: Put | Remove) -> None:
        """Write or delete an application's event. It may have been changed or deleted by people meanwhile."""
        try:
            await self.placing(visit, action)
        except Conflict:
            await self._again(visit)
        except NotFound:
            if action.event is None:
                raise  # it is the calendar that is gone
            await self.touch.read(visit)
            if visit.seen.event is not None:
                raise
            self.placing.gone(visit)

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
            await self.touch(visit, action, None if fresh else tried)
        except (Transient, Unauthorized) as error:
            if isinstance(action, Provision):
                await self._unmade(visit, action, error, tried, fresh=fresh)
            raise
        except Ignored as error:
            _ignored(visit, action, error)
            raise
        except Conflict:
            await self._again(visit)

    async def _again(self, visit: Visit) -> None:
        """Read what somebody has changed meanwhile, before another try."""
        visit.wrote.clear()
        visit.conflicts += 1
        if visit.conflicts > MOST_CONFLICTS:
            raise Transient("the event keeps changing under our hands") from None
        await self.touch.read(visit)

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
        service = visit.seen.policy.services.get(action.conference.service)
        looking = fresh and service is not None and service.native  # at the event costs one call, and no wait
        if isinstance(error, Transient) and (looking or error.reason not in UNTOUCHED):
            return
        # Looking did not ask for anything: what is waited for is the older try, if there was one.
        before = None if fresh else tried
        visit.become(replace(action.conference, tried=before), "waiting", reason(error))
        await visit.lease.tx(visit.commit(self.outside.now()))

    async def _finish(self, visit: Visit) -> None:
        """End the work in the same commit as the last outcome."""
        row, desired = visit.seen.managed, visit.seen.policy.desired
        if row is not None and desired is not None and desired.gone:
            visit.also.append(lambda conn: managed.drop(conn, row.name))
        seen = visit.seen
        if row is not None and desired is not None and not desired.gone:
            unmet = _unmet(seen)
            if unmet != row.unmet:
                visit.also.append(lambda conn: managed.judged(conn, row.name, unmet))
        commit = visit.commit(self.outside.now()) if visit.news else None
        at = owed_at(seen, self.outside.now()) if seen.known is None else None
        await visit.lease.finish(commit, at)

    def _time(self) -> datetime:
        return datetime.fromtimestamp(self.outside.now(), UTC)


def _unmet(seen: Look) -> str | None:
    """Say why an application's event is to have no conference; None where it has one, or may have one later."""
    if seen.known is not None and seen.known.state == "declined":
        return "somebody took the details off the event"
    verdict = judge(seen.event, seen.known, seen.policy)
    return verdict.why if isinstance(verdict, Unwanted) and verdict.again is None else None


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
