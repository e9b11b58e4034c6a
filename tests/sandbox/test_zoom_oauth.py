"""Who gets a token from the simulated Zoom, and what kills one."""

from __future__ import annotations

import base64
import hashlib

import pytest
from aiohttp import ServerDisconnectedError

from tests.sandbox.zoom_caller import ADA, APP, BOB, SERVER, calling

BACK = "https://app.example/back"


@pytest.fixture
async def caller():
    async with calling() as made:
        yield made


async def test_an_account_token_lasts_an_hour_and_names_the_api(caller):
    answer = await caller.token(grant_type="account_credentials", account_id="sandbox-account")
    assert answer.status == 200
    assert answer.body["api_url"] == f"{caller.sandbox.url}/zoom"
    assert answer.body["expires_in"] == 3600
    assert "refresh_token" not in answer.body
    assert "meeting:write:meeting:admin" in answer.body["scope"].split()


async def test_the_token_form_may_stand_in_the_query(caller):
    path = "/zoom/oauth/token?grant_type=account_credentials&account_id=sandbox-account"
    assert (await caller.send("POST", path, headers={"Authorization": SERVER})).status == 200


@pytest.mark.parametrize(
    ("client", "form", "status", "error"),
    [
        ("Basic bm9ib2R5Ong=", {"grant_type": "refresh_token"}, 401, "invalid_client"),
        ("Basic %%%", {"grant_type": "refresh_token"}, 401, "invalid_client"),
        (SERVER, {"grant_type": "account_credentials", "account_id": "another"}, 400, "invalid_request"),
        (SERVER, {"grant_type": "refresh_token", "refresh_token": "x"}, 400, "unsupported_grant_type"),
        (APP, {"grant_type": "refresh_token", "refresh_token": "x"}, 400, "invalid_grant"),
        (APP, {"grant_type": "authorization_code", "code": "x"}, 400, "invalid_request"),
    ],
)
async def test_a_wrong_token_request_is_refused(caller, client, form, status, error):
    answer = await caller.token(client, **form)
    assert (answer.status, answer.body["error"]) == (status, error)


async def test_a_refresh_kills_the_old_refresh_token_at_once(caller):
    first = (await caller.log_in_as(ADA))["refresh_token"]
    second = await caller.token(APP, grant_type="refresh_token", refresh_token=first)
    assert second.body["refresh_token"] != first
    again = await caller.token(APP, grant_type="refresh_token", refresh_token=first)
    assert (again.status, again.body) == (400, {"reason": "Invalid Token!", "error": "invalid_grant"})


async def test_a_refresh_whose_answer_is_lost_has_happened(caller):
    first = (await caller.log_in_as(ADA))["refresh_token"]
    await caller.control("faults", provider="zoom", op="zoom.token", drop="after")
    with pytest.raises(ServerDisconnectedError):
        await caller.token(APP, grant_type="refresh_token", refresh_token=first)
    assert (await caller.token(APP, grant_type="refresh_token", refresh_token=first)).status == 400


async def test_a_refresh_token_dies_after_ninety_days(caller):
    refresh = (await caller.log_in_as(ADA))["refresh_token"]
    await caller.control("clock", advance=91 * 86400)
    assert (await caller.token(APP, grant_type="refresh_token", refresh_token=refresh)).status == 400


async def test_a_new_authorisation_kills_the_earlier_one(caller):
    first = await caller.log_in_as(ADA)
    await caller.log_in_as(ADA)
    caller.bearer = first["access_token"]
    assert (await caller.zoom("GET", "users/me")).body == {"code": 124, "message": "Invalid access token."}


async def test_a_code_works_once_and_for_five_minutes(caller):
    form = {"grant_type": "authorization_code", "redirect_uri": BACK}
    used, late = [
        (await caller.control("zoom/codes", email=ADA, redirect_uri=BACK))["code"] for _ in range(2)
    ]
    assert (await caller.token(APP, code=used, **form)).status == 200
    assert (await caller.token(APP, code=used, **form)).status == 400
    await caller.control("clock", advance=301)
    assert (await caller.token(APP, code=late, **form)).status == 400


async def test_a_code_wants_its_own_redirect_and_verifier(caller):
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    statuses = []
    for redirect, shown in ((BACK + "?", verifier), (BACK, "wrong"), (BACK, verifier)):
        wanted = {
            "email": ADA,
            "redirect_uri": BACK,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        code = (await caller.control("zoom/codes", **wanted))["code"]
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect,
            "code_verifier": shown,
        }
        statuses.append((await caller.token(APP, **form)).status)
    assert statuses == [400, 400, 200]


async def test_authorize_refuses_any_scope(caller):
    path = f"/zoom/oauth/authorize?response_type=code&client_id=sandbox-zoom-app&redirect_uri={BACK}"
    answer = await caller.send("GET", f"{path}&scope=meeting:write")
    assert answer.status == 400
    assert "Invalid scope" in answer.body


async def test_authorize_sends_a_person_back_with_code_and_state(caller):
    path = (
        f"/zoom/oauth/authorize?response_type=code&client_id=sandbox-zoom-app&redirect_uri={BACK}&state=s%261"
    )
    assert ADA in (await caller.send("GET", path)).body
    answer = await caller.send("GET", f"{path}&as={ADA}", allow_redirects=False)
    assert answer.status == 302
    assert answer.headers["Location"].startswith(f"{BACK}?code=code_")
    assert answer.headers["Location"].endswith("state=s%261")


async def test_a_revoked_token_is_invalid(caller):
    answer = await caller.send(
        "POST", "/zoom/oauth/revoke", data={"token": caller.bearer}, headers={"Authorization": SERVER}
    )
    assert (answer.status, answer.body) == (200, {"status": "success"})
    assert (await caller.zoom("GET", f"users/{ADA}")).status == 401


async def test_taking_the_app_away_in_the_portal_ends_every_token_of_that_person(caller):
    refresh = (await caller.log_in_as(ADA))["refresh_token"]
    await caller.control("zoom/deauthorize", email=ADA)
    assert (await caller.zoom("GET", "users/me")).status == 401
    assert (await caller.token(APP, grant_type="refresh_token", refresh_token=refresh)).status == 400


async def test_an_old_access_token_is_expired_and_a_strange_one_invalid(caller):
    await caller.control("clock", advance=3601)
    assert (await caller.zoom("GET", f"users/{ADA}")).body == {
        "code": 124,
        "message": "Access token is expired.",
    }
    caller.bearer = "nonsense"
    answer = await caller.zoom("GET", f"users/{ADA}")
    assert (answer.status, answer.body) == (401, {"code": 124, "message": "Invalid access token."})


async def test_a_missing_scope_is_named_in_brackets(caller):
    await caller.control("zoom/switches", scopes=["meeting:write:meeting"])
    made = await caller.create()
    await caller.log_in()
    answer = await caller.zoom("DELETE", f"meetings/{made['id']}")
    missing = "meeting:delete:meeting, meeting:delete:meeting:admin"
    message = f"Invalid access token, does not contain scopes:[{missing}]."
    assert (answer.status, answer.body) == (400, {"code": 4711, "message": message})


async def test_the_older_scope_names_grant_the_same(caller):
    await caller.control("zoom/switches", scopes=["meeting:write"])
    await caller.log_in()
    made = await caller.create()
    assert (await caller.zoom("DELETE", f"meetings/{made['id']}")).status == 204
    assert (await caller.zoom("GET", f"users/{ADA}/meetings")).body["code"] == 4711


async def test_me_is_for_persons_and_addresses_are_for_the_account(caller):
    assert (await caller.zoom("GET", f"users/{ADA}")).body["email"] == ADA
    assert (await caller.zoom("GET", "users/me")).body["code"] == 1001
    await caller.log_in_as(ADA)
    assert (await caller.zoom("GET", "users/me")).body["email"] == ADA
    assert (await caller.zoom("GET", f"users/{BOB}")).body["code"] == 1001


async def test_a_user_outside_the_account_does_not_exist(caller):
    await caller.control("users", email="carl@example.com", zoom=False)
    for email in ("nobody@example.com", "carl@example.com"):
        answer = await caller.zoom("GET", f"users/{email}/meetings")
        assert (answer.status, answer.body) == (
            404,
            {"code": 1001, "message": f"User does not exist: {email}."},
        )


async def test_a_person_does_not_see_the_meetings_of_others(caller):
    made = await caller.create(BOB)
    await caller.log_in_as(ADA)
    assert (await caller.zoom("GET", f"meetings/{made['id']}")).body["code"] == 3001
