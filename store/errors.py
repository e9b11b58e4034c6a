"""What can go wrong with the store, named for what the caller can do. The docstring is the message."""

from __future__ import annotations


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
