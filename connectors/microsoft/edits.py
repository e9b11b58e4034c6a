"""What to change on an event, as one PATCH, and whether the answer shows it. Pure.

Only what is ours, and only where it differs: every change of a body, a time or a place is mailed to all guests.
A body that lacks Teams' invitation switches the Teams meeting off, so that a body is only sent where it has to be.
https://learn.microsoft.com/en-us/graph/api/event-update
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from connectors import filled, keywords, marks, placeholders
from connectors.details import details
from connectors.microsoft import body, online, places
from connectors.microsoft.notes import NOTHING, write_teams
from connectors.microsoft.places import Wish
from connectors.model import Event, EventRef, Mark, Meeting, Native
from connectors.wording import DEFAULT, Wording

_URL = re.compile(r"https?://[^\s<>\"]+")


@dataclass(frozen=True, slots=True)
class Patch:
    """What to send; what is None or False is not sent. False as a whole where nothing is owed."""

    content: str | None = None  # of the body
    html: bool = True  # how the body is to be read: as it was
    location: Mapping[str, Any] | None = None
    locations: tuple[Mapping[str, Any], ...] | None = None  # never beside `location`
    mark: str | None = None
    teams: str | None = None
    online_meeting: bool = False  # ask for Teams
    fields: Mapping[str, Any] = field(default_factory=dict)  # of an application's event, as Graph has them
    name: str | None = None  # ours, of a new event

    def __bool__(self) -> bool:
        told = (self.content, self.location, self.locations, self.mark, self.teams, self.name)
        return self.online_meeting or bool(self.fields) or any(value is not None for value in told)


def needs_places(event: Event, meeting: Meeting | None, source: str = "", earlier: str = "") -> bool:
    """Tell whether the event's `location` and `locations` have to be read for `put`, or `take` without a meeting.

    Not where the location was empty before we put our link there, so that there is nothing of others in it.
    """
    wish = _wish(event, meeting, source, earlier)
    filled = event.mark is not None and not event.mark.source.startswith("location:")
    return places.changes(event.location, wish) and not (filled and event.location in wish.former)


def put(
    event: Event,
    meeting: Meeting,
    key: str,
    source: str,
    earlier: str = "",
    read: Mapping[str, Any] | None = None,
    wording: Wording = DEFAULT,
) -> Patch:
    """Bring the details of `meeting` onto the event. A native one gets no block: the calendar shows it.

    `read` is what `needs_places` has asked for.
    """
    html, texts = bool(event.html), wording.texts
    off = partial(body.take, html=html, texts=texts)
    on = partial(body.put, key=key, lines=details(meeting, wording), html=html, texts=texts)
    skip = partial(body.spots, html=html, texts=texts)
    write = off if meeting.native else on
    content, links = filled.put(event.description, _links(event), meeting.join_url, write, skip, html=html)
    mark = Mark(key, event.ref.event, source, links)
    there = places.write(event.location, _wish(event, meeting, source, earlier), read or {})
    return Patch(
        content=_changed(event, content),
        html=html,
        location=there.location,
        locations=there.locations,
        mark=None if event.mark == mark else marks.write(mark),
    )


def take(
    event: Event,
    key: str,
    earlier: str = "",
    read: Mapping[str, Any] | None = None,
    wording: Wording = DEFAULT,
) -> Patch:
    """Take everything of ours off; of Teams meetings only ours, by cutting its invitation out.

    There is no other way: that an event shall not be online is not heard.
    """
    html, texts = bool(event.html), wording.texts
    skip = partial(body.spots, html=html, texts=texts)
    content = filled.take(event.description, _links(event), skip, html=html)
    content = body.take(content, html=html, texts=texts)
    native = event.native
    own = native is not None and is_own(native, key, earlier)
    if native is not None and own:
        content = body.cut(content, native.join_url, html=html)
    there = places.write(event.location, _wish(event, None, "", earlier), read or {})
    if own and event.location == online.STAMP:
        there = places.EMPTY
    stamped = event.mark is not None or (native is not None and native.key != "")
    return Patch(
        content=_changed(event, content),
        html=html,
        location=there.location,
        locations=there.locations,
        mark=NOTHING if event.mark is not None else None,
        # With the mark, because on an event without a meeting it cannot be seen, and would speak up with the next.
        teams=NOTHING if stamped else None,
    )


def create_teams(key: str, at: EventRef, links: str = "") -> Patch:
    """Ask for a Teams meeting, and write down in the same breath that it was us. `links` stay in our mark."""
    return Patch(
        mark=marks.write(Mark(key, at.event, "", links)),
        teams=write_teams(key, at.event),
        online_meeting=True,
    )


def cut(event: Event) -> Patch:
    """Cut the invitation to the Teams meeting of the event out, whoever made it: it came back after a `take`."""
    html, native = bool(event.html), event.native
    content = body.cut(event.description, native.join_url, html=html) if native else event.description
    changed = _changed(event, content)
    stamped = changed is not None and event.location == online.STAMP
    return Patch(content=changed, html=html, location=places.EMPTY.location if stamped else None)


def restore(before: Event, after: Event) -> Patch:
    """Bring back the Teams meeting that a write has lost: its invitation where it was, and the wish for it."""
    html = bool(after.html)
    content = body.restore(after.description, before.description, html=html)
    return Patch(content=content, html=html, online_meeting=True)


def lost_link(before: Event, after: Event) -> bool:
    """Tell whether the event had an online meeting that it has no more, or another one."""
    had, has = before.native, after.native
    if had is None or not had.id or not had.join_url:
        return False
    return has is None or (has.id, has.join_url) != (had.id, had.join_url)


def shows(event: Event, meeting: Meeting, key: str) -> bool:
    """Tell whether the event carries the details. Nothing is compared byte by byte: Exchange tidies mark-up."""
    mark = event.mark
    if mark is None or (mark.key, mark.event) != (key, event.ref.event):
        return False
    if mark.source.startswith("location:") and keywords.find(event.location) is not None:
        return False
    if placeholders.wants_link(event.location) or filled.owed(
        event.description, event.notes, mark.links, meeting.join_url, html=bool(event.html)
    ):
        return False
    found = event.block
    if meeting.native:
        return found is None
    return (
        found is not None
        and found.key == key
        and meeting.join_url in found.text
        and meeting.passcode in found.text
    )


def bare(event: Event, key: str, earlier: str = "") -> bool:
    """Tell whether nothing of ours is left on the event."""
    native = event.native
    left = native is not None and (is_own(native, key, earlier) or is_own(native, key, ""))
    return event.block is None and event.mark is None and not left


def is_own(native: Native, key: str, earlier: str) -> bool:
    """Tell whether this meeting is that of `key`, or for "" any of ours, which `earlier` was the link of.

    Where the link is known it decides: that we asked for one stays on an event to which people gave another.
    """
    if earlier:
        return native.join_url == earlier
    return native.key == (key or native.key) != ""


def _links(event: Event) -> str:
    return event.mark.links if event.mark is not None else ""


def _changed(event: Event, content: str) -> str | None:
    return content if content != event.description else None


def _wish(event: Event, meeting: Meeting | None, source: str, earlier: str) -> Wish:
    former = own_urls(event, earlier)
    if meeting is None:
        return Wish(former=former)
    asked = source.startswith("location:")
    return Wish(meeting.join_url, former, keyword=asked, fill=not meeting.native)


def own_urls(event: Event, earlier: str) -> list[str]:
    """Return the URLs in our block, of a Teams meeting of ours, and `earlier`; the longest first."""
    found = set(_URL.findall(event.block.text)) if event.block else set()
    found.add(earlier)
    if event.native is not None and is_own(event.native, "", earlier):
        found.add(event.native.join_url)
    return sorted(found - {""}, key=len, reverse=True)
