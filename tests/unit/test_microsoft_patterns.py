"""Graph's recurrences as RRULE lines, and what follows for the end of a series."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st

from connectors.microsoft.patterns import UNREADABLE, lines
from connectors.recurrence import last_end

NO_END = {"type": "noEnd", "startDate": "2026-11-23", "endDate": "0001-01-01", "numberOfOccurrences": 0}
# What Graph always sends beside what counts.
ZEROES = {"interval": 1, "month": 0, "dayOfMonth": 0, "firstDayOfWeek": "sunday", "index": "first"}


def rule(bounds=NO_END, **pattern):
    (line,) = lines({"pattern": {**ZEROES, **pattern}, "range": bounds})
    return line.removeprefix("RRULE:")


@pytest.mark.parametrize(
    ("pattern", "written"),
    [
        ({"type": "daily"}, "FREQ=DAILY"),
        ({"type": "daily", "interval": 3}, "FREQ=DAILY;INTERVAL=3"),
        ({"type": "weekly", "daysOfWeek": ["monday"]}, "FREQ=WEEKLY;BYDAY=MO;WKST=SU"),
        (
            {
                "type": "weekly",
                "interval": 2,
                "daysOfWeek": ["Tuesday", "friday"],
                "firstDayOfWeek": "monday",
            },
            "FREQ=WEEKLY;BYDAY=TU,FR;WKST=MO;INTERVAL=2",
        ),
        (
            {"type": "weekly", "daysOfWeek": ["monday", "monday", "holiday", 5]},
            "FREQ=WEEKLY;BYDAY=MO;WKST=SU",
        ),
        ({"type": "weekly", "firstDayOfWeek": None}, "FREQ=WEEKLY;WKST=SU"),
        ({"type": "absoluteMonthly", "dayOfMonth": 28}, "FREQ=MONTHLY;BYMONTHDAY=28"),
        ({"type": "absoluteMonthly", "dayOfMonth": 30}, "FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1"),
        ({"type": "absoluteMonthly", "dayOfMonth": 31}, "FREQ=MONTHLY;BYMONTHDAY=-1"),
        ({"type": "relativeMonthly", "daysOfWeek": ["tuesday"], "index": "second"}, "FREQ=MONTHLY;BYDAY=2TU"),
        ({"type": "relativeMonthly", "daysOfWeek": ["sunday"], "index": "last"}, "FREQ=MONTHLY;BYDAY=-1SU"),
        ({"type": "relativeMonthly", "daysOfWeek": ["sunday"], "index": None}, "FREQ=MONTHLY;BYDAY=1SU"),
        (
            {"type": "relativeMonthly", "daysOfWeek": ["saturday", "sunday"], "index": "fourth"},
            "FREQ=MONTHLY;BYDAY=SA,SU;BYSETPOS=4",
        ),
        (
            {"type": "absoluteYearly", "dayOfMonth": 24, "month": 12},
            "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24",
        ),
        (
            {"type": "absoluteYearly", "dayOfMonth": 29, "month": 2, "interval": 2},
            "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=28,29;BYSETPOS=-1;INTERVAL=2",
        ),
        (
            {"type": "relativeYearly", "daysOfWeek": ["thursday"], "index": "fourth", "month": 11},
            "FREQ=YEARLY;BYMONTH=11;BYDAY=4TH",
        ),
    ],
)
def test_every_pattern_is_a_rule(pattern, written):
    assert rule(**pattern) == written
    assert next(iter(rrulestr(written, dtstart=datetime(2026, 11, 23, tzinfo=UTC))))


@pytest.mark.parametrize(
    ("bounds", "written"),
    [
        (NO_END, ""),
        ({"type": "endDate", "startDate": "2026-11-23", "endDate": "2027-04-24"}, ";UNTIL=20270424"),
        ({"type": "numbered", "numberOfOccurrences": 10, "endDate": "0001-01-01"}, ";COUNT=10"),
        ({"type": "numbered", "numberOfOccurrences": 0}, ""),
        ({"type": "endDate", "endDate": "soon"}, ""),
        ({"type": "endDate"}, ""),
        (None, ""),
    ],
)
def test_every_range_is_an_end(bounds, written):
    assert rule(bounds, type="daily") == f"FREQ=DAILY{written}"


@pytest.mark.parametrize(
    "pattern",
    [
        {},
        {"type": "hourly"},
        {"type": ["daily"]},
        {"type": "absoluteMonthly"},
        {"type": "absoluteMonthly", "dayOfMonth": "15"},
        {"type": "absoluteMonthly", "dayOfMonth": True},
        {"type": "absoluteYearly", "dayOfMonth": 3},
        {"type": "relativeMonthly"},
        {"type": "relativeMonthly", "daysOfWeek": ["monday"], "index": "fifth"},
        {"type": "relativeYearly", "daysOfWeek": ["monday"]},
    ],
)
def test_a_pattern_that_nobody_knows_is_a_series_without_end(pattern):
    assert "RRULE:" + rule(**pattern) == UNREADABLE
    begins = datetime(2026, 11, 23, 9, tzinfo=UTC)
    assert last_end(begins, begins, "UTC", [UNREADABLE]) is None


@pytest.mark.parametrize("recurrence", [None, "daily", [], 5])
def test_an_event_without_a_recurrence_has_no_rule(recurrence):
    assert lines(recurrence) == ()


@pytest.mark.parametrize(
    ("bounds", "pattern", "last"),
    [
        ({"type": "numbered", "numberOfOccurrences": 3}, {"type": "daily"}, "2026-11-25T10:00:00+01:00"),
        (
            {"type": "endDate", "endDate": "2026-12-07"},
            {"type": "weekly", "daysOfWeek": ["monday"]},
            "2026-12-07T10:00:00+01:00",
        ),
        (
            {"type": "numbered", "numberOfOccurrences": 4},
            {"type": "absoluteMonthly", "dayOfMonth": 31},
            "2027-02-28T10:00:00+01:00",
        ),
        (
            {"type": "endDate", "endDate": "2027-07-01"},
            {"type": "absoluteMonthly", "dayOfMonth": 30},
            "2027-06-30T10:00:00+02:00",
        ),
    ],
)
def test_a_series_ends_with_its_last_occurrence(bounds, pattern, last):
    begins = datetime(2026, 11, 23, 8, tzinfo=UTC)
    ends = datetime(2026, 11, 23, 9, tzinfo=UTC)
    assert last_end(begins, ends, "Europe/Berlin", ["RRULE:" + rule(bounds, **pattern)]) == (
        datetime.fromisoformat(last)
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 40) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)
TYPES = st.sampled_from(
    ["daily", "weekly", "absoluteMonthly", "relativeMonthly", "absoluteYearly", "relativeYearly"]
)


@given(
    st.fixed_dictionaries(
        {"type": TYPES | JSON},
        optional=dict.fromkeys((*ZEROES, "daysOfWeek"), JSON),
    )
    | JSON,
    st.fixed_dictionaries({"type": JSON}, optional={"endDate": JSON, "numberOfOccurrences": JSON}) | JSON,
)
def test_no_recurrence_breaks_anything(pattern, bounds):
    (line,) = lines({"pattern": pattern, "range": bounds})
    begins = datetime(2026, 11, 23, 9, tzinfo=UTC)
    assert line.startswith("RRULE:")
    assert last_end(begins, begins, "UTC", [line]) is None or line != UNREADABLE
