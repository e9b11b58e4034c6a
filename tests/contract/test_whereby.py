"""Whereby keeps the contract of meetings, and its own rules: a room cannot be changed, only replaced."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from connectors.errors import UNTOUCHED, NotFound, Rejected, Transient
from connectors.model import EventRef, MeetingRequest
from connectors.settings import WherebySettings
from connectors.whereby.meetings import WherebyMeetings
from sandbox.whereby.room import Organisation
from tests.contract.listing import ListingContract
from tests.contract.meetings import KEY, OTHER, MeetingsContract, RemoteMeetingsContract, Stage, insist

LAG = 10.0
DAYS = 30


@pytest.fixture
def organisation(sandbox):
    return sandbox.world.room(Organisation)


@pytest.fixture
def connect_whereby(sandbox, http, now):
    def connect(**changes):
        base = WherebySettings(
            api_key="sandbox-whereby-key",
            api_base=f"{sandbox.url}/whereby/v1",
            room_days=DAYS,
            list_lag_seconds=LAG,
        )
        return WherebyMeetings(replace(base, **changes), http, now)

    return connect


@pytest.fixture
def whereby(connect_whereby):
    return connect_whereby()


@pytest.fixture
def request_(now):
    start = now().replace(minute=0, second=0, microsecond=0) + timedelta(days=200)
    at = EventRef("ada@example.com", "e1")
    return MeetingRequest(at=at, host="ada@example.com", start=start, minutes=45, zone="Europe/Berlin")


@pytest.fixture
def stage(sandbox, whereby, organisation, now, request_):
    async def request():
        return request_

    return Stage(
        meetings=whereby,
        request=request,
        now=now,
        ops={
            "create": "whereby.create",
            "update": "whereby.get",
            "cancel": "whereby.delete",
            "get": "whereby.get",
        },
        fault=lambda **what: sandbox.world.faults.add(provider="whereby", **what),
        standing=lambda: len(organisation.standing()),
        remove=lambda meeting: organisation.remove(meeting.id),
        advance=sandbox.world.clock.advance,
    )


class TestWherebyMeetings(MeetingsContract):
    pass


class TestWherebyListing(ListingContract):
    pass


class TestWherebyAtAProvider(RemoteMeetingsContract):
    pass


def only(organisation):
    (room,) = organisation.standing().values()
    return room


def calls(sandbox):
    return [call["op"] for call in sandbox.world.calls.since(0)]


def end(request: MeetingRequest) -> datetime:
    return request.start + timedelta(minutes=request.minutes)


async def test_a_room_lasts_well_beyond_its_event_and_lets_everybody_in(whereby, organisation, request_):
    made = (await whereby.create(KEY, request_, None)).meeting
    there = only(organisation)
    assert there.end == end(request_) + timedelta(days=DAYS)
    assert (there.locked, there.mode) == (False, "group")
    assert there.name.startswith(f"/{KEY}")
    assert made.join_url.endswith(there.name)


async def test_the_room_of_a_series_lasts_for_years(whereby, organisation, request_, now):
    series = replace(request_, start=None, minutes=0, recurring=True)
    made = (await whereby.create(KEY, series, None)).meeting
    assert only(organisation).end > now() + timedelta(days=3650)
    assert (await whereby.update(KEY, made, series)).meeting == made


async def test_a_room_for_four_is_made_where_the_settings_say_so(connect_whereby, organisation, request_):
    await connect_whereby(room_mode="normal").create(KEY, request_, None)
    assert only(organisation).mode == "normal"


async def test_a_move_within_the_life_of_the_room_writes_nothing(whereby, sandbox, request_):
    made = (await whereby.create(KEY, request_, None)).meeting
    later = replace(request_, start=request_.start + timedelta(days=DAYS) - timedelta(minutes=1))
    assert (await whereby.update(KEY, made, later)).meeting == made
    assert calls(sandbox) == ["whereby.create", "whereby.get"]


async def test_a_move_beyond_the_life_of_the_room_takes_another_and_then_the_old_one_goes(
    whereby, sandbox, organisation, request_
):
    made = (await whereby.create(KEY, request_, None)).meeting
    later = replace(request_, start=request_.start + timedelta(days=DAYS + 1))
    with pytest.raises(NotFound, match="closes before the event"):
        await whereby.update(KEY, made, later)
    assert made.id in organisation.standing()
    again = (await whereby.create(KEY, later, datetime.min.replace(tzinfo=request_.start.tzinfo))).meeting
    assert again.join_url != made.join_url
    assert (only(organisation).id, only(organisation).end) == (again.id, end(later) + timedelta(days=DAYS))
    assert calls(sandbox)[-3:] == ["whereby.list", "whereby.create", "whereby.delete"]


async def test_a_replacement_whose_answer_is_lost_still_leaves_one_room(
    stage, whereby, organisation, request_
):
    made = (await whereby.create(KEY, request_, None)).meeting
    later = replace(request_, start=request_.start + timedelta(days=DAYS + 1))
    stage.advance(3600)
    stage.befalls("create", drop="after")
    stage.befalls("cancel", drop="before")
    long_ago = stage.now() - timedelta(hours=1)
    tried = long_ago
    for _ in range(4):
        at = stage.now()
        try:
            again = (await whereby.create(KEY, later, tried)).meeting
            break
        except Transient:
            tried = at
            stage.advance(LAG + 1)
    assert again.id != made.id
    assert only(organisation).id == again.id


async def test_a_busy_moment_after_a_new_room_was_made_leaves_one_room(
    whereby, stage, organisation, request_
):
    await whereby.create(KEY, request_, None)
    later = replace(request_, start=end(request_) + timedelta(days=DAYS + 1))
    organisation.switches = replace(organisation.switches, list_lag=LAG - 1)
    stage.fault(op="whereby.delete", status=429)
    stage.advance(LAG)
    tried = stage.now() - timedelta(hours=1)
    for _ in range(4):
        at = stage.now()
        try:
            made = (await whereby.create(KEY, later, tried)).meeting
            break
        except Transient as error:
            tried = tried if error.reason in UNTOUCHED else at
            stage.advance(error.retry_after or LAG)
    assert only(organisation).id == made.id


async def test_a_single_room_that_soon_closes_is_none_for_a_series(whereby, request_, now):
    soon = replace(request_, start=now() + timedelta(days=1))
    made = (await whereby.create(KEY, soon, None)).meeting
    with pytest.raises(NotFound):
        await whereby.update(KEY, made, replace(request_, start=None, minutes=0, recurring=True))


async def test_a_room_that_is_over_is_gone(whereby, stage, request_):
    made = (await whereby.create(KEY, request_, None)).meeting
    stage.advance((end(request_) + timedelta(days=DAYS) - stage.now()).total_seconds() + 1)
    with pytest.raises(NotFound):
        await whereby.get(made, request_.at)


async def test_an_orphan_is_found_on_a_late_page(stage, whereby, organisation, request_):
    stage.befalls("create", drop="after")
    with pytest.raises(Transient):
        await whereby.create(KEY, request_, None)
    first = only(organisation)
    for more in range(120):
        organisation.keep(replace(first, id=f"x{more}", name=f"/{KEY}x{more}"))
        organisation.keep(replace(first, id=f"y{more}", name=f"/{OTHER}{more}"))
    made = (await whereby.create(KEY, request_, stage.now() - timedelta(hours=1))).meeting
    mine = [one for one in organisation.standing().values() if one.name.startswith(f"/{KEY}")]
    assert [one.id for one in mine] == [made.id]
    assert len(organisation.standing()) == 121


async def test_a_list_that_lags_makes_no_second_room(stage, whereby, organisation, request_):
    organisation.switches = replace(organisation.switches, list_lag=LAG - 1)
    stage.befalls("create", drop="after")
    await insist(stage, lambda tried: whereby.create(KEY, request_, tried))
    assert len(organisation.standing()) == 1


async def test_a_cancel_waits_for_a_list_that_lags(stage, whereby, organisation, request_):
    organisation.switches = replace(organisation.switches, list_lag=LAG - 1)
    stage.befalls("create", drop="after")
    tried = stage.now()
    with pytest.raises(Transient):
        await whereby.create(KEY, request_, None)
    with pytest.raises(Transient) as caught:
        await whereby.cancel(KEY, None, request_, tried)
    assert caught.value.reason == "list_lag"
    stage.advance(caught.value.retry_after)
    await whereby.cancel(KEY, None, request_, tried)
    assert not organisation.standing()


async def test_a_broken_list_is_not_an_empty_one(stage, whereby, organisation, request_):
    await whereby.create(KEY, request_, None)
    stage.fault(op="whereby.list", status=200, body={"strange": True})
    with pytest.raises(Transient):
        await whereby.create(KEY, request_, stage.now() - timedelta(hours=1))
    assert len(organisation.standing()) == 1


async def test_a_cancel_of_what_was_never_tried_calls_nobody(whereby, sandbox, request_):
    await whereby.cancel(KEY, None, request_, None)
    assert not calls(sandbox)


async def test_spent_points_say_when_there_are_more(whereby, organisation, request_):
    organisation.switches = replace(organisation.switches, points_per_minute=3)
    await whereby.create(KEY, request_, None)
    with pytest.raises(Transient) as caught:
        await whereby.create(OTHER, request_, None)
    assert caught.value.reason == "rate_limit"
    assert 0 < caught.value.retry_after <= 61


async def test_a_plan_that_does_not_allow_it_is_refused_in_whereby_s_words(stage, whereby, request_):
    stage.befalls("create", status=403, times=-1)
    with pytest.raises(Rejected, match="Not allowed to perform action"):
        await whereby.create(KEY, request_, None)


async def test_the_link_of_hosts_is_never_asked_for(whereby, sandbox, request_):
    made = (await whereby.create(KEY, request_, None)).meeting
    read = await whereby.get(made, request_.at)
    assert "roomKey" not in repr((made, read))
    assert not [call for call in sandbox.world.calls.since(0) if "fields" in call["path"]]
