"""Whereby's JSON and our vocabulary: bodies to send, rooms from answers. No I/O.

https://docs.whereby.com/reference/whereby-rest-api-reference
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.errors import Transient
from connectors.keys import START, key_in
from connectors.model import Found, Meeting, MeetingRequest
from connectors.moments import moment

SERIES = timedelta(days=3653)  # ten years: a series has no date after which its link may die
SOON = timedelta(days=180)  # a single room that becomes that of a series must last so much longer


@dataclass(frozen=True, slots=True)
class Room:
    """A room as Whereby shows it; it can be entered until an hour after `ends`."""

    meeting: Meeting
    name: str
    made: str
    ends: datetime


def prefix(key: str) -> str:
    """Return what the names of a key's rooms begin with: lower-case letters and digits, at most 39."""
    return key.lower()


def create_body(
    key: str, request: MeetingRequest, now: datetime, *, room_mode: str, room_days: int
) -> dict[str, Any]:
    """Return the body of a create.

    The room is not locked: into a locked one only a host lets people, and the host's link is never asked for.
    """
    ends = now + SERIES if request.start is None else max(_end(request), now) + timedelta(days=room_days)
    return {
        "endDate": ends.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "isLocked": False,
        "roomMode": room_mode,
        "roomNamePrefix": prefix(key),
        "roomNamePattern": "uuid",
    }


def lasts(room: Room, request: MeetingRequest, now: datetime) -> bool:
    """Tell whether the room is open as long as the request needs it."""
    needed = now + SOON if request.start is None else max(_end(request), now)
    return room.ends >= needed


def query(key: str, cursor: str = "") -> dict[str, str | int]:
    """Return the query that lists the rooms of a key."""
    asked: dict[str, str | int] = {"roomName[startsWith]": f"/{prefix(key)}", "limit": 100}
    return asked | ({"cursor": cursor} if cursor else {})


def room(body: Any, host: str = "") -> Room:
    """Return the room of an answer. Raises Transient for an answer without id, link or end.

    The link that makes its visitor a host (`hostRoomUrl`) is left where it is.
    """
    if not isinstance(body, dict) or not body.get("meetingId") or not _is_link(body.get("roomUrl")):
        raise _strange()
    try:
        ends = datetime.fromisoformat(str(body.get("endDate")))
    except ValueError:
        raise _strange() from None
    return Room(
        Meeting(
            service="whereby",
            name="Whereby",
            id=str(body["meetingId"]),
            join_url=str(body["roomUrl"]),
            host=host,
        ),
        name=str(body.get("roomName") or ""),
        made=str(body.get("startDate") or ""),
        ends=ends if ends.tzinfo else ends.replace(tzinfo=UTC),
    )


def rooms(page: Any, key: str, host: str) -> list[Room]:
    """Return those rooms of a page that are the key's, whatever else the page holds.

    Raises Transient for an answer that must not pass for an empty list.
    """
    results = page.get("results") if isinstance(page, dict) else None
    if not isinstance(results, list):
        raise _strange()
    mine = f"/{prefix(key)}"
    return [room(one, host) for one in results if isinstance(one, dict) and _name(one).startswith(mine)]


def found(page: Any) -> list[Found]:
    """Return the rooms of a page that carry a key. Raises Transient as `rooms` does."""
    made = [(key_in(one.name.lstrip("/")), one) for one in rooms(page, START, "")]
    return [
        Found(key, one.meeting.id, "", moment(one.made), one.meeting.join_url) for key, one in made if key
    ]


def cursor(page: Mapping[str, Any]) -> str:
    """Return where the next page begins; "" after the last one."""
    return str(page.get("cursor") or "")


def _name(item: Mapping[str, Any]) -> str:
    return f"/{str(item.get('roomName') or '').lstrip('/')}"


def _end(request: MeetingRequest) -> datetime:
    assert request.start is not None  # noqa: S101 - the caller has looked
    return request.start + timedelta(minutes=max(1, request.minutes))


def _is_link(url: Any) -> bool:
    return isinstance(url, str) and url.startswith("https://")


def _strange() -> Transient:
    message = "Whereby answered with something that is not a room"
    return Transient(message, provider="whereby", reason="bad_answer")
