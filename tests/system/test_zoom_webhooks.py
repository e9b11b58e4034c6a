"""What people do to a meeting in Zoom's portal is put right at once; our own calls, echoed, cost nothing."""

from __future__ import annotations

import pytest

from tests.system import machine
from tests.system.checks import link, words
from tests.system.huddled import secret
from tests.system.linking import ADA, accounts, link_account, linkable
from tests.system.people import hours
from tests.system.stage import set_up

pytestmark = pytest.mark.system
SECRET, OTHER = "a-secret-token", "the-other-apps-secret-token"


@pytest.fixture(scope="module")
def whole(providers, tmp_path_factory):
    """Run a daemon that Zoom tells of everything, for both apps; nothing else makes it look at a meeting."""
    folder = tmp_path_factory.mktemp("huddled")
    made = set_up(folder, providers, sync={"sweep_seconds": 86_400})
    made.huddled.configure(zoom=linkable(folder, providers)["zoom"])
    made.huddled.configure(
        zoom={
            "webhook_secret_file": secret(folder / "zoom-webhook.secret", OTHER),
            "user_webhook_secret_file": secret(folder / "zoom-user-webhook.secret", SECRET),
        }
    )
    try:
        made.huddled.start()
        made.watching()
        hook = {"url": f"{made.huddled.public}/hooks/zoom", "secret": SECRET}
        assert providers("POST", "/zoom/webhooks", hook)["validated"]
        yield made
    finally:
        machine.end(made.huddled.process)
        providers("POST", "/reset", {})


@pytest.fixture
def stage(whole):
    yield whole
    whole.providers.pushes(copies=1)
    whole.clear()


def meeting_of(stage, event):
    """Return the Zoom meeting whose link stands on an event."""
    (one,) = (one for one in stage.providers.zoom() if one["join_url"] == link(event))
    return one


def portal(stage, event, deed, **body):
    """Do something to the event's meeting in the portal, and return the call log's end before it."""
    meeting, since = meeting_of(stage, event), stage.providers.last()
    stage.providers("POST", f"/zoom/meetings/{meeting['id']}/{deed}", body)
    return since


def test_a_meeting_that_is_deleted_in_the_portal_is_made_anew_within_a_push(stage):
    event = stage.gets(stage.ada.add("Plan @zoom"), "zoom")
    dead = link(event)
    since = portal(stage, event, "delete")
    stage.until(lambda: link(stage.ada.see(event)) not in ("", dead), "another link")
    event = stage.gets(event, "zoom")
    assert dead not in event.text + event.location
    assert event.location == link(event)
    assert stage.providers.counted(since)["zoom.get"] == 1
    assert stage.providers.counted(since)["zoom.create"] == 1


def test_another_passcode_is_brought_to_the_event_and_the_meeting_stays(stage):
    event = stage.gets(stage.ada.add("Plan @zoom"), "zoom")
    before, old = meeting_of(stage, event), link(event)
    portal(stage, event, "edit", password="Other-1")
    stage.until(lambda: link(stage.ada.see(event)) not in ("", old), "the new link")
    event = stage.gets(event, "zoom")
    assert meeting_of(stage, event)["id"] == before["id"]
    assert "Other-1" in words(event)
    assert old not in event.text + event.location
    (why,) = stage.huddled.told("why", event.id)
    assert "meeting changed" in str(why)


def test_a_storm_of_webhooks_makes_hardly_more_than_a_look(stage):
    event = stage.gets(stage.ada.add("Plan @zoom"), "zoom")
    stage.providers.pushes(copies=40)
    since = portal(stage, event, "edit", password="Stormy-1")
    stage.providers.wait_for_pushes()
    stage.until(lambda: "Stormy-1" in words(stage.ada.see(event)), "the new passcode")
    stage.rest()
    calls = stage.providers.counted(since)
    assert 1 <= calls["zoom.get"] <= 4  # whatever rings during a look makes one more
    assert calls["events.patch"] == 1
    assert calls["zoom.update"] == calls["zoom.create"] == 0


def test_our_own_calls_come_back_and_nobody_looks(stage):
    since = stage.providers.last()
    event = stage.gets(stage.ada.add("Plan @zoom"), "zoom")
    event = stage.ada.change(event, title="Another plan @zoom", **hours(30))
    stage.until(lambda: stage.providers.counted(since)["zoom.update"], "an update of the meeting")
    stage.gets(event, "zoom")
    stage.ada.delete(event)
    stage.in_step({})
    stage.rest()
    calls = stage.providers.counted(since)
    assert (calls["zoom.create"], calls["zoom.delete"], calls["zoom.get"]) == (1, 1, 0)
    assert stage.huddled.rows("SELECT * FROM work WHERE kind = 'check'") == []


def test_a_consent_that_is_taken_back_is_noticed_before_anything_fails(stage):
    link_account(stage, "zoom", ADA)
    (credential,) = stage.huddled.rows("SELECT length(secret) FROM credentials")
    assert credential[0] > 0
    since = stage.providers.last()
    stage.providers("POST", "/zoom/deauthorize", {"email": ADA})

    def told():
        (one,) = accounts(stage)
        return "removed the app" in str(one)

    stage.until(told, "an account that is shown as disconnected")
    assert stage.huddled.rows("SELECT length(secret) FROM credentials") == [(0,)]
    assert not [op for op in stage.providers.counted(since) if op.startswith("zoom")]
    (one,) = accounts(stage)
    assert stage.huddled.command("unlink", one["id"]).returncode == 0


def test_an_account_that_is_linked_again_after_that_works(stage):
    link_account(stage, "zoom", ADA)
    stage.providers("POST", "/zoom/deauthorize", {"email": ADA})
    stage.until(lambda: "removed the app" in str(accounts(stage)), "an account that is shown as disconnected")
    profile = link_account(stage, "zoom", ADA)
    event = stage.gets(stage.ada.add("Plan @zoom"), "zoom")
    assert meeting_of(stage, event)["host_email"] == ADA
    assert "removed the app" not in str(accounts(stage))
    stage.ada.delete(event)
    stage.in_step({})
    assert stage.huddled.command("unlink", profile).returncode == 0
