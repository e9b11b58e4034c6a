"""Google's errors, quotas and locks, and scripted faults in its shape."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import aiohttp
import pytest

from sandbox.google.errors import GoogleError, OAuthError
from sandbox.google.schema import contract
from sandbox.google.times import micros, rfc3339

FIXTURES = Path(__file__).resolve().parents[2] / ".." / "shared" / "fixtures" / "google"
EVENTS = "/calendars/primary/events"


def fixture(name):
    if not FIXTURES.is_dir():
        pytest.skip("recorded payloads are not here")
    return json.loads((FIXTURES / name).read_text())


def test_every_published_error_body_is_reproduced():
    for case in fixture("error_bodies.json"):
        body, status = case["body"], case["http"]
        if isinstance(body.get("error"), str):
            made = json.loads(
                OAuthError(body["error"], body["error_description"], status=status).response().text
            )
            assert made == body
            continue
        if "errors" not in body["error"]:
            continue
        first = body["error"]["errors"][0]
        made = GoogleError(first["reason"], first["message"], status=status).body()
        assert made["error"]["code"] == status
        assert made["error"]["errors"][0]["reason"] == first["reason"]
        assert made["error"]["message"] == body["error"]["message"]


def test_recorded_events_fit_the_contract_that_answers_are_held_to():
    page = fixture("compass_events_list_page.json")
    assert [error.message for error in contract().answers["Events"].iter_errors(page)] == []


def test_recorded_etags_are_twice_the_time_of_change():
    for event in fixture("compass_timed_extprops.json"):
        assert int(event["etag"].strip('"')) == 2 * micros(rfc3339(event["updated"]))


@pytest.mark.parametrize(
    ("fault", "status", "reason"),
    [
        ({"status": 403, "reason": "quotaExceeded"}, 403, "quotaExceeded"),
        ({"status": 403, "reason": "userRateLimitExceeded"}, 403, "userRateLimitExceeded"),
        ({"status": 403}, 403, "rateLimitExceeded"),
        ({"status": 429}, 429, "rateLimitExceeded"),
        ({"status": 401}, 401, "authError"),
        ({"status": 404}, 404, "notFound"),
        ({"status": 410}, 410, "fullSyncRequired"),
        ({"status": 412}, 412, "conditionNotMet"),
        ({"status": 500}, 500, "backendError"),
        ({"status": 503, "headers": {"Retry-After": "3"}}, 503, "backendError"),
    ],
)
async def test_a_scripted_status_comes_in_googles_shape(ada, control, fault, status, reason):
    await control("POST", "/faults", {"provider": "google", "op": "events.list", **fault})
    answer = await ada.call("GET", EVENTS)
    assert (answer.status, answer.reason) == (status, reason)
    assert answer.headers.get("Retry-After") == fault.get("headers", {}).get("Retry-After")
    assert (await ada.call("GET", EVENTS)).status == 200


@pytest.mark.parametrize("fault", [{"status": 502}, {"status": 502, "body": "<html>oh no</html>"}])
async def test_a_502_is_a_web_page(ada, control, fault):
    await control("POST", "/faults", {"op": "events.*", **fault})
    answer = await ada.call("GET", EVENTS)
    assert answer.status == 502
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "<html" in answer.body


async def test_a_token_fault_comes_in_the_shape_of_the_token_endpoint(control, http, sandbox):
    await control("POST", "/faults", {"op": "token", "status": 400, "reason": "invalid_rapt"})
    async with http.post(f"{sandbox.url}/google/token", data={}) as response:
        assert (await response.json())["error"] == "invalid_rapt"


async def test_an_answer_may_be_lost_before_or_after_the_work_is_done(ada, control):
    made = await ada.insert()
    for drop, summary in (("before", "Plan"), ("after", "x")):
        await control("POST", "/faults", {"op": "events.patch", "drop": drop})
        with pytest.raises(aiohttp.ClientError):
            await ada.patch(made["id"], {"summary": "x"})
        assert (await ada.get(made["id"]))["summary"] == summary


async def test_an_answer_may_never_come(ada, control):
    await control("POST", "/faults", {"op": "events.insert", "hang": True})
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await ada.insert()
    assert (await ada.listed())[0] == []


async def test_a_late_answer_is_to_work_done_at_once(ada, control):
    made = await ada.insert()
    await control("POST", "/faults", {"op": "events.patch", "delay": 0.3})
    patching = asyncio.ensure_future(ada.patch(made["id"], {"summary": "x"}))
    while (await ada.get(made["id"]))["summary"] != "x":
        assert not patching.done()
    assert not patching.done()
    assert (await patching).status == 200


@pytest.mark.parametrize(("limit", "patches"), [(9, 2), (6, 1)])
async def test_a_patch_costs_three_units_of_the_users_minute(ada, bob, control, limit, patches):
    made = await ada.insert()
    await control("POST", "/modes", {"google_quota_per_minute": limit})
    assert (await ada.call("GET", EVENTS)).status == 200
    for _ in range(patches):
        assert (await ada.patch(made["id"], {"summary": "x"})).status == 200
    refused = await ada.patch(made["id"], {"summary": "y"})
    assert refused.status in (403, 429)
    assert refused.reason in ("rateLimitExceeded", "userRateLimitExceeded")
    assert (await bob.call("GET", EVENTS)).status == 200
    await control("POST", "/clock", {"advance": 61})
    assert (await ada.patch(made["id"], {"summary": "y"})).status == 200


async def test_quota_user_has_a_minute_of_its_own(ada, control):
    await control("POST", "/modes", {"google_quota_per_minute": 1})
    assert (await ada.call("GET", EVENTS)).status == 200
    assert (await ada.call("GET", EVENTS)).status in (403, 429)
    assert (await ada.call("GET", EVENTS, quotaUser="other")).status == 200


async def test_a_locked_user_can_read_but_not_write(ada, bob, control):
    made = await ada.insert()
    await control("POST", "/google/lock", {"email": "ada@example.com", "seconds": 3600})
    answer = await ada.patch(made["id"], {"summary": "x"})
    assert (answer.status, answer.reason) == (403, "quotaExceeded")
    assert answer.body["error"]["message"] == "Calendar usage limits exceeded."
    assert (await ada.call("GET", EVENTS)).status == 200
    await bob.insert()
    await control("POST", "/clock", {"advance": 3599})
    ada = await control.client("ada@example.com")
    assert (await ada.patch(made["id"], {"summary": "x"})).status == 403
    await control("POST", "/clock", {"advance": 2})
    assert (await ada.patch(made["id"], {"summary": "x"})).status == 200
