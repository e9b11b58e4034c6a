"""What readers are told of an event beyond what decides anything, in Graph's words. Sans-I/O, and tolerant.

https://learn.microsoft.com/en-us/graph/api/resources/event
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from connectors.microsoft.times import instant
from connectors.microsoft.values import mapping, sequence, text
from connectors.model import Answered, Native, Shown

Answer = Literal["accepted", "declined", "tentative", "needs_action", "unknown"]

_ANSWERS: Mapping[str, Answer] = {
    "accepted": "accepted",
    "declined": "declined",
    "tentativelyaccepted": "tentative",
    "notresponded": "needs_action",
    "organizer": "accepted",
}
PRIVATE = frozenset({"private", "confidential"})
FREE = "free"


def shown(item: Mapping[str, Any], native: Native | None, description: str) -> Shown:
    """Read it off an event, whose description is as people read it."""
    organizer = mapping(mapping(item.get("organizer")).get("emailAddress"))
    people = (mapping(guest) for guest in sequence(item.get("attendees")))
    own = text(mapping(item.get("responseStatus")).get("response")).lower()
    shows = text(item.get("showAs")).lower()
    standing: Answer = "accepted" if item.get("isOrganizer") is True else "unknown"
    return Shown(
        created=_moment(item.get("createdDateTime")),
        updated=_moment(item.get("lastModifiedDateTime")),
        organizer=text(organizer.get("name")),
        attendees=tuple(
            answered
            for guest in people
            if guest.get("type") != "resource" and (answered := _answered(guest)).address
        ),
        answer=_ANSWERS.get(own, standing),
        status="tentative" if shows == "tentative" else "confirmed",
        transparent=shows == FREE,
        private=text(item.get("sensitivity")).lower() in PRIVATE,
        categories=tuple(text(name) for name in sequence(item.get("categories")) if text(name)),
        join_url=native.join_url if native else "",
        original=_moment(item.get("originalStart")) if item.get("seriesMasterId") else None,
        text=description,
    )


def _answered(guest: Mapping[str, Any]) -> Answered:
    person = mapping(guest.get("emailAddress"))
    response = text(mapping(guest.get("status")).get("response")).lower()
    answer = "needs_action" if response == "none" else _ANSWERS.get(response, "unknown")
    return Answered(text(person.get("address")).strip().lower(), text(person.get("name")), answer)


def _moment(told: Any) -> datetime | None:
    try:
        return instant(text(told))
    except ValueError:
        return None
