"""Webex's JSON, read and written without a network: bodies, meetings, refusals."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import NotFound, Rejected, Transient, Unauthorized
from connectors.http import Answer
from connectors.model import EventRef, MeetingRequest, MeetingSettings, Phone
from connectors.webex import refusals, wire
from connectors.webex.milder import LeftOut, milder_than
from connectors.webex.times import times

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
START = datetime(2026, 12, 1, 14, 0, tzinfo=UTC)
KEY = "hdaaaaaaaaaaaaaaaa"
REQUEST = MeetingRequest(
    at=EventRef("ada@example.com", "e1"),
    title="Design review",
    start=START,
    minutes=45,
    zone="Europe/Berlin",
    invitees=("bob@example.net",),
)
WEEKLY = replace(REQUEST, recurring=True, recurrence=("RRULE:FREQ=WEEKLY;BYDAY=TU",))
SAMPLES = Path(__file__).resolve().parents[2] / ".." / "shared" / "fixtures" / "conferencing" / "webex"


def sample(name):
    path = SAMPLES / f"{name}.json"
    if not path.exists():
        pytest.skip("the recorded samples are not on this machine")
    return json.loads(path.read_text())


def create(request=REQUEST, *, site="", invitees=True):
    return wire.create_body(KEY, request, times(request, NOW), site=site, invitees=invitees)


def shown(request=REQUEST, **changes):
    """What Webex shows of a meeting that is as the request says."""
    body = create(request) | {"id": "870f", "webLink": "https://x.webex.com/j.php?MTID=m1"}
    return body | changes


def answer(status, body="", headers=None):
    text = body if isinstance(body, str) else json.dumps(body)
    return Answer(status, headers or {}, text.encode(), "webex")


def error(status, message="no", headers=None):
    return refusals.error(
        refusals.read(answer(status, {"message": message} if message else "", headers)), NOW
    )


def test_a_create_tells_what_webex_must_know_and_that_it_is_to_mail_nobody():
    assert create(site="acme.webex.com") == {
        "title": "Design review",
        "start": "2026-12-01T15:00:00+01:00",
        "end": "2026-12-01T15:45:00+01:00",
        "timezone": "Europe/Berlin",
        "sendEmail": False,
        "integrationTags": [KEY],
        "siteUrl": "acme.webex.com",
        "invitees": [{"email": "bob@example.net", "coHost": False}],
    }


def test_a_create_leaves_out_what_is_not_wanted():
    assert {"siteUrl", "invitees", "recurrence"}.isdisjoint(create(invitees=False))
    assert "invitees" not in create(replace(REQUEST, invitees=()))
    assert create(WEEKLY)["recurrence"] == "FREQ=WEEKLY;INTERVAL=1;BYDAY=TU"


def test_guests_are_invited_once_each_and_rooms_without_an_address_are_not():
    crowd = ("Bob@example.net", "bob@example.net ", "Room 4", *(f"g{n}@example.net" for n in range(2000)))
    assert wire.addresses(replace(REQUEST, invitees=crowd))[:2] == ["bob@example.net", "g0@example.net"]
    assert len(wire.addresses(replace(REQUEST, invitees=crowd))) == 1000


@pytest.mark.parametrize("request_", [REQUEST, WEEKLY])
def test_what_is_as_it_should_be_is_not_sent_again(request_):
    assert wire.update_body(shown(request_), request_, NOW) == {}
    assert wire.update_body(shown(request_), request_, NOW + timedelta(days=60)) == {}


@pytest.mark.parametrize(
    ("changes", "sent"),
    [
        ({"title": "Other"}, {"title"}),
        ({"minutes": 50}, {"start", "end", "timezone"}),
        ({"start": START + timedelta(hours=1)}, {"start", "end", "timezone"}),
        ({"zone": "Asia/Tokyo"}, {"start", "end", "timezone"}),
        ({"invitees": ()}, set()),
        ({"recurring": True, "recurrence": WEEKLY.recurrence}, {"start", "end", "timezone", "recurrence"}),
        ({"start": NOW - timedelta(minutes=1)}, set()),
        ({"start": None}, set()),
    ],
)
def test_an_update_sends_what_differs_and_that_nobody_is_to_be_mailed(changes, sent):
    body = wire.update_body(shown(), replace(REQUEST, **changes), NOW)
    assert body.keys() == (sent | {"sendEmail"} if sent else set())
    assert body.get("sendEmail", False) is False
    assert {"integrationTags", "invitees"}.isdisjoint(body)


def test_a_series_that_became_a_single_event_loses_its_rule():
    assert wire.update_body(shown(WEEKLY), REQUEST, NOW)["recurrence"] is None


@pytest.mark.parametrize("minutes", [5, 1440, 4000])
def test_times_that_webex_cannot_hold_are_sent_once(minutes):
    odd = replace(REQUEST, minutes=minutes)
    assert wire.update_body(shown(odd), odd, NOW) == {}
    assert wire.update_body(shown(odd), odd, START + timedelta(minutes=3)) == {}


def test_a_series_that_begins_earlier_now_is_moved_although_its_old_date_is_one_of_its_new():
    late = replace(WEEKLY, start=START + timedelta(days=14))
    assert "start" in wire.update_body(shown(late), WEEKLY, NOW)


@pytest.mark.parametrize("broken", [{"start": "soon"}, {"end": None}, {"recurrence": "FREQ=DAILY"}])
def test_times_that_cannot_be_read_or_are_others_are_put_right(broken):
    assert "start" in wire.update_body(shown(**broken), REQUEST, NOW)


@given(
    st.text(max_size=300),
    st.integers(0, 5000),
    st.integers(-90, 90),
    st.booleans(),
    st.lists(st.text(max_size=20)),
)
def test_after_an_update_nothing_is_left_to_update(title, minutes, days, recurring, lines):
    request = replace(
        REQUEST,
        title=title,
        minutes=minutes,
        start=START + timedelta(days=days),
        recurring=recurring,
        recurrence=tuple(lines),
    )
    before = shown()
    after = {**before, **wire.update_body(before, request, NOW)}
    assert wire.update_body(after, request, NOW) == {}
    assert 0 < len(after["title"]) <= 128


def test_a_search_always_says_from_when_to_when():
    query = wire.search(KEY, NOW - timedelta(days=3), NOW)
    assert (query["integrationTag"], query["max"]) == (KEY, 100)
    assert (query["from"], query["to"]) == ("2026-11-18T12:00:00Z", "2036-11-29T12:00:00Z")


def test_who_is_new_is_invited_without_a_mail():
    assert wire.newcomers("870f", ["carol@example.net"]) == {
        "meetingId": "870f",
        "items": [{"email": "carol@example.net", "coHost": False, "sendEmail": False}],
    }


def test_who_is_not_wanted_any_more_leaves_and_alternate_hosts_stay():
    there = [
        {"id": "1", "email": "Bob@example.net"},
        {"id": "2", "email": "carol@example.net"},
        {"id": "3", "email": "deputy@example.net", "coHost": True},
        {"email": "nameless@example.net"},
    ]
    assert wire.leavers(there, ["bob@example.net"]) == ["2"]


def test_only_what_carries_the_key_is_ours():
    assert wire.ours({"id": "1", "integrationTags": [KEY, "x"]}, KEY)
    for item in (
        {"id": "1"},
        {"id": "1", "integrationTags": KEY + "x"},
        {"id": "1", "integrationTags": [KEY + "x"]},
        {"integrationTags": [KEY]},
        {"id": "1", "integrationTags": None},
    ):
        assert not wire.ours(item, KEY)


def test_the_recorded_meeting_is_read_without_what_is_the_hosts_alone():
    body = sample("create")["response"]["body"]
    made = wire.meeting(body)
    assert (made.id, made.code) == ("870f51ff287b41be84648412901e0402", "2554 485 2539")
    assert made.join_url == body["webLink"]
    assert (made.passcode, made.phone_passcode, made.host) == ("BgJep@43", "24537043", "jchill@example.com")
    assert made.phones[1] == Phone("+1-650-479-3208", "US", "+16504793208,,*01*25544852539#24537043#*01*")
    assert body["hostKey"] not in repr(made)


def test_the_recorded_requests_are_those_that_we_send():
    recorded = sample("create")["request"]["json"]
    ours_ = create(replace(REQUEST, invitees=("bob@example.net",)))
    assert ours_.keys() == recorded.keys()
    for key in ("start", "end"):
        assert ours_[key].startswith(recorded[key])
    moved = replace(REQUEST, start=START + timedelta(days=1), minutes=30)
    assert (
        wire.update_body(sample("create")["response"]["body"], moved, NOW)
        == sample("patch_time")["request"]["json"]
    )
    (item,) = sample("list_by_tag")["response"]["body"]["items"]
    assert wire.ours(item, item["integrationTags"][0])
    added = wire.newcomers("870f", ["carol@example.net"])
    assert added["items"][0].keys() <= sample("invitee_create")["request"]["json"].keys()


def test_what_an_answer_leaves_out_is_taken_from_what_is_known():
    known = wire.meeting(sample("create")["response"]["body"])
    assert wire.meeting({"id": known.id, "webLink": known.join_url, "telephony": None}, known) == known


@pytest.mark.parametrize("body", [None, [], {}, {"id": "1"}, {"webLink": "https://x"}, "text"])
def test_an_answer_that_is_no_meeting_is_not_taken_for_one(body):
    with pytest.raises(Transient):
        wire.meeting(body)


@pytest.mark.parametrize(
    ("number", "typed"),
    [
        ("25544852539", "2554 485 2539"),
        ("2554485253", "255 448 5253"),
        ("123456789", "123 456 789"),
        ("", ""),
        ("12", "12"),
        ("room", "room"),
    ],
)
def test_a_number_is_written_as_people_type_it(number, typed):
    assert wire.code(number) == typed


@pytest.mark.parametrize(
    ("number", "access", "tap"),
    [
        ("+1-650-479-3208", "25544852539", "+16504793208,,*01*25544852539##*01*"),
        ("650-479-3208", "25544852539", ""),
        ("+1-650-479-3208", "", ""),
    ],
)
def test_one_tap_is_only_what_a_telephone_can_dial(number, access, tap):
    telephony = {"accessCode": access, "callInNumbers": [{"label": "Here", "callInNumber": number}, {}, None]}
    made = wire.meeting({"id": "1", "webLink": "https://x", "telephony": telephony})
    assert made.phones == (Phone(number, "", tap),)
    assert wire.meeting({"id": "1", "webLink": "https://x", "telephony": None}, made) == made


@pytest.mark.parametrize(
    ("status", "message", "kind", "reason"),
    [
        (400, "no", Rejected, "400"),
        (401, "no", Unauthorized, "401"),
        (403, "missing required scopes", Unauthorized, "403"),
        (403, "The user is not the host.", Rejected, "403"),
        (404, "no", NotFound, "404"),
        (404, "", NotFound, "404"),
        (410, "no", NotFound, "410"),
        (405, "", Rejected, "405"),
        (408, "no", Transient, "408"),
        (409, "no", Rejected, "409"),
        (423, "no", Transient, "locked"),
        (429, "no", Transient, "rate_limit"),
        (500, "no", Transient, "500"),
        (502, "", Transient, "502"),
    ],
)
def test_refusals_are_judged_by_their_status(status, message, kind, reason):
    found = error(status, message)
    assert (type(found), found.reason, found.status) == (kind, reason, status)


@pytest.mark.parametrize("status", [403, 404, 410, 418])
def test_a_page_of_a_proxy_is_no_refusal_of_webex(status):
    assert isinstance(refusals.error(refusals.read(answer(status, "<html>")), NOW), Transient)


@pytest.mark.parametrize(
    ("headers", "wait", "reason"),
    [
        ({}, None, "rate_limit"),
        ({"Retry-After": "7"}, 7, "rate_limit"),
        ({"Retry-After": "3600"}, 3600, "daily_limit"),
    ],
)
def test_a_wait_counts_seconds_and_a_long_one_is_that_of_the_day(headers, wait, reason):
    found = error(429, headers=headers)
    assert (found.retry_after, found.reason) == (wait, reason)


def test_a_refusal_names_the_tracking_id_and_what_its_errors_add():
    body = {
        "message": "Bad.",
        "errors": [{"description": "Bad."}, {"description": "Worse."}, None],
        "trackingId": "R1",
    }
    assert str(refusals.error(refusals.read(answer(400, body)), NOW)) == "Bad.; Worse. (tracking id R1)"
    bare = refusals.read(answer(500, "", {"trackingid": "R2"}))
    assert str(refusals.error(bare, NOW)).endswith("answered 500 (tracking id R2)")


@pytest.mark.parametrize(
    ("name", "kind"),
    [("errors_401", Unauthorized), ("errors_403_scope", Unauthorized), ("errors_429", Transient)],
)
def test_the_recorded_refusals_are_understood(name, kind):
    recorded = sample(name)["response"]
    found = refusals.error(
        refusals.read(answer(recorded["status"], recorded["body"], recorded["headers"])), NOW
    )
    assert isinstance(found, kind)
    assert "ROUTERGW_FAKE" in str(found)
    if kind is Transient:
        assert (found.retry_after, found.reason) == (3600, "daily_limit")


LAID_DOWN = MeetingSettings(waiting_room=True, join_before_host=False, mute_on_entry=True, recording="none")
SPELLED = {
    "unlockedMeetingJoinSecurity": "allowJoinWithLobby",
    "enabledJoinBeforeHost": False,
    "audioConnectionOptions": {"muteAttendeeUponEntry": True},
    "enabledAutoRecordMeeting": False,
}
GIVEN = replace(REQUEST, settings=LAID_DOWN)


def test_what_is_laid_down_is_sent_and_the_rest_is_the_person_s():
    assert create(GIVEN) == create() | SPELLED
    ours = {"title", "start", "end", "timezone", "sendEmail", "integrationTags", "invitees"}
    assert create().keys() == ours, "no password, no personal room, nothing of the person's own"


def test_an_update_sends_the_settings_that_webex_shows_otherwise_or_not_at_all():
    assert wire.update_body(shown(), GIVEN, NOW) == SPELLED | {"sendEmail": False}
    assert wire.update_body(shown(GIVEN), GIVEN, NOW) == {}
    assert wire.update_body(shown(GIVEN), REQUEST, NOW) == {}
    other = shown(GIVEN, enabledAutoRecordMeeting=True, audioConnectionOptions={"entryAndExitTone": "beep"})
    muted = {"audioConnectionOptions": {"muteAttendeeUponEntry": True}}
    expected = {"enabledAutoRecordMeeting": False, "sendEmail": False, **muted}
    assert wire.update_body(other, GIVEN, NOW) == expected
    assert wire.update_body(other, GIVEN, NOW, {"recording"}) == {"sendEmail": False, **muted}


@pytest.mark.parametrize(
    ("words", "before", "after"),
    [
        ("enabledAutoRecordMeeting", LeftOut(True), LeftOut(True, frozenset({"recording"}))),
        ("invitees", LeftOut(True), LeftOut(False)),
        ("invitees", LeftOut(True, frozenset({"recording"})), LeftOut(False, frozenset({"recording"}))),
        ("no", LeftOut(False), LeftOut(False, frozenset({"waiting_room", "recording"}))),
        ("unlockedMeetingJoinSecurity", LeftOut(False, frozenset({"recording"})), None),
    ],
)
def test_after_a_refusal_something_plainer_is_asked_for(words, before, after):
    some = MeetingSettings(waiting_room=True, recording="cloud")
    everything = LeftOut(False, frozenset({"waiting_room", "recording"}))
    assert milder_than(before, some, words) == (after or everything)
    assert milder_than(everything, some, words) == everything, "there is nothing more to leave out"


@pytest.mark.parametrize("telephony", [None, 1, {"callInNumbers": 1}, {"callInNumbers": [None, "x", {}]}])
def test_a_meeting_is_as_good_without_numbers_that_cannot_be_read(telephony):
    body = {"id": "1", "webLink": "https://example.webex.com/1", "telephony": telephony}
    assert wire.meeting(body).phones == ()
