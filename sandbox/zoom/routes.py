"""Zoom as a provider of the sandbox: its routes, its state as JSON, its people."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from sandbox.zoom import api
from sandbox.zoom.answers import join_url
from sandbox.zoom.doors import oauth_routes
from sandbox.zoom.errors import Refused, response
from sandbox.zoom.model import Meeting
from sandbox.zoom.portal import portal_routes
from sandbox.zoom.room import Account
from sandbox.zoom.times import show
from sandbox.zoom.webhooks import Webhooks

if TYPE_CHECKING:
    from sandbox.state import User, World

OPERATIONS: Final = (
    ("POST", "users/{user}/meetings", "zoom.create", api.create),
    ("GET", "users/{user}/meetings", "zoom.list", api.listing),
    ("GET", "meetings/{meeting}", "zoom.get", api.get),
    ("PATCH", "meetings/{meeting}", "zoom.update", api.update),
    ("DELETE", "meetings/{meeting}", "zoom.delete", api.delete),
    ("GET", "meetings/{meeting}/invitation", "zoom.invitation", api.invite),
    ("GET", "users/{user}", "zoom.user", api.user),
    ("GET", "users/{user}/settings", "zoom.settings", api.settings),
)

MESSAGES: Final = {
    401: (124, "Invalid access token."),
    404: (3001, "Meeting does not exist."),
    429: (429, "You have reached the maximum per-second rate limit for this API. Try again later."),
}


def routes(world: World) -> list[web.RouteDef]:
    """Return Zoom's own routes; the name of each is its operation."""
    account = partial(world.room, Account)
    calls = [
        web.route(method, f"/zoom/v2/{path}", api.guarded(account, op, work), name=op)
        for method, path, op, work in OPERATIONS
    ]
    return [*oauth_routes(account), *calls]


def control_routes(world: World) -> list[web.RouteDef]:
    """Return the routes by which tests and the page act as people in the Zoom portal."""
    return portal_routes(partial(world.room, Account))


def snapshot(world: World) -> dict[str, Any]:
    """Return the living and the deleted meetings, and who hears of them."""
    account = world.room(Account)
    return {
        "meetings": [_plain(meeting) for meeting in account.meetings.values()],
        "deleted": [_plain(meeting) for meeting in account.deleted.values()],
        "webhooks": world.room(Webhooks).listing(),
    }


def reset(world: World) -> None:
    """Forget the whole account."""
    world.leave(Account)
    world.leave(Webhooks)


def user_added(world: World, user: User, wanted: Mapping[str, Any]) -> None:
    """Make a new person a Zoom user, unless they are wanted without."""
    if user.zoom:
        first: Mapping[str, str] = next(iter(wanted.get("calendars") or ()), {})
        timezone = wanted.get("timeZone") or first.get("timeZone") or "UTC"
        world.room(Account).join(user.email, user.name, timezone)


def error_response(world: World, status: int, reason: str | None) -> web.Response:
    """Return a scripted failure in Zoom's shape; `reason` is Zoom's code, or OAuth's `invalid_grant`."""
    if reason == "invalid_grant":
        return web.json_response({"reason": "Invalid Token!", "error": reason}, status=status)
    code, message = MESSAGES.get(status, (status, "Internal error."))
    refused = Refused(status, int(reason) if reason and reason.isdecimal() else code, message)
    return response(refused, world.modes.zoom_errors)


def _plain(meeting: Meeting) -> dict[str, Any]:
    return {
        "id": meeting.id,
        "uuid": meeting.uuid,
        "host_email": meeting.host.email,
        "topic": meeting.topic,
        "agenda": meeting.agenda,
        "type": meeting.type,
        "start_time": show(meeting.start) if meeting.start else None,
        "duration": meeting.duration,
        "timezone": meeting.timezone,
        "created_at": show(meeting.created),
        "join_url": join_url(meeting),
        "password": meeting.password,
        "settings": dict(meeting.settings),
        "webinar": meeting.webinar,
    }
