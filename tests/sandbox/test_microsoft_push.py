"""Graph's notifications: how many, in which form, and what becomes of those that cannot be delivered."""

from __future__ import annotations

import base64
import re
from collections import Counter
from datetime import timedelta
from itertools import pairwise

import pytest

from sandbox.deliveries import PushModes
from sandbox.microsoft.endpoints import Endpoints
from sandbox.microsoft.state import Change
from sandbox.microsoft.state import Graph as Room
from tests.sandbox import graph_client
from tests.sandbox.graph_client import graph_door, wanted

GRACE = "grace@contoso.example"
LINUS = "linus@contoso.example"
KEY = base64.b64encode(bytes((15, 0, 0, 0, 22, 0, 0, 0)) + b"k" * 22).decode()
HOUR = 3600


@pytest.fixture
def subscribed(sandbox, graph, hook):
    async def subscribed(client=graph, door=hook, **more):
        more = {"lifecycleNotificationUrl": door.url} | more
        return await client.ok("POST", "/subscriptions", wanted(door, sandbox.world.now(), **more))

    return subscribed


@pytest.fixture
def happens(sandbox):
    """Let an event of a mailbox change."""

    def happens(kind="updated", *, email=GRACE, calendar=None, event="E="):
        room = sandbox.world.room(Room)
        mailbox = room.mailbox(email)
        where = calendar or mailbox.default
        change = Change(
            email, mailbox.oid, where, where == mailbox.default, event, kind, KEY, ordinary=event.lower()
        )
        for listener in room.listeners:
            listener(change)

    return happens


async def settled(outlook):
    return await outlook("GET", "/push/idle")


async def once(outlook):
    """Let every change be notified exactly once."""
    await outlook("POST", "/modes", {"graph_notifications": 1})


async def test_one_change_is_one_to_four_notifications(outlook, subscribed, happens, hook):
    await subscribed()
    counts = set()
    for _ in range(40):
        hook.batches.clear()
        happens()
        await settled(outlook)
        counts.add(len(hook.items))
    assert counts == {1, 2, 3, 4}


async def test_a_notification_has_the_recorded_form(sandbox, outlook, subscribed, happens, hook):
    one = await subscribed()
    oid = sandbox.world.room(Room).mailbox(GRACE).oid
    for _ in range(30):
        happens()
        await settled(outlook)
    for item in hook.items:
        assert item["subscriptionId"] == one["id"]
        assert item["clientState"] == "secret"
        assert re.fullmatch(rf"Users/{oid}(@[\w-]+)?/Events/e=", item["resource"])
        assert item["resourceData"] == {
            "@odata.type": "#Microsoft.Graph.Event",
            "@odata.id": item["resource"],
            "@odata.etag": f'W/"{KEY}"',
            "id": "e=",
        }
    assert {"id" in item for item in hook.items} == {True, False}
    assert {item["subscriptionExpirationDateTime"][-1] for item in hook.items} == {"0", "Z"}


async def test_immutable_ids_are_for_those_who_asked_for_them(sandbox, outlook, graph, happens, hook):
    body = wanted(hook, sandbox.world.now())
    await graph.ok("POST", "/subscriptions", body, headers={"Prefer": 'IdType="ImmutableId"'})
    happens()
    await settled(outlook)
    assert {item["resourceData"]["id"] for item in hook.items} == {"E="}


@pytest.mark.parametrize(
    ("change", "asked", "told"),
    [
        ("created", "created,updated,deleted", ["created", "updated", "updated"]),
        ("updated", "created,updated,deleted", ["updated"] * 3),
        ("deleted", "created,updated,deleted", ["deleted"] * 3),
        ("created", "created", ["created"]),
        ("updated", "deleted", []),
        ("deleted", "created,updated", []),
    ],
)
async def test_only_the_kinds_of_change_asked_for_are_told(
    outlook, subscribed, happens, hook, change, asked, told
):
    await outlook("POST", "/modes", {"graph_notifications": 3})
    await subscribed(changeType=asked)
    happens(change)
    await settled(outlook)
    assert sorted(hook.kinds()) == sorted(told)


async def test_all_events_of_a_user_means_those_of_the_default_calendar(
    sandbox, outlook, subscribed, happens, hook
):
    spec = {"name": "Team"}
    await outlook("POST", "/users", {"email": GRACE, "home": "microsoft", "calendars": [spec]})
    mailbox = sandbox.world.room(Room).mailbox(GRACE)
    [team] = [one.id for one in mailbox.calendars.values() if not one.default]
    await once(outlook)
    whole = await subscribed()
    single = await subscribed(resource=f"users/{GRACE}/calendars/{team}/events")
    for calendar in (team, mailbox.default):
        happens(calendar=calendar)
    happens(email=LINUS)
    await settled(outlook)
    assert sorted(item["subscriptionId"] for item in hook.items) == sorted([whole["id"], single["id"]])


async def test_several_subscriptions_come_in_one_request(outlook, subscribed, happens, hook):
    await once(outlook)
    ids = {(await subscribed(resource=f"users/{email}/events"))["id"] for email in (GRACE, LINUS)}
    sizes = Counter()
    for _ in range(20):
        hook.batches.clear()
        happens()
        happens(email=LINUS)
        await settled(outlook)
        assert {item["subscriptionId"] for item in hook.items} == ids
        sizes[len(hook.batches)] += 1
    assert set(sizes) == {1, 2}


@pytest.mark.parametrize(
    ("modes", "count"),
    [
        ({"drop": 1}, 0),
        ({"silent": True}, 0),
        ({"copies": 5}, 5),
        ({"double": 1}, 2),
        ({"delay": [0.01, 0.02]}, 1),
    ],
)
async def test_deliveries_go_wrong_as_told(outlook, subscribed, happens, hook, modes, count):
    await once(outlook)
    await subscribed()
    await outlook("POST", "/push", modes)
    happens()
    await settled(outlook)
    assert len(hook.items) == count


async def test_notifications_overtake_each_other(outlook, subscribed, happens, hook):
    await once(outlook)
    await subscribed()
    await outlook("POST", "/push", {"reorder": True})
    names = [f"{n:02}" for n in range(12)]
    for name in names:
        happens(event=name)
    await settled(outlook)
    order = [item["resourceData"]["id"] for item in hook.items]
    assert sorted(order) == names
    assert order != names


async def test_a_deleted_subscription_is_silent_at_once_or_after_a_few_more(
    graph, outlook, subscribed, happens, hook
):
    await once(outlook)
    for late, count in ((False, 0), (True, 2)):
        await outlook("POST", "/push", {"late_after_stop": late})
        one = await subscribed()
        await graph.call("DELETE", f"/subscriptions/{one['id']}")
        for _ in range(4):
            happens()
            await settled(outlook)
        assert len(hook.items) == count


async def test_an_expired_subscription_is_silent(sandbox, outlook, subscribed, happens, hook):
    soon = (sandbox.world.now() + timedelta(minutes=46)).isoformat()
    await subscribed(expirationDateTime=soon, lifecycleNotificationUrl=None)
    await outlook("POST", "/clock", {"advance": 47 * 60})
    happens()
    await settled(outlook)
    assert hook.items == []


@pytest.mark.parametrize("status", [400, 404, 429, 500, 503, 302])
async def test_whatever_is_no_success_is_tried_again(outlook, subscribed, happens, hook, status):
    await once(outlook)
    await outlook("POST", "/push", {"retry": [0, 0]})
    await subscribed()
    hook.answers = [status, status, 200]
    happens()
    assert await settled(outlook) == {"delivered": 1, "failed": 0}
    assert len(hook.batches) == 3


async def test_after_that_it_is_tried_ever_more_seldom_for_four_hours(outlook, subscribed, happens, hook):
    await once(outlook)
    await outlook("POST", "/push", {"retry": []})
    await subscribed(lifecycleNotificationUrl=None)
    hook.answers = [503] * 1000
    happens()
    await settled(outlook)
    at = []
    for minute in range(5 * 60):
        hook.batches.clear()
        await outlook("POST", "/clock", {"advance": 60})
        await settled(outlook)
        at += [minute + 1] * len(hook.batches)
    assert at == [1, 2, 4, 8, 16, 32, 64, 128]
    assert await settled(outlook) == {"delivered": 0, "failed": 1}


async def test_a_receiver_that_comes_back_gets_what_it_missed(outlook, subscribed, happens, hook):
    await once(outlook)
    await outlook("POST", "/push", {"retry": []})
    await subscribed()
    hook.answers = [503]
    happens()
    assert await settled(outlook) == {"delivered": 0, "failed": 0}
    await outlook("POST", "/clock", {"advance": 31})
    assert await settled(outlook) == {"delivered": 1, "failed": 0}


async def test_what_is_given_up_is_owned_up_to(outlook, subscribed, happens, hook):
    await once(outlook)
    await outlook("POST", "/push", {"drop": 1})
    await subscribed()
    for _ in range(3):
        happens()
    await settled(outlook)
    await outlook("POST", "/push", {"drop": 0})
    await outlook("POST", "/clock", {"advance": 599})
    await settled(outlook)
    assert hook.items == []
    await outlook("POST", "/clock", {"advance": 2})
    await settled(outlook)
    assert hook.kinds() == ["missed"]


async def test_a_slow_endpoint_is_served_ten_seconds_late(outlook, subscribed, happens, hook):
    await once(outlook)
    await subscribed()
    await outlook("POST", "/microsoft/endpoint", {"state": "slow"})
    happens()
    await settled(outlook)
    assert hook.items == []
    await outlook("POST", "/clock", {"advance": 10})
    await settled(outlook)
    assert hook.kinds() == ["updated"]


async def test_an_endpoint_that_is_too_slow_is_not_served_at_all(outlook, subscribed, happens, hook):
    await once(outlook)
    await subscribed()
    await outlook("POST", "/microsoft/endpoint", {"state": "drop"})
    happens()
    await settled(outlook)
    await outlook("POST", "/microsoft/endpoint", {"state": None})
    await outlook("POST", "/clock", {"advance": 601})
    await settled(outlook)
    assert hook.kinds() == ["missed"]


@pytest.mark.parametrize(("slow", "verdict"), [(0, "good"), (10, "good"), (12, "slow"), (20, "drop")])
async def test_an_endpoint_is_judged_by_its_answers_of_ten_minutes(sandbox, slow, verdict):
    endpoints = Endpoints(sandbox.world)
    for n in range(100):
        endpoints.note("http://127.0.0.1:1/a", 11.0 if n >= 100 - slow else 0.1)
    assert endpoints.verdict("http://127.0.0.1:1/b") == verdict
    assert endpoints.verdict("http://127.0.0.1:2/a") == "good"
    sandbox.world.clock.advance(601)
    assert endpoints.verdict("http://127.0.0.1:1/a") == "good"


async def test_delivery_pauses_when_the_token_of_creation_has_expired(
    sandbox, outlook, subscribed, happens, hook
):
    await once(outlook)
    one = await subscribed(lifecycleNotificationUrl=None)
    await outlook("POST", "/clock", {"advance": 2 * HOUR})
    happens()
    await settled(outlook)
    assert hook.items == []
    fresh = await graph_client.app(outlook.http, outlook.url)
    assert (await fresh.call("POST", f"/subscriptions/{one['id']}/reauthorize")).status == 204
    await settled(outlook)
    assert hook.kinds() == ["updated"]
    happens()
    await settled(outlook)
    assert hook.kinds() == ["updated"] * 2


async def test_what_was_kept_back_for_over_four_hours_is_lost(sandbox, outlook, subscribed, happens, hook):
    await once(outlook)
    one = await subscribed()
    await outlook("POST", "/clock", {"advance": 2 * HOUR})
    happens(event="old")
    await outlook("POST", "/clock", {"advance": 3 * HOUR})
    happens(event="young")
    await outlook("POST", "/clock", {"advance": 2 * HOUR})
    await settled(outlook)
    hook.batches.clear()
    fresh = await graph_client.app(outlook.http, outlook.url)
    body = {"expirationDateTime": (sandbox.world.now() + timedelta(days=1)).isoformat()}
    await fresh.ok("PATCH", f"/subscriptions/{one['id']}", body)
    await outlook("POST", "/clock", {"advance": 601})
    await settled(outlook)
    assert sorted(hook.kinds()) == ["missed", "updated"]


async def test_graph_warns_ever_more_often_before_a_subscription_ends(outlook, subscribed, hook):
    await subscribed()
    told = []
    for minute in range(110):
        hook.batches.clear()
        await outlook("POST", "/clock", {"advance": 60})
        await settled(outlook)
        told += [minute] * len(hook.items)
        assert set(hook.kinds()) <= {"reauthorizationRequired"}
    gaps = [b - a for a, b in pairwise(told)]
    assert len(told) >= 4
    assert gaps[0] >= gaps[1] >= gaps[2]


async def test_a_renewal_puts_the_warning_off(sandbox, outlook, subscribed, hook):
    one = await subscribed()
    for _ in range(6):
        await outlook("POST", "/clock", {"advance": HOUR / 2})
        fresh = await graph_client.app(outlook.http, outlook.url)
        body = {"expirationDateTime": (sandbox.world.now() + timedelta(days=1)).isoformat()}
        await fresh.ok("PATCH", f"/subscriptions/{one['id']}", body)
    await settled(outlook)
    assert hook.items == []


async def test_lifecycle_events_come_on_request_with_and_without_a_resource(graph, outlook, subscribed, hook):
    one = await subscribed()
    for _ in range(20):
        await outlook("POST", "/microsoft/lifecycle", {"event": "missed", "email": GRACE})
    await outlook("POST", "/microsoft/lifecycle", {"event": "missed", "email": LINUS})
    await outlook("POST", "/microsoft/lifecycle", {"event": "subscriptionRemoved"})
    await settled(outlook)
    assert sorted(hook.kinds()) == ["missed"] * 20 + ["subscriptionRemoved"]
    assert {"resource" in item for item in hook.items} == {True, False}
    assert all("changeType" not in item and item["clientState"] == "secret" for item in hook.items)
    assert (await graph.call("GET", f"/subscriptions/{one['id']}")).status == 404


async def test_who_gave_no_lifecycle_url_hears_nothing(outlook, subscribed, hook):
    await subscribed(lifecycleNotificationUrl=None)
    await outlook("POST", "/microsoft/lifecycle", {"event": "missed"})
    await settled(outlook)
    assert hook.items == []


async def test_lifecycle_events_go_to_their_own_url(outlook, subscribed, happens, hook):
    await once(outlook)
    async with graph_door() as other:
        await subscribed(lifecycleNotificationUrl=other.url)
        await outlook("POST", "/microsoft/lifecycle", {"event": "missed"})
        happens()
        await settled(outlook)
        assert (hook.kinds(), other.kinds()) == (["updated"], ["missed"])


async def test_a_revoked_consent_removes_the_persons_subscriptions_and_not_the_apps(
    outlook, graph, subscribed, hook
):
    mine = await subscribed()
    grace = await graph_client.person(outlook.http, outlook.url, GRACE)
    theirs = await subscribed(client=grace, resource="me/events")
    await outlook("POST", "/microsoft/revoke", {"email": GRACE})
    await settled(outlook)
    assert [(item["subscriptionId"], item["lifecycleEvent"]) for item in hook.items] == [
        (theirs["id"], "subscriptionRemoved")
    ]
    assert [one["id"] for one in (await graph.ok("GET", "/subscriptions"))["value"]] == [mine["id"]]


async def test_idle_waits_for_the_deliveries_of_all_providers(sandbox, outlook, subscribed, happens, hook):
    await once(outlook)
    await subscribed()
    await outlook("POST", "/push", {"delay": [0.2, 0.2]})
    happens()
    assert await settled(outlook) == {"delivered": 1, "failed": 0}
    await outlook("POST", "/reset")
    assert await settled(outlook) == {"delivered": 0, "failed": 0}
    assert PushModes().delay == (0.0, 0.0)
