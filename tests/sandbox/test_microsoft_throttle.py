"""Who gets into the simulated Graph, how far, and how many at a time."""

from __future__ import annotations

import asyncio
import base64
import json
import re

import pytest

from tests.sandbox import graph_client

GRACE = "grace@contoso.example"
LINUS = "linus@contoso.example"
EVENTS = f"/users/{GRACE}/events"


async def gathered(client, count, path=EVENTS):
    answers = await asyncio.gather(*(client.call("GET", path) for _ in range(count)))
    return sorted(answer.status for answer in answers), answers


# --- who may come in ---


@pytest.mark.parametrize("token", ["", "nonsense"])
async def test_without_a_good_token_nobody_comes_in(graph, token):
    stranger = graph_client.Graph(graph.http, graph.url, token)
    for path in (EVENTS, "/subscriptions", "/nothing/of/that/name"):
        answer = await stranger.call("GET", path)
        assert answer.status == 401
        assert answer.body["error"]["code"] == "InvalidAuthenticationToken"
        assert answer.headers["WWW-Authenticate"].startswith("Bearer ")


async def test_a_token_is_good_for_an_hour_or_a_little_more(graph, outlook):
    await outlook("POST", "/clock", {"advance": 3500})
    assert (await graph.call("GET", EVENTS)).status == 200
    await outlook("POST", "/clock", {"advance": 2000})
    assert (await graph.refused("GET", EVENTS))[:2] == (401, "InvalidAuthenticationToken")


async def test_claims_are_asked_for_on_request_and_once(graph, outlook):
    await outlook("POST", "/microsoft/challenge", {})
    answer = await graph.call("GET", EVENTS)
    assert answer.status == 401
    header = answer.headers["WWW-Authenticate"]
    assert 'error="insufficient_claims"' in header
    claims = json.loads(base64.b64decode(re.search(r'claims="([^"]+)"', header)[1]))
    assert "access_token" in claims
    assert (await graph.call("GET", EVENTS)).status == 200
    await outlook("POST", "/faults", {"op": "events.list", "status": 401, "reason": "claims"})
    assert "insufficient_claims" in (await graph.call("GET", EVENTS)).headers["WWW-Authenticate"]


async def test_the_app_reaches_every_mailbox_that_policy_allows(graph, outlook):
    assert (await graph.call("GET", EVENTS)).status == 200
    await outlook("POST", "/microsoft/policy", {"email": GRACE, "allowed": False})
    assert (await graph.refused("GET", EVENTS))[:2] == (403, "ErrorAccessDenied")
    assert (await graph.call("GET", f"/users/{LINUS}/events")).status == 200
    await outlook("POST", "/microsoft/policy", {"email": GRACE, "allowed": True})
    assert (await graph.call("GET", EVENTS)).status == 200


async def test_the_app_is_nobody_and_nobody_has_no_mailbox(graph, outlook):
    status, code, _ = await graph.refused("GET", "/me/events")
    assert (status, code) == (400, "BadRequest")
    assert (await graph.call("GET", "/users/stranger@contoso.example/events")).status == 404


async def test_people_reach_their_own_mailbox_only(outlook):
    grace = await graph_client.person(outlook.http, outlook.url, GRACE)
    assert (await grace.call("GET", "/me/events")).status == 200
    assert (await grace.call("GET", EVENTS)).status == 200
    assert (await grace.refused("GET", f"/users/{LINUS}/events"))[:2] == (403, "ErrorAccessDenied")
    await outlook("POST", "/microsoft/policy", {"email": GRACE, "allowed": False})
    assert (await grace.call("GET", "/me/events")).status == 200


@pytest.mark.parametrize(
    ("scope", "read", "write", "meet"),
    [
        ("Calendars.Read", 200, 403, 403),
        ("Calendars.ReadWrite", 200, 201, 403),
        ("https://graph.microsoft.com/Calendars.ReadWrite", 200, 201, 403),
        ("User.Read", 403, 403, 403),
    ],
)
async def test_people_consent_to_so_much(outlook, scope, read, write, meet):
    client = await graph_client.person(outlook.http, outlook.url, GRACE, scope=scope)
    event = {
        "subject": "x",
        "start": {"dateTime": "2030-05-06T10:00:00", "timeZone": "UTC"},
        "end": {"dateTime": "2030-05-06T11:00:00", "timeZone": "UTC"},
    }
    assert (await client.call("GET", "/me/events")).status == read
    assert (await client.call("POST", "/me/events", event)).status == write
    assert (await client.call("POST", "/me/onlineMeetings", {"subject": "x"})).status == meet


async def test_every_answer_has_a_request_id_and_repeats_the_clients(graph):
    for path, token in ((EVENTS, graph.token), (EVENTS, "x"), ("/none", graph.token)):
        client = graph_client.Graph(graph.http, graph.url, token)
        answer = await client.call("GET", path, headers={"client-request-id": "mine"})
        assert answer.headers["client-request-id"] == "mine"
        assert re.fullmatch(r"[\w-]{36}", answer.headers["request-id"])
        if answer.status >= 400:
            assert answer.body["error"]["innerError"]["client-request-id"] == "mine"


async def test_calls_are_counted_by_operation_and_user(graph, outlook):
    await graph.call("GET", EVENTS)
    await graph.call("GET", f"/users/{LINUS}/calendars")
    calls = (await outlook("GET", "/calls"))["calls"]
    assert [(call["provider"], call["op"], call["user"]) for call in calls[-2:]] == [
        ("microsoft", "events.list", GRACE),
        ("microsoft", "calendars.list", LINUS),
    ]


# --- how many at a time ---


async def test_a_fifth_request_at_a_time_is_throttled_without_inner_error(graph, outlook):
    await outlook("POST", "/modes", {"latency": 0.2})
    statuses, answers = await gathered(graph, 6)
    assert statuses == [200] * 4 + [429] * 2
    [throttled, _] = [answer for answer in answers if answer.status == 429]
    assert throttled.body == {
        "error": {
            "code": "ApplicationThrottled",
            "message": "Application is over its MailboxConcurrency limit.",
        }
    }
    assert int(throttled.headers["Retry-After"]) >= 1
    assert (await outlook("GET", "/microsoft/busiest"))[GRACE] == 5


async def test_every_mailbox_has_places_of_its_own(graph, outlook):
    await outlook("POST", "/modes", {"latency": 0.2})
    both = await asyncio.gather(gathered(graph, 4), gathered(graph, 4, f"/users/{LINUS}/events"))
    assert [statuses for statuses, _ in both] == [[200] * 4] * 2
    assert (await gathered(graph, 4))[0] == [200] * 4


async def test_the_number_of_places_can_be_set(graph, outlook):
    await outlook("POST", "/modes", {"latency": 0.1, "mailbox_concurrency": 1})
    assert (await gathered(graph, 3))[0] == [200, 429, 429]
    await outlook("POST", "/modes", {"mailbox_concurrency": 0})
    assert (await gathered(graph, 8))[0] == [200] * 8


async def test_so_many_requests_in_ten_minutes_and_no_more(graph, outlook):
    await outlook("POST", "/modes", {"mailbox_requests": 3})
    assert [(await graph.call("GET", EVENTS)).status for _ in range(5)] == [200] * 3 + [429] * 2
    answer = await graph.call("GET", EVENTS)
    assert 590 <= int(answer.headers["Retry-After"]) <= 600
    assert "innerError" not in answer.body["error"]
    await outlook("POST", "/clock", {"advance": 601})
    assert (await graph.call("GET", EVENTS)).status == 200


# --- what goes wrong on request ---


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"status": 404}, "ErrorItemNotFound"),
        ({"status": 409}, "ErrorIrresolvableConflict"),
        ({"status": 410}, "SyncStateNotFound"),
        ({"status": 412}, "ErrorIrresolvableConflict"),
        ({"status": 429}, "ApplicationThrottled"),
        ({"status": 403, "reason": "Authorization_RequestDenied"}, "Authorization_RequestDenied"),
        ({"status": 500}, "ErrorInternalServerTransientError"),
        ({"status": 503, "headers": {"Retry-After": "7"}}, "serviceNotAvailable"),
    ],
)
async def test_scripted_faults_have_the_shape_of_graphs_errors(graph, outlook, fault, code):
    await outlook("POST", "/faults", {"provider": "microsoft", "op": "events.*", **fault})
    answer = await graph.call("GET", EVENTS)
    assert (answer.status, answer.body["error"]["code"]) == (fault["status"], code)
    assert ("innerError" in answer.body["error"]) == (fault["status"] != 429)
    assert answer.headers.get("Retry-After") == {503: "7", 429: "1"}.get(fault["status"])
    assert (await graph.call("GET", EVENTS)).status == 200


async def test_a_503_can_be_a_page(graph, outlook):
    await outlook("POST", "/faults", {"op": "events.list", "status": 503, "reason": "html"})
    answer = await graph.call("GET", EVENTS)
    assert (answer.status, answer.headers["Content-Type"]) == (503, "text/html; charset=utf-8")
    assert "<h2>Service Unavailable</h2>" in answer.body
