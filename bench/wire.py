"""As much of an HTTP/1.1 server as our own clients need: keep-alive and Content-Length, nothing else.

A framework would be slower than what it is to measure.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)

Served = Callable[[str, str, bytes, bytes], bytes]
"""Takes method, target, head and body, and returns the whole answer."""


class Door(asyncio.Protocol):
    """One connection; each request is served `latency()` seconds after it came."""

    def __init__(self, serve: Served, latency: Callable[[], float]) -> None:
        self._serve = serve
        self._latency = latency
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what answers go to."""
        self._transport = transport  # type: ignore[assignment]

    def connection_lost(self, exc: Exception | None) -> None:
        """Answer nobody any more."""
        self._transport = None

    def data_received(self, data: bytes) -> None:
        """Serve every request that is complete."""
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = bytes(self._buffer[:end])
            found = _LENGTH.search(head)
            whole = end + 4 + (int(found[1]) if found else 0)
            if len(self._buffer) < whole:
                return
            body = bytes(self._buffer[end + 4 : whole])
            del self._buffer[:whole]
            self._later(head, body)

    def _later(self, head: bytes, body: bytes) -> None:
        seconds = self._latency()
        if seconds:
            asyncio.get_running_loop().call_later(seconds, self._now, head, body)
        else:
            self._now(head, body)

    def _now(self, head: bytes, body: bytes) -> None:
        method, target, _ = head.split(b"\r\n", 1)[0].decode().split(" ", 2)
        answer = self._serve(method, target, head, body)
        if self._transport is not None:
            self._transport.write(answer)


def answer(status: int, body: Any = None) -> bytes:
    """Write an answer, with a JSON body where there is one."""
    payload = b"" if body is None else json.dumps(body).encode()
    head = (
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n"
        "Content-Type: application/json; charset=UTF-8\r\n"
        f"Content-Length: {len(payload)}\r\n\r\n"
    )
    return head.encode() + payload


async def listen(serve: Served, latency: Callable[[], float] = lambda: 0.0) -> tuple[asyncio.Server, int]:
    """Serve on a free port of this machine. Returns the server and the port."""
    server = await asyncio.get_running_loop().create_server(lambda: Door(serve, latency), "127.0.0.1", 0)
    port: int = server.sockets[0].getsockname()[1]
    return server, port
