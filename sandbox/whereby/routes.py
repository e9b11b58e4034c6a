"""Whereby as a provider of the sandbox: its routes, its state as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from sandbox.portal import Work, portal, switch
from sandbox.whereby import api
from sandbox.whereby.errors import Refused, response
from sandbox.whereby.room import Organisation

if TYPE_CHECKING:
    from sandbox.state import User, World

OPERATIONS: Final = (
    ("POST", "meetings", "whereby.create", 3, api.create),
    ("GET", "meetings", "whereby.list", 1, api.listing),
    ("GET", "meetings/{meeting}", "whereby.get", 1, api.get),
    ("DELETE", "meetings/{meeting}", "whereby.delete", 2, api.delete),
)

MESSAGES: Final = {
    401: "Access token is missing or invalid",
    403: "Not allowed to perform action.",
    404: "The requested resource doesn't exist",
    429: "Rate limit active for throttle key: organization:1",
}


def routes(world: World) -> list[web.RouteDef]:
    """Return Whereby's own routes; the name of each is its operation."""
    organisation = partial(world.room, Organisation)
    return [
        web.route(method, f"/whereby/v1/{path}", api.guarded(organisation, points, work), name=op)
        for method, path, op, points, work in OPERATIONS
    ]


def control_routes(world: World) -> list[web.RouteDef]:
    """Return the routes by which tests act as people at Whereby's dashboard."""
    works: dict[str, Work[Organisation]] = {"meetings/{meeting}/delete": _delete, "switches": switch}
    return portal("whereby", partial(world.room, Organisation), works, Refused, response)


async def _delete(organisation: Organisation, request: web.Request) -> Mapping[str, Any]:
    """Delete a room at the dashboard."""
    organisation.remove(request.match_info["meeting"])
    return {}


def snapshot(world: World) -> dict[str, Any]:
    """Return the rooms that are there."""
    standing = world.room(Organisation).standing().values()
    return {"meetings": [api.shown(one) | {"isLocked": one.locked, "roomMode": one.mode} for one in standing]}


def reset(world: World) -> None:
    """Forget the whole organisation."""
    world.leave(Organisation)


def user_added(world: World, user: User, wanted: Mapping[str, Any]) -> None:
    """Do nothing: one key stands for everybody."""


def error_response(world: World, status: int, reason: str | None) -> web.Response:
    """Return a scripted failure in Whereby's shape; `reason` is its sentence."""
    del world
    headers = {"Retry-After": "1"} if status == 429 else {}
    return response(Refused(status, reason or MESSAGES.get(status, "Internal error"), headers=headers))
