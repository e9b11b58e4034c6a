"""The calls on calendars and events below /users/{user} and /me."""

# https://learn.microsoft.com/graph/api/resources/calendar

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from sandbox.microsoft import delta, events, ids, listing, query, resources
from sandbox.microsoft.access import MAILBOX
from sandbox.microsoft.errors import GraphError
from sandbox.microsoft.finding import located
from sandbox.microsoft.meetings import Meetings
from sandbox.microsoft.state import Graph
from sandbox.microsoft.times import moment

if TYPE_CHECKING:
    from sandbox.microsoft.rows import Calendar, Mailbox, Row
    from sandbox.state import World

Json = dict[str, Any]

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
UNTRACKED: Final = ("$select", "$expand", "$filter", "$orderby", "$search", "$top", "$skip")


class Api:
    """The handlers of one world; each finds under `access.MAILBOX` whose mailbox it is about."""

    def __init__(self, world: World) -> None:
        self._world = world
        meetings = Meetings(world)
        self.create_or_get_meeting = meetings.create_or_get
        self.create_meeting = meetings.create
        self.list_meetings = meetings.list
        self.get_meeting = meetings.get
        self.delete_meeting = meetings.delete

    @property
    def _graph(self) -> Graph:
        return self._world.room(Graph)

    def _mailbox(self, request: web.Request) -> Mailbox:
        return self._graph.mailboxes[request[MAILBOX]]

    def _calendar(self, request: web.Request) -> Calendar:
        mailbox, named = self._mailbox(request), request.match_info.get("calendar")
        return mailbox.home if named is None else self._graph.calendar(mailbox, named)

    def _found(self, request: web.Request) -> tuple[Calendar, Row]:
        named = self._calendar(request) if "calendar" in request.match_info else None
        if self._world.modes.calendar_path == "loose":
            named = None
        return located(self._mailbox(request), named, request.match_info["event"])

    def _writer(self, request: web.Request) -> events.Writer:
        return events.Writer(
            graph=self._graph, mailbox=self._mailbox(request), if_match=request.headers.get("If-Match")
        )

    def _context(self, request: web.Request, what: str) -> Json:
        user = request.match_info.get("user", request[MAILBOX])
        return {"@odata.context": f"{self._graph.base}/$metadata#users('{user}')/{what}"}

    def _event(
        self, request: web.Request, calendar: Calendar, row: Row, *, status: int = 200
    ) -> web.Response:
        seen = query.view(request, self._graph.moment())
        shown = resources.event(self._mailbox(request), calendar, row, seen)
        body = self._context(request, "events/$entity") | shown
        headers = query.applied(request) | {"ETag": shown["@odata.etag"]}
        return web.json_response(body, status=status, headers=headers)

    async def list_calendars(self, request: web.Request) -> web.Response:
        """List the calendars of the mailbox."""
        mailbox = self._mailbox(request)
        items = [resources.calendar_resource(mailbox, one) for one in mailbox.calendars.values()]
        size, skip = query.page_size(request, 100), query.number(request, "$skip", 0)
        body = self._context(request, "calendars") | {"value": items[skip : skip + size]}
        if items[skip + size :]:
            body["@odata.nextLink"] = listing.next_link(self._world.url, request, skip + size)
        return web.json_response(body)

    async def get_calendar(self, request: web.Request) -> web.Response:
        """Show one calendar, the default one when none is named."""
        shown = resources.calendar_resource(self._mailbox(request), self._calendar(request))
        return web.json_response(self._context(request, "calendars/$entity") | shown)

    async def get(self, request: web.Request) -> web.Response:
        """Show an event or an occurrence."""
        return self._event(request, *self._found(request))

    async def insert(self, request: web.Request) -> web.Response:
        """Make an event."""
        body, calendar = await read(request), self._calendar(request)
        query.view(request, self._graph.moment())
        row = events.insert(self._writer(request), calendar, body)
        holder = self._mailbox(request).holder(row.key) or calendar
        return self._event(request, holder, row, status=201)

    async def patch(self, request: web.Request) -> web.Response:
        """Change an event, or one occurrence."""
        body, (calendar, row) = await read(request), self._found(request)
        query.view(request, self._graph.moment())
        return self._event(request, calendar, events.change(self._writer(request), calendar, row, body))

    async def delete(self, request: web.Request) -> web.Response:
        """Delete an event or an occurrence."""
        events.delete(self._writer(request), *self._found(request))
        return web.Response(status=204)

    async def cancel(self, request: web.Request) -> web.Response:
        """Call an event off."""
        await read(request)
        events.cancel(self._writer(request), *self._found(request))
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
        await read(request)
        events.respond(self._writer(request), *self._found(request), response)
        return web.Response(status=202)

    async def list_events(self, request: web.Request) -> web.Response:
        """List single events and series."""
        return self._page(request, listing.events(self._mailbox(request), self._calendar(request)), "events")

    async def view(self, request: web.Request) -> web.Response:
        """List what takes place in a window, series by their occurrences."""
        since, until = self._window(request)
        rows = listing.view(self._calendar(request), since, until)
        return self._page(request, rows, "calendarView")

    async def instances(self, request: web.Request) -> web.Response:
        """List the occurrences of a series in a window."""
        calendar, row = self._found(request)
        if row.series is not None or not row.body["recurrence"]:
            raise GraphError(400, "ErrorInvalidRequest", "The event is not a recurring one.")
        found = [(calendar, one) for one in calendar.occurrences(row, *self._window(request))]
        return self._page(request, found, "instances")

    def _window(self, request: web.Request) -> tuple[Any, Any]:
        given = [request.query.get(name) for name in ("startDateTime", "endDateTime")]
        if None in given:
            raise GraphError(
                400,
                "ErrorInvalidParameter",
                "This request requires a time window specified by the query string parameters StartDateTime "
                "and EndDateTime.",
            )
        return moment(str(given[0]), "startDateTime"), moment(str(given[1]), "endDateTime")

    def _page(self, request: web.Request, found: list[tuple[Calendar, Row]], what: str) -> web.Response:
        seen = query.view(request, self._graph.moment())
        found = listing.chosen(found, request)
        size, skip = query.page_size(request), query.number(request, "$skip", 0)
        mailbox = self._mailbox(request)
        items = [resources.event(mailbox, *one, seen) for one in found[skip : skip + size]]
        body = self._context(request, what) | {"value": items}
        if found[skip + size :]:
            body["@odata.nextLink"] = listing.next_link(self._world.url, request, skip + size)
        return web.json_response(body, headers=query.applied(request))

    async def view_delta(self, request: web.Request) -> web.Response:
        """Tell what changed in a window, series by their occurrences too."""
        return self._delta(request, occurrences=True)

    async def events_delta(self, request: web.Request) -> web.Response:
        """Tell what changed, series by their masters only."""
        return self._delta(request, occurrences=False)

    def _delta(self, request: web.Request, *, occurrences: bool) -> web.Response:
        if any(name in request.query for name in UNTRACKED):
            raise GraphError(
                400,
                "ErrorInvalidUrlQuery",
                "The following parameters are not supported with change tracking over the 'CalendarView' "
                "resource: '$orderby, $filter, $select, $expand, $search, $top, $skip'.",
            )
        graph, mailbox, calendar = self._graph, self._mailbox(request), self._calendar(request)
        text = request.query.get("$skiptoken") or request.query.get("$deltatoken")
        if text is None:
            # The first page is often empty: https://github.com/microsoftgraph/microsoft-graph-docs/issues/2839
            begun = self._begun(request, mailbox, calendar, occurrences=occurrences)
            return self._round(request, delta.Page([], begun))
        place = delta.place_of(graph, mailbox, calendar, text, occurrences=occurrences)
        seen = query.view(request, graph.moment())
        size = query.page_size(request, delta.USUAL_PAGE)
        return self._round(request, delta.page(graph, mailbox, calendar, place, seen, size))

    def _begun(
        self, request: web.Request, mailbox: Mailbox, calendar: Calendar, *, occurrences: bool
    ) -> delta.Place:
        since, until = delta.ALWAYS
        if occurrences or {"startDateTime", "endDateTime"} <= set(request.query):
            since, until = (each.isoformat() for each in self._window(request))
        return delta.Place(mailbox.oid, calendar.id, since, until, occurrences, mailbox.generation)

    def _round(self, request: web.Request, page: delta.Page) -> web.Response:
        kind, name = ("nextLink", "$skiptoken") if page.place.paging else ("deltaLink", "$deltatoken")
        link = f"{self._world.url}{request.rel_url.raw_path}?{name}={delta.token(self._graph, page.place)}"
        body = {
            "@odata.context": f"{self._graph.base}/$metadata#Collection(event)",
            f"@odata.{kind}": link,
            "value": page.items,
        }
        said = query.applied(request).get("Preference-Applied")
        tracked = ", ".join(filter(None, ("odata.track-changes", said)))
        return web.json_response(body, headers={"Preference-Applied": tracked})

    async def translate(self, request: web.Request) -> web.Response:
        """Turn ids into the other kind."""
        # https://learn.microsoft.com/graph/api/user-translateexchangeids
        body, mailbox = await read(request), self._mailbox(request)
        immutable = str(body.get("targetIdType", "")).lower() == "restimmutableentryid"
        found = []
        for text in body.get("inputIds", ()):
            calendar, row = located(mailbox, None, text)
            key = row.key
            other = ids.immutable(key) if immutable else ids.ordinary(key, mailbox.oid, calendar.id)
            found.append({"sourceId": text, "targetId": other})
        context = f"{self._graph.base}/$metadata#Collection(microsoft.graph.convertIdResult)"
        return web.json_response({"@odata.context": context, "value": found})


async def read(request: web.Request) -> Json:
    """Return the JSON object of a request, {} when there is none; answer 400 to anything else."""
    text = await request.text()
    try:
        body = json.loads(text) if text else {}
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise GraphError(400, "BadRequest", "Unable to read JSON request payload.")
    return body
