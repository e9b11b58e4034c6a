"""The linking of an account, without the pages around it: from a link's secret to a profile, each step once.

1. `create` keeps a link for an hour, under the hash of its secret.
2. `begin` remembers, encrypted, what the provider's answer has to match: the state, the browser, the verifier.
3. `finish` takes the answer of the browser it was begun in, burns the state, redeems the code and keeps the account.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import re
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from hashlib import sha256

import structlog

from api import outcomes
from api.asking import told
from api.keeping import Keeper, Spent
from api.outcomes import Failed, Linked, Stop
from connectors.errors import ProviderError, Rejected, Transient
from connectors.linking import Lacking, Way
from store import link_requests
from store.db import Store
from store.errors import KeyWrong, StoreError
from store.link_requests import LinkRequest
from store.secrets import Vault

log = structlog.get_logger(__name__)

LIFE = 3600.0  # seconds that a link is good
SECRET = re.compile("[A-Za-z0-9_-]{43}")  # 256 bits
ADDRESS = re.compile(r"[^@\s]{1,64}@[^@\s]{1,255}")  # of whoever signs in for an application
STATE = re.compile(r"(?P<id>[0-9a-f]{64})\.[A-Za-z0-9_-]{43}")


def create(
    conn: sqlite3.Connection, secret: str, account: str, provider: str, redirect_uri: str, now: float
) -> LinkRequest:
    """Keep a new link, whose `secret` only its address holds."""
    request = LinkRequest(
        link_requests.request_id(secret), account.lower(), provider, redirect_uri, now, now + LIFE
    )
    link_requests.add(conn, request)
    return request


@dataclass(frozen=True, slots=True)
class Flow:
    """The flow of one installation. Chance and time are arguments."""

    store: Store
    vault: Vault
    providers: Mapping[str, Way]
    public_url: str
    clock: Callable[[], float]
    fresh: Callable[[], str]  # 43 characters that nobody can guess
    keeper: Keeper
    turns: defaultdict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))

    async def find(self, secret: str) -> LinkRequest | Stop:
        """Return the link with this secret, if it is still good."""
        if not SECRET.fullmatch(secret):
            return outcomes.UNKNOWN
        return await self._good(link_requests.request_id(secret))

    async def begin(self, request: LinkRequest, provider: str, browser: str) -> str | Stop:
        """Return the provider's page for the person at this browser."""
        found = self.providers.get(provider)
        if found is None or request.provider not in ("", provider):
            return outcomes.NO_PROVIDER
        state, verifier = f"{request.id}.{self.fresh()}", self.fresh()
        try:
            url, kept = await found.begin(request.account, self.callback(provider), state, verifier)
        except ProviderError as error:
            log.error("account not linked", account=request.account, provider=provider, error=str(error))
            return outcomes.silent(found.title)
        awaited = {
            "state": _digest(state),
            "browser": _digest(browser),
            "kept": kept,
            "provider": provider,
        }
        sealed, now = self.vault.seal(json.dumps(awaited)), self.clock()
        try:
            good = await self.store.tx(lambda conn: link_requests.open_flow(conn, request.id, sealed, now))
        except (StoreError, TimeoutError):
            return outcomes.DISK
        return url if good else outcomes.EXPIRED

    def callback(self, provider: str) -> str:
        """Return the address that the provider sends the browser back to."""
        return f"{self.public_url.rstrip('/')}/link/callback/{provider}"

    async def finish(self, provider: str, query: Mapping[str, str], browser: str) -> Linked | Failed | Stop:
        """Take the provider's answer, once."""
        state = query.get("state", "")
        match = STATE.fullmatch(state)
        request = await self._good(match["id"]) if match else outcomes.STRANGE
        if isinstance(request, Stop):
            return outcomes.STRANGE if request is outcomes.UNKNOWN else request
        awaited = self._awaited(request)
        if not awaited or not _same(awaited["state"], state) or awaited["provider"] != provider:
            return outcomes.STRANGE
        if not browser or not _same(awaited["browser"], browser):
            return outcomes.ELSEWHERE
        sealed = request.opened or b""
        try:
            mine = await self.store.tx(lambda conn: link_requests.take_answer(conn, request.id, sealed))
        except (StoreError, TimeoutError):
            return outcomes.DISK
        found = self.providers.get(provider)
        if not mine or found is None:
            return outcomes.STRANGE
        # Where each yes ends the one before it, the last to be redeemed has to be the last that is kept.
        async with self.turns[provider] if found.rotates else nullcontext():
            came = await self._redeemed(request, found, query, awaited["kept"])
        return replace(came, more=told(request)) if isinstance(came, Failed) else came

    async def _good(self, name: str) -> LinkRequest | Stop:
        try:
            request = await self.store.read(lambda conn: link_requests.get(conn, name))
        except (StoreError, TimeoutError):
            return outcomes.DISK
        if request is None:
            return outcomes.UNKNOWN
        if request.used_at is not None:
            return outcomes.USED
        return outcomes.EXPIRED if request.expires_at <= self.clock() else request

    def _awaited(self, request: LinkRequest) -> Mapping[str, str]:
        if request.opened is None:
            return {}
        try:
            found: Mapping[str, str] = json.loads(self.vault.open(request.opened))
        except KeyWrong:
            return {}
        return found

    async def _redeemed(
        self, request: LinkRequest, found: Way, query: Mapping[str, str], kept: str
    ) -> Linked | Failed | Stop:
        if "error" in query or not query.get("code"):
            return self._refused(request, found, query.get("error", ""))
        try:
            authorised = await found.end(query, kept, self.callback(found.provider))
        except Lacking as error:
            log.warning(
                "account not linked", account=request.account, provider=found.provider, error=str(error)
            )
            if error.got is not None:
                await self.keeper.give_back(found, error.got)
            return Failed(request.redirect_uri, "invalid_scope", outcomes.lacking(found.title, error.scopes))
        except ProviderError as error:
            log.error(
                "account not linked", account=request.account, provider=found.provider, error=str(error)
            )
            passing = isinstance(error, Transient | Rejected)
            stop = outcomes.silent(found.title) if passing else outcomes.broken(found.title)
            return Failed(
                request.redirect_uri, "temporarily_unavailable" if passing else "server_error", stop
            )
        if request.asker and not ADDRESS.fullmatch(authorised.who.name.lower()):
            log.error("account not linked", provider=found.provider, error="no address")
            await self.keeper.give_back(found, authorised)
            return Failed(request.redirect_uri, "server_error", outcomes.broken(found.title))
        if found.calendars and not request.asker and authorised.who.name.lower() != request.account:
            log.warning(
                "account not linked", account=request.account, provider=found.provider, error="somebody else"
            )
            await self.keeper.give_back(found, authorised)
            return Failed(request.redirect_uri, "access_denied", outcomes.stranger(request.account))
        try:
            return await self.keeper.keep(request, found, authorised)
        except Spent:
            log.warning(
                "account not linked", account=request.account, provider=found.provider, error="link spent"
            )
            await self.keeper.give_back(found, authorised)
            return outcomes.USED
        except (StoreError, TimeoutError) as error:
            log.error("account not kept", account=request.account, provider=found.provider, error=str(error))
            await self.keeper.give_back(found, authorised)
            return Failed(request.redirect_uri, "temporarily_unavailable", outcomes.DISK)

    def _refused(self, request: LinkRequest, found: Way, error: str) -> Failed:
        """Judge a no of the provider's page: https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2.1."""
        log.info("account not linked", account=request.account, provider=found.provider, error=error[:40])
        if error in ("server_error", "temporarily_unavailable"):
            return Failed(request.redirect_uri, "temporarily_unavailable", outcomes.silent(found.title))
        if error == "access_denied":
            return Failed(request.redirect_uri, "access_denied", outcomes.declined(found.title))
        if error == "invalid_scope":
            stop = outcomes.unregistered(found.title, found.scopes)
            return Failed(request.redirect_uri, "invalid_scope", stop)
        return Failed(request.redirect_uri, "server_error", outcomes.broken(found.title))


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def _same(digest: str, text: str) -> bool:
    return hmac.compare_digest(digest, _digest(text))
