"""The timers: a handful of APScheduler intervals, none per calendar, and none that does more than ring."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from daemon.sweeps import Sweeps
from store.errors import StoreError

log = structlog.get_logger(__name__)

SWEEPS_PER_INTERVAL = 60  # how finely the calendars' turns are spread over sync.sweep_seconds
RENEWALS = 60.0
PRUNE = 6 * 3600.0
DISCOVER = 600.0
CREDENTIALS = 3600.0
AUDITS = 900.0


def start(sweeps: Sweeps, discover_seconds: float) -> AsyncIOScheduler:
    """Start the timers on the running loop. The caller shuts them down."""
    scheduler = AsyncIOScheduler(timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1})
    intervals: dict[str, tuple[float, Callable[[], Awaitable[int]]]] = {
        "calendars": (max(1.0, sweeps.sweep_seconds / SWEEPS_PER_INTERVAL), sweeps.calendars),
        "channels": (RENEWALS, sweeps.channels_due),
        "profiles": (discover_seconds, sweeps.profiles),
        "credentials": (CREDENTIALS, sweeps.credentials),
        "audits": (AUDITS, sweeps.audits),
        "prune": (PRUNE, sweeps.prune),
    }
    for name, (seconds, sweep) in intervals.items():
        trigger = IntervalTrigger(seconds=seconds, jitter=seconds * sweeps.jitter, timezone=UTC)
        # A sweep that could not run in time runs late: being late is what sweeps are for.
        scheduler.add_job(
            _quietly,
            trigger,
            args=[name, sweep],
            id=name,
            misfire_grace_time=None,
            next_run_time=_first(name),
        )
    scheduler.start()
    return scheduler


def _first(name: str) -> datetime:
    """Calendars and channels are owed a look right after the start; accounts were rung for by the start itself."""
    return datetime.now(UTC) + timedelta(
        seconds={"prune": RENEWALS, "credentials": RENEWALS, "audits": RENEWALS, "profiles": DISCOVER}.get(
            name, 0
        )
    )


async def _quietly(name: str, sweep: Callable[[], Awaitable[int]]) -> None:
    try:
        await sweep()
    except StoreError as error:
        log.error("sweep failed", sweep=name, error=str(error))
