"""An organizer with Google and a guest with Outlook, both of them looked after, and the other way round."""

from __future__ import annotations

import pytest

from tests.system import machine
from tests.system.checks import link, words
from tests.system.homes import GOOGLE, HOMES, OUTLOOK, everywhere
from tests.system.people import hours
from tests.system.stage import same_link, set_up

pytestmark = [pytest.mark.system, everywhere]


@pytest.fixture(scope="module")
def stage(providers, tmp_path_factory, home):
    """Ada at one home, Bob at the other."""
    other = next(one for one in HOMES.values() if one != home)
    made = set_up(tmp_path_factory.mktemp("huddled"), providers, home, bobs=other)
    try:
        made.huddled.start()
        made.watching(2)
        yield made
    finally:
        machine.end(made.huddled.process)
        providers("POST", "/reset", {})


def test_a_meeting_of_both_is_made_once_and_written_by_one(stage, service):
    since = stage.providers.last()
    event = stage.ada.add(f"Plan @{service}", guests=["bob@example.com"], text="Agenda")
    made = stage.gets(event, service)
    stage.rest()
    stage.rest()
    theirs = stage.bob.copy_of(event)
    assert link(made) in theirs.text.replace("&amp;", "&") or link(made) == theirs.native
    calls = [call for call in stage.providers.calls(since) if call["status"] and call["status"] < 300]
    assert sum(call["op"] == "zoom.create" for call in calls) == int(service == "zoom")
    wrote = {(call["provider"], call["user"]) for call in calls if call["op"] == "events.patch"}
    assert {provider for provider, _ in wrote} == {stage.home.provider}
    assert wrote == {(stage.home.provider, "ada@example.com")} or stage.home == OUTLOOK


def test_the_guests_copy_follows_and_is_never_written_to(stage, service):
    event = stage.gets(stage.ada.add(f"Plan @{service}", guests=["bob@example.com"]), service)
    stage.ada.change(event, title=f"Another name @{service}", **hours(50))
    stage.rest()
    stage.rest()
    after = stage.gets(event, service)
    assert same_link(event, after)
    theirs = stage.bob.copy_of(event)
    assert (theirs.title, theirs.start) == (after.title, after.start)
    since = stage.providers.last()
    stage.bob.answer(event, "accepted")
    stage.rest()
    stage.rest()
    assert not {op for op in stage.providers.counted(since) if op in {"events.patch", "zoom.update"}}
    stage.ada.change(event, title="Plan")
    stage.rest()
    stage.loses(event)
    stage.rest()
    assert link(after) not in words(stage.bob.copy_of(event))


def test_a_guest_who_flags_their_own_copy_gets_no_second_meeting(stage):
    stage.rest()
    since = stage.providers.last()
    event = stage.ada.add("Plan", guests=["bob@example.com"])
    copy = stage.bob.copy_of(event)
    stage.bob.change(copy, **stage.bob.tagged("zoom"))
    stage.rest()
    stage.rest()
    assert not {op for op in stage.providers.counted(since) if op in {"events.patch", "zoom.create"}}
    assert link(stage.ada.see(event)) == link(stage.bob.see(copy)) == ""


def test_plan_and_status_speak_of_both(stage):
    status = stage.huddled.told("status")
    assert {(one["provider"], one["connected"]) for one in status["accounts"]} == {
        (GOOGLE.provider, True),
        (OUTLOOK.provider, True),
    }
    plan = stage.huddled.told("plan")
    assert {one["account"] for one in plan["calendars"]} == {"ada@example.com", "bob@example.com"}
    assert all("error" not in one for one in plan["calendars"])
