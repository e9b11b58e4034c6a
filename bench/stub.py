"""A lean Google and Zoom in one process: real shapes, no rules, so that it is not what is measured.

`python -m bench.stub CALENDARS_EACH`. The sandbox is the opposite: all rules, and an order slower.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
import sys
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from bench import asks, wire
from bench.world import Calendar, Json, World, calendar_ids

CALENDARS = "/google/calendar/v3/"
_BEARER = re.compile(rb"\r\nauthorization: *bearer ([^\r]+)", re.IGNORECASE)
_IF_MATCH = re.compile(rb"\r\nif-match: *([^\r]+)", re.IGNORECASE)


@dataclass(slots=True)
class Stub:
    """Serves the two providers, and does what the benchmark asks for."""

    world: World
    latency: float = 0.0
    wanted: int = 0  # so many links
    enough: asyncio.Event = field(default_factory=asyncio.Event)

    def serve(self, method: str, target: str, head: bytes, body: bytes) -> bytes:
        """Answer a call to a provider."""
        parts = urlsplit(target)
        path = parts.path
        if path.startswith(CALENDARS):
            steps = [unquote(step) for step in path.removeprefix(CALENDARS).split("/")]
            return self._google(method, steps, parse_qs(parts.query), head, body)
        if path.startswith("/zoom/v2/"):
            return self._zoom(method, [unquote(step) for step in path.split("/")[3:]], body)
        self.world.calls["token"] += 1
        return wire.answer(200, _token(body))

    def _google(
        self, method: str, steps: list[str], query: dict[str, list[str]], head: bytes, body: bytes
    ) -> bytes:
        match (method, *steps):
            case ("GET", "users", "me", "calendarList"):
                return self._calendar_list(head, query)
            case ("GET", "calendars", name, "events"):
                return self._list(self.world.calendar(name), query)
            case ("POST", "calendars", name, "events", "watch"):
                return self._watch(self.world.calendar(name), json.loads(body))
            case ("PATCH", "calendars", name, "events", event):
                return self._patch(self.world.calendar(name), event, head, json.loads(body))
        return self._count("other", 404)

    def _count(self, op: str, status: int, answer: Any = None) -> bytes:
        self.world.calls[op] += 1
        return wire.answer(status, answer)

    def _calendar_list(self, head: bytes, query: dict[str, list[str]]) -> bytes:
        found = _BEARER.search(head)
        owner = found[1].decode() if found else ""
        start = int(query.get("pageToken", ["0"])[0])
        end = start + int(query.get("maxResults", ["250"])[0])
        names = list(calendar_ids(owner, self.world.calendars_each))
        answer: Json = {
            "kind": "calendar#calendarList",
            "items": [_entry(name, owner) for name in names[start:end]],
        }
        answer |= {"nextPageToken": str(end)} if end < len(names) else {"nextSyncToken": "1"}
        return self._count("calendarList", 200, answer)

    def _list(self, calendar: Calendar, query: dict[str, list[str]]) -> bytes:
        since = int(query.get("syncToken", ["-1"])[0])
        answer = {
            "kind": "calendar#events",
            "summary": calendar.owner,
            "timeZone": "Europe/Berlin",
            "accessRole": "owner",
            "items": calendar.since(since),
            "nextSyncToken": str(calendar.number),
        }
        return self._count("list", 200, answer)

    def _watch(self, calendar: Calendar, body: Json) -> bytes:
        calendar.channel = body
        expires = int((time.time() + 604_800) * 1000)
        answer = {
            "kind": "api#channel",
            "id": body["id"],
            "resourceId": "resource",
            "expiration": str(expires),
        }
        return self._count("watch", 200, answer)

    def _patch(self, calendar: Calendar, name: str, head: bytes, body: Json) -> bytes:
        event, etag = calendar.events[name], _IF_MATCH.search(head)
        if etag and etag[1].decode() != event["etag"]:
            return self._count(
                "conflict", 412, {"error": {"code": 412, "errors": [{"reason": "conditionNotMet"}]}}
            )
        patched = self.world.patch(calendar, event, body)
        if len(self.world.written) >= self.wanted:
            self.enough.set()
        return self._count("patch", 200, patched)

    def _zoom(self, method: str, steps: list[str], body: bytes) -> bytes:
        match (method, *steps):
            case ("POST", "users", host, "meetings"):
                return self._count("create", 201, self.world.meet(host, json.loads(body)))
        return self._count("other", 404)

    async def ask(self, question: Json) -> Json:
        """Do what the benchmark asks for."""
        match question["do"]:
            case "latency":
                self.latency = question["seconds"]
            case "flag":
                return await self._flag(question["calendars"], question["events"], ring=question["ring"])
            case "written":
                await self._written(question["count"])
                return {
                    "first": self.world.written[0],
                    "last": self.world.written[-1],
                    "calls": self.world.calls,
                }
            case "channels":
                return {"channels": sum(one.channel is not None for one in self.world.calendars.values())}
        return {}

    async def _flag(self, names: list[str], events: int, *, ring: bool) -> Json:
        """Put flagged events into the calendars in turn and, if asked to, ring. Returns when it rang."""
        self.world.calls.clear()
        self.world.written.clear()
        for turn in range(events):
            self.world.flag(names[turn % len(names)])
        began = time.monotonic()
        if ring:
            await asyncio.gather(*(_ring(self.world.calendar(name)) for name in names[:events]))
        return {"at": began}

    async def _written(self, count: int) -> None:
        self.wanted = count
        self.enough.clear()
        if len(self.world.written) < count:
            await self.enough.wait()


async def _ring(calendar: Calendar) -> None:
    """Send a push and wait for its answer. Raises RuntimeError where it is not 204."""
    channel = calendar.channel or {}
    address = urlsplit(channel["address"])
    headers = {
        "Host": address.netloc,
        "Content-Length": "0",
        "Connection": "close",
        "X-Goog-Channel-ID": channel["id"],
        "X-Goog-Channel-Token": channel["token"],
        "X-Goog-Resource-ID": "resource",
        "X-Goog-Resource-State": "exists",
        "X-Goog-Message-Number": "2",
    }
    lines = [
        f"POST {address.path} HTTP/1.1",
        *(f"{name}: {value}" for name, value in headers.items()),
        "",
        "",
    ]
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write("\r\n".join(lines).encode())
    answer = await reader.readline()
    writer.close()
    if b" 204 " not in answer:
        raise RuntimeError(f"the doorbell answered {answer!r}")


def _token(body: bytes) -> Json:
    """Grant a token, which for Google is the name of the person that it is for."""
    assertion = parse_qs(body.decode()).get("assertion", [""])[0]
    subject = "zoom"
    if assertion:
        claims = assertion.split(".")[1]
        subject = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["sub"]
    return {"access_token": subject, "expires_in": 3599, "scope": "", "token_type": "Bearer"}


def _entry(name: str, owner: str) -> Json:
    return {
        "kind": "calendar#calendarListEntry",
        "id": name,
        "summary": name,
        "timeZone": "Europe/Berlin",
        "accessRole": "owner",
        "primary": name == owner,
        "conferenceProperties": {"allowedConferenceSolutionTypes": ["hangoutsMeet"]},
    }


async def main(calendars_each: int) -> None:
    """Serve until the parent hangs up."""
    stub = Stub(World(calendars_each))
    server, port = await wire.listen(stub.serve, lambda: stub.latency)
    async with server:
        await asks.serve({"url": f"http://127.0.0.1:{port}"}, stub.ask)


if __name__ == "__main__":
    asks.run(main(int(sys.argv[1])))
