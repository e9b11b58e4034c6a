"""Changes in a calendar, round by round: tokens that hold the window, and pages of what changed."""

# https://learn.microsoft.com/graph/delta-query-events

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from sandbox.microsoft import resources
from sandbox.microsoft.errors import GraphError
from sandbox.microsoft.rows import overlaps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox.microsoft.resources import View
    from sandbox.microsoft.rows import Calendar, Mailbox, Row
    from sandbox.microsoft.state import Graph

Json = dict[str, Any]

PREFIX: Final = "R0us"
SIGNED: Final = 8
USUAL_PAGE: Final = 50
ALWAYS: Final = ("0001-01-01T00:00:00+00:00", "9999-12-31T00:00:00+00:00")
"""The window that has no ends."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a round stands; as a token it goes to the client and comes back with the next request."""

    mailbox: str
    calendar: str
    since: str
    until: str
    occurrences: bool
    """Whether series are shown by their occurrences (calendarView) or not (events)."""
    generation: int
    stamp: int = 0
    """When the latest change happened that was told, and how many items of it."""
    told: int = 0
    full: bool = True
    """A full round: what is gone or out of the window is not told."""
    paging: bool = True
    """Whether more of this round is to come; else the next round begins here."""


@dataclass(frozen=True, slots=True)
class Page:
    """The items of one page, and where to go on."""

    items: list[Json]
    place: Place


def expire(graph: Graph, email: str | None = None) -> None:
    """Make all sync states worthless, or those of one mailbox; rounds under way break off too."""
    for mailbox in graph.mailboxes.values():
        if email is None or mailbox.email == email.lower():
            mailbox.generation += 1


def token(graph: Graph, place: Place) -> str:
    """Return a place as a token."""
    payload = json.dumps(list(asdict(place).values()), separators=(",", ":")).encode()
    return PREFIX + base64.urlsafe_b64encode(_signature(graph, payload) + payload).decode().rstrip("=")


def _signature(graph: Graph, payload: bytes) -> bytes:
    return hashlib.blake2b(payload, key=graph.secret, digest_size=SIGNED).digest()


def place_of(graph: Graph, mailbox: Mailbox, calendar: Calendar, text: str, *, occurrences: bool) -> Place:
    """Read a token; answer 400 to one that is not of this calendar, 410 to one whose time is over."""
    body = text.removeprefix(PREFIX)
    try:
        raw = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
    except (binascii.Error, ValueError):
        raise _foreign() from None
    if not text.startswith(PREFIX) or raw[:SIGNED] != _signature(graph, raw[SIGNED:]):
        raise _foreign()
    place = Place(*json.loads(raw[SIGNED:]))
    if (place.mailbox, place.occurrences) != (mailbox.oid, occurrences):
        raise _foreign()
    if place.calendar != calendar.id and place.calendar in mailbox.calendars:
        raise _foreign()
    if place.generation != mailbox.generation or place.calendar != calendar.id:
        raise _gone(place.generation, mailbox.generation)
    return place


def _foreign() -> GraphError:
    return GraphError(400, "ErrorInvalidUrlQuery", "Badly formed token.")


def _gone(held: int, highest: int) -> GraphError:
    return GraphError(
        410,
        "SyncStateNotFound",
        f"The sync state generation is not found; generation={held};[highest={highest}][{highest}].",
    )


def page(graph: Graph, mailbox: Mailbox, calendar: Calendar, place: Place, view: View, size: int) -> Page:
    """Return the next page of a round; a page that goes on begins with the last item of the one before."""
    most = graph.world.modes.delta_page
    size = min(size, most) if most else size
    items: list[Json] = []
    at = first = (place.stamp, place.told)
    fresh = 0
    for stamp, told, item in _items(mailbox, calendar, place, view):
        if fresh == size:
            return Page(items, replace(place, stamp=at[0], told=at[1], paging=True))
        items.append(item())
        at = (stamp, told)
        fresh += at != first
    end = max(calendar.latest, place.stamp)
    return Page(items, replace(place, stamp=end, told=0, full=False, paging=False))


def _items(
    mailbox: Mailbox, calendar: Calendar, place: Place, view: View
) -> Iterator[tuple[int, int, Callable[[], Json]]]:
    window = datetime.fromisoformat(place.since), datetime.fromisoformat(place.until)
    again = place.paging and place.told > 0
    for stamp, key, row in calendar.changes(place.stamp - 1 if again else place.stamp):
        shown = enumerate(_shown(mailbox, calendar, place, window, key, row, view), 1)
        for told, item in shown:
            if stamp != place.stamp or told >= place.told:
                yield stamp, told, item


def _shown(
    mailbox: Mailbox,
    calendar: Calendar,
    place: Place,
    window: tuple[datetime, datetime],
    key: str,
    row: Row | None,
    view: View,
) -> Iterator[Callable[[], Json]]:
    since, until = window
    series = row is not None and row.series is None and bool(row.body["recurrence"])
    seen = False
    if row is not None and series and place.occurrences:
        for one in calendar.occurrences(row, since, until):
            if not seen:
                yield partial(_event, mailbox, calendar, row, view)
            seen = True
            if one.key not in calendar.rows:
                yield partial(resources.skeleton, mailbox, calendar, one, view)
    elif row is not None and (series or overlaps(calendar.whole(row), since, until)):
        seen = True
        yield partial(_event, mailbox, calendar, row, view)
    if not seen and not place.full:
        yield partial(_removed, view.id(mailbox, calendar, key))


def _removed(event_id: str) -> Json:
    return {"@odata.type": "#microsoft.graph.event", "id": event_id, "@removed": {"reason": "deleted"}}


def _event(mailbox: Mailbox, calendar: Calendar, row: Row, view: View) -> Json:
    return {"@odata.type": "#microsoft.graph.event", **resources.event(mailbox, calendar, row, view)}
