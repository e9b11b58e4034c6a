"""Google calendars that people open themselves: the OAuth client that they allow, and who they are."""

from __future__ import annotations

from typing import Final

from connectors.errors import Rejected, Transient, Unauthorized
from connectors.google.auth import SCOPES
from connectors.http import Http, Request
from connectors.model import Identity
from connectors.settings import GoogleSettings, OAuthApp

NEEDS: Final[tuple[tuple[str, ...], ...]] = tuple(
    (scope,) for scope in SCOPES
)  # people can leave single ones out


def app(settings: GoogleSettings) -> OAuthApp:
    """Return the OAuth client. Raises Rejected where the settings have none."""
    if not settings.client_id:
        raise Rejected("[google] names no OAuth client", provider="google", reason="not_configured")
    return OAuthApp(
        provider="google",
        client_id=settings.client_id,
        client_secret=settings.client_secret,
        authorize_url=settings.authorize_url,
        token_url=settings.token_url,
        revoke_url=settings.revoke_url,
        basic=False,
        scopes=SCOPES,
        # Without `consent`, somebody who has agreed before comes back without a refresh token.
        # https://developers.google.com/identity/protocols/oauth2/web-server#offline
        extra={"access_type": "offline", "prompt": "consent"},
    )


async def identity(http: Http, settings: GoogleSettings, access: str) -> Identity:
    """Return whose access token this is: the id of a primary calendar is its owner's address.

    Raises Unauthorized where Google refuses it, Transient where it does not tell.
    https://developers.google.com/workspace/calendar/api/concepts/events-calendars#calendars
    """
    answer = await http.send(
        Request(
            method="GET",
            url=f"{settings.api_base}users/me/calendarList/primary",
            provider="google",
            op="calendarList.get",
            headers={"Authorization": f"Bearer {access}", "Accept": "application/json"},
            lane="primary",
        )
    )
    if answer.status != 200:
        refused = Unauthorized if answer.status in (401, 403, 404) else Transient
        message = f"Google does not say whose calendar this is ({answer.status})"
        raise refused(message, provider="google", status=answer.status)
    found = answer.json()
    if not isinstance(found, dict) or not found.get("id"):
        raise Transient("Google does not say whose calendar this is", provider="google", reason="bad_answer")
    return Identity(str(found["id"]), str(found["id"]))
