"""What the operator may set about mails, and how the daily allowance of Zoom is kept."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.system.checks import link
from tests.system.people import hours

pytestmark = pytest.mark.system


def test_guests_are_mailed_where_the_operator_wants_it_and_once_only(stage):
    stage.huddled.configure(google={"send_updates": "all", "third_party_conference_data": False})
    stage.huddled.start()
    stage.watching()
    event = stage.ada.add("Plan @zoom", guests=["carol@example.org"])
    stage.in_step({event.id: "zoom"})
    stage.quiet(0.5)
    assert Counter(mail["to"] for mail in stage.providers.mails()) == {"carol@example.org": 1}


def test_the_probe_for_a_field_of_other_services_is_made_once_and_remembered(stage):
    stage.huddled.start()
    stage.watching()
    first, second = (stage.ada.add(f"Plan {n} @zoom") for n in (1, 2))
    stage.in_step({first.id: "zoom", second.id: "zoom"})
    stage.huddled.stop()
    since = stage.providers.last()
    stage.huddled.start()
    stage.watching()
    third = stage.ada.add("Plan 3 @zoom")
    stage.in_step({event.id: "zoom" for event in (first, second, third)})
    patches = [call["status"] for call in stage.providers.calls(since) if call["op"] == "events.patch"]
    assert patches == [200]


def test_zooms_day_being_used_up_parks_creates_says_so_and_lets_cancels_go(stage):
    stage.huddled.configure(zoom={"daily_limit": 5, "cancel_reserve": 2})
    stage.huddled.start()
    stage.watching()
    made = [stage.ada.add(f"Plan {n} @zoom") for n in range(3)]
    stage.in_step({event.id: "zoom" for event in made})
    late = stage.ada.add("One too many @zoom", text="Agenda")
    stage.until(lambda: any(late.id in work for work in stage.huddled.failing()), "work that is parked")
    stage.ada.delete(made[0])
    stage.no_meeting(link(stage.ada.see(made[0])))
    (why,) = stage.huddled.told("why", "One too many")
    assert "the day's 3 creates and updates for ada@example.com are used up" in why["failing"]["why"]
    assert why["failing"]["again"][11:19] >= "00:00:00"
    assert stage.ada.see(late).text == "Agenda"
    assert stage.providers.counted()["zoom.create"] == 3
    assert stage.huddled.told("status")["spent_today"] == {"zoom ada@example.com": 4}


def test_zooms_own_daily_limit_parks_creates_until_it_says(stage):
    stage.providers.modes(zoom_daily_limit=2)
    stage.huddled.start()
    stage.watching()
    made = [stage.ada.add(f"Plan {n} @zoom") for n in range(2)]
    stage.in_step({event.id: "zoom" for event in made})
    late = [stage.ada.add(f"Late {n} @zoom") for n in range(3)]
    stage.until(lambda: len(stage.huddled.failing()) == 3, "work that is parked")
    refused = stage.providers.counted()["zoom.create"]
    assert refused <= 5
    stage.ada.change(late[0], **hours(90))
    assert "zoom.create" not in stage.quiet(1.0)
    stage.ada.delete(made[0])
    stage.no_meeting(link(stage.ada.see(made[0])))
    told = " ".join(stage.huddled.failing().values())
    assert "daily rate limit (2)" in told or "used up" in told
