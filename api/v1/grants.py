"""Codes and refresh tokens turned into access tokens, by the rules of oauthlib, in one transaction of the store.

https://www.rfc-editor.org/rfc/rfc6749#section-5
https://www.rfc-editor.org/rfc/rfc7636
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from oauthlib.common import Request
from oauthlib.oauth2 import (
    AuthorizationCodeGrant,
    BearerToken,
    RefreshTokenGrant,
    RequestValidator,
    TokenEndpoint,
)

from api.v1.application import Application
from store import tokens
from store.tokens import Token

NOWHERE: Final = "https://huddled.invalid/oauth/token"  # oauthlib wants an address, and it has to be https
FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "authorization_code": ("code", "redirect_uri", "code_verifier"),
    "refresh_token": ("refresh_token", "scope"),
}
PLAIN = (str, int)


@dataclass(frozen=True, slots=True)
class Result:
    """What came of it: the answer of RFC 6749, whose account it is, and the profile that a code stood for."""

    status: int
    told: Mapping[str, Any]
    account: str = ""
    profile: str = ""


def redeem(
    conn: sqlite3.Connection,
    application: Application,
    body: Mapping[str, Any],
    fresh: Callable[[], str],
    now: float,
) -> Result:
    """Answer a token request of an application that has proved itself. What it changes is to be committed."""
    grant = body.get("grant_type")
    names = FIELDS.get(grant, ()) if isinstance(grant, str) else ()
    form = {name: str(body[name]) for name in names if isinstance(body.get(name), PLAIN) and body[name]}
    if isinstance(grant, str):
        form["grant_type"] = grant
    rules = _Rules(conn, application, now)
    bearer = BearerToken(rules, lambda _: fresh(), int(tokens.ACCESS_LIFE))
    grants = {
        "authorization_code": AuthorizationCodeGrant(rules),
        "refresh_token": RefreshTokenGrant(rules, issue_new_refresh_tokens=True),
    }
    endpoint = TokenEndpoint(
        default_grant_type="refresh_token",
        default_token_type=bearer,  # type: ignore[arg-type]  # its stub says str, and its code calls it
        grant_types=grants,
    )
    _, text, status = endpoint.create_token_response(NOWHERE, "POST", urlencode(form), {})
    return Result(status, json.loads(text), rules.account, rules.profile)


class _Rules(RequestValidator):
    """What oauthlib asks while it judges one request."""

    def __init__(self, conn: sqlite3.Connection, application: Application, now: float) -> None:
        """Judge for one application, which has proved itself already."""
        self.conn, self.application, self.now = conn, application, now
        self.account = self.profile = self.pair = self.scope = self.challenge = self.redirect_uri = ""

    def authenticate_client(self, request: Request, *_: Any, **__: Any) -> bool:
        request.client, request.client_id = self.application, self.application.client_id
        return True

    def client_authentication_required(self, *_: Any, **__: Any) -> bool:
        return True

    def validate_grant_type(self, *_: Any, **__: Any) -> bool:
        return True

    def validate_code(self, client_id: str, code: str, client: Any, request: Request, *_: Any) -> bool:
        """Look for the code. One that was used may have been stolen: what it gave is good no more."""
        found = tokens.find_code(self.conn, client_id, code, self.now)
        if found is None:
            tokens.revoke_pair(self.conn, client_id, tokens.digest(code))
            return False
        self.account, self.profile, self.scope = found.account, found.profile, found.scope
        self.redirect_uri, self.challenge = found.redirect_uri, found.challenge
        self.pair = tokens.digest(code)
        request.user, request.scopes = found.account, found.scope.split()
        return True

    def get_code_challenge(self, *_: Any) -> Any:
        return self.challenge or None

    def get_code_challenge_method(self, *_: Any) -> str:
        return "S256"

    def is_pkce_required(self, *_: Any) -> bool:
        return False

    def get_default_redirect_uri(self, *_: Any, **__: Any) -> Any:
        return None

    def confirm_redirect_uri(self, client_id: str, code: str, redirect_uri: str, *_: Any, **__: Any) -> bool:
        return redirect_uri == self.redirect_uri

    def validate_refresh_token(self, refresh_token: str, client: Any, request: Request, *_: Any) -> bool:
        found = tokens.lookup(self.conn, self.application.client_id, refresh_token)
        if found is None or found.kind != "refresh":
            return False
        self.account, self.pair, self.scope = found.account, found.pair, found.scope
        request.user = found.account
        return True

    def get_original_scopes(self, *_: Any, **__: Any) -> list[str]:
        return self.scope.split()

    def rotate_refresh_token(self, request: Request) -> bool:
        return False

    def save_token(self, token: Mapping[str, Any], request: Request, *_: Any, **__: Any) -> None:
        client, scope = self.application.client_id, str(token["scope"])
        held = Token("access", self.pair, client, self.account, scope, self.now + tokens.ACCESS_LIFE)
        tokens.mint(self.conn, str(token["access_token"]), held, self.now)
        if request.grant_type == "authorization_code":
            lasting = Token("refresh", self.pair, client, self.account, scope, None)
            tokens.mint(self.conn, str(token["refresh_token"]), lasting, self.now)

    def invalidate_authorization_code(self, client_id: str, code: str, *_: Any, **__: Any) -> None:
        tokens.spend_code(self.conn, code)
