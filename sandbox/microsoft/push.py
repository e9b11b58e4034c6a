"""Notifications: one to four of each change, in batches, perhaps late, doubled, out of order or lost."""

# https://learn.microsoft.com/graph/change-notifications-delivery-webhooks

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import aiohttp
from yarl import URL

from sandbox.deliveries import Deliveries, is_loopback
from sandbox.microsoft import notices
from sandbox.microsoft.endpoints import Endpoints
from sandbox.microsoft.state import Graph
from sandbox.microsoft.subscriptions import Subscriptions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from sandbox.microsoft.notices import Notice
    from sandbox.microsoft.state import Change
    from sandbox.microsoft.subscriptions import Subscription
    from sandbox.state import World

MOST_COPIES = 4
LARGEST_BATCH = 10
ECHO = 0.1
"""Seconds by which the second to fourth notification of a change may come later than the first."""
PATIENCE = timedelta(hours=4)
"""For how long Graph tries again, and keeps what it cannot send because a token has expired."""
SLOW_SECONDS = 10
FIRST_PAUSE = 30
"""Seconds of the world's clock before the first attempt that no mode names; each further wait is twice as long."""


class Push:
    """The notifications of one world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._deliveries = world.room(Deliveries)
        self._pending: dict[tuple[str, bool], list[Notice]] = {}
        self._held: dict[str, list[tuple[datetime, str, Notice]]] = {}
        self.lost: list[Callable[[str], None]] = []
        """Who wants to know that a subscription's notification was lost."""
        world.room(Graph).listeners.append(self._changed)

    def _changed(self, change: Change) -> None:
        modes = self._world.modes
        if self._deliveries.modes.silent:
            return
        for one in self._subscriptions.hearing(change):
            count = modes.graph_notifications or self._world.random.randint(1, MOST_COPIES)
            # A new event is told as created once, and then as updated.
            more = "deleted" if change.change_type == "deleted" else "updated"
            for n, kind in enumerate([change.change_type] + [more] * (count - 1)):
                if kind in one.change_types:
                    notice = notices.of_change(one, change, kind, self._world.random)
                    self._queue(one, notice, echo=n > 0)

    @property
    def _subscriptions(self) -> Subscriptions:
        return self._world.room(Subscriptions)

    def _queue(self, one: Subscription, notice: Notice, *, echo: bool) -> None:
        copies = self._deliveries.copies()
        if not copies:
            self._lose([notice])
        elif one.paid_until <= self._world.now():
            self._held.setdefault(one.id, []).append((self._world.now(), one.url, notice))
        else:
            for _ in range(copies):
                self.send(one.url, notice, echo=echo)

    def send(self, url: str, notice: Notice, *, echo: bool = False) -> None:
        """Send a notice with whatever else goes to the same URL before the event loop comes round."""
        if not self._pending:
            self._deliveries.tally.begin()
            asyncio.get_running_loop().call_soon(self._flush)
        self._pending.setdefault((url, echo), []).append(notice)

    def release(self, one: Subscription) -> None:
        """Send what was kept back while the subscription's token had expired; what is too old is lost."""
        late = self._world.now() - PATIENCE
        for since, url, notice in self._held.pop(one.id, ()):
            if since > late:
                self.send(url, notice)
            else:
                self._lose([notice])

    def _flush(self) -> None:
        pending, self._pending = self._pending, {}
        for (url, echo), found in pending.items():
            match self._world.room(Endpoints).verdict(url):
                case "drop":
                    self._lose(found)
                case "slow":
                    self._later(SLOW_SECONDS, url, found)
                case _:
                    self._begin(url, found, echo=echo)
        self._deliveries.tally.end()

    def _later(self, seconds: float, url: str, found: list[Notice]) -> None:
        # What waits on the world's clock is not under way: nobody could wait for it to be idle.
        self._world.clock.after(seconds, lambda: self._begin(url, found))

    def _begin(self, url: str, found: list[Notice], *, echo: bool = False) -> None:
        chance = self._world.random
        if self._deliveries.modes.reorder:
            chance.shuffle(found)
        while found:
            size = chance.randint(1, LARGEST_BATCH)
            batch, found = found[:size], found[size:]
            wait = self._deliveries.wait() + (chance.uniform(0, ECHO) if echo else 0)
            self._deliveries.tally.begin()
            self._world.spawn(self._deliver(url, batch, wait))

    async def _deliver(self, url: str, batch: list[Notice], wait: float) -> None:
        tally = self._deliveries.tally
        try:
            await asyncio.sleep(wait)
            done = await self._attempt(url, batch)
            for pause in self._deliveries.modes.retry:
                if done:
                    break
                await asyncio.sleep(pause)
                done = await self._attempt(url, batch)
            if done:
                tally.delivered += len(batch)
            else:
                self._put_off(url, batch, FIRST_PAUSE, self._world.now() + PATIENCE)
        finally:
            tally.end()

    def _put_off(self, url: str, batch: list[Notice], pause: float, until: datetime) -> None:
        if self._world.now() + timedelta(seconds=pause) > until:
            self._deliveries.tally.failed += len(batch)
            self._lose(batch)
            return

        def again() -> None:
            self._deliveries.tally.begin()
            self._world.spawn(self._retry(url, batch, pause, until))

        self._world.clock.after(pause, again)

    async def _retry(self, url: str, batch: list[Notice], pause: float, until: datetime) -> None:
        tally = self._deliveries.tally
        try:
            if await self._attempt(url, batch):
                tally.delivered += len(batch)
            else:
                self._put_off(url, batch, 2 * pause, until)
        finally:
            tally.end()

    async def _attempt(self, url: str, batch: list[Notice]) -> bool:
        loop = asyncio.get_running_loop()
        began, status = loop.time(), 0
        try:
            if is_loopback(url):
                body = {"value": [notice.body for notice in batch]}
                async with self._deliveries.session().post(
                    URL(url), json=body, allow_redirects=False
                ) as answer:
                    status = answer.status
        except (aiohttp.ClientError, TimeoutError, OSError):
            status = 0
        self._world.room(Endpoints).note(url, loop.time() - began)
        for notice in batch:
            self._world.changed("push", channel=notice.subscription, status=status)
        return 200 <= status < 300

    def _lose(self, batch: Iterable[Notice]) -> None:
        for subscription in {notice.subscription: None for notice in batch}:
            for tell in self.lost:
                tell(subscription)
