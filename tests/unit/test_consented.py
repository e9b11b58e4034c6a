"""People's own accounts: asked for, kept, refreshed, lost and revoked, against a real token endpoint."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import web

from connectors import consented
from connectors.errors import UNTOUCHED, Rejected, Transient, Unauthorized
from connectors.http import connect
from connectors.settings import OAuthApp

VERIFIER = "v" * 43
BACK = "https://huddled.example.com/link/back"
ADA = "ada@example.com"


class Endpoint:
    """A token endpoint that answers from a script, and then with fresh access tokens for ever."""

    def __init__(self):
        self.forms = []
        self.headers = []
        self.script = []
        self.more = {}
        self.rotates = False

    async def handle(self, request):
        self.forms.append(dict(await request.post()))
        self.headers.append(dict(request.headers))
        if self.script:
            step = self.script.pop(0)
            if step is LOST:
                request.transport.abort()
                return web.Response()
            return step
        n = len(self.forms)
        rotated = {"refresh_token": f"refresh-{n}"} if self.rotates else {}
        return web.json_response({"access_token": f"access-{n}", "expires_in": 3600} | rotated | self.more)


LOST = object()


class Clock:
    def __init__(self):
        self.time = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

    def __call__(self):
        return self.time


class Shelf:
    """Where refresh tokens are stored."""

    def __init__(self, token):
        self.token = self.known = token
        self.saved = []
        self.loads = 0
        self.broken = 0

    async def save(self, token):
        await asyncio.sleep(0)
        if self.broken:
            self.broken -= 1
            raise OSError("disk full")
        if self.token != self.known:
            return False
        self.saved.append(token)
        self.token = self.known = token
        return True

    async def load(self):
        self.loads += 1
        self.known = self.token
        return self.token


@pytest.fixture
async def endpoint(aiohttp_server):
    told = Endpoint()
    served = web.Application()
    served.router.add_post("/oauth/token", told.handle)
    served.router.add_post("/oauth/revoke", told.handle)
    running = await aiohttp_server(served)
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
def shelf():
    return Shelf("first")


@pytest.fixture
def app(endpoint):
    return _app(token_url=f"{endpoint.url}/token", revoke_url=f"{endpoint.url}/revoke")


@pytest.fixture
def tokens(http, app, shelf, clock):
    return _tokens(http, app, shelf, clock)


def _app(**changes):
    base = OAuthApp(
        "acme", "the-client", "the-secret", "https://acme.example/authorize", "https://acme/token"
    )
    return replace(base, **changes)


def _tokens(http, app, shelf, clock):
    return consented.tokens(http, app, ADA, "first", shelf.save, shelf.load, clock)


def refusal(error, status=400, **more):
    return web.json_response({"error": error, **more}, status=status)


def _query(url):
    return {name: value for name, (value,) in parse_qs(urlsplit(url).query).items()}


def test_the_page_is_asked_with_a_hash_of_the_secret_and_never_the_secret():
    asked = consented.authorize_url(_app(scopes=("read", "write:all")), BACK, "the-state", VERIFIER)
    digest = hashlib.sha256(VERIFIER.encode()).digest()
    assert _query(asked) == {
        "response_type": "code",
        "client_id": "the-client",
        "redirect_uri": BACK,
        "state": "the-state",
        "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
        "code_challenge_method": "S256",
        "scope": "read write:all",
    }
    assert VERIFIER not in asked
    assert "the-secret" not in asked


@pytest.mark.parametrize(
    ("changes", "scope"),
    [
        ({"scopes": ("a", "b")}, "a b"),
        ({"scopes": ("a", "b"), "send_scopes": False}, None),
        ({"scopes": ()}, None),
    ],
)
def test_a_scope_is_named_only_where_the_provider_wants_it(changes, scope):
    assert _query(consented.authorize_url(_app(**changes), BACK, "s", VERIFIER)).get("scope") == scope


def test_an_address_with_a_query_keeps_it_and_nothing_of_ours_can_be_overruled():
    odd = _app(authorize_url="https://acme.example/go?tenant=7", extra={"prompt": "login", "state": "evil"})
    query = _query(consented.authorize_url(odd, BACK, "s", VERIFIER))
    assert (query["tenant"], query["prompt"], query["state"]) == ("7", "login", "s")


@pytest.mark.parametrize(
    ("granted", "needs", "lacking"),
    [
        ({"a", "b"}, [("a",), ("b",)], ()),
        ({"a"}, [("a",), ("b",)], ("b",)),
        ({"classic"}, [("granular:a", "classic"), ("granular:b", "classic")], ()),
        ({"granular:a"}, [("granular:a", "classic"), ("granular:b", "classic")], ("granular:b",)),
        (set(), [("a",)], ("a",)),
        ({"ab"}, [("a",)], ("a",)),
        ({"a", "more"}, [("a",)], ()),
        (set(), [], ()),
    ],
)
def test_what_was_not_granted_is_named(granted, needs, lacking):
    assert consented.missing(granted, needs) == lacking


def test_a_missing_scope_stops_the_link_with_its_name():
    consented.require(_app(), {"a", "b"}, [("a",), ("b",)])
    with pytest.raises(Unauthorized, match=r"acme did not allow .*: meeting:delete;") as caught:
        consented.require(_app(), {"a"}, [("a",), ("meeting:delete", "meeting:write")])
    assert caught.value.reason == "missing_scope"


async def test_a_code_becomes_tokens(http, app, endpoint, clock):
    endpoint.more = {"refresh_token": "mine", "scope": "a b"}
    granted = await consented.exchange(http, app, "the-code", VERIFIER, BACK, clock)
    assert (granted.access, granted.refresh, granted.scopes) == ("access-1", "mine", {"a", "b"})
    assert endpoint.forms == [
        {
            "grant_type": "authorization_code",
            "code": "the-code",
            "redirect_uri": BACK,
            "code_verifier": VERIFIER,
        }
    ]
    kind, _, secret = endpoint.headers[0]["Authorization"].partition(" ")
    assert (kind, base64.b64decode(secret)) == ("Basic", b"the-client:the-secret")


async def test_a_provider_that_wants_the_secret_in_the_form_gets_it_there(http, app, endpoint, clock):
    endpoint.more = {"refresh_token": "mine"}
    await consented.exchange(http, replace(app, basic=False), "the-code", VERIFIER, BACK, clock)
    assert (endpoint.forms[0]["client_id"], endpoint.forms[0]["client_secret"]) == (
        "the-client",
        "the-secret",
    )
    assert "Authorization" not in endpoint.headers[0]


async def test_an_answer_without_scopes_grants_what_was_asked_for(http, app, endpoint, clock):
    endpoint.more = {"refresh_token": "mine"}
    granted = await consented.exchange(http, replace(app, scopes=("a",)), "c", VERIFIER, BACK, clock)
    assert granted.scopes == {"a"}


@pytest.mark.parametrize(
    ("answer", "error", "says"),
    [
        (lambda: refusal("invalid_grant"), Rejected, "open the link once more"),
        (
            lambda: refusal("invalid_request", reason="Redirect URI mismatch."),
            Rejected,
            "Redirect URI mismatch",
        ),
        (lambda: refusal("invalid_client", 401), Unauthorized, r"check client_id .* \[acme\]"),
        (lambda: refusal("unauthorized_client"), Unauthorized, r"check client_id"),
        (lambda: web.json_response({"access_token": "a"}), Unauthorized, "no refresh token"),
        (lambda: web.Response(status=503), Transient, "503"),
        (lambda: LOST, Transient, "may have acted"),
    ],
)
async def test_a_code_that_leads_to_nothing_says_what_to_do(http, app, endpoint, clock, answer, error, says):
    endpoint.script = [answer()]
    with pytest.raises(error, match=says):
        await consented.exchange(http, app, "c", VERIFIER, BACK, clock)
    assert len(endpoint.forms) == 1


async def test_a_hundred_who_need_a_token_cause_one_refresh(tokens, endpoint, shelf):
    endpoint.rotates = True
    assert set(await asyncio.gather(*(tokens.token() for _ in range(100)))) == {"access-1"}
    assert set(await asyncio.gather(*(tokens.refresh("access-1") for _ in range(100)))) == {"access-2"}
    assert [form["refresh_token"] for form in endpoint.forms] == ["first", "refresh-1"]
    assert shelf.saved == ["refresh-1", "refresh-2"]


async def test_a_rotated_token_is_stored_before_the_access_token_is_used(http, app, endpoint, clock):
    order = []

    async def save(token):
        await asyncio.sleep(0)
        order.append(token)
        return True

    async def load():
        return "first"

    endpoint.rotates = True
    order.append(await consented.tokens(http, app, ADA, "first", save, load, clock).token())
    assert order == ["refresh-1", "access-1"]


async def test_an_answer_without_a_refresh_token_keeps_the_old_one(tokens, endpoint, shelf, clock):
    await tokens.token()
    clock.time += timedelta(hours=1)
    await tokens.token()
    assert [form["refresh_token"] for form in endpoint.forms] == ["first", "first"]
    assert shelf.saved == []


async def test_the_same_refresh_token_again_is_not_stored_again(tokens, endpoint, shelf):
    endpoint.more = {"refresh_token": "first"}
    await tokens.token()
    assert shelf.saved == []


async def test_a_token_that_could_not_be_stored_is_stored_before_anything_else(tokens, endpoint, shelf):
    endpoint.rotates = True
    shelf.broken = 2
    for _ in range(2):
        with pytest.raises(OSError, match="disk full"):
            await tokens.token()
    assert await tokens.token() == "access-1"
    assert (shelf.saved, len(endpoint.forms)) == (["refresh-1"], 1)


async def test_a_token_that_was_stored_too_late_to_be_used_is_refreshed(tokens, endpoint, shelf, clock):
    endpoint.rotates = True
    shelf.broken = 1
    with pytest.raises(OSError, match="disk full"):
        await tokens.token()
    clock.time += timedelta(hours=2)
    assert await tokens.token() == "access-2"
    assert shelf.saved == ["refresh-1", "refresh-2"]


async def test_a_refusal_is_answered_with_the_token_that_is_stored_by_now(tokens, endpoint, shelf):
    shelf.token = "relinked"
    endpoint.script = [refusal("invalid_grant")]
    assert await tokens.token() == "access-2"
    assert [form["refresh_token"] for form in endpoint.forms] == ["first", "relinked"]
    assert shelf.saved == []


@pytest.mark.parametrize("stored", ["first", ""])
async def test_a_refusal_of_the_stored_token_ends_the_link_and_says_how_to_renew_it(
    tokens, endpoint, shelf, stored
):
    shelf.token = stored
    endpoint.script = [refusal("invalid_grant", reason="Invalid Token!")]
    with pytest.raises(
        Unauthorized, match=r"huddled link acme --account ada@example\.com.*Invalid Token"
    ) as told:
        await tokens.token()
    assert (told.value.reason, told.value.provider) == ("invalid_grant", "acme")
    assert (shelf.loads, len(endpoint.forms)) == (1, 1)


async def test_the_store_is_asked_once_and_not_for_ever(tokens, endpoint, shelf):
    shelf.token = "relinked"
    endpoint.script = [refusal("invalid_grant"), refusal("invalid_grant")]
    with pytest.raises(Unauthorized, match="link the account again"):
        await tokens.token()
    assert (shelf.loads, len(endpoint.forms)) == (1, 2)


async def test_a_link_that_was_renewed_works_again(tokens, endpoint, shelf):
    endpoint.script = [refusal("invalid_grant")]
    with pytest.raises(Unauthorized):
        await tokens.token()
    shelf.token = "relinked"
    endpoint.script = [refusal("invalid_grant")]
    assert await tokens.token() == "access-3"


async def test_a_refused_app_is_the_operators_business_and_nothing_is_read_again(tokens, endpoint, shelf):
    endpoint.script = [refusal("invalid_client", 401)]
    with pytest.raises(Unauthorized, match=r"refuses the app: check client_id .*\[acme\]"):
        await tokens.token()
    assert shelf.loads == 0


@pytest.mark.parametrize("rotates", [False, True])
@pytest.mark.parametrize(
    "answer",
    [
        lambda: LOST,
        lambda: web.Response(status=500),
        lambda: web.Response(status=502, text="<html>", content_type="text/html"),
        lambda: web.Response(status=200, text="<html>", content_type="text/html"),
        lambda: web.json_response({}),
        lambda: web.Response(status=408),
    ],
)
async def test_a_lost_answer_is_not_repeated_and_tells_the_worst(
    http, app, endpoint, shelf, clock, answer, rotates
):
    tokens = _tokens(http, replace(app, rotates=rotates), shelf, clock)
    endpoint.script = [answer()]
    with pytest.raises(Transient, match="the answer to a refresh was lost") as caught:
        await tokens.token()
    assert caught.value.reason == "refresh_lost"
    assert caught.value.reason in UNTOUCHED
    assert ("ada@example.com has to link the account again" in str(caught.value)) == rotates
    assert len(endpoint.forms) == 1


@pytest.mark.parametrize(
    "answer",
    [
        lambda: web.Response(status=429, headers={"Retry-After": "17"}),
        lambda: refusal("temporarily_unavailable"),
        lambda: web.Response(status=404, text="<html>", content_type="text/html"),
    ],
)
async def test_a_provider_that_says_no_for_now_has_lost_nothing(tokens, endpoint, shelf, answer):
    endpoint.script = [answer()]
    with pytest.raises(Transient) as caught:
        await tokens.token()
    assert caught.value.reason != "refresh_lost"
    await tokens.token()
    assert shelf.loads == 0


async def test_a_provider_that_was_not_reached_has_lost_nothing(http, app, shelf, clock):
    tokens = _tokens(http, replace(app, token_url="http://127.0.0.1:1/token", rotates=True), shelf, clock)
    with pytest.raises(Transient) as caught:
        await tokens.token()
    assert caught.value.reason == "not_sent"


async def test_after_a_lost_answer_the_stored_token_goes_first(tokens, endpoint, shelf):
    endpoint.script = [LOST]
    with pytest.raises(Transient):
        await tokens.token()
    shelf.token = "relinked"
    await tokens.token()
    assert [form["refresh_token"] for form in endpoint.forms] == ["first", "relinked"]


async def test_a_lost_answer_that_changed_nothing_is_got_over(tokens, endpoint):
    endpoint.script = [LOST]
    with pytest.raises(Transient):
        await tokens.token()
    assert await tokens.token() == "access-2"


async def test_a_token_that_died_with_a_lost_answer_is_named_as_such(tokens, endpoint):
    endpoint.script = [LOST, refusal("invalid_grant")]
    with pytest.raises(Transient):
        await tokens.token()
    with pytest.raises(
        Unauthorized, match="lost with the answer to an earlier refresh: link the account again"
    ):
        await tokens.token()


async def test_what_was_lost_before_is_not_the_fault_of_what_came_since(tokens, endpoint, shelf):
    endpoint.script = [LOST]
    with pytest.raises(Transient):
        await tokens.token()
    await tokens.refresh(await tokens.token())
    endpoint.script = [refusal("invalid_grant")]
    with pytest.raises(Unauthorized, match=r"consent of ada@example\.com: link the account again"):
        await tokens.refresh(tokens.granted.access)


async def test_a_token_of_a_newer_consent_was_not_lost(tokens, endpoint, shelf):
    endpoint.script = [LOST, refusal("invalid_grant")]
    with pytest.raises(Transient):
        await tokens.token()
    shelf.token = "relinked"
    with pytest.raises(Unauthorized, match=r"consent of ada@example\.com: link the account again"):
        await tokens.token()


@pytest.mark.parametrize("broken", [0, 1])
async def test_a_token_of_a_newer_consent_is_never_written_over(tokens, endpoint, shelf, broken):
    """The person links again while a refresh is under way, or while its token waits for the disk."""
    endpoint.rotates, shelf.broken = True, broken
    shelf.token = "relinked"
    if broken:
        with pytest.raises(OSError, match="disk full"):
            await tokens.token()
    assert await tokens.token() == "access-2"
    assert [form["refresh_token"] for form in endpoint.forms] == ["first", "relinked"]
    assert shelf.saved == ["refresh-2"]


async def test_a_token_that_comes_when_the_account_is_given_up_is_revoked_and_not_used(
    tokens, endpoint, shelf
):
    endpoint.rotates, shelf.token = True, ""
    with pytest.raises(Unauthorized, match="no longer linked") as caught:
        await tokens.token()
    assert caught.value.reason == "unlinked"
    assert endpoint.forms[1:] == [{"token": "refresh-1", "token_type_hint": "refresh_token"}]
    assert (shelf.saved, shelf.token, tokens.granted) == ([], "", None)


async def test_a_token_that_cannot_be_revoked_then_is_not_used_either(tokens, endpoint, shelf):
    endpoint.rotates, shelf.token = True, ""
    endpoint.script = [
        web.json_response({"access_token": "a", "refresh_token": "b"}),
        web.Response(status=503),
    ]
    with pytest.raises(Unauthorized, match="no longer linked"):
        await tokens.token()


async def test_a_revoked_token_is_told_to_the_provider(http, app, endpoint, clock):
    assert await consented.revoke(http, app, "first", clock)
    assert endpoint.forms == [{"token": "first", "token_type_hint": "refresh_token"}]
    assert endpoint.headers[0]["Authorization"].startswith("Basic ")


async def test_a_provider_without_a_place_to_revoke_is_not_asked(http, app, endpoint, clock):
    assert not await consented.revoke(http, replace(app, revoke_url=""), "first", clock)
    assert endpoint.forms == []


@pytest.mark.parametrize("error", ["invalid_grant", "invalid_token"])
async def test_a_token_that_is_dead_already_is_revoked(http, app, endpoint, clock, error):
    endpoint.script = [refusal(error)]
    assert await consented.revoke(http, app, "first", clock)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (lambda: refusal("invalid_client", 401), Unauthorized),
        (lambda: web.Response(status=503), Transient),
        (lambda: web.Response(status=404, text="<html>", content_type="text/html"), Transient),
        (lambda: LOST, Transient),
    ],
)
async def test_a_token_that_may_still_live_is_told_so(http, app, endpoint, clock, answer, error):
    endpoint.script = [answer()]
    with pytest.raises(error):
        await consented.revoke(http, app, "first", clock)


async def test_no_secret_is_printed_or_logged(http, app, endpoint, tokens, clock, capsys):
    endpoint.rotates = True
    granted = await consented.exchange(http, app, "the-code", VERIFIER, BACK, clock)
    await tokens.token()
    await consented.revoke(http, app, "first", clock)
    endpoint.script = [refusal("invalid_grant")]
    with pytest.raises(Unauthorized) as caught:
        await tokens.refresh("access-2")
    out, err = capsys.readouterr()
    told = repr((app, granted, tokens, tokens.grant.__self__, caught.value))
    assert "provider call" in out + err
    for secret in (
        "the-secret",
        "the-code",
        VERIFIER,
        "access-1",
        "access-2",
        "refresh-1",
        "refresh-2",
        "first",
    ):
        assert secret not in told + out + err
