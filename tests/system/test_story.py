"""The main job from end to end, as people see it in their calendars."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.system import machine
from tests.system.checks import ZOOM, link, of, traces, words
from tests.system.homes import OUTLOOK, everywhere
from tests.system.people import hours, times
from tests.system.stage import same_link, set_up

pytestmark = [pytest.mark.system, everywhere]

with_block = pytest.mark.parametrize("service", ["zoom", "static"], indirect=True)
KATHMANDU = "Asia/Kathmandu"
FAR_OFF = datetime(2031, 5, 2, 10, tzinfo=UTC)
TEAMS = "https://teams.microsoft.com/l/meetup-join/19%3ameeting_NDAxYjY4ZGYt%40thread.v2/0"


@pytest.fixture(scope="module")
def stage(providers, tmp_path_factory, home):
    """Ada with a team calendar that is looked after and a private one that is not, and Bob."""
    rules = [{"service": "zoom", "name": "interviews", "title": "^interview"}]
    settings = {"rules": rules, home.provider: {"exclude": ["Private*"]}}
    made = set_up(tmp_path_factory.mktemp("huddled"), providers, home, **settings)
    try:
        made.ada.calendar("Team")
        made.ada.calendar("Private")
        made.huddled.start()
        made.watching(3)
        yield made
    finally:
        machine.end(made.huddled.process)


@pytest.mark.parametrize(
    "flag",
    [
        pytest.param(lambda _, word: {"title": f"Plan @{word}"}, id="title"),
        pytest.param(lambda _, word: {"title": "Plan", "location": f"@{word}"}, id="location"),
        pytest.param(lambda _, word: {"title": "Plan", "text": f"Bring cake. @{word}"}, id="text"),
        pytest.param(lambda ada, word: {"title": "Plan", **ada.tagged(word)}, id="property or category"),
    ],
)
def test_a_flagged_event_gets_its_meeting(stage, service, flag):
    event = stage.ada.add(**flag(stage.ada, service))
    stage.gets(event, service)


def test_a_rule_gives_a_meeting_without_any_keyword(stage):
    event = stage.ada.add("Interview with Grace")
    stage.gets(event, "zoom")


def test_an_event_without_a_flag_is_left_alone(stage):
    event = stage.ada.add("Lunch", text="No computers", location="Canteen")
    stage.rest()
    assert stage.ada.see(event).version == event.version


def test_the_keyword_in_the_location_makes_way_for_the_link_and_the_rest_of_it_stays(stage):
    event = stage.ada.add("Plan", location="@zoom, Room 4")
    after = stage.gets(event, "zoom")
    assert after.location == f"{link(after)}, Room 4"


def test_a_typed_location_stays_and_the_link_stands_in_the_description(stage):
    event = stage.ada.add("Plan @zoom", location="Room 4")
    assert stage.gets(event, "zoom").location == "Room 4"


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda word: {"title": f"Another name @{word}"}, id="renamed"),
        pytest.param(lambda _: hours(48), id="moved to another day"),
        pytest.param(lambda _: hours(24, 90), id="made longer"),
        pytest.param(
            lambda _: times(datetime(2031, 3, 4, 10, tzinfo=ZoneInfo(KATHMANDU)), 60, KATHMANDU),
            id="moved to another zone",
        ),
        pytest.param(lambda _: {"guests": ["carol@example.org"]}, id="somebody invited"),
    ],
)
def test_a_changed_event_keeps_its_link_and_its_meeting_follows(stage, service, change):
    before = stage.gets(stage.ada.add(f"Plan @{service}"), service)
    changed = stage.ada.change(before, **change(service))
    stage.rest()
    after = stage.gets(changed, service)
    assert same_link(before, after)


def test_zoom_is_told_who_is_invited(stage):
    event = stage.gets(stage.ada.add("Plan @zoom"), "zoom")
    stage.ada.change(event, guests=["carol@example.org"])

    def invited():
        found = next(one for one in stage.providers.zoom() if one["join_url"] == link(event))
        return [one["email"] for one in found["settings"].get("meeting_invitees", [])]

    stage.until(lambda: invited() == ["carol@example.org"], "Carol among Zoom's invitees")


LEAVING = [
    pytest.param(lambda ada, event: ada.change(event, title="Plan"), id="no longer flagged"),
    pytest.param(lambda ada, event: ada.change(event, title="Plan @none"), id="opted out with @none"),
]


@pytest.mark.parametrize("leave", LEAVING)
def test_an_event_that_wants_no_meeting_any_more_loses_it_with_every_trace(stage, service, leave):
    plain = stage.ada.add("Plan", text="Agenda:\n* one\n* two", location="Room 4")
    flagged = stage.gets(stage.ada.change(plain, title=f"Plan @{service}"), service)
    leave(stage.ada, flagged)
    stage.rest()
    after = stage.loses(flagged)
    stage.no_meeting(link(flagged))
    assert (after.text, after.location) == (plain.text, plain.location)


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(lambda ada, event: ada.delete(event), id="deleted"),
        pytest.param(lambda ada, event: ada.cancel(event), id="cancelled"),
        pytest.param(
            lambda ada, event: ada.move(event, ada.calendar_id("Private")),
            id="moved to a calendar that is not watched",
        ),
    ],
)
def test_the_meeting_goes_with_its_event(stage, end):
    event = stage.gets(stage.ada.add("Plan @zoom"), "zoom")
    end(stage.ada, event)
    stage.no_meeting(link(event))
    stage.rest()


def test_a_cancelled_event_that_is_restored_has_a_meeting_again(stage, service, home):
    if home == OUTLOOK:
        pytest.skip("Outlook has no way back for what was cancelled")
    event = stage.gets(stage.ada.add(f"Plan @{service}"), service)
    stage.ada.delete(event)
    stage.rest()
    stage.ada.restore(event)
    stage.rest()
    stage.gets(event, service)


def test_an_event_flagged_again_has_a_meeting_again(stage):
    event = stage.gets(stage.ada.add("Plan @zoom"), "zoom")
    stage.ada.change(event, title="Plan")
    stage.rest()
    stage.loses(event)
    stage.ada.change(event, title="Plan @zoom")
    assert link(stage.gets(event, "zoom")) != link(event)


def test_an_event_that_is_over_gets_no_meeting(stage):
    event = stage.ada.add("Plan @zoom", **hours(-3))
    stage.rest()
    assert traces(stage.ada.see(event)) == []


def test_an_event_that_becomes_a_series_keeps_its_link(stage, service):
    before = stage.gets(stage.ada.add(f"Weekly @{service}"), service)
    changed = stage.ada.change(before, repeats=("weekly", 6))
    stage.rest()
    assert same_link(before, stage.gets(changed, service))


def _series(stage, service):
    event = stage.ada.add(f"Daily @{service}", repeats=("daily", 8), **times(FAR_OFF, 30))
    return stage.gets(event, service)


def test_a_moved_occurrence_shares_the_link_of_its_series(stage, service):
    series = _series(stage, service)
    meetings = len(stage.providers.zoom())
    moved = times(FAR_OFF + timedelta(days=2, hours=5), 30)
    occurrence = stage.ada.change(stage.ada.occurrence(series, 2), **moved)
    stage.rest()
    assert same_link(series, stage.ada.see(occurrence))
    assert same_link(series, stage.ada.see(series))
    assert len(stage.providers.zoom()) == meetings


def test_a_cancelled_occurrence_leaves_the_series_as_it_is(stage, service):
    series = _series(stage, service)
    stage.ada.delete(stage.ada.occurrence(series, 3))
    stage.rest()
    assert same_link(series, stage.gets(series, service))


@with_block
def test_taking_the_block_out_by_hand_is_an_opt_out_that_sticks(stage, service):
    event = stage.gets(stage.ada.add(f"Plan @{service}", text="Agenda"), service)
    stage.ada.change(event, text="Agenda", location="")
    stage.rest()
    stage.loses(event)
    stage.ada.change(event, title=f"Renamed @{service}", **hours(30))
    stage.rest()
    after = stage.ada.see(event)
    assert (traces(after), after.text) == ([], stage.ada.typed("Agenda"))
    stage.no_meeting(link(event))


def test_taking_the_calendars_own_meeting_out_by_hand_is_an_opt_out_that_sticks(stage, home):
    event = stage.gets(stage.ada.add(f"Plan @{home.integrated}"), home.integrated)
    stage.ada.take_out(event)
    stage.rest()
    stage.loses(event)
    stage.ada.change(event, title=f"Renamed @{home.integrated}")
    stage.rest()
    assert not of(stage.ada.see(event))


@pytest.mark.parametrize(
    "link_of_somebody",
    [
        {"text": f"Join here: {TEAMS}"},
        {"location": "https://us05web.zoom.us/j/85512345678?pwd=abc"},
        {"location": "https://example.webex.com/meet/ada"},
    ],
)
def test_an_event_with_somebodys_link_is_left_alone(stage, home, link_of_somebody):
    event = stage.ada.add(f"Plan @{home.integrated}", **link_of_somebody)
    stage.rest()
    assert stage.ada.see(event).version == event.version


@pytest.mark.parametrize(
    ("old", "new"),
    [("zoom", "integrated"), ("integrated", "zoom"), ("static", "zoom"), ("zoom", "static")],
)
def test_asking_for_another_service_replaces_the_meeting(stage, home, old, new):
    old, new = home.service(old), home.service(new)
    event = stage.gets(stage.ada.add(f"Plan @{old}", text="Agenda"), old)
    stage.ada.change(event, title=f"Plan @{new}")
    stage.rest()
    after = stage.gets(event, new)
    stage.no_meeting(link(event))
    assert words(after).startswith("Agenda")


@with_block
@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("Hello\n", "\n\nRegards,  Ada\t\n", id="plain text"),
        pytest.param("a < b &amp; c > d\n", "\n“Quotes” – ünïcödé 🎉", id="odd characters"),
        pytest.param("<b>Agenda</b><br><ul><li>one</li></ul>", "<p>the <i>end</i></p>", id="HTML"),
    ],
)
def test_text_typed_around_the_block_survives_byte_for_byte(stage, service, before, after):
    ada = stage.ada
    plain = ada.add("Plan", text="")
    event = stage.gets(ada.change(plain, title=f"Plan @{service}"), service)
    typed = ada.around(event.text, before, after)
    stage.ada.change(event, text=typed, title=f"Named anew @{service}")
    stage.rest()
    assert ada.see(event).text == typed
    ada.change(event, title="Plan")
    stage.rest()
    assert stage.loses(event).text == ada.around(plain.text, before, after)


def test_a_meeting_with_a_second_watched_person_is_made_once_and_written_by_one(stage):
    since = stage.providers.last()
    event = stage.ada.add("Plan @zoom", guests=["bob@example.com"])
    stage.gets(event, "zoom")
    stage.rest()
    calls = [call for call in stage.providers.calls(since) if call["status"] and call["status"] < 300]
    made = [call["user"] for call in calls if call["op"] == "zoom.create"]
    wrote = {call["user"] for call in calls if call["op"] == "events.patch"}
    assert (len(made), wrote) == (1, {"ada@example.com"})
    assert link(stage.bob.copy_of(event)) == link(stage.ada.see(event))


def test_an_event_of_a_shared_calendar_gets_its_meeting(stage):
    team = stage.ada.calendar_id("Team")
    event = stage.ada.add("Stand-up @zoom", calendar=team)
    assert link(stage.gets(event, "zoom", calendar=team)).startswith(ZOOM)


def test_a_copied_event_gets_a_meeting_of_its_own(stage):
    event = stage.gets(stage.ada.add("Plan @zoom"), "zoom")
    copy = stage.ada.copy(event)
    stage.rest()
    assert link(stage.gets(copy, "zoom")) != link(event)
    assert same_link(event, stage.gets(event, "zoom"))


def test_a_deleted_zoom_meeting_is_made_anew_and_its_link_takes_the_place_of_the_old_one(stage):
    event = stage.gets(stage.ada.add("Plan @zoom"), "zoom")
    lost = next(one for one in stage.providers.zoom() if one["join_url"] == link(event))
    stage.providers("POST", f"/zoom/meetings/{lost['id']}/delete", {})
    text = stage.ada.around(event.text, "Above\n", "\nBelow")
    stage.ada.change(event, title="Renamed @zoom", text=text)
    stage.rest()
    after = stage.gets(event, "zoom")
    assert link(after) != link(event)
    assert after.location == link(after)
    assert re.match(r"Above\n+----? Online meeting", words(after))
    assert re.search(r"\) ----?\nBelow$", words(after))


def test_while_a_provider_fails_the_event_keeps_its_text_and_people_are_told_why(stage):
    stage.providers.fault("zoom.create", times=-1, status=503)
    event = stage.ada.add("Unlucky @zoom", text="Agenda", location="Room 4")
    stage.until(lambda: any(event.id in work for work in stage.huddled.failing()), "work that fails")
    now = stage.ada.see(event)
    assert (now.text, now.location) == (stage.ada.typed("Agenda"), "Room 4")
    (why,) = stage.huddled.told("why", "Unlucky")
    assert "503" in why["failing"]["why"]
    assert why["owed"] == "provision"
    assert [work["why"] for work in stage.huddled.told("status")["failing"]] == [why["failing"]["why"]]
    stage.providers.calm()
    stage.gets(event, "zoom")
    assert stage.huddled.told("why", event.id)[0]["failing"] is None


def test_why_explains_events_with_and_without_a_meeting(stage):
    plain, flagged = stage.ada.add("Explained lunch"), stage.ada.add("Explained plan @zoom")
    stage.gets(flagged, "zoom")
    stage.rest()
    found = {one["event"]: one for one in stage.huddled.told("why", "Explained")}
    assert found[plain.id]["verdict"] == "It should have no meeting: nothing asks for a conference."
    assert "title:@zoom" in found[flagged.id]["verdict"]
    assert (found[flagged.id]["owed"], found[flagged.id]["conference"]["state"]) == (None, "live")
    assert stage.huddled.command("why", "no such event").returncode == 1


def test_a_plan_tells_what_would_be_done_and_writes_nothing(stage, home):
    flagged = stage.gets(stage.ada.add("Planned @zoom"), "zoom")
    stage.rest()  # what is still announced would bring the daemon to look
    stage.providers.fault(home.watching, times=-1, status=503)
    stage.providers.pushes(drop=1.0)
    try:
        new = stage.ada.add("Planned later @zoom")
        since = stage.providers.last()
        plan = stage.huddled.told("plan")
        asked = {call["op"] for call in stage.providers.calls(since)}
        owed = {one["event"]: one["does"] for calendar in plan["calendars"] for one in calendar["owed"]}
    finally:
        stage.providers.pushes(drop=0.0)
        stage.providers.calm()
    assert owed[new.id] == "make a zoom meeting and write its details on the event"
    assert flagged.id not in owed
    assert asked <= home.reading
    assert stage.ada.see(new).mark == ""
