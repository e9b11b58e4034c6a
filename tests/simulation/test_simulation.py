"""A few hundred seeds at every run of the tests; `make simulate SEEDS=10000` for more."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation.run import run

ROOT = Path(__file__).resolve().parents[2]
SEEDS = 240
OUTLOOK_SEEDS = 120
SHARD = 12

pytestmark = pytest.mark.simulation


@pytest.mark.parametrize("first", range(0, SEEDS, SHARD))
def test_everything_ends_as_people_meant_it_whatever_goes_wrong_on_the_way(first):
    failed = {}
    for seed in range(first, first + SHARD):
        result = run(seed)
        if result.problems:
            sys.stdout.write(f"{result.trace.text()}\n")
            failed[f"python -m tests.simulation --seed {seed} --trace"] = result.problems
    assert not failed


@pytest.mark.parametrize("first", range(0, OUTLOOK_SEEDS, SHARD))
def test_so_it_does_where_calendars_tell_less(first):
    failed = {}
    for seed in range(first, first + SHARD):
        result = run(seed, outlook=True)
        if result.problems:
            sys.stdout.write(f"{result.trace.text()}\n")
            failed[f"python -m tests.simulation --outlook --seed {seed} --trace"] = result.problems
    assert not failed


@pytest.mark.parametrize("seed", [3, 17, 58])
def test_a_seed_replays_exactly(seed):
    once, again = run(seed), run(seed)
    assert once.trace.text() == again.trace.text()
    assert once.calls > 0


def test_two_seeds_are_two_histories():
    assert run(3).trace.digest() != run(4).trace.digest()


@pytest.mark.parametrize("hash_seed", ["1", "4242"])
def test_a_seed_replays_exactly_in_another_process(hash_seed):
    program = "from tests.simulation.run import run; print(run(17).trace.digest())"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == run(17).trace.digest()
