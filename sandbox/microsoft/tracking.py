"""The calls that tell changes: delta, over a window or over all events."""

# https://learn.microsoft.com/graph/api/event-delta

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aiohttp import web

from sandbox.microsoft import delta, query
from sandbox.microsoft.errors import GraphError

if TYPE_CHECKING:
    from sandbox.microsoft.asked import Asked

UNTRACKED: Final = ("$select", "$expand", "$filter", "$orderby", "$search", "$top", "$skip")


def changes(asked: Asked, *, occurrences: bool) -> web.Response:
    """Begin a round, or go on with one; `occurrences` says whether series are shown by theirs."""
    text = _token(asked)
    if text is None:
        # The first page is often empty: https://github.com/microsoftgraph/microsoft-graph-docs/issues/2839
        return _answer(asked, delta.Page([], _begun(asked, occurrences=occurrences)))
    graph, mailbox, calendar = asked.graph, asked.mailbox, asked.calendar()
    place = delta.place_of(graph, mailbox, calendar, text, occurrences=occurrences)
    size = query.page_size(asked.request, delta.USUAL_PAGE)
    return _answer(asked, delta.page(graph, mailbox, calendar, place, asked.view(), size))


def _token(asked: Asked) -> str | None:
    given = asked.request.query
    if any(name in given for name in UNTRACKED):
        raise GraphError(
            400,
            "ErrorInvalidUrlQuery",
            "The following parameters are not supported with change tracking over the 'CalendarView' "
            "resource: '$orderby, $filter, $select, $expand, $search, $top, $skip'.",
        )
    return given.get("$skiptoken") or given.get("$deltatoken")


def _begun(asked: Asked, *, occurrences: bool) -> delta.Place:
    mailbox, calendar = asked.mailbox, asked.calendar()
    since, until = delta.ALWAYS
    if occurrences or {"startDateTime", "endDateTime"} <= set(asked.request.query):
        since, until = (each.isoformat() for each in asked.window())
    return delta.Place(mailbox.oid, calendar.id, since, until, occurrences, mailbox.generation)


def _answer(asked: Asked, page: delta.Page) -> web.Response:
    request = asked.request
    kind, name = ("nextLink", "$skiptoken") if page.place.paging else ("deltaLink", "$deltatoken")
    path = f"{asked.world.url}{request.rel_url.raw_path}"
    body = {
        "@odata.context": f"{asked.graph.base}/$metadata#Collection(event)",
        f"@odata.{kind}": f"{path}?{name}={delta.token(asked.graph, page.place)}",
        "value": page.items,
    }
    said = query.applied(request).get("Preference-Applied")
    tracked = ", ".join(filter(None, ("odata.track-changes", said)))
    return web.json_response(body, headers={"Preference-Applied": tracked})
