"""Full and incremental lists: tokens, pages, tombstones and what they refuse."""

from __future__ import annotations

import pytest

from tests.sandbox.google_client import EVENT, WEEKLY

EVENTS = "/calendars/primary/events"


def ids(items):
    return [item["id"] for item in items]


async def test_an_incremental_list_has_what_changed_in_order_and_nothing_else(ada):
    made = [await ada.insert(summary=str(n)) for n in range(4)]
    items, token = await ada.listed()
    assert ids(items) == ids(made)
    await ada.patch(made[2]["id"], {"summary": "x"})
    await ada.patch(made[0]["id"], {"summary": "x"})
    items, token = await ada.listed(syncToken=token)
    assert ids(items) == [made[2]["id"], made[0]["id"]]
    assert (await ada.listed(syncToken=token))[0] == []


async def test_a_token_can_be_used_again_after_a_lost_answer(ada):
    _, token = await ada.listed()
    made = await ada.insert()
    assert ids((await ada.listed(syncToken=token))[0]) == [made["id"]]
    assert ids((await ada.listed(syncToken=token))[0]) == [made["id"]]


async def test_pages_end_with_the_sync_token_and_may_be_short(ada):
    made = [await ada.insert(summary=str(n)) for n in range(30)]
    sizes, query = [], {"maxResults": "7"}
    while True:
        page = await ada.ok("GET", EVENTS, **query)
        sizes.append(len(page["items"]))
        assert ("nextPageToken" in page) != ("nextSyncToken" in page)
        if "nextSyncToken" in page:
            break
        query["pageToken"] = page["nextPageToken"]
    assert sum(sizes) == len(made)
    assert max(sizes) <= 7
    assert min(sizes[:-1]) < 7


async def test_a_change_between_two_pages_is_in_the_next_incremental_list(ada):
    made = [await ada.insert(summary=str(n)) for n in range(4)]
    page = await ada.ok("GET", EVENTS, maxResults="2")
    await ada.patch(made[3]["id"], {"summary": "late"})
    items = page["items"]
    while "nextPageToken" in page:
        page = await ada.ok("GET", EVENTS, maxResults="2", pageToken=page["nextPageToken"])
        items += page["items"]
    assert sorted(ids(items)) == sorted(ids(made))
    assert ids((await ada.listed(syncToken=page["nextSyncToken"]))[0]) == [made[3]["id"]]


async def test_pages_of_an_incremental_list_need_the_same_sync_token(ada, control):
    await control("POST", "/modes", {"short_pages": "always"})
    _, token = await ada.listed()
    for n in range(4):
        await ada.insert(summary=str(n))
    page = await ada.ok("GET", EVENTS, syncToken=token)
    without = await ada.call("GET", EVENTS, pageToken=page["nextPageToken"])
    assert (without.status, without.reason) == (400, "invalid")
    items, _ = await ada.listed(syncToken=token)
    assert len(items) == 4


@pytest.mark.parametrize(
    "query",
    [
        {"q": "x"},
        {"orderBy": "updated"},
        {"timeMin": "2030-01-01T00:00:00Z"},
        {"timeMax": "2030-01-01T00:00:00Z"},
        {"updatedMin": "2030-01-01T00:00:00Z"},
        {"iCalUID": "x"},
        {"privateExtendedProperty": "a=b"},
        {"sharedExtendedProperty": ["a=b", "c=d"]},
        {"showDeleted": "false"},
        {"singleEvents": "true"},
        {"eventTypes": "default"},
    ],
)
async def test_a_sync_token_goes_with_no_restriction_and_no_other_query(ada, query):
    _, token = await ada.listed()
    answer = await ada.call("GET", EVENTS, syncToken=token, **query)
    assert (answer.status, answer.reason) == (400, "badRequest")


async def test_event_types_go_with_a_token_that_was_made_with_them(ada):
    _, token = await ada.listed(eventTypes=["default", "focusTime"])
    await ada.insert(eventType="outOfOffice")
    made = await ada.insert()
    assert ids((await ada.listed(syncToken=token, eventTypes=["default", "focusTime"]))[0]) == [made["id"]]


async def test_a_token_belongs_to_its_user_and_calendar(ada, bob, control):
    _, token = await ada.listed()
    team = (await control("POST", "/people/ada@example.com/calendars", {}))["id"]
    for client, calendar in ((bob, "primary"), (ada, team)):
        answer = await client.call("GET", f"/calendars/{calendar}/events", syncToken=token)
        assert (answer.status, answer.reason) == (410, "fullSyncRequired")


@pytest.mark.parametrize("cause", ["command", "age", "acl", "nonsense"])
async def test_a_token_that_has_expired_is_410_and_a_full_list_heals(ada, control, cause):
    _, token = await ada.listed()
    if cause == "command":
        await control("POST", "/google/expire_sync_tokens", {})
    elif cause == "age":
        await control("POST", "/clock", {"advance": 40 * 86400})
        ada = await control.client("ada@example.com")
    elif cause == "acl":
        calendar = {"id": "ada@example.com", "accessRole": "writer"}
        await control("POST", "/people/ada@example.com/calendars", calendar)
    else:
        token = "nonsense"
    answer = await ada.call("GET", EVENTS, syncToken=token)
    assert (answer.status, answer.reason) == (410, "fullSyncRequired")
    assert (await ada.listed())[1]


async def test_deletions_are_always_in_incremental_lists_and_never_in_full_ones(ada):
    made = await ada.insert()
    _, token = await ada.listed()
    await ada.ok("DELETE", f"{EVENTS}/{made['id']}")
    items, _ = await ada.listed(syncToken=token)
    assert [(item["id"], item["status"]) for item in items] == [(made["id"], "cancelled")]
    assert (await ada.listed())[0] == []
    assert ids((await ada.listed(showDeleted="true"))[0]) == [made["id"]]


@pytest.mark.parametrize(
    ("mode", "keys"),
    [
        ("always", {"kind", "etag", "id", "status"}),
        ("never", {"recurringEventId", "originalStartTime", "summary"}),
    ],
)
async def test_a_cancelled_instance_may_be_little_more_than_its_id(ada, control, mode, keys):
    await control("POST", "/modes", {"sparse_cancelled": mode})
    series = await ada.weekly()
    second = f"{series['id']}_20300513T080000Z"
    await ada.ok("DELETE", f"{EVENTS}/{second}")
    found = {item["id"]: item for item in (await ada.listed())[0]}
    assert found[second]["status"] == "cancelled"
    assert set(found[second]) == keys if mode == "always" else set(found[second]) >= keys


async def test_cancelled_items_come_sparse_and_full_at_random(ada):
    series = await ada.weekly(recurrence=["RRULE:FREQ=DAILY;COUNT=20"])
    for item in (await ada.ok("GET", f"{EVENTS}/{series['id']}/instances"))["items"]:
        await ada.ok("DELETE", f"{EVENTS}/{item['id']}")
    gone = [item for item in (await ada.listed())[0] if item["status"] == "cancelled"]
    assert len(gone) == 20
    assert {"recurringEventId" in item for item in gone} == {True, False}


async def test_old_tombstones_are_forgotten(ada, control):
    made = await ada.insert()
    await ada.ok("DELETE", f"{EVENTS}/{made['id']}")
    await control("POST", "/clock", {"advance": 31 * 86400})
    ada = await control.client("ada@example.com")
    assert (await ada.listed(showDeleted="true"))[0] == []
    assert (await ada.call("GET", f"{EVENTS}/{made['id']}")).status == 404


async def test_a_list_without_single_events_has_masters_and_exceptions_but_no_instances(ada):
    series = await ada.weekly()
    second = f"{series['id']}_20300513T080000Z"
    _, token = await ada.listed()
    await ada.patch(second, {"summary": "Special"})
    assert ids((await ada.listed(syncToken=token))[0]) == [second]
    assert sorted(ids((await ada.listed())[0])) == sorted([series["id"], second])


async def test_a_change_of_the_series_brings_the_exceptions_it_changes(ada):
    series = await ada.weekly()
    second = f"{series['id']}_20300513T080000Z"
    await ada.patch(second, {"summary": "Special"})
    _, token = await ada.listed()
    await ada.patch(series["id"], {"summary": "Other"})
    assert ids((await ada.listed(syncToken=token))[0]) == [series["id"]]
    _, token = await ada.listed()
    await ada.patch(series["id"], {"location": "Room 5"})
    assert sorted(ids((await ada.listed(syncToken=token))[0])) == sorted([series["id"], second])


async def test_single_events_expand_series(ada):
    series = await ada.weekly()
    await ada.ok("DELETE", f"{EVENTS}/{series['id']}_20300513T080000Z")
    one = await ada.insert(
        start={"dateTime": "2030-05-15T10:00:00Z"}, end={"dateTime": "2030-05-15T11:00:00Z"}
    )
    items, token = await ada.listed(singleEvents="true", orderBy="startTime")
    days = [item["start"]["dateTime"][8:10] for item in items]
    assert days == ["06", "15", "20", "27"]
    assert items[1]["id"] == one["id"]
    assert token == ""


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"timeMin": "2030-05-06T11:00:00Z"}, {"series", "late"}),
        ({"timeMin": "2030-05-28T00:00:00Z"}, {"late"}),
        ({"timeMax": "2030-05-06T09:00:00Z"}, {"series"}),
        ({"timeMin": "2030-05-06T00:00:00Z", "timeMax": "2030-05-07T00:00:00Z"}, {"series", "early"}),
        ({"q": "soon"}, {"early"}),
        ({"privateExtendedProperty": "a=1"}, {"late"}),
    ],
)
async def test_a_full_list_can_be_restricted(ada, query, found):
    later = {"start": {"dateTime": "2030-06-06T10:00:00Z"}, "end": {"dateTime": "2030-06-06T11:00:00Z"}}
    made = {
        "early": await ada.insert(description="quite soon"),
        "series": await ada.weekly(),
        "late": await ada.insert(**later, extendedProperties={"private": {"a": "1"}}),
    }
    items, _ = await ada.listed(**query)
    assert set(ids(items)) == {made[name]["id"] for name in found}


async def test_changes_outside_the_initial_window_come_all_the_same(ada):
    _, token = await ada.listed(timeMin="2031-01-01T00:00:00Z")
    assert token
    made = await ada.insert()
    assert ids((await ada.listed(syncToken=token))[0]) == [made["id"]]


async def test_updated_min_too_long_ago_is_410(ada):
    answer = await ada.call("GET", EVENTS, updatedMin="2001-01-01T00:00:00Z")
    assert (answer.status, answer.reason) == (410, "updatedMinTooLongAgo")


async def test_the_calendar_list_says_role_zone_and_allowed_conferences(control, ada):
    plain = {"summary": "No Meet", "meet": False, "timeZone": "Europe/Berlin", "accessRole": "reader"}
    await control("POST", "/people/ada@example.com/calendars", plain)
    items = (await ada.ok("GET", "/users/me/calendarList"))["items"]
    seen = [
        (i["accessRole"], i.get("primary"), i["conferenceProperties"]["allowedConferenceSolutionTypes"])
        for i in items
    ]
    assert seen == [("owner", True, ["hangoutsMeet"]), ("reader", None, [])]


async def test_the_calendar_list_is_paged_and_incremental(control, ada):
    for n in range(5):
        await control("POST", "/people/ada@example.com/calendars", {"id": f"c{n}@group.calendar.google.com"})
    query, found = {"maxResults": "2"}, []
    while True:
        page = await ada.ok("GET", "/users/me/calendarList", **query)
        found += ids(page["items"])
        if "nextSyncToken" in page:
            break
        query["pageToken"] = page["nextPageToken"]
    assert len(found) == 6
    await control("DELETE", "/people/ada@example.com/calendars/c3@group.calendar.google.com")
    page = await ada.ok("GET", "/users/me/calendarList", syncToken=page["nextSyncToken"])
    assert [(item["id"], item["deleted"]) for item in page["items"]] == [
        ("c3@group.calendar.google.com", True)
    ]
    assert (await ada.call("GET", "/calendars/c3@group.calendar.google.com/events")).status == 404


def test_the_events_of_these_tests_lie_in_the_future():
    assert min(EVENT["start"]["dateTime"], WEEKLY["start"]["dateTime"]) > "2030"
