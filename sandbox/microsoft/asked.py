"""One request on a mailbox: whom and what it means, and answers with events."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiohttp import web

from sandbox.microsoft import events, listing, query, resources
from sandbox.microsoft.access import MAILBOX
from sandbox.microsoft.errors import GraphError
from sandbox.microsoft.finding import located
from sandbox.microsoft.state import Graph
from sandbox.microsoft.times import moment

if TYPE_CHECKING:
    from datetime import datetime

    from sandbox.microsoft.resources import View
    from sandbox.microsoft.rows import Calendar, Mailbox, Row
    from sandbox.state import World

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that the guard has let in; under `access.MAILBOX` it says whose mailbox it is about."""

    world: World
    request: web.Request

    @property
    def graph(self) -> Graph:
        """Return the Graph of the world."""
        return self.world.room(Graph)

    @property
    def mailbox(self) -> Mailbox:
        """Return the mailbox."""
        return self.graph.mailboxes[self.request[MAILBOX]]

    def calendar(self) -> Calendar:
        """Return the calendar that the path names, else the default one; answer 404 when there is none."""
        named = self.request.match_info.get("calendar")
        return self.mailbox.home if named is None else self.graph.calendar(self.mailbox, named)

    def found(self) -> tuple[Calendar, Row]:
        """Return the event that the path names; answer 404 when there is none."""
        named = self.calendar() if "calendar" in self.request.match_info else None
        if self.world.modes.calendar_path == "loose":
            named = None
        return located(self.mailbox, named, self.request.match_info["event"])

    def writer(self) -> events.Writer:
        """Return who writes."""
        expected = self.request.headers.get("If-Match")
        return events.Writer(graph=self.graph, mailbox=self.mailbox, if_match=expected)

    def view(self) -> View:
        """Return how events are to be shown; answer 400 when that cannot be read."""
        return query.view(self.request, self.graph.moment())

    def window(self) -> tuple[datetime, datetime]:
        """Return the window asked for; answer 400 when there is none."""
        given = [self.request.query.get(name) for name in ("startDateTime", "endDateTime")]
        if None in given:
            raise GraphError(
                400,
                "ErrorInvalidParameter",
                "This request requires a time window specified by the query string parameters StartDateTime "
                "and EndDateTime.",
            )
        return moment(str(given[0]), "startDateTime"), moment(str(given[1]), "endDateTime")

    async def body(self) -> Json:
        """Return the JSON object of the request, {} when there is none; answer 400 to anything else."""
        text = await self.request.text()
        try:
            body = json.loads(text) if text else {}
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise GraphError(400, "BadRequest", "Unable to read JSON request payload.")
        return body

    def context(self, what: str) -> Json:
        """Return the annotation that says what an answer holds."""
        user = self.request.match_info.get("user", self.request[MAILBOX])
        return {"@odata.context": f"{self.graph.base}/$metadata#users('{user}')/{what}"}

    def event(self, calendar: Calendar, row: Row, *, status: int = 200) -> web.Response:
        """Answer with an event."""
        shown = resources.event(self.mailbox, calendar, row, self.view())
        headers = query.applied(self.request) | {"ETag": shown["@odata.etag"]}
        return web.json_response(self.context("events/$entity") | shown, status=status, headers=headers)

    def events(self, found: list[tuple[Calendar, Row]], what: str) -> web.Response:
        """Answer with a page of events."""
        seen, mailbox = self.view(), self.mailbox
        found = listing.chosen(found, self.request)
        size = query.page_size(self.request)
        page, link = self.page(found, size)
        items = [resources.event(mailbox, calendar, row, seen) for calendar, row in page]
        body = self.context(what) | {"value": items} | link
        return web.json_response(body, headers=query.applied(self.request))

    def page(self, items: list[Any], size: int) -> tuple[list[Any], Json]:
        """Return the part of a list that is asked for, and the link to the next one."""
        skip = query.number(self.request, "$skip", 0)
        more = bool(items[skip + size :])
        link = (
            {"@odata.nextLink": listing.next_link(self.world.url, self.request, skip + size)} if more else {}
        )
        return items[skip : skip + size], link
