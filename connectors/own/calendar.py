"""Our own calendars, behind `base.Calendar`: what stands in them is what the store last saw of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from connectors import block, placeholders
from connectors.details import details
from connectors.drafts import Placement
from connectors.errors import Conflict, NotFound, Unwatchable
from connectors.location import swap, without
from connectors.model import (
    Answered,
    CalendarInfo,
    Changes,
    Draft,
    Event,
    EventRef,
    Mark,
    Meeting,
    Shown,
    Subscription,
)
from connectors.recurrence import last_end
from connectors.wording import DEFAULT, Wording

PROVIDER = "own"

Load = Callable[[str, str], Awaitable[Event | None]]
"""Find an event by the calendar's name and its own, as it was last seen."""


@dataclass(frozen=True, slots=True)
class OwnCalendar:
    """The one calendar of somebody whom an application has made up."""

    owner: str  # address
    load: Load
    now: Callable[[], datetime]
    wording: Wording = DEFAULT

    async def calendars(self) -> Iterable[CalendarInfo]:
        """List the one that there is."""
        return [CalendarInfo(self.owner, "Calendar", "UTC", writable=True, primary=True)]

    async def changes(self, calendar: CalendarInfo, cursor: str | None) -> Changes:
        """Tell of none: nobody changes anything behind our back."""
        return Changes((), (), cursor or "own")

    async def get(self, calendar: CalendarInfo, event: str) -> Event:
        """Read one event."""
        found = await self.load(calendar.remote, event)
        if found is None:
            raise NotFound(f"there is no {event}", provider=PROVIDER, status=410)
        return found

    async def write(
        self, event: Event, meeting: Meeting | None, key: str, source: str = "", *, earlier: str = ""
    ) -> Event:
        """Put the details of the meeting on the event, or take ours off."""
        return self._kept(self._detailed(await self._same(event), meeting, key, source, earlier))

    async def put(self, calendar: CalendarInfo, name: str, before: Event | None, wanted: Placement) -> Event:
        """Make the event what the draft says. These calendars make no meetings by themselves."""
        before = await (self.load(calendar.remote, name) if before is None else self._same(before))
        event = _drawn(EventRef(calendar.remote, name), wanted.draft, before, self.owner, self.now())
        if wanted.meeting is not None:
            event = self._detailed(event, wanted.meeting, wanted.key, wanted.source, "")
        return event if before is not None and event == before else self._kept(event)

    async def remove(self, calendar: CalendarInfo, event: str) -> None:
        """Let it go: what the store forgets is gone."""

    async def subscribe(self, calendar: CalendarInfo, channel: str, token: str, address: str) -> Subscription:
        """Refuse: there is nothing to be told of."""
        raise Unwatchable("these calendars change through us alone", provider=PROVIDER)

    async def renew(
        self, calendar: CalendarInfo, old: Subscription, channel: str, token: str, address: str
    ) -> Subscription:
        """Refuse: there is nothing to be told of."""
        raise Unwatchable("these calendars change through us alone", provider=PROVIDER)

    async def unsubscribe(self, subscription: Subscription) -> None:
        """Do nothing: there never was one."""

    async def _same(self, event: Event) -> Event:
        """Return the event with what its snapshot does not hold. Raises where it is gone or has changed."""
        found = await self.load(event.ref.calendar, event.ref.event)
        if found is None:
            raise NotFound(f"there is no {event.ref.event}", provider=PROVIDER, status=410)
        if found.etag != event.etag:
            raise Conflict("the event has changed", provider=PROVIDER)
        return replace(event, shown=found.shown)

    def _detailed(self, event: Event, meeting: Meeting | None, key: str, source: str, earlier: str) -> Event:
        texts = self.wording.texts
        if meeting is None:
            text, location = (
                block.take(event.description, html=False, texts=texts),
                without(event.location, earlier),
            )
            return _with_text(replace(event, location=location, mark=None), text, self.wording)
        text = block.put(event.description, key, details(meeting, self.wording), html=False, texts=texts)
        location = swap(event.location, earlier, meeting.join_url) if earlier else event.location
        location = placeholders.fill(location, meeting.join_url) or meeting.join_url
        mark = Mark(key, event.ref.event, source)
        return _with_text(replace(event, location=location, mark=mark), text, self.wording)

    def _kept(self, event: Event) -> Event:
        """Give it the version that it has from now on."""
        bare = replace(event, etag="")
        shown = replace(event.shown, updated=self.now())
        return replace(bare, etag=sha256(repr(bare).encode()).hexdigest()[:16], shown=shown)


def _with_text(event: Event, text: str, wording: Wording) -> Event:
    notes, found = block.split(text, html=False, texts=wording.texts)
    return replace(event, description=text, notes=notes, block=found)


def _drawn(ref: EventRef, draft: Draft, before: Event | None, owner: str, now: datetime) -> Event:
    """Return the event as the draft says. Its details are put there anew: nobody else has the text."""
    recurrence = draft.recurrence or (before.recurrence if before else ())
    invited = {one.address: one for one in (before.shown.attendees if before else ())}
    for one in draft.attendees:
        invited.setdefault(one.address, Answered(one.address, one.name))
    guests = [one for address, one in sorted(invited.items()) if address not in draft.removed]
    text = draft.description if draft.description is not None else before.notes if before else ""
    place = draft.location if draft.location is not None else before.location if before else ""
    shown = Shown(
        created=before.shown.created if before else now,
        updated=now,
        attendees=tuple(guests),
        answer="accepted",
        transparent=draft.transparent,
        private=draft.private,
        text=text,
    )
    last = last_end(draft.start, draft.end, draft.zone, recurrence) if recurrence else draft.end
    return Event(
        ref=before.ref if before else ref,
        etag=before.etag if before else "",
        uid=f"{ref.event}@{owner}",
        title=draft.title,
        location=place,
        description=text,
        notes=text,
        start=draft.start,
        end=draft.end,
        zone=draft.zone,
        all_day=draft.all_day,
        recurrence=recurrence,
        ends=last,
        organizer=owner,
        attendees=tuple(one.address for one in guests),
        html=False,
        mark=before.mark if before else None,
        shown=shown,
    )
