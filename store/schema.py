"""The tables, as steps that only ever get longer, and the guard against files from the future."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from store import tables
from store.errors import StoreNewer

migrations = Migrations("huddled")


@migrations()
def first_loop(db: Database) -> None:
    """Work set, profiles, calendars, channels, events, conferences, history, budgets, facts."""
    for statement in _statements(tables.FIRST):
        db.execute(statement)


@migrations()
def conferencing_profiles(db: Database) -> None:
    """Credentials, conferencing profiles, link requests."""
    for statement in _statements(tables.SECOND):
        db.execute(statement)


@migrations()
def conferences_by_meeting(db: Database) -> None:
    """Find conferences by the id that their meeting has at its provider."""
    for statement in _statements(tables.THIRD):
        db.execute(statement)


@migrations()
def applications(db: Database) -> None:
    """Events, tokens, channels and deliveries of applications."""
    for statement in _statements(tables.FOURTH):
        db.execute(statement)


def migrate(db: Database, path: str) -> None:
    """Apply the steps that are missing, after writing a snapshot file beside the database.

    Raises StoreNewer when the file holds steps that this program does not know.
    """
    applied = {step.name for step in migrations.applied(db)}
    pending = migrations.pending(db)
    known = applied | {step.name for step in pending}
    unknown = applied - {step.name for step in _all_steps()}
    if unknown:
        raise StoreNewer(
            f"{path} was written by a newer huddled (it has {', '.join(sorted(unknown))}). "
            "Upgrade this program, or restore a snapshot that is older."
        )
    if pending and applied and path != ":memory:":
        snapshot(db.conn, f"{path}.before-{pending[0].name}")
    if pending or not known:
        migrations.apply(db)


def _all_steps() -> list[Migrations._Migration]:
    return migrations._migrations  # noqa: SLF001 - sqlite-utils lists only what is pending or applied


def snapshot(conn: sqlite3.Connection, target: str) -> None:
    """Copy the whole database to `target`, consistent even while others read. An older copy is replaced."""
    part = Path(f"{target}.part")
    part.unlink(missing_ok=True)
    part.touch(0o600, exist_ok=False)  # before there is anything in it to be read
    with closing(sqlite3.connect(part)) as copy:
        conn.backup(copy)
    part.replace(target)


def _statements(script: str) -> list[str]:
    statements, rest = [], ""
    for line in script.splitlines(keepends=True):
        rest += line
        if sqlite3.complete_statement(rest):
            statements.append(rest)
            rest = ""
    return statements
