"""What a calendar does not keep is not written again and again: every write may be mailed to every guest."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest
from stored import ADA, NOW, at, event, furnish

from connectors import block
from connectors.block import put
from connectors.details import details
from connectors.errors import Ignored, Rejected
from connectors.model import Made, Mark, Meeting
from daemon.policy import judge
from daemon.reconcile import Reconcile
from daemon.rules import Flags
from daemon.terms import Policy, Service
from daemon.worker import Lease
from store import calendars, conferences, events, work

LINK = Meeting("static", "Video call", "1", "https://video.example.com/1")
KEY = "hd0000000000000001"
ASKS = event(title="@static Review", ends=NOW + 90_000, organizer=ADA)
IN_LOCATION = event(location="@static", ends=NOW + 90_000, organizer=ADA)


@dataclass
class Forgetful:
    """A calendar that says yes and keeps nothing, or, if not `honest`, all but the location, which nobody notices."""

    honest: bool = True
    shown: object = ASKS
    writes: list = field(default_factory=list)

    async def write(self, seen, meeting, key, source="", *, earlier=""):
        self.writes.append(meeting)
        self.shown = replace(self.shown, etag=f'"{len(self.writes) + 1}"')
        if self.honest:
            ignored = Ignored("not kept", reason="write_ignored")
            ignored.shown = self.shown
            raise ignored
        text = put(block.take(self.shown.description), key, details(meeting))
        notes, ours = block.split(text)
        mark = Mark(key, "e1", source)
        self.shown = replace(self.shown, description=text, notes=notes, block=ours, mark=mark)
        return self.shown

    async def get(self, calendar, name):
        return self.shown

    async def create(self, key, request, tried):
        return Made(LINK)


@dataclass
class Outside:
    calendar_: Forgetful

    def now(self):
        return NOW

    def fresh_key(self):
        return KEY

    def calendar(self, profile):
        return self.calendar_

    def meetings(self, service, profile, linked=None):
        return self.calendar_

    def policy(self, calendar):
        return Policy(now=at(NOW), flags=Flags(services=("static",)), services={"static": Service("static")})


class Stage:
    def __init__(self, store):
        self.store, self.calendar = store, Forgetful()
        self.outside = Outside(self.calendar)

    async def looks(self, seen=ASKS):
        """Let the event stand like this, and look at it."""
        self.calendar.shown = seen

        def ring(conn):
            name = calendars.calendar_id("google", ADA)
            if calendars.get(conn, name) is None:
                furnish(conn)
            events.save_read(conn, name, seen, NOW)
            work.ring(conn, "reconcile", [f"{name}/e1"], NOW)
            return work.claim(conn, "me", NOW, NOW + 30, 99)

        (job,) = await self.store.tx(ring)
        try:
            await Reconcile(self.store, self.outside)(Lease(job, self.store, self.outside.now, 30.0))
        finally:
            await self.store.tx(lambda conn: work.park(conn, job, NOW, NOW + 9, "x"))


@pytest.fixture
def stage(store):
    return Stage(store)


async def test_an_answer_of_a_guest_is_no_reason_to_write_again(stage):
    with pytest.raises(Rejected):
        await stage.looks()
    for number in range(3):
        with pytest.raises(Rejected, match="nothing about it has changed"):
            await stage.looks(replace(ASKS, etag=f'"answer {number}"', attendees=("bob@example.com",)))
    assert len(stage.calendar.writes) == 1


async def test_a_calendar_that_keeps_all_but_the_location_is_not_written_to_for_ever(stage):
    stage.calendar.honest = False
    with pytest.raises(Ignored):
        await stage.looks(IN_LOCATION)
    for number in range(3):
        with pytest.raises(Rejected, match="nothing about it has changed"):
            await stage.looks(replace(stage.calendar.shown, etag=f'"answer {number}"'))
    assert len(stage.calendar.writes) == 2


async def test_another_text_is(stage):
    for text in ("", "Agenda", "Agenda 2"):
        with pytest.raises(Rejected):
            await stage.looks(replace(ASKS, description=text, notes=text))
    assert len(stage.calendar.writes) == 3


async def test_why_is_told(stage):
    with pytest.raises(Rejected):
        await stage.looks()
    name = calendars.calendar_id("google", ADA)
    facts = await stage.store.read(lambda conn: conferences.history(conn, name, "e1"))
    assert "not kept" in {fact.what for fact in facts}
    known = await stage.store.read(lambda conn: conferences.get(conn, name, "e1"))
    assert (known.meeting, known.written) == (LINK, False)
    assert judge(ASKS, known, stage.outside.policy(None)).source == "title:@static"
