"""Who gets a token from the simulated Google, and what a token is good for."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from urllib.parse import parse_qsl, urlsplit

import pytest
from google.auth import crypt, jwt

SCOPES = "https://www.googleapis.com/auth/calendar.events"
LIST = "https://www.googleapis.com/auth/calendar.calendarlist.readonly"
CLIENT = {"client_id": "sandbox-client", "client_secret": "sandbox-secret"}
BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"


class Desk:
    """The token endpoint, as a test uses it."""

    def __init__(self, http, url):
        self.http, self.url = http, url

    async def token(self, **form):
        async with self.http.post(f"{self.url}/google/token", data=form) as response:
            return response.status, await response.json()

    async def asserted(self, key, **claims):
        now = int(time.time())
        aud = "https://oauth2.googleapis.com/token"
        usual = {"iss": key["client_email"], "scope": SCOPES, "aud": aud, "iat": now, "exp": now + 3600}
        signer = crypt.RSASigner.from_service_account_info(key)
        kept = {k: v for k, v in {**usual, "sub": "ada@example.com", **claims}.items() if v is not None}
        return await self.token(grant_type=BEARER, assertion=jwt.encode(signer, kept).decode())

    async def events(self, token, path="/calendars/primary/events", method="GET", body=None):
        url = f"{self.url}/google/calendar/v3{path}"
        headers = {"Authorization": f"Bearer {token}"}
        async with self.http.request(method, url, headers=headers, json=body) as response:
            return response.status, await response.json()


@pytest.fixture
def desk(control, http, sandbox):
    return Desk(http, sandbox.url)


@pytest.fixture
async def key(control):
    return await control("GET", "/google/service_account.json")


async def test_a_service_account_acts_for_a_user(desk, key, sandbox):
    assert key["token_uri"] == f"{sandbox.url}/google/token"
    for audience in ("https://oauth2.googleapis.com/token", key["token_uri"]):
        status, answer = await desk.asserted(key, aud=audience)
        assert (status, answer["expires_in"], answer["scope"]) == (200, 3600, SCOPES)
        assert (await desk.events(answer["access_token"]))[0] == 200


@pytest.mark.parametrize(
    ("claims", "error"),
    [
        ({"sub": "nobody@example.com"}, "invalid_grant"),
        ({"aud": "https://elsewhere.example/token"}, "invalid_grant"),
        ({"iss": "other@sandbox.iam.gserviceaccount.com"}, "invalid_grant"),
        ({"exp": 1}, "invalid_grant"),
        ({"iat": 1}, "invalid_grant"),
        ({"exp": int(time.time()) + 90000}, "invalid_grant"),
        ({"scope": ""}, "invalid_scope"),
        ({"scope": "https://www.googleapis.com/auth/drive"}, "unauthorized_client"),
    ],
)
async def test_an_assertion_that_does_not_hold_gets_nothing(desk, key, claims, error):
    status, answer = await desk.asserted(key, **claims)
    assert (status in (400, 401), answer["error"]) == (True, error)


async def test_an_assertion_of_another_key_or_changed_claims_is_refused(desk, key):
    other = crypt.RSASigner.from_service_account_info(key)
    head, claims, signature = jwt.encode(other, {"iss": "x"}).decode().split(".")
    forged = base64.urlsafe_b64encode(json.dumps({"iss": key["client_email"]}).encode()).decode().rstrip("=")
    for assertion in (f"{head}.{forged}.{signature}", f"{head}.{claims}.AAAA", "nonsense", ""):
        status, answer = await desk.token(grant_type=BEARER, assertion=assertion)
        assert (status, answer["error"]) == (400, "invalid_grant")


async def test_the_worlds_clock_counts_for_assertions(desk, key, control):
    await control("POST", "/clock", {"advance": 7200})
    assert (await desk.asserted(key))[1]["error"] == "invalid_grant"
    later = int(time.time()) + 7200
    assert (await desk.asserted(key, iat=later, exp=later + 600))[0] == 200


async def test_a_service_account_without_a_user_can_neither_invite_nor_make_a_meet(desk, key, control):
    await control("POST", "/users", {"email": key["client_email"]})
    _, answer = await desk.asserted(key, sub=None)
    token = answer["access_token"]
    event = {"start": {"date": "2030-05-06"}, "end": {"date": "2030-05-07"}}
    guests = {**event, "attendees": [{"email": "bob@example.com"}]}
    status, body = await desk.events(token, method="POST", body=guests)
    assert (status, body["error"]["errors"][0]["reason"]) == (403, "forbiddenForServiceAccounts")
    wanted = {"createRequest": {"requestId": "r", "conferenceSolutionKey": {"type": "hangoutsMeet"}}}
    path = "/calendars/primary/events?conferenceDataVersion=1"
    status, body = await desk.events(token, path, "POST", {**event, "conferenceData": wanted})
    assert (status, body["error"]["message"]) == (400, "Invalid conference type value.")


async def test_the_key_outlives_a_reset(desk, key, control):
    await control("POST", "/reset", {})
    assert await control("GET", "/google/service_account.json") == key


async def test_an_access_token_dies_after_an_hour_and_is_refreshed(ada, control):
    await control("POST", "/clock", {"advance": 3599})
    assert (await ada.call("GET", "/calendars/primary/events")).status == 200
    await control("POST", "/clock", {"advance": 2})
    answer = await ada.call("GET", "/calendars/primary/events")
    assert (answer.status, answer.reason) == (401, "authError")
    assert "WWW-Authenticate" in answer.headers
    fresh = await control.client("ada@example.com")
    assert (await fresh.call("GET", "/calendars/primary/events")).status == 200


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer nonsense", "Basic abc"])
async def test_a_bad_header_is_401(control, http, sandbox, header):
    url = f"{sandbox.url}/google/calendar/v3/calendars/primary/events"
    async with http.get(url, headers={"Authorization": header}) as response:
        assert response.status == 401
        assert (await response.json())["error"]["errors"][0]["location"] == "Authorization"


async def test_scopes_limit_what_a_token_is_good_for(control):
    client = await control.client("ada@example.com", scope=LIST)
    assert (await client.call("GET", "/users/me/calendarList")).status == 200
    answer = await client.call("GET", "/calendars/primary/events")
    assert (answer.status, answer.reason) == (403, "insufficientPermissions")
    assert answer.body["error"]["details"][0]["reason"] == "ACCESS_TOKEN_SCOPE_INSUFFICIENT"


async def test_a_refresh_may_ask_for_less_but_not_for_more(desk, control):
    body = {"email": "ada@example.com", "scope": SCOPES}
    held = await control("POST", "/google/refresh_tokens", body)
    form = {"grant_type": "refresh_token", **CLIENT, **held}
    assert (await desk.token(**form))[1]["scope"] == SCOPES
    assert (await desk.token(**form, scope=LIST))[1]["error"] == "invalid_scope"


async def test_a_wrong_secret_or_grant_type_is_refused(desk, control):
    held = await control("POST", "/google/refresh_tokens", {"email": "ada@example.com"})
    form = {"grant_type": "refresh_token", **CLIENT, **held}
    assert (await desk.token(**form | {"client_secret": "x"}))[1]["error"] == "invalid_client"
    assert (await desk.token(**form | {"grant_type": "password"}))[1]["error"] == "unsupported_grant_type"
    assert (await desk.token(**form | {"refresh_token": "x"}))[1]["error"] == "invalid_grant"


async def test_a_revoked_token_is_dead_at_once(desk, control, http, ada):
    held = await control("POST", "/google/refresh_tokens", {"email": "ada@example.com"})
    async with http.post(f"{desk.url}/google/revoke", data={"token": held["refresh_token"]}) as response:
        assert response.status == 200
    status, answer = await desk.token(grant_type="refresh_token", **CLIENT, **held)
    assert (status, answer["error"]) == (400, "invalid_grant")
    assert (await ada.call("GET", "/calendars/primary/events")).status == 401
    async with http.post(f"{desk.url}/google/revoke", data={"token": held["refresh_token"]}) as response:
        assert response.status == 400


async def test_a_person_can_be_revoked_by_command_and_come_back(desk, key, control, ada):
    await control("POST", "/google/revoke", {"email": "ada@example.com"})
    assert (await ada.call("GET", "/calendars/primary/events")).status == 401
    assert (await desk.asserted(key))[1]["error"] == "invalid_grant"
    await control("POST", "/google/refresh_tokens", {"email": "ada@example.com"})
    assert (await desk.asserted(key))[0] == 200


VERIFIER = "v" * 60
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
BACK = "http://127.0.0.1:1/back"


async def consent(desk, **more):
    query = {
        "client_id": "sandbox-client",
        "redirect_uri": BACK,
        "response_type": "code",
        "scope": SCOPES,
        "state": "s1",
        "access_type": "offline",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        "login_hint": "bob@example.com",
    }
    url = f"{desk.url}/google/o/oauth2/v2/auth"
    async with desk.http.get(url, params=query | more, allow_redirects=False) as response:
        return dict(parse_qsl(urlsplit(response.headers.get("Location", "")).query))


async def test_consent_gives_a_code_that_is_good_once(desk):
    back = await consent(desk)
    assert back["state"] == "s1"
    form = {"grant_type": "authorization_code", **CLIENT, "redirect_uri": BACK, "code_verifier": VERIFIER}
    status, answer = await desk.token(**form, code=back["code"])
    assert (status, answer["scope"]) == (200, SCOPES)
    assert (await desk.token(grant_type="refresh_token", **CLIENT, refresh_token=answer["refresh_token"]))[
        0
    ] == 200
    assert (await desk.token(**form, code=back["code"]))[1]["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"code_verifier": "other"}, "invalid_grant"),
        ({"redirect_uri": "http://127.0.0.1:2/back"}, "redirect_uri_mismatch"),
        ({"code": "4/other"}, "invalid_grant"),
    ],
)
async def test_a_code_is_bound_to_its_verifier_and_its_address(desk, change, error):
    back = await consent(desk)
    form = {"grant_type": "authorization_code", **CLIENT, "redirect_uri": BACK, "code_verifier": VERIFIER}
    assert (await desk.token(**form | {"code": back["code"]} | change))[1]["error"] == error


async def test_an_unknown_person_or_scope_is_denied(desk):
    assert (await consent(desk, login_hint="nobody@example.com"))["error"] == "access_denied"
    assert (await consent(desk, scope="https://example.com/other"))["error"] == "access_denied"
