"""Clients of the simulated Microsoft 365: one speaks to Graph, one is notified by it, one maps msal's addresses."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import requests
from aiohttp import web

from tests.sandbox.google_client import Answer, read

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

Json = dict[str, Any]

LOGIN = "/microsoft/login/sandbox-tenant"
SECRET = {"client_id": "sandbox-app", "client_secret": "sandbox-app-secret"}
APP = {"grant_type": "client_credentials", "scope": "https://graph.microsoft.com/.default", **SECRET}
SCOPES = "openid profile offline_access Calendars.ReadWrite"
REDIRECT = "http://localhost:9000/back"


@dataclass(slots=True)
class Graph:
    """One client of Graph, with the token that it holds."""

    http: aiohttp.ClientSession
    url: str
    token: str

    async def call(
        self, method: str, path: str, body: Any = None, *, headers: Json | None = None, **query: Any
    ) -> Answer:
        """Call Graph below /v1.0."""
        url = f"{self.url}/microsoft/v1.0{path}"
        sent = {"Authorization": f"Bearer {self.token}", **(headers or {})}
        async with self.http.request(method, url, json=body, params=query, headers=sent) as response:
            return await read(response)

    async def ok(self, method: str, path: str, body: Any = None, **options: Any) -> Json:
        """Call, expect success and return the body."""
        answer = await self.call(method, path, body, **options)
        assert answer.status < 300, answer.body
        return answer.body or {}

    async def refused(self, method: str, path: str, body: Any = None, **options: Any) -> tuple[int, str, str]:
        """Call, expect an error and return its status, code and message."""
        answer = await self.call(method, path, body, **options)
        return answer.status, answer.body["error"]["code"], answer.body["error"]["message"]


async def signed_in(http: aiohttp.ClientSession, url: str, **form: str) -> Answer:
    """Ask the token endpoint, as the app itself unless the form says otherwise."""
    async with http.post(f"{url}{LOGIN}/oauth2/v2.0/token", data=APP | form) as response:
        return await read(response)


async def app(http: aiohttp.ClientSession, url: str) -> Graph:
    """Return a client that acts as the app."""
    answer = await signed_in(http, url)
    assert answer.status == 200, answer.body
    return Graph(http, url, answer.body["access_token"])


async def consented(http: aiohttp.ClientSession, url: str, email: str, **query: str) -> dict[str, str]:
    """Let a person consent, and return what the browser brings back."""
    asked = {
        "client_id": "sandbox-app",
        "response_type": "code",
        "redirect_uri": REDIRECT,
        "scope": SCOPES,
        "state": "s",
        "login_hint": email,
        **query,
    }
    async with http.get(
        f"{url}{LOGIN}/oauth2/v2.0/authorize", params=asked, allow_redirects=False
    ) as response:
        assert response.status == 302, await response.text()
        return {
            name: value for name, [value] in parse_qs(urlsplit(response.headers["Location"]).query).items()
        }


async def person(http: aiohttp.ClientSession, url: str, email: str, **query: str) -> Graph:
    """Return a client that acts for a person."""
    back = await consented(http, url, email, **query)
    form = {"grant_type": "authorization_code", "code": back["code"], "redirect_uri": REDIRECT}
    answer = await signed_in(http, url, **form)
    assert answer.status == 200, answer.body
    return Graph(http, url, answer.body["access_token"])


def wanted(door: GraphDoor, now: Any, **more: Any) -> Json:
    """Return the body of a subscription to Grace's events, for a day; None takes a property off."""
    body = {
        "changeType": "created,updated,deleted",
        "notificationUrl": door.url,
        "resource": "users/grace@contoso.example/events",
        "expirationDateTime": (now + timedelta(days=1)).isoformat().replace("+00:00", "Z"),
        "clientState": "secret",
    }
    return {name: value for name, value in (body | more).items() if value is not None}


@dataclass(slots=True)
class GraphDoor:
    """Where notifications arrive; it proves itself unless told otherwise."""

    url: str
    tokens: list[str] = field(default_factory=list)
    """What it was asked to repeat, and the queries in which that came."""
    queries: list[str] = field(default_factory=list)
    batches: list[list[Json]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    proof: Any = None
    """What to say instead of the validation token: a function of it that returns an answer."""

    @property
    def items(self) -> list[Json]:
        """Return what was notified, in order of arrival."""
        return [item for batch in self.batches for item in batch]

    def kinds(self) -> list[str]:
        """Return the kinds of change, or of lifecycle event, in order of arrival."""
        return [item.get("lifecycleEvent") or item["changeType"] for item in self.items]


@asynccontextmanager
async def graph_door() -> AsyncIterator[GraphDoor]:
    """Listen for notifications on a loopback port."""
    door = GraphDoor("")

    async def hook(request: web.Request) -> web.Response:
        if (token := request.query.get("validationToken")) is not None:
            assert await request.read() == b""
            assert request.headers["Content-Type"] == "text/plain; charset=utf-8"
            door.tokens.append(token)
            door.queries.append(request.rel_url.raw_query_string)
            return door.proof(token) if door.proof else web.Response(text=token)
        door.batches.append((await request.json())["value"])
        return web.Response(status=door.answers.pop(0) if door.answers else 202)

    application = web.Application()
    application.add_routes([web.post("/{any:.*}", hook)])
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    door.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    try:
        yield door
    finally:
        await runner.cleanup()


class Mapped:
    """An http_client for msal that maps an https name onto the plain-http sandbox, and back in the answers."""

    def __init__(self, name: str, url: str) -> None:
        self._name, self._url = name, url
        self._session = requests.Session()
        self._session.trust_env = False

    def get(self, url: str, params: Any = None, headers: Any = None, **_: Any) -> Any:
        return self._mapped(self._session.get(self._inside(url), params=params, headers=headers, timeout=10))

    def post(self, url: str, params: Any = None, data: Any = None, headers: Any = None, **_: Any) -> Any:
        return self._mapped(
            self._session.post(self._inside(url), params=params, data=data, headers=headers, timeout=10)
        )

    def close(self) -> None:
        self._session.close()

    def _inside(self, url: str) -> str:
        assert url.startswith(self._name), f"blocked: {url}"
        return self._url + url.removeprefix(self._name)

    def _mapped(self, answer: requests.Response) -> requests.Response:
        answer._content = answer.content.replace(self._url.encode(), self._name.encode())
        return answer


async def in_thread(work: Any, *values: Any, **more: Any) -> Any:
    """Run what blocks beside the event loop, which serves the sandbox."""
    return await asyncio.to_thread(work, *values, **more)
