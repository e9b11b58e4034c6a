"""The list of a person's meetings: which ones count, in which pages, and how late new ones appear.

https://developer.webex.com/docs/api/v1/meetings/list-meetings
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar
from urllib.parse import urlencode

from sandbox.webex.errors import invalid
from sandbox.webex.model import Meeting
from sandbox.webex.room import Grant, Site
from sandbox.webex.rules import last

WEEK: Final = timedelta(days=7)
MOST: Final = 100
USUAL: Final = 10

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Span:
    """The time that a list looks at."""

    first: datetime
    last: datetime


def span(query: Mapping[str, str], now: datetime) -> Span:
    """Return the asked time: what is left out is a week from the other end, or from now."""
    first, final = _moment(query, "from"), _moment(query, "to")
    begin = first or (final - WEEK if final else now)
    found = Span(begin, final or begin + WEEK)
    if found.first > found.last:
        raise invalid("'from' should not be after 'to'")
    return found


def meetings(site: Site, grant: Grant, query: Mapping[str, str]) -> list[Meeting]:
    """Return the meetings that the person hosts or is invited to, in the order in which they begin."""
    if query.get("meetingType", "meetingSeries") != "meetingSeries":
        raise invalid("only 'meetingSeries' is simulated as 'meetingType'")
    now, when = site.world.now(), span(query, site.world.now())
    lag = timedelta(seconds=site.switches.list_lag)
    found = [
        one
        for one in site.meetings.values()
        if grant.email in (one.host.email, *(each.email for each in one.invitees))
        and _within(one, when)
        and (one.created is None or now - one.created >= lag)
        and ("integrationTag" not in query or query["integrationTag"] in one.tags.get(grant.client, ()))
        and query.get("siteUrl", one.site) == one.site
    ]
    return sorted(found, key=lambda one: (one.start, one.id))


def page(query: Mapping[str, str], found: Sequence[Item], url: str) -> tuple[Sequence[Item], dict[str, str]]:
    """Return a page of what was found, and the header that leads to the next one."""
    size, first = _number(query, "max", USUAL), _number(query, "offset", 0)
    if not 1 <= size <= MOST:
        raise invalid(f"'max' should be between 1 and {MOST}")
    rest = found[first:]
    if len(rest) <= size:
        return rest, {}
    following = urlencode({**query, "offset": str(first + size)})
    return rest[:size], {"Link": f'<{url}?{following}>; rel="next"'}


def _within(one: Meeting, when: Span) -> bool:
    over = last(one)
    return one.start < when.last and (over is None or over > when.first)


def _moment(query: Mapping[str, str], key: str) -> datetime | None:
    if key not in query:
        return None
    try:
        found = datetime.fromisoformat(query[key])
    except ValueError:
        raise invalid(f"'{key}' should be in ISO 8601 format") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _number(query: Mapping[str, str], key: str, default: int) -> int:
    found = query.get(key, str(default))
    if not found.isdecimal():
        raise invalid(f"'{key}' should be a number")
    return int(found)
