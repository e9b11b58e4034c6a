"""One event at a time, with what our properties say; and the changed occurrences of a series.

https://learn.microsoft.com/graph/api/event-get
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace

from connectors.errors import NotFound, Rejected
from connectors.microsoft import occurrences, wire
from connectors.microsoft.api import Api, Item
from connectors.microsoft.edits import Patch
from connectors.microsoft.errors import PROVIDER
from connectors.microsoft.notebook import Notebook
from connectors.microsoft.notes import EXPAND, Properties, noted, properties
from connectors.microsoft.times import iana
from connectors.microsoft.values import mapping, sequence
from connectors.model import CalendarInfo, Event, Gone
from connectors.wording import DEFAULT, Wording

# All that `wire` reads: without a $select Graph keeps silent about cancelled occurrences.
# https://learn.microsoft.com/graph/api/event-get#example-5
_MASTER = (
    "id changeKey iCalUId subject body location start end isAllDay originalStartTimeZone originalEndTimeZone "
    "recurrence type seriesMasterId organizer isOrganizer isDraft isCancelled attendees categories "
    "isOnlineMeeting onlineMeeting onlineMeetingProvider onlineMeetingUrl cancelledOccurrences exceptionOccurrences "
    "createdDateTime lastModifiedDateTime responseStatus showAs sensitivity transactionId"
)


@dataclass(frozen=True, slots=True)
class Series:
    """A master, and all of its occurrences that are changed and still stand, without what our properties say."""

    event: Event
    changed: tuple[tuple[Event, str], ...] | None  # each with its state; None where that is not told
    cancelled: frozenset[str] = frozenset()  # days of the occurrences that are off, such as `2026-11-23`


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the events of one mailbox. `categories` name a service for some of Outlook's categories.

    `wording` is how our details are written, and read again.
    """

    api: Api
    categories: Mapping[str, str]
    notebook: Notebook = field(default_factory=Notebook)
    wording: Wording = DEFAULT

    async def item(self, calendar: str, event: str, *select: str) -> Item:
        """Read an event as Graph tells it, with our properties where all of it is wanted."""
        expand = () if select else (EXPAND,)
        return await self.api.on_calendar(
            calendar,
            lambda found: self.api.requests.event(
                self.api.mailbox, found, event, select=select, expand=expand
            ),
        )

    async def event(self, calendar: CalendarInfo, event: str) -> Event:
        """Read an event. Raises NotFound where it is cancelled, deleted or never was."""
        return self.understand(await self.item(calendar.remote, event), calendar)

    async def is_in(self, calendar: CalendarInfo, event: Event) -> bool:
        """Tell whether an event that was found by its id is in this calendar: Graph may look in all of the mailbox.

        Where it cannot be told, it is taken for granted.
        """
        if event.uid == event.ref.event:
            return True  # no UID was told
        try:
            listed = await self.api.on_calendar(
                calendar.remote, lambda found: self.api.requests.same(self.api.mailbox, found, event.uid)
            )
        except Rejected:
            return True
        return any(mapping(one).get("id") == event.ref.event for one in sequence(listed.get("value")))

    async def series(self, calendar: CalendarInfo, event: str) -> Series:
        """Read a master with its changed occurrences. Raises NotFound as `event`."""
        select, expand = tuple(_MASTER.split()), ("exceptionOccurrences", EXPAND)
        item = await self.api.on_calendar(
            calendar.remote,
            lambda found: self.api.requests.event(
                self.api.mailbox, found, event, select=select, expand=expand
            ),
        )
        master = self.understand(item, calendar)
        if "exceptionOccurrences" not in item or "exceptionOccurrences@odata.nextLink" in item:
            return Series(master, None)
        changed = tuple([one async for one in self._changed(item, calendar, master)])
        return Series(master, changed, occurrences.cancelled_days(item))

    def understand(self, item: Item, calendar: CalendarInfo) -> Event:
        """Make an event of an answer that shows our properties, and keep them in mind."""
        event = self._event(item, calendar)
        self.notebook.learn(event.ref.event, wire.change_key(item), properties(item))
        return event

    def written(self, item: Item, before: Event, patch: Patch) -> Event:
        """Make an event of the answer to a write, which does not show our properties, and keep them in mind."""
        told = self.notebook.after(before, patch)
        return self._noted(item, self._event(item, seen_from(before)), told)

    def asked(self, item: Item, calendar: CalendarInfo, patch: Patch) -> Event:
        """Make an event of the answer to a write on an event that was not read before."""
        event = self._event(item, calendar)
        return self._noted(item, event, self.notebook.after(event, patch))

    def recall(self, event: Event, change_key: str) -> Event | None:
        """Return an event of a listing with what our properties say, where that is known."""
        told = self.notebook.recall(event.ref.event, change_key)
        return None if told is None else noted(event, told)

    def _noted(self, item: Item, event: Event, told: Properties) -> Event:
        self.notebook.learn(event.ref.event, wire.change_key(item), told)
        return noted(event, told)

    async def _changed(
        self, item: Item, calendar: CalendarInfo, master: Event
    ) -> AsyncIterator[tuple[Event, str]]:
        """Yield the changed occurrences that still stand, each with its state, and give others a turn between."""
        off = occurrences.cancelled_days(item)
        for one in occurrences.exceptions(item):
            if occurrences.original_day(one, master.zone) in off:
                continue
            await asyncio.sleep(0)
            event = self._exception(one, calendar, master)
            if event is not None:
                yield event, wire.change_key(one)

    def _exception(self, item: Item, calendar: CalendarInfo, master: Event) -> Event | None:
        try:
            read = wire.event(
                {"seriesMasterId": master.ref.event, **item},
                at_home(calendar, item),
                self.categories,
                self.wording.texts,
            )
        except ValueError:
            return None
        return read if isinstance(read, Event) else None

    def _event(self, item: Item, calendar: CalendarInfo) -> Event:
        try:
            read = wire.event(item, at_home(calendar, item), self.categories, self.wording.texts)
        except ValueError as error:
            raise Rejected("the event is unreadable", provider=PROVIDER, reason="unreadable") from error
        if isinstance(read, Gone):
            raise NotFound("the event is cancelled", provider=PROVIDER)
        return read


def at_home(calendar: CalendarInfo, item: Item) -> CalendarInfo:
    """Return the calendar with the zone in which an event was made, for events of whole days.

    A mailbox's own zone is only told to who may read all of its settings.
    https://learn.microsoft.com/graph/api/user-get-mailboxsettings
    """
    return replace(calendar, zone=iana(str(item.get("originalStartTimeZone") or ""), calendar.zone))


def seen_from(event: Event) -> CalendarInfo:
    """Return as much of the event's calendar as reading its next state takes."""
    return CalendarInfo(event.ref.calendar, name="", zone=event.zone, writable=event.own)
