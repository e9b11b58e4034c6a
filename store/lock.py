"""The lock that one process holds on a database as long as it runs."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from store.errors import StoreSick


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Make sure that one process uses the database. Raises StoreSick where another one does."""
    try:
        handle = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StoreSick(
            f"{path}: {error.strerror}: the database's folder must exist and be writable."
        ) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise StoreSick(f"{path} is in use by another huddled. One process serves one database.") from None
    finally:
        os.close(handle)
