"""Who may come in: bearer tokens, and how far each reaches."""

# https://learn.microsoft.com/graph/auth-limit-mailbox-access

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

from aiohttp import web

from sandbox.microsoft.errors import CHALLENGE, GraphError, unauthenticated
from sandbox.microsoft.state import Graph
from sandbox.microsoft.token_endpoint import DEFAULT, bare
from sandbox.microsoft.tokens import Tokens

if TYPE_CHECKING:
    from sandbox.microsoft.rows import Mailbox
    from sandbox.microsoft.tokens import Grant
    from sandbox.state import World

MAILBOX = web.RequestKey("mailbox", str)
"""Under this key a handler finds the address of the mailbox asked for."""
CLAIMS = {"access_token": {"nbf": {"essential": True, "value": "1604106651"}}}
READ = frozenset({"Calendars.Read", "Calendars.ReadWrite"})
WRITE = frozenset({"Calendars.ReadWrite"})
MEETINGS = frozenset({"OnlineMeetings.ReadWrite"})
BLOCKED = "Access to OData is disabled: [RAOP] : Blocked by tenant configured AppOnly AccessPolicy settings."
DENIED = "Access is denied. Check credentials and try again."


class Access:
    """What an administrator has said about the app."""

    def __init__(self, world: World) -> None:
        del world
        self.blocked: set[str] = set()
        """The mailboxes that a policy keeps the app out of."""
        self.challenged = 0
        """How many requests are still to be answered with a claims challenge."""


def authenticate(world: World, request: web.Request) -> Grant:
    """Return the grant behind the bearer token; answer 401 when it is not good (any more)."""
    access = world.room(Access)
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        raise unauthenticated("Access token is empty.")
    tokens = world.room(Tokens)
    grant = tokens.grant(token.strip())
    if grant is None:
        known = token.strip() in tokens.access
        raise unauthenticated() if known else unauthenticated("IDX14100: JWT is not well formed.")
    if access.challenged:
        access.challenged -= 1
        raise challenge()
    return grant


def challenge() -> GraphError:
    """Return the 401 that asks for another token, with the claims that it must have."""
    # https://learn.microsoft.com/entra/identity-platform/claims-challenge
    claims = base64.b64encode(json.dumps(CLAIMS).encode()).decode()
    header = f'{CHALLENGE}, error="insufficient_claims", claims="{claims}"'
    message = "Continuous access evaluation resulted in challenge with result: InteractionRequired."
    return GraphError(401, "InvalidAuthenticationToken", message, headers={"WWW-Authenticate": header})


def reach(world: World, grant: Grant, user: str | None, op: str, method: str) -> Mailbox:
    """Return the mailbox asked for; `user` is None for /me. Answer 403 when the grant does not reach it."""
    graph = world.room(Graph)
    if grant.app_only:
        if user is None:
            raise GraphError(
                400, "BadRequest", "/me request is only valid with delegated authentication flow."
            )
        mailbox = graph.mailbox(user)
        if mailbox.email in world.room(Access).blocked:
            raise GraphError(403, "ErrorAccessDenied", BLOCKED)
        return mailbox
    mailbox = graph.mailbox(grant.email if user is None else user)
    if mailbox.email != grant.email or not allows(grant, op, method):
        raise GraphError(403, "ErrorAccessDenied", DENIED)
    return mailbox


def allows(grant: Grant, op: str, method: str) -> bool:
    """Say whether a person's consent is enough for the operation."""
    scopes = bare(grant.scopes)
    wanted = MEETINGS if op.startswith("onlineMeetings.") else READ if method == "GET" else WRITE
    return bool(scopes & wanted) or DEFAULT in scopes
