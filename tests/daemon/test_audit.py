"""What a comparison with the provider's list finds, and what it does about it."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

import pytest
from ringing import rung
from stored import ADA, NOW, at, conference, event, furnish

from connectors.errors import NotFound, Rejected, Transient
from connectors.model import Found, Meeting
from daemon.audit import LOOK, MOST, NIGHT, PAUSE, Audit, ring_now
from daemon.orphans import FEW
from daemon.sweeps import DAY, SPREAD, Sweeps
from daemon.worker import Worker
from store import audits, conferences, events, linked, minted, profiles, work
from store.linked import Credential
from webhooks.bell import Channels

HOUR = 3600.0
WORK = f"zoom/{ADA}"
KEY, OTHER = "hdaaaaaaaaaaaaaaaa", "hdbbbbbbbbbbbbbbbb"


@dataclass
class Zoom:
    """A provider: what it lists, what can be read, and what it was asked for."""

    time: float = NOW - 30 * HOUR
    listed: list[Found] = field(default_factory=list)
    meetings: dict[str, Meeting] = field(default_factory=dict)
    gets: list[str] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    own: list[object] = field(default_factory=list)
    trouble: Exception | None = None
    kept: set[str] = field(default_factory=set)  # meetings that it does not let go
    asked_as: set[str] = field(default_factory=set)  # calendar profiles on whose behalf it was asked
    meanwhile: Callable[[], Awaitable[object]] | None = None  # happens while the first meeting is read

    def now(self):
        return self.time

    def meetings_(self, service, profile, linked=None):
        self.own.append(linked)
        self.asked_as.add(profile)
        return self

    async def ours(self, host):
        return [one for one in self.listed if one.host in (host, "")]

    async def get(self, meeting, where):
        self.gets.append(meeting.id)
        if self.meanwhile:
            meanwhile, self.meanwhile = self.meanwhile, None
            await meanwhile()
        if self.trouble:
            error, self.trouble = self.trouble, None
            raise error
        if meeting.id not in self.meetings:
            raise NotFound("gone")
        return self.meetings[meeting.id]

    async def cancel(self, key, meeting, request, tried):
        if meeting.id in self.kept:
            raise Rejected("it is in use", reason="3000")
        self.cancelled.append(meeting.id)


class Outside:
    def __init__(self, zoom):
        self.now = zoom.now
        self.meetings = zoom.meetings_


def made(number, **changes):
    url = f"https://zoom.example/{number}"
    return replace(Meeting("zoom", "Zoom", str(number), url, host=ADA, passcode="p"), **changes)


def live(conn, number, key="", **changes):
    """Put an event with a live meeting into the store."""
    calendar = furnish(conn)
    name = f"e{number:03}"
    key = key or f"hd{number:016}"
    events.save_read(conn, calendar, event(name, ends=NOW), NOW - 40 * HOUR)
    known = conference(key, name, meeting=made(number), written=True, **changes)
    conferences.save(conn, calendar, name, known, NOW - 40 * HOUR)
    return f"{calendar}/{name}"


def ended(conn, key, asked, gone):
    """Have a key of ours whose meeting was taken away."""
    known = conference(key, tried=at(asked), meeting=made(9))
    minted.keep(conn, known, asked, fresh=True)
    minted.end(conn, key, gone)


@pytest.fixture
def zoom():
    return Zoom()


@pytest.fixture
def audit(store, zoom):
    """Compare at once, as `huddled audit` does, in all its looks; return what was found."""

    async def once(*, repair=False, word=False, services=("zoom",)):
        handler = Audit(store, Outside(zoom), repair)
        worker = Worker(store, {"audit": handler}, zoom.now, "me")
        await store.tx(lambda conn: ring_now(conn, services, zoom.time, repair=word))
        while await worker.run_once():
            zoom.time += PAUSE
        (found,) = await store.read(audits.everyone)
        return found.tally

    return once


async def rings(store):
    return {key for kind, key in await store.read(rung) if kind == "check"}


async def test_what_is_as_it_should_be_costs_one_list(store, zoom, audit):
    await store.tx(lambda conn: [live(conn, number) for number in (1, 2)])
    zoom.listed = [Found(f"hd{n:016}", str(n), ADA, None, made(n).join_url) for n in (1, 2)]
    tally = await audit(repair=True)
    assert (tally.listed, tally.sound, tally.dead, tally.orphans) == (2, 2, (), ())
    assert zoom.gets == []


@pytest.mark.parametrize("repair", [False, True])
async def test_a_meeting_that_is_gone_is_told_and_in_repair_mode_looked_at(store, zoom, audit, repair):
    name = await store.tx(lambda conn: live(conn, 1))
    tally = await audit(repair=repair)
    assert (tally.dead, tally.mended) == ((name,), int(repair))
    assert await rings(store) == ({name} if repair else set())


@pytest.mark.parametrize("change", [{"join_url": "https://zoom.example/1?pwd=new"}, {"passcode": "new"}])
async def test_another_link_or_passcode_is_told_and_looked_at(store, zoom, audit, change):
    name = await store.tx(lambda conn: live(conn, 1))
    zoom.meetings["1"] = made(1, **change)
    tally = await audit(repair=True)
    assert (tally.dead, tally.changed) == ((), (name,))
    assert await rings(store) == {name}


async def test_a_link_that_the_list_shows_otherwise_is_read(store, zoom, audit):
    await store.tx(lambda conn: live(conn, 1))
    zoom.listed = [Found("hd0000000000000001", "1", ADA, None, "https://zoom.example/1?pwd=new")]
    zoom.meetings["1"] = made(1)
    tally = await audit(repair=True)
    assert (tally.sound, zoom.gets) == (1, ["1"])


@pytest.mark.parametrize("over", [True, False])
async def test_events_that_are_over_and_calendars_left_alone_are_not_looked_at(store, zoom, audit, over):
    def prepare(conn):
        live(conn, 1)
        if not over:
            conn.execute("UPDATE calendars SET watched = 0")

    await store.tx(prepare)
    zoom.time = NOW + 1 if over else zoom.time
    await audit(repair=True)
    assert zoom.gets == []


@pytest.mark.parametrize("repair", [False, True])
async def test_an_orphan_is_told_and_in_repair_mode_removed(store, zoom, audit, repair):
    asked = zoom.time - 20 * HOUR
    await store.tx(lambda conn: ended(conn, KEY, asked, zoom.time - 10 * HOUR))
    zoom.listed = [
        Found(KEY, "1", ADA, at(asked + 5)),
        Found(OTHER, "2", ADA, at(asked + 5)),  # of another huddled on the same account
        Found(KEY, "3", ADA, at(asked + 5 * HOUR)),  # copied by a person, our note with it
    ]
    tally = await audit(repair=repair)
    assert (tally.listed, tally.strange, tally.orphans) == (3, 2, ("1",))
    assert zoom.cancelled == (["1"] if repair else [])
    assert tally.removed == int(repair)


async def test_the_operators_word_repairs_once(store, zoom, audit):
    name = await store.tx(lambda conn: live(conn, 1))
    assert (await audit(word=True)).mended == 1
    await store.tx(lambda conn: work.take_off(conn, "check", name))
    assert (await audit()).mended == 0


async def test_where_nearly_all_meetings_are_gone_nothing_is_made_anew_without_the_operators_word(
    store, zoom, audit
):
    await store.tx(lambda conn: [live(conn, number) for number in range(FEW + 1)])
    tally = await audit(repair=True)
    assert (len(tally.dead), tally.mended) == (FEW + 1, 0)
    assert await rings(store) == set()
    assert (await audit(word=True)).mended == FEW + 1


async def test_many_meetings_are_read_a_few_at_a_time_and_the_rest_another_night(store, zoom, audit):
    many = NIGHT + LOOK
    await store.tx(lambda conn: [live(conn, number) for number in range(many)])
    zoom.meetings = {str(number): made(number) for number in range(many)}
    begun = zoom.time
    assert (await audit()).sound == NIGHT
    assert zoom.time - begun >= (NIGHT / LOOK - 1) * PAUSE
    await audit()
    assert set(zoom.gets) == set(zoom.meetings)
    assert zoom.gets[NIGHT : NIGHT + LOOK] == [str(number) for number in range(NIGHT, many)]


async def test_a_meeting_that_cannot_be_read_does_not_stop_the_rest(store, zoom, audit):
    await store.tx(lambda conn: [live(conn, number) for number in (1, 2)])
    zoom.meetings = {"1": made(1), "2": made(2)}
    zoom.trouble = Transient("busy", retry_after=1)
    tally = await audit()
    assert (zoom.gets, tally.sound, tally.todo) == (["1", "2"], 1, ())
    assert tally.ended


async def test_a_meeting_that_became_a_webinar_costs_the_comparison_no_time(store, zoom, audit):
    await store.tx(lambda conn: [live(conn, number) for number in (1, 2)])
    zoom.meetings = {"1": made(1), "2": made(2)}
    zoom.trouble = Rejected("the meeting was converted to a webinar", reason="3000")
    begun = zoom.time
    tally = await audit()
    assert (zoom.gets, tally.sound, tally.dead, tally.changed) == (["1", "2"], 1, (), ())
    assert zoom.time - begun <= PAUSE
    assert await store.read(lambda conn: conn.execute("SELECT 1 FROM work WHERE error > ''").fetchall()) == []


async def test_a_linked_account_is_compared_with_its_own_credential(store, zoom, audit):
    credential = Credential("cre_1", "zoom", "client", "person", b"secret", "", NOW, None)

    def prepare(conn):
        profile, _ = linked.link(conn, ADA, "Ada", credential, NOW)
        return profile, live(conn, 1, profile=profile)

    profile, name = await store.tx(prepare)
    tally = await audit(repair=True)
    assert tally.dead == (name,)
    assert {one.profile for one in zoom.own} == {profile}
    assert [one.key for one in await store.read(audits.everyone)] == ["zoom/cre_1"]


async def test_an_orphan_that_the_provider_keeps_does_not_stop_the_rest(store, zoom, audit):
    asked = zoom.time - 20 * HOUR
    await store.tx(
        lambda conn: [live(conn, 1), *(ended(conn, key, asked, asked + 60) for key in (KEY, OTHER))]
    )
    zoom.meetings = {"1": made(1)}
    zoom.listed = [Found(key, number, ADA, at(asked)) for key, number in ((KEY, "8"), (OTHER, "9"))]
    zoom.kept = {"8"}
    tally = await audit(repair=True)
    assert (tally.orphans, tally.removed, zoom.cancelled, tally.sound) == (("8", "9"), 1, ["9"], 1)
    assert tally.ended


async def test_what_was_left_when_an_account_was_unlinked_is_not_ours_to_remove(store, zoom, audit):
    asked = zoom.time - 20 * HOUR

    def prepare(conn):
        minted.keep(conn, conference(KEY, tried=at(asked), meeting=made(1)), asked, fresh=True)

    await store.tx(prepare)
    zoom.listed = [Found(KEY, "1", ADA, at(asked))]
    tally = await audit(repair=True)
    assert (tally.strange, zoom.cancelled) == (1, [])


async def test_a_key_that_came_with_an_event_is_not_taken_for_our_own(store):
    def prepare(conn):
        minted.keep(conn, conference(KEY, tried=at(NOW)), NOW, fresh=False)
        return minted.get(conn, KEY)

    assert await store.tx(prepare) is None


async def test_a_key_that_is_taken_up_again_has_not_ended(store):
    def prepare(conn):
        ended(conn, KEY, NOW, NOW + 1)
        minted.keep(conn, conference(KEY, tried=at(NOW - 9)), NOW + 2, fresh=False)
        return minted.get(conn, KEY)

    assert await store.tx(prepare) == minted.Minted(asked=NOW, ended=None)


async def test_keys_are_forgotten_long_after_their_meetings(store):
    def prepare(conn):
        live(conn, 1, KEY)
        for key in (KEY, OTHER):
            minted.keep(conn, conference(key), NOW, fresh=True)
        ended(conn, "hdcccccccccccccccc", NOW, NOW)
        early = minted.prune(conn, NOW + minted.KEPT, NOW)
        return early, minted.prune(conn, NOW + minted.KEPT + 1, NOW + 1), minted.get(conn, KEY)

    early, late, kept = await store.tx(prepare)
    assert (early, late) == (0, 2)
    assert kept is not None


async def test_every_night_each_host_is_compared_once_within_an_hour(store, zoom):
    dice = random.Random(7)
    sweeps = Sweeps(store, zoom.now, Channels(), lambda: None, 600, 0.1, 30, dice, ("zoom", "static"))
    await store.tx(lambda conn: live(conn, 1))
    assert await sweeps.audits() == 0  # not before its first night
    zoom.time += DAY
    assert await sweeps.audits() == 1
    assert await sweeps.audits() == 0
    assert zoom.time <= await store.read(work.next_due) <= zoom.time + SPREAD
    zoom.time += DAY
    sweeps.audited = ()
    assert await sweeps.audits() == 0


async def test_one_comparison_removes_no_more_than_some(store, zoom, audit):
    asked, keys = zoom.time - 20 * HOUR, [f"hd{number:016}" for number in range(MOST + 1)]
    await store.tx(lambda conn: [ended(conn, key, asked, asked + 60) for key in keys])
    zoom.listed = [Found(key, key[2:], "", at(asked)) for key in keys]
    await store.tx(lambda conn: live(conn, 99, "hd9999999999999999"))
    tally = await audit(repair=True)
    assert (tally.removed, len(zoom.cancelled), len(tally.orphans)) == (MOST, MOST, MOST)


async def test_a_meeting_that_is_being_changed_by_then_is_not_judged(store, zoom, audit):
    first, second = await store.tx(lambda conn: [live(conn, number) for number in (1, 2)])

    async def change():
        calendar, _, name = second.partition("/")
        known = await store.read(lambda conn: conferences.get(conn, calendar, name))
        changing = replace(known, state="changing")
        await store.tx(lambda conn: conferences.save(conn, calendar, name, changing, zoom.time))

    zoom.meanwhile = change
    assert (await audit()).dead == (first,)
    assert zoom.gets == ["1"]


async def test_a_comparison_that_was_broken_off_long_ago_begins_anew(store, zoom):
    def prepare(conn):
        live(conn, 1)
        ring_now(conn, ("zoom",), zoom.time, repair=False)
        audits.save(conn, WORK, audits.Tally(begun=zoom.time - 2 * DAY, todo=("gone/e9",), sound=7))

    await store.tx(prepare)
    zoom.meetings["1"] = made(1)
    await Worker(store, {"audit": Audit(store, Outside(zoom), False)}, zoom.now, "me").run_once()
    (found,) = await store.read(audits.everyone)
    assert (found.tally.begun, found.tally.sound, zoom.gets) == (zoom.time, 1, ["1"])


async def test_no_account_that_does_not_work_is_asked_for(store, zoom, audit):
    def prepare(conn):
        live(conn, 1)
        furnish(conn, "bob@example.com", "bob@example.com")
        for one in profiles.everyone(conn):
            if one.address == ADA:
                profiles.report(conn, one.id, "revoked", NOW)

    await store.tx(prepare)
    await audit()
    assert profiles.profile_id("google", "bob@example.com") in zoom.asked_as


async def test_the_operators_word_does_not_wait_for_what_failed_before(store, zoom):
    def prepare(conn):
        live(conn, 1)
        ring_now(conn, ("zoom",), zoom.time, repair=False)
        conn.execute("UPDATE work SET attempts = 1, error = 'busy', due_at = ?", (zoom.time + HOUR,))
        ring_now(conn, ("zoom",), zoom.time, repair=False)
        return work.next_due(conn)

    assert await store.tx(prepare) <= zoom.time
