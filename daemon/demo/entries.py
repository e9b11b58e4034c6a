"""Events as they stand in people's calendars, Google's and Outlook's alike, as the sandbox shows them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from typing import Any

Json = Mapping[str, Any]

KEYWORD = re.compile(r"(?i)(?<!\w)@(zoom|meet|teams)\b")
CATEGORIES = {"zoom", "teams", "video call"}  # those that count where the configuration names none
ZOOM_LINK = re.compile(r"https://[\w.-]*zoom\.us/j/[^\s<>\"]+")
FOREIGN = "https://teams.microsoft.com/"
MARK = "name huddled"  # how the id of our note on an Outlook event ends


@dataclass(frozen=True, slots=True)
class Entry:
    """One event in one calendar. `raw` is all of it, as its provider has it."""

    home: str  # "google" or "outlook"
    id: str
    title: str
    place: str
    text: str  # the description or body, with its tags
    categories: tuple[str, ...]
    native: str  # the link that the calendar itself has for its online meeting
    note: str  # what we have noted on it, with what asked for the meeting
    start: datetime | None  # None where it lasts all day
    raw: Json

    @property
    def link(self) -> str:
        """The join link that stands on the event; empty where there is none."""
        found = ZOOM_LINK.search(unescape(self.text))
        return self.native or (found[0] if found else "")

    @property
    def is_flagged(self) -> bool:
        """Whether a keyword or a category stands on the event, as somebody has put it there."""
        typed = any(KEYWORD.search(text) for text in (self.title, self.place, self.text))
        return typed or any(one.lower() in CATEGORIES for one in self.categories)

    @property
    def is_taken(self) -> bool:
        """Whether the event carries the link of a meeting that huddled has nothing to do with: Teams, at Google."""
        return self.home == "google" and FOREIGN in self.text

    @property
    def is_wanted(self) -> bool:
        """Whether a meeting is asked for; a keyword in the location has made way for the link by then."""
        return not self.is_taken and (self.is_flagged or "location:" in self.note)


def from_google(event: Json) -> Entry:
    """Read an event of a Google calendar."""
    start = event.get("start", {}).get("dateTime")
    return Entry(
        home="google",
        id=event["id"],
        title=event.get("summary", ""),
        place=event.get("location", ""),
        text=event.get("description", ""),
        categories=(),
        native=event.get("hangoutLink", ""),
        note=event.get("extendedProperties", {}).get("private", {}).get("huddled", ""),
        start=datetime.fromisoformat(start) if start else None,
        raw=event,
    )


def from_outlook(event: Json) -> Entry:
    """Read an event of an Outlook calendar, whose times are in UTC."""
    notes = event.get("singleValueExtendedProperties", ())
    start = datetime.fromisoformat(event["start"]["dateTime"][:19]).replace(tzinfo=UTC)
    return Entry(
        home="outlook",
        id=event["id"],
        title=event["subject"],
        place=event["location"]["displayName"],
        text=event["body"]["content"],
        categories=tuple(event["categories"]),
        native=(event.get("onlineMeeting") or {}).get("joinUrl") or "",
        note=next((one["value"] for one in notes if one["id"].lower().endswith(MARK)), ""),
        start=None if event["isAllDay"] else start,
        raw=event,
    )


def own_entries(state: Json) -> Iterator[Entry]:
    """Yield every event that is not cancelled, once: as it stands in its organizer's calendar."""
    for calendar, content in state["google"]["calendars"].items():
        for event in content["events"]:
            if event["status"] != "cancelled" and event.get("organizer", {}).get("email") == calendar:
                yield from_google(event)
    for content in state["microsoft"]["calendars"].values():
        for event in content["events"]:
            if event["isOrganizer"] and not event["isCancelled"]:
                yield from_outlook(event)
