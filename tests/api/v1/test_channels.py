"""Channels as applications ask for them: what is kept, what is refused, and whom they belong to."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from types import SimpleNamespace

import pycronofy
import pytest

from api.v1.calls import Call, Refused
from api.v1.channels import routes
from api.v1.context import Application
from connectors.guarded import guard
from connectors.model import CalendarInfo
from daemon.deliver import Deliver, Receiver
from daemon.turns import Turns
from daemon.worker import Worker
from store import api_channels, calendars, deliveries, profiles, tokens, work
from store.db import SqliteStore
from tests.webhooks.receiving import receiving

NOW = 1_800_000_000.0
ADA, BOB = "ada@example.com", "bob@example.com"
URL = "https://app.example/hooks"
OURS = Application("ours", "Ours", ("secret",))
THEIRS = Application("theirs", "Theirs", ("secret",))


class Stage:
    """The three handlers over a real store."""

    def __init__(self, store):
        self.store = store
        self.kicks = Counter()
        context = SimpleNamespace(store=store, clock=lambda: NOW, kick=lambda: self.kicks.update(["kick"]))
        self.handlers = {(one.method, one.pattern): one.handler for one in routes(context)}

    async def calendar(self, account, remote):
        def furnish(conn):
            profile = profiles.ensure(conn, "google", account, "delegated", NOW)
            info = CalendarInfo(remote=remote, name="Home", zone="UTC", writable=True)
            calendars.found(conn, profile, "google", info, NOW)
            tokens.grant(conn, "ours", account, profile, NOW)

        await self.store.tx(furnish)
        return calendars.calendar_id("google", remote)

    async def create(self, body, account=ADA, application=OURS):
        answer = await self.handlers["POST", "/v1/channels"](Call(application, account, body=body))
        assert answer.status == 200
        return answer.body["channel"]

    async def list(self, account=ADA, application=OURS):
        return (await self.handlers["GET", "/v1/channels"](Call(application, account))).body["channels"]

    async def close(self, name, account=ADA, application=OURS):
        call = Call(application, account, path={"channel_id": name})
        return await self.handlers["DELETE", "/v1/channels/{channel_id}"](call)

    async def refused(self, body, **who):
        with pytest.raises(Refused) as refused:
            await self.create(body, **who)
        assert refused.value.status == 422
        return {name: problems[0].key for name, problems in refused.value.errors.items()}


@pytest.fixture
def stage(tmp_path):
    store = SqliteStore(str(tmp_path / "huddled.db"))
    yield Stage(store)
    store.close()


async def test_a_channel_is_made_and_listed(stage):
    channel = await stage.create({"callback_url": URL})
    assert channel == {"channel_id": channel["channel_id"], "callback_url": URL, "filters": {}}
    assert channel["channel_id"].startswith("chn_")
    assert await stage.list() == [channel]


async def test_a_new_channel_is_told_at_once_that_it_is_there(stage):
    channel = await stage.create({"callback_url": URL})
    name = f"{channel['channel_id']}/verification"
    told = await stage.store.read(lambda conn: deliveries.get(conn, name))
    assert (told.url, told.application) == (URL, "ours")
    assert [
        job.key for job in await stage.store.tx(lambda conn: work.claim(conn, "me", NOW, NOW + 9, 9))
    ] == [name]
    assert stage.kicks["kick"] == 1


async def test_an_identical_channel_is_the_one_that_is_there_already_and_is_not_told_again(stage):
    calendar = await stage.calendar(ADA, "ada")
    body = {"callback_url": URL, "filters": {"calendar_ids": [calendar], "only_managed": False}}
    first = await stage.create(body)
    await stage.store.tx(lambda conn: deliveries.drop(conn, f"{first['channel_id']}/verification"))
    assert await stage.create(body) == first
    assert await stage.store.read(deliveries.count) == 0
    assert len(await stage.list()) == 1
    assert await stage.create({"callback_url": URL}) != first


async def test_filters_are_echoed_where_they_filter_anything(stage):
    calendar = await stage.calendar(ADA, "ada")
    filters = {"calendar_ids": [calendar], "only_managed": True}
    assert (await stage.create({"callback_url": URL, "filters": filters}))["filters"] == filters
    assert (await stage.create({"callback_url": URL, "filters": {"only_managed": "false"}}))["filters"] == {}
    assert (
        await stage.create({"callback_url": URL, "filters": {"calendar_ids": [], "only_managed": False}})
    )["filters"] == {}


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, {"callback_url": "errors.required"}),
        ({"callback_url": ""}, {"callback_url": "errors.required"}),
        ({"callback_url": 5}, {"callback_url": "errors.invalid_format"}),
        ({"callback_url": "/hooks"}, {"callback_url": "errors.invalid_format"}),
        ({"callback_url": "ftp://a.example/"}, {"callback_url": "errors.invalid_format"}),
        ({"callback_url": "https://a.example/" + "a" * 2000}, {"callback_url": "errors.invalid_format"}),
        ({"callback_url": "http://127.0.0.1/"}, {"callback_url": "errors.invalid_format"}),
        ({"callback_url": URL, "filters": []}, {"filters": "errors.invalid_format"}),
        (
            {"callback_url": URL, "filters": {"calendar_ids": "cal_1"}},
            {"filters.calendar_ids": "errors.invalid_format"},
        ),
        (
            {"callback_url": URL, "filters": {"calendar_ids": [5]}},
            {"filters.calendar_ids": "errors.invalid_format"},
        ),
        (
            {"callback_url": URL, "filters": {"calendar_ids": ["cal_1"] * 1001}},
            {"filters.calendar_ids": "errors.invalid_format"},
        ),
        (
            {"callback_url": URL, "filters": {"calendar_ids": ["cal_1"]}},
            {"filters.calendar_ids[0]": "errors.not_recognized"},
        ),
        (
            {"callback_url": URL, "filters": {"only_managed": "maybe"}},
            {"filters.only_managed": "errors.invalid_format"},
        ),
        (
            {"callback_url": URL, "filters": {"only_managed": 1}},
            {"filters.only_managed": "errors.invalid_format"},
        ),
        (
            {"callback_url": URL, "filters": {"only_managed": []}},
            {"filters.only_managed": "errors.invalid_format"},
        ),
    ],
)
async def test_what_cannot_be_a_channel_is_refused_with_its_field(stage, body, errors):
    assert await stage.refused(body) == errors
    assert await stage.list() == []


async def test_a_calendar_of_somebody_else_is_no_calendar_of_this_account(stage):
    bobs = await stage.calendar(BOB, "bob")
    body = {"callback_url": URL, "filters": {"calendar_ids": [bobs]}}
    assert await stage.refused(body) == {"filters.calendar_ids[0]": "errors.not_recognized"}
    await stage.create(body, account=BOB)
    assert await stage.refused(body, account=BOB, application=THEIRS) == {
        "filters.calendar_ids[0]": "errors.not_recognized"
    }


async def test_an_account_has_at_most_so_many_channels_of_one_application(stage):
    for number in range(api_channels.MOST):
        await stage.create({"callback_url": f"{URL}/{number}"})
    assert await stage.refused({"callback_url": URL}) == {"callback_url": "errors.too_many_channels"}
    await stage.create({"callback_url": f"{URL}/0"})
    await stage.create({"callback_url": URL}, account=BOB)
    await stage.create({"callback_url": URL}, application=THEIRS)


async def test_a_closed_channel_is_gone_with_all_that_was_on_its_way(stage):
    channel = await stage.create({"callback_url": URL})
    answer = await stage.close(channel["channel_id"])
    assert (answer.status, answer.body) == (202, None)
    assert await stage.list() == []
    assert await stage.store.read(deliveries.count) == 0
    with pytest.raises(Refused) as refused:
        await stage.close(channel["channel_id"])
    assert refused.value.status == 404


@pytest.mark.parametrize(
    "who", [{"account": BOB}, {"application": THEIRS}, {"account": BOB, "application": THEIRS}]
)
async def test_nobody_sees_or_closes_a_channel_of_somebody_else(stage, who):
    channel = await stage.create({"callback_url": URL})
    assert await stage.list(**who) == []
    with pytest.raises(Refused) as refused:
        await stage.close(channel["channel_id"], **who)
    assert (refused.value.status, refused.value.errors) == (404, {})
    assert await stage.list() == [channel]


async def test_the_released_client_opens_lists_and_closes_a_channel_and_believes_what_it_is_sent(api):
    """Through HTTP on both sides: the API on one, the application's own end on the other."""
    profile, calendar = await api.person()
    access, _ = await api.token(profile=profile)
    client = pycronofy.Client(client_id="scheduler", client_secret="s1-secret", access_token=access)
    client.request_handler.base_url = api.url
    async with receiving() as receiver, guard() as guarded:
        url = f"http://localhost:{receiver.port}/hook?state=1"
        channel = await asyncio.to_thread(client.create_notification_channel, url, (calendar,), True)
        assert channel["filters"] == {"calendar_ids": [calendar], "only_managed": True}
        assert await asyncio.to_thread(client.list_notification_channels) == [channel]
        receivers = {"scheduler": Receiver(("s1-secret", "s0-old-secret"), allow_private=True)}
        deliver = Deliver(api.store, guarded, receivers, Turns(4, random.Random(1)), lambda: NOW)
        await Worker(api.store, {"deliver": deliver}, lambda: NOW, "me").run_once()
        [request] = receiver.received
        assert request.told == {"notification": {"type": "verification"}, "channel": channel}
        assert client.hmac_valid(request.headers["cronofy-hmac-sha256"], request.body.decode())
        await asyncio.to_thread(client.close_notification_channel, channel["channel_id"])
        assert await asyncio.to_thread(client.list_notification_channels) == []


async def test_an_application_whose_right_is_taken_back_is_told_nothing_more(api):
    profile, _ = await api.person()
    access, _ = await api.token(profile=profile)
    assert (await api("POST", "/v1/channels", access, {"callback_url": URL})).status == 200
    body = {"client_id": "scheduler", "client_secret": "s1-secret", "token": access}
    assert (await api("POST", "/oauth/token/revoke", body=body)).status == 200
    assert await api.store.read(api_channels.count) == 0
    assert await api.store.read(deliveries.count) == 0


@pytest.mark.parametrize(("method", "path"), [("POST", ""), ("GET", ""), ("DELETE", "/chn_1")])
async def test_without_a_token_nothing_is_told_of_channels(api, method, path):
    assert (await api(method, f"/v1/channels{path}", body={"callback_url": URL})).status == 401
