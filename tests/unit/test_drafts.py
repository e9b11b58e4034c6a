"""What applications want of events, in the words of each provider, and what readers are told of events."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from dateutil.rrule import rrulestr
from hypothesis import assume, given
from hypothesis import strategies as st

from connectors import drafts, markup
from connectors.google import drafts as google
from connectors.google import wire as google_wire
from connectors.microsoft import drafts as microsoft
from connectors.microsoft import patterns, rules
from connectors.microsoft import wire as microsoft_wire
from connectors.model import Answered, CalendarInfo, Draft, Guest, Shown

MINE = CalendarInfo("ada@example.com", "Ada", "Europe/Berlin", writable=True)
START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # a Monday


def draft(**what) -> Draft:
    plain = {"title": "Plan", "start": START, "end": START + timedelta(hours=1), "zone": "Europe/Berlin"}
    return Draft(**{**plain, **what})


def repeating(rule: str, **what) -> Draft:
    return draft(recurrence=(f"RRULE:{rule}",), **what)


def days_of(line: str, first: datetime) -> list[datetime]:
    return list(islice(rrulestr(line.removeprefix("RRULE:"), dtstart=first), 12))


# Recurrence at Graph


@pytest.mark.parametrize(
    ("rule", "pattern"),
    [
        ("FREQ=DAILY;INTERVAL=2", {"type": "daily", "interval": 2}),
        (
            "FREQ=WEEKLY",
            {"type": "weekly", "daysOfWeek": ["monday"], "firstDayOfWeek": "monday", "interval": 1},
        ),
        (
            "FREQ=WEEKLY;BYDAY=TU,FR;WKST=SU",
            {
                "type": "weekly",
                "daysOfWeek": ["tuesday", "friday"],
                "firstDayOfWeek": "sunday",
                "interval": 1,
            },
        ),
        ("FREQ=MONTHLY", {"type": "absoluteMonthly", "dayOfMonth": 23, "interval": 1}),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", {"type": "absoluteMonthly", "dayOfMonth": 31, "interval": 1}),
        (
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
            {
                "type": "relativeMonthly",
                "index": "last",
                "daysOfWeek": ["monday", "tuesday", "wednesday", "thursday", "friday"],
                "interval": 1,
            },
        ),
        (
            "FREQ=YEARLY;BYMONTH=12;BYDAY=+1SU",
            {
                "type": "relativeYearly",
                "index": "first",
                "daysOfWeek": ["sunday"],
                "month": 12,
                "interval": 1,
            },
        ),
        ("FREQ=YEARLY", {"type": "absoluteYearly", "dayOfMonth": 23, "month": 11, "interval": 1}),
        (
            "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=31",
            {"type": "absoluteYearly", "dayOfMonth": 31, "month": 12, "interval": 1},
        ),
    ],
)
def test_a_rule_is_one_of_graphs_patterns(rule, pattern):
    assert rules.recurrence(repeating(rule))["pattern"] == pattern


@pytest.mark.parametrize(
    ("rule", "span"),
    [
        ("FREQ=DAILY", {"type": "noEnd"}),
        ("FREQ=DAILY;COUNT=7", {"type": "numbered", "numberOfOccurrences": 7}),
        ("FREQ=DAILY;UNTIL=20261201", {"type": "endDate", "endDate": "2026-12-01"}),
        ("FREQ=DAILY;UNTIL=20261201T090000Z", {"type": "endDate", "endDate": "2026-12-01"}),
        ("FREQ=DAILY;UNTIL=20261201T085959Z", {"type": "endDate", "endDate": "2026-11-30"}),
        ("FREQ=DAILY;UNTIL=20261201T100000", {"type": "endDate", "endDate": "2026-12-01"}),
    ],
)
def test_a_series_ends_on_the_day_of_its_last_occurrence(rule, span):
    assert rules.recurrence(repeating(rule))["range"] == {"startDate": "2026-11-23", **span}


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=HOURLY",
        "COUNT=3",
        "nonsense",
        "FREQ=DAILY;BYDAY=MO",
        "FREQ=DAILY;BYHOUR=9",
        "FREQ=WEEKLY;BYMONTH=3",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=WEEKLY;BYDAY=MO;BYSETPOS=1",
        "FREQ=MONTHLY;BYMONTHDAY=31",
        "FREQ=MONTHLY;BYMONTHDAY=29",
        "FREQ=MONTHLY;BYMONTHDAY=1,2",
        "FREQ=MONTHLY;BYMONTHDAY=-2",
        "FREQ=MONTHLY;BYDAY=MO",
        "FREQ=MONTHLY;BYDAY=5MO",
        "FREQ=MONTHLY;BYDAY=1MO,3MO",
        "FREQ=MONTHLY;BYDAY=-2FR",
        "FREQ=MONTHLY;BYDAY=1MO;BYSETPOS=1",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
        "FREQ=YEARLY;BYMONTH=1,7",
        "FREQ=YEARLY;BYDAY=1MO",
        "FREQ=YEARLY;BYMONTHDAY=5",
    ],
)
def test_a_rule_that_graph_has_no_pattern_for_is_refused_and_never_bent(rule):
    with pytest.raises(ValueError, match=r"\w"):
        rules.recurrence(repeating(rule))


def test_several_rules_are_refused():
    with pytest.raises(ValueError, match="one rule"):
        rules.recurrence(draft(recurrence=("RRULE:FREQ=DAILY", "RRULE:FREQ=WEEKLY")))


PARTS = st.fixed_dictionaries(
    {"FREQ": st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"])},
    optional={
        "INTERVAL": st.sampled_from(["1", "2", "3"]),
        "BYDAY": st.sampled_from(["MO", "MO,WE", "2TU", "-1FR", "SA,SU", "1MO,2MO"]),
        "BYMONTHDAY": st.sampled_from(["1", "15", "28", "-1", "30", "28,29,30", "28,29"]),
        "BYMONTH": st.sampled_from(["2", "11", "4,5"]),
        "BYSETPOS": st.sampled_from(["1", "-1", "4"]),
        "WKST": st.sampled_from(["MO", "SU"]),
        "COUNT": st.sampled_from(["1", "6"]),
    },
)


@given(PARTS)
def test_whatever_graph_takes_falls_on_the_same_days_as_the_rule(parts):
    rule = ";".join(f"{name}={value}" for name, value in parts.items())
    wanted = repeating(rule)
    try:
        told = rules.recurrence(wanted)
    except ValueError:
        assume(False)
    (line,) = patterns.lines(told)
    first = drafts.wall(wanted.start, wanted)
    assert days_of(line, first) == days_of(rule, first)


# Texts and times


@given(st.text(alphabet="ab <>&;\n/#1lt-!", max_size=40))
def test_plain_text_reads_the_same_at_both_providers(text):
    shown = [line.strip() for line in text.splitlines()]
    assert drafts.same_text(markup.readable(google.text(text)), "\n".join(shown))
    assert drafts.same_text(markup.readable(microsoft.html(text), html=True), "\n".join(shown))


@pytest.mark.parametrize("text", ["R&D at 5", "1 < 2", "Ask <ada@example.com>", "https://x.example/?a=1&b=2"])
def test_text_that_nobody_can_mistake_is_sent_to_google_as_it_is(text):
    assert google.text(text) == text


@pytest.mark.parametrize(
    ("all_day", "until", "expected"),
    [
        (False, "20261201", "20261201T225959Z"),
        (False, "20261201T090000Z", "20261201T090000Z"),
        (True, "20261201T090000Z", "20261201"),
        (True, "20261201", "20261201"),
    ],
)
def test_google_is_told_the_end_of_a_series_in_the_form_of_its_start(all_day, until, expected):
    wanted = repeating(f"FREQ=DAILY;UNTIL={until}", all_day=all_day)
    assert google.fresh(wanted, "")["recurrence"] == [f"RRULE:FREQ=DAILY;UNTIL={expected}"]


def test_times_are_written_on_the_wall_clock_of_the_zone():
    assert google.times(draft())["start"] == {
        "dateTime": "2026-11-23T10:00:00+01:00",
        "timeZone": "Europe/Berlin",
    }
    assert microsoft.times(draft())["start"] == {
        "dateTime": "2026-11-23T10:00:00",
        "timeZone": "Europe/Berlin",
    }
    day = draft(
        start=datetime(2026, 11, 23, tzinfo=UTC), end=datetime(2026, 11, 24, tzinfo=UTC), all_day=True
    )
    assert google.times(day) == {"start": {"date": "2026-11-23"}, "end": {"date": "2026-11-24"}}
    assert microsoft.times(day)["end"]["dateTime"] == "2026-11-24T00:00:00"


def test_a_new_zone_is_a_change_and_windows_name_of_the_same_is_none():
    item = {
        "id": "1",
        "subject": "Plan",
        "isOrganizer": True,
        "originalStartTimeZone": "W. Europe Standard Time",
        "start": {"dateTime": "2026-11-23T09:00:00", "timeZone": "UTC"},
        "end": {"dateTime": "2026-11-23T10:00:00", "timeZone": "UTC"},
        "showAs": "busy",
    }
    event = microsoft_wire.event(item, MINE)
    assert microsoft.owed(item, event, draft(), "ada@example.com") == {}
    assert microsoft.owed(item, event, draft(zone="Europe/Vienna"), "ada@example.com") == {}
    assert set(microsoft.owed(item, event, draft(zone="Asia/Tokyo"), "")) == {"isAllDay", "start", "end"}


def test_whom_google_holds_besides_guests_goes_back_as_it_was():
    room = {"email": "room@resource.calendar.google.com", "resource": True, "responseStatus": "accepted"}
    self = {"email": "ada@example.com", "organizer": True, "self": True, "responseStatus": "accepted"}
    bob = {
        "email": "Bob@example.com",
        "responseStatus": "declined",
        "comment": "Sorry",
        "additionalGuests": 1,
    }
    item = {
        "id": "abcdefgh",
        "summary": "Plan",
        **google.times(draft()),
        "organizer": {"email": "ada@example.com", "self": True},
        "attendees": [room, self, bob],
    }
    event = google_wire.event(item, MINE)
    wanted = draft(attendees=(Guest("zoe@example.net", "Zoe"), Guest("bob@example.com")))
    new = {"email": "zoe@example.net", "displayName": "Zoe"}
    assert google.owed(item, event, wanted) == {"attendees": [room, self, bob, new]}
    gone = draft(removed=("bob@example.com", "ada@example.com"))
    assert google.owed(item, event, gone) == {"attendees": [room, self]}


# What readers are told


def test_what_google_tells_of_an_event_beyond_what_decides():
    item = {
        "id": "abcdefgh",
        "created": "2026-11-01T08:00:00.000Z",
        "updated": "2026-11-02T08:00:00.000Z",
        "status": "tentative",
        "transparency": "transparent",
        "visibility": "confidential",
        "description": "Hi <b>all</b>",
        "hangoutLink": "https://meet.google.com/abc-defg-hij",
        **google.times(draft()),
        "organizer": {"email": "eve@example.net", "displayName": "Eve"},
        "attendees": [
            {"email": "Ada@example.com", "self": True, "responseStatus": "needsAction"},
            {"email": "bob@example.com", "displayName": "Bob", "responseStatus": "tentative"},
            {"email": "room@example.com", "resource": True},
        ],
    }
    assert google_wire.event(item, MINE).shown == Shown(
        created=datetime(2026, 11, 1, 8, tzinfo=UTC),
        updated=datetime(2026, 11, 2, 8, tzinfo=UTC),
        organizer="Eve",
        attendees=(
            Answered("ada@example.com", "", "needs_action"),
            Answered("bob@example.com", "Bob", "tentative"),
        ),
        answer="needs_action",
        status="tentative",
        transparent=True,
        private=True,
        join_url="https://meet.google.com/abc-defg-hij",
        text="Hi all",
    )


def test_what_graph_tells_of_an_event_beyond_what_decides():
    item = {
        "id": "1",
        "createdDateTime": "2026-11-01T08:00:00.0000000Z",
        "lastModifiedDateTime": "2026-11-02T08:00:00.0000000Z",
        "showAs": "tentative",
        "sensitivity": "private",
        "categories": ["Zoom", "Board"],
        "body": {"contentType": "html", "content": "Hi <b>all</b>"},
        "start": {"dateTime": "2026-11-23T09:00:00", "timeZone": "UTC"},
        "organizer": {"emailAddress": {"name": "Eve", "address": "eve@example.net"}},
        "responseStatus": {"response": "tentativelyAccepted"},
        "attendees": [
            {"emailAddress": {"address": "Bob@example.com", "name": "Bob"}, "status": {"response": "none"}},
            {"emailAddress": {"address": "zoe@example.net"}, "status": {"response": "declined"}},
            {"type": "resource", "emailAddress": {"address": "room@example.com"}},
        ],
        "onlineMeeting": {"joinUrl": "https://teams.microsoft.com/l/meetup-join/19%3aA%40thread.v2/0"},
    }
    assert microsoft_wire.event(item, MINE).shown == Shown(
        created=datetime(2026, 11, 1, 8, tzinfo=UTC),
        updated=datetime(2026, 11, 2, 8, tzinfo=UTC),
        organizer="Eve",
        attendees=(
            Answered("bob@example.com", "Bob", "needs_action"),
            Answered("zoe@example.net", "", "declined"),
        ),
        answer="tentative",
        status="tentative",
        private=True,
        categories=("Zoom", "Board"),
        join_url="https://teams.microsoft.com/l/meetup-join/19%3aA%40thread.v2/0",
        text="Hi all",
    )


def test_nothing_that_providers_leave_out_is_missed():
    google_item = {"id": "abcdefgh", "start": {"date": "2026-11-23"}, "created": "never", "attendees": [{}]}
    graph_item = {"id": "1", "start": {"dateTime": "2026-11-23T09:00:00"}, "attendees": ["?"], "showAs": 5}
    assert google_wire.event(google_item, MINE).shown.answer == "accepted"
    assert microsoft_wire.event(graph_item, MINE).shown == Shown()
