"""When occurrences are, by which name each goes, and which of them a reader asks for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.v1 import occurrences, windows
from api.v1.calls import Query
from api.v1.occurrences import Stretch
from api.v1.windows import Span, Window
from connectors.model import Event, EventRef
from connectors.recurrence import starts
from store.reading import EVER

FIRST = datetime(2026, 10, 5, 9, tzinfo=UTC)  # a Monday
RULES = (
    "FREQ=DAILY",
    "FREQ=DAILY;INTERVAL=3;UNTIL=20270301T000000Z",
    "FREQ=DAILY;COUNT=40",
    "FREQ=WEEKLY;BYDAY=MO,TH",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=SU",
    "FREQ=MONTHLY;BYMONTHDAY=31",
    "FREQ=YEARLY",
)


def event(start=FIRST, hours=1.0, **changes):
    given = {"zone": "UTC", **changes}
    return Event(EventRef("c", "s"), "", "", "", "", "", "", start, start + timedelta(hours=hours), **given)


def told(one, after=-EVER, before=EVER, horizon=EVER, since=-EVER, changed=(), cancelled=()):
    return occurrences.each(one, Stretch(after, before, horizon, since), changed, cancelled)


@given(
    st.sampled_from(RULES),
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York"]),
    st.integers(-30, 900),
)
def test_to_begin_later_is_to_leave_out_what_is_before(rule, zone, days):
    after, end = FIRST + timedelta(days=days, hours=7), FIRST + timedelta(days=1000)
    lines = (f"RRULE:{rule}", "EXDATE:20261012T090000Z", "RDATE:20261111T111100Z")
    whole = [
        one for one in takewhile(lambda one: one < end, starts(FIRST, zone, lines, FIRST)) if one >= after
    ]
    assert list(takewhile(lambda one: one < end, starts(FIRST, zone, lines, after))) == whole
    assert whole == sorted(set(whole))


@pytest.mark.parametrize(
    "lines", [(), ("RRULE:",), ("RRULE:FREQ=HOURLY",), ("RRULE:FREQ=DAILY;COUNT=x",), ("RDATE:soon",)]
)
def test_of_a_rule_too_odd_the_first_is_told(lines):
    assert list(starts(FIRST, "UTC", lines, FIRST)) == [FIRST]
    assert list(starts(FIRST, "Mars/Base", lines, FIRST)) == [FIRST]
    assert list(starts(FIRST, "UTC", lines, FIRST + timedelta(1))) == []


def test_an_occurrence_keeps_its_hour_and_its_length_on_the_wall():
    days = event(
        datetime(2026, 10, 20, 22, tzinfo=UTC),
        48,
        zone="Europe/Berlin",
        all_day=True,
        recurrence=("RRULE:FREQ=DAILY",),
    )
    autumn, winter = islice(told(days), 3, 5)
    assert [one.stamp for one in (autumn, winter)] == ["20261024", "20261025"]
    there = occurrences.at(days, autumn.start)
    assert (there.end - there.start) == timedelta(hours=49)  # the clocks go back
    assert [occurrences.day(one, "Europe/Berlin").day for one in (there.start, there.end)] == [24, 26]


def test_days_that_are_counted_in_utc_repeat_there():
    day = event(
        datetime(2026, 10, 5, tzinfo=UTC),
        24,
        zone="America/New_York",
        all_day=True,
        recurrence=("RRULE:FREQ=WEEKLY;BYDAY=MO",),
    )
    assert [one.stamp for one in islice(told(day), 2)] == ["20261005", "20261012"]


def test_of_a_series_what_is_asked_for_is_told():
    series = event(recurrence=("RRULE:FREQ=DAILY",))
    second = (FIRST + timedelta(1)).timestamp()
    assert [one.start.day for one in told(series, second + 1, second + 86_400 * 3)] == [6, 7, 8]
    assert [one.start.day for one in told(series, second + 3600, second + 86_400 * 3)] == [7, 8]
    assert [one.start.day for one in told(series, before=EVER, horizon=0.0)] == [5]
    found = list(
        told(
            series,
            before=second + 86_400 * 3,
            changed={"20261006T090000Z"},
            cancelled={"20261007", "20261008T090000Z"},
        )
    )
    assert [(one.start.day, one.first, one.cancelled) for one in found] == [
        (5, True, False),
        (7, False, True),
        (8, False, True),
    ]


def test_a_window_is_the_same_after_it_was_packed():
    for window in (
        windows.read(Query((("tzid", "UTC"),)), 1e9),
        windows.read(
            Query((("tzid", "UTC"), ("only_managed", "1"), ("calendar_ids[]", "a"), ("include_ids", "1"))),
            1e9,
        ),
        Window(None, Span(), 0.0, ("a", "b"), 1.5, True, True, True),
    ):
        assert windows.unpacked(windows.packed(window)) == window


def test_a_plus_that_became_a_blank_is_a_plus():
    (found,) = {
        windows.read(Query((("tzid", "UTC"), ("from", f"2027-01-01T00:00:00{sign}02:00"))), 0.0).external
        for sign in "+ "
    }
    assert found.after == datetime(2026, 12, 31, 22, tzinfo=UTC).timestamp()
