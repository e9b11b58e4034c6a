"""The simulation is worth its time only if it finds bugs: these are planted, and each has to be found."""

from __future__ import annotations

import pytest

from tests.simulation.plants import PLANTS, hunt

pytestmark = pytest.mark.simulation


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.name.replace(" ", "-"))
def test_a_planted_bug_is_found(plant, record_property):
    found = hunt(plant, plant.first)
    record_property("seed", found.seed)
    assert found.seed is not None, f"{found.tried} seeds did not show it"


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.name.replace(" ", "-"))
def test_a_planted_bug_is_gone_afterwards(plant):
    change = plant.changes[0]
    sound = getattr(change.owner, change.attribute)
    with plant.planted():
        assert getattr(change.owner, change.attribute) is not sound
    assert getattr(change.owner, change.attribute) is sound
