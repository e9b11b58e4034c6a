"""What the body of a create and of an update has to hold: the same for both, nothing left out.

https://developer.goto.com/GoToMeetingV1#tag/Meetings/operation/createMeeting
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from sandbox.goto.errors import invalid
from sandbox.texts import is_line

TIME: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")
KINDS: Final = ("immediate", "recurring", "scheduled")


def _subject(value: Any) -> bool:
    return is_line(value, 100) and not set("<>") & set(value)


def _time(value: Any) -> bool:
    if not isinstance(value, str) or not TIME.fullmatch(value):
        return False
    try:
        read(value)
    except ValueError:
        return False
    return True


def _keys(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(key, str) for key in value)


REQUIRED: Final[Mapping[str, Callable[[Any], bool]]] = {
    "subject": _subject,
    "starttime": _time,
    "endtime": _time,
    "passwordrequired": lambda value: isinstance(value, bool),
    "conferencecallinfo": lambda value: isinstance(value, str) and 0 < len(value) <= 255,
    "timezonekey": lambda value: value == "",
    "meetingtype": lambda value: value in KINDS,
}


def check(body: Any) -> dict[str, Any]:
    """Return the body if it is right; raise Refused (400) if not."""
    if not isinstance(body, dict):
        raise invalid("A JSON object is wanted")
    for name, good in REQUIRED.items():
        if name not in body:
            raise invalid(f"Missing field: {name}")
        if not good(body[name]):
            raise invalid(f"Invalid field: {name}")
    if unknown := sorted(body.keys() - REQUIRED.keys() - {"coorganizerKeys"}):
        raise invalid(f"Unknown field: {unknown[0]}")
    if not _keys(body.get("coorganizerKeys", [])):
        raise invalid("Invalid field: coorganizerKeys")
    if read(body["endtime"]) <= read(body["starttime"]):
        raise invalid("endtime has to be after starttime")
    return body


def read(text: str) -> datetime:
    """Turn `2026-12-01T14:00:00Z` into an instant; raise ValueError for no date."""
    return datetime.fromisoformat(text)
