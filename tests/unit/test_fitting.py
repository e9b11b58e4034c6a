"""Which rule gives a meeting its settings: tables over how the meeting was chosen."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from builders import POLICY, SERVICES, event, live, meeting, request, shown

from connectors.model import MeetingSettings
from connectors.overrides import NONE, known
from daemon import policy as decision
from daemon.actions import Record, Update
from daemon.fitting import name_of, settings_rule
from daemon.plan import plan, settled
from daemon.policy import judge
from daemon.rules import Rule
from daemon.terms import Linked, Wanted

WAIT = MeetingSettings(waiting_room=True)
MUTE = MeetingSettings(mute_on_entry=True)
KNOWING = {name: replace(SERVICES[name], settings=known(name)) for name in SERVICES} | {
    "webex": replace(SERVICES["zoom"], name="webex", settings=known("webex"))
}


def ruled(*rules, **changes):
    flags = replace(POLICY.flags, rules=rules, **changes.pop("flags", {}))
    return replace(POLICY, services=KNOWING, flags=flags, **changes)


def given(seen, policy, known=None):
    """What the meeting of an event is given, as its request says it."""
    verdict = judge(seen, known, policy)
    assert isinstance(verdict, Wanted)
    return decision.request(seen, verdict, policy, known).settings


ASKED = [
    {"title": "@zoom Review"},
    {"location": "@zoom"},
    {"description": "see you @zoom"},
    {"title": "@video Review"},
    {"ask": "zoom"},
    {"ask": "default", "asked_by": "category"},
]


@pytest.mark.parametrize("changes", ASKED)
@pytest.mark.parametrize("service", [None, "zoom", "default"])
def test_settings_apply_whatever_has_asked_for_the_meeting(changes, service):
    assert given(event(**changes), ruled(Rule(service, settings=WAIT))) == WAIT


@pytest.mark.parametrize("service", ["zoom", "default"])
def test_a_rule_that_asks_for_the_meeting_gives_its_settings_too(service):
    assert given(event(), ruled(Rule(service, settings=WAIT))) == WAIT


@pytest.mark.parametrize("service", ["none", "static", "integrated", "teams", "webex"])
def test_the_settings_of_another_service_do_not_apply(service):
    assert given(event(title="@zoom"), ruled(Rule(service, settings=WAIT))) == NONE


def test_a_rule_without_a_service_asks_for_no_meeting():
    assert not isinstance(judge(event(), None, ruled(Rule(settings=WAIT))), Wanted)


def test_a_rule_without_a_service_keeps_no_later_rule_away():
    assert given(event(), ruled(Rule(settings=WAIT), Rule("zoom", settings=MUTE))) == WAIT


@pytest.mark.parametrize(
    ("rules", "settings"),
    [
        ((Rule("zoom"), Rule(settings=WAIT)), WAIT),
        ((Rule("zoom", settings=NONE), Rule(settings=WAIT)), NONE),
        ((Rule(settings=MUTE), Rule(settings=WAIT)), MUTE),
        ((Rule("static", settings=MUTE), Rule(settings=WAIT)), WAIT),
        ((Rule(settings=MUTE, title=re.compile("secret")), Rule(settings=WAIT)), WAIT),
        ((Rule(settings=MUTE, external_guests=True), Rule(settings=WAIT, organizers=("ada@*",))), WAIT),
        ((Rule("zoom"),), NONE),
        ((), NONE),
    ],
)
def test_the_first_rule_that_fits_and_has_settings_gives_them(rules, settings):
    assert given(event(title="@zoom Review"), ruled(*rules)) == settings


def test_what_the_service_does_not_know_is_not_asked_of_it():
    both = MeetingSettings(waiting_room=True, guest_video=False, recording="local")
    everything = ruled(Rule(settings=both))
    assert given(event(title="@zoom"), everything) == both
    assert given(event(ask="webex"), everything) == WAIT
    assert given(event(title="@meet"), everything) == NONE


def test_what_stands_in_for_another_service_gets_the_settings_of_its_own():
    rules = (Rule("zoom", settings=MUTE), Rule("webex", settings=WAIT))
    instead = ruled(*rules, flags={"fallback": ("webex",)})
    services = {name: one for name, one in KNOWING.items() if name != "zoom"}
    assert given(event(title="@zoom"), replace(instead, services=services)) == WAIT


def test_the_default_is_what_it_is_for_this_event():
    own = Linked("pro_1", "webex", name="ada@webex.example")
    policy = ruled(Rule("default", settings=WAIT), linked=(own,))
    assert given(event(ask="default"), policy) == WAIT
    assert given(event(title="@zoom"), policy) == NONE
    standing = live(source="property:default", profile="")
    assert given(event(ask="default"), policy, standing) == WAIT, (
        "it stands at Zoom, and was given it as the default"
    )


def test_a_rule_is_named_by_its_name_its_service_or_its_place():
    rules = (Rule("zoom", name="guests"), Rule("zoom"), Rule(settings=WAIT))
    assert [name_of(rule, ruled(*rules)) for rule in rules] == ["rule:guests", "rule:zoom", "rule:#3"]


def test_the_rule_is_found_for_those_who_ask_why():
    policy = ruled(Rule("static", settings=MUTE), Rule(settings=WAIT, name="all"))
    verdict = judge(event(title="@zoom"), None, policy)
    assert settings_rule(event(title="@zoom"), verdict, policy, None).name == "all"


# What is owed to a meeting that stands


def standing(settings=NONE):
    known_ = live(request=request(settings=settings))
    return shown(event(title="@zoom Review"), known_), known_


def test_another_rule_changes_the_meeting_and_never_makes_another():
    seen, known_ = standing()
    policy = ruled(Rule(settings=WAIT))
    assert not settled(seen, known_, policy)
    first = plan(seen, known_, policy, "hdnew")
    assert isinstance(first, Record)
    assert first.conference == replace(known_, state="changing")
    then = plan(seen, first.conference, policy, "hdnew")
    assert then == Update(first.conference, meeting(), request(settings=WAIT))
    after = live(request=then.request)
    assert plan(seen, after, policy, "hdnew") is None
    assert settled(seen, after, policy)


@pytest.mark.parametrize(
    "rules", [(), (Rule(settings=NONE),), (Rule(settings=MeetingSettings(waiting_room=True)),)]
)
def test_a_setting_that_is_laid_down_no_longer_costs_no_call(rules):
    seen, known_ = standing(MeetingSettings(waiting_room=True, mute_on_entry=True))
    assert plan(seen, known_, ruled(*rules), "hdnew") is None
    assert settled(seen, known_, ruled(*rules))


def test_when_it_is_updated_for_something_else_what_is_laid_down_no_longer_is_not_sent():
    seen, known_ = standing(WAIT)
    renamed = replace(seen, title="@zoom Retrospective")
    changing = plan(renamed, known_, ruled(Rule(settings=MUTE)), "hdnew").conference
    assert plan(renamed, changing, ruled(Rule(settings=MUTE)), "hdnew").request.settings == MUTE


def test_a_record_from_before_there_were_settings_is_no_reason_for_an_update():
    seen, known_ = standing()
    assert plan(seen, known_, ruled(), "hdnew") is None
