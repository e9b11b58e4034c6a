"""What Webex's refusals mean: judged by status, for there are no numbers inside. No I/O.

https://developer.webex.com/docs/basics#api-errors
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connectors.errors import NotFound, ProviderError, Rejected, Transient, Unauthorized
from connectors.http import Answer, retry_after

LONG = 900.0  # seconds: whoever is told to stay away for longer has spent the creates of a day

_RIGHTS = ("scope", "role", "license")


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that is not what was asked for."""

    status: int
    message: str = ""  # "" where Webex did not speak
    tracking: str = ""  # what Webex's support asks for
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    silent: bool = False  # no body at all

    def said(self) -> str:
        """Return what Webex says, for people."""
        text = self.message or f"Webex, or somebody in its place, answered {self.status}"
        return f"{text} (tracking id {self.tracking})" if self.tracking else text


def read(answer: Answer) -> Refusal:
    """Return what the answer says, whatever it is made of."""
    try:
        body = json.loads(answer.body)
    except (ValueError, RecursionError):
        body = None
    told = body if isinstance(body, dict) else {}
    tracking = told.get("trackingId") or answer.headers.get("trackingid") or ""
    return Refusal(answer.status, _message(told), str(tracking), answer.headers, not answer.body.strip())


def error(refusal: Refusal, now: datetime) -> ProviderError:
    """Return the error for what a caller can do about the refusal."""
    status, said = refusal.status, refusal.said()
    facts: dict[str, Any] = {"provider": "webex", "status": status}
    match status:
        case 429 | 423:
            wait = retry_after(refusal.headers, now)
            reason = "locked" if status == 423 else "daily_limit" if (wait or 0) >= LONG else "rate_limit"
            return Transient(said, retry_after=wait, reason=reason, **facts)
        case 401:
            return Unauthorized(f"Webex does not accept a fresh access token: {said}", reason="401", **facts)
        case 403 if any(word in refusal.message.lower() for word in _RIGHTS):
            return Unauthorized(_rights(said), reason="403", **facts)
        case 404 | 410 if refusal.message or refusal.silent:
            return NotFound(said, reason=str(status), **facts)
        case _ if 400 <= status < 500 and status != 408 and (refusal.message or refusal.silent):
            return Rejected(said, reason=str(status), **facts)
        case _:
            wait = retry_after(refusal.headers, now)
            return Transient(said, retry_after=wait, reason=str(status), **facts)


def _message(body: Mapping[str, Any]) -> str:
    """Return the message, and what the errors beside it say more than that."""
    message = str(body.get("message") or "")
    errors = body.get("errors")
    details = [str(one.get("description") or "") for one in errors or () if isinstance(one, dict)]
    return "; ".join(dict.fromkeys(text for text in (message, *details) if text))


def _rights(said: str) -> str:
    return (
        f"{said}; check that the integration has the scopes of docs/webex.md and that the person may schedule "
        "meetings at Webex, then link the account again"
    )
