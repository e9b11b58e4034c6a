"""What the simulated Zoom tells those who listen, and how it goes wrong."""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256

import pytest
from aiohttp import web

from tests.sandbox.zoom_caller import ADA, calling

SECRET = "a secret token"


def mac(text: str) -> str:
    return hmac.new(SECRET.encode(), text.encode(), sha256).hexdigest()


class Listener:
    """Somebody who hears Zoom's events, checks every signature, and answers as a test wants."""

    def __init__(self) -> None:
        self.url = ""
        self.heard: list[dict] = []
        self.proofs = 0
        self.mute_proofs = 0
        self.statuses: list[int] = []

    async def hear(self, request: web.Request) -> web.Response:
        body = (await request.read()).decode()
        stamp = request.headers["x-zm-request-timestamp"]
        assert request.headers["x-zm-signature"] == f"v0={mac(f'v0:{stamp}:{body}')}"
        told = json.loads(body)
        if told["event"] == "endpoint.url_validation":
            self.proofs += 1
            if self.proofs <= self.mute_proofs:
                return web.Response(status=500)
            token = told["payload"]["plainToken"]
            return web.json_response({"plainToken": token, "encryptedToken": mac(token)})
        self.heard.append(told)
        return web.Response(status=self.statuses.pop(0) if self.statuses else 204)

    @property
    def events(self) -> list[str]:
        return [one["event"] for one in self.heard]


@asynccontextmanager
async def listening() -> AsyncIterator[Listener]:
    listener, app = Listener(), web.Application()
    app.router.add_post("/hook", listener.hear)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    listener.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    try:
        yield listener
    finally:
        await runner.cleanup()


@pytest.fixture
async def caller():
    async with calling() as made:
        yield made


@pytest.fixture
async def listener(caller):
    async with listening() as one:
        one.register = lambda: caller.control("zoom/webhooks", url=one.url, secret=SECRET)
        one.idle = lambda: caller.send("GET", "/_sandbox/push/idle")
        yield one


async def test_an_address_proves_itself_before_it_hears_anything(caller, listener):
    assert await listener.register() == {"url": listener.url, "validated": True}
    assert (listener.proofs, listener.heard) == (1, [])


async def test_an_address_is_asked_a_few_times_and_then_hears_nothing(caller, listener):
    listener.mute_proofs = 2
    assert (await listener.register())["validated"]
    listener.mute_proofs = 99
    assert not (await listener.register())["validated"]
    assert listener.proofs == 6
    await caller.create()
    await listener.idle()
    assert listener.heard == []
    (known,) = (await caller.send("GET", "/_sandbox/state")).body["zoom"]["webhooks"]
    assert known == {"url": listener.url, "validated": False, "proofs": 3}


async def test_an_address_proves_itself_again_after_three_days(caller, listener):
    await listener.register()
    await caller.control("clock", advance=72 * 3600 + 1)
    while listener.proofs < 2:
        await asyncio.sleep(0.01)


async def test_only_this_machine_is_called(caller):
    answer = await caller.send(
        "POST", "/_sandbox/zoom/webhooks", json={"url": "https://example.com/hook", "secret": "x"}
    )
    assert answer.status == 400


async def test_our_own_calls_echo(caller, listener):
    await listener.register()
    made = await caller.create()
    change = {"topic": "Another", "duration": 30, "settings": {"mute_upon_entry": True}}
    await caller.zoom("PATCH", f"meetings/{made['id']}", change)
    await listener.idle()
    await caller.zoom("PATCH", f"meetings/{made['id']}", {"topic": "Another"})
    await caller.zoom("DELETE", f"meetings/{made['id']}")
    await listener.idle()
    assert listener.events == ["meeting.created", "meeting.updated", "meeting.deleted"]
    updated = listener.heard[1]["payload"]
    assert str(updated["object"].pop("id")) == str(updated["old_object"].pop("id")) == str(made["id"])
    assert updated["object"] == change
    assert updated["old_object"] == {"topic": "Design review", "duration": 45, "settings": {}}
    assert updated["operator"] == ADA


async def test_ids_are_now_numbers_and_now_text(caller, listener):
    await listener.register()
    for _ in range(12):
        await caller.create()
    await listener.idle()
    assert {type(one["payload"]["object"]["id"]) for one in listener.heard} == {int, str}


async def test_what_people_do_in_the_portal_is_told(caller, listener):
    await listener.register()
    made = await caller.create()
    path = f"zoom/meetings/{made['id']}"
    edited = await caller.control(f"{path}/edit", password="Secret1")
    assert edited["join_url"] != made["join_url"]
    assert (await caller.zoom("GET", f"meetings/{made['id']}")).body["join_url"] == edited["join_url"]
    for deed in ("delete", "recover", "delete", "purge"):
        await listener.idle()
        await caller.control(f"{path}/{deed}")
    await listener.idle()
    told = ["created", "updated", "deleted", "recovered", "deleted", "permanently_deleted"]
    assert listener.events == [f"meeting.{one}" for one in told]
    changed = listener.heard[1]["payload"]["object"]
    assert changed.keys() == {"id", "password", "join_url"}


async def test_a_senseless_edit_is_refused_and_told_to_nobody(caller, listener):
    await listener.register()
    made = await caller.create()
    answer = await caller.send("POST", f"/_sandbox/zoom/meetings/{made['id']}/edit", json={"nonsense": 1})
    await listener.idle()
    assert (answer.status, listener.events) == (400, ["meeting.created"])


async def test_a_date_of_a_series_is_told_by_itself(caller, listener):
    await listener.register()
    rule = {"type": 2, "repeat_interval": 1, "weekly_days": "3", "end_times": 3}
    made = await caller.create(type=8, recurrence=rule)
    first, second = (one["occurrence_id"] for one in made["occurrences"][:2])
    await caller.zoom("DELETE", f"meetings/{made['id']}?occurrence_id={first}")
    await listener.idle()
    await caller.zoom("PATCH", f"meetings/{made['id']}?occurrence_id={second}", {"duration": 20})
    await listener.idle()
    deleted, updated = (one["payload"] for one in listener.heard[1:])
    assert listener.events[1:] == ["meeting.deleted", "meeting.updated"]
    assert (deleted["operation"], updated["scope"]) == ("single", "single")
    assert updated["object"]["occurrences"][0]["duration"] == 20


async def test_a_consent_that_is_taken_back_is_told(caller, listener):
    await listener.register()
    await caller.log_in_as(ADA)
    me = (await caller.zoom("GET", "users/me")).body
    await caller.control("zoom/deauthorize", email=ADA)
    await listener.idle()
    (told,) = listener.heard
    assert told["event"] == "app_deauthorized"
    assert told["payload"]["user_id"] == me["id"]
    assert told["payload"]["client_id"] == "sandbox-zoom-app"


async def test_what_is_not_taken_is_sent_again_after_5_20_and_60_minutes(caller, listener):
    await listener.register()
    listener.statuses = [500, 404, 302, 503, 200]
    await caller.create()
    for number, minutes in enumerate((5, 20, 60), 2):
        await listener.idle()
        await caller.control("clock", advance=60 * minutes - 30)
        await listener.idle()
        assert len(listener.heard) == number - 1
        await caller.control("clock", advance=31)
        while len(listener.heard) < number:
            await asyncio.sleep(0.01)
    await listener.idle()
    await caller.control("clock", advance=86_000)
    await listener.idle()
    assert listener.events == ["meeting.created"] * 4
    assert (await listener.idle()).body["failed"] == 1


async def test_events_are_lost_and_doubled_as_a_test_wants(caller, listener):
    await listener.register()
    await caller.control("push", drop=1.0)
    await caller.create()
    await caller.control("push", drop=0.0, double=1.0)
    await caller.create()
    await caller.control("push", double=0.0, silent=True)
    await caller.create()
    await listener.idle()
    assert listener.events == ["meeting.created"] * 2


async def test_events_overtake_each_other(caller, listener):
    await listener.register()
    await caller.control("push", reorder=True)
    made = await caller.create()
    for number in range(12):
        await caller.zoom("PATCH", f"meetings/{made['id']}", {"topic": f"Topic {number}"})
    await listener.idle()
    stamps = [one["event_ts"] for one in listener.heard]
    assert len(stamps) == 13
    assert stamps != sorted(stamps)


async def test_a_fresh_world_tells_nobody(caller, listener):
    await listener.register()
    await caller.control("reset")
    await caller.control("users", email=ADA)
    await caller.log_in()
    await caller.create()
    await listener.idle()
    assert listener.heard == []
