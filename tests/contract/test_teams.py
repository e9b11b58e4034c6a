"""Microsoft Teams keeps the contract of meetings, and its own rules."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import Any

import pytest
from aiohttp import ClientSession

from connectors.errors import Conflict, NotFound, Rejected, Transient
from connectors.microsoft import blob
from connectors.microsoft.teams import TeamsMeetings
from connectors.model import EventRef, Mark, MeetingRequest
from connectors.registry import Credentials
from sandbox.microsoft import teams
from tests.contract.calendar import SOURCE, ZOOM, Draft
from tests.contract.meetings import KEY, OTHER, MeetingsContract, RemoteMeetingsContract, Stage, insist
from tests.contract.microsoft_stage import ADA, ADAS, BOB, OPS, MicrosoftStage, World, credentials

BY_HAND = {"isOnlineMeeting": True, "onlineMeetingProvider": "teamsForBusiness"}


@pytest.fixture
async def microsoft(sandbox, http):
    async with ClientSession() as session:
        world = World(sandbox, http, session)
        await world.people()
        yield world


@dataclass
class Desk:
    """Ada's Teams meetings, and the one event that they are about."""

    world: World
    teams: TeamsMeetings
    calendar: Any
    page: MicrosoftStage
    event: str

    async def request(self) -> MeetingRequest:
        item = await self.page.item(self.event)
        return MeetingRequest(
            at=EventRef(ADA, self.event), etag=item["@odata.etag"], start=self.page.now(), minutes=30
        )

    async def link(self) -> str:
        return ((await self.page.item(self.event))["onlineMeeting"] or {}).get("joinUrl") or ""

    async def by_hand(self, **fields: Any) -> None:
        await self.world.outlook("PATCH", f"/{self.event}", fields)

    async def read(self):
        return await self.calendar.get(ADAS, self.event)

    def kill(self) -> None:
        teams.kill(self.world.graph, self.world.graph.mailboxes[ADA], self.event)

    def standing(self) -> int:
        mailbox = self.world.graph.mailboxes[ADA]
        rows = [row for calendar in mailbox.calendars.values() for row in calendar.rows.values()]
        return len([row for row in rows if row.body.get("meeting")])


@pytest.fixture
async def desk(microsoft):
    registry = microsoft.registry()
    calendar = registry.calendar(credentials())
    page = MicrosoftStage(microsoft, calendar, None, "", ADAS)
    event = await page.add(Draft(description="Agenda", location="Room 4", guests=(BOB,)))
    await calendar.get(ADAS, event)  # The default calendar's id is known from now on.
    return Desk(microsoft, registry.meetings("teams", credentials()), calendar, page, event)


@pytest.fixture
def stage(desk):
    return Stage(
        meetings=desk.teams,
        request=desk.request,
        now=desk.page.now,
        ops={"create": OPS["write"], "cancel": OPS["write"], "get": OPS["get"]},
        fault=desk.world.fault,
        standing=desk.standing,
        remove=lambda _: desk.kill(),
        advance=desk.page.advance,
    )


class TestTeams(MeetingsContract):
    pass


class TestTeamsAtAProvider(RemoteMeetingsContract):
    pass


async def test_a_meeting_says_all_that_people_need(desk, stage):
    made = (await stage.create()).meeting
    assert (made.service, made.name, made.native) == ("teams", "Microsoft Teams", True)
    assert made.join_url == await desk.link()
    assert made.id
    assert (made.code, made.passcode) == ("", "")


async def test_making_a_meeting_is_one_call_and_leaves_the_body_to_teams(desk, stage):
    request = await desk.request()
    before = len(desk.world.calls())
    event = (await desk.teams.create(KEY, request, None)).event
    assert desk.world.ops()[before:] == ["events.patch"]
    assert "Agenda" in event.notes
    assert desk.standing() == 1


async def test_the_event_is_returned_as_it_stands_and_carries_our_mark(desk, stage):
    event = (await stage.create()).event
    assert event == await desk.read()
    assert (event.native.service, event.native.state, event.native.key) == ("teams", "ready", KEY)
    assert event.mark == Mark(KEY, desk.event, "")


async def test_nothing_else_on_the_event_changes(desk, stage):
    before = await desk.read()
    made = await stage.create()
    assert (made.event.notes, made.event.location) == (before.notes, before.location)
    after = await desk.teams.cancel(KEY, made.meeting, await desk.request(), None)
    # Teams makes room for its invitation, and keeps it.
    assert replace(after, etag=before.etag, description=before.description) == before


async def test_a_stamped_location_is_empty_again_once_the_meeting_is_gone(desk, stage):
    await desk.by_hand(location={"displayName": ""})
    made = await stage.create()
    assert made.event.location == "Microsoft Teams Meeting"
    after = await desk.teams.cancel(KEY, made.meeting, await desk.request(), None)
    assert after.location == ""


async def test_a_link_that_takes_its_time_is_pending_until_it_is_there(desk, stage):
    await desk.world.post("modes", teams={"pending": 5})
    with pytest.raises(Transient) as caught:
        await stage.create()
    assert (caught.value.reason, caught.value.retry_after) == ("pending", 2.0)
    asked = desk.world.ops().count("events.patch")
    made = (await insist(stage, lambda _: stage.create(tried=stage.now()))).meeting
    assert desk.world.ops().count("events.patch") == asked
    assert made.join_url == await desk.link()


async def test_a_meeting_whose_link_is_late_is_taken_away_once_it_is_there(desk, stage):
    await desk.world.post("modes", teams={"pending": 5})
    with pytest.raises(Transient):
        await stage.create()
    with pytest.raises(Transient) as caught:
        await desk.teams.cancel(KEY, None, await desk.request(), stage.now())
    assert caught.value.reason == "pending"
    await insist(stage, lambda tried: _cancel(desk, tried))
    assert stage.standing() == 0


async def _cancel(desk, tried):
    return await desk.teams.cancel(KEY, None, await desk.request(), tried)


async def test_a_personal_account_is_told_plainly_that_it_has_no_teams(desk, stage):
    await desk.world.post("modes", teams="unknown")
    for tried in (None, stage.now()):
        with pytest.raises(Rejected) as caught:
            await stage.create(tried=tried)
        assert caught.value.reason == "teams_not_allowed"
        assert "licence" in str(caught.value)


async def test_a_calendar_without_teams_refuses_for_good(desk, microsoft):
    await microsoft.post("users", email=ADA, home="microsoft", calendars=[{"name": "Plain", "teams": False}])
    plain = await microsoft.calendar_id("Plain")
    event = await microsoft.control("POST", f"outlook/{ADA}/events?calendar={plain}", desk.page.body(Draft()))
    request = MeetingRequest(at=EventRef(plain, event["id"]), etag=event["@odata.etag"])
    with pytest.raises(Rejected) as caught:
        await desk.teams.create(KEY, request, None)
    assert caught.value.reason == "teams_not_allowed"
    infos = {info.remote: info for info in await desk.calendar.calendars()}
    assert (infos[plain].native, infos[ADA].native) == ((), ("teams",))


@pytest.mark.parametrize("blind", [True, False])
async def test_somebody_elses_meeting_is_never_replaced(desk, stage, blind):
    await desk.by_hand(**BY_HAND)
    before = await desk.link()
    request = await desk.request()
    with pytest.raises(Rejected) as caught:
        await desk.teams.create(
            KEY, replace(request, etag="") if blind else request, None if blind else stage.now()
        )
    assert caught.value.reason == "foreign_conference"
    assert await desk.link() == before != ""


async def test_the_meeting_of_another_key_of_ours_is_taken_over(desk, stage):
    first = (await stage.create(OTHER)).meeting
    second = await stage.create(KEY, tried=stage.now())
    assert (second.meeting.id, second.event.native.key) == (first.id, KEY)
    assert await desk.teams.cancel(OTHER, None, await desk.request(), stage.now()) is None
    assert stage.standing() == 1


async def test_cancelling_leaves_the_meeting_that_somebody_made_instead(desk, stage):
    made = (await stage.create()).meeting
    await desk.by_hand(isOnlineMeeting=False)
    await desk.by_hand(**BY_HAND)
    theirs = await desk.link()
    assert theirs not in ("", made.join_url)
    event = await desk.teams.cancel(KEY, made, await desk.request(), stage.now())
    assert await desk.link() == theirs
    assert (event.mark, event.native.key) == (None, "")


async def test_cancelling_on_an_event_that_is_gone_is_fine(desk, stage):
    made = (await stage.create()).meeting
    request = await desk.request()
    await desk.page.delete(desk.event)
    assert await desk.teams.cancel(KEY, made, request, stage.now()) is None
    nowhere = replace(request, at=EventRef("nowhere", "x"))
    assert await desk.teams.cancel(KEY, made, nowhere, None) is None


async def test_cancelling_what_is_not_there_writes_nothing(desk, stage):
    request = await desk.request()
    before = len(desk.world.calls())
    assert await desk.teams.cancel(KEY, None, request, stage.now()) is None
    assert desk.world.ops()[before:] == ["events.get"]


async def test_a_changed_event_is_a_conflict(desk, stage):
    request = await desk.request()
    await desk.page.change(desk.event, title="Changed meanwhile")
    for tried, calls in ((None, ["events.patch"]), (stage.now(), ["events.get"])):
        before = len(desk.world.calls())
        with pytest.raises(Conflict):
            await desk.teams.create(KEY, request, tried)
        assert desk.world.ops()[before:] == calls
    assert stage.standing() == 0


async def test_a_deleted_event_gets_no_meeting(desk, stage):
    request = await desk.request()
    await desk.page.delete(desk.event)
    for tried in (None, stage.now()):
        with pytest.raises((NotFound, Conflict)):
            await desk.teams.create(KEY, request, tried)


async def test_the_link_outlives_every_change_of_the_event(desk, stage):
    made = (await stage.create()).meeting
    await desk.page.change(desk.event, title="Moved", location="Elsewhere")
    await desk.page.change(desk.event, description="Another agenda")
    assert await desk.teams.get(made, EventRef(ADA, desk.event)) == made
    assert (await stage.create(tried=stage.now())).meeting == made


async def test_a_meeting_that_comes_back_with_a_later_write_is_cut_out_once_more(desk, stage):
    made = (await stage.create()).meeting
    bare = await desk.teams.cancel(KEY, made, await desk.request(), None)
    assert bare.native is None
    before = len(desk.world.calls())
    written = await desk.calendar.write(bare, ZOOM, OTHER, SOURCE)
    assert desk.world.ops()[before:] == ["events.patch", "events.patch"]
    assert (written.native, written.block.key, stage.standing()) == (None, OTHER, 0)
    assert "Agenda" in written.notes


async def test_a_meeting_that_cannot_be_taken_off_is_told(desk, stage):
    made = (await stage.create()).meeting
    await desk.world.post("modes", teams_body="kept")
    with pytest.raises(Rejected) as caught:
        await desk.teams.cancel(KEY, made, await desk.request(), None)
    assert caught.value.reason == "teams_not_removed"
    assert made.join_url in str(caught.value)
    assert caught.value.shown == await desk.read()


async def test_an_all_day_event_gets_a_meeting(desk):
    event = await desk.calendar.get(ADAS, await desk.page.add(Draft(days=1)))
    made = await desk.teams.create(KEY, MeetingRequest(at=event.ref, etag=event.etag), None)
    assert made.meeting.join_url


async def test_the_occurrences_of_a_series_share_its_meeting(desk):
    series = await desk.page.add(Draft(recurrence=("RRULE:FREQ=DAILY;COUNT=5",)))
    event = await desk.calendar.get(ADAS, series)
    made = await desk.teams.create(KEY, MeetingRequest(at=event.ref, etag=event.etag, recurring=True), None)
    one = await desk.calendar.get(ADAS, await desk.page.occurrence(series, 2))
    assert (one.native.join_url, one.native.key) == (made.meeting.join_url, KEY)


async def test_teams_is_for_outlook_calendars_only(microsoft):
    registry = microsoft.registry()
    for service, provider in (("teams", "google"), ("meet", "microsoft"), ("zoom", "microsoft")):
        with pytest.raises(Rejected) as caught:
            registry.meetings(service, Credentials(provider, ADA))
        assert caught.value.reason == "not_configured"


async def test_an_answer_that_shows_no_meeting_is_no_success(desk, stage):
    request = await desk.request()
    item = await desk.page.item(desk.event)
    stage.fault(op="events.patch", status=200, body=item)
    with pytest.raises(Rejected):
        await desk.teams.create(KEY, request, None)


async def test_two_who_ask_at_once_make_one_meeting(desk, stage):
    request = await desk.request()
    results = await asyncio.gather(
        *(desk.teams.create(KEY, request, None) for _ in range(2)), return_exceptions=True
    )
    assert [type(result) for result in results if isinstance(result, Exception)] == [Conflict]
    assert stage.standing() == 1


@pytest.mark.parametrize("kind", ["html", "text"])
async def test_the_link_is_filled_into_a_description_beside_the_invitation_with_one_mail(desk, stage, kind):
    desk.page.kind = kind
    await desk.page.change(desk.event, description="Join: {{ conferencing.join_url }}. Bring cake")
    before = await desk.read()
    made = await stage.create()
    (invitation,) = blob.find(made.event.description, html=kind == "html")
    told = made.event.description[invitation.start : invitation.end]
    mails, calls = len(desk.page.mails()), len(desk.world.calls())
    written = await desk.calendar.write(made.event, made.meeting, KEY, SOURCE)
    assert desk.world.ops()[calls:] == ["events.patch"]
    assert len(desk.page.mails()) - mails == desk.page.mails_per_write
    assert (written.notes, written.native) == (
        f"Join: {made.meeting.join_url}. Bring cake",
        made.event.native,
    )
    assert told in written.description
    assert await desk.link() == made.meeting.join_url
    assert await desk.calendar.write(written, made.meeting, KEY, SOURCE) == written
    bare = await desk.calendar.write(written, None, KEY, earlier=made.meeting.join_url)
    assert (bare.description.rstrip(), bare.mark, bare.native) == (before.description.rstrip(), None, None)
    assert await desk.link() == ""
    assert len(desk.page.mails()) - mails == 2 * desk.page.mails_per_write


async def test_making_a_meeting_keeps_the_note_of_where_a_link_stands(desk, stage):
    request = replace(await desk.request(), links="0123456789abcdefgh")
    made = await desk.teams.create(KEY, request, None)
    assert made.event.mark == Mark(KEY, desk.event, "", "0123456789abcdefgh")
