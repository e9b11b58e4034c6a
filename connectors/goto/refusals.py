"""What GoTo's refusals mean, in whichever of their shapes they come. No I/O.

https://developer.goto.com/GoToMeetingV1
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from connectors.errors import NotFound, ProviderError, Rejected, Transient, Unauthorized
from connectors.http import Answer, retry_after

FREE = (
    "the GoTo account cannot schedule meetings: it is a free one, or has no licence of GoTo Meeting; give it "
    "one in GoTo Admin, or ask for another service on the event"
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that is not what was asked for."""

    status: int
    code: str = ""  # GoTo's own; "" where GoTo did not speak
    message: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    silent: bool = False  # no body at all

    @property
    def stale(self) -> bool:
        """Tell whether it is the access token that was refused: with a 403 as often as with a 401."""
        return self.status == 401 or (self.status == 403 and "token" in self.code.lower())


def read(answer: Answer) -> Refusal:
    """Return what the answer says: `int_err_code` with `msg`, `errorCode` with `message` or `description`."""
    text = answer.body.decode(errors="replace").strip()
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        return Refusal(answer.status, headers=answer.headers, silent=not text)
    code = str(body.get("int_err_code") or body.get("errorCode") or body.get("error") or "")
    told = str(body.get("msg") or body.get("message") or body.get("description") or "")
    return Refusal(answer.status, code, told, answer.headers)


def error(refusal: Refusal, now: datetime, jitter: float) -> ProviderError:
    """Return the error for what a caller can do about the refusal; `jitter` is chance from 0 to 1."""
    reason = refusal.code or str(refusal.status)
    said = refusal.message or f"GoTo answered {refusal.status}"
    if refusal.status == 429:
        # Ten calls a second, and no word of when: https://developer.goto.com/guides/References/Ref-Rate-Limits/
        wait = retry_after(refusal.headers, now) or 1.0 + jitter
        return Transient(said, retry_after=wait, provider="goto", status=429, reason="rate_limit")
    if _passing(refusal):
        wait_for = retry_after(refusal.headers, now)
        return Transient(said, retry_after=wait_for, provider="goto", status=refusal.status, reason=reason)
    kind, message = _meaning(refusal, said)
    return kind(message, provider="goto", status=refusal.status, reason=reason)


def _passing(refusal: Refusal) -> bool:
    """Tell whether this is trouble that goes away, or a page of somebody between us and GoTo."""
    if not 400 <= refusal.status < 500 or refusal.status == 408:
        return True
    return not (refusal.code or refusal.message or refusal.silent) and refusal.status != 401


def _meaning(refusal: Refusal, said: str) -> tuple[type[NotFound | Rejected | Unauthorized], str]:
    if refusal.stale:
        return Unauthorized, f"GoTo does not accept a fresh access token: {said}"
    match refusal.status:
        case 403:
            return Unauthorized, f"GoTo does not let this account do it: {said}"
        case 404 | 410:
            return NotFound, said
        case 412:
            return Rejected, f"{FREE} ({said})"
        case _:
            return Rejected, said
