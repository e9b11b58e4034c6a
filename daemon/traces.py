"""What of ours stands on an event. Pure."""

from __future__ import annotations

from hashlib import sha256

from connectors import filled
from connectors.keywords import find
from connectors.location import holds
from connectors.model import Conference, Event, Meeting
from connectors.placeholders import wants_block, wants_link


def is_pending(event: Event, meeting: Meeting) -> bool:
    """Whether the calendar is still at making what lives on the event."""
    return meeting.native and event.native is not None and event.native.state == "pending"


def shows(event: Event, known: Conference, meeting: Meeting, source: str) -> bool:
    """Whether the event carries the details as it should, and no keyword or placeholder where the link belongs.

    Only the link and the passcode count: other words, another language, other numbers to dial in from are no
    reason to write on every event at once.
    """
    if source.startswith("location:") and find(event.location) is not None:
        return False
    if wants_link(event.location) or _owes_links(event, meeting.join_url):
        return False
    if meeting.native:
        alone = event.block is None  # one that was copied here would be a second, dead link
        return alone and event.native is not None and event.native.join_url == meeting.join_url
    if event.block is not None and event.block.key == known.key:
        return meeting.join_url in event.block.text and meeting.passcode in event.block.text
    # Somebody damaged the markers but left the link: a second block would be worse than a scruffy one. Not so where it
    # is the link that took the place of a placeholder: what is left of the block is tidied up then.
    left = event.block is None or not (event.mark and event.mark.links)
    return known.written and left and meeting.join_url in event.notes


def imprint(event: Event, meeting: Meeting | None, *, make: bool = False) -> str:
    """Tell a write from others: by what it is to put there (None: take off), and by what stands there before.

    Not by what it has nothing to do with, such as the answers of guests. `make`: the event is to get a meeting that
    lives on it.
    """
    native = (event.native.service, event.native.join_url) if event.native else None
    wanted = (meeting.join_url, meeting.passcode) if meeting else make
    return sha256(repr((event.description, event.location, native, wanted)).encode()).hexdigest()[:16]


def taken_off(event: Event, meeting: Meeting) -> bool:
    """Whether nothing is left of details that were on the event, and nothing says where they are to stand."""
    if meeting.native:
        return event.native is None or event.native.join_url not in {meeting.join_url, ""}
    if wants_block(event.description, html=event.html) or _owes_links(event, meeting.join_url):
        return False  # a program has written its text anew, with a placeholder in it
    return event.block is None and meeting.join_url not in event.notes


def _owes_links(event: Event, url: str) -> bool:
    """Whether the description has placeholders for the link, or shows another one in the place of them."""
    links = event.mark.links if event.mark else ""
    return filled.owed(event.description, event.notes, links, url, html=event.html)


def carries(event: Event, known: Conference) -> bool:
    """Whether anything of ours is still on the event."""
    url = known.meeting.join_url if known.meeting else ""
    return (
        (event.block is not None and event.block.key == known.key)
        or (event.mark is not None and event.mark.key == known.key)
        or (event.native is not None and event.native.key == known.key)
        or (event.native is not None and event.native.join_url == url != "")
        or (url != "" and holds(event.location, url))
    )


def remains(event: Event) -> str:
    """Return the key of a conference of this event, or of its series, whose details are still on it."""
    mark = event.mark
    if mark is None or mark.event not in {event.ref.event, event.series}:
        return ""
    return mark.key if mark.event == event.ref.event or event.block is not None else ""


def outdated(event: Event, series: Conference, meeting: Meeting) -> bool:
    """Whether an occurrence shows details that are not those of its series any more. None at all are fine."""
    return series.written and event.block is not None and not shows(event, series, meeting, "")
