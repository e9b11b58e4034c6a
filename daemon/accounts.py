"""Bring the people named in the configuration into the store, and find what their calendars are reached with."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

import structlog

from connectors.errors import Unauthorized
from connectors.oauth import APP
from connectors.registry import Credentials
from daemon.config.model import Config
from daemon.scrub import hide
from daemon.telling import conferencing_profile_lost, profile_lost
from store import calendars, conferences, linked, profiles, tokens, work
from store.db import Store
from store.errors import KeyWrong
from store.secrets import Vault

log = structlog.get_logger(__name__)

CONSENTED = frozenset({"app", "user"})  # how people are known whose own consent opens their calendars

Overtaken = Callable[[sqlite3.Connection, str], bool]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the configuration, whose calendars we reach with their own consent or their organisation's."""

    provider: str
    address: str
    mode: str
    token: str = field(default="", repr=False)  # of mode "user"; empty until they have agreed


def everybody(config: Config) -> Sequence[Person]:
    """List the people whose calendars are looked after."""
    google, microsoft = config.google, config.microsoft
    return [
        *(Person("google", one, "delegated") for one in (google.subjects if google else ())),
        *(Person("google", one.email, "user", one.refresh_token) for one in config.google_users()),
        *(Person("microsoft", one, "application") for one in (microsoft.users if microsoft else ())),
        *(Person("microsoft", one, "user") for one in (microsoft.people if microsoft else ())),
    ]


def connected(conn: sqlite3.Connection, config: Config) -> Sequence[Person]:
    """List those who have connected their calendars through an application, as far as we can still reach them."""
    reached = {
        "google": config.google is not None and bool(config.google.client_id),
        "microsoft": config.microsoft is not None,
        "own": True,
    }
    known = {one.client_id for one in config.applications}
    return [
        Person(one.provider, one.address, one.mode)
        for one in profiles.everyone(conn)
        if one.mode in {"app", "own"}
        and reached.get(one.provider)
        and any(application in known for application, _ in tokens.users_of(conn, one.id))
    ]


@dataclass(frozen=True, slots=True)
class Accounts:
    """The accounts of one configuration."""

    config: Config
    store: Store
    vault: Vault

    async def enrol(self, now: float) -> Mapping[str, Credentials]:
        """Make the profiles that are missing. Returns the credentials by profile."""
        people = everybody(self.config)

        def ensure(conn: sqlite3.Connection) -> list[str]:
            return [profiles.ensure(conn, one.provider, one.address, one.mode, now) for one in people]

        names = await self.store.tx(ensure)
        found = dict(zip(names, people, strict=True))
        for one in await self.store.read(lambda conn: connected(conn, self.config)):
            found.setdefault(profiles.profile_id(one.provider, one.address), one)
        return {profile: await self._of(profile, one) for profile, one in found.items()}

    async def _of(self, profile: str, person: Person) -> Credentials:
        if person.mode not in CONSENTED:
            return Credentials(person.provider, person.address)
        token = await self._token(profile, person.token)
        saver = Saver(self.store, self.vault, profile, fingerprint(person.token))
        return Credentials(person.provider, person.address, token, saver)

    async def _token(self, profile: str, given: str) -> str:
        """Prefer the token that the provider has put in the place of the one in the configuration.

        A new one in the configuration beats both: the operator has reconnected the account.
        """
        row = await self.store.read(lambda conn: profiles.get(conn, profile))
        if row is None or row.secret is None:
            return given
        try:
            kept = json.loads(self.vault.open(row.secret))
        except KeyWrong as error:
            log.error("the kept token cannot be read", account=row.address, error=str(error))
            return given
        return str(kept["token"]) if kept.get("given") == fingerprint(given) else given


def disconnect(
    conn: sqlite3.Connection,
    job: work.Job,
    error: Exception,
    now: float,
    overtaken: Overtaken = lambda _, __: False,
) -> str:
    """Note, once, that an account does not work any more: nothing is asked in its name until it does again.

    `overtaken` tells of a credential whether what was refused is no longer what is stored.
    Returns the credential whose tokens are good for nothing from now on, "" where it was none.
    """
    if not isinstance(error, Unauthorized):
        return ""
    why = hide(str(error))
    credential = _credential(conn, job, error.provider)
    if credential:
        # What was found out before it was linked again, or about the app, is not the fault of this account.
        stale = error.reason == "disconnected" or error.reason in APP or overtaken(conn, credential)
        return "" if stale or not disconnect_linked(conn, credential, why, now) else credential
    calendar = calendars.get(conn, job.key.partition("/")[0].partition(" ")[0])
    profile = profiles.get(conn, calendar.profile if calendar else job.key)
    if profile and profile.provider == error.provider and profiles.report(conn, profile.id, why, now):
        log.error("account disconnected", account=profile.address, provider=profile.provider, error=why)
        work.ring(conn, "alert", [profile.id], now)
        profile_lost(conn, profile.id, now)
    return ""


def _credential(conn: sqlite3.Connection, job: work.Job, provider: str) -> str:
    """Find the credential of the linked account that a piece of work was done with, "" where it was none."""
    if job.kind == "refresh":
        return job.key
    calendar, _, event = job.key.partition("/")
    known = conferences.get(conn, calendar, event) if job.kind in {"reconcile", "check"} else None
    own = linked.get(conn, known.profile) if known and known.profile else None
    return own.credential if own and own.provider == provider else ""


def disconnect_linked(conn: sqlite3.Connection, credential: str, why: str, now: float) -> bool:
    """Note that a conferencing account does not work any more, and have the operator told.

    What waits for it is looked at again: there may be something to have in its place. Returns whether it worked
    until now.
    """
    if not linked.report(conn, credential, why, now):
        return False
    for one in linked.sharing(conn, credential):
        events = linked.unfinished(conn, one.id)
        work.ring(conn, "reconcile", [f"{calendar}/{event}" for calendar, event in events], now)
        conferencing_profile_lost(conn, one.account, now)
        log.error(
            "account disconnected",
            account=one.account,
            provider=one.provider,
            profile=one.id,
            error=why,
            events=len(events),
            mend=f"huddled link {one.provider} --account {one.account}",
        )
    work.ring(conn, "alert", [credential], now)
    return True


@dataclass(frozen=True, slots=True)
class Saver:
    """Keeps a rotated refresh token, encrypted, before anybody uses what came with it."""

    store: Store
    vault: Vault
    profile: str
    given: str

    async def __call__(self, token: str) -> None:
        """Commit the token."""
        sealed = self.vault.seal(secret_of(self.given, token))

        def save(conn: sqlite3.Connection) -> None:
            profiles.save_secret(conn, self.profile, sealed)

        await self.store.tx(save)


def secret_of(given: str, token: str) -> str:
    """Return what is kept of a token: it counts as long as the configuration says what it said then."""
    return json.dumps({"given": given, "token": token})


def fingerprint(token: str) -> str:
    """Return by what a token of the configuration is known again."""
    return sha256(token.encode()).hexdigest()
