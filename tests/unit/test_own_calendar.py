"""Calendars of our own: what stands in them was kept last; the decision sees it without what only readers see."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from connectors.drafts import Placement
from connectors.errors import Conflict, NotFound, Unwatchable
from connectors.model import CalendarInfo, Draft, Guest, Meeting, Shown
from connectors.own.calendar import OwnCalendar

ADA, NAME, KEY = "ada@example.com", "hdm1", "hd0000000000000001"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
START = NOW + timedelta(days=1)
INFO = CalendarInfo(ADA, "Calendar", "UTC", writable=True, primary=True)
ZOOM = Meeting("zoom", "Zoom", "926", "https://zoom.example/j/926")
PLAIN = Draft(
    "Review", START, START + timedelta(hours=1), "Agenda", attendees=(Guest("bob@example.net", "Bob"),)
)


class Shelf:
    """Keeps events as the store does: a snapshot, and beside it what is shown to readers."""

    def __init__(self):
        self.kept = {}
        self.now = NOW
        self.calendar = OwnCalendar(ADA, self.load, lambda: self.now)

    async def load(self, calendar, event):
        return self.kept.get((calendar, event))

    def keep(self, event):
        self.kept[event.ref.calendar, event.ref.event] = event
        return replace(event, shown=Shown())

    async def put(self, draft=PLAIN, before=None, meeting=None):
        return self.keep(
            await self.calendar.put(INFO, NAME, before, Placement(draft, meeting, KEY, "api:zoom"))
        )

    async def write(self, event, meeting, earlier=""):
        return self.keep(await self.calendar.write(event, meeting, KEY, "api:zoom", earlier=earlier))

    @property
    def there(self):
        return self.kept[ADA, NAME]


@pytest.fixture
def shelf():
    return Shelf()


async def test_the_event_is_as_the_application_wants_it(shelf):
    draft = replace(PLAIN, location="Room 4", zone="Europe/Berlin", transparent=True, private=True)
    event = await shelf.put(draft)
    assert (event.title, event.location, event.notes) == ("Review", "Room 4", "Agenda")
    assert (event.attendees, event.organizer, event.own, event.mark) == (
        ("bob@example.net",),
        ADA,
        True,
        None,
    )
    seen = shelf.there.shown
    assert (seen.created, seen.updated, seen.text) == (NOW, NOW, "Agenda")
    assert (seen.transparent, seen.private, seen.answer) == (True, True, "accepted")
    assert [(one.address, one.name) for one in seen.attendees] == [("bob@example.net", "Bob")]
    assert event.ends == PLAIN.end
    series = await shelf.put(replace(PLAIN, recurrence=("RRULE:FREQ=DAILY;COUNT=2",)), event)
    assert series.ends == PLAIN.end + timedelta(days=1)


async def test_the_details_come_with_the_event_and_a_place_of_its_own_stays(shelf):
    event = await shelf.put(meeting=ZOOM)
    assert event.location == ZOOM.join_url
    assert ZOOM.join_url in event.block.text
    assert (event.notes, event.mark.key, event.mark.event) == ("Agenda", KEY, NAME)
    other = await shelf.put(replace(PLAIN, location="Room 4"), event, ZOOM)
    assert other.location == "Room 4"


async def test_an_insert_whose_answer_was_lost_is_not_another_event(shelf):
    first = await shelf.put(meeting=ZOOM)
    shelf.now += timedelta(hours=1)
    assert await shelf.put(meeting=ZOOM) == first
    assert shelf.there.shown.created == NOW


async def test_a_change_keeps_what_only_readers_see(shelf):
    event = await shelf.put()
    shelf.now += timedelta(hours=1)
    changed = await shelf.put(replace(PLAIN, title="Board", attendees=()), event)
    assert (changed.title, changed.attendees) == ("Board", ("bob@example.net",))
    assert changed.etag != event.etag
    assert (shelf.there.shown.created, shelf.there.shown.updated) == (NOW, shelf.now)
    less = await shelf.put(replace(PLAIN, attendees=(), removed=("bob@example.net",)), changed)
    assert less.attendees == ()


async def test_details_that_come_later_leave_what_readers_see(shelf):
    event = await shelf.put(replace(PLAIN, private=True))
    before = shelf.there.shown
    shelf.now += timedelta(hours=1)
    written = await shelf.write(event, ZOOM)
    assert written.etag != event.etag
    assert shelf.there.shown == replace(before, updated=shelf.now)
    off = await shelf.write(written, None, ZOOM.join_url)
    assert (off.block, off.mark, off.location, off.description) == (None, None, "", "Agenda")
    assert shelf.there.shown == replace(before, updated=shelf.now)


async def test_another_link_takes_the_place_of_an_earlier_one(shelf):
    event = await shelf.put(replace(PLAIN, location=f"Room 4, {ZOOM.join_url}"), meeting=ZOOM)
    other = replace(ZOOM, join_url="https://zoom.example/j/5")
    moved = await shelf.write(event, other, ZOOM.join_url)
    assert moved.location == f"Room 4, {other.join_url}"


async def test_a_placeholder_in_the_location_is_filled(shelf):
    event = await shelf.put(replace(PLAIN, location="Room 4, {{ conferencing.join_url }}"), meeting=ZOOM)
    assert event.location == f"Room 4, {ZOOM.join_url}"


async def test_what_has_changed_meanwhile_is_not_written_over(shelf):
    stale = await shelf.put()
    await shelf.put(replace(PLAIN, title="Board"), stale)
    with pytest.raises(Conflict):
        await shelf.put(before=stale)
    with pytest.raises(Conflict):
        await shelf.write(stale, ZOOM)
    shelf.kept.clear()
    for doing in (shelf.put(before=stale), shelf.write(stale, ZOOM), shelf.calendar.get(INFO, NAME)):
        with pytest.raises(NotFound):
            await doing


async def test_there_is_one_calendar_and_nothing_to_watch(shelf):
    assert list(await shelf.calendar.calendars()) == [INFO]
    assert (await shelf.calendar.changes(INFO, None)).cursor == "own"
    with pytest.raises(Unwatchable):
        await shelf.calendar.subscribe(INFO, "c", "t", "https://huddled.example.com")


async def test_an_application_can_clear_what_it_has_said(shelf):
    event = await shelf.put(replace(PLAIN, location="Room 4"))
    kept = await shelf.put(replace(PLAIN, description=None, location=None), event)
    assert (kept.notes, kept.location) == ("Agenda", "Room 4")
    bare = await shelf.put(replace(PLAIN, description="", location=""), kept)
    assert (bare.notes, bare.location) == ("", "")
