"""Zoom's daily allowance, counted on disk before each call, so that a restart earns no second one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from connectors.errors import Transient
from store import budgets
from store.db import Store

ENDLESS = 1 << 31


@dataclass(frozen=True, slots=True)
class ZoomBudget:
    """`limit` creates and updates per host and UTC day, of which `reserve` are kept back for cancelling."""

    store: Store
    now: Callable[[], datetime]
    limit: int
    reserve: int

    async def spend(self, host: str, *, cancel: bool) -> None:
        """Count one call. Raises Transient until midnight UTC when there is none left; a cancel always goes."""
        now = self.now()
        limit = ENDLESS if cancel else self.limit - self.reserve
        day = now.date().isoformat()
        closed = await self.store.tx(
            lambda conn: budgets.spend(conn, "zoom", host, day, limit, now.timestamp())
        )
        if closed is None or cancel:
            return
        midnight = datetime.combine(now.date() + timedelta(days=1), datetime.min.time(), UTC)
        until = datetime.fromtimestamp(closed, UTC) if closed else midnight
        raise Transient(
            f"the day's {limit} creates and updates for {host} are used up; it goes on at {until:%Y-%m-%d %H:%M} UTC",
            retry_after=(until - now).total_seconds(),
            provider="zoom",
            reason="daily_budget",
        )

    async def exhausted(self, host: str, until: datetime) -> None:
        """Note that Zoom itself refuses more until then."""
        day = self.now().date().isoformat()
        await self.store.tx(lambda conn: budgets.close(conn, "zoom", host, day, until.timestamp()))
