"""The README's table "What happens when" is true: every cell of it is played against the simulated providers."""

from __future__ import annotations

import re

import pytest

from tests.system import happenings, machine
from tests.system.happenings import ACTIONS, SERVICES, WORDS

pytestmark = pytest.mark.system


def table() -> list[list[str]]:
    """Return the rows of the table, the heading first."""
    readme = (machine.ROOT / "README.md").read_text()
    _, _, section = readme.partition("\n## What happens when\n")
    rows = re.findall(r"^\|(.*)\|$", section.partition("\n## ")[0], re.MULTILINE)
    cells = [[cell.strip() for cell in row.split("|")] for row in rows]
    return [row for row in cells if not set(row[0]) <= {"-", ":"}]


HEADING, *ROWS = table()
CELLS = [
    pytest.param(row[0], SERVICES[provider], cell, id=f"{provider}: {row[0]}")
    for row in ROWS
    for provider, cell in zip(HEADING[1:], row[1:], strict=True)
]


@pytest.fixture(scope="module")
def watched(shared):
    shared.watching(2)
    return shared


def test_the_table_tells_of_every_action_and_every_provider():
    assert [row[0] for row in ROWS] == list(ACTIONS)
    assert HEADING[1:] == list(SERVICES)


def test_the_table_uses_few_words():
    said = {phrase for row in ROWS for cell in row[1:] for phrase in cell.split(", ")}
    assert said == set(WORDS)


@pytest.mark.parametrize(("action", "service", "promised"), CELLS)
def test_what_the_readme_says_is_what_happens(watched, action, service, promised):
    assert happenings.happening(watched, action, service) == promised
