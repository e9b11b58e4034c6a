"""The invitation text that Zoom words for a meeting, with CRLF line ends and its own line for the time."""

from __future__ import annotations

from typing import Any, Final
from zoneinfo import ZoneInfo

from sandbox.zoom.answers import DIAL_IN, SITE, join_url
from sandbox.zoom.model import NO_FIXED_TIME, Meeting

STAMP: Final = "%b %-d, %Y %I:%M %p"


def invitation(meeting: Meeting, *, no_dial_in: bool) -> dict[str, Any]:
    """Write the answer of GET /meetings/{id}/invitation."""
    parts = [
        [f"{meeting.host.name} is inviting you to a scheduled Zoom meeting."],
        [f"Topic: {meeting.topic}", *_time(meeting)],
        ["Join Zoom Meeting", join_url(meeting)],
        [f"Meeting ID: {_spaced(meeting.id)}", *_passcode(meeting.password)],
        *([] if no_dial_in else _phone(meeting)),
        ["---"],
        ["Join by SIP", f"• {meeting.id}@zoomcrc.com"],
    ]
    text = "\r\n\r\n".join("\r\n".join(part) for part in parts) + "\r\n\r\n"
    return {"invitation": text, "sip_links": [f"sip:{meeting.id}@zoomcrc.com"]}


def _time(meeting: Meeting) -> list[str]:
    if meeting.type == NO_FIXED_TIME or meeting.start is None:
        return ["Time: This is a recurring meeting Meet anytime"]
    zone = ZoneInfo(meeting.timezone)
    first = f"Time: {meeting.start.astimezone(zone).strftime(STAMP)} {meeting.timezone.replace('_', ' ')}"
    dates = [one for one in meeting.occurrences if one.status == "available"]
    return [first, *(f"        {one.start.astimezone(zone).strftime(STAMP)}" for one in dates)]


def _phone(meeting: Meeting) -> list[list[str]]:
    numbers = [(f"{one['number']}", one.get("city"), one["country_name"]) for one in DIAL_IN]
    places = [(number, f"{country} ({city})" if city else country) for number, city, country in numbers]
    pin = f",,,,*{meeting.phone_password}#" if meeting.password else ""
    return [
        ["---"],
        [
            "One tap mobile",
            *(f"{number.replace(' ', '')},,{meeting.id}#{pin} {place}" for number, place in places),
        ],
        ["---"],
        ["Dial by your location", *(f"• {number} {place}" for number, place in places)],
        [
            f"Meeting ID: {_spaced(meeting.id)}",
            *_passcode(meeting.phone_password if meeting.password else ""),
        ],
        [f"Find your local number: {SITE}/u/k{meeting.id % 10**9:x}"],
    ]


def _passcode(text: str) -> list[str]:
    return [f"Passcode: {text}"] if text else []


def _spaced(meeting_id: int) -> str:
    text = str(meeting_id)
    return f"{text[:-8]} {text[-8:-4]} {text[-4:]}"
