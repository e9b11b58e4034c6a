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
