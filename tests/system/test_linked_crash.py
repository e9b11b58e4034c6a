"""`kill -9` around the refresh of a person's own account: nothing is lost but what the provider lets nobody repeat."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException

import pytest

from tests.system.checks import link
from tests.system.linking import ADA, accounts, agree, all_meetings, link_account, linkable, made_at

pytestmark = pytest.mark.system
ZOE = "zoe@example.com"
SIDES = {"before the provider acts": {"hang": True}, "after it has acted": {"delay": 60.0}}
NO_ACCOUNT_APP = {"account_id": None, "client_id": None, "client_secret_file": None}


@pytest.fixture
def linked(stage, tmp_path):
    """A daemon without any Zoom but people's own, and a command that keeps what it is told."""
    made = linkable(tmp_path, stage.providers)
    made["zoom"] |= NO_ACCOUNT_APP
    hook = ["/bin/sh", "-c", f"cat >> {tmp_path / 'told'}"]
    stage.huddled.configure(**made, alerts={"command": hook}, sync={"sweep_seconds": 2})
    stage.providers.user(ZOE)
    stage.huddled.start()
    stage.watching()
    return stage


def _told(stage):
    file = stage.huddled.folder / "told"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def _die_at_a_refresh(stage, provider, side):
    """Restart, so that no access token is at hand, and die at the refresh that a flagged event needs."""
    stage.huddled.stop()
    stage.providers.fault(f"{provider}.token", **SIDES[side])
    stage.huddled.start()
    event = stage.ada.add(f"Plan @{provider}")
    stage.until(stage.providers.hits, "a refresh")
    stage.providers.state()
    stage.huddled.kill()
    stage.providers.calm()
    return event


@pytest.mark.parametrize(
    ("provider", "side"),
    [("zoom", "before the provider acts"), *((name, side) for name in ("goto", "webex") for side in SIDES)],
)
def test_a_refresh_that_can_be_repeated_is_and_nobody_is_told(linked, provider, side):
    stage = linked
    link_account(stage, provider, ZOE)
    event = _die_at_a_refresh(stage, provider, side)
    stage.huddled.start()
    assert made_at(stage, event) == (provider, ZOE)
    assert len(all_meetings(stage)) == 1
    assert _told(stage) == []


def test_a_token_that_was_lost_with_the_answer_is_told_of_once_and_linking_again_mends_it(linked):
    stage = linked
    profile = link_account(stage, "zoom", ZOE)
    event = _die_at_a_refresh(stage, "zoom", "after it has acted")
    stage.huddled.start()
    stage.until(lambda: _told(stage), "somebody who is told")
    stage.huddled.restart()
    stage.rest()
    (fact,) = _told(stage)
    assert (fact["profile"], fact["mend"]) == (profile, f"huddled link zoom --account {ADA}")
    assert [one["connected"] for one in accounts(stage)] == [False]
    assert link(stage.ada.see(event)) == ""
    assert link_account(stage, "zoom", ZOE) == profile
    assert made_at(stage, event) == ("zoom", ZOE)
    assert len(all_meetings(stage)) == 1
    assert len(_told(stage)) == 1


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("provider", ["zoom", "goto", "webex"])
def test_killed_while_a_meeting_is_made_it_ends_with_one_in_their_account(linked, provider, side):
    stage = linked
    link_account(stage, provider, ZOE)
    stage.providers.fault(f"{provider}.create", **SIDES[side])
    event = stage.ada.add(f"Plan @{provider}")
    stage.until(stage.providers.hits, "a create")
    stage.providers.state()
    stage.huddled.kill()
    stage.providers.calm()
    stage.huddled.start()
    assert made_at(stage, event) == (provider, ZOE)
    assert len(all_meetings(stage)) == 1


def test_with_a_fallback_nobody_waits_and_the_reason_is_told(linked):
    stage = linked
    profile = link_account(stage, "zoom", ZOE)
    first = stage.ada.add("First @zoom")
    assert made_at(stage, first) == ("zoom", ZOE)
    stage.huddled.stop()
    stage.huddled.configure(flags={"fallback": ["static"]})
    stage.providers("POST", "/zoom/deauthorize", {"email": ZOE})
    stage.huddled.start()
    second = stage.ada.add("Second @zoom")
    in_place = stage.until(lambda: link(stage.ada.see(second)), "a link in the place of Zoom's")
    assert in_place.startswith("https://meet.example.net/")
    (why,) = stage.huddled.told("why", second.id)
    assert why["instead_of"] == "zoom"
    assert "in the place of zoom" in why["verdict"]
    assert link_account(stage, "zoom", ZOE) == profile
    third = stage.ada.add("Third @zoom")
    assert made_at(stage, third) == made_at(stage, first) == ("zoom", ZOE)
    assert link(stage.ada.see(second)) == in_place


def test_killed_while_somebody_comes_back_from_the_provider_the_link_is_good_for_another_try(linked):
    """The code is used, and the tokens were lost before they were kept."""
    stage = linked
    url = stage.huddled.told("link", "zoom", "--account", ADA)["url"]
    stage.providers.fault("zoom.user", delay=60.0)
    with ThreadPoolExecutor() as pool:
        coming = pool.submit(agree, url, "zoom", ZOE)
        stage.until(stage.providers.hits, "the call")
        stage.huddled.kill()
        assert isinstance(coming.exception(), OSError | HTTPException)
    stage.providers.calm()
    stage.huddled.start()
    assert accounts(stage) == []
    assert "is connected" in agree(url, "zoom", ZOE)
    event = stage.ada.add("Plan @zoom")
    assert made_at(stage, event) == ("zoom", ZOE)
