"""What one human change costs in calls to providers, against the least that any program would need.

Counted by the sandbox, which rings for every write, ours included. Google does not tell whose write it was, so
that one listing for each is among the least: a program that does not look may miss what a person did meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp

from bench.figures import Report, at_most
from bench.huddled import Huddled, huddled
from bench.processes import child
from bench.size import Size

ADA = "ada@bench.example"
QUIET = 0.3  # seconds without a call after which nothing more is expected
Json = dict[str, Any]
Counts = dict[str, int]

# The listing that shows the change, the writes it asks for, and a listing for each of our writes to the event.
LEAST: dict[str, dict[str, Counts]] = {
    "zoom": {
        "flag": {"events.list": 2, "zoom.create": 1, "events.patch": 1},
        "retitle": {"events.list": 1, "zoom.update": 1},
        "move": {"events.list": 1, "zoom.update": 1},
        "attendee": {"events.list": 1, "zoom.update": 1},
        "unflag": {"events.list": 2, "zoom.delete": 1, "events.patch": 1},
        "cancel": {"events.list": 1, "zoom.delete": 1},
    },
    "meet": {
        "flag": {"events.list": 2, "events.patch": 1},
        "retitle": {"events.list": 1},
        "move": {"events.list": 1},
        "attendee": {"events.list": 1},
        "unflag": {"events.list": 2, "events.patch": 1},
        "cancel": {"events.list": 1},
    },
}


@dataclass(frozen=True, slots=True)
class Stage:
    """The sandbox with one person in it, and the daemon that looks after them."""

    session: aiohttp.ClientSession
    url: str
    daemon: Huddled

    async def act(self, method: str, path: str, body: Json | None = None) -> Json:
        """Do what a person does in their calendar."""
        url = f"{self.url}/_sandbox/people/{ADA}/calendars/{ADA}/events{path}"
        async with self.session.request(method, url, json=body) as answer:
            answer.raise_for_status()
            found: Json = await answer.json() if answer.status != 204 else {}
            return found

    async def counts(self) -> Counts:
        """Wait until nothing is under way, and return how often each call has been made."""
        before: Counts = {}
        while True:
            async with self.session.get(f"{self.url}/_sandbox/push/idle"):
                await self.daemon.settle()
            async with self.session.get(f"{self.url}/_sandbox/calls") as answer:
                now: Counts = (await answer.json())["counts"]
            if now == before:
                return now
            before = now
            await asyncio.sleep(QUIET)


async def run(size: Size) -> Report:  # noqa: ARG001 - it is the same for every size
    """Take one event of each service through its life."""
    with TemporaryDirectory(prefix="huddled-bench-") as folder:
        async with _stage(Path(folder)) as stage:
            return _report({service: await _life(stage, service) for service in LEAST})


@asynccontextmanager
async def _stage(folder: Path) -> AsyncIterator[Stage]:
    async with child("sandbox", "--port", 0) as sandbox, aiohttp.ClientSession() as session:
        url = sandbox.hello["sandbox"]
        async with session.post(f"{url}/_sandbox/users", json={"email": ADA}) as made:
            made.raise_for_status()
        async with session.get(f"{url}/_sandbox/google/service_account.json") as answer:
            account = await answer.text()
        async with huddled(folder, url, [ADA], account) as daemon:
            stage = Stage(session, url, daemon)
            await _probe(stage)
            yield stage


async def _probe(stage: Stage) -> None:
    """Let the daemon find out once what this Google allows, which no later change pays for."""
    await stage.counts()
    event = await stage.act("POST", "", _event("Probe @zoom", 9))
    await stage.counts()
    await stage.act("DELETE", f"/{event['id']}")
    await stage.counts()


async def _life(stage: Stage, service: str) -> dict[str, Counts]:
    found: dict[str, Counts] = {}
    before, event = await stage.counts(), ""
    flagged, plain = f"Design review @{service}", "Design review"
    for kind, method, body in (
        ("flag", "POST", _event(flagged, 10)),
        ("retitle", "PATCH", {"summary": f"Final {flagged}"}),
        ("move", "PATCH", _times(12)),
        ("attendee", "PATCH", {"attendees": [{"email": "carol@elsewhere.example"}]}),
        ("unflag", "PATCH", {"summary": plain}),
        ("", "PATCH", {"summary": flagged}),
        ("cancel", "DELETE", None),
    ):
        done = await stage.act(method, f"/{event}" if event else "", body)
        event = event or done["id"]
        after = await stage.counts()
        found[kind] = {op: after[op] - before.get(op, 0) for op in after if after[op] != before.get(op, 0)}
        before = after
    return {kind: counts for kind, counts in found.items() if kind}


def _event(title: str, hour: int) -> Json:
    return {"summary": title, "description": "Agenda: all of it", **_times(hour)}


def _times(hour: int) -> Json:
    day = (datetime.now(UTC) + timedelta(days=3)).replace(hour=hour, minute=0, second=0, microsecond=0)
    end = day + timedelta(minutes=45)
    return {"start": {"dateTime": day.isoformat()}, "end": {"dateTime": end.isoformat()}}


def _report(lives: dict[str, dict[str, Counts]]) -> Report:
    figures, notes = [], []
    for service, life in lives.items():
        for kind, counts in life.items():
            least = LEAST[service][kind]
            ratio = sum(counts.values()) / sum(least.values())
            figures.append(at_most(f"calls_{service}_{kind}", ratio, 1.0, "times the least"))
            made = ", ".join(f"{op} {count}" for op, count in sorted(counts.items()))
            extra = {
                op: count - least.get(op, 0) for op, count in counts.items() if count != least.get(op, 0)
            }
            notes.append(f"{service} {kind}: {made}" + (f"; beyond the least: {extra}" if extra else ""))
    return Report(tuple(figures), tuple(notes))
