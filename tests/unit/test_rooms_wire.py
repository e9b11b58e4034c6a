"""Jitsi, Whereby and Daily, read and written without a network: names, links, bodies, rooms, refusals."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.daily import wire as daily
from connectors.errors import NotFound, Rejected, Transient, Unauthorized
from connectors.http import Answer
from connectors.jitsi import wire as jitsi
from connectors.keyed import refusal
from connectors.links import foreign_links
from connectors.model import EventRef, MeetingRequest, Phone
from connectors.whereby import wire as whereby

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
START = datetime(2026, 12, 1, 14, 0, tzinfo=UTC)
KEY = "hd4f0c2c1e9a7b0000"
REQUEST = MeetingRequest(
    at=EventRef("ada@example.com", "e1"), host="ada@example.com", start=START, minutes=45
)
SERIES = replace(REQUEST, start=None, minutes=0, recurring=True)
SAMPLES = Path(__file__).resolve().parents[2] / ".." / "shared" / "fixtures" / "conferencing"
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=12,
)


def sample(name):
    path = SAMPLES / name
    if not path.exists():
        pytest.skip("the recorded samples are not on this machine")
    recorded = json.loads(path.read_text())["response"]
    body = recorded["body_text"] if "body_text" in recorded else json.dumps(recorded["body"])
    return Answer(recorded["status"], recorded["headers"], body.encode(), name.split("/")[0])


def answer(status, body=b"", **headers):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status, headers, raw, "daily")


# Jitsi


@given(st.text(max_size=40), st.text(max_size=40))
def test_a_room_at_jitsi_is_letters_and_digits_in_lower_case(secret, key):
    assert re.fullmatch(r"[a-z2-7]{26}", jitsi.room(secret, key))


@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=30))
def test_each_key_and_secret_has_one_room_of_its_own(secret, one, other):
    assert jitsi.room(secret, one) == jitsi.room(secret, one)
    assert (jitsi.room(secret, one) == jitsi.room(secret, other)) == (one == other)


def test_a_room_does_not_change_between_versions():
    assert jitsi.room("secret", KEY) == "xcymztidhbvvl7hfehwxk4rsak"


@given(st.text(max_size=60))
def test_a_subject_comes_out_of_the_link_as_it_went_in(subject):
    link = jitsi.join_url("https://meet.example.org/", "room", subject)
    assert re.fullmatch(r"https://meet\.example\.org/room(#[!-~]+)?", link)
    shown = urlsplit(link).fragment.removeprefix("config.subject=")
    assert (json.loads(unquote(shown)) if shown else "") == " ".join(subject.split())


def test_our_link_at_the_public_server_is_known_as_jitsi():
    link = jitsi.join_url("https://meet.jit.si", jitsi.room("secret", KEY), "Review")
    assert [found.service for found in foreign_links(f"see {link}")] == ["jitsi"]
    assert foreign_links(f"see {link}", own=[link.partition("#")[0]]) == ()


@pytest.mark.parametrize(
    ("url", "rooms", "conference"),
    [
        ("https://x.example/code", "", "r@conference.meet.example.org"),
        ("https://x.example/code?v=1", "", "r@conference.meet.example.org"),
        ("https://x.example/code", "muc.meet.jitsi", "r@muc.meet.jitsi"),
    ],
)
def test_the_number_of_a_room_is_asked_for_by_its_full_name(url, rooms, conference):
    asked = urlsplit(jitsi.code_url(url, "https://meet.example.org:8443/team", "r", rooms))
    assert parse_qs(asked.query)["conference"] == [conference]
    assert ("v" in parse_qs(asked.query)) == ("v=1" in url)


@pytest.mark.parametrize(
    ("body", "pin"),
    [
        ({"id": 4283920175, "conference": "x"}, "4283920175"),
        ({"id": "00123"}, "00123"),
        ({"id": 0}, ""),
        ({"id": False}, ""),
        ({"id": -3}, ""),
        ({"id": "12x"}, ""),
        ({"message": "no such conference"}, ""),
        ([], ""),
        (None, ""),
    ],
)
def test_the_number_of_a_room_is_digits_or_none(body, pin):
    assert jitsi.pin(body) == pin


def test_numbers_are_read_in_both_forms_of_the_list():
    new = [{"countryCode": "DE", "tollFree": False, "formattedNumber": "+49 89 1"}, {"x": 1}, 3]
    old = {"message": "", "numbers": {"US": ["+1.512", "+1.512", 3], "DE": None}, "numbersEnabled": True}
    assert jitsi.phones(new) == (Phone("+49 89 1", "DE"),)
    assert jitsi.phones(old) == (Phone("+1.512", "US"),)
    assert jitsi.phones(old | {"numbersEnabled": False}) == ()


@given(ANYTHING)
def test_whatever_a_dial_in_service_says_is_read_without_an_error(body):
    assert jitsi.pin(body).isdigit() or jitsi.pin(body) == ""
    assert isinstance(jitsi.phones(body), tuple)


def test_the_recorded_dial_in_services_are_understood():
    assert jitsi.pin(sample("jaas/conference_mapper.json").json()) == "4283920175"
    assert [phone.country for phone in jitsi.phones(sample("jaas/dids.json").json())] == ["DE", "US"]


# Whereby


def body_of(request, days=30):
    return whereby.create_body(KEY, request, NOW, room_mode="group", room_days=days)


def test_what_whereby_is_asked_for():
    assert body_of(REQUEST) == {
        "endDate": "2026-12-31T14:45:00Z",
        "isLocked": False,
        "roomMode": "group",
        "roomNamePrefix": KEY,
        "roomNamePattern": "uuid",
    }


def test_a_room_for_an_event_that_has_begun_long_ago_still_lasts():
    over = replace(REQUEST, start=NOW - timedelta(days=90))
    assert body_of(over)["endDate"] == "2026-12-22T12:00:00Z"


def test_a_prefix_is_what_whereby_allows():
    assert re.fullmatch(r"[a-z0-9]{1,39}", whereby.prefix("hd0123456789abcdef"))


def shown(**changes):
    body = {
        "meetingId": "1",
        "roomName": f"/{KEY}8b1f3a52-9a13",
        "roomUrl": f"https://example.whereby.com/{KEY}8b1f3a52-9a13",
        "startDate": "2026-11-22T05:29:29.000Z",
        "endDate": "2026-12-31T14:45:00.000Z",
        "hostRoomUrl": "https://example.whereby.com/x?roomKey=secret",
    }
    return {name: value for name, value in (body | changes).items() if value is not None}


@pytest.mark.parametrize(
    ("ends", "request_", "lasts"),
    [
        ("2026-12-01T14:45:00Z", REQUEST, True),
        ("2026-12-01T14:44:59Z", REQUEST, False),
        ("2026-12-01T15:45:00+01:00", REQUEST, True),
        ("2026-12-01T14:45:00", REQUEST, True),
        ("2027-05-20T00:00:00Z", SERIES, False),
        ("2027-05-22T00:00:00Z", SERIES, True),
        ("2026-11-22T11:59:00Z", replace(REQUEST, start=NOW - timedelta(days=1)), False),
    ],
)
def test_a_room_lasts_if_it_closes_after_the_event(ends, request_, lasts):
    assert whereby.lasts(whereby.room(shown(endDate=ends)), request_, NOW) is lasts


@given(st.integers(-2_000_000, 5_000_000))
def test_a_room_that_was_made_for_an_event_lasts_for_it(minutes):
    request = replace(REQUEST, start=NOW + timedelta(minutes=minutes))
    assert whereby.lasts(whereby.room(shown(endDate=body_of(request)["endDate"])), request, NOW)
    assert whereby.lasts(whereby.room(shown(endDate=body_of(SERIES)["endDate"])), SERIES, NOW)


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        shown(meetingId=None),
        shown(roomUrl=None),
        shown(roomUrl="javascript:alert(1)"),
        shown(endDate=None),
        shown(endDate="soon"),
    ],
)
def test_what_is_no_room_at_whereby_does_not_pass_for_one(body):
    with pytest.raises(Transient, match="not a room"):
        whereby.room(body)


@pytest.mark.parametrize("page", [None, [], {}, {"results": None}, {"results": {"a": 1}}])
def test_what_is_no_list_of_rooms_does_not_pass_for_an_empty_one(page):
    with pytest.raises(Transient):
        whereby.rooms(page, KEY, "")


def test_only_rooms_of_the_key_are_taken_from_a_list():
    foreign = shown(meetingId="2", roomName="/hdffff8b1f3a52")
    bare = shown(meetingId="3", roomName=f"{KEY}8b1f")
    page = {"results": [foreign, shown(), bare, {"meetingId": "4"}, 5], "cursor": None}
    assert [room.meeting.id for room in whereby.rooms(page, KEY, "")] == ["1", "3"]
    assert whereby.cursor(page) == ""
    assert whereby.query(KEY, "c7") == {"roomName[startsWith]": f"/{KEY}", "limit": 100, "cursor": "c7"}


def test_the_recorded_room_at_whereby_is_understood_and_its_host_s_link_left():
    room = whereby.room(sample("whereby/create.json").json(), "ada@example.com")
    assert (room.meeting.id, room.meeting.name, room.meeting.host) == (
        "73219384",
        "Whereby",
        "ada@example.com",
    )
    assert "roomKey" not in repr(room)


# Daily


def test_a_room_at_daily_is_open_around_its_event():
    body = daily.create_body(KEY, REQUEST, early=15, late=60)
    start = int(START.timestamp())
    times = {"nbf": start - 900, "exp": start + 6300}
    assert body == {"name": KEY, "privacy": "public", "properties": times}
    assert daily.update_body(REQUEST, early=15, late=60) == {"properties": times}


def test_a_room_follows_if_daily_shows_the_times():
    wanted = daily.times(REQUEST, early=15, late=60)
    assert daily.follows({"config": wanted | {"enable_chat": True}}, REQUEST, early=15, late=60)
    assert not daily.follows({"config": wanted}, REQUEST, early=16, late=60)
    assert not daily.follows({"config": wanted}, SERIES, early=15, late=60)
    assert not daily.follows({"config": []}, REQUEST, early=15, late=60)
    assert not daily.follows(None, REQUEST, early=15, late=60)


@given(st.text(max_size=60))
def test_a_name_at_daily_holds_only_what_it_allows(key):
    assert re.fullmatch(r"[A-Za-z0-9_-]{0,41}", daily.name(key))


@pytest.mark.parametrize(
    "body", [None, [], {}, {"name": "x"}, {"name": "x", "url": "http:x"}, {"url": "https://x"}]
)
def test_what_is_no_room_at_daily_does_not_pass_for_one(body):
    with pytest.raises(Transient, match="not a room"):
        daily.meeting(body, "")


def test_a_room_at_daily_becomes_a_meeting():
    made = daily.meeting({"name": KEY, "url": f"https://x.daily.co/{KEY}"}, "ada@example.com")
    assert (made.id, made.join_url, made.host) == (KEY, f"https://x.daily.co/{KEY}", "ada@example.com")


@pytest.mark.parametrize(
    ("status", "said", "taken"),
    [
        (400, "a room named x already exists", True),
        (409, "a room named x already exists", False),
        (400, "exp is wrong", False),
    ],
)
def test_only_one_refusal_means_that_the_room_is_there(status, said, taken):
    assert daily.is_taken(Rejected(said, status=status)) is taken


def test_the_recorded_answers_of_daily_are_understood():
    made = daily.meeting(sample("daily/create.json").json(), "")
    assert (made.id, made.join_url) == (
        "csync-4f0c2c1e9a7b",
        "https://example.daily.co/csync-4f0c2c1e9a7b",
    )
    taken = refusal(sample("daily/create_duplicate.json"), NOW)
    assert isinstance(taken, Rejected)
    assert daily.is_taken(taken)


# What both say when they refuse


@pytest.mark.parametrize(
    ("given_", "kind", "message", "wait"),
    [
        (answer(401, {"error": "authentication-error"}), Unauthorized, "API key: authentication-error", None),
        (answer(403, {"error": "Not allowed"}), Rejected, "^Not allowed$", None),
        (
            answer(404, {"error": "not-found", "info": "room x not found"}),
            NotFound,
            "^room x not found$",
            None,
        ),
        (answer(404), NotFound, "^daily answered 404$", None),
        (answer(404, b"<html>Not here"), Transient, "answered 404", None),
        (answer(400, {"error": "invalid", "info": "what"}), Rejected, "^what$", None),
        (answer(400, []), Transient, "answered 400", None),
        (answer(408, {"error": "slow"}), Transient, "slow", None),
        (answer(429, {"error": "slow down"}, **{"Retry-After": "7"}), Transient, "slow down", 7.0),
        (answer(429), Transient, "answered 429", None),
        (answer(503, **{"Retry-After": "9"}), Transient, "answered 503", 9.0),
        (answer(302), Transient, "answered 302", None),
    ],
)
def test_a_refusal_says_what_can_be_done_about_it(given_, kind, message, wait):
    error = refusal(given_, NOW)
    assert type(error) is kind
    assert re.search(message, str(error))
    assert getattr(error, "retry_after", None) == wait
    assert (error.provider, error.status) == ("daily", given_.status)


@given(st.integers(300, 599), st.binary(max_size=60) | ANYTHING.map(lambda body: json.dumps(body).encode()))
def test_every_refusal_becomes_an_error(status, body):
    assert str(refusal(answer(status, body), NOW))
