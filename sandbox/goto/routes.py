"""GoTo as a provider of the sandbox: its routes, its state as JSON, its people."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from sandbox.goto import api
from sandbox.goto.answers import join_url, show
from sandbox.goto.doors import oauth_routes
from sandbox.goto.errors import scripted
from sandbox.goto.model import Meeting
from sandbox.goto.portal import portal_routes
from sandbox.goto.room import GoTo

if TYPE_CHECKING:
    from sandbox.state import User, World

MEETINGS: Final = "collab:"
OPERATIONS: Final = (
    ("POST", "G2M/rest/meetings", "goto.create", MEETINGS, api.create),
    ("GET", "G2M/rest/upcomingMeetings", "goto.list", MEETINGS, api.upcoming),
    ("GET", "G2M/rest/meetings/{meeting}", "goto.get", MEETINGS, api.get),
    ("PUT", "G2M/rest/meetings/{meeting}", "goto.update", MEETINGS, api.update),
    ("DELETE", "G2M/rest/meetings/{meeting}", "goto.delete", MEETINGS, api.delete),
    ("GET", "G2M/rest/meetings/{meeting}/start", "goto.start", MEETINGS, api.start),
    ("GET", "identity/v1/Users/me", "goto.identity", "identity:scim.me", api.scim_me),
    ("GET", "admin/rest/v1/me", "goto.me", "", api.admin_me),
)


def routes(world: World) -> list[web.RouteDef]:
    """Return GoTo's own routes; the name of each is its operation."""
    goto = partial(world.room, GoTo)
    calls = [
        web.route(method, f"/goto/{path}", api.guarded(goto, scope, work), name=op)
        for method, path, op, scope, work in OPERATIONS
    ]
    return [*oauth_routes(goto), *calls]


def control_routes(world: World) -> list[web.RouteDef]:
    """Return the routes by which tests and the page act as people in their GoTo account."""
    return portal_routes(partial(world.room, GoTo))


def snapshot(world: World) -> dict[str, Any]:
    """Return the living and the deleted meetings, and who has linked their account."""
    goto = world.room(GoTo)
    return {
        "meetings": [_plain(goto, meeting) for meeting in goto.meetings.values()],
        "deleted": [_plain(goto, meeting) for meeting in goto.deleted.values()],
        "linked": sorted({grant.email for grant in goto.refreshes.values()}),
    }


def reset(world: World) -> None:
    """Forget everything."""
    world.leave(GoTo)


def user_added(world: World, user: User, wanted: Mapping[str, Any]) -> None:
    """Give a new person an account, unless they are wanted without ("goto": false)."""
    if wanted.get("goto", True):
        world.room(GoTo).join(user.email, user.name)


def error_response(world: World, status: int, reason: str | None) -> web.Response:
    """Return a scripted failure in GoTo's shape."""
    del world
    return scripted(status, reason)


def _plain(goto: GoTo, meeting: Meeting) -> dict[str, Any]:
    return {
        "id": meeting.id,
        "host_email": meeting.organizer.email,
        "subject": meeting.subject,
        "type": meeting.kind,
        "start_time": show(meeting.start),
        "end_time": show(meeting.end),
        "created_at": show(meeting.created),
        "join_url": join_url(meeting, older=goto.switches.older_links),
        "audio": meeting.audio,
        "password_required": meeting.password_required,
        "coorganizers": list(meeting.coorganizers),
    }
