"""Google Calendar keeps the contract of events that applications want, and its own rules."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import ClientSession

from connectors.drafts import Placement
from connectors.errors import NotFound, Transient
from connectors.model import Event, EventRef, MeetingRequest
from sandbox.google.state import Google
from tests.contract.calendar import KEY, ZOOM, again, listed
from tests.contract.google_stage import ADA, BOB, GoogleStage, World
from tests.contract.putting import BOB as GUEST
from tests.contract.putting import NAME, PuttingContract, invited, mailed, put, wish
from tests.contract.recording import Recorder

FIELDS = {
    "title": {"summary"},
    "zone": {"start", "end"},
    "reminders": {"reminders"},
    "transparent": {"transparency"},
    "private": {"visibility"},
}


@dataclass
class Bench(GoogleStage):
    """Ada's calendar and her Meets."""

    meetings: Any = None
    native: str = "meet"
    recorder: Recorder = field(default_factory=lambda: Recorder(None))  # type: ignore[arg-type]

    def asking(self, event: Event) -> MeetingRequest:
        at = EventRef(ADA, event.ref.event)
        return MeetingRequest(at=at, etag=event.etag, start=event.start, minutes=30)

    def rooms(self, event: str) -> int:
        return len(self.world.sandbox.world.room(Google).meet_codes)

    async def forbid(self) -> None:
        self.world.sandbox.world.room(Google).calendars[ADA].meet = False

    def sent(self) -> set[str]:
        return set(self.recorder.heard["events.patch"])

    def fields(self, name: str) -> set[str]:
        return FIELDS.get(name, {name})

    async def reminders(self, event: str) -> tuple[int, ...]:
        told = (await self.item(event))["reminders"]
        assert told["useDefault"] is False
        return tuple(one["minutes"] for one in told.get("overrides", ()))

    async def keep(self, event: str, description: str) -> None:
        await self.change(event, description=description)


@pytest.fixture
async def google(sandbox, http):
    async with ClientSession() as session:
        world = World(sandbox, Recorder(http), session)
        await world.people()
        yield world


@pytest.fixture
async def stage(google):
    registry, credentials = google.registry(), await google.credentials()
    return Bench(
        world=google,
        calendar=registry.calendar(credentials),
        guest=registry.calendar(await google.credentials(BOB)),
        doorstep="",
        meetings=registry.meetings("meet", credentials),
        recorder=google.http,
    )


class TestGooglePutting(PuttingContract):
    pass


def queries(google, op):
    return [parse_qs(urlsplit(call["path"]).query) for call in google.calls() if call["op"] == op]


async def test_the_name_is_the_id(stage):
    assert (await put(stage, wish(stage))).ref == EventRef(ADA, NAME)


async def test_a_repeated_insert_of_what_is_there_reads_and_writes_nothing(google, stage):
    draft = wish(stage, attendees=invited(GUEST))
    event = await put(stage, draft, meeting=ZOOM)
    assert await put(stage, draft, meeting=ZOOM) == event
    assert google.ops() == ["events.insert", "events.insert", "events.get"]
    assert [query["sendUpdates"] for query in queries(google, "events.insert")] == [["all"], ["all"]]


async def test_who_has_no_guests_mails_nobody(google, stage):
    event = await put(stage, wish(stage))
    await put(stage, wish(stage, title="Other"), event)
    assert queries(google, "events.insert")[0]["sendUpdates"] == ["none"]
    assert queries(google, "events.patch")[0]["sendUpdates"] == ["none"]


async def test_a_name_that_is_used_up_is_not_found(google, stage):
    await put(stage, wish(stage))
    calendar = google.sandbox.world.room(Google).calendars[ADA]
    row = calendar.rows[NAME]
    google.fault(op="events.get", status=404, body=_error("notFound"))
    with pytest.raises(NotFound):
        await put(stage, wish(stage))
    assert calendar.rows[NAME] == row


async def test_a_deleted_event_of_which_nothing_is_told_but_its_id_comes_back(google, stage):
    event = await put(stage, wish(stage, title="One", description="Agenda"))
    await stage.calendar.remove(stage.info, NAME)
    bare = '{"kind": "calendar#event", "id": "%s", "status": "cancelled", "etag": "%s"}'
    etag = (await stage.item(NAME))["etag"].replace('"', '\\"')
    google.fault(op="events.get", status=200, body=bare % (NAME, etag))
    again_there = await put(stage, wish(stage, title="Two", description="Minutes"), meeting=ZOOM)
    assert (again_there.title, again_there.notes, again_there.block.key) == ("Two", "Minutes", KEY)
    assert again_there.ref == event.ref
    assert (await listed(stage)).events == (again_there,)


@pytest.mark.parametrize("mode", ["reject_400", "drop_silently", "accept"])
async def test_conference_data_of_third_parties_is_tried_with_the_insert(google, stage, mode):
    await google.post("modes", addon=mode)
    calendar = google.registry(third_party_conference_data=True).calendar(await google.credentials())
    draft = wish(stage, attendees=invited(GUEST))
    event = await calendar.put(stage.info, NAME, None, Placement(draft, ZOOM, KEY, "api:default"))
    assert event.block.key == KEY
    assert (event.native is not None and event.native.key == KEY) is (mode == "accept")
    assert google.ops() == ["events.insert"] * (2 if mode == "reject_400" else 1)
    assert mailed(stage) == [(GUEST, "invitation")]


async def test_dates_that_people_left_out_of_a_series_stay_out(stage):
    draft = wish(stage, recurrence=("RRULE:FREQ=DAILY;COUNT=5",))
    event = await put(stage, draft)
    left_out = "EXDATE;TZID=Europe/Berlin:" + f"{draft.start:%Y%m%d}T100000"
    await stage.world.events("PATCH", f"/{NAME}", {"recurrence": [*event.recurrence, left_out]})
    draft = replace(draft, recurrence=("RRULE:FREQ=DAILY;COUNT=6",))
    event = await put(stage, draft, await again(stage, event))
    assert set(event.recurrence) == {"RRULE:FREQ=DAILY;COUNT=6", left_out}


async def test_of_many_reminders_the_earliest_are_kept(stage):
    await put(stage, wish(stage, reminders=(1, 2, 3, 4, 5, 6, 60)))
    assert await stage.reminders(NAME) == (60, 6, 5, 4, 3)


async def test_another_name_of_the_same_time_is_mailed_to_nobody(google, stage):
    draft = wish(stage, attendees=invited(GUEST))
    event = await put(stage, draft)
    event = await put(stage, replace(draft, zone="Europe/Vienna"), event)
    assert (event.zone, mailed(stage)) == ("Europe/Vienna", [(GUEST, "invitation")])


async def test_a_meet_that_comes_late_is_asked_for_once(google, stage):
    await google.post("modes", meet={"pending": 30})
    draft = wish(stage, attendees=invited(GUEST))
    event = await put(stage, draft, native="meet")
    assert (event.native.state, event.native.key) == ("pending", KEY)
    event = await put(stage, replace(draft, title="Other"), event, native="meet")
    with pytest.raises(Transient):
        await stage.meetings.create(KEY, stage.asking(event), stage.now())
    stage.advance(31)
    made = await stage.meetings.create(KEY, stage.asking(await again(stage, event)), stage.now())
    assert made.meeting.join_url == (await again(stage, event)).native.join_url
    assert stage.rooms(NAME) == 1


async def test_a_meet_that_failed_is_asked_for_again_with_the_next_change(google, stage):
    await google.post("modes", meet="failure")
    event = await put(stage, wish(stage), native="meet")
    assert event.native.state == "failed"
    await google.post("modes", meet="success")
    event = await put(stage, wish(stage), event, native="meet")
    assert (event.native.state, event.native.key) == ("ready", KEY)


async def test_somebody_elses_conference_stays(google, stage):
    event = await put(stage, wish(stage))
    request = {"requestId": "by-hand", "conferenceSolutionKey": {"type": "hangoutsMeet"}}
    await google.events("PATCH", f"/{NAME}", {"conferenceData": {"createRequest": request}})
    seen = await again(stage, event)
    after = await put(stage, wish(stage, title="Other"), seen, native="meet")
    assert (after.title, after.native, after.native.key) == ("Other", seen.native, "")


def _error(reason):
    return json.dumps({"error": {"errors": [{"reason": reason}], "code": 404, "message": reason}})
