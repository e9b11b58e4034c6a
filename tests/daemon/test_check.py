"""What becomes of a meeting that somebody deleted or changed at its provider, once it is looked at."""

from __future__ import annotations

from dataclasses import replace

import pytest
from stored import NOW, at, conference, event, furnish

from connectors.errors import NotFound, Rejected, Transient
from connectors.model import Meeting
from daemon.check import Check, lost_how
from daemon.plan import LONG_AGO
from daemon.policy import judge, request
from daemon.rules import Flags
from daemon.terms import Policy, Service
from daemon.worker import Worker
from store import conferences, events, work

MEETING = Meeting("zoom", "Zoom", "92674392836", "https://zoom.example/1?pwd=old", passcode="old")


class Outside:
    """A provider with one meeting, and nothing else."""

    def __init__(self):
        self.shown = MEETING
        self.asked = 0
        self.before_answer = None

    def now(self):
        return NOW - 86_400

    def policy(self, calendar):
        return Policy(now=at(self.now()), flags=Flags(services=("zoom",)), services={"zoom": Service("zoom")})

    def meetings(self, service, profile, linked=None):
        return self

    async def get(self, meeting, where):
        self.asked += 1
        if self.before_answer:
            await self.before_answer()
        if isinstance(self.shown, Exception):
            raise self.shown
        return self.shown


@pytest.fixture
def outside():
    return Outside()


@pytest.fixture
def look(store, outside):
    """Put an event with its live meeting into the store; return what looks at it once and says what is known."""
    worker = Worker(store, {"check": Check(store, outside)}, outside.now, "me")

    async def once(seen=None, **changes):
        seen = seen or event(title="Review @zoom")

        def put(conn):
            calendar = furnish(conn)
            events.save_listed(conn, calendar, seen, NOW)
            policy = outside.policy(None)
            verdict = judge(seen, None, policy)
            asked = request(seen, verdict, policy) if hasattr(verdict, "service") else conference().request
            whole = {"source": "title:@zoom", "written": True, "meeting": MEETING, "request": asked}
            conferences.save(conn, calendar, "e1", conference("hd1", "e1", **{**whole, **changes}), NOW)
            work.ring(conn, "check", [f"{calendar}/e1"], outside.now())
            return calendar

        calendar = await store.tx(put)
        before = store.commits
        await worker.run_once()
        once.commits = store.commits - before
        return await store.read(lambda conn: _known(conn, calendar))

    return once


def _known(conn, calendar):
    rung = {row["kind"]: row["due_at"] for row in conn.execute("SELECT kind, due_at FROM work")}
    what = [fact.what for fact in conferences.history(conn, calendar, "e1")]
    return conferences.get(conn, calendar, "e1"), rung, what


async def test_a_meeting_that_stands_as_it_was_is_left_in_peace(look, outside):
    known, rung, history = await look()
    assert (known.state, known.meeting, known.written) == ("live", MEETING, True)
    assert (rung, history, outside.asked) == ({}, [], 1)


async def test_phone_numbers_that_change_are_no_reason_to_write_to_an_event(look, outside):
    outside.shown = replace(MEETING, name="Zoom Meeting", phone_passcode="123456")
    known, rung, _ = await look()
    assert (known.meeting, rung) == (MEETING, {})


async def test_a_meeting_that_is_gone_is_made_anew_with_the_same_key(look, outside):
    outside.shown = NotFound(provider="zoom")
    known, rung, history = await look()
    assert (known.key, known.state, known.meeting, known.written) == ("hd1", "reserved", None, False)
    assert known.tried is None
    assert (set(rung), history) == ({"reconcile"}, ["meeting lost"])


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            NotFound("no such meeting", provider="zoom"),
            "somebody deleted it at the provider; it is made anew",
        ),
        (
            NotFound("the room closes before the event", provider="whereby", reason="too_short"),
            "the room closes before the event; it is made anew",
        ),
        (
            NotFound("the room is closed", provider="whereby", reason="closed"),
            "the room is closed; it is made anew",
        ),
    ],
)
def test_nobody_is_said_to_have_deleted_what_has_only_ended(error, told):
    assert lost_how(error) == told


async def test_a_room_that_closes_too_soon_is_to_be_found_and_taken_away_when_another_is_made(look, outside):
    outside.shown = NotFound(provider="whereby", reason="too_short")
    known, _, _ = await look()
    assert (known.state, known.tried) == ("reserved", LONG_AGO)


@pytest.mark.parametrize("changes", [{"passcode": "new"}, {"join_url": "https://zoom.example/1?pwd=new"}])
async def test_another_passcode_or_link_is_taken_over_and_the_event_rung_for(look, outside, changes):
    outside.shown = replace(MEETING, **changes)
    known, rung, history = await look()
    assert (known.state, known.meeting, known.written) == ("live", outside.shown, False)
    assert (set(rung), history) == ({"reconcile"}, ["meeting changed"])


async def test_what_the_provider_refuses_to_show_is_noted_and_not_asked_for_again(look, outside):
    outside.shown = Rejected("Cannot access webinar info.", provider="zoom", reason="3000")
    known, rung, history = await look()
    assert (known.meeting, rung, history) == (MEETING, {}, ["meeting not looked at"])


async def test_a_provider_that_is_down_is_asked_later(look, outside):
    outside.shown = Transient("down", provider="zoom")
    known, rung, _ = await look()
    assert (known.meeting, set(rung)) == (MEETING, {"check"})
    assert rung["check"] > outside.now()


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "leaving"},
        {"state": "reserved", "meeting": None},
        {"state": "declined", "meeting": None},
        {"meeting": replace(MEETING, native=True)},
        {"profile": "pro_unlinked"},
    ],
    ids=" ".join,
)
async def test_nobody_is_asked_about_a_meeting_that_is_not_to_stand(look, outside, changes):
    _, rung, history = await look(**changes)
    assert (outside.asked, rung, history) == (0, {}, [])


@pytest.mark.parametrize(
    "seen",
    [event(title="Review"), event(title="Review @zoom", ends=NOW - 2 * 86_400)],
    ids=["unflagged", "over"],
)
async def test_nobody_is_asked_for_an_event_that_needs_no_meeting_any_more(look, outside, seen):
    outside.shown = NotFound(provider="zoom")
    known, rung, _ = await look(seen)
    assert (outside.asked, known.meeting, rung) == (0, MEETING, {})


async def test_whoever_is_at_the_event_is_not_overtaken(look, outside, store):
    outside.shown = NotFound(provider="zoom")

    async def claimed():
        def hold(conn):
            (row,) = conn.execute("SELECT key FROM work WHERE kind = 'check'").fetchall()
            work.ring(conn, "reconcile", [row["key"]], outside.now())
            work.claim(conn, "another", outside.now(), NOW, 9)

        await store.tx(hold)

    outside.before_answer = claimed
    known, rung, history = await look()
    assert (known.meeting, history) == (MEETING, [])
    assert rung["check"] == outside.now() + 2


async def test_an_answer_about_a_meeting_that_has_been_replaced_meanwhile_is_not_believed(
    look, outside, store
):
    outside.shown = NotFound(provider="zoom")
    newer = replace(MEETING, id="2", join_url="https://zoom.example/2")

    async def replaced():
        def put(conn):
            (row,) = conn.execute("SELECT calendar FROM conferences").fetchall()
            known = conferences.get(conn, row["calendar"], "e1")
            conferences.save(conn, row["calendar"], "e1", replace(known, meeting=newer), NOW)

        await store.tx(put)

    outside.before_answer = replaced
    known, rung, _ = await look()
    assert (known.meeting, rung["check"]) == (newer, outside.now() + 2)
