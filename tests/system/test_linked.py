"""Accounts that people have linked: made in, lost, linked again, given up; with the real process."""

from __future__ import annotations

import json
import urllib.request

import pytest

from tests.system import machine
from tests.system.checks import link
from tests.system.linking import ADA, accounts, all_meetings, link_account, linkable, made_at
from tests.system.people import hours
from tests.system.stage import set_up

pytestmark = pytest.mark.system
BOB, ZOE = "bob@example.com", "zoe@example.com"


class Told:
    """What the command of [alerts] has been told."""

    def __init__(self, folder):
        self.runs, self.lines = folder / "runs", folder / "lines"
        self.command = ["/bin/sh", "-c", f"echo >> {self.runs}; cat >> {self.lines}"]

    def facts(self):
        return (
            [json.loads(line) for line in self.lines.read_text().splitlines()] if self.runs.exists() else []
        )

    def clear(self):
        for file in (self.runs, self.lines):
            file.unlink(missing_ok=True)


@pytest.fixture(scope="module")
def whole(providers, tmp_path_factory):
    """Run a daemon with Zoom of the whole account and with the apps that people link."""
    folder = tmp_path_factory.mktemp("huddled")
    made, told = set_up(folder, providers), Told(folder)
    made.huddled.configure(**linkable(folder, providers), alerts={"command": told.command})
    providers.user(ZOE)
    try:
        made.huddled.start()
        made.watching()
        yield made, told
    finally:
        machine.end(made.huddled.process)
        providers("POST", "/reset", {})


@pytest.fixture
def stage(whole):
    stage, told = whole
    yield stage
    stage.providers.calm()
    for person in (stage.ada, stage.bob):
        for event in person.events():
            person.delete(event)
    stage.rest()
    for one in accounts(stage):
        stage.huddled.command("unlink", one["id"])
    told.clear()


@pytest.fixture
def told(whole):
    return whole[1]


def revoke(stage, provider, who):
    stage.providers("POST", f"/{provider}/deauthorize", {"email": who})


def lost(stage, profile):
    """Wait until a profile is shown as disconnected, and return what is told of it."""

    def found():
        (one,) = (one for one in accounts(stage) if one["id"] == profile)
        return None if one["connected"] else one

    return stage.until(found, "an account that is shown as disconnected")


@pytest.mark.parametrize("provider", ["zoom", "goto", "webex"])
def test_a_meeting_is_made_in_the_account_that_the_person_has_linked(stage, provider):
    link_account(stage, provider, ZOE)
    named, default = (stage.ada.add(f"Plan {word}") for word in (f"@{provider}", "@video"))
    assert made_at(stage, named) == made_at(stage, default) == (provider, ZOE)
    assert len(all_meetings(stage)) == 2
    stage.ada.change(named, title=f"Better plan @{provider}", **hours(50))
    stage.ada.delete(default)
    stage.until(lambda: len(all_meetings(stage)) == 1, "one meeting less")
    assert made_at(stage, named) == (provider, ZOE)


def test_without_an_account_of_their_own_people_get_the_operators_and_are_told_what_they_lack(stage):
    zoom, goto = stage.ada.add("Plan @zoom"), stage.ada.add("Plan @goto")
    assert made_at(stage, zoom) == ("zoom", ADA)
    stage.rest()
    (why,) = stage.huddled.told("why", goto.id)
    assert f"{ADA} has linked no account; run: huddled link goto --account {ADA}" in why["verdict"]
    link_account(stage, "goto", ZOE)
    assert made_at(stage, goto) == ("goto", ZOE)
    assert made_at(stage, zoom) == ("zoom", ADA)


def test_an_account_that_is_revoked_is_told_of_once_and_all_that_waits_completes_when_it_is_linked_again(
    stage, told
):
    profile = link_account(stage, "zoom", ZOE)
    moved, removed, left = (stage.ada.add(f"{word} @zoom") for word in ("Moved", "Removed", "Left"))
    urls = {one.id: link(stage.ada.see(one)) for one in (moved, removed, left) if made_at(stage, one)}
    revoke(stage, "zoom", ZOE)
    late = [stage.ada.add(f"Late {number} @zoom") for number in range(3)]
    stage.ada.change(moved, title="Moved on @zoom", **hours(60))
    stage.ada.delete(removed)
    gone = lost(stage, profile)
    stage.until_well(lambda: [] if told.facts() else ["nobody was told"])
    stage.rest()
    assert (gone["provider"], gone["name"], gone["account"], gone["default"]) == ("zoom", ZOE, ADA, True)
    assert gone["relink"] == f"huddled link zoom --account {ADA}"
    assert gone["relink"] in gone["trouble"]
    (why,) = stage.huddled.told("why", late[0].id)
    assert (why["account"]["id"], why["account"]["connected"]) == (profile, False)
    assert all(link(stage.ada.see(one)) == "" for one in late)
    assert link(stage.ada.see(left)) == urls[left.id]
    stage.until(lambda: accounts(stage)[0]["waiting"] == 5, "five events that wait")
    (fact,) = told.facts()
    assert (fact["account"], fact["profile"], fact["mend"]) == (ADA, profile, gone["relink"])
    assert "disconnected_conferencing_profiles 1.0" in metrics(stage)
    assert link_account(stage, "zoom", ZOE) == profile
    assert {made_at(stage, one) for one in (*late, moved, left)} == {("zoom", ZOE)}
    stage.until(lambda: len(all_meetings(stage)) == 5, "one meeting for each event")
    assert [link(stage.ada.see(one)) for one in (moved, left)] == [urls[moved.id], urls[left.id]]
    assert told.runs.read_text().count("\n") == 1
    assert accounts(stage)[0]["connected"]
    assert "disconnected_conferencing_profiles 0.0" in metrics(stage)


def test_who_asks_for_another_service_need_not_wait_for_the_account_that_was_lost(stage):
    link_account(stage, "zoom", ZOE)
    event = stage.ada.add("Plan @zoom")
    assert made_at(stage, event) == ("zoom", ZOE)
    revoke(stage, "zoom", ZOE)
    stage.ada.change(event, title="Plan @static")
    stage.until(lambda: link(stage.ada.see(event)).startswith("https://meet.example.net/"), "the other link")
    assert len(all_meetings(stage)) == 1
    link_account(stage, "zoom", ZOE)
    stage.until(lambda: not all_meetings(stage), "no meeting at Zoom")
    assert link(stage.ada.see(event)).startswith("https://meet.example.net/")


def metrics(stage):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{stage.huddled.admin}/metrics", timeout=30) as answer:
        return answer.read().decode()


def test_the_account_linked_last_is_the_default_of_new_events_alone_until_another_is_chosen(stage):
    zoom = link_account(stage, "zoom", ZOE)
    first = stage.ada.add("First @video")
    assert made_at(stage, first) == ("zoom", ZOE)
    link_account(stage, "goto", ZOE)
    second = stage.ada.add("Second @video")
    assert made_at(stage, second) == ("goto", ZOE)
    stage.ada.change(first, title="First of all @video")
    stage.rest()
    assert made_at(stage, first) == ("zoom", ZOE)
    assert stage.huddled.command("default", zoom).returncode == 0
    third = stage.ada.add("Third @video")
    assert made_at(stage, third) == ("zoom", ZOE)
    assert made_at(stage, second) == ("goto", ZOE)
    assert [one["default"] for one in accounts(stage) if one["id"] == zoom] == [True]


def test_an_account_that_is_given_up_keeps_its_meetings_and_makes_no_more(stage):
    profile = link_account(stage, "zoom", ZOE)
    event = stage.ada.add("Plan @zoom")
    assert made_at(stage, event) == ("zoom", ZOE)
    url = link(stage.ada.see(event))
    assert stage.huddled.command("unlink", profile).returncode == 0
    later = stage.ada.add("Later @zoom")
    assert made_at(stage, later) == ("zoom", ADA)
    stage.ada.change(event, title="Another plan @zoom")
    stage.rest()
    assert link(stage.ada.see(event)) == url
    assert ("zoom", ZOE, url) in all_meetings(stage)
    (why,) = stage.huddled.told("why", event.id)
    assert "no longer linked" in why["verdict"]
