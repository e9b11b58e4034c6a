"""What is kept of a person's yes: the tokens of an account that makes meetings, or those that open calendars."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import structlog

from api.asking import Grant, grant_nothing, told
from api.outcomes import Linked
from connectors.errors import ProviderError
from connectors.linking import Authorised, Way
from store import link_requests, linked
from store.db import Store
from store.errors import StoreError
from store.link_requests import LinkRequest
from store.secrets import Vault

log = structlog.get_logger(__name__)

Relinked = Callable[[sqlite3.Connection, str, float], None]
"""Called in the transaction that keeps a profile, with its id: what waits for it is to be looked at again."""


class Calendars(Protocol):
    """What is done with a yes that opens somebody's calendars."""

    def holds(self, conn: sqlite3.Connection, provider: str, account: str) -> bool:
        """Tell whether there is a token by which this person's calendars are open already."""

    def keep(self, conn: sqlite3.Connection, provider: str, account: str, token: str, now: float) -> str:
        """Keep the token, in a transaction. Returns the id of the calendars' profile."""

    def begin(self, provider: str, account: str, token: str) -> None:
        """Use it from now on."""


class Spent(Exception):
    """The link has been used up meanwhile, for somebody else's account."""


@dataclass(frozen=True, slots=True)
class Keeper:
    """Keeps what people allow."""

    store: Store
    vault: Vault
    clock: Callable[[], float]
    relinked: Relinked
    calendars: Calendars
    kick: Callable[[], None] = lambda: None
    grant: Grant = grant_nothing
    renewed: Callable[[str], None] = lambda _: None  # told of a credential that has other tokens now

    async def keep(self, request: LinkRequest, found: Way, got: Authorised) -> Linked:
        """Keep it, and use the link up, in one transaction.

        Raises Spent where the link is used up already, StoreError where the disk refuses.
        """
        account = request.account or got.who.name.lower()
        more: Mapping[str, str] = {}
        if found.calendars:
            profile, more = await self._opened(request, found, got, account)
        else:
            profile = await self._linked(request, found, got)
        self.kick()
        log.info("account linked", account=account, provider=found.provider, profile=profile)
        return Linked(
            request.redirect_uri,
            profile,
            found.title,
            got.who.name,
            account,
            calendars=found.calendars,
            more=more,
        )

    async def _opened(
        self, request: LinkRequest, found: Way, got: Authorised, account: str
    ) -> tuple[str, Mapping[str, str]]:
        now = self.clock()

        def keep(conn: sqlite3.Connection) -> tuple[str, Mapping[str, str]]:
            first = link_requests.use(conn, request.id, now)
            if request.asker and not first:  # an application has its answer once
                raise Spent
            profile = self.calendars.keep(conn, found.provider, account, got.token, now)
            if not request.asker:
                return profile, {}
            return profile, told(request, **self.grant(conn, request, account, profile, now))

        profile, more = await self.store.tx(keep)
        self.calendars.begin(found.provider, account, got.token)
        return profile, more

    async def _linked(self, request: LinkRequest, found: Way, got: Authorised) -> str:
        name = linked.credential_id(found.provider, got.client, got.who.id)
        sealed, now = self.vault.seal(got.token), self.clock()
        credential = linked.Credential(
            name, found.provider, got.client, got.who.id, sealed, " ".join(sorted(got.scopes)), now, None
        )

        def keep(conn: sqlite3.Connection) -> str:
            mine = linked.profile_id(request.account, found.provider, got.client, got.who.id)
            # The same person in a second tab brings the newer tokens, and at some providers the only live ones.
            if not link_requests.use(conn, request.id, now) and linked.get(conn, mine) is None:
                raise Spent
            profile, _ = linked.link(conn, request.account, got.who.name, credential, now)
            for one in linked.sharing(conn, name):
                self.relinked(conn, one.id, now)
            return profile

        profile = await self.store.tx(keep)
        self.renewed(name)
        return profile

    async def give_back(self, found: Way, got: Authorised) -> None:
        """Revoke what is not kept, unless that could end an older yes which we still have the tokens of."""
        try:
            if found.rotates or not await self.store.read(lambda conn: self._holds(conn, found, got)):
                await found.revoke(got.token)
        except (ProviderError, StoreError, TimeoutError) as error:
            log.error("token not revoked", provider=found.provider, error=str(error))

    def _holds(self, conn: sqlite3.Connection, found: Way, got: Authorised) -> bool:
        if not got.who.id:  # it could be anybody's
            return True
        if found.calendars:
            return self.calendars.holds(conn, found.provider, got.who.name.lower())
        name = linked.credential_id(found.provider, got.client, got.who.id)
        return linked.credential(conn, name) is not None
