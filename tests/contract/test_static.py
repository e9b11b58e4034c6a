"""Static links keep the contract of meetings."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from connectors.model import EventRef, MeetingRequest
from connectors.settings import StaticSettings
from connectors.static.meetings import StaticMeetings
from tests.contract.meetings import KEY, OTHER, MeetingsContract, Stage

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
REQUEST = MeetingRequest(
    at=EventRef("ada@example.com", "e1"), host="ada@example.com", title="Review", start=NOW, minutes=45
)


def links(url: str) -> StaticMeetings:
    return StaticMeetings(StaticSettings(url=url, name="Room"))


async def _request() -> MeetingRequest:
    return REQUEST


def _never(*_: object, **__: object) -> int:
    raise AssertionError("a static link has no provider")


@pytest.fixture
def stage():
    return Stage(
        meetings=links("https://meet.example.org/{key}"),
        request=_request,
        now=lambda: NOW,
        ops={},
        fault=_never,
        standing=_never,
        remove=_never,
        advance=_never,
    )


class TestStatic(MeetingsContract):
    pass


@pytest.mark.parametrize(
    ("pattern", "link"),
    [
        ("https://meet.example.org/standup", "https://meet.example.org/standup"),
        ("https://meet.example.org/{key}", f"https://meet.example.org/{KEY}"),
        ("https://meet.example.org/{organizer}", "https://meet.example.org/ada%40example.com"),
        ("https://x.example/{key}?by={organizer}", f"https://x.example/{KEY}?by=ada%40example.com"),
        ("https://x.example/{other}", "https://x.example/{other}"),
    ],
)
async def test_placeholders_are_filled_in(pattern, link):
    assert (await links(pattern).create(KEY, REQUEST, None)).meeting.join_url == link


async def test_each_key_has_its_own_room():
    made = [
        (await links("https://x.example/{key}").create(key, REQUEST, None)).meeting for key in (KEY, OTHER)
    ]
    assert made[0].join_url != made[1].join_url
    assert made[0].id != made[1].id
