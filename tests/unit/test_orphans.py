"""Which meetings at a provider are ours and too many."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from connectors.model import Conference, EventRef, Found, Meeting, MeetingRequest
from daemon.orphans import Claim, judge, too_many

NOW = 1_800_000_000.0
HOUR = 3600.0
KEY = "hdaaaaaaaaaaaaaaaa"


def at(seconds):
    return datetime.fromtimestamp(seconds, UTC)


def held(state="live", meeting="other"):
    made = Meeting("zoom", "Zoom", meeting, "https://zoom.example/1") if meeting else None
    return Conference(KEY, state, "zoom", "title:@zoom", MeetingRequest(EventRef("ada", "e1")), made)


ASKED = NOW - 30 * HOUR
FOUND = Found(KEY, "1", "ada@example.com", at(ASKED + 2))
ENDED = Claim(minted=True, asked=ASKED, ended=NOW - 20 * HOUR)


@pytest.mark.parametrize(
    ("found", "claim", "standing", "whose"),
    [
        pytest.param(FOUND, ENDED, {"1"}, "orphan", id="we took it away, and there it is"),
        pytest.param(FOUND, replace(ENDED, conference=held("declined", "")), {"1"}, "orphan", id="declined"),
        pytest.param(FOUND, replace(ENDED, minted=False), {"1"}, "strange", id="a key of another huddled"),
        pytest.param(FOUND, replace(ENDED, ended=None), {"1"}, "strange", id="not taken away by us"),
        pytest.param(FOUND, replace(ENDED, ended=NOW - 60), {"1"}, "strange", id="taken away just now"),
        pytest.param(FOUND, replace(ENDED, asked=None), {"1"}, "strange", id="never asked for"),
        pytest.param(replace(FOUND, created=None), ENDED, {"1"}, "strange", id="made nobody knows when"),
        pytest.param(
            replace(FOUND, created=at(ASKED + HOUR)), ENDED, {"1"}, "strange", id="copied by a person"
        ),
        pytest.param(
            replace(FOUND, created=at(ASKED - HOUR)), ENDED, {"1"}, "strange", id="made before we asked"
        ),
        pytest.param(
            replace(FOUND, created=at(NOW - 60)),
            replace(ENDED, asked=NOW - 60),
            {"1"},
            "strange",
            id="made just now",
        ),
        pytest.param(
            replace(FOUND, created=at(NOW - HOUR - 60)),
            replace(ENDED, asked=NOW - HOUR + 60),
            {"1"},
            "strange",
            id="asked for just now",
        ),
        pytest.param(
            FOUND,
            replace(ENDED, ended=None, conference=held("changing")),
            {"1", "other"},
            "orphan",
            id="made twice, and the other is being changed",
        ),
        pytest.param(
            FOUND, Claim(conference=held(meeting="1")), {"1"}, "known", id="the meeting of an event"
        ),
        pytest.param(
            FOUND, replace(ENDED, conference=held("reserved", "")), {"1"}, "known", id="just being made"
        ),
        pytest.param(FOUND, replace(ENDED, conference=held("leaving")), {"1"}, "known", id="just going"),
        pytest.param(
            FOUND, replace(ENDED, conference=held()), {"1", "other"}, "orphan", id="one of two of a key"
        ),
        pytest.param(
            FOUND,
            replace(ENDED, conference=held()),
            {"1"},
            "strange",
            id="the only one of its key that stands",
        ),
        pytest.param(
            replace(FOUND, created=at(NOW - 5 * HOUR)),
            replace(ENDED, conference=held()),
            {"1", "other"},
            "strange",
            id="a person's copy of the meeting of an event",
        ),
    ],
)
def test_a_meeting_is_removed_only_where_nobody_else_can_have_made_it(found, claim, standing, whose):
    assert judge(found, claim, standing, NOW) == whose


@pytest.mark.parametrize(
    ("dead", "sound", "alarming"),
    [(0, 0, False), (5, 0, False), (6, 0, True), (6, 5, True), (6, 6, False), (90, 100, False)],
)
def test_where_most_meetings_are_gone_it_is_not_the_meetings(dead, sound, alarming):
    assert too_many(dead, sound) is alarming
