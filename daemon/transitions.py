"""Tell applications that an event begins or ends, at the time they wish for; the time follows the event."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from connectors.model import Draft, Event
from daemon import told
from daemon.moments import Moment, due_after, moments
from daemon.worker import Lease
from store import deliveries, managed, work
from store import transitions as times
from store.managed import Managed
from webhooks import outgoing

WORK = "transition"
LATEST = 86_400.0  # seconds for which a time that has passed is told late: we may not have been running


def follow(conn: sqlite3.Connection, one: Managed, event: Event | None, now: float) -> None:
    """Reckon anew when an application is to be told of its event, and ring for that time.

    Call it in the transaction that keeps a wish, or its event as a provider has shown it (None where it is not there).
    """
    current = managed.get(conn, one.name)
    at = _reckon(conn, current, event, now) if current else None
    if current is None:
        times.retain(conn, one.name, ())
    if at is not None:
        work.ring(conn, WORK, [one.name], at)


@dataclass(frozen=True, slots=True)
class Transition:
    """The handler of `transition` work; its key is our name of a managed event."""

    now: Callable[[], float]

    async def __call__(self, lease: Lease) -> None:
        """Have told what has fallen due, and come back when more does."""
        now = self.now()
        at = await lease.tx(lambda conn: fire(conn, lease.job.key, now))
        if at is not None:
            await lease.finish(at=at)
        else:
            await lease.finish(lambda conn: work.take_off(conn, WORK, lease.job.key))


def fire(conn: sqlite3.Connection, name: str, now: float) -> float | None:
    """Have told what has fallen due. Returns when the next falls due, None where nothing does."""
    one = managed.get(conn, name)
    if one is None:
        times.retain(conn, name, ())
        return None
    event, known = told.stored(conn, one)
    # The event may have moved since its time was reckoned; what has passed then is told late, or never.
    _reckon(conn, one, event, now)
    kept = times.of_event(conn, name)
    there = _basis(one, event) is not None
    heard = there and told.may_hear(conn, one)
    for wish in moments(one.wish.subscriptions):
        due = kept.get(wish.place, 0.0)
        if 0 < due <= now:
            times.keep(conn, name, wish.place, -due)
            if heard and now - due < LATEST:
                body = outgoing.transition(wish.shown(), told.shown(one, event, known))
                deliveries.tell(conn, one.application, name, wish.uri, body, now)
    at = _reckon(conn, one, event, now)
    return at if there else None


def _basis(one: Managed, event: Event | None) -> Event | Draft | None:
    """Return whose times count: those of the event, or of the draft where it is still to be written."""
    return event or (one.wish.draft if one.event is None and one.owed else None)


def _reckon(conn: sqlite3.Connection, one: Managed, event: Event | None, now: float) -> float | None:
    """Keep when each wish falls due. Returns the first of these times, None where there is none."""
    basis, kept = _basis(one, event), times.of_event(conn, one.name)
    if basis is None and one.event is not None and not one.gone:
        return min((at for at in kept.values() if at > 0), default=None)  # not found: that may not last
    wishes = [] if one.gone or basis is None else moments(one.wish.subscriptions)
    due = {}
    for wish in wishes:
        at = _next(wish, basis, kept.get(wish.place), one, now) if basis else None
        if at is not None:
            due[wish.place] = at
            if at != kept.get(wish.place):
                times.keep(conn, one.name, wish.place, at)
    if kept.keys() - due.keys():
        times.retain(conn, one.name, due)
    return min((at for at in due.values() if at > 0), default=None)


def _next(wish: Moment, event: Event | Draft, kept: float | None, one: Managed, now: float) -> float | None:
    """Return when the wish falls due next; below zero when it was told last, where it does not fall due again."""
    late = now - LATEST
    if kept is None:
        after = max(min(one.changed_at, now), late)  # what had passed when it was asked for is not told
    elif kept > 0:  # it may have moved to a time that passed while we were not running
        after = min(kept, now) - 1 if event.recurrence else late
    else:
        after = max(-kept, late)
    due = due_after(event, wish, datetime.fromtimestamp(after, UTC))
    if due is not None:
        return due.timestamp()
    return -late if kept is not None and kept > 0 else kept
