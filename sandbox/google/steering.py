"""Steer the simulated Google: credentials, expired tokens, locks and revocations."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from aiohttp import web

from sandbox.control import bad_request, read_json
from sandbox.google.oauth import CLIENT_ID, known_scopes
from sandbox.google.state import Google
from sandbox.google.tokens import Grant, ServiceKey

if TYPE_CHECKING:
    from sandbox.state import World


class Steering:
    """The handlers that steer Google in one world."""

    def __init__(self, world: World) -> None:
        self._world = world

    @property
    def _google(self) -> Google:
        return self._world.room(Google)

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        return [
            web.get("/_sandbox/google/service_account.json", self._service_account),
            web.post("/_sandbox/google/refresh_tokens", self._refresh_token),
            web.post("/_sandbox/google/expire_sync_tokens", self._expire_sync_tokens),
            web.post("/_sandbox/google/lock", self._lock),
            web.post("/_sandbox/google/revoke", self._revoke),
        ]

    async def _service_account(self, _: web.Request) -> web.Response:
        return web.json_response(self._world.room(ServiceKey).file())

    async def _refresh_token(self, request: web.Request) -> web.Response:
        body = await read_json(request)
        email = self._known(body.get("email"))
        self._google.revoked.discard(email)
        scopes = frozenset(str(body.get("scope", "")).split()) or known_scopes()
        return web.json_response(
            {"refresh_token": self._google.tokens.remember(Grant(email, CLIENT_ID, scopes))}
        )

    def _known(self, email: object) -> str:
        if not isinstance(email, str) or email.lower() not in self._world.users:
            raise bad_request(f"no such user: {email}")
        return email.lower()

    async def _expire_sync_tokens(self, _: web.Request) -> web.Response:
        self._google.tokens.expire_sync()
        return web.json_response({})

    async def _lock(self, request: web.Request) -> web.Response:
        body = await read_json(request)
        until = self._google.moment() + timedelta(seconds=body.get("seconds", 0))
        self._google.locked[self._known(body.get("email"))] = until
        return web.json_response({"until": until.isoformat()})

    async def _revoke(self, request: web.Request) -> web.Response:
        email = self._known((await read_json(request)).get("email"))
        self._google.tokens.revoke(email=email)
        self._google.revoked.add(email)
        return web.json_response({})


def routes(world: World) -> list[web.RouteDef]:
    """Return the routes that steer Google."""
    return Steering(world).routes()
