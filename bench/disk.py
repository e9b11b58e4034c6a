"""What the disk under the temporary folder costs: on a memory disk, durable is not what it says."""

from __future__ import annotations

import os
import time
from pathlib import Path
from statistics import median

TIMES = 50
PAGE = b"x" * 4096


def fsync_ms(folder: Path) -> float:
    """Return how long one page takes to the disk, in milliseconds (median)."""
    path = folder / "fsync"
    handle = os.open(path, os.O_CREAT | os.O_RDWR)
    try:
        return median(_once(handle, turn) for turn in range(TIMES)) * 1000
    finally:
        os.close(handle)
        path.unlink()


def _once(handle: int, turn: int) -> float:
    os.pwrite(handle, PAGE, turn * len(PAGE))
    began = time.perf_counter()
    os.fdatasync(handle)
    return time.perf_counter() - began
