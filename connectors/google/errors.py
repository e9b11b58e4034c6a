"""What Google's refusals mean for the caller. Sans-I/O.

https://developers.google.com/workspace/calendar/api/guides/errors
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeGuard

from connectors.errors import (
    Conflict,
    CursorExpired,
    NotFound,
    ProviderError,
    Rejected,
    Transient,
    Unauthorized,
    Unwatchable,
)
from connectors.http import Answer, retry_after

PROVIDER = "google"
HOURS = 3600.0  # seconds; a usage limit locks a person's calendars for hours, and asking keeps it locked

_SCOPES = (
    "ask for consent again, or allow exactly the scopes of connectors/google/auth.py in the admin console"
)
_MEND = {
    "accessNotConfigured": "switch on the Google Calendar API for the project of this OAuth client",
    "notACalendarUser": "this person has no Google Calendar: switch the service on, or leave them out",
    "authError": "even a fresh access token is refused: connect the account again, or check the delegation",
    "forbiddenForServiceAccounts": "give the service account domain-wide delegation",
    "insufficientPermissions": _SCOPES,
    "SERVICE_DISABLED": "switch on the Google Calendar API for the project of this OAuth client",
    "ACCESS_TOKEN_SCOPE_INSUFFICIENT": _SCOPES,
}
_REASONS: Mapping[str, type[ProviderError]] = {
    "backendError": Transient,
    "channelIdNotUnique": Transient,  # The next attempt brings a fresh id.
    "conditionNotMet": Conflict,
    "conflict": Transient,
    "dailyLimitExceeded": Transient,
    "deleted": NotFound,
    "duplicate": Conflict,
    "forbiddenForNonOrganizer": Rejected,
    "fullSyncRequired": CursorExpired,
    "notFound": NotFound,
    "push.webhookUrlUnauthorized": Rejected,
    "pushNotSupportedForRequestedResource": Unwatchable,
    "quotaExceeded": Transient,
    "RATE_LIMIT_EXCEEDED": Transient,
    "rateLimitExceeded": Transient,
    "requiredAccessLevel": Rejected,
    "updatedMinTooLongAgo": CursorExpired,
    "userRateLimitExceeded": Transient,
    **dict.fromkeys(_MEND, Unauthorized),
}
_STATUSES: Mapping[int, type[ProviderError]] = {
    401: Unauthorized,
    404: NotFound,
    408: Transient,
    410: CursorExpired,
    412: Conflict,
    429: Transient,
}
_LONG = frozenset({"quotaExceeded", "dailyLimitExceeded"})


@dataclass(frozen=True, slots=True)
class Refusal:
    """Google's own words. `reason` is "" where the answer is not in Google's shape: a proxy's page, say."""

    reason: str
    message: str


def refusal(answer: Answer) -> Refusal:
    """Read the body of a refusal, whatever it is."""
    error = _error(answer.body)
    listed, details = (_first(error, "errors"), _first(error, "details"))
    reason = listed.get("reason") or details.get("reason") or error.get("status") or ""
    return Refusal(str(reason), str(error.get("message") or listed.get("message") or ""))


def judge(answer: Answer, *, conditional: bool, now: datetime, jitter: float) -> ProviderError:
    """Return the exception for an answer that is no success.

    `conditional` says that the request had an If-Match, `jitter` is a random number from 0 to 1.
    """
    told = refusal(answer)
    kind = _kind(answer.status, told.reason, conditional=conditional)
    what = f"Google answered {answer.status} {told.reason}: {told.message}".rstrip(": ")
    if kind is not Transient:
        message = f"{what}; {_MEND[told.reason]}" if told.reason in _MEND else what
        return kind(message, provider=PROVIDER, status=answer.status, reason=told.reason)
    pause = retry_after(answer.headers, now)
    if pause is None and told.reason in _LONG and "per minute" not in told.message:
        pause = HOURS * (1 + jitter / 4)
    return Transient(what, retry_after=pause, provider=PROVIDER, status=answer.status, reason=told.reason)


def is_stale_token(answer: Answer) -> bool:
    """Tell whether a fresh access token may help: a 401 may also be about the address of a push channel."""
    return answer.status == 401 and not refusal(answer).reason.startswith("push.")


def is_locked(error: ProviderError) -> TypeGuard[Transient]:
    """Tell whether a usage limit has locked the person: for hours, where Google does not say how long."""
    return isinstance(error, Transient) and error.reason in _LONG and error.retry_after is not None


def is_conference_refused(error: Rejected) -> bool:
    """Tell whether it was the conference data that Google did not want.

    The reason is just "invalid"; the two messages are known from reports, with and without the full stop.
    """
    text = str(error).lower()
    return error.status == 400 and ("invalid conference data" in text or "invalid conference type" in text)


def _kind(status: int, reason: str, *, conditional: bool) -> type[ProviderError]:
    if status >= 500 or status < 400:
        return Transient
    if status == 412 and not conditional:
        return Transient  # Seen in the wild on requests without any condition; gone on the next attempt.
    if reason in _REASONS:
        return _REASONS[reason]
    if not reason and status != 401:
        # Not Google's own shape: a proxy, a wrong base URL, a block page. To believe its 404 or 410 would
        # take a calendar for gone, and all its meetings with it.
        return Transient
    return _STATUSES.get(status, Rejected)


def _error(body: bytes) -> Mapping[str, Any]:
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    error = parsed.get("error") if isinstance(parsed, dict) else None
    return error if isinstance(error, dict) else {}


def _first(error: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    listed = error.get(name)
    found = [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []
    return next((entry for entry in found if entry.get("reason")), {})
