"""The public side as strangers see it: a real server, spoken to over sockets."""

from __future__ import annotations

import ast
import asyncio
import inspect
import textwrap

import pytest
from doorway import CHANGED, opened
from hypothesis import example, given, settings
from hypothesis import strategies as st
from ringing import CALENDAR, REMOTE, TOKEN, SlowDisk, SteerableLoop, advance, furnish

from store import channels
from webhooks import bell as bells
from webhooks import google_door, server

URI = f"https://www.googleapis.com/calendar/v3/calendars/{REMOTE}/events?alt=json"
STRANGE = {"X-Goog-Resource-State": "exists", "X-Goog-Resource-ID": "res-9", "X-Goog-Resource-URI": URI}


@pytest.fixture
async def door(tmp_path):
    async with opened(tmp_path / "huddled.db") as door:
        yield door


async def test_a_push_of_ours_is_noted_and_thanked_for(door):
    assert await door.push() == 204
    assert await door.rung() == {("sync", CALENDAR): 1}
    assert door.answers == [204]


async def test_the_first_push_of_a_channel_rings_for_nothing(door):
    assert await door.push(headers={**CHANGED, "X-Goog-Resource-State": "sync"}) == 204
    assert await door.rung() == {}


@pytest.mark.parametrize("state", ["exists", "not_exists", "", "something new"])
async def test_every_other_state_means_that_something_changed(door, state):
    assert await door.push(headers={**CHANGED, "X-Goog-Resource-State": state}) == 204
    assert await door.rung() == {("sync", CALENDAR): 1}


@pytest.mark.parametrize("token", ["", "wrong", TOKEN + "x", TOKEN[:-1], TOKEN.upper(), "é", "\udcff"])
async def test_a_wrong_token_is_refused_and_rings_for_nothing(door, token):
    request = f"POST /hooks/google/chan-1 HTTP/1.1\r\nHost: x\r\nX-Goog-Channel-Token: {token}\r\n\r\n"
    assert await door.raw(request.encode("utf-8", "surrogateescape")) == 403
    assert await door.push(headers={"X-Goog-Resource-State": "exists"}) == 403
    assert await door.rung() == {}


async def test_the_token_of_another_channel_is_a_wrong_one(tmp_path):
    async with opened(tmp_path / "huddled.db") as door:
        await door.store.tx(lambda conn: furnish(conn, "bob@example.com", "chan-2", "other"))
        assert await door.push(headers={**CHANGED, "X-Goog-Channel-Token": "other"}) == 403


def test_tokens_are_compared_in_constant_time_and_nowhere_else():
    assert "hmac.compare_digest(" in inspect.getsource(channels.token_matches)
    source = ast.parse(textwrap.dedent(inspect.getsource(google_door.GoogleDoor)))
    compared = [ast.unparse(node) for node in ast.walk(source) if isinstance(node, ast.Compare)]
    assert [one for one in compared if "token" in one or "known[1]" in one] == []


async def test_an_unknown_channel_of_a_calendar_of_ours_is_thanked_and_stopped(door):
    assert await door.push("lost-1", STRANGE) == 204
    assert await door.rung() == {("stop", f"{CALENDAR} lost-1 res-9"): 1}


async def test_the_same_lost_channel_is_stopped_once_however_often_it_rings(door):
    assert {await door.push("lost-1", STRANGE) for _ in range(20)} == {204}
    assert set(await door.rung()) == {("stop", f"{CALENDAR} lost-1 res-9")}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {**STRANGE, "X-Goog-Resource-URI": URI.replace("ada", "eve")},
        {**STRANGE, "X-Goog-Resource-URI": ""},
        {**STRANGE, "X-Goog-Resource-URI": "https://[nonsense"},
        {**STRANGE, "X-Goog-Resource-ID": ""},
        {**STRANGE, "X-Goog-Resource-ID": "two words"},
        {**STRANGE, "X-Goog-Resource-ID": "tab\there"},
        {**STRANGE, "X-Goog-Resource-ID": "é"},
        {**STRANGE, "X-Goog-Resource-ID": "r" * 257},
    ],
)
async def test_an_unknown_channel_of_nothing_of_ours_is_thanked_and_forgotten(door, headers):
    assert await door.push("lost-1", headers) == 204
    assert await door.rung() == {}


@pytest.mark.parametrize("channel", ["two%20words", "new%0Aline", "nul%00", "%C3%A9", "c" * 257])
async def test_an_unknown_channel_with_a_name_that_google_would_not_give_is_forgotten(door, channel):
    assert await door.push(channel, STRANGE) == 204
    assert await door.rung() == {}


@pytest.mark.parametrize("header", ["X-Goog-Resource-ID", "X-Goog-Resource-URI", "X-Goog-Channel-Token"])
@pytest.mark.parametrize("raw", [b"\xff\xfe", b"\xed\xa0\x80", b"calendars/\xff/x", b"\x80" * 200])
async def test_bytes_that_are_no_text_do_no_harm(door, header, raw):
    lines = {**{name: value.encode() for name, value in STRANGE.items()}, header: raw}
    head = b"".join(name.encode() + b": " + value + b"\r\n" for name, value in lines.items())
    status = await door.raw(b"POST /hooks/google/lost-1 HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n")
    assert status in {204, 400}
    assert await door.push() == 204
    assert ("sync", CALENDAR) in await door.rung()


def test_strangers_cannot_fill_the_disk(tmp_path):
    async def test():
        async with opened(tmp_path / "huddled.db") as door:
            for number in range(google_door.STRANGERS_A_MINUTE + 50):
                assert await door.push(f"lost-{number}", STRANGE) == 204
            assert len(await door.rung()) == google_door.STRANGERS_A_MINUTE
            assert await door.push() == 204  # ours are not affected
            await advance(60)
            assert await door.push("lost-again", STRANGE) == 204
            assert len(await door.rung()) == google_door.STRANGERS_A_MINUTE + 2

    with asyncio.Runner(loop_factory=SteerableLoop) as runner:
        runner.run(test())


async def test_a_sick_disk_asks_for_another_try(tmp_path):
    async with opened(tmp_path / "huddled.db", strangers_a_minute=100) as door:
        await door.store.tx(lambda conn: conn.execute("PRAGMA max_page_count = 1").fetchall())
        statuses = {await door.push(f"lost-{'x' * 200}-{number}", STRANGE) for number in range(50)}
        assert statuses == {204, 503}
        await door.store.tx(lambda conn: conn.execute("PRAGMA max_page_count = 1000000").fetchall())
        assert await door.push() == 204
        assert await door.rung() != {}


def test_a_slow_disk_asks_for_another_try_at_the_deadline(tmp_path):
    async def test():
        async with opened(tmp_path / "huddled.db") as door:
            async with SlowDisk(door.store):
                pushing = asyncio.ensure_future(door.push())
                while not door.store._waiting:
                    await asyncio.sleep(0.01)
                await advance(bells.DEADLINE + 0.1)
                assert await pushing == 503
            assert await door.push() == 204

    with asyncio.Runner(loop_factory=SteerableLoop) as runner:
        runner.run(test())


async def test_a_body_is_taken_if_it_is_small_and_refused_if_it_is_not(door):
    assert await door.push(data=b"x" * google_door.LARGEST_BODY) == 204
    assert await door.push(data=b"x" * (google_door.LARGEST_BODY + 1)) == 413
    assert await door.rung() == {("sync", CALENDAR): 1}


async def test_a_body_without_an_end_is_not_listened_to(door):
    reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
    head = "".join(f"{name}: {value}\r\n" for name, value in CHANGED.items())
    writer.write(
        f"POST /hooks/google/chan-1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n{head}\r\n".encode()
    )
    assert (await reader.readline()).startswith(b"HTTP/1.1 204")

    async def go_on():
        while True:
            writer.write(b"1000\r\n" + b"x" * 0x1000 + b"\r\n")
            await writer.drain()
            await asyncio.sleep(0.01)

    with pytest.raises(ConnectionError):  # we are hung up on, however long we should like to go on
        await go_on()


@pytest.mark.parametrize(
    "request_line",
    [
        b"POST /hooks/google/chan-1 HTTP/1.1\r\nX-Long: " + b"x" * (server.LARGEST_HEADER + 1),
        b"POST /hooks/google/" + b"x" * (server.LARGEST_HEADER + 1) + b" HTTP/1.1",
        b"POST /hooks/google/chan-1 HTTP/1.1\r\n" + b"\r\n".join(b"X-%d: 1" % n for n in range(1000)),
        b"POST /hooks/google/chan-1 HTTP/1.1\r\nContent-Length: -1",
        b"POST /hooks/google/chan-1 HTTP/1.1\r\nContent-Length: 9999999999999999999999",
        b"POST /hooks/google/chan-1 HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked",
        b"BREW /hooks/google/chan-1 HTTP/1.1",
        b"not http at all",
    ],
)
async def test_heads_that_are_too_long_or_broken_are_refused(door, request_line):
    right = "".join(f"{name}: {value}\r\n" for name, value in CHANGED.items()).encode()
    status = await door.raw(request_line + b"\r\nHost: x\r\n" + right + b"\r\n")
    assert status in {400, 413, 414, 431}
    assert await door.rung() == {}


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_only_a_post_is_a_push(door, method):
    assert await door.push(method=method) == 405
    assert await door.rung() == {}


@pytest.mark.parametrize("path", ["", "/", "/a/b", "/../../etc/passwd"])
async def test_there_is_nothing_else_to_see(door, path):
    assert await door.raw(f"POST /hooks/google{path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()) == 404


LINE = st.binary(max_size=60).map(lambda raw: raw.replace(b"\r", b"").replace(b"\n", b""))
TARGETS = st.sampled_from(
    [b"/hooks/google/chan-1", b"/hooks/google/lost", b"/hooks/google/%ff", b"/hooks/google/%00", b"/", b"*"]
) | LINE.map(lambda raw: b"/hooks/google/" + raw.replace(b" ", b""))
VALUES = LINE | st.sampled_from(
    [
        TOKEN.encode(),
        URI.encode(),
        b"exists",
        b"res-1",
        b"chunked",
        b"gzip",
        b"100-continue",
        b"5",
        b"https://[::1/calendars/\xff/events",
        b"/calendars/\xff/events",
        b"/calendars/ada@example.com/events",
    ]
)
NAMES = st.sampled_from(
    [
        b"X-Goog-Channel-Token",
        b"X-Goog-Resource-ID",
        b"X-Goog-Resource-URI",
        b"X-Goog-Resource-State",
        b"Content-Length",
        b"Transfer-Encoding",
        b"Content-Encoding",
        b"Expect",
        b"Connection",
        b"Upgrade",
        b"Host",
    ]
)
ALMOST_RIGHT = st.tuples(
    st.tuples(st.just(b"X-Goog-Resource-ID"), VALUES), st.tuples(st.just(b"X-Goog-Resource-URI"), VALUES)
)
METHODS = st.sampled_from([b"POST"] * 6 + [b"GET", b"HEAD", b"CONNECT", b"PRI", b"\xff", b""])


@st.composite
def requests(draw):
    headers = draw(st.lists(st.tuples(NAMES, VALUES) | st.tuples(LINE, LINE), max_size=6) | ALMOST_RIGHT)
    head = b"".join(name + b": " + value + b"\r\n" for name, value in headers)
    return draw(METHODS) + b" " + draw(TARGETS) + b" HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n" + draw(LINE)


def test_no_bytes_make_the_server_stumble(tmp_path):
    unheard = []
    with asyncio.Runner() as runner:
        context = opened(tmp_path / "huddled.db")
        door = runner.run(context.__aenter__())
        runner.get_loop().set_exception_handler(lambda _, found: unheard.append(found))

        @settings(max_examples=300, deadline=None, database=None)
        @given(requests() | st.binary(max_size=200))
        @example(b"POST /hooks/google/lost HTTP/1.1\r\nHost: x\r\nExpect: \x80\r\n\r\n")
        @example(b"POST /hooks/google/lost HTTP/1.1\r\nHost: x\r\nX-Goog-Resource-ID: r\r\n"
                 b"X-Goog-Resource-URI: /calendars/\xff/events\r\n\r\n")  # fmt: skip
        def answers(request):
            status = runner.run(door.raw(request))
            assert status is None or status < 500 or status == 503

        answers()
        assert runner.run(door.push()) == 204
        assert ("sync", CALENDAR) in runner.run(door.rung())
        runner.run(context.__aexit__(None, None, None))
    assert unheard == []
