"""The simulated Zoom's lists, and the limits it puts on its callers."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from aiohttp import ServerDisconnectedError

from tests.sandbox.zoom_caller import ADA, BOB, REVIEW, calling


@pytest.fixture
async def caller():
    async with calling() as made:
        yield made


async def listed(caller, query="", who=ADA):
    return (await caller.zoom("GET", f"users/{who}/meetings{query}")).body


async def test_a_list_cuts_the_agenda_and_leaves_empty_keys_out(caller):
    await caller.create(agenda="m" * 300)
    await caller.create(agenda="")
    long, none = (await listed(caller))["meetings"]
    assert long["agenda"] == "m" * 250
    assert not {"agenda", "pmi", "password", "start_url", "settings"} & none.keys()


async def test_a_list_holds_the_meetings_of_one_host(caller):
    mine = await caller.create()
    await caller.create(BOB)
    assert [one["id"] for one in (await listed(caller))["meetings"]] == [mine["id"]]


async def test_pages_hold_everything_once(caller):
    made = [(await caller.create())["id"] for _ in range(5)]
    found, token = [], ""
    while True:
        page = await listed(caller, f"?page_size=2&next_page_token={token}")
        assert (page["total_records"], page["page_size"]) == (5, 2)
        found += [one["id"] for one in page["meetings"]]
        token = page["next_page_token"]
        if not token:
            break
    assert found == made


async def test_a_page_token_lives_fifteen_minutes_and_fits_one_request(caller):
    for _ in range(2):
        await caller.create()
    token = (await listed(caller, "?page_size=1"))["next_page_token"]
    assert (await listed(caller, f"?page_size=2&next_page_token={token}"))["code"] == 300
    await caller.control("clock", advance=901)
    answer = await listed(caller, f"?page_size=1&next_page_token={token}")
    assert answer == {"code": 300, "message": "Invalid parameter: next_page_token."}


@pytest.mark.parametrize("query", ["?page_size=301", "?page_size=0", "?type=all", "?from=tomorrow", "?q=x"])
async def test_a_wrong_query_is_refused(caller, query):
    assert (await listed(caller, query))["code"] == 300


async def test_days_are_those_of_the_asked_zone_and_a_series_without_time_is_in_all(caller):
    timed = await caller.create(start_time="2099-12-01T23:30:00Z")
    timeless = await caller.create(type=3)

    async def ids(query):
        return [one["id"] for one in (await listed(caller, query))["meetings"]]

    assert await ids("?from=2099-12-01&to=2099-12-01&timezone=UTC") == [timed["id"], timeless["id"]]
    assert await ids("?from=2099-12-01&to=2099-12-01&timezone=Europe/Berlin") == [timeless["id"]]


async def test_a_meeting_over_for_thirty_days_is_listed_no_more(caller):
    start = caller.sandbox.world.now() + timedelta(hours=1)
    await caller.create(start_time=start.strftime("%Y-%m-%dT%H:%M:%SZ"))
    assert len((await listed(caller, "?type=upcoming"))["meetings"]) == 1
    await caller.control("clock", advance=3 * 3600)
    await caller.log_in()
    found = [len((await listed(caller, f"?type={kind}"))["meetings"]) for kind in ("scheduled", "upcoming")]
    assert found == [1, 0]
    assert len((await listed(caller, "?type=previous_meetings"))["meetings"]) == 1
    await caller.control("clock", advance=31 * 86400)
    await caller.log_in()
    assert (await listed(caller))["meetings"] == []


async def test_a_list_may_lag_behind_a_create(caller):
    await caller.control("modes", zoom_list_lag=60)
    await caller.create()
    assert (await listed(caller))["meetings"] == []
    await caller.control("clock", advance=61)
    assert len((await listed(caller))["meetings"]) == 1


async def test_creates_and_updates_share_a_hundred_a_day_and_deletes_are_free(caller):
    made = [await caller.create() for _ in range(50)]
    for one in made:
        assert (await caller.zoom("PATCH", f"meetings/{one['id']}", {})).status == 204
    answer = await caller.zoom("POST", f"users/{ADA}/meetings", REVIEW)
    assert (answer.status, answer.body["code"]) == (429, 429)
    assert answer.body["message"] == (
        "You have exceeded the daily rate limit (100) of Meeting Create/Update API requests permitted "
        "for this particular user. You may resume these requests at GMT 00:00:00."
    )
    names = ("Type", "Limit", "Remaining")
    assert [answer.headers[f"X-RateLimit-{name}"] for name in names] == ["Daily-limit", "100", "0"]
    tomorrow = caller.sandbox.world.now().date() + timedelta(days=1)
    assert answer.headers["Retry-After"] == f"{tomorrow}T00:00:00Z"
    assert (await caller.zoom("DELETE", f"meetings/{made[0]['id']}")).status == 204
    await caller.create(BOB)


async def test_the_day_ends_at_midnight_utc(caller):
    await caller.control("modes", zoom_daily_limit=1)
    await caller.create()
    assert (await caller.zoom("POST", f"users/{ADA}/meetings", REVIEW)).status == 429
    await caller.control("clock", advance=86400)
    await caller.log_in()
    await caller.create()


async def test_a_refused_create_costs_nothing(caller):
    await caller.control("modes", zoom_daily_limit=1)
    assert (await caller.zoom("POST", f"users/{ADA}/meetings", {"topic": 1})).status == 400
    await caller.create()


async def test_the_daily_refusal_may_come_without_a_time(caller):
    await caller.control("zoom/switches", bare_daily_limit=True)
    await caller.control("modes", zoom_daily_limit=0)
    answer = await caller.zoom("POST", f"users/{ADA}/meetings", REVIEW)
    assert answer.status == 429
    assert "Retry-After" not in answer.headers


async def test_too_many_calls_in_a_second_are_refused_without_a_retry_after(caller):
    await caller.control("zoom/switches", requests_per_second=1)
    answers = [await caller.zoom("GET", f"users/{ADA}") for _ in range(4)]
    refused = next(answer for answer in answers if answer.status == 429)
    assert refused.headers["X-RateLimit-Type"] == "QPS"
    assert refused.headers["X-RateLimit-Reset"].isdecimal()
    assert "Retry-After" not in refused.headers


async def test_every_answer_carries_its_tracking_id_and_rate_headers(caller):
    made = await caller.create()
    answers = [await caller.zoom("GET", f"meetings/{made['id']}"), await caller.zoom("GET", "meetings/1")]
    for answer in answers:
        assert re.fullmatch(r"v=2\.0;clid=us02;rid=WEB_\w{32}", answer.headers["x-zm-trackingid"])
        assert answer.headers["X-RateLimit-Category"] == "Light"


async def test_calls_are_logged_under_their_operations(caller):
    made = await caller.create()
    await caller.zoom("PATCH", f"meetings/{made['id']}", {"topic": "x"})
    await listed(caller)
    await caller.zoom("DELETE", f"meetings/{made['id']}")
    log = (await caller.send("GET", "/_sandbox/calls")).body
    ops = [(call["provider"], call["op"], call["status"]) for call in log["calls"]]
    assert ops == [
        ("zoom", "zoom.token", 200),
        ("zoom", "zoom.create", 201),
        ("zoom", "zoom.update", 204),
        ("zoom", "zoom.list", 200),
        ("zoom", "zoom.delete", 204),
    ]


async def test_a_create_whose_answer_is_lost_has_made_the_meeting(caller):
    await caller.control("faults", provider="zoom", op="zoom.create", drop="after")
    with pytest.raises(ServerDisconnectedError):
        await caller.create()
    assert [one["topic"] for one in (await listed(caller))["meetings"]] == [REVIEW["topic"]]


@pytest.mark.parametrize(
    ("fault", "code"),
    [({"status": 429}, 429), ({"status": 401}, 124), ({"status": 400, "reason": "3161"}, 3161)],
)
async def test_scripted_failures_have_zooms_shape(caller, fault, code):
    await caller.control("faults", provider="zoom", op="zoom.*", **fault)
    answer = await caller.zoom("GET", f"users/{ADA}")
    assert (answer.status, answer.body["code"]) == (fault["status"], code)


async def test_a_reset_forgets_the_account(caller):
    await caller.create()
    await caller.control("reset")
    assert (await caller.zoom("GET", f"users/{ADA}")).status == 401
    assert (await caller.send("GET", "/_sandbox/state")).body["zoom"] == {
        "meetings": [],
        "deleted": [],
        "webhooks": [],
    }
