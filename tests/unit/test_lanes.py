"""A lane that hangs sends away those who wait, and one that moves nobody. Time is the loop's own and only jumps."""

from __future__ import annotations

import asyncio
from contextlib import closing
from itertools import pairwise

import pytest

from connectors.errors import Transient
from connectors.lanes import CROWD, PATIENCE, Lanes, Limits
from tests.simulation.loop import VirtualLoop

EACH = 4
WORKERS = 16
STAYING = CROWD * EACH


def played(story):
    """Tell a story in which hours pass in no time."""
    with closing(VirtualLoop()) as loop:
        return loop.run_until_complete(asyncio.wait_for(story, 1e6))


async def call(lanes, seconds, lane="ada"):
    """Make a call; tell when it ended, by the loop's clock, or the refusal."""
    loop = asyncio.get_running_loop()
    try:
        async with lanes.turn("p", lane):
            await asyncio.sleep(seconds)
    except Transient as error:
        return loop.time(), error
    return loop.time(), None


async def calls(lanes, count, seconds, lane="ada"):
    return await asyncio.gather(*(call(lanes, seconds, lane) for _ in range(count)))


def refused(ended):
    return [error for _, error in ended if error is not None]


def test_a_lane_that_hangs_does_not_hold_all_who_work():
    async def story():
        lanes = Lanes({"p": Limits(concurrent=EACH)})
        return await calls(lanes, WORKERS, 3600.0)

    ended = played(story())
    sent_away = [at for at, error in ended if error]
    assert len(sent_away) == WORKERS - STAYING
    assert all(PATIENCE <= at <= PATIENCE + 1 for at in sent_away)


def test_those_who_are_sent_away_were_not_sent_and_do_not_come_back_together():
    async def story():
        return await calls(Lanes({"p": Limits(concurrent=EACH)}), WORKERS, 3600.0)

    errors = refused(played(story()))
    waits = sorted(error.retry_after for error in errors)
    assert {(error.reason, error.provider) for error in errors} == {("not_sent", "p")}
    assert waits[0] >= 1
    assert waits[-1] <= 2
    assert min(after - before for before, after in pairwise(waits)) > 0.05


def test_who_comes_to_a_lane_that_hangs_is_sent_away_at_once_and_others_are_not():
    async def story():
        lanes = Lanes({"p": Limits(concurrent=EACH)})
        hung = asyncio.create_task(calls(lanes, WORKERS, 3600.0))
        await asyncio.sleep(60)
        late = await call(lanes, 1.0)
        other = await call(lanes, 1.0, "bob")
        hung.cancel()
        return late, other

    (at, error), other = played(story())
    assert error is not None
    assert at == pytest.approx(60, abs=0.01)
    assert other == (pytest.approx(61, abs=0.01), None)


@pytest.mark.parametrize("seconds", [0.0, 0.02, 1.0, 4.9])
def test_a_burst_in_a_lane_that_moves_is_served_to_the_last(seconds):
    async def story():
        return await calls(Lanes({"p": Limits(concurrent=EACH)}), 10 * WORKERS, seconds)

    ended = played(story())
    assert not refused(ended)
    assert ended[-1][0] == pytest.approx(seconds * 10 * WORKERS / EACH, abs=0.01)


def test_a_burst_that_waits_for_its_rate_is_served_to_the_last():
    async def story():
        return await calls(Lanes({"p": Limits(concurrent=EACH, rate=2.0)}), 4 * WORKERS, 0.1)

    assert not refused(played(story()))


def test_one_slow_call_does_not_make_a_lane_stuck():
    async def story():
        lanes = Lanes({"p": Limits(concurrent=EACH)})
        slow = asyncio.create_task(call(lanes, 60.0))
        await asyncio.sleep(30)
        ended = await calls(lanes, WORKERS, 1.0)
        await slow
        return ended

    assert not refused(played(story()))


def test_a_lane_that_hung_is_good_again_when_it_moves():
    async def story():
        lanes = Lanes({"p": Limits(concurrent=EACH)})
        hung = asyncio.create_task(calls(lanes, WORKERS, 20.0))
        await asyncio.sleep(20.5)
        burst = await calls(lanes, WORKERS, 0.1)
        await hung
        again = await calls(lanes, WORKERS, 0.1)
        return burst, again

    burst, again = played(story())
    assert len(refused(burst)) == WORKERS - EACH
    assert not refused(again)
