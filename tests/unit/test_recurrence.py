"""When a series is over."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.recurrence import MANY, last_end

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 3, 2, 9, 0, tzinfo=BERLIN).astimezone(UTC)  # a Monday
END = START + timedelta(hours=1)


def end(*lines: str) -> str | None:
    """Return the end on the wall clock."""
    found = last_end(START, END, "Europe/Berlin", lines)
    return found and f"{found.astimezone(BERLIN):%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("lines", "last"),
    [
        ((), "2026-03-02 10:00"),
        (("RRULE:FREQ=DAILY;COUNT=3",), "2026-03-04 10:00"),
        (("RRULE:FREQ=WEEKLY;COUNT=5",), "2026-03-30 10:00"),  # the clocks have changed in between
        (("RRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=2",), "2026-03-16 10:00"),
        (("RRULE:FREQ=WEEKLY;BYDAY=MO,WE;COUNT=4",), "2026-03-11 10:00"),
        (("RRULE:FREQ=MONTHLY;BYDAY=-1FR;COUNT=2",), "2026-04-24 10:00"),
        (("RRULE:FREQ=YEARLY;COUNT=2",), "2027-03-02 10:00"),
        (("RRULE:FREQ=WEEKLY;UNTIL=20260316T080000Z",), "2026-03-16 10:00"),
        (("RRULE:FREQ=WEEKLY;UNTIL=20260316T075959Z",), "2026-03-09 10:00"),
        (("RRULE:FREQ=WEEKLY;UNTIL=20260316",), "2026-03-16 10:00"),
        (("RRULE:FREQ=WEEKLY;UNTIL=20260316T090000",), "2026-03-16 10:00"),
        (("RRULE:FREQ=WEEKLY;UNTIL=20200101T000000Z",), "2026-03-02 10:00"),
        (("rrule:freq=daily;count=2",), "2026-03-03 10:00"),
        (("RDATE;TZID=Europe/Berlin:20260501T120000",), "2026-05-01 13:00"),
        (("RDATE:20260501T100000Z,20260401T100000Z",), "2026-05-01 13:00"),
        (("RDATE;VALUE=PERIOD:20260501T100000Z/PT2H",), "2026-05-01 13:00"),
        (("RRULE:FREQ=DAILY;COUNT=3", "EXDATE;TZID=Europe/Berlin:20260304T090000"), "2026-03-03 10:00"),
        (("RRULE:FREQ=DAILY;COUNT=3", "EXDATE:20260304T080000Z"), "2026-03-03 10:00"),
        (("RRULE:FREQ=DAILY;COUNT=3", "EXDATE;VALUE=DATE:20260304"), "2026-03-03 10:00"),
        (("RRULE:FREQ=DAILY;COUNT=1", "EXDATE;VALUE=DATE:20260302"), "2026-03-02 10:00"),
        (("RRULE:FREQ=DAILY;COUNT=2", "RRULE:FREQ=DAILY;COUNT=4"), "2026-03-05 10:00"),
        (("RRULE:FREQ=HOURLY;UNTIL=20260316T080000Z",), "2026-03-16 10:00"),
        (("RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;UNTIL=20260316T080000Z",), "2026-03-16 10:00"),
        (("X-NOTE:whatever", "RRULE:FREQ=DAILY;COUNT=2"), "2026-03-03 10:00"),
    ],
)
def test_a_series_ends_with_its_last_occurrence(lines, last):
    assert end(*lines) == last


@pytest.mark.parametrize(
    "lines",
    [
        ("RRULE:FREQ=DAILY",),
        ("RRULE:FREQ=DAILY;COUNT=2", "RRULE:FREQ=WEEKLY"),
        (f"RRULE:FREQ=DAILY;COUNT={MANY + 1}",),
        ("RRULE:FREQ=SECONDLY;COUNT=5",),
        ("RRULE:",),
        ("RRULE:COUNT=3",),
        ("RRULE:FREQ=SOMETIMES;COUNT=3",),
        ("RRULE:FREQ=DAILY;COUNT=many",),
        ("RRULE:FREQ=DAILY;UNTIL=someday",),
        ("RRULE:FREQ=MONTHLY;INTERVAL=0;BYMONTHDAY=31;COUNT=3",),
        ("RRULE:FREQ=DAILY;INTERVAL=-1;COUNT=3",),
        ("RRULE:FREQ=WEEKLY;BYDAY=XX;COUNT=3",),
        ("RRULE:nonsense",),
        ("RDATE;TZID=Middle/Earth:20260501T120000",),
    ],
)
def test_what_has_no_end_or_makes_no_sense_is_endless(lines):
    assert end(*lines) is None


def steps(*lines: str) -> int:
    """Count the calls that it takes."""
    taken = 0

    def look(_frame, event, _argument):
        nonlocal taken
        taken += event == "call"

    sys.setprofile(look)
    try:
        end(*lines)
    finally:
        sys.setprofile(None)
    return taken


ODD = [
    "RRULE:FREQ=MONTHLY;BYMONTHDAY=31;BYSETPOS=5;COUNT=3",
    "RRULE:FREQ=MONTHLY;BYDAY=6MO;COUNT=5",
    "RRULE:FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=32;COUNT=5",
    "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=2",
    "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO;COUNT=1999",
    "RRULE:FREQ=MONTHLY;BYMONTHDAY=13;BYDAY=FR;COUNT=1999",
]


@pytest.mark.parametrize("rule", ODD)
def test_a_rule_that_never_matches_is_not_walked_to_the_end_of_time(rule):
    assert steps(rule) < 30_000
    assert end(rule) is None
    assert end(f"{rule.rpartition(';')[0]};UNTIL=20270316T080000Z") is not None


def test_many_rules_are_not_walked_at_all():
    assert steps(*ODD) < 1_000
    assert end(*["RRULE:FREQ=DAILY;COUNT=2"] * 3) is None


@pytest.mark.parametrize("year", [1600, 1899, 1900, 1904, 2000, 2096, 2100, 2399, 2400, 9799, 9899, 9900])
def test_the_year_in_which_a_series_begins_makes_no_difference(year):
    start = datetime(year, 2, 28, 9, tzinfo=UTC)
    found = last_end(start, start, "UTC", ["RRULE:FREQ=DAILY;COUNT=3"])
    assert found == start + timedelta(days=2)
    monthly = last_end(start, start, "UTC", ["RRULE:FREQ=MONTHLY;BYDAY=2TU;COUNT=13"])
    assert monthly == max(
        moment.replace(tzinfo=UTC)
        for moment in rrulestr("FREQ=MONTHLY;BYDAY=2TU;COUNT=13", dtstart=start.replace(tzinfo=None))
    )


def test_a_zone_that_nobody_knows_is_endless():
    assert last_end(START, END, "Middle/Earth", ("RRULE:FREQ=DAILY;COUNT=2",)) is None


def test_whole_days_end_at_midnight_of_their_zone():
    start = datetime(2026, 3, 28, tzinfo=BERLIN)
    found = last_end(start, start + timedelta(days=1), "Europe/Berlin", ("RRULE:FREQ=DAILY;COUNT=2",))
    assert found == datetime(2026, 3, 30, tzinfo=BERLIN)


RULES = st.builds(
    lambda freq, interval, count, days: (
        f"FREQ={freq};INTERVAL={interval};COUNT={count}"
        + (f";BYDAY={','.join(sorted(days))}" if days and freq != "DAILY" else "")
    ),
    st.sampled_from(["DAILY", "WEEKLY", "MONTHLY"]),
    st.integers(1, 4),
    st.integers(1, 40),
    st.sets(st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"])),
)


@settings(deadline=None)
@given(
    rule=RULES,
    start=st.datetimes(datetime.fromisoformat("1990-01-01"), datetime.fromisoformat("2060-01-01")),
    minutes=st.integers(0, 3000),
)
def test_it_is_what_counting_on_the_wall_clock_gives(rule, start, minutes):
    start = start.replace(microsecond=0)
    expected = max([start, *rrulestr(rule, dtstart=start)])
    first = start.replace(tzinfo=BERLIN).astimezone(UTC)
    local = first.astimezone(BERLIN).replace(tzinfo=None)
    length = timedelta(minutes=minutes)
    last = (start + length).replace(tzinfo=BERLIN).astimezone(UTC)
    if local != start or last.astimezone(BERLIN).replace(tzinfo=None) != start + length:
        return  # an hour that the clocks leave out
    assert last_end(first, last, "Europe/Berlin", [f"RRULE:{rule}"]) == (expected + length).replace(
        tzinfo=BERLIN
    ).astimezone(UTC)


@settings(deadline=None)
@given(st.lists(st.text(alphabet="RULEDATEX:;=,FQWKYCOUNTIZ0123456789-+", max_size=40), max_size=3))
def test_nothing_makes_it_fail(lines):
    found = last_end(START, END, "Europe/Berlin", lines)
    assert found is None or found >= END
