"""A Zoom account that a person has linked keeps the contract of meetings too: the same, with `me` as the only host."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from connectors import consented
from connectors.errors import Rejected, Transient, Unauthorized
from connectors.linking import Lacking, linkables
from connectors.model import EventRef, Identity, MeetingRequest
from connectors.oauth import Granted, Tokens
from connectors.settings import ZoomSettings
from connectors.zoom import account as zoom_account
from connectors.zoom.client import Client
from connectors.zoom.meetings import ZoomMeetings
from sandbox.zoom import oauth
from sandbox.zoom.room import Account, Switches
from tests.contract.listing import ListingContract
from tests.contract.meetings import KEY, MeetingsContract, RemoteMeetingsContract, Stage
from tests.contract.test_zoom import LAG, MemoryBudget

ADA = "ada@example.com"
BACK = "https://huddled.example.com/link/callback/zoom"
VERIFIER = "v" * 43


@pytest.fixture
def account(sandbox):
    room = sandbox.world.room(Account)
    room.join(ADA, "Ada", "UTC")
    return room


@pytest.fixture
def settings(sandbox):
    return ZoomSettings(
        user_client_id="sandbox-zoom-app",
        user_client_secret="sandbox-zoom-app-secret",
        api_base=f"{sandbox.url}/zoom/v2",
        oauth_base=f"{sandbox.url}/zoom/oauth",
        list_lag_seconds=LAG,
    )


@pytest.fixture
def zoom_of_ada(http, now, settings, account):
    return linkables(http, now, {"zoom": settings})["zoom"]


@pytest.fixture
async def zoom(http, now, settings, account, zoom_of_ada):
    code = oauth.new_code(account, ADA, BACK)
    got = await zoom_of_ada.redeem(code, VERIFIER, BACK)
    kept = [got.token]

    async def save(token):
        kept.append(token)
        return True

    async def load():
        return kept[-1]

    tokens = consented.tokens(http, zoom_of_ada.app, ADA, got.token, save, load, now)
    return ZoomMeetings(settings, http, tokens, MemoryBudget(now), now, Random(3), person="cre_ada")


@pytest.fixture
def request_(now):
    start = now().replace(minute=0, second=0, microsecond=0) + timedelta(days=2)
    at = EventRef("team@example.com", "e1")
    return MeetingRequest(at, "boss@example.com", "Design review", start, 45, "Europe/Berlin")


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


class TestLinkedZoomMeetings(MeetingsContract):
    pass


class TestLinkedZoomListing(ListingContract):
    pass


class TestLinkedZoomAtAProvider(RemoteMeetingsContract):
    pass


async def test_the_person_hosts_whoever_organizes(zoom, account, request_):
    made = (await zoom.create(KEY, request_, None)).meeting
    (there,) = account.meetings.values()
    assert there.host.email == ADA
    assert made.host == "cre_ada"


async def test_the_default_host_of_the_account_has_no_part_in_it(settings, zoom, sandbox, request_):
    zoom._settings = replace(settings, default_host="meetings@example.com")
    await zoom.create(KEY, request_, None)
    made = [call for call in sandbox.world.calls.since(0) if call["op"] == "zoom.create"]
    assert [call["path"] for call in made] == ["/zoom/v2/users/me/meetings"]


async def test_what_is_listed_is_counted_as_the_persons_when_it_is_deleted(zoom, stage):
    made = (await stage.create()).meeting
    stage.advance(LAG)
    (found,) = await zoom.ours("")
    assert found.host == made.host == "cre_ada"


async def test_who_linked_is_known_by_what_stays(zoom_of_ada, account):
    got = await zoom_of_ada.redeem(oauth.new_code(account, ADA, BACK), VERIFIER, BACK)
    assert got.who == Identity(account.people[ADA].id, ADA)
    assert got.token not in repr(got)


@pytest.mark.parametrize("lacks", [needs[0] for needs in zoom_account.NEEDS])
async def test_each_scope_that_is_needed_is_missed_by_name(zoom_of_ada, account, lacks):
    account.switches = Switches(scopes=tuple({n[0] for n in zoom_account.NEEDS} - {lacks}))
    with pytest.raises(Lacking) as caught:
        await zoom_of_ada.redeem(oauth.new_code(account, ADA, BACK), VERIFIER, BACK)
    assert caught.value.scopes == (lacks,)


async def test_a_code_is_good_only_for_the_address_that_it_was_given_for(zoom_of_ada, account):
    code = oauth.new_code(account, ADA, "https://elsewhere.example.com/")
    with pytest.raises(Rejected):
        await zoom_of_ada.redeem(code, VERIFIER, BACK)


@pytest.mark.parametrize(("status", "error"), [(503, Transient), (429, Transient), (401, Unauthorized)])
async def test_a_zoom_that_does_not_say_who_it_is_links_nobody(sandbox, zoom_of_ada, account, status, error):
    sandbox.world.faults.add(provider="zoom", op="zoom.user", times=1, status=status)
    with pytest.raises(error):
        await zoom_of_ada.redeem(oauth.new_code(account, ADA, BACK), VERIFIER, BACK)


def test_zoom_is_asked_where_it_wants_unless_the_operator_says_where():
    at = zoom_account.regional
    assert at(ZoomSettings(), "https://api-eu.zoom.us").api_base == "https://api-eu.zoom.us/v2"
    assert at(ZoomSettings(), "").api_base == "https://api.zoom.us/v2"
    assert at(ZoomSettings(), "https://api-eu.zoom.us/").api_base == "https://api-eu.zoom.us/v2"
    elsewhere = ZoomSettings(api_base="http://127.0.0.1")
    assert at(elsewhere, "https://api-eu.zoom.us").api_base == "http://127.0.0.1"


@pytest.mark.parametrize(
    "named",
    [
        "http://api.zoom.us",
        "https://api.zoom.us.example.com",
        "https://examplezoom.us",
        "https://zoom.us@example.com",
        "https://example.com/.zoom.us",
        "https://example.com?.zoom.us",
        "https://example.com#.zoom.us",
        "https://api.zoom.us:8443",
        "https://api.zoom.us/other",
        "https://169.254.169.254",
        "https://api.zoom.us\n",
        "file:///api.zoom.us",
        "//api.zoom.us",
    ],
)
async def test_no_token_goes_to_a_host_that_is_not_zooms(http, named):
    assert zoom_account.regional(ZoomSettings(), named).api_base == "https://api.zoom.us/v2"
    granted = Granted("canary", datetime(2099, 1, 1, tzinfo=UTC), api_url=named)

    async def never():
        raise AssertionError

    tokens = Tokens(never, lambda: datetime(2026, 1, 1, tzinfo=UTC), granted)
    client = Client(ZoomSettings(), http, tokens, tokens.now, Random(1))
    assert client._base() == "https://api.zoom.us/v2"


@pytest.mark.parametrize("body", ["[]", "{}", '{"id": null}', "null", '"ada"', "<html>"])
async def test_a_zoom_that_names_nobody_links_nobody(sandbox, zoom_of_ada, account, body):
    sandbox.world.faults.add(
        provider="zoom", op="zoom.user", times=1, status=200, body=body, content_type="text/html"
    )
    with pytest.raises(Transient):
        await zoom_of_ada.redeem(oauth.new_code(account, ADA, BACK), VERIFIER, BACK)


async def test_a_revoked_token_is_dead(zoom_of_ada, account):
    got = await zoom_of_ada.redeem(oauth.new_code(account, ADA, BACK), VERIFIER, BACK)
    assert await zoom_of_ada.revoke(got.token)
    assert account.refreshes == {}
    assert await zoom_of_ada.revoke(got.token)
