"""What is sent to applications, and how it is signed. No I/O: plain values in, plain values out.

The shapes are Cronofy's, so that what an application reads there it can read here. The body of notifications about one
event is not public; ours says what is known of it.
"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

SIGNATURE = "Cronofy-HMAC-SHA256"
CONTENT_TYPE = "application/json; charset=utf-8"

Body = Mapping[str, Any]


def compact(value: Any) -> str:
    """Write JSON as JavaScript writes it: who parses it, and signs what they write of it again, gets the same."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    # Half a character can be spelt in JSON and not in UTF-8.
    return text.encode("utf-8", "replace").decode()


def headers(secrets: Sequence[str], body: bytes) -> dict[str, str]:
    """Return the headers of a request with this body."""
    return {"Content-Type": CONTENT_TYPE, SIGNATURE: signature(secrets, body)}


def signature(secrets: Sequence[str], body: bytes) -> str:
    """Sign a body with every secret in force. Receivers split at the comma and trim nothing: no space follows it."""
    return ",".join(_digest(secret, body) for secret in secrets)


def _digest(secret: str, body: bytes) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, sha256).digest()).decode()


def to_channel(notification: Body, channel: Body) -> str:
    """Write what a channel is sent."""
    return compact({"notification": notification, "channel": channel})


def interaction(kind: str, event: Body) -> str:
    """Write what is sent when `kind` (conferencing_assigned, conferencing_failing) happened to an event."""
    return _of_event({"interactions": [{"type": kind}]}, event)


def transition(wish: Body, event: Body) -> str:
    """Write what is sent when an event begins or ends, as the application has wished."""
    return _of_event({"transitions": [wish]}, event)


def _of_event(what: Body, event: Body) -> str:
    return compact({"notification": {"type": "event_subscription", **what}, "event": event})


def second(moment: float) -> str:
    """Write a time (seconds since the epoch) as readers expect it: to the second, rounded down."""
    return datetime.fromtimestamp(moment // 1, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
