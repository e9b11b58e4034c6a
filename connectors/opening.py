"""Calendars that people open themselves, in a browser, at Google and Microsoft."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, cast
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from connectors.errors import Unauthorized
from connectors.http import Http
from connectors.linking import Account, Authorised, Lacking, Linkable, Way
from connectors.model import Identity
from connectors.oauth import Now
from connectors.settings import GoogleSettings, MicrosoftSettings

if TYPE_CHECKING:
    from connectors.microsoft.consent import MicrosoftConsent

MISSING = "missing_scope"


@dataclass(frozen=True, slots=True)
class Microsoft:
    """Calendars at Microsoft, where msal does the talking: what is kept is its flow, and then its token cache."""

    http: Http
    settings: MicrosoftSettings
    now: Now
    provider: str = "microsoft"
    title: str = "Microsoft"
    calendars: bool = True
    rotates: bool = False
    scopes: tuple[str, ...] = ("Calendars.ReadWrite",)

    async def begin(self, account: str, redirect_uri: str, state: str, verifier: str) -> tuple[str, str]:
        """Return the page where the person says yes, and msal's flow, which has a verifier of its own."""
        url, flow = await self._consent().begin(account, redirect_uri)
        parts = urlsplit(url)
        query = urlencode({**dict(parse_qsl(parts.query)), "state": state})
        return urlunsplit(parts._replace(query=query)), json.dumps({**flow, "state": state})

    async def end(self, query: Mapping[str, str], kept: str, redirect_uri: str) -> Authorised:
        """Redeem the code. Raises Lacking where too little was allowed, and else as msal's consent."""
        try:
            who, cache = await self._consent().end(json.loads(kept), query)
        except Unauthorized as error:
            if error.reason != MISSING:
                raise
            lacking = Lacking(str(error), provider=self.provider, reason=MISSING)
            lacking.scopes = self.scopes
            raise lacking from error
        return Authorised(Identity(who, who), self.settings.client_id, cache, frozenset(self.scopes))

    async def revoke(self, token: str) -> bool:
        """Do nothing: Microsoft lets people and administrators take a consent back, but not an app."""
        return False

    def _consent(self) -> MicrosoftConsent:
        from connectors.microsoft.consent import MicrosoftConsent  # noqa: PLC0415 - loads msal

        return MicrosoftConsent(self.http, self.settings, self.now)


def ways(
    http: Http, now: Now, google: GoogleSettings | None, microsoft: MicrosoftSettings | None
) -> Mapping[str, Way]:
    """Return the providers at which people can open their calendars; settings are None where none do."""
    found: dict[str, Way] = {}
    if google is not None and google.client_id:
        account = cast("Account", import_module("connectors.google.account"))  # only for who has settings
        found["google"] = Linkable("google", "Google", http, google, account, now, calendars=True)
    if microsoft is not None:
        found["microsoft"] = Microsoft(http, microsoft, now)
    return found
