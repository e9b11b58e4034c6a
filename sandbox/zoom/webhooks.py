"""Zoom's webhooks: addresses that prove themselves, and signed events that may come late, twice or not at all.

https://developers.zoom.us/docs/api/webhooks/
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import aiohttp
from yarl import URL

from sandbox.deliveries import Deliveries, is_loopback
from sandbox.zoom import notices

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.state import World
    from sandbox.zoom.model import Meeting, Person

PATIENCE: Final = 3.0
"""Seconds in which an event has to be answered."""
RETRIES: Final = (300.0, 1200.0, 3600.0)
"""Seconds of the world's clock before each further attempt: 5, 20 and 60 minutes."""
PROOF_TRIES: Final = 3
PROOF_PAUSE: Final = 0.2
REPROOF: Final = 72 * 3600.0
"""Seconds of the world's clock after which an address has to prove itself again."""
MOST: Final = 10
"""Addresses that one app may have."""


@dataclass(slots=True)
class Hook:
    """One address, and what its events are signed with."""

    url: str
    secret: str
    validated: bool = False
    proofs: int = 0
    """How often it was asked to prove itself."""


class Webhooks:
    """The webhooks of one world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._deliveries = world.room(Deliveries)
        self.hooks: dict[str, Hook] = {}

    async def register(self, url: str, secret: str) -> Hook:
        """Let an address hear all events, once it has proved that it knows the secret; ask it a few times.

        Raise ValueError where it is nobody on this machine, or there are too many.
        """
        if not is_loopback(url) or (url not in self.hooks and len(self.hooks) >= MOST):
            raise ValueError("a hook is an address of this machine, and there are ten at most")
        hook = self.hooks[url] = Hook(url, secret)
        await self._prove(hook)
        self._world.clock.after(REPROOF, lambda: self._again(hook))
        return hook

    def changed(self, before: Meeting | None, after: Meeting | None) -> None:
        """Tell what became of a meeting, whoever did it: our own calls echo."""
        one = after or before
        if one is not None and self.hooks:
            for event, payload in notices.of_change(before, after, self._world.random):
                self._tell(event, _by(one.host) | payload)

    def named(self, event: str, meeting: Meeting) -> None:
        """Tell of a meeting that was recovered, or is gone for good."""
        self._tell(event, _by(meeting.host) | notices.whole(meeting, self._world.random))

    def deauthorized(self, person: Person, client: str, account: str) -> None:
        """Tell that a person has removed an app."""
        for hook in self.hooks.values():
            told = notices.deauthorized(person, client, account, self._world.now(), hook.secret)
            self._queue(hook, "app_deauthorized", told)

    def listing(self) -> list[dict[str, Any]]:
        """Return the addresses as JSON, without their secrets."""
        return [{"url": h.url, "validated": h.validated, "proofs": h.proofs} for h in self.hooks.values()]

    async def _prove(self, hook: Hook) -> None:
        hook.validated = False
        for number in range(PROOF_TRIES):
            if number:
                await asyncio.sleep(PROOF_PAUSE)
            token = self._world.token(length=22)
            hook.proofs += 1
            told = self._body("endpoint.url_validation", {"plainToken": token})
            status, answer = await self._post(hook, told)
            if status == 200 and answer == {"plainToken": token, "encryptedToken": _mac(hook.secret, token)}:
                hook.validated = True
                return

    def _again(self, hook: Hook) -> None:
        if self.hooks.get(hook.url) is hook:
            self._world.spawn(self._prove(hook))
            self._world.clock.after(REPROOF, lambda: self._again(hook))

    def _tell(self, event: str, payload: Mapping[str, Any]) -> None:
        for hook in self.hooks.values():
            self._queue(hook, event, payload)

    def _queue(self, hook: Hook, event: str, payload: Mapping[str, Any]) -> None:
        if not hook.validated or self._deliveries.modes.silent:
            return
        body = self._body(event, payload)
        for _ in range(self._deliveries.copies()):
            self._start(hook, body, self._deliveries.wait(), RETRIES)

    def _start(self, hook: Hook, body: bytes, wait: float, retries: tuple[float, ...]) -> None:
        self._deliveries.tally.begin()
        self._world.spawn(self._deliver(hook, body, wait, retries))

    async def _deliver(self, hook: Hook, body: bytes, wait: float, retries: tuple[float, ...]) -> None:
        tally = self._deliveries.tally
        try:
            await asyncio.sleep(wait)
            status, _ = await self._post(hook, body)
            self._world.changed("push", channel=hook.url, status=status)
            if status in (200, 204):
                tally.delivered += 1
            elif retries:
                # What waits on the world's clock is not under way: nobody could wait for it to be idle.
                pause, *rest = retries
                self._world.clock.after(pause, lambda: self._start(hook, body, 0, tuple(rest)))
            else:
                tally.failed += 1
        finally:
            tally.end()

    async def _post(self, hook: Hook, body: bytes) -> tuple[int, Any]:
        """Send an event, signed at this moment; return the status, 0 for none, and the JSON of the answer."""
        stamp = str(int(self._world.now().timestamp()))
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "x-zm-request-timestamp": stamp,
            "x-zm-signature": "v0=" + _mac(hook.secret, f"v0:{stamp}:{body.decode()}"),
            "x-zm-trackingid": f"v=2.0;clid=us02;rid=WEB_{self._world.token(length=32)}",
            "User-Agent": "Zoom Marketplace/1.0a",
        }
        patience = aiohttp.ClientTimeout(total=PATIENCE)
        try:
            async with self._deliveries.session().post(
                URL(hook.url), data=body, headers=headers, timeout=patience, allow_redirects=False
            ) as answer:
                text = await answer.text()
                return answer.status, json.loads(text) if text.startswith("{") else None
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
            return 0, None

    def _body(self, event: str, payload: Mapping[str, Any]) -> bytes:
        at = int(self._world.now().timestamp() * 1000)
        return json.dumps({"event": event, "event_ts": at, "payload": payload}, ensure_ascii=False).encode()


def _by(host: Person) -> dict[str, Any]:
    return {"account_id": "sandbox-account", "operator": host.email, "operator_id": host.id}


def _mac(secret: str, text: str) -> str:
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
