"""Push notifications: channels, and the deliveries that may be lost, doubled, late or out of order."""

# https://developers.google.com/workspace/calendar/api/guides/push

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import aiohttp
from yarl import URL

from sandbox.deliveries import Deliveries, is_loopback

if TYPE_CHECKING:
    from datetime import datetime

    from sandbox.state import World

USER_AGENT = "APIs-Google; (+https://developers.google.com/webmasters/APIs-Google.html)"
RETRIED = (500, 502, 503, 504)
GAP = 1_000
"""Message numbers rise by up to so much from one delivery to the next."""
LATE = 2
"""How many messages still go out on a stopped channel in the late_after_stop mode."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One channel: who hears where about what."""

    id: str
    source: str
    """What is watched: a calendar id, or "list of <email>"."""
    email: str
    client: str
    address: str
    token: str | None
    expires: datetime
    resource_id: str
    resource_uri: str
    number: int = 1
    """Number of the latest message."""
    late: int | None = None
    """Once stopped: how many messages still go out."""


class Push:
    """The channels of one world and their deliveries."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._deliveries = world.room(Deliveries)
        self.channels: dict[str, Channel] = {}
        self._by_source: dict[str, dict[str, None]] = {}
        self.used: set[str] = set()
        """Channel ids ever used; none may be used again."""
        self._ringing: dict[str, None] = {}

    def open(self, channel: Channel) -> None:
        """Begin a channel; its `sync` message is the caller's to send."""
        self.used.add(channel.id)
        self.channels[channel.id] = channel
        self._by_source.setdefault(channel.source, {})[channel.id] = None

    def stop(self, channel: Channel) -> None:
        """End a channel, at once or after a few late messages."""
        if self._deliveries.modes.late_after_stop and channel.late is None:
            self.channels[channel.id] = replace(channel, late=LATE)
        else:
            self._forget(channel)

    def _forget(self, channel: Channel) -> None:
        del self.channels[channel.id]
        del self._by_source[channel.source][channel.id]

    def ring(self, source: str) -> None:
        """Ring the channels on a source, once for all that changes before the event loop comes round."""
        if not self._by_source.get(source):
            return
        if not self._ringing:
            self._deliveries.tally.begin()
            asyncio.get_running_loop().call_soon(self._flush)
        self._ringing[source] = None

    def _flush(self) -> None:
        sources, self._ringing = self._ringing, {}
        now = self._world.now()
        for name in [name for source in sources for name in self._by_source.get(source, ())]:
            channel = self.channels[name]
            if channel.expires <= now:
                self._forget(channel)
            elif not self._deliveries.modes.silent:
                self._send(channel)
        self._deliveries.tally.end()

    def _send(self, channel: Channel) -> None:
        number = channel.number + self._world.random.randint(1, GAP)
        sent = replace(channel, number=number)
        if channel.late is None:
            self.channels[channel.id] = sent
        elif channel.late == 0:
            self._forget(channel)
            return
        else:
            self.channels[channel.id] = replace(sent, late=channel.late - 1)
        self.send(sent, "exists")

    def send(self, channel: Channel, state: str) -> list[asyncio.Task[None]]:
        """Deliver a message in the background, as well or badly as the modes say; return the deliveries."""
        deliveries = []
        for _ in range(self._deliveries.copies()):
            self._deliveries.tally.begin()
            work = self._deliver(channel, state, self._deliveries.wait())
            deliveries.append(self._world.spawn(work))
        return deliveries

    async def _deliver(self, channel: Channel, state: str, wait: float) -> None:
        tally = self._deliveries.tally
        try:
            await asyncio.sleep(wait)
            status = await self._attempts(channel, state)
            if 200 <= status < 300 or status == 102:
                tally.delivered += 1
            else:
                tally.failed += 1
            self._world.changed("push", channel=channel.id, number=channel.number, status=status)
        finally:
            tally.end()

    async def _attempts(self, channel: Channel, state: str) -> int:
        status = await self._post(channel, state)
        for pause in self._deliveries.modes.retry:
            if status not in RETRIED:
                break
            await asyncio.sleep(pause)
            status = await self._post(channel, state)
        return status

    async def _post(self, channel: Channel, state: str) -> int:
        if not is_loopback(channel.address):
            return 0
        try:
            async with self._deliveries.session().post(
                URL(channel.address), headers=message(channel, state), skip_auto_headers=("Content-Type",)
            ) as answer:
                return answer.status
        except (aiohttp.ClientError, TimeoutError, OSError):
            return 0

    def listing(self) -> list[dict[str, Any]]:
        """Return the channels as JSON."""
        now = self._world.now()
        return [
            {
                "id": c.id,
                "source": c.source,
                "user": c.email,
                "address": c.address,
                "expires": c.expires.isoformat(),
                "live": c.expires > now and c.late is None,
            }
            for c in self.channels.values()
        ]


def message(channel: Channel, state: str) -> dict[str, str]:
    """Return the headers of a delivery; it has no body."""
    headers = {
        "X-Goog-Channel-ID": channel.id,
        "X-Goog-Message-Number": str(channel.number),
        "X-Goog-Resource-ID": channel.resource_id,
        "X-Goog-Resource-State": state,
        "X-Goog-Resource-URI": channel.resource_uri,
        "X-Goog-Channel-Expiration": format_datetime(channel.expires, usegmt=True),
        "User-Agent": USER_AGENT,
        "Accept": "*/*",
        "Accept-Encoding": "gzip, deflate, br",
        "Content-Length": "0",
    }
    return headers | ({"X-Goog-Channel-Token": channel.token} if channel.token else {})
