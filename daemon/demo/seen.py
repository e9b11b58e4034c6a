"""What the demo's audience sees: events, meetings and calls, as the sandbox shows them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

Json = Mapping[str, Any]

KEYWORD = re.compile(r"(?i)(?<!\w)@(zoom|meet)\b")
ZOOM_LINK = re.compile(r"https://[\w.-]*zoom\.us/j/[^\s<>\"]+")
FOREIGN = "https://teams.microsoft.com/"
WRITES = {"events.patch", "zoom.create", "zoom.update", "zoom.delete"}


def own_events(state: Json) -> Iterator[Json]:
    """Yield every event that is not cancelled, once: as it stands in its organizer's calendar."""
    for calendar, content in state["google"]["calendars"].items():
        for event in content["events"]:
            if event["status"] != "cancelled" and event.get("organizer", {}).get("email") == calendar:
                yield event


def is_flagged(event: Json) -> bool:
    """Whether a keyword stands on the event, as somebody has typed it."""
    return any(KEYWORD.search(event.get(place, "")) for place in ("summary", "location", "description"))


def is_taken(event: Json) -> bool:
    """Whether the event carries the link of a service that huddled has nothing to do with."""
    return FOREIGN in event.get("description", "")


def link(event: Json) -> str:
    """Return the join link that stands on the event; empty where there is none."""
    found = ZOOM_LINK.search(event.get("description", ""))
    return str(event.get("hangoutLink") or (found[0] if found else ""))


def shown(url: str) -> str:
    """Return the link without what opens the door."""
    return url.partition("?")[0]


def begins(event: Json) -> datetime:
    """Return when the event begins; raise KeyError where it lasts all day."""
    return datetime.fromisoformat(event["start"]["dateTime"])


def at(start: datetime, minutes: int) -> dict[str, Any]:
    """Return the times of an event."""
    end = start + timedelta(minutes=minutes)
    return {"start": {"dateTime": start.isoformat()}, "end": {"dateTime": end.isoformat()}}


def zoom_meetings(state: Json, topic: str | None = None) -> list[Json]:
    """Return the meetings that live at Zoom, all or those of one topic."""
    meetings = state["zoom"]["meetings"]
    return [meeting for meeting in meetings if topic is None or meeting["topic"] == topic]


def meeting_begins(meeting: Json) -> datetime:
    """Return when Zoom believes that the meeting begins."""
    return datetime.fromisoformat(meeting["start_time"])


def writes(calls: Sequence[Json]) -> list[Json]:
    """Return the calls that change something at a provider, tried or done."""
    return [call for call in calls if call["op"] in WRITES]


@dataclass(frozen=True, slots=True)
class Score:
    """How the world stands when the story is over."""

    flagged: int
    meetings: int
    orphans: int
    without_link: int
    mails: int
    changes: int
    writes: int

    @property
    def good(self) -> bool:
        """Whether each flagged event has exactly one meeting, and nobody was bothered."""
        whole = self.flagged == self.meetings and not self.orphans and not self.without_link
        return whole and not self.mails and self.writes <= 2 * self.changes


def score(state: Json, mails: int, changes: int, written: int) -> Score:
    """Count what there is: the meetings are Zoom's, and the Meets that stand on events."""
    events = [event for event in own_events(state) if link(event)]
    zoom = {meeting["join_url"] for meeting in zoom_meetings(state)}
    meets = {event["hangoutLink"] for event in events if event.get("hangoutLink")}
    wanted = [event for event in own_events(state) if is_wanted(event)]
    return Score(
        flagged=len(wanted),
        meetings=len(zoom_meetings(state)) + len(meets),
        orphans=len(zoom - {link(event) for event in events}),
        without_link=sum(link(event) not in zoom | meets for event in wanted),
        mails=mails,
        changes=changes,
        writes=written,
    )


def is_wanted(event: Json) -> bool:
    """Whether a keyword asks for a meeting; one in the location has made way for the link by then."""
    source = event.get("extendedProperties", {}).get("private", {}).get("huddled", "")
    return not is_taken(event) and (is_flagged(event) or "location:" in source)
