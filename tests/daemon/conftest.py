"""A real store for the loops, and the builders of the tests of the store and the doorbells."""

import sys
from pathlib import Path

import pytest

from store.db import SqliteStore

for room in ("daemon", "store", "webhooks"):
    sys.path.insert(0, str(Path(__file__).parents[1] / room))


@pytest.fixture
def store(tmp_path):
    opened = SqliteStore(str(tmp_path / "huddled.db"))
    yield opened
    opened.close()
