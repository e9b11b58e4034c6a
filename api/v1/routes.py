"""Everything that can be asked for, in one table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from api.v1 import application_calendars, batch, channels, events, oauth, people, reading
from api.v1.calls import Problem, Refused, Route
from api.v1.context import Context

OUT_OF_SCOPE = re.compile(
    r"/v1/(free_busy|availability|availability_rules|available_periods|sequenced_availability|"
    r"real_time_scheduling|real_time_sequencing|scheduling_requests|smart_invites|resources|attachments)(/|$)"
)


@dataclass(frozen=True, slots=True)
class Table:
    """Finds the route of a method and a path."""

    entries: tuple[tuple[re.Pattern[str], Route], ...]

    def find(self, method: str, path: str) -> tuple[Route, Mapping[str, str]]:
        """Return the route, and the names in its path. Raises Refused with 404 or 405."""
        allowed = []
        for pattern, route in self.entries:
            if (match := pattern.fullmatch(path)) is not None:
                if route.method == method:
                    return route, match.groupdict()
                allowed.append(route.method)
        if allowed:
            raise Refused(405, headers={"Allow": allow(allowed)})
        if out := OUT_OF_SCOPE.match(path):
            what = f"huddled has no {out[1]}: it makes conferences, and does not schedule"
            raise Refused(404, {"path": (Problem("errors.not_offered", what),)})
        raise Refused(404)


def allow(methods: Iterable[str]) -> str:
    """Return the header that lists the methods of a path."""
    found = {*methods, "OPTIONS"}
    return ", ".join(sorted(found | {"HEAD"} if "GET" in found else found))


def table(routes: Iterable[Route]) -> Table:
    """Make the table of routes."""
    return Table(tuple((_pattern(one.pattern), one) for one in routes))


def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(pattern)))


def every(context: Context) -> Sequence[Route]:
    """List all routes; each module brings its own."""
    alone = [
        *oauth.routes(context),
        *people.routes(context),
        *channels.routes(context),
        *events.routes(context),
        *reading.routes(context),
        *application_calendars.routes(context),
    ]
    return [*alone, *batch.routes(table(alone).find)]
