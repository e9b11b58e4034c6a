"""`kill -9` between a call about an event and its commit: in the end one meeting, one block, the same link."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.system.checks import link
from tests.system.homes import GOOGLE, everywhere
from tests.system.people import hours
from tests.system.seen import Seen
from tests.system.stage import Stage

pytestmark = [pytest.mark.system, everywhere]

SIDES = {"before the effect": {"hang": True}, "after the effect": {"delay": 60.0}}


@dataclass(frozen=True, slots=True)
class Boundary:
    """A call that the daemon dies at, what was there before, and what people do to bring it about."""

    op: str
    service: str
    begin: Callable[[Stage], Seen]
    act: Callable[[Stage, Seen], object]
    stays: bool = True  # whether the event is to have a meeting in the end


def _flagged(service: str) -> Callable[[Stage], Seen]:
    def begin(stage: Stage) -> Seen:
        wanted = stage.home.service(service)
        return stage.gets(stage.ada.add(f"Plan @{wanted}", text="Agenda"), wanted)

    return begin


def _plain(stage: Stage) -> Seen:
    return stage.ada.add("Plan", text="Agenda")


def _flag(service: str) -> Callable[[Stage, Seen], object]:
    return lambda stage, event: stage.ada.change(event, title=f"Plan @{stage.home.service(service)}")


def _unflag(stage: Stage, event: Seen) -> object:
    return stage.ada.change(event, title="Plan")


def _later(stage: Stage, event: Seen) -> object:
    return stage.ada.change(event, **hours(72))


BOUNDARIES = {
    "create": Boundary("zoom.create", "zoom", _plain, _flag("zoom")),
    "update": Boundary("zoom.update", "zoom", _flagged("zoom"), _later),
    "write": Boundary("events.patch", "zoom", _plain, _flag("zoom")),
    "write of a static link": Boundary("events.patch", "static", _plain, _flag("static")),
    "making of the calendar's own": Boundary("events.patch", "integrated", _plain, _flag("integrated")),
    "removal": Boundary("events.patch", "zoom", _flagged("zoom"), _unflag, stays=False),
    "removal of the calendar's own": Boundary(
        "events.patch", "integrated", _flagged("integrated"), _unflag, stays=False
    ),
    "delete": Boundary("zoom.delete", "zoom", _flagged("zoom"), _unflag, stays=False),
    "reading of changes": Boundary("listing", "zoom", _plain, _flag("zoom")),
}
MEANWHILE = {
    "the event is renamed and moved": lambda stage, event: stage.ada.change(
        event, title=f"New {stage.ada.see(event).title}", **hours(50)
    ),
    "the event wants the opposite": None,
    "the event is deleted": lambda stage, event: stage.ada.delete(event),
}


@pytest.fixture(scope="module")
def settings(home):
    sweeps = {"sync": {"sweep_seconds": 1}}  # a push that meets a dead daemon is lost
    return {**sweeps, "google": {"third_party_conference_data": False}} if home == GOOGLE else sweeps


def _reach(stage, boundary, side, event):
    """Bring the daemon between a call and its commit, and kill it there."""
    stage.providers.fault(stage.home.op(boundary.op), **SIDES[side])
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
    stage.in_step({event.id: stage.home.service(boundary.service)} if boundary.stays else {})
    after = stage.ada.see(event)
    if boundary.stays:
        assert not made or [link(after)] == made
        assert not link(event) or link(event) == link(after)
    else:
        assert after.text == stage.ada.typed("Agenda")


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("meanwhile", MEANWHILE)
@pytest.mark.parametrize(
    "at", ["create", "update", "write", "removal", "delete", "making of the calendar's own"]
)
def test_killed_at_a_call_it_ends_as_the_moving_world_wants_it(standing, at, side, meanwhile):
    stage, boundary = standing, BOUNDARIES[at]
    event = boundary.begin(stage)
    _reach(stage, boundary, side, event)
    opposite = _unflag if boundary.stays else _flag(boundary.service)
    (MEANWHILE[meanwhile] or opposite)(stage, event)
    stays = boundary.stays != (meanwhile == "the event wants the opposite")
    stage.providers.calm()
    stage.huddled.start()
    there = stays and meanwhile != "the event is deleted"
    stage.in_step({event.id: stage.home.service(boundary.service)} if there else {})
