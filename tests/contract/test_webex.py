"""Webex keeps the contract of meetings, and its own rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import count
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import ClientSession

from connectors import consented
from connectors.details import details, is_detail
from connectors.errors import Rejected, Transient, Unauthorized
from connectors.model import EventRef, MeetingRequest, MeetingSettings
from connectors.settings import WebexSettings
from connectors.webex import account
from connectors.webex.meetings import WebexMeetings
from sandbox.webex.room import Site
from tests.contract.listing import ListingContract
from tests.contract.meetings import KEY, OTHER, MeetingsContract, RemoteMeetingsContract, Stage, insist
from tests.contract.settings import SettingsContract, Sheet

LAG = 60.0
ADA = "ada@example.com"
BACK = "https://app.example/back"


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
def site(sandbox):
    return sandbox.world.room(Site)


@pytest.fixture
def settings(sandbox):
    return WebexSettings(
        client_id="sandbox-webex",
        client_secret="sandbox-webex-secret",
        api_base=f"{sandbox.url}/webex/v1",
        list_lag_seconds=LAG,
    )


@pytest.fixture
async def people(control):
    await control("users", email=ADA, name="Ada")
    await control("users", email="bob@example.com", name="Bob")


@pytest.fixture
def connect_webex(http, now, control, settings, people):
    """Link an account, and make a connector for it with other settings than usual."""

    async def connect(who=ADA, **changes):
        chosen = replace(settings, **changes)
        app = account.app(chosen)
        said = await control("webex/codes", email=who, client_id=chosen.client_id, redirect_uri=BACK)
        granted = await consented.exchange(http, app, said["code"], "", BACK, now)
        saved = [granted.refresh]

        async def save(token):
            saved.append(token)
            return True

        async def load():
            return saved[-1]

        tokens = consented.tokens(http, app, who, granted.refresh, save, load, now)
        return WebexMeetings(chosen, http, tokens, now, who)

    return connect


@pytest.fixture
async def webex(connect_webex):
    return await connect_webex()


@pytest.fixture
def request_(now):
    start = now().replace(minute=0, second=0, microsecond=0) + timedelta(days=2)
    return MeetingRequest(
        at=EventRef(ADA, "e1"),
        title="Design review",
        start=start,
        minutes=45,
        zone="Europe/Berlin",
        invitees=("bob@example.net",),
    )


@pytest.fixture
def stage(sandbox, webex, site, now, request_):
    changes = count(1)

    async def request():
        # Only what differs is sent, so that the event is renamed between any two looks at it.
        return replace(request_, title=f"Design review {next(changes)}")

    return Stage(
        meetings=webex,
        request=request,
        now=now,
        ops={
            "create": "webex.create",
            "update": "webex.update",
            "cancel": "webex.delete",
            "get": "webex.get",
        },
        fault=lambda **what: sandbox.world.faults.add(provider="webex", **what),
        standing=lambda: len(site.meetings),
        remove=lambda meeting: site.remove(meeting.id),
        advance=sandbox.world.clock.advance,
    )


class TestWebexMeetings(MeetingsContract):
    pass


class TestWebexListing(ListingContract):
    tells_when = False


class TestWebexAtAProvider(RemoteMeetingsContract):
    pass


WORDS = {
    "waiting_room": "unlockedMeetingJoinSecurity",
    "join_before_host": "enabledJoinBeforeHost",
    "mute_on_entry": "muteAttendeeUponEntry",
    "recording": "enabledAutoRecordMeeting",
}
SPELLED = {
    ("waiting_room", True): {"unlockedMeetingJoinSecurity": "allowJoinWithLobby"},
    ("waiting_room", False): {"unlockedMeetingJoinSecurity": "allowJoin"},
    ("join_before_host", True): {"enabledJoinBeforeHost": True},
    ("join_before_host", False): {"enabledJoinBeforeHost": False},
    ("mute_on_entry", True): {"muteAttendeeUponEntry": True},
    ("mute_on_entry", False): {"muteAttendeeUponEntry": False},
    ("recording", "none"): {"enabledAutoRecordMeeting": False},
    ("recording", "cloud"): {"enabledAutoRecordMeeting": True},
}


THE_SITE_S = {
    "unlockedMeetingJoinSecurity": "allowJoinWithLobby",
    "enabledJoinBeforeHost": False,
    "muteAttendeeUponEntry": True,
    "enabledAutoRecordMeeting": False,
}


class TestWebexSettings(SettingsContract):
    @pytest.fixture
    def sheet(self, site):
        def kept():
            (meeting,) = site.meetings.values()
            told = dict(meeting.settings)
            return THE_SITE_S | told.pop("audioConnectionOptions", {}) | told

        def forbid(which, name):
            site.switches = replace(site.switches, **{which: (*getattr(site.switches, which), WORDS[name])})

        return Sheet(
            spelled=SPELLED,
            kept=kept,
            untold=THE_SITE_S,
            odd=MeetingSettings(waiting_room=False, mute_on_entry=False, recording="cloud"),
            refuse=lambda name: forbid("refused_settings", name),
            lock=lambda name: forbid("locked_settings", name),
        )


def only(site):
    (meeting,) = site.meetings.values()
    return meeting


def calls(sandbox, op):
    return [call for call in sandbox.world.calls.since(0) if call["op"] == op]


def guests(site):
    return [one.email for one in only(site).invitees]


async def lose_a_create(stage, webex, request):
    """Make a meeting whose answer is lost, and return when."""
    stage.befalls("create", drop="after")
    tried = stage.now()
    with pytest.raises(Transient):
        await webex.create(KEY, request, None)
    return tried


async def test_what_webex_is_told_is_what_the_event_says(webex, site, request_):
    made = (await webex.create(KEY, request_, None)).meeting
    there = only(site)
    assert (there.title, there.start, there.end - there.start) == (
        "Design review",
        request_.start,
        timedelta(minutes=45),
    )
    assert (there.timezone, there.recurrence) == ("Europe/Berlin", None)
    assert there.tags == {"sandbox-webex": (KEY,)}
    assert there.host.email == made.host == ADA
    assert made.join_url == there.link
    assert made.code.replace(" ", "") == there.number
    assert (made.passcode, made.phone_passcode) == (there.password, there.phone_password)
    tap = f"+16504793208,,*01*{there.number}#{there.phone_password}#*01*"
    assert f"One tap: {tap}" in details(made)
    assert all(is_detail(line) for line in details(made))
    assert [(phone.number, phone.country) for phone in made.phones] == [
        ("+49-619-6781-9736", ""),
        ("+1-650-479-3208", "US"),
    ]


async def test_the_key_of_the_host_is_never_told(webex, site, request_):
    made = await webex.create(KEY, request_, None)
    updated = await webex.update(KEY, made.meeting, replace(request_, title="Other"))
    assert only(site).host_key not in repr((made, updated, await webex.get(made.meeting, request_.at)))


async def test_an_update_moves_the_meeting_and_keeps_its_tags(webex, site, request_):
    made = (await webex.create(KEY, request_, None)).meeting
    start = request_.start + timedelta(days=1)
    later = replace(request_, title="Moved", start=start, minutes=30, zone="Asia/Tokyo")
    await webex.update(KEY, made, later)
    there = only(site)
    assert (there.title, there.start, there.timezone) == ("Moved", start, "Asia/Tokyo")
    assert there.end - there.start == timedelta(minutes=30)
    assert there.tags == {"sandbox-webex": (KEY,)}


async def test_an_update_that_changes_nothing_is_not_sent(webex, sandbox, request_):
    made = (await webex.create(KEY, request_, None)).meeting
    assert (await webex.update(KEY, made, request_)).meeting == made
    assert not calls(sandbox, "webex.update")


async def test_what_a_person_changed_at_webex_is_put_right_with_the_next_update(
    webex, site, control, request_
):
    made = (await webex.create(KEY, request_, None)).meeting
    await control(f"webex/meetings/{made.id}/title", title="My own")
    await webex.update(KEY, made, request_)
    assert only(site).title == "Design review"


async def test_nobody_is_mailed_whatever_happens(connect_webex, stage, sandbox, site, request_):
    webex = await connect_webex(invitees=True)
    made = (await webex.create(KEY, request_, None)).meeting
    await webex.update(KEY, made, replace(request_, title="Other", invitees=("carol@example.net",)))
    await webex.update(KEY, made, replace(request_, start=request_.start + timedelta(days=1), invitees=()))
    await webex.cancel(KEY, made, request_, None)
    tried = await lose_a_create(stage, webex, request_)
    await webex.create(KEY, request_, tried)
    assert len(site.deleted) == len(site.meetings) == 1
    assert sandbox.world.outbox.listing() == []


async def test_invitees_are_kept_to_ourselves_unless_the_operator_wants_them_told(
    webex, sandbox, site, request_
):
    made = (await webex.create(KEY, request_, None)).meeting
    await webex.update(KEY, made, replace(request_, title="Other", invitees=("carol@example.net",)))
    assert guests(site) == []
    assert not calls(sandbox, "webex.invitees")


async def test_invitees_are_kept_in_step(connect_webex, sandbox, site, request_):
    webex = await connect_webex(invitees=True)
    made = (await webex.create(KEY, request_, None)).meeting
    assert guests(site) == ["bob@example.net"]
    others = tuple(f"guest{number}@example.net" for number in range(150))
    await webex.update(KEY, made, replace(request_, invitees=("BOB@example.net", *others)))
    assert sorted(guests(site)) == sorted(("bob@example.net", *others))
    assert len(calls(sandbox, "webex.invite_many")) == 2
    await webex.update(KEY, made, replace(request_, invitees=others[:2]))
    assert guests(site) == list(others[:2])
    assert not calls(sandbox, "webex.update")


async def test_an_alternate_host_whom_somebody_named_at_webex_stays(connect_webex, control, site, request_):
    webex = await connect_webex(invitees=True)
    made = (await webex.create(KEY, request_, None)).meeting
    await control(f"webex/meetings/{made.id}/invitees", email="deputy@example.net", coHost=True)
    await webex.update(KEY, made, replace(request_, invitees=()))
    assert guests(site) == ["deputy@example.net"]


async def test_a_refused_invitee_costs_the_invitees_and_not_the_meeting(
    connect_webex, sandbox, control, site, request_
):
    webex = await connect_webex(invitees=True)
    await control("webex/switches", refused_invitees=["bob@example.net"])
    made = (await webex.create(KEY, request_, None)).meeting
    await webex.update(KEY, made, replace(request_, title="Other"))
    assert (only(site).title, guests(site)) == ("Other", [])
    assert len(calls(sandbox, "webex.create")) == 2


async def test_a_refused_meeting_is_not_tried_again(webex, stage, sandbox, request_):
    stage.befalls("create", status=400, reason="The title is not nice.", times=-1)
    with pytest.raises(Rejected, match=r"not nice.*ROUTERGW_"):
        await webex.create(KEY, request_, None)
    assert len(calls(sandbox, "webex.create")) == 1


async def test_the_search_for_an_orphan_says_from_when_to_when(stage, webex, sandbox, request_):
    tried = await lose_a_create(stage, webex, request_)
    await webex.create(KEY, request_, tried)
    (asked,) = calls(sandbox, "webex.list")
    query = parse_qs(urlsplit(asked["path"]).query)
    assert query["integrationTag"] == [KEY]
    assert {"from", "to"} <= query.keys()


async def test_an_orphan_is_found_after_the_event_has_moved_and_is_moved_too(stage, webex, site, request_):
    tried = await lose_a_create(stage, webex, request_)
    moved = replace(request_, title="Later", start=request_.start + timedelta(days=900))
    assert (await webex.create(KEY, moved, tried)).followed
    assert (only(site).title, only(site).start) == ("Later", moved.start)


async def test_an_orphan_of_a_day_far_ahead_is_found(stage, webex, site, request_):
    far = replace(request_, start=request_.start + timedelta(days=3000))
    tried = await lose_a_create(stage, webex, far)
    await webex.create(KEY, far, tried)
    assert len(site.meetings) == 1


async def test_an_orphan_that_is_over_can_still_be_cancelled(stage, webex, site, request_):
    tried = await lose_a_create(stage, webex, request_)
    stage.advance(30 * 86_400)
    await webex.cancel(KEY, None, request_, tried)
    assert not site.meetings


async def test_an_orphan_that_is_right_is_not_updated(stage, webex, sandbox, request_):
    tried = await lose_a_create(stage, webex, request_)
    await webex.create(KEY, request_, tried)
    assert not calls(sandbox, "webex.update")


async def test_of_several_orphans_one_is_kept_and_always_the_same(webex, site, now, request_):
    made = [(await webex.create(KEY, request_, None)).meeting.id for _ in range(3)]
    kept = (await webex.create(KEY, request_, now())).meeting
    assert kept.id == min(made)
    assert list(site.meetings) == [kept.id]


async def test_the_meetings_of_another_integration_are_never_touched(
    connect_webex, webex, stage, site, request_
):
    other = await connect_webex(client_id="sandbox-webex-other", client_secret="sandbox-webex-other-secret")
    theirs = (await other.create(KEY, request_, None)).meeting
    tried = await lose_a_create(stage, webex, request_)
    await webex.cancel(KEY, None, request_, tried - timedelta(seconds=LAG))
    assert list(site.meetings) == [theirs.id]


async def test_a_search_that_lags_makes_no_second_meeting(stage, webex, site, control, request_):
    await control("webex/switches", list_lag=LAG - 5)
    stage.befalls("create", drop="after")
    await insist(stage, lambda tried: webex.create(KEY, request_, tried))
    assert len(site.meetings) == 1


async def test_a_broken_list_is_not_an_empty_one(stage, webex, site, request_):
    tried = await lose_a_create(stage, webex, request_)
    stage.advance(600)
    stage.fault(op="webex.list", status=200, body={"strange": True})
    with pytest.raises(Transient):
        await webex.create(KEY, request_, tried)
    assert len(site.meetings) == 1


async def test_a_list_whose_pages_never_end_is_given_up(stage, webex, site, request_):
    tried = await lose_a_create(stage, webex, request_)
    link = {"Link": '<https://elsewhere.example/v1/meetings?offset=0>; rel="next"'}
    stage.fault(op="webex.list", status=200, body={"items": []}, headers=link, times=-1)
    with pytest.raises(Transient, match="not a list"):
        await webex.create(KEY, request_, tried)
    assert len(site.meetings) == 1


async def test_a_cancel_of_what_was_never_tried_calls_nobody(webex, sandbox, request_):
    before = len(sandbox.world.calls.since(0))
    await webex.cancel(KEY, None, request_, None)
    assert len(sandbox.world.calls.since(0)) == before


async def test_the_hundred_of_a_day_say_until_when_and_are_not_asked_for_again(
    webex, sandbox, stage, control, request_
):
    await control("webex/switches", daily_limit=1)
    made = (await webex.create(KEY, request_, None)).meeting
    for wait in (3600, 2600):
        with pytest.raises(Transient) as caught:
            await webex.create(OTHER, request_, None)
        assert caught.value.reason == "daily_limit"
        assert caught.value.retry_after == pytest.approx(wait, abs=5)
        stage.advance(1000)
    assert len(calls(sandbox, "webex.create")) == 2
    await webex.update(KEY, made, replace(request_, title="Other"))
    await webex.cancel(KEY, made, request_, None)


async def test_after_the_wait_meetings_are_made_again(webex, stage, control, site, request_):
    await control("webex/switches", daily_limit=1)
    await webex.create(KEY, request_, None)
    with pytest.raises(Transient) as caught:
        await webex.create(OTHER, request_, None)
    stage.advance(caught.value.retry_after)
    await control("webex/switches", daily_limit=100)
    await webex.create(OTHER, request_, None)
    assert len(site.meetings) == 2


@pytest.mark.parametrize(("status", "reason", "wait"), [(429, "rate_limit", 30), (423, "locked", 5)])
async def test_a_wait_is_as_long_as_webex_says(webex, stage, request_, status, reason, wait):
    stage.befalls("get", status=status)
    made = (await webex.create(KEY, request_, None)).meeting
    with pytest.raises(Transient) as caught:
        await webex.get(made, request_.at)
    assert (caught.value.reason, caught.value.retry_after) == (reason, wait)


async def test_missing_scopes_say_what_to_do(connect_webex, control, request_):
    await control("webex/switches", scopes=["meeting:schedules_read", "spark:people_read"])
    webex = await connect_webex()
    with pytest.raises(Unauthorized, match=r"scopes.*link the account again"):
        await webex.create(KEY, request_, None)


async def test_what_only_the_host_may_do_is_refused_without_giving_the_account_up(connect_webex, request_):
    webex = await connect_webex(invitees=True)
    made = (await webex.create(KEY, replace(request_, invitees=("bob@example.com",)), None)).meeting
    bob = await connect_webex("bob@example.com")
    assert (await bob.get(made, request_.at)).join_url == made.join_url
    for step in (
        bob.cancel(KEY, made, request_, None),
        bob.update(KEY, made, replace(request_, title="Mine")),
    ):
        with pytest.raises(Rejected, match="not the host"):
            await step


async def test_an_account_that_was_taken_back_stops_the_work(webex, control, request_):
    await control("webex/deauthorize", email=ADA)
    with pytest.raises(Unauthorized, match=r"link the account again"):
        await webex.create(KEY, request_, None)


async def test_a_refresh_token_lives_on_as_long_as_it_is_used(webex, stage, sandbox, request_):
    for _ in range(3):
        stage.advance(80 * 86_400)
        await webex.create(KEY, replace(request_, start=stage.now() + timedelta(days=1)), None)
    assert [call["status"] for call in calls(sandbox, "webex.token")] == [200] * 4


async def test_what_an_answer_leaves_out_stays_as_it_was(webex, control, request_):
    made = (await webex.create(KEY, request_, None)).meeting
    await control("webex/switches", no_telephony=True, no_password=True)
    assert await webex.get(made, request_.at) == made


async def test_a_meeting_without_passwords_and_phones_is_a_meeting(webex, control, request_):
    await control("webex/switches", no_telephony=True, no_password=True)
    made = (await webex.create(KEY, request_, None)).meeting
    assert (made.passcode, made.phone_passcode, made.phones) == ("", "", ())
    assert made.join_url


async def test_the_site_of_the_operators_choice_has_the_meetings(connect_webex, site, request_):
    webex = await connect_webex(site_url="acme.webex.com")
    made = (await webex.create(KEY, request_, None)).meeting
    assert only(site).site == "acme.webex.com"
    assert made.join_url.startswith("https://acme.webex.com/")


async def test_logs_hold_no_secret(webex, request_, capsys):
    made = (await webex.create(KEY, request_, None)).meeting
    out, err = capsys.readouterr()
    assert "provider call" in out + err
    for secret in (made.passcode, made.join_url, "Bearer", "sandbox-webex-secret", "access_", "refresh_"):
        assert secret not in out + err


async def test_an_account_says_whose_it_is(http, control, settings, people, now, site):
    said = await control("webex/codes", email=ADA, redirect_uri=BACK)
    app = account.app(settings)
    granted = await consented.exchange(http, app, said["code"], "", BACK, now)
    consented.require(app, granted.scopes, account.NEEDS)
    found = await account.identity(http, settings, granted.access)
    assert (found.id, found.name) == (site.people[ADA].id, ADA)
    with pytest.raises(Unauthorized):
        await account.identity(http, settings, "wrong")


async def test_a_grant_without_the_right_to_schedule_is_noticed(http, control, settings, people, now):
    await control("webex/switches", scopes=["meeting:schedules_read", "spark:people_read"])
    said = await control("webex/codes", email=ADA, redirect_uri=BACK)
    app = account.app(settings)
    granted = await consented.exchange(http, app, said["code"], "", BACK, now)
    with pytest.raises(Unauthorized, match="meeting:schedules_write"):
        consented.require(app, granted.scopes, account.NEEDS)


def weekly(request, *more):
    return replace(request, recurring=True, recurrence=("RRULE:FREQ=WEEKLY;COUNT=10", *more))


async def test_a_series_is_one_meeting_with_its_rule(webex, site, request_):
    made = (await webex.create(KEY, weekly(request_), None)).meeting
    there = only(site)
    assert there.start == request_.start
    assert there.recurrence.startswith("FREQ=WEEKLY;INTERVAL=1;BYDAY=")
    assert (await webex.update(KEY, made, request_)).meeting == made
    assert only(site).recurrence is None
    assert (await webex.update(KEY, made, weekly(request_))).meeting == made
    assert only(site).recurrence == there.recurrence


async def test_renaming_a_series_leaves_alone_what_people_moved_at_webex(
    webex, site, control, stage, request_
):
    made = (await webex.create(KEY, weekly(request_), None)).meeting
    await control(f"webex/meetings/{made.id}/exceptions", date="20261210T150000Z")
    stage.advance(16 * 86_400)  # two of its meetings are over
    await webex.update(KEY, made, replace(weekly(request_), title="Other"))
    assert (only(site).title, len(only(site).exceptions)) == ("Other", 1)
    await webex.update(KEY, made, replace(weekly(request_), minutes=60))
    assert only(site).exceptions == ()


async def test_a_series_that_has_begun_is_made_from_its_next_date_on(webex, site, stage, now, request_):
    stage.advance(30 * 86_400)
    await webex.create(KEY, weekly(request_), None)
    there = only(site)
    assert now() < there.start < now() + timedelta(days=7)
    assert (there.start - request_.start) % timedelta(days=7) <= timedelta(hours=1)  # clocks may have changed


async def test_the_orphan_of_a_series_is_found(stage, webex, site, request_):
    tried = await lose_a_create(stage, webex, weekly(request_))
    stage.advance(20 * 86_400)
    await webex.create(KEY, weekly(request_), tried)
    assert len(site.meetings) == 1


async def test_the_meeting_of_a_series_that_webex_cannot_count_has_no_end(webex, site, request_):
    long = replace(request_, recurring=True, recurrence=("RRULE:FREQ=DAILY;COUNT=1900",))
    await webex.create(KEY, long, None)
    assert only(site).recurrence == "FREQ=DAILY;INTERVAL=1"


@pytest.mark.parametrize(
    ("minutes", "length", "rule"),
    [
        (5, timedelta(minutes=10), None),
        (1440, timedelta(hours=23, minutes=59), None),
        (3 * 1440, timedelta(hours=23, minutes=59), "FREQ=DAILY;INTERVAL=1;UNTIL="),
    ],
)
async def test_events_too_short_or_too_long_get_what_webex_can_hold(
    webex, site, capsys, request_, minutes, length, rule
):
    made = (await webex.create(KEY, replace(request_, minutes=minutes), None)).meeting
    there = only(site)
    assert (there.start, there.end - there.start) == (request_.start, length)
    assert (there.recurrence or "").startswith(rule or "") == bool(rule or not there.recurrence)
    assert "at other times than the event" in "".join(capsys.readouterr())
    assert (await webex.update(KEY, made, replace(request_, minutes=minutes))).meeting == made


async def test_an_event_that_has_begun_gets_a_meeting_for_the_rest_of_it(webex, site, stage, now, request_):
    stage.advance((request_.start - now()).total_seconds() + 600)
    made = (await webex.create(KEY, request_, None)).meeting
    there = only(site)
    assert now() < there.start < now() + timedelta(minutes=3)
    assert there.end == request_.start + timedelta(minutes=45)
    await webex.update(KEY, made, replace(request_, title="Other"))
    assert (only(site).title, only(site).start) == ("Other", there.start)


async def test_nothing_is_sent_of_a_time_that_has_passed(webex, site, stage, request_):
    made = (await webex.create(KEY, request_, None)).meeting
    begun = replace(request_, title="Other", start=stage.now() - timedelta(minutes=5))
    await webex.update(KEY, made, begun)
    assert (only(site).title, only(site).start) == ("Other", request_.start)


async def test_an_event_that_is_over_gets_none(webex, stage, sandbox, request_):
    stage.advance(10 * 86_400)
    with pytest.raises(Rejected, match="over"):
        await webex.create(KEY, request_, None)
    assert not calls(sandbox, "webex.create")


async def test_a_series_without_a_time_is_refused(webex, request_):
    with pytest.raises(Rejected, match="no time"):
        await webex.create(KEY, replace(request_, recurring=True, start=None, minutes=0), None)
