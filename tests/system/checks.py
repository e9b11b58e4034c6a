"""What has to be true in the end: each flagged event has one meeting of its own, and nothing else has any."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime

from tests.system.providers import Json

KEY = r"hd[0-9a-v]{16}"
OPENING = re.compile(rf"^-{{3,4}} Online meeting \(({KEY})\) -{{3,4}}$", re.MULTILINE)
CLOSING = re.compile(rf"^-{{3,4}} End of online meeting \(({KEY})\) -{{3,4}}$", re.MULTILINE)
JOIN = re.compile(r"^Join [^:\n]+: (https?://\S+)$", re.MULTILINE)
ZOOM, STATIC = "https://us02web.zoom.us/j/", "https://meet.example.net/"
SERVICES = ("meet", "zoom", "static")


def link(event: Json) -> str:
    """Return the link that people see on the event; "" where there is none."""
    found = JOIN.search(event.get("description", ""))
    return found[1] if found else event.get("hangoutLink", "")


def mark(event: Json) -> str:
    """Return our note on the event."""
    return event.get("extendedProperties", {}).get("private", {}).get("huddled", "")


def of(event: Json) -> str:
    """Say of which service the event's meeting is; "" where it has none."""
    url = link(event)
    starts = {"zoom": ZOOM, "static": STATIC, "meet": "https://meet.google.com/"}
    return next((service for service, start in starts.items() if url.startswith(start)), "")


def traces(event: Json) -> list[str]:
    """List everything on an event that only we put there."""
    text, place = event.get("description", ""), event.get("location", "")
    found = {
        "a block": OPENING.search(text) or CLOSING.search(text) or "nline meeting (hd" in text,
        "a mark": mark(event),
        "a link in the location": place.startswith((ZOOM, STATIC)),
        "a conference": event.get("conferenceData"),
    }
    return [what for what, there in found.items() if there]


def wrong(state: Json, wanted: Mapping[str, str]) -> list[str]:
    """List what is not as it should be. `wanted` gives the service of each event that should have a meeting."""
    events = {event["id"]: event for event in _organizers_copies(state)}
    meetings = {meeting["join_url"]: meeting for meeting in state["zoom"]["meetings"]}
    missing = [f"{event} is gone" for event in wanted.keys() - events.keys()]
    told = [f"{event.get('summary')} ({name}): {problem}"
            for name, event in events.items()
            for problem in _of_event(event, wanted.get(name, ""), meetings)]  # fmt: skip
    links = Counter(link(events[name]) for name in wanted if name in events)
    shared = [f"{url} is on {times} events" for url, times in links.items() if url and times > 1]
    orphans = [
        f"{meeting['topic']} ({url}) is on no event" for url, meeting in meetings.items() if url not in links
    ]
    return missing + told + shared + orphans


def _organizers_copies(state: Json) -> Iterable[Json]:
    """Return the events that are neither cancelled, nor a guest's copy, nor an occurrence of a series."""
    for calendar in state["google"]["calendars"].values():
        for event in calendar["events"]:
            own = event.get("organizer", {}).get("self")
            if own and event["status"] != "cancelled" and "recurringEventId" not in event:
                yield event


def _of_event(event: Json, service: str, meetings: Mapping[str, Json]) -> list[str]:
    if not service:
        return [f"has {what}, though it should have no meeting" for what in traces(event)]
    text, blocks = event.get("description", ""), int(service != "meet")
    found = []
    if (len(OPENING.findall(text)), len(CLOSING.findall(text))) != (blocks, blocks):
        found.append(f"{len(OPENING.findall(text))} blocks in {text!r}")
    if of(event) != service:
        found.append(f"should have {service} and has {of(event) or 'nothing'}")
    if not mark(event):
        found.append("has no mark")
    return found + (_of_zoom(event, meetings.get(link(event))) if service == "zoom" and not found else [])


def _of_zoom(event: Json, meeting: Json | None) -> list[str]:
    if meeting is None:
        return [f"its meeting {link(event)} does not exist"]
    found = []
    if meeting["topic"] != (topic := _topic(event)):
        found.append(f"its meeting is called {meeting['topic']!r} and not {topic!r}")
    if "recurrence" not in event and _moment(meeting["start_time"]) != _moment(event["start"]["dateTime"]):
        found.append(f"its meeting is at {meeting['start_time']}, not {event['start']}")
    if meeting.get("password", "") not in html.unescape(event["description"]):
        found.append("its passcode is not on the event")
    return found


def _topic(event: Json) -> str:
    """Return the title as a meeting bears it: without the keyword that asks for it."""
    return " ".join(re.sub(r"@(zoom|video)\b", "", event.get("summary", "")).split()) or "Meeting"


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
