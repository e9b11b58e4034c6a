"""Events of applications: written once, with their meeting where that is there in time, wherever we die."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from io import StringIO

import pytest
from rich.console import Console
from stored import NOW, at, furnish
from wishes import ADA, Died, Mailbox, Mortal, World

from connectors.errors import Rejected, Transient
from connectors.model import Draft, Guest
from daemon.reconcile import Reconcile
from daemon.report import reasons, status_of
from daemon.show import print_reasons
from daemon.sync import ring_owed
from daemon.worker import Worker
from store import api_channels, conferences, events, managed, profiles, tokens, work
from store.api_channels import ApiChannel
from store.db import InlineStore, open_file
from store.managed import Managed, Wish

APP = "app-1"
BEGIN = at(NOW)
DRAFT = Draft("Review", BEGIN, BEGIN + timedelta(hours=1), attendees=(Guest("bob@example.net"),))


class Stage:
    """One application with one event, in one calendar."""

    def __init__(self, store, world):
        self.store, self.world, self.mailbox = store, world, world.mailbox
        self.patience = 10.0

    async def begin(self):
        self.calendar = await self.store.tx(furnish)
        return self

    async def ask(self, profile_id="zoom", draft=DRAFT, **more):
        """Upsert, as the API does it."""

        def keep(conn):
            now = self.world.now()
            found = managed.find(conn, APP, self.calendar, "e1")
            name = found.name if found else managed.fresh_name()
            wish = Wish(draft, profile_id, **more, told=found.wish.told if found else ())
            managed.upsert(
                conn,
                Managed.wanted(name, APP, ADA, self.calendar, "e1", None, wish, now),
                draft.end.timestamp(),
                now,
            )
            kept = managed.find(conn, APP, self.calendar, "e1")
            work.ring(conn, "reconcile", [f"{self.calendar}/{kept.where}"], now)

        await self.store.tx(keep)

    async def delete(self):
        def keep(conn):
            found = managed.find(conn, APP, self.calendar, "e1")
            managed.delete(conn, found.name, self.world.now())
            work.ring(conn, "reconcile", [f"{self.calendar}/{found.where}"], self.world.now())

        await self.store.tx(keep)

    async def work(self, store=None):
        """Do all that is due, and what is due because of that."""
        store = store or self.store
        worker = Worker(
            store, {"reconcile": Reconcile(store, self.world, self.patience)}, self.world.now, "me"
        )
        for _ in range(8):
            await worker.run_once()

    async def later(self, seconds=3600.0):
        """Let waits and back-offs pass."""
        self.world.time += seconds
        await self.store.tx(lambda conn: work.release_all(conn, self.world.now()))
        await self.work()

    async def row(self):
        return await self.store.read(lambda conn: managed.find(conn, APP, self.calendar, "e1"))

    async def known(self):
        row = await self.row()
        return await self.store.read(lambda conn: conferences.get(conn, self.calendar, row.where))

    @property
    def event(self):
        [event] = self.mailbox.events.values()
        return event

    async def well(self, mails=None):
        """One event, one meeting, its link on the event, and nothing owed."""
        row, known = await self.row(), await self.known()
        assert (row.event, row.owed) == (self.event.ref.event, False)
        assert list(self.world.rooms.meetings) == [known.key]
        assert (known.state, known.written) == ("live", True)
        assert f"https://zoom.example/{known.key}" in self.event.description
        assert self.event.location == f"https://zoom.example/{known.key}"
        assert self.world.rooms.meetings[known.key].start == self.event.start
        assert self.mailbox.inserts == 1
        if mails is not None:
            assert self.mailbox.mails == mails


@pytest.fixture(params=["ours", "theirs"])
async def stage(request):
    """The ids of events are ours, as at Google, or theirs, as at Microsoft."""
    with closing(open_file(":memory:")) as conn:
        yield await Stage(InlineStore(conn), World(Mailbox(own_ids=request.param == "theirs"))).begin()


async def test_an_event_is_written_once_with_the_link_of_its_meeting(stage):
    await stage.ask()
    await stage.work()
    await stage.well(mails=1)


async def test_an_event_without_conferencing_is_written_and_has_none(stage):
    await stage.ask("")
    await stage.work()
    assert (stage.event.title, stage.event.description, stage.world.rooms.meetings) == ("Review", "", {})


async def test_what_the_calendar_makes_comes_with_the_same_write(stage):
    await stage.ask("integrated")
    await stage.work()
    known = await stage.known()
    assert stage.event.native.join_url == known.meeting.join_url
    assert (known.state, known.written, stage.mailbox.mails) == ("live", True, 1)


async def test_a_link_of_the_applications_own_stands_on_the_event(stage):
    await stage.ask("explicit", link="https://rooms.example/ada", link_name="Ada's room")
    await stage.work()
    assert stage.event.location == "https://rooms.example/ada"
    await stage.ask("explicit", link="https://rooms.example/two", link_name="Ada's room")
    await stage.work()
    assert stage.event.location == "https://rooms.example/two"
    assert stage.event.description.count("https://") == 1


@pytest.mark.parametrize("trouble", [Transient("down"), Rejected("no licence")])
async def test_the_event_is_written_although_its_meeting_cannot_be_made_and_gets_it_later(stage, trouble):
    stage.world.rooms.trouble = trouble
    await stage.ask()
    await stage.work()
    assert (stage.event.title, stage.event.description) == ("Review", "")
    stage.world.rooms.trouble = None
    await stage.later(30_000)
    await stage.well(mails=2)


async def test_an_event_does_not_wait_for_a_meeting_that_takes_for_ever(stage):
    stage.patience = 0.01
    stage.world.rooms.slow = True
    await stage.ask()
    await stage.work()
    assert (stage.event.title, stage.event.description) == ("Review", "")
    stage.world.rooms.slow = False
    await stage.later()
    await stage.well(mails=2)


async def test_the_same_wish_again_changes_nothing(stage):
    await stage.ask()
    await stage.work()
    before = stage.event
    await stage.ask()
    await stage.work()
    assert stage.event == before
    await stage.well(mails=1)


async def test_a_moved_event_takes_its_meeting_with_it(stage):
    await stage.ask()
    await stage.work()
    link = stage.event.location
    await stage.ask(
        draft=replace(DRAFT, start=BEGIN + timedelta(days=1), end=BEGIN + timedelta(days=1, hours=1))
    )
    await stage.work()
    assert (stage.event.location, stage.event.start) == (link, BEGIN + timedelta(days=1))
    await stage.well(mails=2)


async def test_none_takes_the_meeting_off_and_another_service_replaces_it_once(stage):
    await stage.ask()
    await stage.work()
    await stage.ask("meet")
    await stage.work()
    assert stage.event.native.service == "meet"
    assert (stage.world.rooms.meetings, stage.event.location) == ({}, "")
    await stage.ask("none")
    await stage.work()
    assert (stage.event.native, stage.event.mark, await stage.known()) == (None, None, None)


@pytest.mark.parametrize("again", [True, False])
async def test_a_meeting_that_people_took_off_comes_back_where_an_upsert_names_it_again(stage, again):
    await stage.ask()
    await stage.work()
    bare = replace(stage.event, description="", notes="", block=None, mark=None, location="")
    seen = stage.mailbox.keep(bare)

    def read(conn):
        events.save_read(conn, stage.calendar, seen, stage.world.now())
        work.ring(conn, "reconcile", [f"{stage.calendar}/{seen.ref.event}"], stage.world.now())

    await stage.store.tx(read)
    await stage.work()
    assert ((await stage.known()).state, stage.world.rooms.meetings) == ("declined", {})
    assert (await stage.row()).unmet == "somebody took the details off the event"
    await stage.ask(draft=replace(DRAFT, title="Other"), again=again)
    await stage.work()
    assert stage.event.title == "Other"
    if again:
        await stage.well()
    else:
        assert ((await stage.known()).state, stage.world.rooms.meetings) == ("declined", {})


async def test_a_deleted_event_takes_its_meeting_with_it_and_is_forgotten(stage):
    await stage.ask()
    await stage.work()
    await stage.delete()
    await stage.work()
    assert (stage.mailbox.events, stage.world.rooms.meetings, await stage.row()) == ({}, {}, None)


async def test_what_is_deleted_before_anybody_looked_never_comes_to_be(stage):
    await stage.ask()
    await stage.delete()
    await stage.work()
    assert (stage.mailbox.inserts, stage.world.rooms.meetings, await stage.row()) == (0, {}, None)


async def test_an_event_that_is_asked_for_again_while_it_goes_comes_back(stage):
    await stage.ask()
    await stage.work()
    await stage.delete()
    await stage.ask()
    await stage.work()
    await stage.well()


async def test_what_a_listing_tells_is_deleted_is_taken_in_without_any_meeting(stage):
    await stage.ask("none")
    await stage.work()
    name = stage.event.ref.event
    stage.mailbox.events.clear()

    def listed(conn):
        events.forget(conn, stage.calendar, name, stage.world.now())
        ring_owed(conn, stage.calendar, [name], stage.world)

    await stage.store.tx(listed)
    await stage.work()
    row = await stage.row()
    assert (row.event, row.life) == (None, 1)
    await stage.later()
    assert stage.mailbox.events == {}


async def test_what_people_delete_stays_deleted_until_it_is_asked_for_again(stage):
    await stage.ask()
    await stage.work()
    stage.mailbox.events.clear()
    row = await stage.row()
    await stage.store.tx(
        lambda conn: work.ring(conn, "reconcile", [f"{stage.calendar}/{row.event}"], stage.world.now())
    )
    await stage.store.tx(
        lambda conn: conn.execute("UPDATE events SET doubtful = 1")
    )  # as the calendar's news leave it
    await stage.work()
    assert (stage.mailbox.events, stage.world.rooms.meetings) == ({}, {})
    await stage.ask()
    await stage.work()
    assert (stage.event.title, stage.mailbox.inserts) == ("Review", 2)
    assert len(stage.world.rooms.meetings) == 1


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", range(1, 9))
async def test_a_death_at_any_commit_leaves_one_event_with_one_meeting(stage, step, after):
    await stage.ask()
    try:
        await stage.work(Mortal(stage.store, step, after=after))
    except* Died:
        pass
    await stage.later()
    await stage.later()
    await stage.well(mails=1)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", range(1, 9))
async def test_a_death_at_any_commit_of_a_deletion_leaves_nothing(stage, step, after):
    await stage.ask()
    try:
        await stage.work(Mortal(stage.store, step, after=after))
    except* Died:
        pass
    await stage.later(1)
    await stage.delete()
    try:
        await stage.work(Mortal(stage.store, step, after=after))
    except* Died:
        pass
    await stage.later()
    await stage.later()
    assert (stage.mailbox.events, stage.world.rooms.meetings, await stage.row()) == ({}, {}, None)


async def test_why_tells_what_the_application_asks_for_by_its_own_name_for_the_event(stage):
    async def why():
        base = stage.world.policy(None)
        (found,) = await stage.store.read(lambda conn: reasons(conn, base, "e1"))
        return found

    await stage.ask()
    waiting = await why()
    assert waiting["application"]["application"] == APP
    assert (waiting["application"]["asks"], waiting["application"]["followed"]) == ("zoom", False)
    assert (waiting["title"], waiting["owed"]) == ("Review", "record")
    await stage.work()
    done = await why()
    assert (done["application"]["followed"], done["owed"]) == (True, None)
    text = StringIO()
    print_reasons("e1", [done], Console(file=text, width=200))
    assert f"{APP} manages it as e1 and asks for zoom: the calendar has it." in text.getvalue()
    await stage.delete()
    assert (await why())["application"]["asks"] == "that it be deleted"


async def test_a_conference_that_is_never_to_be_is_not_on_its_way(stage):
    begun = at(stage.world.now() - 600)
    await stage.ask(draft=replace(DRAFT, start=begun, end=begun + timedelta(hours=1)))
    assert (await stage.row()).unmet is None
    await stage.work()
    row = await stage.row()
    assert (row.unmet, stage.world.rooms.meetings) == (
        "it has begun, and applications get no meeting for what lies in the past",
        {},
    )
    await stage.ask()
    assert (await stage.row()).unmet is None
    await stage.work()
    assert (await stage.row()).unmet is None
    await stage.well()


async def test_the_status_counts_what_applications_ask_for(stage):
    async def counted():
        (found,) = (await stage.store.read(status_of))["applications"]
        return {
            name: found[name] for name in ("application", "accounts", "events", "owed", "without_conference")
        }

    wanted = {"application": APP, "accounts": 1, "events": 1, "owed": 1, "without_conference": 0}
    await stage.ask()
    assert await counted() == wanted
    await stage.work()
    assert await counted() == {**wanted, "owed": 0}
    await stage.ask("none")
    await stage.work()
    assert await counted() == {**wanted, "owed": 0}
    await stage.ask("pro_0123456789abcdef")
    await stage.work()
    assert await counted() == {**wanted, "owed": 0, "without_conference": 1}


async def test_applications_hear_of_what_people_and_other_applications_do_but_not_of_their_own(stage):
    now = stage.world.now()

    def listen(conn):
        [profile] = [one.id for one in profiles.everyone(conn)]
        for client in (APP, "app-2"):
            tokens.grant(conn, client, ADA, profile, now)
            api_channels.create(
                conn, ApiChannel(f"chn_{client}", client, ADA, f"https://{client}.example/", (), False), now
            )

    def heard(conn):
        told = {row["application"] for row in conn.execute("SELECT application FROM deliveries")}
        conn.execute("DELETE FROM deliveries")
        return told

    await stage.store.tx(listen)
    await stage.ask()
    await stage.work()
    assert await stage.store.tx(heard) == {"app-2"}
    stage.mailbox.keep(replace(stage.event, title="Moved by Ada"))
    calendar, name = stage.calendar, stage.event.ref.event

    def doubt(conn):
        events.doubt(conn, calendar, name)
        work.ring(conn, "reconcile", [f"{calendar}/{name}"], stage.world.now())

    await stage.store.tx(doubt)
    await stage.work()
    assert await stage.store.tx(heard) == {APP, "app-2"}
    await stage.delete()
    await stage.work()
    assert await stage.store.tx(heard) == {"app-2"}


async def test_an_application_hears_that_its_conference_fails_and_then_that_it_is_there(stage):
    both = [{"type": "conferencing_assigned"}, {"type": "conferencing_failing"}]
    before = [{"before": "event_start", "offset": {"minutes": 5}}]
    wish = {"type": "webhook", "uri": "https://app.example/told", "interactions": both, "transitions": before}

    def heard(conn):
        told = [
            json.loads(row["body"])["notification"] for row in conn.execute("SELECT body FROM deliveries")
        ]
        conn.execute("DELETE FROM deliveries")
        due = [row["due_at"] for row in conn.execute("SELECT due_at FROM transitions")]
        return [one["type"] for each in told for one in each["interactions"]], due

    def allow(conn):
        [profile] = [one.id for one in profiles.everyone(conn)]
        tokens.grant(conn, APP, ADA, profile, NOW)

    await stage.store.tx(allow)
    stage.world.rooms.trouble = Transient("down")
    await stage.ask(subscriptions=(wish,))
    await stage.work()
    assert await stage.store.tx(heard) == (["conferencing_failing"], [NOW - 300])
    stage.world.rooms.trouble = None
    await stage.later(30_000)
    assert await stage.store.tx(heard) == (["conferencing_assigned"], [NOW - 300])
    later = replace(DRAFT, start=BEGIN + timedelta(days=1), end=BEGIN + timedelta(days=1, hours=1))
    await stage.ask(draft=later, subscriptions=(wish,))
    await stage.work()
    assert await stage.store.tx(heard) == ([], [NOW + 86_400 - 300])
