"""The simulated Whereby: transient rooms, prefixes, pages, points, and no way to change anything."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

KEY = "sandbox-whereby-key"
SAMPLES = Path(__file__).resolve().parents[2] / ".." / "shared" / "fixtures" / "conferencing" / "whereby"


@pytest.fixture
def whereby(sandbox, http):
    """Say one thing to Whereby; the answer is its status, body and headers."""

    async def say(method, path="", body=None, *, key=KEY, params=None):
        async with http.request(
            method,
            f"{sandbox.url}/whereby/v1/meetings{path}",
            json=body,
            params=params,
            headers={"Authorization": f"Bearer {key}"},
        ) as answer:
            text = await answer.text()
            is_json = answer.content_type == "application/json" and text
            return answer.status, json.loads(text) if is_json else None, answer.headers

    return say


def end(**later):
    return (datetime.now(UTC) + timedelta(**(later or {"days": 1}))).isoformat()


async def test_a_room_begins_now_and_says_no_more_than_it_is_asked(whereby):
    status, room, headers = await whereby("POST", "", {"endDate": end(), "roomNamePrefix": "Csync 4F0c"})
    assert status == 201
    assert room.keys() == {"meetingId", "roomName", "roomUrl", "startDate", "endDate"}
    assert re.fullmatch(r"/csync4f0c[0-9a-f-]{36}", room["roomName"])
    assert room["roomUrl"].endswith(room["roomName"])
    assert "X-RateLimit-Remaining" in headers
    assert (await whereby("GET", f"/{room['meetingId']}"))[:2] == (200, room)


async def test_the_recorded_room_has_the_same_keys(whereby):
    if not (SAMPLES / "create.json").exists():
        pytest.skip("the recorded samples are not on this machine")
    recorded = json.loads((SAMPLES / "create.json").read_text())
    asked = recorded["request"]["json"] | {"endDate": end()}
    status, room, _ = await whereby("POST", "", asked)
    assert (status, room.keys()) == (recorded["response"]["status"], recorded["response"]["body"].keys())


async def test_the_link_of_hosts_comes_only_on_request(whereby):
    room = (await whereby("POST", "", {"endDate": end(), "fields": ["hostRoomUrl"]}))[1]
    assert "roomKey=" in room["hostRoomUrl"]
    bare = (await whereby("GET", f"/{room['meetingId']}"))[1]
    asked = (await whereby("GET", f"/{room['meetingId']}", params={"fields": "hostRoomUrl,viewerRoomUrl"}))[1]
    assert asked.keys() - bare.keys() == {"hostRoomUrl", "viewerRoomUrl"}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"endDate": "soon"},
        {"endDate": end(days=-1)},
        {"endDate": end(), "roomNamePrefix": "x" * 40},
        {"endDate": end(), "roomNamePrefix": "a/b"},
        {"endDate": end(), "roomMode": "huge"},
        {"endDate": end(), "isLocked": "no"},
        {"endDate": end(), "fields": ["secret"]},
        {"endDate": end(), "title": "x"},
        [],
    ],
)
async def test_what_whereby_does_not_know_is_refused(whereby, body):
    assert (await whereby("POST", "", body))[0] == 400


async def test_another_key_opens_nothing(whereby):
    assert (await whereby("GET", key="x"))[0] == 401


async def test_there_is_no_way_to_change_a_room(whereby):
    room = (await whereby("POST", "", {"endDate": end()}))[1]
    for method in ("PUT", "PATCH", "POST"):
        assert (await whereby(method, f"/{room['meetingId']}", {"endDate": end()}))[0] == 405


async def test_a_delete_can_be_repeated(whereby):
    room = (await whereby("POST", "", {"endDate": end()}))[1]
    for _ in range(2):
        assert (await whereby("DELETE", f"/{room['meetingId']}"))[0] == 204
    assert (await whereby("GET", f"/{room['meetingId']}"))[0] == 404


async def test_a_room_is_gone_an_hour_after_its_end(whereby, control):
    room = (await whereby("POST", "", {"endDate": end(hours=1)}))[1]
    await control("POST", "/clock", {"advance": 7000})
    assert (await whereby("GET", f"/{room['meetingId']}"))[0] == 200
    await control("POST", "/clock", {"advance": 300})
    assert (await whereby("GET", f"/{room['meetingId']}"))[0] == 404
    assert (await control("GET", "/state"))["whereby"] == {"meetings": []}


async def test_rooms_are_found_by_their_prefix_page_by_page(whereby):
    made = [
        (await whereby("POST", "", {"endDate": end(), "roomNamePrefix": prefix}))[1]["meetingId"]
        for prefix in ("aa", "ab", "aa", "aa")
    ]
    params = {"roomName[startsWith]": "/aa", "limit": "2"}
    first = (await whereby("GET", params=params))[1]
    second = (await whereby("GET", params=params | {"cursor": first["cursor"]}))[1]
    found = [room["meetingId"] for room in first["results"] + second["results"]]
    assert (found, second["cursor"]) == ([made[3], made[2], made[0]], None)


@pytest.mark.parametrize("params", [{"limit": "0"}, {"limit": "101"}, {"limit": "x"}, {"cursor": "x"}])
async def test_a_senseless_page_is_refused(whereby, params):
    assert (await whereby("GET", params=params))[0] == 400


async def test_a_list_may_lag(whereby, control):
    await control("POST", "/whereby/switches", {"list_lag": 30})
    await whereby("POST", "", {"endDate": end()})
    assert (await whereby("GET"))[1]["results"] == []
    await control("POST", "/clock", {"advance": 31})
    assert len((await whereby("GET"))[1]["results"]) == 1


async def test_points_are_counted_by_the_minute(whereby, control):
    await control("POST", "/whereby/switches", {"points_per_minute": 4})
    await control("POST", "/clock", {"advance": 60 - (datetime.now(UTC).timestamp() % 60) + 1})
    assert (await whereby("POST", "", {"endDate": end()}))[0] == 201
    assert (await whereby("GET"))[0] == 200
    status, body, headers = await whereby("GET")
    assert (status, int(headers["Retry-After"]) <= 60, body["data"]["msLeft"] > 0) == (429, True, True)
    await control("POST", "/clock", {"advance": 60})
    assert (await whereby("GET"))[0] == 200


async def test_somebody_deletes_a_room_at_the_dashboard(whereby, control):
    room = (await whereby("POST", "", {"endDate": end()}))[1]
    await control("POST", f"/whereby/meetings/{room['meetingId']}/delete", {})
    assert (await whereby("GET", f"/{room['meetingId']}"))[0] == 404
