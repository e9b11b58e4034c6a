"""Webex as a provider of the sandbox: its routes, its state as JSON, its people."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from sandbox.webex import api, guests
from sandbox.webex.doors import oauth_routes
from sandbox.webex.errors import Refused, response, tracking
from sandbox.webex.model import Meeting
from sandbox.webex.portal import portal_routes
from sandbox.webex.room import Site

if TYPE_CHECKING:
    from sandbox.state import User, World

OPERATIONS: Final = (
    ("POST", "meetings", "webex.create", api.create),
    ("GET", "meetings", "webex.list", api.meetings),
    ("GET", "meetings/{meeting}", "webex.get", api.get),
    ("PATCH", "meetings/{meeting}", "webex.update", api.update),
    ("DELETE", "meetings/{meeting}", "webex.delete", api.delete),
    ("GET", "meetingInvitees", "webex.invitees", guests.invitees),
    ("POST", "meetingInvitees", "webex.invite", guests.invite),
    ("POST", "meetingInvitees/bulkInsert", "webex.invite_many", guests.invite_many),
    ("DELETE", "meetingInvitees/{invitee}", "webex.uninvite", guests.uninvite),
    ("GET", "people/me", "webex.me", api.me),
    ("GET", "meetingPreferences/sites", "webex.sites", api.sites),
)
PAUSE: Final = {429: "30", 423: "5"}
"""Seconds that a scripted refusal asks to wait."""


def routes(world: World) -> list[web.RouteDef]:
    """Return Webex's own routes; the name of each is its operation."""
    site = partial(world.room, Site)
    calls = [
        web.route(method, f"/webex/v1/{path}", api.guarded(site, op, work), name=op)
        for method, path, op, work in OPERATIONS
    ]
    return [*oauth_routes(site), *calls]


def control_routes(world: World) -> list[web.RouteDef]:
    """Return the routes by which tests and the page act as people at Webex."""
    return portal_routes(partial(world.room, Site))


def snapshot(world: World) -> dict[str, Any]:
    """Return people, and the living and the deleted meetings."""
    site = world.room(Site)
    return {
        "people": list(site.people),
        "meetings": [_plain(meeting) for meeting in site.meetings.values()],
        "deleted": [_plain(meeting) for meeting in site.deleted.values()],
    }


def reset(world: World) -> None:
    """Forget everything."""
    world.leave(Site)


def user_added(world: World, user: User, wanted: Mapping[str, Any]) -> None:
    """Give a new person a Webex account, unless they are wanted without."""
    if wanted.get("webex", True):
        world.room(Site).join(user.email, user.name)


def error_response(world: World, status: int, reason: str | None) -> web.Response:
    """Return a scripted failure in Webex's shape; `reason` is its sentence, or OAuth's `invalid_grant`."""
    trace = tracking(world.random)
    if reason == "invalid_grant":
        body = {"error": reason, "error_description": "The refresh token is not valid.", "trackingID": trace}
        return web.json_response(body, status=status)
    headers = {"Retry-After": PAUSE[status]} if status in PAUSE else None
    answer = response(Refused(status, reason or "", headers=headers), trace)
    answer.headers["trackingid"] = trace
    return answer


def _plain(meeting: Meeting) -> dict[str, Any]:
    return {
        "id": meeting.id,
        "meetingNumber": meeting.number,
        "host": meeting.host.email,
        "title": meeting.title,
        "start": meeting.start.isoformat(),
        "end": meeting.end.isoformat(),
        "timezone": meeting.timezone,
        "recurrence": meeting.recurrence,
        "exceptions": list(meeting.exceptions),
        "webLink": meeting.link,
        "password": meeting.password,
        "invitees": [one.email for one in meeting.invitees],
        "integrationTags": {client: list(tags) for client, tags in meeting.tags.items()},
        "settings": dict(meeting.settings),
    }
