"""The door for Microsoft Graph's notifications: verify each of a batch, ring once for all, answer."""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from aiohttp import web

from store import channels
from store.errors import StoreError
from webhooks import bodies, microsoft
from webhooks.bell import Bell, Channels
from webhooks.microsoft import NOTHING, Notice

log = structlog.get_logger(__name__)

LARGEST_BODY = 1 << 20  # bytes; Graph puts many notifications into one push
PATIENCE = 10.0  # seconds that a body may take: Graph itself does not wait longer for the answer

DONE = 202
COME_AGAIN = 503

_PLAIN = {"X-Content-Type-Options": "nosniff"}


class MicrosoftDoor:
    """Notifications of Graph's. Whoever sends them learns nothing from the answer but whether to come again."""

    def __init__(self, bell: Bell, channels: Channels) -> None:
        """`channels` says which channel rings for which calendar."""
        self._bell = bell
        self._channels = channels

    async def push(self, request: web.Request) -> web.Response:
        """Verify, ring, answer; or prove to a new subscription that we are here."""
        token = request.query.get("validationToken")
        if token is not None:
            return _repeat(token)
        body = await bodies.taken(request, PATIENCE, LARGEST_BODY)
        if isinstance(body, web.Response):
            return body
        try:
            await self._take(body)
        except (StoreError, TimeoutError) as error:
            log.error("notifications not noted", error=str(error))
            return web.Response(status=COME_AGAIN, text="not noted, please send it again")
        return web.Response(status=DONE)

    async def _take(self, body: bytes) -> None:
        try:
            notices = microsoft.read(body)
        except ValueError:
            log.warning("notifications refused", reason="this is no batch of them")
            return
        if rings := self._rings(notices):
            await self._bell.ring_all(rings)

    def _rings(self, notices: Sequence[Notice]) -> dict[tuple[str, str], None]:
        """Say what to ring for: each thing once, and nothing for those that do not prove to be ours."""
        known, matches = self._channels.known, channels.token_matches
        rings: dict[tuple[str, str], None] = {}
        strange = wrong = 0
        for notice in notices:
            found = known.get(notice.channel)
            if found is None:
                strange += 1
            elif not matches(notice.token, found[1]):
                wrong += 1
            elif notice.trouble:
                rings["lifecycle", f"{notice.trouble} {found[0]} {notice.channel}"] = None
            else:
                rings["sync", found[0]] = None
        if strange or wrong:
            unreadable = notices.count(NOTHING)
            log.warning(
                "notifications refused",
                of=len(notices),
                unreadable=unreadable,
                unknown=strange - unreadable,
                wrong_token=wrong,
            )
        return rings


def _repeat(token: str) -> web.Response:
    """Send back what a new subscription is tried with, as text that no browser takes for anything else.

    https://learn.microsoft.com/graph/change-notifications-delivery-webhooks#notificationurl-validation
    """
    if not microsoft.repeatable(token):
        return web.Response(status=400, text="this is no validation token", headers=_PLAIN)
    return web.Response(text=token, content_type="text/plain", headers=_PLAIN)
