"""A person's own GoTo account: the app that they allow, what it needs, and who they are.

https://developer.goto.com/guides/Authentication/03_HOW_accessToken
https://developer.goto.com/guides/Authentication/05_HOW_refreshToken
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.errors import Transient, Unauthorized
from connectors.goto import refusals
from connectors.http import Http, Request
from connectors.model import Identity
from connectors.settings import GoToSettings, OAuthApp

MEETINGS, WHO = "collab:", "identity:scim.me"

# Who somebody is can be asked in two places, of which not every token opens both: meetings are what matters.
NEEDS = ((MEETINGS,),)
PLACES = ("identity/v1/Users/me", "admin/rest/v1/me")


def app(settings: GoToSettings) -> OAuthApp:
    """Return the app as people allow it. Its refresh answers mostly have no refresh token: the old one stays."""
    base = settings.oauth_base.rstrip("/")
    return OAuthApp(
        provider="goto",
        client_id=settings.client_id,
        client_secret=settings.client_secret,
        authorize_url=f"{base}/authorize",
        token_url=f"{base}/token",
        revoke_url=f"{base}/revoke",
        scopes=(WHO, MEETINGS),
    )


async def identity(http: Http, settings: GoToSettings, access: str) -> Identity:
    """Return whose access token this is: the organizer's key, and their address.

    Raises Unauthorized where the token does not tell, Transient where GoTo is out of order.
    """
    for place in PLACES:
        answer = await http.send(
            Request(
                method="GET",
                url=f"{settings.api_base.rstrip('/')}/{place}",
                provider="goto",
                op="identity",
                headers={"Authorization": f"Bearer {access}", "Accept": "application/json"},
                lane="identity",
            )
        )
        if answer.status == 200 and (found := _identity(answer.json())):
            return found
        if answer.status not in (200, 401, 403, 404):
            refusal = refusals.read(answer)
            raise Transient(
                f"GoTo does not say who has linked the account: {refusal.message or refusal.status}",
                provider="goto",
                status=answer.status,
                reason=refusal.code,
            )
    message = f"GoTo does not say who has linked the account: add {WHO} to the app's scopes, and link again"
    raise Unauthorized(message, provider="goto", reason="missing_scope")


def _identity(body: Any) -> Identity | None:
    """Read a person: of SCIM `id` and `userName`, of the older place `key` and `email`."""
    if not isinstance(body, Mapping):
        return None
    id_ = str(body.get("id") or body.get("key") or "")
    name = str(body.get("userName") or body.get("email") or body.get("displayName") or id_)
    return Identity(id_, name) if id_ else None
