"""Durable doorbells against a bare aiohttp handler: the same loop, machine and load, in turn."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from bench.disk import fsync_ms
from bench.figures import Report, at_least, at_most, number, paired, spread
from bench.processes import BenchError, Child, Json, child
from bench.size import Size


async def run(size: Size) -> Report:
    """Measure throughput and p99."""
    with TemporaryDirectory(prefix="huddled-bench-") as folder:
        disk = fsync_ms(Path(folder))
        async with (
            child("bench.load") as load,
            child("bench.doors", "socket") as nothing,
            child("bench.doors", "bare") as bare,
            child("bench.doors", "durable", folder, size.channels) as durable,
        ):
            limit = await _fire(load, nothing, size, size.push_seconds)
            for door in (bare, durable):
                await _fire(load, door, size, size.warm_up)
            before = (await durable.ask())["commits"]
            rounds = [await _round(load, bare, durable, size) for _ in range(size.rounds)]
            commits = (await durable.ask())["commits"] - before
    return _report(rounds, limit, commits, disk)


async def _round(load: Child, bare: Child, durable: Child, size: Size) -> tuple[Json, Json]:
    plain = await _fire(load, bare, size, size.push_seconds)
    return plain, await _fire(load, durable, size, size.push_seconds)


async def _fire(load: Child, door: Child, size: Size, seconds: float) -> Json:
    answer = await load.ask(
        port=door.hello["port"], seconds=seconds, connections=size.connections, channels=size.channels
    )
    if answer["wrong"]:
        raise BenchError(f"{answer['wrong']} pushes were not answered with 204")
    return answer


def _report(rounds: list[tuple[Json, Json]], limit: Json, commits: int, disk: float) -> Report:
    plain, ours = [one for one, _ in rounds], [one for _, one in rounds]
    rates = [one["rate"] for one in plain], [one["rate"] for one in ours]
    tails = [one["p99"] for one in plain], [one["p99"] for one in ours]
    size = sum(one["requests"] for one in ours) / max(1, commits)
    return Report(
        (
            at_least("doorbell_throughput_ratio", paired(rates[1], rates[0]), 0.6, "of bare aiohttp"),
            at_most("doorbell_p99_ratio", paired(tails[1], tails[0]), 3.0, "times bare aiohttp"),
            at_least("doorbell_rows_per_commit", size, None, "rows"),
        ),
        (
            f"the load generator reaches {number(limit['rate'])}/s against nothing but a socket",
            f"bare aiohttp {spread(rates[0])}/s, p99 {spread(tails[0], 1000)} ms",
            f"durable      {spread(rates[1])}/s, p99 {spread(tails[1], 1000)} ms",
            f"one fdatasync takes {number(disk)} ms here",
        ),
    )
