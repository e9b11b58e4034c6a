"""Google Meet keeps the contract of meetings, and its own rules."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest
from aiohttp import ClientSession

from connectors.errors import Conflict, NotFound, Rejected, Transient
from connectors.google.meet import MeetMeetings
from connectors.model import EventRef, Mark, MeetingRequest
from sandbox.google import events
from sandbox.google.state import Google
from tests.contract.calendar import SOURCE, Draft
from tests.contract.google_stage import ADA, ADAS, BOB, OPS, GoogleStage, World
from tests.contract.meetings import KEY, OTHER, MeetingsContract, RemoteMeetingsContract, Stage, insist

OWN_ROOM = {"createRequest": {"requestId": "by-hand", "conferenceSolutionKey": {"type": "hangoutsMeet"}}}


@pytest.fixture
async def google(sandbox, http):
    async with ClientSession() as session:
        world = World(sandbox, http, session)
        await world.people()
        yield world


@dataclass
class Desk:
    """Ada's Meets, and the one event that they are about."""

    world: World
    meet: MeetMeetings
    calendar: Any
    page: GoogleStage
    event: str

    async def request(self) -> MeetingRequest:
        item = await self.page.item(self.event)
        return MeetingRequest(
            at=EventRef(ADA, self.event), etag=item["etag"], start=self.page.now(), minutes=30
        )

    async def conference(self) -> dict[str, Any] | None:
        return (await self.page.item(self.event)).get("conferenceData")

    async def by_hand(self, conference: dict[str, Any] | None) -> None:
        await self.world.events("PATCH", f"/{self.event}", {"conferenceData": conference})

    def change(self, body: dict[str, Any]) -> None:
        google = self.world.sandbox.world.room(Google)
        writer = events.Writer(ADA, person=True, conference=True)
        events.change(google, writer, google.calendars[ADA], self.event, body)

    def forget(self) -> None:
        """Let Google forget who asked for the Meet, as it sometimes does."""
        google = self.world.sandbox.world.room(Google)
        row = google.calendars[ADA].rows[self.event]
        conference = {
            name: part for name, part in row.body["conferenceData"].items() if name != "createRequest"
        }
        google.put(google.calendars[ADA], replace(row, body={**row.body, "conferenceData": conference}))

    def rooms(self) -> int:
        rows = self.world.sandbox.world.room(Google).calendars[ADA].rows.values()
        found = [row.body.get("conferenceData") or {} for row in rows if row.body["status"] != "cancelled"]
        return len([conference for conference in found if conference.get("entryPoints")])


@pytest.fixture
async def desk(google):
    registry, credentials = google.registry(), await google.credentials()
    calendar = registry.calendar(credentials)
    page = GoogleStage(google, calendar, None, "")
    event = await page.add(Draft(description="Agenda", location="Room 4", guests=(BOB,)))
    return Desk(google, registry.meetings("meet", credentials), calendar, page, event)


@pytest.fixture
def stage(desk):
    return Stage(
        meetings=desk.meet,
        request=desk.request,
        now=desk.page.now,
        ops={"create": OPS["write"], "cancel": OPS["write"], "get": OPS["get"]},
        fault=desk.world.fault,
        standing=desk.rooms,
        remove=lambda _: desk.change({"conferenceData": None}),
        advance=desk.page.advance,
    )


class TestMeet(MeetingsContract):
    pass


class TestMeetAtAProvider(RemoteMeetingsContract):
    pass


async def test_a_meet_says_all_that_people_need(stage):
    made = (await stage.create()).meeting
    assert (made.service, made.name, made.native) == ("meet", "Google Meet", True)
    assert made.join_url == f"https://meet.google.com/{made.id}"
    assert (made.code, made.passcode) == (made.id, "")
    assert [phone.country for phone in made.phones] == ["US"]
    assert made.phone_passcode


async def test_making_a_meet_is_one_call(desk, stage):
    request = await desk.request()
    before = len(desk.world.ops())
    await desk.meet.create(KEY, request, None)
    assert desk.world.ops()[before:] == ["events.patch"]


async def test_the_event_is_returned_as_it_stands_and_carries_our_mark(desk, stage):
    event = (await stage.create()).event
    assert event == await desk.calendar.get(ADAS, desk.event)
    assert event.native.key == KEY
    assert (event.native.service, event.native.state) == ("meet", "ready")
    assert event.mark == Mark(KEY, desk.event, "")


async def test_nothing_else_on_the_event_changes(desk, stage):
    before = await desk.calendar.get(ADAS, desk.event)
    made = await stage.create()
    assert replace(made.event, etag=before.etag, native=None, mark=None) == before
    after = await desk.meet.cancel(KEY, made.meeting, await desk.request(), None)
    assert replace(after, etag=before.etag) == before


async def test_nobody_is_mailed(desk, stage):
    before = len(desk.page.mails())
    made = (await stage.create()).meeting
    await desk.meet.cancel(KEY, made, await desk.request(), None)
    assert len(desk.page.mails()) == before


async def test_a_meet_that_takes_its_time_is_pending_until_it_is_there(desk, stage):
    await desk.world.post("modes", meet={"pending": 5})
    with pytest.raises(Transient) as caught:
        await stage.create()
    assert (caught.value.reason, caught.value.retry_after) == ("pending", 2.0)
    asked = desk.world.ops().count("events.patch")
    made = (await insist(stage, lambda _: stage.create(tried=stage.now()))).meeting
    assert desk.world.ops().count("events.patch") == asked
    assert (await desk.conference())["conferenceId"] == made.id


async def test_a_failed_meet_is_asked_for_under_the_next_id(desk, stage):
    await desk.world.post("modes", meet="failure")
    for tried in (None, stage.now(), stage.now()):
        with pytest.raises(Transient) as caught:
            await stage.create(tried=tried)
        assert caught.value.reason == "failed"
    await desk.world.post("modes", meet="success")
    event = (await stage.create(tried=stage.now())).event
    assert (await desk.conference())["createRequest"]["requestId"] == f"{KEY}-4"
    assert event.native.key == KEY


async def test_a_calendar_without_meet_refuses_for_good(desk, google):
    quiet = {"id": "plain@group.calendar.google.com", "meet": False}
    await google.post("users", email=ADA, calendars=[quiet])
    event = await google.events("POST", body=desk.page.body(Draft()), calendar=quiet["id"])
    request = MeetingRequest(at=EventRef(quiet["id"], event["id"]), etag=event["etag"])
    with pytest.raises(Rejected) as caught:
        await desk.meet.create(KEY, request, None)
    assert caught.value.reason == "meet_not_allowed"
    infos = {info.remote: info for info in await desk.calendar.calendars()}
    assert (infos[quiet["id"]].native, infos[ADA].native) == ((), ("meet",))


@pytest.mark.parametrize("blind", [True, False])
async def test_somebody_elses_conference_is_never_replaced(desk, stage, blind):
    await desk.by_hand(OWN_ROOM)
    before = await desk.conference()
    request = await desk.request()
    with pytest.raises(Rejected) as caught:
        await desk.meet.create(
            KEY, replace(request, etag="") if blind else request, None if blind else stage.now()
        )
    assert caught.value.reason == "foreign_conference"
    assert await desk.conference() == before


async def test_a_meet_of_another_key_of_ours_makes_way(desk, stage):
    first = (await stage.create(OTHER)).meeting
    second = (await stage.create(KEY, tried=stage.now())).meeting
    assert first.id != second.id
    assert stage.standing() == 1


async def test_cancelling_leaves_the_room_that_somebody_made_instead(desk, stage):
    made = (await stage.create()).meeting
    await desk.by_hand(None)
    await desk.by_hand(OWN_ROOM)
    theirs = await desk.conference()
    event = await desk.meet.cancel(KEY, made, await desk.request(), stage.now())
    assert await desk.conference() == theirs
    assert (event.mark, event.native.key) == (None, "")


async def test_a_meet_whose_key_google_has_forgotten_is_still_ours(desk, stage):
    made = (await stage.create()).meeting
    desk.forget()
    assert (await stage.create(tried=stage.now())).meeting == made
    seen = await desk.calendar.get(ADAS, desk.event)
    assert seen.native.key == ""
    bare = await desk.calendar.write(seen, None, KEY, earlier=made.join_url)
    assert (bare.native, bare.mark, stage.standing()) == (None, None, 0)


async def test_a_meet_whose_key_google_has_forgotten_is_cancelled_by_its_id(desk, stage):
    made = (await stage.create()).meeting
    desk.forget()
    event = await desk.meet.cancel(KEY, made, await desk.request(), None)
    assert (event.native, event.mark) == (None, None)


async def test_cancelling_on_an_event_that_is_gone_is_fine(desk, stage):
    made = (await stage.create()).meeting
    request = await desk.request()
    await desk.page.delete(desk.event)
    assert await desk.meet.cancel(KEY, made, request, stage.now()) is None
    nowhere = replace(request, at=EventRef("nowhere@example.com", "x"))
    assert await desk.meet.cancel(KEY, made, nowhere, None) is None


async def test_cancelling_what_is_not_there_writes_nothing(desk, stage):
    request = await desk.request()
    before = len(desk.world.ops())
    assert await desk.meet.cancel(KEY, None, request, stage.now()) is None
    assert desk.world.ops()[before:] == ["events.get"]


async def test_a_changed_event_is_a_conflict(desk, stage):
    request = await desk.request()
    await desk.page.change(desk.event, title="Changed meanwhile")
    for tried, calls in ((None, ["events.patch"]), (stage.now(), ["events.get"])):
        before = len(desk.world.ops())
        with pytest.raises(Conflict):
            await desk.meet.create(KEY, request, tried)
        assert desk.world.ops()[before:] == calls
    assert stage.standing() == 0


async def test_a_deleted_event_gets_no_meet(desk, stage):
    request = await desk.request()
    await desk.page.delete(desk.event)
    for tried in (None, stage.now()):
        with pytest.raises((NotFound, Conflict)):
            await desk.meet.create(KEY, request, tried)


async def test_the_link_outlives_every_change_of_the_event(desk, stage):
    made = (await stage.create()).meeting
    await desk.page.change(desk.event, title="Moved")
    desk.change({"start": {"dateTime": "2030-01-01T10:00:00Z"}, "end": {"dateTime": "2030-01-01T11:00:00Z"}})
    assert await desk.meet.get(made, EventRef(ADA, desk.event)) == made
    assert (await stage.create(tried=stage.now())).meeting == made


async def test_an_all_day_event_gets_a_meet_and_its_time_is_left_to_the_calendar(desk, google):
    event = await desk.calendar.get(ADAS, await desk.page.add(Draft(days=1)))
    made = await desk.meet.create(KEY, MeetingRequest(at=event.ref, etag=event.etag), None)
    assert made.meeting.join_url
    assert made.event is None


async def test_a_guests_copy_gets_no_meet(desk, google, stage):
    bobs = google.registry().meetings("meet", await google.credentials(BOB))
    for mode in ("refuse_all", "forbidden", "silent"):
        await google.post("modes", foreign_write=mode)
        copy = await google.events("GET", f"/{desk.event}", email=BOB)
        request = MeetingRequest(at=EventRef(BOB, desk.event), etag=copy["etag"])
        with pytest.raises(Rejected):
            await bobs.create(KEY, request, None)
    assert stage.standing() == 0


async def test_the_link_is_filled_into_a_description_followed_and_put_back(desk, stage):
    text = "Join: {{ conferencing.join_url }}\nBring cake"
    await desk.world.events("PATCH", f"/{desk.event}", {"description": text})
    made = await stage.create()
    written = await desk.calendar.write(made.event, made.meeting, KEY, SOURCE)
    link = made.meeting.join_url
    assert (written.description, written.block) == (f"Join: {link}\nBring cake", None)
    assert (written.native, written.mark.source) == (made.event.native, SOURCE)
    assert await desk.calendar.write(written, made.meeting, KEY, SOURCE) == written
    other = replace(made.meeting, join_url="https://meet.google.com/xyz-abcd-efg")
    changed = await desk.calendar.write(written, other, KEY, SOURCE)
    assert changed.description == f"Join: {other.join_url}\nBring cake"
    bare = await desk.calendar.write(changed, None, KEY, earlier=link)
    assert (bare.description, bare.mark, bare.native) == (text, None, None)


async def test_making_a_meet_keeps_the_note_of_where_a_link_stands(desk, stage):
    request = replace(await desk.request(), links="0123456789abcdefgh")
    made = await desk.meet.create(KEY, request, None)
    assert made.event.mark == Mark(KEY, desk.event, "", "0123456789abcdefgh")
