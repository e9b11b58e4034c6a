"""What an event of Zoom's says, and whether it was Zoom that said it."""

from __future__ import annotations

import hmac
import json
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhooks.zoom import Deauthorized, Touched, Validation, proof, read, signer

RECORDED = (
    Path(__file__).resolve().parents[2] / ".." / "shared" / "fixtures" / "conferencing" / "zoom" / "webhooks"
)
SECRET = "zoom-webhook-secret-for-tests"
NOW = 1_800_000_000


def told(event, **payload):
    return json.dumps({"event": event, "event_ts": NOW * 1000, "payload": payload}).encode()


def signed(body, secret=SECRET, at=NOW):
    mac = hmac.new(secret.encode(), f"v0:{at}:".encode() + body, sha256).hexdigest()
    return {"x-zm-request-timestamp": str(at), "x-zm-signature": f"v0={mac}"}


def recorded(name):
    file = RECORDED / f"{name}.json"
    if not file.exists():
        pytest.skip("the recorded events are kept beside the repository, and are not here")
    return json.loads(file.read_text())


@pytest.mark.parametrize(
    ("name", "notice"),
    [
        ("meeting_deleted", Touched("92674392836")),
        ("meeting_deleted_occurrence", Touched("97763643886")),
        ("meeting_created", None),
        ("meeting_updated_time", None),
        ("meeting_updated_string_id_scope", None),
        ("url_validation", Validation("qgg8vlvZRS6UYooatFL8Aw")),
        ("app_deauthorized", Deauthorized("client-id", "30R7kT7bTIKSNUFEuH_Qlg", 1795325369.999)),
    ],
)
def test_a_recorded_event_is_believed_and_read(name, notice):
    found = recorded(name)
    body, headers = found["raw_body"].encode(), found["headers"]
    sent = int(headers["x-zm-request-timestamp"])
    assert signer([found["secret_token"]], headers, body, sent) == found["secret_token"]
    assert signer([found["secret_token"]], headers, body + b" ", sent) == ""
    assert read(body) == notice


def test_a_recorded_validation_is_answered_as_zoom_expects():
    found = recorded("url_validation")
    assert proof(SECRET, "qgg8vlvZRS6UYooatFL8Aw") == found["expected_response"]["body"]


def test_the_proof_is_the_token_signed():
    encrypted = hmac.new(SECRET.encode(), b"abc", sha256).hexdigest()
    assert proof(SECRET, "abc") == {"plainToken": "abc", "encryptedToken": encrypted}


@pytest.mark.parametrize(("off", "good"), [(0, True), (300, True), (-300, True), (301, False), (-301, False)])
def test_an_event_is_believed_for_five_minutes(off, good):
    assert (signer([SECRET], signed(b"{}"), b"{}", NOW + off) == SECRET) is good


def test_either_app_may_have_signed():
    assert signer(["one", "two"], signed(b"{}", "two"), b"{}", NOW) == "two"
    assert signer(["one", "two"], signed(b"{}", "one"), b"{}", NOW) == "one"
    assert signer(["one", "two"], signed(b"{}", "three"), b"{}", NOW) == ""
    assert signer([], signed(b"{}"), b"{}", NOW) == ""


@pytest.mark.parametrize(
    "changes",
    [
        {"x-zm-signature": ""},
        {"x-zm-signature": "v0="},
        {"x-zm-signature": "é\udcff"},
        {"x-zm-signature": signed(b"{}")["x-zm-signature"].upper()},
        {"x-zm-signature": signed(b"{}")["x-zm-signature"][3:]},
        {"x-zm-request-timestamp": ""},
        {"x-zm-request-timestamp": str(NOW + 1)},
        {"x-zm-request-timestamp": f" {NOW}"},
        {"x-zm-request-timestamp": f"{NOW}.0"},
        {"x-zm-request-timestamp": "٣" * 10},
        {"x-zm-request-timestamp": "9" * 5000},
        {"x-zm-request-timestamp": "nan"},
    ],
)
def test_what_is_not_signed_as_it_should_be_is_not_believed(changes):
    assert signer([SECRET], signed(b"{}") | changes, b"{}", NOW) == ""
    assert signer([SECRET], {}, b"{}", NOW) == ""


@pytest.mark.parametrize("id_", [92674392836, "92674392836"])
@pytest.mark.parametrize("event", ["meeting.deleted", "meeting.recovered", "meeting.permanently_deleted"])
def test_a_meeting_that_comes_or_goes_is_named_whatever_the_form_of_its_id(event, id_):
    assert read(told(event, object={"id": id_})) == Touched("92674392836")


@pytest.mark.parametrize(
    ("changed", "seen"),
    [
        ({"password": "x"}, True),
        ({"join_url": "https://zoom.us/j/1"}, True),
        ({"password": "x", "topic": "y"}, True),
        ({"invented_next_year": 1}, True),
        ({"settings": {"waiting_room": True}, "password": "x"}, True),
        ({}, True),
        ({"start_time": "2026-12-02T14:00:00Z", "duration": 30}, False),
        ({"topic": "Plan", "timezone": "UTC", "type": 3}, False),
        ({"settings": {"meeting_invitees": [], "email_notification": False}}, False),
        ({"settings": ["strange"]}, False),
        ({"uuid": "x", "host_id": "y", "agenda": "z"}, False),
    ],
)
def test_an_update_counts_where_the_link_may_be_another_and_our_own_never_does(changed, seen):
    body = told("meeting.updated", object={"id": 1, **changed}, old_object={"id": 1})
    assert read(body) == (Touched("1") if seen else None)


@pytest.mark.parametrize("event", ["meeting.created", "meeting.started", "user.updated", "", 1, None, [], {}])
def test_other_events_say_nothing_to_us(event):
    assert read(told(event, object={"id": 1})) is None


@pytest.mark.parametrize("id_", [None, True, 1.5, "", "1 ", "x", [], {}, -1, 10**15, "\u0661"])
def test_what_is_no_meetings_id_names_none(id_):
    assert read(told("meeting.deleted", object={"id": id_})) is None


@pytest.mark.parametrize("when", [None, "", "yesterday", "2026-11-22T05:29:29", 5, "2026-13-01T00:00:00Z"])
def test_a_consent_is_taken_back_just_now_where_zoom_does_not_say_when(when):
    whole = {"client_id": "c", "user_id": "u", "deauthorization_time": when}
    assert read(told("app_deauthorized", **whole)) == Deauthorized("c", "u", None)


@pytest.mark.parametrize("missing", ["client_id", "user_id"])
@pytest.mark.parametrize("instead", [None, "", 1, "x" * 257, "a\nb", "é"])
def test_a_deauthorisation_of_nobody_says_nothing(missing, instead):
    assert read(told("app_deauthorized", **{"client_id": "c", "user_id": "u", missing: instead})) is None


@pytest.mark.parametrize(
    "body", [b"", b"no json", b"\xff", b"[" * 100_000, b'{"event": ' + b"9" * 5000 + b"}"]
)
def test_what_is_no_event_is_said_to_be_none(body):
    with pytest.raises(ValueError, match=r".") as caught:
        read(body)
    assert not isinstance(caught.value, RecursionError)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.sampled_from(["object", "id", "settings", "plainToken"]) | st.text(), inner)
    ),
)
KINDS = ["meeting.updated", "meeting.deleted", "app_deauthorized", "endpoint.url_validation"]


@given(st.builds(dict, event=st.sampled_from(KINDS) | JSON, payload=JSON) | JSON)
def test_no_event_is_too_strange_to_read(event):
    match read(json.dumps(event).encode()):
        case Touched(meeting):
            assert meeting.isdecimal()
        case Validation(token):
            assert token.isprintable()
