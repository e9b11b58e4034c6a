"""The token endpoint: tokens for the app itself, for a code and for a refresh token."""

# https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow#request-an-access-token-with-a-client_secret

from __future__ import annotations

import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from aiohttp import BasicAuth, web

from sandbox.calls import USER
from sandbox.microsoft.ids import TENANT as TENANT_ID
from sandbox.microsoft.signin_errors import SignInError
from sandbox.microsoft.tokens import (
    CLIENT_ID,
    CLIENT_SECRET,
    TENANT,
    Grant,
    SigningKey,
    Tokens,
    encoded,
    object_id,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sandbox.state import World

Json = dict[str, Any]

GRAPH = "https://graph.microsoft.com/"
DEFAULT = ".default"
GENERAL = frozenset({"openid", "profile", "email", "offline_access"})
SHARED = ("organizations", "common")
"""Tenants that stand for the person's own; an app cannot sign in there as itself."""


class TokenEndpoint:
    """The token endpoint of one world."""

    def __init__(self, world: World) -> None:
        self._world = world

    @property
    def _tokens(self) -> Tokens:
        return self._world.room(Tokens)

    async def token(self, request: web.Request) -> web.Response:
        """Give tokens for a secret, a code or a refresh token."""
        form = {name: str(value) for name, value in (await request.post()).items()}
        form |= _basic(request.headers.get("Authorization", ""))
        try:
            _check_client(form)
            grant = self._granted(form, tenant_of(request))
        except SignInError as error:
            return error.response()
        request[USER] = grant.email or "app"
        return self._answer(grant, form, issuer_of(request))

    def _granted(self, form: Mapping[str, str], tenant: str) -> Grant:
        match form.get("grant_type", ""):
            case "client_credentials":
                return self._app(form, tenant)
            case "authorization_code":
                return self._redeemed(form)
            case "refresh_token":
                return self._refreshed(form)
            case other:
                raise SignInError(70003, other)

    def _app(self, form: Mapping[str, str], tenant: str) -> Grant:
        scopes = form.get("scope", "").split()
        if tenant in SHARED or scopes != [GRAPH + DEFAULT]:
            raise SignInError(1002012, " ".join(scopes))
        now = self._world.now()
        return Grant("", object_id(CLIENT_ID), frozenset({GRAPH + DEFAULT}), now, now)

    def _redeemed(self, form: Mapping[str, str]) -> Grant:
        code = form.get("code", "")
        grant = self._tokens.codes.pop(code, None)  # good once, whatever comes of it
        if grant is None:
            raise SignInError(54005 if code in self._tokens.redeemed else 9002313)
        self._tokens.redeemed.add(code)
        if grant.redirect != form.get("redirect_uri"):
            raise SignInError(500112, form.get("redirect_uri", ""), grant.redirect)
        if grant.challenge and not hmac.compare_digest(
            grant.challenge, encoded(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        ):
            raise SignInError(501481)
        if grant.expires <= self._world.now():
            raise SignInError(70008)
        self._check(grant)
        return grant

    def _refreshed(self, form: Mapping[str, str]) -> Grant:
        grant = self._tokens.refresh.get(form.get("refresh_token", ""))
        if grant is None:
            raise SignInError(9002313)
        self._check(grant)
        asked = bare(form.get("scope", "").split())
        if not asked - GENERAL - {DEFAULT} <= bare(grant.scopes):
            raise SignInError(70011, form.get("scope", ""))
        return grant

    def _check(self, grant: Grant) -> None:
        since = self._tokens.valid_from.get(grant.email)
        if grant.email not in self._world.users or (since is not None and self._tokens.revoked(grant)):
            raise SignInError(50173, grant.granted.isoformat(), since.isoformat() if since else "")

    def _answer(self, grant: Grant, form: Mapping[str, str], issuer: str) -> web.Response:
        token, seconds = self._tokens.issue(grant)
        shown = sorted(grant.scopes - {"offline_access"})
        answer: Json = {"token_type": "Bearer", "expires_in": seconds, "ext_expires_in": seconds}
        answer["access_token"] = token
        if grant.app_only:
            return web.json_response(answer)
        answer["scope"] = " ".join(shown)
        if "offline_access" in grant.scopes:
            answer["refresh_token"] = self._tokens.remember(grant)
        if "openid" in grant.scopes:
            answer["id_token"] = self._world.room(SigningKey).signed(self._claims(grant, issuer))
        if form.get("client_info"):
            info = {"uid": grant.oid, "utid": TENANT_ID}
            answer["client_info"] = encoded(json.dumps(info).encode())
        return web.json_response(answer, headers={"Cache-Control": "no-store"})

    def _claims(self, grant: Grant, issuer: str) -> Json:
        now = int(self._world.now().timestamp())
        claims = {
            "ver": "2.0",
            "iss": issuer,
            "sub": encoded(hashlib.sha256(grant.oid.encode()).digest()),
            "aud": CLIENT_ID,
            "exp": now + 86_400,
            "iat": now,
            "nbf": now,
            "name": self._world.users[grant.email].name,
            "preferred_username": grant.email,
            "oid": grant.oid,
            "tid": TENANT_ID,
        }
        return claims | ({"nonce": grant.nonce} if grant.nonce else {})


def bare(scopes: Iterable[str]) -> frozenset[str]:
    """Return scopes without the address of Graph, which may stand before each."""
    return frozenset(scope.removeprefix(GRAPH) for scope in scopes)


def issuer_of(request: web.Request) -> str:
    """Return who signs id tokens, at the address where the request came in."""
    return f"{request.url.origin()}/microsoft/login/{TENANT_ID}/v2.0"


def tenant_of(request: web.Request) -> str:
    """Return the tenant asked for; raise SignInError when there is none of that name."""
    tenant = request.match_info["tenant"]
    if tenant not in (TENANT, TENANT_ID, *SHARED):
        raise SignInError(90002, tenant)
    return tenant


def _basic(header: str) -> dict[str, str]:
    try:
        pair = BasicAuth.decode(header)
    except ValueError:
        return {}
    return {"client_id": unquote(pair.login), "client_secret": unquote(pair.password)}


def _check_client(form: Mapping[str, str]) -> None:
    if form.get("client_id") != CLIENT_ID:
        raise SignInError(700016, form.get("client_id", ""))
    if "client_secret" not in form:
        raise SignInError(7000218)
    if not hmac.compare_digest(form["client_secret"].encode(), CLIENT_SECRET.encode()):
        raise SignInError(7000215, CLIENT_ID)
