"""Ada and Bob at the simulated Microsoft 365: they click in Outlook, and our connectors act for them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from random import Random
from typing import Any

from aiohttp import ClientSession, web

from connectors.model import CalendarInfo
from connectors.registry import Credentials, Registry
from connectors.settings import MicrosoftSettings
from sandbox.microsoft.finding import located
from sandbox.microsoft.state import Graph
from tests.contract.calendar import READING, Draft, day

ADA, BOB = "ada@example.com", "bob@example.com"
ADAS, BOBS = (
    CalendarInfo(who, "Calendar", "UTC", writable=True, primary=True, native=("teams",)) for who in (ADA, BOB)
)
VOLATILE = (
    "@odata.context",
    "@odata.etag",
    "bodyPreview",
    "changeKey",
    "lastModifiedDateTime",
    "singleValueExtendedProperties",
)
OPS = {
    "calendars": "calendars.list",
    "changes": "events.delta",
    "get": "events.get",
    "write": "events.patch",
    "subscribe": "subscriptions.create",
    "unsubscribe": "subscriptions.delete",
}
SIGN_IN = ("token", "openid", "authorize", "keys")
PAGE = (
    '<html>\r\n<head>\r\n<meta http-equiv="Content-Type" content="text/html; charset=utf-8">\r\n</head>\r\n<body>\r\n'
    '<div class="elementToProof" style="font-family:Aptos,sans-serif">{}</div>\r\n</body>\r\n</html>\r\n'
)
WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday".split()


def settings(sandbox: Any, **more: Any) -> MicrosoftSettings:
    base = {
        "tenant": "sandbox-tenant",
        "client_id": "sandbox-app",
        "client_secret": "sandbox-app-secret",
        "graph_base": f"{sandbox.url}/microsoft/v1.0",
        "authority": f"{sandbox.url}/microsoft/login",
        "categories": {"Zoom": "zoom", "Video call": "video"},
    }
    return MicrosoftSettings(**(base | more))


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
        quiet = {"name": "Quiet", "watchable": False}
        await self.post("users", email=ADA, home="microsoft", calendars=[quiet])
        await self.post("users", email=BOB, home="microsoft")
        await self.post("modes", graph_notifications=1)

    def registry(self, **more: Any) -> Registry:
        """Return connectors that act as the app."""
        return Registry(
            self.http, self.sandbox.world.now, Random(7), microsoft=settings(self.sandbox, **more)
        )

    @property
    def graph(self) -> Graph:
        return self.sandbox.world.room(Graph)

    async def outlook(self, method: str, path: str = "", body: Any = None, *, email: str = ADA) -> Any:
        return await self.control(method, f"outlook/{email}/events{path}", body)

    async def calendar_id(self, name: str = "Calendar", email: str = ADA) -> str:
        listed = await self.control("GET", f"outlook/{email}/calendars")
        return next(str(one["id"]) for one in listed["value"] if one["name"] == name)

    def ops(self, skip: int = 0) -> list[str]:
        return [call["op"] for call in self.calls(skip)]

    def calls(self, skip: int = 0) -> list[dict[str, Any]]:
        return [call for call in self.sandbox.world.calls.since(skip) if call["op"] not in SIGN_IN]

    def fault(self, **what: Any) -> None:
        self.sandbox.world.faults.add(provider="microsoft", **what)


def credentials(email: str = ADA) -> Credentials:
    return Credentials("microsoft", email)


@dataclass
class MicrosoftStage:
    """What the contract of calendars asks for."""

    world: World
    calendar: Any
    guest: Any
    doorstep: str
    unwatchable: CalendarInfo
    kind: str = "html"
    heard: list[Any] = field(default_factory=list)
    info: CalendarInfo = ADAS
    guest_info: CalendarInfo = BOBS
    ops: Any = field(default_factory=lambda: dict(OPS))
    mails_per_write: int = 1  # to each guest, and nothing that we could say stops them
    repeated: Any = (*READING, "unsubscribe")
    deleted: dict[str, Any] = field(default_factory=dict)

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
        return PAGE.replace("{}", description) if self.kind == "html" else description

    async def add(self, draft: Draft, **more: Any) -> str:
        return str((await self.world.outlook("POST", body=self.body(draft) | more))["id"])

    def body(self, draft: Draft) -> dict[str, Any]:
        body: dict[str, Any] = {"subject": draft.title, **self._times(draft), **self._text(draft.description)}
        body["location"] = {"displayName": draft.location}
        body["attendees"] = [{"emailAddress": {"address": guest}} for guest in draft.guests]
        if draft.recurrence:
            body["recurrence"] = recurrence(draft, day(self, draft.day))
        return body

    def _text(self, description: str) -> dict[str, Any]:
        return {"body": {"contentType": self.kind, "content": self.kept(description)}}

    def _times(self, draft: Draft) -> dict[str, Any]:
        first = day(self, draft.day)
        start = datetime.combine(first, time() if draft.days else time.fromisoformat(draft.time))
        end = start + (timedelta(days=draft.days) or timedelta(minutes=draft.minutes))
        told = {
            name: {"dateTime": moment.isoformat(), "timeZone": draft.zone}
            for name, moment in (("start", start), ("end", end))
        }
        return told | ({"isAllDay": True} if draft.days else {})

    async def change(self, event: str, **what: Any) -> None:
        body: dict[str, Any] = {}
        for name, value in what.items():
            match name:
                case "title":
                    body["subject"] = value
                case "description":
                    body |= self._text(value)
                case "location":
                    body["location"] = {"displayName": value}
        await self.world.outlook("PATCH", f"/{event}", body)

    async def delete(self, event: str) -> None:
        self.deleted[event] = self._row(event)
        await self.world.outlook("DELETE", f"/{event}")

    def _row(self, event: str) -> Any:
        return located(self.world.graph.mailboxes[ADA], None, event)

    async def restore(self, event: str) -> None:
        calendar, row = self.deleted[event]
        self.world.graph.put(self.world.graph.mailboxes[ADA], calendar, row)

    async def answer(self, event: str, response: str) -> None:
        uid = (await self.item(event))["iCalUId"]
        copies = (await self.world.outlook("GET", email=BOB))["value"]
        copy = next(one["id"] for one in copies if one["iCalUId"] == uid)
        await self.world.outlook("POST", f"/{copy}/respond", {"response": response}, email=BOB)

    async def occurrence(self, series: str, number: int) -> str:
        return str((await self.world.outlook("GET", f"/{series}/instances"))["value"][number]["id"])

    async def item(self, event: str, email: str = ADA) -> dict[str, Any]:
        return dict(await self.world.outlook("GET", f"/{event}", email=email))

    async def raw(self, event: str) -> dict[str, Any]:
        return {name: value for name, value in (await self.item(event)).items() if name not in VOLATILE}

    async def text(self, event: str) -> tuple[str, str]:
        item = await self.item(event)
        return item["body"]["content"], item["location"]["displayName"]

    async def expire(self) -> None:
        await self.world.post("microsoft/expire_delta")

    async def rings(self) -> list[tuple[str, str]]:
        await self.world.control("GET", "push/idle")
        states = [item["clientState"] for batch in self.heard for item in batch if "changeType" in item]
        return [(state.partition(" ")[0], state.partition(" ")[2]) for state in states]


def recurrence(draft: Draft, first: Any) -> dict[str, Any]:
    """Say in Outlook's way what the one rule of a draft says."""
    rule = dict(part.split("=") for part in draft.recurrence[0].removeprefix("RRULE:").split(";"))
    pattern: dict[str, Any] = {"type": rule["FREQ"].lower(), "interval": int(rule.get("INTERVAL", 1))}
    if rule["FREQ"] == "WEEKLY":
        pattern |= {"daysOfWeek": [WEEKDAYS[first.weekday()]], "firstDayOfWeek": "monday"}
    span: dict[str, Any] = {"startDate": f"{first}", "recurrenceTimeZone": draft.zone}
    if "COUNT" in rule:
        span |= {"type": "numbered", "numberOfOccurrences": int(rule["COUNT"])}
    else:
        span |= {"type": "noEnd"}
    return {"pattern": pattern, "range": span}


def doorbell(heard: list[Any]) -> web.Application:
    """Hear the notifications, and prove that we are there."""

    async def ring(request: web.Request) -> web.Response:
        if token := request.query.get("validationToken"):
            return web.Response(text=token, content_type="text/plain")
        heard.append((await request.json())["value"])
        return web.Response(status=202)

    app = web.Application()
    app.router.add_post("/hooks/microsoft", ring)
    return app
