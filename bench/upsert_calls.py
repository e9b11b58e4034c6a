"""The upserts that the load generator sends in an application's name."""

from __future__ import annotations

import json
from collections.abc import Iterator

TOKEN = "bench-" + "t" * 37  # an access token that opens nothing else
OWNER = "bench@application-calendar.invalid"
CALENDAR = "cal_8b487e9152fc63e0"

HEAD = """\
POST /v1/calendars/{calendar}/events HTTP/1.1
Host: 127.0.0.1:{port}
Authorization: Bearer {token}
Content-Type: application/json; charset=utf-8
Content-Length: {length}

"""


def requests(port: int, count: int) -> Iterator[bytes]:
    """Write one upsert for each of so many events."""
    for number in range(count):
        body = json.dumps(_event(number), separators=(",", ":")).encode()
        head = HEAD.format(port=port, calendar=CALENDAR, token=TOKEN, length=len(body))
        yield head.replace("\n", "\r\n").encode() + body


def _event(number: int) -> dict[str, object]:
    return {
        "event_id": f"qTtZdczOccgaPncGJaCiLg-{number}",
        "summary": f"Board meeting {number}",
        "description": "Discuss plans for the next quarter.\nBring your own figures.",
        "start": f"2099-04-{number % 28 + 1:02}T15:30:00Z",
        "end": f"2099-04-{number % 28 + 1:02}T17:00:00Z",
        "tzid": "Europe/Berlin",
        "location": {"description": "Board room"},
        "attendees": {
            "invite": [{"email": f"guest{turn}@bench.example", "display_name": "Guest"} for turn in range(3)]
        },
        "reminders": [{"minutes": 10}],
        "conferencing": {"profile_id": "default"},
        "subscriptions": [
            {
                "type": "webhook",
                "uri": "https://app.bench.example/events",
                "interactions": [{"type": "conferencing_assigned"}, {"type": "conferencing_failing"}],
            }
        ],
    }
