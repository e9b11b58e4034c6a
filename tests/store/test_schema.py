"""The file on disk: made, opened again, carried forward, and never opened by a program that is too old."""

from __future__ import annotations

import os
import re
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from store import budgets, calendars, channels, conferences, events, work
from store.db import connect, open_file
from store.errors import StoreNewer, StoreSick
from store.schema import snapshot

ROOT = Path(__file__).resolve().parents[2]
TABLES = {
    "work",
    "profiles",
    "calendars",
    "channels",
    "events",
    "conferences",
    "history",
    "budgets",
    "facts",
    "credentials",
    "linked",
    "link_requests",
}

SECOND = """
import sys
from store.db import open_file
from store.errors import StoreError
from store.schema import migrations

@migrations()
def second_loop(db):
    db.execute("ALTER TABLE facts ADD COLUMN learnt_at REAL")
    db.execute("INSERT INTO facts (name, value) VALUES ('second', 'loop')")
    if "fail" in sys.argv:
        db.execute("INSERT INTO nowhere VALUES (1)")

@migrations()
def third_loop(db):
    db.execute("CREATE TABLE third (id INTEGER PRIMARY KEY)")

try:
    open_file(sys.argv[1]).close()
except StoreError as error:
    print(error)
    sys.exit(3)
"""


def newer(path, *more):
    """Open the file with a program that knows two more steps."""
    return subprocess.run(
        [sys.executable, "-c", SECOND, str(path), *more],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def tables(conn):
    return {row["name"] for row in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def steps(path):
    with closing(connect(str(path), readonly=True)) as conn:
        return [row["name"] for row in conn.execute("SELECT name FROM _sqlite_migrations ORDER BY id")]


def facts(path):
    with closing(connect(str(path), readonly=True)) as conn:
        return {row["name"]: row["value"] for row in conn.execute("SELECT * FROM facts")}


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def old(path):
    """A file written by this program, with something in it."""
    with closing(open_file(str(path))) as conn:
        budgets.learn(conn, "first", "loop")
    return path


def test_a_fresh_file_has_every_table_and_no_snapshot(path):
    with closing(open_file(str(path))) as conn:
        assert tables(conn) >= TABLES
        assert list(path.parent.glob("*before*")) == []


def test_a_fresh_file_belongs_to_its_owner_alone(path):
    with closing(open_file(str(path))) as conn:
        budgets.learn(conn, "x", "y")
        assert {file.name: mode(file) for file in path.parent.iterdir()} == {
            path.name: 0o600,
            f"{path.name}-wal": 0o600,
            f"{path.name}-shm": 0o600,
        }


def test_an_existing_file_keeps_the_mode_that_somebody_gave_it(old):
    old.chmod(0o640)
    open_file(str(old)).close()
    assert mode(old) == 0o640


def test_opening_again_changes_nothing(old):
    before = steps(old)
    open_file(str(old)).close()
    assert (
        steps(old)
        == before
        == ["first_loop", "conferencing_profiles", "conferences_by_meeting", "applications"]
    )
    assert facts(old) == {"first": "loop"}
    assert list(old.parent.glob("*before*")) == []


def test_an_empty_file_is_a_fresh_one(path):
    path.touch()
    with closing(open_file(str(path))) as conn:
        assert tables(conn) >= TABLES


def test_before_new_steps_are_taken_the_file_is_copied(old):
    assert newer(old).returncode == 0
    assert steps(old)[-2:] == ["second_loop", "third_loop"]
    assert facts(old) == {"first": "loop", "second": "loop"}
    copy = old.with_name(f"{old.name}.before-second_loop")
    assert facts(copy) == {"first": "loop"}
    assert steps(copy) == steps(old)[:-2]
    assert mode(copy) == 0o600


def test_the_copy_serves_the_older_program(old):
    newer(old)
    copy = old.with_name(f"{old.name}.before-second_loop")
    with closing(open_file(str(copy))) as conn:
        assert budgets.known(conn, "first") == "loop"


def test_the_copy_holds_what_was_committed_and_not_yet_moved_into_the_file(path):
    with closing(open_file(str(path))) as conn:
        budgets.learn(conn, "in the", "wal")
        assert newer(path).returncode == 0
    assert facts(path.with_name(f"{path.name}.before-second_loop")) == {"in the": "wal"}


def test_a_copy_from_an_earlier_try_is_replaced(old):
    copy = old.with_name(f"{old.name}.before-second_loop")
    copy.write_text("half a copy")
    copy.with_name(f"{copy.name}.part").write_text("and half of another")
    assert newer(old).returncode == 0
    assert facts(copy) == {"first": "loop"}
    assert list(old.parent.glob("*.part")) == []


def test_nobody_else_can_read_the_copy_while_it_is_made(old, tmp_path):
    seen = []

    class Watched:
        """The connection that is copied from; it looks at the copy before there is anything in it."""

        def backup(self, target):
            seen.append(mode(tmp_path / "copy.part"))
            source.backup(target)

    before = os.umask(0)
    try:
        with closing(open_file(str(old))) as source:
            snapshot(Watched(), str(tmp_path / "copy"))
    finally:
        os.umask(before)
    assert [*seen, mode(tmp_path / "copy")] == [0o600, 0o600]


def test_a_step_that_fails_leaves_the_file_as_it_was(old):
    before = steps(old)
    failed = newer(old, "fail")
    assert failed.returncode == 3
    assert "no such table: nowhere" in failed.stdout
    assert steps(old) == before
    assert facts(old) == {"first": "loop"}
    open_file(str(old)).close()
    assert newer(old).returncode == 0


def test_a_file_from_the_future_is_refused_with_what_to_do(old):
    newer(old)
    with pytest.raises(StoreNewer) as caught:
        open_file(str(old))
    assert isinstance(caught.value, StoreSick)
    sentence = str(caught.value)
    assert sentence.startswith(f"{old} was written by a newer huddled")
    assert "second_loop, third_loop" in sentence
    assert "Upgrade this program, or restore a snapshot" in sentence
    assert facts(old)["second"] == "loop"


def test_a_file_without_room_for_the_tables_can_be_opened_once_there_is_room(path):
    program = """
import resource, sys
from store.db import open_file
from store.errors import StoreSick
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    open_file(sys.argv[1])
except StoreSick as error:
    print(error)
"""
    for size in (0, 5_000, 20_000, 40_000, 60_000):
        done = subprocess.run(
            [sys.executable, "-c", program, str(path), str(size)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert str(path) in done.stdout
    with closing(open_file(str(path))) as conn:
        assert tables(conn) >= TABLES


def test_a_row_that_belongs_to_nothing_is_refused(conn):
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        conn.execute("INSERT INTO channels VALUES ('c', 'cal_none', NULL, x'00', 0, NULL, NULL)")
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        conn.execute("INSERT INTO events (calendar, event, snapshot) VALUES ('cal_none', 'e', '{}')")
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        conn.execute(
            "INSERT INTO calendars (id, profile, provider, remote, info) VALUES ('c', 'p', 'g', 'r', '{}')"
        )


class Explained:
    """A connection that notes how SQLite goes about each query."""

    def __init__(self, conn):
        self.conn = conn
        self.plan = ""

    def execute(self, query, parameters=()):
        rows = self.conn.execute(f"EXPLAIN QUERY PLAN {query}", parameters)
        self.plan += " ".join(row["detail"] for row in rows)
        return self.conn.execute(query, parameters)


@pytest.mark.parametrize(
    ("ask", "index"),
    [
        (lambda conn: work.claim(conn, "me", 1, 2, 5), "work_due"),
        (work.next_due, "work_due"),
        (lambda conn: calendars.due_for_sweep(conn, 1, 2, 5), "calendars_sweep"),
        (lambda conn: channels.due_for_renewal(conn, 1, 5), "channels_renew"),
        (lambda conn: channels.of_calendar(conn, "c"), "channels_calendar"),
        (lambda conn: events.occurrences(conn, "c", "s"), "events_series"),
        (lambda conn: events.prune(conn, 1), "events_ends"),
        (lambda conn: conferences.prune_history(conn, 1), "history_at"),
        (lambda conn: conferences.history(conn, "c", "e"), "history_event"),
        (lambda conn: conferences.note(conn, "c", "e", 1, "x"), "history_event"),
    ],
)
def test_what_is_asked_often_is_found_by_an_index(conn, ask, index):
    explained = Explained(conn)
    ask(explained)
    assert re.search(rf"USING (COVERING )?INDEX {index}\b", explained.plan), explained.plan
