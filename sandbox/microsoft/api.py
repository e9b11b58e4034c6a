"""The calls on calendars and events below /users/{user} and /me."""

# https://learn.microsoft.com/graph/api/resources/calendar

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aiohttp import web

from sandbox.microsoft import events, ids, listing, query, resources, tracking
from sandbox.microsoft.asked import Asked
from sandbox.microsoft.errors import GraphError
from sandbox.microsoft.finding import located
from sandbox.microsoft.meetings import Meetings

if TYPE_CHECKING:
    from sandbox.state import World

ONE: Final = "/calendars/{calendar}"
TABLE: Final = (
    ("GET", "/calendars", "calendars.list", "list_calendars"),
    ("GET", "/calendar", "calendar.get", "get_calendar"),
    ("GET", ONE, "calendars.get", "get_calendar"),
    *(
        (method, start + path, op, name)
        for start in ("", "/calendar", ONE)
        for method, path, op, name in (
            ("GET", "/calendarView/delta", "events.delta", "view_delta"),
            ("GET", "/calendarView/delta()", "events.delta", "view_delta"),
            ("GET", "/events/delta", "events.delta", "events_delta"),
            ("GET", "/events/delta()", "events.delta", "events_delta"),
            ("GET", "/calendarView", "events.view", "view"),
            ("GET", "/events", "events.list", "list_events"),
            ("POST", "/events", "events.insert", "insert"),
            ("GET", "/events/{event}", "events.get", "get"),
            ("PATCH", "/events/{event}", "events.patch", "patch"),
            ("DELETE", "/events/{event}", "events.delete", "delete"),
            ("GET", "/events/{event}/instances", "events.instances", "instances"),
            ("POST", "/events/{event}/cancel", "events.cancel", "cancel"),
            ("POST", "/events/{event}/accept", "events.accept", "accept"),
            ("POST", "/events/{event}/tentativelyAccept", "events.tentativelyAccept", "tentatively_accept"),
            ("POST", "/events/{event}/decline", "events.decline", "decline"),
        )
    ),
    ("POST", "/translateExchangeIds", "translateExchangeIds", "translate"),
    ("POST", "/onlineMeetings/createOrGet", "onlineMeetings.createOrGet", "create_or_get_meeting"),
    ("POST", "/onlineMeetings", "onlineMeetings.create", "create_meeting"),
    ("GET", "/onlineMeetings", "onlineMeetings.list", "list_meetings"),
    ("GET", "/onlineMeetings/{meeting}", "onlineMeetings.get", "get_meeting"),
    ("DELETE", "/onlineMeetings/{meeting}", "onlineMeetings.delete", "delete_meeting"),
)
"""Method, path below the user, operation, and the name of the handler."""
MANY: Final = 100
"""Calendars on a page."""


class Api:
    """The handlers of one world."""

    def __init__(self, world: World) -> None:
        self._world = world
        meetings = Meetings(world)
        self.create_or_get_meeting = meetings.create_or_get
        self.create_meeting = meetings.create
        self.list_meetings = meetings.list
        self.get_meeting = meetings.get
        self.delete_meeting = meetings.delete

    def _asked(self, request: web.Request) -> Asked:
        return Asked(self._world, request)

    async def list_calendars(self, request: web.Request) -> web.Response:
        """List the calendars of the mailbox."""
        asked = self._asked(request)
        calendars = [
            resources.calendar_resource(asked.mailbox, one) for one in asked.mailbox.calendars.values()
        ]
        items, link = asked.page(calendars, query.page_size(request, MANY))
        return web.json_response(asked.context("calendars") | {"value": items} | link)

    async def get_calendar(self, request: web.Request) -> web.Response:
        """Show one calendar, the default one when none is named."""
        asked = self._asked(request)
        shown = resources.calendar_resource(asked.mailbox, asked.calendar())
        return web.json_response(asked.context("calendars/$entity") | shown)

    async def get(self, request: web.Request) -> web.Response:
        """Show an event or an occurrence."""
        asked = self._asked(request)
        return asked.event(*asked.found())

    async def insert(self, request: web.Request) -> web.Response:
        """Make an event."""
        asked = self._asked(request)
        body, calendar = await asked.body(), asked.calendar()
        asked.view()
        row = events.insert(asked.writer(), calendar, body)
        # Of a transaction that is repeated the event may be elsewhere by now.
        return asked.event(asked.mailbox.holder(row.key) or calendar, row, status=201)

    async def patch(self, request: web.Request) -> web.Response:
        """Change an event, or one occurrence."""
        asked = self._asked(request)
        body, (calendar, row) = await asked.body(), asked.found()
        asked.view()
        return asked.event(calendar, events.change(asked.writer(), calendar, row, body))

    async def delete(self, request: web.Request) -> web.Response:
        """Delete an event or an occurrence."""
        asked = self._asked(request)
        events.delete(asked.writer(), *asked.found())
        return web.Response(status=204)

    async def cancel(self, request: web.Request) -> web.Response:
        """Call an event off."""
        asked = self._asked(request)
        await asked.body()
        events.cancel(asked.writer(), *asked.found())
        return web.Response(status=202)

    async def accept(self, request: web.Request) -> web.Response:
        """Accept an invitation."""
        return await self._respond(request, "accepted")

    async def tentatively_accept(self, request: web.Request) -> web.Response:
        """Accept an invitation for the time being."""
        return await self._respond(request, "tentativelyAccepted")

    async def decline(self, request: web.Request) -> web.Response:
        """Decline an invitation."""
        return await self._respond(request, "declined")

    async def _respond(self, request: web.Request, response: str) -> web.Response:
        asked = self._asked(request)
        await asked.body()
        events.respond(asked.writer(), *asked.found(), response)
        return web.Response(status=202)

    async def list_events(self, request: web.Request) -> web.Response:
        """List single events and series."""
        asked = self._asked(request)
        return asked.events(listing.events(asked.mailbox, asked.calendar()), "events")

    async def view(self, request: web.Request) -> web.Response:
        """List what takes place in a window, series by their occurrences."""
        asked = self._asked(request)
        return asked.events(listing.view(asked.calendar(), *asked.window()), "calendarView")

    async def instances(self, request: web.Request) -> web.Response:
        """List the occurrences of a series in a window."""
        asked = self._asked(request)
        calendar, row = asked.found()
        if row.series is not None or not row.body["recurrence"]:
            raise GraphError(400, "ErrorInvalidRequest", "The event is not a recurring one.")
        found = [(calendar, one) for one in calendar.occurrences(row, *asked.window())]
        return asked.events(found, "instances")

    async def view_delta(self, request: web.Request) -> web.Response:
        """Tell what changed in a window, series by their occurrences too."""
        return tracking.changes(self._asked(request), occurrences=True)

    async def events_delta(self, request: web.Request) -> web.Response:
        """Tell what changed, series by their masters only."""
        return tracking.changes(self._asked(request), occurrences=False)

    async def translate(self, request: web.Request) -> web.Response:
        """Turn ids into the other kind."""
        # https://learn.microsoft.com/graph/api/user-translateexchangeids
        asked = self._asked(request)
        body, mailbox = await asked.body(), asked.mailbox
        immutable = str(body.get("targetIdType", "")).lower() == "restimmutableentryid"
        found = []
        for text in body.get("inputIds", ()):
            calendar, row = located(mailbox, None, text)
            ordinary = ids.ordinary(row.key, mailbox.oid, calendar.id)
            found.append({"sourceId": text, "targetId": ids.immutable(row.key) if immutable else ordinary})
        context = f"{asked.graph.base}/$metadata#Collection(microsoft.graph.convertIdResult)"
        return web.json_response({"@odata.context": context, "value": found})
