"""What every connector of calendars promises, written once. A test module gives a `stage` and takes a class.

The person whose calendar it is acts past us: `stage.add(Draft(...))` is a click at the provider's own page.
"""

from __future__ import annotations

import asyncio
import html
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.base import Calendar
from connectors.errors import (
    Conflict,
    CursorExpired,
    NotFound,
    Rejected,
    Transient,
    Unauthorized,
    Unwatchable,
)
from connectors.model import CalendarInfo, Changes, Event, EventRef, Mark, Meeting, Phone, Subscription

# Each example stands on the stage of its test, and one class after another takes the tests.
UNSETTLED = [HealthCheck.function_scoped_fixture, HealthCheck.differing_executors]
KEY, OTHER = "hdaaaaaaaaaaaaaaaa", "hdbbbbbbbbbbbbbbbb"
SOURCE = "title:@zoom"
PLACE = "location:@zoom"
URL = "https://zoom.example.com/j/92674392836?pwd=8pEk.1&x=%2F"
ZOOM = Meeting(
    service="zoom",
    name="Zoom",
    id="92674392836",
    join_url=URL,
    host="ada@example.com",
    code="926 7439 2836",
    passcode="Xk7&Q2<p",
    phone_passcode="123456",
    phones=(Phone("+1 555 010 0199", "US"),),
)
NEW = replace(
    ZOOM,
    id="11122233344",
    join_url="https://zoom.example.com/j/11122233344",
    code="111 2223 3344",
    passcode="",
)


@dataclass(frozen=True)
class Draft:
    """What a person types into a new event. `day` counts from tomorrow, `time` is local to `zone`."""

    title: str = "Design review"
    day: int = 0
    time: str = "10:00"
    minutes: int = 45
    zone: str = "Europe/Berlin"
    days: int = 0  # an all-day event of so many days
    description: str = ""
    location: str = ""
    guests: tuple[str, ...] = ()
    recurrence: tuple[str, ...] = ()


class Stage(Protocol):
    """A connector before its provider, and a person at the provider's own page."""

    calendar: Calendar
    info: CalendarInfo  # the person's own calendar, the zone of the person is Europe/Berlin
    unwatchable: CalendarInfo
    guest: Calendar  # of bob@example.com
    guest_info: CalendarInfo
    now: Callable[[], datetime]
    ops: Mapping[str, str]  # our methods → the provider's operations
    fault: Callable[..., object]  # fault(op=…, drop="after"): what befalls the next call
    calls: Callable[[], list[str]]  # the provider's operations so far
    mails: Callable[[], list[Any]]  # that people would have received
    advance: Callable[[float], object]  # seconds go by
    doorstep: str  # an address that may be rung at
    mails_per_write: int  # that each guest receives for a write of ours
    repeated: Collection[str]  # our methods whose call the client repeats where a kept connection is dead
    kept: Callable[[str], str]  # how the provider keeps what a person types into a description

    async def add(self, draft: Draft) -> str: ...
    async def change(self, event: str, **what: Any) -> None: ...
    async def delete(self, event: str) -> None: ...
    async def restore(self, event: str) -> None: ...
    async def answer(self, event: str, response: str) -> None:
        """Let bob answer an invitation."""

    async def occurrence(self, series: str, number: int) -> str: ...
    async def raw(self, event: str) -> dict[str, Any]:
        """Show all that the provider keeps, without what changes by itself at every write."""

    async def text(self, event: str) -> tuple[str, str]:
        """Show description and location."""

    async def expire(self) -> None:
        """Make all cursors too old."""

    async def rings(self) -> list[tuple[str, str]]:
        """Tell channel and token of each push that came for a change so far."""


def day(stage: Stage, number: int = 0) -> date:
    return (stage.now() + timedelta(days=1 + number)).astimezone(ZoneInfo("Europe/Berlin")).date()


def moment(stage: Stage, draft: Draft) -> datetime:
    text = f"{day(stage, draft.day).isoformat()}T{draft.time}"
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(draft.zone)).astimezone(UTC)


async def listed(stage: Stage, cursor: str | None = None) -> Changes:
    return await stage.calendar.changes(stage.info, cursor)


async def added(stage: Stage, **what: Any) -> Event:
    return await stage.calendar.get(stage.info, await stage.add(Draft(**what)))


async def described(stage: Stage, **what: Any) -> Event:
    """Return an event that carries the details."""
    return await stage.calendar.write(await added(stage, **what), ZOOM, KEY, SOURCE)


async def again(stage: Stage, event: Event) -> Event:
    return await stage.calendar.get(stage.info, event.ref.event)


def inner(stage: Stage, event: Event, old: str, new: str) -> str:
    """Return what a person types who changes this in the description, which the page around it is not a part of."""
    before, _, after = stage.kept("\0").partition("\0")
    return event.description.removeprefix(before).removesuffix(after).replace(old, new)


def ids(changes: Changes) -> set[str]:
    return {event.ref.event for event in changes.events}


def is_told_gone(changes: Changes, occurrence: str, series: str) -> bool:
    """Tell whether it is named with its series, or the series tells all of its changed occurrences without it."""
    if changes.gone:
        return [(gone.event, gone.series) for gone in changes.gone] == [(occurrence, series)]
    return occurrence not in (*changes.occurrences.get(series, (occurrence,)), *ids(changes))


class ListingContract:
    """What is listed, and how the listing goes on."""

    async def test_the_own_calendar_is_listed(self, stage):
        found = {info.remote: info for info in await stage.calendar.calendars()}
        mine = found[stage.info.remote]
        assert mine == stage.info
        assert (mine.primary, mine.writable) == (True, True)

    async def test_the_first_listing_is_complete(self, stage):
        event = await stage.add(Draft())
        changes = await listed(stage)
        assert ids(changes) == {event}
        assert changes.complete
        assert changes.since <= stage.now()

    async def test_what_was_long_over_is_not_listed(self, stage):
        old, running = await stage.add(Draft(day=-20)), await stage.add(Draft())
        changes = await listed(stage)
        assert (old in ids(changes), running in ids(changes)) == (False, True)

    async def test_what_is_listed_is_what_is_read(self, stage):
        event = await stage.add(
            Draft(guests=("bob@example.com",), description="<b>Hi</b>", location="Room 4")
        )
        assert (await listed(stage)).events == (await stage.calendar.get(stage.info, event),)

    async def test_an_event_says_what_people_see(self, stage):
        draft = Draft(title="Plan é 🎉", guests=("zoe@example.net", "Bob@example.com"), location="Room 4")
        event = await stage.calendar.get(stage.info, await stage.add(draft))
        start = moment(stage, draft)
        assert (event.title, event.location, event.description) == ("Plan é 🎉", "Room 4", stage.kept(""))
        assert (event.start, event.end, event.zone) == (start, start + timedelta(minutes=45), "Europe/Berlin")
        assert event.start.tzinfo is UTC
        assert event.attendees == ("bob@example.com", "zoe@example.net")
        assert (event.organizer, event.own, event.all_day) == ("ada@example.com", True, False)
        assert (event.mark, event.block, event.native, event.series) == (None, None, None, "")
        assert event.ends == event.end
        assert event.uid
        assert event.etag

    async def test_nothing_happened_is_an_empty_answer(self, stage):
        await stage.add(Draft())
        changes = await listed(stage, (await listed(stage)).cursor)
        assert (changes.events, changes.gone, changes.complete) == ((), (), False)

    async def test_new_and_changed_events_come_once(self, stage):
        kept, changed = await stage.add(Draft()), await stage.add(Draft(title="Old"))
        cursor = (await listed(stage)).cursor
        new = await stage.add(Draft(title="New"))
        await stage.change(changed, title="Changed")
        changes = await listed(stage, cursor)
        assert ids(changes) == {new, changed}
        assert kept not in ids(changes)
        assert not (await listed(stage, changes.cursor)).events

    async def test_a_cursor_can_be_used_again(self, stage):
        cursor = (await listed(stage)).cursor
        event = await stage.add(Draft())
        assert ids(await listed(stage, cursor)) == ids(await listed(stage, cursor)) == {event}

    async def test_a_deleted_event_is_gone(self, stage):
        event = await stage.add(Draft())
        cursor = (await listed(stage)).cursor
        await stage.delete(event)
        changes = await listed(stage, cursor)
        assert [gone.event for gone in changes.gone] == [event]
        assert not changes.events

    async def test_a_restored_event_is_back(self, stage):
        event = await stage.add(Draft())
        await stage.delete(event)
        cursor = (await listed(stage)).cursor
        await stage.restore(event)
        assert ids(await listed(stage, cursor)) == {event}

    async def test_many_events_come_whole_and_once(self, stage):
        before = {await stage.add(Draft(title=f"Event {number}")) for number in range(23)}
        first = await listed(stage)
        after = {await stage.add(Draft(title=f"Later {number}")) for number in range(17)}
        await asyncio.gather(*(stage.delete(event) for event in before))
        second = await listed(stage, first.cursor)
        assert (len(first.events), ids(first)) == (23, before)
        assert (ids(second), {gone.event for gone in second.gone}) == (after, before)

    async def test_an_expired_cursor_says_so_and_a_full_listing_helps(self, stage):
        event = await stage.add(Draft())
        cursor = (await listed(stage)).cursor
        await stage.expire()
        with pytest.raises(CursorExpired):
            await listed(stage, cursor)
        changes = await listed(stage)
        assert changes.complete
        assert ids(changes) == {event}
        assert not (await listed(stage, changes.cursor)).events

    async def test_a_cursor_that_is_none_of_ours_counts_as_expired(self, stage):
        for cursor in ("nonsense", "{}", "[]", '{"token": "x", "query": 5}'):
            with pytest.raises(CursorExpired):
                await listed(stage, cursor)

    async def test_a_calendar_that_is_not_there_is_not_found(self, stage):
        nowhere = replace(stage.info, remote="nowhere@example.com")
        for step in (stage.calendar.changes(nowhere, None), stage.calendar.get(nowhere, "abcdefgh")):
            with pytest.raises(NotFound):
                await step


class OccasionContract:
    """Series, days and zones."""

    async def test_a_series_is_one_event(self, stage):
        draft = Draft(recurrence=("RRULE:FREQ=WEEKLY;COUNT=5",))
        event = await stage.calendar.get(stage.info, await stage.add(draft))
        assert (await listed(stage)).events == (event,)
        (rule,) = event.recurrence
        assert {"RRULE:FREQ=WEEKLY", "COUNT=5"} <= set(rule.split(";"))
        local = event.end.astimezone(ZoneInfo("Europe/Berlin"))
        assert event.ends == local + timedelta(weeks=4)

    async def test_an_endless_series_has_no_end(self, stage):
        assert (await added(stage, recurrence=("RRULE:FREQ=DAILY",))).ends is None

    async def test_a_series_that_began_long_ago_is_listed_while_it_lasts(self, stage):
        over = await stage.add(Draft(day=-60, recurrence=("RRULE:FREQ=WEEKLY;COUNT=3",)))
        lasting = await stage.add(Draft(day=-60, recurrence=("RRULE:FREQ=WEEKLY",)))
        assert (over in ids(await listed(stage)), lasting in ids(await listed(stage))) == (False, True)

    async def test_a_changed_occurrence_names_its_series(self, stage):
        series = await stage.add(Draft(recurrence=("RRULE:FREQ=DAILY;COUNT=5",)))
        cursor = (await listed(stage)).cursor
        one = await stage.occurrence(series, 2)
        await stage.change(one, title="Only today")
        changes = await listed(stage, cursor)
        (event,) = [event for event in changes.events if event.ref.event != series]
        assert (event.ref.event, event.series, event.title) == (one, series, "Only today")
        assert event.ends == event.end
        assert not event.recurrence

    async def test_a_cancelled_occurrence_is_gone_and_names_its_series(self, stage):
        series = await stage.add(Draft(recurrence=("RRULE:FREQ=DAILY;COUNT=5",)))
        cursor = (await listed(stage)).cursor
        one = await stage.occurrence(series, 3)
        await stage.delete(one)
        assert is_told_gone(await listed(stage, cursor), one, series)

    async def test_a_cancelled_occurrence_of_whole_days_names_its_series(self, stage):
        series = await stage.add(Draft(days=1, recurrence=("RRULE:FREQ=DAILY;COUNT=5",)))
        cursor = (await listed(stage)).cursor
        one = await stage.occurrence(series, 1)
        await stage.delete(one)
        assert is_told_gone(await listed(stage, cursor), one, series)

    async def test_a_deleted_series_is_gone(self, stage):
        series = await stage.add(Draft(recurrence=("RRULE:FREQ=DAILY",)))
        cursor = (await listed(stage)).cursor
        await stage.delete(series)
        assert series in {gone.event for gone in (await listed(stage, cursor)).gone}

    async def test_whole_days_are_days_of_the_calendars_zone(self, stage):
        event = await added(stage, days=2)
        start = datetime.combine(day(stage), datetime.min.time(), ZoneInfo("Europe/Berlin"))
        assert (event.all_day, event.zone) == (True, "Europe/Berlin")
        assert (event.start, event.end) == (start, start + timedelta(days=2))

    @pytest.mark.parametrize("zone", ["America/Sao_Paulo", "Asia/Kathmandu", "Pacific/Kiritimati", "UTC"])
    async def test_an_event_keeps_the_zone_in_which_it_was_made(self, stage, zone):
        draft = Draft(zone=zone)
        event = await stage.calendar.get(stage.info, await stage.add(draft))
        assert (event.zone, event.start) == (zone, moment(stage, draft))


class ReadingContract:
    """One event at a time."""

    async def test_a_deleted_event_is_not_found(self, stage):
        event = await stage.add(Draft())
        await stage.delete(event)
        with pytest.raises(NotFound):
            await stage.calendar.get(stage.info, event)

    async def test_an_event_that_never_was_is_not_found(self, stage):
        with pytest.raises(NotFound):
            await stage.calendar.get(stage.info, "neverwas0123456789")

    async def test_an_occurrence_can_be_read(self, stage):
        series = await stage.add(Draft(recurrence=("RRULE:FREQ=DAILY;COUNT=5",)))
        one = await stage.calendar.get(stage.info, await stage.occurrence(series, 1))
        assert one.series == series
        assert one.start == (await stage.calendar.get(stage.info, series)).start + timedelta(days=1)

    async def test_a_guests_copy_is_not_theirs_to_write_on(self, stage):
        event = await added(stage, guests=("bob@example.com",))
        (copy,) = (await stage.guest.changes(stage.guest_info, None)).events
        assert (event.own, copy.own) == (True, False)
        assert (copy.uid, copy.organizer) == (event.uid, "ada@example.com")
        assert copy.attendees == event.attendees == ("bob@example.com",)

    async def test_an_answer_to_an_invitation_is_no_other_list_of_people(self, stage):
        event = await added(stage, guests=("bob@example.com",))
        await stage.answer(event.ref.event, "declined")
        after = await again(stage, event)
        assert after.etag != event.etag
        assert replace(after, etag=event.etag) == event


class WritingContract:
    """Details on events: put on, replaced, taken off, and nothing else touched."""

    async def test_the_details_are_on_the_event(self, stage):
        event = await described(stage, description="Bring coffee.")
        assert event.block.key == KEY
        assert ZOOM.join_url in event.block.text
        assert ZOOM.passcode in event.block.text
        assert event.location == ZOOM.join_url
        assert event.mark == Mark(KEY, event.ref.event, SOURCE)
        assert event.notes == "Bring coffee."

    async def test_placeholders_are_filled_in_place_and_that_of_the_block_comes_back(self, stage):
        event = await added(
            stage,
            description="Agenda\n{{ conferencing.invite_block }}\nBring cake",
            location="Online: {{ conferencing.join_url }}",
        )
        written = await stage.calendar.write(event, ZOOM, KEY, SOURCE)
        assert (written.block.key, written.notes.split()) == (KEY, ["Agenda", "Bring", "cake"])
        assert written.location == f"Online: {URL}"
        changed = await stage.calendar.write(written, NEW, KEY, SOURCE)
        assert written.description.partition("-----")[0] == changed.description.partition("-----")[0]
        assert NEW.join_url in changed.block.text
        assert changed.location == f"Online: {NEW.join_url}"
        bare = await stage.calendar.write(changed, None, KEY)
        assert (bare.description, bare.location) == (event.description, "Online:")

    async def test_the_link_in_a_description_is_filled_in_followed_and_put_back(self, stage):
        text = "Join: {} now.\nOr by {}, see @x\nMy copy: {}\nBring cake"
        there = ("{{ conferencing.join_url }}", "{{cronofy.conferencing.join_url}}", URL)
        event = await added(stage, description=text.format(*there), guests=("bob@example.com",))
        before, mails = len(stage.calls()), len(stage.mails())
        cursor = (await listed(stage)).cursor
        written = await stage.calendar.write(event, ZOOM, KEY, SOURCE)
        assert (written.notes, written.block.key) == (text.format(URL, URL, URL), KEY)
        assert written == await again(stage, event)
        assert (await listed(stage, cursor)).events == (written,)
        assert len(stage.mails()) - mails == stage.mails_per_write
        changed = await stage.calendar.write(written, NEW, KEY, SOURCE)
        assert changed.notes == text.format(NEW.join_url, NEW.join_url, URL)
        assert await stage.calendar.write(changed, NEW, KEY, SOURCE) == changed
        assert stage.calls()[before:].count(stage.ops["write"]) == 2
        bare = await stage.calendar.write(changed, None, KEY)
        assert replace(bare, etag=event.etag) == event

    async def test_a_link_in_a_description_is_found_again_by_what_stands_beside_it(self, stage):
        text = "Agenda\nJoin: {{ conferencing.join_url }}\nBring cake"
        written = await described(stage, description=text)
        for old, new in (("Agenda", "Budget, by people"), ("Bring", f"Copied: {URL}\nBring")):
            await stage.change(event := written.ref.event, description=inner(stage, written, old, new))
            written = await stage.calendar.get(stage.info, event)
        changed = await stage.calendar.write(written, NEW, KEY, SOURCE)
        assert changed.notes == f"Budget, by people\nJoin: {NEW.join_url}\nCopied: {URL}\nBring cake"
        bare = await stage.calendar.write(changed, None, KEY)
        assert (
            bare.notes
            == f"Budget, by people\nJoin: {{{{ conferencing.join_url }}}}\nCopied: {URL}\nBring cake"
        )

    async def test_a_description_that_is_written_anew_with_its_placeholder_is_filled_again(self, stage):
        text = "Agenda\nJoin: {{ conferencing.join_url }}"
        written = await described(stage, description=text)
        await stage.change(written.ref.event, description=f"New {text}", location="Room 4")
        seen = await again(stage, written)
        refilled = await stage.calendar.write(seen, ZOOM, KEY, SOURCE)
        assert (refilled.notes, refilled.block.key) == (f"New Agenda\nJoin: {URL}", KEY)
        bare = await stage.calendar.write(refilled, None, KEY)
        assert bare.description == stage.kept(f"New {text}")

    async def test_what_a_link_of_html_leads_to_is_filled_in_and_put_back(self, stage):
        page = '<p>Please <a href="{{ conferencing.join_url }}">join</a>.</p>'
        event = await added(stage, description=page)
        if event.html is False:
            pytest.skip("this is a text")
        written = await stage.calendar.write(event, ZOOM, KEY, SOURCE)
        assert f'<a href="{html.escape(URL)}">join</a>' in written.description
        assert written.notes == f"Please join <{URL}>."
        changed = await stage.calendar.write(written, NEW, KEY, SOURCE)
        assert changed.notes == f"Please join <{NEW.join_url}>."
        bare = await stage.calendar.write(changed, None, KEY)
        assert bare.description == event.description == stage.kept(page)

    async def test_what_is_returned_is_how_the_event_stands(self, stage):
        event = await described(stage, description="Bring coffee.")
        assert await again(stage, event) == event

    async def test_our_own_write_comes_back_as_it_was_returned(self, stage):
        event = await added(stage)
        cursor = (await listed(stage)).cursor
        written = await stage.calendar.write(event, ZOOM, KEY, SOURCE)
        assert (await listed(stage, cursor)).events == (written,)

    async def test_a_write_is_one_call(self, stage):
        event = await added(stage)
        before = len(stage.calls())
        await stage.calendar.write(event, NEW, KEY, SOURCE)
        assert stage.calls()[before:] == [stage.ops["write"]]

    async def test_what_is_there_already_is_not_written(self, stage):
        event = await described(stage)
        before = len(stage.calls())
        assert await stage.calendar.write(event, ZOOM, KEY, SOURCE) == event
        assert len(stage.calls()) == before

    async def test_taking_off_what_is_not_there_is_no_call(self, stage):
        event = await added(stage, description="Hello", location="Room 4")
        before = len(stage.calls())
        assert await stage.calendar.write(event, None, KEY) == event
        assert len(stage.calls()) == before

    async def test_other_details_take_the_place_of_the_old_ones(self, stage):
        event = await described(stage, description="Bring coffee.")
        written = await stage.calendar.write(event, NEW, OTHER, "rule:x")
        assert (written.block.key, written.mark) == (OTHER, Mark(OTHER, event.ref.event, "rule:x"))
        assert NEW.join_url in written.block.text
        assert ZOOM.join_url not in written.description
        assert (written.location, written.notes) == (NEW.join_url, "Bring coffee.")

    async def test_nothing_of_ours_is_left_when_it_is_taken_off(self, stage):
        event = await described(stage, description="Bring coffee.")
        bare = await stage.calendar.write(event, None, KEY)
        assert (bare.description, bare.notes) == (stage.kept("Bring coffee."), "Bring coffee.")
        assert (bare.location, bare.mark, bare.block) == ("", None, None)
        assert await again(stage, event) == bare

    async def test_nothing_else_on_the_event_changes(self, stage):
        draft = Draft(
            guests=("bob@example.com", "zoe@example.net"),
            recurrence=("RRULE:FREQ=WEEKLY;COUNT=5",),
            description="Agenda",
            location="Room 4",
        )
        event = await stage.calendar.get(stage.info, await stage.add(draft))
        await stage.answer(event.ref.event, "accepted")
        event, before = await again(stage, event), await stage.raw(event.ref.event)
        bare = await stage.calendar.write(await stage.calendar.write(event, ZOOM, KEY, SOURCE), None, KEY)
        assert replace(bare, etag=event.etag) == event
        assert await stage.raw(event.ref.event) == before

    @settings(max_examples=40, deadline=None, suppress_health_check=UNSETTLED)
    @given(
        description=st.one_of(
            st.text(max_size=60),
            st.lists(
                st.sampled_from(
                    [
                        "<p>",
                        "</p>",
                        "<br>",
                        "\r\n",
                        "\n",
                        " ",
                        "&amp;",
                        "&nbsp;",
                        "a",
                        "🎉",
                        "@zoom",
                        "<a href='x'>",
                    ]
                ),
                max_size=12,
            ).map("".join),
        ),
        location=st.sampled_from(["", "Room 4", "Café 🎉", "https://example.org/map"]),
    )
    async def test_every_byte_of_other_peoples_text_stays(self, stage, description, location):
        event = await added(stage, description=description, location=location)
        written = await stage.calendar.write(event, ZOOM, KEY, SOURCE)
        assert written.notes == event.notes
        changed = await stage.calendar.write(written, NEW, KEY, SOURCE)
        bare = await stage.calendar.write(changed, None, KEY)
        assert await stage.text(event.ref.event) == (event.description, event.location)
        assert replace(bare, etag=event.etag) == event

    @pytest.mark.parametrize(
        ("before", "after", "off"),
        [
            ("", URL, ""),
            ("Room 4", "Room 4", "Room 4"),
            ("@zoom", URL, ""),
            ("Room 4, @Zoom", f"Room 4, {URL}", "Room 4"),
            ("@ZOOM / Room 4", f"{URL} / Room 4", "/ Room 4"),
            ("zoom@example.com", "zoom@example.com", "zoom@example.com"),
            ("https://example.org/j/1", "https://example.org/j/1", "https://example.org/j/1"),
        ],
    )
    async def test_the_location_takes_the_link_where_it_is_wanted(self, stage, before, after, off):
        event = await added(stage, location=before)
        written = await stage.calendar.write(event, ZOOM, KEY, PLACE)
        assert written.location == after
        assert (await stage.calendar.write(written, None, KEY)).location == off

    @pytest.mark.parametrize("location", ["Bar zum @meet, Berlin", "@zoom"])
    async def test_a_keyword_in_the_location_that_asked_for_nothing_stays(self, stage, location):
        event = await added(stage, location=location)
        assert (await stage.calendar.write(event, ZOOM, KEY, SOURCE)).location == location

    async def test_a_new_link_takes_the_place_of_the_old_one_in_the_location(self, stage):
        asked = await added(stage, location="Room 4, @zoom")
        event = await stage.calendar.write(asked, ZOOM, KEY, PLACE)
        assert (await stage.calendar.write(event, NEW, KEY, PLACE)).location == f"Room 4, {NEW.join_url}"

    async def test_a_changed_event_is_a_conflict_and_stays_as_it_is(self, stage):
        event = await added(stage, description="Agenda")
        await stage.change(event.ref.event, title="Changed meanwhile")
        before = await stage.raw(event.ref.event)
        with pytest.raises(Conflict):
            await stage.calendar.write(event, ZOOM, KEY, SOURCE)
        assert await stage.raw(event.ref.event) == before

    async def test_a_deleted_event_cannot_be_written_to(self, stage):
        event = await added(stage)
        await stage.delete(event.ref.event)
        with pytest.raises((NotFound, Conflict)):
            await stage.calendar.write(event, ZOOM, KEY, SOURCE)
        with pytest.raises(NotFound):
            await again(stage, event)

    async def test_a_series_carries_the_details_for_all_its_occurrences(self, stage):
        event = await described(stage, recurrence=("RRULE:FREQ=DAILY;COUNT=5",))
        one = await stage.calendar.get(stage.info, await stage.occurrence(event.ref.event, 2))
        assert (one.block, one.location) == (event.block, URL)
        assert event.recurrence == ("RRULE:FREQ=DAILY;COUNT=5",)

    async def test_one_occurrence_can_carry_details_of_its_own(self, stage):
        series = await stage.add(Draft(recurrence=("RRULE:FREQ=DAILY;COUNT=5",)))
        one = await stage.calendar.get(stage.info, await stage.occurrence(series, 2))
        written = await stage.calendar.write(one, ZOOM, KEY, SOURCE)
        assert written.mark == Mark(KEY, one.ref.event, SOURCE)
        assert (written.ref, written.series) == (one.ref, series)
        assert (await stage.calendar.get(stage.info, series)).block is None

    async def test_a_copied_event_carries_the_mark_of_another(self, stage):
        event = await described(stage)
        assert event.mark.event == event.ref.event
        assert replace(event.mark, event="other") != event.mark

    async def test_nobody_is_mailed_who_can_be_spared_it(self, stage):
        event = await added(stage, guests=("bob@example.com", "zoe@example.net"))
        before = len(stage.mails())
        await stage.calendar.write(await stage.calendar.write(event, ZOOM, KEY, SOURCE), None, KEY)
        assert len(stage.mails()) - before == 2 * 2 * stage.mails_per_write

    async def test_a_guest_cannot_write_for_everybody(self, stage):
        await added(stage, guests=("bob@example.com",), description="Agenda")
        (copy,) = (await stage.guest.changes(stage.guest_info, None)).events
        with pytest.raises(Rejected):
            await stage.guest.write(copy, ZOOM, KEY, SOURCE)
        (after,) = (await stage.guest.changes(stage.guest_info, None)).events
        assert after.description == copy.description
        assert after.notes == "Agenda"

    async def test_a_write_whose_answer_is_lost_may_have_happened(self, stage):
        event = await added(stage)
        stage.fault(op=stage.ops["write"], drop="after")
        with pytest.raises(Transient) as caught:
            await stage.calendar.write(event, ZOOM, KEY, SOURCE)
        assert caught.value.reason == "outcome_unknown"
        with pytest.raises(Conflict):
            await stage.calendar.write(event, ZOOM, KEY, SOURCE)
        after = await again(stage, event)
        before = len(stage.calls())
        assert await stage.calendar.write(after, ZOOM, KEY, SOURCE) == after
        assert len(stage.calls()) == before


class WatchingContract:
    """Doorbells."""

    async def subscribed(
        self, stage: Stage, channel: str = "channel-1", token: str = "secret-1"
    ) -> Subscription:
        return await stage.calendar.subscribe(stage.info, channel, token, stage.doorstep)

    async def test_a_change_rings_with_our_channel_and_token(self, stage):
        made = await self.subscribed(stage)
        await stage.add(Draft())
        assert await stage.rings() == [("channel-1", "secret-1")]
        assert made.id == "channel-1"
        assert made.resource
        assert stage.now() < made.expires

    async def test_our_own_write_rings_too(self, stage):
        event = await added(stage)
        await self.subscribed(stage)
        await stage.calendar.write(event, ZOOM, KEY, SOURCE)
        assert await stage.rings() == [("channel-1", "secret-1")]

    async def test_a_renewed_subscription_lasts_longer(self, stage):
        old = await self.subscribed(stage)
        stage.advance(86_400)
        new = await stage.calendar.renew(stage.info, old, "channel-2", "secret-2", stage.doorstep)
        assert new.expires > old.expires
        if new.id != old.id:
            await stage.calendar.unsubscribe(old)
        await stage.add(Draft())
        assert await stage.rings() == [(new.id, "secret-2" if new.id == "channel-2" else "secret-1")]

    async def test_nothing_rings_after_the_end(self, stage):
        await stage.calendar.unsubscribe(await self.subscribed(stage))
        await stage.add(Draft())
        assert await stage.rings() == []

    async def test_ending_a_subscription_twice_is_fine(self, stage):
        made = await self.subscribed(stage)
        await stage.calendar.unsubscribe(made)
        await stage.calendar.unsubscribe(made)

    async def test_ending_a_subscription_that_never_was_is_fine(self, stage):
        await stage.calendar.unsubscribe(Subscription("never-was", "nothing", stage.now()))

    async def test_a_calendar_without_pushes_says_so(self, stage):
        with pytest.raises(Unwatchable):
            await stage.calendar.subscribe(stage.unwatchable, "channel-1", "secret-1", stage.doorstep)

    async def test_a_calendar_that_is_not_there_cannot_be_watched(self, stage):
        nowhere = replace(stage.info, remote="nowhere@example.com")
        with pytest.raises(NotFound):
            await stage.calendar.subscribe(nowhere, "channel-1", "secret-1", stage.doorstep)


READING = ["calendars", "changes", "get"]
CALLS = [*READING, "write", "subscribe", "unsubscribe"]


class TroubleContract:
    """What befalls any call."""

    @pytest.mark.parametrize("call", CALLS)
    async def test_a_token_that_is_refused_once_is_renewed(self, stage, call):
        step = await ready(stage, call)
        stage.fault(op=stage.ops[call], status=401)
        await step()

    @pytest.mark.parametrize("call", CALLS[:-1])
    async def test_tokens_that_are_always_refused_stop_the_work(self, stage, call):
        step = await ready(stage, call)
        stage.fault(op=stage.ops[call], status=401, times=-1)
        with pytest.raises(Unauthorized):
            await step()

    @pytest.mark.parametrize("call", CALLS)
    async def test_too_many_calls_pass_and_the_provider_says_when(self, stage, call):
        step = await ready(stage, call)
        stage.fault(op=stage.ops[call], status=429, headers={"Retry-After": "17"})
        with pytest.raises(Transient) as caught:
            await step()
        assert caught.value.retry_after == pytest.approx(17, abs=1)
        await step()

    @pytest.mark.parametrize("call", CALLS)
    @pytest.mark.parametrize(
        "what",
        [{"status": 500}, {"status": 503}, {"status": 502, "body": "<html>Bad Gateway"}],
    )
    async def test_trouble_at_the_provider_passes(self, stage, call, what):
        step = await ready(stage, call)
        stage.fault(op=stage.ops[call], **what)
        with pytest.raises(Transient):
            await step()
        await step()

    @pytest.mark.parametrize("call", CALLS[:-1])
    @pytest.mark.parametrize("status", [200, 404, 410])
    async def test_a_page_where_json_was_due_is_no_answer(self, stage, call, status):
        step = await ready(stage, call)
        stage.fault(op=stage.ops[call], status=status, body="<html>Welcome to the hotel")
        with pytest.raises(Transient):
            await step()

    @pytest.mark.parametrize("call", CALLS)
    @pytest.mark.parametrize("moment", ["before", "after"])
    async def test_silence_passes_and_names_itself(self, stage, call, moment):
        step = await ready(stage, call)
        # The client repeats some calls once by itself where a kept connection turns out to be dead.
        stage.fault(op=stage.ops[call], drop=moment, times=2 if call in stage.repeated else 1)
        with pytest.raises(Transient) as caught:
            await step()
        assert caught.value.reason == "outcome_unknown"

    @pytest.mark.parametrize("call", READING)
    async def test_reading_can_be_repeated_after_silence(self, stage, call):
        step = await ready(stage, call)
        stage.fault(op=stage.ops[call], drop="after", times=2)
        with pytest.raises(Transient):
            await step()
        await step()


async def ready(stage: Stage, call: str) -> Callable[[], Awaitable[Any]]:
    """Bring the stage to where the call makes sense, and return it."""
    event = await added(stage)
    match call:
        case "calendars":
            return stage.calendar.calendars
        case "changes":
            return lambda: stage.calendar.changes(stage.info, None)
        case "get":
            return lambda: stage.calendar.get(stage.info, event.ref.event)
        case "write":
            return lambda: stage.calendar.write(event, ZOOM, KEY, SOURCE)
        case "subscribe":
            return lambda: stage.calendar.subscribe(stage.info, "channel-9", "secret-9", stage.doorstep)
        case _:
            made = await stage.calendar.subscribe(stage.info, "channel-9", "secret-9", stage.doorstep)
            return lambda: stage.calendar.unsubscribe(made)


class CalendarContract(
    ListingContract, OccasionContract, ReadingContract, WritingContract, WatchingContract, TroubleContract
):
    """Everything together."""


__all__ = ["CalendarContract", "Draft", "EventRef", "Stage"]
