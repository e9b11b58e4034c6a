"""Daily as a provider of the sandbox: its routes, its state as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from sandbox.daily import api
from sandbox.daily.errors import Refused, response
from sandbox.daily.room import Domain
from sandbox.portal import Work, portal, switch

if TYPE_CHECKING:
    from sandbox.state import User, World

OPERATIONS: Final = (
    ("POST", "rooms", "daily.create", "light", api.create),
    ("GET", "rooms", "daily.list", "heavy", api.listing),
    ("GET", "rooms/{name}", "daily.get", "light", api.get),
    ("POST", "rooms/{name}", "daily.update", "light", api.update),
    ("DELETE", "rooms/{name}", "daily.delete", "heavy", api.delete),
)

ERRORS: Final = {
    401: "authentication-error",
    404: "not-found",
    429: "rate-limit-error",
    500: "server-error",
}


def routes(world: World) -> list[web.RouteDef]:
    """Return Daily's own routes; the name of each is its operation."""
    domain = partial(world.room, Domain)
    return [
        web.route(method, f"/daily/v1/{path}", api.guarded(domain, kind, work), name=op)
        for method, path, op, kind, work in OPERATIONS
    ]


def control_routes(world: World) -> list[web.RouteDef]:
    """Return the routes by which tests act as people at Daily's dashboard."""
    works: dict[str, Work[Domain]] = {"rooms/{name}/delete": _delete, "switches": switch}
    return portal("daily", partial(world.room, Domain), works, Refused, response)


async def _delete(domain: Domain, request: web.Request) -> Mapping[str, Any]:
    """Delete a room at the dashboard."""
    domain.remove(request.match_info["name"])
    return {}


def snapshot(world: World) -> dict[str, Any]:
    """Return the rooms that are there."""
    return {"rooms": [api.shown(room) for room in world.room(Domain).standing().values()]}


def reset(world: World) -> None:
    """Forget the whole domain."""
    world.leave(Domain)


def user_added(world: World, user: User, wanted: Mapping[str, Any]) -> None:
    """Do nothing: one key stands for everybody."""


def error_response(world: World, status: int, reason: str | None) -> web.Response:
    """Return a scripted failure in Daily's shape; `reason` is its word."""
    del world
    headers = {"Retry-After": "1"} if status == 429 else {}
    return response(Refused(status, reason or ERRORS.get(status, "server-error"), headers=headers))
