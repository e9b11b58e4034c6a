"""Outlook's limits: requests to a mailbox at a time and in ten minutes."""

# https://learn.microsoft.com/graph/throttling-limits#outlook-service-limits

from __future__ import annotations

import asyncio
import math
from collections import Counter, deque
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from sandbox.microsoft.errors import GraphError, throttled

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    from sandbox.state import World

WINDOW = timedelta(minutes=10)


class Throttle:
    """How busy every mailbox of one world is; there is one app, so the mailbox alone tells."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._under_way: Counter[str] = Counter()
        self._seen: dict[str, deque[datetime]] = {}
        self.most: Counter[str] = Counter()
        """The most requests that each mailbox has had under way at a time."""

    @asynccontextmanager
    async def place(self, mailbox: str) -> AsyncIterator[None]:
        """Take one of the mailbox's places for as long as the block lasts; answer 429 when there is none."""
        # Requests made while throttled still count.
        self._under_way[mailbox] += 1
        self.most[mailbox] = max(self.most[mailbox], self._under_way[mailbox])
        try:
            self._count(mailbox)
            limit = self._world.modes.mailbox_concurrency
            if limit and self._under_way[mailbox] > limit:
                raise throttled()
            await asyncio.sleep(self._world.modes.latency)
            yield
        finally:
            self._under_way[mailbox] -= 1

    def _count(self, mailbox: str) -> None:
        now, limit = self._world.now(), self._world.modes.mailbox_requests
        seen = self._seen.setdefault(mailbox, deque())
        while seen and seen[0] <= now - WINDOW:
            seen.popleft()
        seen.append(now)
        if limit and len(seen) > limit:
            wait = math.ceil((seen[0] + WINDOW - now).total_seconds())
            message = "The server is busy. Please try again later."
            headers = {"Retry-After": str(wait)}
            raise GraphError(429, "activityLimitReached", message, inner=False, headers=headers)
