"""The simulated GoTo is as odd as the real one: spellings, refusals, tokens, its page."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import encode_basic_auth

from sandbox.goto.room import GoTo

ADA, BOB = "ada@example.com", "bob@example.com"
APP = encode_basic_auth("sandbox-goto", "sandbox-goto-secret")
BACK = "https://app.example/back"
SAMPLES = Path(__file__).resolve().parents[2] / ".." / "shared" / "fixtures" / "conferencing" / "goto"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
PAGE = {
    "response_type": "code",
    "client_id": "sandbox-goto",
    "redirect_uri": BACK,
    "state": "s",
    "scope": "collab:",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}
REVIEW = {
    "subject": "Design review",
    "starttime": "2099-12-01T14:00:00Z",
    "endtime": "2099-12-01T14:45:00Z",
    "passwordrequired": False,
    "conferencecallinfo": "Hybrid",
    "timezonekey": "",
    "meetingtype": "scheduled",
}


@pytest.fixture
async def goto(sandbox, control):
    return sandbox.world.room(GoTo)


@pytest.fixture
def token(sandbox, http, goto):
    async def asked(client=APP, **form):
        url = f"{sandbox.url}/goto/oauth/token"
        async with http.post(url, data=form, headers={"Authorization": client}) as answer:
            return answer.status, await answer.json()

    return asked


@pytest.fixture
def page(sandbox, http, goto):
    async def opened(**changes):
        asked = {name: value for name, value in (PAGE | changes).items() if value is not None}
        url = f"{sandbox.url}/goto/oauth/authorize"
        async with http.get(url, params=asked, allow_redirects=False) as answer:
            query = parse_qs(urlsplit(answer.headers.get("Location", "")).query)
            return answer.status, {name: value for name, (value,) in query.items()}, await answer.text()

    return opened


@pytest.fixture
def grant(page, token):
    """Say yes as somebody and return the tokens."""

    async def granted(email=ADA, **changes):
        _, back, _ = await page(**{"as": email} | changes)
        form = {"grant_type": "authorization_code", "code": back["code"], "redirect_uri": BACK}
        return (await token(**form, code_verifier=VERIFIER))[1]

    return granted


@pytest.fixture
async def call(sandbox, http, grant):
    tokens = {ADA: (await grant())["access_token"], BOB: (await grant(BOB))["access_token"]}

    async def called(method, path, body=None, *, who=ADA, bearer=None):
        headers = {"Authorization": f"Bearer {bearer or tokens[who]}"}
        more = {} if body is None else {"json": body}
        async with http.request(method, f"{sandbox.url}/goto/{path}", headers=headers, **more) as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if text else None

    return called


@pytest.fixture
def meeting(call):
    async def made(**changes):
        _, (body,) = await call("POST", "G2M/rest/meetings", REVIEW | changes)
        return body["meetingid"]

    return made


def recorded(name):
    path = SAMPLES / name
    if not path.exists():
        pytest.skip("the recorded samples are not on this machine")
    return json.loads(path.read_text())["response"]


async def test_the_page_asks_who_one_is_and_sends_them_back_with_a_code(page):
    status, back, text = await page()
    assert (status, back) == (200, {})
    assert ADA in text
    assert "Decline" in text
    status, back, _ = await page(**{"as": ADA})
    assert (status, back["state"]) == (302, "s")
    assert back["code"]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"as": "nobody"}, "access_denied"),
        ({"scope": "collab: everything:"}, "invalid_scope"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
    ],
)
async def test_the_page_sends_them_back_with_what_is_wrong(page, changes, error):
    status, back, _ = await page(**changes)
    assert (status, back["error"], back["state"]) == (302, error, "s")
    assert "code" not in back


@pytest.mark.parametrize("changes", [{"client_id": "x"}, {"redirect_uri": None}, {"response_type": "token"}])
async def test_the_page_sends_nobody_to_an_address_it_cannot_trust(page, changes):
    status, back, _ = await page(**changes)
    assert (status, back) == (400, {})


async def test_only_what_the_app_may_ask_for_is_granted(control, grant):
    await control("POST", "/goto/switches", {"scopes": ["collab:"]})
    assert (await grant())["scope"] == "collab:"


async def test_a_code_is_good_once_and_for_ten_minutes(control, page, token):
    codes = [(await page(**{"as": ADA}))[1]["code"] for _ in range(2)]
    form = {"grant_type": "authorization_code", "redirect_uri": BACK, "code_verifier": VERIFIER}
    assert (await token(**form, code=codes[0]))[0] == 200
    assert await token(**form, code=codes[0]) == (
        400,
        {"error": "invalid_grant", "error_description": "invalid authorization code"},
    )
    await control("POST", "/clock", {"advance": 601})
    assert (await token(**form, code=codes[1]))[1]["error"] == "invalid_grant"


@pytest.mark.parametrize("wrong", [{"code_verifier": "w" * 43}, {"redirect_uri": f"{BACK}/"}])
async def test_a_code_is_good_for_who_asked(page, token, wrong):
    code = (await page(**{"as": ADA}))[1]["code"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": VERIFIER}
    assert (await token(**form | wrong))[1]["error"] == "invalid_grant"


async def test_an_unknown_client_is_refused(token):
    status, body = await token(encode_basic_auth("sandbox-goto", "x"), grant_type="refresh_token")
    assert (status, body["error"]) == (401, "invalid_client")


async def test_a_refresh_leaves_the_refresh_token_as_it_is(grant, token):
    first = (await grant())["refresh_token"]
    status, body = await token(grant_type="refresh_token", refresh_token=first)
    assert status == 200
    assert body.keys() == recorded("oauth_refresh_no_new_refresh_token.json")["body"].keys()
    assert (await token(grant_type="refresh_token", refresh_token=first))[0] == 200


async def test_a_refresh_token_that_was_renewed_is_dead(control, grant, token):
    first = (await grant())["refresh_token"]
    await control("POST", "/goto/switches", {"new_refresh_tokens": True})
    _, body = await token(grant_type="refresh_token", refresh_token=first)
    assert body["refresh_token"] != first
    assert (await token(grant_type="refresh_token", refresh_token=first))[1]["error"] == "invalid_grant"


async def test_a_refresh_token_lasts_thirty_days(control, grant, token):
    first = (await grant())["refresh_token"]
    await control("POST", "/clock", {"advance": 30 * 86_400})
    assert (await token(grant_type="refresh_token", refresh_token=first))[1]["error"] == "invalid_grant"


async def test_the_answers_have_the_keys_of_the_samples(call, meeting):
    _, (created,) = await call("POST", "G2M/rest/meetings", REVIEW)
    _, (read,) = await call("GET", f"G2M/rest/meetings/{created['meetingid']}")
    _, (item,) = await call("GET", "G2M/rest/upcomingMeetings")
    for found, name in ((created, "create.json"), (read, "get.json"), (item, "upcoming.json")):
        assert found.keys() == recorded(name)["body"][0].keys()


async def test_an_id_is_spelled_in_three_ways_and_the_link_told_once(call):
    status, (created,) = await call("POST", "G2M/rest/meetings", REVIEW)
    id_ = created["meetingid"]
    _, (read,) = await call("GET", f"G2M/rest/meetings/{id_}")
    _, (item,) = await call("GET", "G2M/rest/upcomingMeetings")
    assert status == 201
    assert (read["meetingId"], item["meetingId"]) == (id_, str(id_))
    assert created["joinURL"] == f"https://meet.goto.com/{id_}"
    assert "joinURL" not in read
    assert "joinURL" not in item


@pytest.mark.parametrize("name", REVIEW)
@pytest.mark.parametrize("method", ["POST", "PUT"])
async def test_every_field_is_wanted_every_time(call, meeting, name, method):
    path = "G2M/rest/meetings" if method == "POST" else f"G2M/rest/meetings/{await meeting()}"
    status, body = await call(method, path, {key: value for key, value in REVIEW.items() if key != name})
    assert (status, body["msg"]) == (400, f"Missing field: {name}")


@pytest.mark.parametrize(
    "wrong",
    [
        {"subject": ""},
        {"subject": "x" * 101},
        {"subject": "a <b>"},
        {"starttime": "2099-12-01T15:00:00+01:00"},
        {"starttime": "2099-12-01T15:00:00"},
        {"starttime": "2099-13-01T15:00:00Z"},
        {"endtime": REVIEW["starttime"]},
        {"passwordrequired": "false"},
        {"conferencecallinfo": "x" * 256},
        {"timezonekey": "Europe/Berlin"},
        {"meetingtype": "weekly"},
        {"coorganizerKeys": [1]},
        {"coorganizerKeys": ["nobody"]},
        {"agenda": "a marker"},
    ],
)
async def test_a_body_that_is_wrong_is_refused(call, wrong):
    assert (await call("POST", "G2M/rest/meetings", REVIEW | wrong))[0] == 400


async def test_a_replacement_answers_nothing_and_forgets_what_it_leaves_out(call, goto, meeting):
    id_ = await meeting(coorganizerKeys=[goto.people[BOB].key])
    assert await call("PUT", f"G2M/rest/meetings/{id_}", REVIEW | {"subject": "Moved"}) == (204, None)
    assert (goto.meeting(id_).subject, goto.meeting(id_).coorganizers) == ("Moved", ())


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_a_meeting_that_is_gone_or_somebody_elses_is_not_found(call, meeting, method):
    id_ = await meeting()
    body = REVIEW if method == "PUT" else None
    missing = (404, recorded("error_404.json")["body"])
    assert await call(method, f"G2M/rest/meetings/{id_}", body, who=BOB) == missing
    assert await call("DELETE", f"G2M/rest/meetings/{id_}") == (204, None)
    assert await call(method, f"G2M/rest/meetings/{id_}", body) == missing


async def test_a_bad_token_is_a_403(control, call):
    refused = (403, recorded("error_403_bad_token.json")["body"])
    assert await call("GET", "G2M/rest/upcomingMeetings", bearer="x") == refused
    await control("POST", "/clock", {"advance": 3600})
    assert await call("GET", "G2M/rest/upcomingMeetings") == refused


async def test_a_token_opens_what_it_was_granted_for(call, grant):
    narrow = (await grant(scope="identity:scim.me"))["access_token"]
    status, body = await call("GET", "G2M/rest/upcomingMeetings", bearer=narrow)
    assert (status, body["int_err_code"]) == (403, "AccessDenied")
    assert (await call("GET", "identity/v1/Users/me", bearer=narrow))[1]["userName"] == ADA


async def test_a_free_account_cannot_schedule(control, call):
    await control("POST", "/goto/plans", {"email": ADA, "free": True})
    assert (await call("POST", "G2M/rest/meetings", REVIEW))[0] == 412
    await control("POST", "/goto/plans", {"email": ADA, "free": False})
    assert (await call("POST", "G2M/rest/meetings", REVIEW))[0] == 201


async def test_the_list_shows_what_is_not_over_and_of_nobody_else(control, call, meeting):
    await control("POST", "/goto/switches", {"list_lag": 30})
    await meeting()
    past = {"starttime": "2020-01-01T10:00:00Z", "endtime": "2020-01-01T11:00:00Z"}
    await meeting(**past)
    series = await meeting(**past, meetingtype="recurring")
    assert await call("GET", "G2M/rest/upcomingMeetings") == (200, [])
    await control("POST", "/clock", {"advance": 30})
    _, shown = await call("GET", "G2M/rest/upcomingMeetings")
    assert [item["meetingType"] for item in shown] == ["scheduled", "recurring"]
    assert shown[1]["meetingId"] == str(series)
    assert await call("GET", "G2M/rest/upcomingMeetings", who=BOB) == (200, [])


async def test_the_hosts_link_is_told_to_the_host_alone(call, meeting):
    id_ = await meeting()
    assert "token=" in (await call("GET", f"G2M/rest/meetings/{id_}/start"))[1]["hostURL"]
    assert (await call("GET", f"G2M/rest/meetings/{id_}/start", who=BOB))[0] == 404


async def test_whoever_is_wanted_without_has_no_account(control, page, goto):
    await control("POST", "/users", {"email": "guest@example.com", "goto": False})
    assert "guest@example.com" not in goto.people
    assert "guest@example.com" not in (await page())[2]


async def test_the_state_shows_meetings_and_who_has_linked(control, meeting):
    id_ = await meeting()
    state = (await control("GET", "/state"))["goto"]
    assert [one["id"] for one in state["meetings"]] == [id_]
    assert state["linked"] == [ADA, BOB]
    await control("POST", f"/goto/meetings/{id_}/delete")
    assert [one["id"] for one in (await control("GET", "/state"))["goto"]["deleted"]] == [id_]
    await control("POST", "/goto/deauthorize", {"email": ADA})
    assert (await control("GET", "/state"))["goto"]["linked"] == [BOB]
