"""The door for Google's pushes: verify, ring, answer."""

from __future__ import annotations

import re

import structlog
from aiohttp import web
from aiolimiter import AsyncLimiter

from store import calendars, channels
from store.errors import StoreError
from webhooks import google
from webhooks.bell import Bell, Channels

log = structlog.get_logger(__name__)

LARGEST_BODY = 4096  # bytes; Google's pushes have none
STRANGERS_A_MINUTE = 6  # channels nobody knows, for which work is taken on: anybody can make them up
NAME = re.compile("[!-~]{1,256}")  # what Google's ids are made of

DONE = 204
COME_AGAIN = 503


class GoogleDoor:
    """Pushes of Google's. One that is not known is told that all is well, and then stopped at its source."""

    def __init__(
        self, bell: Bell, channels: Channels, strangers_a_minute: float = STRANGERS_A_MINUTE
    ) -> None:
        """`channels` says which channel rings for which calendar."""
        self._bell = bell
        self._channels = channels
        self._strangers = AsyncLimiter(strangers_a_minute, 60)

    async def push(self, request: web.Request) -> web.Response:
        """Verify, ring, answer."""
        if (request.content_length or 0) > LARGEST_BODY:
            return web.Response(status=413, text="a push has no body")
        channel, headers = request.match_info["channel"], request.headers
        known = self._channels.known.get(channel)
        try:
            if known is None:
                await self._stranger(google.read(channel, headers))
            elif not channels.token_matches(google.token(headers), known[1]):
                log.warning("push refused", channel=channel, reason="its token is wrong")
                return web.Response(status=403, text="the channel's token is wrong")
            elif not google.opens(headers):
                await self._bell.ring("sync", known[0])
        except (StoreError, TimeoutError) as error:
            log.error("push not noted", channel=channel, error=str(error))
            return web.Response(status=COME_AGAIN, text="not noted, please send it again")
        return web.Response(status=DONE)

    async def _stranger(self, push: google.Push) -> None:
        """Have a channel stopped that we lost track of, if it speaks of a calendar that is ours.

        An answer of 4xx would not stop it: Google goes on until the channel expires.
        """
        if not all(NAME.fullmatch(name) for name in (push.channel, push.resource, push.calendar)):
            return
        calendar = calendars.calendar_id("google", push.calendar)
        if calendar in self._channels.calendars and self._strangers.has_capacity():
            await self._strangers.acquire()
            await self._bell.ring("stop", f"{calendar} {push.channel} {push.resource}")
