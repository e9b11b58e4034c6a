"""Ada and Bob at the simulated Google: they click, and our connectors act for them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import ClientSession, web

from connectors.model import CalendarInfo
from connectors.registry import Credentials, Registry
from connectors.settings import GoogleSettings
from tests.contract.calendar import READING, Draft, day

ADA, BOB = "ada@example.com", "bob@example.com"
ZONE = "Europe/Berlin"
QUIET = "silent@group.calendar.google.com"
ADAS, BOBS = (
    CalendarInfo(who, who, ZONE, writable=True, primary=True, native=("meet",)) for who in (ADA, BOB)
)
SILENT = CalendarInfo(QUIET, "silent", "UTC", writable=True, native=("meet",))
VOLATILE = ("etag", "updated", "sequence", "extendedProperties")
FIELDS = {"title": "summary", "description": "description", "location": "location"}
OPS = {
    "calendars": "calendarList.list",
    "changes": "events.list",
    "get": "events.get",
    "write": "events.patch",
    "subscribe": "events.watch",
    "unsubscribe": "channels.stop",
}


def settings(sandbox: Any, **more: Any) -> GoogleSettings:
    base = {
        "api_base": f"{sandbox.url}/google/calendar/v3/",
        "token_url": f"{sandbox.url}/google/token",
        "client_id": "sandbox-client",
        "client_secret": "sandbox-secret",
        "third_party_conference_data": False,
    }
    return GoogleSettings(**(base | more))


@dataclass
class World:
    """The sandbox, from outside: its control API and our client of it."""

    sandbox: Any
    http: Any
    session: ClientSession

    async def control(self, method: str, path: str, body: Any = None) -> Any:
        async with self.session.request(method, f"{self.sandbox.url}/_sandbox/{path}", json=body) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def post(self, path: str, **body: Any) -> Any:
        return await self.control("POST", path, body)

    async def people(self) -> None:
        await self.post(
            "users",
            email=ADA,
            calendars=[{"primary": True, "timeZone": ZONE}, {"id": QUIET, "watchable": False}],
        )
        await self.post("users", email=BOB, calendars=[{"primary": True, "timeZone": ZONE}])

    def registry(self, **more: Any) -> Registry:
        own = {name: more.pop(name) for name in ("third_party", "on_capability") if name in more}
        now = self.sandbox.world.now
        return Registry(self.http, now, Random(7), google=settings(self.sandbox, **more), **own)

    async def credentials(self, email: str = ADA) -> Credentials:
        made = await self.post("google/refresh_tokens", email=email)

        async def save(_: str) -> None:
            raise AssertionError("Google does not rotate refresh tokens")

        return Credentials("google", email, made["refresh_token"], save)

    async def events(
        self, method: str, path: str = "", body: Any = None, *, email: str = ADA, calendar: str = ""
    ) -> Any:
        return await self.control(method, f"people/{email}/calendars/{calendar or email}/events{path}", body)

    def ops(self, skip: int = 0) -> list[str]:
        return [call["op"] for call in self.calls(skip)]

    def calls(self, skip: int = 0) -> list[dict[str, Any]]:
        return [call for call in self.sandbox.world.calls.since(skip) if call["op"] != "token"]

    def fault(self, **what: Any) -> None:
        self.sandbox.world.faults.add(provider="google", **what)


@dataclass
class GoogleStage:
    """What the contract of calendars asks for."""

    world: World
    calendar: Any
    guest: Any
    doorstep: str
    heard: list[Any] = field(default_factory=list)
    info: CalendarInfo = ADAS
    guest_info: CalendarInfo = BOBS
    unwatchable: CalendarInfo = SILENT
    ops: Any = field(default_factory=lambda: dict(OPS))
    mails_per_write: int = 0
    repeated: Any = tuple(READING)

    def now(self) -> datetime:
        return self.world.sandbox.world.now()

    def fault(self, **what: Any) -> None:
        self.world.fault(**what)

    def calls(self) -> list[str]:
        return self.world.ops()

    def mails(self) -> list[Any]:
        return self.world.sandbox.world.outbox.listing()

    def advance(self, seconds: float) -> None:
        self.world.sandbox.world.clock.advance(seconds)

    def kept(self, description: str) -> str:
        return description

    async def add(self, draft: Draft) -> str:
        return str((await self.world.events("POST", body=self.body(draft)))["id"])

    def body(self, draft: Draft) -> dict[str, Any]:
        body: dict[str, Any] = {"summary": draft.title, **self._times(draft)}
        body |= {name: getattr(draft, name) for name in ("description", "location") if getattr(draft, name)}
        if draft.guests:
            body["attendees"] = [{"email": guest} for guest in draft.guests]
        if draft.recurrence:
            body["recurrence"] = list(draft.recurrence)
        return body

    def _times(self, draft: Draft) -> dict[str, Any]:
        first = day(self, draft.day)
        if draft.days:
            return {"start": {"date": f"{first}"}, "end": {"date": f"{first + timedelta(days=draft.days)}"}}
        start = datetime.combine(first, time.fromisoformat(draft.time), ZoneInfo(draft.zone))
        end = start + timedelta(minutes=draft.minutes)
        return {
            name: {"dateTime": moment.isoformat(), "timeZone": draft.zone}
            for name, moment in (("start", start), ("end", end))
        }

    async def change(self, event: str, **what: Any) -> None:
        await self.world.events("PATCH", f"/{event}", {FIELDS[name]: value for name, value in what.items()})

    async def delete(self, event: str) -> None:
        await self.world.events("DELETE", f"/{event}")

    async def restore(self, event: str) -> None:
        await self.world.events("POST", f"/{event}/restore")

    async def answer(self, event: str, response: str) -> None:
        await self.world.events("POST", f"/{event}/rsvp", {"responseStatus": response}, email=BOB)

    async def occurrence(self, series: str, number: int) -> str:
        start = (await self.item(series))["start"]
        if "date" in start:
            at = datetime.fromisoformat(start["date"]) + timedelta(days=number)
            return f"{series}_{at:%Y%m%d}"
        local = datetime.fromisoformat(start["dateTime"]).astimezone(ZoneInfo(start["timeZone"]))
        at = (local + timedelta(days=number)).astimezone(ZoneInfo("UTC"))
        return f"{series}_{at:%Y%m%dT%H%M%SZ}"

    async def item(self, event: str) -> dict[str, Any]:
        return dict(await self.world.events("GET", f"/{event}"))

    async def raw(self, event: str) -> dict[str, Any]:
        return {name: value for name, value in (await self.item(event)).items() if name not in VOLATILE}

    async def text(self, event: str) -> tuple[str, str]:
        item = await self.item(event)
        return item.get("description", ""), item.get("location", "")

    async def expire(self) -> None:
        await self.world.post("google/expire_sync_tokens")

    async def rings(self) -> list[tuple[str, str]]:
        await self.world.control("GET", "push/idle")
        heard = [headers for headers in self.heard if headers["X-Goog-Resource-State"] != "sync"]
        return [(headers["X-Goog-Channel-ID"], headers["X-Goog-Channel-Token"]) for headers in heard]


def doorbell(heard: list[Any]) -> web.Application:
    """Hear the pushes."""

    async def ring(request: web.Request) -> web.Response:
        heard.append(dict(request.headers))
        return web.Response(status=204)

    app = web.Application()
    app.router.add_post("/hooks/google", ring)
    return app
