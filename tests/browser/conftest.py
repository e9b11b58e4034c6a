"""A daemon, its simulated providers, a browser, and a caller to whom people come back."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest
from aiohttp import ClientSession, web

from tests.browser import chromium
from tests.system import machine
from tests.system.homes import GOOGLE, OUTLOOK
from tests.system.huddled import Huddled, secret
from tests.system.providers import Providers, simulated
from tests.system.stage import Stage, person, set_up

BACK = "/link/page/style.css"  # where people come back to an application: any page that is known beforehand
ADA, CAROL, GRACE = "ada@example.com", "carol@example.com", "grace@example.com"


@pytest.fixture(scope="session")
def address(tmp_path_factory):
    """Run the browser of this machine, or say that there is none."""
    program = chromium.find()
    if not program:
        pytest.skip("no browser: install chromium, or name one in TEST_BROWSER")
    with chromium.started(program, tmp_path_factory.mktemp("chromium")) as found:
        yield found


@pytest.fixture(scope="module")
def providers():
    """Run the simulated providers."""
    with simulated() as running:
        yield running


@pytest.fixture(scope="module")
def installed(providers, tmp_path_factory):
    """Run the daemon with every provider at which people can link an account."""
    folder = tmp_path_factory.mktemp("huddled")
    made = set_up(folder, providers, GOOGLE)
    person(providers, CAROL, GOOGLE)
    person(providers, GRACE, OUTLOOK)
    made.huddled.configure(**_linkable(folder, providers), **_openable(folder, providers))
    application = {
        "name": "Scheduler",
        "client_id": "scheduler",
        "client_secret_file": secret(folder / "scheduler.secret", "secret"),
        "redirect_uris": [made.huddled.public + BACK],
    }
    made.huddled.configure(applications=[application])
    try:
        made.huddled.start()
        yield made
    finally:
        machine.end(made.huddled.process)


def _linkable(folder, providers):
    base = providers.url
    return {
        "zoom": {
            "user_client_id": "sandbox-zoom-app",
            "user_client_secret_file": secret(folder / "zoom-app.secret", "sandbox-zoom-app-secret"),
        },
        "goto": {
            "client_id": "sandbox-goto",
            "client_secret_file": secret(folder / "goto.secret", "sandbox-goto-secret"),
            "api_base": f"{base}/goto",
            "oauth_base": f"{base}/goto/oauth",
        },
        "webex": {
            "client_id": "sandbox-webex",
            "client_secret_file": secret(folder / "webex.secret", "sandbox-webex-secret"),
            "api_base": f"{base}/webex/v1",
        },
        "branding": {"name": "Example Video", "color": "#7a1fa2"},
    }


def _openable(folder, providers):
    base = providers.url
    return {
        "google": {
            "client_id": "sandbox-client",
            "client_secret_file": secret(folder / "google.secret", "sandbox-secret"),
            "authorize_url": f"{base}/google/o/oauth2/v2/auth",
            "revoke_url": f"{base}/google/revoke",
        },
        "google.users": [{"email": CAROL}],
        "microsoft": {
            "tenant": "sandbox-tenant",
            "client_id": "sandbox-app",
            "client_secret_file": secret(folder / "microsoft.secret", "sandbox-app-secret"),
            "graph_base": f"{base}/microsoft/v1.0",
            "authority": f"{base}/microsoft/login",
            "people": [GRACE],
        },
    }


@dataclass(slots=True)
class Scene:
    """What a test acts with."""

    stage: Stage
    chromium: chromium.Chromium
    caller: str  # the address of the application that people come back to
    links: list[str] = field(default_factory=list)

    @property
    def providers(self) -> Providers:
        """The simulated providers."""
        return self.stage.providers

    @property
    def huddled(self) -> Huddled:
        """The daemon."""
        return self.stage.huddled

    async def link(self, provider: str, *words: str, account: str = ADA) -> str:
        """Ask for a link as an operator does."""
        told = await asyncio.to_thread(self.huddled.told, "link", provider, "--account", account, *words)
        self.links.append(told["url"])
        return told["url"]

    async def command(self, *words: str) -> str:
        """Run a command, which has to go well."""
        done = await asyncio.to_thread(self.huddled.command, *words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def profiles(self) -> list[tuple[str, str, str]]:
        """Return id, provider and name of the profiles in the database."""
        return self.huddled.rows("SELECT id, provider, name FROM linked ORDER BY id")


@pytest.fixture
async def scene(address, installed):
    """Give a browser, a caller, and a daemon to which nobody has linked anything."""
    caller = web.AppRunner(_caller())
    await caller.setup()
    await web.TCPSite(caller, "127.0.0.1", 0).start()
    async with ClientSession() as http:
        browser, listening = await chromium.connect(http, address)
        home = f"http://127.0.0.1:{caller.addresses[0][1]}"
        made = Scene(installed, browser, home)
        yield made
        for profile, *_ in made.profiles():
            await asyncio.to_thread(installed.huddled.command, "unlink", profile)
        await browser.socket.close()
        await listening
    await caller.cleanup()


def _caller():
    async def settings(_):
        return web.Response(text="<!doctype html><h1>Settings</h1>", content_type="text/html")

    app = web.Application()
    app.router.add_get("/settings", settings)
    return app
