"""From the doorbell to the link, one event at a time, with every provider answering in 20 ms."""

from __future__ import annotations

from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench.figures import Report, at_most, spread
from bench.huddled import Huddled, huddled
from bench.processes import Child, child
from bench.size import Size
from bench.world import person

LATENCY = 0.020


async def run(size: Size) -> Report:
    """Let both make one link after another, in turn."""
    people = [person(0)]
    with TemporaryDirectory(prefix="huddled-bench-") as folder:
        async with (
            child("bench.stub", 1) as mine,
            child("bench.stub", 1) as theirs,
            child("bench.bare", theirs.hello["url"], 1) as script,
            huddled(Path(folder), mine.hello["url"], people) as daemon,
        ):
            await daemon.settle()
            await _ours(mine, daemon, people)
            await _bare(theirs, script, people)
            for stub in (mine, theirs):
                await stub.ask(do="latency", seconds=LATENCY)
            pairs = [
                (await _ours(mine, daemon, people), await _bare(theirs, script, people))
                for _ in range(size.links)
            ]
    return _report(pairs)


async def _ours(stub: Child, daemon: Huddled, people: list[str]) -> float:
    began = await stub.ask(do="flag", calendars=people, events=1, ring=True)
    written = await stub.ask(do="written", count=1)
    await daemon.settle()
    return float(written["last"] - began["at"])


async def _bare(stub: Child, script: Child, people: list[str]) -> float:
    await stub.ask(do="flag", calendars=people, events=1, ring=False)
    ran = await script.ask(calendars=people)
    written = await stub.ask(do="written", count=1)
    return float(written["last"] - ran["began"])


def _report(pairs: list[tuple[float, float]]) -> Report:
    ours, bare = [one for one, _ in pairs], [one for _, one in pairs]
    ratio = median(ours) / median(bare)
    return Report(
        (at_most("doorbell_to_link_ratio", ratio, 1.5, "times a bare script"),),
        (
            f"from the push to the link {spread(ours, 1000)} ms",
            f"the calls alone {spread(bare, 1000)} ms: list, create, patch, one after the other",
        ),
    )
