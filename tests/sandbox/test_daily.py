"""The simulated Daily: rooms with names of the caller's choice, one of each name."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

KEY = "sandbox-daily-key"
SAMPLES = Path(__file__).resolve().parents[2] / ".." / "shared" / "fixtures" / "conferencing" / "daily"


@pytest.fixture
def daily(sandbox, http):
    """Say one thing to Daily; the answer is its status, body and headers."""

    async def say(method, path="", body=None, *, key=KEY):
        url = f"{sandbox.url}/daily/v1/rooms{path}"
        async with http.request(method, url, json=body, headers={"Authorization": f"Bearer {key}"}) as answer:
            return answer.status, await answer.json(), answer.headers

    return say


def soon(seconds=3600):
    return int(datetime.now(UTC).timestamp()) + seconds


@pytest.mark.parametrize("name", ["create", "create_duplicate", "update", "delete"])
async def test_the_recorded_calls_are_answered_alike(daily, name):
    if not (SAMPLES / f"{name}.json").exists():
        pytest.skip("the recorded samples are not on this machine")
    recorded = json.loads((SAMPLES / f"{name}.json").read_text())
    asked, told = recorded["request"], recorded["response"]
    if name != "create":
        await daily("POST", "", {"name": "csync-4f0c2c1e9a7b"})
    status, body, _ = await daily(asked["method"], asked["url"].partition("/rooms")[2], asked.get("json"))
    own = {"id", "url", "created_at"}
    assert (status, body.keys()) == (told["status"], told["body"].keys())
    assert {k: v for k, v in body.items() if k not in own} == {
        k: v for k, v in told["body"].items() if k not in own
    }


async def test_a_room_without_a_name_gets_one(daily):
    status, room, _ = await daily("POST", "", {})
    assert (status, room["privacy"], room["url"].endswith(room["name"])) == (200, "public", True)
    assert (await daily("GET", f"/{room['name']}"))[:2] == (200, room)


@pytest.mark.parametrize(
    "body",
    [
        {"name": "a b"},
        {"name": ""},
        {"name": "x" * 129},
        {"name": 3},
        {"privacy": "org"},
        {"title": "x"},
        {"properties": []},
        {"properties": {"exp": "soon"}},
        {"properties": {"exp": None}},
        {"properties": {"nbf": True}},
        {"properties": {"colour": 1}},
    ],
)
async def test_what_daily_does_not_know_is_refused(daily, body):
    status, said, _ = await daily("POST", "", body)
    assert (status, said["error"]) == (400, "invalid-request-error")


async def test_an_update_changes_what_it_names_and_nothing_else(daily):
    await daily("POST", "", {"name": "x", "properties": {"nbf": 5, "enable_chat": True}})
    changed = (await daily("POST", "/x", {"properties": {"nbf": 7}}))[1]
    assert (changed["config"], changed["privacy"]) == ({"nbf": 7, "enable_chat": True}, "public")
    assert (await daily("POST", "/x", {"privacy": "private"}))[1]["privacy"] == "private"


@pytest.mark.parametrize(("method", "body"), [("GET", None), ("POST", {}), ("DELETE", None)])
async def test_a_room_that_is_not_there_is_not_found(daily, method, body):
    status, said, _ = await daily(method, "/x", body)
    assert (status, said["error"]) == (404, "not-found")


async def test_another_key_opens_nothing(daily):
    assert (await daily("GET", key="x"))[:2] == (401, {"error": "authentication-error"})


async def test_an_expired_room_looks_deleted_and_its_name_is_free(daily, control):
    await daily("POST", "", {"name": "x", "properties": {"exp": soon()}})
    await control("POST", "/clock", {"advance": 3700})
    assert (await daily("GET", "/x"))[0] == 404
    assert (await daily("DELETE", "/x"))[0] == 404
    assert (await daily("POST", "", {"name": "x"}))[0] == 200


async def test_rooms_are_listed_the_newest_first(daily, control):
    for name in ("a", "b"):
        await daily("POST", "", {"name": name})
    listed = (await daily("GET"))[1]
    assert (listed["total_count"], [room["name"] for room in listed["data"]]) == (2, ["b", "a"])
    assert [room["name"] for room in (await control("GET", "/state"))["daily"]["rooms"]] == ["a", "b"]


async def test_deletes_may_be_too_many_for_a_second(daily, control):
    await control("POST", "/daily/switches", {"deletes_per_second": 1})
    answers = [await daily("DELETE", "/x") for _ in range(5)]
    refused = [headers["Retry-After"] for status, _, headers in answers if status == 429]
    assert refused
    assert set(refused) == {"1"}


async def test_somebody_deletes_a_room_at_the_dashboard(daily, control):
    await daily("POST", "", {"name": "x"})
    await control("POST", "/daily/rooms/x/delete", {})
    assert (await daily("GET", "/x"))[0] == 404
