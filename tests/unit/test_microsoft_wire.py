"""Graph's JSON as our vocabulary."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import outlook_bodies as bodies
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import block, marks
from connectors.errors import CursorExpired
from connectors.microsoft import cursor, notes, occurrences, online, wire
from connectors.microsoft.wire import Removed, Skeleton
from connectors.model import Block, CalendarInfo, Event, Gone, Mark, Meeting, Native, Phone, Subscription

FIXTURES = Path(__file__).resolve().parents[2] / ".." / "shared" / "fixtures" / "microsoft"
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
KEY, OTHER = "hdaaaaaaaaaaaaaaaa", "hdbbbbbbbbbbbbbbbb"
MINE = CalendarInfo("ada@example.com", "Ada", "Europe/Berlin", writable=True)
TEAMS_ID = "meeting_zmfrzq"
ITEM = {
    "@odata.etag": 'W/"DwAAABYAAAC9"',
    "id": "AAMk-1=",
    "changeKey": "DwAAABYAAAC9",
    "iCalUId": "0400",
    "subject": "Plan",
    "type": "singleInstance",
    "isOrganizer": True,
    "isAllDay": False,
    "isCancelled": False,
    "isDraft": False,
    "isOnlineMeeting": False,
    "onlineMeetingProvider": "unknown",
    "onlineMeeting": None,
    "onlineMeetingUrl": None,
    "originalStartTimeZone": "W. Europe Standard Time",
    "start": {"dateTime": "2026-11-23T09:00:00.0000000", "timeZone": "UTC"},
    "end": {"dateTime": "2026-11-23T10:00:00.0000000", "timeZone": "UTC"},
    "location": {"displayName": "Room 4", "locationType": "default"},
    "body": {"contentType": "html", "content": "<p>Agenda</p>"},
    "organizer": {"emailAddress": {"name": "Ada", "address": "Ada@example.com"}},
    "attendees": [],
    "categories": [],
    "recurrence": None,
    "seriesMasterId": None,
}
TEAMS = {
    "isOnlineMeeting": True,
    "onlineMeetingProvider": "teamsForBusiness",
    "onlineMeeting": {"joinUrl": bodies.URL},
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


def properties(**values):
    names = {"mark": notes.MARK, "teams": notes.TEAMS}
    told = [{"id": names[name], "value": value} for name, value in values.items()]
    return {"singleValueExtendedProperties": told}


def test_reading_graph_loads_no_sdk():
    program = (
        "import sys, connectors.microsoft.edits, connectors.microsoft.wire;"
        "print([m for m in sys.modules if m.startswith(('msgraph', 'kiota', 'msal', 'aiohttp'))])"
    )
    root = Path(__file__).resolve().parents[2]
    out = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True
    )
    assert out.stdout.strip() == "[]"


def test_an_event_is_read():
    assert read() == Event(
        ref=read().ref,
        etag='W/"DwAAABYAAAC9"',
        uid="0400",
        title="Plan",
        location="Room 4",
        description="<p>Agenda</p>",
        notes="Agenda",
        start=datetime(2026, 11, 23, 9, tzinfo=UTC),
        end=datetime(2026, 11, 23, 10, tzinfo=UTC),
        zone="Europe/Berlin",
        ends=datetime(2026, 11, 23, 10, tzinfo=UTC),
        organizer="ada@example.com",
        asked_by="category",
        html=True,
    )
    assert (read().ref.calendar, read().ref.event) == ("ada@example.com", "AAMk-1=")


def test_a_text_body_is_no_html():
    seen = read(body={"contentType": "text", "content": "a < b <br>"})
    assert (seen.html, seen.notes, seen.description) == (False, "a < b <br>", "a < b <br>")


def test_what_is_missing_is_made_up_for():
    bare = {"id": "x", "changeKey": "abc", "start": ITEM["start"]}
    seen = wire.event(bare, MINE)
    assert isinstance(seen, Event)
    assert (seen.etag, seen.uid, seen.title, seen.html, seen.own) == ('W/"abc"', "x", "", False, False)
    assert seen.ends == seen.start


@pytest.mark.parametrize(
    ("item", "key"),
    [
        ({"changeKey": "abc", "@odata.etag": 'W/"def"'}, "abc"),
        ({"@odata.etag": 'W/"def"'}, "def"),
        ({}, ""),
    ],
)
def test_a_state_of_an_event_has_a_name(item, key):
    assert wire.change_key(item) == key


# What a listing of changes shows


def test_a_page_tells_events_from_what_is_none():
    items = [
        ITEM,
        {"id": "o1", "type": "occurrence", "seriesMasterId": "m", "start": ITEM["start"], "end": ITEM["end"]},
        {"id": "r1", "@removed": {"reason": "deleted"}},
        {**ITEM, "id": "c1", "isCancelled": True, "seriesMasterId": "m"},
        {"@odata.type": "#microsoft.graph.event"},
        {"id": "n1"},
        {"id": ""},
        {"id": 5},
        "text",
        None,
    ]
    page = wire.page(items, MINE)
    assert page.found == {
        "AAMk-1=": read(),
        "o1": Skeleton("o1", "m"),
        "r1": Removed("r1"),
        "c1": Gone("c1", "m"),
    }
    assert page.unreadable == ("", "n1", "", "", "", "")


def test_of_an_event_that_comes_twice_the_later_state_counts():
    page = wire.page([{**ITEM, "subject": "Old"}, ITEM, {**ITEM, "id": "x"}], MINE)
    assert [page.found["AAMk-1="], *page.found] == [read(), "AAMk-1=", "x"]


def test_an_event_that_was_asked_for_by_its_id_is_told_even_as_an_occurrence():
    seen = read(type="occurrence", seriesMasterId="m")
    assert (seen.series, seen.title) == ("m", "Plan")


@pytest.mark.parametrize("gone", [{"isCancelled": True}, {"@removed": {"reason": "changed"}}])
def test_a_cancelled_event_is_gone(gone):
    assert wire.event({"id": "x", **gone}, MINE) == Gone("x")


# Whose it is


@pytest.mark.parametrize(
    ("item", "calendar", "own"),
    [
        ({}, MINE, True),
        ({"isOrganizer": False}, MINE, False),
        ({"isOrganizer": None}, MINE, False),
        ({"isOrganizer": "true"}, MINE, False),
        ({"isDraft": True}, MINE, True),
        ({}, replace(MINE, writable=False), False),
    ],
)
def test_only_the_organizers_copy_is_ours_to_write_on(item, calendar, own):
    assert read(calendar, **item).own is own


def test_what_the_organizer_has_not_sent_is_a_draft():
    assert [read(MINE, isDraft=draft).draft for draft in (True, False, None)] == [True, False, False]


def test_people_are_named_once_in_order_without_the_organizer_and_rooms():
    def guest(address, kind="required"):
        return {"type": kind, "emailAddress": {"name": address, "address": address}}

    attendees = [
        guest("Zoe@example.com"),
        guest("bob@example.com ", "optional"),
        guest("ADA@example.com"),
        guest("zoe@example.com"),
        guest("room-4@example.com", "resource"),
        guest(None),
        {"type": "required"},
        "bob",
    ]
    assert read(attendees=attendees).attendees == ("bob@example.com", "zoe@example.com")


CATEGORIES = {"Zoom": "zoom", "Team meeting": "@Teams", " Video call": "video"}


@pytest.mark.parametrize(
    ("named", "ask"),
    [
        (["Zoom"], "zoom"),
        (["Blue category", "TEAM MEETING", "zoom"], "teams"),
        (["video call "], "video"),
        (["Blue category"], ""),
        ([], ""),
        (None, ""),
        ([5, None, {}], ""),
    ],
)
def test_a_category_asks_for_a_service(named, ask):
    seen = wire.event({**ITEM, "categories": named}, MINE, CATEGORIES)
    assert isinstance(seen, Event)
    assert (seen.ask, seen.asked_by) == (ask, "category")


# What is ours on it


@pytest.mark.parametrize(
    ("value", "mark"),
    [
        (f"{KEY} AAMk-1= title:@zoom", Mark(KEY, "AAMk-1=", "title:@zoom")),
        (f"{KEY} AAMk-1=", Mark(KEY, "AAMk-1=", "")),
        (f"{KEY} other rule:two words", Mark(KEY, "other", "rule:two words")),
        (KEY, None),
        ("none", None),
        ("", None),
        ("hd AAMk-1=", None),
        (7, None),
    ],
)
def test_our_mark_is_read(value, mark):
    assert read(**properties(mark=value)).mark == mark


@given(st.text("abc:@ ", max_size=30).map(str.strip))
def test_a_mark_that_was_written_is_read_again(source):
    mark = Mark(KEY, "AAMk-1=", source)
    assert read(**properties(mark=marks.write(mark))).mark == mark


def test_a_mark_is_never_longer_than_is_kept():
    assert len(marks.write(Mark(KEY, "e", "rule:" + "x" * 2000))) == 1024


def test_properties_are_known_in_any_case_and_others_overlooked():
    told = [
        {"id": notes.MARK.upper(), "value": f"{KEY} e"},
        {"id": "String {00020329-0000-0000-C000-000000000046} Name x", "value": f"{OTHER} e"},
        None,
    ]
    assert notes.properties({"singleValueExtendedProperties": told}).mark == Mark(KEY, "e", "")
    assert notes.properties({"singleValueExtendedProperties": "x"}) == notes.Properties()


@pytest.mark.parametrize(
    ("value", "key"),
    [
        (notes.write_teams(KEY, "AAMk-1="), KEY),
        (notes.write_teams(KEY, "m"), KEY),
        (notes.write_teams(KEY, "copied-from"), ""),
        (notes.write_teams("zoom", "AAMk-1="), ""),
        (KEY, ""),
        ("none", ""),
    ],
)
def test_it_is_known_whether_we_asked_for_the_teams_meeting(value, key):
    item = {**TEAMS, "seriesMasterId": "m"}
    seen = read(**item, **properties(teams=value))
    assert seen.native == Native("teams", "ready", bodies.URL, TEAMS_ID, key)
    told = notes.properties(properties(mark=f"{KEY} AAMk-1=", teams=value))
    assert notes.noted(read(**item), told) == replace(seen, mark=Mark(KEY, "AAMk-1=", ""))


def test_what_the_properties_say_is_put_on_nothing_but_a_meeting_of_teams_own_field():
    told = notes.properties(properties(teams=notes.write_teams(KEY, "AAMk-1=")))
    assert notes.noted(read(), told) == read()
    pasted = read(body={"contentType": "html", "content": bodies.blob_2024()})
    assert notes.noted(pasted, told) == pasted
    pending = read(**{**TEAMS, "onlineMeeting": None})
    assert notes.noted(pending, told).native == Native("teams", "pending", key=KEY)


@pytest.mark.parametrize(
    ("more", "wanted"),
    [
        ({}, False),
        (TEAMS, True),
        ({**TEAMS, "isOrganizer": False}, False),
        ({"body": {"contentType": "html", "content": block.put("", KEY, ["x"], html=True)}}, True),
    ],
)
def test_properties_are_only_asked_for_where_they_matter(more, wanted):
    assert notes.wants_properties(read(**more)) is wanted


def test_our_block_and_what_people_wrote_are_told_apart():
    content = block.put(
        "<html><body><p>Agenda</p></body></html>", KEY, ["Join Zoom: https://zoom.us/j/1"], html=True
    )
    seen = read(body={"contentType": "HTML", "content": content})
    assert (seen.description, seen.notes) == (content, "Agenda")
    assert seen.block == Block(KEY, "Join Zoom: https://zoom.us/j/1")


# Online meetings


@pytest.mark.parametrize(
    ("fields", "native"),
    [
        ({}, None),
        (TEAMS, Native("teams", "ready", bodies.URL, TEAMS_ID)),
        ({**TEAMS, "isOnlineMeeting": None}, Native("teams", "ready", bodies.URL, TEAMS_ID)),
        ({**TEAMS, "onlineMeetingProvider": "unknown"}, Native("teams", "ready", bodies.URL, TEAMS_ID)),
        (
            {**TEAMS, "onlineMeeting": {"joinUrl": bodies.SHORT}},
            Native("teams", "ready", bodies.SHORT, "2345678901234"),
        ),
        ({**TEAMS, "onlineMeeting": None}, Native("teams", "pending")),
        ({**TEAMS, "onlineMeeting": {"joinUrl": None}}, Native("teams", "pending")),
        ({"isOnlineMeeting": True}, Native("other", "failed")),
        ({"isOnlineMeeting": True, "onlineMeetingProvider": "skypeForConsumer"}, Native("other", "failed")),
        (
            {"onlineMeetingUrl": "https://meet.lync.com/x/y/z", "onlineMeetingProvider": "skypeForBusiness"},
            Native("other", "ready", "https://meet.lync.com/x/y/z", "https://meet.lync.com/x/y/z"),
        ),
    ],
)
def test_the_shapes_of_online_meetings_are_read(fields, native):
    assert read(**fields).native == native


def test_the_text_of_teams_is_not_what_people_wrote_but_its_link_is_known():
    content = f"<p>Agenda</p>{bodies.blob_2024()}"
    seen = read(body={"contentType": "html", "content": content})
    assert (seen.notes, seen.native) == ("Agenda", Native("teams", "ready", bodies.URL))
    seen = read(body={"contentType": "html", "content": content}, **TEAMS)
    assert (seen.notes, seen.native) == ("Agenda", Native("teams", "ready", bodies.URL, TEAMS_ID))


@pytest.mark.parametrize(
    ("fields", "refused"),
    [
        (TEAMS, False),
        ({**TEAMS, "onlineMeeting": None}, False),
        ({"isOnlineMeeting": True, "onlineMeetingProvider": "unknown"}, True),
        ({"isOnlineMeeting": True, "onlineMeetingProvider": None}, True),
        ({"isOnlineMeeting": False}, True),
    ],
)
def test_a_mailbox_without_teams_says_yes_and_means_no(fields, refused):
    assert online.is_refused({**ITEM, **fields}) is refused


def test_a_teams_meeting_is_read():
    numbers = {"conferenceId": "291633251", "tollNumber": "+46 8 1", "tollFreeNumbers": ["+46 20 2", None, 5]}
    item = {**TEAMS, "onlineMeeting": {"joinUrl": bodies.URL, **numbers}}
    assert online.teams(item, "ada@example.com") == Meeting(
        "teams",
        "Microsoft Teams",
        TEAMS_ID,
        bodies.URL,
        "ada@example.com",
        phone_passcode="291633251",
        phones=(Phone("+46 8 1"), Phone("+46 20 2")),
        native=True,
    )
    assert online.teams({}, "") == Meeting("teams", "Microsoft Teams", "", "", native=True)


# Series


def test_a_series_is_read_with_its_rule_and_its_end():
    recurrence = {
        "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": ["monday"], "firstDayOfWeek": "monday"},
        "range": {"type": "numbered", "startDate": "2026-11-23", "numberOfOccurrences": 2},
    }
    seen = read(recurrence=recurrence, type="seriesMaster")
    assert seen.recurrence == ("RRULE:FREQ=WEEKLY;BYDAY=MO;WKST=MO;COUNT=2",)
    assert seen.ends == datetime(2026, 11, 30, 10, tzinfo=UTC)
    assert read(recurrence={"pattern": {}}).ends is None


def test_a_master_tells_which_occurrences_are_not_as_it_says():
    master = {
        "cancelledOccurrences": ["OID.AAMk=.2026-11-23", "OID.AA.Mk.2026-11-30", "OID", None],
        "exceptionOccurrences": [{"id": "x"}, None],
    }
    assert occurrences.cancelled_days(master) == {"2026-11-23", "2026-11-30"}
    assert occurrences.exceptions(master) == [{"id": "x"}]
    assert occurrences.cancelled_days({"cancelledOccurrences": None}) == frozenset()
    assert occurrences.exceptions({}) == []


@pytest.mark.parametrize(
    ("exception", "day"),
    [
        ({"occurrenceId": "OID.AAMk=.2026-11-23", "originalStart": "2026-11-20T09:00:00Z"}, "2026-11-23"),
        ({"originalStart": "2026-11-22T15:30:00Z"}, "2026-11-23"),
        ({"originalStart": "2026-11-22T14:30:00Z"}, "2026-11-22"),
        ({"originalStart": None}, ""),
        ({"occurrenceId": "x", "originalStart": "soon"}, ""),
    ],
)
def test_a_changed_occurrence_is_known_by_its_original_day(exception, day):
    assert occurrences.original_day(exception, "Tokyo Standard Time") == day


# Calendars and subscriptions


@pytest.mark.parametrize(
    ("more", "info"),
    [
        ({}, CalendarInfo("c1", "Work", "UTC", writable=True)),
        (
            {
                "isDefaultCalendar": True,
                "allowedOnlineMeetingProviders": ["skypeForBusiness", "teamsForBusiness"],
            },
            CalendarInfo("ada@example.com", "Work", "UTC", writable=True, primary=True, native=("teams",)),
        ),
        ({"canEdit": False}, CalendarInfo("c1", "Work", "UTC", writable=False)),
        ({"canEdit": None, "name": None}, CalendarInfo("c1", "c1", "UTC", writable=False)),
        (
            {"isDefaultCalendar": True, "owner": {"address": "bob@example.com"}},
            CalendarInfo("c1", "Work", "UTC", writable=False),
        ),
        ({"owner": {"address": "ADA@example.com"}}, CalendarInfo("c1", "Work", "UTC", writable=True)),
        ({"owner": {"address": "ada@alias.example.com"}}, CalendarInfo("c1", "Work", "UTC", writable=True)),
        ({"owner": "ada", "id": None}, CalendarInfo("", "Work", "UTC", writable=True)),
    ],
)
def test_calendars_are_read(more, info):
    item = {"id": "c1", "name": "Work", "canEdit": True, **more}
    assert wire.calendar_info(item, "Ada@example.com", aliases=["Ada@Alias.example.com"]) == info


def test_a_calendar_is_in_the_zone_of_its_mailbox():
    assert wire.calendar_info({"id": "c"}, "a@example.com", "W. Europe Standard Time").zone == "Europe/Berlin"
    assert wire.calendar_info({"id": "c"}, "a@example.com", "nowhere").zone == "UTC"


@pytest.mark.parametrize(
    ("told", "expires"),
    [
        ("2026-11-29T05:12:53.0000000Z", datetime(2026, 11, 29, 5, 12, 53, tzinfo=UTC)),
        ("2026-11-29T05:12:53+00:00", datetime(2026, 11, 29, 5, 12, 53, tzinfo=UTC)),
        (None, NOW),
        ("soon", NOW),
    ],
)
def test_a_subscription_ends_when_graph_says(told, expires):
    item = {"id": "5522bd62", "expirationDateTime": told}
    assert wire.subscription(item, "our-channel", NOW) == Subscription("our-channel", "5522bd62", expires)


# Cursors


CURSOR = cursor.Cursor("https://graph.example.com/delta?$deltatoken=x", NOW, NOW, NOW + timedelta(days=365))


def test_a_cursor_that_was_kept_is_read_again():
    assert cursor.parse(CURSOR.text()) == CURSOR


@pytest.mark.parametrize(
    ("after", "outdated"),
    [(timedelta(0), False), (timedelta(hours=23), False), (timedelta(hours=24), True), (-timedelta(1), True)],
)
def test_a_window_is_made_anew_every_day(after, outdated):
    assert CURSOR.outdated(NOW + after) is outdated


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://graph.example.com/delta",
        "[]",
        "{}",
        "null",
        '{"token":"x","query":{}}',
        CURSOR.text().replace("+00:00", ""),
        CURSOR.text().replace('"link":"https', '"link":["https"],"x":"https'),
        CURSOR.text().replace(CURSOR.link, ""),
        CURSOR.text().replace("2026", "year"),
        CURSOR.text().replace('"made":"2026-11-22T09:00:00+00:00"', '"made":5'),
    ],
)
def test_a_cursor_that_is_not_ours_is_refused(text):
    with pytest.raises(CursorExpired):
        cursor.parse(text)


# Real and strange events


def test_recorded_events_are_read():
    (seen,) = wire.page(recorded("get_calendar_view_response.json")["value"], MINE).found.values()
    assert isinstance(seen, Event)
    assert (seen.title, seen.zone, seen.own) == (
        "The Greatest Event of All Time",
        "America/Los_Angeles",
        True,
    )
    assert (seen.organizer, seen.native) == ("useremail@test.onmicrosoft.com", None)
    assert seen.etag == 'W/"Rsx2xZXkVkex2DxZILyPUQAAGuVK+Q=="'
    page = wire.page(recorded("calendar1_calendar_view.json")["value"], MINE)
    word, days = page.found.values()
    assert isinstance(word, Event)
    assert isinstance(days, Event)
    assert (word.notes, word.attendees) == ("Test", ("jane@nomail.com",))
    assert (days.all_day, days.html, days.series) == (True, False, "master2")
    assert days.recurrence == ("RRULE:FREQ=DAILY;UNTIL=20230424",)


def test_recorded_calendars_are_read():
    found = [wire.calendar_info(item, "john@nomail.com") for item in recorded("calendars.json")["value"]]
    assert [one.remote for one in found] == ["john@nomail.com", "group:calendar2", "john@nomail.com"]
    assert [one.writable for one in found] == [True, True, False]
    assert {one.native for one in found} == {("teams",)}


NAMES = "dateTime timeZone emailAddress address joinUrl content contentType pattern range type displayName id value"
STRANGE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES.split()), inner, max_size=3)
    ),
    max_leaves=6,
)
FIELDS = (*ITEM, "@removed", "singleValueExtendedProperties", "owner", "allowedOnlineMeetingProviders")


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, STRANGE)))
def test_no_item_breaks_anything(strange):
    items = [strange, {**ITEM, **strange}, {**ITEM, **strange, "id": "x"}, ITEM]
    page = wire.page(items, MINE, {"Zoom": "zoom"})
    assert page.found["AAMk-1="] == read()
    assert len(page.found) + len(page.unreadable) <= len(items)
    assert ("x" in page.found) is ("x" not in page.unreadable)
    for item in items:
        wire.calendar_info(item, "ada@example.com")
        wire.subscription(item, "c", NOW)
        online.teams(item, "")
        occurrences.original_day(item, "UTC")
        assert notes.noted(read(), notes.properties(item)).ref == read().ref


def test_a_mailbox_has_one_default_calendar_whatever_it_is_called():
    item = {
        "id": "AAMk=",
        "isDefaultCalendar": True,
        "canEdit": True,
        "owner": {"address": "Ada@example.com"},
    }
    found = {
        wire.calendar_info(item, name, aliases=("ada@example.com",)).remote
        for name in ("ada@example.com", "a@x")
    }
    assert found == {"ada@example.com"}


def test_a_mark_that_came_with_a_new_event_is_of_the_event_that_it_became():
    told = [{"id": notes.MARK, "value": f"{KEY} hdm1 api:zoom"}, {"id": notes.TEAMS, "value": f"{KEY} hdm1"}]
    item = {"id": "AAMk1", "transactionId": "hdm1", "singleValueExtendedProperties": told}
    seen = notes.properties(item)
    assert seen.mark == Mark(KEY, "AAMk1", "api:zoom")
    assert seen.asked_for({"AAMk1"}) == KEY
    assert notes.properties({**item, "transactionId": "another"}).mark == Mark(KEY, "hdm1", "api:zoom")
