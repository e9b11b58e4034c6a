"""Webex's OAuth: codes with PKCE, access for two weeks, and refresh tokens whose clock restarts when they are used.

https://developer.webex.com/docs/integrations
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from sandbox.webex.errors import tracking
from sandbox.webex.room import CLIENTS, Code, Grant, Refresh, Site

ACCESS_LIFE: Final = timedelta(seconds=1_209_599)
REFRESH_LIFE: Final = timedelta(seconds=7_775_999)
CODE_LIFE: Final = timedelta(minutes=5)
ALWAYS: Final = "spark:kms"
"""The scope that Webex adds to every grant."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of the token endpoint."""

    status: int
    body: Mapping[str, Any]


def token(site: Site, form: Mapping[str, str]) -> Answer:
    """Answer POST /access_token; the client proves itself in the form."""
    client = form.get("client_id", "")
    if client not in CLIENTS or form.get("client_secret") != CLIENTS[client]:
        return refused(site, "invalid_client", "The client credentials are not valid.", status=401)
    match form.get("grant_type"):
        case "authorization_code":
            return _for_code(site, client, form)
        case "refresh_token":
            return _for_refresh(site, client, form)
        case _:
            return refused(site, "unsupported_grant_type", "The grant type is not supported.")


def refused(site: Site, error: str, description: str, *, status: int = 400) -> Answer:
    """Write a refusal of the token endpoint."""
    body = {"error": error, "error_description": description, "trackingID": tracking(site.world.random)}
    return Answer(status, body)


def new_code(site: Site, code: Code) -> str:
    """Return a code for somebody who said yes: five minutes, one use."""
    text = site.world.token("code_", 40)
    site.codes[text] = replace(code, expires=site.world.now() + CODE_LIFE)
    return text


def granted(site: Site, asked: frozenset[str]) -> frozenset[str]:
    """Return what is granted of what is asked for."""
    return asked & frozenset(site.switches.scopes) | {ALWAYS}


def forget(site: Site, email: str) -> None:
    """End every authorisation of one person, as they do in their Webex account."""
    site.grants = {text: one for text, one in site.grants.items() if one.email != email}
    site.refreshes = {text: one for text, one in site.refreshes.items() if one.email != email}


def _for_code(site: Site, client: str, form: Mapping[str, str]) -> Answer:
    code = site.codes.pop(form.get("code", ""), None)
    if code is None or code.client != client or code.expires <= site.world.now():
        return refused(site, "invalid_grant", "The authorization code is not valid.")
    if form.get("redirect_uri") != code.redirect_uri:
        return refused(site, "invalid_grant", "The redirect URI does not match.")
    if code.challenge and _challenge(form.get("code_verifier", ""), code.method) != code.challenge:
        return refused(site, "invalid_grant", "The code verifier is not valid.")
    text = site.world.token("refresh_", 64)
    refresh = Refresh(code.email, client, code.scopes, site.world.now() + REFRESH_LIFE)
    return _answer(site, text, refresh)


def _for_refresh(site: Site, client: str, form: Mapping[str, str]) -> Answer:
    text = form.get("refresh_token", "")
    refresh = site.refreshes.get(text)
    if refresh is None or refresh.client != client or refresh.expires <= site.world.now():
        return refused(site, "invalid_grant", "The refresh token is not valid.")
    return _answer(site, text, replace(refresh, expires=site.world.now() + REFRESH_LIFE))


def _answer(site: Site, text: str, refresh: Refresh) -> Answer:
    site.refreshes[text] = refresh
    access = site.world.token("access_", 64)
    expires = site.world.now() + ACCESS_LIFE
    site.grants[access] = Grant(refresh.email, refresh.client, refresh.scopes, expires)
    body = {
        "access_token": access,
        "expires_in": int(ACCESS_LIFE.total_seconds()),
        "refresh_token": text,
        "refresh_token_expires_in": int(REFRESH_LIFE.total_seconds()),
        "token_type": "Bearer",
        "scope": " ".join(sorted(refresh.scopes)),
    }
    return Answer(200, body)


def _challenge(verifier: str, method: str) -> str:
    if method != "S256":
        return verifier
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
