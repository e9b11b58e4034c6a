"""The work set: things that are owed a look, one row per (kind, key).

To ring is to say that one more look is owed. A thousand rings are one look; one key is never worked on twice at a
time; a ring during a look is not lost; a crash is a lease that runs out. Work carries identities, not payloads.
Times are seconds since the epoch.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from store.errors import Fenced

RING = """
INSERT INTO work (kind, key, due_at) SELECT ?1, value, ?3 FROM json_each(?2) WHERE true
ON CONFLICT (kind, key) DO UPDATE SET
    gen = gen + 1,
    -- While it is being worked on, `done` re-arms it. While it backs off after a failure, news does not hurry it:
    -- the provider asked for peace. Otherwise the earlier of the two times counts.
    due_at = CASE
        WHEN owner IS NOT NULL OR (attempts > 0 AND due_at IS NOT NULL) THEN due_at
        WHEN due_at IS NULL OR due_at > excluded.due_at THEN excluded.due_at
        ELSE due_at END
"""

CLAIM = """
WITH picked AS MATERIALIZED (
    SELECT kind, key FROM work WHERE due_at <= :now ORDER BY due_at LIMIT :most
)
UPDATE work SET owner = :owner, fence = fence + 1, attempts = attempts + 1, due_at = :until
WHERE (kind, key) IN (SELECT kind, key FROM picked)
RETURNING kind, key, gen, fence, attempts
"""

DONE = """
UPDATE work SET owner = NULL, attempts = 0, error = :error, done_gen = :gen, done_at = :now,
    due_at = CASE WHEN gen > :gen THEN :now ELSE :again END
WHERE kind = :kind AND key = :key AND fence = :fence AND owner IS NOT NULL
"""

RETRY = """
UPDATE work SET owner = NULL, due_at = :at, error = :error
WHERE kind = :kind AND key = :key AND fence = :fence AND owner IS NOT NULL
"""

POSTPONE = """
UPDATE work SET owner = NULL, due_at = :at, attempts = max(0, attempts - 1)
WHERE kind = :kind AND key = :key AND fence = :fence AND owner IS NOT NULL
"""

HOLD = "UPDATE work SET due_at = :until WHERE kind = :kind AND key = :key AND fence = :fence AND owner IS NOT NULL"


@dataclass(frozen=True, slots=True)
class Job:
    """A lease on one piece of work."""

    kind: str
    key: str
    gen: int  # how often it had been rung when it was claimed
    fence: int
    attempts: int  # this one included


@dataclass(frozen=True, slots=True)
class Stuck:
    """Work that keeps failing, for people to see."""

    kind: str
    key: str
    attempts: int
    due_at: float | None
    error: str


def ring(conn: sqlite3.Connection, kind: str, keys: Iterable[str], at: float) -> None:
    """Say that each of `keys` is owed one more look, at `at` or as soon after as possible."""
    # Sorted, so that several writers on one database take their row locks in the same order. One statement for all:
    # each statement takes the interpreter's lock back from the event loop, a thousand times a second.
    conn.execute(RING, (kind, json.dumps(sorted(set(keys)), ensure_ascii=False), at))


def claim(conn: sqlite3.Connection, owner: str, now: float, until: float, most: int) -> Sequence[Job]:
    """Lease up to `most` pieces of work that are due, until `until`; a lease that ran out is simply due again."""
    names = {"owner": owner, "now": now, "until": until, "most": most}
    return [Job(*row) for row in conn.execute(CLAIM, names).fetchall()]


def next_due(conn: sqlite3.Connection) -> float | None:
    """When the next piece of work falls due; None while nothing is owed."""
    at: float | None = conn.execute("SELECT min(due_at) FROM work WHERE due_at IS NOT NULL").fetchone()[0]
    return at


def hold(conn: sqlite3.Connection, job: Job, until: float) -> None:
    """Extend the lease, and prove that it is still ours: call this in every transaction of a worker.

    Raises Fenced when it is not.
    """
    names = {"kind": job.kind, "key": job.key, "fence": job.fence, "until": until}
    if conn.execute(HOLD, names).rowcount != 1:
        raise Fenced


def done(conn: sqlite3.Connection, job: Job, now: float, again: float | None = None) -> None:
    """End the look well; what rang meanwhile is due at once, else the next look is at `again`. Raises Fenced."""
    _end(conn, job, now, again, None)


def park(conn: sqlite3.Connection, job: Job, now: float, again: float, error: str) -> None:
    """End a look that will fail the same way until somebody changes something: keep the reason, look again late.

    Unlike work that backs off, parked work is looked at as soon as it is rung. Raises Fenced.
    """
    _end(conn, job, now, again, error)


def _end(conn: sqlite3.Connection, job: Job, now: float, again: float | None, error: str | None) -> None:
    names = {"kind": job.kind, "key": job.key, "fence": job.fence, "gen": job.gen}
    if conn.execute(DONE, {**names, "now": now, "again": again, "error": error}).rowcount != 1:
        raise Fenced


def retry(conn: sqlite3.Connection, job: Job, at: float, error: str) -> None:
    """End the look badly: it is due again at `at`, and keeps its reason. Raises Fenced."""
    names = {"kind": job.kind, "key": job.key, "fence": job.fence, "at": at, "error": error}
    if conn.execute(RETRY, names).rowcount != 1:
        raise Fenced


def postpone(conn: sqlite3.Connection, job: Job, at: float) -> None:
    """Give the lease back unused: it is due again at `at`, and this was no attempt. Raises Fenced."""
    names = {"kind": job.kind, "key": job.key, "fence": job.fence, "at": at}
    if conn.execute(POSTPONE, names).rowcount != 1:
        raise Fenced


def is_held(conn: sqlite3.Connection, kind: str, key: str) -> bool:
    """Whether somebody is at this piece of work."""
    row = conn.execute(
        "SELECT 1 FROM work WHERE kind = ? AND key = ? AND owner IS NOT NULL", (kind, key)
    ).fetchone()
    return row is not None


def take_off(conn: sqlite3.Connection, kind: str, key: str) -> bool:
    """Drop a piece of work that has just been done. Returns False where it was rung meanwhile: then it stays."""
    done = conn.execute(
        "DELETE FROM work WHERE kind = ? AND key = ? AND owner IS NULL AND due_at IS NULL", (kind, key)
    )
    return done.rowcount == 1


def hurry(conn: sqlite3.Connection, calendar: str, now: float) -> None:
    """Make everything about one calendar due that waits for a later time, because its account works again."""
    conn.execute(
        "UPDATE work SET due_at = ?1 WHERE (key = ?2 OR key >= ?2 || '/' AND key < ?2 || '0')"
        " AND owner IS NULL AND due_at > ?1",
        (now, calendar),
    )


def hurry_parked(conn: sqlite3.Connection, now: float) -> int:
    """Make all parked work due: the operator may just have mended what was wrong. Returns how many pieces."""
    return conn.execute(
        "UPDATE work SET due_at = ?1 WHERE error IS NOT NULL AND attempts = 0 AND owner IS NULL AND due_at > ?1",
        (now,),
    ).rowcount


def release_all(conn: sqlite3.Connection, now: float) -> int:
    """Give back every lease, for a process that has just started and is alone on this file. Returns how many."""
    return conn.execute("UPDATE work SET owner = NULL, due_at = ? WHERE owner IS NOT NULL", (now,)).rowcount


def prune(conn: sqlite3.Connection, before: float) -> int:
    """Drop the rows that have owed nothing since `before`; a later ring makes them anew. Returns how many.

    `before` must be long ago: with the row goes its fence, which a worker that hangs may still hold.
    """
    return conn.execute(
        "DELETE FROM work WHERE due_at IS NULL AND owner IS NULL AND done_at < ?", (before,)
    ).rowcount


def stuck(conn: sqlite3.Connection, most: int = 100) -> Sequence[Stuck]:
    """List what failed and waits for another try, the most often tried first."""
    rows = conn.execute(
        "SELECT kind, key, attempts, due_at, error FROM work WHERE error IS NOT NULL AND due_at IS NOT NULL"
        " ORDER BY attempts DESC, kind, key LIMIT ?",
        (most,),
    )
    return [Stuck(*row) for row in rows]


def trouble(conn: sqlite3.Connection, kind: str, key: str) -> Stuck | None:
    """Say why this piece of work last failed; None when it did not."""
    row = conn.execute(
        "SELECT kind, key, attempts, due_at, error FROM work WHERE kind = ? AND key = ? AND error IS NOT NULL",
        (kind, key),
    ).fetchone()
    return Stuck(*row) if row else None


def counts(conn: sqlite3.Connection, now: float) -> dict[str, int]:
    """Count the work set: due, held by a worker, waiting for a later time, failed at least once."""
    row = conn.execute(
        "SELECT coalesce(sum(owner IS NULL AND due_at <= ?1), 0) AS due,"
        " coalesce(sum(owner IS NOT NULL), 0) AS held,"
        " coalesce(sum(owner IS NULL AND due_at > ?1), 0) AS later,"
        " coalesce(sum(error IS NOT NULL AND due_at IS NOT NULL), 0) AS failed FROM work",
        (now,),
    ).fetchone()
    return dict(row)
