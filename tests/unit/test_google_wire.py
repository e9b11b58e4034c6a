"""Google's JSON as our vocabulary."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors import marks
from connectors.errors import (
    Conflict,
    CursorExpired,
    NotFound,
    Rejected,
    Transient,
    Unauthorized,
    Unwatchable,
)
from connectors.google import conference, edits, wire
from connectors.google.errors import is_conference_refused, judge
from connectors.google.times import EARLIEST, LATEST, iana, instant, span
from connectors.http import Answer
from connectors.model import CalendarInfo, Event, Gone, Mark, Meeting, Native, Phone

FIXTURES = Path(__file__).resolve().parents[2] / ".." / "shared" / "fixtures" / "google"
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
KEY, OTHER = "hdaaaaaaaaaaaaaaaa", "hdbbbbbbbbbbbbbbbb"
MINE = CalendarInfo("ada@example.com", "Ada", "Europe/Berlin", writable=True)
ZOOM = Meeting("zoom", "Zoom", "99900011122", "https://zoom.example.com/j/99900011122", code="999 0001 1122")
ITEM = {
    "id": "abcdefgh",
    "etag": '"1"',
    "iCalUID": "abcdefgh@google.com",
    "summary": "Plan",
    "start": {"dateTime": "2026-11-23T10:00:00+01:00", "timeZone": "Europe/Berlin"},
    "end": {"dateTime": "2026-11-23T11:00:00+01:00", "timeZone": "Europe/Berlin"},
    "organizer": {"email": "ada@example.com", "self": True},
}


def recorded(name: str):
    path = FIXTURES / name
    if not path.exists():
        pytest.skip(f"the sample payloads are not here: {name}")
    return json.loads(path.read_text())


def read(calendar: CalendarInfo = MINE, **more) -> Event:
    found = wire.event({**ITEM, **more}, calendar)
    assert isinstance(found, Event)
    return found


def test_reading_google_loads_no_sdk():
    program = "import sys, connectors.google.wire; print([m for m in sys.modules if m.startswith('googleapiclient')])"
    root = Path(__file__).resolve().parents[2]
    out = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True
    )
    assert out.stdout.strip() == "[]"


# What has happened to an event


@pytest.mark.parametrize(
    ("item", "gone"),
    [
        ({"id": "abc"}, Gone("abc")),
        ({"id": "abc_20211123T170000Z"}, Gone("abc_20211123T170000Z", "abc")),
        ({"id": "abc_20211123"}, Gone("abc_20211123", "abc")),
        ({"id": "_60q30c1g_20211123T170000Z"}, Gone("_60q30c1g_20211123T170000Z", "_60q30c1g")),
        (
            {"id": "abc_R20211123T170000_20211130T170000Z"},
            Gone("abc_R20211123T170000_20211130T170000Z", "abc_R20211123T170000"),
        ),
        ({"id": "abc_R20211123T170000"}, Gone("abc_R20211123T170000")),
        ({"id": "_60q30c1g"}, Gone("_60q30c1g")),
        ({"id": "abc_20211123T170000Z", "recurringEventId": "xyz"}, Gone("abc_20211123T170000Z", "xyz")),
        ({"id": "abc_20211123T1700"}, Gone("abc_20211123T1700")),
    ],
)
def test_a_cancelled_event_is_gone_whatever_little_is_told(item, gone):
    assert wire.event({**item, "status": "cancelled"}, MINE) == gone


@pytest.mark.parametrize("kind", ["birthday", "focusTime", "fromGmail", "outOfOffice", "workingLocation"])
def test_other_kinds_are_none_of_ours(kind):
    assert wire.event({**ITEM, "eventType": kind}, MINE) is None


@pytest.mark.parametrize(
    "item",
    [
        {},
        {"id": ""},
        {"id": 5},
        {"id": "x"},
        {**ITEM, "start": None},
        {**ITEM, "start": {"date": "soon"}},
        {**ITEM, "organizer": "ada"},
    ],
)
def test_what_cannot_be_read_does_not_spoil_the_page(item):
    page = wire.page([item, ITEM, "text", None, {"id": "gone", "status": "cancelled"}], MINE)
    assert set(page.found) == {"abcdefgh", "gone"}
    assert len(page.unreadable) == 3


def test_of_an_event_that_comes_twice_the_later_state_counts():
    page = wire.page([ITEM, {"id": "abcdefgh", "status": "cancelled"}], MINE)
    assert page.found == {"abcdefgh": Gone("abcdefgh")}


# Whose it is


@pytest.mark.parametrize(
    ("item", "calendar", "own"),
    [
        ({}, MINE, True),
        ({"organizer": {"email": "bob@example.com"}}, MINE, False),
        ({"organizer": {"email": "ADA@example.com"}}, MINE, True),
        ({"organizer": {"email": "c_1@group.calendar.google.com", "self": True}}, MINE, True),
        ({"organizer": None}, MINE, True),
        ({"organizer": None, "creator": {"email": "bob@example.com"}}, MINE, False),
        ({"organizer": None, "creator": {"email": "x@example.com", "self": True}}, MINE, True),
        ({"locked": True}, MINE, False),
        ({}, replace(MINE, writable=False), False),
    ],
)
def test_only_the_organizers_copy_in_a_writable_calendar_is_ours_to_write_on(item, calendar, own):
    assert read(calendar, **item).own is own


def test_people_are_named_once_in_order_without_the_organizer_and_rooms():
    guests = [
        {"email": "zoe@example.com", "responseStatus": "declined"},
        {"email": "Bob@Example.com "},
        {"email": "bob@example.com"},
        {"email": "ada@example.com", "organizer": True, "self": True},
        {"email": "ADA@example.com"},
        {"email": "room@resource.calendar.google.com", "resource": True},
        {"email": "other@resource.calendar.google.com"},
        {"displayName": "Nobody"},
    ]
    assert read(attendees=guests).attendees == ("bob@example.com", "zoe@example.com")


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        (f"{KEY} abc title:@zoom", Mark(KEY, "abc", "title:@zoom")),
        (f"{KEY} abc rule:big customers", Mark(KEY, "abc", "rule:big customers")),
        (f"{KEY} abc", Mark(KEY, "abc", "")),
        (KEY, None),
        ("", None),
        (" ", None),
    ],
)
def test_our_mark_is_read(text, mark):
    assert read(extendedProperties={"private": {"huddled": text}}).mark == mark


@settings(deadline=None)
@given(st.text("abc:@ ", max_size=30).map(str.strip))
def test_a_mark_that_was_written_is_read_again(source):
    mark = Mark(KEY, "abcdefgh", source)
    assert read(extendedProperties={"private": {"huddled": marks.write(mark)}}).mark == mark


def test_a_mark_is_never_longer_than_google_keeps():
    assert len(marks.write(Mark(KEY, "abc", "x" * 2000))) == 1024


@pytest.mark.parametrize(("value", "ask"), [("zoom", "zoom"), (" @Meet ", "meet"), ("", ""), (None, "")])
def test_applications_ask_with_a_private_property(value, ask):
    assert read(extendedProperties={"private": {"conferencing": value}}).ask == ask
    assert read(extendedProperties={"shared": {"conferencing": value}}).ask == ""


# When it is


@pytest.mark.parametrize(
    ("start", "begins", "zone"),
    [
        ({"dateTime": "2026-11-23T10:00:00+01:00"}, "2026-11-23 09:00", "Europe/Berlin"),
        (
            {"dateTime": "2026-11-23T10:00:00Z", "timeZone": "Asia/Tokyo"},
            "2026-11-23 10:00",
            "Asia/Tokyo",
        ),
        ({"dateTime": "2026-11-23T10:00:00.000+01:00"}, "2026-11-23 09:00", "Europe/Berlin"),
        (
            {"dateTime": "2026-11-23T10:00:00", "timeZone": "Asia/Tokyo"},
            "2026-11-23 01:00",
            "Asia/Tokyo",
        ),
        ({"dateTime": "2026-11-23T10:00:00"}, "2026-11-23 09:00", "Europe/Berlin"),
        (
            {"dateTime": "2026-11-23T10:00:00-07:00", "timeZone": "GMT-07:00"},
            "2026-11-23 17:00",
            "Etc/GMT+7",
        ),
        (
            {"dateTime": "2026-11-23T10:00:00", "timeZone": "GMT-07:00"},
            "2026-11-23 17:00",
            "Etc/GMT+7",
        ),
        (
            {"dateTime": "2026-11-23T10:00:00Z", "timeZone": "Mars/Olympus"},
            "2026-11-23 10:00",
            "Europe/Berlin",
        ),
        ({"date": "2026-11-23"}, "2026-11-22 23:00", "Europe/Berlin"),
        ({"date": "2026-11-23", "timeZone": "Asia/Tokyo"}, "2026-11-22 23:00", "Europe/Berlin"),
        ({"date": None, "dateTime": "2026-11-23T10:00:00Z"}, "2026-11-23 10:00", "Europe/Berlin"),
    ],
)
def test_starts_are_read_in_utc(start, begins, zone):
    when = span({"start": start, "end": start}, "Europe/Berlin")
    assert (f"{when.start:%Y-%m-%d %H:%M}", when.zone, when.all_day) == (
        begins,
        zone,
        "date" in start and bool(start["date"]),
    )
    assert when.start <= when.end


@pytest.mark.parametrize(
    ("name", "zone"),
    [
        ("Europe/Zurich", "Europe/Zurich"),
        ("UTC", "UTC"),
        ("GMT+02:00", "Etc/GMT-2"),
        ("UTC-3", "Etc/GMT+3"),
        ("GMT+00:00", "Etc/GMT-0"),
        ("GMT+05:30", "Fallback"),
        ("GMT+99:00", "Fallback"),
        ("America", "Fallback"),
        ("../etc/passwd", "Fallback"),
        ("/etc/passwd", "Fallback"),
        ("a\0b", "Fallback"),
        ("", "Fallback"),
    ],
)
def test_zones_that_nobody_knows_are_replaced(name, zone):
    assert iana(name, "Fallback") == zone


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("0000-12-30T00:00:00-06:00", EARLIEST),
        ("0001-01-01T00:00:00+05:00", EARLIEST),
        ("9999-12-31T23:59:59-05:00", LATEST),
        ("9998-12-31T23:59:59Z", LATEST),
    ],
)
def test_the_ends_of_time_are_kept_away_from(text, moment):
    assert instant(text) == moment
    assert moment - timedelta(days=300) < moment < moment + timedelta(days=300)


def test_an_all_day_event_of_year_0000_is_read():
    assert read(start={"date": "0000-01-05"}, end={"date": "0000-01-06"}).all_day


@pytest.mark.parametrize("end", [None, {}, {"dateTime": "soon"}, {"dateTime": "2020-01-01T00:00:00Z"}])
def test_an_end_that_is_missing_or_wrong_is_the_start_or_the_next_day(end):
    assert read(end=end).end == read().start
    day = read(start={"date": "2026-11-23"}, end=end)
    assert day.end - day.start == timedelta(days=1)


def test_the_end_of_whole_days_is_exclusive():
    event = read(start={"date": "2026-03-28"}, end={"date": "2026-03-30"})
    assert event.end == datetime(2026, 3, 30, tzinfo=ZoneInfo("Europe/Berlin"))


def test_a_series_ends_with_its_rule():
    event = read(recurrence=["RRULE:FREQ=DAILY;COUNT=3"])
    assert (event.recurrence, event.ends) == (("RRULE:FREQ=DAILY;COUNT=3",), event.end + timedelta(days=2))
    assert read(recurrence=["RRULE:FREQ=DAILY"]).ends is None
    assert read(recurringEventId="abc").ends == read().end


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(
            [
                *ITEM,
                "attendees",
                "recurrence",
                "conferenceData",
                "extendedProperties",
                "status",
                "description",
                "creator",
                "hangoutLink",
            ]
        ),
        JSON,
    )
)
def test_no_item_breaks_a_page(strange):
    page = wire.page([{**ITEM, **strange}, {**ITEM, "id": "second"}], MINE)
    assert "second" in page.found


# Its conference


def test_the_shapes_of_conferences_are_read():
    shapes = recorded("SYNTHETIC_conference_shapes.json")
    asked = Native("meet", "pending")
    assert conference.native({"conferenceData": shapes["meet_pending"]}) == asked
    assert conference.native({"conferenceData": shapes["meet_failure"]}) == replace(asked, state="failed")
    assert conference.native({"conferenceData": shapes["meet_success"]}) == Native(
        "meet", "ready", "https://meet.google.com/abc-defg-hij", "abc-defg-hij"
    )
    assert conference.native({"conferenceData": shapes["zoom_addon_full"]}) == Native(
        "other", "ready", "https://us02web.zoom.us/j/99900011122?pwd=EXAMPLE.1&jst=2", "99900011122"
    )
    made = conference.meet({"conferenceData": shapes["meet_success"]}, "ada@example.com")
    assert (made.phones, made.phone_passcode) == ((Phone("+1 555-010-0199", "US"),), "123456789")


@pytest.mark.parametrize(
    ("asked", "key"),
    [
        (KEY, KEY),
        (f"{KEY}-2", KEY),
        (f"{KEY}-13", KEY),
        (f"{KEY}-x", ""),
        (f"{KEY}a", ""),
        ("hdAAAAAAAAAAAAAAAA", ""),
        ("7qxalsvy0e", ""),
        ("", ""),
    ],
)
def test_a_request_id_tells_whose_it_is(asked, key):
    assert conference.key_of(asked) == key


@pytest.mark.parametrize(
    ("last", "status", "following"),
    [
        ("", "", KEY),
        (KEY, "failure", f"{KEY}-2"),
        (f"{KEY}-2", "failure", f"{KEY}-3"),
        (f"{KEY}-9", "failure", f"{KEY}-10"),
        (KEY, "pending", KEY),
        (KEY, "success", KEY),
        (OTHER, "failure", KEY),
        ("somebody", "failure", KEY),
    ],
)
def test_only_a_failure_of_ours_takes_the_next_id(last, status, following):
    item = {"conferenceData": {"createRequest": {"requestId": last, "status": {"statusCode": status}}}}
    assert conference.request_id(KEY, item) == following


def test_an_old_hangout_link_is_a_conference_too():
    assert conference.native({"hangoutLink": "https://meet.google.com/abc-defg-hij"}).service == "meet"
    assert conference.native({"hangoutLink": "https://plus.google.com/hangouts/_/x"}).service == "other"
    assert conference.native({"conferenceData": {}}) is None
    assert conference.native({}) is None


def test_what_we_wrote_for_a_third_party_is_known_again():
    data = conference.third_party(replace(ZOOM, phones=(Phone("+1 555 010 0199", "US"),)), KEY)
    assert conference.native({"conferenceData": data}) == Native(
        "other", "ready", ZOOM.join_url, ZOOM.id, KEY
    )
    assert data["entryPoints"][1]["uri"] == "tel:+15550100199,,99900011122#"


def test_what_does_not_fit_into_googles_limits_is_left_to_the_description():
    assert conference.third_party(replace(ZOOM, join_url="https://x.example/" + "a" * 1300), KEY) is None
    assert conference.third_party(replace(ZOOM, passcode="1" * 129), KEY) is None


# What is written


def test_a_patch_names_only_what_is_ours():
    assert set(edits.put(read(), ZOOM, KEY, "x")) == {"description", "location", "extendedProperties"}
    assert set(edits.put(read(location="Room 4"), ZOOM, KEY, "x")) == {"description", "extendedProperties"}
    assert edits.take(read(), KEY) == {}


def test_somebody_elses_conference_is_neither_ousted_nor_removed():
    theirs = read(conferenceData=conference.third_party(ZOOM, OTHER))
    assert edits.take(theirs, KEY) == {}
    assert edits.take(theirs, OTHER) == edits.take(theirs, "") == {"conferenceData": None}
    foreign = read(hangoutLink="https://meet.google.com/abc-defg-hij")
    assert edits.third_party(foreign, ZOOM, KEY) is None
    assert edits.take(foreign, "") == {}


@pytest.mark.parametrize(
    ("source", "location", "put"),
    [
        ("location:@zoom", "Bar zum @meet, @zoom", f"Bar zum {ZOOM.join_url}, zoom"),
        ("title:@zoom", "Bar zum @meet, Berlin", None),
        ("title:@zoom", f"Bar zum @meet, {ZOOM.join_url}", None),
        ("location:@zoom", f"Bar zum @meet, {ZOOM.join_url}", f"Bar zum , {ZOOM.join_url}"),
        ("description:@zoom", "@zoom", None),
        ("rule:zoom", "@zoom", None),
        ("", "@zoom", None),
        ("title:@zoom", "", ZOOM.join_url),
    ],
)
def test_a_keyword_in_the_location_gives_way_only_where_it_is_what_asked(source, location, put):
    assert edits.put(read(location=location), ZOOM, KEY, source).get("location") == put


def test_a_native_meeting_is_marked_and_gets_no_block():
    meet = replace(ZOOM, service="meet", join_url="https://meet.google.com/abc-defg-hij", native=True)
    body = edits.put(read(), meet, KEY, "x")
    assert set(body) == {"extendedProperties"}
    assert edits.put(read(location="@meet"), meet, KEY, "location:@meet")["location"] == meet.join_url
    assert edits.third_party(read(), meet, KEY) is None


@pytest.mark.parametrize(
    ("location", "left"),
    [
        (ZOOM.join_url, ""),
        (f"Room 4, {ZOOM.join_url}", "Room 4"),
        (f"{ZOOM.join_url} | Room 4", "Room 4"),
        (f"Room 4 {ZOOM.join_url} third floor", "Room 4 third floor"),
        (f"Room 4 ({ZOOM.join_url})", "Room 4 ()"),
        (f"{ZOOM.join_url}9", f"{ZOOM.join_url}9"),
        (f"{ZOOM.join_url}?pwd=x", f"{ZOOM.join_url}?pwd=x"),
        (f"See {ZOOM.join_url}.", "See ."),
    ],
)
def test_our_link_leaves_the_location_and_nothing_else_does(location, left):
    event = read(location=location, description=edits.put(read(), ZOOM, KEY, "x")["description"])
    assert edits.take(event, KEY).get("location", location) == left


# What is refused


def answer(status: int, body, **headers: str) -> Answer:
    return Answer(status, headers, body if isinstance(body, bytes) else json.dumps(body).encode(), "google")


def judged(status: int, body, *, conditional: bool = True, **headers: str):
    return judge(answer(status, body, **headers), conditional=conditional, now=NOW, jitter=0.0)


EXPECTED = {
    "timeRangeEmpty": Rejected,
    "authError": Unauthorized,
    "userRateLimitExceeded": Transient,
    "rateLimitExceeded": Transient,
    "quotaExceeded": Transient,
    "forbiddenForNonOrganizer": Rejected,
    "notFound": NotFound,
    "duplicate": Conflict,
    "conflict": Transient,
    "fullSyncRequired": CursorExpired,
    "updatedMinTooLongAgo": CursorExpired,
    "deleted": NotFound,
    "conditionNotMet": Conflict,
    "backendError": Transient,
    "notACalendarUser": Unauthorized,
    "pushNotSupportedForRequestedResource": Unwatchable,
    "channelIdNotUnique": Transient,
    "push.webhookUrlNotHttps": Rejected,
    "push.webhookUrlUnauthorized": Rejected,
    "invalid": Rejected,
    "requiredAccessLevel": Rejected,
    "forbiddenForServiceAccounts": Unauthorized,
    "accessNotConfigured": Unauthorized,
    "insufficientPermissions": Unauthorized,
}


def test_every_recorded_refusal_says_what_to_do():
    seen = set()
    for case in recorded("error_bodies.json"):
        if not isinstance(case["body"].get("error"), dict):
            continue  # the token endpoint's
        error = judged(case["http"], case["body"])
        reason = case["body"]["error"]["errors"][0]["reason"]
        assert (type(error), error.reason) == (EXPECTED[reason], reason)
        assert case["body"]["error"]["message"] in str(error)
        seen.add(reason)
    assert seen == set(EXPECTED)


@pytest.mark.parametrize(
    "message", ["Invalid conference data.", "Invalid conference data", "Invalid conference type value."]
)
def test_refused_conferences_are_told_from_other_bad_requests(message):
    body = {"error": {"errors": [{"reason": "invalid", "message": message}], "code": 400, "message": message}}
    assert is_conference_refused(judged(400, body))
    body["error"]["message"] = "Invalid start time."
    assert not is_conference_refused(judged(400, body))


@pytest.mark.parametrize("status", [302, 400, 403, 404, 410, 412, 429, 500, 502])
@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b'{"error": "odd"}', b'{"error": {"errors": [5]}}', b"\xff"]
)
def test_what_google_did_not_write_is_believed_in_nothing(status, body):
    assert type(judged(status, body)) is Transient


def test_a_401_of_any_shape_is_about_the_credentials():
    assert type(judged(401, b"<html>")) is Unauthorized


def test_newer_services_give_their_reason_elsewhere():
    detail = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "RATE_LIMIT_EXCEEDED"}
    body = {"error": {"code": 403, "message": "No", "status": "PERMISSION_DENIED", "details": [{}, detail]}}
    assert type(judged(403, body)) is Transient
    body["error"]["details"] = [{"reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT"}]
    assert "scopes" in str(judged(403, body))
    assert type(judged(403, {"error": {"code": 403, "status": "PERMISSION_DENIED"}})) is Rejected


@pytest.mark.parametrize(
    ("reason", "message", "headers", "seconds"),
    [
        ("rateLimitExceeded", "", {}, None),
        ("rateLimitExceeded", "", {"Retry-After": "7"}, 7.0),
        ("quotaExceeded", "Calendar usage limits exceeded.", {}, 3600.0),
        (
            "quotaExceeded",
            "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute' of …",
            {},
            None,
        ),
        ("quotaExceeded", "", {"Retry-After": "30"}, 30.0),
    ],
)
def test_waits_are_as_long_as_google_means(reason, message, headers, seconds):
    body = {"error": {"errors": [{"reason": reason}], "code": 403, "message": message}}
    assert judged(403, body, **headers).retry_after == seconds


def test_the_long_wait_is_spread():
    body = {"error": {"errors": [{"reason": "quotaExceeded"}], "code": 403, "message": ""}}
    waits = [
        judge(answer(403, body), conditional=True, now=NOW, jitter=chance).retry_after for chance in (0, 1)
    ]
    assert waits == [3600, 4500]


def test_a_failed_precondition_without_a_condition_passes():
    body = {
        "error": {
            "errors": [{"reason": "conditionNotMet"}],
            "code": 412,
            "message": "Precondition check failed.",
        }
    }
    assert type(judged(412, body, conditional=False)) is Transient


# Recorded


def test_recorded_events_are_read():
    page = recorded("compass_events_list_page.json")
    found = wire.page(page["items"], CalendarInfo("person2@example.com", "", page["timeZone"], writable=True))
    assert not found.unreadable
    gone = [read for read in found.found.values() if isinstance(read, Gone)]
    assert {one.series for one in gone} == {"tlf9q8uk5vjl2i2868q36dpi28", "0cu25g99pfkhlfarupevcjc297"}
    assert all(event.own for event in found.found.values() if isinstance(event, Event) and event.organizer)
    for name in ("compass_allday.json", "compass_timed_extprops.json"):
        for item in recorded(name):
            event = wire.event(item, MINE)
            assert event.all_day == ("date" in item["start"])
            assert event.etag == item["etag"]


def test_recorded_calendars_are_read():
    infos = {
        info.remote: info for info in map(wire.calendar_info, recorded("gcalcli_cal_list.json")["items"])
    }
    assert infos["person20@example.com"] == CalendarInfo(
        "person20@example.com", "person20@example.com", "America/Los_Angeles", writable=True, primary=True
    )
    assert [info.remote for info in infos.values() if info.writable] == [
        "person19@example.com",
        "person20@example.com",
    ]


@pytest.mark.parametrize(
    ("value", "expires"),
    [("1714380331000", 1714380331), (1714380331000, 1714380331), (None, None), ("soon", None)],
)
def test_a_channel_ends_when_google_says(value, expires):
    expected = datetime.fromtimestamp(expires, UTC) if expires else NOW
    assert wire.expires({"expiration": value}, NOW) == expected
