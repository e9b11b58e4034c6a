"""Which service, and which account, an event gets that asks for one by name."""

from __future__ import annotations

from dataclasses import replace

import pytest
from builders import POLICY, event, live, shown

from daemon.choice import choose
from daemon.plan import plan
from daemon.policy import judge
from daemon.rules import Flags
from daemon.terms import Leave, Linked, Service, Unwanted, Wanted

GOTO, WEBEX = "pro_goto", "pro_webex"
SERVICES = {
    **POLICY.services,
    "goto": Service("goto", follows=frozenset({"title", "time"}), personal=True),
    "webex": Service("webex", personal=True),
}
FRESH = "hd0000000000000009"
ON_GOTO, ON_WEBEX = Linked(GOTO, "goto"), Linked(WEBEX, "webex")
BROKEN = replace(ON_GOTO, trouble="Ada took it back")
BARE = replace(POLICY, services=SERVICES)
BOTH = replace(BARE, linked=(ON_WEBEX, ON_GOTO))


def flags(**changes):
    return Flags(services=("meet", "zoom", "static"), **changes)


def chosen(word, policy, known=None):
    found = choose(word, "title:@x", policy, known)
    return (found.service.name, found.profile) if isinstance(found, Wanted) else found.lacks


@pytest.mark.parametrize(
    ("word", "policy", "gets"),
    [
        ("default", BARE, ("zoom", "")),
        ("default", BOTH, ("webex", WEBEX)),
        ("video", BOTH, ("webex", WEBEX)),
        ("video", replace(BOTH, flags=flags(video="static")), ("static", "")),
        ("default", replace(BOTH, services=POLICY.services), ("zoom", "")),  # neither is set up any more
        ("default", replace(BOTH, linked=(BROKEN,)), ("goto", GOTO)),  # no other takes its place unasked
        ("integrated", BOTH, ("meet", "")),
        ("integrated", replace(BOTH, native=()), "integrated"),
        ("goto", BOTH, ("goto", GOTO)),
        ("goto", BARE, "goto"),
        ("zoom", BOTH, ("zoom", "")),
        ("zoom", replace(BARE, linked=(Linked("pro_z", "zoom"),)), ("zoom", "pro_z")),
        (GOTO, BOTH, ("goto", GOTO)),
        (GOTO, BARE, GOTO),
        (GOTO, replace(BOTH, services=POLICY.services), "goto"),
        ("none", BOTH, ""),
        ("explicit", BOTH, "explicit"),
    ],
)
def test_what_is_asked_for_decides(word, policy, gets):
    assert chosen(word, policy) == gets


def test_auto_prefers_no_service_that_the_person_would_have_to_link():
    services = {**SERVICES, "zoom": replace(SERVICES["zoom"], personal=True)}
    assert chosen("default", replace(BARE, services=services)) == ("meet", "")


def test_who_has_linked_no_account_is_told_how():
    found = choose("goto", "title:@goto", BARE)
    assert isinstance(found, Unwanted)
    assert "huddled link goto --account ada@example.com" in found.why


@pytest.mark.parametrize(
    ("word", "policy", "gets", "instead_of"),
    [
        ("goto", BARE, ("static", ""), "goto"),
        ("default", replace(BARE, linked=(BROKEN,)), ("static", ""), "goto"),
        ("goto", BOTH, ("goto", GOTO), ""),
        ("none", BARE, "", ""),
    ],
)
def test_only_the_configuration_puts_one_service_in_the_place_of_another(word, policy, gets, instead_of):
    policy = replace(
        policy, flags=flags(fallback=("webex", "static") if not policy.linked else ("goto", "static"))
    )
    assert chosen(word, policy) == gets
    found = choose(word, "title:@x", policy)
    assert getattr(found, "instead_of", "") == instead_of


def test_without_any_that_can_be_had_it_waits():
    policy = replace(BARE, flags=flags(fallback=("webex",)))
    assert chosen("goto", policy) == "goto"


def test_a_meeting_that_stands_keeps_its_account_when_another_is_linked():
    known = live(service="goto", profile=GOTO, source="title:@goto")
    other = replace(BARE, linked=(Linked("pro_new", "goto"), ON_GOTO))
    assert chosen("goto", other, known) == ("goto", GOTO)
    assert chosen("pro_new", other, known) == ("goto", "pro_new")
    operators = live(source="title:@zoom")
    assert chosen("zoom", replace(BARE, linked=(Linked("pro_z", "zoom"),)), operators) == ("zoom", "")


def test_what_becomes_the_default_later_is_for_new_events_alone():
    later = BOTH  # Webex was linked after GoTo
    known = live(service="goto", profile=GOTO, source="title:@video")
    assert chosen("video", later) == ("webex", WEBEX)
    assert chosen("video", later, known) == ("goto", GOTO)
    assert chosen("default", later, live(source="rule:all")) == ("zoom", "")
    assert chosen("webex", later, known) == ("webex", WEBEX)
    assert chosen("video", later, live(service="gone", source="title:@video")) == ("webex", WEBEX)


@pytest.mark.parametrize("before", ["api:explicit", "api:integrated", "api:pro_goto"])
def test_an_application_that_asks_for_the_default_after_something_else_gets_it(before):
    policy = replace(BARE, linked=(ON_WEBEX,))
    known = live(service="static", source=before)
    wanted = choose("default", "api:default", policy, known)
    assert (wanted.service.name, wanted.profile) == ("webex", WEBEX)
    kept = live(service="goto", profile=GOTO, source="api:default")
    assert choose("default", "api:default", BOTH, kept).profile == GOTO
    typed = choose("default", "api:default", BOTH, replace(kept, source="title:@video"))
    assert typed.profile == GOTO


def test_what_stands_follows_the_operators_default_where_it_is_nobodys_own():
    changed = replace(BARE, flags=flags(default="static"))
    assert chosen("default", changed, live(source="rule:all")) == ("static", "")


def test_one_that_stands_in_for_another_stays_until_something_else_asks():
    policy = replace(BOTH, flags=flags(fallback=("static",)))
    known = live(service="static", source="title:@x")
    assert chosen("goto", policy, known) == ("static", "")
    assert chosen("goto", replace(policy, linked=()), known) == ("static", "")
    assert chosen("goto", policy, replace(known, source="title:@zoom")) == ("goto", GOTO)
    assert chosen("goto", replace(policy, flags=flags()), known) == ("goto", GOTO)
    assert chosen("none", policy, known) == ""


def test_what_an_account_made_stays_when_it_is_unlinked_and_goes_when_nobody_wants_it():
    known = live(service="goto", profile=GOTO, source="title:@goto")
    asks = shown(event(title="Review @goto"), known)
    assert isinstance(judge(asks, known, BARE), Leave)
    assert plan(asks, known, BARE, FRESH) is None
    assert isinstance(judge(shown(event(), known), known, BARE), Unwanted)


@pytest.mark.parametrize(
    ("source", "title", "state"),
    [
        ("title:@goto", "Review @static", "leaving"),
        ("title:@goto", "Review @webex", None),  # which cannot be had
        ("title:@goto", "Another name @goto", None),
        ("title:@video", "Review @video", None),  # not what is asked for has changed, but what it stands for
    ],
)
def test_who_asks_for_another_service_than_that_of_an_unlinked_account_gets_it(source, title, state):
    known = live(service="goto", profile=GOTO, source=source)
    policy = replace(BARE, flags=flags(default="zoom"))
    action = plan(shown(event(title=title), known), known, policy, FRESH)
    assert (action and action.conference.state) == state


def test_an_account_of_ones_own_is_written_down_with_the_intention():
    action = plan(event(title="Review @goto"), None, BOTH, FRESH)
    assert (action.conference.service, action.conference.profile) == ("goto", GOTO)
    assert action.conference.request.host == ""


def test_another_account_that_is_asked_for_by_name_makes_another_meeting():
    known = live(service="goto", profile=GOTO, source="title:@goto")
    policy = replace(BOTH, linked=(ON_GOTO, Linked("pro_new", "goto")))
    seen = shown(event(ask="pro_new"), known)
    assert plan(seen, known, policy, FRESH).conference.state == "leaving"
