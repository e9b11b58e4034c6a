"""Pushes as Google and Graph send them, from a hand that may also forge them."""

from __future__ import annotations

import http.client
import json
import secrets
from urllib.parse import urlsplit


def knock(
    public: str,
    channel: str,
    token: str,
    *,
    state: str = "exists",
    calendar: str = "ada@example.com",
    **more: str,
) -> int | None:
    """Send a push and return the status of the answer, or None where none came."""
    headers = {
        "X-Goog-Channel-ID": channel,
        "X-Goog-Resource-ID": "bell",
        "X-Goog-Resource-State": state,
        "X-Goog-Resource-URI": f"https://www.googleapis.com/calendar/v3/calendars/{calendar}/events?alt=json",
        "X-Goog-Channel-Token": token,
        "X-Goog-Message-Number": "2",
        **{name.replace("_", "-"): value for name, value in more.items()},
    }
    return post(public, f"/hooks/google/{channel}", b"", headers)


def notify(public: str, *states: str, **more: str) -> int | None:
    """Send a batch of notifications with these clientStates; return the status of the answer, or None."""
    value = [
        {
            "subscriptionId": secrets.token_hex(16),
            "changeType": "updated",
            "resource": "Users/ada/Events/AAMk",
            "resourceData": {"@odata.type": "#Microsoft.Graph.Event", "id": "AAMk"},
            "clientState": state,
            **more,
        }
        for state in states
    ]
    headers = {"Content-Type": "application/json; charset=utf-8"}
    return post(public, "/hooks/microsoft", json.dumps({"value": value}).encode(), headers)


def post(public: str, path: str, body: bytes, headers: dict[str, str]) -> int | None:
    """Send a POST request and return the status of the answer, or None where none came."""
    place = urlsplit(public)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=30)
    try:
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
