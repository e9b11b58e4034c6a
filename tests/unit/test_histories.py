"""Thousands of random histories end with exactly the wanted meeting. See `histories.py`."""

from random import Random

import pytest
from histories import LINK, World

BATCH = 500


@pytest.mark.parametrize("first", range(0, 4000, BATCH))
def test_every_history_ends_with_exactly_the_wanted_meeting(first):
    for seed in range(first, first + BATCH):
        world = World(Random(seed))
        try:
            world.live(25)
            world.rest()
            world.judge_end()
        except BaseException as error:
            told = "\n".join(world.trace[-40:])
            raise AssertionError(f"seed {seed}: {error}\n{told}\n{world.known}\n{world.truth}") from error


@pytest.mark.parametrize("first", range(0, 1000, BATCH))
def test_after_one_human_change_there_are_at_most_two_writes(first):
    for seed in range(first, first + BATCH):
        world = World(Random(seed))
        world.live(15)
        world.rest()
        world.writes = 0
        world.person()
        world.rest()
        assert world.writes <= 2, f"seed {seed}: {world.trace[-10:]}"
        world.writes = 0
        world.rest()
        assert world.writes == 0, f"seed {seed}"


@pytest.mark.parametrize("first", range(0, 1000, BATCH))
def test_the_link_survives_every_reschedule(first):
    for seed in range(first, first + BATCH):
        world = World(Random(seed))
        world.live(15)
        world.rest()
        before = world.known.meeting if world.known else None
        standing = before is not None and int(before.id) in world.provider.meetings
        for change in (world.move, world.guests, world.edit_text, world.move):
            change()
            world.mortal = True
            world.live(0)
        world.rest()
        if standing and world.known and world.known.meeting:
            assert world.known.meeting.join_url == before.join_url, f"seed {seed}"


def test_an_opt_out_sticks_through_anything_that_does_not_ask_anew():
    for seed in range(300):
        world = World(Random(seed))
        world.change(title="@zoom Review")
        world.rest()
        world.take_off()
        world.rest()
        for change in (world.move, world.guests, world.edit_text):
            change()
            world.rest()
        assert not world.provider.meetings, f"seed {seed}"
        world.change(title="Review")
        world.rest()
        world.change(title="@zoom Review")
        world.rest()
        assert len(world.provider.meetings) == 1, f"seed {seed}"


def test_somebody_elses_link_keeps_a_meeting_away_whatever_happens():
    for seed in range(300):
        world = World(Random(seed))
        world.add_link = lambda: None  # nobody takes it away again
        world.describe(f"{LINK} {world.truth.description}")
        world.live(25)
        world.rest()
        assert world.provider.next_id == 1, f"seed {seed}: a meeting was made"
