"""Pushes: each rings at the daemon's own door, late, twice, out of order or never."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

from connectors.errors import NotFound
from connectors.model import Subscription
from tests.simulation.loop import VirtualLoop
from tests.simulation.network import Network

LIFE = 3 * 3600.0  # seconds that a channel lives: short, so that renewals happen
TRIES = 4


@dataclass(eq=False)
class Channel:
    """One subscription as the provider keeps it."""

    id: str
    calendar: str
    token: str
    until: float


@dataclass(eq=False)
class Pushes:
    """The provider's side of push notifications."""

    loop: VirtualLoop
    network: Network
    dice: random.Random
    utc: Callable[[], object]
    door: Callable[[], Callable[[object], Coroutine[Any, Any, int]] | None] = lambda: None
    channels: dict[str, Channel] = field(default_factory=dict)
    outside: Context = field(default_factory=copy_context)

    def open(self, calendar: str, channel: str, token: str) -> Subscription:
        """Begin to tell of changes."""
        until = self.loop.time() + LIFE
        self.channels[channel] = Channel(channel, calendar, token, until)
        self._send(self.channels[channel], "sync", self.dice.uniform(0.0, 0.5))
        expires = self.utc() + timedelta(seconds=LIFE)  # type: ignore[operator]
        return Subscription(channel, f"res-{calendar}", expires)

    def extend(self, channel: str) -> Subscription:
        """Go on for longer. Raises NotFound."""
        known = self.channels.get(channel)
        if known is None:
            raise NotFound("the subscription is over")
        known.until = self.loop.time() + LIFE
        expires = self.utc() + timedelta(seconds=LIFE)  # type: ignore[operator]
        return Subscription(channel, f"res-{known.calendar}", expires)

    def close(self, channel: str) -> None:
        """Stop."""
        self.channels.pop(channel, None)

    def announce(self, calendar: str) -> None:
        """Tell everybody who asked that a calendar changed."""
        now = self.loop.time()
        for channel in list(self.channels.values()):
            if channel.until < now:
                del self.channels[channel.id]
            elif channel.calendar == calendar:
                self._tell(channel)

    def _tell(self, channel: Channel) -> None:
        weather = self.network.weather
        if self.dice.random() < weather.push_lost:
            return
        for _ in range(2 if self.dice.random() < weather.push_doubled else 1):
            late = self.dice.random() < weather.push_late
            self._send(channel, "exists", self.dice.uniform(0.1, 90.0 if late else 2.0))

    def _send(self, channel: Channel, state: str, after: float, tries: int = TRIES) -> None:
        self.loop.call_later(after, self._ring, channel, state, tries, context=self.outside)

    def _ring(self, channel: Channel, state: str, tries: int) -> None:
        door = self.door()
        if door is None:
            self._again(channel, state, tries)
            return
        request = SimpleNamespace(
            content_length=0,
            match_info={"channel": channel.id},
            headers={
                "X-Goog-Resource-ID": f"res-{channel.calendar}",
                "X-Goog-Resource-State": state,
                "X-Goog-Channel-Token": channel.token,
                "X-Goog-Resource-URI": f"https://calendar.example/calendars/{quote(channel.calendar)}/events",
            },
        )
        task = self.loop.create_task(door(request), context=self.outside.copy())
        task.add_done_callback(lambda done: self._answered(done, channel, state, tries), context=self.outside)

    def _answered(self, done: asyncio.Task[int], channel: Channel, state: str, tries: int) -> None:
        if done.cancelled() or done.exception() is not None or done.result() >= 500:
            self._again(channel, state, tries)

    def _again(self, channel: Channel, state: str, tries: int) -> None:
        if tries > 1:
            self._send(channel, state, self.dice.uniform(2.0, 30.0) * (TRIES - tries + 1), tries - 1)
