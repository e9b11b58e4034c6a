"""Writes on events, each looked at afterwards: no write of ours may cost anybody their Teams link.

A body without Teams' invitation switches the meeting off, and the next PATCH makes another one, while guests
keep the old link. So the link is compared after every write; one that is lost is brought back once.
https://learn.microsoft.com/graph/api/event-update
https://github.com/microsoftgraph/microsoft-graph-docs/issues/16336
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import structlog

from connectors.errors import Conflict, Ignored, ProviderError, Rejected, Transient
from connectors.microsoft import edits, online
from connectors.microsoft.api import Item
from connectors.microsoft.edits import Patch
from connectors.microsoft.errors import PROVIDER
from connectors.microsoft.reading import Reader, seen_from
from connectors.model import Event, EventRef, Meeting

SOON = 2.0  # seconds; a Teams link that comes late is mostly there by then
PAUSES = (0.5, 2.0, 4.0)  # seconds between two tries to put right what a write of ours has done
LONGEST_PAUSE = 10.0  # seconds that Graph may ask for meanwhile

log = structlog.get_logger("connectors.microsoft")


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes on the events of one mailbox."""

    reader: Reader

    async def put(self, event: Event, meeting: Meeting, key: str, source: str, earlier: str) -> Event:
        """Put the details on the event. Raises Conflict, NotFound, and Ignored where it did not come about."""
        places = await self._places(event, edits.needs_places(event, meeting, source, earlier))
        patch = edits.put(event, meeting, key, source, earlier, places, self.reader.wording)
        if not patch:
            return event
        owned(event)
        written = await self.kept(event, await self.patch(event, patch))
        return sure(written, done=edits.shows(written, meeting, key))

    async def take(self, event: Event, key: str, earlier: str) -> Event:
        """Take ours off the event. Raises as `put`."""
        own = event.native is not None and edits.is_own(event.native, key, earlier)
        places = await self._places(event, edits.needs_places(event, None, "", earlier))
        patch = edits.take(event, key, earlier, places, self.reader.wording)
        if not patch:
            return sure(event, done=edits.bare(event, key, earlier))
        owned(event)
        if own and event.native is not None and event.native.state == "pending":
            raise pending()  # There is no invitation yet that could be cut out.
        written = await self.patch(event, patch)
        written = await (self._off(written) if own else self.kept(event, written))
        return sure(written, done=edits.bare(written, key, earlier))

    async def patch(self, event: Event, patch: Patch) -> Event:
        """Send a patch and return the event as it then stands, with what our properties say."""
        return self.reader.written(await self.send(event.ref, patch, event.etag), event, patch)

    async def send(self, at: EventRef, patch: Patch, etag: str) -> Item:
        """Send a patch and return the answer."""
        api = self.reader.api
        return await api.on_calendar(
            at.calendar, lambda found: api.requests.patch(api.mailbox, found, at.event, patch, etag)
        )

    async def _places(self, event: Event, needed: bool) -> Item | None:  # noqa: FBT001 - The plain answer of needs_places.
        if not needed:
            return None
        item = await self.reader.item(event.ref.calendar, event.ref.event, "location", "locations")
        if item.get("@odata.etag") not in (None, event.etag):
            raise Conflict("the event changed before its locations were read", provider=PROVIDER)
        return item

    async def kept(self, before: Event, after: Event) -> Event:
        """Return the event if its online meeting is as it was, else bring it back, once.

        Also one that was switched off comes back with the next write, whatever that was about.
        """
        if before.native is None:
            return await self._off(after)
        if not edits.lost_link(before, after):
            return after
        log.warning("a write has cost a Teams link, which is brought back", at=before.ref.event)
        try:
            restored = await self._patiently(before, after)
        except ProviderError as error:
            raise _changed(before, after) from error
        if edits.lost_link(before, restored):
            raise _changed(before, restored)
        return restored

    async def _off(self, event: Event) -> Event:
        """Return the event without the Teams meeting that came back with a write: it is cut out once more."""
        if not _is_online(event):
            return event
        event = await self._linked(event)
        log.info("a Teams meeting came back and is cut out once more", at=event.ref.event)
        if again := edits.cut(event):
            event = await self.patch(event, again)
        if _is_online(event):
            raise _stayed(event)
        return event

    async def _linked(self, event: Event) -> Event:
        """Wait for the link of a meeting that came back: before it is there, there is no invitation to cut out."""
        for pause in PAUSES:
            if event.native is None or event.native.state != "pending":
                break
            await asyncio.sleep(pause)
            event = await self.reader.event(seen_from(event), event.ref.event)
        return event

    async def _patiently(self, before: Event, after: Event) -> Event:
        """Bring the link back, also where Graph is busy for a while: nobody else knows that it is owed."""
        for pause in PAUSES:
            try:
                return await self._restored(before, after)
            except Transient as error:
                wait = pause if error.retry_after is None else error.retry_after
                if wait > LONGEST_PAUSE:
                    raise
                await asyncio.sleep(wait)
        return await self._restored(before, after)

    async def _restored(self, before: Event, after: Event) -> Event:
        try:
            return await self.patch(after, edits.restore(before, after))
        except Conflict:
            now = await self.reader.event(seen_from(after), after.ref.event)
            return await self.patch(now, edits.restore(before, now)) if edits.lost_link(before, now) else now


def owned(event: Event) -> None:
    """Refuse what Graph would take: a guest's copy may be written on, and nobody else ever sees it."""
    if not event.own:
        message = "this is a guest's copy, or a calendar that may only be read"
        raise Rejected(message, provider=PROVIDER, reason="not_the_organizer")


def pending() -> Transient:
    """Return the exception for a meeting whose link is not there yet."""
    message = "Microsoft is still making the Teams meeting"
    return Transient(message, retry_after=SOON, provider=PROVIDER, reason="pending")


def _is_online(event: Event) -> bool:
    return event.native is not None and event.native.service == online.SERVICE


def _stayed(event: Event) -> Ignored:
    told = Ignored(
        f"the Teams meeting {_link(event)} cannot be taken off the event: nothing but its invitation can be "
        "removed, and that did not switch it off",
        provider=PROVIDER,
        reason="teams_not_removed",
    )
    told.shown = event
    return told


def _link(event: Event) -> str:
    return (event.native.join_url if event.native is not None else "") or "none"


def _changed(before: Event, after: Event) -> Ignored:
    """Return the exception for a link that could not be brought back, with the evidence."""
    off = after.native is None or not after.native.id
    now = "is switched off" if off else f"is {_link(after)}"
    told = Ignored(
        f"the Teams link of the event was {_link(before)} and {now} after a write of ours; "
        "it could not be brought back",
        provider=PROVIDER,
        reason="teams_link_changed",
    )
    told.shown = after
    return told


def sure(event: Event, *, done: bool) -> Event:
    """Return the event where it is as was written. Raises Ignored where not."""
    if not done:
        ignored = Ignored(
            "Graph said yes and did not keep all of what was written",
            provider=PROVIDER,
            reason="write_ignored",
        )
        ignored.shown = event
        raise ignored
    return event
