"""Read an event of Zoom's. No I/O: plain values in, plain values out.

https://developers.zoom.us/docs/api/webhooks/
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple, TypeAlias

STALE = 300.0  # seconds that an event's timestamp may be away from our clock
LONGEST_NAME = 256  # characters of an id or token; the real ones have 11 to 22

_DIGITS = re.compile("[0-9]{1,15}")  # of a time in seconds, and of a meeting's id
_GONE = frozenset({"meeting.deleted", "meeting.recovered", "meeting.permanently_deleted"})

# What `meeting.updated` may name and leaves link and passcode as they were: above all what our own calls change,
# which Zoom echoes.
_NAMES = frozenset({"id", "uuid", "host_id"})
_UNSEEN = frozenset(
    "topic type start_time duration timezone agenda occurrences recurrence tracking_fields settings".split()
)


class Validation(NamedTuple):
    """Zoom asks whether we are here and know the secret."""

    token: str


class Touched(NamedTuple):
    """Somebody has deleted a meeting or brought it back, or may have changed its link or passcode."""

    meeting: str


class Deauthorized(NamedTuple):
    """A person has taken their consent back, at this time in seconds since the epoch (None: just now)."""

    client: str
    person: str
    at: float | None


Notice: TypeAlias = Validation | Touched | Deauthorized


def signer(secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: float) -> str:
    """Return the secret that has signed the event lately; "" where none of them has.

    https://developers.zoom.us/docs/api/webhooks/#verify-with-zooms-header
    """
    stamp = headers.get("x-zm-request-timestamp", "")
    if not _DIGITS.fullmatch(stamp) or abs(now - int(stamp)) > STALE:
        return ""
    given = headers.get("x-zm-signature", "").encode(errors="replace")
    fits = [secret for secret in secrets if hmac.compare_digest(given, _signature(secret, stamp, body))]
    return fits[0] if fits else ""


def proof(secret: str, token: str) -> dict[str, str]:
    """Answer a validation.

    https://developers.zoom.us/docs/api/webhooks/#validate-your-webhook-endpoint
    """
    return {"plainToken": token, "encryptedToken": _hex(secret, token.encode())}


def read(body: bytes) -> Notice | None:
    """Take an event apart; None where it is about nothing that concerns us. Raises ValueError when it is none."""
    try:
        told = json.loads(body)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    kind, payload = _name(_of(told, "event")), _of(told, "payload")
    if kind == "endpoint.url_validation":
        token = _name(_of(payload, "plainToken"))
        return Validation(token) if token else None
    if kind == "app_deauthorized":
        client, person = (_name(_of(payload, one)) for one in ("client_id", "user_id"))
        at = _time(_of(payload, "deauthorization_time"))
        return Deauthorized(client, person, at) if client and person else None
    about = _of(payload, "object")
    if kind in _GONE or (kind == "meeting.updated" and _shows(about)):
        meeting = _number(_of(about, "id"))
        return Touched(meeting) if meeting else None
    return None


def _shows(about: Any) -> bool:
    """Whether link or passcode may have changed: they may, unless all that has is known to be something else."""
    changed = about.keys() - _NAMES if isinstance(about, dict) else set()
    return not changed or not changed <= _UNSEEN


def _number(value: Any) -> str:
    """Return a meeting's id as text: Zoom sends it now as a number, now as a string."""
    text = str(value) if isinstance(value, (int, str)) else ""
    return text if _DIGITS.fullmatch(text) else ""


def _name(value: Any) -> str:
    good = isinstance(value, str) and value.isascii() and value.isprintable() and len(value) <= LONGEST_NAME
    return value if good else ""


def _time(value: Any) -> float | None:
    try:
        moment = datetime.fromisoformat(str(value))
        return moment.timestamp() if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _of(table: Any, name: str) -> Any:
    return table.get(name) if isinstance(table, dict) else None


def _signature(secret: str, stamp: str, body: bytes) -> bytes:
    return f"v0={_hex(secret, b'v0:%s:%s' % (stamp.encode(), body))}".encode()


def _hex(secret: str, message: bytes) -> str:
    return hmac.new(secret.encode(), message, sha256).hexdigest()
