"""What every connector of meetings promises, written once. A test module gives a `stage` and takes a class.

`MeetingsContract` holds for all; `RemoteMeetingsContract` for those whose provider can fail, lose and forget.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from connectors.base import Meetings
from connectors.errors import UNTOUCHED, NotFound, Transient, Unauthorized
from connectors.model import Made, Meeting, MeetingRequest

KEY, OTHER = "hdaaaaaaaaaaaaaaaa", "hdbbbbbbbbbbbbbbbb"
TRIES = 8
TROUBLE = [{"status": 500}, {"status": 503}, {"status": 502, "body": "<html>Bad Gateway"}]


@dataclass(frozen=True)
class Stage:
    """A connector before its provider."""

    meetings: Meetings
    request: Callable[[], Awaitable[MeetingRequest]]  # as it stands now, always for the same event
    now: Callable[[], datetime]
    ops: Mapping[str, str]  # our create, update, cancel, get → the provider's operation
    fault: Callable[..., object]  # fault(op=…, drop="after"): what befalls the next call
    standing: Callable[[], int]  # how many meetings stand at the provider
    remove: Callable[[Meeting], object]  # a person deletes the meeting, past us
    advance: Callable[[float], object]  # seconds go by

    def befalls(self, call: str, **what: Any) -> None:
        self.fault(op=self.ops[call], **what)

    async def create(self, key: str = KEY, tried: datetime | None = None) -> Made:
        return await self.meetings.create(key, await self.request(), tried)


async def insist(stage: Stage, step: Callable[[datetime | None], Awaitable[Any]]) -> Any:
    """Do what the daemon does: try again when told to, saying when it last tried."""
    tried = None
    for _ in range(TRIES):
        at = stage.now()
        try:
            return await step(tried)
        except Transient as error:
            stage.advance(1.0 if error.retry_after is None else error.retry_after)
            tried = tried if error.reason in UNTOUCHED else at
    raise AssertionError(f"still not done after {TRIES} tries")


class MeetingsContract:
    """Holds for every service."""

    async def test_a_meeting_says_how_to_join(self, stage):
        made = (await stage.create()).meeting
        assert made.join_url.startswith("https://")
        assert made.service
        assert made.name
        assert made.id

    async def test_a_meeting_that_was_made_can_be_read(self, stage):
        made = (await stage.create()).meeting
        assert await stage.meetings.get(made, (await stage.request()).at) == made

    async def test_asking_twice_with_one_key_gives_the_same_meeting(self, stage):
        first = (await stage.create()).meeting
        second = (await stage.create(tried=stage.now())).meeting
        assert (second.id, second.join_url) == (first.id, first.join_url)

    async def test_an_update_keeps_the_link(self, stage):
        made = (await stage.create()).meeting
        request = await stage.request()
        later = replace(request, title="Moved", start=request.start + timedelta(hours=3), minutes=50)
        updated = (await stage.meetings.update(KEY, made, later)).meeting
        assert (updated.id, updated.join_url) == (made.id, made.join_url)
        assert await stage.meetings.get(made, request.at) == made

    async def test_an_update_can_be_repeated(self, stage):
        made = (await stage.create()).meeting
        for _ in range(2):
            assert (await stage.meetings.update(KEY, made, await stage.request())).meeting == made

    async def test_a_single_meeting_becomes_a_series_and_keeps_its_link(self, stage):
        made = (await stage.create()).meeting
        request = replace(await stage.request(), recurring=True)
        assert (await stage.meetings.update(KEY, made, request)).meeting.join_url == made.join_url

    async def test_cancelling_twice_is_fine(self, stage):
        made = (await stage.create()).meeting
        for _ in range(2):
            await stage.meetings.cancel(KEY, made, await stage.request(), stage.now())

    async def test_cancelling_what_was_never_asked_for_is_fine(self, stage):
        await stage.meetings.cancel(OTHER, None, await stage.request(), None)

    async def test_nothing_that_only_the_host_may_know_is_told(self, stage):
        request = await stage.request()
        made = await stage.create()
        updated = await stage.meetings.update(KEY, made.meeting, request)
        told = repr((made, updated, await stage.meetings.get(made.meeting, request.at)))
        assert not [word for word in ("start_url", "zak", "/s/", "host_key", "Bearer") if word in told]


class RemoteMeetingsContract:
    """Holds for every service that lives at a provider."""

    @pytest.mark.parametrize("title", ["\U0001f600" * 300, "Plan\x07\x00 of\x1b the <week>", "\x01", ""])
    async def test_no_title_is_too_odd(self, stage, title):
        odd = replace(await stage.request(), title=title)
        made = (await stage.meetings.create(KEY, odd, None)).meeting
        await stage.meetings.update(KEY, made, replace(odd, title=f"\x02{title}"))
        assert stage.standing() == 1

    async def test_asking_twice_with_one_key_makes_one_meeting(self, stage):
        await stage.create()
        await stage.create(tried=stage.now())
        assert stage.standing() == 1

    @pytest.mark.parametrize("moment", ["before", "after"])
    async def test_a_create_whose_answer_is_lost_makes_one_meeting(self, stage, moment):
        stage.befalls("create", drop=moment)
        made = (await insist(stage, lambda tried: stage.create(tried=tried))).meeting
        assert stage.standing() == 1
        assert await stage.meetings.get(made, (await stage.request()).at) == made

    async def test_two_lost_answers_still_make_one_meeting(self, stage):
        stage.befalls("create", drop="after", times=2)
        await insist(stage, lambda tried: stage.create(tried=tried))
        assert stage.standing() == 1

    async def test_a_lost_answer_is_a_passing_error(self, stage):
        stage.befalls("create", drop="after")
        with pytest.raises(Transient):
            await stage.create()

    @pytest.mark.parametrize("moment", ["before", "after"])
    async def test_cancelling_after_a_lost_create_leaves_nothing(self, stage, moment):
        stage.befalls("create", drop=moment)
        tried = stage.now()
        with pytest.raises(Transient):
            await stage.create()
        request = await stage.request()
        await insist(stage, lambda _: stage.meetings.cancel(KEY, None, request, tried))
        assert stage.standing() == 0

    async def test_cancelling_takes_only_its_own_key(self, stage):
        await stage.create()
        request = await stage.request()
        stage.advance(3600)
        await stage.meetings.cancel(OTHER, None, request, stage.now() - timedelta(hours=1))
        assert stage.standing() == 1

    async def test_a_cancelled_meeting_is_gone(self, stage):
        made = (await stage.create()).meeting
        request = await stage.request()
        await stage.meetings.cancel(KEY, made, request, None)
        assert stage.standing() == 0
        with pytest.raises(NotFound):
            await stage.meetings.get(made, request.at)

    @pytest.mark.parametrize("moment", ["before", "after"])
    async def test_a_cancel_whose_answer_is_lost_can_be_repeated(self, stage, moment):
        made = (await stage.create()).meeting
        stage.befalls("cancel", drop=moment)
        request = await stage.request()
        await insist(stage, lambda tried: stage.meetings.cancel(KEY, made, request, tried))
        assert stage.standing() == 0

    @pytest.mark.parametrize("moment", ["before", "after"])
    async def test_an_update_whose_answer_is_lost_can_be_repeated(self, stage, moment):
        made = (await stage.create()).meeting
        _only_with("update", stage).befalls("update", drop=moment)
        request = replace(await stage.request(), title="Again")
        updated = await insist(stage, lambda _: stage.meetings.update(KEY, made, request))
        assert updated.meeting == made

    async def test_a_meeting_that_somebody_deleted_cannot_be_read(self, stage):
        made = (await stage.create()).meeting
        stage.remove(made)
        with pytest.raises(NotFound):
            await stage.meetings.get(made, (await stage.request()).at)

    async def test_a_meeting_that_somebody_deleted_cannot_be_updated(self, stage):
        made = (await stage.create()).meeting
        _only_with("update", stage).remove(made)
        with pytest.raises(NotFound):
            await stage.meetings.update(KEY, made, await stage.request())

    async def test_a_meeting_that_somebody_deleted_can_be_cancelled(self, stage):
        made = (await stage.create()).meeting
        stage.remove(made)
        await stage.meetings.cancel(KEY, made, await stage.request(), stage.now())

    @pytest.mark.parametrize("call", ["create", "update", "cancel", "get"])
    async def test_a_token_that_is_refused_once_is_renewed(self, stage, call):
        step = await _ready(stage, call)
        stage.befalls(call, status=401)
        await step()

    @pytest.mark.parametrize("call", ["create", "update", "cancel", "get"])
    async def test_tokens_that_are_always_refused_stop_the_work(self, stage, call):
        step = await _ready(stage, call)
        stage.befalls(call, status=401, times=-1)
        with pytest.raises(Unauthorized):
            await step()

    @pytest.mark.parametrize("call", ["create", "update", "cancel", "get"])
    async def test_too_many_calls_pass(self, stage, call):
        step = await _ready(stage, call)
        stage.befalls(call, status=429)
        with pytest.raises(Transient) as caught:
            await step()
        assert caught.value.retry_after is None or caught.value.retry_after > 0
        stage.advance(60)
        await step()

    @pytest.mark.parametrize("call", ["create", "update", "cancel", "get"])
    @pytest.mark.parametrize(
        "what", [{"status": 500}, {"status": 503}, {"status": 502, "body": "<html>Bad Gateway"}]
    )
    async def test_trouble_at_the_provider_passes(self, stage, call, what):
        step = await _ready(stage, call)
        stage.befalls(call, **what)
        with pytest.raises(Transient):
            await step()

    @pytest.mark.parametrize("call", ["create", "update", "cancel", "get"])
    async def test_a_page_where_json_was_due_is_not_taken_for_success(self, stage, call):
        step = await _ready(stage, call)
        stage.befalls(call, status=200, body="<html>Welcome to the hotel")
        with pytest.raises(Transient):
            await step()


def _only_with(call: str, stage: Stage) -> Stage:
    if call not in stage.ops:
        pytest.skip(f"this service makes no call to {call}")
    return stage


async def _ready(stage: Stage, call: str) -> Callable[[], Awaitable[Any]]:
    """Bring the stage to where the call makes sense, and return it."""
    _only_with(call, stage)
    if call == "create":
        return stage.create
    made = (await stage.create()).meeting
    request = await stage.request()
    match call:
        case "update":
            return lambda: stage.meetings.update(KEY, made, replace(request, title="Another name"))
        case "cancel":
            return lambda: stage.meetings.cancel(KEY, made, request, None)
        case _:
            return lambda: stage.meetings.get(made, request.at)
