"""Durable doorbells against a bare aiohttp handler: the same loop, machine and load, in turn.

Then once more on a memory disk, which syncs at once: that tells our own share from the disk's.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.disk import fsync_ms
from bench.figures import Figure, Report, at_least, at_most, number, paired, spread
from bench.processes import BenchError, Child, Json, child
from bench.size import Size

MEMORY = Path("/dev/shm")
MEMORY_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Found:
    """What some rounds told: each a pair of bare and ours."""

    rounds: list[tuple[Json, Json]]
    commits: int
    disk: float  # milliseconds that a sync takes, before and after

    def all(self, what: str) -> tuple[list[float], list[float]]:
        """Return one number of every round, bare and ours."""
        return [bare[what] for bare, _ in self.rounds], [ours[what] for _, ours in self.rounds]

    @property
    def group(self) -> float:
        """Rows a commit."""
        return sum(self.all("requests")[1]) / max(1, self.commits)


async def run(size: Size) -> Report:
    """Measure throughput and p99."""
    place = _memory_disk()
    async with child("bench.load") as load, child("bench.doors", "bare") as bare:
        async with child("bench.doors", "socket") as nothing:
            limit = await _fire(load, nothing, size, size.push_seconds)
        await _fire(load, bare, size, size.warm_up)
        disk = await _rounds(load, bare, size, size.rounds)
        memory = await _rounds(load, bare, size, min(MEMORY_ROUNDS, size.rounds), place)
    return Report((*_figures(disk), _ours_alone(memory)), _notes(limit, disk, memory))


def _memory_disk() -> Path | None:
    """Find the memory disk; the usual folder for temporary files where there is none."""
    return MEMORY if MEMORY.is_dir() else None


async def _rounds(load: Child, bare: Child, size: Size, count: int, place: Path | None = None) -> Found:
    with TemporaryDirectory(prefix="huddled-bench-", dir=place) as folder:
        before = fsync_ms(Path(folder))
        async with child("bench.doors", "durable", folder, size.channels) as durable:
            await _fire(load, durable, size, size.warm_up)
            begun = (await durable.ask())["commits"]
            rounds = [await _round(load, bare, durable, size) for _ in range(count)]
            commits = (await durable.ask())["commits"] - begun
        return Found(rounds, commits, (before + fsync_ms(Path(folder))) / 2)


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


def _figures(found: Found) -> tuple[Figure, ...]:
    (bare, ours), (bare_tail, our_tail) = found.all("rate"), found.all("p99")
    return (
        at_least("doorbell_throughput_ratio", paired(ours, bare), 0.6, "of bare aiohttp"),
        at_most("doorbell_p99_ratio", paired(our_tail, bare_tail), 3.0, "times bare aiohttp"),
        at_least("doorbell_rows_per_commit", found.group, None, "rows"),
    )


def _ours_alone(found: Found) -> Figure:
    bare, ours = found.all("rate")
    return at_least("doorbell_memory_disk_ratio", paired(ours, bare), None, "of bare aiohttp")


def _notes(limit: Json, disk: Found, memory: Found) -> tuple[str, ...]:
    (bare, ours), (bare_tail, our_tail) = disk.all("rate"), disk.all("p99")
    allows = disk.group / disk.disk * 1000
    return (
        f"the load generator reaches {number(limit['rate'])}/s against nothing but a socket",
        f"bare aiohttp {spread(bare)}/s, p99 {spread(bare_tail, 1000)} ms",
        f"durable      {spread(ours)}/s, p99 {spread(our_tail, 1000)} ms",
        f"one fdatasync takes {number(disk.disk)} ms here: with so many rows a commit, {number(allows)}/s at best",
        f"on a memory disk: bare {spread(memory.all('rate')[0])}/s, durable {spread(memory.all('rate')[1])}/s",
    )
