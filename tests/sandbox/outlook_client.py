"""One mailbox as a client of Graph sees it; what comes back is held to Microsoft's schema where that is at hand."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator

if TYPE_CHECKING:
    from tests.sandbox.google_client import Answer, Control
    from tests.sandbox.graph_client import Graph

Json = dict[str, Any]

SHARED = Path(__file__).resolve().parents[2] / ".." / "shared"
SCHEMA = SHARED / "contracts" / "openapi" / "graph_openapi_trimmed.json"
GRACE, LINUS, ADA = "grace@contoso.example", "linus@contoso.example", "ada@example.com"
IMMUTABLE = {"Prefer": 'IdType="ImmutableId"'}
BERLIN = "W. Europe Standard Time"
MARK = "String {66f5a359-4659-4830-9070-00047ec6ac6e} Name flag"
EVENT: Json = {
    "subject": "Plan",
    "start": {"dateTime": "2030-05-06T10:00:00", "timeZone": BERLIN},
    "end": {"dateTime": "2030-05-06T11:00:00", "timeZone": BERLIN},
}
WEEKLY: Json = {
    "recurrence": {
        "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": ["monday"]},
        "range": {"type": "numbered", "startDate": "2030-05-06", "numberOfOccurrences": 5},
    }
}
WINDOW = {"startDateTime": "2030-05-01T00:00:00Z", "endDateTime": "2030-07-01T00:00:00Z"}


def guests(*addresses: str) -> Json:
    """Return the attendees of an event."""
    return {"attendees": [{"emailAddress": {"address": address}} for address in addresses]}


def marked(value: str) -> Json:
    """Return an extended property."""
    return {"singleValueExtendedProperties": [{"id": MARK, "value": value}]}


EXPAND = f"singleValueExtendedProperties($filter=id eq '{MARK}')"


@dataclass(slots=True)
class Mailbox:
    """One person's mailbox, reached as the app."""

    graph: Graph
    control: Control
    email: str

    async def call(self, method: str, path: str, body: Any = None, **options: Any) -> Answer:
        """Call below the user."""
        answer = await self.graph.call(method, f"/users/{self.email}{path}", body, **options)
        check(path, answer)
        return answer

    async def ok(self, method: str, path: str, body: Any = None, **options: Any) -> Json:
        """Call, expect success and return the body."""
        answer = await self.call(method, path, body, **options)
        assert answer.status < 300, answer.body
        return answer.body or {}

    async def refused(self, method: str, path: str, body: Any = None, **options: Any) -> tuple[int, str]:
        """Call, expect an error and return its status and code."""
        answer = await self.call(method, path, body, **options)
        assert answer.status >= 400, answer.body
        return answer.status, answer.body["error"]["code"]

    async def insert(self, **body: Any) -> Json:
        """Make an event."""
        return await self.ok("POST", "/events", EVENT | body, headers=IMMUTABLE)

    async def get(self, event: str, **options: Any) -> Json:
        """Get an event."""
        return await self.ok("GET", f"/events/{event}", **({"headers": IMMUTABLE} | options))

    async def patch(self, event: str, _headers: Json | None = None, **body: Any) -> Json:
        """Change an event."""
        return await self.ok("PATCH", f"/events/{event}", body, headers=IMMUTABLE | (_headers or {}))

    async def person(self, method: str, path: str = "", body: Any = None, **query: Any) -> Any:
        """Act as the person at Outlook, on events."""
        return await self.control(method, f"/outlook/{self.email}/events{path}", body, **query)

    async def events(self) -> list[Json]:
        """Return what the person sees."""
        return list((await self.person("GET"))["value"])

    async def copy_of(self, event: Json) -> Json:
        """Return this mailbox's copy of somebody else's event."""
        [found] = [one for one in await self.events() if one["iCalUId"] == event["iCalUId"]]
        return found

    async def instances(self, event: str) -> list[Json]:
        """Return the occurrences of a series."""
        path = f"/events/{event}/instances"
        return list((await self.ok("GET", path, headers=IMMUTABLE, **WINDOW, **{"$top": 50}))["value"])

    async def round(
        self, link: str = "", *, size: int = 50, calendar: str = ""
    ) -> tuple[list[list[Json]], str]:
        """Follow a round of delta to its end; return its pages and the deltaLink."""
        prefer = {"Prefer": f'IdType="ImmutableId", odata.maxpagesize={size}'}
        where = f"/calendars/{calendar}" if calendar else ""
        if link:
            answer = await self.follow(link, prefer)
        else:
            answer = await self.call("GET", f"{where}/calendarView/delta", headers=prefer, **WINDOW)
        pages = [answer.body["value"]]
        while "@odata.nextLink" in answer.body:
            answer = await self.follow(answer.body["@odata.nextLink"], prefer)
            pages.append(answer.body["value"])
        return pages, answer.body["@odata.deltaLink"]

    async def follow(self, link: str, headers: Json | None = None) -> Answer:
        """Follow a link."""
        base = f"{self.graph.url}/microsoft/v1.0"
        assert link.startswith(base)
        path, _, query = link.removeprefix(base).partition("?")
        name, _, value = query.partition("=")
        answer = await self.graph.call("GET", path, headers=headers or IMMUTABLE, **{name: value})
        check(path, answer)
        return answer


async def mails(control: Control) -> list[tuple[str, str]]:
    """Return to whom mails went, and of which kind they were, since the last look."""
    found = [(mail["to"].split("@")[0], mail["kind"]) for mail in (await control("GET", "/outbox"))["mails"]]
    return sorted(found)


@cache
def document() -> Json | None:
    """Return Microsoft's schemas with null where it may be, None where the file is absent."""
    return _plain(json.loads(SCHEMA.read_text())) if SCHEMA.exists() else None


def _plain(node: Any) -> Any:
    if isinstance(node, list):
        return [_plain(each) for each in node]
    if not isinstance(node, dict):
        return node
    if node == {"type": "object", "nullable": True}:
        return {"type": "null"}
    new = {name: _plain(value) for name, value in node.items() if name != "nullable"}
    if node.get("nullable") and isinstance(node.get("type"), str):
        new["type"] = [node["type"], "null"]
    return new


@cache
def validator(name: str) -> Draft202012Validator | None:
    """Return what holds an answer to one of Microsoft's schemas."""
    held = document()
    if held is None:
        return None
    return Draft202012Validator(
        {"$ref": f"#/components/schemas/microsoft.graph.{name}", "components": held["components"]}
    )


def names(schema: str) -> set[str]:
    """Return the names of properties that a schema knows, those it inherits included."""
    held = (document() or {})["components"]["schemas"][f"microsoft.graph.{schema}"]
    parts = held.get("allOf", [held])
    found: set[str] = set()
    for part in parts:
        found |= names(part["$ref"].rpartition(".")[2]) if "$ref" in part else set(part.get("properties", ()))
    return found


def kind(path: str) -> str:
    """Return the schema of what is found at a path."""
    last = path.rstrip("/").rpartition("/")[2].removesuffix("()")
    if last in ("calendarView", "events", "instances"):
        return "eventCollectionResponse"
    known = {"delta": "eventDeltaResponse", "calendars": "calendarCollectionResponse", "calendar": "calendar"}
    before = path.rstrip("/").rpartition("/")[0].rpartition("/")[2]
    return known.get(last) or {"events": "event", "calendars": "calendar"}.get(before, "")


def check(path: str, answer: Answer) -> None:
    """Hold an answer to Microsoft's schema."""
    if document() is None or not isinstance(answer.body, dict):
        return
    schema = "ODataErrors.ODataError" if answer.status >= 400 else kind(path)
    if answer.status == 201:
        schema = {"eventCollectionResponse": "event"}.get(schema, schema)
    judge = validator(schema) if schema else None
    if judge is None:
        return
    errors = [f"{list(error.path)}: {error.message}" for error in judge.iter_errors(answer.body)]
    assert errors == []
    if schema.startswith("event"):
        for item in answer.body.get("value", [answer.body]):
            strange = {name for name in item if "@odata" not in name and name != "@removed"} - names("event")
            assert strange == set()
