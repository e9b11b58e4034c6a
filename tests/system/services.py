"""The services that have meetings of their own: where the providers show them, and what they say of their event."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.system.seen import Json, Seen

NO_FIXED_TIME = 3  # the type of Zoom meeting that a series has
ALWAYS = 1  # from when on a room of Daily's is open that a series has
EARLY, LATE = timedelta(hours=1), timedelta(days=1)  # how long a room of Daily's is open around its event


@dataclass(frozen=True, slots=True)
class Service:
    """A service as the providers' state shows it. `agrees` says whether a meeting tells what its event tells."""

    shelf: str
    url: str
    agrees: Callable[[Json, Seen, str], bool]
    host: str = ""  # where it says in whose account a meeting is


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _zoom(meeting: Json, event: Seen, title: str) -> bool:
    invited = {guest["email"] for guest in meeting["settings"].get("meeting_invitees", [])}
    same = (meeting["topic"], invited) == (title, event.guests)
    if event.repeats:
        return same and meeting["type"] == NO_FIXED_TIME
    return same and (_at(meeting["start_time"]), meeting["timezone"]) == (event.start, event.zone)


def _goto(meeting: Json, event: Seen, title: str) -> bool:
    if event.repeats:
        return (meeting["subject"], meeting["type"]) == (title, "recurring")
    when = (_at(meeting["start_time"]), _at(meeting["end_time"]))
    return (meeting["subject"], *when) == (title, event.start, event.end)


def _webex(meeting: Json, event: Seen, title: str) -> bool:
    when = (_at(meeting["start"]), _at(meeting["end"]), meeting["timezone"])
    return (
        (meeting["title"], bool(meeting["recurrence"])) == (title, event.repeats)
        and not meeting["invitees"]
        and when == (event.start.replace(second=0), event.end.replace(second=0), event.zone)
    )


def _unchanging(_room: Json, _event: Seen, _title: str) -> bool:
    """Say no: a room at Whereby cannot be changed, and nothing that is done may pass for a change."""
    return False


def _daily(room: Json, event: Seen, _: str) -> bool:
    if event.repeats:
        return bool(room["config"]["nbf"] == ALWAYS)
    opened = (event.start - EARLY, event.end + LATE)
    return (room["config"]["nbf"], room["config"]["exp"]) == tuple(one.timestamp() for one in opened)


SERVICES = {
    "zoom": Service("meetings", "join_url", _zoom, "host_email"),
    "goto": Service("meetings", "join_url", _goto, "host_email"),
    "webex": Service("meetings", "webLink", _webex, "host"),
    "whereby": Service("meetings", "roomUrl", _unchanging),
    "daily": Service("rooms", "url", _daily),
}


def meetings(state: Json, service: str, account: str) -> dict[str, Json]:
    """Return the living meetings of a service by their links, of one account where people have accounts there.

    There is none at a service whose links are all that there is.
    """
    if service not in SERVICES:
        return {}
    there = SERVICES[service]
    return {
        one[there.url]: one
        for one in state[service][there.shelf]
        if not there.host or one[there.host] == account
    }
