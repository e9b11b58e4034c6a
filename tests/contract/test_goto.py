"""GoTo keeps the contract of meetings as far as its API lets anybody, and its own rules.

GoTo takes neither an id nor a note of ours. What a lost answer leaves behind is known again by subject and start
alone, which may be somebody's own meeting: it is taken over and never deleted. Where subjects are marked with
our key, the whole contract holds.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from aiohttp import ClientSession

from connectors import consented
from connectors.errors import NotFound, Rejected, Transient, Unauthorized
from connectors.goto import account
from connectors.goto.meetings import GoToMeetings
from connectors.model import EventRef, Identity, MeetingRequest
from connectors.settings import GoToSettings
from sandbox.goto.room import GoTo
from tests.contract.listing import ListingContract
from tests.contract.meetings import KEY, OTHER, MeetingsContract, RemoteMeetingsContract, Stage, insist

ADA, BOB = "ada@example.com", "bob@example.com"
BACK = "https://huddled.example.com/link/back"
VERIFIER = "v" * 50
LAG = 60.0


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
def there(sandbox):
    return sandbox.world.room(GoTo)


@pytest.fixture
def settings(sandbox):
    return GoToSettings(
        client_id="sandbox-goto",
        client_secret="sandbox-goto-secret",
        api_base=f"{sandbox.url}/goto",
        oauth_base=f"{sandbox.url}/goto/oauth",
        list_lag_seconds=LAG,
    )


@pytest.fixture
def link(sandbox, http, settings, control):
    """Go through GoTo's own page as a person does, and return what they granted."""

    async def linked(email=ADA):
        await control("users", email=email)
        app = account.app(settings)
        page = consented.authorize_url(app, BACK, "the-state", VERIFIER)
        async with (
            ClientSession() as browser,
            browser.get(f"{page}&as={email}", allow_redirects=False) as seen,
        ):
            back = seen.headers["Location"]
        assert back.startswith(f"{BACK}?code=")
        assert back.endswith("&state=the-state")
        code = back.split("code=")[1].split("&")[0]
        return await consented.exchange(http, app, code, VERIFIER, BACK, sandbox.world.now)

    return linked


@pytest.fixture
def connect_goto(http, settings, link, now):
    """Make a connector for somebody's account, with other settings than usual."""

    async def connect(email=ADA, held=None, **changes):
        mine = replace(settings, **changes)
        granted = await link(email)
        who = await account.identity(http, mine, granted.access)
        stored = [granted.refresh]

        async def save(token):
            stored.append(token)
            return True

        async def load():
            return stored[-1]

        async def taken(id_, key):
            return (held or {}).get(id_, key) != key

        tokens = consented.tokens(http, account.app(mine), email, granted.refresh, save, load, now)
        return GoToMeetings(mine, http, tokens, taken, now, Random(3), organizer=who.id)

    return connect


@pytest.fixture
def request_(now):
    start = now().replace(minute=0, second=0, microsecond=0) + timedelta(days=2)
    return MeetingRequest(
        at=EventRef(ADA, "e1"), host=ADA, title="Design review", start=start, minutes=45, zone="Europe/Berlin"
    )


@pytest.fixture
async def goto(connect_goto):
    return await connect_goto()


@pytest.fixture
def set_stage(sandbox, there, now, request_):
    def stage(meetings):
        async def request():
            return request_

        return Stage(
            meetings=meetings,
            request=request,
            now=now,
            ops={
                "create": "goto.create",
                "update": "goto.update",
                "cancel": "goto.delete",
                "get": "goto.get",
            },
            fault=lambda **what: sandbox.world.faults.add(provider="goto", **what),
            standing=lambda: len(there.meetings),
            remove=lambda meeting: there.remove(int(meeting.id)),
            advance=sandbox.world.clock.advance,
        )

    return stage


@pytest.fixture
def stage(set_stage, goto):
    return set_stage(goto)


class TestGoToMeetings(MeetingsContract):
    pass


class TestGoToAtAProvider(RemoteMeetingsContract):
    @pytest.mark.parametrize("moment", ["before", "after"])
    async def test_cancelling_after_a_lost_create_leaves_nothing(self, stage, moment):
        """Weaker: what the lost create left is named and not deleted, since it may be somebody's own."""
        stage.befalls("create", drop=moment)
        tried = stage.now()
        with pytest.raises(Transient):
            await stage.create()
        request = await stage.request()
        await insist(stage, lambda _: stage.meetings.cancel(KEY, None, request, tried))
        assert stage.standing() == (1 if moment == "after" else 0)


class TestGoToWithMarkedSubjects(MeetingsContract, RemoteMeetingsContract, ListingContract):
    """Nothing is weaker where our key ends each subject."""

    tells_when = False

    @pytest.fixture
    async def stage(self, set_stage, connect_goto):
        return set_stage(await connect_goto(mark_subjects=True))


def only(there):
    (meeting,) = there.meetings.values()
    return meeting


def calls(sandbox, op):
    return [call for call in sandbox.world.calls.since(0) if call["op"] == op]


async def lose(stage, request):
    """Ask for a meeting, whose answer is lost; return when."""
    at = stage.now()
    stage.befalls("create", drop="after")
    with pytest.raises(Transient):
        await stage.meetings.create(KEY, request, None)
    return at


async def test_what_goto_is_told_is_what_the_event_says(goto, there, request_):
    made = (await goto.create(KEY, request_, None)).meeting
    meeting = only(there)
    assert (meeting.subject, meeting.kind, meeting.audio) == ("Design review", "scheduled", "Hybrid")
    assert (meeting.start, meeting.end) == (request_.start, request_.start + timedelta(minutes=45))
    assert made.join_url == f"https://meet.goto.com/{made.id}"
    assert made.code.replace("-", "") == made.id == str(meeting.id)
    assert [phone.country for phone in made.phones] == ["DE", "US"]


async def test_the_join_link_is_what_the_create_said(goto, control, request_):
    await control("goto/switches", older_links=True)
    made = (await goto.create(KEY, request_, None)).meeting
    assert made.join_url == f"https://global.gotomeeting.com/join/{made.id}"
    assert await goto.get(made, request_.at) == made


async def test_a_lost_join_link_is_put_together_from_the_id(stage, goto, there, request_):
    tried = await lose(stage, request_)
    made = (await goto.create(KEY, request_, tried)).meeting
    assert made.join_url == f"https://meet.goto.com/{only(there).id}"


async def test_a_series_is_a_meeting_for_any_time(goto, there, request_):
    made = (await goto.create(KEY, replace(request_, recurring=True), None)).meeting
    assert only(there).kind == "recurring"
    await goto.update(KEY, made, request_)
    assert (only(there).kind, only(there).start) == ("scheduled", request_.start)
    await goto.update(KEY, made, replace(request_, recurring=True))
    assert only(there).kind == "recurring"


async def test_a_meeting_without_a_time_can_be_joined_at_any(goto, there, request_):
    await goto.create(KEY, replace(request_, start=None, minutes=0), None)
    assert only(there).kind == "recurring"


async def test_an_update_that_changes_nothing_is_not_sent(goto, sandbox, request_):
    made = (await goto.create(KEY, request_, None)).meeting
    assert (await goto.update(KEY, made, replace(request_, zone="Asia/Kathmandu"))).meeting == made
    assert not calls(sandbox, "goto.update")


async def test_an_update_keeps_what_only_the_owner_sets(goto, there, control, request_):
    await control("users", email=BOB)
    made = (await goto.create(KEY, request_, None)).meeting
    theirs = (there.people[BOB].key,)
    there.keep(replace(only(there), password_required=True, coorganizers=theirs, audio="VoIP"))
    later = replace(request_, title="Moved", start=request_.start + timedelta(days=1), minutes=30)
    await goto.update(KEY, made, later)
    meeting = only(there)
    assert (meeting.subject, meeting.start, meeting.end - meeting.start) == (
        "Moved",
        later.start,
        timedelta(minutes=30),
    )
    assert (meeting.password_required, meeting.coorganizers, meeting.audio) == (True, theirs, "VoIP")


async def test_angle_brackets_survive_the_way_there_and_back(stage, goto, there, request_):
    odd = replace(request_, title="R&D <-> Sales & more")
    tried = await lose(stage, odd)
    assert only(there).subject == "R&D &lt;-&gt; Sales & more"
    await goto.create(KEY, odd, tried)
    assert len(there.meetings) == 1


async def test_a_subject_of_a_hundred_characters_is_known_again(stage, goto, there, request_):
    long = replace(request_, title="<" + "x y " * 60)
    tried = await lose(stage, long)
    assert len(only(there).subject) <= 100
    await goto.create(KEY, long, tried)
    assert len(there.meetings) == 1


async def test_an_orphan_that_is_as_it_should_be_is_not_touched(stage, sandbox, goto, request_):
    tried = await lose(stage, request_)
    await goto.create(KEY, request_, tried)
    assert not calls(sandbox, "goto.update")


async def test_an_orphan_of_another_length_is_brought_up_to_date(stage, goto, there, request_):
    tried = await lose(stage, request_)
    await goto.create(KEY, replace(request_, minutes=90), tried)
    assert only(there).end - only(there).start == timedelta(minutes=90)


async def test_the_orphan_of_a_series_is_found_by_its_subject(stage, goto, there, request_):
    series = replace(request_, recurring=True)
    tried = await lose(stage, series)
    await goto.create(KEY, series, tried)
    assert len(there.meetings) == 1


async def test_an_orphan_of_an_event_that_has_moved_is_left_behind(stage, goto, there, request_):
    tried = await lose(stage, request_)
    moved = replace(request_, start=request_.start + timedelta(days=1))
    stage.advance(LAG)
    await goto.create(KEY, moved, tried)
    assert len(there.meetings) == 2


async def test_a_marked_orphan_is_found_after_the_event_has_moved_and_is_moved_too(
    set_stage, connect_goto, there, request_
):
    goto = await connect_goto(mark_subjects=True)
    tried = await lose(set_stage(goto), request_)
    moved = replace(request_, title="Later", start=request_.start + timedelta(days=90))
    await goto.create(KEY, moved, tried)
    assert (only(there).subject, only(there).start) == (f"Later ({KEY})", moved.start)


async def test_a_meeting_of_another_event_is_not_taken_over(connect_goto, there, request_):
    held = {}
    goto = await connect_goto(held=held)
    first = (await goto.create(OTHER, request_, None)).meeting
    held[first.id] = OTHER
    there.world.clock.advance(LAG)
    second = (await goto.create(KEY, request_, there.world.now() - timedelta(seconds=LAG))).meeting
    assert second.id != first.id
    assert len(there.meetings) == 2


async def test_a_meeting_from_before_the_event_was_first_tried_is_somebodys_own(
    stage, goto, there, control, request_
):
    times = {"starttime": _utc(request_.start), "endtime": _utc(request_.start + timedelta(minutes=45))}
    theirs = (await control("goto/meetings", email=ADA, subject="Design review", **times))["id"]
    stage.advance(30 * 3600)
    made = (await goto.create(KEY, request_, stage.now() - timedelta(hours=1))).meeting
    assert made.id != str(theirs)
    assert there.meeting(theirs).subject == "Design review"


async def test_where_goto_does_not_say_when_a_meeting_was_made_it_is_taken_over(
    stage, goto, there, control, request_
):
    await control("goto/switches", no_create_time=True)
    tried = await lose(stage, request_)
    await goto.create(KEY, request_, tried)
    assert len(there.meetings) == 1


async def test_of_two_that_look_like_ours_one_is_taken_over_and_none_deleted(
    stage, goto, there, control, request_
):
    tried = await lose(stage, request_)
    times = {"starttime": _utc(request_.start), "endtime": _utc(request_.start + timedelta(minutes=45))}
    await control("goto/meetings", email=ADA, subject="Design review", **times)
    await goto.create(KEY, request_, tried)
    assert len(there.meetings) == 2


async def test_a_cancel_of_what_the_list_may_not_show_yet_waits_where_subjects_are_marked(
    connect_goto, there, request_
):
    goto = await connect_goto(mark_subjects=True)
    with pytest.raises(Transient) as caught:
        await goto.cancel(KEY, None, request_, there.world.now() - timedelta(seconds=1))
    assert caught.value.reason == "list_lag"


async def test_a_cancel_never_deletes_what_only_looks_like_ours(
    stage, goto, there, control, request_, capsys
):
    times = {"starttime": _utc(request_.start), "endtime": _utc(request_.start + timedelta(minutes=45))}
    theirs = (await control("goto/meetings", email=ADA, subject="Design review", **times))["id"]
    await goto.cancel(KEY, None, request_, stage.now() - timedelta(seconds=1))
    assert list(there.meetings) == [theirs]
    assert f"meeting={theirs}" in "".join(capsys.readouterr())


async def test_a_colleagues_meeting_in_the_list_is_not_taken_over(connect_goto, there, stage, goto, request_):
    bobs = await connect_goto(BOB)
    await bobs.create(OTHER, replace(request_, host=BOB), None)
    there.keep(replace(only(there), coorganizers=(there.people[ADA].key,)))
    stage.advance(LAG)
    await goto.create(KEY, request_, stage.now() - timedelta(seconds=LAG))
    assert len(there.meetings) == 2


@pytest.mark.parametrize("mark", [False, True])
async def test_a_list_that_lags_makes_no_second_meeting(
    set_stage, connect_goto, there, control, request_, mark
):
    await control("goto/switches", list_lag=LAG - 5)
    goto = await connect_goto(mark_subjects=mark)
    stage = set_stage(goto)
    stage.befalls("create", drop="after")
    await insist(stage, lambda tried: goto.create(KEY, request_, tried))
    assert len(there.meetings) == 1


async def test_a_broken_list_is_not_an_empty_one(stage, goto, there, request_):
    tried = await lose(stage, request_)
    stage.advance(600)
    stage.fault(op="goto.list", status=200, body={"strange": True})
    with pytest.raises(Transient):
        await goto.create(KEY, request_, tried)
    assert len(there.meetings) == 1


async def test_a_cancel_of_what_was_never_tried_calls_nobody(goto, sandbox, request_):
    before = len(sandbox.world.calls.since(0))
    await goto.cancel(KEY, None, request_, None)
    assert len(sandbox.world.calls.since(0)) == before


@pytest.mark.parametrize("call", ["create", "update", "cancel", "get"])
@pytest.mark.parametrize("word", ["InvalidToken", "ExpiredToken"])
async def test_a_403_for_the_token_is_a_401(stage, goto, request_, call, word):
    made = (await goto.create(OTHER, request_, None)).meeting
    stage.befalls(call, status=403, reason=word)
    steps = {
        "create": lambda: goto.create(KEY, request_, None),
        "update": lambda: goto.update(OTHER, made, request_),
        "cancel": lambda: goto.cancel(OTHER, made, request_, None),
        "get": lambda: goto.get(made, request_.at),
    }
    await steps[call]()


async def test_another_403_is_not_worth_a_new_token(stage, sandbox, goto, request_):
    stage.befalls("create", status=403, reason="AccessDenied")
    with pytest.raises(Unauthorized, match="does not let this account"):
        await goto.create(KEY, request_, None)
    assert len(calls(sandbox, "goto.create")) == 1


async def test_a_free_account_is_refused_in_clear_words(goto, there, control, request_):
    await control("goto/plans", email=ADA, free=True)
    with pytest.raises(Rejected, match=r"free one.*GoTo Admin"):
        await goto.create(KEY, request_, None)
    assert not there.meetings


async def test_ten_calls_a_second_are_a_wait_of_a_second_or_two(goto, control, request_):
    await control("goto/switches", requests_per_second=1)

    async def hurry():
        for key in (KEY, OTHER, KEY, OTHER):
            await goto.create(key, request_, None)

    with pytest.raises(Transient) as caught:
        await hurry()
    assert caught.value.reason == "rate_limit"
    assert 1 <= caught.value.retry_after <= 2


async def test_a_consent_that_was_withdrawn_stops_the_work_and_says_how_to_renew_it(goto, control, request_):
    await control("goto/deauthorize", email=ADA)
    with pytest.raises(Unauthorized, match=r"huddled link goto --account ada@example\.com"):
        await goto.create(KEY, request_, None)


async def test_a_token_that_dies_at_work_is_renewed(goto, there, request_):
    await goto.create(KEY, request_, None)
    there.grants.clear()
    await goto.create(OTHER, request_, None)
    assert len(there.meetings) == 2


@pytest.mark.parametrize("fresh", [False, True])
async def test_an_account_lives_on_by_whatever_refresh_token_it_has(
    sandbox, goto, control, there, request_, fresh
):
    await control("goto/switches", new_refresh_tokens=fresh)
    made = (await goto.create(KEY, request_, None)).meeting
    for _ in range(3):
        sandbox.world.clock.advance(3600)
        await goto.get(made, request_.at)
    assert len(calls(sandbox, "goto.token")) == 5
    assert len(there.refreshes) == 1


async def test_a_lost_refresh_costs_nothing_at_goto(stage, goto, request_):
    stage.fault(op="goto.token", drop="after")
    with pytest.raises(Transient) as caught:
        await goto.create(KEY, request_, None)
    assert caught.value.reason == "refresh_lost"
    await goto.create(KEY, request_, None)
    assert stage.standing() == 1


async def test_an_account_says_whose_it_is(http, settings, link, there):
    granted = await link()
    assert await account.identity(http, settings, granted.access) == Identity(there.people[ADA].key, ADA)
    consented.require(account.app(settings), granted.scopes, account.NEEDS)


async def test_an_account_says_whose_it_is_in_the_older_place_too(http, settings, link, stage, there):
    granted = await link()
    stage.fault(op="goto.identity", status=403, reason="AccessDenied")
    assert (await account.identity(http, settings, granted.access)).id == there.people[ADA].key


async def test_an_account_that_does_not_say_whose_it_is_names_the_scope(http, settings, link, stage):
    granted = await link()
    stage.fault(op="goto.identity", status=403, reason="AccessDenied")
    stage.fault(op="goto.me", status=401)
    with pytest.raises(Unauthorized, match=r"identity:scim\.me"):
        await account.identity(http, settings, granted.access)


@pytest.mark.parametrize(
    "what", [{"status": 503}, {"status": 200, "body": "<html>Welcome"}, {"drop": "before", "times": 2}]
)
async def test_trouble_while_asking_who_somebody_is_passes(http, settings, link, stage, what):
    granted = await link()
    stage.fault(op="goto.identity", **what)
    with pytest.raises(Transient):
        await account.identity(http, settings, granted.access)


async def test_an_unlinked_account_is_revoked_at_goto(http, settings, link, there, now):
    granted = await link()
    assert await consented.revoke(http, account.app(settings), granted.refresh, now)
    assert (there.refreshes, there.grants) == ({}, {})
    assert await consented.revoke(http, account.app(settings), granted.refresh, now)


async def test_a_meeting_that_is_read_without_its_numbers_keeps_them(goto, request_):
    made = (await goto.create(KEY, request_, None)).meeting
    assert len((await goto.get(made, request_.at)).phones) == len(made.phones) == 2


async def test_a_deleted_meeting_is_not_an_update(goto, there, request_):
    made = (await goto.create(KEY, request_, None)).meeting
    there.remove(int(made.id))
    with pytest.raises(NotFound):
        await goto.update(KEY, made, request_)


async def test_logs_hold_no_secret(goto, request_, capsys):
    made = (await goto.create(KEY, request_, None)).meeting
    out, err = capsys.readouterr()
    assert "provider call" in out + err
    for secret in (made.join_url, "Bearer", "sandbox-goto-secret", "eyJ.", VERIFIER, "code_"):
        assert secret not in out + err


def _utc(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
