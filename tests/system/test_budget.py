"""What a change costs: calls of the providers, and mails to people."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.system.checks import link
from tests.system.people import hours

pytestmark = pytest.mark.system

WRITES = {"events.patch", "events.insert", "events.update", "zoom.create", "zoom.update", "zoom.delete"}


@pytest.fixture(scope="module")
def settings():
    return {"google": {"third_party_conference_data": False}}


def _cost(stage, act):
    """Return how often each operation is called for one thing that people do, until everything is quiet."""
    stage.quiet(0.3)
    since = stage.providers.last()
    act()
    stage.quiet(0.3)
    return dict(stage.providers.counted(since))


def _later(stage, event):
    stage.ada.change(event, **hours(72))


def _invite(stage, event):
    stage.ada.change(event, guests=["carol@example.org"])


def _rename(stage, event):
    stage.ada.change(event, title=event.title.replace("Plan", "Another plan"))


def _describe(stage, event):
    stage.ada.change(event, text=stage.ada.around(event.text, "First things first\n", ""))


def _unflag(stage, event):
    stage.ada.change(event, title="Plan")


def _delete(stage, event):
    stage.ada.delete(event)


# Every write of ours comes back as one push and one reading, which has to find nothing to do.
ONE_READING, TWO_READINGS = {"events.list": 1}, {"events.list": 2}
TABLE = [
    ("zoom", "flagged", None, {**TWO_READINGS, "zoom.create": 1, "events.patch": 1}),
    ("zoom", "moved", _later, {**ONE_READING, "zoom.update": 1}),
    ("zoom", "renamed", _rename, {**ONE_READING, "zoom.update": 1}),
    ("zoom", "invited", _invite, {**ONE_READING, "zoom.update": 1}),
    ("zoom", "described", _describe, ONE_READING),
    ("zoom", "unflagged", _unflag, {**TWO_READINGS, "zoom.delete": 1, "events.patch": 1}),
    ("zoom", "deleted", _delete, {**ONE_READING, "zoom.delete": 1}),
    ("meet", "flagged", None, {**TWO_READINGS, "events.patch": 1}),
    ("meet", "moved", _later, ONE_READING),
    ("meet", "renamed", _rename, ONE_READING),
    ("meet", "invited", _invite, ONE_READING),
    ("meet", "described", _describe, ONE_READING),
    ("meet", "unflagged", _unflag, {**TWO_READINGS, "events.patch": 1}),
    ("meet", "deleted", _delete, ONE_READING),
    ("static", "flagged", None, {**TWO_READINGS, "events.patch": 1}),
    ("static", "moved", _later, ONE_READING),
    ("static", "renamed", _rename, ONE_READING),
    ("static", "invited", _invite, ONE_READING),
    ("static", "described", _describe, ONE_READING),
    ("static", "unflagged", _unflag, {**TWO_READINGS, "events.patch": 1}),
    ("static", "deleted", _delete, ONE_READING),
]


@pytest.mark.parametrize(
    ("service", "what", "act", "cost"), TABLE, ids=[f"{row[0]}-{row[1]}" for row in TABLE]
)
def test_a_change_costs_no_more_than_it_must(standing, service, what, act, cost):
    stage = standing
    event = stage.ada.add("Plan" if act is None else f"Plan @{service}")
    if act is None:
        spent = _cost(stage, lambda: stage.ada.change(event, title=f"Plan @{service}"))
    else:
        event = stage.gets(event, service)
        spent = _cost(stage, lambda: act(stage, event))
    assert spent == cost
    assert sum(calls for op, calls in spent.items() if op in WRITES) <= 2


@pytest.mark.parametrize("service", ["meet", "zoom", "static"])
@pytest.mark.parametrize(
    "act",
    [
        pytest.param(lambda stage, event: stage.bob.answer(event, "accepted"), id="an answer"),
        pytest.param(lambda stage, event: stage.bob.answer(event, "declined"), id="a refusal"),
        pytest.param(
            lambda stage, event: stage.ada.change(
                event, reminders={"useDefault": False, "overrides": [{"method": "popup", "minutes": 5}]}
            ),
            id="a reminder",
        ),
        pytest.param(lambda stage, event: stage.ada.change(event, colorId="5"), id="a colour"),
        pytest.param(lambda stage, event: stage.ada.change(event, transparency="transparent"), id="free"),
        pytest.param(lambda stage, event: stage.ada.change(event, guestsCanModify=True), id="guests' rights"),
    ],
)
def test_what_a_meeting_does_not_depend_on_writes_nothing(standing, service, act):
    stage = standing
    event = stage.ada.add(f"Plan @{service}", guests=["bob@example.com"])
    before = link(stage.gets(event, service))
    spent = _cost(stage, lambda: act(stage, event))
    assert set(spent) == {"events.list"}
    assert link(stage.ada.see(event)) == before


def test_nobody_is_mailed_and_then_there_is_silence(standing):
    stage = standing
    stage.quiet(0.3)
    mails, since = len(stage.providers.mails()), stage.providers.last()
    guests = [{"email": "bob@example.com"}, {"email": "carol@example.org"}]
    events = [stage.ada.add(f"Plan @{service}", guests=guests) for service in ("meet", "zoom", "static")]
    stage.in_step({event.id: event.title.partition("@")[2] for event in events})
    for event in events:
        stage.ada.change(event, **hours(50))
        stage.ada.change(event, title="Plan")
    stage.in_step({})
    assert len(stage.providers.mails()) == mails
    assert stage.quiet(4.0) == {}
    written = Counter(call["path"] for call in stage.providers.calls(since) if call["op"] == "events.patch")
    assert all("sendUpdates=none" in path for path in written)
