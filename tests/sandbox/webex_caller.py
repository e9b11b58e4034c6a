"""A bare caller of the simulated Webex, for its tests: no retries, no opinions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from aiohttp import ClientSession

from sandbox.app import Sandbox, serve
from sandbox.webex.room import ALL_SCOPES

ADA = "ada@example.com"
BOB = "bob@example.com"
BACK = "https://app.example/back"
SECRETS = {"client_id": "sandbox-webex", "client_secret": "sandbox-webex-secret"}
OTHERS = {"client_id": "sandbox-webex-other", "client_secret": "sandbox-webex-other-secret"}


@dataclass(frozen=True)
class Answer:
    """A status, the headers and the body: parsed JSON, else text."""

    status: int
    headers: Any
    body: Any


@dataclass
class Caller:
    """One sandbox with Ada and Bob at Webex, and a token for Ada."""

    sandbox: Sandbox
    session: ClientSession
    bearer: str = ""

    async def send(self, method: str, path: str, **more: Any) -> Answer:
        headers = {"Authorization": f"Bearer {self.bearer}"} | more.pop("headers", {})
        url = path if path.startswith("http") else self.sandbox.url + path
        async with self.session.request(
            method, url, headers=headers, allow_redirects=False, **more
        ) as response:
            is_json = response.content_type == "application/json" and response.status != 204
            body = await response.json() if is_json else await response.text()
            return Answer(response.status, response.headers, body)

    async def webex(self, method: str, path: str, body: Any = None, **more: Any) -> Answer:
        given = {"json": body} if body is not None else {}
        return await self.send(method, f"/webex/v1/{path}", **given, **more)

    async def control(self, path: str, **body: Any) -> Any:
        return (await self.send("POST", f"/_sandbox/{path}", json=body)).body

    async def token(self, **form: str) -> Answer:
        return await self.send("POST", "/webex/v1/access_token", data=SECRETS | form)

    async def log_in(self, email: str = ADA, client: Any = SECRETS) -> Any:
        code = await self.control(
            "webex/codes", email=email, client_id=client["client_id"], redirect_uri=BACK
        )
        answer = await self.token(
            grant_type="authorization_code", code=code["code"], redirect_uri=BACK, **client
        )
        self.bearer = answer.body["access_token"]
        return answer.body

    def review(self, **changes: Any) -> dict[str, Any]:
        """Return the body of a create, for tomorrow."""
        start = (self.sandbox.world.now() + timedelta(days=1)).replace(second=0, microsecond=0)
        times = {"start": start.isoformat(), "end": (start + timedelta(minutes=45)).isoformat()}
        return {"title": "Design review", "timezone": "Europe/Berlin", "sendEmail": False, **times, **changes}

    async def create(self, **changes: Any) -> Any:
        answer = await self.webex("POST", "meetings", self.review(**changes))
        assert answer.status == 200, answer.body
        return answer.body

    def mails(self) -> list[tuple[str, str]]:
        """Return who was mailed what."""
        return [(mail["to"], mail["kind"]) for mail in self.sandbox.world.outbox.listing()]


def asking(**changes: str) -> dict[str, str]:
    """Return the query of the authorise page."""
    asked = {"response_type": "code", "client_id": "sandbox-webex", "redirect_uri": BACK, "state": "s"}
    return asked | {"scope": " ".join(ALL_SCOPES)} | changes


@asynccontextmanager
async def calling() -> AsyncIterator[Caller]:
    """Serve a sandbox with Ada and Bob in it, and log in as Ada."""
    async with serve() as sandbox, ClientSession() as session:
        caller = Caller(sandbox, session)
        for email, name in ((ADA, "Ada Lovelace"), (BOB, "Bob Ross")):
            await caller.control("users", email=email, name=name)
        await caller.log_in()
        yield caller
