"""Daily allowances: what is granted, to whom, for how long; and facts."""

from __future__ import annotations

import pytest

from store import budgets

NOW = 1_800_000_000.0
TODAY, TOMORROW = "2027-01-15", "2027-01-16"


def spend(conn, host="ada", day=TODAY, limit=3, now=NOW):
    return budgets.spend(conn, "zoom", host, day, limit, now)


def test_as_many_are_granted_as_the_limit_says(conn):
    assert [spend(conn) for _ in range(5)] == [None, None, None, 0.0, 0.0]
    assert budgets.used(conn, TODAY) == {"zoom ada": 3}


@pytest.mark.parametrize("limit", [0, -5])
def test_nothing_is_granted_where_nothing_is_allowed(conn, limit):
    assert spend(conn, limit=limit) == 0.0
    assert budgets.used(conn, TODAY) == {}


def test_hosts_days_and_providers_have_allowances_of_their_own(conn):
    assert spend(conn, limit=1) is None
    assert spend(conn, limit=1, host="bob") is None
    assert spend(conn, limit=1, day=TOMORROW) is None
    assert budgets.spend(conn, "goto", "ada", TODAY, 1, NOW) is None
    assert spend(conn, limit=1) == 0.0
    assert budgets.used(conn, TODAY) == {"goto ada": 1, "zoom ada": 1, "zoom bob": 1}


def test_a_higher_limit_grants_what_a_lower_one_refused(conn):
    assert [spend(conn, limit=1), spend(conn, limit=1), spend(conn, limit=2)] == [None, 0.0, None]


@pytest.mark.parametrize("spent_before", [0, 2])
def test_what_the_provider_closed_stays_closed_until_it_said(conn, spent_before):
    for _ in range(spent_before):
        spend(conn)
    budgets.close(conn, "zoom", "ada", TODAY, NOW + 100)
    assert spend(conn) == NOW + 100
    assert spend(conn, host="bob") is None
    assert spend(conn, now=NOW + 99.9) == NOW + 100
    assert spend(conn, now=NOW + 100) is None
    assert budgets.used(conn, TODAY)["zoom ada"] == spent_before + 1


def test_the_providers_word_outlives_our_midnight(conn):
    """Its clock and ours need not agree on when the day ends."""
    budgets.close(conn, "zoom", "ada", TODAY, NOW + 100)
    assert spend(conn, day=TOMORROW) == NOW + 100
    assert spend(conn, day=TOMORROW, now=NOW + 100) is None
    assert spend(conn, day=TOMORROW, host="bob") is None


def test_the_latest_word_of_the_provider_counts(conn):
    budgets.close(conn, "zoom", "ada", TODAY, NOW + 100)
    budgets.close(conn, "zoom", "ada", TODAY, NOW + 50)
    assert spend(conn) == NOW + 50


def test_old_days_are_pruned(conn):
    spend(conn)
    spend(conn, day=TOMORROW)
    assert budgets.prune(conn, TOMORROW) == 1
    assert budgets.used(conn, TODAY) == {}
    assert budgets.used(conn, TOMORROW) == {"zoom ada": 1}


def test_a_fact_is_what_was_learnt_last(conn):
    assert budgets.known(conn, "capability") is None
    budgets.learn(conn, "capability", "yes")
    budgets.learn(conn, "capability", "no")
    assert budgets.known(conn, "capability") == "no"
