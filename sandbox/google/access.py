"""Who may come in: bearer tokens, scopes, quotas and the usage-limit lock."""

from __future__ import annotations

from collections import deque
from datetime import timedelta
from typing import TYPE_CHECKING

from sandbox.google.errors import GoogleError
from sandbox.google.tokens import SERVICE_ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.google.schema import Method
    from sandbox.google.state import Google
    from sandbox.google.tokens import Grant

UNITS = {"events.patch": 3}
"""Quota units of a call, where it is not one."""
WRITES = ("events.insert", "events.patch", "events.update", "events.delete", "events.move")
TOO_MANY = (("userRateLimitExceeded", 403), ("rateLimitExceeded", 403), ("rateLimitExceeded", 429))
WINDOW = timedelta(minutes=1)


def authenticate(google: Google, authorization: str | None, method: Method) -> Grant:
    """Return the grant behind a bearer token; answer 401 to a bad one, 403 when it does not reach so far."""
    kind, _, token = (authorization or "").partition(" ")
    grant = google.tokens.access.get(token.strip()) if kind.lower() == "bearer" else None
    if grant is None or (grant.expires is not None and grant.expires <= google.moment()):
        raise GoogleError("authError")
    if not grant.scopes & method.scopes:
        raise GoogleError("insufficientPermissions")
    return grant


def charge(google: Google, grant: Grant, method: Method, query: Mapping[str, object]) -> None:
    """Count a call against the user's minute; answer 403 or 429 when it is full, 403 to a locked user."""
    if method.id in WRITES and google.locked.get(grant.email, google.moment()) > google.moment():
        raise GoogleError("quotaExceeded")
    limit = google.world.modes.google_quota_per_minute
    if not limit:
        return
    # With delegation the service account is the user, unless quotaUser says otherwise.
    user = str(
        query.get("quotaUser") or (SERVICE_ACCOUNT if grant.client == SERVICE_ACCOUNT else grant.email)
    )
    spent = google.spent.setdefault(user, deque())
    while spent and spent[0][0] <= google.moment() - WINDOW:
        spent.popleft()
    units = UNITS.get(method.id, 1)
    if sum(count for _, count in spent) + units > limit:
        reason, status = google.world.random.choice(TOO_MANY)
        raise GoogleError(reason, status=status)
    spent.append((google.moment(), units))
