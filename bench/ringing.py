"""Pushes at a bare server and at huddled's, in turn: what the benchmarks of both providers' doors share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.disk import fsync_ms
from bench.figures import number, spread
from bench.processes import BenchError, Child, Json, child
from bench.size import Size

MEMORY = Path("/dev/shm")
MEMORY_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Found:
    """What some rounds told: each a pair of bare and ours."""

    rounds: list[tuple[Json, Json]]
    disk: float  # milliseconds that a sync takes, before and after

    def all(self, what: str) -> tuple[list[float], list[float]]:
        """Return one number of every round, bare and ours."""
        return [bare[what] for bare, _ in self.rounds], [ours[what] for _, ours in self.rounds]

    @property
    def group(self) -> float:
        """Pushes a commit."""
        return sum(self.all("requests")[1]) / max(1, sum(self.all("commits")[1]))


@dataclass(frozen=True, slots=True)
class Ringing:
    """A load generator and a bare server. `provider` says whose pushes are sent."""

    load: Child
    bare: Child
    size: Size
    provider: str
    doors: str = "bench.doors"  # the module that takes them durably

    async def fire(self, door: Child, seconds: float) -> Json:
        """Push for so long, and tell what each push cost. Raises BenchError where an answer is not as it should be."""
        before = await door.ask()
        answer = await self.load.ask(
            provider=self.provider,
            port=door.hello["port"],
            seconds=seconds,
            connections=self.size.connections,
            channels=self.size.channels,
        )
        if answer["wrong"]:
            raise BenchError(f"{answer['wrong']} pushes were not answered as they should be")
        after = await door.ask()
        cpu = (after["cpu"] - before["cpu"]) / answer["requests"]
        return {**answer, "cpu": cpu, "commits": after["commits"] - before["commits"]}

    async def rounds(self, count: int, place: Path | None = None) -> Found:
        """Push at both, `count` times in turn; `place` is the folder for the database if not the usual one."""
        await self.fire(self.bare, self.size.warm_up)
        with TemporaryDirectory(prefix="huddled-bench-", dir=place) as folder:
            before = fsync_ms(Path(folder))
            async with child(self.doors, "durable", folder, self.size.channels, self.provider) as durable:
                await self.fire(durable, self.size.warm_up)
                rounds = [await self._round(durable) for _ in range(count)]
            return Found(rounds, (before + fsync_ms(Path(folder))) / 2)

    async def in_memory(self) -> Found:
        """Push some rounds on a memory disk, which syncs at once: that tells our own share from the disk's."""
        return await self.rounds(min(MEMORY_ROUNDS, self.size.rounds), _memory_disk())

    async def _round(self, durable: Child) -> tuple[Json, Json]:
        plain = await self.fire(self.bare, self.size.push_seconds)
        return plain, await self.fire(durable, self.size.push_seconds)


def _memory_disk() -> Path | None:
    """Find the memory disk; the usual folder for temporary files where there is none."""
    return MEMORY if MEMORY.is_dir() else None


def notes(what: str, disk: Found, memory: Found) -> tuple[str, ...]:
    """Tell the plain numbers behind the ratios; `what` the bare server is."""
    (bare, ours), (bare_tail, our_tail) = disk.all("rate"), disk.all("p99")
    allows = disk.group / disk.disk * 1000
    return (
        f"{what} {spread(bare)}/s, p99 {spread(bare_tail, 1000)} ms",
        f"{'durable':<{len(what)}} {spread(ours)}/s, p99 {spread(our_tail, 1000)} ms",
        f"one fdatasync takes {number(disk.disk)} ms here: with so many a commit, {number(allows)}/s at best",
        f"on a memory disk: bare {spread(memory.all('rate')[0])}/s, durable {spread(memory.all('rate')[1])}/s",
        f"CPU of each: {spread(disk.all('cpu')[0], 1e6)} µs bare, {spread(disk.all('cpu')[1], 1e6)} µs durable",
    )
