"""What the wire format calls things, and calls as handlers see them."""

from __future__ import annotations

import pytest

from api.v1 import names
from api.v1.calls import Answer, Problem, Refused, required, unprocessable


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("", "read_account list_calendars read_events create_event delete_event"),
        ("create_event", "create_event"),
        ("read_events,create_event read_events", "read_events create_event"),
        ("list_resources read_events", "read_events"),
        ("everything", ""),
        ("read_write", "read_write"),
    ],
)
def test_scopes_are_those_that_there_are(asked, given):
    assert names.scopes(asked) == given


def test_one_scope_stands_for_all():
    assert names.held("read_write") >= set(names.SCOPES)
    assert names.held("read_events") == {"read_events"}


@pytest.mark.parametrize(("ours", "outside"), [("goto", "go_to"), ("zoom", "zoom"), ("webex", "webex")])
def test_accounts_have_their_names(ours, outside):
    assert names.account_name(ours) == outside
    assert names.account_provider(outside) == ours


@pytest.mark.parametrize(
    ("ours", "outside"),
    [("meet", "google_meet"), ("teams", "ms_teams"), ("static", "other"), ("zoom", "zoom")],
)
def test_conferences_have_their_names(ours, outside):
    assert names.conference_name(ours) == outside


def test_a_refusal_names_each_field_and_what_is_wrong_with_it():
    refused = Refused(422, {"a.b": [Problem("errors.x", "why"), Problem("errors.y", "and")]})
    told = [{"key": "errors.x", "description": "why"}, {"key": "errors.y", "description": "and"}]
    assert refused.answer() == Answer(422, {"errors": {"a.b": told}})
    assert Refused(404).answer() == Answer(404)
    assert Refused(403, text="no").answer() == Answer(403, "no")
    assert required("summary").answer().body == {
        "errors": {"summary": [{"key": "errors.required", "description": "summary must be specified"}]}
    }
    assert unprocessable("a", "b", "c").errors == {"a": (Problem("errors.b", "c"),)}
