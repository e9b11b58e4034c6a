"""The calendars of one person at Google: the short, dull part that sends. Behind `connectors.base.Calendar`.

Every write is a PATCH with If-Match of a few fields that are ours. Third parties' conference data is tried
beside the description, never instead of it, so that a Google which drops it costs no second write.
https://developers.google.com/workspace/calendar/api/v3/reference
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

import structlog

from connectors.errors import (
    CursorExpired,
    Ignored,
    NotFound,
    ProviderError,
    Rejected,
    Transient,
    Unwatchable,
)
from connectors.google import cursor as cursors
from connectors.google import edits, wire
from connectors.google.api import Api
from connectors.google.errors import PROVIDER, is_conference_refused
from connectors.google.listing import items, pages, slices
from connectors.google.third_party import ThirdParty
from connectors.model import CalendarInfo, Changes, Draft, Event, Gone, Meeting, Subscription
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
        self._third_party = third_party

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
        return self._alive(await self._api.call(request), calendar)

    async def write(
        self, event: Event, meeting: Meeting | None, key: str, source: str = "", *, earlier: str = ""
    ) -> Event:
        """Put the details on the event, or take ours off.

        `earlier` is a join URL of ours that may still stand in the location after somebody removed our block.
        Raises Rejected with reason "write_ignored" when Google said yes and did nothing.
        """
        if meeting is None:
            body = edits.take(event, key, earlier, self._settings.wording)
            written = await self._patch(event, body) if body else event
            return _sure(written, done=edits.bare(written, key, earlier))
        body = edits.put(event, meeting, key, source, earlier, self._settings.wording)
        data = edits.third_party(event, meeting, key) if self._third_party.worth_trying else None
        if not body and (data is None or not self._third_party.supported):
            return event
        written = await (
            self._patch(event, body) if data is None else self._patch_with(event, body, data, key)
        )
        return _sure(written, done=edits.shows(written, meeting, key))

    async def put(
        self,
        calendar: CalendarInfo,
        name: str,
        draft: Draft,
        before: Event | None,
        meeting: Meeting | None,
        key: str,
        source: str,
        *,
        native: str = "",
    ) -> Event:
        """Make the event what the draft says. See `putting.py`."""
        raise NotImplementedError

    async def remove(self, calendar: CalendarInfo, event: str) -> None:
        """Delete the event, which tells its guests."""
        raise NotImplementedError

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

    async def _patch(self, event: Event, body: Mapping[str, Any]) -> Event:
        query: dict[str, Any] = {"sendUpdates": self._settings.send_updates, **self._api.shared}
        if "conferenceData" in body:
            query["conferenceDataVersion"] = (
                1  # Without it conference data is ignored, which is as we like it.
            )
        request = self._api.requests.patch(event.ref.calendar, event.ref.event, body, event.etag, **query)
        return self._alive(await self._api.call(request), _seen_from(event))

    async def _patch_with(
        self, event: Event, body: Mapping[str, Any], data: Mapping[str, Any], key: str
    ) -> Event:
        """Try conference data of a third party too, and learn from how it goes."""
        try:
            written = await self._patch(event, {**body, "conferenceData": data})
        except Rejected as error:
            if not is_conference_refused(error):
                raise
            await self._third_party.learn(supported=False)
            return await self._patch(event, body) if body else event
        if written.block is not None and written.block.key == key:
            await self._third_party.learn(supported=written.native is not None and written.native.key == key)
        return written

    def _alive(self, item: Mapping[str, Any], calendar: CalendarInfo) -> Event:
        try:
            read = wire.event(item, calendar, self._settings.wording.texts)
        except (ValueError, TypeError, AttributeError) as error:
            raise Rejected("the event is unreadable", provider=PROVIDER, reason="unreadable") from error
        if not isinstance(read, Event):
            raise NotFound("the event is cancelled, or of a kind that has no meetings", provider=PROVIDER)
        return read


def _seen_from(event: Event) -> CalendarInfo:
    """Return as much of the event's calendar as reading its next state takes."""
    return CalendarInfo(event.ref.calendar, name="", zone=event.zone, writable=event.own)


def _sure(event: Event, *, done: bool) -> Event:
    if not done:
        message = "Google said yes and did not keep all of what was written: is the description too long?"
        ignored = Ignored(message, provider=PROVIDER, reason="write_ignored")
        ignored.shown = event
        raise ignored
    return event
