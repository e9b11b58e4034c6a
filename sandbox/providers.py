"""What the sandbox needs of each simulated provider, and which providers there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from sandbox.daily import routes as daily
from sandbox.google import routes as google
from sandbox.goto import routes as goto
from sandbox.microsoft import routes as microsoft
from sandbox.webex import routes as webex
from sandbox.whereby import routes as whereby
from sandbox.zoom import routes as zoom

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp import web

    from sandbox.state import User, World


class Provider(Protocol):
    """One provider: a module `sandbox.<name>.routes` with these functions.

    The name of a route is its operation (`events.patch`, `zoom.create`), under which calls are counted
    and faults strike; what stands before a colon only makes names differ (`microsoft:users1:events.patch`).
    Its state lives in `world.room(Kind)`. A handler says whom it served with `request[calls.USER] = email`.
    """

    def routes(self, world: World) -> list[web.RouteDef]:
        """Return the provider's own routes, all below /<name>."""

    def control_routes(self, world: World) -> list[web.RouteDef]:
        """Return the routes that steer it, all below /_sandbox."""

    def snapshot(self, world: World) -> dict[str, Any]:
        """Return its state as JSON, for GET /_sandbox/state."""

    def reset(self, world: World) -> None:
        """Forget everything."""

    def user_added(self, world: World, user: User, wanted: Mapping[str, Any]) -> None:
        """Make what a new user owns; `wanted` is the body of POST /_sandbox/users."""

    def error_response(self, world: World, status: int, reason: str | None) -> web.Response:
        """Return an error in the provider's own shape, for scripted faults."""


def providers() -> dict[str, Provider]:
    """Return the providers by name, which is the first part of their paths."""
    return {
        "google": google,
        "microsoft": microsoft,
        "zoom": zoom,
        "goto": goto,
        "webex": webex,
        "whereby": whereby,
        "daily": daily,
    }
