"""A bare caller of the simulated Zoom, for its tests: no retries, no opinions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientSession, encode_basic_auth

from sandbox.app import Sandbox, serve

ADA = "ada@example.com"
BOB = "bob@example.com"

SERVER = encode_basic_auth("sandbox-zoom", "sandbox-zoom-secret")
APP = encode_basic_auth("sandbox-zoom-app", "sandbox-zoom-app-secret")

REVIEW = {
    "topic": "Design review",
    "type": 2,
    "start_time": "2099-12-01T15:00:00",
    "timezone": "Europe/Berlin",
    "duration": 45,
    "agenda": "a marker",
}


@dataclass(frozen=True)
class Answer:
    """A status, the headers and the body: parsed JSON, else text."""

    status: int
    headers: Any
    body: Any


@dataclass
class Caller:
    """One sandbox with two Zoom users, and a token for the account."""

    sandbox: Sandbox
    session: ClientSession
    bearer: str = ""

    async def send(self, method: str, path: str, **more: Any) -> Answer:
        headers = {"Authorization": f"Bearer {self.bearer}"} | more.pop("headers", {})
        async with self.session.request(method, self.sandbox.url + path, headers=headers, **more) as response:
            is_json = response.content_type == "application/json" and response.status != 204
            body = await response.json() if is_json else await response.text()
            return Answer(response.status, response.headers, body)

    async def zoom(self, method: str, path: str, body: Any = None, **more: Any) -> Answer:
        return await self.send(
            method, f"/zoom/v2/{path}", **({"json": body} if body is not None else {}), **more
        )

    async def token(self, client: str = SERVER, **form: str) -> Answer:
        return await self.send("POST", "/zoom/oauth/token", data=form, headers={"Authorization": client})

    async def control(self, path: str, **body: Any) -> Any:
        return (await self.send("POST", f"/_sandbox/{path}", json=body)).body

    async def log_in(self) -> None:
        answer = await self.token(grant_type="account_credentials", account_id="sandbox-account")
        self.bearer = answer.body["access_token"]

    async def log_in_as(self, email: str) -> Any:
        code = (await self.control("zoom/codes", email=email, redirect_uri="https://app.example/back"))[
            "code"
        ]
        answer = await self.token(
            APP, grant_type="authorization_code", code=code, redirect_uri="https://app.example/back"
        )
        self.bearer = answer.body["access_token"]
        return answer.body

    async def create(self, who: str = ADA, **changes: Any) -> Any:
        answer = await self.zoom("POST", f"users/{who}/meetings", REVIEW | changes)
        assert answer.status == 201, answer.body
        return answer.body


@asynccontextmanager
async def calling() -> AsyncIterator[Caller]:
    """Serve a sandbox with Ada and Bob in it, and log in for the account."""
    async with serve() as sandbox, ClientSession() as session:
        caller = Caller(sandbox, session)
        for email, name in ((ADA, "Ada Lovelace"), (BOB, "Bob Ross")):
            await caller.control("users", email=email, name=name, timeZone="Europe/Berlin")
        await caller.log_in()
        yield caller
