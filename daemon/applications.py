"""The side of huddled that applications see, put together; nothing of it is loaded where there are none."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog

from connectors.errors import ProviderError
from connectors.linking import Way
from connectors.registry import Credentials
from daemon.accounts import connected, everybody
from daemon.config.model import Config
from daemon.linked import unlinked
from daemon.linking import Unlinkable, fresh
from daemon.personal import Personal
from daemon.world import World
from store import profiles, tokens
from store.db import InlineStore, Store
from store.errors import KeyWrong, StoreError
from store.secrets import Vault
from store.tokens import Token

if TYPE_CHECKING:
    from api.link import Doorway
    from api.v1.application import Application
    from api.v1.authorize import Entrance
    from api.v1.reference import Reference
    from api.v1.server import Front

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Api:
    """What the public listener serves for applications."""

    front: Front
    entrance: Entrance
    reference: Reference


def applications(config: Config) -> Mapping[str, Application]:
    """Return the applications of the configuration, by client id."""
    from api.v1.application import Application

    return {
        one.client_id: Application(
            one.client_id,
            one.name,
            one.secrets(),
            one.redirect_uris,
            one.allow_private,
            one.edit_external,
            one.per_second,
            one.per_minute,
        )
        for one in config.applications
    }


def api(
    config: Config,
    store: Store,
    vault: Vault,
    world: World,
    personal: Personal,
    links: Doorway,
    kick: Callable[[], None],
) -> Api | None:
    """Make the HTTP API; None where no application is configured."""
    if not config.applications:
        return None
    from api.v1.authorize import Entrance
    from api.v1.context import Context
    from api.v1.reference import Reference
    from api.v1.routes import every, table
    from api.v1.server import Front

    context = Context(
        store,
        vault,
        world.clock,
        fresh,
        config.server.public_url.rstrip("/"),
        applications(config),
        links.flow.providers,
        Leaving(store, vault, world, personal, links.flow.providers),
        kick,
    )
    return Api(Front(context, table(every(context))), Entrance(context, links), Reference(links.pages))


def issue(
    config: Config, conn: sqlite3.Connection, account: str, client: str, scope: str, now: float
) -> Mapping[str, Any]:
    """Let an application use an account's calendars, without asking the person. Raises Unlinkable.

    Returns what an application is told of its tokens. For people whom the configuration names.
    """
    from api.v1 import names, oauth

    account = account.lower()
    known = sorted(applications(config))
    if not known:
        raise Unlinkable("no application is in the configuration; add a table [[applications]]")
    if not client and len(known) > 1:
        raise Unlinkable(f"which application? Give --application: {', '.join(known)}")
    client = client or known[0]
    if client not in known:
        raise Unlinkable(f"{client} is no application of the configuration; these are: {', '.join(known)}")
    people = [one for one in (*everybody(config), *connected(conn, config)) if one.address.lower() == account]
    if not people:
        raise Unlinkable(f"{account}: no calendars of this address are in the configuration")
    granted = names.scopes(scope)
    if not granted or set(scope.replace(",", " ").split()) - set(granted.split()):
        raise Unlinkable(f"the scopes are {', '.join((*names.SCOPES, names.ALL))}")

    def keep(one: sqlite3.Connection) -> Mapping[str, Any]:
        held = [profiles.profile_id(person.provider, person.address) for person in people]
        for profile in held:
            tokens.grant(one, client, account, profile, now)
        holder = Token("access", f"issued {fresh()}", client, account, granted, None)
        made = tokens.issue(one, fresh, holder, now)
        return oauth.told(one, made.access, made.refresh, granted, account, held[0])

    return InlineStore(conn).run(keep)


@dataclass(frozen=True, slots=True)
class Leaving:
    """Implements `api.v1.context.People`."""

    store: Store
    vault: Vault
    world: World
    personal: Personal
    ways: Mapping[str, Way]

    def begin(self, provider: str, account: str) -> None:
        """Reach the calendars of somebody who needs no token, from now on."""
        self.world.credentials[profiles.profile_id(provider, account)] = Credentials(provider, account)

    def drop(self, conn: sqlite3.Connection, profile: str) -> bool:
        """Forget a calendar profile, with all that is known of its calendars, if it was there for applications only."""
        found = profiles.get(conn, profile)
        if found is None or found.mode != "app" or tokens.users_of(conn, profile):
            return False
        profiles.delete(conn, profile)
        return True

    async def end(self, profile: str) -> None:
        """Use its token no more, and give it back."""
        back = await self.store.read(lambda conn: profiles.get(conn, profile))
        known = None if back else self.world.credentials.pop(profile, None)
        if known is None:  # or they have just come back
            return
        self.world.registry.forget(known)
        log.info("calendars given up", account=known.address, provider=known.provider, profile=profile)
        await self._revoked(known.provider, known.refresh_token)

    async def unlink(self, profile: str) -> None:
        """Give up a conferencing profile. Meetings that were made stay."""
        now = self.world.now()
        credential = await self.store.tx(lambda conn: unlinked(conn, profile, now))
        log.info("account unlinked", profile=profile)
        if credential is None or not credential.secret:
            return
        self.personal.forget(credential.id)
        try:
            token = self.vault.open(credential.secret)
        except KeyWrong as error:
            log.error("token not revoked", provider=credential.provider, error=str(error))
            return
        await self._revoked(credential.provider, token)

    async def _revoked(self, provider: str, token: str) -> None:
        way = self.ways.get(provider)
        try:
            if way is not None and token:
                await way.revoke(token)
        except (ProviderError, StoreError, TimeoutError) as error:
            log.error("token not revoked", provider=provider, error=str(error))
