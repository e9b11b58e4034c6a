"""Zoom keeps the contract of meetings, and its own rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import ClientSession

from connectors.errors import NotFound, Rejected, Transient, Unauthorized
from connectors.model import EventRef, MeetingRequest, MeetingSettings
from connectors.oauth import account_credentials
from connectors.settings import ZoomSettings
from connectors.zoom.meetings import ZoomMeetings
from sandbox.zoom.room import Account
from tests.contract.listing import ListingContract
from tests.contract.meetings import KEY, OTHER, MeetingsContract, RemoteMeetingsContract, Stage, insist
from tests.contract.settings import SettingsContract, Sheet

LAG = 60.0


class MemoryBudget:
    """The budget as the store keeps it, without a disk."""

    def __init__(self, now, limit=100, reserve=10):
        self.now = now
        self.limit = limit
        self.reserve = reserve
        self.spent = {}
        self.stopped = {}
        self.calls = []

    async def spend(self, host: str, *, cancel: bool) -> None:
        self.calls.append((host, cancel))
        now = self.now()
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        key = (host, now.date())
        full = self.spent.get(key, 0) >= self.limit - self.reserve or self.stopped.get(host, now) > now
        if full and not cancel:
            wait = (midnight - now).total_seconds()
            raise Transient("no creates left today", retry_after=wait, reason="daily_budget")
        self.spent[key] = self.spent.get(key, 0) + 1

    async def exhausted(self, host: str, until: datetime) -> None:
        self.stopped[host] = until


@pytest.fixture
async def control(sandbox):
    """Say POST to the sandbox's control API."""
    async with ClientSession() as session:

        async def post(path, **body):
            async with session.post(f"{sandbox.url}/_sandbox/{path}", json=body) as answer:
                assert answer.ok, await answer.text()
                return await answer.json()

        yield post


@pytest.fixture
def account(sandbox):
    return sandbox.world.room(Account)


@pytest.fixture
def budget(now):
    return MemoryBudget(now)


@pytest.fixture
def connect_zoom(sandbox, http, now, budget):
    """Make a connector with other settings than usual."""

    def connect(**changes):
        base = ZoomSettings(
            account_id="sandbox-account",
            client_id="sandbox-zoom",
            client_secret="sandbox-zoom-secret",
            api_base=f"{sandbox.url}/zoom/v2",
            oauth_base=f"{sandbox.url}/zoom/oauth",
            list_lag_seconds=LAG,
        )
        settings = replace(base, **changes)
        return ZoomMeetings(settings, http, account_credentials(http, settings, now), budget, now, Random(3))

    return connect


@pytest.fixture
async def request_(control, now):
    await control("users", email="ada@example.com", name="Ada")
    await control("users", email="guest@example.com", name="No Zoom", zoom=False)
    start = now().replace(minute=0, second=0, microsecond=0) + timedelta(days=2)
    return MeetingRequest(
        at=EventRef("ada@example.com", "e1"),
        host="ada@example.com",
        title="Design review",
        start=start,
        minutes=45,
        zone="Europe/Berlin",
        invitees=("bob@example.net",),
    )


@pytest.fixture
def zoom(connect_zoom):
    return connect_zoom()


@pytest.fixture
def stage(sandbox, zoom, account, now, request_):
    async def request():
        return request_

    return Stage(
        meetings=zoom,
        request=request,
        now=now,
        ops={"create": "zoom.create", "update": "zoom.update", "cancel": "zoom.delete", "get": "zoom.get"},
        fault=lambda **what: sandbox.world.faults.add(provider="zoom", **what),
        standing=lambda: len(account.meetings),
        remove=lambda meeting: account.remove(int(meeting.id)),
        advance=sandbox.world.clock.advance,
    )


class TestZoomMeetings(MeetingsContract):
    pass


class TestZoomListing(ListingContract):
    pass


class TestZoomAtAProvider(RemoteMeetingsContract):
    pass


WORDS = {
    "waiting_room": "waiting_room",
    "join_before_host": "join_before_host",
    "mute_on_entry": "mute_upon_entry",
    "host_video": "host_video",
    "guest_video": "participant_video",
    "recording": "auto_recording",
}
SPELLED = {
    **{(name, on): {WORDS[name]: on} for name in list(WORDS)[:5] for on in (True, False)},
    **{("recording", where): {"auto_recording": where} for where in ("none", "local", "cloud")},
}
SAFE = {"use_pmi": False, "calendar_type": 2, "push_change_to_calendar": False, "email_notification": False}


THE_ACCOUNT_S = {"waiting_room": True, "join_before_host": False}


class TestZoomSettings(SettingsContract):
    @pytest.fixture
    def sheet(self, account):
        def kept():
            told = {
                name: value for name, value in only(account).settings.items() if name != "meeting_invitees"
            }
            return THE_ACCOUNT_S | told

        def forbid(which, name):
            names = (*getattr(account.switches, which), WORDS[name])
            account.switches = replace(account.switches, **{which: names})

        return Sheet(
            spelled=SPELLED,
            kept=kept,
            untold=THE_ACCOUNT_S | SAFE,
            odd=MeetingSettings(waiting_room=False, mute_on_entry=True, recording="cloud"),
            refuse=lambda name: forbid("refused_settings", name),
            lock=lambda name: forbid("locked_settings", name),
        )


def only(account):
    (meeting,) = account.meetings.values()
    return meeting


def calls(sandbox, op):
    return [call for call in sandbox.world.calls.since(0) if call["op"] == op]


async def test_what_zoom_is_told_is_what_the_event_says(zoom, account, request_):
    made = (await zoom.create(KEY, request_, None)).meeting
    there = only(account)
    assert (there.topic, there.type, there.start, there.duration) == ("Design review", 2, request_.start, 45)
    assert there.timezone == "Europe/Berlin"
    assert there.agenda == f"huddled:v1:{KEY}"
    assert there.settings["use_pmi"] is False
    assert there.settings["meeting_invitees"] == [{"email": "bob@example.net"}]
    assert made.code.replace(" ", "") == made.id == str(there.id)
    assert made.passcode == there.password
    assert made.phones


async def test_an_update_moves_the_meeting(zoom, account, request_):
    made = (await zoom.create(KEY, request_, None)).meeting
    start = request_.start + timedelta(days=1)
    later = replace(
        request_, title="Moved", start=start, minutes=30, zone="Asia/Tokyo", invitees=("c@example.net",)
    )
    await zoom.update(KEY, made, later)
    there = only(account)
    assert (there.topic, there.start, there.duration, there.timezone) == ("Moved", start, 30, "Asia/Tokyo")
    assert there.settings["meeting_invitees"] == [{"email": "c@example.net"}]
    assert there.agenda == f"huddled:v1:{KEY}"


async def test_an_update_is_one_call(zoom, sandbox, request_):
    made = (await zoom.create(KEY, request_, None)).meeting
    before = len(sandbox.world.calls.since(0))
    await zoom.update(KEY, made, replace(request_, title="Other"))
    assert [call["op"] for call in sandbox.world.calls.since(0)[before:]] == ["zoom.update"]


async def test_everybody_who_leaves_the_event_leaves_the_list_of_invitees(zoom, account, request_):
    made = (await zoom.create(KEY, request_, None)).meeting
    await zoom.update(KEY, made, replace(request_, invitees=()))
    assert only(account).settings["meeting_invitees"] == []


async def test_a_series_is_one_meeting_without_times_and_back(zoom, account, request_):
    made = (await zoom.create(KEY, replace(request_, recurring=True), None)).meeting
    assert (only(account).type, only(account).start) == (3, None)
    await zoom.update(KEY, made, request_)
    assert (only(account).type, only(account).start) == (2, request_.start)
    await zoom.update(KEY, made, replace(request_, recurring=True))
    assert only(account).type == 3


async def test_the_orphan_of_a_series_is_found_without_times(stage, zoom, account, request_):
    series = replace(request_, recurring=True)
    stage.befalls("create", drop="after")
    await insist(stage, lambda tried: zoom.create(KEY, series, tried))
    assert len(account.meetings) == 1


async def test_an_orphan_is_found_on_a_late_page(stage, zoom, account, request_):
    await zoom.create(OTHER, request_, None)
    first = only(account)
    for more in range(1, 301):
        account.keep(replace(first, id=first.id + more, agenda=""))
    stage.befalls("create", drop="after")
    made = (await insist(stage, lambda tried: zoom.create(KEY, request_, tried))).meeting
    assert len(account.meetings) == 302
    assert account.meeting(int(made.id)).agenda == f"huddled:v1:{KEY}"


async def test_an_orphan_is_found_after_the_event_has_moved_and_is_moved_too(stage, zoom, account, request_):
    stage.befalls("create", drop="after")
    with pytest.raises(Transient):
        await zoom.create(KEY, request_, None)
    moved = replace(request_, title="Later", start=request_.start + timedelta(days=90))
    await zoom.create(KEY, moved, stage.now())
    assert (only(account).topic, only(account).start) == ("Later", moved.start)


@pytest.mark.parametrize("refuses", ["huddled", "zoom"])
async def test_an_orphan_is_handed_over_though_the_day_is_spent(
    stage, sandbox, zoom, account, budget, control, request_, refuses
):
    stage.befalls("create", drop="after")
    with pytest.raises(Transient):
        await zoom.create(KEY, request_, None)
    if refuses == "zoom":
        await control("modes", zoom_daily_limit=1)
    else:
        budget.limit = budget.reserve
    moved = replace(request_, start=request_.start + timedelta(days=1))
    made = await zoom.create(KEY, moved, stage.now())
    assert (made.meeting.id, made.followed) == (str(only(account).id), False)
    assert (await zoom.create(KEY, request_, stage.now())).followed
    assert len(calls(sandbox, "zoom.update")) == (1 if refuses == "zoom" else 0)


async def test_an_orphan_that_cannot_be_corrected_just_now_is_found_again(stage, zoom, account, request_):
    stage.befalls("create", drop="after")
    with pytest.raises(Transient):
        await zoom.create(KEY, request_, None)
    moved = replace(request_, start=request_.start + timedelta(days=1))
    stage.befalls("update", status=503)
    with pytest.raises(Transient):
        await zoom.create(KEY, moved, stage.now())
    made = await zoom.create(KEY, moved, stage.now())
    assert (made.followed, only(account).start) == (True, moved.start)


async def test_an_orphan_that_is_right_is_not_updated(stage, sandbox, zoom, request_):
    stage.befalls("create", drop="after")
    with pytest.raises(Transient):
        await zoom.create(KEY, request_, None)
    await zoom.create(KEY, request_, stage.now())
    assert not calls(sandbox, "zoom.update")


async def test_of_several_orphans_the_oldest_is_kept(zoom, account, sandbox, request_):
    first = (await zoom.create(KEY, request_, None)).meeting
    sandbox.world.clock.advance(5)
    await zoom.create(KEY, request_, None)
    sandbox.world.clock.advance(5)
    found = (await zoom.create(KEY, request_, sandbox.world.now())).meeting
    assert found.id == first.id
    assert [str(id_) for id_ in account.meetings] == [first.id]


async def test_a_list_that_lags_makes_no_second_meeting(stage, zoom, account, control, request_):
    await control("modes", zoom_list_lag=LAG - 5)
    stage.befalls("create", drop="after")
    await insist(stage, lambda tried: zoom.create(KEY, request_, tried))
    assert len(account.meetings) == 1


async def test_a_cancel_waits_for_a_list_that_lags(stage, zoom, account, control, request_):
    await control("modes", zoom_list_lag=LAG - 5)
    stage.befalls("create", drop="after")
    tried = stage.now()
    with pytest.raises(Transient):
        await zoom.create(KEY, request_, None)
    with pytest.raises(Transient) as caught:
        await zoom.cancel(KEY, None, request_, tried)
    assert caught.value.reason == "list_lag"
    stage.advance(caught.value.retry_after)
    await zoom.cancel(KEY, None, request_, tried)
    assert not account.meetings


async def test_a_broken_list_is_not_an_empty_one(stage, zoom, account, request_):
    stage.befalls("create", drop="after")
    with pytest.raises(Transient):
        await zoom.create(KEY, request_, None)
    tried = stage.now()
    stage.advance(600)
    stage.fault(op="zoom.list", status=200, body={"strange": True})
    with pytest.raises(Transient):
        await zoom.create(KEY, request_, tried)
    assert len(account.meetings) == 1


async def test_a_cancel_of_what_was_never_tried_calls_nobody(zoom, sandbox, request_):
    await zoom.cancel(KEY, None, request_, None)
    assert not sandbox.world.calls.since(0)


async def test_an_organizer_outside_zoom_is_refused_in_clear_words(zoom, request_):
    with pytest.raises(Rejected, match=r"guest@example\.com is no user of this Zoom account.*default_host"):
        await zoom.create(KEY, replace(request_, host="guest@example.com"), None)


async def test_the_default_host_takes_the_meetings_of_others_and_keeps_them(
    connect_zoom, stage, account, request_
):
    zoom = connect_zoom(default_host="ada@example.com")
    theirs = replace(request_, host="guest@example.com")
    made = (await zoom.create(KEY, theirs, None)).meeting
    assert made.host == only(account).host.email == "ada@example.com"
    assert (await zoom.create(KEY, theirs, stage.now())).meeting.id == made.id
    await zoom.update(KEY, made, replace(theirs, title="Other"))
    assert only(account).topic == "Other"
    await zoom.cancel(KEY, made, theirs, None)
    assert not account.meetings


async def test_refused_invitees_cost_the_invitees_and_not_the_meeting(stage, zoom, account, request_):
    errors = [{"field": "settings.meeting_invitees", "message": "Invalid field."}]
    stage.befalls("create", status=400, body={"code": 300, "message": "Validation Failed.", "errors": errors})
    await zoom.create(KEY, request_, None)
    assert "meeting_invitees" not in only(account).settings


async def test_a_bare_refusal_in_xml_costs_the_invitees_and_not_the_meeting(stage, zoom, account, request_):
    xml = "<error><code>300</code><message>Request Body should be a valid JSON object.</message></error>"
    stage.befalls("create", status=400, body=xml, content_type="application/xml")
    await zoom.create(KEY, request_, None)
    assert len(account.meetings) == 1


async def test_a_zone_that_zoom_does_not_know_becomes_utc(stage, zoom, account, request_):
    errors = [{"field": "timezone", "message": "Invalid field."}]
    stage.befalls("create", status=400, body={"code": 300, "message": "Validation Failed.", "errors": errors})
    await zoom.create(KEY, request_, None)
    assert (only(account).timezone, only(account).start) == ("UTC", request_.start)


async def test_a_refusal_that_cannot_be_mended_is_not_repeated(stage, sandbox, zoom, request_):
    errors = [{"field": "topic", "message": "Invalid field."}]
    stage.befalls(
        "create", status=400, times=-1, body={"code": 300, "message": "Validation Failed.", "errors": errors}
    )
    with pytest.raises(Rejected, match="topic"):
        await zoom.create(KEY, request_, None)
    assert len(calls(sandbox, "zoom.create")) == 1


async def test_without_invitees_none_are_sent(connect_zoom, account, request_):
    zoom = connect_zoom(invitees=False)
    made = (await zoom.create(KEY, request_, None)).meeting
    await zoom.update(KEY, made, replace(request_, title="Other"))
    assert "meeting_invitees" not in only(account).settings


async def test_the_daily_limit_says_until_when(zoom, control, budget, now, request_):
    await control("modes", zoom_daily_limit=1)
    await zoom.create(KEY, request_, None)
    with pytest.raises(Transient) as caught:
        await zoom.create(OTHER, request_, None)
    midnight = now().replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    assert caught.value.reason == "daily_limit"
    assert caught.value.retry_after == pytest.approx((midnight - now()).total_seconds(), abs=5)
    assert abs(budget.stopped["ada@example.com"] - midnight) < timedelta(seconds=5)


async def test_the_daily_limit_lasts_till_midnight_where_zoom_does_not_say(zoom, control, now, request_):
    await control("modes", zoom_daily_limit=1)
    await control("zoom/switches", bare_daily_limit=True)
    await zoom.create(KEY, request_, None)
    with pytest.raises(Transient) as caught:
        await zoom.create(OTHER, request_, None)
    assert caught.value.reason == "daily_limit"
    assert caught.value.retry_after > 1


async def test_a_spent_budget_makes_no_call_and_leaves_the_cancels(zoom, sandbox, budget, request_):
    made = (await zoom.create(KEY, request_, None)).meeting
    budget.limit = budget.reserve
    before = len(sandbox.world.calls.since(0))
    for step in (zoom.create(OTHER, request_, None), zoom.update(KEY, made, request_)):
        with pytest.raises(Transient) as caught:
            await step
        assert caught.value.reason == "daily_budget"
    assert len(sandbox.world.calls.since(0)) == before
    await zoom.cancel(KEY, made, request_, None)


async def test_every_create_and_update_is_paid_for_before_it_is_made(zoom, budget, request_):
    made = (await zoom.create(KEY, request_, None)).meeting
    await zoom.get(made, request_.at)
    await zoom.update(KEY, made, request_)
    await zoom.cancel(KEY, made, request_, None)
    assert budget.calls == [("ada@example.com", False), ("ada@example.com", False), ("ada@example.com", True)]


async def test_the_limit_per_second_is_a_wait_of_a_second_or_two(zoom, stage, request_):
    stage.befalls("create", status=429, headers={"X-RateLimit-Type": "QPS"})
    with pytest.raises(Transient) as caught:
        await zoom.create(KEY, request_, None)
    assert caught.value.reason == "rate_limit"
    assert 1 <= caught.value.retry_after <= 2


async def test_a_missing_scope_is_named(zoom, control, request_):
    await control("zoom/switches", scopes=["meeting:read:list_meetings"])
    with pytest.raises(Unauthorized, match="meeting:write:meeting"):
        await zoom.create(KEY, request_, None)


async def test_a_wrong_secret_says_what_to_check(connect_zoom, request_):
    with pytest.raises(Unauthorized, match="client secret"):
        await connect_zoom(client_secret="wrong").create(KEY, request_, None)


async def test_a_meeting_that_became_a_webinar_is_left_alone(zoom, control, account, request_):
    made = (await zoom.create(KEY, request_, None)).meeting
    await control(f"zoom/meetings/{made.id}/webinar")
    with pytest.raises(Rejected, match=r"webinar.*@none"):
        await zoom.update(KEY, made, request_)
    await zoom.cancel(KEY, made, request_, None)
    assert [str(id_) for id_ in account.meetings] == [made.id]


async def test_a_meeting_without_passcode_and_phones_is_a_meeting(zoom, control, request_):
    await control("modes", zoom_no_password=True)
    await control("zoom/switches", no_dial_in=True)
    made = (await zoom.create(KEY, request_, None)).meeting
    assert (made.passcode, made.phones) == ("", ())
    assert made.join_url


async def test_what_an_answer_leaves_out_stays_as_it_was(zoom, control, request_):
    made = (await zoom.create(KEY, request_, None)).meeting
    await control("modes", zoom_no_password=True)
    assert await zoom.get(made, request_.at) == made


@pytest.mark.parametrize("kind", ["json", "xml"])
async def test_a_deleted_meeting_is_recognised_in_either_language(zoom, control, account, request_, kind):
    made = (await zoom.create(KEY, request_, None)).meeting
    await control(f"zoom/meetings/{made.id}/delete")
    await control("modes", zoom_errors=kind)
    with pytest.raises(NotFound):
        await zoom.update(KEY, made, request_)
    await zoom.cancel(KEY, made, request_, None)


async def test_an_expired_token_is_renewed_before_it_is_used(zoom, sandbox, request_):
    await zoom.create(KEY, request_, None)
    sandbox.world.clock.advance(3600)
    await zoom.create(OTHER, request_, None)
    assert [call["status"] for call in calls(sandbox, "zoom.create")] == [201, 201]
    assert len(calls(sandbox, "zoom.token")) == 2


async def test_nobody_is_mailed_and_nobody_reminded(zoom, sandbox, request_):
    made = (await zoom.create(KEY, request_, None)).meeting
    await zoom.cancel(KEY, made, request_, None)
    assert not sandbox.world.outbox.listing()
    (deleted,) = calls(sandbox, "zoom.delete")
    assert parse_qs(urlsplit(deleted["path"]).query) == {
        "schedule_for_reminder": ["false"],
        "cancel_meeting_reminder": ["false"],
    }


async def test_logs_hold_no_secret(zoom, request_, capsys):
    made = (await zoom.create(KEY, request_, None)).meeting
    out, err = capsys.readouterr()
    assert "provider call" in out + err
    for secret in (made.passcode, made.join_url, "Bearer", "sandbox-zoom-secret", "access_"):
        assert secret not in out + err


async def test_the_marker_is_the_whole_word(zoom, account, request_):
    made = (await zoom.create(KEY, request_, None)).meeting
    there = only(account)
    account.keep(replace(there, agenda=f"{there.agenda}x"))
    account.world.clock.advance(2 * LAG)
    again = (await zoom.create(KEY, request_, account.world.now() - timedelta(seconds=LAG))).meeting
    assert again.id != made.id


async def test_a_token_that_another_program_has_killed_is_renewed(zoom, account, request_):
    await zoom.create(KEY, request_, None)
    account.grants.clear()
    await zoom.create(OTHER, request_, None)
    assert len(account.meetings) == 2


async def test_a_setting_that_only_paid_accounts_have_costs_all_settings_and_not_the_meeting(
    zoom, sandbox, account, request_
):
    account.switches = replace(account.switches, paid_settings=("auto_recording",))
    request = replace(request_, settings=MeetingSettings(recording="cloud", mute_on_entry=True))
    made = await zoom.create(KEY, request, None)
    assert made.unmet == ("mute_on_entry", "recording"), "Zoom does not say which it was"
    assert len(calls(sandbox, "zoom.create")) == 2
    assert only(account).settings["meeting_invitees"] == [{"email": "bob@example.net"}]


async def test_a_waiting_room_that_the_account_forces_is_told_of(zoom, control, request_):
    await control("modes", zoom_forced_waiting_room=True)
    settings = MeetingSettings(waiting_room=False, join_before_host=True)
    made = await zoom.create(KEY, replace(request_, settings=settings), None)
    assert made.unmet == ("waiting_room", "join_before_host")
    updated = await zoom.update(KEY, made.meeting, replace(request_, settings=settings))
    assert updated.unmet == ("waiting_room", "join_before_host")


async def test_only_an_update_with_settings_is_read_back(zoom, sandbox, request_):
    made = (await zoom.create(KEY, request_, None)).meeting
    await zoom.update(KEY, made, replace(request_, title="Moved"))
    assert len(calls(sandbox, "zoom.get")) == 0
    await zoom.update(KEY, made, replace(request_, settings=MeetingSettings(host_video=True)))
    assert (len(calls(sandbox, "zoom.get")), len(calls(sandbox, "zoom.update"))) == (1, 2)


@pytest.mark.parametrize("what", [{"status": 503}, {"status": 400}, {"drop": "before"}])
async def test_an_update_that_cannot_be_read_back_is_done_all_the_same(
    zoom, sandbox, account, request_, what
):
    made = (await zoom.create(KEY, request_, None)).meeting
    sandbox.world.faults.add(provider="zoom", op="zoom.get", **what)
    updated = await zoom.update(KEY, made, replace(request_, settings=MeetingSettings(host_video=True)))
    assert (updated.meeting, updated.unmet) == (made, ())
    assert only(account).settings["host_video"] is True
    assert len(calls(sandbox, "zoom.update")) == 1
