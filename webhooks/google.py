"""Read a push of Google's. No I/O: plain values in, plain values out.

https://developers.google.com/workspace/calendar/api/guides/push
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit


@dataclass(frozen=True, slots=True)
class Push:
    """One push: which channel rings, for what, and with which token."""

    channel: str
    resource: str
    state: str  # "sync" when the channel opens; anything else means that something changed
    token: str
    calendar: str  # the provider's calendar id, as far as the resource's address tells it


def token(headers: Mapping[str, str]) -> str:
    """Return the token that the push carries."""
    return headers.get("X-Goog-Channel-Token", "")


def opens(headers: Mapping[str, str]) -> bool:
    """Tell whether this is the first push of a channel, which only says that it works."""
    return headers.get("X-Goog-Resource-State") == "sync"


def read(channel: str, headers: Mapping[str, str]) -> Push:
    """Take a push apart; `channel` is the last part of the address that it came to. Nothing is believed yet."""
    return Push(
        channel=channel,
        resource=headers.get("X-Goog-Resource-ID", ""),
        state=headers.get("X-Goog-Resource-State", ""),
        token=token(headers),
        calendar=_calendar(headers.get("X-Goog-Resource-URI", "")),
    )


def _calendar(address: str) -> str:
    """Find the calendar in `…/calendars/{id}/events?alt=json`; "" where there is none."""
    try:
        steps = urlsplit(address).path.split("/")
    except ValueError:
        return ""
    at = steps.index("calendars") + 1 if "calendars" in steps else len(steps)
    return unquote(steps[at]) if at < len(steps) else ""
