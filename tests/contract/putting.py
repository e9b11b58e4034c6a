"""What every connector of calendars promises about events that applications want: inserted once, changed, removed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.drafts import Placement
from connectors.errors import Conflict, NotFound, Rejected, Transient
from connectors.model import Answered, Draft, Event, Guest, Mark, Meeting
from tests.contract.calendar import KEY, NEW, OTHER, UNSETTLED, URL, ZOOM, Stage, again, day, listed

NAME = "hdm" + "0123456789abcdefghijklmnop"
SOURCE = "api:default"
EXAMPLES = 15
BOB, ZOE = "bob@example.com", "zoe@example.net"


def wish(stage: Stage, **what: Any) -> Draft:
    """Return what an application asks for: tomorrow from ten to a quarter to eleven in Berlin."""
    start = datetime.combine(day(stage), datetime.min.time(), UTC) + timedelta(hours=9)
    plain = {"title": "Board meeting", "start": start, "end": start + timedelta(minutes=45)}
    return Draft(**{"zone": "Europe/Berlin", **plain, **what})


def days(stage: Stage, number: int = 1, **what: Any) -> Draft:
    start = datetime.combine(day(stage), datetime.min.time(), UTC)
    return wish(stage, start=start, end=start + timedelta(days=number), all_day=True, **what)


async def put(
    stage: Stage,
    draft: Draft,
    before: Event | None = None,
    meeting: Meeting | None = None,
    key: str = KEY,
    *,
    name: str = NAME,
    native: str = "",
) -> Event:
    wanted = Placement(draft, meeting, key, SOURCE, native)
    return await stage.calendar.put(stage.info, name, before, wanted)


def mailed(stage: Stage, since: int = 0) -> list[tuple[str, str]]:
    return sorted((one["to"], one["kind"]) for one in stage.mails()[since:] if one["kind"] != "response")


def invited(*people: str) -> tuple[Guest, ...]:
    return tuple(Guest(one) for one in people)


class InsertingContract:
    """An event that was not there."""

    async def test_the_event_is_as_the_application_wants_it(self, stage):
        draft = wish(stage, description="Agenda\n\n1 < 2 & <b>so</b>", location="Room 4")
        event = await put(stage, draft)
        assert (event.title, event.location, event.notes) == (draft.title, "Room 4", draft.description)
        assert (event.start, event.end, event.zone) == (draft.start, draft.end, "Europe/Berlin")
        assert (event.all_day, event.recurrence, event.attendees, event.own) == (False, (), (), True)
        assert (event.mark, event.block, event.native) == (None, None, None)
        assert event.shown.text == draft.description
        assert (event.shown.transparent, event.shown.private) == (False, False)
        assert event.shown.created
        assert event.shown.updated
        assert await again(stage, event) == event
        assert (await again(stage, event)).shown == event.shown

    async def test_it_is_one_call_and_is_listed_as_it_was_returned(self, stage):
        cursor, before = (await listed(stage)).cursor, len(stage.calls())
        event = await put(stage, wish(stage, description="Agenda"), meeting=ZOOM)
        assert stage.calls()[before:] == ["events.insert"]
        assert (await listed(stage, cursor)).events == (event,)

    async def test_the_details_are_on_it_from_the_beginning(self, stage):
        draft = wish(stage, description="Agenda", attendees=invited(BOB))
        event = await put(stage, draft, meeting=ZOOM)
        assert (event.block.key, event.location, event.notes) == (KEY, URL, "Agenda")
        assert ZOOM.join_url in event.block.text
        assert event.mark == Mark(KEY, event.ref.event, SOURCE)
        assert mailed(stage) == [(BOB, "invitation")]
        assert await stage.calendar.write(await again(stage, event), ZOOM, KEY, SOURCE) == event
        assert "events.patch" not in stage.calls()

    async def test_details_go_where_the_application_says(self, stage):
        text = "Hello\n{{ cronofy.conferencing.invite_block }}\nBye {{ cronofy.conferencing.join_url }}"
        draft = wish(stage, description=text, location="Online: {{ cronofy.conferencing.join_url }}")
        event = await put(stage, draft, meeting=ZOOM)
        assert event.location == f"Online: {URL}"
        assert event.notes.startswith("Hello")
        assert URL in event.notes.partition("Bye")[2]
        before = len(stage.calls())
        assert await put(stage, draft, event, ZOOM) == event
        assert stage.calls()[before:] == ["events.get"]
        moved = await put(stage, draft, event, NEW, OTHER)
        assert moved.location == f"Online: {NEW.join_url}"
        assert NEW.join_url in moved.notes
        assert URL not in moved.description

    async def test_whole_days_are_whole_days(self, stage):
        draft = days(stage, 2, transparent=True)
        event = await put(stage, draft)
        assert (event.all_day, event.end - event.start) == (True, timedelta(days=2))
        assert event.start.astimezone(ZoneInfo(event.zone)).date() == draft.start.date()
        assert event.shown.transparent
        before = len(stage.calls())
        assert await put(stage, draft, event) == event
        assert stage.calls()[before:] == ["events.get"]

    async def test_guests_are_invited_once_and_the_owner_is_none(self, stage):
        draft = wish(stage, attendees=(Guest(BOB, "Bob"), Guest(ZOE), Guest("ada@example.com")))
        event = await put(stage, draft)
        assert event.attendees == (BOB, ZOE)
        assert Answered(BOB, "Bob", "needs_action") in event.shown.attendees
        assert mailed(stage) == [(BOB, "invitation"), (ZOE, "invitation")]
        (copy,) = (await stage.guest.changes(stage.guest_info, None)).events
        assert (copy.uid, copy.own, copy.shown.answer) == (event.uid, False, "needs_action")

    async def test_what_only_the_owner_sees_is_as_wanted(self, stage):
        event = await put(stage, wish(stage, reminders=(10, 30), private=True, transparent=True))
        assert (event.shown.private, event.shown.transparent) == (True, True)
        assert 30 in await stage.reminders(event.ref.event)
        assert await stage.reminders((await put(stage, wish(stage, reminders=()), event)).ref.event) == ()

    @pytest.mark.parametrize("zone", ["America/Sao_Paulo", "Asia/Kathmandu", "Pacific/Kiritimati", "UTC"])
    async def test_an_event_has_the_zone_that_was_asked_for(self, stage, zone):
        draft = wish(stage, zone=zone)
        event = await put(stage, draft)
        assert (event.zone, event.start) == (zone, draft.start)

    @pytest.mark.parametrize("drop", ["after", "before"])
    async def test_an_insert_whose_answer_was_lost_is_made_once(self, stage, drop):
        draft = wish(stage, attendees=invited(BOB), description="Agenda")
        stage.fault(op="events.insert", drop=drop)
        with pytest.raises(Transient) as caught:
            await put(stage, draft, meeting=ZOOM)
        assert caught.value.reason == "outcome_unknown"
        event = await put(stage, draft, meeting=ZOOM)
        assert (await listed(stage)).events == (event,)
        assert (event.block.key, event.mark.event) == (KEY, event.ref.event)
        assert mailed(stage) == [(BOB, "invitation")]

    async def test_what_changed_while_the_answer_was_lost_is_brought_up_to_date(self, stage):
        stage.fault(op="events.insert", drop="after")
        with pytest.raises(Transient):
            await put(stage, wish(stage, description="Agenda"))
        draft = wish(stage, title="Other", description="Minutes", attendees=invited(BOB))
        event = await put(stage, draft, meeting=ZOOM)
        assert (event.title, event.notes, event.block.key) == ("Other", "Minutes", KEY)
        assert (await listed(stage)).events == (event,)
        assert (await put(stage, draft, meeting=ZOOM)) == event

    async def test_a_deleted_event_can_be_inserted_again(self, stage):
        draft = wish(stage, attendees=invited(BOB))
        for title in ("One", "Two", "Three"):
            event = await put(stage, replace(draft, title=title))
            assert (await listed(stage)).events == (event,)
            assert event.title == title
            await stage.calendar.remove(stage.info, event.ref.event)
        assert [kind for _, kind in mailed(stage)] == ["cancellation"] * 3 + ["invitation"] * 3

    async def test_two_names_are_two_events(self, stage):
        one, two = await put(stage, wish(stage)), await put(stage, wish(stage), name=NAME + "1")
        assert {event.ref.event for event in (await listed(stage)).events} == {one.ref.event, two.ref.event}

    async def test_a_calendar_that_is_not_there_takes_no_events(self, stage):
        nowhere = replace(stage.info, remote="nowhere@example.com")
        with pytest.raises(NotFound):
            await stage.calendar.put(nowhere, NAME, None, Placement(wish(stage), source=SOURCE))


class SeriesContract:
    """Events that repeat."""

    @pytest.mark.parametrize(
        "rule",
        [
            "FREQ=DAILY;COUNT=5",
            "FREQ=DAILY;INTERVAL=3",
            "FREQ=WEEKLY;UNTIL=20270301T120000Z",
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE,FR;COUNT=6",
            "FREQ=MONTHLY;BYMONTHDAY=15",
            "FREQ=MONTHLY;BYDAY=2TU;COUNT=4",
            "FREQ=MONTHLY;BYDAY=-1FR",
            "FREQ=YEARLY;BYMONTH=11;BYMONTHDAY=23",
        ],
    )
    async def test_a_series_repeats_as_wanted_and_is_left_alone_then(self, stage, rule):
        draft = wish(stage, recurrence=(f"RRULE:{rule}",))
        event = await put(stage, draft, meeting=ZOOM)
        assert event.recurrence
        assert (event.ends is None) == ("COUNT" not in rule and "UNTIL" not in rule)
        before = len(stage.calls())
        assert await put(stage, draft, event, ZOOM) == event
        assert stage.calls()[before:] == ["events.get"]

    async def test_occurrences_carry_the_details(self, stage):
        event = await put(stage, wish(stage, recurrence=("RRULE:FREQ=DAILY;COUNT=5",)), meeting=ZOOM)
        one = await stage.calendar.get(stage.info, await stage.occurrence(event.ref.event, 2))
        assert (one.series, one.block) == (event.ref.event, event.block)

    async def test_a_series_of_days_can_become_a_single_event_and_back(self, stage):
        draft = days(stage, recurrence=("RRULE:FREQ=WEEKLY;UNTIL=20270301",))
        series = await put(stage, draft)
        assert (series.all_day, len(series.recurrence)) == (True, 1)
        assert series.ends is not None
        single = await put(stage, replace(draft, recurrence=()), series)
        assert (single.recurrence, single.all_day) == ((), True)
        timed = await put(stage, wish(stage, recurrence=("RRULE:FREQ=DAILY;COUNT=3",)), single)
        assert (timed.all_day, timed.start) == (False, wish(stage).start)
        assert await again(stage, timed) == timed
        assert timed.ends == timed.end + timedelta(days=2)


class ChangingContract:
    """An event that is there."""

    @pytest.mark.parametrize(
        "what",
        [
            {"title": "Other"},
            {"description": "Minutes"},
            {"location": "Room 5"},
            {"zone": "America/New_York"},
            {"attendees": invited(BOB)},
            {"reminders": (5,)},
            {"transparent": True},
            {"private": True},
            {"recurrence": ("RRULE:FREQ=DAILY;COUNT=3",)},
        ],
        ids=lambda what: next(iter(what)),
    )
    async def test_only_what_differs_is_sent(self, stage, what):
        draft = wish(stage, description="Agenda", location="Room 4", reminders=(10,))
        event = await put(stage, draft)
        changed, before = replace(draft, **what), len(stage.calls())
        after = await put(stage, changed, event)
        assert stage.calls()[before:] == ["events.get", "events.patch"]
        assert stage.sent() <= stage.fields(next(iter(what)))
        assert await again(stage, after) == after
        before = len(stage.calls())
        assert await put(stage, changed, after) == after
        assert stage.calls()[before:] == ["events.get"]

    async def test_the_times_can_change(self, stage):
        draft = wish(stage)
        later = replace(draft, start=draft.start + timedelta(hours=1), end=draft.end + timedelta(hours=2))
        event = await put(stage, later, await put(stage, draft))
        assert (event.start, event.end) == (later.start, later.end)
        event = await put(stage, days(stage), event)
        assert event.all_day
        assert (await put(stage, draft, event)).start == draft.start

    async def test_answers_stay_when_guests_come_and_go(self, stage):
        draft = wish(stage, attendees=invited(BOB, ZOE))
        event = await put(stage, draft)
        await stage.answer(event.ref.event, "accepted")
        before = len(stage.mails())
        more = wish(stage, attendees=invited(BOB, "eve@example.net"), removed=(ZOE,))
        after = await put(stage, more, await again(stage, event))
        assert after.attendees == (BOB, "eve@example.net")
        assert Answered(BOB, BOB, "accepted") in [
            replace(one, name=one.address) for one in after.shown.attendees
        ]
        assert mailed(stage, before) == [("eve@example.net", "invitation"), (ZOE, "cancellation")]

    async def test_whom_people_have_invited_stays(self, stage):
        event = await put(stage, wish(stage, attendees=invited(BOB)))
        more = Placement(wish(stage, attendees=invited(ZOE)))
        event = await stage.calendar.put(stage.info, NAME, event, more)
        assert event.attendees == (BOB, ZOE)

    async def test_an_answer_survives_every_other_change(self, stage):
        draft = wish(stage, attendees=invited(BOB), description="Agenda")
        event = await put(stage, draft, meeting=ZOOM)
        await stage.answer(event.ref.event, "accepted")
        event = await put(stage, replace(draft, title="Other"), await again(stage, event), NEW, OTHER)
        assert [one.answer for one in event.shown.attendees if one.address == BOB] == ["accepted"]

    async def test_guests_are_mailed_of_what_they_see_and_of_nothing_else(self, stage):
        draft = wish(stage, attendees=invited(BOB), description="Agenda")
        event = await put(stage, draft)
        before = len(stage.mails())
        event = await put(stage, replace(draft, reminders=(5,), transparent=True, private=True), event)
        assert mailed(stage, before) == []
        draft = replace(draft, reminders=(5,), transparent=True, private=True, title="Other")
        await put(stage, draft, event)
        assert mailed(stage, before) == [(BOB, "update")]

    async def test_details_come_with_a_change_and_stay_with_the_next(self, stage):
        draft = wish(stage, description="Agenda")
        event = await put(stage, replace(draft, title="Other"), await put(stage, draft), ZOOM)
        assert (event.title, event.block.key, event.location) == ("Other", KEY, URL)
        event = await put(stage, replace(draft, description="Minutes"), event, ZOOM)
        assert (event.notes, event.block.key, event.location) == ("Minutes", KEY, URL)
        assert event.mark == Mark(KEY, event.ref.event, SOURCE)
        event = await put(stage, replace(draft, location="Room 4"), event, NEW, OTHER)
        assert (event.location, event.block.key, event.mark.key) == ("Room 4", OTHER, OTHER)
        assert URL not in event.description

    async def test_details_that_are_there_stay_without_a_meeting(self, stage):
        draft = wish(stage, description="Agenda")
        event = await put(stage, draft, meeting=ZOOM)
        text = event.block.text
        event = await put(stage, replace(draft, title="Other"), event)
        assert (event.block.text, event.location, event.mark.key) == (text, URL, KEY)
        event = await put(stage, replace(draft, description="Minutes"), event)
        assert (event.notes, event.block.key, event.location, event.mark.key) == ("Minutes", KEY, URL, KEY)
        assert event.block.text == text

    async def test_what_people_did_to_the_words_of_others_stays(self, stage):
        draft = wish(stage, description="Agenda")
        event = await put(stage, draft, meeting=ZOOM)
        shaped = event.description.replace("Agenda", "<b>Agenda</b>")
        await stage.keep(event.ref.event, shaped)
        event = await put(stage, replace(draft, title="Other"), await again(stage, event), ZOOM)
        assert "<b>Agenda</b>" in event.description
        assert event.notes == "Agenda"

    @pytest.mark.parametrize("first", [None, ZOOM])
    async def test_what_the_application_has_never_said_is_left_to_people(self, stage, first):
        draft = wish(stage)
        event = await put(stage, draft, meeting=first)
        if first is None:
            await stage.change(event.ref.event, description="My notes", location="My room")
        else:
            await stage.change(event.ref.event, location="My room")
        event = await put(stage, replace(draft, title="Other"), await again(stage, event), ZOOM)
        assert (event.title, event.location, event.block.key) == ("Other", "My room", KEY)
        event = await put(stage, replace(draft, title="Third"), event)
        assert (event.notes, event.location) == ("" if first else "My notes", "My room")
        event = await put(stage, replace(draft, description="", location=""), event, ZOOM)
        assert (event.notes, event.location) == ("", URL)

    async def test_a_changed_event_is_a_conflict_and_stays_as_it_is(self, stage):
        event = await put(stage, wish(stage))
        await stage.change(event.ref.event, title="Changed meanwhile")
        before = await stage.raw(event.ref.event)
        with pytest.raises(Conflict):
            await put(stage, wish(stage, description="Minutes"), event)
        assert await stage.raw(event.ref.event) == before

    async def test_a_change_between_reading_and_writing_is_a_conflict_too(self, stage):
        event = await put(stage, wish(stage))
        stage.fault(op="events.patch", status=412)
        with pytest.raises((Conflict, Transient)):
            await put(stage, wish(stage, title="Other"), event)

    async def test_a_deleted_event_is_not_found(self, stage):
        event = await put(stage, wish(stage))
        await stage.delete(event.ref.event)
        with pytest.raises(NotFound):
            await put(stage, wish(stage, title="Other"), event)
        assert not (await listed(stage)).events

    async def test_a_change_whose_answer_was_lost_is_mailed_once(self, stage):
        draft = wish(stage, attendees=invited(BOB))
        event = await put(stage, draft)
        before = len(stage.mails())
        stage.fault(op="events.patch", drop="after")
        with pytest.raises(Transient):
            await put(stage, replace(draft, title="Other"), event)
        after = await put(stage, replace(draft, title="Other"), await again(stage, event))
        assert after.title == "Other"
        assert mailed(stage, before) == [(BOB, "update")]

    async def test_a_guests_copy_cannot_be_changed(self, stage):
        await put(stage, wish(stage, attendees=invited(BOB)))
        (copy,) = (await stage.guest.changes(stage.guest_info, None)).events
        with pytest.raises(Rejected):
            await stage.guest.put(stage.guest_info, NAME, copy, Placement(wish(stage, title="Mine")))


WORDS = [
    "Agenda",
    "\n",
    "\n\n",
    " ",
    "<b>",
    "</b>",
    "&amp;",
    "&",
    "<",
    "{{ conferencing.invite_block }}",
    "- ",
]
WORDS += [
    "{{ conferencing.join_url }}",
    "https://example.org/map?a=1&b=2",
    "@zoom",
    "___________",
    "🎉",
    "<br>",
]
DRAFTS = st.fixed_dictionaries(
    {},
    optional={
        "title": st.sampled_from(["Board meeting", "Café 🎉 <b>", "@zoom review"]),
        "description": st.lists(st.sampled_from(WORDS), max_size=8).map("".join),
        "location": st.sampled_from(["", "Room 4", "Online: {{ conferencing.join_url }}", "@zoom"]),
        "attendees": st.sampled_from([(), invited(BOB), invited(BOB, ZOE)]),
        "removed": st.sampled_from([(), (ZOE,)]),
        "reminders": st.sampled_from([None, (), (10,), (10, 30)]),
        "transparent": st.booleans(),
        "private": st.booleans(),
        "zone": st.sampled_from(["UTC", "Europe/Berlin", "Asia/Tokyo"]),
        "recurrence": st.sampled_from([(), ("RRULE:FREQ=DAILY;COUNT=3",), ("RRULE:FREQ=WEEKLY",)]),
    },
)
MEETINGS = st.sampled_from([(None, KEY), (ZOOM, KEY), (ZOOM, KEY), (NEW, OTHER)])


class HistoryContract:
    """One wish after the other."""

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=UNSETTLED)
    @given(st.lists(st.tuples(DRAFTS, MEETINGS, st.booleans()), min_size=1, max_size=4))
    async def test_the_event_is_always_as_the_last_wish_says(self, stage, wishes):
        name, event = f"{NAME}{len(stage.calls())}", None
        for what, (meeting, key), native in wishes:
            draft = wish(stage, **what)
            service = stage.native if native and meeting is None else ""
            event = await put(stage, draft, event, meeting, key, name=name, native=service)
            if event.native is not None:  # its link is known now, and may be wanted in the location
                event = await put(stage, draft, event, meeting, key, name=name, native=service)
            assert (event.title, event.start, event.zone) == (draft.title, draft.start, draft.zone)
            assert (event.recurrence == ()) == (draft.recurrence == ())
            assert {guest.address for guest in draft.attendees} - set(draft.removed) <= set(event.attendees)
            assert (event.shown.transparent, event.shown.private) == (draft.transparent, draft.private)
            if meeting is not None:
                assert (event.block.key, event.mark.key) == (key, key)
                assert meeting.join_url in event.block.text
            assert await again(stage, event) == event
            before = len(stage.calls())
            assert await put(stage, draft, event, meeting, key, name=name, native=service) == event
            assert stage.calls()[before:] == ["events.get"]
        await stage.calendar.remove(stage.info, event.ref.event)


class RemovingContract:
    """An event that is to go."""

    async def test_guests_are_told_once(self, stage):
        event = await put(stage, wish(stage, attendees=invited(BOB)))
        before = len(stage.mails())
        for _ in range(2):
            await stage.calendar.remove(stage.info, event.ref.event)
        assert mailed(stage, before) == [(BOB, "cancellation")]
        assert not (await listed(stage)).events

    async def test_what_never_was_is_gone(self, stage):
        await stage.calendar.remove(stage.info, "neverwas0123456789")
        await stage.calendar.remove(replace(stage.info, remote="nowhere@example.com"), "neverwas0123456789")

    async def test_a_removal_whose_answer_was_lost_can_be_repeated(self, stage):
        event = await put(stage, wish(stage, attendees=invited(BOB)))
        before = len(stage.mails())
        stage.fault(op="events.delete", drop="after", times=2)
        with pytest.raises(Transient):
            await stage.calendar.remove(stage.info, event.ref.event)
        await stage.calendar.remove(stage.info, event.ref.event)
        assert mailed(stage, before) == [(BOB, "cancellation")]

    async def test_trouble_passes(self, stage):
        stage.fault(op="events.insert", status=503)
        with pytest.raises(Transient):
            await put(stage, wish(stage))
        event = await put(stage, wish(stage))
        stage.fault(op="events.delete", status=503)
        with pytest.raises(Transient):
            await stage.calendar.remove(stage.info, event.ref.event)
        await stage.calendar.remove(stage.info, event.ref.event)


class NativeContract:
    """The calendar's own meetings, asked for with the event. `stage.native` names them, `stage.meetings` makes them."""

    async def test_the_one_invitation_has_the_meeting_and_creating_it_makes_none_anew(self, stage):
        draft = wish(stage, attendees=invited(BOB), description="Agenda")
        event = await put(stage, draft, native=stage.native)
        assert (event.native.service, event.native.key, event.native.state) == (stage.native, KEY, "ready")
        assert event.mark == Mark(KEY, event.ref.event, SOURCE)
        assert mailed(stage) == [(BOB, "invitation")]
        before = len(stage.calls())
        made = await stage.meetings.create(KEY, stage.asking(event), stage.now())
        assert (made.meeting.join_url, made.meeting.native) == (event.native.join_url, True)
        assert stage.calls()[before:] == ["events.get"]
        after = await put(stage, replace(draft, title="Other"), await again(stage, event), made.meeting)
        assert (after.native, after.title, after.notes) == (event.native, "Other", "Agenda")
        assert after.shown.join_url == event.native.join_url

    @pytest.mark.parametrize("tried", [False, True])
    async def test_an_insert_whose_answer_was_lost_has_one_meeting(self, stage, tried):
        stage.fault(op="events.insert", drop="after")
        with pytest.raises(Transient):
            await put(stage, wish(stage), native=stage.native)
        event = await put(stage, wish(stage), native=stage.native)
        made = await stage.meetings.create(KEY, stage.asking(event), stage.now() if tried else None)
        assert event.native.join_url == made.meeting.join_url
        assert (await listed(stage)).events[0].native.join_url == made.meeting.join_url
        assert stage.rooms(event.ref.event) == 1

    async def test_the_text_of_an_event_changes_without_its_meeting(self, stage):
        draft = wish(stage, description="Agenda", attendees=invited(BOB))
        event = await put(stage, draft, native=stage.native)
        draft = replace(draft, description="Minutes & more", start=draft.start - timedelta(hours=1))
        after = await put(stage, draft, event)
        assert (after.native, after.notes, after.start) == (event.native, "Minutes & more", draft.start)
        assert stage.rooms(event.ref.event) == 1

    async def test_an_event_that_is_there_gets_its_meeting_with_a_change(self, stage):
        draft = wish(stage, attendees=invited(BOB))
        event = await put(stage, draft)
        event = await put(stage, replace(draft, title="Other"), event, native=stage.native)
        assert (event.title, event.native.key, event.mark.key) == ("Other", KEY, KEY)
        assert await put(stage, replace(draft, title="Other"), event, native=stage.native) == event

    async def test_a_series_has_one_meeting_of_ours(self, stage):
        event = await put(stage, wish(stage, recurrence=("RRULE:FREQ=DAILY;COUNT=4",)), native=stage.native)
        one = await stage.calendar.get(stage.info, await stage.occurrence(event.ref.event, 1))
        assert (one.native.key, one.native.join_url) == (KEY, event.native.join_url)
        assert (await again(stage, event)).mark == Mark(KEY, event.ref.event, SOURCE)

    async def test_where_the_calendar_has_none_the_event_is_there_all_the_same(self, stage):
        await stage.forbid()
        event = await put(stage, wish(stage, attendees=invited(BOB)), native=stage.native)
        assert event.native is None or event.native.key == ""
        assert event.title == "Board meeting"
        with pytest.raises(Rejected):
            await stage.meetings.create(KEY, stage.asking(event), stage.now())
        assert mailed(stage)[0] == (BOB, "invitation")


class PuttingContract(
    HistoryContract, InsertingContract, SeriesContract, ChangingContract, RemovingContract, NativeContract
):
    """Everything together."""
