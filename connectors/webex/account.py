"""People's own Webex accounts: the integration that they allow, what it needs, and who has allowed it.

https://developer.webex.com/docs/integrations
https://developer.webex.com/docs/api/v1/people/get-my-own-details
"""

from __future__ import annotations

from connectors.errors import Transient, Unauthorized
from connectors.http import Http, Request
from connectors.model import Identity
from connectors.settings import OAuthApp, WebexSettings
from connectors.webex import refusals

SCOPES = ("meeting:schedules_read", "meeting:schedules_write", "spark:people_read")
NEEDS = (("meeting:schedules_read",), ("meeting:schedules_write",), ("spark:people_read", "spark:all"))


def app(settings: WebexSettings) -> OAuthApp:
    """Return how people link their accounts. Webex tells nobody how to take a refresh token back."""
    base = settings.api_base.rstrip("/")
    return OAuthApp(
        provider="webex",
        client_id=settings.client_id,
        client_secret=settings.client_secret,
        authorize_url=f"{base}/authorize",
        token_url=f"{base}/access_token",
        basic=False,
        scopes=SCOPES,
    )


async def identity(http: Http, settings: WebexSettings, access: str) -> Identity:
    """Return whose token this is. Raises Unauthorized where Webex refuses it, Transient where it does not tell."""
    answer = await http.send(
        Request(
            method="GET",
            url=f"{settings.api_base.rstrip('/')}/people/me",
            provider="webex",
            op="me",
            headers={"Authorization": f"Bearer {access}", "Accept": "application/json"},
        )
    )
    if answer.status != 200:
        said = refusals.read(answer).said()
        kind = Unauthorized if answer.status in (401, 403) else Transient
        raise kind(said, provider="webex", status=answer.status, reason=str(answer.status))
    body = answer.json()
    if not isinstance(body, dict) or not body.get("id"):
        raise Transient("Webex does not say whose account this is", provider="webex", reason="bad_answer")
    emails = body.get("emails")
    address = emails[0] if isinstance(emails, list) and emails else body.get("displayName")
    return Identity(str(body["id"]), str(address or ""))
