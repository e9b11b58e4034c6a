"""What a start owes to whatever happened while nobody ran."""

from __future__ import annotations

import pytest
from ringing import rung
from stored import ADA, NOW, furnish, open_channel

from daemon.config.model import Config
from daemon.takeover import take_over
from store import calendars, channels, profiles, work
from store.db import open_file

BOB = "bob@example.com"


@pytest.fixture
def conn():
    opened = open_file(":memory:")
    yield opened
    opened.close()


def configured(address="https://huddled.example.com", default="zoom"):
    return Config.model_validate(
        {
            "server": {"public_url": address},
            "flags": {"default": default},
            "store": {"url": "sqlite:///x.db", "key_file": "x"},
        }
    )


def start(conn, config, now, *people):
    known = {profiles.profile_id("google", one) for one in people}
    return take_over(conn, known, config, now)


def test_every_account_and_calendar_is_looked_at(conn):
    ada = furnish(conn)
    start(conn, configured(), NOW, ADA)
    calendars.advance(conn, ada, "cursor", NOW, NOW + 9000)
    start(conn, configured(), NOW + 60, ADA)
    assert rung(conn) == {("discover", profiles.profile_id("google", ADA)): 2}
    assert calendars.due_for_sweep(conn, NOW + 60, NOW + 600, 9) == [ada]


def test_leases_are_taken_back_and_what_was_parked_is_tried_again(conn):
    work.ring(conn, "sync", ["a", "b"], NOW)
    work.claim(conn, "before", NOW, NOW + 9000, 2)
    parked = "UPDATE work SET due_at = ?, owner = NULL, error = 'no', attempts = 0 WHERE key = 'a'"
    conn.execute(parked, (NOW + 86_400,))
    assert start(conn, configured(), NOW + 60) == 1
    assert len(work.claim(conn, "now", NOW + 60, NOW + 9000, 9)) == 2


def test_who_is_no_longer_configured_is_left_and_their_calendars_are_for_others(conn):
    ada, bob = furnish(conn), furnish(conn, BOB, BOB)
    for name in (ada, bob):
        open_channel(conn, name, f"of {name}")
    start(conn, configured(), NOW, ADA)
    assert [bool(one.trouble) for one in sorted(profiles.everyone(conn), key=lambda one: one.address)] == [
        False,
        True,
    ]
    assert [calendars.get(conn, name).watched for name in (ada, bob)] == [True, False]
    assert [len(channels.of_calendar(conn, name)) for name in (ada, bob)] == [1, 0]


@pytest.mark.parametrize(
    ("changed", "renewed", "listed"),
    [
        ({}, False, False),
        ({"address": "https://other.example.com"}, True, False),
        ({"default": "static"}, False, True),
    ],
)
def test_what_has_changed_in_the_configuration_is_followed_once(conn, changed, renewed, listed):
    ada = furnish(conn)
    open_channel(conn, ada, "chan")
    start(conn, configured(), NOW, ADA)
    for expected in ((renewed, listed), (False, False)):
        conn.execute("UPDATE channels SET renew_at = ?", (NOW + 900,))
        calendars.advance(conn, ada, "cursor", NOW, NOW + 600)
        start(conn, configured(**changed), NOW + 60, ADA)
        [channel] = channels.of_calendar(conn, ada)
        assert (channel.renew_at == NOW + 60, calendars.get(conn, ada).cursor is None) == expected
