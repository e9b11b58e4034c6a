"""Work rows end to end: rung through the bell, claimed and done by the worker, every commit on disk.

`python -m bench.rows FOLDER ROWS` measures, in a process and on an event loop like the daemon's.
"""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import asks
from bench.disk import fsync_ms
from bench.figures import Report, at_least, number, paired, spread
from bench.processes import child
from bench.size import Size
from daemon.config.sections import Sync
from daemon.worker import Lease, Worker
from store import work
from store.db import InlineStore, SqliteStore, open_file
from webhooks.bell import Bell

RINGERS = 64  # at a time, as many as there are connections in the doorbell benchmark
AT_ONCE = 32  # rows that the bare loop claims
ROUNDS = 3


async def run(size: Size) -> Report:
    """Let the worker and a bare loop over the same statements do the same rows, in turn."""
    with TemporaryDirectory(prefix="huddled-bench-") as folder:
        disk = fsync_ms(Path(folder))
        async with child("bench.rows", folder, size.rows) as process:
            rounds = [await process.ask() for _ in range(min(ROUNDS, size.rounds))]
    ours, bare = [one["ours"] for one in rounds], [one["bare"] for one in rounds]
    group = sum(one["rows"] for one in rounds) / sum(one["commits"] for one in rounds)
    return Report(
        (
            at_least("work_rows_per_second", max(ours), None, "rows/s"),
            at_least("work_rows_ratio", paired(ours, bare), None, "of a bare loop"),
            at_least("work_rows_per_commit", group, None, "rows"),
        ),
        (
            f"bell, store and worker ({Sync().workers} at a time) {spread(ours)} rows/s",
            f"the same statements in a bare loop, {AT_ONCE} rows a commit: {spread(bare)} rows/s",
            f"one fdatasync takes {number(disk)} ms here",
        ),
    )


async def ours(path: str, rows: int) -> asks.Json:
    """Ring for each row once, and wait until the worker has done them all."""
    store, stop, left = SqliteStore(path), asyncio.Event(), [rows]

    async def handler(_: Lease) -> None:
        left[0] -= 1
        if not left[0]:
            stop.set()

    worker = Worker(store, {"sync": handler}, time.time, "bench", limit=Sync().workers)
    bell = Bell(store, time.time, worker.kick)
    before, began = store.commits, time.perf_counter()
    await asyncio.gather(worker.run(stop), _ring(bell, rows))
    took, commits = time.perf_counter() - began, store.commits - before
    store.close()
    # A row is written three times: rung, claimed, done.
    return {"ours": rows / took, "commits": commits, "rows": 3 * rows}


async def _ring(bell: Bell, rows: int) -> None:
    keys = iter(range(rows))

    async def ringer() -> None:
        for key in keys:
            await bell.ring("sync", f"cal_{key:016x}")

    await asyncio.gather(*(ringer() for _ in range(RINGERS)))


def bare(path: str, rows: int) -> float:
    """Run the same statements one batch after another, with nothing around them. Returns rows a second."""
    with closing(open_file(path)) as conn:
        store, began = InlineStore(conn), time.perf_counter()
        for keys in _batches(rows):
            store.run(lambda conn, some=keys: work.ring(conn, "sync", some, time.time()))  # type: ignore[misc]
        while jobs := store.run(
            lambda conn: work.claim(conn, "bench", time.time(), time.time() + 60, AT_ONCE)
        ):
            store.run(lambda conn, some=jobs: _done(conn, some))  # type: ignore[misc]
        return rows / (time.perf_counter() - began)


def _done(conn: sqlite3.Connection, jobs: Sequence[work.Job]) -> None:
    for job in jobs:
        work.done(conn, job, time.time())


def _batches(rows: int) -> Iterator[list[str]]:
    for first in range(0, rows, RINGERS):
        yield [f"cal_{key:016x}" for key in range(first, min(rows, first + RINGERS))]


async def main(folder: Path, rows: int) -> None:
    """Serve until the parent hangs up; every question is a round on fresh files."""
    turns = iter(range(1_000))

    async def answer(_: asks.Json) -> asks.Json:
        turn = next(turns)
        plain = bare(str(folder / f"bare{turn}.db"), rows)
        return {"bare": plain, **await ours(str(folder / f"ours{turn}.db"), rows)}

    await asks.serve({}, answer)


if __name__ == "__main__":
    asks.run(main(Path(sys.argv[1]), int(sys.argv[2])))
