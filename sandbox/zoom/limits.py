"""Zoom's limits: calls a second, a hundred creates and updates per host and day, one delete at a time.

https://developers.zoom.us/docs/api/rate-limits/
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from sandbox.zoom.errors import Refused
from sandbox.zoom.model import Person
from sandbox.zoom.room import Account
from sandbox.zoom.times import show

LABELS: Final = {
    "zoom.create": ("Medium", 20),
    "zoom.list": ("Medium", 20),
    "zoom.settings": ("Medium", 20),
    "zoom.user": ("Light", 30),
    "zoom.get": ("Light", 30),
    "zoom.update": ("Light", 30),
    "zoom.delete": ("Light", 30),
    "zoom.invitation": ("Light", 30),
}


def headers(account: Account, op: str) -> dict[str, str]:
    """Return the headers that every API answer carries."""
    label, limit = LABELS[op]
    used = account.seconds[_second(account)]
    return {
        "X-RateLimit-Category": label,
        "X-RateLimit-Limit": str(limit),
        "X-RateLimit-Remaining": str(max(0, limit - used)),
    }


def count_call(account: Account, op: str) -> None:
    """Count a call; raise Refused (429, QPS) when the account made too many in this second."""
    second = _second(account)
    if second not in account.seconds:
        account.seconds.clear()
    account.seconds[second] += 1
    most = account.switches.requests_per_second
    if most and account.seconds[second] > most:
        message = "You have reached the maximum per-second rate limit for this API. Try again later."
        raise _too_many(message, op, "QPS", most, {"X-RateLimit-Reset": str(second + 1)})


def spend(account: Account, host: Person, op: str) -> None:
    """Count a create or update; raise Refused (429, daily) when this host has no more until midnight UTC."""
    now = account.world.now()
    key = (host.email, now.date().isoformat())
    limit = account.world.modes.zoom_daily_limit
    if account.spent[key] >= limit:
        message = (
            f"You have exceeded the daily rate limit ({limit}) of Meeting Create/Update API requests "
            "permitted for this particular user. You may resume these requests at GMT 00:00:00."
        )
        if account.switches.bare_daily_limit:
            raise Refused(429, 429, message)
        # An ISO 8601 instant here, neither seconds nor an HTTP date.
        raise _too_many(message, op, "Daily-limit", limit, {"Retry-After": show(_midnight(now))})
    account.spent[key] += 1


def busy_deleting() -> Refused:
    """Return the refusal of a second delete for one user while the first is under way."""
    message = "Too many concurrent requests. A request to delete for this user is already under way."
    return Refused(429, 429, message)


def _too_many(message: str, op: str, kind: str, limit: int, more: Mapping[str, str]) -> Refused:
    facts = {
        "X-RateLimit-Category": LABELS[op][0],
        "X-RateLimit-Type": kind,
        "X-RateLimit-Limit": str(limit),
        "X-RateLimit-Remaining": "0",
    }
    return Refused(429, 429, message, headers=facts | dict(more))


def _second(account: Account) -> int:
    return int(account.world.now().timestamp())


def _midnight(now: datetime) -> datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
