"""What to change on an event, as the body of a PATCH, and whether the answer shows it. Pure.

Only fields that are ours, and only where they differ: a PATCH merges objects but replaces arrays, so that a
list of attendees sent back would wipe the guests' answers. An empty body means that nothing is owed.
https://developers.google.com/workspace/calendar/api/guides/performance#patch-semantics
"""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from connectors import block, filled, keywords, marks, placeholders
from connectors.details import details
from connectors.google import conference
from connectors.google.wire import MARK
from connectors.location import holds, swap, without
from connectors.model import Event, Mark, Meeting
from connectors.wording import DEFAULT, Wording

_URL = re.compile(r"https?://[^\s<>\"]+")


def put(
    event: Event, meeting: Meeting, key: str, source: str, earlier: str = "", wording: Wording = DEFAULT
) -> dict[str, Any]:
    """Bring the details of `meeting` onto the event. A native one gets no block: the calendar shows it."""
    texts = wording.texts
    off, lines = partial(block.take, texts=texts), details(meeting, wording)
    on = off if meeting.native else partial(block.put, key=key, lines=lines, texts=texts)
    skip = partial(block.spots, texts=texts)
    description, links = filled.put(event.description, _links(event), meeting.join_url, on, skip, html=None)
    body = _texts(event, description, _location(event, meeting, source, earlier))
    mark = Mark(key, event.ref.event, source, links)
    return body if event.mark == mark else body | _private(marks.write(mark))


def take(event: Event, key: str, earlier: str = "", wording: Wording = DEFAULT) -> dict[str, Any]:
    """Take everything of ours off; of native conferences only that of `key`, or for "" any of ours.

    `earlier` is our join URL, by which a conference is known too whose key Google has forgotten.
    """
    location, texts = event.location, wording.texts
    for url in own_urls(event, earlier):
        location = without(location, url)
    description = filled.take(event.description, _links(event), partial(block.spots, texts=texts), html=None)
    body = _texts(event, block.take(description, texts=texts), location)
    if event.mark is not None:
        body |= _private(None)
    if _own_native(event, key, earlier):
        body["conferenceData"] = None
    return body


def third_party(event: Event, meeting: Meeting, key: str) -> dict[str, Any] | None:
    """Return conference data to write beside the block; None where it is there or would oust somebody's."""
    native = event.native
    if meeting.native or (native is not None and not native.key and native.state != "failed"):
        return None
    if native is not None and (native.key, native.join_url) == (key, meeting.join_url):
        return None
    return conference.third_party(meeting, key)


def shows(event: Event, meeting: Meeting, key: str) -> bool:
    """Tell whether the event carries the details. Nothing is compared byte by byte: Google tidies mark-up."""
    mark = event.mark
    if mark is None or (mark.key, mark.event) != (key, event.ref.event):
        return False
    if mark.source.startswith("location:") and keywords.find(event.location) is not None:
        return False
    if placeholders.wants_link(event.location) or filled.owed(
        event.description, event.notes, mark.links, meeting.join_url, html=None
    ):
        return False
    if meeting.native:
        return event.block is None
    found = event.block
    return (
        found is not None
        and found.key == key
        and meeting.join_url in found.text
        and meeting.passcode in found.text
    )


def bare(event: Event, key: str, earlier: str = "") -> bool:
    """Tell whether nothing of ours is left on the event."""
    return event.block is None and event.mark is None and not _own_native(event, key, earlier)


def _own_native(event: Event, key: str, earlier: str) -> bool:
    native = event.native
    if native is None:
        return False
    return native.key == (key or native.key) != "" or native.join_url == earlier != ""


def _links(event: Event) -> str:
    return event.mark.links if event.mark is not None else ""


def _texts(event: Event, description: str, location: str) -> dict[str, Any]:
    body: dict[str, Any] = {}
    if description != event.description:
        body["description"] = description
    if location != event.location:
        body["location"] = location
    return body


def _private(value: str | None) -> dict[str, Any]:
    return {"extendedProperties": {"private": {MARK: value}}}


def _location(event: Event, meeting: Meeting, source: str, earlier: str) -> str:
    """Put the join URL into an empty location, or in the place of the keyword, of placeholders, of an earlier URL.

    A keyword that asked for nothing, because the title went before it or nobody looks there, is text like any.
    """
    if not event.location.strip():
        return event.location if meeting.native else meeting.join_url
    location = event.location
    for url in own_urls(event, earlier):
        if url != meeting.join_url:
            location = swap(location, url, meeting.join_url)
    location = placeholders.fill(location, meeting.join_url)
    if not source.startswith("location:"):
        return location
    if not holds(location, meeting.join_url):
        return keywords.replace(location, meeting.join_url)
    return keywords.replace(location, "").strip() if keywords.find(location) else location


def own_urls(event: Event, earlier: str) -> list[str]:
    """Return the URLs in our block, of a native conference of ours, and `earlier`; the longest first."""
    found = set(_URL.findall(event.block.text)) if event.block else set()
    found |= {earlier} - {""}
    if event.native is not None and event.native.key and event.native.join_url:
        found.add(event.native.join_url)
    return sorted(found, key=len, reverse=True)
