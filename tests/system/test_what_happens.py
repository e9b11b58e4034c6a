"""The README's tables "What happens when" are true: every cell is played against the simulated providers."""

from __future__ import annotations

import re

import pytest

from tests.system import happenings, machine
from tests.system.happenings import ACTIONS, HEADINGS, SERVICES, WORDS
from tests.system.homes import everywhere

pytestmark = pytest.mark.system


def tables() -> dict[str, list[list[str]]]:
    """Return the rows of each table by the heading above it, the row of services first."""
    readme = (machine.ROOT / "README.md").read_text()
    _, _, section = readme.partition("\n## What happens when\n")
    parts = section.partition("\n## ")[0].split("\n### ")[1:]
    return {part.partition("\n")[0]: _rows(part) for part in parts}


def _rows(text: str) -> list[list[str]]:
    rows = re.findall(r"^\|(.*)\|$", text, re.MULTILINE)
    cells = [[cell.strip() for cell in row.split("|")] for row in rows]
    return [row for row in cells if not set(row[0]) <= {"-", ":"}]


TABLES = tables()
PROMISED = {
    (home.name, row[0], SERVICES[service]): cell
    for heading, (home, _) in HEADINGS.items()
    for (_, *services), *rows in [TABLES[heading]]
    for row in rows
    for service, cell in zip(services, row[1:], strict=True)
}


@pytest.fixture(scope="module")
def watched(shared):
    shared.watching(2)
    return shared


def test_the_tables_tell_of_every_action_and_every_service():
    assert list(TABLES) == list(HEADINGS)
    for heading, (_, services) in HEADINGS.items():
        assert TABLES[heading][0][1:] == services
        assert [row[0] for row in TABLES[heading][1:]] == list(ACTIONS)


def test_the_tables_use_few_words():
    cells = [cell for table in TABLES.values() for row in table[1:] for cell in row[1:]]
    assert {phrase for cell in cells for phrase in cell.split(", ")} == set(WORDS)


@everywhere
@pytest.mark.parametrize("action", ACTIONS)
def test_what_the_readme_says_is_what_happens(watched, home, service, action):
    assert happenings.happening(watched, action, service) == PROMISED[home.name, action, service]
