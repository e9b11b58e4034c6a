"""An event as applications write it: what is understood, what a later upsert keeps, and what is named as wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from api.v1.drafts import Problems, known_zone, read
from connectors.model import Draft, Guest

START = datetime(2026, 4, 28, 15, 30, tzinfo=UTC)
BODY = {"summary": "Review", "start": "2026-04-28T15:30:00Z", "end": "2026-04-28T16:00:00Z"}
DAYS = {"start": "2026-04-28", "end": "2026-04-29"}
BEFORE = Draft(
    "Review",
    START,
    START + timedelta(minutes=30),
    "Agenda",
    "Room 4",
    "Europe/Berlin",
    attendees=(Guest("bob@example.net", "Bob"),),
    removed=("zoe@example.net",),
    reminders=(10,),
    transparent=True,
    private=True,
)


def draft(before=None, **changes):
    problems = Problems()
    found = read({**BODY, **changes}, before, problems)
    assert problems.found == {}
    return found


def wrong(before=None, **changes):
    problems = Problems()
    assert read({**BODY, **changes}, before, problems) is None
    return {
        name: [one.key.removeprefix("errors.") for one in found] for name, found in problems.found.items()
    }


def rule(**parts):
    return draft(recurrence={"rules": [parts]}).recurrence


# What is understood


@pytest.mark.parametrize(
    "times",
    [
        {"start": "2026-04-28T15:30:00.750Z"},
        {"start": "2026-04-28T17:30:00+02:00"},
        {"start": "2026-04-28T17:30:00", "end": "2026-04-28T18:00:00", "tzid": "Europe/Berlin"},
        {"start": {"time": "2026-04-28T17:30:00", "tzid": "Europe/Berlin"}},
        {"start": {"time": "2026-04-28T17:30:00", "tzid": "Europe/Berlin"}, "tzid": "Asia/Tokyo"},
        {"start": "2026-04-28T15:30:00"},
    ],
)
def test_a_time_may_be_written_in_many_ways(times):
    assert draft(**times).start == START


@pytest.mark.parametrize(
    ("times", "before", "zone"),
    [
        ({}, None, "UTC"),
        ({}, BEFORE, "Europe/Berlin"),
        ({"tzid": "Asia/Tokyo"}, BEFORE, "Asia/Tokyo"),
        ({"start": {"time": "2026-04-28T15:30:00Z", "tzid": "Asia/Tokyo"}}, None, "Asia/Tokyo"),
    ],
)
def test_the_zone_is_the_one_that_is_named_else_that_of_before(times, before, zone):
    assert draft(before, **times).zone == zone


def test_days_count_from_midnight_utc_and_leave_their_owner_free():
    found = draft(**DAYS)
    assert (found.start, found.end, found.all_day) == (
        datetime(2026, 4, 28, tzinfo=UTC),
        datetime(2026, 4, 29, tzinfo=UTC),
        True,
    )
    assert found.transparent
    assert not draft(**DAYS, transparency="opaque").transparent
    assert not draft().transparent
    assert draft(transparency="transparent").transparent


def test_a_location_may_be_a_text():
    assert draft(location="Room 4").location == draft(location={"description": "Room 4"}).location == "Room 4"


def test_addresses_are_in_lower_case_and_names_in_one_line():
    found = draft(attendees={"invite": [{"email": " Bob@Example.NET ", "display_name": "Bob\n  Lee"}]})
    assert found.attendees == (Guest("bob@example.net", "Bob Lee"),)


def test_reminders_come_in_order_and_once():
    assert draft(reminders=[{"minutes": 30}, {"minutes": 0}, {"minutes": 30}]).reminders == (0, 30)
    assert draft(reminders=[]).reminders == ()
    assert draft().reminders is None


# What a later upsert leaves out, and what it changes


def test_what_is_left_out_stays_as_it_was():
    assert draft(BEFORE) == BEFORE
    series = replace(BEFORE, recurrence=("RRULE:FREQ=DAILY",))
    assert draft(series).recurrence == series.recurrence
    assert draft(series, recurrence={"rules": []}).recurrence == ()


def test_reminders_may_be_for_the_beginning_only():
    assert draft(reminders=[{"minutes": 5}], reminders_create_only=True).reminders == (5,)
    assert draft(BEFORE, reminders=[{"minutes": 5}], reminders_create_only=True).reminders == (10,)
    assert draft(BEFORE, reminders=[{"minutes": 5}]).reminders == (5,)


def test_people_are_added_to_those_of_before_and_taken_off_until_they_are_invited_again():
    less = draft(BEFORE, attendees={"remove": [{"email": "bob@example.net"}]})
    assert (less.attendees, less.removed) == ((), ("bob@example.net", "zoe@example.net"))
    more = draft(less, attendees={"invite": [{"email": "zoe@example.net"}, {"email": "al@example.net"}]})
    assert [one.address for one in more.attendees] == ["al@example.net", "zoe@example.net"]
    assert more.removed == ("bob@example.net",)


# How it repeats


@pytest.mark.parametrize(
    ("parts", "line"),
    [
        ({"frequency": "daily"}, "FREQ=DAILY"),
        ({"frequency": "monthly", "interval": 1}, "FREQ=MONTHLY"),
        ({"frequency": "weekly", "interval": 2, "count": 3}, "FREQ=WEEKLY;INTERVAL=2;COUNT=3"),
        ({"frequency": "weekly", "by_day": "friday"}, "FREQ=WEEKLY;BYDAY=FR"),
        ({"frequency": "weekly", "by_day": ["friday", {"day": "Monday"}]}, "FREQ=WEEKLY;BYDAY=MO,FR"),
        ({"frequency": "daily", "until": "2026-05-01"}, "FREQ=DAILY;UNTIL=20260501T235959Z"),
        ({"frequency": "daily", "until": "2026-05-01T10:00:00+02:00"}, "FREQ=DAILY;UNTIL=20260501T080000Z"),
    ],
)
def test_a_rule_is_written_as_calendars_keep_it(parts, line):
    assert rule(**parts) == (f"RRULE:{line}",)


def test_a_series_of_days_ends_with_a_day():
    found = draft(**DAYS, recurrence={"rules": [{"frequency": "daily", "until": "2026-04-28"}]})
    assert found.recurrence == ("RRULE:FREQ=DAILY;UNTIL=20260428",)


# What is wrong


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"summary": " "}, {"summary": ["required"]}),
        (
            {"summary": None, "start": None, "end": ""},
            {name: ["required"] for name in ("summary", "start", "end")},
        ),
        ({"summary": 1}, {"summary": ["invalid_format"]}),
        ({"summary": "x" * 1025}, {"summary": ["too_long"]}),
        ({"description": "x" * 4097}, {"description": ["too_long"]}),
        ({"location": {"description": "x" * 1025}}, {"location.description": ["too_long"]}),
        ({"location": 1}, {"location": ["invalid_format"]}),
        ({"tzid": "Europe/Nowhere"}, {"tzid": ["tzid_unrecognized"]}),
        ({"start": {"time": BODY["start"], "tzid": "x"}}, {"start.tzid": ["tzid_unrecognized"]}),
        ({"start": {"tzid": "UTC"}}, {"start.time": ["required"]}),
        ({"start": "tomorrow"}, {"start": ["invalid_format"]}),
        ({"start": "20260428T153000Z"}, {"start": ["invalid_format"]}),
        ({"end": BODY["start"]}, {"end": ["invalid_time_pair"]}),
        ({"end": "2026-04-29"}, {"end": ["invalid_time_pair"]}),
        ({"end": "2027-05-01T00:00:00Z"}, {"end": ["invalid_time_pair"]}),
        ({"event_private": "perhaps"}, {"event_private": ["invalid_format"]}),
        ({"transparency": "busy"}, {"transparency": ["not_recognized"]}),
        ({"reminders": [{"minutes": True}]}, {"reminders[0].minutes": ["invalid_format"]}),
        ({"reminders": [{"minutes": 5}, {"minutes": 40_321}]}, {"reminders[1].minutes": ["invalid_format"]}),
        ({"reminders": [{"minutes": 1}] * 6}, {"reminders": ["invalid_format"]}),
        ({"attendees": []}, {"attendees": ["invalid_format"]}),
        ({"attendees": {"invite": [{}]}}, {"attendees.invite[0].email": ["required"]}),
        ({"attendees": {"remove": [{"email": "bob"}]}}, {"attendees.remove[0].email": ["invalid_email"]}),
    ],
)
def test_what_is_wrong_is_named_by_its_field(changes, told):
    assert wrong(**changes) == told


@pytest.mark.parametrize(
    ("parts", "field", "key"),
    [
        ({}, "frequency", "required"),
        ({"frequency": "hourly"}, "frequency", "not_recognized"),
        ({"frequency": "daily", "interval": 100}, "interval", "invalid_format"),
        ({"frequency": "daily", "interval": True}, "interval", "invalid_format"),
        ({"frequency": "daily", "count": 0}, "count", "invalid_format"),
        ({"frequency": "daily", "by_day": "monday"}, "by_day", "invalid_format"),
        ({"frequency": "weekly", "by_day": []}, "by_day", "invalid_format"),
        ({"frequency": "weekly", "by_day": ["noday"]}, "by_day", "invalid_format"),
        ({"frequency": "daily", "until": "2026-04-27"}, "until", "invalid_format"),
        ({"frequency": "daily", "until": "some day"}, "until", "invalid_format"),
        ({"frequency": "daily", "until": "2026-05-01", "count": 2}, "until", "invalid_format"),
    ],
)
def test_what_is_wrong_with_a_rule_is_named_too(parts, field, key):
    assert wrong(recurrence={"rules": [parts]}) == {f"recurrence.rules[0].{field}": [key]}


def test_an_event_has_a_limit_of_people_in_all():
    many = [{"email": f"p{number}@example.net"} for number in range(500)]
    assert len(draft(attendees={"invite": many}).attendees) == 500
    assert wrong(BEFORE, attendees={"invite": many}) == {"attendees.invite": ["invalid_format"]}


@pytest.mark.parametrize("name", ["../etc/localtime", "/etc/localtime", "./Europe/Berlin", "", "Europe"])
def test_no_name_of_a_zone_leads_elsewhere(name):
    assert not known_zone(name)
