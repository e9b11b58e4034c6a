"""`kill -9` between a call about an event and its commit: in the end one meeting, one block, the same link."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.system.checks import link
from tests.system.people import hours
from tests.system.seen import Seen
from tests.system.stage import Stage

pytestmark = pytest.mark.system

SIDES = {"before the effect": {"hang": True}, "after the effect": {"delay": 60.0}}
SETTINGS = {
    "google": {"third_party_conference_data": False},
    "sync": {"sweep_seconds": 1},  # a push that meets a dead daemon is lost
}


@dataclass(frozen=True, slots=True)
class Boundary:
    """A call that the daemon dies at, what was there before, and what people do to bring it about."""

    op: str
    service: str
    begin: Callable[[Stage], Seen]
    act: Callable[[Stage, Seen], object]
    stays: bool = True  # whether the event is to have a meeting in the end


def _flagged(service: str) -> Callable[[Stage], Seen]:
    return lambda stage: stage.gets(stage.ada.add(f"Plan @{service}", text="Agenda"), service)


def _plain(stage: Stage) -> Seen:
    return stage.ada.add("Plan", text="Agenda")


def _flag(service: str) -> Callable[[Stage, Seen], object]:
    return lambda stage, event: stage.ada.change(event, title=f"Plan @{service}")


def _unflag(stage: Stage, event: Seen) -> object:
    return stage.ada.change(event, title="Plan")


def _later(stage: Stage, event: Seen) -> object:
    return stage.ada.change(event, **hours(72))


BOUNDARIES = {
    "create": Boundary("zoom.create", "zoom", _plain, _flag("zoom")),
    "update": Boundary("zoom.update", "zoom", _flagged("zoom"), _later),
    "write": Boundary("events.patch", "zoom", _plain, _flag("zoom")),
    "write of a static link": Boundary("events.patch", "static", _plain, _flag("static")),
    "making of a Meet": Boundary("events.patch", "meet", _plain, _flag("meet")),
    "removal": Boundary("events.patch", "zoom", _flagged("zoom"), _unflag, stays=False),
    "removal of a Meet": Boundary("events.patch", "meet", _flagged("meet"), _unflag, stays=False),
    "delete": Boundary("zoom.delete", "zoom", _flagged("zoom"), _unflag, stays=False),
    "reading of changes": Boundary("events.list", "zoom", _plain, _flag("zoom")),
}
MEANWHILE = {
    "the event is renamed and moved": lambda stage, event: stage.ada.change(
        event, title=f"New {stage.ada.see(event).title}", **hours(50)
    ),
    "the event wants the opposite": None,
    "the event is deleted": lambda stage, event: stage.ada.delete(event),
}


@pytest.fixture(scope="module")
def settings():
    return SETTINGS


def _reach(stage, boundary, side, event):
    """Bring the daemon between a call and its commit, and kill it there."""
    stage.providers.fault(boundary.op, **SIDES[side])
    boundary.act(stage, event)
    stage.until(stage.providers.hits, f"a call of {boundary.op}")
    stage.providers.state()  # the providers answer one at a time: what was asked for is done
    stage.huddled.kill()


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("at", BOUNDARIES)
def test_killed_at_a_call_it_ends_with_one_meeting_and_the_same_link(standing, at, side):
    stage, boundary = standing, BOUNDARIES[at]
    event = boundary.begin(stage)
    _reach(stage, boundary, side, event)
    made = [meeting["join_url"] for meeting in stage.providers.zoom()]
    stage.providers.calm()
    stage.huddled.start()
    stage.in_step({event.id: boundary.service} if boundary.stays else {})
    after = stage.ada.see(event)
    if boundary.stays:
        assert not made or [link(after)] == made
        assert not link(event) or link(event) == link(after)
    else:
        assert after.text == "Agenda"


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("meanwhile", MEANWHILE)
@pytest.mark.parametrize("at", ["create", "update", "write", "removal", "delete", "making of a Meet"])
def test_killed_at_a_call_it_ends_as_the_moving_world_wants_it(standing, at, side, meanwhile):
    stage, boundary = standing, BOUNDARIES[at]
    event = boundary.begin(stage)
    _reach(stage, boundary, side, event)
    opposite = _unflag if boundary.stays else _flag(boundary.service)
    (MEANWHILE[meanwhile] or opposite)(stage, event)
    stays = boundary.stays != (meanwhile == "the event wants the opposite")
    stage.providers.calm()
    stage.huddled.start()
    stage.in_step({event.id: boundary.service} if stays and meanwhile != "the event is deleted" else {})
