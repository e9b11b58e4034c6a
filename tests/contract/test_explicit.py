"""Links that the caller brings along keep the contract of meetings."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from connectors.errors import Rejected
from connectors.explicit.meetings import ExplicitMeetings
from connectors.model import EventRef, MeetingRequest
from tests.contract.meetings import KEY, MeetingsContract, Stage

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
LINK = "https://talk.example.org/room?k=1#top"
REQUEST = MeetingRequest(
    at=EventRef("ada@example.com", "e1"), start=NOW, minutes=45, link=LINK, link_name="Example Talk"
)


async def _request() -> MeetingRequest:
    return REQUEST


def _never(*_: object, **__: object) -> int:
    raise AssertionError("an explicit link has no provider")


@pytest.fixture
def stage():
    return Stage(
        meetings=ExplicitMeetings(),
        request=_request,
        now=lambda: NOW,
        ops={},
        fault=_never,
        standing=_never,
        remove=_never,
        advance=_never,
    )


class TestExplicit(MeetingsContract):
    pass


async def make(**changes):
    return (await ExplicitMeetings().create(KEY, replace(REQUEST, **changes), None)).meeting


async def test_link_and_name_are_the_caller_s():
    made = await make()
    assert (made.service, made.name, made.id, made.join_url) == ("explicit", "Example Talk", KEY, LINK)


async def test_a_link_without_a_name_is_a_video_call_and_a_name_is_one_line():
    assert (await make(link_name="")).name == "Video call"
    assert (await make(link_name=" Our\n room ")).name == "Our room"


async def test_the_caller_may_give_another_link_later():
    meetings, made = ExplicitMeetings(), await make()
    other = replace(REQUEST, link="http://localhost/x", link_name="Other")
    updated = (await meetings.update(KEY, made, other)).meeting
    assert (updated.join_url, updated.name, updated.id) == ("http://localhost/x", "Other", KEY)
    assert (await meetings.update(KEY, updated, replace(other, link="", link_name=""))).meeting == updated


@pytest.mark.parametrize(
    "link",
    [
        "",
        "example.org/room",
        "javascript:alert(1)",
        "ftp://example.org/x",
        "https://",
        "https://user:secret@example.org/x",
        "https://example.org/a b",
        "https://example.org/a\nb",
        "https://[x/",
        "https://example.org/" + "x" * 2000,
    ],
)
async def test_what_is_no_web_address_is_refused(link):
    with pytest.raises(Rejected, match="not a web address"):
        await make(link=link)
