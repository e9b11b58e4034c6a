"""The load generator, a process of its own: keep-alive connections that send the next push with each answer.

Parses a status line and a length, and allocates next to nothing, so that it is never what is measured.
"""

from __future__ import annotations

import asyncio
import re
import time
from array import array
from dataclasses import dataclass, field

from bench import asks, graph_notices, pushes, upsert_calls
from bench.figures import percentile

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_PUSHES = {
    "google": (pushes.requests, b"HTTP/1.1 204"),
    "microsoft": (graph_notices.requests, b"HTTP/1.1 202"),
    "upserts": (upsert_calls.requests, b"HTTP/1.1 202"),
}


@dataclass(slots=True)
class Round:
    """What all connections share."""

    requests: list[bytes]
    thanks: bytes  # how a good answer begins
    until: float
    seconds: array[float] = field(default_factory=lambda: array("d"))
    wrong: int = 0
    at: int = 0

    def next(self) -> bytes:
        """Return the next push, of the next channel."""
        self.at = (self.at + 1) % len(self.requests)
        return self.requests[self.at]


class Connection(asyncio.Protocol):
    """Sends one push after another until the time is over; `ended` tells when."""

    def __init__(self, shared: Round, ended: asyncio.Future[None]) -> None:
        self._round = shared
        self._ended = ended
        self._buffer = b""
        self._sent = 0.0
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first push."""
        self._transport = transport  # type: ignore[assignment]
        self._send()

    def _send(self) -> None:
        self._sent = time.perf_counter()
        self._transport.write(self._round.next())

    def data_received(self, data: bytes) -> None:
        """Take an answer, whole or in pieces."""
        if self._buffer:
            data = self._buffer + data
        end = data.find(b"\r\n\r\n")
        if end < 0 or len(data) < end + 4 + _length(data, end):
            self._buffer = data
            return
        self._buffer = b""
        now = time.perf_counter()
        self._round.seconds.append(now - self._sent)
        if not data.startswith(self._round.thanks):
            self._round.wrong += 1
        if now < self._round.until:
            self._send()
        else:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Say that this one is through."""
        if time.perf_counter() < self._round.until:
            self._round.wrong += 1
        if not self._ended.done():
            self._ended.set_result(None)


def _length(data: bytes, end: int) -> int:
    if data.startswith(b"HTTP/1.1 204"):
        return 0  # has no body, whatever its headers say
    found = _LENGTH.search(data, 0, end)
    return int(found[1]) if found else 0


async def fire(question: asks.Json) -> asks.Json:
    """Send pushes of `provider` to `port` for `seconds` over `connections`; answers counts and latencies in seconds."""
    loop = asyncio.get_running_loop()
    make, thanks = _PUSHES[question["provider"]]
    requests = list(make(question["port"], question["channels"]))
    began = time.perf_counter()
    shared = Round(requests, thanks, began + question["seconds"])
    ends = [loop.create_future() for _ in range(question["connections"])]
    for end in ends:
        await loop.create_connection(lambda e=end: Connection(shared, e), "127.0.0.1", question["port"])  # type: ignore[misc]
    await asyncio.wait_for(asyncio.gather(*ends), question["seconds"] + 30)
    took = time.perf_counter() - began
    ordered = sorted(shared.seconds)
    return {
        "requests": len(ordered),
        "rate": len(ordered) / took,
        "p50": percentile(ordered, 0.5),
        "p99": percentile(ordered, 0.99),
        "wrong": shared.wrong,
    }


if __name__ == "__main__":
    asks.run(asks.serve({}, fire))
