"""One seed from its beginning to its judgement."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import Context
from dataclasses import dataclass
from uuid import UUID

import structlog

from daemon import subscriptions, worker
from tests.simulation import deeds, oracle
from tests.simulation.network import FAIR
from tests.simulation.people import People
from tests.simulation.process import SWEEP
from tests.simulation.story import KEYWORD, without_keyword
from tests.simulation.trace import Trace
from tests.simulation.world import ADA, BOB, CALENDARS, World

LONGEST_QUIET = 14 * 3600.0  # virtual seconds after the last fault, by which nothing may be owed
MOST_STEPS = 2_000_000
MOST_WRITES = 10  # to one event after the last thing that happened to it


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


class Failed(Exception):
    """An invariant does not hold."""


def run(seed: int) -> Result:
    """Run one seed to its end."""
    with surroundings(seed) as sink:
        world = World(seed)
        sink.trace = world.trace
        people = People(world)
        found: list[str] = []
        try:
            world.loop.run_until_complete(_scenario(world, people))
        except Failed as failure:
            found = str(failure).splitlines()
        except Exception as error:  # noqa: BLE001 - whatever it was, the seed and its trace are wanted
            found = [f"the simulation itself failed: {error!r}"]
        found += [*sink.bugs] + world.loop.surprises
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
        said = " ".join(f"{name}={value}" for name, value in line.items() if name != "event")
        if error is not None:
            self.bugs[f"unexpected in the daemon: {error!r} ({line.get('job')})"] = None
        if "this is a bug" in said:
            self.bugs[f"{line.get('job')}: it does not settle"] = None
        if self.trace is not None:
            self.trace("log", f"{level} {line.get('event')} {said}")
        raise structlog.DropEvent


@contextmanager
def surroundings(seed: int) -> Iterator[Sink]:
    """Give the daemon's modules logs, names and naps that come from the seed; undo it afterwards."""
    sink, dice = Sink(), random.Random(f"{seed} names")
    before = structlog.get_config()
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, sink], cache_logger_on_first_use=False
    )
    kept = subscriptions.uuid, subscriptions.secrets, worker.LONGEST_NAP
    subscriptions.uuid = _Names(dice)  # type: ignore[assignment]
    subscriptions.secrets = _Names(dice)  # type: ignore[assignment]
    worker.LONGEST_NAP = 300.0  # so that idle hours cost little
    try:
        yield sink
    finally:
        subscriptions.uuid, subscriptions.secrets, worker.LONGEST_NAP = kept
        structlog.configure(**before)


class _Names:
    """Stands in for the modules `uuid` and `secrets`."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice

    def uuid4(self) -> UUID:
        return UUID(int=self._dice.getrandbits(128), version=4)

    def token_urlsafe(self, size: int) -> str:
        return f"{self._dice.getrandbits(8 * size):x}"


async def _scenario(world: World, people: People) -> None:
    dice = world.dice("scenario")
    keeper = asyncio.create_task(_keep_alive(world))
    for _ in range(dice.choice([1, 1, 2, 3])):
        await _move(world, people, dice)
        await _calm(world, people)
        if found := oracle.problems(world, people):
            raise Failed("\n".join(found))
        _next_round(people)
    keeper.cancel()


async def _keep_alive(world: World) -> None:
    """Start the daemon whenever it has died, after a while."""
    dice = world.dice("keeper")
    while True:
        daemon = world.born()
        world.trace("daemon", f"{daemon.process.name} begins")
        (ended,), _ = await asyncio.wait([asyncio.create_task(daemon.run())])
        if not ended.cancelled() and ended.exception() is not None:
            world.trace("daemon", f"ends: {ended.exception()!r}")
        daemon.process.end()
        away = dice.choice([1.0, 5.0, 20.0, 90.0])
        if world.network.weather is not FAIR and dice.random() < 0.03:
            away = 86_400.0 * dice.uniform(0.5, 3)
        await asyncio.sleep(away)


async def _move(world: World, people: People, dice: random.Random) -> None:
    """Let people act while the weather is what it is in this seed."""
    world.network.weather = world.rough
    world.trace("world", f"weather {world.rough}")
    world.network.sent = _meddling(world, people)
    troubles = [asyncio.create_task(trouble(world, dice)) for trouble in (_kill, _freeze, _expire, _revoke)]
    pauses = dice.choice([(0.5, 3.0), (1.0, 10.0, 40.0), (0.05, 3.0, 10.0, 40.0, 300.0), (40.0, 300.0, 1200.0)])
    for _ in range(dice.randrange(6, 36)):
        await asyncio.sleep(dice.choice(pauses) * dice.uniform(0.5, 1.5))
        deeds.act(people)
    await asyncio.sleep(dice.choice([0.0, 5.0, 60.0]))
    for task in troubles:
        task.cancel()
    world.network.sent = lambda *_: None


def _meddling(world: World, people: People) -> Callable[[str, float], None]:
    """Have people change events that the daemon is calling about, before or after the call has its effect."""
    dice = world.dice("meddling")
    often, left = dice.choice([0.0, 0.1, 0.3, 0.7]), [20]

    def sent(about: str, seconds: float) -> None:
        if left[0] and dice.random() < often:
            left[0] -= 1
            world.loop.call_later(dice.uniform(0.0, 1.3 * seconds), deeds.meddle, people, about, context=Context())

    return sent


async def _kill(world: World, dice: random.Random) -> None:
    """Kill the daemon at any moment."""
    pause = dice.choice([None, 60.0, 600.0])
    while pause:
        await asyncio.sleep(dice.expovariate(1 / pause))
        if world.daemon and world.daemon.process.alive:
            world.trace("daemon", "is killed")
            world.daemon.process.end()


async def _freeze(world: World, dice: random.Random) -> None:
    """Suspend the daemon for longer than its leases last, now and then."""
    pause = dice.choice([None, None, 300.0])
    while pause:
        await asyncio.sleep(dice.expovariate(1 / pause))
        if world.daemon and world.daemon.process.alive and not world.daemon.process.frozen:
            seconds = world.settings.lease * dice.uniform(0.5, 2.5)
            world.trace("daemon", f"is frozen for {seconds:.1f} s")
            world.loop.freeze(world.daemon.process, seconds)


async def _expire(world: World, dice: random.Random) -> None:
    """Make cursors too old."""
    pause = dice.choice([None, 900.0])
    while pause:
        await asyncio.sleep(dice.expovariate(1 / pause))
        remote = dice.choice(CALENDARS).remote
        world.calendars.oldest[remote] = world.calendars.clock + 1
        world.trace("world", f"cursors of {remote} expire")


async def _revoke(world: World, dice: random.Random) -> None:
    """Disconnect an account for some minutes."""
    if dice.random() < 0.85:
        return
    await asyncio.sleep(dice.uniform(10, 2000))
    who = dice.choice([ADA, BOB])
    world.trace("world", f"{who} is disconnected")
    world.network.revoked.add(who)
    try:
        await asyncio.sleep(dice.uniform(10, 3000))
    finally:
        world.trace("world", f"{who} is connected again")
        world.network.revoked.discard(who)


async def _calm(world: World, people: People) -> None:
    """End all faults, and wait until nothing is owed; then nothing may happen any more."""
    world.network.weather = FAIR
    for story in people.living(lambda one: one.lost):
        deeds.retitle(people, story)
    world.trace("world", "calm")
    while not world.up():
        await asyncio.sleep(60.0)
    began, since, steps = world.loop.time(), world.now(), world.loop.steps
    first = len(world.writes)
    while not _quiet(world, since):
        await asyncio.sleep(60.0)
        if world.loop.time() > began + LONGEST_QUIET or world.loop.steps > steps + MOST_STEPS:
            rows = [dict(row) for row in world.conn.execute("SELECT * FROM work WHERE due_at IS NOT NULL")]
            raise Failed(f"it does not come to rest: {rows}")
    counts = Counter(write.item.name for write in world.writes[first:])
    if busy := {name: count for name, count in counts.items() if count > MOST_WRITES}:
        raise Failed(f"too many writes after the last change: {busy}")
    before = len(world.writes)
    await asyncio.sleep(2.5 * SWEEP)
    while _busy(world):
        await asyncio.sleep(0.5)
    if after := world.writes[before:]:
        raise Failed(f"writes although nothing happened: {[(one.item.name, one.what) for one in after]}")


def _busy(world: World) -> bool:
    """Whether something is being looked at just now."""
    sql = "SELECT count(*) FROM work WHERE owner IS NOT NULL OR due_at <= ?"
    return bool(world.conn.execute(sql, (world.now(),)).fetchone()[0])


def _quiet(world: World, since: float) -> bool:
    """Whether every calendar has been read since, and no work is due within the next hours."""
    soon = world.now() + 3 * SWEEP  # what waits for the window to reach an event may wait for longer
    owed = world.conn.execute(
        "SELECT count(*) FROM work WHERE owner IS NOT NULL OR error IS NOT NULL AND due_at IS NOT NULL OR due_at <= ?",
        (soon,),
    ).fetchone()[0]
    read = world.conn.execute("SELECT count(*) FROM calendars WHERE synced_at > ?", (since + 120,)).fetchone()[0]
    return world.up() and not owed and read == len(CALENDARS)


def _next_round(people: People) -> None:
    """Begin a round with what the last one has settled."""
    for story in people.stories:
        known = people.record(story)
        if story.lost and known is None and KEYWORD.search(story.item["location"]) is None:
            story.texts["location"] = without_keyword(story.place)
        story.steady, story.lost = True, False
        if story.opted == "maybe":
            story.opted = "sure" if known and known.state == "declined" else ""
            if known and known.state == "live" and known.source.startswith("location:") and not story.opted:
                word = known.source.partition("@")[2]
                story.texts["location"] = f"{story.place} @{word}".strip() if f"@{word}" not in story.place else story.place
        found = oracle.link(story.item) if story.item.alive else ""
        story.shown = [found] if found else []
        if story.loose and story.item.alive:
            story.texts["description"] = oracle.OURS.sub("", story.item["description"])
            story.loose = False
