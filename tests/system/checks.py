"""What has to be true in the end: each flagged event has one meeting of its own, and nothing else has any."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime

from tests.system.seen import Json, Seen, at_google, at_outlook

KEY = r"hd[0-9a-v]{16}"
OPENING = re.compile(rf"^-{{3,4}} Online meeting \(({KEY})\) -{{3,4}}$", re.MULTILINE)
CLOSING = re.compile(rf"^-{{3,4}} End of online meeting \(({KEY})\) -{{3,4}}$", re.MULTILINE)
JOIN = re.compile(r"^Join [^:\n]+: (https?://\S+)$", re.MULTILINE)
ZOOM, STATIC = "https://us02web.zoom.us/j/", "https://meet.example.net/"
STARTS = {
    "zoom": ZOOM,
    "static": STATIC,
    "meet": "https://meet.google.com/",
    "teams": "https://teams.microsoft.com/l/meetup-join/",
    "goto": "https://meet.goto.com/",
    "webex": "https://sandbox.webex.com/",
    "jitsi": "https://jitsi.example.net/",
    "whereby": "https://sandbox.whereby.com/",
    "daily": "https://sandbox.daily.co/",
}
_INTEGRATED = {"meet", "teams"}
_IN_LOCATIONS = tuple(start for service, start in STARTS.items() if service not in _INTEGRATED)
_LINES = re.compile(r"<br\s*/?>|</?(?:p|div|ul|li|table|tr|body|html)\b[^>]*>", re.IGNORECASE)
_MARKUP = re.compile(r"<!--.*?-->|<[^>]*>", re.DOTALL)


def readable(text: str) -> str:
    """Return the lines that people see of a text that may be HTML."""
    if not re.search(r"<[a-zA-Z/!]", text):
        return text
    bare = _MARKUP.sub("", _LINES.sub("\n", text.replace("\r\n", " ")))
    return "\n".join(line.strip() for line in html.unescape(bare).replace("\xa0", " ").splitlines())


def words(event: Seen) -> str:
    """Return the text of an event as people read it."""
    return readable(event.text).strip()


def link(event: Seen) -> str:
    """Return the link that people see on the event and that we put there; "" where there is none."""
    text = readable(event.text)
    opening = OPENING.search(text)
    found = JOIN.search(text, opening.end()) if opening else None
    return found[1] if found else event.native


def of(event: Seen) -> str:
    """Say of which service the event's meeting is; "" where it has none."""
    url = link(event)
    return next((service for service, start in STARTS.items() if url.startswith(start)), "")


def traces(event: Seen) -> list[str]:
    """List everything on an event that only we put there."""
    text = readable(event.text)
    found = {
        "a block": OPENING.search(text) or CLOSING.search(text) or "nline meeting (hd" in event.text,
        "a mark": event.mark,
        "a link in the location": event.location.startswith(_IN_LOCATIONS),
        "a conference": event.online,
    }
    return [what for what, there in found.items() if there]


def wrong(state: Json, wanted: Mapping[str, str]) -> list[str]:
    """List what is not as it should be. `wanted` gives the service of each event that should have a meeting."""
    events = {event.id: event for event in _organizers_copies(state)}
    meetings = {meeting["join_url"]: meeting for meeting in state["zoom"]["meetings"]}
    missing = [f"{event} is gone" for event in wanted.keys() - events.keys()]
    told = [f"{event.title} ({name}): {problem}"
            for name, event in events.items()
            for problem in _of_event(event, wanted.get(name, ""), meetings)]  # fmt: skip
    links = Counter(link(events[name]) for name in wanted if name in events)
    shared = [f"{url} is on {times} events" for url, times in links.items() if url and times > 1]
    orphans = [
        f"{meeting['topic']} ({url}) is on no event" for url, meeting in meetings.items() if url not in links
    ]
    return missing + told + shared + orphans


def _organizers_copies(state: Json) -> Iterable[Seen]:
    """Return the events that are neither cancelled, nor a guest's copy, nor an occurrence of a series."""
    for home, read in (("google", at_google), ("microsoft", at_outlook)):
        for calendar in state.get(home, {}).get("calendars", {}).values():
            for event in map(read, calendar["events"]):
                if event.own and not event.cancelled and not event.series:
                    yield event


def _of_event(event: Seen, service: str, meetings: Mapping[str, Json]) -> list[str]:
    if not service:
        return [f"has {what}, though it should have no meeting" for what in traces(event)]
    text, blocks = readable(event.text), int(service not in _INTEGRATED)
    found = []
    if (len(OPENING.findall(text)), len(CLOSING.findall(text))) != (blocks, blocks):
        found.append(f"{len(OPENING.findall(text))} blocks in {event.text!r}")
    if of(event) != service:
        found.append(f"should have {service} and has {of(event) or 'nothing'}")
    if blocks and event.online:
        found.append(f"has {event.native or 'a conference'} beside it")
    if not event.mark:
        found.append("has no mark")
    return found + (_of_zoom(event, meetings.get(link(event))) if service == "zoom" and not found else [])


def _of_zoom(event: Seen, meeting: Json | None) -> list[str]:
    if meeting is None:
        return [f"its meeting {link(event)} does not exist"]
    found = []
    if meeting["topic"] != (topic := _topic(event)):
        found.append(f"its meeting is called {meeting['topic']!r} and not {topic!r}")
    if not event.repeats and datetime.fromisoformat(meeting["start_time"]) != event.start:
        found.append(f"its meeting is at {meeting['start_time']}, not {event.start}")
    if meeting.get("password", "") not in html.unescape(readable(event.text)):
        found.append("its passcode is not on the event")
    return found


def _topic(event: Seen) -> str:
    """Return the title as a meeting bears it: without the keyword that asks for it."""
    return " ".join(re.sub(r"@(zoom|video)\b", "", event.title).split()) or "Meeting"
