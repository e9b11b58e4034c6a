"""How we may act for people at Microsoft: as the app itself for all mailboxes, or for one who consented.

msal keeps the tokens, in a thread, one acquisition at a time for each account. We ask for `Calendars.ReadWrite`
alone, which reads and writes events, has Teams meetings made on them, and subscribes to changes.
https://learn.microsoft.com/graph/permissions-reference#calendarsreadwrite
https://learn.microsoft.com/entra/msal/python/
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import msal
from msal.authority import WELL_KNOWN_AUTHORITY_HOSTS

from connectors.http import Http
from connectors.microsoft import refused
from connectors.microsoft.bridge import Addresses, Bridge, Silence
from connectors.oauth import LONGEST, Granted, Now, Save, Tokens
from connectors.settings import MicrosoftSettings

SCOPE = "Calendars.ReadWrite"
GRAPH = "https://graph.microsoft.com"
# https://learn.microsoft.com/graph/deployments#microsoft-graph-and-graph-explorer-service-root-endpoints
_CLOUDS = frozenset({GRAPH, "https://graph.microsoft.us", "https://dod-graph.microsoft.us"}) | {
    "https://microsoftgraph.chinacloudapi.cn"
}

Result = Mapping[str, Any] | None


@dataclass(slots=True)
class Client:
    """One msal application, made when it is first needed. All but `made` is called in msal's thread."""

    http: Http
    settings: MicrosoftSettings
    now: Now
    name: str  # of the credential, for its lane
    cache: msal.SerializableTokenCache = field(default_factory=msal.SerializableTokenCache, repr=False)
    _made: Any = None

    def bridge(self) -> Bridge:
        """Return the way out. To be called on the loop."""
        addresses = Addresses.of(self.settings.authority)
        return Bridge(self.http, addresses, self.name, self.now, asyncio.get_running_loop())

    def app(self, bridge: Bridge) -> Any:
        """Return the application. Raises Unauthorized where the tenant is unknown."""
        if self._made is None:
            known = urlsplit(bridge.addresses.told).hostname in WELL_KNOWN_AUTHORITY_HOSTS
            try:
                self._made = msal.ConfidentialClientApplication(
                    self.settings.client_id,
                    client_credential=self.settings.client_secret,
                    authority=f"{bridge.addresses.told}/{self.settings.tenant}",
                    instance_discovery=None if known else False,
                    token_cache=self.cache,
                    http_client=bridge,
                )
            except ValueError as error:
                raise refused.no_tenant(str(error)) from error
        return self._made

    def drop(self) -> None:
        """Forget the application, but not its tokens: msal repeats a refusal for a minute without asking."""
        self._made = None

    async def run(self, step: Callable[[Any], Result]) -> Result:
        """Do the step with the application, in a thread. Raises what `Bridge` found out.

        The thread is its own: it waits for our client, which looks names up in the threads that all others share.
        """
        bridge, thread = self.bridge(), ThreadPoolExecutor(1, "msal")
        try:
            loop = asyncio.get_running_loop()
            result = await loop.run_in_executor(thread, lambda: step(self.app(bridge)))
        except Silence as error:
            self.drop()
            raise error.known from error
        except BaseException:
            self.drop()
            raise
        finally:
            thread.shutdown(wait=False)
        if not _granted(result):
            self.drop()
        return result


@dataclass(slots=True)
class Account:
    """The access tokens of one credential, as `oauth.Tokens`, and what Graph said was missing from the last."""

    tokens: Tokens
    ask: Grant

    async def token(self) -> str:
        """Return an access token that is good for a minute or more. Raises Unauthorized or Transient."""
        return await self.tokens.token()

    async def refresh(self, stale: str, claims: str = "") -> str:
        """Return another token than `stale`, with the claims that it lacked. Raises as `token`."""
        self.ask.claims = claims or self.ask.claims
        return await self.tokens.refresh(stale)


@dataclass(slots=True)
class Grant:
    """Asks msal for a token. After the first, msal's own memory is passed over: it was refused, or is over."""

    client: Client
    step: Callable[[Any, bool, str], Result]  # (application, fresh, claims) → msal's result
    address: str = ""  # of the person, "" for the app
    save: Save | None = None
    claims: str = ""
    _asked: bool = False
    _unsaved: str = ""

    async def __call__(self) -> Granted:
        """Return a token; what changed in the cache is saved before it is used."""
        fresh, claims, begun = self._asked, self.claims, self.client.now()
        result = await self.client.run(lambda app: self.step(app, fresh, claims))
        if result is None or "access_token" not in result:
            raise refused.judge(result, self.address)
        await self._save()
        self._asked, self.claims = True, ""
        return Granted(str(result["access_token"]), begun + timedelta(seconds=_seconds(result)))

    async def _save(self) -> None:
        if self.save is None:
            return
        if self.client.cache.has_state_changed:
            self._unsaved = self.client.cache.serialize()
        if self._unsaved:
            await self.save(self._unsaved)
            self._unsaved = ""


def app_only(http: Http, settings: MicrosoftSettings, now: Now) -> Account:
    """Act as the app, which may be shared by all mailboxes: its token is the same for every one.

    https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
    """
    scopes = [f"{_resource(settings)}/.default"]

    def step(app: Any, fresh: bool, claims: str) -> Result:  # noqa: FBT001 - Called by name of its place only here.
        if fresh and not claims:
            app.remove_tokens_for_client()
        result: Result = app.acquire_token_for_client(scopes, claims_challenge=claims or None)
        return result

    grant = Grant(Client(http, settings, now, settings.client_id), step)
    return Account(Tokens(grant, now), grant)


def consented(
    http: Http, settings: MicrosoftSettings, address: str, kept: str, save: Save, now: Now
) -> Account:
    """Act for one person, by the token cache that their consent left; `save` keeps it when it changes.

    Raises Unauthorized where there is none yet, or it is unreadable.
    """
    client = Client(http, settings, now, address)
    if not kept.strip():
        raise refused.not_connected(address)
    if not _is_cache(kept):
        raise refused.unreadable(address)
    client.cache.deserialize(kept)
    scopes = scopes_for(settings)

    def step(app: Any, fresh: bool, claims: str) -> Result:  # noqa: FBT001 - As above.
        found = app.get_accounts(username=address) or app.get_accounts()
        result: Result = app.acquire_token_silent_with_error(
            scopes, found[0] if found else None, force_refresh=fresh, claims_challenge=claims or None
        )
        return result

    grant = Grant(client, step, address, save)
    return Account(Tokens(grant, now), grant)


def scopes_for(settings: MicrosoftSettings) -> list[str]:
    """Return what a person is asked to allow; msal adds sign-in, profile and lasting access."""
    return [f"{_resource(settings)}/{SCOPE}"]


def _resource(settings: MicrosoftSettings) -> str:
    parts = urlsplit(settings.graph_base)
    origin = f"{parts.scheme}://{parts.netloc}".lower()
    return origin if origin in _CLOUDS else GRAPH


def _is_cache(text: str) -> bool:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and all(isinstance(section, dict) for section in found.values())


def _granted(result: Result) -> bool:
    return result is not None and "error" not in result


def _seconds(result: Mapping[str, Any]) -> float:
    try:
        return min(float(result["expires_in"]), LONGEST)
    except (KeyError, TypeError, ValueError):
        return 3600.0
