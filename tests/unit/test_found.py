"""Whose key a meeting of a provider's list carries, as its wire module reads it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from connectors.daily import wire as daily
from connectors.errors import Transient
from connectors.goto import wire as goto
from connectors.keys import key_in
from connectors.model import Found
from connectors.webex import wire as webex
from connectors.whereby import wire as whereby
from connectors.zoom import wire as zoom

KEY = "hd0123456789abcdef"
MADE = datetime(2026, 3, 2, 8, tzinfo=UTC)
URL = "https://meet.example/1"


@pytest.mark.parametrize(
    ("text", "key"),
    [(KEY, KEY), (f"{KEY}-more", KEY), ("", ""), ("hd0123", ""), (KEY.upper(), ""), (f"x{KEY}", "")],
)
def test_a_key_is_known_by_its_form(text, key):
    assert key_in(text) == key


@pytest.mark.parametrize(
    ("item", "found"),
    [
        ({"agenda": f"huddled:v1:{KEY}", "created_at": "2026-03-02T08:00:00Z"}, Found(KEY, "1", "ada", MADE)),
        ({"agenda": f"Bring cake huddled:v1:{KEY}", "join_url": URL}, Found(KEY, "1", "ada", None, URL)),
        ({"agenda": f"huddled:v1:{KEY}", "created_at": "2026-03-02T08:00:00"}, Found(KEY, "1", "ada", MADE)),
        ({"agenda": KEY}, None),
        ({"agenda": "huddled:v1:lunch"}, None),
        ({}, None),
    ],
)
def test_zooms_agenda(item, found):
    assert zoom.found({"id": 1, **item}, "ada") == found


@pytest.mark.parametrize(
    ("item", "found"),
    [
        ({"id": "1", "integrationTags": ["theirs", KEY]}, Found(KEY, "1", "ada")),
        ({"id": "1", "integrationTags": ["theirs"]}, None),
        ({"id": "1", "integrationTags": None}, None),
        ({"integrationTags": [KEY]}, None),
    ],
)
def test_webexs_tags(item, found):
    assert webex.found(item, "ada") == found


def test_all_meetings_at_webex_are_asked_for_with_a_window():
    query = webex.everything(MADE)
    assert query["from"] < "2026-03-02" < query["to"]
    assert "integrationTag" not in query


def room(**changes):
    name = f"/{KEY}-0a1b"
    return {"meetingId": "1", "roomUrl": URL, "endDate": "2026-04-01T00:00:00Z", "roomName": name, **changes}


@pytest.mark.parametrize(
    ("rooms", "found"),
    [
        ([room(startDate="2026-03-02T08:00:00Z")], [Found(KEY, "1", "", MADE, URL)]),
        ([room(startDate="2026-03-02T08:00:00")], [Found(KEY, "1", "", MADE, URL)]),
        ([room()], [Found(KEY, "1", "", None, URL)]),
        ([room(roomName="/hdtv-corner"), room(roomName="/lunch"), "?"], []),
    ],
)
def test_the_names_of_wherebys_rooms(rooms, found):
    assert whereby.found({"results": rooms}) == found


@pytest.mark.parametrize(
    ("item", "found"),
    [
        ({"name": KEY, "created_at": "2026-03-02T08:00:00.000Z", "url": URL}, Found(KEY, KEY, "", MADE, URL)),
        ({"name": KEY, "created_at": "2026-03-02T08:00:00"}, Found(KEY, KEY, "", MADE)),
        ({"name": KEY}, Found(KEY, KEY, "")),
        ({"name": f"{KEY}-kitchen"}, None),
        ({"name": "kitchen"}, None),
    ],
)
def test_the_names_of_dailys_rooms(item, found):
    assert daily.found(item) == found


def test_a_page_of_dailys_rooms():
    assert daily.page({"data": [{"name": "a"}, {}, "?"]}) == [{"name": "a"}]


@pytest.mark.parametrize("answer", [None, [], {}, {"data": None}])
def test_a_page_of_daily_that_is_none(answer):
    with pytest.raises(Transient):
        daily.page(answer)


@pytest.mark.parametrize(
    ("subject", "found"),
    [
        (f"Review ({KEY})", Found(KEY, "1", "ada")),
        (f"Review ({KEY}) again", None),
        (f"Review {KEY}", None),
        ("Review (at last)", None),
    ],
)
def test_gotos_subjects(subject, found):
    (item,) = goto.listed([{"meetingId": "1", "subject": subject}])
    assert goto.found(item, "ada") == found
