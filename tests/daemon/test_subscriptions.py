"""Subscriptions as Microsoft has them: renewed in place, warned about, and taken away; and lists of occurrences."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace

import pytest
from stored import NOW, at, conference, event, furnish, open_channel

from connectors.errors import Rejected, Transient, Unwatchable
from connectors.model import Changes, Gone, Subscription
from daemon.rules import Flags
from daemon.subscriptions import Lifecycle, Watch
from daemon.sync import Sync
from daemon.terms import Policy
from daemon.worker import Lease
from store import channels, conferences, events, work
from webhooks.bell import Channels

WEEK = 7 * 86_400.0
HOOKS = {"google": "https://h.example/hooks/{channel}"}


@dataclass
class Provider:
    """A calendar that renews what it has, or refuses, as the test says."""

    refuse: Exception | None = None
    listing: Changes | None = None
    asked: list = field(default_factory=list)

    async def subscribe(self, calendar, channel, token, address):
        self.asked.append(("subscribe", channel, token, address))
        return self._granted(channel)

    async def renew(self, calendar, old, channel, token, address):
        self.asked.append(("renew", old.id, address))
        return self._granted(old.id)

    async def changes(self, calendar, cursor):
        return self.listing

    def _granted(self, channel):
        if self.refuse is not None:
            raise self.refuse
        return Subscription(channel, f"res {channel}", at(NOW + WEEK))


@dataclass
class Outside:
    provider: Provider
    channels: int = 0

    def now(self):
        return NOW

    def fresh_channel(self):
        self.channels += 1
        return f"fresh {self.channels}", "secret"

    def calendar(self, profile):
        return self.provider

    def policy(self, calendar):
        return Policy(now=at(NOW), flags=Flags(), services={})


class Stage:
    """One calendar in a store, and the loops that look after it."""

    def __init__(self, store):
        self.store, self.provider, self.channels = store, Provider(), Channels()
        self.outside = Outside(self.provider)
        self.calendar = ""

    async def furnished(self, **channel):
        self.calendar = await self.store.tx(furnish)
        if channel:
            await self.store.tx(lambda conn: open_channel(conn, self.calendar, **channel))
        await self.channels.fill(self.store)
        return self

    async def does(self, kind, key=""):
        key = key or self.calendar
        await self.store.tx(lambda conn: work.ring(conn, kind, [key], NOW))
        jobs = await self.store.tx(lambda conn: work.claim(conn, "me", NOW, NOW + 30, 99))
        (job,) = [one for one in jobs if one.kind == kind]
        await self._handler(kind)(Lease(job, self.store, self.outside.now, 30.0))

    def _handler(self, kind):
        dice = random.Random(1)
        return {
            "watch": Watch(self.store, self.outside, self.channels, HOOKS, 86_400.0, 0.1, dice),
            "lifecycle": Lifecycle(self.store, self.outside, self.channels),
            "sync": Sync(self.store, self.outside, 600.0, 0.1, dice),
        }[kind]

    async def opened(self):
        rows = await self.store.read(lambda conn: channels.of_calendar(conn, self.calendar))
        return {row.id: row for row in rows}

    async def due(self):
        rows = await self.store.read(lambda conn: conn.execute("SELECT kind, key FROM work").fetchall())
        return {(row["kind"], row["key"]) for row in rows}


@pytest.fixture
def stage(store):
    return Stage(store)


async def test_a_subscription_that_lasts_longer_keeps_its_name_and_its_secret(stage):
    await stage.furnished(name="old", renew_at=NOW - 1)
    await stage.does("watch")
    (old,) = (await stage.opened()).values()
    assert (old.id, old.resource, old.expires) == ("old", "res old", NOW + WEEK)
    assert NOW + WEEK - 1.1 * 86_400 <= old.renew_at <= NOW + WEEK - 86_400
    assert set(stage.channels.known) == {"old"}
    assert stage.provider.asked == [("renew", "old", "https://h.example/hooks/fresh 1")]


async def test_nothing_is_asked_while_a_subscription_is_good(stage):
    await stage.furnished(name="old")
    await stage.does("watch")
    assert stage.provider.asked == []


async def test_a_warning_has_the_subscription_renewed_before_its_time(stage):
    await stage.furnished(name="old")
    await stage.does("lifecycle", f"reauthorizationRequired {stage.calendar} old")
    assert await stage.due() == {("watch", stage.calendar), ("sync", stage.calendar)}
    await stage.does("watch")
    assert stage.provider.asked == [("renew", "old", "https://h.example/hooks/fresh 1")]


async def test_a_subscription_that_was_taken_away_is_replaced(stage):
    await stage.furnished(name="old")
    await stage.does("lifecycle", f"subscriptionRemoved {stage.calendar} old")
    assert (await stage.opened(), stage.channels.known) == ({}, {})
    await stage.does("watch")
    assert stage.provider.asked == [("subscribe", "fresh 1", "secret", "https://h.example/hooks/fresh 1")]
    assert set(await stage.opened()) == set(stage.channels.known) == {"fresh 1"}


async def test_a_warning_about_a_subscription_that_is_no_more_changes_no_other(stage):
    await stage.furnished(name="new")
    await stage.does("lifecycle", f"subscriptionRemoved {stage.calendar} old")
    await stage.does("watch")
    assert set(await stage.opened()) == {"new"}
    assert stage.provider.asked == []


async def test_a_calendar_without_pushes_is_asked_once(stage):
    await stage.furnished()
    stage.provider.refuse = Unwatchable()
    await stage.does("watch")
    await stage.does("watch")
    assert (len(stage.provider.asked), await stage.opened(), stage.channels.known) == (1, {}, {})


@pytest.mark.parametrize(("refusal", "kept"), [(Rejected(), set()), (Transient(), {"fresh 1"})])
async def test_a_channel_is_kept_only_where_it_may_have_been_opened(stage, refusal, kept):
    await stage.furnished()
    stage.provider.refuse = refusal
    with pytest.raises(type(refusal)):
        await stage.does("watch")
    assert set(await stage.opened()) == set(stage.channels.known) == kept


async def test_occurrences_that_a_series_has_no_more_are_gone(stage):
    await stage.furnished()
    master = event("m", recurrence=("RRULE:FREQ=DAILY",), ends=None)

    def fill(conn):
        for one in (master, event("m_1", series="m"), event("m_2", series="m"), event("x")):
            events.save_listed(conn, stage.calendar, one, NOW - 9)
        conferences.save(conn, stage.calendar, "m_2", conference("hd2", "m_2"), NOW)

    await stage.store.tx(fill)
    shown = replace(master, title="Other")
    stage.provider.listing = Changes((shown,), (), "next", occurrences={"m": ("m_1",)})
    await stage.does("sync")
    left = await stage.store.read(lambda conn: events.of_calendar(conn, stage.calendar))
    assert [one.event.ref.event for one in left] == ["m", "m_1", "x"]
    assert ("reconcile", f"{stage.calendar}/m_2") in await stage.due()


async def test_occurrences_that_are_off_are_kept_with_their_series(stage):
    await stage.furnished()
    master = event("m", recurrence=("RRULE:FREQ=DAILY",), ends=None)

    async def off(changes):
        stage.provider.listing = changes
        await stage.does("sync")
        rows = await stage.store.read(lambda conn: conn.execute("SELECT event FROM cancelled").fetchall())
        return [row["event"] for row in rows]

    gone = Gone("m_20270122T080000Z", "m")
    assert await off(Changes((master,), (gone,), "next")) == [gone.event]
    told = {"occurrences": {"m": ()}, "cancelled": {"m": ("20270123",)}}
    assert await off(Changes((), (), "next", **told)) == ["m_20270123"]
    assert await off(Changes((), (Gone("m"),), "next")) == []


async def test_a_listing_says_nothing_about_what_begins_after_its_end(stage):
    await stage.furnished()
    far = event("far", ends=NOW + 400 * 86_400)

    def fill(conn):
        for one in (event("near"), far):
            events.save_listed(conn, stage.calendar, one, NOW - 9)

    await stage.store.tx(fill)
    since, until = at(NOW - 86_400), at(NOW + 365 * 86_400)
    stage.provider.listing = Changes((), (), "next", complete=True, since=since, until=until)
    await stage.does("sync")
    left = await stage.store.read(lambda conn: events.of_calendar(conn, stage.calendar))
    assert [one.event.ref.event for one in left] == ["far"]
