"""What Zoom's refusals mean: JSON, XML, empty or a proxy's page, read and turned into our errors. No I/O.

https://developers.zoom.us/docs/api/errors/
https://developers.zoom.us/docs/api/rate-limits/
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from connectors.errors import NotFound, ProviderError, Rejected, Transient, Unauthorized
from connectors.http import Answer, retry_after

DAILY = frozenset({"daily_budget", "daily_limit"})  # reasons of a refusal until tomorrow, ours and Zoom's

NO_SETTING = frozenset(
    {None, 104, 124, 300, 1001, 3001, 3161, 4711}
)  # codes that surely speak of something else

_XML = re.compile(r"<error>.*?<code>(\d+)</code>.*?<message>(.*?)</message>", re.DOTALL)
_SCOPES = re.compile(r"scopes:?\s*\[([^\]]*)\]")

WEBINAR = (
    "the meeting was converted to a webinar, which only people change; to get a meeting again, write @none on "
    "the event, and some minutes later the keyword again"
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that is not what was asked for."""

    status: int
    code: int | None = None  # Zoom's own; None where Zoom did not speak
    message: str = ""
    fields: tuple[str, ...] = ()  # at fault, with a 300
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    silent: bool = False  # no body at all

    @property
    def daily(self) -> bool:
        """Tell whether this is the daily limit, not the one per second."""
        kind = self.headers.get("X-RateLimit-Type", "").lower()
        return self.status == 429 and (kind.startswith("daily") or "daily" in self.message.lower())


def read(answer: Answer) -> Refusal:
    """Return what the answer says, whatever it is made of."""
    text = answer.body.decode(errors="replace").strip()
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        body = None
    if isinstance(body, dict) and _number(body.get("code")) is not None:
        errors = body.get("errors")
        listed = errors if isinstance(errors, list) else []
        fields = tuple(str(one.get("field")) for one in listed if isinstance(one, dict))
        return Refusal(
            answer.status, _number(body["code"]), str(body.get("message", "")), fields, answer.headers
        )
    if found := _XML.search(text):
        return Refusal(answer.status, int(found[1]), found[2], (), answer.headers)
    return Refusal(answer.status, headers=answer.headers, silent=not text)


def error(refusal: Refusal, now: datetime, jitter: float) -> ProviderError:
    """Return the error for what a caller can do about the refusal; `jitter` is chance from 0 to 1."""
    if refusal.status == 429:
        return _too_many(refusal, now, jitter)
    reason = str(refusal.code or refusal.status)
    if _passing(refusal):
        said = refusal.message or f"Zoom, or somebody in its place, answered {refusal.status}"
        wait = retry_after(refusal.headers, now)
        return Transient(said, retry_after=wait, provider="zoom", status=refusal.status, reason=reason)
    kind, message = _meaning(refusal)
    return kind(message, provider="zoom", status=refusal.status, reason=reason)


def is_webinar(refusal: Refusal) -> bool:
    """Tell whether the meeting is a webinar by now."""
    return refusal.code == 3000 and refusal.status < 500 and "webinar" in refusal.message.lower()


def may_be_settings(refusal: Refusal) -> bool:
    """Tell whether the refusal may be about a setting that the plan or an admin does not allow, and says not which."""
    return refusal.status == 400 and refusal.code not in NO_SETTING and not is_webinar(refusal)


def _passing(refusal: Refusal) -> bool:
    if refusal.status == 401 or refusal.code is not None:
        return refusal.status >= 500
    return not (400 <= refusal.status < 500 and refusal.silent) or refusal.status == 408


def _meaning(refusal: Refusal) -> tuple[type[NotFound | Rejected | Unauthorized], str]:
    said = refusal.message or f"Zoom answered {refusal.status}"
    match (refusal.status, refusal.code):
        case (401, _) | (_, 124):
            return Unauthorized, f"Zoom does not accept a fresh access token: {said}"
        case (_, 4711 | 104):
            return Unauthorized, _scopes(refusal)
        case (_, 3001 | 1001) | (404, None):
            return NotFound, said
        case _ if is_webinar(refusal):
            return Rejected, WEBINAR
        case _ if refusal.fields:
            return Rejected, f"{said} ({', '.join(refusal.fields)})"
        case _:
            return Rejected, said


def resumes(refusal: Refusal, now: datetime) -> datetime:
    """Return when a daily limit ends: as the refusal says, else 00:00 UTC."""
    # An ISO 8601 instant here, where the header is there at all.
    wait = retry_after(refusal.headers, now)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return midnight if wait is None else now + timedelta(seconds=wait)


def _too_many(refusal: Refusal, now: datetime, jitter: float) -> Transient:
    said = refusal.message or "Zoom answered 429"
    if refusal.daily:
        wait, reason = (resumes(refusal, now) - now).total_seconds(), "daily_limit"
    else:
        wait, reason = 1.0 + jitter, "rate_limit"
    return Transient(said, retry_after=wait, provider="zoom", status=429, reason=reason)


def _scopes(refusal: Refusal) -> str:
    found = _SCOPES.search(refusal.message)
    named = found[1] if found else refusal.message
    return (
        f"the Zoom app lacks a scope, one of: {named}; add it to the app in the Zoom App Marketplace and "
        "allow some minutes"
    )


def _number(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return None
