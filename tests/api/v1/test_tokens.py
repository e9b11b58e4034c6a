"""Codes, tokens, and how they are taken back."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from urllib.parse import urlencode

import pytest

from api.v1.sessions import Sessions
from store import tokens
from tests.api.v1.conftest import ADA, BACK, BOB, NOW

CLIENT = {"client_id": "scheduler", "client_secret": "s1-secret"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def redeeming(code, **more):
    return {**CLIENT, "grant_type": "authorization_code", "code": code, "redirect_uri": BACK, **more}


def refreshing(token, **more):
    return {**CLIENT, "grant_type": "refresh_token", "refresh_token": token, **more}


async def works(api, token):
    return (await api("GET", "/v1/userinfo", token)).status == 200


async def test_a_code_is_turned_into_tokens(api):
    profile, _ = await api.person()
    reply = await api("POST", "/oauth/token", body=redeeming(await api.code(profile)))
    told = reply.json
    assert reply.status == 200
    assert (reply.headers["Cache-Control"], reply.headers["Pragma"]) == ("no-store", "no-cache")
    assert (told["token_type"], told["expires_in"]) == ("bearer", 3600)
    assert told["scope"] == "read_events create_event"
    assert told["account_id"] == told["sub"] == tokens.account_id(ADA)
    assert told["linking_profile"] == {
        "provider_name": "google",
        "profile_id": profile,
        "profile_name": ADA,
    }
    assert set(told) == {
        "token_type",
        "access_token",
        "expires_in",
        "refresh_token",
        "scope",
        "account_id",
        "sub",
        "linking_profile",
    }
    assert await works(api, told["access_token"])


async def test_no_secret_is_kept(api):
    told = (await api("POST", "/oauth/token", body=redeeming(await api.code()))).json
    dump = await api.store.read(lambda conn: "\n".join(conn.iterdump()))
    assert told["access_token"] not in dump
    assert told["refresh_token"] not in dump


async def test_forms_and_basic_are_taken_as_well_as_json(api):
    sent = urlencode({**redeeming(await api.code()), "unknown": "x"})
    assert (await api("POST", "/oauth/token", data=sent, headers=FORM)).status == 200
    body = {key: value for key, value in redeeming(await api.code()).items() if not key.startswith("client")}
    basic = {"Authorization": "Basic " + base64.b64encode(b"scheduler:s1-secret").decode()}
    assert (await api("POST", "/oauth/token", body=body, headers=basic)).status == 200


async def test_the_secret_before_counts_too(api):
    body = redeeming(await api.code(), client_secret="s0-old-secret")
    assert (await api("POST", "/oauth/token", body=body)).status == 200


async def test_what_nodes_client_sends_besides_is_ignored(api):
    """Its access token is still undefined, and it names the refresh token of another time."""
    _, old = await api.token()
    body = redeeming(await api.code(), refresh_token=old, scope="")
    reply = await api("POST", "/oauth/token", "undefined", body)
    assert reply.status == 200
    assert reply.json["refresh_token"] != old


@pytest.mark.parametrize(
    "wrong",
    [
        {"client_secret": "guess"},
        {"client_secret": ""},
        {"client_secret": None},
        {"client_secret": ["s1-secret"]},
        {"client_id": "nobody"},
        {"client_id": {"a": 1}},
        {"client_id": "rival"},
        {"client_secret": "s1-secr\u00e9t"},
    ],
    ids=str,
)
async def test_an_application_has_to_prove_itself(api, wrong):
    code = await api.code()
    reply = await api("POST", "/oauth/token", body={**redeeming(code), **wrong})
    assert (reply.status, reply.json) == (401, {"error": "invalid_client"})
    assert "WWW-Authenticate" in reply.headers
    assert (await api("POST", "/oauth/token", body=redeeming(code))).status == 200


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"code": "guess"}, "invalid_grant"),
        ({"code": None}, "invalid_request"),
        ({"code": ["x"]}, "invalid_request"),
        ({"redirect_uri": BACK + "/"}, "invalid_request"),
        ({"redirect_uri": None}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": None}, "unsupported_grant_type"),
        ({"grant_type": ["authorization_code"]}, "unsupported_grant_type"),
        ({"client_id": "rival", "client_secret": "r1-secret"}, "invalid_grant"),
    ],
    ids=str,
)
async def test_a_bad_request_for_tokens_is_told_in_the_words_of_the_standard(api, changed, error):
    body = {**redeeming(await api.code()), **changed}
    reply = await api("POST", "/oauth/token", body=body)
    assert (reply.status, reply.json) == (400, {"error": error})


async def test_a_body_that_cannot_be_read_is_an_invalid_request(api):
    reply = await api("POST", "/oauth/token", data=b'{"a": 1, "a": 2}')
    assert (reply.status, reply.json) == (400, {"error": "invalid_request"})


async def test_a_code_is_good_for_five_minutes(api):
    code = await api.code()
    api.clock[0] += 300
    assert (await api("POST", "/oauth/token", body=redeeming(code))).json == {"error": "invalid_grant"}


async def test_a_code_that_is_used_twice_takes_back_what_it_gave(api):
    code = await api.code()
    first = (await api("POST", "/oauth/token", body=redeeming(code))).json
    again = (await api("POST", "/oauth/token", body=refreshing(first["refresh_token"]))).json
    other, _ = await api.token()
    assert await works(api, again["access_token"])
    reply = await api("POST", "/oauth/token", body=redeeming(code))
    assert (reply.status, reply.json) == (400, {"error": "invalid_grant"})
    assert not await works(api, first["access_token"])
    assert not await works(api, again["access_token"])
    reply = await api("POST", "/oauth/token", body=refreshing(first["refresh_token"]))
    assert reply.json == {"error": "invalid_grant"}
    assert await works(api, other)


async def test_another_application_cannot_take_it_back(api):
    code = await api.code()
    first = (await api("POST", "/oauth/token", body=redeeming(code))).json
    rival = {"client_id": "rival", "client_secret": "r1-secret"}
    await api("POST", "/oauth/token", body={**redeeming(code), **rival})
    assert await works(api, first["access_token"])


async def test_a_proof_is_asked_for_where_it_was_announced(api):
    verifier = "v" * 43
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    code = await api.code(challenge=challenge)
    for wrong in ({}, {"code_verifier": "w" * 43}, {"code_verifier": challenge}):
        assert (await api("POST", "/oauth/token", body=redeeming(code, **wrong))).status == 400
    assert (await api("POST", "/oauth/token", body=redeeming(code, code_verifier=verifier))).status == 200


async def test_a_refresh_token_stays_and_brings_a_new_access_token(api):
    access, refresh = await api.token(scope="read_events")
    api.clock[0] += 3600
    assert not await works(api, access)
    reply = await api("POST", "/oauth/token", body=refreshing(refresh))
    assert reply.status == 200
    assert reply.json["refresh_token"] == refresh
    assert reply.json["scope"] == "read_events"
    assert await works(api, reply.json["access_token"])
    assert (await api("POST", "/oauth/token", body=refreshing(refresh))).status == 200


async def test_a_refresh_cannot_ask_for_more(api):
    _, refresh = await api.token(scope="read_events list_calendars")
    more = refreshing(refresh, scope="read_events create_event")
    assert (await api("POST", "/oauth/token", body=more)).json == {"error": "invalid_scope"}
    less = (await api("POST", "/oauth/token", body=refreshing(refresh, scope="read_events"))).json
    assert less["scope"] == "read_events"


async def test_a_refresh_token_of_another_application_is_none(api):
    _, refresh = await api.token(application="rival")
    assert (await api("POST", "/oauth/token", body=refreshing(refresh))).json == {"error": "invalid_grant"}


async def test_an_access_token_refreshes_nothing_and_a_refresh_token_opens_nothing(api):
    access, refresh = await api.token()
    assert (await api("POST", "/oauth/token", body=refreshing(access))).json == {"error": "invalid_grant"}
    assert not await works(api, refresh)


@pytest.mark.parametrize("name", ["token", "refresh_token"])
@pytest.mark.parametrize("which", [0, 1])
async def test_either_token_takes_back_both_and_nothing_else(api, name, which):
    mine, other = await api.token(), await api.token()
    reply = await api("POST", "/oauth/token/revoke", body={**CLIENT, name: mine[which]})
    assert (reply.status, reply.text) == (200, "")
    assert not await works(api, mine[0])
    assert (await api("POST", "/oauth/token", body=refreshing(mine[1]))).status == 400
    assert await works(api, other[0])


async def test_a_sub_takes_back_all_of_an_account(api):
    mine, again, bob = await api.token(), await api.token(), await api.token(BOB)
    await api("POST", "/oauth/token/revoke", body={**CLIENT, "sub": tokens.account_id(ADA)})
    assert [await works(api, one[0]) for one in (mine, again, bob)] == [False, False, True]


async def test_a_token_goes_before_a_sub(api):
    mine, bob = await api.token(), await api.token(BOB)
    body = {**CLIENT, "token": mine[0], "sub": tokens.account_id(BOB)}
    await api("POST", "/oauth/token/revoke", body=body)
    assert [await works(api, one[0]) for one in (mine, bob)] == [False, True]


async def test_nobody_takes_back_what_another_application_has(api):
    access, refresh = await api.token()
    rival = {"client_id": "rival", "client_secret": "r1-secret"}
    for body in ({"token": access}, {"refresh_token": refresh}, {"sub": tokens.account_id(ADA)}):
        assert (await api("POST", "/oauth/token/revoke", body={**rival, **body})).status == 200
        api.clock[0] += 60
    assert await works(api, access)


@pytest.mark.parametrize(
    "body", [{}, {"token": "guess"}, {"token": 5}, {"sub": "acc_0"}, {"sub": []}], ids=str
)
async def test_taking_back_what_is_not_there_is_success(api, body):
    access, _ = await api.token()
    assert (await api("POST", "/oauth/token/revoke", body={**CLIENT, **body})).status == 200
    assert await works(api, access)


async def test_with_the_last_token_goes_the_right_to_the_calendars(api):
    """A person whom applications alone wanted is looked after no more."""
    profile, _ = await api.person()
    first = await api.token(profile=profile)
    second = await api.token(profile=profile)
    await api("POST", "/oauth/token/revoke", body={**CLIENT, "token": first[0]})
    assert api.leaving.ended == []
    await api("POST", "/oauth/token/revoke", body={**CLIENT, "token": second[0]})
    assert api.leaving.dropped == api.leaving.ended == [profile]


async def test_what_another_application_or_the_operator_wants_stays(api):
    shared, _ = await api.person()
    own, _ = await api.person(BOB, mode="user")
    await api.token(application="rival", profile=shared)
    for account, profile in ((ADA, shared), (BOB, own)):
        access, _ = await api.token(account, profile=profile)
        await api("POST", "/oauth/token/revoke", body={**CLIENT, "token": access})
    assert api.leaving.dropped == []
    assert await api.store.read(lambda conn: tokens.granted(conn, "scheduler", ADA)) == []


async def test_what_has_expired_is_forgotten(api):
    await api.token()
    await api.code()
    count = await api.store.tx(lambda conn: tokens.prune(conn, NOW + 3600))
    assert count == 2
    assert await api.store.tx(lambda conn: tokens.prune(conn, NOW + 1e9)) == 0


async def test_a_revoked_token_is_not_remembered_however_the_calls_cross(api):
    """One call looks the token up, and hears of it after another call has revoked it."""
    access, _ = await api.token()
    known, store = api.context.sessions, api.store
    reading, revoked = asyncio.Event(), asyncio.Event()

    class Slow:
        async def read(self, fn):
            found = await store.read(fn)
            reading.set()
            await revoked.wait()
            return found

    crossing = asyncio.create_task(known.find(Slow(), access, api.context.clock))
    await reading.wait()
    await api("POST", "/oauth/token/revoke", body={**CLIENT, "token": access})
    revoked.set()
    assert (await crossing) is not None
    assert not await works(api, access)


async def test_what_is_remembered_has_its_bounds(api):
    known, found = Sessions(most=2), [await api.token() for _ in range(3)]
    assert all([await known.find(api.store, one[0], api.context.clock) for one in found])
    assert len(known._known) == 1


async def test_who_has_not_proved_anything_sends_no_large_body(api):
    reply = await api("POST", "/oauth/token", body={"code": "x" * 17_000})
    assert (reply.status, reply.errors) == (413, {"body": ["errors.too_large"]})
