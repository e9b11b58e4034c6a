"""Every kind of misfortune at every call of the flow: in the end one meeting for each flagged event, and none else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.system.checks import link, words
from tests.system.homes import GOOGLE, at_google, at_outlook, everywhere
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
OF_CALENDARS = {
    "google": {
        "403 quotaExceeded": {"status": 403, "reason": "quotaExceeded", **SOON},
        "403 rateLimitExceeded": {"status": 403, "reason": "rateLimitExceeded", **SOON},
        "401": {"status": 401, "reason": "authError"},
    },
    "outlook": {
        "429 without innerError": {
            "status": 429,
            "body": {"error": {"code": "ApplicationThrottled", "message": "Application is over its limit."}},
            **SOON,
        },
        "503 in HTML": {
            "status": 503,
            "body": "<html>Service unavailable</html>",
            "content_type": "text/html",
        },
        "a code that is empty": {"status": 500, "body": {"error": {"code": "", "message": ""}}},
        "401": {"status": 401, "reason": "InvalidAuthenticationToken"},
    },
}
OF_WRITES = {
    "google": {"412": {"status": 412, "reason": "conditionNotMet"}},
    "outlook": {
        "412": {"status": 412, "reason": "ErrorIrresolvableConflict"},
        "409": {"status": 409, "reason": "ErrorIrresolvableConflict"},
    },
}
OF_LISTS = {
    "google": {"410": {"status": 410, "reason": "fullSyncRequired"}},
    "outlook": {"410": {"status": 410, "reason": "SyncStateNotFound"}},
}
OF_ZOOM = {"401": {"status": 401}}


@dataclass(frozen=True, slots=True)
class Call:
    """A call of the flow, what was there before it, and what people do to bring it about."""

    op: str
    service: str
    faults: str
    begin: Callable[[Stage], Seen]
    act: Callable[[Stage, Seen], object]
    stays: bool = True


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


def _faults(kind: str, home: str) -> dict[str, Json]:
    """Return what may go wrong with a kind of call."""
    of_calendars = {**ANYWHERE, **OF_CALENDARS[home]}
    kinds = {
        "lists": {**of_calendars, **OF_LISTS[home]},
        "writes": {**of_calendars, **OF_WRITES[home]},
        "reads": of_calendars,
        "zoom": {**ANYWHERE, **OF_ZOOM},
    }
    return kinds[kind]


CALLS = {
    "reading changes": Call("listing", "zoom", "lists", _plain, _flag("zoom")),
    "making the calendar's own": Call("events.patch", "integrated", "writes", _plain, _flag("integrated")),
    "writing details": Call("events.patch", "zoom", "writes", _plain, _flag("zoom")),
    "removing details": Call("events.patch", "zoom", "writes", _flagged("zoom"), _unflag, stays=False),
    "removing the calendar's own": Call(
        "events.patch", "integrated", "writes", _flagged("integrated"), _unflag, stays=False
    ),
    "creating": Call("zoom.create", "zoom", "zoom", _plain, _flag("zoom")),
    "updating": Call("zoom.update", "zoom", "zoom", _flagged("zoom"), _later),
    "deleting": Call("zoom.delete", "zoom", "zoom", _flagged("zoom"), _unflag, stays=False),
}
AT_OUTLOOK = {"reading our mark": Call("events.get", "zoom", "reads", _flagged("zoom"), _later)}


@pytest.fixture(scope="module")
def settings(home):
    soon = {"limits": {"call_deadline_seconds": 1}}
    return {**soon, "google": {"third_party_conference_data": False}} if home == GOOGLE else soon


@at_google
@pytest.mark.parametrize(
    ("at", "fault"), [(at, fault) for at, call in CALLS.items() for fault in _faults(call.faults, "google")]
)
def test_a_call_that_fails_changes_nothing_in_the_end(standing, at, fault):
    _fail_and_change_nothing(standing, at, [fault])


@at_outlook
@pytest.mark.parametrize("fault", _faults("lists", "outlook"))
def test_a_reading_that_fails_changes_nothing_in_the_end(standing, fault):
    _fail_and_change_nothing(standing, "reading changes", [fault])


@at_outlook
@pytest.mark.parametrize("at", [at for at in CALLS if at != "reading changes"] + [*AT_OUTLOOK])
def test_calls_that_fail_in_every_way_at_once_change_nothing_in_the_end(standing, at):
    _fail_and_change_nothing(standing, at, list(_faults({**CALLS, **AT_OUTLOOK}[at].faults, "outlook")))


def _fail_and_change_nothing(stage, at, faults):
    """Play a call for as many events as there are faults, each of which strikes once."""
    call = {**CALLS, **AT_OUTLOOK}[at]
    op, service = stage.home.op(call.op), stage.home.service(call.service)
    events = [call.begin(stage) for _ in faults]
    stage.rest()
    for fault in faults:
        stage.providers.fault(op, **_faults(call.faults, stage.home.name)[fault])
    for event in events:
        call.act(stage, event)
    stage.until(lambda: stage.providers.hits() == len(faults), f"calls of {op}")
    stage.in_step({event.id: service for event in events} if call.stays else {})
    for event in events:
        after = stage.ada.see(event)
        assert words(after).startswith("Agenda")
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


@everywhere
def test_someone_who_types_while_we_write_loses_not_a_word(standing):
    stage = standing
    stage.providers.fault("zoom.create", delay=0.7)
    event = stage.ada.add("Plan @zoom", text="Agenda")
    stage.until(stage.providers.zoom, "a meeting")
    stage.ada.change(event, text="Agenda\n1. What I thought of in the last second")
    stage.in_step({event.id: "zoom"})
    assert words(stage.ada.see(event)).startswith("Agenda\n1. What I thought of in the last second\n")
    assert "412" in {str(call["status"]) for call in stage.providers.calls()}


@everywhere
def test_an_event_that_is_deleted_while_its_meeting_is_made_leaves_no_meeting(standing):
    stage = standing
    stage.providers.fault("zoom.create", delay=0.7)
    event = stage.ada.add("Plan @zoom")
    stage.until(stage.providers.zoom, "a meeting")
    stage.ada.delete(event)
    stage.in_step({})
