"""An application's end of a webhook, on a real port: it takes what comes, and behaves as badly as a test wants."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

Answer = Callable[["Receiver", asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Received:
    """One request."""

    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return self.line.split()[1]

    @property
    def told(self) -> Any:
        return json.loads(self.body)

    @property
    def kind(self) -> str:
        return str(self.told["notification"]["type"])


@dataclass(slots=True)
class Receiver:
    """What came in, and how the next requests are answered: one answer each, the last for all that follow."""

    port: int = 0
    received: list[Received] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)  # who hangs, hangs until then
    busy: int = 0
    busiest: int = 0
    open: dict[asyncio.StreamWriter, asyncio.Task[None]] = field(default_factory=dict)
    flooded: int = 0  # bytes of a flood that were taken

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def kinds(self) -> list[str]:
        return [one.kind for one in self.received]

    def will(self, *answers: Answer) -> None:
        self.answers = list(answers)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.open[writer] = task
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                while True:
                    await self.take(reader)
                    await self.answer(writer)
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()
            del self.open[writer]

    async def take(self, reader: asyncio.StreamReader) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        line, *fields = head.strip().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in fields)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        self.received.append(Received(line, headers, body))
        self.came.set()

    async def answer(self, writer: asyncio.StreamWriter) -> None:
        self.busy += 1
        self.busiest = max(self.busy, self.busiest)
        try:
            answer = self.answers.pop(0) if len(self.answers) > 1 else [*self.answers, status(200)][0]
            await answer(self, writer)
            await writer.drain()
        finally:
            self.busy -= 1

    async def end(self) -> None:
        self.over.set()
        left = dict(self.open)
        for writer in left:
            writer.transport.abort()
        if left:
            await asyncio.wait(left.values())


def status(code: int, **headers: str) -> Answer:
    """Answer with a status."""

    async def answer(_: Receiver, writer: asyncio.StreamWriter) -> None:
        lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        body = "" if code == 204 else "ok"
        length = f"Content-Length: {len(body)}\r\n" if body else ""
        writer.write(f"HTTP/1.1 {code} Told\r\n{length}{lines}\r\n{body}".encode())

    return answer


async def hang(receiver: Receiver, _: asyncio.StreamWriter) -> None:
    """Say nothing."""
    await receiver.over.wait()
    raise ConnectionError


async def drop(_: Receiver, writer: asyncio.StreamWriter) -> None:
    """Hang up."""
    writer.transport.abort()
    raise ConnectionError


async def dribble(receiver: Receiver, writer: asyncio.StreamWriter) -> None:
    """Begin an answer that never comes to its end."""
    writer.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not receiver.over.is_set():
        writer.write(b"a")
        await writer.drain()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(receiver.over.wait(), 0.01)


async def flood(receiver: Receiver, writer: asyncio.StreamWriter) -> None:
    """Answer well, with a body that has no end; `over` is set once nobody takes any more of it."""
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    sent = 0
    try:
        while sent < 64 * 1024 * 1024:
            writer.write(b"10000\r\n" + b"x" * 65536 + b"\r\n")
            await writer.drain()
            sent += 65536
    finally:
        receiver.flooded = sent
        receiver.over.set()


@asynccontextmanager
async def receiving(port: int = 0) -> AsyncIterator[Receiver]:
    """Serve a receiver."""
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", port)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
        await receiver.end()
