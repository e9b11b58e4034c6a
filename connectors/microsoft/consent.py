"""A person's consent, from the page where they give it to the token cache that it leaves. Behind `linking.Way`.

The flow has its own proof (PKCE) and state, and may be used once.
https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

from connectors.errors import ProviderError, Rejected, Unauthorized
from connectors.http import Http
from connectors.microsoft import refused
from connectors.microsoft.auth import SCOPE, Client, Result, scopes_for
from connectors.microsoft.errors import PROVIDER
from connectors.oauth import Now
from connectors.settings import MicrosoftSettings


class MicrosoftConsent:
    """Asks people to let us look after their calendars."""

    def __init__(self, http: Http, settings: MicrosoftSettings, now: Now) -> None:
        self._settings = settings
        self._http = http
        self._now = now

    async def begin(self, address: str, redirect_uri: str) -> tuple[str, Mapping[str, Any]]:
        """Return the page to open, and what to keep until the browser has come back to `redirect_uri`."""
        client = self._client(address)

        def step(app: Any) -> Result:
            with warnings.catch_warnings():
                # The answer comes in the address, and holds a code that is nothing without the flow.
                warnings.filterwarnings("ignore", message="response_mode")
                flow: Result = app.initiate_auth_code_flow(
                    scopes_for(self._settings),
                    redirect_uri=redirect_uri,
                    login_hint=address or None,
                )
            return flow

        flow = await client.run(step) or {}
        return client.bridge().addresses.out(str(flow["auth_uri"])), flow

    async def end(self, flow: Mapping[str, Any], answer: Mapping[str, str]) -> tuple[str, str]:
        """Return who signed in, in lower case, and the token cache to keep, as text.

        Raises Unauthorized where the person declined or did not allow all that we need, Rejected where the
        answer does not belong to this flow, Transient where the sign-in service is out of order.
        """
        client = self._client("consent")
        try:
            result = await client.run(
                lambda app: app.acquire_token_by_auth_code_flow(dict(flow), dict(answer))
            )
        except (ValueError, RuntimeError) as error:
            message = "the answer does not belong to this sign-in: begin again"
            raise Rejected(message, provider=PROVIDER, reason="state_mismatch") from error
        if result is None or "access_token" not in result:
            raise _declined(result)
        missing = SCOPE.lower() not in str(result.get("scope") or "").lower()
        if missing:
            message = f"the permission {SCOPE} was not given: begin again, and allow it"
            raise Unauthorized(message, provider=PROVIDER, reason="missing_scope")
        return _who(result), client.cache.serialize()

    def _client(self, name: str) -> Client:
        return Client(self._http, self._settings, self._now, name)


def _declined(result: Result) -> ProviderError:
    told = result or {}
    if told.get("error") in ("access_denied", "consent_required"):
        text = str(told.get("error_description") or told["error"]).splitlines()[0]
        return Unauthorized(f"consent was declined ({text})", provider=PROVIDER, reason=str(told["error"]))
    return refused.judge(result)


def _who(result: Mapping[str, Any]) -> str:
    claims = result.get("id_token_claims") or {}
    # Not `email`: whoever runs a tenant writes there what they like.
    # https://learn.microsoft.com/entra/identity-platform/claims-validation
    who = claims.get("preferred_username") or claims.get("upn") or ""
    return str(who).strip().lower()
