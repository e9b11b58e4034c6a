"""Zoom's OAuth: account tokens, codes with PKCE, and refresh tokens that die the moment they are used.

https://developers.zoom.us/docs/integrations/oauth/
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sandbox.zoom.room import Account, Code, Grant, Refresh

HOUR: Final = timedelta(hours=1)
QUARTER: Final = timedelta(days=90)
CODE_LIFE: Final = timedelta(minutes=5)

ACCOUNT_ID: Final = "sandbox-account"
SERVER_CLIENT: Final = ("sandbox-zoom", "sandbox-zoom-secret")
USER_CLIENT: Final = ("sandbox-zoom-app", "sandbox-zoom-app-secret")


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of the token endpoint."""

    status: int
    body: Mapping[str, Any]


BAD_CLIENT: Final = Answer(401, {"reason": "Invalid client_id or client_secret", "error": "invalid_client"})
BAD_GRANT: Final = Answer(400, {"reason": "Invalid Token!", "error": "invalid_grant"})
BAD_REQUEST: Final = Answer(400, {"reason": "Bad Request", "error": "invalid_request"})
BAD_TYPE: Final = Answer(400, {"reason": "unsupported grant type", "error": "unsupported_grant_type"})
BAD_REDIRECT: Final = Answer(
    400, {"reason": "Redirect URI mismatch.", "error": "invalid_request", "errorCode": 4709}
)
BAD_CODE: Final = Answer(
    400, {"reason": "Invalid authorization code", "error": "invalid_request", "errorCode": 4734}
)


def client(header: str) -> str | None:
    """Return the client id of a Basic header whose secret is right, else None."""
    kind, _, encoded = header.partition(" ")
    try:
        name, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        return None
    return name if kind.lower() == "basic" and (name, secret) in (SERVER_CLIENT, USER_CLIENT) else None


def token(account: Account, name: str | None, form: Mapping[str, str]) -> Answer:
    """Answer POST /oauth/token; `name` is the client that proved itself, None when it did not."""
    match (name, form.get("grant_type")):
        case (None, _):
            return BAD_CLIENT
        case ("sandbox-zoom", "account_credentials"):
            return _for_account(account, form)
        case ("sandbox-zoom-app", "authorization_code"):
            return _for_code(account, form)
        case ("sandbox-zoom-app", "refresh_token"):
            return _for_refresh(account, form)
        case _:
            return BAD_TYPE


def revoke(account: Account, name: str | None, text: str) -> Answer:
    """Answer POST /oauth/revoke: the token dies, and with a user's token the whole authorisation."""
    if name is None:
        return BAD_CLIENT
    grant = account.grants.pop(text, None)
    refresh = account.refreshes.pop(text, None)
    if grant is None and refresh is None:
        return BAD_GRANT
    email = grant.email if grant else refresh.email if refresh else None
    if email:
        forget(account, email)
    return Answer(200, {"status": "success"})


def forget(account: Account, email: str) -> None:
    """End every authorisation of one person, as a newer one or the Zoom portal does."""
    account.grants = {text: grant for text, grant in account.grants.items() if grant.email != email}
    account.refreshes = {
        text: refresh for text, refresh in account.refreshes.items() if refresh.email != email
    }


def new_code(
    account: Account, email: str, redirect_uri: str, challenge: str = "", method: str = "plain"
) -> str:
    """Return a code for somebody who said yes: five minutes, one use."""
    text = account.world.token("code_", 33)
    account.codes[text] = Code(email, redirect_uri, challenge, method, account.world.now() + CODE_LIFE)
    return text


def _for_account(account: Account, form: Mapping[str, str]) -> Answer:
    if form.get("account_id") != ACCOUNT_ID:
        return BAD_REQUEST
    scopes = frozenset(f"{scope}:admin" for scope in account.switches.scopes)
    return Answer(200, _access(account, Grant(scopes, account.world.now() + HOUR)))


def _for_code(account: Account, form: Mapping[str, str]) -> Answer:
    code = account.codes.pop(form.get("code", ""), None)
    if code is None or code.expires <= account.world.now():
        return BAD_CODE
    if form.get("redirect_uri") != code.redirect_uri:
        return BAD_REDIRECT
    if code.challenge and _challenge(form.get("code_verifier", ""), code.method) != code.challenge:
        return BAD_CODE
    forget(account, code.email)
    return Answer(200, _pair(account, code.email, frozenset(account.switches.scopes)))


def _for_refresh(account: Account, form: Mapping[str, str]) -> Answer:
    old = account.refreshes.pop(form.get("refresh_token", ""), None)
    if old is None or old.expires <= account.world.now():
        return BAD_GRANT
    return Answer(200, _pair(account, old.email, old.scopes))


def _pair(account: Account, email: str, scopes: frozenset[str]) -> dict[str, Any]:
    now = account.world.now()
    refresh = account.world.token("refresh_", 40)
    account.refreshes[refresh] = Refresh(email, scopes, now + QUARTER)
    return _access(account, Grant(scopes, now + HOUR, email)) | {"refresh_token": refresh}


def _access(account: Account, grant: Grant) -> dict[str, Any]:
    text = account.world.token("access_", 40)
    account.grants[text] = grant
    return {
        "access_token": text,
        "token_type": "bearer",
        "expires_in": 3600,
        "scope": " ".join(sorted(grant.scopes)),
        "api_url": f"{account.world.url}/zoom",
    }


def _challenge(verifier: str, method: str) -> str:
    if method != "S256":
        return verifier
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
