"""The main job from end to end, as people see it in their calendars."""

from __future__ import annotations

import re

import pytest

from tests.system import machine
from tests.system.checks import ZOOM, link, mark, of, traces
from tests.system.providers import hours
from tests.system.stage import same_link, set_up

pytestmark = pytest.mark.system

SERVICES = ("meet", "zoom", "static")
WITH_BLOCKS = ("zoom", "static")
TEAMS = "https://teams.microsoft.com/l/meetup-join/19%3ameeting_NDAxYjY4ZGYt%40thread.v2/0"


@pytest.fixture(scope="module")
def stage(providers, tmp_path_factory):
    """Ada with a team calendar that is looked after and a private one that is not, and Bob."""
    rules = [{"service": "zoom", "name": "interviews", "title": "^interview"}]
    made = set_up(
        tmp_path_factory.mktemp("huddled"), providers, google={"exclude": ["Private*"]}, rules=rules
    )
    try:
        made.ada.calendar(id="team@group.calendar.google.com", summary="Team")
        made.ada.calendar(id="private@group.calendar.google.com", summary="Private things")
        made.huddled.start()
        made.watching(3)
        yield made
    finally:
        machine.end(made.huddled.process)


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize(
    "flag",
    [
        pytest.param(lambda word: {"title": f"Plan @{word}"}, id="title"),
        pytest.param(lambda word: {"title": "Plan", "location": f"@{word}"}, id="location"),
        pytest.param(lambda word: {"title": "Plan", "description": f"Bring cake. @{word}"}, id="description"),
        pytest.param(
            lambda word: {"title": "Plan", "extendedProperties": {"private": {"conferencing": word}}},
            id="property",
        ),
    ],
)
def test_a_flagged_event_gets_its_meeting(stage, service, flag):
    event = stage.ada.add(**flag(service))
    stage.gets(event, service)


def test_a_rule_gives_a_meeting_without_any_keyword(stage):
    event = stage.ada.add("Interview with Grace")
    stage.gets(event, "zoom")


def test_an_event_without_a_flag_is_left_alone(stage):
    event = stage.ada.add("Lunch", description="No computers", location="Canteen")
    stage.rest()
    assert stage.ada.see(event)["etag"] == event["etag"]


def test_the_keyword_in_the_location_makes_way_for_the_link_and_the_rest_of_it_stays(stage):
    event = stage.ada.add("Plan", location="@zoom, Room 4")
    after = stage.gets(event, "zoom")
    assert after["location"] == f"{link(after)}, Room 4"


def test_a_typed_location_stays_and_the_link_stands_in_the_description(stage):
    event = stage.ada.add("Plan @zoom", location="Room 4")
    assert stage.gets(event, "zoom")["location"] == "Room 4"


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda word: {"summary": f"Another name @{word}"}, id="renamed"),
        pytest.param(lambda _: hours(48), id="moved to another day"),
        pytest.param(lambda _: hours(24, 90), id="made longer"),
        pytest.param(
            lambda _: {
                end: {"dateTime": f"2031-03-04T{hour}:00:00", "timeZone": "Asia/Kathmandu"}
                for end, hour in (("start", 10), ("end", 11))
            },
            id="moved to another zone",
        ),
        pytest.param(lambda _: {"attendees": [{"email": "carol@example.org"}]}, id="somebody invited"),
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
    stage.ada.change(event, attendees=[{"email": "carol@example.org"}])

    def invited():
        found = next(one for one in stage.providers.zoom() if one["join_url"] == link(event))
        return [one["email"] for one in found["settings"].get("meeting_invitees", [])]

    stage.until(lambda: invited() == ["carol@example.org"], "Carol among Zoom's invitees")


LEAVING = [
    pytest.param(lambda ada, event: ada.change(event, summary="Plan"), id="no longer flagged"),
    pytest.param(lambda ada, event: ada.change(event, summary="Plan @none"), id="opted out with @none"),
]


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("leave", LEAVING)
def test_an_event_that_wants_no_meeting_any_more_loses_it_with_every_trace(stage, service, leave):
    plain = stage.ada.add("Plan", description="Agenda:\n* one\n* two", location="Room 4")
    flagged = stage.gets(stage.ada.change(plain, summary=f"Plan @{service}"), service)
    leave(stage.ada, flagged)
    stage.rest()
    after = stage.loses(flagged)
    stage.no_meeting(link(flagged))
    assert (after["description"], after["location"]) == (plain["description"], plain["location"])


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(lambda ada, event: ada.delete(event), id="deleted"),
        pytest.param(lambda ada, event: ada.change(event, status="cancelled"), id="cancelled"),
        pytest.param(
            lambda ada, event: ada.move(event, "private@group.calendar.google.com"),
            id="moved to a calendar that is not watched",
        ),
    ],
)
def test_the_meeting_goes_with_its_event(stage, end):
    event = stage.gets(stage.ada.add("Plan @zoom"), "zoom")
    end(stage.ada, event)
    stage.no_meeting(link(event))
    stage.rest()


@pytest.mark.parametrize("service", SERVICES)
def test_a_cancelled_event_that_is_restored_has_a_meeting_again(stage, service):
    event = stage.gets(stage.ada.add(f"Plan @{service}"), service)
    stage.ada.delete(event)
    stage.rest()
    stage.ada.restore(event)
    stage.rest()
    stage.gets(event, service)


def test_an_event_flagged_again_has_a_meeting_again(stage):
    event = stage.gets(stage.ada.add("Plan @zoom"), "zoom")
    stage.ada.change(event, summary="Plan")
    stage.rest()
    stage.loses(event)
    stage.ada.change(event, summary="Plan @zoom")
    assert link(stage.gets(event, "zoom")) != link(event)


def test_an_event_that_is_over_gets_no_meeting(stage):
    event = stage.ada.add("Plan @zoom", **hours(-3))
    stage.rest()
    assert traces(stage.ada.see(event)) == []


@pytest.mark.parametrize("service", SERVICES)
def test_an_event_that_becomes_a_series_keeps_its_link(stage, service):
    before = stage.gets(stage.ada.add(f"Weekly @{service}"), service)
    changed = stage.ada.change(before, recurrence=["RRULE:FREQ=WEEKLY;COUNT=6"])
    stage.rest()
    assert same_link(before, stage.gets(changed, service))


def _occurrence(event, number):
    """Name one occurrence of a daily series that begins tomorrow."""
    begin = event["start"]["dateTime"]
    day = int(begin[8:10]) + number  # only used with series that do not cross the end of a month
    stamp = re.sub(r"[-:]", "", begin[:19])
    return f"{event['id']}_{stamp[:6]}{day:02d}{stamp[8:]}Z"


def _series(stage, service):
    """Make a daily series in the first days of a month."""
    times = {
        end: {"dateTime": f"2031-05-02T{clock}:00Z", "timeZone": "UTC"}
        for end, clock in (("start", "10:00"), ("end", "10:30"))
    }
    event = stage.ada.add(f"Daily @{service}", recurrence=["RRULE:FREQ=DAILY;COUNT=8"], **times)
    return stage.gets(event, service)


@pytest.mark.parametrize("service", SERVICES)
def test_a_moved_occurrence_shares_the_link_of_its_series(stage, service):
    series = _series(stage, service)
    meetings = len(stage.providers.zoom())
    moved = {
        end: {"dateTime": f"2031-05-04T{clock}:00Z", "timeZone": "UTC"}
        for end, clock in (("start", "15:00"), ("end", "15:30"))
    }
    occurrence = stage.ada.change(_occurrence(series, 2), **moved)
    stage.rest()
    assert same_link(series, stage.ada.see(occurrence))
    assert same_link(series, stage.ada.see(series))
    assert len(stage.providers.zoom()) == meetings


@pytest.mark.parametrize("service", SERVICES)
def test_a_cancelled_occurrence_leaves_the_series_as_it_is(stage, service):
    series = _series(stage, service)
    stage.ada.delete(_occurrence(series, 3))
    stage.rest()
    assert same_link(series, stage.gets(series, service))


@pytest.mark.parametrize("service", WITH_BLOCKS)
def test_taking_the_block_out_by_hand_is_an_opt_out_that_sticks(stage, service):
    event = stage.gets(stage.ada.add(f"Plan @{service}", description="Agenda"), service)
    stage.ada.change(event, description="Agenda", location="")
    stage.rest()
    stage.loses(event)
    stage.ada.change(event, summary=f"Renamed @{service}", **hours(30))
    stage.rest()
    after = stage.ada.see(event)
    assert (traces(after), after["description"]) == ([], "Agenda")
    stage.no_meeting(link(event))


def test_taking_the_meet_out_by_hand_is_an_opt_out_that_sticks(stage):
    event = stage.gets(stage.ada.add("Plan @meet"), "meet")
    stage.ada.change(event, conferenceData=None)
    stage.rest()
    stage.loses(event)
    stage.ada.change(event, summary="Renamed @meet")
    stage.rest()
    assert not of(stage.ada.see(event))


@pytest.mark.parametrize(
    "link_of_somebody",
    [
        {"description": f"Join here: {TEAMS}"},
        {"location": "https://us05web.zoom.us/j/85512345678?pwd=abc"},
        {"location": "https://example.webex.com/meet/ada"},
    ],
)
def test_an_event_with_somebodys_link_is_left_alone(stage, link_of_somebody):
    event = stage.ada.add("Plan @meet", **link_of_somebody)
    stage.rest()
    assert stage.ada.see(event)["etag"] == event["etag"]


@pytest.mark.parametrize(
    ("old", "new"), [("zoom", "meet"), ("meet", "zoom"), ("static", "zoom"), ("zoom", "static")]
)
def test_asking_for_another_service_replaces_the_meeting(stage, old, new):
    event = stage.gets(stage.ada.add(f"Plan @{old}", description="Agenda"), old)
    stage.ada.change(event, summary=f"Plan @{new}")
    stage.rest()
    after = stage.gets(event, new)
    stage.no_meeting(link(event))
    assert after["description"].startswith("Agenda")


@pytest.mark.parametrize("service", WITH_BLOCKS)
@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("Hello\n", "\n\nRegards,  Ada\t\n", id="plain text"),
        pytest.param("a < b &amp; c > d\n", "\n“Quotes” – ünïcödé 🎉", id="odd characters"),
        pytest.param("<b>Agenda</b><br><ul><li>one</li></ul>", "<p>the <i>end</i></p>", id="HTML"),
    ],
)
def test_text_typed_around_the_block_survives_byte_for_byte(stage, service, before, after):
    event = stage.gets(stage.ada.add(f"Plan @{service}"), service)
    block = event["description"]
    stage.ada.change(event, description=before + block + after, summary=f"Named anew @{service}")
    stage.rest()
    assert stage.ada.see(event)["description"] == before + block + after
    stage.ada.change(event, summary="Plan")
    stage.rest()
    assert stage.loses(event)["description"] == before + after


def test_a_meeting_with_a_second_watched_person_is_made_once_and_written_by_one(stage):
    since = stage.providers.last()
    event = stage.ada.add("Plan @zoom", attendees=[{"email": "bob@example.com"}])
    stage.gets(event, "zoom")
    stage.rest()
    calls = [call for call in stage.providers.calls(since) if call["status"] and call["status"] < 300]
    made = [call["user"] for call in calls if call["op"] == "zoom.create"]
    wrote = {call["user"] for call in calls if call["op"] == "events.patch"}
    assert (len(made), wrote) == (1, {"ada@example.com"})
    assert link(stage.bob.see(event)) == link(stage.ada.see(event))


def test_an_event_of_a_shared_calendar_gets_its_meeting(stage):
    team = "team@group.calendar.google.com"
    event = stage.ada.add("Stand-up @zoom", calendar=team)
    assert link(stage.gets(event, "zoom", calendar=team)).startswith(ZOOM)


def test_a_copied_event_gets_a_meeting_of_its_own(stage):
    event = stage.gets(stage.ada.add("Plan @zoom"), "zoom")
    kept = {name: event[name] for name in ("description", "location", "extendedProperties")}
    copy = stage.ada.add(event["summary"], **kept)
    stage.rest()
    assert link(stage.gets(copy, "zoom")) != link(event)
    assert same_link(event, stage.gets(event, "zoom"))


def test_a_deleted_zoom_meeting_is_made_anew_and_its_link_takes_the_place_of_the_old_one(stage):
    event = stage.gets(stage.ada.add("Plan @zoom"), "zoom")
    lost = next(one for one in stage.providers.zoom() if one["join_url"] == link(event))
    stage.providers("POST", f"/zoom/meetings/{lost['id']}/delete", {})
    text = f"Above\n{event['description']}\nBelow"
    stage.ada.change(event, summary="Renamed @zoom", description=text)
    stage.rest()
    after = stage.gets(event, "zoom")
    assert link(after) != link(event)
    assert after["location"] == link(after)
    assert after["description"].startswith("Above\n-")
    assert after["description"].endswith("-\nBelow")


def test_while_a_provider_fails_the_event_keeps_its_text_and_people_are_told_why(stage):
    stage.providers.fault("zoom.create", times=-1, status=503)
    event = stage.ada.add("Unlucky @zoom", description="Agenda", location="Room 4")
    stage.until(lambda: any(event["id"] in work for work in stage.huddled.failing()), "work that fails")
    now = stage.ada.see(event)
    assert (now["description"], now["location"]) == ("Agenda", "Room 4")
    (why,) = stage.huddled.told("why", "Unlucky")
    assert "503" in why["failing"]["why"]
    assert why["owed"] == "provision"
    assert [work["why"] for work in stage.huddled.told("status")["failing"]] == [why["failing"]["why"]]
    stage.providers.calm()
    stage.gets(event, "zoom")
    assert stage.huddled.told("why", event["id"])[0]["failing"] is None


def test_why_explains_events_with_and_without_a_meeting(stage):
    plain, flagged = stage.ada.add("Explained lunch"), stage.ada.add("Explained plan @zoom")
    stage.gets(flagged, "zoom")
    stage.rest()
    found = {one["event"]: one for one in stage.huddled.told("why", "Explained")}
    assert found[plain["id"]]["verdict"] == "It should have no meeting: nothing asks for a conference."
    assert "title:@zoom" in found[flagged["id"]]["verdict"]
    assert (found[flagged["id"]]["owed"], found[flagged["id"]]["conference"]["state"]) == (None, "live")
    assert stage.huddled.command("why", "no such event").returncode == 1


def test_a_plan_tells_what_would_be_done_and_writes_nothing(stage):
    flagged = stage.gets(stage.ada.add("Planned @zoom"), "zoom")
    stage.providers.fault("events.watch", times=-1, status=503)
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
    assert owed[new["id"]] == "make a zoom meeting and write its details on the event"
    assert flagged["id"] not in owed
    assert asked <= {"token", "calendarList.list", "events.list"}
    assert mark(stage.ada.see(new)) == ""
