"""Processes and ports of this machine: what is started here ends with the test, whatever becomes of the test."""

from __future__ import annotations

import ctypes
import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[2]
PORTS = range(20_000, 32_000)  # below those that the system hands out for outgoing connections
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG


def free_ports(count: int) -> list[int]:
    """Find ports that nobody listens on now."""
    found = []
    for port in random.SystemRandom().sample(PORTS, len(PORTS)):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                found.append(port)
        if len(found) == count:
            return found
    raise AssertionError("no free port")


def start(
    command: Sequence[str],
    *,
    out: int | IO[str],
    err: int | IO[str],
    environ: Mapping[str, str] | None = None,
    before: Callable[[], None] = lambda: None,
    folder: Path = ROOT,
) -> subprocess.Popen[str]:
    """Start Python with these arguments; `before` runs in the child just before it becomes what it is to be."""

    def prepare() -> None:
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
        before()

    return subprocess.Popen(
        [sys.executable, *command],
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=err,
        text=True,
        cwd=folder,
        env=surroundings(environ or {}),
        preexec_fn=prepare,  # noqa: PLW1509 - nothing else runs in the tests when a process is started
    )


def surroundings(more: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of what we start: no proxy, no service manager, and the code under test."""
    ours = {
        name: value
        for name, value in os.environ.items()
        if not name.lower().endswith("_proxy") and not name.startswith(("HUDDLED_", "NOTIFY_", "WATCHDOG_"))
    }
    return ours | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "COLUMNS": "200"} | dict(more)


def end(process: subprocess.Popen[str] | None) -> None:
    """Kill a process if it still runs, and take leave of it."""
    if process is None:
        return
    if process.poll() is None:
        process.kill()
    process.wait()
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()


@contextmanager
def running(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    """Make sure that a process ends with the block."""
    try:
        yield process
    finally:
        end(process)
