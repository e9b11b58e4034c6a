"""What a change costs: calls of the providers, and mails to people."""

from __future__ import annotations

from collections import Counter
from functools import partial

import pytest

from tests.system.checks import link
from tests.system.homes import GOOGLE, OUTLOOK, everywhere
from tests.system.people import hours

pytestmark = [pytest.mark.system, everywhere]

WRITES = {"events.patch", "events.insert", "events.update", "zoom.create", "zoom.update", "zoom.delete"}


@pytest.fixture(scope="module")
def settings(home):
    return {"google": {"third_party_conference_data": False}} if home == GOOGLE else {}


@pytest.fixture(autouse=True)
def one_notification_for_each_change(shared):
    """Graph sends one to four as it pleases, which no exact count can know."""
    shared.providers.modes(graph_notifications=1)


def _cost(stage, act):
    """Return how often each operation is called for one thing that people do, until everything is quiet."""
    stage.quiet(0.0)
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
ONE_READING, TWO_READINGS = {"listing": 1}, {"listing": 2}
TABLE = [
    ("zoom", "flagged", None, {**TWO_READINGS, "zoom.create": 1, "events.patch": 1}),
    ("zoom", "moved", _later, {**ONE_READING, "zoom.update": 1}),
    ("zoom", "renamed", _rename, {**ONE_READING, "zoom.update": 1}),
    ("zoom", "invited", _invite, {**ONE_READING, "zoom.update": 1}),
    ("zoom", "described", _describe, ONE_READING),
    ("zoom", "unflagged", _unflag, {**TWO_READINGS, "zoom.delete": 1, "events.patch": 1}),
    ("zoom", "deleted", _delete, {**ONE_READING, "zoom.delete": 1}),
    ("integrated", "flagged", None, {**TWO_READINGS, "events.patch": 1}),
    ("integrated", "moved", _later, ONE_READING),
    ("integrated", "renamed", _rename, ONE_READING),
    ("integrated", "invited", _invite, ONE_READING),
    ("integrated", "described", _describe, ONE_READING),
    ("integrated", "unflagged", _unflag, {**TWO_READINGS, "events.patch": 1}),
    ("integrated", "deleted", _delete, ONE_READING),
    ("static", "flagged", None, {**TWO_READINGS, "events.patch": 1}),
    ("static", "moved", _later, ONE_READING),
    ("static", "renamed", _rename, ONE_READING),
    ("static", "invited", _invite, ONE_READING),
    ("static", "described", _describe, ONE_READING),
    ("static", "unflagged", _unflag, {**TWO_READINGS, "events.patch": 1}),
    ("static", "deleted", _delete, ONE_READING),
]


def _only_at_outlook(what):
    """Return the readings that Google needs none of: its lists show our mark, and what was deleted."""
    if what == "flagged":
        return {}
    return {"events.get": 1, "calendar.get": 1} if what == "deleted" else {"events.get": 1}


@pytest.mark.parametrize(
    ("service", "what", "act", "cost"),
    TABLE,
    ids=[f"{row[0]}-{row[1]}" for row in TABLE],
    indirect=["service"],
)
def test_a_change_costs_no_more_than_it_must(standing, home, service, what, act, cost):
    stage = standing
    event = stage.ada.add("Plan" if act is None else f"Plan @{service}")
    if act is None:
        spent = _cost(stage, lambda: stage.ada.change(event, title=f"Plan @{service}"))
    else:
        event = stage.gets(event, service)
        spent = _cost(stage, lambda: act(stage, event))
    expected = {home.listing if op == "listing" else op: calls for op, calls in cost.items()}
    assert spent == expected | (_only_at_outlook(what) if home == OUTLOOK else {})
    assert sum(calls for op, calls in spent.items() if op in WRITES) <= 2


IDLE = {
    "an answer": lambda stage, event: stage.bob.answer(event, "accepted"),
    "a refusal": lambda stage, event: stage.bob.answer(event, "declined"),
    "a reminder": {
        "google": {"reminders": {"useDefault": False, "overrides": [{"method": "popup", "minutes": 5}]}},
        "outlook": {"isReminderOn": True, "reminderMinutesBeforeStart": 5},
    },
    "a colour": {"google": {"colorId": "5"}, "outlook": {"categories": ["Blue category"]}},
    "free": {"google": {"transparency": "transparent"}, "outlook": {"showAs": "free"}},
    "guests' rights": {"google": {"guestsCanModify": True}, "outlook": {"allowNewTimeProposals": False}},
}


@pytest.mark.parametrize("what", IDLE)
def test_what_a_meeting_does_not_depend_on_writes_nothing(standing, home, service, what):
    stage, act = standing, IDLE[what]
    event = stage.ada.add(f"Plan @{service}", guests=["bob@example.com"])
    before = link(stage.gets(event, service))
    if isinstance(act, dict):
        spent = _cost(stage, lambda: stage.ada.change(event, raw=act[home.name]))
    else:
        spent = _cost(stage, lambda: act(stage, event))
    assert set(spent) <= home.reading
    assert home.listing in spent
    assert link(stage.ada.see(event)) == before


def test_nobody_is_mailed_and_then_there_is_silence(standing, home):
    if home == OUTLOOK:
        pytest.skip("Graph mails all guests of whatever is written; how often is counted below")
    stage = standing
    stage.quiet(0.3)
    mails, since = len(stage.providers.mails()), stage.providers.last()
    events = _one_of_each(stage)
    stage.in_step({event.id: service for service, event in events.items()})
    for event in events.values():
        stage.ada.change(event, **hours(50))
        stage.ada.change(event, title="Plan")
    stage.in_step({})
    assert len(stage.providers.mails()) == mails
    assert stage.quiet(4.0) == {}
    written = Counter(call["path"] for call in stage.providers.calls(since) if call["op"] == "events.patch")
    assert all("sendUpdates=none" in path for path in written)


def _one_of_each(stage):
    guests = ["bob@example.com", "carol@example.org"]
    services = map(stage.home.service, ("integrated", "zoom", "static"))
    return {service: stage.ada.add(f"Plan @{service}", guests=guests) for service in services}


def _mailed(stage, act):
    """Return how many mails of each kind one thing that people do brings to each guest, theirs and ours."""
    stage.quiet(0.0)
    before = len(stage.providers.mails())
    act()
    stage.rest()
    stage.rest()
    return Counter((mail["to"], mail["kind"]) for mail in stage.providers.mails()[before:])


def test_graph_mails_each_guest_once_for_each_write_of_ours_and_then_there_is_silence(standing, home):
    if home == GOOGLE:
        pytest.skip("Google mails nobody unless it is told to")
    stage, guests = standing, ("bob@example.com", "carol@example.org")

    def each(**kinds):
        return {(guest, kind): times for guest in guests for kind, times in kinds.items()}

    for word in ("integrated", "zoom", "static"):
        event = stage.ada.add("Plan", guests=guests)
        flag = partial(stage.ada.change, event, title=f"Plan @{home.service(word)}")
        assert _mailed(stage, flag) == each(update=2)  # her new title, our link
        move = partial(stage.ada.change, event, **hours(50))
        assert _mailed(stage, move) == each(update=1)  # hers alone
        answer = partial(stage.bob.answer, event, "accepted")
        assert _mailed(stage, answer) == {("ada@example.com", "response"): 1}  # his alone
        unflag = partial(stage.ada.change, event, title="Plan")
        assert _mailed(stage, unflag) == each(update=2)  # her new title, our details taken off
        delete = partial(stage.ada.delete, event)
        assert _mailed(stage, delete) == each(cancellation=1)  # hers alone
    assert stage.quiet(2.0) == {}
