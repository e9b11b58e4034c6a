"""The API over real HTTP and a real store, without any provider: two applications, and three people."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field

import pytest
from aiohttp import ClientSession, web
from cryptography.fernet import Fernet

from api.v1.application import Application
from api.v1.context import Context
from api.v1.names import ALL
from api.v1.routes import every, table
from api.v1.server import Front
from connectors.model import CalendarInfo
from store import calendars, linked, profiles, tokens
from store.db import SqliteStore
from store.secrets import Vault
from store.tokens import Code, Token

NOW = 1_800_000_000.0
ADA, BOB, EVE = "ada@example.com", "bob@example.com", "eve@example.com"
BACK = "https://app.example.com/back"
SCHEDULER = Application(
    "scheduler", "Scheduler", ("s1-secret", "s0-old-secret"), (BACK,), per_second=100_000, per_minute=100_000
)
RIVAL = Application("rival", "Rival", ("r1-secret",), (BACK,), per_second=3, per_minute=5)


@dataclass(slots=True)
class Way:
    """A provider at which people could link an account."""

    provider: str
    title: str
    calendars: bool = False


@dataclass(slots=True)
class Leaving:
    """Notes what is given up."""

    dropped: list = field(default_factory=list)
    ended: list = field(default_factory=list)
    unlinked: list = field(default_factory=list)
    begun: list = field(default_factory=list)

    def begin(self, provider, account):
        self.begun.append((provider, account))

    def drop(self, conn, profile):
        found = profiles.get(conn, profile)
        if found is None or found.mode != "app" or tokens.users_of(conn, profile):
            return False
        profiles.delete(conn, profile)
        self.dropped.append(profile)
        return True

    async def end(self, profile):
        self.ended.append(profile)

    async def unlink(self, profile):
        self.unlinked.append(profile)


@dataclass(slots=True)
class Reply:
    """What came back."""

    status: int
    headers: object
    text: str

    @property
    def json(self):
        return json.loads(self.text)

    @property
    def errors(self):
        """The keys of the problems, by field."""
        return {name: [one["key"] for one in problems] for name, problems in self.json["errors"].items()}


@dataclass(slots=True)
class Api:
    """The API, and what is behind it."""

    url: str
    context: Context
    session: ClientSession
    clock: list
    leaving: Leaving

    @property
    def store(self):
        return self.context.store

    async def __call__(self, method, path, token="", body=None, headers=None, data=None, **more):
        sent = {"Authorization": f"Bearer {token}"} if token else {}
        async with self.session.request(
            method, self.url + path, json=body, data=data, headers={**sent, **(headers or {})}, **more
        ) as answer:
            return Reply(answer.status, answer.headers, await answer.text())

    async def person(self, address=ADA, provider="google", mode="app", native=("meet",), remote=""):
        """Have somebody whose calendar is looked after. Returns profile and calendar."""
        remote = remote or f"{provider}-{address}"

        def make(conn):
            profile = profiles.ensure(conn, provider, address, mode, NOW)
            info = CalendarInfo(remote, "Home", "Europe/Berlin", True, remote != BOB, native)
            calendars.found(conn, profile, provider, info, NOW)
            return profile, calendars.calendar_id(provider, info.remote)

        return await self.store.tx(make)

    async def token(self, account=ADA, application="scheduler", scope=ALL, profile=None):
        """Give an application a token for an account. Returns access and refresh token."""

        def make(conn):
            if profile:
                tokens.grant(conn, application, account, profile, NOW)
            holder = Token("access", secrets.token_hex(), application, account, scope, None)
            issued = tokens.issue(conn, self.context.fresh, holder, self.clock[0])
            return issued.access, issued.refresh

        return await self.store.tx(make)

    async def code(self, profile="pro_1", account=ADA, challenge="", application="scheduler"):
        """Have somebody come back with a code."""
        secret = self.context.fresh()

        def make(conn):
            tokens.grant(conn, application, account, profile, NOW)
            kept = Code(application, account, profile, "read_events create_event", BACK, challenge, NOW + 300)
            tokens.keep_code(conn, secret, kept)

        await self.store.tx(make)
        return secret

    async def zoom(self, account=ADA, trouble=None):
        """Link an account at Zoom. Returns the profile."""
        name = linked.credential_id("zoom", "app", account)
        kept = linked.Credential(name, "zoom", "app", account, b"sealed", "", NOW, None)

        def make(conn):
            profile, _ = linked.link(conn, account, f"{account} at Zoom", kept, NOW)
            linked.report(conn, name, trouble, NOW)
            return profile

        return await self.store.tx(make)


@pytest.fixture
def clock():
    return [NOW]


@pytest.fixture
def ways():
    return {
        "zoom": Way("zoom", "Zoom"),
        "goto": Way("goto", "GoTo"),
        "google": Way("google", "Google", calendars=True),
    }


@pytest.fixture
async def api(tmp_path, clock, ways):
    store, leaving = SqliteStore(str(tmp_path / "huddled.db")), Leaving()
    context = Context(
        store,
        Vault([Fernet.generate_key()]),
        lambda: clock[0],
        lambda: secrets.token_urlsafe(32),
        "http://huddled.example",
        {one.client_id: one for one in (SCHEDULER, RIVAL)},
        ways,
        leaving,
    )
    app = web.Application()
    app.add_routes(Front(context, table(every(context)), lambda: clock[0]).routes())
    runner = web.AppRunner(app, access_log=None, auto_decompress=False)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    async with ClientSession() as session:
        yield Api(f"http://127.0.0.1:{runner.addresses[0][1]}", context, session, clock, leaving)
    await runner.cleanup()
    store.close()
