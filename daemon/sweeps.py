"""What is owed a look because time has passed. Every sweep only rings; none reads a calendar."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from store import (
    audits,
    budgets,
    calendars,
    channels,
    conferences,
    departed,
    events,
    link_requests,
    linked,
    minted,
    profiles,
    tokens,
    work,
)
from store.db import Store
from webhooks.bell import Channels

log = structlog.get_logger(__name__)

AT_ONCE = 500  # calendars that one sweep rings for; the rest follow with the next
IDLE = (
    20 * 86_400.0
)  # seconds after which a linked account is used, so as not to lapse: GoTo's do after some 30 days
UNCONFIRMED = 86_400.0  # seconds after which a channel that the provider never confirmed is forgotten
DAY = 86_400.0
AUDITS, SPREAD = 100, 3600.0  # accounts and hosts that one sweep has compared, and the seconds over which


@dataclass(slots=True)
class Sweeps:
    """The handful of timers that the daemon has, each as a function that runs once."""

    store: Store
    now: Callable[[], float]
    channels: Channels
    kick: Callable[[], None]
    sweep_seconds: float
    jitter: float
    keep_days: float
    dice: random.Random
    audited: tuple[
        str, ...
    ] = ()  # the services whose meetings are compared every night; none where that is off
    audit_hour: int = 3  # of the day, UTC

    async def calendars(self) -> int:
        """Ring for calendars that nobody has looked at for too long. Returns how many."""
        now = self.now()
        again = now + self.sweep_seconds * (1 + self.jitter * self.dice.uniform(-1, 1))

        def ring(conn: sqlite3.Connection) -> int:
            names = calendars.due_for_sweep(conn, now, again, AT_ONCE)
            work.ring(conn, "sync", names, now)
            return len(names)

        return await self._do(ring)

    async def channels_due(self) -> int:
        """Ring for calendars whose channel is about to expire, or that have none. Returns how many."""
        now = self.now()

        def ring(conn: sqlite3.Connection) -> int:
            names = {*channels.due_for_renewal(conn, now, AT_ONCE), *channels.silent(conn, now)}
            work.ring(conn, "watch", names, now)
            return len(names)

        return await self._do(ring)

    async def profiles(self) -> int:
        """Ring for every profile: its list of calendars is read again. Returns how many."""
        now = self.now()

        def ring(conn: sqlite3.Connection) -> int:
            names = [profile.id for profile in profiles.everyone(conn)]
            work.ring(conn, "discover", names, now)
            return len(names)

        return await self._do(ring)

    async def credentials(self) -> int:
        """Ring for linked accounts that nobody has used for long: their consent would lapse. Returns how many."""
        now = self.now()

        def ring(conn: sqlite3.Connection) -> int:
            names = linked.idle(conn, now - IDLE)
            work.ring(conn, "refresh", names, now)
            return len(names)

        return await self._do(ring)

    async def audits(self) -> int:
        """Ring for the accounts and hosts not compared since the hour last came, spread. Returns how many."""
        now = self.now()

        def ring(conn: sqlite3.Connection) -> int:
            keys = audits.subjects(conn, self.audited)
            names = audits.due(conn, keys, _last(self.audit_hour, now), now, AUDITS)
            for name in names:
                work.ring(conn, "audit", [name], now + self.dice.uniform(0, SPREAD))
            return len(names)

        return await self._do(ring) if self.audited else 0

    async def prune(self) -> int:
        """Drop what is over and no longer tells anybody anything. Returns how many rows."""
        now = self.now()
        before = now - self.keep_days * DAY
        day = (datetime.fromtimestamp(now, UTC) - timedelta(days=self.keep_days)).date().isoformat()

        def drop(conn: sqlite3.Connection) -> tuple[int, Sequence[str]]:
            expired = channels.prune(conn, now, now - UNCONFIRMED)
            rows = conferences.prune(conn, before) + events.prune(conn, before)
            rows += conferences.prune_history(conn, before) + budgets.prune(conn, day)
            # Whoever opens a link a day late still learns that it has expired.
            rows += link_requests.prune(conn, now - DAY)
            rows += minted.prune(conn, now, before) + departed.prune(conn, now) + tokens.prune(conn, now)
            return rows + work.prune(conn, before) + len(expired), expired

        rows, expired = await self.store.tx(drop)
        for channel in expired:
            self.channels.forget(channel)
        log.info("pruned", rows=rows)
        return rows

    async def _do(self, ring: Callable[[sqlite3.Connection], int]) -> int:
        rung = await self.store.tx(ring)
        if rung:
            self.kick()
        return rung


def _last(hour: int, now: float) -> float:
    """Return when the clock, in UTC, last struck that hour."""
    today = datetime.fromtimestamp(now, UTC).replace(hour=hour, minute=0, second=0, microsecond=0).timestamp()
    return today if today <= now else today - DAY
