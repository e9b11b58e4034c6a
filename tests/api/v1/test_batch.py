"""Many calls in one."""

from __future__ import annotations

import pycronofy
import pytest

from tests.api.v1.conftest import ADA, BOB


def entry(url, method="POST", data=None):
    return {"method": method, "relative_url": url, "data": data}


@pytest.fixture
async def token(api):
    return (await api.token())[0]


async def test_each_call_is_answered_for_itself(api, token):
    zoom = await api.zoom()
    entries = [
        entry(f"/v1/profiles/{zoom}/revoke"),
        entry("/v1/conferencing_service_authorizations", data={}),
        entry("/v1/nothing"),
        entry("/v1/userinfo", "DELETE"),
        entry("/v1/account?tzid=x", "get"),
    ]
    reply = await api("POST", "/v1/batch", token, {"batch": entries})
    assert reply.status == 200
    first, second, third, fourth, fifth = reply.json["batch"]
    assert first == {"status": 202}
    assert second["status"] == 422
    assert list(second["data"]["errors"]) == ["redirect_uri"]
    assert (third, fourth) == ({"status": 404}, {"status": 405})
    assert (fifth["status"], fifth["data"]["account"]["email"]) == (202, ADA)
    statuses = pycronofy.batch.BatchResponse(
        [pycronofy.batch.BatchEntry(None, one) for one in reply.json["batch"]]
    )
    assert [one.status() for one in statuses.errors()] == [422, 404, 405]


async def test_a_batch_can_do_no_more_than_its_token(api):
    profile, _ = await api.person(BOB)
    access, _ = await api.token(scope="read_events")
    secrets = {"client_id": "scheduler", "client_secret": "s1-secret", "grant_type": "refresh_token"}
    entries = [
        entry(f"/v1/profiles/{profile}/revoke"),
        entry("/v1/calendars", "GET"),
        entry("/v1/batch", data={"batch": []}),
        entry("/oauth/token", data=secrets),
    ]
    reply = await api("POST", "/v1/batch", access, {"batch": entries})
    assert [one["status"] for one in reply.json["batch"]] == [404, 403, 404, 404]


@pytest.mark.parametrize(
    ("batch", "field", "key"),
    [
        (None, "batch", "required"),
        ({}, "batch", "invalid_format"),
        ("x", "batch", "invalid_format"),
        ([entry("/v1/account")] * 51, "batch", "too_many"),
        ([entry("/v1/account"), 5], "batch[1]", "invalid_format"),
        ([{"relative_url": "/v1/account"}], "batch[0].method", "not_recognized"),
        ([entry("/v1/account", ["GET"])], "batch[0].method", "not_recognized"),
        ([entry("https://x/v1/account")], "batch[0].relative_url", "invalid_format"),
        ([entry(None)], "batch[0].relative_url", "invalid_format"),
        ([entry("/v1/account", data=[])], "batch[0].data", "invalid_format"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_a_batch_that_cannot_be_understood_is_not_half_done(api, token, batch, field, key):
    reply = await api("POST", "/v1/batch", token, {"batch": batch})
    assert (reply.status, reply.errors) == (422, {field: [f"errors.{key}"]})


async def test_an_empty_batch_is_done(api, token):
    assert (await api("POST", "/v1/batch", token, {"batch": []})).json == {"batch": []}
