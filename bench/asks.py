"""The child's side of `bench.processes`: a line of JSON in, a line of JSON out, until the input ends."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import uvloop

Json = dict[str, Any]
Answer = Callable[[Json], Awaitable[Json]]


async def serve(hello: Json, answer: Answer) -> None:
    """Say hello, then answer until the parent hangs up."""
    _say(hello)
    async with _input() as stdin:
        while line := await stdin.readline():
            _say(await answer(json.loads(line)))


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run a child on the event loop that the daemon uses."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main)


def _say(message: Json) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


@asynccontextmanager
async def _input() -> AsyncIterator[asyncio.StreamReader]:
    reader = asyncio.StreamReader(limit=1 << 20)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    try:
        yield reader
    finally:
        transport.close()
