"""One seed from its beginning to its judgement."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import structlog

from daemon import worker
from tests.simulation.people import People
from tests.simulation.scenario import Failed, play
from tests.simulation.trace import Trace
from tests.simulation.world import World


@dataclass(frozen=True)
class Result:
    """How one seed ended."""

    seed: int
    problems: list[str]
    trace: Trace
    hours: float
    lives: int
    deeds: int
    calls: int


def run(seed: int, *, outlook: bool = False) -> Result:
    """Run one seed to its end; with `outlook`, the calendars list their events as Microsoft's do."""
    with surroundings() as sink:
        world = World(seed, outlook=outlook)
        sink.trace = world.trace
        people = People(world)
        found: list[str] = []
        try:
            world.loop.run_until_complete(play(world, people))
        except Failed as failure:
            found = str(failure).splitlines()
        except Exception as error:  # noqa: BLE001 - whatever it was, the seed and its trace are wanted
            found = [f"the simulation itself failed: {error!r}"]
        found += [*sink.bugs, *world.loop.surprises]
        _end(world)
        return Result(
            seed, found, world.trace, world.loop.time() / 3600, world.lives, people.count, world.network.calls
        )


def _end(world: World) -> None:
    """Leave nothing behind that would complain later."""
    if world.daemon:
        world.daemon.process.end()
    tasks = asyncio.all_tasks(world.loop)
    for task in tasks:
        task.cancel()
    world.loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
    world.loop.close()
    world.conn.close()


class Sink:
    """Takes what the daemon logs into the trace; what it did not expect is a bug."""

    def __init__(self) -> None:
        self.trace: Trace | None = None
        self.bugs: dict[str, None] = {}

    def __call__(self, _: object, level: str, line: structlog.typing.EventDict) -> str:
        error = line.get("exc_info")
        said = " ".join(f"{name}={value}" for name, value in sorted(line.items()) if name != "event")
        if error is not None:
            self.bugs[f"unexpected in the daemon: {error!r} ({line.get('job')})"] = None
        if "this is a bug" in said:
            self.bugs[f"{line.get('job')}: it does not settle"] = None
        if self.trace is not None:
            self.trace("log", f"{level} {line.get('event')} {said}")
        raise structlog.DropEvent


@contextmanager
def surroundings() -> Iterator[Sink]:
    """Take in what the daemon logs, and let it nap for long; undo it afterwards."""
    sink = Sink()
    before = structlog.get_config()
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, sink], cache_logger_on_first_use=False
    )
    kept = worker.LONGEST_NAP
    worker.LONGEST_NAP = 300.0  # so that idle hours cost little
    try:
        yield sink
    finally:
        worker.LONGEST_NAP = kept
        structlog.configure(**before)
