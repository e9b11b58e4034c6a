"""What a push of Google's says, read without believing any of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from webhooks.google import Push, read

RECORDED = (
    Path(__file__).resolve().parents[2]
    / ".."
    / "shared"
    / "fixtures"
    / "google"
    / "push_notification_headers_recorded.json"
)

EXPECTED = {
    "sync_30day_channel": Push(
        "<channel id>",
        "<resource id>",
        "sync",
        "<channel token>",
        "c_xxxxxxxxxxxxxxxxxxxxxxxxxx@group.calendar.google.com",
    ),
    "sync_primary_no_token": Push(
        "primary-c338bd69-12d5-4cf2-99b5-10d568d152b8", "vLDjaX7kI9LbiqW3M-Op50Mf_kA", "sync", "", "primary"
    ),
    "exists_primary": Push(
        "ff5d6214-116f-47a2-8ffa-0c3ee079411c", "Kiip7BwJNukmPXTOFwPRWyPf0lY", "exists", "", "primary"
    ),
}


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_recorded_pushes_are_read(name):
    if not RECORDED.exists():
        pytest.skip("the recorded headers are kept beside the repository, and are not here")
    headers = CIMultiDict(json.loads(RECORDED.read_text())[name]["headers"])
    assert read(headers["x-goog-channel-id"], headers) == EXPECTED[name]


def test_the_channel_is_the_one_of_the_address_not_of_the_header():
    assert read("of the path", CIMultiDict({"X-Goog-Channel-ID": "of the header"})).channel == "of the path"


def test_a_push_without_headers_says_nothing():
    assert read("chan", CIMultiDict()) == Push("chan", "", "", "", "")


@pytest.mark.parametrize(
    ("address", "calendar"),
    [
        (
            "https://www.googleapis.com/calendar/v3/calendars/ada@example.com/events?alt=json",
            "ada@example.com",
        ),
        ("https://www.googleapis.com/calendar/v3/calendars/ada%40example.com/events", "ada@example.com"),
        ("https://www.googleapis.com/calendar/v3/calendars/a%23b%40g.com/events?maxResults=2", "a#b@g.com"),
        ("http://127.0.0.1:9000/google/calendar/v3/calendars/ada/events", "ada"),
        ("https://www.googleapis.com/calendar/v3/calendars/primary", "primary"),
        ("https://www.googleapis.com/calendar/v3/calendars/", ""),
        ("https://www.googleapis.com/calendar/v3/calendars", ""),
        ("https://www.googleapis.com/calendar/v3/users/me/calendarList", ""),
        ("calendars/ada/events", "ada"),
        ("https://[::1/calendars/ada/events", ""),
        ("", ""),
        ("?calendars/ada", ""),
    ],
)
def test_the_calendar_is_taken_from_the_address_of_the_resource(address, calendar):
    assert read("chan", {"X-Goog-Resource-URI": address}).calendar == calendar


@given(
    st.text(),
    st.dictionaries(
        st.sampled_from(
            ["X-Goog-Resource-ID", "X-Goog-Resource-URI", "X-Goog-Channel-Token", "X-Goog-Resource-State"]
        ),
        st.text() | st.binary().map(lambda raw: raw.decode("utf-8", "surrogateescape")),
    ),
)
def test_no_push_is_too_strange_to_read(channel, headers):
    push = read(channel, headers)
    assert push.token == headers.get("X-Goog-Channel-Token", "")
    assert isinstance(push.calendar, str)
