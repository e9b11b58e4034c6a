"""The door for Zoom's events: verify, find what they are about, ring, answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence

import structlog
from aiohttp import web

from store import conferences, linked
from store.db import Store
from store.errors import StoreError
from webhooks import bodies, zoom
from webhooks.bell import DEADLINE, Bell
from webhooks.zoom import Deauthorized, Notice, Touched, Validation

log = structlog.get_logger(__name__)

LARGEST_BODY = 1 << 18  # bytes; a series with all its dates and settings has a tenth of that
PATIENCE = 3.0  # seconds that a body may take: Zoom itself does not wait longer for the answer

DONE = 200
COME_AGAIN = 503


class ZoomDoor:
    """Events of Zoom's. What is not about anything of ours is thanked for: else Zoom would send it again."""

    def __init__(self, bell: Bell, store: Store, secrets: Sequence[str], now: Callable[[], float]) -> None:
        """`secrets` are the secret tokens of our apps at Zoom: any of them may have signed an event."""
        self._bell = bell
        self._store = store
        self._secrets = tuple(secrets)
        self._now = now

    async def push(self, request: web.Request) -> web.Response:
        """Verify, ring, answer; or prove to Zoom that we are here."""
        body = await bodies.taken(request, PATIENCE, LARGEST_BODY)
        if isinstance(body, web.Response):
            return body
        secret = zoom.signer(self._secrets, request.headers, body, self._now())
        if not secret:
            log.warning("event refused", provider="zoom", reason="its signature is wrong, or too old")
            return web.Response(status=401, text="the signature is wrong, or too old")
        return await self._take(secret, body)

    async def _take(self, secret: str, body: bytes) -> web.Response:
        try:
            notice = zoom.read(body)
        except ValueError:
            log.warning("event refused", provider="zoom", reason="this is no event")
            return web.Response(status=DONE)
        if isinstance(notice, Validation):
            return web.json_response(zoom.proof(secret, notice.token))
        try:
            if notice is not None:
                await self._ring(notice)
        except (StoreError, TimeoutError) as error:
            log.error("event not noted", provider="zoom", error=str(error))
            return web.Response(status=COME_AGAIN, text="not noted, please send it again")
        return web.Response(status=DONE)

    async def _ring(self, notice: Notice) -> None:
        """Ring for whatever of ours it is about. Raises StoreError or TimeoutError when that is not noted."""
        match notice:
            case Touched(meeting):
                async with asyncio.timeout(DEADLINE):
                    keys = await self._store.read(
                        lambda conn: conferences.with_meeting(conn, "zoom", meeting)
                    )
                await self._all("check", keys)
            case Deauthorized(client, person, at):
                name = linked.credential_id("zoom", client, person)
                async with asyncio.timeout(DEADLINE):
                    known = await self._store.read(lambda conn: linked.credential(conn, name))
                since = self._now() if at is None else at
                await self._all("deauthorized", [f"{name} {since:.3f}"] if known else ())

    async def _all(self, kind: str, keys: Iterable[str]) -> None:
        if rings := [(kind, key) for key in keys]:
            await self._bell.ring_all(rings)
