"""GoTo's OAuth: codes with PKCE, and refreshes that mostly leave the refresh token as it is.

https://developer.goto.com/guides/Authentication/03_HOW_accessToken
https://developer.goto.com/guides/Authentication/05_HOW_refreshToken
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sandbox.goto.room import Code, GoTo, Grant

HOUR: Final = timedelta(hours=1)
MONTH: Final = timedelta(days=30)
CODE_LIFE: Final = timedelta(minutes=10)
CLIENT: Final = ("sandbox-goto", "sandbox-goto-secret")


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of the token endpoint."""

    status: int
    body: Mapping[str, Any]


def refused(error: str, description: str, status: int = 400) -> Answer:
    """Return a refusal in OAuth's own shape."""
    return Answer(status, {"error": error, "error_description": description})


def proved(header: str, form: Mapping[str, str]) -> bool:
    """Tell whether the client has shown its secret, in a Basic header or in the form."""
    kind, _, encoded = header.partition(" ")
    if kind.lower() != "basic":
        return (form.get("client_id"), form.get("client_secret")) == CLIENT
    try:
        name, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        return False
    return (name, secret) == CLIENT


def new_code(goto: GoTo, email: str, redirect_uri: str, challenge: str, scope: str) -> str:
    """Return a code for somebody who said yes: ten minutes, one use. Without a scope it is for all."""
    text = goto.world.token("code_", 33)
    wanted = frozenset(scope.split() or goto.switches.scopes)
    scopes = wanted & set(goto.switches.scopes)
    goto.codes[text] = Code(email, redirect_uri, challenge, scopes, goto.world.now() + CODE_LIFE)
    return text


def token(goto: GoTo, form: Mapping[str, str]) -> Answer:
    """Answer POST /oauth/token to a client that has proved itself."""
    match form.get("grant_type"):
        case "authorization_code":
            return _for_code(goto, form)
        case "refresh_token":
            return _for_refresh(goto, form)
        case _:
            return refused("unsupported_grant_type", "Unsupported grant type")


def revoke(goto: GoTo, text: str) -> Answer:
    """Answer POST /oauth/revoke: the authorisation ends. Who names no living token has nothing to revoke."""
    held = goto.refreshes.get(text) or goto.grants.get(text)
    if held is not None:
        forget(goto, held.email)
    return Answer(200, {})


def forget(goto: GoTo, email: str) -> None:
    """End every authorisation of one person, as they do in their account."""
    goto.grants = {text: grant for text, grant in goto.grants.items() if grant.email != email}
    goto.refreshes = {text: grant for text, grant in goto.refreshes.items() if grant.email != email}


def _for_code(goto: GoTo, form: Mapping[str, str]) -> Answer:
    code = goto.codes.pop(form.get("code", ""), None)
    if code is None or code.expires <= goto.world.now():
        return refused("invalid_grant", "invalid authorization code")
    if form.get("redirect_uri") != code.redirect_uri:
        return refused("invalid_grant", "redirect_uri mismatch")
    if code.challenge and _challenge(form.get("code_verifier", "")) != code.challenge:
        return refused("invalid_grant", "code_verifier mismatch")
    return Answer(200, _access(goto, code.email, code.scopes) | _refresh(goto, code.email, code.scopes))


def _for_refresh(goto: GoTo, form: Mapping[str, str]) -> Answer:
    text = form.get("refresh_token", "")
    held = goto.refreshes.get(text)
    if held is None or held.expires <= goto.world.now():
        return refused("invalid_grant", "invalid refresh token")
    body = _access(goto, held.email, held.scopes)
    if goto.switches.new_refresh_tokens:
        del goto.refreshes[text]
        body |= _refresh(goto, held.email, held.scopes)
    return Answer(200, body)


def _access(goto: GoTo, email: str, scopes: frozenset[str]) -> dict[str, Any]:
    text = goto.world.token("eyJ.access.", 40)
    goto.grants[text] = Grant(email, scopes, goto.world.now() + HOUR)
    return {
        "access_token": text,
        "token_type": "Bearer",
        "expires_in": 3600,
        "scope": " ".join(sorted(scopes)),
        "principal": email,
    }


def _refresh(goto: GoTo, email: str, scopes: frozenset[str]) -> dict[str, Any]:
    text = goto.world.token("eyJ.refresh.", 40)
    goto.refreshes[text] = Grant(email, scopes, goto.world.now() + MONTH)
    return {"refresh_token": text}


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
