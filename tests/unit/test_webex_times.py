from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st

from connectors.model import EventRef, MeetingRequest
from connectors.webex.rules import same_rule
from connectors.webex.times import LONGEST, MOST, SHORTEST, times

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
FIRST = datetime(2026, 12, 1, 15, tzinfo=BERLIN).astimezone(UTC)  # a Tuesday, the first of a month


def asked(*lines, start=FIRST, minutes=45, zone="Europe/Berlin", recurring=None):
    repeats = bool(lines) if recurring is None else recurring
    return MeetingRequest(
        at=EventRef("c", "e"), start=start, minutes=minutes, zone=zone, recurring=repeats, recurrence=lines
    )


def rule(*lines, **more):
    return times(asked(*lines, **more), NOW).rule


EXACT = [
    ("FREQ=DAILY", "FREQ=DAILY;INTERVAL=1"),
    ("FREQ=DAILY;INTERVAL=3;COUNT=3", "FREQ=DAILY;INTERVAL=3;UNTIL=20261207T140000Z"),
    ("FREQ=WEEKLY", "FREQ=WEEKLY;INTERVAL=1;BYDAY=TU"),
    ("FREQ=WEEKLY;BYDAY=TU,TH;COUNT=4", "FREQ=WEEKLY;INTERVAL=1;BYDAY=TU,TH;UNTIL=20261210T140000Z"),
    ("FREQ=WEEKLY;WKST=SU;INTERVAL=2;BYDAY=TU", "FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=TU"),
    ("FREQ=WEEKLY;UNTIL=20261222", "FREQ=WEEKLY;INTERVAL=1;BYDAY=TU;UNTIL=20261222T140000Z"),
    ("FREQ=WEEKLY;UNTIL=20261222T225959Z", "FREQ=WEEKLY;INTERVAL=1;BYDAY=TU;UNTIL=20261222T140000Z"),
    ("FREQ=MONTHLY", "FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=1"),
    ("FREQ=MONTHLY;BYDAY=1TU", "FREQ=MONTHLY;INTERVAL=1;BYDAY=1TU"),
    ("FREQ=MONTHLY;BYDAY=TU;BYSETPOS=1", "FREQ=MONTHLY;INTERVAL=1;BYDAY=1TU"),
    ("FREQ=MONTHLY;BYMONTHDAY=-31", "FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=-31"),
    ("FREQ=MONTHLY;BYDAY=-5TU", "FREQ=MONTHLY;INTERVAL=1;BYDAY=-5TU"),
    ("FREQ=YEARLY", "FREQ=YEARLY;INTERVAL=1;BYMONTH=12;BYMONTHDAY=1"),
    ("FREQ=YEARLY;BYMONTH=12;BYDAY=1TU", "FREQ=YEARLY;INTERVAL=1;BYDAY=1TU;BYMONTH=12"),
]

WIDER = [
    ("FREQ=MONTHLY;BYMONTHDAY=1,15", "FREQ=DAILY;INTERVAL=1"),
    ("FREQ=MONTHLY;BYDAY=1TU,3TH", "FREQ=WEEKLY;INTERVAL=1;BYDAY=TU,TH"),
    ("FREQ=MONTHLY;BYDAY=TU", "FREQ=WEEKLY;INTERVAL=1;BYDAY=TU"),
    ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "FREQ=WEEKLY;INTERVAL=1;BYDAY=MO,TU,WE,TH,FR"),
    ("FREQ=DAILY;BYDAY=MO,WE", "FREQ=WEEKLY;INTERVAL=1;BYDAY=MO,TU,WE"),  # its first date is a Tuesday
    ("FREQ=YEARLY;BYMONTH=3,12;BYMONTHDAY=1", "FREQ=DAILY;INTERVAL=1"),
    ("FREQ=HOURLY;INTERVAL=12", "FREQ=DAILY;INTERVAL=1"),
    ("FREQ=WEEKLY;INTERVAL=0", "FREQ=DAILY;INTERVAL=1"),
    ("FREQ=NEVER", "FREQ=DAILY;INTERVAL=1"),
    ("FREQ=DAILY;INTERVAL=99999999999", "FREQ=DAILY;INTERVAL=1"),
    ("FREQ=DAILY;INTERVAL=often", "FREQ=DAILY;INTERVAL=1"),
    ("FREQ=WEEKLY;BYDAY=XX,TU", "FREQ=WEEKLY;INTERVAL=1;BYDAY=TU"),
    ("FREQ=MONTHLY;BYMONTHDAY=99", "FREQ=DAILY;INTERVAL=1"),
    ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=DAILY;INTERVAL=1"),
    ("FREQ=MONTHLY;BYDAY=2WE", "FREQ=WEEKLY;INTERVAL=1;BYDAY=TU,WE"),
    ("FREQ=MONTHLY;BYDAY=TU;BYSETPOS=first", "FREQ=DAILY;INTERVAL=1"),
    ("nonsense", "FREQ=DAILY;INTERVAL=1"),
]


@pytest.mark.parametrize(("given_rule", "sent"), EXACT)
def test_a_rule_that_webex_has_is_sent_as_it_is_and_in_full(given_rule, sent):
    found = times(asked(f"RRULE:{given_rule}"), NOW)
    assert (found.rule, found.bent, found.start) == (sent, "", FIRST)


@pytest.mark.parametrize(("given_rule", "sent"), WIDER)
def test_a_rule_that_webex_has_not_is_made_wider(given_rule, sent):
    found = times(asked(f"RRULE:{given_rule}"), NOW)
    assert (found.rule, found.bent) == (sent, "rule_not_at_webex")


@pytest.mark.parametrize(
    ("day", "given_rule"),
    [
        (31, "FREQ=MONTHLY;BYMONTHDAY=-1"),
        (29, "FREQ=MONTHLY;BYDAY=-1TU"),
        (29, "FREQ=MONTHLY;BYDAY=5TU"),
        (25, "FREQ=MONTHLY;BYDAY=-1FR"),
        (15, "FREQ=MONTHLY;BYDAY=3TU"),
        (15, "FREQ=MONTHLY;BYDAY=-3TU"),
    ],
)
def test_days_can_be_counted_from_either_end_of_a_month(day, given_rule):
    start = FIRST.replace(day=day)
    assert next(iter(rrulestr(given_rule, dtstart=start))) == start
    assert times(asked(f"RRULE:{given_rule}", start=start), NOW).bent == ""


def test_single_dates_beside_a_rule_make_it_wider_up_to_the_last_of_them():
    found = rule("RRULE:FREQ=WEEKLY;COUNT=2", "RDATE:20261224T140000Z")
    assert found == "FREQ=DAILY;INTERVAL=1;UNTIL=20261224T140000Z"


def test_a_series_of_which_nothing_is_known_goes_on_every_day():
    assert rule(recurring=True) == "FREQ=DAILY;INTERVAL=1"


@pytest.mark.parametrize("frequency", MOST)
def test_as_many_meetings_as_webex_counts_have_an_end_and_one_more_has_none(frequency):
    most = MOST[frequency]
    fits = rule(f"RRULE:FREQ={frequency};COUNT={most - 1}")
    assert "UNTIL=" in fits
    assert "UNTIL=" not in rule(f"RRULE:FREQ={frequency};COUNT={most + 1}")


def test_a_series_that_ends_in_more_than_five_years_has_no_end():
    assert "UNTIL" not in rule("RRULE:FREQ=MONTHLY;INTERVAL=12;COUNT=7")


@pytest.mark.parametrize(
    ("minutes", "lasts", "bent"),
    [
        (1, SHORTEST, "too_short"),
        (9, SHORTEST, "too_short"),
        (10, SHORTEST, ""),
        (1439, LONGEST, ""),
        (1440, LONGEST, "too_long"),
    ],
)
def test_a_meeting_lasts_as_long_as_webex_allows(minutes, lasts, bent):
    found = times(asked(minutes=minutes), NOW)
    assert (found.end - found.start, found.bent, found.rule) == (lasts, bent, "")


@pytest.mark.parametrize(("minutes", "last"), [(1441, "20261202"), (2880, "20261202"), (2881, "20261203")])
def test_an_event_of_several_days_is_a_meeting_on_each_of_them(minutes, last):
    found = times(asked(minutes=minutes), NOW)
    assert found.rule == f"FREQ=DAILY;INTERVAL=1;UNTIL={last}T140000Z"
    assert found.end - found.start == LONGEST


def test_an_event_that_has_begun_has_a_meeting_for_what_is_left():
    now = FIRST + timedelta(minutes=20, seconds=30)
    found = times(asked(), now)
    assert (found.start, found.end, found.bent) == (
        FIRST + timedelta(minutes=22),
        FIRST + timedelta(minutes=45),
        "under_way",
    )
    assert times(asked(), FIRST + timedelta(minutes=44)).end == FIRST + timedelta(minutes=56)
    assert times(asked(), FIRST + timedelta(minutes=45)) is None


@pytest.mark.parametrize(("minutes", "last"), [(36 * 60, "20261209"), (3 * 1440, "20261210")])
def test_a_series_of_events_of_several_days_is_a_meeting_on_every_day(minutes, last):
    found = times(asked("RRULE:FREQ=WEEKLY;COUNT=2", minutes=minutes), NOW)
    assert (found.rule, found.bent) == (f"FREQ=DAILY;INTERVAL=1;UNTIL={last}T140000Z", "rule_not_at_webex")
    assert found.end - found.start == LONGEST


def test_of_an_event_of_several_days_the_days_to_come_are_left():
    found = times(asked(minutes=3 * 1440), FIRST + timedelta(hours=3))
    assert (found.start, found.rule[-16:]) == (FIRST + timedelta(days=1), "20261203T140000Z")


def test_a_series_that_has_begun_goes_on_with_its_next_date_in_the_same_rhythm():
    found = times(asked("RRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=5"), FIRST + timedelta(days=15))
    assert (found.start, found.rule) == (
        FIRST + timedelta(days=28),
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU;UNTIL=20270126T140000Z",
    )


def test_the_last_meeting_of_a_series_can_be_under_way():
    series = asked("RRULE:FREQ=WEEKLY;COUNT=2")
    found = times(series, FIRST + timedelta(days=7, minutes=10))
    assert (found.rule, found.bent, found.end) == ("", "under_way", FIRST + timedelta(days=7, minutes=45))
    assert times(series, FIRST + timedelta(days=8)) is None


def test_a_series_keeps_its_hour_when_the_clocks_change():
    summer = datetime(2026, 7, 7, 15, tzinfo=BERLIN).astimezone(UTC)
    found = times(asked("RRULE:FREQ=WEEKLY", start=summer), FIRST)
    assert found.start.astimezone(BERLIN).hour == 15


def test_a_zone_that_nobody_knows_is_utc():
    assert times(asked(zone="Mars/Olympus"), NOW).zone == "UTC"


def test_a_request_without_a_start_has_no_times():
    assert times(MeetingRequest(at=EventRef("c", "e"), recurring=True), NOW) is None


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("", "", True),
        ("FREQ=DAILY", "", False),
        ("FREQ=DAILY", "FREQ=DAILY;INTERVAL=1", True),
        ("FREQ=WEEKLY;BYDAY=TH,TU;WKST=MO", "FREQ=WEEKLY;INTERVAL=1;BYDAY=TU,TH", True),
        ("FREQ=WEEKLY;BYDAY=TU", "FREQ=WEEKLY;BYDAY=TH", False),
        ("FREQ=DAILY;UNTIL=20261207T140000Z", "FREQ=DAILY;UNTIL=20261207T235959Z", True),
        ("FREQ=DAILY;UNTIL=20261207T140000Z", "FREQ=DAILY;UNTIL=20261208T140000Z", False),
        ("FREQ=DAILY;UNTIL=20261207T140000Z", "FREQ=DAILY", False),
        ("FREQ=DAILY;UNTIL=20261207", "FREQ=DAILY;UNTIL=20261207T140000", True),
        ("FREQ=DAILY;UNTIL=soon", "FREQ=DAILY;UNTIL=soon", True),
        ("FREQ=DAILY;COUNT=3", "FREQ=DAILY;UNTIL=20261207", False),
    ],
)
def test_rules_are_compared_by_what_they_mean(one, other, same):
    assert same_rule(one, other) is same
    assert same_rule(other, one) is same


DAYS = st.lists(
    st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"]), min_size=1, max_size=4, unique=True
)
PARTS = st.one_of(
    st.just(""),
    DAYS.map(lambda days: f";BYDAY={','.join(days)}"),
    st.sampled_from([";BYMONTHDAY=1", ";BYMONTHDAY=1,15", ";BYMONTHDAY=-1"]),
    DAYS.map(lambda days: f";BYDAY={','.join(days)};BYSETPOS=1"),
    st.tuples(st.integers(-2, 4).filter(bool), DAYS).map(lambda pair: f";BYDAY={pair[0]}{pair[1][0]}"),
)


@st.composite
def rules(draw):
    frequency = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY"]))
    parts = draw(PARTS)
    if frequency in ("DAILY", "WEEKLY") and ("MONTHDAY" in parts or any(sign.isdigit() for sign in parts)):
        parts = ""
    interval, number = draw(st.integers(1, 4)), draw(st.integers(1, 30))
    return f"FREQ={frequency};INTERVAL={interval}{parts};COUNT={number}"


LETTERS = st.sampled_from(
    "FREQ= DAILY WEEKLY MONTHLY YEARLY ; ;INTERVAL= ;BYDAY= ;BYMONTHDAY= ;COUNT= ;UNTIL= ;BYSETPOS= TU 1 -5 , X".split()
)


@given(st.lists(LETTERS, max_size=14).map("".join), st.integers(0, 400))
def test_nonsense_is_a_series_too(text, days):
    found = times(asked(f"RRULE:{text}"), FIRST + timedelta(days=days))
    assert found is None or found.start >= FIRST


@given(rules(), st.integers(0, 400), st.sampled_from(["Europe/Berlin", "America/New_York", "UTC"]))
def test_whenever_the_event_takes_place_there_is_a_meeting(text, days, zone):
    place = ZoneInfo(zone)
    first = FIRST.astimezone(place).replace(tzinfo=None)
    dates = list(islice(rrulestr(text, dtstart=first), 40))
    if not dates or dates[0] != first:
        return  # no such series is written by calendars
    now = FIRST + timedelta(days=days, hours=5)
    left = [each for each in (date.replace(tzinfo=place).astimezone(UTC) for date in dates) if each >= now]
    found = times(asked(f"RRULE:{text}", zone=zone), now)
    if not left:
        # A rule that is too odd for its end to be known goes on for ever.
        assert found is None or found.bent == "under_way" or "UNTIL" not in found.rule
        return
    held = rrulestr(found.rule, dtstart=found.start.astimezone(place))
    there = {date.astimezone(UTC) for date in held.between(found.start, left[-1], inc=True)}
    assert there >= set(left)
    assert now <= found.start <= left[0]
