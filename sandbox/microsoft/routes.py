"""Microsoft 365 as one of the sandbox's providers."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from aiohttp import web

from sandbox.calls import USER
from sandbox.microsoft import access, api, errors, oauth, people, signin_errors, state, steering
from sandbox.microsoft.endpoints import Endpoints
from sandbox.microsoft.errors import GraphError
from sandbox.microsoft.lifecycle import Lifecycle
from sandbox.microsoft.push import Push
from sandbox.microsoft.subscribing import Subscribing
from sandbox.microsoft.subscriptions import Subscriptions, shown
from sandbox.microsoft.throttle import Throttle
from sandbox.microsoft.tokens import Tokens

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from aiohttp.typedefs import Handler

    from sandbox.microsoft.tokens import Grant
    from sandbox.state import User, World

GRAPH = "/microsoft/v1.0"
ONE = "/subscriptions/{subscription}"
ROOMS = (Lifecycle, Push, Subscriptions, Endpoints, Tokens, access.Access, Throttle)


def routes(world: World) -> list[web.RouteDef]:
    """Return the routes of the sign-in service and of Graph."""
    rest = web.route("*", GRAPH + "/{rest:.*}", _nothing(world))
    return [*oauth.routes(world), *_subscriptions(world), *_mailboxes(world), rest]


def _mailboxes(world: World) -> list[web.RouteDef]:
    """Return the routes on people's calendars, each below /users/{user} and below /me."""
    serving = api.Api(world)
    return [
        web.route(
            method,
            GRAPH + start + path,
            guarded(world, op, getattr(serving, handler)),
            name=f"microsoft:{word}{n}:{op}",
        )
        for start, word in (("/users/{user}", "users"), ("/me", "me"))
        for n, (method, path, op, handler) in enumerate(api.TABLE)
    ]


def _subscriptions(world: World) -> list[web.RouteDef]:
    serving = Subscribing(world)
    table = (
        ("POST", "/subscriptions", "create", serving.create),
        ("GET", "/subscriptions", "list", serving.list),
        ("GET", ONE, "get", serving.get),
        ("PATCH", ONE, "update", serving.update),
        ("DELETE", ONE, "delete", serving.delete),
        ("POST", ONE + "/reauthorize", "reauthorize", serving.reauthorize),
    )
    return [
        web.route(
            method, GRAPH + path, _answered(_known(world, handler)), name=f"microsoft:subscriptions.{op}"
        )
        for method, path, op, handler in table
    ]


def _known(world: World, handler: Callable[[web.Request, Grant], Awaitable[web.Response]]) -> Handler:
    """Let in who has a good token."""

    async def known(request: web.Request) -> web.StreamResponse:
        grant = access.authenticate(world, request)
        request[USER] = grant.email or "app"
        async with world.room(Throttle).place("subscriptions"):
            return await handler(request, grant)

    return known


def _nothing(world: World) -> Handler:
    """Answer, to who has a good token, that Graph has no such thing."""

    async def nothing(request: web.Request, _: Grant) -> web.Response:
        segment = request.path.rpartition("/")[2]
        raise GraphError(400, "BadRequest", f"Resource not found for the segment '{segment}'.")

    return _answered(_known(world, nothing))


def guarded(world: World, op: str, handler: Handler) -> Handler:
    """Let in who may reach the mailbox, as long as the mailbox is not too busy."""

    async def inside(request: web.Request) -> web.StreamResponse:
        grant = access.authenticate(world, request)
        user = request.match_info.get("user")
        mailbox = access.reach(world, grant, user, op, request.method)
        request[USER] = request[access.MAILBOX] = mailbox.email
        async with world.room(Throttle).place(mailbox.email):
            return await handler(request)

    return _answered(inside)


def _answered(handler: Handler) -> Handler:
    async def answered(request: web.Request) -> web.StreamResponse:
        theirs = request.headers.get("client-request-id")
        try:
            response = await handler(request)
        except GraphError as error:
            response = error.response(theirs)
        request_id = str(uuid.uuid4())
        response.headers["request-id"] = request_id
        response.headers["client-request-id"] = theirs or request_id
        return response

    return answered


def control_routes(world: World) -> list[web.RouteDef]:
    """Return the routes by which people act and tests steer."""
    return [*people.routes(world), *steering.routes(world)]


def snapshot(world: World) -> dict[str, Any]:
    """Return every calendar with its events, and the subscriptions that live."""
    subscriptions = [shown(one) for one in world.room(Subscriptions).living()]
    return state.snapshot(world) | {"subscriptions": subscriptions}


def reset(world: World) -> None:
    """Forget everything."""
    state.reset(world)
    for room in ROOMS:
        world.leave(room)


def user_added(world: World, user: User, wanted: Mapping[str, Any]) -> None:
    """Give a new user their mailbox."""
    state.user_added(world, user, wanted)


def error_response(world: World, status: int, reason: str | None) -> web.Response:
    """Return an error in the shape of Graph, or of the sign-in service when it is one of its own."""
    del world
    if reason == "claims":
        return access.challenge().response()
    return (reason and signin_errors.scripted(status, reason)) or errors.scripted(status, reason)
