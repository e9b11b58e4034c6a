"""What holds for every call: who may make it, how often, and what is said when it cannot be done."""

from __future__ import annotations

import asyncio
import socket

import pytest
from structlog.testing import capture_logs

from api.v1.limits import Limits
from store.errors import StoreSick
from tests.api.v1.conftest import ADA, RIVAL, SCHEDULER


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer guess",
        "Basic guess",
        "guess",
        "Bearer \u00e9",
        "Bearer a b",
        "Bearer undefined",
    ],
)
async def test_without_a_good_token_there_is_nothing_but_401(api, header):
    reply = await api("GET", "/v1/userinfo", headers={"Authorization": header} if header else {})
    assert (reply.status, reply.text) == (401, "")
    assert reply.headers["WWW-Authenticate"].startswith("Bearer")


async def test_a_token_is_good_for_an_hour(api):
    access, _ = await api.token()
    api.clock[0] += 3599
    assert (await api("GET", "/v1/userinfo", access)).status == 200
    api.clock[0] += 1
    assert (await api("GET", "/v1/userinfo", access)).status == 401


async def test_a_token_of_an_application_that_is_no_longer_configured_is_none(api):
    access, _ = await api.token(application="gone")
    assert (await api("GET", "/v1/userinfo", access)).status == 401


async def test_what_the_scope_does_not_hold_is_forbidden(api):
    access, _ = await api.token(scope="read_events")
    assert (await api("GET", "/v1/calendars", access)).status == 403
    access, _ = await api.token(scope="list_calendars")
    assert (await api("GET", "/v1/calendars", access)).status == 200


async def test_a_body_on_a_get_means_nothing(api):
    """Python's SDK sends {} with everything."""
    access, _ = await api.token()
    for body in ({}, {"a": "b"}):
        assert (await api("GET", "/v1/userinfo", access, body)).status == 200
    assert (await api("GET", "/v1/userinfo", access, data=b"{nonsense")).status == 200


@pytest.mark.parametrize(
    "path", ["/v1", "/v1/", "/v1/nothing", "/v2/userinfo", "/v1/userinfo/", "/oauth/other"]
)
async def test_what_is_not_there_is_404_and_empty(api, path):
    access, _ = await api.token()
    reply = await api("GET", path, access)
    assert reply.status == 404
    assert reply.text in ("", "404: Not Found")


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path", ["/v1/free_busy", "/v1/availability", "/v1/real_time_scheduling/x"])
async def test_what_cronofy_has_besides_is_told_to_be_out_of_scope(api, method, path):
    reply = await api(method, path)
    assert reply.status == 404
    assert reply.errors == {"path": ["errors.not_offered"]}


async def test_other_methods_are_told_which_there_are(api):
    reply = await api("PATCH", "/v1/account")
    assert (reply.status, reply.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")
    reply = await api("OPTIONS", "/v1/userinfo")
    assert (reply.status, reply.headers["Allow"]) == (204, "GET, HEAD, OPTIONS, POST")


async def test_a_head_is_a_get_without_its_body(api):
    access, _ = await api.token()
    reply = await api("HEAD", "/v1/userinfo", access)
    assert (reply.status, reply.text) == (200, "")
    assert int(reply.headers["Content-Length"]) > 10


async def test_json_is_compact_and_says_what_it_is(api):
    access, _ = await api.token("jürgen@example.com")
    reply = await api("GET", "/v1/account", access)
    assert reply.headers["Content-Type"] == "application/json; charset=utf-8"
    assert '"email":"jürgen@example.com","name"' in reply.text


async def test_too_many_calls_are_told_when_to_come_again(api):
    access, _ = await api.token(application="rival")
    replies = [await api("GET", "/v1/userinfo", access) for _ in range(4)]
    assert [one.status for one in replies] == [200, 200, 200, 429]
    assert replies[-1].headers["Retry-After"] == "1"
    api.clock[0] += 1
    replies = [await api("GET", "/v1/userinfo", access) for _ in range(3)]
    assert [one.status for one in replies] == [200, 200, 429]
    assert replies[-1].headers["Retry-After"] == "59"
    other, _ = await api.token()
    assert (await api("GET", "/v1/userinfo", other)).status == 200


async def test_asking_for_tokens_counts_as_well(api):
    body = {
        "client_id": "rival",
        "client_secret": "r1-secret",
        "grant_type": "refresh_token",
        "refresh_token": "x",
    }
    statuses = [(await api("POST", "/oauth/token", body=body)).status for _ in range(4)]
    assert statuses == [400, 400, 400, 429]


def test_limits_hold_over_any_second_and_any_minute():
    limits, now, taken = Limits(), 0.0, []
    while now < 300:
        if not limits.take(RIVAL, now):
            taken.append(now)
        now += 0.05
    for span, most in ((1, RIVAL.per_second), (60, RIVAL.per_minute)):
        assert max(sum(at <= one < at + span for one in taken) for at in taken) == most
    assert all(limits.take(SCHEDULER, now) == 0 for _ in range(1000))


async def test_a_sick_store_is_503_and_nothing_else(api):
    access, _ = await api.token()

    class Sick:
        async def tx(self, fn):
            raise StoreSick("the disk is full")

        read = tx

    object.__setattr__(api.context, "store", Sick())  # the disk breaks while we run
    reply = await api("GET", "/v1/userinfo", access)
    assert (reply.status, reply.text) == (503, "")
    assert reply.headers["Retry-After"] == "5"


async def test_the_log_names_application_and_event_and_no_secret(api):
    access, refresh = await api.token()
    with capture_logs() as logs:
        body = {"event_id": "e-1", "redirect_uri": "http://secret.example/"}
        await api("POST", "/v1/conferencing_service_authorizations?token=hush", access, body)
        body = {"client_id": "scheduler", "client_secret": "s1-secret", "token": refresh}
        await api("POST", "/oauth/token/revoke", body=body)
    assert [(one["route"], one["application"], one["event_id"], one["status"]) for one in logs] == [
        ("/v1/conferencing_service_authorizations", "scheduler", "e-1", 200),
        ("/oauth/token/revoke", "scheduler", "", 200),
    ]
    for secret in (access, refresh, "s1-secret", "hush", "secret.example", ADA):
        assert secret not in str(logs)


async def test_a_compressed_body_is_refused(api):
    access, _ = await api.token()
    reply = await api("POST", "/v1/batch", access, data=b"x", headers={"Content-Encoding": "gzip"})
    assert reply.status == 415


async def test_a_body_that_is_announced_as_too_long_is_not_waited_for(api):
    access, _ = await api.token()
    host, port = api.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port), family=socket.AF_INET)
    head = f"POST /v1/batch HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {access}\r\nContent-Length: 99999999\r\n\r\n"
    writer.write(head.encode())
    assert await reader.readuntil(b"\r\n") == b"HTTP/1.1 413 Request Entity Too Large\r\n"
    writer.close()


async def test_bodies_of_unknown_length_are_cut_off_too(api):
    async def endless():
        for _ in range(40):
            yield b" " * 65_536

    access, _ = await api.token()
    reply = await api("POST", "/v1/batch", access, data=endless())
    assert reply.status == 413
    assert reply.errors == {"body": ["errors.too_large"]}


async def test_of_somebody_who_has_yet_to_prove_who_they_are_less_is_read(api):
    async def some():
        yield b" " * 20_000

    assert (await api("POST", "/oauth/token", data=some())).status == 413


NASTY = [
    None,
    True,
    0,
    -1,
    1e308,
    10**30,
    "",
    " ",
    "x" * 100_000,
    "\u202e\x7f",
    [],
    [[]],
    [None],
    {},
    {"a": {}},
]
FIELDS = {
    "/oauth/token": (
        "client_id",
        "client_secret",
        "grant_type",
        "code",
        "redirect_uri",
        "code_verifier",
        "scope",
    ),
    "/oauth/token/revoke": ("token", "refresh_token", "sub"),
    "/v1/conferencing_service_authorizations": ("redirect_uri", "provider_name"),
    "/v1/batch": ("batch",),
    "/v1/profiles/x/revoke": ("profile_id",),
    "/v1/userinfo": ("x",),
}


@pytest.mark.parametrize("path", FIELDS)
async def test_no_value_of_any_field_is_answered_with_a_fault_of_ours(api, path):
    access, _ = await api.token()
    good = {"client_id": "scheduler", "client_secret": "s1-secret", "grant_type": "authorization_code"}
    good |= {"code": "x", "redirect_uri": "https://app.example.com/back"}
    for field in FIELDS[path]:
        for value in NASTY:
            reply = await api("POST", path, access, {**good, field: value})
            assert reply.status < 500, (field, value)
            if reply.status == 422:
                assert all(name.startswith(field) for name in reply.json["errors"])


async def test_no_entry_of_a_batch_is_answered_with_a_fault_of_ours(api):
    access, _ = await api.token()
    for field in ("method", "relative_url", "data"):
        for value in [*NASTY, "/v1/%ff?%ff=%ff", "//", "/?" * 100]:
            entry = {"method": "POST", "relative_url": "/v1/userinfo", "data": {}, field: value}
            reply = await api("POST", "/v1/batch", access, {"batch": [entry]})
            assert reply.status in (200, 422), (field, value)
            assert reply.status == 422 or reply.json["batch"][0]["status"] < 500


@pytest.mark.parametrize(
    "path", ["/v1/%ff", "/v1/%00", "/v1/..%2f..%2fetc", "/v1/userinfo?%ff", "/v1/userinfo?" + "a&" * 2000]
)
async def test_no_address_is_answered_with_a_fault_of_ours(api, path):
    access, _ = await api.token()
    host, port = api.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {access}\r\n\r\n".encode())
    status = int((await reader.readuntil(b"\r\n")).split()[1])
    assert status in (200, 400, 404, 422)
    writer.close()
