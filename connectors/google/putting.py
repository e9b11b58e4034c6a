"""Events that applications want: inserted under a name of ours, and kept as they say with PATCHes of what differs.

The name is the event's id. Google takes an id once and for ever, so that an insert that is repeated is refused,
and the event that the first one made is brought up to date; a deleted one comes back.
https://developers.google.com/workspace/calendar/api/v3/reference/events/insert
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from connectors import block, marks, markup
from connectors import drafts as wishes
from connectors.drafts import Placement
from connectors.errors import Conflict, NotFound, ProviderError, Rejected
from connectors.google import conference, drafts, edits, wire
from connectors.google.errors import PROVIDER, is_conference_refused
from connectors.google.writing import Writer, conference_version, sure
from connectors.model import CalendarInfo, Draft, Event, Mark
from connectors.wording import Wording

Item = Mapping[str, Any]
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Putting:
    """Inserts, changes and deletes the events of one person."""

    writer: Writer

    async def insert(self, calendar: CalendarInfo, name: str, wish: Placement) -> Event:
        """Make the event, or take over what an insert before this one has made."""
        draft = wish.draft
        body = {"id": name, **drafts.fresh(draft, calendar.remote)}
        event = self.writer.alive(body, calendar)
        body |= self._details(event, event.description, wish) if wish.meeting else {}
        body |= _native({}, event, wish)
        updates = "all" if body.get("attendees") else "none"
        send = partial(self._insert, calendar, updates)
        try:
            made = await self._sent(send, body, event, wish)
        except Conflict as error:
            if error.reason != "duplicate":
                raise
            return await self.change(calendar, name, wish, etag="")
        return self._sure(made, wish)

    async def change(self, calendar: CalendarInfo, event: str, wish: Placement, etag: str) -> Event:
        """Bring the event up to date. Raises Conflict where it is not as `etag` says; "" takes it as it is.

        Then a deleted one comes back too.
        """
        request = self.writer.api.requests.event(calendar.remote, event, **self.writer.api.shared)
        item = await self.writer.api.call(request)
        deleted = item.get("status") == "cancelled"
        if deleted and etag:
            raise NotFound("the event is deleted", provider=PROVIDER)
        if etag and item.get("etag") != etag:
            raise Conflict(provider=PROVIDER)
        if deleted and not item.get("start"):
            # Nothing but its id is told of some; what the answer to a PATCH shows is then compared once more.
            item = {**item, **drafts.times(wish.draft)}
        seen = self.writer.alive({**item, "status": "confirmed"}, calendar)
        body = {"status": "confirmed", **drafts.times(wish.draft)} if deleted else {}
        body |= drafts.owed(item, seen, wish.draft) | self._texts(seen, wish) | _native(item, seen, wish)
        data = self.writer.beside(seen, wish.meeting, wish.key)
        if not body and (data is None or not self.writer.third_party.supported):
            return seen
        updates = "all" if _concerns_guests(item, seen, body, wish.draft) else "none"
        return self._sure(
            await self._sent(partial(self._patch, seen, calendar, updates), body, seen, wish), wish
        )

    async def remove(self, calendar: CalendarInfo, event: str) -> None:
        """Delete the event, which tells its guests. Gone already is fine."""
        api = self.writer.api
        try:
            await api.call(api.requests.delete(calendar.remote, event, sendUpdates="all", **api.shared))
        except NotFound:
            return
        except ProviderError as error:
            if error.status != 410:
                raise

    async def _sent(self, send: Any, body: Json, event: Event, wish: Placement) -> Event:
        """Send, with conference data where that may help. What Google does not want of that is left out."""
        if "conferenceData" not in body:
            data = self.writer.beside(event, wish.meeting, wish.key)
            written: Event = await self.writer.with_data(send, body, data, wish.key)
            return written
        try:
            return await send(body)  # type: ignore[no-any-return]
        except Rejected as error:
            if not is_conference_refused(error):
                raise
            # A calendar without Meet, or a service account that acts for itself: the event is wanted all the same.
            left = {"conferenceData", "extendedProperties"}
            body = {name: value for name, value in body.items() if name not in left}
            return await send(body) if body else event

    async def _insert(self, calendar: CalendarInfo, updates: str, body: Item) -> Event:
        api = self.writer.api
        query: Json = {"sendUpdates": updates, **conference_version(body), **api.shared}
        return self.writer.alive(
            await api.call(api.requests.insert(calendar.remote, body, **query)), calendar
        )

    async def _patch(self, seen: Event, calendar: CalendarInfo, updates: str, body: Item) -> Event:
        return await self.writer.patch(seen, body, updates, calendar)

    def _texts(self, event: Event, wish: Placement) -> Json:
        """Return description, location and mark where they are not as they should be.

        What people read in the description outside of our details is what the draft says, where that says
        anything. Where it is that already, not a byte of it changes.
        """
        draft, wording = wish.draft, self.writer.settings.wording
        bare = edits.take(event, wish.key, wording=wording).get("description", event.description)
        wanted = bare if draft.description is None else drafts.text(draft.description)
        same = wishes.same_text(markup.readable(bare), markup.readable(wanted))
        if wish.meeting is not None:
            shows = same and edits.shows(event, wish.meeting, wish.key)
            body = self._details(event, event.description if same else wanted, wish)
            body |= {"description": event.description} if shows else {}
        else:
            body = _kept(
                event, event.description if same else wanted, same=same, draft=draft, wording=wording
            )
        there = {"description": event.description, "location": event.location}
        return {name: value for name, value in body.items() if name not in there or value != there[name]}

    def _details(self, event: Event, description: str, wish: Placement) -> Json:
        """Return description, location and mark with the details on them."""
        if wish.meeting is None:
            return {}
        mark = event.mark
        if mark is not None and description != event.description:
            mark = replace(mark, links="")
        location = event.location if wish.draft.location is None else wish.draft.location
        laid = replace(event, description=description, location=location, mark=mark)
        put = edits.put(laid, wish.meeting, wish.key, wish.source, "", self.writer.settings.wording)
        if mark != event.mark and mark is not None and "extendedProperties" not in put:
            put |= _private(mark)
        return {"description": description, "location": location, **put}

    def _sure(self, event: Event, wish: Placement) -> Event:
        there = wish.meeting is None or edits.shows(event, wish.meeting, wish.key)
        return sure(event, done=there and drafts.has(event, wish.draft))


def _kept(event: Event, description: str, *, same: bool, draft: Draft, wording: Wording) -> Json:
    """Return description and location with the details on them that are there, if any."""
    found = event.block
    if found is not None and found.key and not same:
        lines = found.text.splitlines()
        description = block.put(description, found.key, lines, texts=wording.texts)
    return {
        "description": description,
        "location": wishes.location(event, draft, edits.own_urls(event, "")),
    }


def _native(item: Item, event: Event, wish: Placement) -> Json:
    """Return the wish for a Meet, where there is no conference yet."""
    found = event.native
    if wish.native != "meet" or (found is not None and found.state != "failed"):
        return {}
    data = conference.create_meet(conference.request_id(wish.key, item))
    return {"conferenceData": data, **_private(Mark(wish.key, event.ref.event, wish.source))}


def _private(mark: Mark) -> Json:
    return {"extendedProperties": {"private": {wire.MARK: marks.write(mark)}}}


def _concerns_guests(item: Item, event: Event, body: Item, draft: Draft) -> bool:
    """Tell whether there are guests who see anything of a change: another name of the same zone is nothing."""
    guests = [*(item.get("attendees") or ()), *(body.get("attendees") or ())]
    same = (event.start, event.end, event.all_day) == (draft.start, draft.end, draft.all_day)
    unseen = {"start", "end"} if same and not draft.recurrence else set()
    return bool(guests) and not drafts.SEEN.isdisjoint(set(body) - unseen)
