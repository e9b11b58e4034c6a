"""Processes that a benchmark starts, talks to in lines of JSON, and ends."""

from __future__ import annotations

import asyncio
import ctypes
import json
import os
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 60.0  # seconds that anything may take to answer
STOPPING = 15.0  # seconds that anything may take to end
DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG

Json = dict[str, Any]


class BenchError(Exception):
    """A benchmark could not be measured."""


@dataclass(frozen=True, slots=True)
class Child:
    """A process that said hello."""

    process: Process
    hello: Json

    async def ask(self, **question: Any) -> Json:
        """Send a question and return the answer. Raises BenchError when the process has died."""
        if self.process.stdin is None:
            raise BenchError("the process takes no questions")
        self.process.stdin.write(json.dumps(question).encode() + b"\n")
        await self.process.stdin.drain()
        return await _line(self.process)


@asynccontextmanager
async def child(module: str, *arguments: str | int) -> AsyncIterator[Child]:
    """Run `python -m module`, wait for its hello, and end it with the block."""
    async with program([sys.executable, "-m", module, *map(str, arguments)], talk=True) as process:
        yield Child(process, await _line(process))


@asynccontextmanager
async def program(
    command: Sequence[str], *, talk: bool = False, log: IO[bytes] | None = None
) -> AsyncIterator[Process]:
    """Run a command until the block ends; it also ends when we are killed. `log` takes what it writes."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=PIPE if talk else None,
        stdout=PIPE if talk else log,
        stderr=log,
        cwd=ROOT,
        preexec_fn=_end_with_parent,
    )
    try:
        yield process
    finally:
        await _end(process)


async def _end(process: Process) -> None:
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOPPING)
    except TimeoutError:
        process.kill()
        await process.wait()


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGTERM)


async def _line(process: Process) -> Json:
    if process.stdout is None:
        raise BenchError("the process says nothing")
    try:
        line = await asyncio.wait_for(process.stdout.readline(), PATIENCE)
    except TimeoutError:
        raise BenchError(f"process {process.pid} does not answer") from None
    if not line:
        raise BenchError(f"process {process.pid} ended by itself")
    answer: Json = json.loads(line)
    return answer


def free_port() -> int:
    """Return a port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def resident(pid: int) -> float:
    """Return the memory of a process in megabytes (10⁶ bytes), shared libraries included."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise BenchError(f"process {pid} has no memory")


def spent(pid: int) -> float:
    """Return the seconds of CPU that a process has taken so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
