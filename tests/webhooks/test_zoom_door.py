"""The door for Zoom's events as strangers see it: a real server, spoken to over sockets."""

from __future__ import annotations

import asyncio
import hmac
import json
from hashlib import sha256
from io import BytesIO

import pytest
from doorway import opened
from hypothesis import given, settings
from hypothesis import strategies as st
from ringing import CALENDAR, NOW, SlowDisk, SteerableLoop, advance
from structlog.testing import capture_logs
from test_zoom import KINDS, SECRET, signed, told

from connectors.model import Conference, EventRef, Meeting, MeetingRequest
from store import conferences, linked
from store.linked import Credential
from webhooks import bell as bells
from webhooks import zoom_door

CREDENTIAL = linked.credential_id("zoom", "our-app", "ada")
DELETED = told("meeting.deleted", object={"id": 92674392836})
LOOK = ("check", f"{CALENDAR}/e1")


def furnish(conn):
    """Give an event a meeting, and a person an account of their own."""
    meeting = Meeting("zoom", "Zoom", "92674392836", "https://zoom.example/1")
    whole = Conference(
        "hd1", "live", "zoom", "title:@zoom", MeetingRequest(EventRef("a", "e1")), meeting=meeting
    )
    conferences.save(conn, CALENDAR, "e1", whole, NOW)
    row = Credential(CREDENTIAL, "zoom", "our-app", "ada", b"sealed", "", NOW, None)
    linked.link(conn, "ada@example.com", "Ada", row, NOW)


async def send(door, body, headers=None):
    """Send an event; return the answer's status and text."""
    heads = signed(body, at=int(NOW)) if headers is None else headers
    address = f"http://127.0.0.1:{door.port}/hooks/zoom"
    async with door.session.post(address, data=BytesIO(body), headers=heads) as answer:
        return answer.status, await answer.text()


@pytest.fixture
async def door(tmp_path):
    async with opened(tmp_path / "huddled.db", zoom=("of another app", SECRET)) as door:
        await door.store.tx(furnish)
        yield door


async def test_a_meeting_of_ours_that_was_deleted_is_looked_at(door):
    assert await send(door, DELETED) == (200, "")
    assert await door.rung() == {LOOK: 1}
    assert door.answers == [200]


async def test_a_storm_is_one_look(door):
    await asyncio.gather(*(send(door, DELETED) for _ in range(50)))
    assert set(await door.rung()) == {LOOK}


@pytest.mark.parametrize(
    "body",
    [
        told("meeting.deleted", object={"id": 11111111111}),
        told("meeting.updated", object={"id": 92674392836, "start_time": "2026-12-02T14:00:00Z"}),
        told("meeting.started", object={"id": 92674392836}),
        told("app_deauthorized", client_id="another-app", user_id="ada"),
        told("app_deauthorized", client_id="our-app", user_id="bob"),
        told("invented.next_year"),
        b"no json",
    ],
)
async def test_what_is_about_nothing_of_ours_is_thanked_for_and_costs_no_commit(door, body):
    before = door.store.commits
    assert await send(door, body) == (200, "")
    assert (await door.rung(), door.store.commits) == ({}, before)


async def test_our_own_cancel_echoes_in_vain(door):
    def leave(conn):
        known = conferences.get(conn, CALENDAR, "e1")
        conferences.forget(conn, CALENDAR, "e1")
        return known

    await door.store.tx(leave)
    assert await send(door, DELETED) == (200, "")
    assert await door.rung() == {}


async def test_a_consent_that_is_taken_back_is_noted_with_its_time(door):
    body = told(
        "app_deauthorized",
        client_id="our-app",
        user_id="ada",
        deauthorization_time="2026-11-22T05:29:29.999Z",
    )
    assert await send(door, body) == (200, "")
    assert await send(door, body) == (200, "")
    assert set(await door.rung()) == {("deauthorized", f"{CREDENTIAL} 1795325369.999")}


@pytest.mark.parametrize("secret", [SECRET, "of another app"])
async def test_zoom_is_shown_that_we_know_the_secret_it_signed_with(door, secret):
    body = told("endpoint.url_validation", plainToken="abc")
    status, text = await send(door, body, signed(body, secret, at=int(NOW)))
    encrypted = hmac.new(secret.encode(), b"abc", sha256).hexdigest()
    assert (status, json.loads(text)) == (200, {"plainToken": "abc", "encryptedToken": encrypted})
    assert await door.rung() == {}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        signed(DELETED, "wrong", at=int(NOW)),
        signed(DELETED, at=int(NOW) - 301),
        signed(DELETED + b" ", at=int(NOW)),
        {"x-zm-request-timestamp": str(int(NOW)), "x-zm-signature": "v0=é"},
    ],
    ids=["none", "wrong", "stale", "other", "odd"],
)
async def test_a_stranger_is_refused_and_causes_no_work(door, headers):
    with capture_logs() as logs:
        assert (await send(door, DELETED, headers))[0] == 401
    assert await door.rung() == {}
    assert [entry["event"] for entry in logs] == ["event refused"]


async def test_a_stranger_is_not_shown_the_secret_by_a_validation(door):
    body = told("endpoint.url_validation", plainToken="abc")
    status, text = await send(door, body, signed(body, "guessed", at=int(NOW)))
    assert status == 401
    assert "encryptedToken" not in text


async def test_without_a_secret_there_is_no_door(tmp_path):
    async with opened(tmp_path / "huddled.db") as door:
        assert (await send(door, DELETED))[0] == 404


async def test_nobody_is_thanked_before_the_commit(door):
    async with SlowDisk(door.store):
        sending = asyncio.ensure_future(send(door, DELETED))
        while not door.store._waiting:
            await asyncio.sleep(0.01)
        assert not sending.done()
    assert await sending == (200, "")


async def test_a_sick_disk_asks_for_another_try(door):
    refuse = "CREATE TRIGGER sick BEFORE INSERT ON work BEGIN SELECT RAISE(ABORT, 'x'); END"
    await door.store.tx(lambda conn: conn.execute(refuse).fetchall())
    assert (await send(door, DELETED))[0] == 503
    await door.store.tx(lambda conn: conn.execute("DROP TRIGGER sick").fetchall())
    assert (await send(door, DELETED))[0] == 200
    assert await door.rung() == {LOOK: 1}


def test_a_slow_disk_asks_for_another_try_before_zoom_gives_up(tmp_path):
    async def test():
        async with opened(tmp_path / "huddled.db", zoom=(SECRET,)) as door:
            await door.store.tx(furnish)
            async with SlowDisk(door.store):
                sending = asyncio.ensure_future(send(door, DELETED))
                while not door.store._waiting:
                    await asyncio.sleep(0.01)
                await advance(bells.DEADLINE + 0.1)
                assert (await sending)[0] == 503

    assert bells.DEADLINE < zoom_door.PATIENCE
    with asyncio.Runner(loop_factory=SteerableLoop) as runner:
        runner.run(test())


async def test_a_body_may_be_large_but_not_larger(door):
    body = DELETED.ljust(zoom_door.LARGEST_BODY)
    assert (await send(door, body))[0] == 200
    assert (await send(door, body + b" "))[0] == 413

    async def chunks():
        yield body
        yield b" "

    async with door.session.post(f"http://127.0.0.1:{door.port}/hooks/zoom", data=chunks()) as answer:
        assert answer.status == 413
    head = b"POST /hooks/zoom HTTP/1.1\r\nHost: x\r\n"
    assert await door.raw(head + b"Content-Length: 9999999\r\n\r\n") == 413


def test_a_body_that_does_not_come_is_waited_for_no_longer_than_zoom_waits_for_us(tmp_path):
    async def test():
        async with opened(tmp_path / "huddled.db", zoom=(SECRET,)) as door:
            reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
            writer.write(b"POST /hooks/zoom HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{")
            await asyncio.sleep(0.05)  # by now the door has begun to read
            line = asyncio.ensure_future(reader.readline())
            while not line.done():
                await asyncio.sleep(0.01)
                await advance(zoom_door.PATIENCE / 4)
            writer.close()
            assert (await line)[:12] == b"HTTP/1.1 408"

    with asyncio.Runner(loop_factory=SteerableLoop) as runner:
        runner.run(test())


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_only_a_post_is_an_event(door, method):
    async with door.session.request(method, f"http://127.0.0.1:{door.port}/hooks/zoom") as answer:
        assert answer.status == 405


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["object", "id", "user_id", "client_id"]) | st.text(), inner)
    ),
    max_leaves=8,
)
BODIES = st.binary(max_size=200) | st.builds(
    lambda kind, payload: json.dumps({"event": kind, "payload": payload}).encode(),
    st.sampled_from(KINDS) | JSON,
    JSON,
)


def test_no_body_makes_the_server_stumble(tmp_path):
    unheard = []
    with asyncio.Runner() as runner:
        context = opened(tmp_path / "huddled.db", zoom=(SECRET,))
        door = runner.run(context.__aenter__())
        runner.get_loop().set_exception_handler(lambda _, found: unheard.append(found))

        @settings(max_examples=200, deadline=None, database=None)
        @given(BODIES, st.booleans())
        def answers(body, ours):
            status, _ = runner.run(send(door, body, None if ours else {}))
            assert status == (200 if ours else 401)

        answers()
        runner.run(context.__aexit__(None, None, None))
    assert unheard == []
