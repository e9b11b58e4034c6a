"""Daily keeps the contract of meetings, and its own rules: our key is the room's name."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from connectors.daily.meetings import DailyMeetings
from connectors.errors import NotFound, Rejected, Transient
from connectors.http import connect
from connectors.lanes import Limits
from connectors.model import EventRef, MeetingRequest
from connectors.settings import DailySettings
from daemon.app import DAILY_PAGES, DAILY_RATE
from sandbox.daily.room import Domain
from tests.contract.listing import ListingContract
from tests.contract.meetings import KEY, OTHER, MeetingsContract, RemoteMeetingsContract, Stage


@pytest.fixture
def domain(sandbox):
    return sandbox.world.room(Domain)


def settings(sandbox):
    return DailySettings(
        api_key="sandbox-daily-key", api_base=f"{sandbox.url}/daily/v1", early_minutes=15, late_minutes=120
    )


@pytest.fixture
def daily(sandbox, http, now):
    return DailyMeetings(settings(sandbox), http, now)


@pytest.fixture
def request_(now):
    start = now().replace(minute=0, second=0, microsecond=0) + timedelta(days=2)
    at = EventRef("ada@example.com", "e1")
    return MeetingRequest(at=at, host="ada@example.com", start=start, minutes=45, zone="Europe/Berlin")


@pytest.fixture
def stage(sandbox, daily, domain, now, request_):
    async def request():
        return request_

    return Stage(
        meetings=daily,
        request=request,
        now=now,
        ops={
            "create": "daily.create",
            "update": "daily.update",
            "cancel": "daily.delete",
            "get": "daily.get",
        },
        fault=lambda **what: sandbox.world.faults.add(provider="daily", **what),
        standing=lambda: len(domain.standing()),
        remove=lambda meeting: domain.remove(meeting.id),
        advance=sandbox.world.clock.advance,
    )


class TestDailyMeetings(MeetingsContract):
    pass


class TestDailyListing(ListingContract):
    pass


class TestDailyAtAProvider(RemoteMeetingsContract):
    pass


def calls(sandbox):
    return [call["op"] for call in sandbox.world.calls.since(0)]


def only(domain):
    (room,) = domain.standing().values()
    return room


def times(request: MeetingRequest) -> dict[str, int]:
    start = int(request.start.timestamp())
    return {"nbf": start - 15 * 60, "exp": start + (request.minutes + 120) * 60}


async def test_a_room_is_open_around_its_event(daily, domain, request_):
    made = (await daily.create(KEY, request_, None)).meeting
    assert (only(domain).name, only(domain).privacy) == (KEY, "public")
    assert only(domain).config == times(request_)
    assert made.join_url == f"https://sandbox.daily.co/{KEY}"


async def test_an_update_moves_the_times_in_one_call(daily, domain, sandbox, request_):
    made = (await daily.create(KEY, request_, None)).meeting
    later = replace(request_, start=request_.start + timedelta(days=1), minutes=60)
    await daily.update(KEY, made, later)
    assert only(domain).config == times(later)
    assert calls(sandbox) == ["daily.create", "daily.update"]


async def test_a_series_is_open_at_any_time_and_a_single_event_again_is_not(daily, domain, request_, now):
    made = (await daily.create(KEY, request_, None)).meeting
    series = replace(request_, start=None, minutes=0, recurring=True)
    await daily.update(KEY, made, series)
    assert only(domain).config["nbf"] < now().timestamp()
    assert only(domain).config["exp"] > (now() + timedelta(days=3650)).timestamp()
    await daily.update(KEY, made, request_)
    assert only(domain).config == times(request_)


async def test_a_room_that_is_there_already_is_taken_over_without_a_search(daily, sandbox, request_):
    first = (await daily.create(KEY, request_, None)).meeting
    assert (await daily.create(KEY, request_, None)).meeting == first
    assert calls(sandbox) == ["daily.create", "daily.create", "daily.get"]


async def test_a_room_that_is_taken_over_is_moved_with_the_event(stage, daily, domain, request_):
    stage.befalls("create", drop="after")
    with pytest.raises(Transient):
        await daily.create(KEY, request_, None)
    moved = replace(request_, start=request_.start + timedelta(days=90))
    await daily.create(KEY, moved, stage.now())
    assert only(domain).config == times(moved)


async def test_a_room_that_is_made_anew_has_the_same_link(stage, daily, request_):
    made = (await daily.create(KEY, request_, None)).meeting
    stage.remove(made)
    with pytest.raises(NotFound):
        await daily.update(KEY, made, request_)
    assert (await daily.create(KEY, request_, stage.now())).meeting == made


async def test_an_expired_room_is_gone(stage, daily, request_):
    made = (await daily.create(KEY, request_, None)).meeting
    stage.advance(30 * 86_400)
    with pytest.raises(NotFound):
        await daily.get(made, request_.at)


async def test_an_event_that_moves_after_its_room_has_expired_gets_the_same_link(stage, daily, request_):
    made = (await daily.create(KEY, request_, None)).meeting
    stage.advance(30 * 86_400)
    later = replace(request_, start=request_.start + timedelta(days=60))
    with pytest.raises(NotFound):
        await daily.update(KEY, made, later)
    assert (await daily.create(KEY, later, request_.start - timedelta(days=900))).meeting == made


async def test_a_name_that_is_taken_by_a_room_that_goes_is_tried_again(stage, daily, request_):
    await daily.create(KEY, request_, None)
    stage.befalls("get", status=404)
    with pytest.raises(Transient) as caught:
        await daily.create(KEY, request_, stage.now())
    assert caught.value.reason == "name_taken"


async def test_another_refusal_is_shown_and_not_taken_for_a_room_that_is_there(stage, daily, request_):
    body = {"error": "invalid-request-error", "info": "payment method required"}
    stage.befalls("create", status=400, times=-1, body=body)
    with pytest.raises(Rejected, match="payment method required") as caught:
        await daily.create(KEY, request_, None)
    assert caught.value.reason == "invalid-request-error"


async def test_a_cancel_of_what_was_never_tried_calls_nobody(daily, sandbox, request_):
    await daily.cancel(KEY, None, request_, None)
    assert not calls(sandbox)


async def test_too_many_deletes_pass(daily, domain, request_):
    made = [(await daily.create(key, request_, None)).meeting for key in (KEY, OTHER)]
    domain.switches = replace(domain.switches, deletes_per_second=1)
    domain.calls[int(domain.world.now().timestamp()), "heavy"] = 1
    domain.calls[int(domain.world.now().timestamp()) + 1, "heavy"] = 1
    with pytest.raises(Transient) as caught:
        await daily.cancel(KEY, made[0], request_, None)
    assert caught.value.retry_after == 1


async def test_rooms_are_listed_to_the_last_page_however_few_lists_daily_takes_in_a_second(
    sandbox, domain, request_, now
):
    domain.switches = replace(domain.switches, deletes_per_second=2)
    async with connect({"daily": Limits(rate=DAILY_PAGES, total_rate=DAILY_RATE)}) as http:
        daily = DailyMeetings(settings(sandbox), http, now)
        await daily.create(KEY, request_, None)
        first = only(domain)
        for number in range(230):
            domain.keep(replace(first, id=f"room-{number}", name=f"hd{number:016}"))
        found = await daily.ours("")
    assert {one.key for one in found} == {KEY, *(f"hd{number:016}" for number in range(230))}
