"""One SQLite file, one writer. Contains no business logic.

A transaction is a plain function over a connection: nothing can be awaited inside one. All that wait are drained
into a single commit, each in its own savepoint, so that one fsync serves many and one failure spoils no neighbour.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from sqlite_utils import Database

from store.errors import StoreClosed, StoreFull, StoreSick, is_damage, is_sick
from store.schema import migrate

T = TypeVar("T")
Tx = Callable[[sqlite3.Connection], T]

MOST_WAITING = 20_000
LARGEST_BATCH = 500


class Store(Protocol):
    """What the rest of huddled needs of durable state."""

    async def tx(self, fn: Tx[T]) -> T:
        """Run `fn` and commit what it did; return its result only once the commit is on disk.

        An exception of `fn` undoes only what `fn` did. Raises StoreFull when too many wait, StoreSick when the
        disk or the file refuses the commit.
        """

    async def read(self, fn: Tx[T]) -> T:
        """Run `fn` on a consistent snapshot; it must not write. Raises StoreSick when the file refuses it."""


def rehearse(path: str | None) -> sqlite3.Connection:
    """Copy the store at `path` into memory, or make an empty one, to try out on it what must not happen on disk."""
    conn = connect(":memory:")
    if path is not None:
        with closing(connect(path, readonly=True)) as disk:
            disk.backup(conn)
    migrate(Database(conn), ":memory:")
    return conn


def connect(path: str, *, readonly: bool = False) -> sqlite3.Connection:
    """Open the file the way all of huddled does: explicit transactions, WAL, every commit fsynced."""
    conn = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=256)
    conn.row_factory = sqlite3.Row
    conn.execute("PRAGMA busy_timeout = 5000")
    conn.execute("PRAGMA foreign_keys = ON")
    if readonly:
        conn.execute("PRAGMA query_only = ON")
        return conn
    conn.execute("PRAGMA journal_mode = WAL")
    conn.execute("PRAGMA synchronous = FULL")
    return conn


def open_file(path: str) -> sqlite3.Connection:
    """Open or create the store at `path` (`:memory:` for tests) and bring its schema up to date.

    Raises StoreSick with a plain sentence when the file is no database, is damaged, or is newer than this program.
    """
    try:
        if path != ":memory:" and not Path(path).exists():
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        conn = connect(path)
        if path != ":memory:":
            _check(conn, path)
        migrate(Database(conn), path)
    except (sqlite3.Error, OSError) as error:
        advice = " Restore it from a snapshot beside it, or move it away." if is_damage(error) else ""
        raise StoreSick(f"{path}: {error}.{advice}") from error
    return conn


def _check(conn: sqlite3.Connection, path: str) -> None:
    verdict = conn.execute("PRAGMA quick_check(1)").fetchone()[0]
    if verdict != "ok":
        raise StoreSick(
            f"{path} is damaged ({verdict}). Stop huddled, keep a copy of the file, and restore a snapshot."
        )


@dataclass(slots=True)
class _Waiting:
    fn: Tx[Any]
    future: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop
    result: Any = None
    error: Exception | None = None


class SqliteStore:
    """The store of a running daemon: a writer thread that commits in groups, and a reader thread."""

    def __init__(self, path: str) -> None:
        """Open `path` and start the two threads. Raises StoreSick when it cannot be used."""
        self._conn = open_file(path)
        self._reads = connect(path, readonly=True)
        self._waiting: list[_Waiting] = []
        self._reading: list[_Waiting] = []
        self._wake = threading.Condition()
        self._wake_reader = threading.Condition()
        self._closed = False
        self.commits = 0
        self.sick: str | None = None  # why the last commit failed, None when it did not
        self._threads = (
            threading.Thread(target=self._write_forever, name="store-writer", daemon=True),
            threading.Thread(target=self._read_forever, name="store-reader", daemon=True),
        )
        for thread in self._threads:
            thread.start()

    async def tx(self, fn: Tx[T]) -> T:
        """Run `fn` in the next group commit. See `Store.tx`."""
        item = self._enqueue(self._waiting, self._wake, fn)
        result: T = await item.future
        return result

    async def read(self, fn: Tx[T]) -> T:
        """Run `fn` on the reader thread. See `Store.read`."""
        item = self._enqueue(self._reading, self._wake_reader, fn)
        result: T = await item.future
        return result

    def _enqueue(self, queue: list[_Waiting], wake: threading.Condition, fn: Tx[Any]) -> _Waiting:
        if len(queue) >= MOST_WAITING:
            raise StoreFull
        loop = asyncio.get_running_loop()
        item = _Waiting(fn, loop.create_future(), loop)
        with wake:
            if self._closed:
                raise StoreClosed
            queue.append(item)
            wake.notify()
        return item

    def close(self) -> None:
        """Finish what waits, then let go of the file. Blocks; call it when nothing else runs."""
        self._closed = True
        for wake in (self._wake, self._wake_reader):
            with wake:
                wake.notify()
        for thread in self._threads:
            thread.join()
        self._reads.close()
        self._conn.close()

    def _take(self, queue: list[_Waiting], wake: threading.Condition) -> list[_Waiting] | None:
        with wake:
            while not queue and not self._closed:
                wake.wait()
            batch = queue[:LARGEST_BATCH]
            del queue[:LARGEST_BATCH]
        return batch or None

    def _write_forever(self) -> None:
        while (batch := self._take(self._waiting, self._wake)) is not None:
            try:
                commit(self._conn, batch)
                self.commits += 1
                self.sick = None
            except BaseException as error:  # noqa: BLE001 - without this thread, everybody would wait for ever
                self.sick = str(error) or type(error).__name__
                for item in batch:
                    item.error = StoreSick(f"the store could not commit: {self.sick}")
            _resolve(batch)

    def _read_forever(self) -> None:
        while (batch := self._take(self._reading, self._wake_reader)) is not None:
            for item in batch:
                try:
                    item.result = look(self._reads, item.fn)
                except BaseException as error:  # noqa: BLE001 - belongs to the one who asked
                    item.error = _told(error)
            _resolve(batch)


def commit(conn: sqlite3.Connection, batch: Sequence[_Waiting]) -> None:
    """Run every function of the batch in its own savepoint, then commit all at once."""
    conn.execute("BEGIN IMMEDIATE")
    try:
        for item in batch:
            conn.execute("SAVEPOINT one")
            try:
                item.result = item.fn(conn)
            except Exception as error:
                if is_sick(error) or not conn.in_transaction:
                    raise
                item.error = _told(error)
                conn.execute("ROLLBACK TO one")
            conn.execute("RELEASE one")
        conn.execute("COMMIT")
    except BaseException:
        if conn.in_transaction:
            conn.execute("ROLLBACK")
        raise


def look(conn: sqlite3.Connection, fn: Tx[T]) -> T:
    """Run `fn` so that all it reads is of one moment, whatever is committed meanwhile."""
    try:
        conn.execute("BEGIN")
        return fn(conn)
    except sqlite3.Error as error:
        raise (StoreSick(f"the store cannot be read: {error}") if is_sick(error) else error) from error
    finally:
        if conn.in_transaction:
            conn.execute("ROLLBACK")


def _told(error: BaseException) -> Exception:
    """Return what the asker hears: a future cannot carry StopIteration, and no function may end the program."""
    if isinstance(error, Exception) and not isinstance(error, StopIteration):
        return error
    return RuntimeError(f"a transaction raised {error!r}")


def _resolve(batch: Sequence[_Waiting]) -> None:
    """Wake those who wait, once per event loop rather than once per item: a wake-up costs a system call."""
    loops = {item.loop for item in batch}
    for loop in loops:
        mine = [item for item in batch if item.loop is loop]
        with suppress(RuntimeError):  # the loop was closed: nobody waits any more
            loop.call_soon_threadsafe(_deliver, mine)


def _deliver(batch: Sequence[_Waiting]) -> None:
    for item in batch:
        if item.future.done():
            continue
        if item.error is not None:
            item.future.set_exception(item.error)
            item.future.exception()  # the asker may have been cancelled; an unread error is not news then
        else:
            item.future.set_result(item.result)


class InlineStore:
    """The same store without threads: for command-line tools, and for simulations that must be repeatable."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        """Use a connection made by `open_file`."""
        self.conn = conn

    async def tx(self, fn: Tx[T]) -> T:
        """Run and commit `fn` at once. See `Store.tx`."""
        await asyncio.sleep(0)
        return self.run(fn)

    async def read(self, fn: Tx[T]) -> T:
        """Run `fn` at once. See `Store.read`."""
        await asyncio.sleep(0)
        return look(self.conn, fn)

    def run(self, fn: Tx[T]) -> T:
        """Run `fn` in a transaction of its own, without an event loop."""
        try:
            self.conn.execute("BEGIN IMMEDIATE")
            result = fn(self.conn)
            self.conn.execute("COMMIT")
        except sqlite3.Error as error:
            raise (StoreSick(f"the store could not commit: {error}") if is_sick(error) else error) from error
        finally:
            if self.conn.in_transaction:
                self.conn.execute("ROLLBACK")
        return result
