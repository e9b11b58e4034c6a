"""Graph's dates and times as UTC moments."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tzlocal.windows_tz import win_tz

from connectors.microsoft.times import EARLIEST, LATEST, iana, instant, span

BERLIN = "Europe/Berlin"


def item(start, end=None, **more):
    return {"start": start, "end": end, **more}


def when(moment, zone="UTC"):
    return {"dateTime": moment, "timeZone": zone}


@pytest.mark.parametrize(
    ("start", "begins"),
    [
        (when("2026-11-23T09:00:00.0000000"), datetime(2026, 11, 23, 9, tzinfo=UTC)),
        (when("2026-11-23T09:00:00.1234567"), datetime(2026, 11, 23, 9, 0, 0, 123456, tzinfo=UTC)),
        (when("2026-11-23T10:00:00", BERLIN), datetime(2026, 11, 23, 9, tzinfo=UTC)),
        (when("2026-07-23T10:00:00", "W. Europe Standard Time"), datetime(2026, 7, 23, 8, tzinfo=UTC)),
        (when("2026-11-23T09:00:00", "tzone://Microsoft/Utc"), datetime(2026, 11, 23, 9, tzinfo=UTC)),
        (when("2026-11-23T10:00:00", "tzone://Microsoft/Custom"), datetime(2026, 11, 23, 9, tzinfo=UTC)),
        (when("2026-11-23T10:00:00", None), datetime(2026, 11, 23, 9, tzinfo=UTC)),
        (when("2026-11-23T09:00:00Z", "nonsense"), datetime(2026, 11, 23, 9, tzinfo=UTC)),
        (when("2026-11-23T09:00:00+02:00", BERLIN), datetime(2026, 11, 23, 7, tzinfo=UTC)),
        (when("0001-01-01T00:00:00.0000000"), EARLIEST),
        (when("9999-12-31T23:59:59.9999999"), LATEST),
    ],
)
def test_starts_are_read_in_utc(start, begins):
    assert span(item(start), BERLIN).start == begins


@pytest.mark.parametrize(
    ("told", "zone"),
    [
        ({"originalStartTimeZone": "Pacific Standard Time"}, "America/Los_Angeles"),
        ({"originalStartTimeZone": "America/New_York"}, "America/New_York"),
        ({"originalStartTimeZone": "UTC"}, "UTC"),
        ({"originalStartTimeZone": "tzone://Microsoft/Utc"}, "UTC"),
        ({"originalStartTimeZone": "tzone://Microsoft/Custom"}, BERLIN),
        (
            {
                "originalStartTimeZone": "tzone://Microsoft/Custom",
                "recurrence": {"range": {"recurrenceTimeZone": "Tokyo Standard Time"}},
            },
            "Asia/Tokyo",
        ),
        ({"originalStartTimeZone": "Customized Time Zone"}, BERLIN),
        ({"originalStartTimeZone": ""}, BERLIN),
        ({"originalStartTimeZone": 7, "recurrence": "daily"}, BERLIN),
        ({}, BERLIN),
        ({"start": when("2026-11-23T09:00:00", "Tokyo Standard Time")}, "Asia/Tokyo"),
    ],
)
def test_people_see_an_event_in_the_zone_in_which_it_was_made(told, zone):
    assert span({**item(when("2026-11-23T09:00:00")), **told}, BERLIN).zone == zone


@pytest.mark.parametrize("name", sorted(win_tz))
def test_every_zone_of_windows_is_known(name):
    assert ZoneInfo(iana(name, "")).key == iana(name, "")


@given(st.text())
def test_a_zone_of_any_name_is_one_that_can_be_used(name):
    assert ZoneInfo(iana(name, BERLIN))


def test_whole_days_are_those_of_the_calendar():
    told = item(when("2026-11-23T00:00:00.0000000"), when("2026-11-25T00:00:00.0000000"), isAllDay=True)
    seen = span(told, BERLIN)
    assert seen.all_day
    assert (seen.start, seen.end) == (
        datetime(2026, 11, 22, 23, tzinfo=UTC),
        datetime(2026, 11, 24, 23, tzinfo=UTC),
    )
    assert seen.zone == BERLIN


def test_a_midnight_that_was_converted_on_the_way_is_the_day_where_the_event_was_made():
    told = item(when("2026-11-22T15:00:00"), when("2026-11-23T15:00:00"), isAllDay=True)
    seen = span({**told, "originalStartTimeZone": "Tokyo Standard Time"}, BERLIN)
    assert (seen.start, seen.end) == (
        datetime(2026, 11, 22, 23, tzinfo=UTC),
        datetime(2026, 11, 23, 23, tzinfo=UTC),
    )


@pytest.mark.parametrize(("all_day", "long"), [(False, timedelta(0)), (True, timedelta(days=1))])
@pytest.mark.parametrize("end", [None, {}, "soon", when("soon"), when(None), when("2026-11-22T00:00:00")])
def test_an_end_that_is_missing_or_wrong_is_the_start_or_the_next_day(end, all_day, long):
    seen = span(item(when("2026-11-23T00:00:00"), end, isAllDay=all_day), "UTC")
    assert seen.end - seen.start == long


@pytest.mark.parametrize("start", [None, {}, "soon", when("soon"), when(5), when("")])
@pytest.mark.parametrize("all_day", [True, False])
def test_an_event_without_a_readable_start_is_refused(start, all_day):
    with pytest.raises(ValueError):  # noqa: PT011
        span(item(start, isAllDay=all_day), BERLIN)


@pytest.mark.parametrize(
    ("text", "zone", "moment"),
    [
        ("0001-01-01T00:00:00", "Asia/Tokyo", EARLIEST),
        ("9999-12-31T23:59:59", "America/Los_Angeles", LATEST),
        ("2026-01-01T00:00:00", BERLIN, datetime(2025, 12, 31, 23, tzinfo=UTC)),
    ],
)
def test_the_ends_of_time_are_kept_away_from(text, zone, moment):
    assert instant(text, zone) == moment
