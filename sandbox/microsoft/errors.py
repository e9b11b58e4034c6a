"""Microsoft's errors: Graph's codes and body shapes, and those of the sign-in service."""

# https://learn.microsoft.com/graph/errors

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = dict[str, Any]

CHALLENGE: Final = (
    'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", '
    'client_id="00000003-0000-0000-c000-000000000000"'
)


class GraphError(Exception):
    """Answer with one of Graph's errors; `inner` says whether the body has an innerError."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        inner: bool = True,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.status = status
        self.code = code
        self.message = message
        self.inner = inner
        self.headers = dict(headers or {})
        super().__init__(f"{status} {code}: {message}")

    def body(self, client_request_id: str | None = None) -> Json:
        """Return the JSON body; the request id is echoed where the client sent one."""
        error: Json = {"code": self.code, "message": self.message}
        if self.inner:
            request_id = str(uuid.uuid4())
            error["innerError"] = {
                "date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
                "request-id": request_id,
                "client-request-id": client_request_id or request_id,
            }
        return {"error": error}

    def response(self, client_request_id: str | None = None) -> web.Response:
        """Return the HTTP answer."""
        headers = ({"WWW-Authenticate": CHALLENGE} if self.status == 401 else {}) | self.headers
        return web.json_response(self.body(client_request_id), status=self.status, headers=headers)


def throttled(
    seconds: int = 1, *, message: str = "Application is over its MailboxConcurrency limit."
) -> GraphError:
    """Return Outlook's 429, which has no innerError."""
    return GraphError(
        429, "ApplicationThrottled", message, inner=False, headers={"Retry-After": str(seconds)}
    )


def unauthenticated(message: str = "Access token has expired or is not yet valid.") -> GraphError:
    """Return the 401 to a token that is not good."""
    return GraphError(401, "InvalidAuthenticationToken", message)


USUAL: Final = {
    400: ("BadRequest", "The request is malformed."),
    401: ("InvalidAuthenticationToken", "Access token has expired or is not yet valid."),
    403: ("ErrorAccessDenied", "Access is denied. Check credentials and try again."),
    404: ("ErrorItemNotFound", "The specified object was not found in the store."),
    409: ("ErrorIrresolvableConflict", "The send or update operation could not be performed."),
    410: ("SyncStateNotFound", "The sync state generation is not found; generation=149;[highest=157][157]."),
    412: (
        "ErrorIrresolvableConflict",
        "The change key passed in the request does not match the current one.",
    ),
    500: ("ErrorInternalServerTransientError", "Cannot open the mailbox."),
    502: ("UnknownError", ""),
    503: ("serviceNotAvailable", "The service is temporarily unavailable. Please try again later."),
    504: ("UnknownError", "The server did not answer in time."),
}
UNAVAILABLE: Final = """<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN""http://www.w3.org/TR/html4/strict.dtd">
<HTML><HEAD><TITLE>Service Unavailable</TITLE></HEAD>
<BODY><h2>Service Unavailable</h2>
<hr><p>HTTP Error 503. The service is unavailable.</p>
</BODY></HTML>
"""


def scripted(status: int, reason: str | None) -> web.Response:
    """Return the error for a scripted fault: `reason` is a code of Graph's, or "html"."""
    if reason == "html":
        return web.Response(status=status, text=UNAVAILABLE, content_type="text/html")
    if status == 429 and reason is None:
        return throttled().response()
    code, message = USUAL.get(status, ("UnknownError", ""))
    return GraphError(status, reason or code, message).response()
