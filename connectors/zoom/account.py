"""Zoom accounts that people link: the app they allow, what they have to allow it, and who they are."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from connectors.errors import Rejected, Transient, Unauthorized
from connectors.http import Http, Request
from connectors.model import Identity
from connectors.settings import OAuthApp, ZoomSettings
from connectors.zoom import refusals
from connectors.zoom.client import base as base_of

# Either an app with granular scopes or one with the older, coarse ones.
# https://developers.zoom.us/docs/integrations/oauth-scopes-granular/
NEEDS: Final = (
    ("meeting:write:meeting", "meeting:write"),
    ("meeting:update:meeting", "meeting:write"),
    ("meeting:delete:meeting", "meeting:write"),
    ("meeting:read:meeting", "meeting:read"),
    ("meeting:read:list_meetings", "meeting:read"),
    ("user:read:user", "user:read"),
)


def app(settings: ZoomSettings) -> OAuthApp:
    """Return the app that people link. Raises Rejected where the settings have none."""
    if not settings.user_client_id:
        raise Rejected("[zoom] names no app that people can link", provider="zoom", reason="not_configured")
    base = settings.oauth_base.rstrip("/")
    return OAuthApp(
        provider="zoom",
        client_id=settings.user_client_id,
        client_secret=settings.user_client_secret,
        authorize_url=f"{base}/authorize",
        token_url=f"{base}/token",
        revoke_url=f"{base}/revoke",
        send_scopes=False,  # they are fixed in the app's registration; naming any is answered with 4700
        rotates=True,
    )


def regional(settings: ZoomSettings, api_url: str) -> ZoomSettings:
    """Return the settings for the cluster that Zoom names beside a token; ours go before that."""
    return replace(settings, api_base=base_of(settings, api_url))


async def identity(http: Http, settings: ZoomSettings, access: str) -> Identity:
    """Ask who has given this access token. Raises Unauthorized where it is refused, Transient where Zoom is busy.

    https://developers.zoom.us/docs/api/users/#tag/users/GET/users/{userId}
    """
    answer = await http.send(
        Request(
            method="GET",
            url=f"{settings.api_base.rstrip('/')}/users/me",
            provider="zoom",
            op="users.me",
            headers={"Authorization": f"Bearer {access}", "Accept": "application/json"},
            lane="me",
        )
    )
    if answer.status != 200:
        refusal = refusals.read(answer)
        message = f"Zoom does not say whose account this is ({answer.status} {refusal.code})"
        kind = Transient if answer.status >= 500 or answer.status == 429 else Unauthorized
        raise kind(message, provider="zoom", status=answer.status, reason=str(refusal.code))
    found = answer.json()
    if not isinstance(found, dict) or not found.get("id"):
        raise Transient("Zoom does not say whose account this is", provider="zoom", reason="bad_answer")
    return Identity(str(found["id"]), str(found.get("email") or found.get("display_name") or found["id"]))
