"""Profiles: made once, and why they do not work."""

from __future__ import annotations

import pytest
from stored import ADA, NOW

from store import profiles


@pytest.fixture
def ada(conn):
    return profiles.ensure(conn, "google", ADA, "delegated", NOW)


def test_a_profile_is_made_once_and_keeps_what_it_has(conn, ada):
    profiles.save_secret(conn, ada, b"sealed")
    profiles.report(conn, ada, "revoked", NOW + 1)
    assert profiles.ensure(conn, "google", ADA, "user", NOW + 5) == ada
    (found,) = profiles.everyone(conn)
    assert (found.id, found.provider, found.address, found.mode) == (ada, "google", ADA, "user")
    assert (found.secret, found.trouble, found.since) == (b"sealed", "revoked", NOW + 1)


def test_the_same_account_has_the_same_id_everywhere(conn, ada):
    assert ada == profiles.profile_id("google", ADA)
    assert ada != profiles.profile_id("microsoft", ADA)
    assert profiles.get(conn, "pro_none") is None


def test_profiles_are_listed_in_order(conn, ada):
    profiles.ensure(conn, "google", "aaron@example.com", "user", NOW)
    assert [one.address for one in profiles.everyone(conn)] == ["aaron@example.com", ADA]


def test_trouble_is_news_when_it_comes_when_it_changes_and_when_it_goes(conn, ada):
    said = [
        profiles.report(conn, ada, trouble, NOW + number)
        for number, trouble in enumerate([None, "revoked", "revoked", "no longer allowed", None, None])
    ]
    assert said == [False, True, False, True, True, False]


def test_the_latest_reason_is_the_one_that_is_shown(conn, ada):
    profiles.report(conn, ada, "it is no longer in the configuration", NOW + 1)
    profiles.report(conn, ada, "its access was revoked", NOW + 2)
    found = profiles.get(conn, ada)
    assert (found.trouble, found.since) == ("its access was revoked", NOW + 2)
    assert profiles.count_disconnected(conn) == 1
    profiles.report(conn, ada, None, NOW + 3)
    assert (profiles.get(conn, ada).trouble, profiles.get(conn, ada).since) == (None, NOW + 3)
    assert profiles.count_disconnected(conn) == 0


def test_trouble_of_nobody_is_no_news(conn):
    assert not profiles.report(conn, "pro_none", "revoked", NOW)


def test_secrets_are_replaced_and_removed(conn, ada):
    for secret in (b"one", b"two", None):
        profiles.save_secret(conn, ada, secret)
        assert profiles.get(conn, ada).secret == secret
