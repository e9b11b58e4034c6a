"""Conferencing profiles, as the store keeps them."""

from __future__ import annotations

import pytest

from store import linked
from store.db import open_file
from store.linked import Credential

NOW, ADA = 1_800_000_000.0, "ada@example.com"


@pytest.fixture
def conn():
    opened = open_file(":memory:")
    yield opened
    opened.close()


def link(conn, person, now=NOW):
    name = linked.credential_id("zoom", "app", person)
    return linked.link(conn, ADA, person, Credential(name, "zoom", "app", person, b"x", "", now, None), now)[
        0
    ]


def test_the_default_is_the_chosen_account_else_the_one_linked_last(conn):
    one, two = link(conn, "one"), link(conn, "two", NOW + 1)
    assert [own.id for own in linked.of_account(conn, ADA)] == [two, one]
    linked.choose(conn, ADA, one)
    assert [own.id for own in linked.of_account(conn, ADA)] == [one, two]
    linked.choose(conn, ADA, "")
    link(conn, "one", NOW + 2)
    assert [own.id for own in linked.of_account(conn, ADA)] == [one, two]


def test_an_account_that_works_has_worked_since_it_first_did(conn):
    own = link(conn, "one")
    link(conn, "one", NOW + 1)
    assert linked.get(conn, own).since == NOW
    linked.report(conn, linked.credential_id("zoom", "app", "one"), "revoked", NOW + 2)
    link(conn, "one", NOW + 3)
    assert (linked.get(conn, own).since, linked.get(conn, own).trouble) == (NOW + 3, None)
