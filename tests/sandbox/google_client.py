"""Clients of the sandbox: one speaks to it as a Google client does, one steers it, one is called by it."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp import web

from sandbox.google.schema import contract

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

Json = dict[str, Any]

ANSWERS = {
    "calendar#event": "Event",
    "calendar#events": "Events",
    "calendar#calendarList": "CalendarList",
    "calendar#calendarListEntry": "CalendarListEntry",
    "api#channel": "Channel",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status, the JSON body (or text) and the headers."""

    status: int
    body: Any
    headers: Any

    @property
    def reason(self) -> str:
        """Return the reason of one of Google's errors."""
        return str(self.body["error"]["errors"][0]["reason"])


@dataclass(slots=True)
class Client:
    """One user's Google client; every good answer is held to Google's published schema."""

    http: aiohttp.ClientSession
    url: str
    token: str = ""
    email: str = ""

    async def call(
        self, method: str, path: str, body: Any = None, *, headers: Json | None = None, **query: Any
    ) -> Answer:
        """Call the Calendar API below /calendar/v3."""
        url = f"{self.url}/google/calendar/v3{path}"
        sent = {"Authorization": f"Bearer {self.token}", **(headers or {})}
        pairs = [(k, v) for k, vs in query.items() for v in (vs if isinstance(vs, list) else [vs])]
        async with self.http.request(method, url, json=body, params=pairs, headers=sent) as response:
            answer = await read(response)
        if answer.status == 200 and "fields" not in query:
            errors = [
                error.message
                for error in contract().answers[ANSWERS[answer.body["kind"]]].iter_errors(answer.body)
            ]
            assert errors == []
        return answer

    async def ok(self, method: str, path: str, body: Any = None, **options: Any) -> Json:
        """Call, expect success and return the body."""
        answer = await self.call(method, path, body, **options)
        assert answer.status in (200, 204), answer.body
        return answer.body or {}

    async def insert(self, calendar: str = "primary", **body: Any) -> Json:
        """Insert an event."""
        return await self.ok("POST", f"/calendars/{calendar}/events", EVENT | body)

    async def weekly(self, **body: Any) -> Json:
        """Insert a series of four weekly occurrences."""
        return await self.insert(**(WEEKLY | body))

    async def get(self, event: str, calendar: str = "primary") -> Json:
        """Get an event."""
        return await self.ok("GET", f"/calendars/{calendar}/events/{event}")

    async def patch(self, event: str, body: Json, calendar: str = "primary", **options: Any) -> Answer:
        """Patch an event."""
        return await self.call("PATCH", f"/calendars/{calendar}/events/{event}", body, **options)

    async def listed(self, calendar: str = "primary", **query: Any) -> tuple[list[Json], str]:
        """List events through all pages; return them with the sync token."""
        items: list[Json] = []
        page = await self.ok("GET", f"/calendars/{calendar}/events", **query)
        while "nextPageToken" in page:
            assert "nextSyncToken" not in page
            items += page["items"]
            page = await self.ok(
                "GET", f"/calendars/{calendar}/events", **query, pageToken=page["nextPageToken"]
            )
        return items + page["items"], page.get("nextSyncToken", "")


EVENT: Json = {
    "summary": "Plan",
    "start": {"dateTime": "2030-05-06T10:00:00Z"},
    "end": {"dateTime": "2030-05-06T11:00:00Z"},
}
WEEKLY: Json = {
    "summary": "Weekly",
    "start": {"dateTime": "2030-05-06T10:00:00", "timeZone": "Europe/Berlin"},
    "end": {"dateTime": "2030-05-06T11:00:00", "timeZone": "Europe/Berlin"},
    "recurrence": ["RRULE:FREQ=WEEKLY;COUNT=4"],
}


async def read(response: aiohttp.ClientResponse) -> Answer:
    """Read an answer."""
    json = response.content_type == "application/json"
    return Answer(response.status, await response.json() if json else await response.text(), response.headers)


@dataclass(slots=True)
class Control:
    """The control API, as a test uses it."""

    http: aiohttp.ClientSession
    url: str

    async def __call__(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """Call below /_sandbox, expect success and return the body."""
        async with self.http.request(
            method, f"{self.url}/_sandbox{path}", json=body, params=query
        ) as response:
            answer = await read(response)
        assert answer.status == 200, answer.body
        return answer.body

    async def person(self, email: str, method: str, path: str = "", body: Any = None, **query: Any) -> Any:
        """Act as a person on their primary calendar's events."""
        return await self(method, f"/people/{email}/calendars/{email}/events{path}", body, **query)

    async def client(self, email: str, scope: str = "") -> Client:
        """Return the Google client of a user."""
        token = await self("POST", "/google/refresh_tokens", {"email": email, "scope": scope})
        form = {
            "grant_type": "refresh_token",
            "client_id": "sandbox-client",
            "client_secret": "sandbox-secret",
            "refresh_token": token["refresh_token"],
        }
        async with self.http.post(f"{self.url}/google/token", data=form) as response:
            assert response.status == 200
            return Client(self.http, self.url, (await response.json())["access_token"], email)


@dataclass(slots=True)
class Doorstep:
    """Where pushes arrive: the headers of each, and what to answer."""

    url: str
    rings: list[dict[str, str]]
    answers: list[int]

    def numbers(self) -> list[int]:
        """Return the message numbers in order of arrival."""
        return [int(ring["X-Goog-Message-Number"]) for ring in self.rings]

    def states(self) -> list[str]:
        """Return the resource states in order of arrival."""
        return [ring["X-Goog-Resource-State"] for ring in self.rings]


@asynccontextmanager
async def doorstep() -> AsyncIterator[Doorstep]:
    """Listen for pushes on a loopback port."""
    step = Doorstep("", [], [])

    async def ring(request: web.Request) -> web.Response:
        assert await request.read() == b""
        step.rings.append(dict(request.headers))
        return web.Response(status=step.answers.pop(0) if step.answers else 204)

    app = web.Application()
    app.add_routes([web.post("/hook", ring)])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    step.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    try:
        yield step
    finally:
        await runner.cleanup()
