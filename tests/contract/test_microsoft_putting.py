"""Outlook calendars keep the contract of events that applications want, and their own rules."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from aiohttp import ClientSession

from connectors.errors import NotFound, Rejected, Transient
from connectors.model import CalendarInfo, Event, EventRef, Mark, MeetingRequest
from tests.contract.calendar import KEY, ZOOM, again, listed
from tests.contract.microsoft_stage import ADA, BOB, MicrosoftStage, World, credentials
from tests.contract.putting import BOB as GUEST
from tests.contract.putting import NAME, SOURCE, PuttingContract, days, invited, put, wish
from tests.contract.recording import Recorder

FIELDS = {
    "title": {"subject"},
    "description": {"body"},
    "zone": {"isAllDay", "start", "end"},
    "reminders": {"isReminderOn", "reminderMinutesBeforeStart"},
    "transparent": {"showAs"},
    "private": {"sensitivity"},
}


@dataclass
class Bench(MicrosoftStage):
    """Ada's calendar and her Teams meetings."""

    meetings: Any = None
    native: str = "teams"
    recorder: Recorder = field(default_factory=lambda: Recorder(None))  # type: ignore[arg-type]

    def asking(self, event: Event) -> MeetingRequest:
        at = EventRef(ADA, event.ref.event)
        return MeetingRequest(at=at, etag=event.etag, start=event.start, minutes=30)

    def rooms(self, event: str) -> int:
        return sum(len(urls) for urls in self.world.graph.minted.values())

    async def forbid(self) -> None:
        self.world.graph.mailboxes[ADA].home.teams = False

    def sent(self) -> set[str]:
        return set(self.recorder.heard["events.patch"]) - {"@odata.type"}

    def fields(self, name: str) -> set[str]:
        return FIELDS.get(name, {name})

    async def reminders(self, event: str) -> tuple[int, ...]:
        item = await self.item(event)
        return (item["reminderMinutesBeforeStart"],) if item["isReminderOn"] else ()

    async def keep(self, event: str, description: str) -> None:
        body = {"contentType": "html", "content": description}
        await self.world.outlook("PATCH", f"/{event}", {"body": body})


@pytest.fixture
async def microsoft(sandbox, http):
    async with ClientSession() as session:
        world = World(sandbox, Recorder(http), session)
        await world.people()
        yield world


@pytest.fixture
async def stage(microsoft):
    registry = microsoft.registry()
    stage = Bench(
        world=microsoft,
        calendar=registry.calendar(credentials()),
        guest=registry.calendar(credentials(BOB)),
        doorstep="",
        unwatchable=CalendarInfo("", "", "UTC", writable=True),
        meetings=registry.meetings("teams", credentials()),
        recorder=microsoft.http,
    )
    await listed(stage)  # The default calendar's id is known from now on.
    return stage


class TestMicrosoftPutting(PuttingContract):
    pass


async def test_a_repeated_insert_of_what_is_there_is_one_call(microsoft, stage):
    draft = wish(stage, attendees=invited(GUEST), description="Agenda")
    event = await put(stage, draft, meeting=ZOOM)
    before = len(stage.calls())
    assert await put(stage, draft, meeting=ZOOM) == event
    assert stage.calls()[before:] == ["events.insert"]


async def test_an_event_that_people_changed_meanwhile_is_brought_back_by_a_repeated_insert(stage):
    draft = wish(stage)
    event = await put(stage, draft)
    await stage.change(event.ref.event, title="By hand")
    assert (await put(stage, draft)).title == draft.title


async def test_what_was_inserted_under_a_further_life_of_its_name_is_found(microsoft, stage):
    event = await put(stage, wish(stage))
    await stage.calendar.remove(stage.info, event.ref.event)
    microsoft.fault(op="events.list", drop="before", times=2)
    with pytest.raises(Transient):
        await put(stage, wish(stage, title="Two"))
    second = await put(stage, wish(stage, title="Two"))
    third = await put(stage, wish(stage, title="Three"), meeting=ZOOM)
    assert third.ref == second.ref != event.ref
    assert (third.title, third.mark.event) == ("Three", third.ref.event)
    assert (await listed(stage)).events == (third,)


async def test_a_name_that_was_deleted_too_often_is_used_up(stage):
    for number in range(9):
        event = await put(stage, wish(stage, title=str(number)))
        await stage.calendar.remove(stage.info, event.ref.event)
    with pytest.raises(NotFound):
        await put(stage, wish(stage, title="Once more"))


async def test_a_copy_of_an_event_has_none_of_its_marks(microsoft, stage):
    event = await put(stage, wish(stage), meeting=ZOOM)
    copied = (await microsoft.outlook("POST", f"/{event.ref.event}/copy"))["id"]
    copy = await stage.calendar.get(stage.info, copied)
    assert copy.mark.event == NAME
    found = await put(stage, wish(stage, title="Other"), meeting=ZOOM)
    assert (found.ref, found.title) == (event.ref, "Other")
    assert (await stage.calendar.get(stage.info, copied)).title == "Board meeting"


async def test_outlook_has_the_earliest_of_several_reminders(stage):
    event = await put(stage, wish(stage, reminders=(5, 60, 15)))
    assert await stage.reminders(event.ref.event) == (60,)


@pytest.mark.parametrize(
    "rule", ["FREQ=HOURLY", "FREQ=MONTHLY;BYMONTHDAY=1,15", "FREQ=DAILY;BYDAY=MO", "FREQ=MONTHLY;BYDAY=MO"]
)
async def test_a_series_that_outlook_cannot_have_is_refused_with_a_reason(stage, rule):
    before = len(stage.calls())
    with pytest.raises(Rejected, match="Outlook"):
        await put(stage, wish(stage, recurrence=(f"RRULE:{rule}",)))
    assert len(stage.calls()) == before


async def test_a_series_begins_with_its_first_occurrence_and_is_left_alone_then(stage):
    away = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")[(wish(stage).start.weekday() + 2) % 7]
    draft = wish(stage, recurrence=(f"RRULE:FREQ=WEEKLY;BYDAY={away};COUNT=3",))
    event = await put(stage, draft)
    assert (event.start - draft.start).days == 2
    before = len(stage.calls())
    assert await put(stage, draft, event) == event
    assert stage.calls()[before:] == ["events.get"]


@pytest.mark.parametrize("mode", ["strict", "kept"])
async def test_no_text_costs_the_teams_link_that_guests_have(microsoft, stage, mode):
    await microsoft.post("modes", teams_body=mode)
    draft = wish(stage, description="Agenda", attendees=invited(GUEST))
    event = await put(stage, draft, native="teams")
    for text in ("Minutes", "", "One\nTwo"):
        event = await put(stage, replace(draft, description=text), event)
        assert (event.notes, event.native.join_url) == (text, (await again(stage, event)).native.join_url)
    assert stage.rooms(event.ref.event) == 1
    assert event.location == "Microsoft Teams Meeting"


async def test_somebody_elses_teams_meeting_stays_beside_our_details(microsoft, stage):
    event = await put(stage, wish(stage, description="Agenda"))
    online = {"isOnlineMeeting": True, "onlineMeetingProvider": "teamsForBusiness"}
    await microsoft.outlook("PATCH", f"/{event.ref.event}", online)
    seen = await again(stage, event)
    after = await put(stage, wish(stage, description="Minutes"), seen, ZOOM)
    assert (after.native, after.notes, after.block.key) == (seen.native, "Minutes", KEY)
    assert (await put(stage, wish(stage, description="More"), after, ZOOM)).native == seen.native


async def test_a_teams_link_that_comes_late_is_adopted_when_it_is_there(microsoft, stage):
    await microsoft.post("modes", teams={"pending": 30})
    event = await put(stage, wish(stage, attendees=invited(GUEST)), native="teams")
    assert (event.native.state, event.native.key) == ("pending", KEY)
    with pytest.raises(Transient) as caught:
        await stage.meetings.create(KEY, stage.asking(event), stage.now())
    assert caught.value.reason == "pending"
    stage.advance(31)
    made = await stage.meetings.create(KEY, stage.asking(await again(stage, event)), stage.now())
    assert made.meeting.join_url == (await again(stage, event)).native.join_url
    assert made.event.mark == Mark(KEY, event.ref.event, SOURCE)
    assert stage.rooms(event.ref.event) == 1


async def test_a_text_body_stays_one(stage):
    stage.kind = "text"
    event = await put(stage, wish(stage, description="Agenda"))
    await stage.change(event.ref.event, description="By hand")
    event = await put(stage, wish(stage, description="1 < 2\nBye"), await again(stage, event), ZOOM)
    assert (event.html, event.notes, event.block.key) == (False, "1 < 2\nBye", KEY)


async def test_what_is_too_long_for_outlook_is_cut_and_left_alone_then(stage):
    draft = wish(stage, title="A very\nlong title " * 40, location="Room " * 80)
    event = await put(stage, draft)
    assert (len(event.title), len(event.location)) == (255, 255)
    before = len(stage.calls())
    assert await put(stage, draft, event) == event
    assert stage.calls()[before:] == ["events.get"]


async def test_whole_days_have_the_zone_that_was_asked_for(stage):
    event = await put(stage, days(stage, zone="Asia/Kathmandu"))
    assert (event.all_day, event.zone) == (True, "Asia/Kathmandu")
