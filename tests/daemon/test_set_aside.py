"""Whoever asks for another service does not wait until the one before lets its meeting go."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from stored import ADA, NOW, at, conference, event, furnish

from connectors import block
from connectors.block import put
from connectors.details import details
from connectors.errors import Rejected, Transient, Unauthorized
from connectors.model import Made, Mark, Meeting
from daemon.reconcile import Reconcile
from daemon.rules import Flags
from daemon.terms import Policy, Service
from daemon.worker import Worker
from store import conferences, events, work

OLD, KEY = "hdoldoldoldoldoldo", "hd0000000000000001"
ZOOM = Meeting("zoom", "Zoom", "7", "https://zoom.example/7")
LINK = Meeting("static", "Video call", "1", "https://video.example.com/1")


@dataclass
class World:
    """A calendar that keeps what is written, a service that makes meetings, and one that refuses to take any away."""

    refuses: Exception | None
    time: float = NOW
    calls: list = field(default_factory=list)
    shown: object = None

    def now(self):
        return self.time

    def fresh_key(self):
        return KEY

    def calendar(self, profile):
        return self

    def meetings(self, service, profile, linked=None):
        return self

    def policy(self, calendar):
        services = {"static": Service("static"), "zoom": Service("zoom")}
        return Policy(now=at(self.time), flags=Flags(services=("static", "zoom")), services=services)

    async def get(self, calendar, name):
        return self.shown

    async def write(self, seen, meeting, key, source="", *, earlier=""):
        text = put(block.take(seen.description), key, details(meeting))
        notes, ours = block.split(text)
        self.shown = event(
            title=seen.title,
            description=text,
            notes=notes,
            block=ours,
            mark=Mark(key, "e1", source),
            etag='"9"',
        )
        return self.shown

    async def create(self, key, request, tried):
        self.calls.append("create")
        return Made(LINK)

    async def cancel(self, key, meeting, request, tried):
        self.calls.append(f"cancel {meeting.id}")
        if self.refuses:
            raise self.refuses


async def leave(store, world, title, **changes):
    """Have an event whose Zoom meeting is about to be taken away, and look at it."""

    world.shown = event(title=title, organizer=ADA)

    def prepare(conn):
        calendar = furnish(conn)
        events.save_read(conn, calendar, world.shown, NOW)
        known = conference(OLD, "e1", state="leaving", service="zoom", meeting=ZOOM, written=True, **changes)
        conferences.save(conn, calendar, "e1", known, NOW)
        work.ring(conn, "reconcile", [f"{calendar}/e1"], NOW)
        return calendar

    calendar = await store.tx(prepare)
    await settle(store, world)
    return calendar


async def settle(store, world):
    worker = Worker(store, {"reconcile": Reconcile(store, world)}, world.now, "me")
    for _ in range(6):
        await worker.run_once()


def known(store, calendar):
    return store.read(lambda conn: [conferences.get(conn, calendar, name) for name in
                                    conferences.of_calendar(conn, calendar)])  # fmt: skip


REFUSALS = [
    Unauthorized("no consent any more"),
    Rejected("a free account", reason="412"),
    Transient("out of order", status=503),
]


@pytest.mark.parametrize("refuses", REFUSALS)
async def test_another_service_is_had_at_once_and_the_old_meeting_is_taken_away_later(store, refuses):
    world = World(refuses)
    calendar = await leave(store, world, "@static Review")
    assert LINK.join_url in world.shown.description
    assert {(one.key, one.state) for one in await known(store, calendar)} == {(KEY, "live"), (OLD, "leaving")}
    world.refuses, world.time = None, NOW + 86_400
    await store.tx(
        lambda conn: work.ring(
            conn,
            "reconcile",
            [f"{calendar}/{name}" for name in conferences.of_calendar(conn, calendar)],
            world.time,
        )
    )
    await settle(store, world)
    assert [one.key for one in await known(store, calendar)] == [KEY]
    assert world.calls.count("create") == 1
    assert LINK.join_url in world.shown.description


@pytest.mark.parametrize(
    ("title", "changes"),
    [("Review", {}), ("@zoom Review", {}), ("@static Review", {"by_hand": True})],
    ids=["nothing more is asked for", "the same is asked for", "a person took it off"],
)
async def test_what_nothing_takes_the_place_of_waits_as_it_is(store, title, changes):
    world = World(REFUSALS[0])
    calendar = await leave(store, world, title, **changes)
    assert [(one.key, one.state) for one in await known(store, calendar)] == [(OLD, "leaving")]
    assert "create" not in world.calls
