"""When an event's beginning or end is to be told."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.model import Draft
from daemon.moments import Moment, due_after, moments

NINE = datetime(2026, 12, 1, 9, tzinfo=UTC)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def draft(**changes):
    return Draft(
        **{
            "title": "Review",
            "start": NINE,
            "end": NINE + timedelta(hours=1),
            "zone": "Europe/Berlin",
            **changes,
        }
    )


def wish(side="before", of="event_start", minutes=5):
    return Moment("https://example.com/", side, of, minutes)


@pytest.mark.parametrize(
    ("side", "of", "minutes", "due"),
    [
        ("before", "event_start", 5, NINE - timedelta(minutes=5)),
        ("after", "event_start", 5, NINE + timedelta(minutes=5)),
        ("before", "event_end", 10, NINE + timedelta(minutes=50)),
        ("after", "event_end", 0, NINE + timedelta(hours=1)),
    ],
)
def test_a_single_event_falls_due_once(side, of, minutes, due):
    one = wish(side, of, minutes)
    assert due_after(draft(), one, LONG_AGO) == due
    assert due_after(draft(), one, due - timedelta(seconds=1)) == due
    assert due_after(draft(), one, due) is None


def test_a_whole_day_begins_at_midnight_where_its_people_are():
    day = draft(start=datetime(2026, 12, 1, tzinfo=UTC), end=datetime(2026, 12, 2, tzinfo=UTC), all_day=True)
    assert due_after(day, wish(minutes=0), LONG_AGO) == datetime(2026, 11, 30, 23, tzinfo=UTC)
    assert due_after(day, wish("after", "event_end", 0), LONG_AGO) == datetime(2026, 12, 1, 23, tzinfo=UTC)


def test_a_series_falls_due_with_each_occurrence_on_its_own_clock():
    start = datetime(2026, 3, 27, 8, tzinfo=UTC)  # nine in Berlin; summer time begins on the 29th
    daily = draft(
        start=start,
        end=start + timedelta(hours=1),
        recurrence=("RRULE:FREQ=DAILY;COUNT=4", "EXDATE;TZID=Europe/Berlin:20260328T090000"),
    )
    found, after = [], LONG_AGO
    while (due := due_after(daily, wish(), after)) is not None:
        found.append(due)
        after = due
    assert [due.isoformat() for due in found] == [
        "2026-03-27T07:55:00+00:00",
        "2026-03-29T06:55:00+00:00",
        "2026-03-30T06:55:00+00:00",
    ]


def test_a_series_of_whole_days_falls_due_at_each_midnight():
    days = draft(
        start=datetime(2026, 12, 1, tzinfo=UTC), end=datetime(2026, 12, 2, tzinfo=UTC), all_day=True,
        recurrence=("RRULE:FREQ=WEEKLY",), zone="America/New_York",
    )  # fmt: skip
    first = due_after(days, wish(minutes=0), LONG_AGO)
    assert first == datetime(2026, 12, 1, 5, tzinfo=UTC)
    assert due_after(days, wish(minutes=0), first) == datetime(2026, 12, 8, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "rule",
    [
        "RRULE:FREQ=SECONDLY",
        "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "RRULE:nonsense",
        "RRULE:FREQ=DAILY;INTERVAL=0",
    ],
)
def test_a_rule_that_cannot_be_walked_through_is_not_told(rule):
    odd = draft(recurrence=(rule,), start=NINE)
    assert due_after(odd, wish(minutes=0), NINE) is None


@given(
    st.sampled_from(
        [(), ("RRULE:FREQ=DAILY",), ("RRULE:FREQ=WEEKLY;BYDAY=MO,TH;COUNT=9",), ("RRULE:FREQ=MONTHLY",)]
    ),
    st.booleans(),
    st.sampled_from(["before", "after"]),
    st.sampled_from(["event_start", "event_end"]),
    st.integers(0, 3000),
    st.integers(-100_000, 100_000),
)
def test_what_falls_due_falls_due_later_than_asked_and_nothing_lies_between(
    recurrence, all_day, side, of, minutes, offset
):
    start = datetime(2026, 12, 1, tzinfo=UTC) if all_day else NINE
    one = draft(
        recurrence=recurrence,
        all_day=all_day,
        start=start,
        end=start + (timedelta(days=1) if all_day else timedelta(hours=1)),
    )
    after = NINE + timedelta(minutes=offset)
    due = due_after(one, wish(side, of, minutes), after)
    if due is not None:
        assert due > after
        assert due_after(one, wish(side, of, minutes), due - timedelta(seconds=1)) == due


def test_the_wishes_of_all_subscriptions_are_found_once_and_known_again():
    five = {"before": "event_start", "offset": {"minutes": 5}}
    ten = {"after": "event_end", "offset": {"minutes": 10}}
    here = {"type": "webhook", "uri": "https://a/", "transitions": [five, ten, five]}
    there = {"type": "webhook", "uri": "https://b/", "interactions": [], "transitions": [five]}
    found = moments([here, there, {"type": "webhook", "uri": "https://c/", "interactions": []}])
    assert [(one.uri, one.shown()) for one in found] == [
        ("https://a/", five),
        ("https://a/", ten),
        ("https://b/", five),
    ]
    assert len({one.place for one in found}) == 3
    assert [one.place for one in moments([here])] == [one.place for one in found[:2]]
    assert all(0 < one.place < 2**63 for one in found)
