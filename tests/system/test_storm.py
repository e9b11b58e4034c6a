"""Pushes that come in hosts, late, twice or never, and a provider that is ill from the first moment on."""

from __future__ import annotations

import random

import pytest

from tests.system.checks import link
from tests.system.crowd import Crowd
from tests.system.doors import notify
from tests.system.homes import GOOGLE, at_google, at_outlook, everywhere
from tests.system.people import hours

pytestmark = pytest.mark.system

SERVICES = ("integrated", "zoom", "static")
START = ("token", "calendars", "listing", "watching", "zoom.token")
EXPIRE = {"google": "/google/expire_sync_tokens", "outlook": "/microsoft/expire_delta"}
REFUSED = {"google": "fullSyncRequired", "outlook": "SyncStateNotFound"}
SOON = {"headers": {"Retry-After": "1"}}
LIMITS = {
    "google": {"status": 403, "reason": "rateLimitExceeded", **SOON},
    "outlook": {"status": 429, "body": {"error": {"code": "ApplicationThrottled", "message": ""}}, **SOON},
}
FAULTS = {
    "a proxy's page": {"status": 502, "body": "<html>Bad Gateway</html>"},
    "500": {"status": 500},
    "429 with Retry-After": {"status": 429, **SOON},
    "a limit": {},  # see LIMITS
    "no answer": {"hang": True},
    "a connection cut before": {"drop": "before"},
    "a connection cut after": {"drop": "after"},
}

# A token endpoint knows no such limit, and half a minute is waited for its answer: a new token may be in it.
NO_TOKENS = {"a limit", "no answer"}


def _one_of_each(stage):
    services = map(stage.home.service, SERVICES)
    return {stage.ada.add(f"Plan @{service}").id: service for service in services}


@at_google
@pytest.mark.parametrize("fault", FAULTS)
def test_a_provider_that_is_ill_at_the_start_only_delays_the_start(stage, fault):
    _only_delays_the_start(stage, fault)


@at_outlook
@pytest.mark.parametrize("fault", ["a limit", "no answer", "a connection cut after"])
def test_graph_that_is_ill_at_the_start_only_delays_the_start(stage, fault):
    _only_delays_the_start(stage, fault)


def _only_delays_the_start(stage, fault):
    stage.huddled.configure(limits={"call_deadline_seconds": 1})
    events = _one_of_each(stage)
    for op in START:
        if "token" not in op or fault not in NO_TOKENS:
            stage.providers.fault(stage.home.op(op), **(FAULTS[fault] or LIMITS[stage.home.name]))
    stage.huddled.start()
    stage.in_step(events)
    stage.watching()
    late = stage.bob.add("Plan @static")
    stage.in_step({**events, late.id: "static"})


@everywhere
def test_each_push_delivered_fifty_times_at_once_makes_one_meeting(stage):
    stage.huddled.start()
    stage.watching()
    stage.providers.pushes(copies=50)
    crowd = Crowd(stage.ada, random.Random(3))
    crowd.begin(6)
    for _ in range(12):
        crowd.act()
    stage.in_step(crowd.wanted())
    stage.rest()
    counted = stage.providers("GET", "/push/idle")
    assert counted["failed"] == 0
    assert counted["delivered"] > 300
    stage.in_step(crowd.wanted())


@everywhere
def test_when_every_push_is_lost_the_sweep_finds_what_changed(stage):
    stage.huddled.configure(sync={"sweep_seconds": 1})
    stage.huddled.start()
    stage.watching()
    stage.providers.pushes(silent=True)
    crowd = Crowd(stage.ada, random.Random(4))
    crowd.begin(6)
    stage.in_step(crowd.wanted())
    for _ in range(12):
        crowd.act()
    stage.in_step(crowd.wanted())


@everywhere
def test_pushes_that_are_late_doubled_lost_and_out_of_order_end_in_step(stage):
    stage.huddled.configure(sync={"sweep_seconds": 2})
    stage.huddled.start()
    stage.watching()
    stage.providers.pushes(reorder=True, delay=[0.0, 0.8], double=0.5, drop=0.2)
    crowd = Crowd(stage.bob, random.Random(5))
    crowd.begin(8)
    for _ in range(40):
        crowd.act()
    stage.in_step(crowd.wanted())
    stage.rest()
    stage.in_step(crowd.wanted())


@everywhere
def test_a_sync_token_that_expires_in_the_middle_costs_a_full_reading_and_nothing_else(stage, home):
    stage.providers.modes(short_pages="always", delta_page=1)
    events = _one_of_each(stage)
    gone = stage.ada.add("Plan @zoom" if home == GOOGLE else "Plan")  # at Outlook, see test_ten_days_off.py
    stage.huddled.start()
    stage.watching()
    stage.in_step({**events, **({gone.id: "zoom"} if home == GOOGLE else {})})
    before = {event: link(stage.ada.see(event)) for event in events}
    stage.providers.pushes(drop=1.0)
    stage.ada.delete(gone)
    stage.providers("POST", EXPIRE[stage.home.name], {})
    stage.providers.pushes(drop=0.0)
    late = stage.ada.add("Plan @zoom")
    stage.in_step({**events, late.id: "zoom"})
    assert {event: link(stage.ada.see(event)) for event in events} == before
    assert 410 in {call["status"] for call in stage.providers.calls()}


@everywhere
def test_a_listing_that_is_refused_half_way_is_read_from_its_beginning(stage, home):
    stage.providers.modes(short_pages="always", delta_page=1)
    events = {stage.ada.add(f"Plan {n} @static").id: "static" for n in range(12)}
    stage.providers.fault(home.listing, skip=3, status=410, reason=REFUSED[home.name])
    stage.providers.fault(home.listing, skip=6, status=500)
    stage.huddled.start()
    stage.in_step(events)


@at_google
def test_channels_that_live_shortly_are_replaced_before_they_expire(stage):
    stage.providers.modes(max_channel_seconds=100)
    stage.huddled.start()
    stage.watching()
    first = {channel.id for channel in stage.providers.channels()}
    stage.huddled.stop()
    stage.providers("POST", "/clock", {"advance": 200})
    assert not stage.providers.channels()
    # The daemon's clock has not moved, so its own record is made to tell that the time has come.
    stage.huddled.write("UPDATE channels SET renew_at = renew_at - 200, expires = expires - 200", [()])
    stage.huddled.start()
    stage.watching()
    assert not first & {channel.id for channel in stage.providers.channels()}
    event = stage.ada.add("Plan @zoom", **hours(30))
    stage.in_step({event.id: "zoom"})


@everywhere
def test_a_quota_on_calls_only_slows_the_work_down(stage):
    stage.providers("POST", "/zoom/switches", {"requests_per_second": 3, "delete_seconds": 0.2})
    events = {stage.ada.add(f"Plan {n} @zoom").id: "zoom" for n in range(6)}
    stage.huddled.start()
    stage.in_step(events)
    for event in events:
        stage.ada.delete(event)
    stage.in_step({})


@everywhere
def test_many_events_at_once_get_one_meeting_each(stage):
    dice = random.Random(9)
    stage.providers.modes(latency=0.01)
    titles = [f"Plan {n} @{stage.home.service(dice.choice(SERVICES))}" for n in range(60)]
    stage.huddled.start()
    stage.watching()
    events = {stage.ada.add(title).id: title.partition("@")[2] for title in titles}
    stage.in_step(events)
    counts = stage.providers.counted()
    assert counts["zoom.create"] == sum(service == "zoom" for service in events.values())


@at_outlook
def test_a_thousand_notifications_are_a_handful_of_looks(stage):
    stage.huddled.start()
    stage.watching()
    states = _overheard(stage)
    stage.rest()
    since = stage.providers.last()
    for _ in range(10):
        assert notify(stage.huddled.public, *states * 50) == 202
    event = stage.ada.add("Plan @static")
    stage.in_step({event.id: "static"})
    stage.rest()
    assert 1 <= stage.providers.counted(since)["events.delta"] < 40


def _overheard(stage):
    """Let every subscription send something here, and return its clientState."""
    return [one["clientState"] for one in stage.providers.state()["microsoft"]["subscriptions"]]


@at_outlook
def test_a_longest_life_that_is_shorter_than_ours_is_learnt_from_the_refusal(stage):
    stage.providers.modes(max_subscription_minutes=120)
    stage.huddled.start()
    stage.watching()
    asked = [call["status"] for call in stage.providers.calls() if call["op"] == "subscriptions.create"]
    assert sorted(asked) in ([201, 201, 400], [201, 201, 400, 400])
    stage.quiet(0.5)
    assert [
        call["status"] for call in stage.providers.calls() if call["op"] == "subscriptions.create"
    ] == asked
