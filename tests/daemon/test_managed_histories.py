"""Random histories of an application's event: wished for, changed, deleted, moved by people, with deaths anywhere."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from stored import at
from test_managed import BEGIN, DRAFT, Stage
from wishes import Died, Mailbox, Mortal, World

from connectors.errors import Transient
from store import events, work
from store.db import InlineStore, open_file

BATCH, STEPS = 40, 14
SERVICES = ("", "zoom", "meet", "none", "explicit")


class Fate:
    """Ends the process, or loses the answer, at one call in five while it is on."""

    def __init__(self, dice):
        self.dice, self.on = dice, False

    def __call__(self):
        if self.on and self.dice.random() < 0.2:
            raise self.dice.choice([Died(), Transient("the answer is lost")])


class Life:
    """One history."""

    def __init__(self, dice, stage, fate):
        self.dice, self.stage, self.fate, self.trace = dice, stage, fate, []
        self.wanted = None  # what the application asked for last; None: nothing, or it was deleted
        self.by_people = False  # the event is as people left it

    async def step(self):
        doing = self.dice.choice(
            [self.ask, self.ask, self.delete, self.moved, self.deleted, self.trouble, self.work]
        )
        self.trace.append(doing.__name__)
        await doing()
        if self.dice.random() < 0.7:
            await self.work()

    async def ask(self):
        start = BEGIN + timedelta(days=self.dice.randrange(1, 9))
        draft = replace(
            DRAFT, title=self.dice.choice(["Review", "Plan"]), start=start, end=start + timedelta(hours=1)
        )
        service = self.dice.choice(SERVICES)
        link = (
            {"link": f"https://own.example/{self.dice.randrange(3)}", "link_name": "Own"}
            if service == "explicit"
            else {}
        )
        await self.stage.ask(service, draft, **link)
        self.wanted, self.by_people = (service, draft, link.get("link", "")), False
        self.trace.append(self.wanted)

    async def delete(self):
        if await self.stage.row() is not None:
            await self.stage.delete()
        self.wanted = None

    async def moved(self):
        for event in list(self.stage.mailbox.events.values()):
            moved = replace(event, start=event.start + timedelta(hours=1), end=event.end + timedelta(hours=1))
            self.stage.mailbox.keep(replace(moved, ends=moved.end))
        self.by_people = True
        await self.hear()

    async def deleted(self):
        row = await self.stage.row()
        if row is not None and not row.owed and self.stage.mailbox.events:
            self.stage.mailbox.events.clear()
            self.wanted = None
            await self.hear()

    async def trouble(self):
        rooms = self.stage.world.rooms
        rooms.trouble = None if rooms.trouble else Transient("down")

    async def hear(self):
        """Have the calendar's news arrive: every event is to be looked at, and read first."""
        calendar, now = self.stage.calendar, self.stage.world.now()

        def ring(conn):
            known = {one.event.ref.event for one in events.of_calendar(conn, calendar)}
            for name in known:
                events.doubt(conn, calendar, name)
            there = set(self.stage.mailbox.events)
            work.ring(conn, "reconcile", [f"{calendar}/{name}" for name in sorted(known | there)], now)

        await self.stage.store.tx(ring)

    async def work(self):
        mortal = Mortal(self.stage.store, self.dice.randrange(1, 12), after=self.dice.random() < 0.5)
        self.fate.on = True
        try:
            await self.stage.work(mortal)
        except* Died:
            self.trace.append("died")
        finally:
            self.fate.on = False
        self.stage.world.time += 60
        await self.stage.store.tx(lambda conn: work.release_all(conn, self.stage.world.now()))

    async def rest(self):
        self.stage.world.rooms.trouble = None
        for _ in range(4):
            await self.hear()
            await self.stage.later(3600 * 7)

    async def judge(self):
        """The calendar has what was asked for last, with exactly the meeting that it asked for."""
        stage = self.stage
        meetings, there = stage.world.rooms.meetings, stage.mailbox.events
        if self.wanted is None:
            assert (there, meetings) == ({}, {})
            return
        service, draft, link = self.wanted
        event, row, known = stage.event, await stage.row(), await stage.known()
        assert not row.owed
        assert event.title == draft.title
        assert self.by_people or event.start == draft.start
        urls = {"zoom": f"https://zoom.example/{known.key if known else ''}", "explicit": link}
        assert event.location == urls.get(service, "")
        assert (event.native is not None) == (service == "meet")
        assert list(meetings) == ([known.key] if service == "zoom" else [])
        if service == "zoom":
            assert meetings[known.key].start == event.start
        assert event.description.count("Online meeting") == (service in urls)
        mails = stage.mailbox.mails
        await self.hear()
        await stage.work()
        assert stage.mailbox.mails == mails, "it does not come to rest"


@pytest.mark.parametrize("own_ids", [False, True], ids=["ours", "theirs"])
@pytest.mark.parametrize("first", range(0, 120, BATCH))
async def test_every_history_ends_as_the_application_wants_it(first, own_ids):
    for seed in range(first, first + BATCH):
        dice = Random(seed)
        fate = Fate(dice)
        with closing(open_file(":memory:")) as conn:
            stage = await Stage(InlineStore(conn), World(Mailbox(own_ids=own_ids, fate=fate))).begin()
            life = Life(dice, stage, fate)
            try:
                for _ in range(STEPS):
                    await life.step()
                await life.rest()
                await life.judge()
            except BaseException as error:
                history = conn.execute("SELECT event, what, detail FROM history ORDER BY id").fetchall()
                told = "\n".join(str(tuple(one)) for one in history[-30:])
                raise AssertionError(
                    f"seed {seed}: {error!r}\n{life.trace}\n{told}\n{stage.mailbox.events}"
                ) from error


def test_the_clock_of_histories_ends_before_their_events_do():
    assert at(World(Mailbox()).now()) + timedelta(days=19) < BEGIN
