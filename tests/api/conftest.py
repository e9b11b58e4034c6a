"""The link pages over real HTTP, with the sandbox as the provider, a store on disk, and browsers that keep cookies."""

from __future__ import annotations

import re
import secrets
import socket
import sqlite3
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
from aiohttp import ClientSession, CookieJar, web
from cryptography.fernet import Fernet
from yarl import URL

from api.flow import Flow, create
from api.keeping import Keeper
from api.link import Doorway
from api.pages.render import Branding, Pages
from api.v1.authorize import Entrance, granting
from api.v1.context import Context
from api.v1.routes import every, table
from api.v1.server import Front
from connectors.http import connect
from connectors.linking import linkables
from connectors.opening import ways
from connectors.settings import GoogleSettings, MicrosoftSettings, ZoomSettings
from sandbox.app import serve
from sandbox.state import World
from sandbox.zoom.room import Account
from store.db import SqliteStore
from store.errors import StoreSick
from store.secrets import Vault

ADA, GRACE = "ada@example.com", "grace@example.com"
APP = "http://127.0.0.1:9/settings?tab=video"  # nobody listens there: the browser is not followed so far


@dataclass(slots=True)
class Page:
    """What a browser shows."""

    url: str
    status: int
    headers: object
    text: str

    @property
    def title(self):
        return re.search(r"<h1>(.*?)</h1>", self.text, re.DOTALL)[1]

    @property
    def query(self):
        return {key: values[0] for key, values in parse_qs(urlsplit(self.url).query).items()}


class _Form(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.action, self.fields, self.buttons, self.refresh = "", {}, [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        if tag == "form":
            self.action = found["action"]
        elif tag == "input":
            self.fields[found["name"]] = found["value"]
        elif tag == "button":
            self.buttons.append(found["value"])
        elif tag == "meta" and found.get("http-equiv") == "refresh":
            self.refresh = found["content"].partition("url=")[2]


@dataclass(slots=True)
class Browser:
    """One browser: it keeps cookies, follows what pages tell it to follow, and stops at the caller's address."""

    session: ClientSession
    seen: list = field(default_factory=list)

    async def open(self, url, method="GET", data=None, headers=None):
        async with self.session.request(
            method, URL(url, encoded=True), data=data, headers=headers, allow_redirects=False
        ) as answer:
            page = Page(url, answer.status, answer.headers, await answer.text())
        self.seen.append(page)
        where = page.headers.get("Location") or _Form(page.text).refresh
        if where and not urljoin(url, where).startswith("http://127.0.0.1:9/"):
            return await self.open(urljoin(url, where))
        return replace(page, url=where) if where else page

    async def press(self, page, provider="zoom"):
        """Press our button."""
        form = _Form(page.text)
        assert provider in form.buttons
        return await self.open(urljoin(page.url, form.action), "POST", {**form.fields, "provider": provider})

    async def go(self, url, provider="zoom"):
        """Open our page, press the button, and return the provider's page."""
        return await self.press(await self.open(url), provider)

    async def agree(self, page, who=ADA):
        return await self.open(f"{page.url}&as={who}")

    async def link(self, url, who=ADA, provider="zoom"):
        """Do all that a person does."""
        return await self.agree(await self.go(url, provider), who)


@dataclass(slots=True)
class Disk:
    """A store whose commits can be made to fail: `good` counts down those that do not."""

    inner: SqliteStore
    good: int = 1_000_000

    async def tx(self, fn):
        self.good -= 1
        if self.good < 0:
            raise StoreSick("the disk is full")
        return await self.inner.tx(fn)

    async def read(self, fn):
        return await self.inner.read(fn)


@dataclass(slots=True)
class Opened:
    """Takes note of calendars that were opened."""

    kept: list = field(default_factory=list)
    begun: list = field(default_factory=list)
    held: set = field(default_factory=set)  # whose calendars were opened before

    def holds(self, conn, provider, account):
        return account in self.held

    def keep(self, conn, provider, account, token, now):
        self.kept.append((provider, account, token))
        return f"pro_{provider}"

    def begin(self, provider, account, token):
        self.begun.append((provider, account, token))


@dataclass(slots=True)
class Site:
    """Our pages, and all that is behind them."""

    url: str
    flow: Flow
    doorway: Doorway
    disk: Disk
    vault: Vault
    zoom: Account
    world: World
    opened: Opened
    relinked: list = field(default_factory=list)
    renewed: list = field(default_factory=list)  # credentials whose tokens were replaced
    links: list = field(default_factory=list)  # secrets

    async def invite(self, provider="zoom", redirect_uri=APP, account=ADA):
        secret = secrets.token_urlsafe(32)
        self.links.append(secret)
        now = self.flow.clock()
        await self.disk.inner.tx(lambda conn: create(conn, secret, account, provider, redirect_uri, now))
        return f"{self.url}/link/{secret}"

    async def rows(self, sql):
        def read(conn):
            conn.row_factory = sqlite3.Row
            return [dict(row) for row in conn.execute(sql)]

        return await self.disk.read(read)


@pytest.fixture
async def world():
    async with serve(World(seed=11)) as running:
        yield running


def calendars_of(url):
    google = GoogleSettings(
        api_base=f"{url}/google/calendar/v3/",
        token_url=f"{url}/google/token",
        authorize_url=f"{url}/google/o/oauth2/v2/auth",
        revoke_url=f"{url}/google/revoke",
        client_id="sandbox-client",
        client_secret="sandbox-secret",
    )
    microsoft = MicrosoftSettings(
        "sandbox-tenant",
        "sandbox-app",
        "sandbox-app-secret",
        graph_base=f"{url}/microsoft/v1.0",
        authority=f"{url}/microsoft/login",
    )
    return google, microsoft


@pytest.fixture
def branding():
    return Branding("Example <Video>", "#ffcc00")


@pytest.fixture
def changes():
    """What a test changes in Zoom's settings."""
    return {}


@pytest.fixture
def public_url():
    """Where we are to the world; "" for where we listen."""
    return ""


@pytest.fixture
def applications():
    """Return the applications that may send people to us."""
    return {}


@pytest.fixture
async def site(world, tmp_path, branding, changes, public_url, applications):
    """Serve our pages."""
    store = SqliteStore(str(tmp_path / "huddled.db"))
    disk, vault = Disk(store), Vault([Fernet.generate_key()])
    door = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{door.getsockname()[1]}"
    room = world.world.room(Account)
    room.join(ADA, "Ada", "UTC")
    room.join("bob@example.com", "Bob", "UTC")
    async with ClientSession() as control:
        for person, home in ((ADA, "google"), ("bob@example.com", "google"), (GRACE, "microsoft")):
            user = {"email": person, "name": person.partition("@")[0].title(), "home": home}
            assert (await control.post(f"{world.url}/_sandbox/users", json=user)).ok
    async with connect() as http:
        base = ZoomSettings(
            user_client_id="sandbox-zoom-app",
            user_client_secret="sandbox-zoom-app-secret",
            api_base=f"{world.url}/zoom/v2",
            oauth_base=f"{world.url}/zoom/oauth",
        )
        now = world.world.now
        google, microsoft = calendars_of(world.url)
        providers = linkables(http, now, {"zoom": replace(base, **changes)})
        providers = {**providers, **ways(http, now, google, microsoft)}
        relinked, renewed, opened = [], [], Opened()

        def clock():
            return now().timestamp()

        flow = Flow(
            disk,
            vault,
            providers,
            public_url or url,
            clock,
            lambda: secrets.token_urlsafe(32),
            Keeper(
                disk,
                vault,
                clock,
                lambda conn, profile, at: relinked.append(profile),
                opened,
                renewed=renewed.append,
                grant=granting(lambda: secrets.token_urlsafe(32)),
            ),
        )
        pages = Doorway(flow, Pages(branding))
        made = Site(url, flow, pages, disk, vault, room, world.world, opened, relinked, renewed=renewed)
        app = web.Application()
        made.doorway.join(app)
        context = Context(disk, vault, clock, flow.fresh, flow.public_url, applications, providers, None)
        app.add_routes(Entrance(context, made.doorway).routes())
        app.add_routes(Front(context, table(every(context))).routes())
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.SockSite(runner, door).start()
        yield made
        await runner.cleanup()
    store.close()


@pytest.fixture
async def browsers():
    """Open a new browser with each call."""
    opened = []

    def start():
        opened.append(ClientSession(cookie_jar=CookieJar(unsafe=True)))
        return Browser(opened[-1])

    yield start
    for session in opened:
        await session.close()


@pytest.fixture
async def browser(browsers):
    return browsers()
