"""One round of changes: every page, and what the pages leave out, read one by one.

A listing of a view tells masters and changed occurrences in full, of other occurrences only that they are
there, and of what it calls removed only the id. It never shows our properties.
https://learn.microsoft.com/graph/delta-query-events
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

import structlog

from connectors.errors import NotFound, ProviderError, Rejected, Transient
from connectors.microsoft import wire
from connectors.microsoft.api import Item
from connectors.microsoft.errors import PROVIDER
from connectors.microsoft.notes import wants_properties
from connectors.microsoft.reading import Reader, Series, at_home
from connectors.model import CalendarInfo, Event, Gone

WIDTH = 3  # calls at a time; four is what Exchange allows for one app in one mailbox

log = structlog.get_logger("connectors.microsoft")

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Window:
    """From when to when a listing tells of events."""

    since: datetime
    until: datetime

    def shows(self, event: Event) -> bool:
        """Tell whether the event, or any occurrence of a series, may be in the window."""
        return event.start < self.until and (event.ends is None or event.ends > self.since)


@dataclass(slots=True)
class Found:
    """What a round has come to know so far."""

    items: dict[str, wire.Item] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)  # the state of each event that was listed
    occurrences: dict[str, tuple[str, ...]] = field(default_factory=dict)
    cancelled: dict[str, tuple[str, ...]] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)  # what could not be read, for a reason of its own
    link: str = ""

    def all(self, kind: type[_T]) -> list[_T]:
        """Return all that is of one kind."""
        return [item for item in self.items.values() if isinstance(item, kind)]


@dataclass(frozen=True, slots=True)
class Round:
    """Reads the pages of one calendar. `complete` says that they tell of everything there is."""

    reader: Reader
    calendar: CalendarInfo
    window: Window
    complete: bool

    async def read(self, first: Item) -> Found:
        """Return what the pages say from the first on, and what had to be asked for besides."""
        found = Found()
        async for page in self.reader.api.pages(first, "events.delta"):
            await self._take(page, found)
            found.link = str(page.get("@odata.deltaLink") or "")
        if not found.link:
            raise Transient(
                "the listing ended without a delta link", provider=PROVIDER, reason="no_delta_link"
            )
        await self._series(found)
        await self._removed(found)
        await self._properties(found)
        return found

    async def _take(self, page: Item, found: Found) -> None:
        """Read a page one by one, since a body takes a millisecond. Of what comes twice, the last counts."""
        listed = page.get("value")
        unreadable: list[str] = []
        for item in listed if isinstance(listed, list) else ():
            await asyncio.sleep(0)  # everybody else gets a turn
            calendar = at_home(self.calendar, item) if _is_told(item) else self.calendar
            read = wire.page([item], calendar, self.reader.categories, self.reader.wording.texts)
            found.items |= read.found
            if _is_told(item):
                found.keys[item["id"]] = wire.change_key(item)
            unreadable += read.unreadable
        if unreadable:
            log.warning(
                "events left out that cannot be read", calendar=self.calendar.remote, events=unreadable
            )

    async def _series(self, found: Found) -> None:
        """Read the masters that changed, or that only their occurrences tell of.

        A full listing shows all changed occurrences that count, and by their absence those that do not.
        """
        listed = {event.ref.event for event in found.all(Event) if event.recurrence}
        orphans = {one.series for one in found.all(wire.Skeleton)} - listed - {""}
        wanted = sorted(orphans - set(found.items) if self.complete else orphans | listed)
        for name, series in await self._each(self._master, wanted, found):
            if isinstance(series, Gone):
                found.items[name] = series
            else:
                self._know(series, found)

    def _know(self, series: Series, found: Found) -> None:
        name = series.event.ref.event
        found.items[name] = series.event
        found.keys.pop(name, None)  # its properties are in it already
        if series.changed is None:
            return
        for event, key in series.changed:
            if not isinstance(found.items.get(event.ref.event), Event):
                found.items[event.ref.event] = event
                found.keys[event.ref.event] = key
        found.occurrences[name] = tuple(event.ref.event for event, _ in series.changed)
        found.cancelled[name] = tuple(sorted(day.replace("-", "") for day in series.cancelled))

    async def _master(self, name: str) -> Series | Gone:
        try:
            return await self.reader.series(self.calendar, name)
        except NotFound:
            return Gone(name)

    async def _removed(self, found: Found) -> None:
        """Find out what became of what is called removed: that is said of what lies outside the window too."""
        names = [one.event for one in found.all(wire.Removed)]
        found.items |= await self._each(self._left, names, found)

    async def _left(self, name: str) -> Event | Gone:
        try:
            item = await self.reader.item(self.calendar.remote, name)
            event = self.reader.understand(item, self.calendar)
        except NotFound:
            return Gone(name)
        if item.get("type") == "occurrence":
            return Gone(name, event.series)  # not a changed one, or not any more
        # It is there and should be shown, but not in this calendar: Graph may find it in others of the mailbox.
        return Gone(name, event.series) if self.window.shows(event) else event

    async def _properties(self, found: Found) -> None:
        """Read what our properties say on events that may be ours, unless this very state of them is known."""
        unknown = []
        for event in found.all(Event):
            name = event.ref.event
            # Where people took our block out, only our mark is left, and only we know of it.
            if name not in found.keys or not (
                wants_properties(event) or self.reader.notebook.speaks_of(name)
            ):
                continue
            known = self.reader.recall(event, found.keys[name])
            if known is None:
                unknown.append(name)
            else:
                found.items[name] = known
        found.items |= await self._each(self._again, unknown, found)

    async def _each(
        self, step: Callable[[str], Awaitable[_T]], names: Iterable[str], found: Found
    ) -> list[tuple[str, _T]]:
        """Take the step for each; one thing that cannot be read must not keep the rest of the calendar waiting."""

        async def careful(name: str) -> tuple[str, _T] | None:
            try:
                return name, await step(name)
            except ProviderError as error:
                if not _is_about_one(error):
                    raise
                log.warning(
                    "an event cannot be read", calendar=self.calendar.remote, at=name, reason=str(error)
                )
                found.unread.add(name)
                return None

        return [one for one in await together(careful, names) if one is not None]

    async def _again(self, name: str) -> Event | Gone:
        try:
            return await self.reader.event(self.calendar, name)
        except NotFound:
            return Gone(name)


async def together(step: Callable[[str], Awaitable[_T]], names: Iterable[str]) -> list[_T]:
    """Take the step for each name, a few at a time; the first error is raised once all of its few are done."""
    left, done = list(names), []
    while left:
        some, left = left[:WIDTH], left[WIDTH:]
        for result in await asyncio.gather(*(step(name) for name in some), return_exceptions=True):
            if isinstance(result, BaseException):
                raise result
            done.append(result)
    return done


def _is_about_one(error: ProviderError) -> bool:
    """Tell whether it is one thing in the mailbox that cannot be read, and not the mailbox."""
    return isinstance(error, Rejected) or (isinstance(error, Transient) and error.status == 500)


def _is_told(item: Any) -> bool:
    return isinstance(item, Mapping) and isinstance(item.get("id"), str)
