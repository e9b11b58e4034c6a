"""The `conferencing` of an event as applications ask for it: what an account can have, and what is named as wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from api.v1.application import Application
from api.v1.calls import Call
from api.v1.drafts import Problems
from api.v1.wishes import Conferencing, read
from connectors.model import CalendarInfo, Draft
from store import calendars, linked, profiles
from store.db import open_file
from store.linked import Credential
from store.managed import Wish

NOW, ADA, BOB = 1_800_000_000.0, "ada@example.com", "bob@example.com"
DRAFT = Draft("Review", datetime(2026, 4, 28, tzinfo=UTC), datetime(2026, 4, 29, tzinfo=UTC))
LINK = {"profile_id": "explicit", "provider_description": "Own", "join_url": "https://own.example/1"}


@pytest.fixture
def conn():
    opened = open_file(":memory:")
    yield opened
    opened.close()


@pytest.fixture
def calendar(conn):
    info = CalendarInfo(ADA, "Calendar", "UTC", writable=True, native=("meet",))
    calendars.found(conn, profiles.ensure(conn, "google", ADA, "app", NOW), "google", info, NOW)
    return calendars.get(conn, calendars.calendar_id("google", ADA))


def link(conn, account):
    name = linked.credential_id("zoom", "app", account)
    return linked.link(
        conn, account, account, Credential(name, "zoom", "app", account, b"x", "", NOW, None), NOW
    )[0]


def ask(conn, calendar, value, before=None):
    """Return what is asked for, and what is wrong."""
    problems = Problems()
    call = Call(Application("ours", "Ours", ()), ADA, body={"conferencing": value})
    found = read(conn, call, calendar, before, problems)
    return found, {name: one[0].key.removeprefix("errors.") for name, one in problems.found.items()}


@pytest.mark.parametrize("name", ["default", "integrated", "none"])
def test_words_are_for_everybody(conn, calendar, name):
    assert ask(conn, calendar, {"profile_id": name}) == (Conferencing(name), {})


def test_an_account_is_only_for_whoever_has_linked_it(conn, calendar):
    mine, theirs = link(conn, ADA), link(conn, BOB)
    assert ask(conn, calendar, {"profile_id": mine}) == (Conferencing(mine), {})
    for name in (theirs, "pro_unknown", "zoom", 7, ["default"]):
        assert ask(conn, calendar, {"profile_id": name})[1] == {"conferencing.profile_id": "not_recognized"}


def test_a_calendar_without_meetings_of_its_own_has_none_to_give(conn, calendar):
    bare = replace(calendar, info=replace(calendar.info, native=()))
    wrong = {"conferencing.profile_id": "integrated_conferencing_not_available"}
    assert ask(conn, bare, {"profile_id": "integrated"})[1] == wrong


def test_what_is_left_out_is_as_it_was(conn, calendar):
    before = Wish(DRAFT, "explicit", "https://own.example/1", "Own")
    assert ask(conn, calendar, None, before) == (Conferencing("explicit", "https://own.example/1", "Own"), {})
    assert ask(conn, calendar, None) == (Conferencing(), {})


def test_a_link_of_the_applications_own_is_a_web_address_with_a_name_in_one_line(conn, calendar):
    asked = ask(conn, calendar, {**LINK, "provider_description": "Our\n own"})
    assert asked == (Conferencing("explicit", LINK["join_url"], "Our own"), {})


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        ("default", {"conferencing": "invalid_format"}),
        ({}, {"conferencing.profile_id": "required"}),
        ({**LINK, "join_url": "javascript:alert(1)"}, {"conferencing.join_url": "invalid_format"}),
        ({**LINK, "join_url": ""}, {"conferencing.join_url": "required"}),
        ({**LINK, "join_url": 1}, {"conferencing.join_url": "invalid_format"}),
        ({**LINK, "provider_description": "x" * 256}, {"conferencing.provider_description": "too_long"}),
        ({**LINK, "provider_description": None}, {"conferencing.provider_description": "required"}),
    ],
)
def test_what_is_wrong_is_named_by_its_field(conn, calendar, value, wrong):
    assert ask(conn, calendar, value)[1] == wrong
