"""Recurring events: masters, instances, exceptions and their guests."""

from __future__ import annotations

import pytest

BOB = {"attendees": [{"email": "bob@example.com"}]}


async def instances(client, series, **query):
    return (await client.ok("GET", f"/calendars/primary/events/{series}/instances", **query))["items"]


async def test_instances_keep_the_hour_of_the_day_across_daylight_saving(ada):
    start = {"dateTime": "2030-10-21T10:00:00", "timeZone": "Europe/Berlin"}
    end = {"dateTime": "2030-10-21T11:00:00", "timeZone": "Europe/Berlin"}
    made = await ada.weekly(start=start, end=end)
    ids = [item["id"].removeprefix(made["id"]) for item in await instances(ada, made["id"])]
    assert ids == ["_20301021T080000Z", "_20301028T090000Z", "_20301104T090000Z", "_20301111T090000Z"]


@pytest.mark.parametrize(
    ("recurrence", "days"),
    [
        (["RRULE:FREQ=DAILY;COUNT=3"], [6, 7, 8]),
        (["RRULE:FREQ=DAILY;UNTIL=20300508"], [6, 7, 8]),
        (["RRULE:FREQ=DAILY;UNTIL=20300508T080000Z"], [6, 7, 8]),
        (["RRULE:FREQ=DAILY;UNTIL=20300508T075959Z"], [6, 7]),
        (["RRULE:FREQ=DAILY;COUNT=3", "EXDATE;TZID=Europe/Berlin:20300507T100000"], [6, 8]),
        (["RRULE:FREQ=DAILY;COUNT=3", "EXDATE:20300507T080000Z,20300508T080000Z"], [6]),
        (["RRULE:FREQ=DAILY;COUNT=1", "RDATE:20300510T080000Z"], [6, 10]),
    ],
)
async def test_recurrence_rules_are_followed(ada, recurrence, days):
    made = await ada.weekly(recurrence=recurrence)
    found = [item["start"]["dateTime"] for item in await instances(ada, made["id"])]
    assert found == [f"2030-05-{day:02d}T08:00:00Z" for day in days]


async def test_an_all_day_series_has_date_ids(ada):
    made = await ada.weekly(start={"date": "2030-05-06"}, end={"date": "2030-05-08"})
    second = await ada.get(f"{made['id']}_20300513")
    assert (second["start"], second["end"]) == ({"date": "2030-05-13"}, {"date": "2030-05-15"})
    assert second["originalStartTime"] == {"date": "2030-05-13"}


@pytest.mark.parametrize("suffix", ["_20300507T080000Z", "_20300513", "_20300513T090000Z", "_nonsense"])
async def test_an_id_that_is_no_occurrence_is_404(ada, suffix):
    made = await ada.weekly()
    assert (await ada.call("GET", f"/calendars/primary/events/{made['id']}{suffix}")).status == 404


async def test_an_instance_without_changes_has_its_series_etag(ada):
    made = await ada.weekly()
    assert {item["etag"] for item in await instances(ada, made["id"])} == {made["etag"]}


async def test_an_exception_inherits_what_it_does_not_override(ada):
    made = await ada.weekly(description="a", location="r")
    second = f"{made['id']}_20300513T080000Z"
    await ada.patch(second, {"summary": "Special", "location": None})
    await ada.patch(made["id"], {"summary": "New", "description": "b", "location": "s"})
    exception = await ada.get(second)
    assert (exception["summary"], exception["description"]) == ("Special", "b")
    assert "location" not in exception
    assert exception["recurringEventId"] == made["id"]


async def test_a_moved_instance_keeps_its_id_and_original_start(ada):
    made = await ada.weekly()
    second = f"{made['id']}_20300513T080000Z"
    times = {"start": {"dateTime": "2030-05-14T12:00:00Z"}, "end": {"dateTime": "2030-05-14T13:00:00Z"}}
    moved = (await ada.patch(second, times)).body
    assert moved["id"] == second
    assert moved["originalStartTime"]["dateTime"] == "2030-05-13T08:00:00Z"
    assert (await ada.get(second))["start"]["dateTime"] == "2030-05-14T12:00:00Z"
    assert len(await instances(ada, made["id"])) == 4


async def test_deleting_an_instance_leaves_the_others(ada):
    made = await ada.weekly()
    second = f"{made['id']}_20300513T080000Z"
    await ada.ok("DELETE", f"/calendars/primary/events/{second}")
    assert second not in [item["id"] for item in await instances(ada, made["id"])]
    assert second in [item["id"] for item in await instances(ada, made["id"], showDeleted="true")]
    assert (await ada.get(second))["status"] == "cancelled"


async def test_deleting_and_restoring_a_series_takes_its_exceptions_along(ada, control):
    made = await ada.weekly()
    second, third = (f"{made['id']}_203005{day}T080000Z" for day in (13, 20))
    await ada.patch(second, {"summary": "Special"})
    await ada.ok("DELETE", f"/calendars/primary/events/{third}")
    await ada.ok("DELETE", f"/calendars/primary/events/{made['id']}")
    assert (await ada.get(second))["status"] == "cancelled"
    await control.person("ada@example.com", "POST", f"/{made['id']}/restore")
    assert (await ada.get(second))["status"] == "confirmed"
    assert (await ada.get(third))["status"] == "cancelled"


async def test_an_exception_whose_day_the_series_leaves_is_cancelled(ada):
    made = await ada.weekly()
    second = f"{made['id']}_20300513T080000Z"
    await ada.patch(second, {"summary": "Special"})
    await ada.patch(made["id"], {"recurrence": ["RRULE:FREQ=WEEKLY;COUNT=1"]})
    assert (await ada.get(second))["status"] == "cancelled"


async def test_guests_see_series_exceptions_and_cancelled_occurrences(ada, bob):
    made = await ada.weekly(**BOB)
    second, third = (f"{made['id']}_203005{day}T080000Z" for day in (13, 20))
    await ada.patch(second, {"summary": "Special"})
    await ada.ok("DELETE", f"/calendars/primary/events/{third}")
    assert (await bob.get(second))["summary"] == "Special"
    assert (await bob.get(third))["status"] == "cancelled"
    assert (await bob.get(made["id"]))["recurrence"] == made["recurrence"]


async def test_a_guest_answers_for_one_occurrence(ada, bob, control):
    made = await ada.weekly(**BOB)
    second = f"{made['id']}_20300513T080000Z"
    await control.person("bob@example.com", "POST", f"/{second}/rsvp", {"responseStatus": "declined"})
    assert (await ada.get(second))["attendees"][0]["responseStatus"] == "declined"
    assert (await ada.get(made["id"]))["attendees"][0]["responseStatus"] == "needsAction"


async def test_a_single_event_becomes_a_series(ada):
    made = await ada.insert()
    times = {name: {**made[name], "timeZone": "UTC"} for name in ("start", "end")}
    changed = (await ada.patch(made["id"], {"recurrence": ["RRULE:FREQ=DAILY;COUNT=2"], **times})).body
    assert changed["id"] == made["id"]
    assert len(await instances(ada, made["id"])) == 2


@pytest.mark.parametrize("form", ["2030-05-13T08:00:00Z", "2030-05-13T10:00:00+02:00"])
async def test_instances_are_found_by_original_start(ada, form):
    made = await ada.weekly()
    found = await instances(ada, made["id"], originalStart=form)
    assert [item["id"] for item in found] == [f"{made['id']}_20300513T080000Z"]


async def test_a_series_moves_with_its_exceptions(ada, control):
    team = (await control("POST", "/people/ada@example.com/calendars", {}))["id"]
    made = await ada.weekly()
    second = f"{made['id']}_20300513T080000Z"
    await ada.patch(second, {"summary": "Special"})
    await ada.ok("POST", f"/calendars/primary/events/{made['id']}/move", destination=team)
    assert (await ada.get(second, team))["summary"] == "Special"
    assert (await ada.get(second))["status"] == "cancelled"
