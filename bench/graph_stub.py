"""A lean Graph: one mailbox, one calendar, and as many changes as wanted each time that it is asked for changes.

`python -m bench.graph_stub`. Answers are made before they are asked for, so that it is not what is measured.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from bench import asks, wire
from bench.graph_events import MAILBOX, asked_for, events

GRAPH, LOGIN, TENANT = "/microsoft/v1.0", "/microsoft/login", "bench-tenant"
USER = f"{GRAPH}/users/{MAILBOX}"
CALENDAR = "AAMkADcalendar="
ACCESS = {"access_token": "bench", "token_type": "Bearer", "expires_in": 3599}

Json = dict[str, Any]


@dataclass(slots=True)
class Stub:
    """Serves what the benchmark has put in."""

    url: str = ""
    turn: int = 0
    page: bytes = b""
    each: dict[str, bytes] = field(default_factory=dict)
    calls: int = 0

    def serve(self, method: str, target: str, head: bytes, body: bytes) -> bytes:
        """Answer a call."""
        path = unquote(urlsplit(target).path)
        if path.startswith(LOGIN):
            return wire.answer(200, ACCESS if method == "POST" else self._openid())
        self.calls += 1
        if "calendarView/delta" in path:
            return self.page
        if path == f"{USER}/calendar":
            return wire.answer(200, {"id": CALENDAR})
        return self.each.get(path.rpartition("/")[2]) or wire.answer(
            404, {"error": {"code": "ErrorItemNotFound"}}
        )

    async def ask(self, question: Json) -> Json:
        """Change so many events, or count the calls since the last time."""
        if question["do"] == "change":
            return self._change(question["events"], long=question["long"])
        calls, self.calls = self.calls, 0
        return {"calls": calls}

    def _change(self, count: int, *, long: bool) -> Json:
        self.turn += 1
        changed = events(count, self.turn, long=long)
        told = {
            "@odata.context": f"{self.url}{GRAPH}/$metadata#Collection(event)",
            "@odata.deltaLink": f"{self.url}{USER}/calendars/{CALENDAR}/calendarView/delta?$deltatoken={self.turn}",
            "value": changed,
        }
        text = json.dumps(told).encode()
        self.page = _packed(text)
        self.each = {one["id"]: _packed(json.dumps(asked_for(one, changed)).encode()) for one in changed}
        return {"bytes": len(text), "packed": len(self.page)}

    def _openid(self) -> Json:
        """Say where tokens are, as msal wants to know."""
        oauth = f"{self.url}{LOGIN}/{TENANT}/oauth2/v2.0"
        return {
            "issuer": f"{self.url}{LOGIN}/{TENANT}/v2.0",
            "authorization_endpoint": f"{oauth}/authorize",
            "token_endpoint": f"{oauth}/token",
        }


def _packed(payload: bytes) -> bytes:
    """Make an answer of JSON, packed as Graph packs it."""
    body = gzip.compress(payload, 6)
    head = (
        "HTTP/1.1 200 OK\r\nContent-Type: application/json; odata.metadata=minimal; charset=utf-8\r\n"
        f"Content-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def main() -> None:
    """Serve until the parent hangs up."""
    stub = Stub()
    server, port = await wire.listen(stub.serve)
    stub.url = f"http://127.0.0.1:{port}"
    async with server:
        await asks.serve({"url": stub.url}, stub.ask)


if __name__ == "__main__":
    asks.run(main())
