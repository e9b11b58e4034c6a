"""The calendars of one person at Google: the short, dull part that sends. Behind `connectors.base.Calendar`.

https://developers.google.com/workspace/calendar/api/v3/reference
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

import structlog

from connectors.drafts import Placement
from connectors.errors import (
    CursorExpired,
    ProviderError,
    Rejected,
    Transient,
    Unwatchable,
)
from connectors.google import cursor as cursors
from connectors.google import wire
from connectors.google.api import Api
from connectors.google.errors import PROVIDER
from connectors.google.listing import items, pages, slices
from connectors.google.putting import Putting
from connectors.google.third_party import ThirdParty
from connectors.google.writing import Writer
from connectors.model import CalendarInfo, Changes, Event, Gone, Meeting, Subscription
from connectors.settings import GoogleSettings

LOOK_BACK = timedelta(days=1)  # a full listing begins so long before now
# Holidays, birthdays, phases of the moon: they have no pushes, and asking again never helps.
GENERATED = ("@group.v.calendar.google.com", "holiday.calendar.google.com")
CALENDARS = 250  # on a page, the most that Google gives

log = structlog.get_logger("connectors.google")


class GoogleCalendar:
    """The calendars that one person sees. `third_party` is shared by all who use the same OAuth client."""

    def __init__(self, api: Api, settings: GoogleSettings, third_party: ThirdParty) -> None:
        self._api = api
        self._settings = settings
        self._writer = Writer(api, settings, third_party)
        self._putting = Putting(self._writer)

    async def calendars(self) -> Iterable[CalendarInfo]:
        """List the calendars."""

        async def ask(more: Mapping[str, Any]) -> Mapping[str, Any]:
            return await self._api.call(
                self._api.requests.calendars(maxResults=CALENDARS, **more, **self._api.shared)
            )

        found = [item async for page in pages(ask) for item in items(page)]
        return tuple(wire.calendar_info(item) for item in found if item.get("id") and not item.get("deleted"))

    async def changes(self, calendar: CalendarInfo, cursor: str | None) -> Changes:
        """Return what changed. The cursor is only good once the last page is in, so it is all or nothing."""
        since = None if cursor else self._api.now() - LOOK_BACK
        at = cursors.parse(cursor) if cursor else cursors.Cursor("")
        start = {"timeMin": since.isoformat()} if since else {"syncToken": at.token}

        async def ask(more: Mapping[str, Any]) -> Mapping[str, Any]:
            query = {**at.query, **start, **more, **self._api.shared}
            return await self._api.call(self._api.requests.events(calendar.remote, **query))

        found: dict[str, Event | Gone] = {}
        token = ""
        try:
            async for page in pages(ask):
                found |= await self._read(page, calendar)
                token = str(page.get("nextSyncToken") or "")
        except Rejected as error:
            # "Sync token cannot be used with …", or pages too large to take: it never will be good again.
            if cursor and (error.status == 400 or (error.reason == "too_large" and at.outdated)):
                raise CursorExpired(
                    str(error), provider=PROVIDER, status=error.status, reason=error.reason
                ) from error
            raise
        if not token:
            raise Transient(
                "the listing ended without a sync token", provider=PROVIDER, reason="no_sync_token"
            )
        return Changes(
            events=tuple(read for read in found.values() if isinstance(read, Event)),
            gone=tuple(read for read in found.values() if isinstance(read, Gone)),
            cursor=cursors.Cursor(token, at.query).text(),
            complete=since is not None,
            since=since,
        )

    async def get(self, calendar: CalendarInfo, event: str) -> Event:
        """Read one event; instances of a series can be read by their made-up ids too."""
        request = self._api.requests.event(calendar.remote, event, **self._api.shared)
        return self._writer.alive(await self._api.call(request), calendar)

    async def write(
        self, event: Event, meeting: Meeting | None, key: str, source: str = "", *, earlier: str = ""
    ) -> Event:
        """Put the details on the event, or take ours off.

        `earlier` is a join URL of ours that may still stand in the location after somebody removed our block.
        Raises Rejected with reason "write_ignored" when Google said yes and did nothing.
        """
        if meeting is None:
            return await self._writer.take(event, key, earlier)
        return await self._writer.put(event, meeting, key, source, earlier)

    async def put(self, calendar: CalendarInfo, name: str, before: Event | None, wanted: Placement) -> Event:
        """Make the event what the draft says. Raises also NotFound where `name` has been used up."""
        if before is None:
            return await self._putting.insert(calendar, name, wanted)
        return await self._putting.change(calendar, before.ref.event, wanted, before.etag)

    async def remove(self, calendar: CalendarInfo, event: str) -> None:
        """Delete the event, which tells its guests. Gone already is success."""
        await self._putting.remove(calendar, event)

    async def subscribe(self, calendar: CalendarInfo, channel: str, token: str, address: str) -> Subscription:
        """Open a push channel. Its life is Google's to say, whatever is asked for."""
        if calendar.remote.endswith(GENERATED):
            raise Unwatchable(provider=PROVIDER, reason="generated_calendar")
        seconds = self._settings.channel_seconds
        body = {"id": channel, "type": "web_hook", "address": address, "token": token}
        request = self._api.requests.watch(
            calendar.remote, {**body, "params": {"ttl": str(seconds)}}, **self._api.shared
        )
        asked = self._api.now()
        made = await self._api.call(request)
        return Subscription(
            id=str(made.get("id") or channel),
            resource=str(made.get("resourceId") or ""),
            expires=wire.expires(made, asked + timedelta(seconds=seconds)),
        )

    async def renew(
        self, calendar: CalendarInfo, old: Subscription, channel: str, token: str, address: str
    ) -> Subscription:
        """Open another channel: Google has no renewal. The old one rings on until the caller ends it."""
        return await self.subscribe(calendar, channel, token, address)

    async def unsubscribe(self, subscription: Subscription) -> None:
        """Close a push channel. Refusals that mean that it is not ours to close (any more) are fine."""
        body = {"id": subscription.id, "resourceId": subscription.resource}
        try:
            await self._api.call(self._api.requests.stop(body, **self._api.shared))
        except ProviderError as error:
            if error.status not in {401, 404, 410}:
                raise

    async def _read(self, page: Mapping[str, Any], calendar: CalendarInfo) -> dict[str, Event | Gone]:
        found: dict[str, Event | Gone] = {}
        unreadable: list[str] = []
        async for part in slices(page):
            read = wire.page(part, calendar, self._settings.wording.texts)
            found |= read.found
            unreadable += read.unreadable
        if unreadable:
            log.warning("events left out that cannot be read", calendar=calendar.remote, events=unreadable)
        return found
