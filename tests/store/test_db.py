"""Group commit: what shares one, what it keeps apart, and what becomes of everybody when the disk says no."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from store import db
from store.db import InlineStore, SqliteStore, connect, open_file
from store.errors import StoreClosed, StoreFull, StoreSick

ROOT = Path(__file__).resolve().parents[2]


class Broken(Exception):
    """A function of ours that fails."""


class Gate:
    """Keeps the writer thread busy until it is opened, so that what comes meanwhile shares the next commit."""

    def __init__(self, store):
        self.store = store
        self.open = threading.Event()
        self.reached = threading.Event()

    def _hold(self, conn):
        self.reached.set()
        self.open.wait()

    async def __aenter__(self):
        self.held = asyncio.ensure_future(self.store.tx(self._hold))
        await asyncio.to_thread(self.reached.wait)
        return self

    async def __aexit__(self, *_):
        self.open.set()
        await self.held


def learn(name, value="x"):
    def write(conn):
        conn.execute("INSERT INTO facts (name, value) VALUES (?, ?)", (str(name), value))
        return name

    return write


def names(conn):
    return {row["name"] for row in conn.execute("SELECT name FROM facts")}


async def queued(store, *functions):
    """Start a transaction for each function and return the tasks once all of them wait."""
    tasks = [asyncio.ensure_future(store.tx(function)) for function in functions]
    await asyncio.sleep(0)
    return tasks


async def outcomes(tasks):
    return await asyncio.gather(*tasks, return_exceptions=True)


async def test_what_waits_together_shares_one_commit(store):
    async with Gate(store):
        tasks = await queued(store, *(learn(number) for number in range(200)))
    assert await outcomes(tasks) == list(range(200))
    assert store.commits == 2
    assert len(await store.read(names)) == 200


async def test_a_batch_has_a_largest_size(store):
    async with Gate(store):
        tasks = await queued(store, *(learn(number) for number in range(db.LARGEST_BATCH + 1)))
    await outcomes(tasks)
    assert store.commits == 3


async def test_functions_run_in_the_order_in_which_they_came(store):
    order = []
    async with Gate(store):
        tasks = await queued(store, *(lambda _, n=number: order.append(n) for number in range(50)))
    await outcomes(tasks)
    assert order == list(range(50))


async def test_a_failing_function_undoes_only_itself(store):
    def fails(number):
        def write(conn):
            learn(number)(conn)
            raise Broken

        return write

    async with Gate(store):
        tasks = await queued(store, *(fails(number) if number % 2 else learn(number) for number in range(20)))
    found = await outcomes(tasks)
    assert [isinstance(one, Broken) for one in found] == [bool(number % 2) for number in range(20)]
    assert store.commits == 2
    assert await store.read(names) == {str(number) for number in range(0, 20, 2)}


async def test_a_constraint_that_fails_is_the_askers_own_business(store):
    async with Gate(store):
        tasks = await queued(store, learn("a"), learn("a"), learn("b"))
    first, second, third = await outcomes(tasks)
    assert (first, third) == ("a", "b")
    assert isinstance(second, sqlite3.IntegrityError)
    assert store.sick is None


async def test_what_failed_is_seen_by_none_of_those_that_follow_in_the_same_commit(store):
    def fails(conn):
        learn("a")(conn)
        raise Broken

    async with Gate(store):
        tasks = await queued(store, fails, names)
    assert (await outcomes(tasks))[1] == set()


async def test_whoever_stops_waiting_changes_nothing_for_others(store):
    async with Gate(store):
        tasks = await queued(store, learn("a"), learn("b"), learn("c"))
        tasks[1].cancel()
        await asyncio.sleep(0)
        assert tasks[1].cancelled()
    assert await outcomes([tasks[0], tasks[2]]) == ["a", "c"]
    assert await store.read(names) == {"a", "b", "c"}


async def test_whoever_stops_waiting_for_a_failure_leaves_no_unread_error(store):
    def fails(conn):
        raise Broken

    async with Gate(store):
        tasks = await queued(store, fails)
        tasks[0].cancel()
    await store.tx(names)
    assert tasks[0].cancelled()


async def test_a_reader_sees_what_is_committed_and_nothing_else(store):
    written, seen = threading.Event(), threading.Event()

    def write(conn):
        learn("a")(conn)
        written.set()
        seen.wait()

    writing = asyncio.ensure_future(store.tx(write))
    await asyncio.to_thread(written.wait)
    before = await store.read(names)
    seen.set()
    await writing
    assert before == set()
    assert await store.read(names) == {"a"}


async def test_one_read_sees_one_state_however_often_it_looks(store):
    looked, changed = threading.Event(), threading.Event()

    def twice(conn):
        first = names(conn)
        looked.set()
        changed.wait()
        return first, names(conn)

    reading = asyncio.ensure_future(store.read(twice))
    await asyncio.to_thread(looked.wait)
    await store.tx(learn("a"))
    changed.set()
    assert await reading == (set(), set())
    assert await store.read(names) == {"a"}


async def test_a_reader_that_fails_spoils_nothing_for_the_next(store):
    def fails(conn):
        names(conn)
        raise Broken

    with pytest.raises(Broken):
        await store.read(fails)
    assert await store.read(names) == set()


async def test_a_reader_cannot_write(store):
    with pytest.raises(StoreSick, match="readonly"):
        await store.read(learn("a"))
    assert await store.read(names) == set()


async def test_more_than_the_queue_holds_is_refused_at_once(store):
    async with Gate(store):
        tasks = await queued(store, *(lambda _: None for _ in range(db.MOST_WAITING)))
        with pytest.raises(StoreFull):
            await store.tx(names)
    await outcomes(tasks)


def pages(count):
    def limit(conn):
        conn.execute(f"PRAGMA max_page_count = {count}")

    return limit


async def test_a_full_file_is_told_to_everybody_and_nothing_of_the_batch_is_kept(store):
    await store.tx(learn("before"))
    await store.tx(pages(1))  # SQLite makes that the pages there are
    async with Gate(store):
        tasks = await queued(store, learn("a"), learn("b", "x" * 100_000), learn("c"))
    found = await outcomes(tasks)
    assert [type(one) for one in found] == [StoreSick] * 3
    assert "full" in str(found[0])
    assert "full" in (store.sick or "")
    assert await store.read(names) == {"before"}


async def test_the_store_recovers_as_soon_as_there_is_room(store):
    await store.tx(pages(1))
    with pytest.raises(StoreSick):
        await store.tx(learn("a", "x" * 100_000))
    await store.tx(pages(1 << 30))
    await store.tx(learn("a", "x" * 100_000))
    assert store.sick is None
    assert await store.read(names) == {"a"}


async def test_errors_of_a_batch_are_not_one_and_the_same_object(store):
    await store.tx(pages(1))
    async with Gate(store):
        tasks = await queued(store, learn("a"), learn("b", "x" * 100_000))
    first, second = await outcomes(tasks)
    assert first is not second


async def test_a_file_that_turns_read_only_is_told_to_everybody(store):
    def turn(conn):
        conn.execute("PRAGMA query_only = ON")

    async with Gate(store):
        tasks = await queued(store, learn("a"), turn, learn("b"))
    assert [type(one) for one in await outcomes(tasks)] == [StoreSick] * 3
    with pytest.raises(StoreSick, match="readonly"):
        await store.tx(learn("c"))
    store._conn.execute("PRAGMA query_only = OFF")
    await store.tx(learn("d"))
    assert await store.read(names) == {"d"}


@pytest.mark.parametrize("error", [SystemExit(), KeyboardInterrupt(), asyncio.CancelledError()])
async def test_nothing_that_a_function_raises_ends_the_writer(store, error):
    def dies(conn):
        learn("a")(conn)
        raise error

    with pytest.raises(StoreSick):
        await store.tx(dies)
    await store.tx(learn("b"))
    assert await store.read(names) == {"b"}


async def test_a_function_that_runs_out_of_items_fails_alone(store):
    async with Gate(store):
        tasks = await queued(store, lambda _: next(iter(())), learn("a"))
    first, second = await outcomes(tasks)
    assert isinstance(first, RuntimeError)
    assert second == "a"
    with pytest.raises(RuntimeError, match="StopIteration"):
        await store.read(lambda _: next(iter(())))


async def test_a_function_that_ends_the_transaction_itself_is_caught(store):
    async with Gate(store):
        tasks = await queued(store, lambda conn: conn.execute("ROLLBACK").fetchall(), learn("a"))
    assert [type(one) for one in await outcomes(tasks)] == [StoreSick] * 2
    await store.tx(learn("b"))
    assert await store.read(names) == {"b"}


async def test_closing_finishes_what_waits(path):
    store = SqliteStore(str(path))
    async with Gate(store):
        tasks = await queued(store, *(learn(number) for number in range(30)))
        closing_down = asyncio.ensure_future(asyncio.to_thread(store.close))
        await asyncio.sleep(0)
    await closing_down
    assert await outcomes(tasks) == list(range(30))
    with closing(connect(str(path), readonly=True)) as conn:
        assert len(names(conn)) == 30


async def test_a_closed_store_says_so(path):
    store = SqliteStore(str(path))
    store.close()
    with pytest.raises(StoreClosed):
        await store.tx(names)
    with pytest.raises(StoreClosed):
        await store.read(names)
    store.close()


def test_an_event_loop_that_went_away_takes_no_thread_with_it(path):
    store = SqliteStore(str(path))
    reached, go_on = threading.Event(), threading.Event()

    def slow(conn):
        learn("a")(conn)
        reached.set()
        go_on.wait()

    async def leave():
        asyncio.ensure_future(store.tx(slow))  # noqa: RUF006 - it is meant to be lost
        await asyncio.to_thread(reached.wait)

    asyncio.run(leave())
    go_on.set()
    assert asyncio.run(store.read(names)) <= {"a"}
    asyncio.run(store.tx(learn("b")))
    assert asyncio.run(store.read(names)) == {"a", "b"}
    store.close()


def test_two_event_loops_may_share_a_store(path):
    store = SqliteStore(str(path))

    async def work(start):
        await asyncio.gather(*(store.tx(learn(start + number)) for number in range(50)))

    threads = [threading.Thread(target=lambda n=n: asyncio.run(work(n * 50))) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(asyncio.run(store.read(names))) == 150
    store.close()


def test_every_commit_is_synced_and_readers_do_not_block_it(path):
    with closing(open_file(str(path))) as conn:
        assert conn.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        assert conn.execute("PRAGMA synchronous").fetchone()[0] == 2
        assert conn.execute("PRAGMA foreign_keys").fetchone()[0] == 1


FULL_DISK = """
import asyncio, os, resource, sys
from store.db import SqliteStore
from store.errors import StoreSick

def learn(name):
    return lambda conn: conn.execute("INSERT INTO facts VALUES (?, ?)", (name, "x" * 5000)).rowcount

def limit(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

async def main(path):
    store = SqliteStore(path)
    done, refused = [], 0
    limit(os.path.getsize(path + "-wal") + 60_000)
    for number in range(200):
        pair = [store.tx(learn(f"{number} {half}")) for half in "ab"]
        found = await asyncio.gather(*pair, return_exceptions=True)
        if any(isinstance(one, Exception) for one in found):
            assert all(isinstance(one, StoreSick) for one in found), found
            assert store.sick
            refused += 1
        else:
            done.append(number)
    assert done and refused, (done, refused)
    limit(resource.RLIM_INFINITY)
    await store.tx(learn("after"))
    assert store.sick is None
    print(*done)
    os._exit(0)  # no checkpoint, no goodbye

asyncio.run(main(sys.argv[1]))
"""


def test_a_full_disk_keeps_what_was_promised_and_nothing_else(path):
    run = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    with closing(open_file(str(path))) as conn:
        kept = names(conn)
    assert kept == {f"{number} {half}" for number in run.stdout.split() for half in "ab"} | {"after"}


def garble(path, start):
    with path.open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(start)
        file.write(b"\xa5" * (size - start))


def filled(path):
    with closing(open_file(str(path))) as conn:
        conn.execute("BEGIN")
        conn.executemany(
            "INSERT INTO facts VALUES (?, ?)", [(f"{number:05}", "x" * 900) for number in range(5000)]
        )
        conn.execute("COMMIT")
        conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def test_a_damaged_file_is_refused_at_the_start_with_what_to_do(path):
    filled(path)
    garble(path, path.stat().st_size // 2)
    with pytest.raises(StoreSick, match=r"(?i)restore (it from )?a snapshot"):
        SqliteStore(str(path))


async def test_damage_while_running_is_told_to_readers_and_writers(path):
    filled(path)
    store = SqliteStore(str(path))
    garble(path, path.stat().st_size // 2)

    def look(conn):
        return conn.execute("SELECT sum(length(value)) FROM facts").fetchone()

    with pytest.raises(StoreSick, match="malformed"):
        await store.read(look)
    with pytest.raises(StoreSick, match="malformed"):
        await store.tx(look)
    store.close()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"no database at all, just some words\n" * 40, "not a database"),
        (b"SQLite format 3\0" + b"\xff" * 4000, "not a database"),
    ],
)
def test_a_file_that_is_no_database_is_refused(path, content, sentence):
    path.write_bytes(content)
    with pytest.raises(StoreSick, match=sentence) as caught:
        open_file(str(path))
    assert str(path) in str(caught.value)
    assert "Restore it from a snapshot" in str(caught.value)
    assert path.read_bytes() == content


def test_a_folder_is_no_store(tmp_path):
    with pytest.raises(StoreSick, match=r"unable to open database file\.$"):
        open_file(str(tmp_path))


def test_a_store_in_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(StoreSick, match="No such file"):
        open_file(str(tmp_path / "nowhere" / "huddled.db"))


@contextmanager
def as_nobody():
    """Give up the rights of root for a while: to root, no file is read-only."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)


def test_a_file_that_may_only_be_read_is_refused():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "huddled.db"
        open_file(str(path)).close()
        path.chmod(0o444)
        Path(folder).chmod(0o555)
        with as_nobody(), pytest.raises(StoreSick, match=r"readonly database\.$"):
            open_file(str(path))
        Path(folder).chmod(0o755)


async def test_the_store_without_threads_undoes_what_fails(conn):
    store = InlineStore(conn)

    def fails(conn):
        learn("a")(conn)
        raise Broken

    with pytest.raises(Broken):
        await store.tx(fails)
    await store.tx(learn("b"))
    assert await store.read(names) == {"b"}


async def test_the_store_without_threads_says_that_it_is_sick_too(conn):
    store = InlineStore(conn)
    conn.execute("PRAGMA max_page_count = 1")
    with pytest.raises(StoreSick, match="full"):
        await store.tx(learn("a", "x" * 100_000))
    assert await store.read(names) == set()


async def test_a_read_of_the_store_without_threads_leaves_no_transaction_open(conn):
    store = InlineStore(conn)
    await store.read(names)
    assert not conn.in_transaction
