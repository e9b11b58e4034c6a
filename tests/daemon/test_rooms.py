"""The whole daemon with Jitsi, Whereby and Daily: flagged, moved, moved too far, deleted past us, cancelled."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.system import machine
from tests.system.checks import link
from tests.system.huddled import secret
from tests.system.people import times
from tests.system.providers import simulated
from tests.system.stage import set_up

pytestmark = pytest.mark.system
DAYS = 20


ASKS = {"jitsi": "Plan @jitsi", "whereby": "Plan @whereby", "daily": "Plan of every day"}


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    tmp_path = tmp_path_factory.mktemp("huddled")
    keys = {name: secret(tmp_path / name, f"sandbox-{name}-key") for name in ("jitsi", "whereby", "daily")}
    with simulated() as providers:
        made = set_up(
            tmp_path,
            providers,
            jitsi={"secret_file": keys["jitsi"], "base_url": "https://meet.example.org"},
            whereby={
                "api_key_file": keys["whereby"],
                "api_base": f"{providers.url}/whereby/v1",
                "room_days": DAYS,
                "list_lag_seconds": 0,
            },
            daily={"api_key_file": keys["daily"], "api_base": f"{providers.url}/daily/v1"},
            rules=[{"service": "daily", "title": "of every day"}],  # it has no keyword
        )
        try:
            made.huddled.start()
            made.watching()
            yield made
        finally:
            machine.end(made.huddled.process)


def rooms(stage):
    state = stage.providers.state()
    whereby = [room["roomUrl"] for room in state["whereby"]["meetings"]]
    return whereby + [room["url"] for room in state["daily"]["rooms"]]


def linked(stage, event, others=()):
    """Wait until an event has a link that is none of the others, and return it."""

    def found():
        url = link(stage.ada.see(event))
        return url if url and url not in others and not stage.huddled.owed() else ""

    return stage.until(found, "a link on the event")


def moved(stage, event, days):
    seen = stage.ada.see(event)
    stage.ada.change(event, **times(seen.start + timedelta(days=days)))
    stage.rest()


def test_rooms_follow_their_events(stage):
    events = {name: stage.ada.add(ASKS[name]) for name in ("jitsi", "whereby", "daily")}
    first = {name: linked(stage, event) for name, event in events.items()}
    assert first["jitsi"].startswith("https://meet.example.org/")
    assert sorted(rooms(stage)) == sorted([first["whereby"], first["daily"]])

    for event in events.values():
        moved(stage, event, DAYS - 2)
    assert {name: linked(stage, event) for name, event in events.items()} == first
    for event in events.values():
        moved(stage, event, 5)
    other = linked(stage, events["whereby"], [first["whereby"]])
    assert {name: linked(stage, events[name]) for name in ("jitsi", "daily")} == {
        name: first[name] for name in ("jitsi", "daily")
    }
    assert sorted(rooms(stage)) == sorted([other, first["daily"]])

    stage.providers("POST", f"/daily/rooms/{first['daily'].rpartition('/')[2]}/delete", {})
    moved(stage, events["daily"], 1)
    assert linked(stage, events["daily"]) == first["daily"]
    assert first["daily"] in rooms(stage)

    for event in events.values():
        stage.ada.delete(event)
    stage.until(lambda: not rooms(stage), "no room is left")


def test_lost_answers_leave_one_room_each(stage):
    services = ("whereby", "daily")
    for service in services:
        stage.providers.fault(f"{service}.create", drop="after", times=2)
    events = [stage.ada.add(ASKS[service]) for service in services]
    links = [linked(stage, event) for event in events]
    assert sorted(rooms(stage)) == sorted(links)
