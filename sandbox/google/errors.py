"""Google's errors: reasons, messages and body shapes, as published in the Calendar API's error guide."""

# https://developers.google.com/workspace/calendar/api/guides/errors

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from aiohttp import web


class GoogleError(Exception):
    """Answer with one of Google's errors."""

    def __init__(self, reason: str, message: str | None = None, *, status: int | None = None) -> None:
        known = REASONS.get(reason, Reason(status or 400, "global", reason))
        self.status = status or known.status
        self.reason = reason
        self.message = message or known.message
        super().__init__(f"{self.status} {reason}: {self.message}")

    def body(self) -> dict[str, Any]:
        """Return the JSON body."""
        known = REASONS.get(self.reason, Reason(self.status, "global", self.message))
        item: dict[str, Any] = {"domain": known.domain, "reason": self.reason, "message": self.message}
        if known.location:
            item |= {"locationType": known.location_type, "location": known.location}
        if self.reason == "accessNotConfigured":
            item["extendedHelp"] = "https://console.developers.google.com"
        error: dict[str, Any] = {"errors": [item], "code": self.status, "message": self.message}
        if self.reason == "insufficientPermissions":
            error |= {"status": "PERMISSION_DENIED", "details": [SCOPE_DETAIL]}
        return {"error": error}

    def response(self) -> web.Response:
        """Return the HTTP answer."""
        headers = (
            {"WWW-Authenticate": 'Bearer realm="https://accounts.google.com/"'}
            if self.status == 401
            else None
        )
        return web.json_response(self.body(), status=self.status, headers=headers)


@dataclass(frozen=True, slots=True)
class Reason:
    """What goes with a reason unless something else is said."""

    status: int
    domain: str
    message: str
    location: str | None = None
    location_type: str = "parameter"


SCOPE_DETAIL = {
    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
    "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
    "domain": "googleapis.com",
}
SHARED = "Shared properties can only be changed by the organizer of the event."
SERVICE = "Service accounts cannot invite attendees without Domain-Wide Delegation of Authority."
SYNC = "Sync token is no longer valid, a full sync is required."
OLD = "The requested minimum modification time lies too far in the past."
LEVEL = "You need to have writer access to this calendar."
WATCH = "Push notifications are not supported by this resource."

REASONS = {
    "badRequest": Reason(400, "global", "Bad Request"),
    "invalid": Reason(400, "global", "Invalid Value"),
    "required": Reason(400, "global", "Required"),
    "timeRangeEmpty": Reason(400, "calendar", "The specified time range is empty.", "timeMax"),
    "channelIdNotUnique": Reason(400, "global", "Channel id not unique"),
    "push.webhookUrlNotHttps": Reason(400, "global", "WebHook callback must be HTTPS"),
    "pushNotSupportedForRequestedResource": Reason(400, "global", WATCH),
    "authError": Reason(401, "global", "Invalid Credentials", "Authorization", "header"),
    "rateLimitExceeded": Reason(403, "usageLimits", "Rate Limit Exceeded"),
    "userRateLimitExceeded": Reason(403, "usageLimits", "User Rate Limit Exceeded"),
    "dailyLimitExceeded": Reason(403, "usageLimits", "Daily Limit Exceeded"),
    "quotaExceeded": Reason(403, "usageLimits", "Calendar usage limits exceeded."),
    "accessNotConfigured": Reason(403, "usageLimits", "Access Not Configured"),
    "forbiddenForNonOrganizer": Reason(403, "calendar", SHARED),
    "requiredAccessLevel": Reason(403, "calendar", LEVEL),
    "forbiddenForServiceAccounts": Reason(403, "calendar", SERVICE),
    "notACalendarUser": Reason(403, "calendar", "The user must be signed up for Google Calendar."),
    "insufficientPermissions": Reason(403, "global", "Insufficient Permission"),
    "forbidden": Reason(403, "global", "Forbidden"),
    "notFound": Reason(404, "global", "Not Found"),
    "duplicate": Reason(409, "global", "The requested identifier already exists."),
    "conflict": Reason(409, "global", "Conflict"),
    "fullSyncRequired": Reason(410, "calendar", SYNC, "syncToken"),
    "updatedMinTooLongAgo": Reason(410, "calendar", OLD, "updatedMin"),
    "deleted": Reason(410, "global", "Resource has been deleted"),
    "conditionNotMet": Reason(412, "global", "Precondition Failed", "If-Match", "header"),
    "backendError": Reason(500, "global", "Backend Error"),
}
USUAL = {
    400: "badRequest",
    401: "authError",
    403: "rateLimitExceeded",
    404: "notFound",
    409: "duplicate",
    410: "fullSyncRequired",
    412: "conditionNotMet",
    429: "rateLimitExceeded",
}
OAUTH = {
    "invalid_grant": "Token has been expired or revoked.",
    "invalid_client": "The OAuth client was not found.",
    "invalid_request": "Invalid request.",
    "invalid_scope": "Some requested scopes were invalid.",
    "unauthorized_client": "Client is unauthorized to retrieve access tokens using this method, "
    "or client not authorized for any of the scopes requested.",
    "unsupported_grant_type": "Invalid grant_type.",
    "admin_policy_enforced": "Access to your account data is restricted by policies of your organization.",
    "invalid_rapt": "reauth related error (invalid_rapt)",
    "access_denied": "The resource owner or authorization server denied the request.",
}


class OAuthError(Exception):
    """Answer with one of the token endpoint's errors."""

    def __init__(self, code: str, description: str | None = None, *, status: int = 400) -> None:
        self.status = status
        self.code = code
        self.description = description or OAUTH.get(code, code)
        super().__init__(f"{code}: {self.description}")

    def response(self) -> web.Response:
        """Return the HTTP answer."""
        body = {"error": self.code, "error_description": self.description}
        return web.Response(status=self.status, text=json.dumps(body), content_type="application/json")


def error_response(status: int, reason: str | None) -> web.Response:
    """Return the error for a scripted fault; a 502 is the HTML page of Google's front end."""
    if reason in OAUTH:
        return OAuthError(reason, status=status).response()
    if reason is None and status == 502:
        return web.Response(status=502, text=BAD_GATEWAY, content_type="text/html")
    return GoogleError(reason or USUAL.get(status, "backendError"), status=status).response()


BAD_GATEWAY = """<!DOCTYPE html>
<html lang=en>
  <title>Error 502 (Server Error)!!1</title>
  <p><b>502.</b> <ins>That's an error.</ins>
  <p>The server encountered a temporary error and could not complete your request.
  <p>Please try again in 30 seconds.
"""
