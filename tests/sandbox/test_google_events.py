"""Events over real HTTP: what a client writes, and what it reads back."""

from __future__ import annotations

import pytest

ONE = "/calendars/primary/events/{}"
EVENTS = "/calendars/primary/events"
DAY = {"start": {"date": "2030-05-06"}, "end": {"date": "2030-05-07"}}


async def test_an_inserted_event_comes_back_whole(ada):
    made = await ada.insert(id="abcde12345", description="x", location="y")
    assert await ada.get("abcde12345") == made
    assert made["organizer"] == {"email": "ada@example.com", "displayName": "Ada", "self": True}
    assert made["iCalUID"] == "abcde12345@google.com"
    assert made["start"] == {"dateTime": "2030-05-06T10:00:00Z", "timeZone": "UTC"}


async def test_the_etag_is_twice_the_time_of_change_and_rises_with_every_write(ada):
    made = await ada.insert()
    changed = (await ada.patch(made["id"], {"summary": "b"})).body
    again = (await ada.patch(made["id"], {"summary": "b"})).body
    assert int(made["etag"].strip('"')) < int(changed["etag"].strip('"')) < int(again["etag"].strip('"'))
    assert int(made["etag"].strip('"')) / 2e6 == pytest.approx(int(again["etag"].strip('"')) / 2e6, abs=60)


@pytest.mark.parametrize(
    ("old", "patch", "new"),
    [
        ({"description": "a"}, {"location": "b"}, {"description": "a", "location": "b"}),
        ({"description": "a"}, {"description": None}, {"description": None}),
        (
            {"extendedProperties": {"private": {"a": "1", "b": "2"}}},
            {"extendedProperties": {"private": {"b": None, "c": "3"}}},
            {"extendedProperties": {"private": {"a": "1", "c": "3"}}},
        ),
        (
            {
                "attendees": [
                    {"email": "x@example.org", "responseStatus": "accepted"},
                    {"email": "y@example.org"},
                ]
            },
            {"attendees": [{"email": "X@example.org"}]},
            {"attendees": [{"email": "x@example.org", "responseStatus": "needsAction"}]},
        ),
        (
            {},
            {
                "start": {"date": "2030-05-06", "dateTime": None},
                "end": {"date": "2030-05-07", "dateTime": None},
            },
            DAY,
        ),
        ({}, {"id": "other1", "etag": '"1"', "created": "2001-01-01T00:00:00Z"}, {"summary": "Plan"}),
        ({"description": "a"}, {"conferenceData": None}, {"description": "a"}),
    ],
)
async def test_patch_merges_objects_replaces_arrays_and_null_takes_away(ada, old, patch, new):
    made = await ada.insert(**old)
    changed = (await ada.patch(made["id"], patch)).body
    assert {name: changed.get(name) for name in new} == new
    assert changed["id"] == made["id"]
    assert changed["created"] == made["created"]


async def test_put_replaces_all_that_a_client_may_set(ada):
    made = await ada.insert(description="a", extendedProperties={"private": {"a": "1"}})
    body = {"summary": "b", "start": made["start"], "end": made["end"]}
    put = await ada.ok("PUT", ONE.format(made["id"]), body)
    assert "description" not in put
    assert "extendedProperties" not in put
    assert put["iCalUID"] == made["iCalUID"]


@pytest.mark.parametrize("method", ["PATCH", "PUT", "DELETE"])
async def test_a_write_with_an_old_etag_is_412_and_changes_nothing(ada, method):
    made = await ada.insert()
    changed = (await ada.patch(made["id"], {"summary": "b"}, headers={"If-Match": made["etag"]})).body
    body = None if method == "DELETE" else {**made, "summary": "c"}
    answer = await ada.call(method, ONE.format(made["id"]), body, headers={"If-Match": made["etag"]})
    assert (answer.status, answer.reason) == (412, "conditionNotMet")
    assert await ada.get(made["id"]) == changed


async def test_an_unchanged_event_is_304(ada):
    made = await ada.insert()
    answer = await ada.call("GET", ONE.format(made["id"]), headers={"If-None-Match": made["etag"]})
    assert answer.status == 304


async def test_an_id_is_taken_for_ever_even_after_deletion(ada):
    made = await ada.insert(id="abcde12345")
    taken = await ada.call("POST", EVENTS, {**made, "summary": "other"})
    await ada.ok("DELETE", ONE.format(made["id"]))
    still = await ada.call("POST", EVENTS, {**made, "summary": "other"})
    assert [(a.status, a.reason) for a in (taken, still)] == [(409, "duplicate")] * 2


async def test_a_deleted_event_can_be_read_and_restored_but_not_deleted_again(ada):
    made = await ada.insert()
    await ada.ok("DELETE", ONE.format(made["id"]))
    assert (await ada.get(made["id"]))["status"] == "cancelled"
    again = await ada.call("DELETE", ONE.format(made["id"]))
    assert (again.status, again.reason) == (410, "deleted")
    assert (await ada.patch(made["id"], {"status": "confirmed"})).body["status"] == "confirmed"


async def test_long_keys_of_extended_properties_are_dropped_and_long_values_cut(ada):
    made = await ada.insert(extendedProperties={"private": {"k" * 44: "a", "k" * 45: "b", "v": "x" * 2000}})
    assert made["extendedProperties"]["private"] == {"k" * 44: "a", "v": "x" * 1024}


@pytest.mark.parametrize(
    ("body", "reason", "words"),
    [
        ({"colour": "red"}, "badRequest", "colour"),
        ({"start": {"dateTime": 5}}, "badRequest", "start.dateTime"),
        ({"start": {"date": "2030-13-01"}}, "badRequest", "start.date"),
        ({"start": None}, "required", "start"),
        ({"attendees": [{"displayName": "x"}]}, "invalid", "attendee"),
        ({"attendees": {"email": "x@example.org"}}, "badRequest", "attendees"),
        ({"id": "UPPER"}, "invalid", "resource id"),
        ({"id": "abcd"}, "invalid", "resource id"),
        ({"end": {"dateTime": "2030-05-06T09:00:00Z"}}, "timeRangeEmpty", "empty"),
        ({"end": {"date": "2030-05-07"}}, "invalid", "time"),
        ({"start": {"date": "2030-05-06", "dateTime": "2030-05-06T10:00:00Z"}}, "invalid", "start"),
        ({"start": {"dateTime": "2030-05-06T10:00:00"}}, "required", "time zone"),
        ({"start": {"dateTime": "2030-05-06T10:00:00", "timeZone": "Mars/Base"}}, "invalid", "time zone"),
        ({"recurrence": ["RRULE:FREQ=DAILY"]}, "required", "time zone"),
        ({"recurrence": ["RRULE:FREQ=NEVER"], **DAY}, "invalid", "recurrence"),
    ],
)
async def test_a_body_that_makes_no_sense_is_refused_and_says_why(ada, body, reason, words):
    event = {"start": {"dateTime": "2030-05-06T10:00:00Z"}, "end": {"dateTime": "2030-05-06T11:00:00Z"}}
    answer = await ada.call("POST", EVENTS, event | body)
    assert (answer.status, answer.reason) == (400, reason)
    assert words in answer.body["error"]["message"]


async def test_patching_a_date_into_a_timed_event_without_taking_the_time_away_is_refused(ada):
    made = await ada.insert()
    answer = await ada.patch(made["id"], DAY)
    assert (answer.status, answer.reason) == (400, "invalid")


@pytest.mark.parametrize(
    ("method", "path", "query"),
    [
        ("GET", EVENTS, {"calender": "x"}),
        ("GET", EVENTS, {"maxResults": "many"}),
        ("GET", EVENTS, {"maxResults": "0"}),
        ("GET", EVENTS, {"singleEvents": "yes"}),
        ("GET", EVENTS, {"orderBy": "name"}),
        ("GET", EVENTS, {"timeMin": "garbage"}),
        ("GET", EVENTS, {"timeMin": "2030-01-01T00:00:00"}),
        ("GET", EVENTS, {"timeMin": ["2030-01-01T00:00:00Z", "2031-01-01T00:00:00Z"]}),
        ("GET", EVENTS, {"fields": "items(id"}),
        ("POST", EVENTS, {"conferenceDataVersion": "7"}),
        ("POST", EVENTS, {"sendUpdates": "some"}),
        ("POST", EVENTS + "/abcde/move", {}),
    ],
)
async def test_query_parameters_are_held_to_the_published_contract(ada, method, path, query):
    event = {**DAY, "summary": "x"} if path == EVENTS and method == "POST" else None
    assert (await ada.call(method, path, event, **query)).status == 400


async def test_a_body_is_needed_and_must_be_json(ada, http):
    assert (await ada.call("POST", EVENTS)).reason == "required"
    headers = {"Authorization": f"Bearer {ada.token}", "Content-Type": "application/json"}
    url = f"{ada.url}/google/calendar/v3{EVENTS}"
    async with http.post(url, data="{nonsense", headers=headers) as response:
        assert response.status == 400


async def test_fields_picks_what_is_answered(ada):
    made = await ada.insert()
    one = await ada.ok("GET", ONE.format(made["id"]), fields="id,start/dateTime,organizer(email)")
    assert one == {
        "id": made["id"],
        "start": {"dateTime": "2030-05-06T10:00:00Z"},
        "organizer": {"email": "ada@example.com"},
    }
    page = await ada.ok("GET", EVENTS, fields="items(id),nextSyncToken", quotaUser="me", prettyPrint="false")
    assert page["items"] == [{"id": made["id"]}]
    assert set(page) == {"items", "nextSyncToken"}


async def test_a_long_get_may_come_as_post(ada, http, control):
    made = await ada.insert()
    headers = {"Authorization": f"Bearer {ada.token}", "X-HTTP-Method-Override": "GET"}
    url = f"{ada.url}/google/calendar/v3{EVENTS}"
    async with http.post(url, data={"singleEvents": "false"}, headers=headers) as response:
        assert [item["id"] for item in (await response.json())["items"]] == [made["id"]]
    assert (await control("GET", "/calls"))["counts"]["events.list"] == 1


async def test_times_are_shown_in_the_zone_of_the_calendar_or_the_one_asked_for(control):
    spec = {"primary": True, "timeZone": "America/Denver"}
    await control("POST", "/users", {"email": "dan@example.com", "calendars": [spec]})
    dan = await control.client("dan@example.com")
    start = {"dateTime": "2030-05-06T10:00:00", "timeZone": "GMT-07:00"}
    made = await dan.insert(start=start, end={"dateTime": "2030-05-06T18:00:00Z"})
    assert made["start"] == {"dateTime": "2030-05-06T11:00:00-06:00", "timeZone": "GMT-07:00"}
    one = await dan.ok("GET", ONE.format(made["id"]), timeZone="Europe/Berlin")
    assert one["start"]["dateTime"] == "2030-05-06T19:00:00+02:00"


async def test_a_change_of_reminders_alone_moves_the_etag_but_not_updated(ada):
    made = await ada.insert()
    changed = (await ada.patch(made["id"], {"reminders": {"useDefault": False}})).body
    assert changed["updated"] == made["updated"]
    assert changed["etag"] != made["etag"]


async def test_the_sequence_counts_changes_of_time_only(ada):
    made = await ada.insert()
    assert (await ada.patch(made["id"], {"summary": "b"})).body["sequence"] == 0
    later = {"start": {"dateTime": "2030-05-06T10:30:00Z"}}
    assert (await ada.patch(made["id"], later)).body["sequence"] == 1


async def test_moving_leaves_a_cancelled_stub_and_makes_the_target_the_organizer(ada, control):
    team = (await control("POST", "/people/ada@example.com/calendars", {"summary": "Team"}))["id"]
    made = await ada.insert(description="d")
    moved = await ada.ok("POST", ONE.format(made["id"]) + "/move", destination=team)
    assert (moved["id"], moved["description"]) == (made["id"], "d")
    assert moved["organizer"] == {"email": team, "displayName": "Team", "self": True}
    assert (await ada.get(made["id"]))["status"] == "cancelled"
    assert (await ada.get(made["id"], team))["status"] == "confirmed"


async def test_an_unknown_event_or_calendar_is_404(ada):
    for path in (ONE.format("nothere"), "/calendars/bob@example.com/events", "/calendars/x/events/y"):
        answer = await ada.call("GET", path)
        assert (answer.status, answer.reason) == (404, "notFound")


@pytest.mark.parametrize(("role", "status"), [("reader", 403), ("freeBusyReader", 403), ("writer", 200)])
async def test_only_writers_write(control, role, status):
    team = (await control("POST", "/people/ada@example.com/calendars", {}))["id"]
    await control("POST", "/people/bob@example.com/calendars", {"id": team, "accessRole": role})
    bob = await control.client("bob@example.com")
    answer = await bob.call("POST", f"/calendars/{team}/events", {**DAY, "summary": "x"})
    assert answer.status == status
    assert status == 200 or answer.reason == "requiredAccessLevel"


@pytest.mark.parametrize(
    ("role", "visibility", "seen"),
    [
        ("writer", "private", True),
        ("reader", "default", True),
        ("reader", "private", False),
        ("writerWithoutPrivateAccess", "private", False),
        ("freeBusyReader", "default", False),
    ],
)
async def test_what_a_calendar_shows_depends_on_the_role(ada, control, role, visibility, seen):
    team = (await control("POST", "/people/ada@example.com/calendars", {}))["id"]
    made = await ada.insert(team, visibility=visibility)
    await control("POST", "/people/bob@example.com/calendars", {"id": team, "accessRole": role})
    bob = await control.client("bob@example.com")
    for event in (await bob.get(made["id"], team), (await bob.listed(team))[0][0]):
        assert event["start"] == made["start"]
        assert ("summary" in event) == seen


@pytest.mark.parametrize(
    "reminders",
    [
        {"useDefault": True, "overrides": [{"method": "popup", "minutes": 5}]},
        {"useDefault": False, "overrides": [{"method": "popup", "minutes": at} for at in range(6)]},
        {"useDefault": False, "overrides": [{"method": "sms", "minutes": 5}]},
        {"useDefault": False, "overrides": [{"method": "popup", "minutes": 40_321}]},
        {"useDefault": False, "overrides": [{"method": "popup"}]},
    ],
)
async def test_reminders_that_make_no_sense_are_refused(ada, reminders):
    made = await ada.insert()
    assert (await ada.patch(made["id"], {"reminders": reminders})).status == 400
    assert (await ada.get(made["id"]))["reminders"] == {"useDefault": True}
