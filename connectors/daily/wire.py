"""Daily's JSON and our vocabulary: bodies to send, rooms from answers. No I/O.

https://docs.daily.co/reference/rest-api/rooms
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.errors import Rejected, Transient
from connectors.keys import key_in
from connectors.model import Found, Meeting, MeetingRequest
from connectors.moments import moment

ALWAYS_OPEN = 1  # a second after the epoch began: 0 may pass for nothing at all
OPEN_END = int(datetime(2100, 1, 1, tzinfo=UTC).timestamp())
ODD = re.compile(r"[^A-Za-z0-9_-]")


def name(key: str) -> str:
    """Return the room of a key: a name that nobody guesses, since the key is chance."""
    return ODD.sub("-", key)[:41]


def create_body(key: str, request: MeetingRequest, *, early: int, late: int) -> dict[str, Any]:
    """Return the body of a create. Whoever has the link may enter: a private room would ask for a token."""
    return {"name": name(key), "privacy": "public", "properties": times(request, early=early, late=late)}


def update_body(request: MeetingRequest, *, early: int, late: int) -> dict[str, Any]:
    """Return the body of an update: when the room is open, and nothing else."""
    return {"properties": times(request, early=early, late=late)}


def times(request: MeetingRequest, *, early: int, late: int) -> dict[str, int]:
    """Return from when to when people may enter, in seconds since the epoch; for a series, at any time.

    Both are always stated, so that an update takes the times of a single event away from what became a series.
    """
    if request.start is None:
        return {"nbf": ALWAYS_OPEN, "exp": OPEN_END}
    end = request.start + timedelta(minutes=max(1, request.minutes) + late)
    return {"nbf": _epoch(request.start - timedelta(minutes=early)), "exp": _epoch(end)}


def follows(body: Any, request: MeetingRequest, *, early: int, late: int) -> bool:
    """Tell whether the room that Daily shows is as an update with this request would leave it."""
    config = body.get("config") if isinstance(body, dict) else None
    shown: Mapping[str, Any] = config if isinstance(config, dict) else {}
    wanted = times(request, early=early, late=late)
    return all(shown.get(key) == value for key, value in wanted.items())


def meeting(body: Any, host: str) -> Meeting:
    """Return the meeting of an answer. Raises Transient for an answer without name or link."""
    url = body.get("url") if isinstance(body, dict) else None
    if not isinstance(url, str) or not url.startswith("https://") or not body.get("name"):
        message = "Daily answered with something that is not a room"
        raise Transient(message, provider="daily", reason="bad_answer")
    return Meeting(service="daily", name="Daily", id=str(body["name"]), join_url=url, host=host)


def page(body: Any) -> list[dict[str, Any]]:
    """Return the rooms of a page. Raises Transient for an answer that must not pass for an empty one."""
    rooms = body.get("data") if isinstance(body, dict) else None
    if not isinstance(rooms, list):
        message = "Daily answered with something that is not a list"
        raise Transient(message, provider="daily", reason="bad_answer")
    return [one for one in rooms if isinstance(one, dict) and one.get("name")]


def found(room: Mapping[str, Any]) -> Found | None:
    """Return a room of a list with the key that is its name; None where its name is none."""
    said = str(room["name"])
    if key_in(said) != said:
        return None
    return Found(said, said, "", moment(room.get("created_at")), str(room.get("url") or ""))


def is_taken(error: Rejected) -> bool:
    """Tell whether a create was refused because there is a room of that name: ours, from an earlier try."""
    return error.status == 400 and "already exists" in str(error)


def _epoch(moment: datetime) -> int:
    return int(moment.timestamp())
