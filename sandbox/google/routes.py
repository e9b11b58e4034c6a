"""Google as one of the sandbox's providers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.google import calendar_api, errors, oauth, people, steering
from sandbox.google.resources import event
from sandbox.google.state import Google

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp import web

    from sandbox.state import User, World


def routes(world: World) -> list[web.RouteDef]:
    """Return the routes of OAuth and Calendar v3."""
    return [*oauth.routes(world), *calendar_api.routes(world)]


def control_routes(world: World) -> list[web.RouteDef]:
    """Return the routes by which people act and tests steer."""
    return [*people.routes(world), *steering.routes(world)]


def snapshot(world: World) -> dict[str, Any]:
    """Return every calendar with its events, the push channels, and the Meet room of each request."""
    google = world.room(Google)
    calendars = {
        calendar.id: {
            "summary": calendar.summary,
            "owner": calendar.owner,
            "timeZone": calendar.time_zone,
            "events": [event(calendar, row) for row in calendar.rows.values()],
        }
        for calendar in google.calendars.values()
    }
    return {"calendars": calendars, "channels": google.push.listing(), "meet": google.meet_codes}


def reset(world: World) -> None:
    """Forget everything."""
    world.leave(Google)


def user_added(world: World, user: User, wanted: Mapping[str, Any]) -> None:
    """Give a new user their calendars, unless another provider keeps them."""
    google = world.room(Google)
    if user.home == "google":
        google.add_user(user, wanted)


def error_response(world: World, status: int, reason: str | None) -> web.Response:
    """Return an error in Google's shape."""
    del world
    return errors.error_response(status, reason)
