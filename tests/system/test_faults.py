"""Every kind of misfortune at every call of the flow: in the end one meeting for each flagged event, and none else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.system.checks import link
from tests.system.people import hours
from tests.system.providers import Json
from tests.system.seen import Seen
from tests.system.stage import Stage

pytestmark = pytest.mark.system

PAGE = "<html><head><title>502 Bad Gateway</title></head><body><center>nginx</center></body></html>"
SOON = {"headers": {"Retry-After": "1"}}
ANYWHERE = {
    "a proxy's page": {"status": 502, "body": PAGE},
    "500": {"status": 500},
    "429 with Retry-After": {"status": 429, **SOON},
    "no answer": {"hang": True},
    "a connection cut before": {"drop": "before"},
    "a connection cut after": {"drop": "after"},
}
FROM_GOOGLE = {
    "403 quotaExceeded": {"status": 403, "reason": "quotaExceeded", **SOON},
    "403 rateLimitExceeded": {"status": 403, "reason": "rateLimitExceeded", **SOON},
    "401": {"status": 401, "reason": "authError"},
}
OF_WRITES = {"412": {"status": 412, "reason": "conditionNotMet"}}
OF_LISTS = {"410": {"status": 410, "reason": "fullSyncRequired"}}
OF_ZOOM = {"401": {"status": 401}}


@dataclass(frozen=True, slots=True)
class Call:
    """A call of the flow, what was there before it, and what people do to bring it about."""

    op: str
    service: str
    faults: dict[str, Json]
    begin: Callable[[Stage], Seen]
    act: Callable[[Stage, Seen], object]
    stays: bool = True


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


WRITES = {**ANYWHERE, **FROM_GOOGLE, **OF_WRITES}
CALLS = {
    "reading changes": Call(
        "events.list", "zoom", {**ANYWHERE, **FROM_GOOGLE, **OF_LISTS}, _plain, _flag("zoom")
    ),
    "making a Meet": Call("events.patch", "meet", WRITES, _plain, _flag("meet")),
    "writing details": Call("events.patch", "zoom", WRITES, _plain, _flag("zoom")),
    "removing details": Call("events.patch", "zoom", WRITES, _flagged("zoom"), _unflag, stays=False),
    "removing a Meet": Call("events.patch", "meet", WRITES, _flagged("meet"), _unflag, stays=False),
    "creating": Call("zoom.create", "zoom", {**ANYWHERE, **OF_ZOOM}, _plain, _flag("zoom")),
    "updating": Call("zoom.update", "zoom", {**ANYWHERE, **OF_ZOOM}, _flagged("zoom"), _later),
    "deleting": Call("zoom.delete", "zoom", {**ANYWHERE, **OF_ZOOM}, _flagged("zoom"), _unflag, stays=False),
}


@pytest.fixture(scope="module")
def settings():
    return {
        "google": {"third_party_conference_data": False},
        "limits": {"call_deadline_seconds": 1},
    }


@pytest.mark.parametrize(
    ("at", "fault"), [(at, fault) for at, call in CALLS.items() for fault in call.faults]
)
def test_a_call_that_fails_changes_nothing_in_the_end(standing, at, fault):
    stage, call = standing, CALLS[at]
    event = call.begin(stage)
    stage.rest()
    stage.providers.fault(call.op, **call.faults[fault])
    call.act(stage, event)
    stage.until(stage.providers.hits, f"a call of {call.op}")
    stage.in_step({event.id: call.service} if call.stays else {})
    after = stage.ada.see(event)
    assert after.text.startswith("Agenda")
    assert not call.stays or not link(event) or link(after) == link(event)


@pytest.mark.parametrize("fault", ["500", "no answer"])
@pytest.mark.parametrize("recovery", ["zoom.list", "zoom.get"])
def test_a_recovery_that_fails_too_is_recovered_from(standing, recovery, fault):
    stage = standing
    stage.providers.fault("zoom.create", drop="after")
    stage.providers.fault(recovery, **ANYWHERE[fault])
    event = stage.ada.add("Plan @zoom")
    stage.until(lambda: stage.providers.hits() == 2, f"a call of {recovery}")
    (made,) = stage.providers.zoom()
    stage.in_step({event.id: "zoom"})
    assert link(stage.ada.see(event)) == made["join_url"]


def test_someone_who_types_while_we_write_loses_not_a_word(standing):
    stage = standing
    stage.providers.fault("zoom.create", delay=0.7)
    event = stage.ada.add("Plan @zoom", text="Agenda")
    stage.until(stage.providers.zoom, "a meeting")
    stage.ada.change(event, text="Agenda\n1. What I thought of in the last second")
    stage.in_step({event.id: "zoom"})
    assert stage.ada.see(event).text.startswith("Agenda\n1. What I thought of in the last second\n")
    assert "412" in {str(call["status"]) for call in stage.providers.calls()}


def test_an_event_that_is_deleted_while_its_meeting_is_made_leaves_no_meeting(standing):
    stage = standing
    stage.providers.fault("zoom.create", delay=0.7)
    event = stage.ada.add("Plan @zoom")
    stage.until(stage.providers.zoom, "a meeting")
    stage.ada.delete(event)
    stage.in_step({})
