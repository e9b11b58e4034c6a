"""What can go wrong with the store, named for what the caller can do. The docstring is the message."""

from __future__ import annotations

import sqlite3

# https://sqlite.org/rescode.html
SICK = {
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_INTERRUPT,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_NOTADB,
}


class StoreError(Exception):
    """The store did not do what was asked."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or self.__doc__)


class StoreSick(StoreError):
    """The disk or the database file refuses to work: nothing was committed; the operator must look."""


class StoreFull(StoreError):
    """Too much waits for the disk: try again in a moment."""


class StoreClosed(StoreError):
    """The daemon is stopping."""


class StoreNewer(StoreSick):
    """The database was written by a newer huddled: upgrade this one, or restore an older snapshot."""


class Fenced(StoreError):
    """The lease ran out and somebody else took the work over: stop, and change nothing."""


class StateCorrupt(StoreError):
    """A stored row cannot be understood."""


class KeyWrong(StoreError):
    """The stored secret was encrypted with another key: give the right key_file."""


def is_sick(error: BaseException) -> bool:
    """Whether SQLite complains of the disk or the file, not of what it was asked."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in SICK


def is_damage(error: BaseException) -> bool:
    """Whether SQLite complains that the file is no database, or one that is broken."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
