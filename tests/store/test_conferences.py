"""Which event has which meeting, and the history of how it came to be."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

import pytest
from stored import ADA, NOW, conference, event, furnish

from connectors.model import Meeting
from store import calendars, conferences, events
from store.conferences import Fact


@pytest.fixture
def calendar(conn):
    return furnish(conn)


def test_what_is_saved_is_found_and_what_is_forgotten_is_not(conn, calendar):
    assert conferences.get(conn, calendar, "e1") is None
    conferences.save(conn, calendar, "e1", conference(), NOW)
    assert conferences.get(conn, calendar, "e1") == conference()
    changed = replace(conference(), state="leaving", by_hand=True)
    conferences.save(conn, calendar, "e1", changed, NOW + 1)
    assert conferences.get(conn, calendar, "e1") == changed
    assert conferences.states(conn) == {"leaving": 1}
    conferences.forget(conn, calendar, "e1")
    assert conferences.get(conn, calendar, "e1") is None


def test_an_event_may_get_a_conference_with_another_key(conn, calendar):
    conferences.save(conn, calendar, "e1", conference("hd1"), NOW)
    conferences.save(conn, calendar, "e1", conference("hd2"), NOW)
    assert conferences.get(conn, calendar, "e1").key == "hd2"
    assert not conferences.key_is_taken(conn, "hd1", calendar, "e9")


def test_no_two_events_have_the_same_conference(conn, calendar):
    conferences.save(conn, calendar, "e1", conference("hd1"), NOW)
    with pytest.raises(sqlite3.IntegrityError):
        conferences.save(conn, calendar, "e2", conference("hd1"), NOW)


@pytest.mark.parametrize(
    ("key", "of", "taken"),
    [
        ("hd1", ("cal", "e1"), False),
        ("hd1", ("cal", "e2"), True),
        ("hd1", ("other", "e1"), True),
        ("hd9", ("cal", "e2"), False),
    ],
)
def test_a_key_is_taken_by_another_event_or_it_is_not(conn, key, of, taken):
    conferences.save(conn, "cal", "e1", conference("hd1"), NOW)
    assert conferences.key_is_taken(conn, key, *of) is taken


@pytest.mark.parametrize(
    ("state", "watched", "held"),
    [
        ("live", True, True),
        ("live", False, False),
        ("reserved", False, False),
        ("leaving", True, True),
        ("leaving", False, True),
        ("declined", True, False),
    ],
)
def test_a_calendar_that_nobody_looks_after_holds_no_key_against_another_that_has_the_event(
    conn, calendar, state, watched, held
):
    new = furnish(conn, "ada.lovelace@example.com")
    conferences.save(conn, calendar, "e1", conference("hd1", state=state), NOW)
    if not watched:
        calendars.abandon(conn, calendar)
    assert conferences.key_is_taken(conn, "hd1", new, "e1") is held
    if held:
        with pytest.raises(sqlite3.IntegrityError):
            conferences.save(conn, new, "e1", conference("hd1"), NOW)
    else:
        conferences.save(conn, new, "e1", conference("hd1"), NOW)
        assert conferences.get(conn, new, "e1") is not None
        assert conferences.get(conn, calendar, "e1") is None


def test_conferences_are_listed_by_calendar_and_counted_by_state(conn, calendar):
    zoom, meet = conference("hd1"), conference("hd2", "e2", service="meet", state="reserved")
    conferences.save(conn, calendar, "e2", meet, NOW)
    conferences.save(conn, calendar, "e1", zoom, NOW)
    conferences.save(conn, "cal_zzz", "e3", replace(zoom, key="hd3"), NOW)
    assert conferences.of_calendar(conn, calendar) == ["e1", "e2"]
    assert conferences.states(conn) == {"live": 2, "reserved": 1}


def test_a_conference_outlives_its_calendar(conn, calendar):
    conferences.save(conn, calendar, "e1", conference(), NOW)
    conn.execute("DELETE FROM calendars")
    assert conferences.get(conn, calendar, "e1") == conference()


def test_history_is_told_oldest_first_and_says_nothing_twice(conn):
    for at, what, detail in [(1, "failed", "x"), (2, "failed", "x"), (3, "failed", "y"), (4, "failed", "x")]:
        conferences.note(conn, ADA, "e1", NOW + at, what, detail)
    conferences.note(conn, ADA, "e2", NOW, "failed", "x")
    assert conferences.history(conn, ADA, "e1") == [
        Fact(NOW + 1, "failed", "x"),
        Fact(NOW + 3, "failed", "y"),
        Fact(NOW + 4, "failed", "x"),
    ]
    assert conferences.history(conn, ADA, "e1", most=1) == [Fact(NOW + 4, "failed", "x")]


def test_history_stays_when_the_conference_goes_until_it_is_old(conn, calendar):
    conferences.save(conn, calendar, "e1", conference(), NOW)
    conferences.note(conn, calendar, "e1", NOW, "made")
    conferences.note(conn, calendar, "e1", NOW + 10, "gone")
    conferences.forget(conn, calendar, "e1")
    assert conferences.prune_history(conn, NOW + 10) == 1
    assert [fact.what for fact in conferences.history(conn, calendar, "e1")] == ["gone"]


@pytest.mark.parametrize(
    ("state", "ends", "stays"),
    [
        ("live", NOW - 1, False),
        ("changing", NOW - 1, False),
        ("declined", NOW - 1, False),
        ("reserved", NOW - 1, True),
        ("leaving", NOW - 1, True),
        ("live", NOW, True),
        ("live", NOW + 1, True),
        ("live", None, True),
        ("live", "no event", True),
    ],
)
def test_only_what_is_settled_and_over_is_pruned(conn, calendar, state, ends, stays):
    if ends != "no event":
        events.save_listed(conn, calendar, event(ends=ends), NOW)
    conferences.save(conn, calendar, "e1", conference(state=state), NOW)
    assert conferences.prune(conn, NOW) == (0 if stays else 1)
    assert (conferences.get(conn, calendar, "e1") is not None) is stays


def test_events_are_found_by_the_meeting_that_serves_them(conn):
    meeting = Meeting("zoom", "Zoom", "92674392836", "https://zoom.example/1")
    for number, (state, held) in enumerate(
        [("live", meeting), ("changing", meeting), ("leaving", meeting), ("live", replace(meeting, id="1"))]
    ):
        whole = conference(f"hd{number}", f"e{number}", state=state, service="zoom", meeting=held)
        conferences.save(conn, "cal_a", f"e{number}", whole, NOW)
    assert conferences.with_meeting(conn, "zoom", "92674392836") == ["cal_a/e0", "cal_a/e1"]
    assert conferences.with_meeting(conn, "goto", "92674392836") == []
    assert conferences.with_meeting(conn, "zoom", "9267439283") == []
    plan = conn.execute(
        "EXPLAIN QUERY PLAN SELECT 1 FROM conferences WHERE service = ? AND json_extract(record, '$.meeting.id') = ?",
        ("zoom", "1"),
    ).fetchall()
    assert "conferences_meeting" in plan[0]["detail"]
