"""The errors of Microsoft's sign-in service, each with its AADSTS number."""

# https://learn.microsoft.com/entra/identity-platform/reference-error-codes

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiohttp import web


@dataclass(frozen=True, slots=True)
class Known:
    """What goes with an AADSTS number."""

    error: str
    text: str
    status: int = 400
    suberror: str = ""


KNOWN = {
    50011: Known(
        "invalid_request",
        "The redirect URI '{0}' specified in the request does not match the redirect URIs configured for the "
        "application '{1}'.",
    ),
    50173: Known(
        "invalid_grant",
        "The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might "
        "have changed or reset their password. The grant was issued on '{0}' and the TokensValidFrom date "
        "(before which tokens are not valid) for this user is '{1}'.",
        suberror="bad_token",
    ),
    54005: Known(
        "invalid_grant",
        "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing "
        "refresh token.",
    ),
    65004: Known("access_denied", "User declined to consent to access the app."),
    70003: Known("unsupported_grant_type", "The app requested an unsupported grant type '{0}'."),
    70008: Known("invalid_grant", "The provided authorization code or refresh token has expired."),
    70011: Known(
        "invalid_scope",
        "The provided request must include a 'scope' input parameter. The provided value for the input "
        "parameter 'scope' is not valid. The scope '{0}' is not valid.",
    ),
    90002: Known(
        "invalid_request", "Tenant '{0}' not found. Check to make sure you have the correct tenant ID."
    ),
    90014: Known("invalid_request", "The required field '{0}' is missing from the credential."),
    500112: Known(
        "invalid_grant",
        "The reply address '{0}' does not match the reply address '{1}' provided when requesting "
        "Authorization code.",
    ),
    501481: Known(
        "invalid_grant",
        "The Code_Verifier does not match the code_challenge supplied in the authorization request.",
    ),
    700016: Known(
        "unauthorized_client",
        "Application with identifier '{0}' was not found in the directory 'Sandbox'. This can happen if the "
        "application has not been installed by the administrator of the tenant.",
    ),
    1002012: Known(
        "invalid_scope",
        "The provided value for scope {0} is not valid. Client credential flows must have a scope value with "
        "/.default suffixed to the resource identifier (application ID URI).",
    ),
    7000215: Known(
        "invalid_client",
        "Invalid client secret provided. Ensure the secret being sent in the request is the client secret "
        "value, not the client secret ID, for a secret added to app '{0}'.",
        401,
    ),
    7000218: Known(
        "invalid_client",
        "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
        401,
    ),
    9002313: Known("invalid_grant", "Invalid request. Request is malformed or invalid."),
}
SCRIPTED = {"invalid_grant": 50173, "invalid_client": 7000215, "unauthorized_client": 700016}
PLAIN = (
    "interaction_required",
    "temporarily_unavailable",
    "server_error",
    "invalid_request",
    "invalid_scope",
)


class SignInError(Exception):
    """Answer with one of the sign-in service's errors, by its AADSTS number."""

    def __init__(self, number: int, *values: str) -> None:
        self.number = number
        self.known = KNOWN[number]
        self.values = values
        super().__init__(self.description())

    def description(self) -> str:
        """Return the sentence, without what tells one occurrence from another."""
        return f"AADSTS{self.number}: {self.known.text.format(*self.values, '', '')}"

    def response(self) -> web.Response:
        """Return the HTTP answer."""
        return answer(
            self.known.status, self.known.error, self.description(), self.number, self.known.suberror
        )


def answer(status: int, error: str, description: str, number: int = 0, suberror: str = "") -> web.Response:
    """Return an error of the token endpoint."""
    trace, correlation = str(uuid.uuid4()), str(uuid.uuid4())
    moment = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}Z"
    body: dict[str, Any] = {
        "error": error,
        "error_description": f"{description} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {moment}",
        "error_codes": [number],
        "timestamp": moment,
        "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": f"https://login.microsoftonline.com/error?code={number}",
    }
    return web.json_response(body | ({"suberror": suberror} if suberror else {}), status=status)


def scripted(status: int, reason: str) -> web.Response | None:
    """Return the error that a scripted fault names, None when it is none of the sign-in service's."""
    if reason in SCRIPTED:
        error = SignInError(SCRIPTED[reason])
        return answer(status, reason, error.description(), error.number, error.known.suberror)
    return (
        answer(status, reason, "AADSTS90033: A transient error has occurred.", 90033)
        if reason in PLAIN
        else None
    )
