"""GoTo's JSON, read and written without a network: bodies, meetings, lists, refusals."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import details
from connectors.errors import NotFound, Rejected, Transient, Unauthorized
from connectors.goto import refusals, wire
from connectors.http import Answer
from connectors.model import EventRef, MeetingRequest, Phone

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
START = datetime(2026, 12, 1, 14, 0, tzinfo=UTC)
KEY = "hdaaaaaaaaaaaaaaaa"
REQUEST = MeetingRequest(
    at=EventRef("ada@example.com", "e1"),
    host="ada@example.com",
    title="Design review",
    start=START,
    minutes=45,
)
SAMPLES = Path(__file__).resolve().parents[2] / ".." / "shared" / "fixtures" / "conferencing" / "goto"
INFO = "Germany: +49 891 2140 2090\nAccess Code: 162-399-285\nUnited States: +1 (669) 224-3319"
LISTED = {
    "meetingId": "162399285",
    "subject": "Design review",
    "startTime": "2026-12-01T14:00:00Z",
    "meetingType": "scheduled",
    "organizerKey": "4444",
}


def sample(name):
    path = SAMPLES / name
    if not path.exists():
        pytest.skip("the recorded samples are not on this machine")
    return json.loads(path.read_text())


def answered(name):
    recorded = sample(name)["response"]
    return Answer(recorded["status"], recorded["headers"], json.dumps(recorded["body"]).encode(), "goto")


def answer(status, body=b"", **headers):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status, headers, raw, "goto")


def meaning(given_answer, jitter=0.25):
    return refusals.error(refusals.read(given_answer), NOW, jitter)


def listed(**changes):
    (item,) = wire.listed([LISTED | changes])
    return item


@pytest.mark.parametrize("name", ["create.json", "put.json"])
def test_a_body_is_what_the_samples_hold(name):
    wanted = sample(name)["request"]["json"]
    start, end = (datetime.fromisoformat(wanted[key]) for key in ("starttime", "endtime"))
    request = replace(REQUEST, start=start, minutes=int((end - start).total_seconds() // 60))
    assert wire.body(request, NOW) == wanted


def test_times_are_utc_and_whole_seconds():
    local = datetime.fromisoformat("2026-12-01T15:00:00.500+01:00")
    body = wire.body(replace(REQUEST, start=local, minutes=0), NOW)
    assert (body["starttime"], body["endtime"]) == ("2026-12-01T14:00:00Z", "2026-12-01T14:01:00Z")


@pytest.mark.parametrize(
    ("changes", "kind"),
    [({}, "scheduled"), ({"recurring": True}, "recurring"), ({"start": None}, "recurring")],
)
def test_a_series_and_what_has_no_time_can_be_joined_at_any(changes, kind):
    body = wire.body(replace(REQUEST, **changes), NOW)
    assert body["meetingtype"] == kind
    assert body["starttime"] < body["endtime"]


@pytest.mark.parametrize(
    ("there", "kept"),
    [
        ({}, ("Hybrid", False, None)),
        ({"conferenceCallInfo": "VoIP"}, ("VoIP", False, None)),
        ({"conferenceCallInfo": INFO}, ("Hybrid", False, None)),
        ({"passwordRequired": True, "coorganizerKeys": [7, "8"]}, ("Hybrid", True, ["7", "8"])),
        ({"coorganizerKeys": []}, ("Hybrid", False, None)),
        ({"coorganizerKeys": "odd", "passwordRequired": "yes"}, ("Hybrid", False, None)),
    ],
)
def test_a_replacement_keeps_what_only_the_owner_sets(there, kept):
    body = wire.body(REQUEST, NOW, kept=there)
    assert (body["conferencecallinfo"], body["passwordrequired"], body.get("coorganizerKeys")) == kept


@pytest.mark.parametrize(
    ("title", "written"),
    [
        ("Plain", "Plain"),
        ("  two\nlines ", "two lines"),
        ("", "Meeting"),
        ("a < b > c & d", "a &lt; b &gt; c & d"),
        ("x" * 101, "x" * 100),
        ("x" * 97 + "<", "x" * 97),
        ("x" * 96 + "<", "x" * 96 + "&lt;"),
    ],
)
def test_a_subject_is_what_goto_takes(title, written):
    assert wire.subject(title) == written


@given(st.text(max_size=150), st.sampled_from(["", KEY]))
def test_a_subject_is_never_too_long_nor_cut_within_a_character(title, mark):
    written = wire.subject(title, mark)
    assert 0 < len(written) <= 100
    assert not {"<", ">", "\n"} & set(written)
    assert unescape(written).endswith(f"({mark})") or not mark


@given(st.text(max_size=150), st.booleans())
def test_what_was_sent_is_known_again_however_it_comes_back(title, raw):
    request = replace(REQUEST, title=title)
    sent = wire.body(request, NOW)["subject"]
    assert wire.ours(listed(subject=unescape(sent) if raw else sent), request)


@pytest.mark.parametrize(
    ("item", "request_", "mine"),
    [
        ({}, {}, True),
        ({"startTime": "2026-12-01T14:00:00.000+00:00"}, {}, True),
        ({"startTime": "2026-12-01T14:00:00"}, {}, True),
        ({"startTime": "2026-12-01T14:00:01Z"}, {}, False),
        ({"startTime": ""}, {}, False),
        ({"subject": "Design reviews"}, {}, False),
        ({"subject": None}, {}, False),
        ({"meetingType": "recurring"}, {}, False),
        ({"meetingType": "recurring"}, {"recurring": True}, True),
        ({"meetingType": "recurring", "startTime": ""}, {"recurring": True}, True),
        ({}, {"recurring": True}, False),
        ({"organizerKey": "5"}, {}, False),
        ({"organizerKey": ""}, {}, True),
    ],
)
def test_a_meeting_is_ours_by_subject_start_and_organizer(item, request_, mine):
    assert wire.ours(listed(**item), replace(REQUEST, **request_), organizer="4444") == mine


@pytest.mark.parametrize(
    ("subject", "mine"),
    [
        (f"Anything ({KEY})", True),
        (f"Anything ({KEY}x)", False),
        (f"({KEY}) Anything", False),
        ("Design review", False),
    ],
)
def test_a_marked_meeting_is_ours_by_its_mark(subject, mine):
    assert wire.ours(listed(subject=subject, startTime="2027-01-01T00:00:00Z"), REQUEST, mark=KEY) == mine


def test_the_samples_are_one_meeting_in_three_spellings():
    made = wire.meeting(sample("create.json")["response"]["body"], "ada@example.com")
    assert (made.id, made.join_url, made.code) == (
        "162399285",
        "https://meet.goto.com/162399285",
        "162-399-285",
    )
    assert made.phones == (Phone("+49 891 2140 2090", "DE"), Phone("+1 (669) 224-3319", "US"))
    assert wire.meeting(sample("get.json")["response"]["body"], "ada@example.com", made) == made
    (item,) = wire.listed(sample("upcoming.json")["response"]["body"])
    assert item.id == made.id
    assert wire.ours(item, REQUEST, organizer="4444")


def test_every_line_of_the_details_is_one_of_ours():
    made = wire.meeting([{"meetingid": 162399285, "conferenceCallInfo": INFO}], "ada@example.com")
    lines = details.details(made)
    assert "One tap: +4989121402090,,162399285#" in lines
    assert all(details.is_detail(line) for line in lines)


def test_an_access_code_of_its_own_is_what_is_dialled():
    info = INFO.replace("162-399-285", "555-666")
    made = wire.meeting([{"meetingid": 162399285, "conferenceCallInfo": info}], "ada@example.com")
    assert (made.code, made.phone_passcode) == ("", "555666")
    assert "One tap: +4989121402090,,555666#" in details.details(made)


@pytest.mark.parametrize("info", ["", "VoIP", "Private", "Call Ada", "Access Code: 162-399-285"])
def test_audio_without_numbers_is_no_phone(info):
    made = wire.meeting([{"meetingid": 162399285, "conferenceCallInfo": info}], "ada@example.com")
    assert (made.phones, made.phone_passcode) == ((), "")


@pytest.mark.parametrize("link", [None, "", "http://meet.goto.com/1", "javascript:alert(1)"])
def test_a_link_that_is_none_is_put_together(link):
    made = wire.meeting([{"meetingid": 162399285, "joinURL": link}], "ada@example.com")
    assert made.join_url == "https://meet.goto.com/162399285"


@pytest.mark.parametrize("body", [None, [], {}, [None], ["x"], [{}], [{"joinURL": "https://x"}], 7])
def test_what_is_no_meeting_is_not_taken_for_one(body):
    with pytest.raises(Transient):
        wire.meeting(body, "ada@example.com")


@pytest.mark.parametrize("body", [None, {}, "x", {"meetings": []}])
def test_what_is_no_list_is_not_taken_for_an_empty_one(body):
    with pytest.raises(Transient):
        wire.listed(body)


def test_what_is_odd_in_a_list_is_passed_over():
    assert wire.listed([None, {}, {"subject": "no id"}]) == []


def test_a_meeting_follows_its_request_or_does_not():
    there = {
        "subject": "Design review",
        "meetingType": "scheduled",
        "startTime": "2026-12-01T14:00:00Z",
        "endTime": "2026-12-01T14:45:00Z",
    }
    assert wire.follows(there, REQUEST, "")
    for changes in (
        {"title": "Other"},
        {"minutes": 50},
        {"recurring": True},
        {"start": START + timedelta(days=1)},
    ):
        assert not wire.follows(there, replace(REQUEST, **changes), "")
    assert not wire.follows(there, REQUEST, KEY)
    assert wire.follows(there | {"meetingType": "recurring"}, replace(REQUEST, recurring=True), "")


@pytest.mark.parametrize(
    ("given_answer", "error", "says"),
    [
        (answer(403, {"int_err_code": "InvalidToken", "msg": "Invalid token passed"}), Unauthorized, "fresh"),
        (answer(403, {"errorCode": "AccessDenied", "description": "No."}), Unauthorized, "does not let"),
        (answer(403), Unauthorized, "does not let"),
        (answer(401), Unauthorized, "fresh"),
        (answer(401, b"<html>"), Unauthorized, "fresh"),
        (answer(404, {"errorCode": "NOT_FOUND", "message": "No meeting found."}), NotFound, "No meeting"),
        (answer(404), NotFound, "404"),
        (answer(404, b"<html>"), Transient, "404"),
        (answer(400, {"int_err_code": "InvalidRequest", "msg": "subject"}), Rejected, "subject"),
        (answer(412), Rejected, "free one"),
        (answer(412, {"errorCode": "X", "message": "No subscription"}), Rejected, "No subscription"),
        (answer(408), Transient, "408"),
        (answer(500), Transient, "500"),
        (answer(502, b"<html>Bad Gateway"), Transient, "502"),
        (answer(200, b"<html>Welcome"), Transient, "200"),
        (answer(302), Transient, "302"),
    ],
)
def test_a_refusal_means_what_can_be_done_about_it(given_answer, error, says):
    found = meaning(given_answer)
    assert type(found) is error
    assert says in str(found)
    assert (found.provider, found.status) == ("goto", given_answer.status)


@pytest.mark.parametrize(
    ("name", "error"),
    [("error_403_bad_token.json", Unauthorized), ("error_404.json", NotFound), ("error_429.json", Transient)],
)
def test_the_recorded_refusals_are_read(name, error):
    assert type(meaning(answered(name))) is error


@pytest.mark.parametrize(("jitter", "wait"), [(0.0, 1.0), (0.5, 1.5)])
def test_too_many_calls_are_over_in_a_moment(jitter, wait):
    found = meaning(answer(429), jitter)
    assert (found.reason, found.retry_after) == ("rate_limit", wait)
    assert meaning(answer(429, **{"Retry-After": "9"})).retry_after == 9
