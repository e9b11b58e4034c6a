"""Access tokens: how they are asked for, kept, shared and refused, against a real token endpoint."""

from __future__ import annotations

import asyncio
import base64
import json
import math
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from connectors import service_key
from connectors.errors import Transient, Unauthorized
from connectors.http import connect
from connectors.oauth import account_credentials, refresh_token, service_account
from connectors.settings import GoogleSettings, ZoomSettings

SCOPES = ("https://www.googleapis.com/auth/calendar.events", "https://www.googleapis.com/auth/calendar")


class Endpoint:
    """A token endpoint that answers from a script, and then with fresh tokens for ever."""

    def __init__(self):
        self.forms = []
        self.headers = []
        self.script = []
        self.more = {}
        self.gate = asyncio.Event()
        self.gate.set()

    async def handle(self, request):
        self.forms.append(dict(await request.post()))
        self.headers.append(dict(request.headers))
        await self.gate.wait()
        if self.script:
            return self.script.pop(0)
        fresh = {"access_token": f"access-{len(self.forms)}", "expires_in": 3600, "token_type": "bearer"}
        return web.json_response(fresh | self.more)


class Clock:
    def __init__(self):
        self.time = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

    def __call__(self):
        return self.time


@pytest.fixture
async def endpoint(aiohttp_server):
    told = Endpoint()
    app = web.Application()
    app.router.add_post("/oauth/token", told.handle)
    running = await aiohttp_server(app)
    told.url = str(running.make_url("/oauth"))
    return told


@pytest.fixture
async def http():
    async with connect() as client:
        yield client


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def zoom(http, endpoint, clock):
    settings = ZoomSettings("the-account", "the-app", "the-secret", oauth_base=endpoint.url)
    return account_credentials(http, settings, clock)


@pytest.fixture
def google_settings(endpoint):
    return GoogleSettings(
        token_url=f"{endpoint.url}/token", client_id="the-client", client_secret="the-secret"
    )


@pytest.fixture
def ada(http, google_settings, clock):
    """Make the tokens of a person, whose refresh tokens go where one says."""
    return lambda save: refresh_token(http, google_settings, "ada@example.com", "first", save, clock)


@pytest.fixture
def person(ada):
    """Make the tokens of a person, with what was saved in a list."""
    saved = []

    async def save(token):
        saved.append(token)

    return ada(save), saved


@pytest.fixture(scope="module")
def key():
    return rsa.generate_private_key(65537, 2048)


def key_file(key):
    form = serialization.PrivateFormat.PKCS8
    pem = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()
    names = {
        "client_email": "robot@example.com",
        "client_id": "1234",
        "private_key_id": "k1",
    }
    return names | {"private_key": pem, "token_uri": "https://elsewhere.example/token"}


@pytest.fixture
def delegated(http, endpoint, clock, key):
    settings = GoogleSettings(token_url=f"{endpoint.url}/token")
    return service_account(http, settings, service_key.read(key_file(key)), "ada@example.com", SCOPES, clock)


def refusal(error, status=400, **more):
    return web.json_response({"error": error, **more}, status=status)


async def until(true):
    while not true():
        await asyncio.sleep(0)


async def test_zoom_is_asked_with_the_apps_own_secret_and_never_for_a_scope(zoom, endpoint):
    assert await zoom.token() == "access-1"
    assert endpoint.forms == [{"grant_type": "account_credentials", "account_id": "the-account"}]
    kind, _, secret = endpoint.headers[0]["Authorization"].partition(" ")
    assert (kind, base64.b64decode(secret)) == ("Basic", b"the-app:the-secret")


async def test_a_person_is_asked_for_with_their_refresh_token(person, endpoint):
    tokens, _ = person
    assert await tokens.token() == "access-1"
    assert endpoint.forms == [
        {
            "grant_type": "refresh_token",
            "refresh_token": "first",
            "client_id": "the-client",
            "client_secret": "the-secret",
        }
    ]


async def test_a_service_account_signs_for_the_person(delegated, endpoint, clock, key):
    await delegated.token()
    (form,) = endpoint.forms
    assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    text, _, signature = form["assertion"].rpartition(".")
    key.public_key().verify(_bytes(signature), text.encode(), padding.PKCS1v15(), hashes.SHA256())
    header, claims = (json.loads(_bytes(part)) for part in text.split("."))
    issued = int(clock.time.timestamp())
    assert header == {"alg": "RS256", "typ": "JWT", "kid": "k1"}
    assert claims == {
        "iss": "robot@example.com",
        "sub": "ada@example.com",
        "scope": " ".join(SCOPES),
        "aud": "https://oauth2.googleapis.com/token",
        "iat": issued,
        "exp": issued + 3600,
    }


async def test_a_token_is_kept_until_a_minute_before_it_expires(zoom, endpoint, clock):
    await zoom.token()
    clock.time += timedelta(seconds=3539)
    assert await zoom.token() == "access-1"
    clock.time += timedelta(seconds=1)
    assert await zoom.token() == "access-2"
    assert len(endpoint.forms) == 2


async def test_many_who_wait_share_one_request(zoom, endpoint):
    assert set(await asyncio.gather(*(zoom.token() for _ in range(20)))) == {"access-1"}
    assert len(endpoint.forms) == 1


async def test_many_who_were_refused_share_one_renewal(zoom, endpoint):
    stale = await zoom.token()
    assert set(await asyncio.gather(*(zoom.refresh(stale) for _ in range(20)))) == {"access-2"}
    assert len(endpoint.forms) == 2


async def test_one_who_was_refused_with_an_old_token_gets_the_new_one(zoom, endpoint):
    stale = await zoom.token()
    await zoom.refresh(stale)
    assert await zoom.refresh(stale) == "access-2"
    assert len(endpoint.forms) == 2


async def test_one_who_stops_waiting_does_not_stop_the_others(zoom, endpoint):
    endpoint.gate.clear()
    first, second = (asyncio.create_task(zoom.token()) for _ in range(2))
    await until(lambda: endpoint.forms)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    endpoint.gate.set()
    assert await second == "access-1"
    assert first.cancelled()
    assert len(endpoint.forms) == 1


async def test_a_refresh_that_nobody_waits_for_any_more_is_still_saved(person, endpoint):
    tokens, saved = person
    endpoint.more = {"refresh_token": "second"}
    endpoint.gate.clear()
    waiting = asyncio.create_task(tokens.token())
    await until(lambda: endpoint.forms)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    endpoint.gate.set()
    await until(lambda: saved)
    assert saved == ["second"]


async def test_a_failure_is_told_to_all_and_not_kept(zoom, endpoint):
    endpoint.script = [refusal("server_error", 503)]
    outcomes = await asyncio.gather(*(zoom.token() for _ in range(3)), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [Transient] * 3
    assert await zoom.token() == "access-2"


async def test_a_rotated_refresh_token_is_saved_before_the_access_token_is_used(ada, endpoint):
    order = []

    async def save(token):
        await asyncio.sleep(0)
        order.append(token)

    endpoint.more = {"refresh_token": "second"}
    tokens = ada(save)
    order.append(await tokens.token())
    assert order == ["second", "access-1"]
    await tokens.refresh("access-1")
    assert endpoint.forms[1]["refresh_token"] == "second"


async def test_the_same_refresh_token_again_is_not_saved_again(person, endpoint):
    tokens, saved = person
    endpoint.more = {"refresh_token": "first"}
    await tokens.token()
    assert saved == []


async def test_a_refresh_token_that_could_not_be_saved_is_saved_next_time(ada, endpoint):
    saved = []

    async def save(token):
        saved.append(token)
        if len(saved) == 1:
            raise OSError("disk full")

    endpoint.script = [
        web.json_response({"access_token": "a", "expires_in": 3600, "refresh_token": "second"})
    ]
    tokens = ada(save)
    with pytest.raises(OSError, match="disk full"):
        await tokens.token()
    assert tokens.granted is None
    await tokens.token()
    assert saved == ["second", "second"]
    assert endpoint.forms[1]["refresh_token"] == "second"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        ("invalid_grant", 400),
        ("invalid_client", 401),
        ("unauthorized_client", 401),
        ("invalid_request", 400),
        ("admin_policy_enforced", 400),
    ],
)
async def test_a_refused_credential_stops_the_work_and_says_how_to_mend_it(person, endpoint, error, status):
    tokens, _ = person
    endpoint.script = [refusal(error, status, error_description="Token has been expired or revoked.")]
    with pytest.raises(
        Unauthorized, match=r"ada@example\.com, who must connect.*expired or revoked"
    ) as caught:
        await tokens.token()
    assert (caught.value.reason, caught.value.status, caught.value.provider) == (error, status, "google")


async def test_a_missing_delegation_names_the_client_and_the_scopes(delegated, endpoint):
    endpoint.script = [refusal("unauthorized_client", 401)]
    with pytest.raises(Unauthorized, match=r"ada@example\.com.*1234.*calendar\.events"):
        await delegated.token()


async def test_zooms_own_word_for_the_reason_is_told(zoom, endpoint):
    endpoint.script = [refusal("invalid_client", 401, reason="Invalid client_id or client_secret")]
    with pytest.raises(Unauthorized, match=r"client secret.*Invalid client_id or client_secret"):
        await zoom.token()


@pytest.mark.parametrize(
    "answer",
    [
        lambda: web.Response(status=500),
        lambda: web.Response(status=502, text="<html>", content_type="text/html"),
        lambda: web.Response(status=404, text="<html>", content_type="text/html"),
        lambda: web.Response(status=200, text="<html>", content_type="text/html"),
        lambda: web.json_response([], status=400),
        lambda: web.json_response({"token": "no"}),
        lambda: refusal("invalid_grant", 503),
        lambda: refusal("rate_limited", 429),
        lambda: refusal("temporarily_unavailable", 400),
    ],
)
async def test_an_endpoint_out_of_order_is_a_passing_error(zoom, endpoint, answer):
    endpoint.script = [answer()]
    with pytest.raises(Transient):
        await zoom.token()


async def test_the_endpoint_says_how_long_to_wait(zoom, endpoint):
    endpoint.script = [web.Response(status=429, headers={"Retry-After": "17"})]
    with pytest.raises(Transient) as caught:
        await zoom.token()
    assert caught.value.retry_after == 17


@pytest.mark.parametrize(
    "expires", ["soon", None, "1800", math.nan, math.inf, -math.inf, -1e300, 0, 1, [], True]
)
async def test_an_odd_expiry_is_no_stumbling_block(zoom, endpoint, clock, expires):
    endpoint.script = [web.json_response({"access_token": "odd", "expires_in": expires})]
    assert await zoom.token() == "odd"
    assert zoom.granted.expires > clock.time
    assert await zoom.token() == "odd"  # else each call would cost a renewal


@pytest.mark.parametrize("expires", [math.nan, -math.inf, 0, "soon"])
async def test_an_expiry_that_means_nothing_is_the_usual_one(zoom, endpoint, clock, expires):
    endpoint.script = [web.json_response({"access_token": "odd", "expires_in": expires})]
    await zoom.token()
    assert (zoom.granted.expires - clock.time).total_seconds() == 3600


@pytest.mark.parametrize(
    ("scope", "granted"),
    [
        (None, set()),
        (["a", "b c", 1], {"a", "b", "c"}),
        ({"a": 1}, set()),
        ("", set()),
        (" a  b ", {"a", "b"}),
    ],
)
async def test_what_was_granted_is_read_in_any_form(zoom, endpoint, scope, granted):
    endpoint.more = {"scope": scope}
    await zoom.token()
    assert zoom.granted.scopes == granted


@pytest.mark.parametrize("access", ["", "a b", "a\r\nX-Other: 1", "\ud800", "é", 7, {"a": 1}, None])
async def test_what_is_no_token_is_not_taken_for_one(zoom, endpoint, access):
    endpoint.script = [web.json_response({"access_token": access, "expires_in": 3600})]
    with pytest.raises(Transient):
        await zoom.token()
    assert await zoom.token() == "access-2"


@pytest.mark.parametrize("refresh", [7, {"a": 1}, "a\nb", "\ud800", ""])
async def test_what_is_no_refresh_token_is_not_kept(person, endpoint, refresh):
    tokens, saved = person
    endpoint.more = {"refresh_token": refresh}
    assert await tokens.token() == "access-1"
    assert saved == []


async def test_a_refusal_that_quotes_what_it_was_told_gives_nothing_away(
    http, google_settings, zoom, endpoint, clock
):
    async def save(token):
        pass

    person = refresh_token(http, google_settings, "ada@example.com", "1//canary-refresh", save, clock)
    basic = base64.b64encode(b"the-app:the-secret").decode()
    for tokens, secrets in ((person, ("1//canary-refresh", "the-secret")), (zoom, (basic,))):
        quoted = f"{' and '.join(secrets)} are no good {'x' * 9999}"
        endpoint.script = [refusal("invalid_grant", 400, error_description=quoted)]
        with pytest.raises(Unauthorized) as caught:
            await tokens.token()
        told = str(caught.value)
        assert [secret for secret in secrets if secret in told] == []
        assert "are no good" in told
        assert len(told) < 1000
    endpoint.script = [refusal("no such token: 1//canary-refresh", 503)]
    with pytest.raises(Transient) as caught:
        await person.token()
    assert "canary" not in f"{caught.value}{caught.value.reason}"


async def test_the_answer_tells_scopes_and_the_cluster_to_call(zoom, endpoint):
    endpoint.more = {"scope": "meeting:write user:read", "api_url": "https://api-eu.zoom.us"}
    await zoom.token()
    assert zoom.granted.scopes == {"meeting:write", "user:read"}
    assert zoom.granted.api_url == "https://api-eu.zoom.us"


def _broken(key):
    yield {}
    yield {"private_key": "nonsense", "client_email": "robot@example.com"}
    yield {name: value for name, value in key_file(key).items() if name != "client_email"}
    yield key_file(ec.generate_private_key(ec.SECP256R1()))


def test_a_file_that_is_no_service_account_key_is_refused_at_once(key):
    for info in _broken(key):
        with pytest.raises(Unauthorized, match="service account"):
            service_key.read(info)


async def test_no_secret_is_printed_or_logged(zoom, person, endpoint, capsys):
    tokens, _ = person
    endpoint.more = {"refresh_token": "rotated-secret"}
    told = repr([zoom, await zoom.token() and zoom, await tokens.token() and tokens])
    out, err = capsys.readouterr()
    assert "provider call" in out + err
    for secret in ("access-1", "access-2", "rotated-secret", "the-secret", "first"):
        assert secret not in told + out + err


def _bytes(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
