"""The tokens Google hands out: access, refresh and authorisation codes, sync and page tokens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from sandbox.state import World

SERVICE_ACCOUNT = "huddled@sandbox.iam.gserviceaccount.com"
ACCESS_SECONDS = 3600
SYNC_DAYS = 28
"""Google publishes no lifetime of sync tokens; ours live shorter than tombstones do."""
MOST_PAGES = 5_000


@dataclass(frozen=True, slots=True)
class Grant:
    """What somebody was allowed: whose calendars, through which client, with which scopes."""

    email: str
    client: str
    scopes: frozenset[str]
    delegated: bool = True
    """False for a service account that acts as itself."""
    expires: datetime | None = None
    challenge: str | None = None
    """The PKCE challenge of an authorisation code."""
    redirect: str | None = None
    offline: bool = True


@dataclass(frozen=True, slots=True)
class SyncPoint:
    """Where an incremental list begins, and what it belongs to."""

    email: str
    source: str
    """The calendar listed, or "" for the calendar list."""
    query: Hashable
    seq: int
    made: datetime


@dataclass(frozen=True, slots=True)
class Page:
    """What is still to come of a list."""

    email: str
    source: str
    query: Hashable
    sync_token: str | None
    left: tuple[str, ...]
    seq: int


class ServiceKey:
    """The service account's key; it outlives a reset of the sandbox, as key files do."""

    def __init__(self, world: World) -> None:
        self._world = world

    @cached_property
    def private(self) -> rsa.RSAPrivateKey:
        """Return the key, made when first needed."""
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def file(self) -> Mapping[str, Any]:
        """Return the key file that an administrator would download."""
        pem = self.private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return {
            "type": "service_account",
            "project_id": "sandbox",
            "private_key_id": "sandbox-key",
            "private_key": pem.decode(),
            "client_email": SERVICE_ACCOUNT,
            "client_id": "100000000000000000001",
            "token_uri": f"{self._world.url}/google/token",
        }


class Tokens:
    """Every token that is or was good."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.access: dict[str, Grant] = {}
        self.refresh: dict[str, Grant] = {}
        self.codes: dict[str, Grant] = {}
        self.sync: dict[str, SyncPoint] = {}
        self.pages: dict[str, Page] = {}

    def issue(self, grant: Grant) -> str:
        """Return a new access token."""
        token = self._world.token("ya29.", 40)
        expires = self._world.now() + timedelta(seconds=ACCESS_SECONDS)
        self.access[token] = Grant(grant.email, grant.client, grant.scopes, grant.delegated, expires)
        return token

    def remember(self, grant: Grant) -> str:
        """Return a new refresh token."""
        token = self._world.token("1//", 40)
        self.refresh[token] = grant
        return token

    def revoke(self, *, email: str | None = None, token: str | None = None) -> bool:
        """End the grant behind a token, or every grant of a person; say whether there was any."""
        found = self.access.get(token or "") or self.refresh.get(token or "")
        whose = found.email if found else email
        client = found.client if found else None
        before = len(self.access) + len(self.refresh)
        for held in (self.access, self.refresh):
            for name, grant in tuple(held.items()):
                if grant.email == whose and client in (None, grant.client):
                    del held[name]
        return found is not None or before > len(self.access) + len(self.refresh)

    def sync_token(self, point: SyncPoint) -> str:
        """Return a new sync token."""
        token = self._world.token("C", 30) + "="
        self.sync[token] = point
        return token

    def sync_point(self, token: str) -> SyncPoint | None:
        """Return where a sync token points, None when it is unknown or too old."""
        point = self.sync.get(token)
        if point is None or self._world.now() - point.made > timedelta(days=SYNC_DAYS):
            return None
        return point

    def expire_sync(self, email: str | None = None, source: str | None = None) -> None:
        """Make sync tokens worthless: all, or those of a person and a calendar."""
        for token, point in tuple(self.sync.items()):
            if email in (None, point.email) and source in (None, point.source):
                del self.sync[token]

    def page_token(self, page: Page) -> str:
        """Return a new page token; the oldest are forgotten."""
        token = self._world.token("P", 30)
        self.pages[token] = page
        while len(self.pages) > MOST_PAGES:
            del self.pages[next(iter(self.pages))]
        return token
