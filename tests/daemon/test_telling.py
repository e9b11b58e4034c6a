"""What applications are to be told, and when nobody is told anything."""

from __future__ import annotations

import itertools
import json
import random

import pytest

from connectors.errors import Unauthorized
from connectors.model import Answered, Changes, Gone, Shown
from daemon import telling
from daemon.accounts import disconnect
from daemon.rules import Flags
from daemon.sync import Sync
from daemon.terms import Policy
from daemon.worker import Worker
from store import api_channels, calendars, linked, managed, profiles, tokens, work
from store.db import InlineStore, open_file
from store.linked import Credential
from tests.daemon.applications import (
    ADA,
    BOB,
    BOTH,
    CALENDAR,
    NOW,
    URI,
    at,
    channel,
    conference,
    event,
    furnish,
    manage,
    see,
)


@pytest.fixture
def conn():
    opened = open_file(":memory:")
    yield opened
    opened.close()


def waiting(conn):
    """Return what is on its way: to whom, and what."""
    rows = conn.execute("SELECT id, channel, url, body FROM deliveries ORDER BY id").fetchall()
    assert {row["id"] for row in rows} <= {
        row[0] for row in conn.execute("SELECT key FROM work WHERE kind = 'deliver'")
    }
    return [(row["channel"] or row["url"], json.loads(row["body"])) for row in rows]


def kinds(conn):
    return [(where, body["type"]) for where, body in waiting(conn)]


def interactions(conn):
    """Take away what is on its way to an event's subscriptions, and return it."""
    told = [body for _, body in waiting(conn)]
    conn.execute("DELETE FROM deliveries")
    return [
        (body["notification"]["interactions"][0]["type"], body["event"].get("conferencing")) for body in told
    ]


def change(conn, *names, since=NOW, **more):
    telling.calendar_changed(conn, furnish(conn), names or ("e1",), since, NOW, **more)
    return kinds(conn)


def test_a_change_is_told_to_the_channels_of_those_who_may_use_the_calendar(conn):
    furnish(conn)
    channel(conn)
    channel(conn, "chn_2", application="theirs")
    channel(conn, "chn_3", account=BOB)
    assert change(conn) == [("chn_1", "change")]


def test_two_changes_on_their_way_are_one(conn):
    channel(conn)
    change(conn, since=NOW)
    assert change(conn, since=NOW - 10) == [("chn_1", "change")]
    assert api_channels.take_changes(conn, "chn_1") == NOW - 10 - telling.MARGIN


def test_whoever_shares_a_calendar_hears_of_it_in_the_name_of_each_account(conn):
    furnish(conn)
    telling.calendar_changed(conn, furnish(conn, applications=("ours", "theirs")), ["e1"], NOW, NOW)
    channel(conn)
    channel(conn, "chn_2", application="theirs")
    assert change(conn) == [("chn_1", "change"), ("chn_2", "change")]


@pytest.mark.parametrize(
    ("wanted", "told"), [((CALENDAR,), True), (("cal_other",), False), (("cal_other", CALENDAR), True)]
)
def test_a_channel_hears_only_of_the_calendars_that_it_asks_for(conn, wanted, told):
    channel(conn, calendar_ids=wanted)
    assert bool(change(conn)) is told


def test_a_channel_for_managed_events_hears_of_those_of_its_own_application(conn):
    channel(conn, only_managed=True)
    channel(conn, "chn_2", application="theirs", only_managed=True)
    furnish(conn, applications=("theirs",))
    manage(conn)
    assert change(conn, "e2") == []
    assert change(conn, "e1", "e2") == [("chn_1", "change")]


def test_an_application_hears_no_echo_of_what_it_did_itself(conn):
    channel(conn)
    channel(conn, "chn_2", application="theirs")
    furnish(conn, applications=("theirs",))
    assert change(conn, but="ours") == [("chn_2", "change")]


def test_where_nobody_listens_nothing_is_kept(conn):
    assert change(conn) == []
    assert conn.execute("SELECT count(*) FROM work WHERE kind = 'deliver'").fetchone()[0] == 0


def test_a_link_is_told_once_when_it_can_be_read_and_again_when_it_is_another(conn):
    one = manage(conn, subscriptions=BOTH)
    telling.conference_told(conn, one, event(), None, NOW)
    telling.conference_told(conn, one, event(), conference("", state="reserved"), NOW)
    telling.conference_told(conn, one, event(), conference(written=False), NOW)
    assert interactions(conn) == []
    telling.conference_told(conn, one, event(), conference(), NOW)
    assert interactions(conn) == [
        ("conferencing_assigned", {"provider_name": "zoom", "join_url": "https://zoom.example/j/1"})
    ]
    telling.conference_told(conn, one, event(title="Moved"), conference(state="changing"), NOW)
    assert interactions(conn) == []
    telling.conference_told(conn, one, event(), conference("https://meet.example/2", service="meet"), NOW)
    assert interactions(conn) == [
        ("conferencing_assigned", {"provider_name": "google_meet", "join_url": "https://meet.example/2"})
    ]


def test_a_link_that_was_taken_off_is_told_when_it_comes_back(conn):
    one = manage(conn, subscriptions=BOTH)
    for known in (conference(), conference(state="leaving"), None, conference()):
        telling.conference_told(conn, one, event(), known, NOW)
    told = conn.execute("SELECT gen FROM work WHERE kind = 'deliver'").fetchall()
    assert [row[0] for row in told] == [2]
    for known in (conference(state="leaving"), conference()):  # another one of the same link
        telling.conference_told(conn, one, event(), known, NOW)
    assert conn.execute("SELECT gen FROM work WHERE kind = 'deliver'").fetchone()[0] == 3


def test_a_link_that_was_not_to_be_had_is_told_again_though_it_is_the_same(conn):
    one = manage(conn, subscriptions=BOTH)
    told = []
    for known, failing in ((conference(), False), (conference(written=False), True), (conference(), False)):
        telling.conference_told(conn, one, event(), known, NOW, failing=failing)
        told += [kind for kind, _ in interactions(conn)]
    assert told == ["conferencing_assigned", "conferencing_failing", "conferencing_assigned"]


def test_a_failure_is_told_once_until_there_is_a_link(conn):
    one = manage(conn, subscriptions=BOTH)
    for _ in range(3):
        telling.conference_told(conn, one, event(), conference("", state="reserved"), NOW, failing=True)
        telling.conference_told(conn, one, event(), None, NOW)
    assert interactions(conn) == [("conferencing_failing", {"pending": True})]
    telling.conference_told(conn, one, event(), None, NOW, failing=True)
    assert interactions(conn) == []
    telling.conference_told(conn, one, event(), conference(), NOW)
    assert [kind for kind, _ in interactions(conn)] == ["conferencing_assigned"]
    telling.conference_told(conn, one, event(), None, NOW, failing=True)
    assert [kind for kind, _ in interactions(conn)] == ["conferencing_failing"]
    telling.conference_told(conn, one, event(), conference(), NOW)
    assert [kind for kind, _ in interactions(conn)] == ["conferencing_assigned"]


def test_another_profile_that_fails_is_told_again(conn):
    one = manage(conn, subscriptions=BOTH)
    telling.conference_told(conn, one, event(), None, NOW, failing=True)
    one = manage(conn, subscriptions=BOTH, profile_id="pro_2", told=managed.get(conn, one.name).wish.told)
    telling.conference_told(conn, one, event(), None, NOW, failing=True)
    assert conn.execute("SELECT gen FROM work WHERE kind = 'deliver'").fetchone()[0] == 2


def test_each_subscription_hears_what_it_asks_for(conn):
    failing = {
        "type": "webhook",
        "uri": "https://b.example/",
        "interactions": [{"type": "conferencing_failing"}],
    }
    timed = {"type": "webhook", "uri": "https://c.example/", "transitions": []}
    one = manage(conn, subscriptions=(*BOTH, failing, timed))
    telling.conference_told(conn, one, event(), None, NOW, failing=True)
    assert {where for where, _ in waiting(conn)} == {URI, "https://b.example/"}


def test_whoever_subscribes_later_hears_what_happens_later(conn):
    one = manage(conn)
    telling.conference_told(conn, one, event(), conference(), NOW)
    one = manage(conn, subscriptions=BOTH, told=managed.get(conn, one.name).wish.told)
    telling.conference_told(conn, one, event(), conference(), NOW)
    assert interactions(conn) == []


def test_of_an_event_that_the_application_has_deleted_nothing_is_told(conn):
    one = manage(conn, subscriptions=BOTH)
    managed.delete(conn, one.name, NOW)
    telling.conference_told(conn, one, event(), conference(), NOW)
    assert waiting(conn) == []


def test_an_event_is_shown_as_it_stands_in_the_calendar(conn):
    one = manage(conn, subscriptions=BOTH)
    telling.conference_told(conn, one, event(title="Moved by hand", start=NOW + 3600), conference(), NOW)
    [(where, body)] = waiting(conn)
    assert where == URI
    assert body["event"] == {
        "event_id": "mine",
        "calendar_id": CALENDAR,
        "summary": "Moved by hand",
        "start": "2027-01-15T09:00:00Z",
        "end": "2027-01-15T10:00:00Z",
        "conferencing": {"provider_name": "zoom", "join_url": "https://zoom.example/j/1"},
    }


def test_an_application_whose_right_is_taken_back_hears_of_its_events_no_more(conn):
    one = manage(conn, subscriptions=BOTH)
    [profile] = tokens.granted(conn, "ours", ADA)
    tokens.withdraw(conn, "ours", ADA, profile)
    telling.conference_told(conn, one, event(), conference(), NOW)
    assert waiting(conn) == []
    other = profiles.ensure(conn, "google", BOB, "delegated", NOW)
    tokens.grant(conn, "ours", ADA, other, NOW)
    telling.conference_told(conn, one, event(), None, NOW)
    telling.conference_told(conn, one, event(), conference(), NOW)
    assert waiting(conn) == []


def test_an_event_that_others_have_made_is_shown_under_its_uid(conn):
    one = manage(conn, subscriptions=BOTH, event_id="evt_external_abc")
    telling.conference_told(conn, one, event(), conference(), NOW)
    [(_, body)] = waiting(conn)
    assert body["event"]["event_uid"] == "evt_external_abc"
    assert "event_id" not in body["event"]


def test_a_calendar_that_is_lost_is_told_once(conn):
    furnish(conn)
    channel(conn)
    profile = profiles.profile_id("google", ADA)
    for _ in range(2):
        disconnect(conn, work.Job("sync", CALENDAR, 1, 1, 1), Unauthorized("revoked", provider="google"), NOW)
        conn.execute("DELETE FROM work WHERE kind = 'deliver' AND gen > 1")
    assert kinds(conn) == [("chn_1", "profile_disconnected")]
    assert conn.execute("SELECT count(*) FROM work WHERE kind = 'deliver'").fetchone()[0] == 1
    assert profiles.get(conn, profile).trouble


def test_a_conferencing_account_that_is_lost_is_told_to_every_application_of_the_person(conn):
    channel(conn)
    channel(conn, "chn_2", application="theirs")
    channel(conn, "chn_3", account=BOB)
    name = linked.credential_id("zoom", "client", "ada")
    linked.link(conn, ADA, ADA, Credential(name, "zoom", "client", "ada", b"", "", NOW, None), NOW)
    disconnect(conn, work.Job("refresh", name, 1, 1, 1), Unauthorized("revoked", provider="zoom"), NOW)
    assert kinds(conn) == [
        ("chn_1", "conferencing_profile_disconnected"),
        ("chn_2", "conferencing_profile_disconnected"),
    ]


class Listing:
    """A calendar that tells what a test says."""

    def __init__(self):
        self.found = Changes((), (), "cursor")

    async def changes(self, _, __):
        return self.found


TICKS = itertools.count(100)


class Around:
    """What the sync sees of the world."""

    def __init__(self):
        self.listing, self.time = Listing(), NOW

    def now(self):
        self.time = NOW + next(TICKS)
        return self.time

    def calendar(self, _):
        return self.listing

    def policy(self, _):
        return Policy(now=at(self.time), flags=Flags(), services={})


async def left(_):
    """Leave what is on its way where it is."""


async def synced(conn, *items, complete=False):
    """Let a listing be read that shows these, and return what is told."""
    around = Around()
    some = tuple(one for one in items if not isinstance(one, Gone))
    around.listing.found = Changes(
        some, tuple(one for one in items if isinstance(one, Gone)), "cursor", complete
    )
    store = InlineStore(conn)
    handlers = {"sync": Sync(store, around, 600, 0.1, random.Random(1)), "deliver": left}
    worker = Worker(store, handlers, around.now, "me")
    work.ring(conn, "sync", [CALENDAR], NOW)
    await worker.run_once()
    found = kinds(conn)
    conn.execute("DELETE FROM deliveries")
    return found


@pytest.fixture
def listened(conn):
    furnish(conn)
    channel(conn)
    return conn


async def test_what_a_listing_shows_for_the_first_time_is_told_once(listened):
    assert await synced(listened, event(), event("e2")) == [("chn_1", "change")]
    assert await synced(listened, event(), event("e2")) == []


async def test_what_we_have_written_ourselves_is_not_told_when_a_listing_shows_it(listened):
    see(listened, event(title="Ours"))
    assert await synced(listened, event(title="Ours")) == []
    assert await synced(listened, event(title="Ours"), complete=True) == []


async def test_what_somebody_changes_is_told(listened):
    see(listened, event())
    assert await synced(listened, event(title="Theirs")) == [("chn_1", "change")]


async def test_an_answer_of_a_guest_is_told_though_nothing_is_decided_on_it(listened):
    see(listened, event())
    said = Shown(attendees=(Answered(BOB, answer="accepted"),))
    assert await synced(listened, event(shown=said)) == [("chn_1", "change")]
    assert await synced(listened, event(shown=said)) == []


async def test_an_event_that_is_gone_is_told(listened):
    see(listened, event())
    assert await synced(listened, Gone("e1")) == [("chn_1", "change")]
    assert await synced(listened, Gone("e1")) == []


async def test_an_event_that_a_full_listing_does_not_show_is_told(listened):
    see(listened, event())
    assert await synced(listened, complete=True) == [("chn_1", "change")]


async def test_what_is_told_is_told_from_before_the_listing_was_asked_for(listened):
    await synced(listened, event())
    since = api_channels.take_changes(listened, "chn_1")
    changed = listened.execute("SELECT changed_at FROM events").fetchone()[0]
    assert since < changed


async def test_without_applications_a_listing_leaves_nothing_behind(conn):
    furnish(conn, applications=())
    assert await synced(conn, event()) == []
    assert calendars.get(conn, CALENDAR).cursor == "cursor"
