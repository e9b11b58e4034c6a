"""What Microsoft Graph's refusals mean for the caller. Sans-I/O.

The code is compared in lower case: documents and servers spell it in both ways. It may be empty, `innerError`
may be missing, and a gateway answers in HTML.
https://learn.microsoft.com/graph/errors
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

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

PROVIDER = "microsoft"

_ACCESS = (
    "check that the app registration has the permission Calendars.ReadWrite, that an administrator has "
    "consented to it, and that no application access policy leaves this mailbox out"
)
_MAILBOX = "this person has no mailbox in Exchange Online: leave them out, or give them a licence"
_MEND = {
    "authorization_requestdenied": _ACCESS,
    "erroraccessdenied": _ACCESS,
    "errorinvaliduser": _MAILBOX,
    "errornonexistentmailbox": _MAILBOX,
    "forbidden": _ACCESS,
    "invalidauthenticationtoken": "even a fresh access token is refused: connect the account again, or check the app",
    "mailboxnotenabledforrestapi": _MAILBOX,
    "mailboxnotsupportedforrestapi": _MAILBOX,
    "request_resourcenotfound": _MAILBOX,
}
_CODES: Mapping[str, type[ProviderError]] = {
    "activitylimitreached": Transient,
    "applicationthrottled": Transient,
    "errorcalendarmeetingrequestisoutofdate": Conflict,
    "errorconcurrencylimitexceeded": Transient,
    "errorinternalservererror": Transient,
    "errorinvalididmalformed": NotFound,  # What is no id at all names nothing that is there.
    "errorinternalservertransienterror": Transient,
    "errorirresolvableconflict": Conflict,
    "erroritemnotfound": NotFound,
    "errormailboxstoreunavailable": Transient,
    "errorserverbusy": Transient,
    "errortimeoutexpired": Transient,
    "resourcenotfound": NotFound,
    "resyncrequired": CursorExpired,
    "servicenotavailable": Transient,
    "syncstateinvalid": CursorExpired,
    "syncstatenotfound": CursorExpired,
    "toomanyrequests": Transient,
    **dict.fromkeys(_MEND, Unauthorized),
}
_STATUSES: Mapping[int, type[ProviderError]] = {
    401: Unauthorized,
    403: Rejected,
    404: NotFound,
    408: Transient,
    410: CursorExpired,
    412: Conflict,
    423: Transient,
    429: Transient,
}
# Mailboxes that Graph cannot watch: they live on somebody's own Exchange server.
# https://github.com/microsoftgraph/microsoft-graph-docs/issues/6869
_UNWATCHABLE = ("rest api is not yet supported for this mailbox", "is currently on backend 'unknown'")
_CAP = re.compile(r"can only be (\d{1,7}) minutes")
_SUBSCRIPTION = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
# https://github.com/microsoftgraph/microsoft-graph-docs/issues/21160
_UNREACHED = ("validation request", "underlying connection was closed", "notification endpoint")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Graph's own words. `code` is "" where the answer is not in Graph's shape: a gateway's page, say."""

    code: str
    message: str
    request: str = ""  # by which Microsoft's support finds the call
    shaped: bool = True  # it is an error object, even one without a code


def refusal(answer: Answer) -> Refusal:
    """Read the body of a refusal, whatever it is."""
    error = _error(answer.body)
    inner = _mapping(error.get("innerError") or error.get("innererror"))
    request = inner.get("request-id") or answer.headers.get("request-id") or ""
    return Refusal(
        str(error.get("code") or ""), str(error.get("message") or ""), str(request), shaped=bool(error)
    )


def judge(answer: Answer, *, conditional: bool, now: datetime, whole: bool = True) -> ProviderError:
    """Return the exception for an answer that is no success. `conditional`: the request had an If-Match.

    `whole`: it was about the mailbox as a whole. Exchange denies access to single events and calendars too.
    """
    told = refusal(answer)
    code = told.code.lower()
    kind = _kind(answer.status, told, conditional=conditional)
    everywhere = whole or "accesspolicy" in told.message.lower()
    if kind is Unauthorized and code == "erroraccessdenied" and not everywhere:
        kind = Rejected
    message = f"Graph answered {answer.status} {told.code}: {told.message}".rstrip(": ")
    if kind is Unauthorized:
        message = f"{message}; {_MEND.get(code, _ACCESS)}"
    if told.request:
        message = f"{message} (request-id {told.request})"
    if kind is Transient:
        pause = retry_after(answer.headers, now)
        return Transient(
            message, retry_after=pause, provider=PROVIDER, status=answer.status, reason=told.code
        )
    return kind(message, provider=PROVIDER, status=answer.status, reason=told.code)


def claims(answer: Answer) -> str:
    """Return what a refused token lacks, as Graph wants it passed on to the token endpoint; "" for nothing.

    https://learn.microsoft.com/entra/identity-platform/claims-challenge
    """
    found = re.search(r'claims="([^"]+)"', answer.headers.get("WWW-Authenticate", ""))
    return _decoded(found[1]) if found else ""


def cap(error: ProviderError) -> int | None:
    """Return how many minutes a subscription may live, where that is what the refusal is about."""
    found = _CAP.search(str(error)) if error.status in (400, 403) else None
    return int(found[1]) if found else None


def is_unreached(error: ProviderError) -> bool:
    """Tell whether Graph could not make sure that our doorbell is there, which passes.

    https://learn.microsoft.com/graph/change-notifications-delivery-webhooks#notificationurl-validation
    """
    text = str(error).lower()
    return error.status == 400 and any(words in text for words in _UNREACHED)


def duplicate(error: ProviderError) -> str | None:
    """Return the id of the subscription that is there already, "" where Graph does not say which; else None."""
    if error.status != 409:
        return None
    found = _SUBSCRIPTION.search(str(error).split("(request-id")[0])
    return found[0] if found else ""


def _kind(status: int, told: Refusal, *, conditional: bool) -> type[ProviderError]:
    code, message = told.code.lower(), told.message.lower()
    if any(words in message for words in _UNWATCHABLE):
        return Unwatchable
    if status >= 500 or status < 400:
        return Transient
    if status == 412 and not conditional:
        return Transient
    if status in (401, 429):
        return _STATUSES[status]
    if status == 403 and code == "extensionerror" and "reason: forbidden" in message:
        return Unauthorized
    if not told.shaped:
        # Not Graph's own shape: a proxy, a wrong base URL. To believe its 404 or 410 would take a calendar for gone.
        return Transient
    if code in _CODES:
        return _CODES[code]
    return _STATUSES.get(status, Rejected)


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4)).decode()
    except ValueError:
        return ""


def _error(body: bytes) -> Mapping[str, Any]:
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return _mapping(parsed.get("error")) if isinstance(parsed, dict) else {}


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
