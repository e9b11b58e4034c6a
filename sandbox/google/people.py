"""People at their calendars: what they do needs no API, is not counted, and mails their guests."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aiohttp import web

from sandbox.control import read_json
from sandbox.google import events, resources
from sandbox.google.errors import GoogleError
from sandbox.google.schema import contract
from sandbox.google.state import Google

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sandbox.google.rows import Calendar, Row
    from sandbox.state import World

Json = dict[str, Any]

CALENDARS = "/_sandbox/people/{email}/calendars"
EVENTS = CALENDARS + "/{calendar}/events"
EVENT = EVENTS + "/{event}"


class People:
    """The handlers by which people act in one world."""

    def __init__(self, world: World) -> None:
        self._world = world

    @property
    def _google(self) -> Google:
        return self._world.room(Google)

    async def add_calendar(self, request: web.Request) -> web.Response:
        """Make a calendar of one's own, or take part in one that is shared."""
        user = self._world.users.get(_email(request))
        if user is None:
            raise GoogleError("notFound")
        return web.json_response({"id": self._google.add_calendar(user, await read_json(request))})

    async def remove_calendar(self, request: web.Request) -> web.Response:
        """Take a calendar off one's list."""
        self._google.unlist(_email(request), request.match_info["calendar"])
        return web.json_response({})

    async def list(self, request: web.Request) -> web.Response:
        """Show all events of a calendar that are not cancelled."""
        calendar, _ = self._google.calendar(_email(request), request.match_info["calendar"])
        shown = [resources.event(calendar, row) for row in calendar.rows.values()]
        return web.json_response({"items": [event for event in shown if event["status"] != "cancelled"]})

    async def get(self, request: web.Request) -> web.Response:
        """Show one event or instance."""
        calendar, _ = self._google.calendar(_email(request), request.match_info["calendar"])
        return _shown(calendar, events.found(calendar, request.match_info["event"]))

    async def create(self, request: web.Request) -> web.Response:
        """Make an event."""
        body = await read_json(request)
        contract().methods["events.insert"].check_body(body)
        calendar = self._calendar(request)
        return _shown(calendar, events.insert(self._google, _writer(request), calendar, body))

    async def change(self, request: web.Request) -> web.Response:
        """Change an event, or one occurrence of it."""
        body = await read_json(request)
        contract().methods["events.patch"].check_body(body)
        return self._changed(request, body)

    async def restore(self, request: web.Request) -> web.Response:
        """Take a cancelled event back."""
        return self._changed(request, {"status": "confirmed"})

    def _changed(self, request: web.Request, body: Json) -> web.Response:
        calendar, event_id = self._calendar(request), request.match_info["event"]
        return _shown(calendar, events.change(self._google, _writer(request), calendar, event_id, body))

    async def delete(self, request: web.Request) -> web.Response:
        """Cancel an event, or one occurrence of it."""
        events.delete(self._google, _writer(request), self._calendar(request), request.match_info["event"])
        return web.json_response({})

    async def move(self, request: web.Request) -> web.Response:
        """Move an event to another calendar."""
        target = self._google.writable(_email(request), (await read_json(request)).get("to", ""))
        calendar, event_id = self._calendar(request), request.match_info["event"]
        return _shown(target, events.move(self._google, _writer(request), calendar, event_id, target))

    async def rsvp(self, request: web.Request) -> web.Response:
        """Answer an invitation."""
        response = (await read_json(request)).get("responseStatus", "")
        calendar, event_id = self._calendar(request), request.match_info["event"]
        return _shown(calendar, events.respond(self._google, _writer(request), calendar, event_id, response))

    def _calendar(self, request: web.Request) -> Calendar:
        return self._google.writable(_email(request), request.match_info["calendar"])


def routes(world: World) -> list[web.RouteDef]:
    """Return the routes by which people act."""
    people = People(world)
    return [
        web.post(CALENDARS, _guarded(people.add_calendar)),
        web.delete(CALENDARS + "/{calendar}", _guarded(people.remove_calendar)),
        web.get(EVENTS, _guarded(people.list)),
        web.post(EVENTS, _guarded(people.create)),
        web.get(EVENT, _guarded(people.get)),
        web.patch(EVENT, _guarded(people.change)),
        web.delete(EVENT, _guarded(people.delete)),
        web.post(EVENT + "/restore", _guarded(people.restore)),
        web.post(EVENT + "/move", _guarded(people.move)),
        web.post(EVENT + "/rsvp", _guarded(people.rsvp)),
    ]


def _guarded(
    handler: Callable[[web.Request], Awaitable[web.Response]],
) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def guarded(request: web.Request) -> web.Response:
        try:
            return await handler(request)
        except GoogleError as error:
            return error.response()

    return guarded


def _email(request: web.Request) -> str:
    return request.match_info["email"].lower()


def _writer(request: web.Request) -> events.Writer:
    return events.Writer(
        email=_email(request),
        person=True,
        updates=request.query.get("sendUpdates", "all"),
        conference=True,
        if_match=request.headers.get("If-Match"),
    )


def _shown(calendar: Calendar, row: Row) -> web.Response:
    return web.Response(text=json.dumps(resources.event(calendar, row)), content_type="application/json")
