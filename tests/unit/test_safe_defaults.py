"""What each service is told of a new meeting, word by word: a meeting of its own, and the account's own policy."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from connectors.daily import wire as daily
from connectors.goto import wire as goto
from connectors.model import EventRef, MeetingRequest
from connectors.webex import wire as webex
from connectors.webex.times import times
from connectors.whereby import wire as whereby
from connectors.zoom import wire as zoom

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
REQUEST = MeetingRequest(
    EventRef("c", "e1"), "ada@example.com", "Review", datetime(2026, 12, 1, tzinfo=UTC), 45
)
KEY = "hdaaaaaaaaaaaaaaaa"
TOLD = {
    "zoom": (
        lambda request: zoom.create_body(KEY, request, invitees=True),
        {"topic", "type", "agenda", "settings"},
    ),
    "webex": (
        lambda request: webex.create_body(KEY, request, times(request, NOW), site="", invitees=True),
        {"title", "start", "end", "timezone", "sendEmail", "integrationTags"},
    ),
    "goto": (
        lambda request: goto.body(request, NOW),
        {
            "subject",
            "starttime",
            "endtime",
            "passwordrequired",
            "conferencecallinfo",
            "timezonekey",
            "meetingtype",
        },
    ),
    "whereby": (
        lambda request: whereby.create_body(KEY, request, NOW, room_mode="group", room_days=365),
        {"endDate", "isLocked", "roomMode", "roomNamePrefix", "roomNamePattern"},
    ),
    "daily": (
        lambda request: daily.create_body(KEY, request, early=60, late=60),
        {"name", "privacy", "properties"},
    ),
}
TIMED = {"start_time", "timezone", "duration"}  # of Zoom's single meetings


@pytest.mark.parametrize("name", TOLD)
def test_a_create_says_nothing_but_what_it_must(name):
    body, words = TOLD[name]
    single = body(REQUEST)
    assert single.keys() - TIMED == words - TIMED
    series = replace(REQUEST, recurring=True, recurrence=("RRULE:FREQ=WEEKLY",))
    assert body(series).keys() - {"recurrence"} == words


def test_zoom_makes_a_meeting_of_its_own_and_mails_nobody():
    """Not the personal meeting id, no passcode of ours, nothing written to the calendar by Zoom."""
    assert zoom.create_body(KEY, REQUEST, invitees=False)["settings"] == {
        "use_pmi": False,
        "calendar_type": 2,
        "push_change_to_calendar": False,
        "email_notification": False,
    }


def test_webex_makes_a_meeting_of_its_own_and_mails_nobody():
    """A scheduledType would be where the personal room is asked for; a password the site makes by its own rules."""
    body = webex.create_body(KEY, REQUEST, times(REQUEST, NOW), site="", invitees=True)
    assert body["sendEmail"] is False
    assert not {"scheduledType", "password", "adhoc", "templateId"} & body.keys()


def test_goto_makes_a_meeting_of_its_own_and_asks_for_no_other_password_than_its_owner_has_set():
    assert goto.body(REQUEST, NOW)["passwordrequired"] is False
    assert goto.body(REQUEST, NOW, kept={"passwordRequired": True})["passwordrequired"] is True
    assert goto.body(REQUEST, NOW)["meetingtype"] == "scheduled"


def test_rooms_are_named_by_chance_and_stand_open_to_whoever_has_the_link():
    body = whereby.create_body(KEY, REQUEST, NOW, room_mode="group", room_days=365)
    assert (body["roomNamePrefix"], body["roomNamePattern"], body["isLocked"]) == (KEY, "uuid", False)
    room = daily.create_body(KEY, REQUEST, early=60, late=60)
    assert (room["name"], room["privacy"], room["properties"].keys()) == (KEY, "public", {"nbf", "exp"})
