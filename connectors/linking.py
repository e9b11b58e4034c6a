"""Accounts that people can link: where they say yes, what comes of it, and how it is taken back.

A provider's code is loaded only where there are settings for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import Any, Final, Protocol, cast

import structlog

from connectors import consented
from connectors.errors import ProviderError, Transient, Unauthorized
from connectors.http import Http
from connectors.model import Identity
from connectors.oauth import Granted, Now
from connectors.settings import OAuthApp

log = structlog.get_logger(__name__)

LONGEST_ID, LONGEST_NAME = 512, 200  # characters
NOBODY: Final = Identity("", "")

TITLES: Final = {"goto": "GoTo", "webex": "Webex", "zoom": "Zoom"}


class Account(Protocol):
    """The module `account` of a provider."""

    NEEDS: consented.Needs

    def app(self, settings: Any) -> OAuthApp:
        """Return the app that people link. Raises Rejected where the settings have none."""

    async def identity(self, http: Http, settings: Any, access: str) -> Identity:
        """Ask who has given an access token."""


@dataclass(frozen=True, slots=True)
class Authorised:
    """What a person's yes has brought."""

    who: Identity
    client: str  # the app's client id
    token: str = field(repr=False)
    scopes: frozenset[str]


class Way(Protocol):
    """How the account of a person at one provider is linked, in a browser."""

    @property
    def provider(self) -> str:
        """Name it."""

    @property
    def title(self) -> str:
        """Name it for people."""

    @property
    def scopes(self) -> tuple[str, ...]:
        """Say what is asked for."""

    @property
    def calendars(self) -> bool:
        """Tell whether it opens the person's calendars, in place of making their meetings."""

    @property
    def rotates(self) -> bool:
        """Tell whether a new yes ends what came of an older one."""

    async def begin(self, account: str, redirect_uri: str, state: str, verifier: str) -> tuple[str, str]:
        """Return the page where the person says yes, and what to keep, which is secret, until the answer comes."""

    async def end(self, query: Mapping[str, str], kept: str, redirect_uri: str) -> Authorised:
        """Turn the answer into something to keep. Raises Lacking where too little was allowed, else ProviderError."""

    async def revoke(self, token: str) -> bool:
        """Take it back; False where the provider offers no way. Raises ProviderError."""


class Lacking(Unauthorized):
    """The person, or the app's registration, did not allow everything that is needed."""

    scopes: tuple[str, ...] = ()
    got: Authorised | None = None  # what came all the same, to be given back


@dataclass(frozen=True, slots=True)
class Linkable:
    """One provider at which people have accounts of their own."""

    provider: str
    title: str
    http: Http
    settings: Any = field(repr=False)
    account: Account
    now: Now
    calendars: bool = False

    @property
    def scopes(self) -> tuple[str, ...]:
        """What is asked for; none where that is fixed in the app's registration."""
        return self.app.scopes

    @property
    def rotates(self) -> bool:
        """Whether a new yes ends what came of an older one."""
        return self.app.rotates

    @property
    def app(self) -> OAuthApp:
        """The app that people allow."""
        return self.account.app(self.settings)

    async def begin(self, account: str, redirect_uri: str, state: str, verifier: str) -> tuple[str, str]:
        """Return the page where the person says yes, and the verifier."""
        app = self.app
        # Which one is meant is known for calendars only: at other providers people have other addresses.
        if self.calendars and account:
            app = replace(app, extra={**app.extra, "login_hint": account})
        return consented.authorize_url(app, redirect_uri, state, verifier), verifier

    async def end(self, query: Mapping[str, str], kept: str, redirect_uri: str) -> Authorised:
        """Redeem the code. Raises as `redeem`."""
        return await self.redeem(query["code"], kept, redirect_uri)

    async def redeem(self, code: str, verifier: str, redirect_uri: str) -> Authorised:
        """Turn the answer of that page into something to keep.

        Raises Lacking where too little was allowed, and else as `consented.exchange`. Tokens that do not come to
        that are revoked where this ends nothing else.
        """
        granted = await consented.exchange(self.http, self.app, code, verifier, redirect_uri, self.now)
        try:
            return await self._judged(granted)
        except ProviderError:
            if self.rotates:
                await self._dropped(granted.refresh)
            raise

    async def _judged(self, granted: Granted) -> Authorised:
        """Ask whose tokens these are, and whether they are good for all that is needed."""
        app, who = self.app, NOBODY
        missing = consented.missing(granted.scopes, self.account.NEEDS)
        settings = _regional(self.account, self.settings, granted.api_url)
        try:
            who = _told(await self.account.identity(self.http, settings, granted.access), app.provider)
        except ProviderError:
            if not missing:
                raise
        got = Authorised(who, app.client_id, granted.refresh, granted.scopes)
        if missing:
            message = f"not allowed: {', '.join(missing)}"
            lacking = Lacking(message, provider=app.provider, reason="missing_scope")
            lacking.scopes, lacking.got = missing, got
            raise lacking
        return got

    async def _dropped(self, token: str) -> None:
        try:
            await self.revoke(token)
        except ProviderError as error:
            log.error("token not revoked", provider=self.provider, error=str(error))

    async def revoke(self, token: str) -> bool:
        """Take a refresh token back; False where the provider offers no way. Raises ProviderError."""
        return await consented.revoke(self.http, self.app, token, self.now)


def linkables(http: Http, now: Now, settings: Mapping[str, Any]) -> Mapping[str, Linkable]:
    """Return the providers that are set up for people's own accounts, by name; `settings` may hold None."""
    found = {}
    for provider, given in settings.items():
        if given is None or provider not in TITLES:
            continue
        account = cast("Account", import_module(f"connectors.{provider}.account"))
        try:
            account.app(given)
        except ProviderError:
            continue
        found[provider] = Linkable(provider, TITLES[provider], http, given, account, now)
    return found


def _regional(account: Account, settings: Any, api_url: str) -> Any:
    """Let Zoom say where it wants to be asked."""
    at = getattr(account, "regional", None)
    return settings if at is None else at(settings, api_url)


def _told(who: Identity, provider: str) -> Identity:
    """Return who it is, with a name that can be shown in one line: anybody may have given themselves another."""
    if not 0 < len(who.id) <= LONGEST_ID or not who.id.isprintable():
        raise Transient(
            f"{provider} does not say whose account this is", provider=provider, reason="bad_answer"
        )
    name = "".join(one if one.isprintable() else " " for one in who.name)
    return Identity(who.id, " ".join(name.split())[:LONGEST_NAME] or who.id)
