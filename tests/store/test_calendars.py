"""Calendars as discovery finds and loses them, and the channels that come and go."""

from __future__ import annotations

import pytest
from stored import ADA, NOW, at, furnish, info, open_channel

from connectors.model import Subscription
from store import calendars, channels, profiles, work
from store.calendars import calendar_id
from store.channels import Channel

BOB = "bob@example.com"


@pytest.fixture
def calendar(conn):
    return furnish(conn)


def profile(conn, address):
    return profiles.ensure(conn, "google", address, "delegated", NOW)


def names(channels):
    return [one.id for one in channels]


def test_a_calendar_has_the_same_id_everywhere_and_no_other_has_it():
    assert calendar_id("google", ADA) == "cal_a1c511e736c42b3a"
    assert (
        len({calendar_id(provider, who) for provider in ("google", "microsoft") for who in (ADA, BOB)}) == 4
    )


def test_a_calendar_that_is_found_is_kept_in_step_from_its_beginning(conn):
    who = profile(conn, ADA)
    assert calendars.found(conn, who, "google", info(), NOW)
    found = calendars.get(conn, calendar_id("google", ADA))
    assert (found.profile, found.provider, found.info) == (who, "google", info())
    assert (found.watched, found.pushes, found.cursor, found.synced_at) == (True, True, None, None)
    assert calendars.of_profile(conn, who) == calendars.watched(conn) == [found]
    assert calendars.get(conn, "cal_none") is None


def test_finding_it_again_is_no_news_and_takes_over_what_changed(conn, calendar):
    calendars.advance(conn, calendar, "cursor", NOW, NOW + 600)
    assert not calendars.found(conn, profile(conn, ADA), "google", info(name="Renamed"), NOW)
    found = calendars.get(conn, calendar)
    assert (found.info.name, found.cursor, found.synced_at) == ("Renamed", "cursor", NOW)


def test_a_calendar_that_two_people_share_stays_with_the_first(conn, calendar):
    bob = profile(conn, BOB)
    assert not calendars.found(conn, bob, "google", info(name="As Bob sees it", writable=False), NOW)
    assert calendars.get(conn, calendar).profile == profile(conn, ADA)
    assert calendars.get(conn, calendar).info == info()
    assert calendars.of_profile(conn, bob) == []


def test_a_calendar_that_was_lost_can_be_taken_up_by_another_and_begins_anew(conn, calendar):
    calendars.advance(conn, calendar, "cursor", NOW, NOW)
    calendars.lost(conn, calendar)
    assert calendars.watched(conn) == []
    assert calendars.get(conn, calendar).cursor is None
    assert calendars.found(conn, profile(conn, BOB), "google", info(), NOW)
    assert calendars.get(conn, calendar).profile == profile(conn, BOB)


def test_a_look_that_ends_after_the_calendar_was_lost_does_not_spare_it_the_full_listing(conn, calendar):
    calendars.lost(conn, calendar)
    calendars.advance(conn, calendar, "of a look that began before", NOW, NOW)
    assert calendars.found(conn, profile(conn, ADA), "google", info(), NOW)
    assert calendars.get(conn, calendar).cursor is None


def test_starting_again_forgets_how_far_it_was_read_and_nothing_else(conn, calendar):
    calendars.advance(conn, calendar, "cursor", NOW, NOW)
    calendars.restart(conn, calendar)
    assert calendars.get(conn, calendar).cursor is None
    assert calendars.get(conn, calendar).synced_at == NOW


def test_a_sweep_picks_the_longest_unseen_first_and_none_twice(conn):
    ids = [furnish(conn, f"{name}@example.com") for name in "abcd"]
    for number, one in enumerate(ids):
        calendars.advance(conn, one, "c", NOW, NOW - number)
    calendars.lost(conn, ids[3])
    assert set(calendars.due_for_sweep(conn, NOW, NOW + 600, 2)) == {ids[2], ids[1]}
    assert calendars.due_for_sweep(conn, NOW, NOW + 600, 10) == [ids[0]]
    assert calendars.due_for_sweep(conn, NOW, NOW + 600, 10) == []
    assert set(calendars.due_for_sweep(conn, NOW + 600, NOW + 1200, 10)) == set(ids[:3])


def test_a_new_calendar_is_due_for_a_sweep_at_once(conn, calendar):
    assert calendars.due_for_sweep(conn, NOW, NOW + 600, 10) == [calendar]


def test_looking_at_a_calendar_puts_its_sweep_off(conn, calendar):
    calendars.advance(conn, calendar, "c", NOW, NOW + 600)
    assert calendars.due_for_sweep(conn, NOW + 599, NOW + 2000, 10) == []


def test_a_channel_is_known_before_the_provider_has_answered(conn, calendar):
    channels.begin(conn, "chan", calendar, "token", NOW)
    assert channels.get(conn, "chan") == Channel("chan", calendar, None, None, None)
    assert channels.doorbells(conn) == {"chan": (calendar, channels.hash_token("token"))}
    assert channels.silent(conn, NOW) == [calendar]


def test_the_token_is_not_kept(conn, calendar):
    channels.begin(conn, "chan", calendar, "sesame-open", NOW)
    assert "sesame" not in "\n".join(conn.iterdump())


@pytest.mark.parametrize(
    ("token", "fits"), [("token", True), ("", False), ("Token", False), ("token ", False), ("\udcff", False)]
)
def test_a_token_fits_or_does_not(token, fits):
    assert channels.token_matches(token, channels.hash_token("token")) is fits


def test_a_confirmed_channel_is_live(conn, calendar):
    assert open_channel(conn, calendar, "chan") == []
    assert channels.get(conn, "chan") == Channel("chan", calendar, "res chan", NOW + 1000, NOW + 900)
    assert channels.silent(conn, NOW) == []


def test_a_new_channel_replaces_the_older_ones_of_its_calendar_alone(conn, calendar):
    other = furnish(conn, BOB)
    open_channel(conn, other, "of bob")
    open_channel(conn, calendar, "first")
    channels.begin(conn, "never answered", calendar, "t", NOW)
    replaced = open_channel(conn, calendar, "second", expires=NOW + 2000, renew_at=NOW + 1900)
    assert replaced == [Channel("first", calendar, "res first", NOW + 1000, None)]
    assert names(channels.of_calendar(conn, calendar)) == ["never answered", "first", "second"]
    assert channels.get(conn, "of bob").renew_at == NOW + 900
    assert channels.silent(conn, NOW) == []


def test_an_answer_for_a_channel_that_is_no_longer_known_replaces_nothing(conn, calendar):
    open_channel(conn, calendar, "first")
    assert channels.confirm(conn, Subscription("gone", "res", at(NOW + 9)), NOW + 5) == []
    assert channels.get(conn, "first").renew_at == NOW + 900


def test_only_live_channels_are_renewed_each_calendar_once(conn, calendar):
    open_channel(conn, calendar, "first")
    open_channel(conn, calendar, "second", renew_at=NOW + 500)
    assert channels.due_for_renewal(conn, NOW + 499, 10) == []
    assert channels.due_for_renewal(conn, NOW + 10_000, 10) == [calendar]
    open_channel(conn, furnish(conn, BOB), "of bob", renew_at=NOW + 100)
    assert channels.due_for_renewal(conn, NOW + 10_000, 1) == [calendar_id("google", BOB)]


def test_a_closed_channel_is_forgotten(conn, calendar):
    open_channel(conn, calendar, "chan")
    channels.close(conn, "chan")
    channels.close(conn, "chan")
    assert channels.get(conn, "chan") is None
    assert channels.doorbells(conn) == {}


def test_channels_that_expired_or_were_never_confirmed_are_pruned(conn, calendar):
    open_channel(conn, calendar, "expired", expires=NOW - 1)
    open_channel(conn, calendar, "live")
    channels.begin(conn, "waiting", calendar, "t", NOW - 10)
    channels.begin(conn, "given up", calendar, "t", NOW - 1000)
    assert sorted(channels.prune(conn, NOW, NOW - 100)) == ["expired", "given up"]
    assert sorted(channels.doorbells(conn)) == ["live", "waiting"]


def test_only_what_backs_off_after_a_failure_is_left_to_its_pace(conn, calendar):
    work.ring(conn, "watch", [calendar], NOW + 60)
    assert channels.silent(conn, NOW) == [calendar]
    conn.execute("UPDATE work SET error = 'busy'")
    assert channels.silent(conn, NOW) == []
    assert channels.silent(conn, NOW + 60) == [calendar]


def test_a_channel_that_is_replaced_is_not_renewed_any_more(conn, calendar):
    open_channel(conn, calendar, "old")
    open_channel(conn, calendar, "new")
    for name in ("old", "new"):
        channels.renew_soon(conn, name, NOW)
    assert {one.id: one.renew_at for one in channels.of_calendar(conn, calendar)} == {"old": None, "new": NOW}


@pytest.mark.parametrize("why", ["expired", "replaced and not renewed", "none"])
def test_a_calendar_without_a_live_channel_is_silent(conn, calendar, why):
    if why == "expired":
        open_channel(conn, calendar, "chan", expires=NOW)
    if why == "replaced and not renewed":
        open_channel(conn, calendar, "chan")
        conn.execute("UPDATE channels SET renew_at = NULL")
    assert channels.silent(conn, NOW) == [calendar]


def test_what_is_polled_or_lost_is_not_called_silent(conn, calendar):
    calendars.poll_only(conn, calendar)
    assert not calendars.get(conn, calendar).pushes
    other = furnish(conn, BOB)
    calendars.lost(conn, other)
    assert channels.silent(conn, NOW) == []


def test_what_a_profile_had_goes_with_it(conn, calendar):
    open_channel(conn, calendar, "chan")
    conn.execute("DELETE FROM profiles")
    assert calendars.get(conn, calendar) is None
    assert channels.doorbells(conn) == {}


def test_nothing_is_asked_in_the_name_of_an_account_that_does_not_work(conn, calendar):
    profiles.report(conn, profile(conn, ADA), "revoked", NOW)
    assert calendars.reachable(conn, calendar) is None
    assert calendars.due_for_sweep(conn, NOW, NOW + 600, 10) == []
    assert channels.silent(conn, NOW) == []
    profiles.report(conn, profile(conn, ADA), None, NOW)
    assert calendars.reachable(conn, calendar) == calendars.get(conn, calendar)
    assert channels.silent(conn, NOW) == [calendar]
    assert calendars.due_for_sweep(conn, NOW, NOW + 600, 10) == [calendar]


def test_a_calendar_that_was_lost_is_not_reachable(conn, calendar):
    calendars.lost(conn, calendar)
    assert calendars.reachable(conn, calendar) is None


def test_after_a_start_every_calendar_has_its_turn_soon_but_not_all_at_once(conn):
    ids = [furnish(conn, f"c{number}@example.com") for number in range(101)]
    for one in ids:
        calendars.advance(conn, one, "c", NOW, NOW + 600)
    calendars.advance(conn, ids[0], "c", NOW, NOW - 5)
    calendars.sweep_soon(conn, NOW, 10)
    turns = [row["sweep_at"] for row in conn.execute("SELECT sweep_at FROM calendars ORDER BY sweep_at")]
    assert turns[0] == NOW - 5  # whose turn it is anyway does not wait
    assert NOW <= turns[1] < turns[-1] <= NOW + 10
    assert len([at for at in turns if at <= NOW + 5]) in range(20, 80)


@pytest.mark.parametrize("count", [0, 1])
def test_few_calendars_have_their_turn_at_once(conn, count):
    for number in range(count):
        calendars.advance(conn, furnish(conn, f"c{number}@example.com"), "c", NOW, NOW + 600)
    calendars.sweep_soon(conn, NOW, 10)
    assert len(calendars.due_for_sweep(conn, NOW, NOW + 600, 10)) == count
