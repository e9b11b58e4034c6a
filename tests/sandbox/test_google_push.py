"""Push channels: what watch answers, what is delivered, and all that goes wrong."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

import pytest

from sandbox.google.push import is_loopback

WATCH = "/calendars/primary/events/watch"


def channel(door, name="c1", **more):
    return {"id": name, "type": "web_hook", "address": door.url, "token": "secret"} | more


async def settled(control):
    return await control("GET", "/push/idle")


async def test_watching_answers_with_the_channel_and_sends_sync(ada, control, door):
    made = await ada.ok("POST", WATCH, channel(door))
    await settled(control)
    assert made["resourceUri"].endswith("/calendar/v3/calendars/primary/events?alt=json")
    assert isinstance(made["expiration"], str)
    [ring] = door.rings
    assert (ring["X-Goog-Resource-State"], ring["X-Goog-Message-Number"]) == ("sync", "1")
    assert ring["X-Goog-Channel-ID"] == "c1"
    assert ring["X-Goog-Channel-Token"] == "secret"
    assert ring["X-Goog-Resource-ID"] == made["resourceId"]
    assert ring["User-Agent"].startswith("APIs-Google")
    assert ring["Content-Length"] == "0"
    expires = parsedate_to_datetime(ring["X-Goog-Channel-Expiration"])
    assert int(made["expiration"]) == expires.timestamp() * 1000


async def test_every_change_rings_with_rising_numbers_that_have_gaps(ada, control, door):
    await ada.ok("POST", WATCH, channel(door))
    made = await ada.insert()
    await settled(control)
    await ada.patch(made["id"], {"summary": "x"})
    await settled(control)
    await control.person("ada@example.com", "DELETE", f"/{made['id']}")
    await settled(control)
    assert door.states() == ["sync", "exists", "exists", "exists"]
    numbers = door.numbers()
    assert numbers == sorted(set(numbers))
    assert numbers[-1] > 4


async def test_a_refused_write_rings_nobody(ada, control, door):
    made = await ada.insert()
    await ada.ok("POST", WATCH, channel(door))
    assert (await ada.patch(made["id"], {"colour": "red"})).status == 400
    await settled(control)
    assert door.states() == ["sync"]


async def test_guests_calendars_ring(ada, bob, control, door):
    await bob.ok("POST", WATCH, channel(door))
    await ada.insert()
    await settled(control)
    assert door.states() == ["sync"]
    await ada.insert(attendees=[{"email": "bob@example.com"}])
    await settled(control)
    assert door.states() == ["sync", "exists"]


async def test_channels_on_one_calendar_share_its_resource_and_both_ring(ada, control, door):
    first = await ada.ok("POST", WATCH, channel(door))
    second = await ada.ok("POST", WATCH, channel(door, "c2"))
    assert first["resourceId"] == second["resourceId"]
    await ada.insert()
    await settled(control)
    assert sorted(ring["X-Goog-Channel-ID"] for ring in door.rings) == ["c1", "c1", "c2", "c2"]


async def test_a_channel_id_is_used_up_for_ever(ada, bob, control, door):
    made = await ada.ok("POST", WATCH, channel(door))
    await ada.ok("POST", "/channels/stop", {"id": "c1", "resourceId": made["resourceId"]})
    answer = await bob.call("POST", WATCH, channel(door))
    assert (answer.status, answer.reason) == (400, "channelIdNotUnique")


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"address": "http://example.com/hook"}, "push.webhookUrlNotHttps"),
        ({"type": "email"}, "invalid"),
        ({"id": "x" * 65}, "invalid"),
        ({"id": None}, "required"),
        ({"token": "x" * 257}, "invalid"),
        ({"expiration": "1"}, "invalid"),
        ({"expiration": "soon"}, "badRequest"),
        ({"params": {"ttl": "soon"}}, "invalid"),
        ({"url": "x"}, "badRequest"),
    ],
)
async def test_a_channel_that_makes_no_sense_is_refused(ada, door, more, reason):
    answer = await ada.call("POST", WATCH, channel(door, **more))
    assert (answer.status, answer.reason) == (400, reason)


async def test_generated_calendars_cannot_be_watched(ada, control, door):
    for spec in ({"id": "en.usa#holiday@group.v.calendar.google.com"}, {"id": "room", "watchable": False}):
        await control("POST", "/people/ada@example.com/calendars", spec)
        path = f"/calendars/{spec['id'].replace('#', '%23')}/events/watch"
        answer = await ada.call("POST", path, channel(door))
        assert (answer.status, answer.reason) == (400, "pushNotSupportedForRequestedResource")


@pytest.mark.parametrize(
    ("more", "cap", "seconds"),
    [
        ({}, None, 604800),
        ({"params": {"ttl": "3600"}}, None, 3600),
        ({"params": {"ttl": "99999999"}}, None, 2592000),
        ({"expiration": "in 1800"}, None, 1800),
        ({"expiration": "in 1800", "params": {"ttl": "600"}}, None, 600),
        ({}, 300, 300),
    ],
)
async def test_a_channel_lives_the_shortest_of_what_is_asked_and_allowed(
    sandbox, ada, control, door, more, cap, seconds
):
    if cap:
        await control("POST", "/modes", {"max_channel_seconds": cap})
    now = sandbox.world.now().timestamp()
    if "expiration" in more:
        more = more | {"expiration": int((now + 1800) * 1000)}
    made = await ada.ok("POST", WATCH, channel(door, **more))
    await settled(control)
    assert int(made["expiration"]) / 1000 - now == pytest.approx(seconds, abs=60)


async def test_an_expired_channel_is_silent(ada, control, door):
    await ada.ok("POST", WATCH, channel(door, params={"ttl": "600"}))
    await settled(control)
    await control("POST", "/clock", {"advance": 601})
    await ada.insert()
    await settled(control)
    assert door.states() == ["sync"]


async def test_a_stopped_channel_is_silent_and_then_unknown(ada, bob, control, door):
    made = await ada.ok("POST", WATCH, channel(door))
    stop = {"id": "c1", "resourceId": made["resourceId"]}
    assert (await bob.call("POST", "/channels/stop", stop)).status == 404
    assert (await ada.call("POST", "/channels/stop", stop | {"resourceId": "other"})).status == 404
    assert (await ada.call("POST", "/channels/stop", stop)).status == 204
    await ada.insert()
    await settled(control)
    assert door.states() == ["sync"]
    assert (await ada.call("POST", "/channels/stop", stop)).status == 404


async def test_messages_may_come_after_a_stop(ada, control, door):
    await control("POST", "/push", {"late_after_stop": True})
    made = await ada.ok("POST", WATCH, channel(door))
    stop = {"id": "c1", "resourceId": made["resourceId"]}
    assert (await ada.call("POST", "/channels/stop", stop)).status == 204
    for _ in range(4):
        await ada.insert()
        await settled(control)
    assert door.states() == ["sync", "exists", "exists"]
    assert (await ada.call("POST", "/channels/stop", stop)).status == 404


@pytest.mark.parametrize(
    ("answers", "retried"),
    [([503, 500, 204], 3), ([502, 504, 503, 204], 4), ([400], 1), ([302], 1), ([429], 1), ([202], 1)],
)
async def test_only_500_502_503_and_504_are_tried_again(ada, control, door, answers, retried):
    await control("POST", "/push", {"retry": [0, 0, 0]})
    door.answers = list(answers)
    await ada.ok("POST", WATCH, channel(door))
    tally = await settled(control)
    assert len(door.rings) == retried
    good = answers[-1] in (202, 204)
    assert (tally["delivered"], tally["failed"]) == ((1, 0) if good else (0, 1))


@pytest.mark.parametrize(
    ("modes", "rings"),
    [
        ({"drop": 1}, 0),
        ({"silent": True}, 0),
        ({"copies": 5}, 5),
        ({"double": 1}, 2),
        ({"delay": [0.01, 0.02]}, 1),
    ],
)
async def test_deliveries_go_wrong_as_told(ada, control, door, modes, rings):
    await ada.ok("POST", WATCH, channel(door))
    await settled(control)
    await control("POST", "/push", modes)
    await ada.insert()
    await settled(control)
    assert door.states() == ["sync"] + ["exists"] * rings


async def test_deliveries_overtake_each_other(ada, control, door):
    await ada.ok("POST", WATCH, channel(door))
    await settled(control)
    await control("POST", "/push", {"reorder": True})
    for _ in range(12):
        await ada.insert()
    await settled(control)
    numbers = door.numbers()
    assert len(numbers) == 13
    assert numbers != sorted(numbers)


async def test_a_new_calendar_rings_the_calendar_list_channel(ada, control, door):
    made = await ada.ok("POST", "/users/me/calendarList/watch", channel(door))
    await control("POST", "/people/ada@example.com/calendars", {"summary": "Team"})
    await ada.insert()
    await settled(control)
    assert door.states() == ["sync", "exists"]
    assert made["resourceUri"].endswith("/users/me/calendarList?alt=json")


async def test_a_receiver_that_is_not_there_is_a_failure_and_no_more(ada, control, door):
    await ada.ok("POST", WATCH, channel(door, address="http://127.0.0.1:1/hook"))
    assert (await settled(control)) == {"delivered": 0, "failed": 1}


@pytest.mark.parametrize(
    ("address", "inside"),
    [
        ("http://127.0.0.1:80/x", True),
        ("http://localhost:80/x", True),
        ("http://[::1]:80/x", True),
        ("https://example.com/x", False),
        ("https://127.0.0.1.example.com/x", False),
        ("https://10.0.0.1/x", False),
        ("nonsense", False),
    ],
)
def test_the_sandbox_calls_nobody_outside_this_machine(address, inside):
    assert is_loopback(address) == inside


async def test_a_push_to_the_outside_fails_without_being_sent(ada, control, door):
    await ada.ok("POST", WATCH, channel(door, address="https://example.com/hook"))
    assert (await settled(control)) == {"delivered": 0, "failed": 1}


@pytest.mark.parametrize("mode", ["always", "never"])
async def test_sync_may_come_before_the_answer_to_watch(ada, control, door, mode):
    await control("POST", "/modes", {"sync_first": mode})
    if mode == "never":
        await control("POST", "/push", {"delay": [0.2, 0.2]})
    await ada.ok("POST", WATCH, channel(door))
    assert door.states() == (["sync"] if mode == "always" else [])
    await settled(control)
    assert door.states() == ["sync"]
