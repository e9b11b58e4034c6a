"""The calendars of one mailbox at Microsoft. Behind `connectors.base.Calendar`.

https://learn.microsoft.com/graph/api/resources/calendar-overview
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from connectors.drafts import Placement
from connectors.errors import CursorExpired, NotFound, Rejected, Transient
from connectors.microsoft import cursor as cursors
from connectors.microsoft import wire
from connectors.microsoft.api import Api, Item
from connectors.microsoft.cursor import Cursor
from connectors.microsoft.errors import PROVIDER
from connectors.microsoft.putting import Putting
from connectors.microsoft.reading import Reader
from connectors.microsoft.rounds import Found, Round, Window
from connectors.microsoft.subscriptions import Cap, Subscriptions
from connectors.microsoft.writing import Writer
from connectors.model import CalendarInfo, Changes, Event, Gone, Meeting, Subscription
from connectors.settings import MicrosoftSettings

LOOK_BACK = timedelta(days=1)  # a window begins so long before now
LEEWAY = timedelta(
    days=2
)  # and reaches further than meetings are made for: it is a day old when it is replaced


class MicrosoftCalendar:
    """The calendars that one mailbox shows. The reader is shared with its Teams meetings."""

    def __init__(self, api: Api, reader: Reader, settings: MicrosoftSettings, cap: Cap) -> None:
        self._api = api
        self._reader = reader
        self._writer = Writer(reader)
        self._putting = Putting(self._writer)
        self._subscriptions = Subscriptions(api, cap)
        self._reach = timedelta(days=settings.window_days) + LEEWAY

    async def calendars(self) -> Iterable[CalendarInfo]:
        """List the calendars. Whose they are, the owner of the default one tells, under all of their addresses."""
        first = await self._api.call(self._api.requests.calendars(self._api.mailbox))
        items: list[Item] = [
            item
            async for page in self._api.pages(first, "calendars.list")
            for item in page.get("value") or ()
            if isinstance(item, dict) and item.get("id")
        ]
        own = next((item for item in items if item.get("isDefaultCalendar") is True), {})
        if own:
            self._api.learn(own)
        owner = str((own.get("owner") or {}).get("address") or "")
        return tuple(
            wire.calendar_info(item, self._api.mailbox, aliases=(owner,) if owner else ()) for item in items
        )

    async def changes(self, calendar: CalendarInfo, cursor: str | None) -> Changes:
        """Return what changed. A window that has grown old is replaced, which lists everything anew.

        https://learn.microsoft.com/graph/api/event-delta
        """
        at = cursors.parse(cursor) if cursor else None
        if at is None or at.outdated(self._api.now()):
            return await self._listed(calendar)
        window = Window(at.since, at.until)
        try:
            first = await self._api.call(self._api.requests.link(at.link, "events.delta"))
            found = await Round(self._reader, calendar, window, complete=False).read(first)
        except (NotFound, Rejected) as error:
            # A link of another Graph, of a calendar that has a new id, or that is no good in another way.
            raise CursorExpired(
                str(error), provider=PROVIDER, status=error.status, reason=error.reason
            ) from error
        return _changes(found, Cursor(found.link, at.made, at.since, at.until), complete=False)

    async def get(self, calendar: CalendarInfo, event: str) -> Event:
        """Read one event; occurrences of a series can be read too."""
        read = await self._reader.event(calendar, event)
        if not read.series and not await self._reader.is_in(calendar, read):
            raise NotFound("the event is in another calendar now", provider=PROVIDER)
        return read

    async def write(
        self, event: Event, meeting: Meeting | None, key: str, source: str = "", *, earlier: str = ""
    ) -> Event:
        """Put the details on the event, or take ours off.

        Raises Rejected with reason "write_ignored" when Graph said yes and did nothing, and with reason
        "teams_link_changed" when the write cost somebody's Teams link, which could not be brought back.
        """
        if meeting is None:
            return await self._writer.take(event, key, earlier)
        return await self._writer.put(event, meeting, key, source, earlier)

    async def put(self, calendar: CalendarInfo, name: str, before: Event | None, wanted: Placement) -> Event:
        """Make the event what the draft says. Of several reminders Outlook has the earliest.

        Raises Rejected also where Outlook has no such recurrence, NotFound where `name` has been used up.
        """
        if before is None:
            return await self._putting.insert(calendar, name, wanted)
        return await self._putting.change(calendar, before.ref.event, wanted, before.etag)

    async def remove(self, calendar: CalendarInfo, event: str) -> None:
        """Delete the event, which tells its guests. Gone already is success."""
        await self._putting.remove(calendar, event)

    async def subscribe(self, calendar: CalendarInfo, channel: str, token: str, address: str) -> Subscription:
        """Ask for notifications, which carry `channel` and `token` as their client state."""
        return await self._subscriptions.begin(calendar, channel, token, address)

    async def renew(
        self, calendar: CalendarInfo, old: Subscription, channel: str, token: str, address: str
    ) -> Subscription:
        """Make the subscription last longer; it stays as it is, with its old channel and token."""
        return await self._subscriptions.renew(calendar, old, channel, token, address)

    async def unsubscribe(self, subscription: Subscription) -> None:
        """End the notifications."""
        await self._subscriptions.end(subscription)

    async def _listed(self, calendar: CalendarInfo) -> Changes:
        made = self._api.now().replace(microsecond=0)
        window = Window(made - LOOK_BACK, made + self._reach)
        try:
            first = await self._api.on_calendar(
                calendar.remote,
                lambda found: self._api.requests.delta(self._api.mailbox, found, window.since, window.until),
            )
            found = await Round(self._reader, calendar, window, complete=True).read(first)
        except CursorExpired as error:
            # It happens in the middle of a listing too, after which there is nothing to go on from.
            raise Transient(
                str(error), provider=PROVIDER, status=error.status, reason=error.reason
            ) from error
        return _changes(found, Cursor(found.link, made, window.since, window.until), complete=True)


def _changes(found: Found, cursor: Cursor, *, complete: bool) -> Changes:
    return Changes(
        events=tuple(found.all(Event)),
        gone=tuple(found.all(Gone)),
        cursor=cursor.text(),
        complete=complete,
        since=cursor.since if complete else None,
        until=cursor.until if complete else None,
        unread=tuple(sorted(found.unread)),
        occurrences=found.occurrences,
        cancelled=found.cancelled,
    )
