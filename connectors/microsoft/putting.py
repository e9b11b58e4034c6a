"""Events that applications want: inserted once for each name of ours, and kept as they say with what differs.

The name is the event's transaction id: Graph answers the same insert with the event that it made of the first one,
and refuses another one. Then the event is found by a property that has the name too, and brought up to date. The
id of an event that has been deleted is used up; the next number behind it is tried.
https://learn.microsoft.com/graph/api/calendar-post-events
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from connectors import drafts as wishes
from connectors import marks, markup
from connectors.drafts import Placement
from connectors.errors import Conflict, NotFound, Rejected
from connectors.microsoft import body, drafts, edits, online, wire
from connectors.microsoft.api import Item
from connectors.microsoft.edits import Patch
from connectors.microsoft.errors import PROVIDER
from connectors.microsoft.notes import write_teams
from connectors.microsoft.places import LONGEST
from connectors.microsoft.values import mapping, sequence, text
from connectors.microsoft.writing import Writer, owned, sure
from connectors.model import CalendarInfo, Event, Mark

LIVES = 9  # of one name
_DUPLICATE = "errorduplicatetransactionid"


@dataclass(frozen=True, slots=True)
class Putting:
    """Inserts, changes and deletes the events of one mailbox."""

    writer: Writer

    async def insert(self, calendar: CalendarInfo, name: str, wish: Placement) -> Event:
        """Make the event, or take over what an insert before this one has made."""
        for alias in (name, *(f"{name}-{life}" for life in range(2, LIVES + 1))):
            patch = self._fresh(calendar, name, alias, wish)
            try:
                item = await self._insert(calendar, patch)
            except Rejected as error:
                if error.reason.lower() != _DUPLICATE:
                    raise
                if found := await self._named(calendar, name):
                    return await self.change(calendar, found, wish, etag="")
                continue
            return await self._made(calendar, item, patch, wish)
        raise NotFound("the event has been deleted so often that its name is used up", provider=PROVIDER)

    async def change(self, calendar: CalendarInfo, event: str, wish: Placement, etag: str) -> Event:
        """Bring the event up to date. Raises Conflict where it is not as `etag` says; "" takes it as it is."""
        item = await self.writer.reader.item(calendar.remote, event)
        seen = self.writer.reader.understand(item, calendar)
        if etag and seen.etag != etag:
            raise Conflict(provider=PROVIDER)
        patch = self._owed(item, seen, wish)
        if not patch:
            return seen
        owned(seen)
        written = await self.writer.patch(seen, patch)
        if not patch.online_meeting:
            written = await self.writer.kept(seen, written)
        return self._sure(written, wish)

    async def remove(self, calendar: CalendarInfo, event: str) -> None:
        """Delete the event, which tells its guests. Gone already is fine."""
        api = self.writer.reader.api
        try:
            await api.on_calendar(
                calendar.remote, lambda found: api.requests.delete(api.mailbox, found, event)
            )
        except NotFound:
            return

    async def _insert(self, calendar: CalendarInfo, patch: Patch) -> Item:
        api = self.writer.reader.api
        return await api.on_calendar(
            calendar.remote, lambda found: api.requests.insert(api.mailbox, found, patch)
        )

    async def _named(self, calendar: CalendarInfo, name: str) -> str:
        """Return the id of the event that was made under this name; a copy of it has the property as well."""
        api = self.writer.reader.api
        listed = await api.on_calendar(
            calendar.remote, lambda found: api.requests.named(api.mailbox, found, name)
        )
        made = (mapping(one) for one in sequence(listed.get("value")))
        ids = [text(one.get("id")) for one in made if text(one.get("transactionId")).startswith(name)]
        return next(iter(ids), "")

    async def _made(self, calendar: CalendarInfo, item: Item, patch: Patch, wish: Placement) -> Event:
        """Look at the answer to an insert: it may show an event that an earlier one made, and people changed."""
        identity, alias = text(item.get("id")), text(patch.fields["transactionId"])
        told = replace(
            patch,
            mark=patch.mark and patch.mark.replace(f" {alias}", f" {identity}", 1),
            teams=patch.teams and write_teams(wish.key, identity),
        )
        event = self.writer.reader.asked(item, calendar, told)
        if self._owed(item, event, replace(wish, native="")):
            return await self.change(calendar, identity, wish, etag="")
        if event.recurrence and event.native is not None and told.teams:
            # Its occurrences may not show the transaction id, and then nothing told that the meeting is ours.
            event = await self.writer.patch(event, Patch(mark=told.mark, teams=told.teams))
        return self._sure(event, wish)

    def _fresh(self, calendar: CalendarInfo, name: str, alias: str, wish: Placement) -> Patch:
        """Return a whole new event."""
        draft, mailbox = wish.draft, self.writer.reader.api.mailbox
        try:
            fields = {**drafts.fresh(draft, mailbox), "transactionId": alias}
        except ValueError as error:
            raise _refused(error) from error
        event = _virtual(calendar, alias, wish)
        patch = self._details(event, event.description, wish)
        place = _moved(replace(event, location=""), patch.location)
        patch = replace(patch, content=patch.content or None, location=place, fields=fields, name=name)
        return _asking(patch, event, wish)

    def _owed(self, item: Item, event: Event, wish: Placement) -> Patch:
        """Return what of an event is not as it should be."""
        draft, html = wish.draft, bool(event.html)
        try:
            fields = drafts.owed(item, event, draft, self.writer.reader.api.mailbox)
        except ValueError as error:
            raise _refused(error) from error
        text = draft.description
        wanted = drafts.html(text) if html and text else text or ""
        said = self._said(event, wish.key)
        same = text is None or wishes.same_text(said, markup.readable(wanted, html=html))
        base = event.description if same else body.restore(wanted, event.description, html=html)
        patch = self._details(event, base, wish)
        shows = same and wish.meeting is not None and edits.shows(event, wish.meeting, wish.key)
        content = event.description if shows else patch.content
        patch = replace(
            patch,
            content=None if content == event.description else content,
            location=_moved(event, patch.location),
            fields=fields,
        )
        return _asking(patch, event, wish)

    def _said(self, event: Event, key: str) -> str:
        """Return what people read in the description, without our details and Teams' invitation."""
        wording = self.writer.reader.wording
        bare = edits.take(replace(event, native=None), key, wording=wording).content
        content = event.description if bare is None else bare
        return body.read(content, html=bool(event.html), texts=wording.texts).notes

    def _details(self, event: Event, description: str, wish: Placement) -> Patch:
        """Return content, location and mark with the details on them; without a meeting those that are there."""
        wording, html, mark = self.writer.reader.wording, bool(event.html), event.mark
        place = event.location if wish.draft.location is None else wish.draft.location
        if wish.meeting is None:
            found = event.block
            if found is not None and found.key and description != event.description:
                lines = found.text.splitlines()
                description = body.put(description, found.key, lines, html=html, texts=wording.texts)
            place = wishes.location(event, wish.draft, edits.own_urls(event, ""))
            return Patch(content=description, html=html, location={"displayName": place})
        if mark is not None and description != event.description:
            mark = replace(mark, links="")
        laid = replace(event, description=description, location=place, mark=mark)
        put = edits.put(laid, wish.meeting, wish.key, wish.source, "", None, wording)
        rewritten = marks.write(mark) if mark is not None and mark != event.mark else None
        return replace(
            put,
            content=description if put.content is None else put.content,
            location=put.location or {"displayName": place},
            mark=rewritten if put.mark is None else put.mark,
        )

    def _sure(self, event: Event, wish: Placement) -> Event:
        there = wish.meeting is None or edits.shows(event, wish.meeting, wish.key)
        return sure(event, done=there and drafts.has(event, wish.draft))


def _virtual(calendar: CalendarInfo, alias: str, wish: Placement) -> Event:
    """Return the event as it will be without our details."""
    draft = wish.draft
    item: dict[str, Any] = {
        "id": alias,
        "isOrganizer": True,
        "subject": draft.title,
        **drafts.times(draft),
        "location": {"displayName": draft.location or ""},
        "body": {"contentType": "html", "content": drafts.html(draft.description or "")},
    }
    read = wire.event(item, calendar)
    if not isinstance(read, Event):
        raise TypeError("an event that nobody has cancelled")
    return read


def _asking(patch: Patch, event: Event, wish: Placement) -> Patch:
    """Ask for Teams in the same call, where there is no meeting yet."""
    if wish.native != online.SERVICE or event.native is not None:
        return patch
    mark = marks.write(Mark(wish.key, event.ref.event, wish.source))
    return replace(patch, mark=mark, teams=write_teams(wish.key, event.ref.event), online_meeting=True)


def _moved(event: Event, place: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """Return the location to send, None where it is there; an empty one has Outlook's stamp where Teams is on."""
    name = text(mapping(place).get("displayName"))[:LONGEST]
    stamped = not name.strip() and event.location == online.STAMP and event.native is not None
    if stamped or name == event.location:
        return None
    return {"locationUri": "", **mapping(place), "displayName": name}


def _refused(error: ValueError) -> Rejected:
    return Rejected(str(error), provider=PROVIDER, reason="not_supported")
