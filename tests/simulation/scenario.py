"""One history: people act while everything goes wrong, then all is quiet, and what is left is judged."""

from __future__ import annotations

import asyncio
import random
from collections import Counter

from connectors.model import Conference
from tests.simulation import deeds, oracle, troubles
from tests.simulation.network import FAIR
from tests.simulation.people import People
from tests.simulation.process import SWEEP
from tests.simulation.story import KEYWORD, MARKER, OURS, Story, asked, link, source, without_keyword
from tests.simulation.world import CALENDARS, World

LONGEST_QUIET = 14 * 3600.0  # virtual seconds after the last fault, by which nothing may be owed
MOST_STEPS = 2_000_000
MOST_WRITES = 10  # to one event after the last thing that happened to it


class Failed(Exception):
    """An invariant does not hold."""


async def play(world: World, people: People) -> None:
    dice = world.dice("scenario")
    keeper = asyncio.create_task(troubles.keep_alive(world))
    for _ in range(dice.choice([1, 1, 2, 3])):
        await _move(world, people, dice)
        await _calm(world, people)
        if found := oracle.problems(world, people):
            raise Failed("\n".join(found))
        _next_round(people)
    keeper.cancel()


async def _move(world: World, people: People, dice: random.Random) -> None:
    """Let people act while the weather is what it is in this seed."""
    world.network.weather = world.rough
    world.trace("world", f"weather {world.rough}")
    world.network.sent = troubles.meddling(world, people)
    under_way = [asyncio.create_task(trouble(world, dice)) for trouble in troubles.ALL]
    pauses = dice.choice(
        [(0.5, 3.0), (1.0, 10.0, 40.0), (0.05, 3.0, 10.0, 40.0, 300.0), (40.0, 300.0, 1200.0)]
    )
    for _ in range(dice.randrange(6, 36)):
        await asyncio.sleep(dice.choice(pauses) * dice.uniform(0.5, 1.5))
        deeds.act(people)
    await asyncio.sleep(dice.choice([0.0, 5.0, 60.0]))
    for task in under_way:
        task.cancel()
    world.network.sent = lambda *_: None


async def _calm(world: World, people: People) -> None:
    """End all faults, and wait until nothing is owed; then nothing may happen any more."""
    world.network.weather = FAIR
    for story in people.living(lambda one: one.lost):
        deeds.retitle(people, story)
    world.trace("world", "calm")
    while not world.up():
        if world.loop.surprises:
            raise Failed("the daemon is gone")
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
    read = world.conn.execute(
        "SELECT count(*) FROM calendars WHERE synced_at > ?", (since + 120,)
    ).fetchone()[0]
    return world.up() and not owed and read == len(CALENDARS)


def _next_round(people: People) -> None:
    """Begin a round with what the last one has settled."""
    for story in people.stories:
        known = people.record(story)
        _settle_texts(people, story, known)
        story.steady, story.lost = True, False
        story.shown = [found] if (found := _working_link(people, story, known)) else []


def _settle_texts(people: People, story: Story, known: Conference | None) -> None:
    """Take for granted what was open: whether an opt-out was understood, what is left of damaged markers."""
    if (
        story.lost
        and known is None
        and story.item["mark"] is None
        and KEYWORD.search(story.item["location"]) is None
    ):
        story.texts["location"] = without_keyword(story.place)
    over = story.item.ends is not None and story.item.ends <= people.world.utc()
    if story.opted == "maybe" and not over:  # of what is over, nothing is decided until it lies ahead again
        declined = known is not None and (known.state, known.source) == ("declined", source(story))
        story.opted = "sure" if declined else ""
        place, _, word = known.source.partition(":") if known and known.state == "live" else ("", "", "")
        if place == "location" and word not in story.place:
            story.texts["location"] = f"{story.place} {word}".strip()
    if story.loose and story.item.alive and len(MARKER.findall(story.item["description"])) in {0, 2}:
        story.texts["description"] = OURS.sub("", story.item["description"])
        story.loose = False


def _working_link(people: People, story: Story, known: Conference | None) -> str:
    """Return the link that has to outlast the next round."""
    if not story.item.alive or known is None or (known.state, known.service) != ("live", asked(story)):
        return ""
    found = link(story.item)
    rooms = people.world.zoom.rooms.values()
    return "" if any(room.url == found and not room.alive for room in rooms) else found
