"""The accounts that people link, as the daemon and the command line see them."""

from __future__ import annotations

import asyncio
import mimetypes
import secrets
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from connectors.errors import ProviderError
from connectors.http import Http, connect
from connectors.linking import TITLES, Way, linkables
from connectors.opening import ways as calendar_ways
from connectors.registry import Credentials
from daemon.accounts import CONSENTED, Saver, connected, everybody, fingerprint, secret_of
from daemon.config.model import Config
from daemon.linked import relinked, unlinked
from store import linked, profiles, work
from store.db import InlineStore, Store
from store.errors import KeyWrong
from store.linked import Linked
from store.secrets import Vault, open_vault

if TYPE_CHECKING:
    from api.link import Doorway
    from daemon.world import World

SECRET_BYTES = 32


class Unlinkable(Exception):
    """It cannot be linked, and why."""


def settings(config: Config) -> Mapping[str, Any]:
    """Return the settings of the providers at which people may have accounts of their own."""
    sections = {name: getattr(config, name, None) for name in TITLES}
    return {name: section.settings() for name, section in sections.items() if section is not None}


@dataclass(frozen=True, slots=True)
class Opened:
    """Takes over the calendars that somebody has opened: in the store, and in the daemon that runs."""

    config: Config
    vault: Vault
    world: World
    store: Store | None = None  # where tokens of people who come through applications are kept

    def holds(self, conn: sqlite3.Connection, provider: str, account: str) -> bool:
        """Tell whether there is a token, of the configuration or of an earlier consent."""
        row = profiles.get(conn, profiles.profile_id(provider, account))
        return (row is not None and row.secret is not None) or self._given(provider, account) != ""

    def keep(self, conn: sqlite3.Connection, provider: str, account: str, token: str, now: float) -> str:
        """Keep the token as if the provider had put it in the place of the configuration's.

        Whoever is not in the configuration comes through an application, and is looked after from now on. Those
        whose organisation has let us in need no token.
        """
        profile = profiles.profile_id(provider, account)
        mode, given = self._mode(provider, account), self._given(provider, account)
        if mode == "app":
            profiles.ensure(conn, provider, account, mode, now)
        elif mode != "user":
            return profile
        profiles.save_secret(conn, profile, self.vault.seal(secret_of(fingerprint(given), token)))
        profiles.report(conn, profile, None, now)
        work.ring(conn, "discover", [profile], now)
        work.hurry_parked(conn, now)
        return profile

    def begin(self, provider: str, account: str, token: str) -> None:
        """Use it from now on."""
        profile = profiles.profile_id(provider, account)
        known = self.world.credentials.get(profile)
        if known is None and self.store is not None:
            saver = Saver(self.store, self.vault, profile, fingerprint(""))
            known = Credentials(provider, account, save=saver)
        if known is not None and known.save is not None:
            self.world.credentials[profile] = replace(known, refresh_token=token)
            self.world.registry.forget(known)

    def _mode(self, provider: str, account: str) -> str:
        """Say how a person is reached."""
        people = everybody(self.config)
        mine = [one.mode for one in people if (one.provider, one.address) == (provider, account)]
        return next(iter(mine), "app")

    def _given(self, provider: str, account: str) -> str:
        """Return the token of the configuration, "" for none."""
        people = everybody(self.config)
        mine = [one.token for one in people if (one.provider, one.address) == (provider, account)]
        return next(iter(mine), "")


def ways(config: Config, http: Http, now: Callable[[], datetime]) -> Mapping[str, Way]:
    """Return how people link accounts, by provider: those that make meetings, and those that have calendars."""
    opening = calendar_ways(
        http,
        now,
        config.google_settings() if config.google_users() or config.applications else None,
        config.microsoft_settings()
        if config.microsoft and (config.microsoft.people or config.applications)
        else None,
    )
    return {**linkables(http, now, settings(config)), **opening}


def doorway(
    config: Config,
    store: Store,
    vault: Vault,
    http: Http,
    world: World,
    kick: Callable[[], None],
    renewed: Callable[[str], None],
) -> Doorway | None:
    """Make the pages on which people link an account; None where no provider is set up for that.

    `renewed` is told of each credential that has been given other tokens.
    """
    clock = world.clock
    providers = ways(config, http, lambda: datetime.fromtimestamp(clock(), UTC))
    if not (providers or config.applications):
        return None
    from api.asking import Grant, grant_nothing
    from api.flow import Flow
    from api.keeping import Keeper
    from api.link import Doorway
    from api.pages.render import Branding, Pages

    brand, public = config.branding, config.server.public_url
    logo = brand.logo_file
    pages = Pages(
        Branding(
            brand.name,
            brand.color,
            logo.read_bytes() if logo else b"",
            (mimetypes.guess_type(logo.name)[0] if logo else None) or "application/octet-stream",
        ),
        urlsplit(public).path.rstrip("/"),
    )
    grant: Grant = grant_nothing
    if config.applications:
        from api.v1.authorize import granting

        grant = granting(fresh)
    opened = Opened(config, vault, world, store)
    keeper = Keeper(store, vault, clock, relinked, opened, kick, grant, renewed)
    flow = Flow(store, vault, providers, public, clock, fresh, keeper)
    return Doorway(flow, pages)


def fresh() -> str:
    """Return 43 characters that nobody can guess."""
    return secrets.token_urlsafe(SECRET_BYTES)


async def make_link(
    config: Config, conn: sqlite3.Connection, provider: str, account: str, redirect_uri: str, now: float
) -> str:
    """Return an address, good once and for an hour, at which the person links an account. Raises Unlinkable."""
    from api.addresses import why_not
    from api.flow import create

    account = account.lower()
    people = [one for one in (*everybody(config), *connected(conn, config)) if one.address.lower() == account]
    if not people:
        raise Unlinkable(f"{account}: no calendars of this address are in the configuration")
    async with connect() as http:
        known = ways(config, http, lambda: datetime.fromtimestamp(now, UTC))
    if provider not in known:
        raise Unlinkable(
            f"{provider} is not set up for people's own accounts; these are: {', '.join(sorted(known)) or 'none'}"
        )
    if known[provider].calendars and not any(
        one.provider == provider and one.mode in CONSENTED for one in people
    ):
        table = {"google": "[[google.users]]", "microsoft": "[[microsoft.people]]"}[provider]
        raise Unlinkable(f"{account} is not in {table} of the configuration")
    if redirect_uri and (why := why_not(redirect_uri)):
        raise Unlinkable(f"the redirect URI {why}")
    secret = fresh()
    InlineStore(conn).run(lambda one: create(one, secret, account, provider, redirect_uri, now))
    return f"{config.server.public_url.rstrip('/')}/link/{secret}"


def find(conn: sqlite3.Connection, profile: str) -> Linked:
    """Return a conferencing profile. Raises Unlinkable where there is none."""
    found = linked.get(conn, profile)
    calendar = profiles.get(conn, profile)
    if calendar is not None:
        raise Unlinkable(
            f"{profile} has calendars; to give them up, take {calendar.address} out of the configuration"
        )
    if found is None:
        raise Unlinkable(f"{profile} is no conferencing profile; huddled status lists them")
    return found


async def unlink(config: Config, conn: sqlite3.Connection, profile: str, now: float) -> str:
    """Delete a profile, and its tokens where no other profile shares them, and revoke these at the provider.

    Meetings that were made stay. Returns what is left for a person to do, "" for nothing. Raises Unlinkable.
    """
    found = find(conn, profile)
    vault = open_vault(config.store.key_file)
    credential = InlineStore(conn).run(lambda one: unlinked(one, profile, now))
    if credential is None or not credential.secret:  # the person may have taken it back themselves
        return ""
    async with connect(deadline=config.limits.call_deadline_seconds) as http:
        known = linkables(http, lambda: datetime.fromtimestamp(now, UTC), settings(config))
        try:
            provider = known.get(found.provider)
            if provider and await provider.revoke(vault.open(credential.secret)):
                return ""
            why = "it offers no way" if provider else "it is no longer in the configuration"
        except (ProviderError, KeyWrong) as error:
            why = str(error)
        except (
            asyncio.CancelledError
        ):  # somebody is tired of waiting, and has to hear what is left to do all the same
            why = "it was not waited for"
    return (
        f"{found.provider} could not be told ({why}). {found.name} should remove the app there, "
        "in the list of apps that were allowed."
    )


def choose(conn: sqlite3.Connection, profile: str) -> Linked:
    """Make a profile its account's default. Raises Unlinkable."""
    found = find(conn, profile)
    InlineStore(conn).run(lambda one: linked.choose(one, found.account, profile))
    return found
