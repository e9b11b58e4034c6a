"""What time does to a daemon: days off, a new day of Zoom's, quotas that last for hours, events that come near."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.system.checks import link, traces
from tests.system.homes import OUTLOOK, at_google, at_outlook, everywhere
from tests.system.people import hours
from tests.system.timetravel import at_work, travel

pytestmark = pytest.mark.system

HOUR, DAY = 3600.0, 86_400.0
SERVICES = ("integrated", "zoom", "static")


@everywhere
@pytest.mark.parametrize("days", [10, 40])
def test_after_days_off_it_subscribes_anew_catches_up_and_doubles_nothing(stage, days):
    later = hours((days + 3) * 24)
    services = map(stage.home.service, SERVICES)
    kept = {service: stage.ada.add(f"Plan @{service}", **later) for service in services}
    over, dropped, deleted = (stage.ada.add("Plan @zoom", **hours(24)) for _ in range(3))
    for event in (dropped, deleted):
        stage.ada.change(event, **later)
    with at_work(stage):
        stage.watching()
        before = {service: stage.gets(event, service) for service, event in kept.items()}
        old = stage.gets(over, "zoom")
        stage.gets(dropped, "zoom")
        stage.gets(deleted, "zoom")
    channels = {channel.id for channel in stage.providers.channels()}
    travel(stage, days * DAY)
    assert not stage.providers.channels() or days < 7
    stage.ada.change(kept["zoom"], title="Renamed @zoom")
    stage.ada.change(dropped, title="Plan")
    stage.ada.delete(deleted)
    new = stage.ada.add("New @zoom", **later)
    with at_work(stage):
        wanted = {event.id: service for service, event in kept.items()}
        wanted |= {new.id: "zoom", over.id: "zoom"}
        if stage.home == OUTLOOK:
            stage.until(
                stage.huddled.failing, "a meeting whose event is not found, which has to be said twice"
            )
            travel(stage, 120.0)
        stage.in_step(wanted)
        stage.watching()
        assert not channels & {channel.id for channel in stage.providers.channels()}
        for service, event in before.items():
            assert link(stage.ada.see(event)) == link(event), service
        assert stage.ada.see(over).text == old.text
        late = stage.bob.add("Late @static", **later)
        stage.in_step({**wanted, late.id: "static"})


@everywhere
def test_creates_that_zooms_day_had_no_room_for_are_made_on_the_next_day(stage):
    stage.huddled.configure(zoom={"daily_limit": 4, "cancel_reserve": 2}, sync={"window_days": 30})
    events = [stage.ada.add(f"Plan {n} @zoom", **hours(100)) for n in range(4)]
    with at_work(stage):
        stage.until(lambda: len(stage.huddled.failing()) == 2, "two that have to wait")
        assert len(stage.providers.zoom()) == 2
        tomorrow = datetime.now(UTC).replace(hour=0, minute=1) + timedelta(days=1)
        travel(stage, (tomorrow - datetime.now(UTC)).total_seconds())
        stage.in_step({event.id: "zoom" for event in events})


@at_google
def test_a_calendar_that_is_locked_for_hours_is_left_in_peace_and_then_served(stage):
    with at_work(stage):
        stage.watching()
        stage.providers("POST", "/google/lock", {"email": "ada@example.com", "seconds": 0.9 * HOUR})
        event = stage.ada.add("Plan @zoom", **hours(48))
        stage.until(stage.huddled.failing, "work that waits")
        (why,) = stage.huddled.failing().values()
        assert "quotaExceeded" in why
        assert "events.patch" not in stage.quiet(3.0)
        travel(stage, 1.5 * HOUR)
        stage.in_step({event.id: "zoom"})
        assert stage.providers.counted()["zoom.create"] == 1


@everywhere
def test_an_event_gets_its_meeting_when_it_comes_into_the_window(stage):
    stage.huddled.configure(sync={"window_days": 10})
    event = stage.ada.add("Plan @zoom", **hours(20 * 24))
    with at_work(stage):
        stage.watching()
        assert traces(stage.ada.see(event)) == []
        travel(stage, 11 * DAY)
        stage.gets(event, "zoom")


@at_google
def test_channels_are_replaced_before_they_expire_and_the_old_ones_stopped(stage):
    stage.huddled.configure(google={"channel_seconds": 86_400}, sync={"channel_renew_before_seconds": 7200})
    with at_work(stage):
        stage.watching()
    first = {channel.id for channel in stage.providers.channels()}
    travel(stage, 23 * HOUR)
    with at_work(stage):
        stage.until(
            lambda: stage.providers.counted()["channels.stop"] == len(first), "the end of the old ones"
        )
        now = {channel.id for channel in stage.providers.channels()}
        assert len(now) == len(first)
        assert not now & first


@at_outlook
def test_subscriptions_are_renewed_before_they_expire_by_one_call_each(stage):
    stage.huddled.configure(
        microsoft={"subscription_minutes": 1440}, sync={"channel_renew_before_seconds": 7200}
    )
    with at_work(stage):
        stage.watching()
    first = {one["id"]: one["expirationDateTime"] for one in _subscriptions(stage)}
    travel(stage, 23 * HOUR)
    since = stage.providers.last()
    with at_work(stage):
        stage.until(lambda: stage.providers.counted(since)["subscriptions.update"] == len(first), "renewals")
        stage.rest()
        now = {one["id"]: one["expirationDateTime"] for one in _subscriptions(stage)}
        late = stage.bob.add("Late @static", **hours(48))
        stage.in_step({late.id: "static"})
    assert now.keys() == first.keys()
    assert all(now[name] > first[name] for name in first)
    assert not stage.providers.counted(since).keys() & {"subscriptions.create", "subscriptions.reauthorize"}


@at_outlook
def test_the_window_moves_on_and_what_comes_into_it_is_seen(stage):
    stage.huddled.configure(sync={"window_days": 30})
    near, far = (stage.ada.add("Plan @zoom", **hours(days * 24)) for days in (20, 45))
    with at_work(stage):
        stage.watching()
        before = stage.gets(near, "zoom")
        travel(stage, 18 * DAY)
        stage.in_step({near.id: "zoom", far.id: "zoom"})
        assert link(stage.ada.see(near)) == link(before)


def _subscriptions(stage):
    return stage.providers.state()["microsoft"]["subscriptions"]
