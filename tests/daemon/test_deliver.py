"""Bringing applications what they are told, over real HTTP: again until it arrives, and never longer than a day."""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import signal
import sys
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path

import pycronofy
import pytest
from receiving import drop, hang, receiving, status

from connectors.guarded import guard
from daemon.deliver import FEWEST, LONGEST_WAIT, PATIENCE, Deliver, Receiver, handlers
from daemon.turns import EACH_HOST, Turns
from daemon.worker import Worker
from store import api_channels, conferences, deliveries, managed, work
from store.api_channels import ApiChannel
from store.db import SqliteStore, open_file
from tests.daemon.applications import CALENDAR, manage

NOW = 1_800_000_000.0
ROOT = Path(__file__).resolve().parents[2]


class Stage:
    """A worker that delivers, with a clock that a test moves."""

    def __init__(self, store, guarded, receivers, most=8):
        self.store, self.time, self.outcomes = store, NOW, Counter()
        self.deliver = Deliver(
            store,
            guarded,
            receivers,
            Turns(most, random.Random(1)),
            self.now,
            lambda what: self.outcomes.update([what]),
        )
        self.worker = Worker(store, {"deliver": self.deliver}, self.now, "me", dice=random.Random(1))

    def now(self):
        return self.time

    async def channel(self, url, name="chn_1", application="ours"):
        one = ApiChannel(name, application, "ada@example.com", url)
        return await self.store.tx(lambda conn: api_channels.create(conn, one, NOW))

    async def notify(self, channel, kind="verification"):
        await self.store.tx(lambda conn: deliveries.notify(conn, channel, kind, self.time))

    async def changed(self, channel, since):
        def note(conn):
            api_channels.changed(conn, channel.id, since)
            deliveries.notify(conn, channel, "change", self.time)

        await self.store.tx(note)

    async def waiting(self):
        return await self.store.read(deliveries.count)

    async def channels(self):
        return await self.store.read(api_channels.count)

    async def later(self, seconds):
        self.time += seconds
        return await self.worker.run_once()

    async def keep_trying(self, seconds, step=900.0):
        """Let the time pass in steps, with all work done that falls due."""
        for _ in range(int(seconds / step)):
            await self.later(step)


@pytest.fixture
async def receiver():
    async with receiving() as one:
        yield one


@pytest.fixture
async def guarded():
    async with guard() as one:
        yield one


@pytest.fixture
def stage(store, guarded):
    return Stage(
        store,
        guarded,
        {
            "ours": Receiver(("new", "old"), allow_private=True),
            "theirs": Receiver(("x",), allow_private=True),
        },
    )


async def test_a_notification_arrives_signed_and_is_owed_no_more(stage, receiver):
    channel = await stage.channel(f"{receiver.url}/hook?state=1")
    await stage.notify(channel)
    await stage.worker.run_once()
    [request] = receiver.received
    assert request.path == "/hook?state=1"
    assert request.told == {"notification": {"type": "verification"}, "channel": channel.shown()}
    assert request.headers["content-type"] == "application/json; charset=utf-8"
    for secret in ("new", "old"):
        client = pycronofy.Client(client_id="ours", client_secret=secret, access_token="-")
        assert client.hmac_valid(request.headers["cronofy-hmac-sha256"], request.body.decode())
    assert await stage.waiting() == 0
    assert await stage.store.read(lambda conn: work.counts(conn, NOW)) == {
        "due": 0,
        "held": 0,
        "later": 0,
        "failed": 0,
    }
    assert stage.outcomes == {"delivered": 1}


@pytest.mark.parametrize("good", [200, 201, 202, 204, 299])
async def test_any_success_will_do(stage, receiver, good):
    receiver.will(status(good))
    await stage.notify(await stage.channel(receiver.url))
    await stage.worker.run_once()
    assert await stage.waiting() == 0


@pytest.mark.parametrize("bad", [status(500), status(404), status(410), status(302, Location="/"), drop])
async def test_what_was_not_taken_is_sent_again_until_it_is(stage, receiver, bad):
    receiver.will(bad, bad, status(200))
    await stage.notify(await stage.channel(receiver.url))
    await stage.worker.run_once()
    assert await stage.waiting() == 1
    await stage.keep_trying(60, step=10)
    assert receiver.kinds == ["verification"] * 3
    assert await stage.waiting() == 0
    assert stage.outcomes == {"failed": 2, "delivered": 1}


async def test_the_pauses_between_attempts_grow(stage, receiver):
    receiver.will(status(500))
    await stage.notify(await stage.channel(receiver.url))
    pauses, seen = [], 0
    for second in range(400):
        await stage.later(1.0)
        if len(receiver.received) > seen:
            seen = len(receiver.received)
            pauses.append(second)
    gaps = [b - a for a, b in itertools.pairwise(pauses)]
    assert len(gaps) >= 5
    assert gaps == sorted(gaps)


async def test_who_asks_for_patience_is_left_alone_so_long(stage, receiver):
    receiver.will(status(503, Retry_After="600"), status(200))
    await stage.notify(await stage.channel(receiver.url))
    await stage.worker.run_once()
    await stage.later(599)
    assert len(receiver.received) == 1
    await stage.later(70)
    assert len(receiver.received) == 2


async def test_nobody_is_left_alone_for_longer_than_an_hour(stage, receiver):
    receiver.will(status(503, Retry_After="86000"), status(200))
    await stage.notify(await stage.channel(receiver.url))
    await stage.worker.run_once()
    await stage.later(LONGEST_WAIT * 1.25)
    assert len(receiver.received) == 2


async def test_what_is_remembered_of_an_address_opens_nothing(stage, receiver):
    receiver.will(status(500))
    address = receiver.url.replace("://", "://user:password@")
    await stage.notify(await stage.channel(f"{address}/secret-path"))
    await stage.keep_trying(PATIENCE + 1800)
    [fact] = await stage.store.read(deliveries.given_up)
    assert fact["url"] == receiver.url


async def test_a_channel_that_nobody_answers_for_a_day_is_closed_and_people_are_told(stage, receiver):
    receiver.will(status(500))
    channel = await stage.channel(f"{receiver.url}/secret-path")
    await stage.notify(channel)
    await stage.keep_trying(PATIENCE - 1800)
    assert await stage.channels() == 1
    await stage.keep_trying(3600)
    assert await stage.channels() == 0
    assert await stage.waiting() == 0
    [fact] = await stage.store.read(deliveries.given_up)
    assert (fact["what"], fact["channel"], fact["url"]) == ("channel closed", channel.id, receiver.url)
    assert fact["why"] == "the answer was 500"
    assert stage.outcomes["given_up"] == 1
    count = len(receiver.received)
    await stage.keep_trying(7200)
    assert len(receiver.received) == count


async def test_an_event_s_notification_that_nobody_takes_for_a_day_is_dropped_and_stands_in_its_history(
    stage, receiver
):
    receiver.will(status(500))
    one = await stage.store.tx(lambda conn: manage(conn, now=NOW))
    await stage.store.tx(
        lambda conn: deliveries.tell(conn, "ours", one.name, f"{receiver.url}/n", '{"a":1}', NOW)
    )
    await stage.keep_trying(PATIENCE + 1800)
    assert await stage.waiting() == 0
    [fact] = await stage.store.read(lambda conn: conferences.history(conn, CALENDAR, "e1"))
    assert (fact.what, fact.detail) == ("not told", f"{receiver.url}: the answer was 500")
    assert await stage.store.read(lambda conn: managed.get(conn, one.name))


async def test_a_day_in_which_we_did_not_run_closes_no_channel(stage, receiver):
    receiver.will(*[status(500)] * (FEWEST - 2), status(200))
    await stage.notify(await stage.channel(receiver.url))
    stage.time += 3 * PATIENCE
    await stage.keep_trying(3600, step=60)
    assert await stage.channels() == 1
    assert await stage.waiting() == 0


async def test_a_private_address_is_not_called_unless_the_application_may(store, guarded, receiver):
    stage = Stage(store, guarded, {"ours": Receiver(("s",))})
    await stage.notify(await stage.channel(receiver.url))
    await stage.worker.run_once()
    assert receiver.received == []
    [stuck] = await store.read(work.stuck)
    assert "not on the public internet" in stuck.error


async def test_what_an_application_is_told_that_is_not_configured_is_dropped_and_its_channel_stays(
    store, receiver
):
    async with AsyncExitStack() as stack:
        done = await handlers(stack, store, {}, 8, lambda: NOW, random.Random(1), lambda _: None)
        one = ApiChannel("chn_1", "ours", "ada@example.com", receiver.url)
        await store.tx(lambda conn: api_channels.create(conn, one, NOW))
        await store.tx(lambda conn: deliveries.notify(conn, one, "verification", NOW))
        await Worker(store, done, lambda: NOW, "me").run_once()
    assert receiver.received == []
    assert await store.read(deliveries.count) == 0
    assert await store.read(api_channels.count) == 1


async def test_many_changes_are_one_notification_that_tells_of_the_first(stage, receiver):
    channel = await stage.channel(receiver.url)
    for since in (NOW + 7, NOW + 5.9, NOW + 9):
        await stage.changed(channel, since)
    await stage.worker.run_once()
    [request] = receiver.received
    assert request.told["notification"] == {"type": "change", "changes_since": "2027-01-15T08:00:05Z"}
    assert await stage.waiting() == 0


async def test_a_change_that_comes_while_one_is_told_is_told_after_it(stage, receiver):
    channel = await stage.channel(receiver.url)

    async def meanwhile(_, writer):
        await stage.changed(channel, NOW + 100)
        await status(200)(_, writer)

    receiver.will(meanwhile, status(200))
    await stage.changed(channel, NOW)
    await stage.worker.run_once()
    since = [one.told["notification"]["changes_since"] for one in receiver.received]
    assert since == ["2027-01-15T08:00:00Z", "2027-01-15T08:01:40Z"]
    assert await stage.waiting() == 0


async def test_a_change_that_was_not_taken_is_told_again_from_its_own_time_with_what_came_since(
    stage, receiver
):
    channel = await stage.channel(receiver.url)
    receiver.will(status(500), status(200))
    await stage.changed(channel, NOW)
    await stage.worker.run_once()
    await stage.changed(channel, NOW + 60)
    await stage.later(60)
    since = [one.told["notification"]["changes_since"] for one in receiver.received]
    assert since == ["2027-01-15T08:00:00Z"] * 2
    await stage.later(600)
    assert len(receiver.received) == 2


async def test_each_kind_of_notification_has_a_way_of_its_own(stage, receiver):
    channel = await stage.channel(receiver.url)
    for kind in ("verification", "profile_disconnected", "conferencing_profile_disconnected"):
        await stage.notify(channel, kind)
        await stage.notify(channel, kind)
    await stage.worker.run_once()
    assert sorted(receiver.kinds) == [
        "conferencing_profile_disconnected",
        "profile_disconnected",
        "verification",
    ]


async def test_a_channel_that_is_closed_hears_nothing_more(stage, receiver):
    channel = await stage.channel(receiver.url)
    await stage.notify(channel)
    await stage.store.tx(lambda conn: api_channels.close(conn, channel.id))
    assert await stage.worker.run_once() == 1
    assert receiver.received == []


async def test_a_dead_endpoint_holds_up_nobody_else(stage, receiver):
    """A hundred notifications to one who hangs, and one to another application: it does not wait for any of them."""
    async with receiving() as dead:
        dead.will(hang)
        for number in range(100):
            await stage.notify(await stage.channel(f"{dead.url}/{number}", f"chn_{number:03}"))
        await stage.notify(await stage.channel(receiver.url, "chn_zzz", "theirs"))
        stop = asyncio.Event()
        running = asyncio.create_task(stage.worker.run(stop))
        await receiver.came.wait()
        assert dead.busiest <= EACH_HOST
        assert await stage.waiting() >= 100
        stop.set()
        dead.over.set()
        await running


async def test_who_waits_for_a_turn_has_not_failed(stage, receiver):
    receiver.will(status(200))
    for number in range(20):
        await stage.notify(await stage.channel(f"{receiver.url}/{number}", f"chn_{number:03}"))
    for _ in range(30):
        await stage.later(1.0)
    assert len(receiver.received) == 20
    assert receiver.busiest <= EACH_HOST
    assert stage.outcomes == {"delivered": 20}


PROCESS = """
import asyncio, random, sys, time
from contextlib import AsyncExitStack
from daemon.deliver import Receiver, handlers
from daemon.worker import Worker
from store.db import SqliteStore

async def main(path):
    store = SqliteStore(path)
    async with AsyncExitStack() as stack:
        receivers = {"ours": Receiver(("secret",), allow_private=True)}
        done = await handlers(stack, store, receivers, 8, time.time, random.Random(1), lambda _: None)
        await Worker(store, done, time.time, str(time.time()), 1.0).run(asyncio.Event())

asyncio.run(main(sys.argv[1]))
"""


async def test_nothing_is_lost_when_the_process_is_killed_before_or_while_it_sends(tmp_path, receiver):
    path = str(tmp_path / "huddled.db")
    conn = open_file(path)  # committed, and whoever did it is dead before anything was sent
    channel = ApiChannel("chn_1", "ours", "ada@example.com", receiver.url)
    api_channels.create(conn, channel, NOW)
    deliveries.notify(conn, channel, "verification", 0.0)
    conn.close()
    receiver.will(hang, status(200))
    for _ in range(2):
        receiver.came.clear()
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", PROCESS, path, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}
        )
        await receiver.came.wait()
        if len(receiver.received) == 2:
            await until_empty(path)
        process.send_signal(signal.SIGKILL)
        await process.wait()
    assert receiver.kinds == ["verification"] * 2


async def until_empty(path):
    store = SqliteStore(path)
    while await store.read(deliveries.count):
        await asyncio.sleep(0.02)
    store.close()
