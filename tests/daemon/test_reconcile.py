"""What one look at an event asks of a calendar whose listings do not show everything."""

from __future__ import annotations

from dataclasses import replace

import pytest
from stored import NOW, at, conference, event, furnish

from connectors.errors import NotFound, Transient
from connectors.model import Made, Mark, Meeting
from daemon.reconcile import Reconcile
from daemon.rules import Flags
from daemon.terms import Policy, Service
from daemon.worker import Worker
from store import conferences, events, work

KEY = "hd0123456789abcdef"
ZOOM = Meeting("zoom", "Zoom", "1", "https://zoom.example/1")
TEAMS = Meeting("teams", "Microsoft Teams", "19:a", "https://teams.example/a", native=True)
MARKED = event(title="Review", etag='"2"', mark=Mark(KEY, "e1", "title:@teams"))


class Calendar:
    """One event; a look at it by itself shows our note, which listings of Graph's do not."""

    def __init__(self, calls):
        self.event = MARKED
        self.calls = calls

    async def get(self, calendar, name):
        self.calls.append("get")
        assert len(self.calls) < 20, "it goes in a circle"
        if self.event is None:
            raise NotFound(status=404)
        return self.event

    async def write(self, seen, meeting, key, source="", *, earlier=""):
        assert meeting is None
        self.calls.append("write")
        self.event = replace(seen, mark=None, etag='"3"')
        return self.event


class Outside:
    """A world with this calendar alone."""

    def __init__(self):
        self.calls = []
        self.connector = Calendar(self.calls)

    later = 0.0

    def now(self):
        return NOW - 86_400 + self.later

    def fresh_key(self):
        return "hdfedcba9876543210"

    def calendar(self, profile):
        return self.connector

    def meetings(self, service, profile, linked=None):
        return self

    async def cancel(self, key, meeting, request, tried):
        self.calls.append("cancel")

    def policy(self, calendar):
        services = {"teams": Service("teams", native=True), "zoom": Service("zoom")}
        flags = Flags(services=("teams", "zoom"))
        return Policy(now=at(self.now()), flags=flags, services=services, native=("teams",))


@pytest.fixture
def outside():
    return Outside()


@pytest.mark.parametrize("title", ["@{} Review", "Review"], ids=["by hand", "with the keyword"])
@pytest.mark.parametrize("meeting", [TEAMS, ZOOM], ids=["teams", "zoom"])
async def test_a_note_that_listings_do_not_show_is_taken_off_after_what_a_person_took_off(
    store, outside, title, meeting
):
    stands = replace(MARKED, title=title.format(meeting.service))
    outside.connector.event = stands
    known = conference(
        KEY, service=meeting.service, source=f"title:@{meeting.service}", meeting=meeting, written=True
    )

    def prepare(conn):
        calendar = furnish(conn)
        events.save_read(conn, calendar, replace(stands, mark=None), outside.now())
        conferences.save(conn, calendar, "e1", known, outside.now())
        work.ring(conn, "reconcile", [f"{calendar}/e1"], outside.now())
        return calendar

    calendar = await store.tx(prepare)
    await Worker(store, {"reconcile": Reconcile(store, outside)}, outside.now, "me").run_once()
    assert outside.calls == ["get", "write", *(["cancel"] if meeting is ZOOM else [])]
    assert await store.read(lambda conn: work.trouble(conn, "reconcile", f"{calendar}/e1")) is None
    assert (await store.read(lambda conn: events.get(conn, calendar, "e1"))).event.mark is None


async def test_an_event_that_is_not_found_twice_is_gone_without_going_in_a_circle(store, outside):
    outside.connector.event = None
    known = conference(KEY, service="zoom", source="title:@zoom", meeting=ZOOM, written=True)

    def prepare(conn):
        calendar = furnish(conn)
        events.save_read(conn, calendar, MARKED, outside.now())
        events.doubt(conn, calendar, "e1")
        conferences.save(conn, calendar, "e1", known, outside.now())
        work.ring(conn, "reconcile", [f"{calendar}/e1"], outside.now())
        return calendar

    calendar = await store.tx(prepare)

    async def nothing_new(lease):
        pass

    worker = Worker(store, {"reconcile": Reconcile(store, outside), "sync": nothing_new}, outside.now, "me")
    await worker.run_once()
    assert outside.calls == ["get"]  # not yet believed
    outside.later = 120.0
    await worker.run_once()
    assert outside.calls == ["get", "get", "cancel"]
    assert await store.read(lambda conn: conferences.get(conn, calendar, "e1")) is None
    assert await store.read(lambda conn: events.get(conn, calendar, "e1")) is None


@pytest.mark.parametrize(
    ("reason", "searches"),
    [("rate_limit", False), ("not_sent", False), ("daily_limit", False), ("outcome_unknown", True)],
)
@pytest.mark.parametrize("service", ["zoom", "teams"])
async def test_only_after_a_create_that_may_have_been_done_is_a_meeting_searched_for(
    store, outside, service, reason, searches
):
    tries = []

    async def create(key, request, tried):
        tries.append(tried)
        if len(tries) == 1:
            raise Transient("not now", retry_after=1.0, reason=reason)
        return Made(ZOOM)

    async def write(seen, meeting, key, source="", *, earlier=""):
        raise Transient("later")

    outside.create, outside.connector.write = create, write
    flagged = event(title=f"@{service} Review", etag='"2"')

    def prepare(conn):
        calendar = furnish(conn)
        events.save_read(conn, calendar, flagged, outside.now())
        work.ring(conn, "reconcile", [f"{calendar}/e1"], outside.now())

    await store.tx(prepare)
    worker = Worker(store, {"reconcile": Reconcile(store, outside)}, outside.now, "me")
    for _ in range(2):
        await worker.run_once()
        outside.later += 60.0
    assert [tried is not None for tried in tries] == [False, searches or service == "teams"]
