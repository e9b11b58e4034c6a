"""Steer the simulated Graph: consents, policies, challenges, lifecycle events and the state of endpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from sandbox.control import bad_request, read_json
from sandbox.microsoft import delta, teams
from sandbox.microsoft.access import Access
from sandbox.microsoft.endpoints import STATES, Endpoints
from sandbox.microsoft.errors import GraphError
from sandbox.microsoft.lifecycle import EVENTS, Lifecycle
from sandbox.microsoft.state import Graph
from sandbox.microsoft.subscriptions import Subscriptions
from sandbox.microsoft.throttle import Throttle
from sandbox.microsoft.tokens import Tokens

if TYPE_CHECKING:
    from sandbox.microsoft.rows import Mailbox
    from sandbox.microsoft.subscriptions import Subscription
    from sandbox.state import World

BASE = "/_sandbox/microsoft"


class Steering:
    """The handlers that steer Graph in one world."""

    def __init__(self, world: World) -> None:
        self._world = world

    @property
    def _graph(self) -> Graph:
        return self._world.room(Graph)

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        return [
            web.post(BASE + "/expire_delta", self._expire_delta),
            web.post(BASE + "/revoke", self._revoke),
            web.post(BASE + "/lifecycle", self._lifecycle),
            web.post(BASE + "/policy", self._policy),
            web.post(BASE + "/challenge", self._challenge),
            web.post(BASE + "/kill_link", self._kill_link),
            web.post(BASE + "/endpoint", self._endpoint),
            web.get(BASE + "/busiest", self._busiest),
        ]

    def _mailbox(self, email: object) -> Mailbox:
        found = self._graph.mailboxes.get(email.lower()) if isinstance(email, str) else None
        if found is None:
            raise bad_request(f"no such mailbox: {email}")
        return found

    async def _expire_delta(self, request: web.Request) -> web.Response:
        email = (await read_json(request)).get("email")
        delta.expire(self._graph, self._mailbox(email).email if email else None)
        return web.json_response({})

    async def _revoke(self, request: web.Request) -> web.Response:
        email = self._mailbox((await read_json(request)).get("email")).email
        self._world.room(Tokens).revoke(email)
        for one in self._living():
            if one.person == email:
                self._world.room(Lifecycle).remove(one)
        return web.json_response({})

    def _living(self) -> list[Subscription]:
        return list(self._world.room(Subscriptions).living())

    async def _lifecycle(self, request: web.Request) -> web.Response:
        body = await read_json(request)
        event, email = body.get("event"), body.get("email")
        if event not in EVENTS:
            raise bad_request(f"event is one of {', '.join(EVENTS)}")
        meant = [one for one in self._living() if email is None or one.email == self._mailbox(email).email]
        life = self._world.room(Lifecycle)
        for one in meant:
            if event == "subscriptionRemoved":
                life.remove(one)
            else:
                life.send(one, event)
        return web.json_response({"told": [one.id for one in meant]})

    async def _policy(self, request: web.Request) -> web.Response:
        body = await read_json(request)
        email, allowed = self._mailbox(body.get("email")).email, body.get("allowed")
        of = body.get("for", "mailbox")
        if not isinstance(allowed, bool) or of not in ("mailbox", "meetings"):
            raise bad_request('allowed is true or false, for is "mailbox" or "meetings"')
        kept_out = self._world.room(Access).blocked if of == "mailbox" else self._graph.unpermitted
        (kept_out.discard if allowed else kept_out.add)(email)
        return web.json_response({})

    async def _challenge(self, request: web.Request) -> web.Response:
        self._world.room(Access).challenged = (await read_json(request)).get("times", 1)
        return web.json_response({})

    async def _kill_link(self, request: web.Request) -> web.Response:
        body = await read_json(request)
        try:
            teams.kill(self._graph, self._mailbox(body.get("email")), body.get("event", ""))
        except GraphError as error:
            return error.response()
        return web.json_response({})

    async def _endpoint(self, request: web.Request) -> web.Response:
        wanted = (await read_json(request)).get("state")
        if wanted not in (None, *STATES):
            raise bad_request(f"state is null or one of {', '.join(STATES)}")
        self._world.room(Endpoints).forced = wanted
        return web.json_response({})

    async def _busiest(self, _: web.Request) -> web.Response:
        return web.json_response(dict(self._world.room(Throttle).most))


def routes(world: World) -> list[web.RouteDef]:
    """Return the routes that steer Graph."""
    return Steering(world).routes()
