"""What every contract test stands on: a sandbox of its own, on a free port, and the one HTTP client."""

from __future__ import annotations

import pytest

from connectors.http import connect
from sandbox.app import serve
from sandbox.state import World

pytest.register_assert_rewrite("tests.contract.calendar", "tests.contract.meetings", "tests.contract.putting")


@pytest.fixture
async def sandbox():
    """Serve a fresh world; `sandbox.url` is its address, `sandbox.world` is open to the test."""
    async with serve(World(seed=7)) as running:
        yield running


@pytest.fixture
async def http():
    """Open the client that the connectors send through."""
    async with connect() as client:
        yield client


@pytest.fixture
def now(sandbox):
    """Give the clock of the world: `sandbox.world.clock` moves it."""
    return sandbox.world.now
