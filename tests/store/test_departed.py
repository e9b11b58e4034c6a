"""Occurrences that are off, and what was managed and is gone."""

from __future__ import annotations

import pytest
from stored import ADA, NOW, at, event, furnish

from connectors.model import Draft
from store import departed, events, managed
from store.managed import Managed, Wish

RULE = ("RRULE:FREQ=WEEKLY",)
OFF = "s_20270122T080000Z"


def off(conn):
    return [row["event"] for row in conn.execute("SELECT event FROM cancelled")]


@pytest.fixture
def calendar(conn):
    return furnish(conn)


@pytest.fixture
def series(conn, calendar):
    events.save_listed(conn, calendar, event("s", recurrence=RULE, ends=None), NOW)
    departed.cancel(conn, calendar, "s", OFF, NOW + 1)
    return calendar


def test_a_cancelled_occurrence_is_kept_with_its_series_and_makes_it_new(conn, series):
    departed.cancel(conn, series, "s", OFF, NOW + 2)
    assert off(conn) == [OFF]
    assert conn.execute("SELECT changed_at FROM events").fetchone()["changed_at"] == NOW + 1
    events.forget(conn, series, "s")
    assert off(conn) == []


def test_of_no_series_that_is_known_nothing_is_kept(conn, calendar):
    departed.cancel(conn, calendar, "s", OFF, NOW)
    assert off(conn) == []


def test_an_id_that_does_not_say_when_is_not_kept(conn, series):
    departed.cancel(conn, series, "s", "AAMkAD=", NOW)
    assert off(conn) == [OFF]


def test_an_occurrence_that_is_back_is_not_off(conn, series):
    events.save_listed(conn, series, event(OFF, series="s"), NOW + 3)
    assert off(conn) == []


def test_where_all_are_told_the_others_are_back(conn, series):
    departed.cancel(conn, series, "s", "s_20270129", NOW)
    departed.keep_cancelled(conn, series, "s", ["s_20270129"])
    assert off(conn) == ["s_20270129"]


def test_what_was_managed_keeps_its_name_when_it_is_gone(conn, calendar):
    events.save_listed(conn, calendar, event(), NOW)
    wish = Wish(Draft("Review", at(NOW), at(NOW + 3600)))
    wanted = Managed.wanted(managed.fresh_name(), "app", ADA, calendar, "mine", "e1", wish, NOW)
    managed.upsert(conn, wanted, NOW + 3600, NOW)
    events.forget(conn, calendar, "e1", NOW + 1)
    (row,) = conn.execute("SELECT application, event_id, starts FROM departed")
    assert tuple(row) == ("app", "mine", event().start.timestamp())
