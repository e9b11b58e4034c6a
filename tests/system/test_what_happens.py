"""The README's tables "What happens when" are true: every cell is played against the simulated providers."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import product

import pytest

from tests.system import happenings, machine
from tests.system.happenings import ACTIONS, COLUMNS, HEADINGS, IMPOSSIBLE, IN_OWN_ACCOUNTS, PLAYED, WORDS
from tests.system.homes import HOMES, OUTLOOK, everywhere
from tests.system.huddled import secret
from tests.system.linking import give, linkable
from tests.system.stage import person, set_up

pytestmark = pytest.mark.system
GRACE, ZOE = "grace@example.com", "zoe@example.com"


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
    (home, asked, row[0]): cell
    for (_, *columns), *rows in TABLES.values()
    for row in rows
    for column, cell in zip(columns, row[1:], strict=True)
    for home, services in COLUMNS[column].items()
    for asked in services
}


@pytest.fixture(scope="module")
def settings(providers, tmp_path_factory):
    folder = tmp_path_factory.mktemp("secrets")
    keys = {name: secret(folder / name, f"sandbox-{name}-key") for name in ("jitsi", "whereby", "daily")}
    return {
        **linkable(folder, providers),
        "jitsi": {"secret_file": keys["jitsi"], "base_url": "https://jitsi.example.net"},
        "whereby": {"api_key_file": keys["whereby"], "api_base": f"{providers.url}/whereby/v1"},
        "daily": {"api_key_file": keys["daily"], "api_base": f"{providers.url}/daily/v1"},
    }


@pytest.fixture(scope="module")
def watched(providers, tmp_path_factory, settings, home):
    """Run a daemon with every service. Grace has linked accounts of her own, where she is known as Zoe."""
    made = set_up(tmp_path_factory.mktemp("huddled"), providers, home, **settings)
    person(providers, GRACE, home)
    providers.user(ZOE)
    people = [made.ada.email, made.bob.email, GRACE]
    if home == OUTLOOK:
        made.huddled.configure(microsoft={"users": people, "categories": {"Daily": "daily"}})
    else:
        made.huddled.configure(google={"subjects": people})
    try:
        made.huddled.start()
        made.watching(len(people))
        for provider in ("zoom", "goto", "webex"):
            give(made, provider, ZOE, GRACE)
        yield made
    finally:
        machine.end(made.huddled.process)
        providers("POST", "/reset", {})


def test_the_tables_tell_of_every_action_and_every_service():
    assert list(TABLES) == list(HEADINGS)
    for heading, columns in HEADINGS.items():
        assert TABLES[heading][0][1:] == columns
        assert [row[0] for row in TABLES[heading][1:]] == list(ACTIONS)
    assert set(PROMISED) == set(product(HOMES, PLAYED, ACTIONS))


def test_the_tables_use_few_words():
    cells = [cell for table in TABLES.values() for row in table[1:] for cell in row[1:]]
    assert {phrase for cell in cells for phrase in cell.split(", ")} == set(WORDS)


def test_a_table_calls_impossible_only_what_cannot_be_done_at_any_calendar_of_its_column():
    for column, homes in COLUMNS.items():
        for action in ACTIONS:
            promised = {PROMISED[home, asked, action] for home in homes for asked in homes[home]}
            possible = any(happenings.can_be_done(action, home) for home in homes)
            assert (promised == {IMPOSSIBLE}) == (not possible), (column, action)


@everywhere
@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("asked", PLAYED)
def test_what_the_readme_says_is_what_happens(watched, home, asked, action):
    if not happenings.can_be_done(action, home.name):
        pytest.skip("nobody has a way to do this")
    service, stage, account = home.service(asked), watched, watched.ada.email
    if asked in IN_OWN_ACCOUNTS:
        service, account = asked.removeprefix("linked "), ZOE
        stage = replace(watched, ada=replace(watched.ada, email=GRACE))
    assert happenings.happening(stage, action, service, account) == PROMISED[home.name, asked, action]
