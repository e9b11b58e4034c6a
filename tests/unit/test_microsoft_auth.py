"""Tokens of the app and of people, from a sign-in service on this machine that a test can break."""

from __future__ import annotations

import asyncio
import base64
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from connectors.errors import Rejected, Transient, Unauthorized
from connectors.http import connect
from connectors.microsoft import auth
from connectors.microsoft.bridge import STAND_IN, Addresses
from connectors.microsoft.consent import MicrosoftConsent
from connectors.registry import Credentials, Registry
from connectors.settings import MicrosoftSettings

ADA = "ada@example.com"
BACK = "http://localhost:8480/link/callback/microsoft"
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


@dataclass
class Authority:
    """A sign-in service for one tenant. `refuse` is what it says instead of a token."""

    forms: list = field(default_factory=list)
    discoveries: int = 0
    refuse: list = field(default_factory=list)
    lifetime: int = 3600
    scope: str = "https://graph.microsoft.com/Calendars.ReadWrite openid profile offline_access"
    url: str = ""

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/login/{tenant}/v2.0/.well-known/openid-configuration", self.openid)
        app.router.add_post("/login/tenant/oauth2/v2.0/token", self.token)
        return app

    async def openid(self, request):
        self.discoveries += 1
        if request.match_info["tenant"] != "tenant":
            return web.json_response(aadsts(90002, "invalid_tenant"), status=400)
        base = f"{self.url}/tenant"
        return web.json_response(
            {
                "issuer": f"{base}/v2.0",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "token_endpoint": f"{base}/oauth2/v2.0/token",
            }
        )

    async def token(self, request):
        form = dict(await request.post())
        self.forms.append(form)
        if self.refuse:
            status, body, headers = self.refuse.pop(0)
            if isinstance(body, dict):
                return web.json_response(body, status=status, headers=headers)
            return web.Response(text=body, status=status, headers=headers, content_type="text/html")
        number = len(self.forms)
        answer = {"token_type": "Bearer", "expires_in": self.lifetime, "access_token": f"access-{number}"}
        if form["grant_type"] != "client_credentials":
            claims = {
                "aud": "app",
                "iss": "x",
                "sub": "s",
                "exp": 9_999_999_999,
                "iat": 1,
                "oid": "o",
                "tid": "t",
            }
            claims |= {self.named[0]: self.named[1], "nonce": form.get("nonce", self.nonce)}
            answer |= {"refresh_token": f"refresh-{number}", "scope": self.scope, "id_token": jwt(claims)}
            answer["client_info"] = part({"uid": "o", "utid": "t"})
        return web.json_response(answer)

    nonce: str = ""
    named = ("preferred_username", "Ada@Example.com")  # who signed in, and in which claim that is told

    def fail(self, status, body, **headers):
        self.refuse.append((status, body, headers))


def part(value) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def jwt(claims) -> str:
    return f"{part({'alg': 'none'})}.{part(claims)}.signature"


def aadsts(number: int, error: str) -> dict:
    text = f"AADSTS{number}: It is so.\r\nTrace ID: 1\r\nTimestamp: 2026-06-01 12:00:00Z"
    return {"error": error, "error_description": text, "error_codes": [number]}


@dataclass
class Clock:
    at: datetime = NOON

    def __call__(self):
        return self.at


@pytest.fixture
async def authority():
    found = Authority()
    async with TestServer(found.app()) as server:
        found.url = str(server.make_url("/login"))
        yield found


@pytest.fixture
async def http():
    async with connect() as client:
        yield client


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def settings(authority):
    return MicrosoftSettings("tenant", "app", "secret", authority=authority.url)


@pytest.fixture
def app(http, settings, clock):
    return auth.app_only(http, settings, clock)


async def signed_in(http, settings, clock, authority) -> str:
    """Return the token cache that a consent leaves."""
    consent = MicrosoftConsent(http, settings, clock)
    url, flow = await consent.begin(ADA, BACK)
    query = parse_qs(urlsplit(url).query)
    authority.nonce = query["nonce"][0]
    _, kept = await consent.end(flow, {"code": "c", "state": query["state"][0]})
    return kept


@pytest.fixture
async def kept(http, settings, clock, authority):
    found = await signed_in(http, settings, clock, authority)
    authority.forms.clear()
    return found


@dataclass
class Saved:
    texts: list = field(default_factory=list)
    broken: bool = False

    async def __call__(self, text):
        if self.broken:
            raise OSError("disk")
        self.texts.append(text)


# The app itself


async def test_the_apps_token_is_asked_for_once_and_kept(app, authority):
    assert {await app.token() for _ in range(3)} == {"access-1"}
    (form,) = authority.forms
    assert form["grant_type"] == "client_credentials"
    assert form["scope"] == "https://graph.microsoft.com/.default"


async def test_all_who_wait_share_one_flight(app, authority):
    assert set(await asyncio.gather(*(app.token() for _ in range(20)))) == {"access-1"}
    assert len(authority.forms) == 1


async def test_a_refused_token_is_replaced_though_msal_still_likes_it(app, authority):
    stale = await app.token()
    assert await app.refresh(stale) == "access-2"
    assert await app.refresh(stale) == "access-2"
    assert len(authority.forms) == 2


async def test_what_a_refused_token_lacked_is_asked_for(app, authority):
    stale = await app.token()
    await app.refresh(stale, '{"access_token":{"nbf":{"essential":true}}}')
    assert "nbf" in authority.forms[-1]["claims"]
    await app.refresh("access-2")
    assert "claims" not in authority.forms[-1]


async def test_a_token_that_is_over_by_our_clock_is_replaced(app, authority, clock):
    await app.token()
    clock.at += timedelta(seconds=3590)
    assert await app.token() == "access-2"


async def test_the_loop_turns_while_a_token_is_awaited(app):
    turns = 0

    async def others():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    running = asyncio.create_task(others())
    await app.token()
    running.cancel()
    assert turns > 10


async def test_one_who_stops_waiting_does_not_stop_the_others(app, authority):
    first = asyncio.create_task(app.token())
    await asyncio.sleep(0)
    second = asyncio.create_task(app.token())
    await asyncio.sleep(0)
    first.cancel()
    assert await second == "access-1"
    assert len(authority.forms) == 1


@pytest.mark.parametrize(
    ("status", "number", "error", "words"),
    [
        (401, 7000215, "invalid_client", "the client secret of [microsoft] is wrong"),
        (401, 7000222, "invalid_client", "has expired"),
        (400, 700016, "unauthorized_client", "check tenant and client_id"),
        (401, 50012, "invalid_client", "is refused"),
        (400, 1, "invalid_request", "the app gets no token"),
    ],
)
async def test_what_is_wrong_with_the_app_is_said(app, authority, status, number, error, words):
    authority.fail(status, aadsts(number, error))
    with pytest.raises(Unauthorized) as caught:
        await app.token()
    assert words in str(caught.value)
    assert f"AADSTS{number}: It is so." in str(caught.value)
    assert "Trace" not in str(caught.value)
    assert "'secret'" not in repr(app)
    assert caught.value.reason == error


async def test_a_mended_secret_helps_at_once(app, authority):
    authority.fail(400, aadsts(7000215, "invalid_client"))
    with pytest.raises(Unauthorized):
        await app.token()
    assert await app.token() == "access-2"


@pytest.mark.parametrize(
    ("status", "body", "wait"),
    [
        (503, "<html>busy", None),
        (500, {"error": "server_error"}, None),
        (429, {"error": "too_many"}, 17.0),
        (400, {"error": "temporarily_unavailable"}, None),
        (400, aadsts(90033, "invalid_request"), None),
        (400, "<html>Welcome to the hotel", None),
        (200, "<html>Welcome to the hotel", None),
        (200, "[]", None),
    ],
)
async def test_trouble_at_the_sign_in_service_passes(app, authority, status, body, wait):
    authority.fail(status, body, **({"Retry-After": "17"} if wait else {}))
    with pytest.raises(Transient) as caught:
        await app.token()
    assert caught.value.retry_after == wait
    assert await app.token() == "access-2"


async def test_silence_passes_and_names_itself(http, clock):
    settings = MicrosoftSettings("tenant", "app", "secret", authority="http://127.0.0.1:9/login")
    with pytest.raises(Transient) as caught:
        await auth.app_only(http, settings, clock).token()
    assert caught.value.reason == "not_sent"


async def test_a_tenant_that_is_not_there_is_named(http, authority, clock):
    settings = MicrosoftSettings("elsewhere", "app", "secret", authority=authority.url)
    with pytest.raises(Unauthorized, match="check tenant"):
        await auth.app_only(http, settings, clock).token()


# People


async def test_a_persons_token_comes_from_what_was_kept(http, settings, clock, authority, kept):
    saved = Saved()
    ada = auth.consented(http, settings, ADA, kept, saved, clock)
    assert await ada.token() == "access-1"
    assert (authority.forms, saved.texts) == ([], [])


async def test_a_changed_cache_is_saved_before_its_token_is_used(http, settings, clock, authority, kept):
    saved = Saved(broken=True)
    ada = auth.consented(http, settings, ADA, kept, saved, clock)
    stale = await ada.token()
    with pytest.raises(OSError, match="disk"):
        await ada.refresh(stale)
    saved.broken = False
    token = await ada.token()
    assert token.startswith("access-")
    assert "refresh-1" in saved.texts[-1] or "refresh-2" in saved.texts[-1]
    again = auth.consented(http, settings, ADA, saved.texts[-1], saved, clock)
    before = len(authority.forms)
    assert (await again.token(), len(authority.forms)) == (token, before)


@pytest.mark.parametrize(
    ("number", "error"),
    [
        (50173, "invalid_grant"),
        (65001, "invalid_grant"),
        (50076, "interaction_required"),
        (1, "consent_required"),
    ],
)
async def test_a_consent_that_is_over_says_how_to_connect_again(
    http, settings, clock, authority, kept, number, error
):
    saved = Saved()
    ada = auth.consented(http, settings, ADA, kept, saved, clock)
    stale = await ada.token()
    for _ in range(4):
        authority.fail(400, aadsts(number, error))
    with pytest.raises(Unauthorized) as caught:
        await ada.refresh(stale)
    assert str(caught.value).endswith(f"run: huddled link microsoft --account {ADA}")
    assert caught.value.reason == error
    assert saved.texts == []


async def test_a_persons_network_trouble_is_no_end_of_consent(http, settings, clock, authority, kept):
    ada = auth.consented(http, settings, ADA, kept, Saved(), clock)
    stale = await ada.token()
    authority.fail(503, "<html>busy")
    with pytest.raises(Transient):
        await ada.refresh(stale)
    assert (await ada.refresh(stale)).startswith("access-")


@pytest.mark.parametrize("text", ["nonsense", "[]", "5", '{"Account": 5}'])
async def test_a_kept_cache_that_is_none_says_how_to_connect_again(http, settings, clock, text):
    with pytest.raises(Unauthorized, match="huddled link microsoft"):
        await auth.consented(http, settings, ADA, text, Saved(), clock).token()


@pytest.mark.parametrize("text", ["", "\n"])
async def test_one_who_never_signed_in_is_not_acted_for_as_the_app(http, settings, clock, authority, text):
    registry = Registry(http, clock, Random(7), microsoft=settings)
    for make in (registry.calendar, lambda person: registry.meetings("teams", person)):
        with pytest.raises(Unauthorized, match=f"nobody has connected the account {ADA} yet; run: huddled"):
            make(Credentials("microsoft", ADA, text, Saved()))
    assert authority.forms == []


async def test_an_empty_cache_says_how_to_connect(http, settings, clock):
    with pytest.raises(Unauthorized, match="huddled link microsoft"):
        await auth.consented(http, settings, ADA, "{}", Saved(), clock).token()


# Consent


async def test_consent_asks_for_calendars_alone_and_proves_itself(http, settings, clock, authority):
    url, flow = await MicrosoftConsent(http, settings, clock).begin(ADA, BACK)
    assert url.startswith(f"{authority.url}/tenant/oauth2/v2.0/authorize?")
    query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    assert set(query["scope"].split()) == {
        "https://graph.microsoft.com/Calendars.ReadWrite",
        "openid",
        "profile",
        "offline_access",
    }
    assert (query["code_challenge_method"], query["login_hint"]) == ("S256", ADA)
    assert query["redirect_uri"] == BACK
    assert json.loads(json.dumps(flow)) == flow


async def test_who_signed_in_is_told(http, settings, clock, authority):
    consent = MicrosoftConsent(http, settings, clock)
    url, flow = await consent.begin("", BACK)
    query = parse_qs(urlsplit(url).query)
    authority.nonce = query["nonce"][0]
    who, kept = await consent.end(flow, {"code": "c", "state": query["state"][0]})
    assert who == ADA
    assert "refresh-1" in kept
    assert authority.forms[-1]["code_verifier"]


async def test_an_answer_of_another_sign_in_is_refused(http, settings, clock, authority):
    consent = MicrosoftConsent(http, settings, clock)
    _, flow = await consent.begin(ADA, BACK)
    with pytest.raises(Rejected):
        await consent.end(flow, {"code": "c", "state": "other"})
    assert not authority.forms


async def test_an_address_that_a_tenant_has_made_up_names_nobody(http, settings, clock, authority):
    """Whoever runs a tenant may write any address into `email`."""
    authority.named = ("email", ADA)
    consent = MicrosoftConsent(http, settings, clock)
    url, flow = await consent.begin(ADA, BACK)
    query = parse_qs(urlsplit(url).query)
    authority.nonce = query["nonce"][0]
    who, _ = await consent.end(flow, {"code": "c", "state": query["state"][0]})
    assert who == ""


async def test_a_person_who_declines_is_heard(http, settings, clock, authority):
    consent = MicrosoftConsent(http, settings, clock)
    _, flow = await consent.begin(ADA, BACK)
    declined = {
        "error": "access_denied",
        "error_description": "AADSTS65004: Declined.",
        "state": flow["state"],
    }
    with pytest.raises(Unauthorized, match="declined"):
        await consent.end(flow, declined)


async def test_a_permission_that_was_not_given_is_named(http, settings, clock, authority):
    authority.scope = "openid profile"
    with pytest.raises(Unauthorized, match=r"Calendars\.ReadWrite was not given"):
        await signed_in(http, settings, clock, authority)


# Addresses


@pytest.mark.parametrize(
    ("authority", "told"),
    [
        ("https://login.microsoftonline.com/", "https://login.microsoftonline.com"),
        ("http://127.0.0.1:8490/microsoft/login", STAND_IN),
        ("http://localhost:1", STAND_IN),
    ],
)
def test_only_this_machine_may_do_without_tls(authority, told):
    addresses = Addresses.of(authority)
    assert addresses.told == told
    assert addresses.out(f"{told}/t/token") == f"{authority.rstrip('/')}/t/token"
    assert addresses.back(addresses.out(f"{told}/t/token")) == f"{told}/t/token"


@pytest.mark.parametrize("authority", ["http://login.example.com", "ftp://localhost", "login.example.com"])
def test_plain_http_across_a_network_is_refused(authority):
    with pytest.raises(Unauthorized):
        Addresses.of(authority)


async def test_signing_in_leaves_the_threads_in_which_names_are_looked_up_to_others(http, authority, clock):
    authority.url = authority.url.replace("127.0.0.1", "localhost")
    settings = MicrosoftSettings("tenant", "app", "secret", authority=authority.url)
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
    many = [auth.app_only(http, settings, clock).token() for _ in range(4)]
    assert len(await asyncio.gather(*many)) == 4
