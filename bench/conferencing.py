"""A thousand flagged events conferenced by the real daemon, against a bare script that makes the same calls.

Twice: with a provider that answers at once, where everything but the calls shows, and with one that takes as long
as a near one does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.figures import Report, at_least, number, paired, spread
from bench.huddled import Huddled, huddled
from bench.processes import BenchError, Child, Json, child
from bench.size import Size
from bench.world import person
from daemon.config.sections import Sync

CONCURRENT = Sync().workers
LATENCIES = {"conferencing_ratio": 0.0, "conferencing_20ms_ratio": 0.020}
GOAL = 0.5

Round = tuple[Json, Json]


@dataclass(frozen=True, slots=True)
class Stage:
    """Both sides, each with a provider of its own."""

    people: list[str]
    daemon: Huddled
    mine: Child
    script: Child
    theirs: Child

    async def rounds(self, latency: float, events: int, count: int) -> list[Round]:
        """Let both conference `events` events, `count` times in turn."""
        for stub in (self.mine, self.theirs):
            await stub.ask(do="latency", seconds=latency)
        return [(await self._bare(events), await self._ours(events)) for _ in range(count)]

    async def _ours(self, events: int) -> Json:
        began = await self.mine.ask(do="flag", calendars=self.people, events=events, ring=True)
        written = await self.mine.ask(do="written", count=events)
        await self.daemon.settle()
        return {"rate": events / (written["last"] - began["at"]), "calls": written["calls"]}

    async def _bare(self, events: int) -> Json:
        await self.theirs.ask(do="flag", calendars=self.people, events=events, ring=False)
        ran = await self.script.ask(calendars=self.people)
        written = await self.theirs.ask(do="written", count=events)
        if ran["events"] != events:
            raise BenchError(f"the bare script saw {ran['events']} events instead of {events}")
        return {"rate": events / (written["last"] - ran["began"]), "calls": written["calls"]}


async def run(size: Size) -> Report:
    """Measure from the push to the last link."""
    people = [person(number) for number in range(size.people)]
    with TemporaryDirectory(prefix="huddled-bench-") as folder:
        async with (
            child("bench.stub", 1) as mine,
            child("bench.stub", 1) as theirs,
            child("bench.bare", theirs.hello["url"], CONCURRENT) as script,
            huddled(Path(folder), mine.hello["url"], people) as daemon,
        ):
            await daemon.settle()
            stage = Stage(people, daemon, mine, script, theirs)
            await stage.rounds(0.0, size.people, 1)
            found = {
                name: await stage.rounds(latency, size.events, size.conferencing_rounds)
                for name, latency in LATENCIES.items()
            }
    return _report(found)


def _report(found: dict[str, list[Round]]) -> Report:
    figures, notes = [], [f"{CONCURRENT} events under way on both sides, against a stub provider"]
    for name, rounds in found.items():
        bare, ours = ([one["rate"] for one in side] for side in zip(*rounds, strict=True))
        figures.append(at_least(name, paired(ours, bare), GOAL, "of a bare script"))
        latency = f"answers after {LATENCIES[name] * 1000:.0f} ms:"
        notes += [
            f"{latency} bare script {spread(bare)} events/s, calls {_calls(rounds[-1][0])}",
            f"{latency} huddled {spread(ours)} events/s, calls {_calls(rounds[-1][1])}",
        ]
    return Report(tuple(figures), tuple(notes))


def _calls(side: Json) -> str:
    counts: Sequence[tuple[str, int]] = sorted(side["calls"].items())
    return ", ".join(f"{name} {number(count)}" for name, count in counts)
