"""Graph's subscriptions: what may be asked for, the proof of the URLs, their life and their end."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from aiohttp import web

from sandbox.microsoft.state import Graph as Room
from sandbox.microsoft.subscriptions import Subscriptions
from tests.sandbox import graph_client
from tests.sandbox.graph_client import graph_door, wanted

GRACE = "grace@contoso.example"
LINUS = "linus@contoso.example"


@pytest.fixture
def asked(sandbox, hook):
    def asked(**more):
        return wanted(hook, sandbox.world.now(), **more)

    return asked


def ending(sandbox, **span):
    return (sandbox.world.now() + timedelta(**span)).isoformat()


def life(sandbox, one):
    """Return for how many minutes a subscription is good."""
    ends = datetime.fromisoformat(one["expirationDateTime"].replace("0Z", "+00:00"))
    return round((ends - sandbox.world.now()).total_seconds() / 60)


async def test_a_subscription_is_answered_with_all_its_properties(graph, asked, hook):
    answer = await graph.call("POST", "/subscriptions", asked())
    assert answer.status == 201
    body = answer.body
    assert body["resource"] == f"users/{GRACE}/events"
    assert (body["clientState"], body["notificationUrl"]) == ("secret", hook.url)
    assert body["includeResourceData"] is body["lifecycleNotificationUrl"] is None
    assert await graph.ok("GET", f"/subscriptions/{body['id']}") == body
    assert re.fullmatch(
        r"Validation: Testing client application reachability .* Request-Id: [\w-]+", hook.tokens[0]
    )


async def test_the_url_is_asked_with_an_encoded_sentence_before_the_answer(graph, asked):
    async with graph_door() as door:
        body = asked(notificationUrl=door.url + "?tenant=7", lifecycleNotificationUrl=door.url)
        await graph.ok("POST", "/subscriptions", body)
    assert len(set(door.tokens)) == 2
    assert all(" " in token and "+" not in token and ":" in token for token in door.tokens)
    assert all("+" in query and " " not in query for query in door.queries)
    assert any(query.startswith("tenant=7&validationToken=") for query in door.queries)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda token: web.Response(status=202, text=token), "must respond with 200 OK"),
        (lambda _: web.Response(status=500), "must respond with 200 OK"),
        (lambda _: web.Response(status=302, headers={"Location": "/x"}), "must respond with 200 OK"),
        (lambda _: web.Response(status=403), "HTTP status code is 'Forbidden'"),
        (lambda token: web.Response(text=token + "\n"), "must exactly match validationToken"),
        (lambda token: web.Response(text=token.replace(" ", "+")), "must exactly match validationToken"),
        (lambda token: web.Response(text=token, content_type="text/html"), "must exactly match"),
        (lambda _: web.Response(text=""), "must exactly match validationToken"),
    ],
)
async def test_a_url_that_does_not_prove_itself_is_refused(graph, asked, hook, answer, message):
    hook.proof = answer
    status, code, said = await graph.refused("POST", "/subscriptions", asked())
    assert (status, code) == (400, "InvalidRequest")
    assert said.startswith("Subscription validation request failed.")
    assert message in said
    assert (await graph.ok("GET", "/subscriptions"))["value"] == []


async def test_the_lifecycle_url_must_prove_itself_too(graph, asked):
    async with graph_door() as other:
        other.proof = lambda _: web.Response(status=404)
        answer = await graph.call("POST", "/subscriptions", asked(lifecycleNotificationUrl=other.url))
        assert answer.status == 400
        assert len(other.tokens) == 1


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/hook", "https://hooks.example.com/x"])
async def test_a_url_where_nobody_is_is_refused(graph, asked, url):
    status, code, said = await graph.refused("POST", "/subscriptions", asked(notificationUrl=url))
    assert (status, code) == (400, "InvalidRequest")
    assert said.startswith("The underlying connection was closed")


@pytest.mark.parametrize(
    "more",
    [
        {"changeType": None},
        {"changeType": "created,changed"},
        {"changeType": ""},
        {"notificationUrl": None},
        {"notificationUrl": "http://hooks.example.com/x"},
        {"lifecycleNotificationUrl": "http://hooks.example.com/x"},
        {"resource": None},
        {"resource": "users/grace@contoso.example/messages"},
        {"resource": "groups/1/events"},
        {"resource": "me/events"},
        {"expirationDateTime": None},
        {"expirationDateTime": "tomorrow"},
        {"expirationDateTime": "2030-13-01T00:00:00Z"},
        {"expirationDateTime": "2020-01-01T00:00:00Z"},
        {"expirationDateTime": "2030-01-01T00:00:00"},
        {"clientState": "x" * 129},
        {"clientState": 7},
        {"includeResourceData": True},
        {"vapidPublicKey": "x"},
        {"applicationId": "x"},
        {"id": "x"},
    ],
)
async def test_a_subscription_that_makes_no_sense_is_refused(graph, asked, hook, more):
    answer = await graph.call("POST", "/subscriptions", asked(**more))
    assert answer.status == 400, answer.body
    assert hook.tokens == []


async def test_a_single_event_cannot_be_watched(graph, asked):
    resource = f"users/{GRACE}/events/AAMk="
    status, _, said = await graph.refused("POST", "/subscriptions", asked(resource=resource))
    assert status == 400
    assert said.endswith("of parameter 'Resource' is not supported.")


@pytest.mark.parametrize(
    "resource",
    [
        "/users/{grace}/events",
        "Users/{oid}/events",
        "users('{grace}')/events",
        "users/{oid}/calendars/{home}/events",
    ],
)
async def test_a_mailbox_is_named_in_several_ways(sandbox, graph, asked, outlook, resource):
    mailbox = sandbox.world.room(Room).mailbox(GRACE)
    resource = resource.format(grace=GRACE, oid=mailbox.oid, home=mailbox.default)
    one = await graph.ok("POST", "/subscriptions", asked(resource=resource))
    assert one["resource"] == resource


async def test_the_sdk_names_the_type_of_what_it_sends(graph, asked):
    await graph.ok("POST", "/subscriptions", asked() | {"@odata.type": "#microsoft.graph.subscription"})


@pytest.mark.parametrize(
    ("cap", "minutes", "good"), [(None, 10_069, True), (None, 10_071, False), (4230, 4231, False)]
)
async def test_a_subscription_can_only_last_so_long(sandbox, graph, outlook, asked, cap, minutes, good):
    if cap:
        await outlook("POST", "/modes", {"max_subscription_minutes": cap})
    body = asked(expirationDateTime=ending(sandbox, minutes=minutes))
    if good:
        assert life(sandbox, await graph.ok("POST", "/subscriptions", body)) == minutes
    else:
        status, _, said = await graph.refused("POST", "/subscriptions", body)
        assert status == 400
        assert said == f"Subscription expiration can only be {cap or 10_070} minutes in the future."


async def test_a_short_life_is_silently_raised_to_45_minutes(sandbox, graph, asked):
    one = await graph.ok("POST", "/subscriptions", asked(expirationDateTime=ending(sandbox, minutes=5)))
    assert life(sandbox, one) == 45


async def test_the_same_subscription_twice_is_a_conflict_that_names_the_first(graph, asked):
    first = await graph.ok("POST", "/subscriptions", asked())
    body = asked(changeType="deleted,created,updated", clientState="other")
    assert await graph.refused("POST", "/subscriptions", body) == (
        409,
        "ObjectIdentifierInUse",
        f"Subscription Id {first['id']} already exists for the requested combination",
    )
    await graph.ok("POST", "/subscriptions", asked(changeType="deleted"))
    await graph.ok("POST", "/subscriptions", asked(resource=f"users/{LINUS}/events"))


async def test_of_two_that_are_asked_for_at_once_one_is_made(graph, asked):
    answers = await asyncio.gather(*(graph.call("POST", "/subscriptions", asked()) for _ in range(3)))
    assert sorted(answer.status for answer in answers) == [201, 409, 409]


async def test_a_mailbox_takes_a_thousand(sandbox, graph, asked):
    await graph.ok("POST", "/subscriptions", asked())
    room = sandbox.world.room(Subscriptions)
    [one] = room.living()
    for n in range(999):
        room.keep(replace(one, id=f"{n}", creator=f"{n}"))
    status, code, _ = await graph.refused("POST", "/subscriptions", asked(changeType="deleted"))
    assert (status, code) == (403, "ExtensionError")


async def test_where_webhooks_are_impossible_it_says_so(graph, outlook, asked):
    spec = {"name": "Calendar", "default": True, "watchable": False}
    await outlook(
        "POST", "/users", {"email": "old@contoso.example", "home": "microsoft", "calendars": [spec]}
    )
    status, code, said = await graph.refused(
        "POST", "/subscriptions", asked(resource="users/old@contoso.example/events")
    )
    assert (status, code) == (404, "ExtensionError")
    assert "REST API is not yet supported for this mailbox." in said


async def test_a_calendar_that_cannot_be_watched_or_is_gone(sandbox, graph, outlook, asked):
    spec = {"name": "Room", "watchable": False}
    await outlook(
        "POST", "/users", {"email": "new@contoso.example", "home": "microsoft", "calendars": [spec]}
    )
    mailbox = sandbox.world.room(Room).mailbox("new@contoso.example")
    [room] = [one.id for one in mailbox.calendars.values() if not one.default]
    for calendar, words in ((room, "is currently on backend 'Unknown'"), ("gone", "'Resource' is invalid")):
        resource = f"users/new@contoso.example/calendars/{calendar}/events"
        status, code, said = await graph.refused("POST", "/subscriptions", asked(resource=resource))
        assert (status, code) == (404, "ExtensionError")
        assert words in said


async def test_a_policy_keeps_the_app_out_of_a_mailbox(graph, outlook, asked):
    await outlook("POST", "/microsoft/policy", {"email": GRACE, "allowed": False})
    status, code, said = await graph.refused("POST", "/subscriptions", asked())
    assert (status, code) == (403, "ExtensionError")
    assert said == "Operation: Create; Exception: [Status Code: Forbidden; Reason: Forbidden]"
    await outlook("POST", "/microsoft/policy", {"email": GRACE, "allowed": True})
    await graph.ok("POST", "/subscriptions", asked())


async def test_people_watch_their_own_mailbox_only_and_see_their_own_subscriptions_only(
    graph, outlook, asked
):
    grace = await graph_client.person(outlook.http, outlook.url, GRACE)
    linus = await graph_client.person(outlook.http, outlook.url, LINUS)
    one = await grace.ok("POST", "/subscriptions", asked(resource="me/events"))
    assert (await linus.call("POST", "/subscriptions", asked())).status == 403
    assert (await linus.call("GET", f"/subscriptions/{one['id']}")).status == 404
    assert (await linus.call("DELETE", f"/subscriptions/{one['id']}")).status == 404
    for client, seen in ((grace, [one["id"]]), (linus, []), (graph, [])):
        listed = await client.ok("GET", "/subscriptions")
        assert [each["id"] for each in listed["value"]] == seen


async def test_a_renewal_moves_the_end_and_nothing_else(sandbox, graph, asked):
    one = await graph.ok("POST", "/subscriptions", asked())
    path = f"/subscriptions/{one['id']}"
    new = await graph.ok("PATCH", path, {"expirationDateTime": ending(sandbox, days=3)})
    assert life(sandbox, new) == 3 * 24 * 60
    assert {k: v for k, v in new.items() if k != "expirationDateTime"} == {
        k: v for k, v in one.items() if k != "expirationDateTime"
    }
    for body in ({"notificationUrl": one["notificationUrl"]}, {"clientState": "x"}, {}):
        assert (await graph.call("PATCH", path, body)).status == 400
    too_long = {"expirationDateTime": ending(sandbox, days=8)}
    assert "can only be 10070 minutes" in (await graph.refused("PATCH", path, too_long))[2]


async def test_a_renewal_may_want_the_proof_again(sandbox, graph, outlook, asked, hook):
    one = await graph.ok("POST", "/subscriptions", asked())
    await outlook("POST", "/modes", {"validate_renewals": True})
    hook.proof = lambda _: web.Response(status=503)
    body = {"expirationDateTime": ending(sandbox, days=3)}
    assert (await graph.call("PATCH", f"/subscriptions/{one['id']}", body)).status == 400
    hook.proof = None
    assert (await graph.call("PATCH", f"/subscriptions/{one['id']}", body)).status == 200


async def test_a_deleted_or_expired_subscription_is_unknown(graph, outlook, asked):
    first = await graph.ok("POST", "/subscriptions", asked())
    path = f"/subscriptions/{first['id']}"
    assert (await graph.call("DELETE", path)).status == 204
    second = await graph.ok("POST", "/subscriptions", asked())
    assert second["id"] != first["id"]
    await outlook("POST", "/clock", {"advance": 25 * 3600})
    fresh = await graph_client.app(outlook.http, outlook.url)
    for gone in (path, f"/subscriptions/{second['id']}"):
        for method in ("GET", "DELETE", "PATCH"):
            assert (await fresh.refused(method, gone, {}))[:2] == (404, "ResourceNotFound")
    assert (await fresh.ok("GET", "/subscriptions"))["value"] == []
    await fresh.ok("POST", "/subscriptions", asked())


@pytest.mark.parametrize("first", ["PATCH", "reauthorize"])
async def test_reauthorize_and_renewal_must_be_ten_minutes_apart(sandbox, graph, outlook, asked, first):
    one = await graph.ok("POST", "/subscriptions", asked())
    path = f"/subscriptions/{one['id']}"

    def renew():
        return graph.call("PATCH", path, {"expirationDateTime": ending(sandbox, days=3)})

    def reauthorize():
        return graph.call("POST", f"{path}/reauthorize")

    order = [renew, reauthorize] if first == "PATCH" else [reauthorize, renew]
    assert (await order[0]()).status in (200, 204)
    assert (await order[1]()).status == 409
    await outlook("POST", "/clock", {"advance": 601})
    assert (await order[1]()).status in (200, 204)


async def test_the_sandbox_shows_the_subscriptions_that_live(graph, outlook, asked):
    one = await graph.ok("POST", "/subscriptions", asked())
    [shown] = (await outlook("GET", "/state"))["microsoft"]["subscriptions"]
    assert (shown["id"], shown["resource"]) == (one["id"], one["resource"])
    await outlook("POST", "/reset")
    assert (await outlook("GET", "/state"))["microsoft"]["subscriptions"] == []
