"""What befalls the daemon from outside the network: death, suspension, lost accounts, people who meddle."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from contextvars import Context

from store.errors import StoreSick
from tests.simulation import deeds
from tests.simulation.network import FAIR
from tests.simulation.people import People
from tests.simulation.world import ADA, BOB, CALENDARS, World


async def keep_alive(world: World) -> None:
    """Start the daemon whenever it has died, after a while."""
    dice = world.dice("keeper")
    while True:
        daemon = world.born()
        world.trace("daemon", f"{daemon.process.name} begins")
        (ended,), _ = await asyncio.wait([asyncio.create_task(daemon.run())])
        if not ended.cancelled() and ended.exception() is not None:
            world.trace("daemon", f"ends: {ended.exception()!r}")
            if not isinstance(ended.exception(), StoreSick):
                world.loop.surprises.append(f"the daemon ended: {ended.exception()!r}")
                return
        daemon.process.end()
        away = dice.choice([1.0, 5.0, 20.0, 90.0])
        if world.network.weather is not FAIR and dice.random() < 0.03:
            away = 86_400.0 * dice.uniform(0.5, 3)
        await asyncio.sleep(away)


def meddling(world: World, people: People) -> Callable[[str, float], None]:
    """Have people change events that the daemon is calling about, before or after the call has its effect."""
    dice = world.dice("meddling")
    often, left = dice.choice([0.0, 0.1, 0.3, 0.7]), [20]

    suspended = dice.choice([0.0, 0.0, 0.02, 0.06])

    def sent(about: str, seconds: float) -> None:
        if dice.random() < suspended:
            world.loop.call_later(dice.uniform(0.0, seconds), _suspend, world, dice, context=Context())
        if left[0] and dice.random() < often:
            left[0] -= 1
            world.loop.call_later(
                dice.uniform(0.0, 1.3 * seconds), deeds.meddle, people, about, context=Context()
            )

    return sent


async def kill(world: World, dice: random.Random) -> None:
    """Kill the daemon at any moment."""
    pause = dice.choice([None, 60.0, 600.0])
    while pause:
        await asyncio.sleep(dice.expovariate(1 / pause))
        if world.daemon and world.daemon.process.alive:
            world.trace("daemon", "is killed")
            world.daemon.process.end()


async def freeze(world: World, dice: random.Random) -> None:
    """Suspend the daemon for longer than its leases last, now and then."""
    pause = dice.choice([None, None, 300.0])
    while pause:
        await asyncio.sleep(dice.expovariate(1 / pause))
        _suspend(world, dice)


def _suspend(world: World, dice: random.Random) -> None:
    if world.daemon and world.daemon.process.alive and not world.daemon.process.frozen:
        seconds = world.settings.lease * dice.uniform(0.5, 2.5)
        world.trace("daemon", f"is frozen for {seconds:.1f} s")
        world.loop.freeze(world.daemon.process, seconds)


async def expire(world: World, dice: random.Random) -> None:
    """Make cursors too old."""
    pause = dice.choice([None, 900.0])
    while pause:
        await asyncio.sleep(dice.expovariate(1 / pause))
        remote = dice.choice(CALENDARS).remote
        world.calendars.oldest[remote] = world.calendars.clock + 1
        world.trace("world", f"cursors of {remote} expire")


async def revoke(world: World, dice: random.Random) -> None:
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


ALL = (kill, freeze, expire, revoke)
