"""People at Outlook: what they do needs no API, is not counted, and mails their guests."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from sandbox.control import read_json
from sandbox.microsoft import events, ids, listing, resources
from sandbox.microsoft.errors import GraphError
from sandbox.microsoft.finding import located
from sandbox.microsoft.state import Graph
from sandbox.microsoft.times import moment

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

    from sandbox.microsoft.rows import Calendar, Mailbox, Row
    from sandbox.state import World

Json = dict[str, Any]

BASE = "/_sandbox/outlook/{email}"
EVENTS = BASE + "/events"
EVENT = EVENTS + "/{event}"
SPAN: Final = timedelta(days=400)


class People:
    """The handlers by which people act in one world."""

    def __init__(self, world: World) -> None:
        self._world = world

    @property
    def _graph(self) -> Graph:
        return self._world.room(Graph)

    def _mailbox(self, request: web.Request) -> Mailbox:
        return self._graph.mailbox(request.match_info["email"])

    def _writer(self, request: web.Request) -> events.Writer:
        return events.Writer(self._graph, self._mailbox(request), person=True)

    def _found(self, request: web.Request) -> tuple[Calendar, Row]:
        return located(self._mailbox(request), None, request.match_info["event"])

    def _calendar(self, request: web.Request) -> Calendar:
        mailbox = self._mailbox(request)
        named = request.query.get("calendar")
        return self._graph.calendar(mailbox, named) if named else mailbox.home

    def _shown(self, request: web.Request, found: list[tuple[Calendar, Row]]) -> list[Json]:
        mailbox = self._mailbox(request)
        now = self._graph.moment()
        return [resources.full(mailbox, calendar, row, now) for calendar, row in found]

    def _one(self, request: web.Request, calendar: Calendar, row: Row) -> web.Response:
        return web.json_response(self._shown(request, [(calendar, row)])[0])

    async def calendars(self, request: web.Request) -> web.Response:
        """Show one's calendars."""
        mailbox = self._mailbox(request)
        value = [resources.calendar_resource(mailbox, one) for one in mailbox.calendars.values()]
        return web.json_response({"value": value})

    async def add_calendar(self, request: web.Request) -> web.Response:
        """Make a calendar."""
        made = self._graph.add_calendar(self._mailbox(request), await read_json(request))
        return web.json_response({"id": made})

    async def renew_calendar(self, request: web.Request) -> web.Response:
        """Give a calendar another id, as Exchange does now and then."""
        mailbox = self._mailbox(request)
        calendar = self._graph.calendar(mailbox, request.match_info["calendar"])
        mailbox.rename(calendar, ids.calendar_id(self._world.random))
        return web.json_response({"id": calendar.id})

    async def list(self, request: web.Request) -> web.Response:
        """Show all single events and series, or those of one calendar."""
        named = self._calendar(request) if "calendar" in request.query else None
        found = listing.events(self._mailbox(request), named)
        return web.json_response({"value": self._shown(request, found)})

    async def get(self, request: web.Request) -> web.Response:
        """Show an event or an occurrence."""
        return self._one(request, *self._found(request))

    async def create(self, request: web.Request) -> web.Response:
        """Make an event."""
        calendar = self._calendar(request)
        row = events.insert(self._writer(request), calendar, await read_json(request))
        return self._one(request, calendar, row)

    async def change(self, request: web.Request) -> web.Response:
        """Change an event, or one occurrence of it."""
        body, (calendar, row) = await read_json(request), self._found(request)
        return self._one(request, calendar, events.change(self._writer(request), calendar, row, body))

    async def delete(self, request: web.Request) -> web.Response:
        """Delete an event, or one occurrence of it."""
        events.delete(self._writer(request), *self._found(request))
        return web.json_response({})

    async def instances(self, request: web.Request) -> web.Response:
        """Show the occurrences of a series; ?since= and ?until= bound them, usually to the next 400 days."""
        calendar, row = self._found(request)
        start = row.body["start"].isoformat() if row.series is None else ""
        since = moment(request.query.get("since", start), "since")
        given = request.query.get("until")
        until = moment(given, "until") if given else since + SPAN
        found = [(calendar, one) for one in calendar.occurrences(row, since, until)]
        return web.json_response({"value": self._shown(request, found)})

    async def respond(self, request: web.Request) -> web.Response:
        """Answer an invitation."""
        response = (await read_json(request)).get("response", "")
        events.respond(self._writer(request), *self._found(request), response)
        return web.json_response({})

    async def move(self, request: web.Request) -> web.Response:
        """Move an event to another calendar."""
        (calendar, row), to = self._found(request), (await read_json(request)).get("to", "")
        target = self._graph.calendar(self._mailbox(request), to)
        return self._one(request, target, events.move(self._writer(request), calendar, row, target))

    async def copy(self, request: web.Request) -> web.Response:
        """Copy an event."""
        calendar, row = self._found(request)
        return self._one(request, calendar, events.copy(self._writer(request), calendar, row))


def routes(world: World) -> list[web.RouteDef]:
    """Return the routes by which people act."""
    people = People(world)
    return [
        web.get(BASE + "/calendars", _guarded(people.calendars)),
        web.post(BASE + "/calendars", _guarded(people.add_calendar)),
        web.post(BASE + "/calendars/{calendar}/renew", _guarded(people.renew_calendar)),
        web.get(EVENTS, _guarded(people.list)),
        web.post(EVENTS, _guarded(people.create)),
        web.get(EVENT, _guarded(people.get)),
        web.patch(EVENT, _guarded(people.change)),
        web.delete(EVENT, _guarded(people.delete)),
        web.get(EVENT + "/instances", _guarded(people.instances)),
        web.post(EVENT + "/respond", _guarded(people.respond)),
        web.post(EVENT + "/move", _guarded(people.move)),
        web.post(EVENT + "/copy", _guarded(people.copy)),
    ]


def _guarded(handler: Handler) -> Handler:
    async def guarded(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except GraphError as error:
            return error.response()

    return guarded
