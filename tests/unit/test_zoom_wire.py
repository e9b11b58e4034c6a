"""Zoom's JSON, read and written without a network: bodies, meetings, refusals."""

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
from connectors.model import EventRef, Meeting, MeetingRequest, MeetingSettings, Phone
from connectors.zoom import refusals, wire

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
START = datetime(2026, 12, 1, 14, 0, tzinfo=UTC)
KEY = "hdaaaaaaaaaaaaaaaa"
REQUEST = MeetingRequest(
    at=EventRef("ada@example.com", "e1"),
    host="ada@example.com",
    title="Design review",
    start=START,
    minutes=45,
    zone="Europe/Berlin",
    invitees=("bob@example.net",),
)
SETTINGS = {
    "use_pmi": False,
    "calendar_type": 2,
    "push_change_to_calendar": False,
    "email_notification": False,
}
SAMPLES = Path(__file__).resolve().parents[2] / ".." / "shared" / "fixtures" / "conferencing" / "zoom"


def sample(name):
    path = SAMPLES / name
    if not path.exists():
        pytest.skip("the recorded samples are not on this machine")
    recorded = json.loads(path.read_text())["response"]
    body = recorded["body_text"] if "body_text" in recorded else json.dumps(recorded["body"])
    return Answer(recorded["status"], recorded["headers"], body.encode(), "zoom")


def create(*, invitees=True, without=(), **changes):
    return wire.create_body(KEY, replace(REQUEST, **changes), invitees=invitees, without=without)


def update(*, invitees=True, without=(), **changes):
    return wire.update_body(replace(REQUEST, **changes), NOW, invitees=invitees, without=without)


def answer(status, body=b"", **headers):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status, headers, raw, "zoom")


def meaning(given_answer, jitter=0.25):
    return refusals.error(refusals.read(given_answer), NOW, jitter)


def test_a_create_says_no_more_than_it_must():
    assert create() == {
        "topic": "Design review",
        "type": 2,
        "start_time": "2026-12-01T15:00:00",
        "timezone": "Europe/Berlin",
        "duration": 45,
        "agenda": "huddled:v1:hdaaaaaaaaaaaaaaaa",
        "settings": SETTINGS | {"meeting_invitees": [{"email": "bob@example.net"}]},
    }


def test_a_series_has_no_times():
    assert create(recurring=True, invitees=False) == {
        "topic": "Design review",
        "type": 3,
        "agenda": "huddled:v1:hdaaaaaaaaaaaaaaaa",
        "settings": SETTINGS,
    }


def test_a_meeting_at_no_known_time_must_not_begin_at_once():
    assert create(start=None)["type"] == 3


def test_an_update_says_all_that_we_follow_and_no_more():
    assert update() == {
        "topic": "Design review",
        "type": 2,
        "start_time": "2026-12-01T15:00:00",
        "timezone": "Europe/Berlin",
        "duration": 45,
        "settings": {"email_notification": False, "meeting_invitees": [{"email": "bob@example.net"}]},
    }


def test_an_update_of_a_past_meeting_leaves_its_time_alone():
    assert update(start=NOW, invitees=False) == {"topic": "Design review"}


def test_an_update_to_a_series_that_began_long_ago_says_so():
    assert update(start=NOW - timedelta(days=400), recurring=True, invitees=False) == {
        "topic": "Design review",
        "type": 3,
    }


def test_an_update_without_invitees_empties_the_list_where_we_keep_it():
    assert update(invitees=True)["settings"]["meeting_invitees"] != []
    assert wire.update_body(replace(REQUEST, invitees=()), NOW, invitees=True)["settings"] == {
        "email_notification": False,
        "meeting_invitees": [],
    }


@pytest.mark.parametrize(
    ("zone", "start", "text", "name"),
    [
        ("Europe/Berlin", START, "2026-12-01T15:00:00", "Europe/Berlin"),
        ("America/New_York", START, "2026-12-01T09:00:00", "America/New_York"),
        ("UTC", START, "2026-12-01T14:00:00", "UTC"),
        ("Mars/Olympus", START, "2026-12-01T14:00:00Z", "UTC"),
        ("GMT-07:00", START, "2026-12-01T14:00:00Z", "UTC"),
        ("../../etc/passwd", START, "2026-12-01T14:00:00Z", "UTC"),
        ("Europe", START, "2026-12-01T14:00:00Z", "UTC"),
        ("", START, "2026-12-01T14:00:00Z", "UTC"),
        # The hour that comes twice, when summer time ends.
        ("Europe/Berlin", datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "2026-10-25T00:30:00Z", "Europe/Berlin"),
        ("Europe/Berlin", datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "2026-10-25T01:30:00Z", "Europe/Berlin"),
        ("Europe/Berlin", datetime(2026, 10, 25, 2, 30, tzinfo=UTC), "2026-10-25T03:30:00", "Europe/Berlin"),
    ],
)
def test_a_start_is_wall_time_where_people_are_or_else_utc(zone, start, text, name):
    body = create(zone=zone, start=start)
    assert (body["start_time"], body["timezone"]) == (text, name)


@pytest.mark.parametrize(
    ("title", "topic"),
    [
        ("Review", "Review"),
        ("", "Meeting"),
        (" \n ", "Meeting"),
        ("two\nlines\tand more", "two lines and more"),
        ("x" * 201, "x" * 200),
        ("x" * 199 + " yes", "x" * 199),
    ],
)
def test_a_topic_is_what_zoom_takes(title, topic):
    assert create(title=title)["topic"] == topic


@pytest.mark.parametrize(("minutes", "sent"), [(0, 1), (-5, 1), (1, 1), (45, 45), (1440, 1440)])
def test_a_meeting_lasts_at_least_a_minute(minutes, sent):
    assert create(minutes=minutes)["duration"] == sent


def test_only_addresses_are_invited():
    body = create(invitees=True)
    assert body["settings"]["meeting_invitees"] == [{"email": "bob@example.net"}]
    odd = wire.create_body(KEY, replace(REQUEST, invitees=("room 5", "")), invitees=True)
    assert "meeting_invitees" not in odd["settings"]


@pytest.mark.parametrize(
    ("fields", "left_out"),
    [
        (("settings.meeting_invitees",), {wire.INVITEES}),
        (("meeting_invitees[0].email",), {wire.INVITEES}),
        (("timezone",), {wire.ZONE}),
        (("timezone", "settings.meeting_invitees"), {wire.INVITEES, wire.ZONE}),
        ((), {wire.INVITEES, wire.ZONE}),
        (("topic",), set()),
        (("topic", "timezone"), set()),
    ],
)
def test_what_zoom_objects_to_is_left_out_if_it_can_be(fields, left_out):
    assert wire.objections(fields) == left_out


@pytest.mark.parametrize(
    ("fields", "left_out"),
    [
        (("settings.waiting_room",), {"waiting_room"}),
        (("settings.auto_recording", "settings.participant_video"), set()),
        (("settings.auto_recording", "timezone"), {"recording", wire.ZONE}),
        ((), {wire.INVITEES, wire.ZONE, "waiting_room", "recording"}),
        (("settings.host_video",), set()),
        (("topic", "settings.waiting_room"), set()),
    ],
)
def test_a_setting_that_zoom_objects_to_is_left_out(fields, left_out):
    laid_down = MeetingSettings(waiting_room=True, recording="cloud")
    assert wire.objections(fields, laid_down) == left_out


@pytest.mark.parametrize(
    ("status", "code", "message", "blamed"),
    [
        (400, 200, "Only available for Paid account.", True),
        (400, 3000, "Cannot be changed.", True),
        (400, 3000, "Cannot access webinar info.", False),
        (400, 300, "Validation Failed.", False),
        (400, 3161, "Hosting is not allowed.", False),
        (400, 4711, "does not contain scopes", False),
        (400, None, "", False),
        (404, 3001, "Meeting does not exist.", False),
        (429, 429, "Too many.", False),
    ],
)
def test_another_refusal_may_be_about_a_setting(status, code, message, blamed):
    assert refusals.may_be_settings(refusals.Refusal(status, code, message)) is blamed


LAID_DOWN = MeetingSettings(
    waiting_room=False,
    join_before_host=True,
    mute_on_entry=True,
    host_video=False,
    guest_video=True,
    recording="none",
)
SPELLED = {
    "waiting_room": False,
    "join_before_host": True,
    "mute_upon_entry": True,
    "host_video": False,
    "participant_video": True,
    "auto_recording": "none",
}


def test_what_is_laid_down_is_sent_beside_the_safe_defaults():
    assert create(settings=LAID_DOWN, invitees=False)["settings"] == SETTINGS | SPELLED
    quiet = {"email_notification": False}
    assert update(settings=LAID_DOWN, invitees=False)["settings"] == quiet | SPELLED
    assert update(settings=LAID_DOWN)["settings"].keys() == {*quiet, *SPELLED, "meeting_invitees"}


def test_what_is_not_laid_down_is_the_account_s():
    assert create(invitees=False)["settings"] == SETTINGS
    assert "settings" not in update(invitees=False)
    for body in (create(settings=LAID_DOWN), update(settings=LAID_DOWN)):
        assert not {"password", "default_password", "schedule_for", "template_id"} & body.keys()


def test_a_meeting_with_other_settings_is_not_as_it_should_be():
    request = replace(REQUEST, settings=LAID_DOWN)
    body = create(settings=LAID_DOWN) | {"start_time": "2026-12-01T14:00:00Z"}
    assert wire.follows(body, request, NOW, invitees=True)
    body["settings"]["waiting_room"] = True
    assert not wire.follows(body, request, NOW, invitees=True)
    assert wire.follows(body, REQUEST, NOW, invitees=True)


@pytest.mark.parametrize("write", [create, update])
def test_what_is_left_out_is_gone(write):
    body = write(without={wire.INVITEES, wire.ZONE})
    assert "meeting_invitees" not in body.get("settings", {})
    assert (body["start_time"], body["timezone"]) == ("2026-12-01T14:00:00Z", "UTC")


def test_a_meeting_is_read_from_the_answer():
    body = sample("create_scheduled.json").json()
    assert wire.meeting(body, "ada@example.com") == Meeting(
        service="zoom",
        name="Zoom",
        id="92674392836",
        join_url=body["join_url"],
        host="ada@example.com",
        code="926 7439 2836",
        passcode="Xk7Q2p",
        phone_passcode="904233",
        phones=(Phone("+49 69 7104 9922", "DE"), Phone("+1 646 558 8656", "US")),
    )


@pytest.mark.parametrize(
    "name", ["create_scheduled", "create_recurring_no_fixed_time", "get_meeting", "get_recurring"]
)
def test_the_hosts_secrets_stay_behind(name):
    body = sample(f"{name}.json").json()
    told = repr(wire.meeting(body, "ada@example.com"))
    assert "zak" not in told
    assert body.get("start_url", "start_url") not in told


def test_a_bare_answer_is_a_meeting_too():
    body = {"id": "9876543210", "join_url": "https://zoom.us/j/9876543210"}
    assert wire.meeting(body, "h") == Meeting(
        "zoom", "Zoom", "9876543210", "https://zoom.us/j/9876543210", host="h", code="987 654 3210"
    )


def test_what_an_answer_leaves_out_stays():
    known = wire.meeting(sample("create_scheduled.json").json(), "h")
    bare = {"id": 92674392836, "join_url": known.join_url, "settings": None}
    assert wire.meeting(bare, "h", known) == known


@pytest.mark.parametrize(
    "body", [{}, [], None, "x", {"id": 1}, {"join_url": "https://x"}, {"id": 0, "join_url": "x"}]
)
def test_what_is_no_meeting_is_a_passing_error(body):
    with pytest.raises(Transient) as caught:
        wire.meeting(body, "h")
    assert caught.value.reason == "bad_answer"


@pytest.mark.parametrize(
    ("id_", "code"),
    [
        ("123456789", "123 456 789"),
        ("1234567890", "123 456 7890"),
        ("12345678901", "123 4567 8901"),
        ("12", "12"),
    ],
)
def test_a_code_is_grouped_as_people_know_it(id_, code):
    assert wire.code(id_) == code


@given(st.integers(1, 10**12))
def test_a_code_has_all_the_digits(number):
    assert wire.code(str(number)).replace(" ", "") == str(number)


def test_the_lists_of_zoom_are_read():
    items = wire.items(sample("list_scheduled_p1.json").json())
    assert [item["type"] for item in items] == [2, 3]


@pytest.mark.parametrize("page", [None, [], {}, {"meetings": None}, {"meetings": {}}])
def test_what_is_no_list_is_not_an_empty_one(page):
    with pytest.raises(Transient):
        wire.items(page)


@pytest.mark.parametrize(
    ("item", "ours"),
    [
        ({"agenda": f"huddled:v1:{KEY}"}, True),
        ({"agenda": f"Some notes\nhuddled:v1:{KEY} and more"}, True),
        ({"agenda": f"huddled:v1:{KEY}x"}, False),
        ({"agenda": "huddled:v1:"}, False),
        ({"agenda": ""}, False),
        ({"agenda": None}, False),
        ({}, False),
    ],
)
def test_a_marker_is_a_whole_word(item, ours):
    assert wire.ours(item, KEY) is ours


def shown(**changes):
    body = {
        "topic": "Design review",
        "type": 2,
        "start_time": "2026-12-01T14:00:00Z",
        "duration": 45,
        "timezone": "Europe/Berlin",
        "settings": {"meeting_invitees": [{"email": "bob@example.net"}]},
    }
    return body | changes


@pytest.mark.parametrize(
    ("changes", "right"),
    [
        ({}, True),
        ({"agenda": "anything"}, True),
        ({"topic": "Other"}, False),
        ({"type": 3}, False),
        ({"start_time": "2026-12-01T14:15:00Z"}, False),
        ({"start_time": "whenever"}, False),
        ({"start_time": None}, False),
        ({"duration": 30}, False),
        ({"timezone": "UTC"}, False),
        ({"settings": {}}, False),
        ({"settings": None}, False),
    ],
)
def test_a_meeting_that_differs_is_noticed(changes, right):
    assert wire.follows(shown(**changes), REQUEST, NOW, invitees=True) is right


def test_invitees_that_we_do_not_keep_make_no_difference():
    assert wire.follows(shown(settings={}), REQUEST, NOW, invitees=False)


@given(
    title=st.text(max_size=300),
    start=st.datetimes(datetime(2027, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001 - the zone follows
    zone=st.sampled_from(["Europe/Berlin", "America/St_Johns", "Pacific/Chatham", "UTC", "nonsense"]),
    minutes=st.integers(0, 3000),
)
def test_what_an_update_would_send_is_what_it_would_find(title, start, zone, minutes):
    request = replace(REQUEST, title=title, start=start.replace(tzinfo=UTC), zone=zone, minutes=minutes)
    body = wire.update_body(request, NOW, invitees=True)
    instant = request.start.replace(microsecond=0).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert wire.follows(body | {"start_time": instant}, request, NOW, invitees=True)


@pytest.mark.parametrize(
    ("name", "kind", "reason"),
    [
        ("400_3000_blocked", Rejected, "3000"),
        ("400_300_bad_occurrence", Rejected, "300"),
        ("400_300_not_json", Rejected, "300"),
        ("400_300_validation", Rejected, "300"),
        ("400_300_xml", Rejected, "300"),
        ("400_3161_not_allowed", Rejected, "3161"),
        ("400_4711_missing_scope", Unauthorized, "4711"),
        ("401_124_expired", Unauthorized, "124"),
        ("401_124_invalid_token", Unauthorized, "124"),
        ("404_1001_no_user", NotFound, "1001"),
        ("404_3001_no_meeting", NotFound, "3001"),
        ("429_daily_account", Transient, "daily_limit"),
        ("429_qps", Transient, "rate_limit"),
        ("429_user_create_update_100", Transient, "daily_limit"),
    ],
)
def test_each_recorded_refusal_means_one_thing(name, kind, reason):
    error = meaning(sample(f"errors/{name}.json"))
    assert type(error) is kind
    assert error.reason == reason
    assert error.provider == "zoom"


XML = b'<?xml version="1.0"?>\n<error><code>3001</code><message>Meeting does not exist: 5.</message></error>'


@pytest.mark.parametrize(
    ("given_answer", "kind", "reason"),
    [
        (answer(500), Transient, "500"),
        (answer(503, {"code": 503, "message": "Try later"}), Transient, "503"),
        (answer(502, b"<html>Bad Gateway"), Transient, "502"),
        (answer(408), Transient, "408"),
        (answer(302), Transient, "302"),
        (answer(200, b"<html>Welcome"), Transient, "200"),
        (answer(403, b"<html>Blocked by policy"), Transient, "403"),
        (answer(404, b"<html>Not Found"), Transient, "404"),
        (answer(404), NotFound, "404"),
        (answer(404, XML), NotFound, "3001"),
        (answer(400), Rejected, "400"),
        (answer(401), Unauthorized, "401"),
        (answer(401, b"<html>"), Unauthorized, "401"),
        (answer(400, {"code": 104, "message": "does not contain scopes:[a]"}), Unauthorized, "104"),
        (answer(400, {"code": "300", "message": "x", "errors": None}), Rejected, "300"),
        (answer(400, {"code": None}), Transient, "400"),
        (answer(400, b'{"code": 1e999}'), Transient, "400"),
        (answer(400, b"[" * 100_000), Transient, "400"),
        (answer(400, {"code": 300, "errors": True}), Rejected, "300"),
        (answer(400, [1]), Transient, "400"),
        (answer(400, {"code": 200, "message": "Only available for Paid account."}), Rejected, "200"),
    ],
)
def test_refusals_of_every_make_are_read(given_answer, kind, reason):
    error = meaning(given_answer)
    assert type(error) is kind
    assert error.reason == reason
    assert error.status == given_answer.status


def test_a_refused_field_is_named():
    errors = [{"field": "settings.meeting_invitees", "message": "Invalid field."}]
    body = {"code": 300, "message": "Validation Failed.", "errors": errors}
    assert refusals.read(answer(400, body)).fields == ("settings.meeting_invitees",)
    assert "settings.meeting_invitees" in str(meaning(answer(400, body)))


def test_a_missing_scope_is_named():
    message = "Invalid access token, does not contain scopes:[meeting:delete:meeting:admin]."
    told = str(meaning(answer(400, {"code": 4711, "message": message})))
    assert "meeting:delete:meeting:admin;" in told


def test_a_webinar_is_explained():
    assert "webinar" in str(meaning(answer(400, {"code": 3000, "message": "Cannot access webinar info."})))


DAILY = {
    "code": 429,
    "message": "You have exceeded the daily rate limit (100) of Meeting Create/Update API requests.",
}


@pytest.mark.parametrize(
    ("given_answer", "wait", "reason"),
    [
        (answer(429, DAILY, **{"Retry-After": "2026-11-23T00:00:00Z"}), 43_200, "daily_limit"),
        (answer(429, DAILY), 43_200, "daily_limit"),
        (
            answer(429, **{"X-RateLimit-Type": "Daily-limit", "Retry-After": "2026-11-22T13:00:00Z"}),
            3600,
            "daily_limit",
        ),
        (answer(429, **{"X-RateLimit-Type": "QPS"}), 1.25, "rate_limit"),
        (answer(429, {"code": 429, "message": "Too many concurrent requests."}), 1.25, "rate_limit"),
        (answer(429, b"<html>"), 1.25, "rate_limit"),
    ],
)
def test_too_many_calls_say_when_to_come_back(given_answer, wait, reason):
    error = meaning(given_answer)
    assert (type(error), error.retry_after, error.reason) == (Transient, wait, reason)


@given(st.integers(200, 599), st.binary(max_size=60))
def test_any_answer_has_a_meaning(status, body):
    assert meaning(answer(status, body)).status == status


@pytest.mark.parametrize(
    "settings",
    [None, 1, [], {"global_dial_in_numbers": 1}, {"global_dial_in_numbers": [None, "x", {"number": ""}]}],
)
def test_a_meeting_is_as_good_without_numbers_that_cannot_be_read(settings):
    body = {"id": 1, "join_url": "https://zoom.example/1", "settings": settings}
    assert wire.meeting(body, "ada@example.com").phones == ()
    assert not wire.follows(body, REQUEST, NOW, invitees=True)
