"""Google's OAuth 2.0 endpoints: consent, tokens and revocation."""

# https://developers.google.com/identity/protocols/oauth2

from __future__ import annotations

import base64
import hashlib
import json
from datetime import timedelta
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from aiohttp import web
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA256
from yarl import URL

from sandbox.calls import USER
from sandbox.google.errors import OAuthError
from sandbox.google.schema import contract
from sandbox.google.state import Google
from sandbox.google.tokens import ACCESS_SECONDS, SERVICE_ACCOUNT, Grant, ServiceKey

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.state import World

Json = dict[str, Any]

CLIENT_ID = "sandbox-client"
CLIENT_SECRET = "sandbox-secret"
AUDIENCE = "https://oauth2.googleapis.com/token"
SKEW = 300
"""Seconds by which a client's clock may be off."""
LONGEST_ASSERTION = 3600 + SKEW
GENERAL = frozenset({"openid", "email", "profile"})


@cache
def known_scopes() -> frozenset[str]:
    """Return every scope that can be granted."""
    return GENERAL.union(*(method.scopes for method in contract().methods.values()))


def routes(world: World) -> list[web.RouteDef]:
    """Return the routes of the OAuth endpoints."""

    async def authorize(request: web.Request) -> web.StreamResponse:
        return _authorize(world.room(Google), request.query)

    async def token(request: web.Request) -> web.StreamResponse:
        form = {name: str(value) for name, value in (await request.post()).items()}
        form |= _basic(request.headers.get("Authorization", ""))
        try:
            grant, answer = _token(world.room(Google), form)
        except OAuthError as error:
            return error.response()
        request[USER] = grant.email
        return web.json_response(answer)

    async def revoke(request: web.Request) -> web.StreamResponse:
        form = {**request.query, **(await request.post())}
        if world.room(Google).tokens.revoke(token=str(form.get("token", ""))):
            return web.json_response({})
        return OAuthError("invalid_token", "Token expired or revoked").response()

    return [
        web.get("/google/o/oauth2/v2/auth", authorize, name="authorize"),
        web.post("/google/token", token, name="token"),
        web.post("/google/revoke", revoke, name="revoke"),
    ]


def _basic(header: str) -> dict[str, str]:
    kind, _, text = header.partition(" ")
    if kind.lower() != "basic":
        return {}
    name, _, secret = base64.b64decode(text).decode().partition(":")
    return {"client_id": name, "client_secret": secret}


def _authorize(google: Google, query: Mapping[str, str]) -> web.Response:
    """Consent at once, as the person hinted at or the first one, and send the browser back with a code.

    Where the app wants people to be asked (`prompt=consent`), ask: `as=<address>` is a click on a name, `decline` one
    on Cancel, and `without=<scope>` leaves that box unticked.
    """
    back = URL(query.get("redirect_uri", ""))
    if query.get("client_id") != CLIENT_ID or not back.is_absolute():
        return web.Response(status=400, text="Error 400: invalid_client or redirect_uri_mismatch")
    users = google.world.users
    scopes = frozenset(query.get("scope", "").split())
    if "prompt" in query and not {"as", "decline"} & query.keys():
        return _question(google, query, scopes)
    email = query.get("as") or query.get("login_hint") or next(iter(users), "")
    scopes -= {query.get("without", "")}
    plain = query.get("code_challenge_method", "S256") != "S256"
    if (
        "decline" in query
        or query.get("response_type") != "code"
        or email not in users
        or not scopes <= known_scopes()
        or plain
    ):
        return _redirect(back.update_query(error="access_denied", state=query.get("state", "")))
    grant = Grant(
        email=email,
        client=CLIENT_ID,
        scopes=scopes,
        expires=google.moment() + timedelta(minutes=10),
        challenge=query.get("code_challenge"),
        redirect=str(back),
        offline=query.get("access_type") == "offline",
    )
    code = google.world.token("4/", 40)
    google.tokens.codes[code] = grant
    return _redirect(
        back.update_query(code=code, scope=" ".join(sorted(scopes)), state=query.get("state", ""))
    )


def _question(google: Google, query: Mapping[str, str], scopes: frozenset[str]) -> web.Response:
    def link(text: str, **more: str) -> str:
        return f'<li><a href="?{escape(urlencode({**query, **more}))}">{escape(text)}</a></li>'

    people = [email for email, user in google.world.users.items() if user.home == "google"]
    rows = [link(f"Continue as {email}", **{"as": email}) for email in people]
    rows += [
        link(f"{email}, but without {scope.rpartition('/')[2]}", **{"as": email, "without": scope})
        for email in people
        for scope in sorted(scopes)
    ]
    text = f"<!doctype html><title>Sign in</title><h1>Choose an account</h1><ul>{''.join(rows)}</ul>"
    return web.Response(text=text + link("Cancel", decline="1"), content_type="text/html")


def _redirect(to: URL) -> web.Response:
    return web.Response(status=302, headers={"Location": str(to)})


def _token(google: Google, form: Mapping[str, str]) -> tuple[Grant, Json]:
    match form.get("grant_type"):
        case "urn:ietf:params:oauth:grant-type:jwt-bearer":
            grant = _assertion(google, form.get("assertion", ""))
            return grant, _granted(google, grant)
        case "refresh_token":
            _check_client(form)
            held = google.tokens.refresh.get(form.get("refresh_token", ""))
            if held is None:
                raise OAuthError("invalid_grant")
            grant = _narrowed(held, form.get("scope"))
            return grant, _granted(google, grant)
        case "authorization_code":
            _check_client(form)
            grant = _code(google, form)
            answer = _granted(google, grant)
            return grant, answer | ({"refresh_token": google.tokens.remember(grant)} if grant.offline else {})
        case _:
            raise OAuthError("unsupported_grant_type")


def _granted(google: Google, grant: Grant) -> Json:
    return {
        "access_token": google.tokens.issue(grant),
        "expires_in": ACCESS_SECONDS,
        "scope": " ".join(sorted(grant.scopes)),
        "token_type": "Bearer",
    }


def _check_client(form: Mapping[str, str]) -> None:
    if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
        raise OAuthError("invalid_client", status=401)


def _narrowed(held: Grant, scope: str | None) -> Grant:
    scopes = frozenset((scope or "").split()) or held.scopes
    if not scopes <= held.scopes:
        raise OAuthError("invalid_scope")
    return Grant(held.email, held.client, scopes)


def _code(google: Google, form: Mapping[str, str]) -> Grant:
    # A code is good once, whatever comes of it.
    grant = google.tokens.codes.pop(form.get("code", ""), None)
    if grant is None or grant.expires is None or grant.expires <= google.moment():
        raise OAuthError("invalid_grant", "Malformed auth code.")
    if grant.redirect != form.get("redirect_uri"):
        raise OAuthError("redirect_uri_mismatch", "Bad Request")
    digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    if grant.challenge and grant.challenge != base64.urlsafe_b64encode(digest).decode().rstrip("="):
        raise OAuthError("invalid_grant", "Invalid code verifier.")
    return grant


def _assertion(google: Google, assertion: str) -> Grant:
    """Return what a service account's assertion asks for, once it is proved."""
    # https://developers.google.com/identity/protocols/oauth2/service-account
    claims = _proved(google, assertion)
    now = google.moment().timestamp()
    issued, expires = claims.get("iat", 0), claims.get("exp", 0)
    if (
        not now - LONGEST_ASSERTION <= issued <= now + SKEW
        or not now - SKEW < expires <= issued + LONGEST_ASSERTION
    ):
        message = "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe."
        raise OAuthError("invalid_grant", message)
    if claims.get("aud") not in (AUDIENCE, f"{google.world.url}/google/token"):
        raise OAuthError("invalid_grant", "Invalid JWT: Failed audience check.")
    if claims.get("iss") != SERVICE_ACCOUNT:
        raise OAuthError("invalid_grant", "Invalid grant: account not found")
    scopes = frozenset(str(claims.get("scope", "")).split())
    subject = str(claims.get("sub") or SERVICE_ACCOUNT).lower()
    if subject in google.revoked or (subject not in google.world.users and subject != SERVICE_ACCOUNT):
        raise OAuthError("invalid_grant", "Invalid email or User ID")
    if not scopes or not scopes <= known_scopes():
        raise OAuthError("unauthorized_client", status=401) if scopes else OAuthError("invalid_scope")
    return Grant(subject, SERVICE_ACCOUNT, scopes, delegated=subject != SERVICE_ACCOUNT)


def _proved(google: Google, assertion: str) -> Json:
    try:
        head, claims, signature = assertion.split(".")
        algorithm = json.loads(_decoded(head)).get("alg")
        google.world.room(ServiceKey).private.public_key().verify(
            _decoded(signature), f"{head}.{claims}".encode(), padding.PKCS1v15(), SHA256()
        )
        content = json.loads(_decoded(claims))
    except (ValueError, InvalidSignature):
        raise OAuthError("invalid_grant", "Invalid JWT Signature.") from None
    if algorithm != "RS256" or not isinstance(content, dict):
        raise OAuthError("invalid_grant", "Invalid JWT Signature.")
    return content


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
