"""The worker over a real store: small handlers, leases that run out, and a loop whose clock a test moves."""

from __future__ import annotations

import asyncio
import random
from collections import Counter

import pytest
from ringing import NOW, SteerableLoop, advance, settle

from connectors.errors import Rejected, Transient
from daemon.worker import LONGEST_NAP, MINUTE, MOST_LOOKS, Worker
from store import budgets, work
from store.db import SqliteStore
from store.errors import Fenced, StateCorrupt, StoreClosed, StoreFull, StoreSick

LEASE = 30.0


class Stage:
    """A worker over a store, and its clock."""

    def __init__(self, store, handler, **more):
        self.store = store
        self.time = NOW
        handlers = handler if isinstance(handler, dict) else {"sync": handler}
        self.worker = Worker(store, handlers, self.now, "me", LEASE, dice=random.Random(1), **more)

    def now(self):
        return self.time

    async def passes(self, seconds):
        """Let the time pass on the wall and in the loop."""
        self.time += seconds
        await advance(seconds)

    async def ring(self, *keys, kind="sync"):
        await self.store.tx(lambda conn: work.ring(conn, kind, keys, self.time))
        self.worker.kick()

    async def row(self, key="a", kind="sync"):
        query = "SELECT * FROM work WHERE kind = ? AND key = ?"
        found = await self.store.read(lambda conn: conn.execute(query, (kind, key)).fetchone())
        return dict(found)

    async def usurp(self):
        """Take over what the worker holds, as another process would once the lease has run out."""
        later = self.time + LEASE
        return await self.store.tx(lambda conn: work.claim(conn, "other", later, later + LEASE, 99))


async def known(store, name="x"):
    return await store.read(lambda conn: budgets.known(conn, name))


def learn(name="x", value="y"):
    return lambda conn: budgets.learn(conn, name, value)


async def until(condition):
    """Wait for what a thread of the store or a task brings about."""
    while not await condition():
        await asyncio.sleep(0.001)


def run(tmp_path, test):
    """Run a test with a store, on a loop whose clock can be moved."""
    unheard = []

    async def main():
        asyncio.get_running_loop().set_exception_handler(lambda _, context: unheard.append(context))
        store = SqliteStore(str(tmp_path / "huddled.db"))
        try:
            await test(store)
        finally:
            store.close()

    with asyncio.Runner(loop_factory=SteerableLoop) as runner:
        runner.run(main())
    assert unheard == []


async def test_everything_that_is_due_is_handled_once(store):
    seen = []

    async def handler(lease):
        seen.append(lease.job.key)

    stage = Stage(store, handler, limit=3)
    keys = [f"k{number}" for number in range(10)]
    await stage.ring(*keys)
    assert await stage.worker.run_once() == 10
    assert sorted(seen) == sorted(keys)
    assert await stage.worker.run_once() == 0
    assert (await stage.row("k0"))["due_at"] is None


async def test_work_goes_to_the_handler_of_its_kind(store):
    seen = []

    def handler(kind):
        async def handle(lease):
            seen.append((kind, lease.job.kind))

        return handle

    stage = Stage(store, {"sync": handler("sync"), "stop": handler("stop")})
    await stage.ring("a", kind="sync")
    await stage.ring("a", kind="stop")
    await stage.worker.run_once()
    assert sorted(seen) == [("stop", "stop"), ("sync", "sync")]


async def test_what_a_handler_rings_for_is_handled_too(store):
    async def handler(lease):
        if lease.job.key == "first":
            await lease.finish(lambda conn: work.ring(conn, "sync", ["second"], NOW))

    stage = Stage(store, handler)
    await stage.ring("first")
    assert await stage.worker.run_once() == 2


async def test_a_ring_during_a_look_brings_another_look(store):
    looks = []

    async def handler(lease):
        looks.append(lease.job.gen)
        if len(looks) == 1:
            await stage.ring("a")

    stage = Stage(store, handler)
    await stage.ring("a")
    assert await stage.worker.run_once() == 2
    assert looks == [1, 2]


@pytest.mark.parametrize(
    ("error", "attempts", "waits", "why"),
    [
        (Transient("busy", retry_after=50.0, provider="zoom", reason="429"), 1, (50, 55), "zoom 429: busy"),
        (Transient("busy"), 1, (1.5, 2.5), "busy"),
        (Rejected("no"), 0, (4.5 * 3600, 7.5 * 3600), "no"),
        (TimeoutError(), 1, (1.5, 2.5), "it took too long"),
        (KeyError("a mistake of ours"), 1, (1.5, 2.5), "KeyError: 'a mistake of ours'"),
    ],
)
async def test_work_that_fails_is_kept_with_its_reason(store, error, attempts, waits, why):
    async def handler(lease):
        raise error

    stage = Stage(store, handler)
    await stage.ring("a")
    assert await stage.worker.run_once() == 1
    row = await stage.row()
    assert (row["owner"], row["attempts"], row["error"]) == (None, attempts, why)
    assert waits[0] <= row["due_at"] - NOW <= waits[1]


async def test_failing_longer_and_longer_and_then_well(store):
    ends = [Transient("one"), Transient("two"), None]

    async def handler(lease):
        if error := ends.pop(0):
            raise error

    stage = Stage(store, handler)
    await stage.ring("a")
    waits = []
    while ends:
        assert await stage.worker.run_once() == 1
        row = await stage.row()
        waits.append((row["due_at"] or 0) - stage.time)
        stage.time = row["due_at"] or stage.time
    assert waits[1] > waits[0]
    assert (row["attempts"], row["error"], row["due_at"]) == (0, None, None)


async def test_one_bad_piece_of_work_does_not_touch_the_others(store):
    async def handler(lease):
        if lease.job.key == "bad":
            raise ValueError

    stage = Stage(store, handler)
    await stage.ring("good", "bad", "fine")
    assert await stage.worker.run_once() == 3
    assert [(await stage.row(key))["error"] for key in ("good", "bad", "fine")] == [
        None,
        "ValueError: ",
        None,
    ]


async def test_work_of_a_kind_that_nobody_handles_is_kept_with_its_reason(store):
    stage = Stage(store, {})
    await stage.ring("a")
    await stage.worker.run_once()
    assert (await stage.row())["error"] == "KeyError: 'sync'"


async def test_what_follows_from_a_failure_is_committed_with_it(store):
    async def handler(lease):
        raise Transient("busy")

    def follow(conn, job, error):
        budgets.learn(conn, job.key, str(error))

    stage = Stage(store, handler, on_failure=follow)
    await stage.ring("a")
    await stage.worker.run_once()
    assert await known(store, "a") == "busy"


async def test_a_lease_commits_and_is_extended_with_every_commit(store):
    async def handler(lease):
        stage.time += 20
        await lease.tx(learn())
        assert (await stage.row())["due_at"] == stage.time + LEASE

    stage = Stage(store, handler)
    await stage.ring("a")
    await stage.worker.run_once()
    assert await known(store) == "y"
    assert (await stage.row())["error"] is None


async def test_the_end_of_the_work_and_its_outcome_are_one_commit(store):
    def fails(conn):
        learn()(conn)
        raise Transient("not now")

    async def handler(lease):
        await lease.finish(fails)

    stage = Stage(store, handler)
    await stage.ring("a")
    await stage.worker.run_once()
    assert await known(store) is None
    assert (await stage.row())["error"] == "not now"


async def test_a_handler_says_when_to_look_again(store):
    async def handler(lease):
        await lease.finish(learn(), at=NOW + 77)
        assert lease.finished

    stage = Stage(store, handler)
    await stage.ring("a")
    await stage.worker.run_once()
    assert (await stage.row())["due_at"] == NOW + 77
    assert await known(store) == "y"


@pytest.mark.parametrize("way", ["tx", "finish", "return", "raise"])
async def test_a_worker_that_lost_its_lease_is_refused_and_changes_nothing(store, way):
    refused = []

    async def handler(lease):
        await stage.usurp()
        try:
            if way == "tx":
                await lease.tx(learn())
            elif way == "finish":
                await lease.finish(learn())
        except Fenced:
            refused.append(way)
            raise
        if way == "raise":
            raise Transient("busy")

    stage = Stage(store, handler)
    await stage.ring("a")
    assert await stage.worker.run_once() == 1
    row = await stage.row()
    assert (row["owner"], row["fence"], row["error"]) == ("other", 2, None)
    assert await known(store) is None
    assert refused == ([way] if way in {"tx", "finish"} else [])


async def test_what_a_dead_process_held_is_taken_up_once_it_is_released(store):
    seen = []

    async def handler(lease):
        seen.append((lease.job.key, lease.job.attempts))

    stage = Stage(store, handler)
    await stage.ring("a")
    await store.tx(lambda conn: work.claim(conn, "dead", NOW, NOW + 1000, 1))
    assert await stage.worker.run_once() == 0
    await store.tx(lambda conn: work.release_all(conn, NOW))
    assert await stage.worker.run_once() == 1
    assert seen == [("a", 2)]


async def test_work_on_a_damaged_row_is_kept_with_its_reason(store):
    async def handler(lease):
        raise StateCorrupt("events/cal_1/e1: the stored Event is damaged")

    stage = Stage(store, handler)
    await stage.ring("a")
    await stage.worker.run_once()
    assert (await stage.row())["error"] == "StateCorrupt: events/cal_1/e1: the stored Event is damaged"


@pytest.mark.parametrize("error", [StoreSick("the disk"), StoreFull(), StoreClosed()])
async def test_work_that_the_store_refused_is_taken_up_again_when_its_lease_runs_out(store, error):
    ends = [error, None]

    async def handler(lease):
        if refused := ends.pop(0):
            raise refused

    stage = Stage(store, handler)
    await stage.ring("a")
    assert await stage.worker.run_once() == 1
    assert (await stage.row())["owner"] == "me"
    stage.time += LEASE
    assert await stage.worker.run_once() == 1
    assert (await stage.row())["done_gen"] == 1


def test_a_running_worker_does_what_is_rung_and_stops_when_told(tmp_path):
    async def test(store):
        seen = []

        async def handler(lease):
            seen.append(lease.job.key)

        stage, stop = Stage(store, handler), asyncio.Event()
        running = asyncio.ensure_future(stage.worker.run(stop))
        for key in "abc":
            await stage.ring(key)
            await until(lambda key=key: stage_is_done(stage, key))
        stop.set()
        await running
        assert seen == ["a", "b", "c"]
        assert stage.worker.progress > 6

    async def stage_is_done(stage, key):
        return (await stage.row(key))["done_at"] is not None

    run(tmp_path, test)


def test_stopping_lets_what_has_begun_come_to_its_end_and_begins_nothing(tmp_path):
    async def test(store):
        begun, go_on, seen = asyncio.Event(), asyncio.Event(), []

        async def handler(lease):
            begun.set()
            await go_on.wait()
            await lease.finish(learn())
            seen.append(lease.job.key)

        stage, stop = Stage(store, handler, limit=1), asyncio.Event()
        await stage.ring("a")
        running = asyncio.ensure_future(stage.worker.run(stop))
        await begun.wait()
        await stage.ring("b")
        stop.set()
        await settle()
        assert not running.done()
        go_on.set()
        await running
        assert seen == ["a"]
        assert await known(store) == "y"
        assert (await stage.row("b"))["owner"] is None

    run(tmp_path, test)


def test_work_that_falls_due_later_is_done_without_anybody_ringing(tmp_path):
    async def test(store):
        done = asyncio.Event()

        async def handler(lease):
            done.set()

        stage, stop = Stage(store, handler), asyncio.Event()
        await store.tx(lambda conn: work.ring(conn, "sync", ["a"], NOW + 3))
        running = asyncio.ensure_future(stage.worker.run(stop))
        await until(lambda: has_run(stage, 1))
        await asyncio.sleep(0.01)
        assert not done.is_set()
        await stage.passes(3)
        await done.wait()
        stop.set()
        await running

    async def has_run(stage, rounds):
        return stage.worker.progress >= rounds

    run(tmp_path, test)


def test_a_clock_that_jumps_is_noticed_within_a_nap(tmp_path):
    async def test(store):
        done = asyncio.Event()

        async def handler(lease):
            done.set()

        stage, stop = Stage(store, handler), asyncio.Event()
        await store.tx(lambda conn: work.ring(conn, "sync", ["a"], NOW + 1e6))
        running = asyncio.ensure_future(stage.worker.run(stop))
        await asyncio.sleep(0.01)
        stage.time += 1e6
        await advance(LONGEST_NAP)
        await done.wait()
        stop.set()
        await running

    run(tmp_path, test)


def test_a_handler_that_takes_long_keeps_its_lease(tmp_path):
    async def test(store):
        begun, go_on = asyncio.Event(), asyncio.Event()

        async def handler(lease):
            begun.set()
            await go_on.wait()

        stage, stop = Stage(store, handler), asyncio.Event()
        await stage.ring("a")
        running = asyncio.ensure_future(stage.worker.run(stop))
        await begun.wait()
        for _ in range(15):
            await stage.passes(LEASE / 3)
            await until(lambda: is_held_until(stage, stage.time + LEASE))
        row = await stage.row()
        assert (row["fence"], row["attempts"]) == (1, 1)
        go_on.set()
        stop.set()
        await running
        assert (await stage.row())["done_gen"] == 1

    async def is_held_until(stage, at):
        return (await stage.row())["due_at"] == at

    run(tmp_path, test)


def test_a_handler_that_hangs_is_given_up(tmp_path):
    async def test(store):
        begun = asyncio.Event()

        async def handler(lease):
            begun.set()
            await asyncio.Event().wait()

        stage, stop = Stage(store, handler), asyncio.Event()
        await stage.ring("a")
        running = asyncio.ensure_future(stage.worker.run(stop))
        await begun.wait()
        await advance(LEASE * 20)
        await until(lambda: failed(stage))
        stop.set()
        await running
        row = await stage.row()
        assert (row["owner"], row["error"]) == (None, "it took too long")

    async def failed(stage):
        return (await stage.row())["error"] is not None

    run(tmp_path, test)


def test_a_sick_store_stops_nobody_for_longer_than_it_is_sick(tmp_path):
    async def test(store):
        done = asyncio.Event()

        async def handler(lease):
            done.set()

        stage, stop = Stage(store, handler), asyncio.Event()
        await stage.ring("a")
        store._conn.execute("PRAGMA query_only = ON")
        running = asyncio.ensure_future(stage.worker.run(stop))
        for rounds in (1, 2, 3):
            await until(lambda rounds=rounds: has_run(stage, rounds))
            await asyncio.sleep(0.01)
            await advance(1.0)
        assert store.sick
        assert not done.is_set()
        store._conn.execute("PRAGMA query_only = OFF")
        await advance(1.0)
        await done.wait()
        stop.set()
        await running

    async def has_run(stage, rounds):
        return stage.worker.progress >= rounds

    run(tmp_path, test)


@pytest.mark.parametrize("seed", range(5))
def test_no_ring_is_lost_and_no_key_is_worked_on_twice_at_a_time(tmp_path, seed):
    """The promise of the whole work set, with everything at once."""

    async def test(store):
        chance, busy, most_busy = random.Random(seed), set(), 0
        looked, rung = {}, Counter()

        async def handler(lease):
            nonlocal most_busy
            key = lease.job.key
            assert key not in busy
            busy.add(key)
            most_busy = max(most_busy, len(busy))
            for _ in range(chance.randrange(4)):
                await asyncio.sleep(0)
                if chance.random() < 0.3:
                    await lease.tx(learn(key))
            busy.remove(key)
            if chance.random() < 0.2:
                raise Transient("busy")
            await lease.finish()
            looked[key] = lease.job.gen

        async def ring():
            key = f"k{chance.randrange(6)}"
            await stage.ring(key)
            rung[key] += 1

        async def all_is_quiet():
            due = await store.read(work.next_due)
            if due is not None and not busy:
                stage.time = max(stage.time, due)  # what backs off is due at once
                stage.worker.kick()
            return due is None

        stage, stop = Stage(store, handler, limit=4), asyncio.Event()
        running = asyncio.ensure_future(stage.worker.run(stop))
        for _ in range(30):
            await asyncio.gather(*(ring() for _ in range(5)))
        await until(all_is_quiet)
        stop.set()
        await running
        assert looked == rung
        assert 1 < most_busy <= 4

    run(tmp_path, test)


async def test_an_event_that_goes_round_in_circles_is_stopped(store):
    looks = Counter()

    async def handler(lease):
        looks[lease.job.key] += 1
        await lease.finish(lambda conn: work.ring(conn, lease.job.kind, [lease.job.key], NOW))

    stage = Stage(store, {"reconcile": handler})
    await stage.ring("cal/e", kind="reconcile")
    assert await stage.worker.run_once() == MOST_LOOKS + 1
    assert looks == {"cal/e": MOST_LOOKS}
    assert "circle" in (await stage.row("cal/e", kind="reconcile"))["error"]
    stage.time += MINUTE * 2
    await stage.worker.run_once()
    assert looks == {"cal/e": 2 * MOST_LOOKS}


def test_a_reason_that_cannot_be_written_down_is_kept_without_what_is_odd(tmp_path):
    """JSON may hold half a character, which no database takes."""

    async def test(store):
        async def fails(_):
            raise Transient("no \ud800 token=abc\x1b[2J")

        stage = Stage(store, fails)
        await stage.ring("a")
        await stage.worker.run_once()
        row = await stage.row()
        assert (row["error"], row["attempts"], row["owner"]) == ("no \ufffd token=…", 1, None)

    run(tmp_path, test)
