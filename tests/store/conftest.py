"""A store of its own for every test, and builders that the tests share without being a package."""

import sys
from contextlib import closing
from pathlib import Path

import pytest

from store.db import SqliteStore, open_file

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "huddled.db"


@pytest.fixture
def conn():
    """A store in memory, with the schema of this program."""
    with closing(open_file(":memory:")) as opened:
        yield opened


@pytest.fixture
async def store(path):
    opened = SqliteStore(str(path))
    yield opened
    opened.close()
