"""What comes of a person's yes, against a real token endpoint and a provider that says what a test wants."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from aiohttp import web

from connectors.errors import Transient, Unauthorized
from connectors.http import connect
from connectors.linking import Lacking, Linkable
from connectors.model import Identity
from connectors.settings import OAuthApp

BACK = "https://huddled.example.com/link/back"
SILENT = Transient("busy", provider="acme", reason="503")


class Account:
    """A provider's account module: `settings` are where it is asked."""

    NEEDS = (("meetings",),)

    def __init__(self, app):
        self.of = app
        self.asked = []
        self.answer = Identity("u1", "ada@acme.example")

    def app(self, settings):
        return self.of

    def regional(self, settings, api_url):
        return api_url or settings

    async def identity(self, http, settings, access):
        self.asked.append((settings, access))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class Endpoint:
    def __init__(self):
        self.granted = {"access_token": "access", "refresh_token": "refresh", "scope": "meetings"}
        self.revoked = []

    async def token(self, request):
        return web.json_response(self.granted)

    async def revoke(self, request):
        self.revoked.append((await request.post())["token"])
        return web.json_response({})


@pytest.fixture
def endpoint():
    return Endpoint()


@pytest.fixture
async def account(endpoint, aiohttp_server):
    served = web.Application()
    served.router.add_post("/token", endpoint.token)
    served.router.add_post("/revoke", endpoint.revoke)
    running = await aiohttp_server(served)
    token, revoke = (str(running.make_url(path)) for path in ("/token", "/revoke"))
    return Account(OAuthApp("acme", "id", "secret", "https://acme.example/", token, revoke))


@pytest.fixture
async def way(account):
    async with connect() as http:
        yield Linkable("acme", "Acme", http, "settings", account, lambda: datetime(2026, 11, 22, tzinfo=UTC))


async def test_who_it_is_is_asked_where_the_provider_wants_to_be_called(way, account, endpoint):
    await way.redeem("code", "v" * 43, BACK)
    endpoint.granted["api_url"] = "https://eu.acme.example"
    await way.redeem("code", "v" * 43, BACK)
    assert account.asked == [("settings", "access"), ("https://eu.acme.example", "access")]


async def test_a_missing_scope_is_named_also_where_for_want_of_it_nobody_says_who_it_is(
    way, account, endpoint
):
    endpoint.granted["scope"] = "something"
    account.answer = Unauthorized("no", provider="acme")
    with pytest.raises(Lacking, match="meetings") as told:
        await way.redeem("code", "v" * 43, BACK)
    assert (told.value.scopes, told.value.got.token) == (("meetings",), "refresh")


@pytest.mark.parametrize("rotates", [True, False])
async def test_tokens_that_come_to_nothing_are_revoked_only_where_that_ends_nothing_else(
    way, account, endpoint, rotates
):
    account.of, account.answer = replace(account.of, rotates=rotates), SILENT
    with pytest.raises(Transient):
        await way.redeem("code", "v" * 43, BACK)
    assert endpoint.revoked == ["refresh"] * rotates


@pytest.mark.parametrize("id_", ["", "a\x1bb", "x" * 513])
async def test_an_id_that_cannot_be_kept_or_shown_is_none(way, account, id_):
    account.answer = Identity(id_, "Ada")
    with pytest.raises(Transient, match="does not say whose account this is"):
        await way.redeem("code", "v" * 43, BACK)


async def test_a_name_is_shortened_and_the_id_stands_for_none(way, account):
    account.answer = Identity("u1", "Ada " * 100)
    assert len((await way.redeem("code", "v" * 43, BACK)).who.name) == 200
    account.answer = Identity("u1", " \t ")
    assert (await way.redeem("code", "v" * 43, BACK)).who.name == "u1"


async def test_only_where_calendars_are_opened_the_address_is_suggested(way):
    assert "login_hint" not in (await way.begin("ada@example.com", BACK, "s" * 43, "v" * 43))[0]
    opened = replace(way, calendars=True)
    assert (
        "login_hint=ada%40example.com" in (await opened.begin("ada@example.com", BACK, "s" * 43, "v" * 43))[0]
    )
