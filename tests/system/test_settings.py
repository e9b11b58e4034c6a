"""Rules that lay down settings, in the running daemon: another rule reaches the meetings that stand."""

from __future__ import annotations

import pytest

from tests.system.checks import link

pytestmark = pytest.mark.system


def settings(stage):
    """Return what the one meeting at Zoom has been told."""
    (meeting,) = stage.providers.zoom()
    return meeting["settings"]


def configured(stage, *rules):
    """Start the daemon with these rules."""
    stage.huddled.configure(rules=list(rules))
    stage.huddled.start()
    stage.watching()


def test_another_rule_changes_the_meetings_that_stand_and_their_links_stay(stage):
    configured(stage, {"name": "guests", "settings": {"mute_on_entry": True}})
    event = stage.gets(stage.ada.add("Plan @zoom"), "zoom")
    assert settings(stage)["mute_upon_entry"] is True
    assert "auto_recording" not in settings(stage), "what no rule lays down is the account's"

    stage.huddled.stop()
    stage.providers("POST", "/zoom/switches", {"locked_settings": ["auto_recording"]})
    configured(stage, {"service": "zoom", "settings": {"waiting_room": False, "recording": "cloud"}})
    stage.until(lambda: settings(stage)["waiting_room"] is False, "another waiting room")
    after = stage.gets(event, "zoom")
    assert link(after) == link(event)

    (why,) = stage.huddled.told("why", event.id)
    assert why["settings"]["by"] == "rule:zoom"
    assert why["settings"]["given"] == {"waiting_room": False, "recording": "cloud"}
    assert why["settings"]["not_taken"] == ["recording"]
    (lost,) = stage.huddled.told("status")["settings_not_taken"]
    assert (lost["event"], lost["settings"]) == (event.id, ["recording"])

    stage.huddled.stop()
    spent = stage.huddled.told("status")["spent_today"]
    configured(stage)
    stage.quiet()
    assert link(stage.ada.see(event)) == link(event)
    assert stage.huddled.told("status")["spent_today"] == spent, "a rule that goes costs no call"
