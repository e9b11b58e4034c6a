"""Reading events, page by page: https://docs.cronofy.com/developers/api/events/read-events/.

The lists of the store are merged in the order of time. A page's address says where it begins, sealed, so that nothing
is kept for it, and a page far on costs no more than the first.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from heapq import merge
from itertools import islice
from typing import Any

import structlog

from api.v1 import items, lists, reach, windows
from api.v1.calls import Answer, Call, Refused, Route
from api.v1.context import Context
from api.v1.items import Entry
from api.v1.lists import Key, Look
from api.v1.windows import Window
from store.calendars import Calendar
from store.errors import KeyWrong, StateCorrupt

log = structlog.get_logger(__name__)

PAGES = "/v1/events/pages/"
LIFE = 86_400.0  # seconds for which the address of a page is good
KIND = "events"  # of what is sealed: other things are sealed with the same key


@dataclass(frozen=True, slots=True)
class _Page:
    """Which page is asked for. `at` is the last entry of the one before."""

    window: Window
    current: int = 1
    total: int | None = None  # as counted for the first
    at: Key | None = None


@dataclass(frozen=True, slots=True)
class _Found:
    entries: Sequence[Entry]
    end: Key | None  # of the last; None where nothing follows
    total: int


def routes(context: Context) -> Sequence[Route]:
    """Return how events are read."""
    mine = _Reading(context)
    return [
        Route("GET", "/v1/events", mine.first, scope="read_events"),
        Route("GET", PAGES + "{token}", mine.later, scope="read_events"),
    ]


@dataclass(frozen=True, slots=True)
class _Reading:
    context: Context

    async def first(self, call: Call) -> Answer:
        """Read the first page of what the query asks for."""
        return await self._read(call, _Page(windows.read(call.query, self.context.clock())))

    async def later(self, call: Call) -> Answer:
        """Read a page whose address was told with the one before."""
        return await self._read(call, self._opened(call))

    async def _read(self, call: Call, page: _Page) -> Answer:
        most = self.context.page
        found = await self.context.store.read(lambda conn: _look(conn, call, page, most))
        window = page.window
        told = [
            items.item(one, call.application, ids=window.ids, localized=window.localized)
            for one in found.entries
        ]
        pages: dict[str, Any] = {"current": page.current, "total": found.total}
        if found.end is not None:
            later = replace(page, current=page.current + 1, total=found.total, at=found.end)
            pages["next_page"] = f"{call.base}{PAGES}{self._sealed(call, later)}"
        return Answer(200, {"pages": pages, "events": told})

    def _sealed(self, call: Call, page: _Page) -> str:
        told = {
            "kind": KIND,
            "application": call.application.client_id,
            "account": call.account,
            "until": self.context.clock() + LIFE,
            "window": windows.packed(page.window),
            "page": [page.current, page.total, page.at],
        }
        return self.context.vault.seal(json.dumps(told, separators=(",", ":"))).decode().rstrip("=")

    def _opened(self, call: Call) -> _Page:
        """Find out which page an address means. Raises Refused for one that is not theirs, or too old."""
        try:
            sealed = call.path["token"].encode("ascii")
            told = json.loads(self.context.vault.open(sealed + b"=" * (-len(sealed) % 4)))
            whose = (told["kind"], told["application"], told["account"])
            if (
                whose != (KIND, call.application.client_id, call.account)
                or told["until"] <= self.context.clock()
            ):
                raise Refused(404)
            current, total, at = told["page"]
            return _Page(windows.unpacked(told["window"]), current, total, tuple(at))
        except (KeyWrong, ValueError, KeyError, TypeError):
            raise Refused(404) from None


def _look(conn: sqlite3.Connection, call: Call, page: _Page, most: int) -> _Found:
    """Gather a page, all of it as of one moment."""
    look = Look(conn, call.application.client_id, page.window, page.at)
    calendars = _calendars(conn, call, page.window)
    every = merge(
        *(one for calendar in calendars for one in lists.of(look, calendar)), key=lambda one: one.key
    )
    listed = list(islice(every, most + 1))
    more = len(listed) > most
    total = page.total
    if total is None:
        counted = sum(lists.count(look, calendar) for calendar in calendars) if more else len(listed)
        total = max(1, -(-counted // most))
    # Clients go on as long as there are more pages, whatever has become of the events since they were counted.
    total = max(total, page.current + 1) if more else page.current
    end = listed[most - 1].key if more else None
    return _Found(_entries(one.make for one in listed[:most]), end, total)


def _calendars(conn: sqlite3.Connection, call: Call, window: Window) -> Sequence[Calendar]:
    """List the calendars that are read. Raises Refused where one that is named is not theirs."""
    if window.calendars:
        return [reach.calendar(conn, call, name) for name in window.calendars]
    return reach.calendars(conn, call)


def _entries(makers: Iterable[Callable[[], Entry | None]]) -> Sequence[Entry]:
    """Read what is to be told. One that cannot be read keeps no other from it."""
    found = []
    for make in makers:
        try:
            entry = make()
        except StateCorrupt as error:
            log.error("event left out", error=str(error))
            continue
        if entry is not None:
            found.append(entry)
    return found
