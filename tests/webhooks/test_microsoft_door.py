"""The door for Graph's notifications as strangers see it: a real server, spoken to over sockets."""

from __future__ import annotations

import ast
import asyncio
import gzip
import inspect
import json
import textwrap
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from doorway import opened
from hypothesis import example, given, settings
from hypothesis import strategies as st
from ringing import CALENDAR, TOKEN, SlowDisk, SteerableLoop, advance, furnish
from structlog.testing import capture_logs
from yarl import URL

from webhooks import bell as bells
from webhooks import microsoft_door

STATE = f"chan-1 {TOKEN}"
OURS = {"subscriptionId": "sub-1", "changeType": "updated", "clientState": STATE}
RECORDED = (
    Path(__file__).resolve().parents[2]
    / ".."
    / "shared"
    / "fixtures"
    / "microsoft"
    / "webhook_event_notification.json"
)
SENTENCE = "Validation: Testing client application reachability for subscription Request-Id: 877cb92e-a+b"
ACCEPTED = (202, b"", None)


def batch(*items):
    return {"value": items}


@pytest.fixture
async def door(tmp_path):
    async with opened(tmp_path / "huddled.db") as door:
        yield door


async def enrol(door, number):
    """Let another calendar ring at the door; return it and the state that its notifications carry."""
    channel, token = f"chan-{number}", f"token-{number}"
    name = await door.store.tx(lambda conn: furnish(conn, f"user-{number}@example.com", channel, token))
    await door.channels.fill(door.store)
    return name, f"{channel} {token}"


# Batches


async def test_a_notification_of_ours_is_noted_and_thanked_for(door):
    assert await door.notify(batch(OURS)) == ACCEPTED
    assert await door.rung() == {("sync", CALENDAR): 1}
    assert door.answers == [202]


async def test_a_recorded_batch_rings_once_it_carries_our_state(door):
    if not RECORDED.exists():
        pytest.skip("the recorded notification is kept beside the repository, and is not here")
    assert await door.notify(RECORDED.read_bytes()) == ACCEPTED
    assert await door.rung() == {}
    told = json.loads(RECORDED.read_text())
    told["value"][0]["clientState"] = STATE
    assert await door.notify(told) == ACCEPTED
    assert await door.rung() == {("sync", CALENDAR): 1}


async def test_a_batch_of_several_subscriptions_rings_for_each_in_one_commit(door):
    enrolled = [await enrol(door, number) for number in range(2, 12)]
    before = door.store.commits
    assert await door.notify(batch(*[{**OURS, "clientState": state} for _, state in enrolled])) == ACCEPTED
    assert await door.rung() == {("sync", name): 1 for name, _ in enrolled}
    assert door.store.commits == before + 1


async def test_ten_notifications_of_one_calendar_are_one_look(door):
    assert await door.notify(batch(*[OURS] * 10)) == ACCEPTED
    assert await door.rung() == {("sync", CALENDAR): 1}


@pytest.mark.parametrize(
    ("event", "kind", "key"),
    [
        ("missed", "sync", CALENDAR),
        ("reauthorizationRequired", "lifecycle", f"reauthorizationRequired {CALENDAR} chan-1"),
        ("REAUTHORIZATIONREQUIRED", "lifecycle", f"reauthorizationRequired {CALENDAR} chan-1"),
        ("subscriptionRemoved", "lifecycle", f"subscriptionRemoved {CALENDAR} chan-1"),
        ("invented next year", "sync", CALENDAR),
    ],
)
async def test_a_warning_rings_for_what_it_warns_of(door, event, kind, key):
    item = {"subscriptionId": "sub-1", "clientState": STATE, "lifecycleEvent": event, "resourceData": None}
    assert await door.notify(batch(item)) == ACCEPTED
    assert await door.rung() == {(kind, key): 1}


async def test_a_batch_may_mix_everything(door):
    bob, state = await enrol(door, 2)
    removed = {"clientState": state, "lifecycleEvent": "subscriptionRemoved"}
    strange = [
        None,
        {},
        {"clientState": "chan-9 x"},
        {"clientState": "chan-1 wrong"},
        {"clientState": None},
        "x",
    ]
    assert await door.notify(batch(*strange, removed, *strange, OURS)) == ACCEPTED
    assert await door.rung() == {("sync", CALENDAR): 1, ("lifecycle", f"subscriptionRemoved {bob} chan-2"): 1}


REFUSED = [
    batch(),
    batch({}),
    batch({**OURS, "clientState": None}),
    batch({**OURS, "clientState": ""}),
    batch({**OURS, "clientState": "chan-1"}),
    batch({**OURS, "clientState": "chan-1 "}),
    batch({**OURS, "clientState": "chan-1 wrong"}),
    batch({**OURS, "clientState": STATE + "x"}),
    batch({**OURS, "clientState": STATE.upper()}),
    batch({**OURS, "clientState": STATE.partition(" ")[2]}),
    batch({**OURS, "clientState": STATE.replace("chan-1", "chan-9")}),
    batch({**OURS, "clientState": STATE.replace("horse", "hors\u00e9")}),
    batch({**OURS, "clientState": STATE.replace("horse", "hors\ud800")}),
    batch({key: OURS[key] for key in ("subscriptionId", "changeType")}),
    OURS,
    [OURS],
    {"value": OURS},
    None,
    b"",
    b"no json",
    b"\xff\xfe\x00",
    b"[" * 100_000,
    b'{"value":' * 100_000,
    gzip.compress(json.dumps(batch(OURS)).encode()),
]


@pytest.mark.parametrize("refused", REFUSED)
async def test_the_answer_does_not_tell_what_was_refused(door, refused):
    assert await door.notify(refused) == ACCEPTED
    assert await door.rung() == {}


async def test_the_state_of_another_channel_is_a_wrong_one(door):
    _, state = await enrol(door, 2)
    swapped = [{"clientState": f"chan-2 {TOKEN}"}, {"clientState": state.replace("chan-2", "chan-1")}]
    assert await door.notify(batch(*swapped)) == ACCEPTED
    assert await door.rung() == {}


async def test_what_is_refused_is_told_once_for_the_whole_batch_and_without_secrets(door):
    wrong, strange = (
        {"clientState": "chan-1 s3cret"},
        {"clientState": "chan-s3cret s3cret", "subscriptionId": "s3cret"},
    )
    with capture_logs() as logs:
        await door.notify(batch(OURS, wrong, wrong, strange, *[None] * 3))
    [told] = logs
    assert told == {
        "event": "notifications refused",
        "log_level": "warning",
        "of": 7,
        "unreadable": 3,
        "unknown": 1,
        "wrong_token": 2,
    }
    with capture_logs() as logs:
        await door.notify(b"s3cret")
    assert [one["event"] for one in logs] == ["notifications refused"]
    assert "s3cret" not in str(logs)


async def test_a_batch_of_ours_is_nothing_to_write_down(door):
    with capture_logs() as logs:
        await door.notify(batch(OURS))
    assert logs == []


def test_tokens_are_compared_in_constant_time_and_nowhere_else():
    assert "channels.token_matches" in inspect.getsource(microsoft_door.MicrosoftDoor)
    source = ast.parse(textwrap.dedent(inspect.getsource(microsoft_door)))
    compared = [ast.unparse(node) for node in ast.walk(source) if isinstance(node, ast.Compare)]
    assert [
        one for one in compared if ("token" in one and one != "token is not None") or "found[1]" in one
    ] == []


# Disks and bodies


async def test_a_sick_disk_notes_nothing_and_asks_for_another_try(door):
    bob, state = await enrol(door, 2)
    refuse = f"CREATE TRIGGER sick BEFORE INSERT ON work WHEN NEW.key = '{bob}' BEGIN SELECT RAISE(ABORT, 'x'); END"
    await door.store.tx(lambda conn: conn.execute(refuse).fetchall())
    both = batch(OURS, {"clientState": state})
    status, _, _ = await door.notify(both)
    assert (status, await door.rung()) == (503, {})
    await door.store.tx(lambda conn: conn.execute("DROP TRIGGER sick").fetchall())
    assert await door.notify(both) == ACCEPTED
    assert await door.rung() == {("sync", CALENDAR): 1, ("sync", bob): 1}


def test_a_slow_disk_asks_for_another_try_at_the_deadline(tmp_path):
    async def test():
        async with opened(tmp_path / "huddled.db") as door:
            async with SlowDisk(door.store):
                notifying = asyncio.ensure_future(door.notify(batch(OURS)))
                while not door.store._waiting:
                    await asyncio.sleep(0.01)
                await advance(bells.DEADLINE + 0.1)
                assert (await notifying)[0] == 503
            assert await door.notify(batch(OURS)) == ACCEPTED

    with asyncio.Runner(loop_factory=SteerableLoop) as runner:
        runner.run(test())


async def test_nobody_is_thanked_before_the_commit(door):
    async with SlowDisk(door.store):
        notifying = asyncio.ensure_future(door.notify(batch(OURS)))
        while not door.store._waiting:
            await asyncio.sleep(0.01)
        assert not notifying.done()
    assert await notifying == ACCEPTED


async def test_a_batch_is_taken_if_it_is_not_too_large(door):
    body = json.dumps(batch(OURS)).encode()
    assert await door.notify(body.ljust(microsoft_door.LARGEST_BODY)) == ACCEPTED
    assert await door.rung() == {("sync", CALENDAR): 1}
    assert (await door.notify(body.ljust(microsoft_door.LARGEST_BODY + 1)))[0] == 413

    async def chunks():
        for _ in range(3):
            yield body.ljust(microsoft_door.LARGEST_BODY // 2)

    async with door.session.post(f"http://127.0.0.1:{door.port}/hooks/microsoft", data=chunks()) as answer:
        assert answer.status == 413
    assert await door.rung() == {("sync", CALENDAR): 1}
    assert door.answers == [202, 413, 413]


async def test_a_body_that_is_said_to_be_too_large_is_not_waited_for(door):
    assert (
        await door.raw(b"POST /hooks/microsoft HTTP/1.1\r\nHost: x\r\nContent-Length: 1048577\r\n\r\n") == 413
    )


async def test_a_packed_body_is_not_unfolded(door):
    body = gzip.compress(json.dumps(batch(OURS)).encode())
    assert await door.notify(body, headers={"Content-Encoding": "gzip"}) == ACCEPTED
    assert await door.rung() == {}


@pytest.mark.parametrize(
    ("head", "rest"),
    [(b"Content-Length: 9\r\n\r\n{", b""), (b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n", b"zz\r\n\r\n")],
)
def test_a_body_that_does_not_come_is_waited_for_no_longer_than_graph_waits_for_us(tmp_path, head, rest):
    async def test():
        async with opened(tmp_path / "huddled.db") as door:
            reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
            writer.write(b"POST /hooks/microsoft HTTP/1.1\r\nHost: x\r\n" + head)
            await asyncio.sleep(0.05)  # by now the door has begun to read
            writer.write(rest)
            line = asyncio.ensure_future(reader.readline())
            while not line.done():
                await asyncio.sleep(0.01)
                await advance(microsoft_door.PATIENCE / 4)
            writer.close()
            assert (await line)[:12] in {
                b"HTTP/1.1 408",
                b"HTTP/1.1 400",
            }  # 400 where aiohttp sees what is wrong
            assert await door.notify(batch(OURS)) == ACCEPTED

    with asyncio.Runner(loop_factory=SteerableLoop) as runner:
        runner.run(test())


@pytest.mark.parametrize(
    "request_tail",
    [
        b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n5\r\nxxxxxxxxx\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
        b"Content-Length: 3\r\nContent-Encoding: gzip\r\n\r\nabc",
        b"Content-Length: 3\r\nContent-Encoding: br\r\n\r\nabc",
        b"Content-Length: 3\r\nExpect: something\r\n\r\nabc",
    ],
)
async def test_a_broken_body_does_no_harm(door, request_tail):
    assert await door.raw(b"POST /hooks/microsoft HTTP/1.1\r\nHost: x\r\n" + request_tail) in {202, 400, 417}
    assert await door.notify(batch(OURS)) == ACCEPTED


# The handshake


@pytest.mark.parametrize("written", [quote(SENTENCE, safe=""), quote_plus(SENTENCE)])
async def test_a_new_subscription_has_its_token_repeated_as_plain_text(door, written):
    address = f"http://127.0.0.1:{door.port}/hooks/microsoft?validationToken={written}"
    headers = {"Content-Type": "text/plain; charset=utf-8"}
    async with door.session.post(URL(address, encoded=True), headers=headers) as answer:
        assert (answer.status, await answer.text()) == (200, SENTENCE)
        assert answer.content_type == "text/plain"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert door.answers == [200]
    assert await door.rung() == {}


async def test_the_handshake_waits_for_no_disk(door):
    async with SlowDisk(door.store):
        before = door.store.commits
        assert (await door.notify(b"", "?validationToken=token"))[:2] == (200, b"token")
        assert door.store.commits == before


async def test_the_handshake_reads_no_body(door):
    assert (
        await door.raw(
            b"POST /hooks/microsoft?validationToken=token HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999\r\n\r\n"
        )
        == 200
    )


async def test_a_batch_with_a_token_is_a_handshake_and_rings_for_nothing(door):
    assert (await door.notify(batch(OURS), "?validationToken=token"))[:2] == (200, b"token")
    assert await door.rung() == {}


@pytest.mark.parametrize("token", ["<script>alert(1)</script>", "{{7*7}}", "\u00e9\u732b", "a=b&c"])
async def test_whatever_is_repeated_is_the_same_bytes_and_never_a_page(door, token):
    status, body, kind = await door.notify(b"", f"?validationToken={quote(token, safe='')}")
    assert (status, body.decode(), kind) == (200, token, "text/plain; charset=utf-8")


@pytest.mark.parametrize("token", ["x" * 1025, "a%0d%0ab", "%00", "%1b", "x%E2%80%A8y"])
async def test_what_is_no_validation_token_is_not_repeated(door, token):
    address = URL(f"http://127.0.0.1:{door.port}/hooks/microsoft?validationToken={token}", encoded=True)
    async with door.session.post(address) as answer:
        assert (answer.status, await answer.read()) == (400, b"this is no validation token")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.content_type == "text/plain"


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"])
@pytest.mark.parametrize("query", ["", "?validationToken=token"])
async def test_only_a_post_is_a_notification(door, method, query):
    address = f"http://127.0.0.1:{door.port}/hooks/microsoft{query}"
    async with door.session.request(method, address, json=batch(OURS)) as answer:
        assert answer.status == 405
    assert await door.rung() == {}


@pytest.mark.parametrize("path", ["/", "/x", "/../google", "%2f"])
async def test_there_is_nothing_else_to_see(door, path):
    assert await door.raw(f"POST /hooks/microsoft{path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()) == 404


# Whatever comes

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from([STATE, "missed", "chan-1 "]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["value", "Value", "clientState", "lifecycleEvent", "changeType"]) | st.text(),
            inner,
        )
    ),
    max_leaves=12,
)
BODIES = (
    JSON.map(lambda told: json.dumps(told).encode())
    | st.lists(JSON, max_size=6).map(lambda items: json.dumps(batch(*items)).encode())
    | st.binary(max_size=200)
)
QUERIES = st.just(b"") | st.binary(max_size=40).map(
    lambda raw: b"?validationToken=" + b"".join(b"%%%02x" % one for one in raw)
)


def test_no_body_and_no_token_make_the_server_stumble(tmp_path):
    unheard = []
    with asyncio.Runner() as runner:
        context = opened(tmp_path / "huddled.db")
        door = runner.run(context.__aenter__())
        runner.get_loop().set_exception_handler(lambda _, found: unheard.append(found))

        @settings(max_examples=300, deadline=None, database=None)
        @given(BODIES, QUERIES)
        @example(b"", b"?validationToken=%ff")
        @example(b"", b"?validationToken=%ed%a0%80")
        @example(b"", b"?validationToken=%")
        @example(b"", b"?validationToken")
        @example(b"", b"?%ff=%ff&validationToken=x")
        @example(b'{"value": [{"clientState": "\\ud800"}]}', b"")
        def answers(body, query):
            head = b" HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body)
            status = runner.run(door.raw(b"POST /hooks/microsoft" + query + head + body))
            assert status in ({200, 400} if query else {202})

        answers()
        assert runner.run(door.notify(batch(OURS))) == ACCEPTED
        assert ("sync", CALENDAR) in runner.run(door.rung())
        runner.run(context.__aexit__(None, None, None))
    assert unheard == []
