"""The control API: users, clock, faults, modes, calls, stream, and the process itself."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from pathlib import Path

import aiohttp
import pytest

ROOT = Path(__file__).resolve().parents[2]
EVENTS = "/calendars/primary/events"


async def test_health(control):
    assert await control("GET", "/health") == {"ok": True}


async def test_users_are_listed_and_have_a_primary_calendar(control):
    users = (await control("GET", "/users"))["users"]
    assert [(user["email"], user["name"]) for user in users] == [
        ("ada@example.com", "Ada"),
        ("bob@example.com", "Bob"),
    ]
    state = await control("GET", "/state")
    assert set(state["google"]["calendars"]) == {"ada@example.com", "bob@example.com"}


async def test_a_reset_forgets_everything(ada, control):
    await ada.insert()
    await control("POST", "/faults", {"status": 500})
    await control("POST", "/modes", {"meet": "failure"})
    await control("POST", "/clock", {"advance": 1000})
    await control("POST", "/reset", {})
    assert (await control("GET", "/state"))["google"] == {"calendars": {}, "channels": [], "meet": {}}
    assert (await control("GET", "/calls"))["last"] == 0
    assert (await control("GET", "/faults"))["faults"] == []
    assert (await control("GET", "/modes"))["meet"] == "success"
    assert (await control("GET", "/users"))["users"] == []


async def test_the_clock_moves_on(control):
    first = (await control("POST", "/clock", {}))["now"]
    second = (await control("POST", "/clock", {"advance": 86400}))["now"]
    assert second[:10] > first[:10]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/clock", {"advance": -1}),
        ("POST", "/users", {}),
        ("POST", "/faults", {"stauts": 500}),
        ("POST", "/faults", {"id": 5, "status": 500}),
        ("POST", "/faults", {"drop": "later"}),
        ("POST", "/modes", {"colour": "red"}),
        ("POST", "/modes", {"meet": "perhaps"}),
        ("POST", "/modes", {"meet": {"later": 5}}),
        ("POST", "/modes", {"addon": "keep"}),
        ("POST", "/push", {"lose": 1}),
        ("POST", "/google/lock", {"email": "nobody@example.com", "seconds": 1}),
        ("POST", "/google/refresh_tokens", {"email": "nobody@example.com"}),
    ],
)
async def test_nonsense_is_refused(control, http, method, path, body):
    async with http.request(method, f"{control.url}/_sandbox{path}", json=body) as response:
        assert response.status == 400
        assert (await response.json())["error"]


async def test_calls_are_counted_with_user_status_and_fault(ada, control):
    last = (await control("GET", "/calls"))["last"]
    await ada.call("GET", EVENTS)
    await control("POST", "/faults", {"status": 500, "op": "events.*"})
    await ada.call("GET", EVENTS, q="x")
    await control.person("ada@example.com", "GET")
    log = await control("GET", "/calls", since=last)
    seen = [(c["op"], c["method"], c["user"], c["status"], c["fault"]) for c in log["calls"]]
    assert seen == [
        ("events.list", "GET", "ada@example.com", 200, None),
        ("events.list", "GET", None, 500, "500"),
    ]
    assert log["calls"][1]["path"].endswith("/events?q=x")
    assert log["counts"]["events.list"] == 2
    assert log["last"] == last + 2


async def test_a_call_that_hangs_is_in_the_log_without_status(ada, control):
    await control("POST", "/faults", {"hang": True})
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await ada.call("GET", EVENTS)
    assert (await control("GET", "/calls"))["calls"][-1]["status"] is None


@pytest.mark.parametrize(
    ("fault", "statuses"),
    [
        ({}, [500, 200, 200, 200]),
        ({"times": 2}, [500, 500, 200, 200]),
        ({"times": -1}, [500, 500, 500, 500]),
        ({"skip": 2}, [200, 200, 500, 200]),
        ({"probability": 0.0}, [200, 200, 200, 200]),
        ({"op": "events.patch"}, [200, 200, 200, 200]),
        ({"op": "events.l*"}, [500, 200, 200, 200]),
        ({"provider": "zoom"}, [200, 200, 200, 200]),
    ],
)
async def test_a_fault_strikes_whom_and_as_often_as_told(ada, control, fault, statuses):
    await control("POST", "/faults", {"status": 500, **fault})
    assert [(await ada.call("GET", EVENTS)).status for _ in range(4)] == statuses
    hits = (await control("GET", "/faults"))["faults"][0]["hits"]
    assert hits == statuses.count(500)
    await control("DELETE", "/faults")
    assert (await ada.call("GET", EVENTS)).status == 200


async def test_latency_is_concurrent(ada, control):
    await control("POST", "/modes", {"latency": 0.5})
    calls = [asyncio.ensure_future(ada.call("GET", EVENTS)) for _ in range(5)]
    while len([c for c in (await control("GET", "/calls"))["calls"] if c["op"] == "events.list"]) < 5:
        await asyncio.sleep(0.01)
    assert not any(call.done() for call in calls)
    assert {answer.status for answer in await asyncio.gather(*calls)} == {200}


async def test_the_stream_tells_of_changes(ada, control, http):
    async with http.get(f"{control.url}/_sandbox/stream") as stream:
        await stream.content.readuntil(b"\n\n")
        made = await ada.insert()
        while not (block := await stream.content.readuntil(b"\n\n")).startswith(b"event: event"):
            pass
    data = json.loads(block.split(b"data: ")[1])
    assert data == {"calendar": "ada@example.com", "id": made["id"]}


async def test_a_person_sees_their_events(ada, control):
    made = await ada.insert()
    assert (await control.person("ada@example.com", "GET"))["items"] == [made]
    assert await control.person("ada@example.com", "GET", f"/{made['id']}") == made


async def test_a_person_can_move_an_event_to_another_calendar(control):
    team = (await control("POST", "/people/ada@example.com/calendars", {"summary": "Team"}))["id"]
    body = {"start": {"date": "2030-05-06"}, "end": {"date": "2030-05-07"}, "summary": "x"}
    made = await control.person("ada@example.com", "POST", "", body)
    moved = await control.person("ada@example.com", "POST", f"/{made['id']}/move", {"to": team})
    assert moved["organizer"]["email"] == team
    assert (await control.person("ada@example.com", "GET"))["items"] == []


async def test_the_process_says_where_it_is_and_stops_when_told():
    command = [sys.executable, "-m", "sandbox", "--port", "0", "--demo"]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=pipe, stderr=pipe)
    assert process.stdout is not None
    url = json.loads(await process.stdout.readline())["sandbox"]
    async with aiohttp.ClientSession() as http, http.get(f"{url}/_sandbox/state") as response:
        state = await response.json()
    process.send_signal(signal.SIGTERM)
    out, err = await process.communicate()
    assert (process.returncode, out, err) == (0, b"", b"")
    google = [event for each in state["google"]["calendars"].values() for event in each["events"]]
    outlook = [event for each in state["microsoft"]["calendars"].values() for event in each["events"]]
    titles = {event["summary"] for event in google}
    subjects = {event["subject"] for event in outlook}
    assert (len(titles), len(subjects)) == (13, 7)
    assert titles & subjects == {"Partner call @zoom"}
    assert any("@teams" in subject for subject in subjects)
