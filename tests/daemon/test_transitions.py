"""Applications are told that an event begins or ends: at its time, wherever that has moved to."""

from __future__ import annotations

import json

import pytest

from daemon import telling, transitions
from daemon.transitions import Transition
from daemon.worker import Worker
from store import conferences, deliveries, events, managed
from store import transitions as times
from store.db import InlineStore, open_file
from tests.daemon.applications import CALENDAR, NOW, conference, event, furnish, manage, see

URI = "https://app.example/n"
HOUR, DAY = 3600.0, 86_400.0
START = NOW + 2 * HOUR
FIVE_BEFORE = {"before": "event_start", "offset": {"minutes": 5}}
TEN_AFTER = {"after": "event_end", "offset": {"minutes": 10}}


async def left(_):
    """Leave what is on its way where it is."""


class Stage:
    """A worker that tells, with a clock that a test moves."""

    def __init__(self, conn):
        self.conn, self.time = conn, NOW
        handlers = {"transition": Transition(self.now), "deliver": left}
        self.worker = Worker(InlineStore(conn), handlers, self.now, "me")

    def now(self):
        return self.time

    def wish(self, *wishes, **more):
        one = manage(
            self.conn,
            now=self.time,
            subscriptions=({"type": "webhook", "uri": URI, "transitions": list(wishes)},),
            **more,
        )
        self.follow(one)
        return one

    def follow(self, one):
        snapshot = events.get(self.conn, CALENDAR, one.where)
        transitions.follow(
            self.conn, managed.get(self.conn, one.name), snapshot.event if snapshot else None, self.time
        )

    async def until(self, moment):
        """Let the time pass to `moment`, and return what was told at which time."""
        told = []
        while (due := self._due()) is not None and due <= moment:
            self.time = max(self.time, due)
            await self.worker.run_once()
            told += [(self.time, wish) for wish in self.told()]
        self.time = moment
        return told

    def _due(self):
        return self.conn.execute("SELECT min(due_at) FROM work WHERE kind = 'transition'").fetchone()[0]

    def told(self):
        rows = self.conn.execute("SELECT url, body FROM deliveries ORDER BY created_at").fetchall()
        self.conn.execute("DELETE FROM deliveries")
        assert all(row["url"] == URI for row in rows)
        return [json.loads(row["body"])["notification"]["transitions"][0] for row in rows]


@pytest.fixture
def stage():
    conn = open_file(":memory:")
    furnish(conn)
    see(conn, event())
    yield Stage(conn)
    conn.close()


async def test_an_event_is_told_of_at_the_time_wished_for_and_once(stage):
    stage.wish(FIVE_BEFORE, TEN_AFTER)
    assert await stage.until(START - 301) == []
    assert await stage.until(START + DAY) == [(START - 300, FIVE_BEFORE), (START + HOUR + 600, TEN_AFTER)]
    assert stage._due() is None


async def test_what_is_told_shows_the_event(stage):
    stage.wish(FIVE_BEFORE)
    conferences.save(stage.conn, CALENDAR, "e1", conference(), NOW)
    stage.time = START
    await stage.worker.run_once()
    [row] = stage.conn.execute("SELECT application, body FROM deliveries").fetchall()
    assert row["application"] == "ours"
    assert json.loads(row["body"]) == {
        "notification": {"type": "event_subscription", "transitions": [FIVE_BEFORE]},
        "event": {
            "event_id": "mine",
            "calendar_id": CALENDAR,
            "summary": "Review",
            "start": "2027-01-15T10:00:00Z",
            "end": "2027-01-15T11:00:00Z",
            "conferencing": {"provider_name": "zoom", "join_url": "https://zoom.example/j/1"},
        },
    }


async def test_the_time_follows_the_event(stage):
    one = stage.wish(FIVE_BEFORE)
    for start in (START + 5 * HOUR, START - HOUR, START + HOUR):
        see(stage.conn, event(start=start))
        stage.follow(one)
    assert await stage.until(START + DAY) == [(START + HOUR - 300, FIVE_BEFORE)]


async def test_a_listing_that_shows_another_time_moves_the_time_wished_for(stage):
    stage.wish(FIVE_BEFORE)
    see(stage.conn, event(start=START - HOUR))
    calendar = furnish(stage.conn)
    telling.calendar_changed(stage.conn, calendar, ["e1"], NOW, NOW)
    assert await stage.until(START + DAY) == [(START - HOUR - 300, FIVE_BEFORE)]


async def test_an_event_that_is_over_and_is_put_off_is_told_of_again(stage):
    one = stage.wish(FIVE_BEFORE)
    assert len(await stage.until(START)) == 1
    see(stage.conn, event(start=START + DAY))
    stage.follow(one)
    stage.follow(one)
    assert await stage.until(START + 2 * DAY) == [(START + DAY - 300, FIVE_BEFORE)]


async def test_an_event_that_is_not_found_is_not_told_of_until_it_is(stage):
    one = stage.wish(FIVE_BEFORE, TEN_AFTER)
    events.forget(stage.conn, CALENDAR, "e1", NOW)
    stage.follow(one)
    assert await stage.until(START) == []
    see(stage.conn, event())
    stage.follow(one)
    assert await stage.until(START + DAY) == [(START + HOUR + 600, TEN_AFTER)]


async def test_an_event_that_people_have_deleted_is_not_told_of(stage):
    one = stage.wish(FIVE_BEFORE)
    events.forget(stage.conn, CALENDAR, "e1", NOW)
    managed.lost(stage.conn, one.name, "e1")
    stage.follow(one)
    assert times.of_event(stage.conn, one.name) == {}
    assert await stage.until(START + DAY) == []


@pytest.mark.parametrize("drop", [False, True])
async def test_an_event_that_the_application_has_deleted_is_not_told_of(stage, drop):
    one = stage.wish(FIVE_BEFORE)
    managed.delete(stage.conn, one.name, NOW)
    if drop:
        managed.drop(stage.conn, one.name)
    assert await stage.until(START + DAY) == []
    assert times.of_event(stage.conn, one.name) == {}


async def test_a_wish_that_is_taken_back_is_not_told(stage):
    stage.wish(FIVE_BEFORE, TEN_AFTER)
    stage.wish(TEN_AFTER)
    assert await stage.until(START + DAY) == [(START + HOUR + 600, TEN_AFTER)]


async def test_asking_for_the_same_again_tells_nothing_twice(stage):
    stage.wish(FIVE_BEFORE)
    assert len(await stage.until(START + 60)) == 1
    stage.wish(FIVE_BEFORE)
    assert await stage.until(START + DAY) == []


async def test_what_had_passed_when_it_was_asked_for_is_not_told(stage):
    stage.time = START
    stage.wish(FIVE_BEFORE, TEN_AFTER)
    assert await stage.until(START + DAY) == [(START + HOUR + 600, TEN_AFTER)]


async def test_what_fell_due_while_we_did_not_run_is_told_late_and_once(stage):
    stage.wish(FIVE_BEFORE)
    stage.time = START + 20 * HOUR
    assert await stage.until(stage.time) == [(stage.time, FIVE_BEFORE)]
    assert await stage.until(START + 2 * DAY) == []


async def test_what_fell_due_more_than_a_day_ago_is_not_told_any_more(stage):
    stage.wish(FIVE_BEFORE)
    stage.time = START + 2 * DAY
    assert await stage.until(stage.time + HOUR) == []
    assert stage._due() is None


async def test_an_event_that_moved_to_a_time_that_passed_while_we_did_not_run_is_told_of_late(stage):
    one = stage.wish(FIVE_BEFORE)
    stage.time = START - HOUR
    see(stage.conn, event(start=START - HOUR - 60))
    stage.follow(one)
    assert await stage.until(stage.time) == [(stage.time, FIVE_BEFORE)]


async def test_an_event_that_is_still_to_be_written_is_told_of_as_it_is_wished_for(stage):
    stage.wish(FIVE_BEFORE, event=None)
    assert await stage.until(START + DAY) == [(START - 300, FIVE_BEFORE)]


async def test_each_occurrence_of_a_series_is_told_of(stage):
    see(stage.conn, event(recurrence=("RRULE:FREQ=DAILY;COUNT=3",)))
    stage.wish(FIVE_BEFORE)
    assert await stage.until(START + 9 * DAY) == [
        (START - 300 + number * DAY, FIVE_BEFORE) for number in range(3)
    ]


async def test_of_a_series_too_nothing_is_told_that_is_over_for_more_than_a_day(stage):
    see(stage.conn, event(recurrence=("RRULE:FREQ=DAILY;COUNT=9",)))
    stage.wish(FIVE_BEFORE)
    stage.time = START + 3 * DAY
    assert [moment for moment, _ in await stage.until(START + 3 * DAY)] == [stage.time]
    assert [row[0] for row in stage.conn.execute("SELECT gen FROM work WHERE kind = 'deliver'")] == [1]


async def test_where_nothing_falls_due_any_more_no_work_is_left(stage):
    see(stage.conn, event())
    stage.wish(FIVE_BEFORE)
    await stage.until(START + DAY)
    assert stage.conn.execute("SELECT count(*) FROM work WHERE kind = 'transition'").fetchone()[0] == 0


async def test_a_series_is_told_of_once_for_each_occurrence_however_often_it_is_looked_at(stage):
    see(stage.conn, event(recurrence=("RRULE:FREQ=DAILY",)))
    one = stage.wish(FIVE_BEFORE)
    told = []
    for hour in range(0, 24 * 4, 5):
        told += await stage.until(NOW + hour * HOUR)
        stage.follow(one)
    assert [moment for moment, _ in told] == [START - 300 + number * DAY for number in range(4)]


async def test_without_wishes_nothing_is_kept(stage):
    one = manage(stage.conn)
    stage.follow(one)
    assert stage._due() is None
    assert await stage.worker.run_once() == 0
    assert stage.conn.execute("SELECT count(*) FROM transitions").fetchone()[0] == 0
    assert deliveries.count(stage.conn) == 0
