"""The sign-in service: discovery, consent and tokens, for the app itself and for people."""

# https://learn.microsoft.com/entra/identity-platform/v2-protocols

from __future__ import annotations

import asyncio
from html import escape
from typing import TYPE_CHECKING, Any

from aiohttp import web
from yarl import URL

from sandbox.calls import USER
from sandbox.deliveries import is_loopback
from sandbox.microsoft import consent
from sandbox.microsoft.signin_errors import SignInError
from sandbox.microsoft.state import Graph
from sandbox.microsoft.token_endpoint import DEFAULT, GENERAL, TokenEndpoint, bare, issuer_of, tenant_of
from sandbox.microsoft.tokens import CLIENT_ID, Grant, SigningKey, Tokens

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp.typedefs import Handler

    from sandbox.state import User, World

Json = dict[str, Any]

LOGIN = "/microsoft/login/{tenant}"
PERMISSIONS = frozenset(
    "Calendars.Read Calendars.ReadBasic Calendars.ReadWrite Calendars.Read.Shared Calendars.ReadWrite.Shared "
    "OnlineMeetings.Read OnlineMeetings.ReadWrite User.Read MailboxSettings.Read".split()
)


def routes(world: World) -> list[web.RouteDef]:
    """Return the routes of the sign-in service."""
    sign_in = SignIn(world)
    table = (
        ("GET", "/v2.0/.well-known/openid-configuration", "openid", sign_in.openid),
        ("GET", "/discovery/v2.0/keys", "keys", sign_in.keys),
        ("GET", "/oauth2/v2.0/authorize", "authorize", sign_in.authorize),
        ("POST", "/oauth2/v2.0/token", "token", TokenEndpoint(world).token),
    )
    return [
        web.route(method, LOGIN + path, _taking_time(world, handler), name=f"microsoft:{op}")
        for method, path, op, handler in table
    ]


def _taking_time(world: World, handler: Handler) -> Handler:
    async def taking_time(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(world.modes.latency)
        return await handler(request)

    return taking_time


class SignIn:
    """The handlers of the sign-in service in one world."""

    def __init__(self, world: World) -> None:
        self._world = world

    @property
    def _tokens(self) -> Tokens:
        return self._world.room(Tokens)

    async def openid(self, request: web.Request) -> web.Response:
        """Say where everything is, at the address where the request came in."""
        base = f"{request.url.origin()}/microsoft/login/{request.match_info['tenant']}"
        try:
            tenant_of(request)
        except SignInError as error:
            return error.response()
        return web.json_response(
            {
                "issuer": issuer_of(request),
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "jwks_uri": f"{base}/discovery/v2.0/keys",
                "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
                "response_modes_supported": ["query", "form_post"],
                "response_types_supported": ["code"],
                "subject_types_supported": ["pairwise"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "scopes_supported": sorted(GENERAL),
                "claims_supported": ["sub", "iss", "aud", "exp", "iat", "nonce", "preferred_username", "oid"],
            }
        )

    async def keys(self, _: web.Request) -> web.Response:
        """Show the public keys that prove id tokens."""
        return web.json_response({"keys": [self._world.room(SigningKey).public()]})

    async def authorize(self, request: web.Request) -> web.Response:
        """Consent as the person hinted at, or ask which of the sandbox's Outlook people it is."""
        query, to = request.query, URL(request.query.get("redirect_uri", ""))
        if query.get("client_id") != CLIENT_ID:
            return _refusal(SignInError(700016, query.get("client_id", "")))
        if not to.is_absolute() or (to.scheme != "https" and not is_loopback(str(to))):
            return _refusal(SignInError(50011, str(to), CLIENT_ID))
        state, mode = query.get("state", ""), query.get("response_mode", "query")
        try:
            tenant_of(request)
            scopes = _asked(query)
            people = {user.email: user for user in self._people()}
            user = people.get(query.get("login_hint", "").lower())
            if user is None or query.get("prompt") == "select_account":
                return consent.chooser(request.url, people.values(), scopes)
            code = self._tokens.code(self._grant(user, scopes, query))
        except SignInError as error:
            said = {"error": error.known.error, "error_description": error.description(), "state": state}
            return consent.back(to, mode, said)
        request[USER] = user.email
        return consent.back(to, mode, {"code": code, "state": state, "session_state": self._world.token()})

    def _people(self) -> list[User]:
        return [user for user in self._world.users.values() if user.home == "microsoft"]

    def _grant(self, user: User, scopes: frozenset[str], query: Mapping[str, str]) -> Grant:
        now = self._world.now()
        return Grant(
            email=user.email,
            oid=self._world.room(Graph).mailbox(user.email).oid,
            scopes=scopes,
            granted=now,
            expires=now,
            challenge=query.get("code_challenge", ""),
            redirect=query.get("redirect_uri", ""),
            nonce=query.get("nonce", ""),
        )


def _asked(query: Mapping[str, str]) -> frozenset[str]:
    """Return the scopes asked for; refuse for the person who declines, and what nobody can grant."""
    scopes = frozenset(query.get("scope", "").split())
    if query.get("sandbox_answer") == "deny":
        raise SignInError(65004)
    strange = bare(scopes) - GENERAL - PERMISSIONS - {DEFAULT}
    if strange or not scopes:
        raise SignInError(70011, " ".join(sorted(strange)))
    if query.get("response_type") != "code" or query.get("code_challenge_method", "S256") != "S256":
        raise SignInError(90014, "response_type")
    return scopes


def _refusal(error: SignInError) -> web.Response:
    return consent.page("Sign-in failed", f"<p>{escape(error.description())}</p>", 400)
