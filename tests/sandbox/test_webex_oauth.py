"""The simulated Webex asks people, and gives tokens, as the real one does."""

from __future__ import annotations

import base64
import hashlib
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.sandbox.webex_caller import ADA, BACK, OTHERS, asking, calling


@pytest.fixture
async def caller():
    async with calling() as made:
        yield made


def brought_back(answer):
    assert answer.status == 302
    assert answer.headers["Location"].startswith(f"{BACK}?")
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))


async def authorize(caller, **changes):
    return await caller.webex("GET", "authorize", params=asking(**changes))


async def test_the_page_says_what_is_asked_for_and_offers_yes_and_no(caller):
    page = await authorize(caller)
    assert page.status == 200
    for word in ("meeting:schedules_write", f"Accept as {ADA}", "Decline"):
        assert word in page.body


async def test_who_accepts_is_sent_back_with_a_code_for_one_use(caller):
    back = brought_back(await authorize(caller, **{"as": ADA}))
    assert back["state"] == "s"
    form = {"grant_type": "authorization_code", "code": back["code"], "redirect_uri": BACK}
    first = await caller.token(**form)
    assert first.status == 200
    assert set(first.body["scope"].split()) >= {"meeting:schedules_read", "spark:kms"}
    assert first.body["expires_in"] == 1_209_599
    assert (await caller.token(**form)).body["error"] == "invalid_grant"


async def test_who_declines_is_sent_back_with_the_news(caller):
    back = brought_back(await authorize(caller, decline="1"))
    assert (back["error"], back["state"]) == ("access_denied", "s")


@pytest.mark.parametrize("scope", ["", "meeting:everything"])
async def test_scopes_that_the_integration_has_not_are_refused(caller, scope):
    assert brought_back(await authorize(caller, scope=scope))["error"] == "invalid_scope"


@pytest.mark.parametrize("changes", [{"client_id": "somebody"}, {"redirect_uri": ""}])
async def test_nobody_is_sent_back_to_nobody_knows_where(caller, changes):
    assert (await authorize(caller, **changes)).status == 400


async def test_less_can_be_granted_than_is_asked_for(caller):
    await caller.control("webex/switches", scopes=["meeting:schedules_read"])
    granted = await caller.log_in()
    assert set(granted["scope"].split()) == {"meeting:schedules_read", "spark:kms"}
    assert (await caller.webex("POST", "meetings", caller.review())).status == 403
    assert (await caller.webex("GET", "people/me")).status == 403


async def test_a_code_belongs_to_its_verifier_its_client_and_its_redirect(caller):
    digest = hashlib.sha256(b"v" * 43).digest()
    challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    more = {"as": ADA, "code_challenge": challenge, "code_challenge_method": "S256"}
    right = {"code_verifier": "v" * 43, "redirect_uri": BACK}
    for wrong in ({"code_verifier": "w" * 43}, {"redirect_uri": "https://else.example"}, OTHERS, {}):
        code = brought_back(await authorize(caller, **more))["code"]
        answer = await caller.token(grant_type="authorization_code", code=code, **(right | wrong))
        assert answer.status == (400 if wrong else 200)


async def test_a_refresh_gives_the_same_token_and_sets_its_clock_back(caller):
    granted = await caller.log_in()
    for _ in range(3):
        caller.sandbox.world.clock.advance(80 * 86_400)
        again = await caller.token(grant_type="refresh_token", refresh_token=granted["refresh_token"])
        assert again.body["refresh_token"] == granted["refresh_token"]
        assert again.body["access_token"] != granted["access_token"]
    caller.sandbox.world.clock.advance(90 * 86_400)
    late = await caller.token(grant_type="refresh_token", refresh_token=granted["refresh_token"])
    assert (late.status, late.body["error"]) == (400, "invalid_grant")


async def test_an_access_token_lasts_two_weeks(caller):
    assert (await caller.webex("GET", "people/me")).body["emails"] == [ADA]
    caller.sandbox.world.clock.advance(14 * 86_400)
    assert (await caller.webex("GET", "people/me")).status == 401


async def test_the_client_proves_itself_in_the_form(caller):
    answer = await caller.token(grant_type="refresh_token", client_secret="wrong")
    assert (answer.status, answer.body["error"]) == (401, "invalid_client")
    assert (await caller.token(grant_type="password")).body["error"] == "unsupported_grant_type"


async def test_an_integration_that_was_taken_away_can_do_nothing_more(caller):
    granted = await caller.log_in()
    await caller.control("webex/deauthorize", email=ADA)
    assert (await caller.webex("GET", "people/me")).status == 401
    answer = await caller.token(grant_type="refresh_token", refresh_token=granted["refresh_token"])
    assert answer.body["error"] == "invalid_grant"
