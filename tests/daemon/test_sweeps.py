"""What is owed a look because time has passed: the sweeps only ring."""

from __future__ import annotations

import random

import pytest
from ringing import rung
from stored import ADA, NOW, conference, event, furnish, open_channel

from daemon import sweeps
from daemon.sweeps import DAY, UNCONFIRMED, Sweeps
from store import budgets, calendars, channels, conferences, events, linked, profiles, work
from webhooks.bell import Channels

BOB = "bob@example.com"


class Timer:
    def __init__(self, store):
        self.time = NOW
        self.kicks = 0
        self.channels = Channels()
        self.sweeps = Sweeps(
            store, lambda: self.time, self.channels, self.kick, 600, 0.1, 30, random.Random(7)
        )

    def kick(self):
        self.kicks += 1


@pytest.fixture
def timer(store):
    return Timer(store)


async def test_calendars_that_nobody_looked_at_are_rung_for_once_an_interval(store, timer):
    ada, bob = await store.tx(lambda conn: (furnish(conn), furnish(conn, BOB, BOB)))
    assert await timer.sweeps.calendars() == 2
    assert await store.read(rung) == {("sync", ada): 1, ("sync", bob): 1}
    assert timer.kicks == 1
    timer.time += 539  # one tenth less than the interval is the earliest
    assert await timer.sweeps.calendars() == 0
    assert timer.kicks == 1
    timer.time += 122
    assert await timer.sweeps.calendars() == 2


async def test_a_calendar_that_was_just_read_is_left_alone(store, timer):
    calendar = await store.tx(furnish)
    await store.tx(lambda conn: calendars.advance(conn, calendar, "c", NOW, NOW + 600))
    assert await timer.sweeps.calendars() == 0


async def test_one_sweep_rings_for_a_bounded_number_of_calendars_and_the_next_for_the_rest(store, timer):
    many = sweeps.AT_ONCE + 3
    await store.tx(lambda conn: [furnish(conn, f"c{number}@example.com") for number in range(many)])
    assert await timer.sweeps.calendars() == sweeps.AT_ONCE
    assert await timer.sweeps.calendars() == 3
    assert len(await store.read(rung)) == many


async def test_channels_about_to_expire_or_missing_are_rung_for(store, timer):
    def prepare(conn):
        live, due, silent, polled = (furnish(conn, f"{name}@example.com") for name in "abcd")
        open_channel(conn, live, "live", renew_at=NOW + 1)
        open_channel(conn, due, "due", renew_at=NOW)
        calendars.poll_only(conn, polled)
        return due, silent

    due, silent = await store.tx(prepare)
    assert await timer.sweeps.channels_due() == 2
    assert await store.read(rung) == {("watch", due): 1, ("watch", silent): 1}
    assert timer.kicks == 1


async def test_every_profile_is_rung_for(store, timer):
    await store.tx(lambda conn: (furnish(conn), furnish(conn, BOB, BOB)))
    assert await timer.sweeps.profiles() == 2
    expected = {("discover", profiles.profile_id("google", who)): 1 for who in (ADA, BOB)}
    assert await store.read(rung) == expected


async def test_linked_accounts_that_were_not_used_for_long_are_rung_for_while_they_work(store, timer):
    def prepare(conn):
        for name, at, trouble in [
            ("idle", NOW - sweeps.IDLE - 1, None),
            ("used", NOW - sweeps.IDLE + 1, None),
            ("lost", NOW - sweeps.IDLE - 1, "revoked"),
        ]:
            row = linked.Credential(f"cre_{name}", "goto", "our-app", name, b"sealed", "", at, None)
            linked.link(conn, ADA, name, row, at)
            linked.report(conn, row.id, trouble, at)

    await store.tx(prepare)
    assert await timer.sweeps.credentials() == 1
    assert await store.read(rung) == {("refresh", "cre_idle"): 1}
    assert timer.kicks == 1


async def test_nothing_to_do_wakes_nobody(store, timer):
    assert await timer.sweeps.calendars() == 0
    assert await timer.sweeps.channels_due() == 0
    assert await timer.sweeps.profiles() == 0
    assert await timer.sweeps.credentials() == 0
    assert timer.kicks == 0


async def test_what_is_long_over_is_dropped_and_what_is_not_stays(store, timer):
    old, recent = NOW - 30 * DAY - 1, NOW - 30 * DAY + 1

    def prepare(conn):
        calendar = furnish(conn)
        for name, at in [("old", old), ("recent", recent)]:
            events.save_listed(conn, calendar, event(name, ends=at), NOW)
            conferences.save(conn, calendar, name, conference(f"hd{name}", name), NOW)
            conferences.note(conn, calendar, name, at, "made")
            work.ring(conn, "sync", [name], at)
            (job,) = work.claim(conn, "me", at, at + 30, 1)
            work.done(conn, job, at)
        for day in ("2026-12-15", "2026-12-16"):  # the latter is thirty days ago
            budgets.spend(conn, "zoom", ADA, day, 9, NOW)
        open_channel(conn, calendar, "expired", expires=NOW - 1)
        open_channel(conn, calendar, "live")
        channels.begin(conn, "unconfirmed", calendar, "t", NOW - UNCONFIRMED - 1)
        channels.begin(conn, "waiting", calendar, "t", NOW - UNCONFIRMED + 1)
        return calendar

    calendar = await store.tx(prepare)
    await timer.channels.fill(store)
    assert await timer.sweeps.prune() == 7
    assert await timer.sweeps.prune() == 0
    left = await store.read(lambda conn: events.of_calendar(conn, calendar))
    assert [one.event.ref.event for one in left] == ["recent"]
    assert await store.read(lambda conn: conferences.of_calendar(conn, calendar)) == ["recent"]
    assert await store.read(lambda conn: conferences.history(conn, calendar, "old")) == []
    assert len(await store.read(lambda conn: conferences.history(conn, calendar, "recent"))) == 1
    assert await store.read(rung) == {("sync", "recent"): 1}
    assert await store.read(lambda conn: budgets.used(conn, "2026-12-15")) == {}
    assert await store.read(lambda conn: budgets.used(conn, "2026-12-16")) == {f"zoom {ADA}": 1}
    assert sorted(timer.channels.known) == ["live", "waiting"]
    assert sorted(await store.read(channels.doorbells)) == ["live", "waiting"]


async def test_pruning_takes_nothing_from_those_who_wait_for_something(store, timer):
    def prepare(conn):
        calendar = furnish(conn)
        events.save_listed(conn, calendar, event("leaving", ends=NOW - 99 * DAY), NOW)
        conferences.save(conn, calendar, "leaving", conference(name="leaving", state="leaving"), NOW)
        work.ring(conn, "reconcile", ["owed"], NOW - 99 * DAY)

    await store.tx(prepare)
    assert await timer.sweeps.prune() == 0
