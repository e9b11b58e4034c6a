"""The simulated Graph against the description of Graph, and against a recorded notification."""

from __future__ import annotations

import json
import re
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from jsonschema import Draft202012Validator, FormatChecker

from sandbox.app import build
from sandbox.microsoft.schema import WRITABLE
from sandbox.microsoft.state import Graph as Room
from sandbox.state import World
from tests.sandbox.graph_client import Graph, signed_in, wanted

SHARED = Path(__file__).resolve().parents[3] / "shared"
DESCRIPTION = SHARED / "contracts" / "openapi" / "graph_openapi_trimmed.json"
RECORDED = SHARED / "fixtures" / "microsoft" / "webhook_event_notification.json"
GRACE = "grace@contoso.example"
USER = f"/users/{GRACE}"
NOT_SERVED = {
    ("post", "/$batch"),
    ("patch", "/me/onlineMeetings/{}"),
    ("patch", "/users/{}/onlineMeetings/{}"),
}
"""What the description has and the sandbox has not."""
OPEN = ("microsoft.graph.resourceData",)
"""Types that may have names besides those described."""
OLDER = ("notificationContentType",)
"""Names that recorded answers have and the description no longer."""
EVENT: dict[str, Any] = {
    "subject": "Plan",
    "body": {"contentType": "html", "content": "<p>Agenda</p>"},
    "start": {"dateTime": "2030-05-06T10:00:00", "timeZone": "Europe/Berlin"},
    "end": {"dateTime": "2030-05-06T11:00:00", "timeZone": "Europe/Berlin"},
    "location": {"displayName": "Room 1"},
    "attendees": [{"emailAddress": {"address": "linus@contoso.example"}, "type": "required"}],
    "categories": ["Zoom"],
    "transactionId": "7E163156-7762-4BEB-A1C6-729EA81755A7",
}
WEEKLY = {
    "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": ["monday"]},
    "range": {"type": "numbered", "startDate": "2030-05-06", "numberOfOccurrences": 4},
}
WINDOW = {"startDateTime": "2030-05-01T00:00:00Z", "endDateTime": "2030-07-01T00:00:00Z"}
MARK = "String {66f5a359-4659-4830-9070-00047ec6ac6e} Name huddled"

pytestmark = pytest.mark.skipif(
    not DESCRIPTION.is_file(), reason="the OpenAPI description of Graph is not beside the repository"
)


@cache
def description() -> Any:
    return json.loads(DESCRIPTION.read_text())


@cache
def schemas() -> dict[str, Any]:
    """Return the described types as JSON schemas; "X!" is X without any name that X has not."""
    raw = {name: strict(each) for name, each in description()["components"]["schemas"].items()}
    own = raw["microsoft.graph.subscription"]["allOf"][1]["properties"]
    own |= {name: {"type": ["string", "null"]} for name in OLDER}
    closed = {
        f"{name}!": {
            "$ref": f"#/$defs/{name}",
            "patternProperties": {"@": {}},
            "unevaluatedProperties": False,
        }
        if ("properties" in each or "allOf" in each) and name not in OPEN
        else {"$ref": f"#/$defs/{name}"}
        for name, each in raw.items()
    }
    return raw | closed


def strict(schema: Any, *, base: bool = False) -> Any:
    """Return a schema of OpenAPI 3.0 as JSON schema, in which types refer to each other without unknown names."""
    if isinstance(schema, list):
        return [strict(each, base=base) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if ref := schema.get("$ref"):
        return {"$ref": f"#/$defs/{ref.rpartition('/')[2]}" + ("" if base else "!")}
    done = {name: strict(each, base=name == "allOf") for name, each in schema.items() if name != "nullable"}
    if schema == {"type": "object", "nullable": True}:  # beside a reference this stands for null
        return {"type": "null"}
    if schema.get("nullable"):
        done["type"] = [done["type"], "null"]
    return done


def faults(name: str, body: Any) -> list[str]:
    """Return how a body is not what the description calls by that name."""
    checker = FormatChecker(["uuid"])
    checker.checks("date-time", ValueError)(
        lambda text: datetime.fromisoformat(re.sub(r"(\.\d{6})\d", r"\1", text)).tzinfo is not None
    )
    whole = {"$ref": f"#/$defs/microsoft.graph.{name}!", "$defs": schemas()}
    found = Draft202012Validator(whole, format_checker=checker).iter_errors(body)
    return [f"{error.json_path}: {error.message[:200]}" for error in found]


@pytest.fixture
def described(graph):
    """Call Graph, and hold a good answer to the description."""

    async def described(name, method, path, body=None, status=200, **options):
        answer = await graph.call(method, path, body, **options)
        assert answer.status == status, answer.body
        assert faults(name, answer.body) == []
        return answer.body

    return described


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("event", {"showAs": "maybe"}),
        ("event", {"onlineMeetingProvider": "zoom"}),
        ("event", {"subjekt": "x"}),
        ("event", {"start": {"dateTime": "x", "zone": "UTC"}}),
        ("event", {"createdDateTime": "yesterday"}),
        ("subscription", {"changeType": None}),
        ("subscription", {"expirationDateTime": "2030-01-01"}),
        ("changeNotificationCollection", {"value": [{"lifecycleEvent": "gone"}]}),
        ("changeNotificationCollection", {"value": [{"subscriptionId": "1"}]}),
        ("ODataErrors.ODataError", {"error": {"code": 1}}),
    ],
)
def test_the_description_is_strict_enough_to_find_a_fault(name, body):
    assert faults(name, body)


def test_every_described_call_is_served():
    served = {
        (route.method.lower(), re.sub(r"\{\w+\}", "{}", route.resource.canonical))
        for route in build(World()).router.routes()
        if route.resource is not None and isinstance(route.resource, web.Resource)
    }
    missing = {
        (method, re.sub(r"\{[\w-]+\}", "{}", path))
        for path, methods in description()["paths"].items()
        for method in methods
        if method in ("get", "post", "patch", "delete")
        and (method, "/microsoft/v1.0" + re.sub(r"\{[\w-]+\}", "{}", path)) not in served
    }
    assert missing == NOT_SERVED


def test_what_a_subscription_may_say_is_what_the_description_knows():
    [_, own] = description()["components"]["schemas"]["microsoft.graph.subscription"]["allOf"]
    assert set(own["properties"]) >= WRITABLE - {"@odata.type"}


async def test_subscriptions_are_answered_as_described(sandbox, graph, described, hook):
    body = wanted(hook, sandbox.world.now(), lifecycleNotificationUrl=hook.url)
    assert faults("subscription", body) == []
    one = await described("subscription", "POST", "/subscriptions", body, 201)
    path = f"/subscriptions/{one['id']}"
    await described("subscription", "GET", path)
    await described("subscriptionCollectionResponse", "GET", "/subscriptions")
    await described("subscription", "PATCH", path, {"expirationDateTime": body["expirationDateTime"]})
    assert (await graph.call("POST", f"{path}/reauthorize")).status == 409
    assert (await graph.call("DELETE", path)).status == 204


async def test_notifications_are_as_described(sandbox, graph, outlook, hook):
    body = wanted(hook, sandbox.world.now(), lifecycleNotificationUrl=hook.url)
    await graph.ok("POST", "/subscriptions", body)
    for n in range(5):
        made = await graph.ok("POST", f"{USER}/events", EVENT | {"transactionId": f"{n}"})
        await graph.ok("PATCH", f"{USER}/events/{made['id']}", {"subject": "New"})
        await graph.call("DELETE", f"{USER}/events/{made['id']}")
    for event in ("missed", "reauthorizationRequired", "subscriptionRemoved"):
        for _ in range(5):
            await outlook("POST", "/microsoft/lifecycle", {"event": event})
    await outlook("GET", "/push/idle")
    assert {"created", "updated", "deleted", "missed", "subscriptionRemoved"} < set(hook.kinds())
    for batch in hook.batches:
        assert faults("changeNotificationCollection", {"value": batch}) == []


@pytest.mark.skipif(not RECORDED.is_file(), reason="the recorded notification is not beside the repository")
async def test_notifications_have_the_names_of_the_recorded_one(sandbox, graph, outlook, hook):
    await graph.ok("POST", "/subscriptions", wanted(hook, sandbox.world.now()))
    await graph.ok("POST", f"{USER}/events", EVENT)
    await outlook("GET", "/push/idle")
    [recorded] = json.loads(RECORDED.read_text())["value"]
    for item in hook.items:
        assert set(item) - {"id"} == set(recorded) - {"id"}
        assert set(item["resourceData"]) == set(recorded["resourceData"])
        assert item["resourceData"]["@odata.type"] == recorded["resourceData"]["@odata.type"]
        assert item["resource"].split("/")[::2] == recorded["resource"].split("/")[::2]


async def test_calendars_are_answered_as_described(described):
    listed = await described("calendarCollectionResponse", "GET", f"{USER}/calendars")
    await described("calendar", "GET", f"{USER}/calendar")
    await described("calendar", "GET", f"{USER}/calendars/{listed['value'][0]['id']}")


@pytest.mark.parametrize("more", [{}, {"recurrence": WEEKLY}, {"isOnlineMeeting": True}])
@pytest.mark.parametrize("prefer", [None, 'IdType="ImmutableId", outlook.timezone="Europe/Berlin"'])
async def test_events_are_answered_as_described(graph, described, more, prefer):
    headers = {"Prefer": prefer} if prefer else {}
    body = EVENT | {"singleValueExtendedProperties": [{"id": MARK, "value": "x"}]} | more
    assert faults("event", body) == []
    made = await described("event", "POST", f"{USER}/events", body, 201, headers=headers)
    path = f"{USER}/events/{made['id']}"
    await described("event", "PATCH", path, {"subject": "New", "showAs": "free"}, headers=headers)
    expand = f"singleValueExtendedProperties($filter=id eq '{MARK}')"
    got = await described("event", "GET", path, headers=headers, **{"$expand": expand})
    assert got["singleValueExtendedProperties"] == [{"id": MARK, "value": "x"}]
    await described("eventCollectionResponse", "GET", f"{USER}/events", headers=headers)
    await described("eventCollectionResponse", "GET", f"{USER}/calendarView", headers=headers, **WINDOW)
    if "recurrence" in more:
        await series(described, path, headers)
    assert (await graph.call("DELETE", path)).status == 204


async def series(described, path, headers):
    page = await described("eventCollectionResponse", "GET", f"{path}/instances", headers=headers, **WINDOW)
    moved = page["value"][1]["id"]
    await described("event", "PATCH", f"{USER}/events/{moved}", {"subject": "Odd"}, headers=headers)
    query = {"$select": "subject,cancelledOccurrences", "$expand": "exceptionOccurrences"}
    await described("event", "GET", path, headers=headers, **query)


@pytest.mark.parametrize("kind", ["calendarView", "events"])
@pytest.mark.parametrize("call", ["delta", "delta()"])
async def test_delta_is_answered_as_described(graph, described, kind, call):
    made = [await graph.ok("POST", f"{USER}/events", EVENT | {"transactionId": f"{n}"}) for n in range(3)]
    await graph.ok("POST", f"{USER}/events", EVENT | {"recurrence": WEEKLY, "transactionId": "s"})
    home = (await graph.ok("GET", f"{USER}/calendar"))["id"]
    start = f"{USER}/calendars/{home}/{kind}/{call}"
    seen, link = await round_of(graph, described, start, **WINDOW)
    assert {one["id"] for one in seen} >= {one["id"] for one in made}
    await graph.call("DELETE", f"{USER}/events/{made[0]['id']}")
    seen, _ = await round_of(graph, described, link)
    assert [one["id"] for one in seen if "@removed" in one] == [made[0]["id"]]


async def round_of(graph, described, link, **query):
    """Go through the pages of a round; return its items and where the next one begins."""
    items = []
    while True:
        path = link.removeprefix(f"{graph.url}/microsoft/v1.0")
        headers = {"Prefer": "odata.maxpagesize=2"}
        path, _, rest = path.partition("?")
        query = query or dict([part.split("=", 1) for part in rest.split("&")])
        page = await described("eventDeltaResponse", "GET", path, headers=headers, **query)
        items += page["value"]
        if "@odata.deltaLink" in page:
            return items, page["@odata.deltaLink"]
        link, query = page["@odata.nextLink"], {}


async def test_online_meetings_are_answered_as_described(sandbox, graph, described):
    body = {
        "externalId": "x1",
        "subject": "Plan",
        "startDateTime": "2030-05-06T10:00:00Z",
        "endDateTime": "2030-05-06T11:00:00Z",
    }
    path = f"/users/{sandbox.world.room(Room).mailbox(GRACE).oid}/onlineMeetings/createOrGet"
    first = await described("onlineMeeting", "POST", path, body, 201)
    again = await described("onlineMeeting", "POST", path, body, 200)
    assert first["joinWebUrl"] == again["joinWebUrl"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", f"{USER}/events/nonsense", None),
        ("GET", f"{USER}/calendars/none/events", None),
        ("GET", "/users/nobody@contoso.example/events", None),
        ("GET", "/me/events", None),
        ("GET", "/nothing", None),
        ("GET", f"{USER}/calendarView", None),
        ("POST", f"{USER}/events", {"subjekt": "x"}),
        ("POST", f"{USER}/events", {"subject": "x", "showAs": "maybe"}),
        ("POST", "/subscriptions", {}),
        ("PATCH", "/subscriptions/none", {}),
    ],
)
async def test_errors_are_as_described(graph, method, path, body):
    answer = await graph.call(method, path, body)
    assert 400 <= answer.status < 500
    assert faults("ODataErrors.ODataError", answer.body) == []


async def test_the_error_of_a_bad_token_is_as_described(graph):
    answer = await Graph(graph.http, graph.url, "bad").call("GET", f"{USER}/events")
    assert faults("ODataErrors.ODataError", answer.body) == []
    assert (await signed_in(graph.http, graph.url, client_secret="x")).status == 401
