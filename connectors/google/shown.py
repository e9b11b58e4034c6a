"""What readers are told of an event beyond what decides anything, in Google's words. Sans-I/O, and tolerant.

https://developers.google.com/workspace/calendar/api/v3/reference/events
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from connectors.google.times import instant
from connectors.model import Answered, Native, Shown

Answer = Literal["accepted", "declined", "tentative", "needs_action", "unknown"]

_ANSWERS: Mapping[str, Answer] = {
    "accepted": "accepted",
    "declined": "declined",
    "tentative": "tentative",
    "needsAction": "needs_action",
}
PRIVATE = frozenset({"private", "confidential"})


def shown(item: Mapping[str, Any], native: Native | None, text: str) -> Shown:
    """Read it off an event, whose description reads as `text`. Who organizes without being invited takes part."""
    organizer = item.get("organizer") or {}
    people = [guest for guest in item.get("attendees") or () if not guest.get("resource")]
    own = next((guest for guest in people if guest.get("self")), None)
    standing: Answer = "accepted" if organizer.get("self", not organizer) else "unknown"
    return Shown(
        created=_moment(item.get("created")),
        updated=_moment(item.get("updated")),
        organizer=str(organizer.get("displayName") or ""),
        attendees=tuple(_answered(guest) for guest in people if guest.get("email")),
        answer=_answer(own) if own else standing,
        status="tentative" if item.get("status") == "tentative" else "confirmed",
        transparent=item.get("transparency") == "transparent",
        private=item.get("visibility") in PRIVATE,
        join_url=native.join_url if native else "",
        text=text,
    )


def _answered(guest: Mapping[str, Any]) -> Answered:
    address = str(guest["email"]).strip().lower()
    return Answered(address, str(guest.get("displayName") or ""), _answer(guest))


def _answer(guest: Mapping[str, Any]) -> Answer:
    return _ANSWERS.get(str(guest.get("responseStatus")), "unknown")


def _moment(text: Any) -> datetime | None:
    try:
        return instant(str(text))
    except ValueError:
        return None
