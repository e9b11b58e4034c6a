"""Whoever rings is answered when the ring is on disk, or told in time that it is not."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from ringing import CALENDAR, NOW, SlowDisk, SteerableLoop, advance, furnish, rung, settle

from store import channels, work
from store.db import SqliteStore, connect, open_file
from store.errors import StoreClosed, StoreError, StoreFull, StoreSick
from webhooks import bell as bells
from webhooks.bell import Bell, Channels

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "huddled.db"


@pytest.fixture
def store(path):
    opened = SqliteStore(str(path))
    yield opened
    opened.close()


@pytest.fixture
def bell(store):
    return Bell(store, lambda: NOW)


def run(test):
    """Run a test on a loop whose clock can be moved; it must leave no task behind that failed unheard."""
    unheard = []

    async def main():
        asyncio.get_running_loop().set_exception_handler(lambda _, context: unheard.append(context))
        await test()

    with asyncio.Runner(loop_factory=SteerableLoop) as runner:
        runner.run(main())
    assert unheard == []


def ringing(bell, *keys, kind="sync"):
    return [asyncio.ensure_future(bell.ring(kind, key)) for key in keys]


async def outcomes(tasks):
    return await asyncio.gather(*tasks, return_exceptions=True)


def test_a_ring_that_was_answered_is_in_the_file(bell, path):
    async def test():
        await bell.ring("sync", "cal_1")
        with closing(connect(str(path), readonly=True)) as conn:
            assert rung(conn) == {("sync", "cal_1"): 1}

    run(test)


def test_nobody_is_answered_before_the_commit(bell, store):
    async def test():
        async with SlowDisk(store):
            (task,) = ringing(bell, "cal_1")
            await settle()
            assert not task.done()
            assert await store.read(rung) == {}
        await task
        assert await store.read(rung) == {("sync", "cal_1"): 1}

    run(test)


def test_a_thousand_rings_share_a_commit_and_are_one_look(bell, store):
    async def test():
        async with SlowDisk(store):
            first = ringing(bell, "cal_1")
            await settle()
            rest = ringing(bell, *["cal_1"] * 1000, "cal_2")
        await asyncio.gather(*first, *rest)
        assert store.commits == 3
        assert await store.read(rung) == {("sync", "cal_1"): 2, ("sync", "cal_2"): 1}
        jobs = await store.tx(lambda conn: work.claim(conn, "me", NOW, NOW + 30, 10))
        assert sorted(job.key for job in jobs) == ["cal_1", "cal_2"]

    run(test)


def test_kinds_are_kept_apart(bell, store):
    async def test():
        await asyncio.gather(*ringing(bell, "x"), *ringing(bell, "x", kind="stop"))
        assert await store.read(rung) == {("stop", "x"): 1, ("sync", "x"): 1}

    run(test)


def test_many_rings_at_once_are_in_one_commit(bell, store):
    async def test():
        before = store.commits
        await bell.ring_all([("sync", "x"), ("sync", "y"), ("lifecycle", "z"), ("sync", "x")])
        assert await store.read(rung) == {("sync", "x"): 1, ("sync", "y"): 1, ("lifecycle", "z"): 1}
        assert store.commits == before + 1

    run(test)


def test_a_commit_that_fails_notes_none_of_what_was_rung_at_once(bell, store):
    async def test():
        with pytest.raises(StoreError):
            await bell.ring_all([("sync", "x"), ("sync", "\udcff")])
        assert await store.read(rung) == {}

    run(test)


def test_a_ring_during_a_commit_is_in_the_next_one(bell, store):
    async def test():
        async with SlowDisk(store):
            first = ringing(bell, "cal_1")
            await settle()
            second = ringing(bell, "cal_1")
            await settle()
        await asyncio.gather(*first, *second)
        assert await store.read(rung) == {("sync", "cal_1"): 2}

    run(test)


def test_those_who_do_the_work_are_woken_after_the_commit(store):
    seen = []

    async def test():
        bell = Bell(store, lambda: NOW, lambda: seen.append(store.commits))
        await bell.ring("sync", "cal_1")
        assert seen == [1]

    run(test)


def fill_up(conn):
    conn.execute("PRAGMA max_page_count = 1")
    conn.execute("INSERT INTO facts (name, value) VALUES ('x', ?)", ("x" * 100_000,))


def test_a_commit_that_fails_is_told_to_everybody_who_shares_it(bell, store):
    async def test():
        async with SlowDisk(store):
            filling = asyncio.ensure_future(store.tx(fill_up))
            await settle()
            tasks = ringing(bell, "cal_1", "cal_1", "cal_2")
            await settle()
        assert [type(one) for one in await outcomes(tasks)] == [StoreSick] * 3
        assert isinstance((await outcomes([filling]))[0], StoreSick)
        assert await store.read(rung) == {}
        await store.tx(lambda conn: conn.execute("PRAGMA max_page_count = 1000000").fetchall())
        await bell.ring("sync", "cal_1")
        assert await store.read(rung) == {("sync", "cal_1"): 1}

    run(test)


def test_what_cannot_be_stored_at_all_ends_neither_the_bell_nor_those_who_ring_next(bell, store):
    async def test():
        async with SlowDisk(store):
            broken = ringing(bell, "\udcff")
            await settle()
            waiting = ringing(bell, "cal_1")
            await settle()
        assert [type(one) for one in await outcomes(broken)] == [StoreError]
        assert await outcomes(waiting) == [None]
        await bell.ring("sync", "cal_2")
        assert await store.read(rung) == {("sync", "cal_1"): 1, ("sync", "cal_2"): 1}

    run(test)


def test_a_closed_store_is_told_to_whoever_rings(path):
    async def test():
        store = SqliteStore(str(path))
        bell = Bell(store, lambda: NOW)
        store.close()
        with pytest.raises(StoreClosed):
            await bell.ring("sync", "cal_1")

    run(test)


def test_a_slow_disk_is_waited_for_until_the_deadline_and_no_longer(bell, store):
    async def test():
        async with SlowDisk(store):
            tasks = ringing(bell, "cal_1", "cal_2")
            await settle()
            await advance(bells.DEADLINE - 0.5)
            assert not any(task.done() for task in tasks)
            await advance(0.6)
            assert [type(one) for one in await outcomes(tasks)] == [TimeoutError] * 2

    run(test)


def test_those_who_come_while_the_disk_hangs_have_a_deadline_too(bell, store):
    async def test():
        async with SlowDisk(store):
            first = ringing(bell, "cal_1")
            await advance(1.0)
            second = ringing(bell, "cal_2")
            await advance(1.1)
            assert [task.done() for task in (*first, *second)] == [True, False]
            await advance(1.0)
            assert second[0].done()
            assert [type(one) for one in await outcomes([*first, *second])] == [TimeoutError] * 2

    run(test)


def test_those_who_come_after_others_were_given_up_on_have_a_deadline_of_their_own(bell, store):
    async def test():
        async with SlowDisk(store):
            tasks = ringing(bell, "cal_1")
            await settle()
            tasks += ringing(bell, "cal_2")
            await advance(bells.DEADLINE + 0.1)
            tasks += ringing(bell, "cal_3")
            await advance(bells.DEADLINE - 0.1)
            assert [task.done() for task in tasks] == [True, True, False]
            await advance(0.2)
            assert [type(one) for one in await outcomes(tasks)] == [TimeoutError] * 3

    run(test)


def test_what_was_given_up_on_is_rung_all_the_same_and_the_next_are_answered(bell, store):
    async def test():
        async with SlowDisk(store):
            tasks = ringing(bell, "cal_1")
            await settle()
            tasks += ringing(bell, "cal_2")
            await advance(bells.DEADLINE + 0.1)
            await outcomes(tasks)
        await bell.ring("sync", "cal_3")
        assert set(await store.read(rung)) == {("sync", "cal_1"), ("sync", "cal_2"), ("sync", "cal_3")}

    run(test)


def test_a_disk_in_time_leaves_no_timer_behind(bell):
    async def test():
        await bell.ring("sync", "cal_1")
        await advance(bells.DEADLINE * 2)
        await bell.ring("sync", "cal_1")

    run(test)


def test_whoever_hangs_up_spoils_nothing_for_those_who_share_the_commit(bell, store):
    async def test():
        async with SlowDisk(store):
            tasks = ringing(bell, "cal_1", "cal_1", "cal_2")
            await settle()
            tasks[0].cancel()
            await settle()
            assert [task.done() for task in tasks] == [True, False, False]
        assert await outcomes(tasks[1:]) == [None, None]

    run(test)


def test_an_error_that_nobody_waits_for_any_more_is_no_news(bell, store):
    async def test():
        async with SlowDisk(store):
            filling = asyncio.ensure_future(store.tx(fill_up))
            await settle()
            tasks = ringing(bell, "cal_1")
            await settle()
            tasks[0].cancel()
        await outcomes([filling, *tasks])
        await settle()

    run(test)


def test_only_so_many_different_things_may_wait(bell, store):
    async def test():
        async with SlowDisk(store):
            tasks = ringing(bell, "first")
            await settle()
            tasks += ringing(bell, *(f"cal_{number}" for number in range(bells.MOST_WAITING)))
            await settle()
            with pytest.raises(StoreFull):
                await bell.ring("sync", "one more")
            with pytest.raises(StoreFull):  # and neither is what waits already rung again, nor the rest noted
                await bell.ring_all([("sync", "cal_0"), ("sync", "one more")])
            tasks.append(asyncio.ensure_future(bell.ring_all([("sync", "cal_0"), ("sync", "cal_1")])))
            tasks += ringing(bell, "cal_0")  # it waits already: no more room is needed
            await settle()
            assert not tasks[-1].done()
        await asyncio.gather(*tasks)
        assert len(await store.read(rung)) == bells.MOST_WAITING + 1
        await bell.ring("sync", "one more")

    run(test)


def test_channels_are_what_the_store_knows(store):
    async def test():
        await store.tx(furnish)
        doors = Channels()
        await doors.fill(store)
        assert doors.known == {"chan-1": (CALENDAR, channels.hash_token("correct horse"))}
        doors.forget("chan-1")
        doors.forget("chan-1")
        assert doors.known == {}
        assert doors.calendars == {CALENDAR}  # its lost channels can still be stopped

    run(test)


RING_FOR_EVER = """
import asyncio, sys, time
from store.db import SqliteStore
from webhooks.bell import Bell

async def ringer(bell, name):
    for number in range(1 << 30):
        key = f"{name}-{number}"
        await bell.ring("sync", key)
        sys.stdout.write(key + "\\n")
        sys.stdout.flush()

async def main():
    bell = Bell(SqliteStore(sys.argv[1]), time.time)
    await asyncio.gather(*(ringer(bell, f"{sys.argv[2]}-{name}") for name in range(8)))

asyncio.run(main())
"""


def test_what_was_answered_is_there_however_often_the_process_is_killed(path):
    answered = set()
    for life in range(4):
        command = [sys.executable, "-c", RING_FOR_EVER, str(path), str(life)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            answered |= {process.stdout.readline().strip() for _ in range(100 + 37 * life)}
            process.kill()
            answered |= {line.strip() for line in process.stdout if line.endswith("\n")}
    with closing(open_file(str(path))) as conn:
        assert answered <= {key for _, key in rung(conn)}
    assert len(answered) > 500
