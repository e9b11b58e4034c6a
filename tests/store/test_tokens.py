"""Tokens of applications, as the store keeps them."""

from __future__ import annotations

import pytest

from store import tokens
from store.db import open_file
from store.tokens import Token

NOW, ADA = 1_800_000_000.0, "ada@example.com"


@pytest.fixture
def conn():
    opened = open_file(":memory:")
    yield opened
    opened.close()


def mint(conn, secret, kind, expires):
    tokens.mint(conn, secret, Token(kind, "pair", "ours", ADA, "read_events", expires), NOW)


@pytest.mark.parametrize(("kind", "expires"), [("access", NOW + 10), ("refresh", None)])
def test_an_application_is_left_with_something_while_a_token_of_either_kind_is_good(conn, kind, expires):
    mint(conn, "s", kind, expires)
    assert tokens.any_left(conn, "ours", ADA, NOW)
    assert not tokens.any_left(conn, "theirs", ADA, NOW)
    assert not tokens.any_left(conn, "ours", "bob@example.com", NOW)
    assert tokens.any_left(conn, "ours", ADA, NOW + 10) == (expires is None)


def test_a_token_ends_at_its_time_and_not_later(conn):
    mint(conn, "s", "access", NOW + 10)
    assert tokens.find(conn, "s", NOW + 9.9) is not None
    assert tokens.find(conn, "s", NOW + 10) is None
