"""Recurring events on Outlook calendars: patterns, occurrences, exceptions and what is cancelled."""

from __future__ import annotations

import pytest

from tests.sandbox.outlook_client import BERLIN, EVENT, IMMUTABLE, LINUS, WEEKLY, WINDOW, guests, mails

SPAN = {"type": "numbered", "numberOfOccurrences": 4}
FOREVER = {"startDateTime": "2030-01-01T00:00:00Z", "endDateTime": "2034-12-31T00:00:00Z", "$top": 100}


def at(hour, day="2030-05-13"):
    return {
        "start": {"dateTime": f"{day}T{hour:02}:00:00", "timeZone": BERLIN},
        "end": {"dateTime": f"{day}T{hour + 1:02}:00:00", "timeZone": BERLIN},
    }


def days(events):
    return [event["start"]["dateTime"][:10] for event in events]


@pytest.mark.parametrize(
    ("pattern", "wanted"),
    [
        ({"type": "daily", "interval": 2}, ["2030-05-06", "2030-05-08", "2030-05-10", "2030-05-12"]),
        (
            {"type": "weekly", "interval": 1, "daysOfWeek": ["monday", "friday"]},
            ["2030-05-06", "2030-05-10", "2030-05-13", "2030-05-17"],
        ),
        (
            {
                "type": "weekly",
                "interval": 2,
                "daysOfWeek": ["monday", "sunday"],
                "firstDayOfWeek": "monday",
            },
            ["2030-05-06", "2030-05-12", "2030-05-20", "2030-05-26"],
        ),
        (
            {"type": "absoluteMonthly", "interval": 1, "dayOfMonth": 6},
            ["2030-05-06", "2030-06-06", "2030-07-06", "2030-08-06"],
        ),
        (
            {"type": "relativeMonthly", "interval": 1, "daysOfWeek": ["monday"], "index": "first"},
            ["2030-05-06", "2030-06-03", "2030-07-01", "2030-08-05"],
        ),
        (
            {"type": "absoluteYearly", "interval": 1, "dayOfMonth": 6, "month": 5},
            ["2030-05-06", "2031-05-06", "2032-05-06", "2033-05-06"],
        ),
        (
            {"type": "relativeYearly", "interval": 1, "daysOfWeek": ["monday"], "index": "first", "month": 5},
            ["2030-05-06", "2031-05-05", "2032-05-03", "2033-05-02"],
        ),
    ],
)
async def test_a_series_takes_place_as_its_pattern_says(grace, pattern, wanted):
    made = await grace.insert(recurrence={"pattern": pattern, "range": SPAN})
    path = f"/events/{made['id']}/instances"
    assert days((await grace.ok("GET", path, **FOREVER))["value"]) == wanted


async def test_a_month_that_is_too_short_has_its_last_day(grace):
    month = {"type": "absoluteMonthly", "interval": 1, "dayOfMonth": 31}
    made = await grace.insert(**at(10, "2030-01-31"), recurrence={"pattern": month, "range": SPAN})
    path = f"/events/{made['id']}/instances"
    found = (await grace.ok("GET", path, **FOREVER))["value"]
    assert days(found) == ["2030-01-31", "2030-02-28", "2030-03-31", "2030-04-30"]


@pytest.mark.parametrize(
    ("span", "count"),
    [
        ({"type": "numbered", "numberOfOccurrences": 3}, 3),
        ({"type": "endDate", "endDate": "2030-05-20"}, 3),
        ({"type": "noEnd"}, 8),
    ],
)
async def test_a_series_ends_by_number_by_date_or_never(grace, span, count):
    made = await grace.insert(recurrence={**WEEKLY["recurrence"], "range": span})
    assert len(await grace.instances(made["id"])) == count
    shown = made["recurrence"]["range"]
    assert (shown["startDate"], shown["recurrenceTimeZone"]) == ("2030-05-06", BERLIN)
    assert shown["endDate"] == span.get("endDate", "0001-01-01")


@pytest.mark.parametrize(
    "change",
    [
        {"pattern": {"type": "weekly", "interval": 1}},
        {"pattern": {"type": "hourly"}},
        {"range": {"type": "numbered", "startDate": "2030-05-06"}},
        {"range": {"type": "noEnd", "startDate": "2030-05-07"}},
        {"range": {"type": "endDate", "endDate": "2030-05-01"}},
    ],
)
async def test_a_recurrence_that_makes_no_sense_is_refused(grace, change):
    body = EVENT | {"recurrence": WEEKLY["recurrence"] | change}
    assert (await grace.refused("POST", "/events", body))[0] == 400


async def test_a_series_that_begins_beside_its_pattern_begins_with_the_first_day_of_it(grace):
    tuesdays = {"type": "weekly", "interval": 1, "daysOfWeek": ["tuesday"]}
    made = await grace.insert(recurrence={"pattern": tuesdays, "range": SPAN})
    assert made["start"]["dateTime"] == "2030-05-07T08:00:00.0000000"
    assert made["recurrence"]["range"]["startDate"] == "2030-05-07"
    assert len(await grace.instances(made["id"])) == 4
    assert (await grace.patch(made["id"], recurrence=made["recurrence"]))["start"] == made["start"]


async def test_the_hour_on_the_wall_stays_when_daylight_saving_ends(grace):
    made = await grace.insert(**at(10, "2030-10-21"), recurrence={**WEEKLY["recurrence"], "range": SPAN})
    path = f"/events/{made['id']}/instances"
    found = (await grace.ok("GET", path, **FOREVER))["value"]
    assert [one["start"]["dateTime"][11:13] for one in found] == ["08", "09", "09", "09"]


async def test_occurrences_have_ids_and_icaluids_of_their_own(grace):
    made = await grace.insert(**WEEKLY)
    assert made["type"] == "seriesMaster"
    found = await grace.instances(made["id"])
    assert {one["type"] for one in found} == {"occurrence"}
    assert {one["seriesMasterId"] for one in found} == {made["id"]}
    assert len({one["id"] for one in found} | {made["id"]}) == 6
    assert len({one["iCalUId"] for one in found} | {made["iCalUId"]}) == 6
    assert await grace.get(found[1]["id"]) == {
        **found[1],
        "@odata.context": (await grace.get(made["id"]))["@odata.context"],
    }


async def test_occurrences_do_not_show_the_transaction_of_their_series(grace):
    made = await grace.insert(**WEEKLY, transactionId="t-1")
    assert (await grace.get(made["id"]))["transactionId"] == "t-1"
    assert {one["transactionId"] for one in await grace.instances(made["id"])} == {None}


async def test_a_changed_occurrence_is_an_exception_and_has_the_rest_from_its_series(grace):
    made = await grace.insert(**WEEKLY)
    second = (await grace.instances(made["id"]))[1]
    after = await grace.patch(second["id"], **at(15))
    assert (after["id"], after["type"]) == (second["id"], "exception")
    assert (after["start"]["dateTime"], after["originalStart"]) == (
        "2030-05-13T13:00:00.0000000",
        "2030-05-13T08:00:00Z",
    )
    await grace.patch(made["id"], subject="new")
    assert (await grace.get(second["id"]))["subject"] == "new"
    await grace.patch(second["id"], subject="own")
    await grace.patch(made["id"], subject="newer")
    subjects = [one["subject"] for one in await grace.instances(made["id"])]
    assert subjects == ["newer", "own", "newer", "newer", "newer"]


async def test_an_exception_changes_its_series_too(grace):
    made = await grace.insert(**WEEKLY)
    second = (await grace.instances(made["id"]))[1]
    await grace.patch(second["id"], subject="own")
    assert (await grace.get(made["id"]))["changeKey"] != made["changeKey"]


@pytest.mark.parametrize("day", ["2030-05-06", "2030-05-20", "2030-05-21"])
async def test_an_occurrence_does_not_cross_its_neighbours(grace, day):
    made = await grace.insert(**WEEKLY)
    second = (await grace.instances(made["id"]))[1]
    refused = await grace.refused("PATCH", f"/events/{second['id']}", at(10, day))
    assert refused == (400, "ErrorOccurrenceCrossingBoundary")
    assert (await grace.patch(second["id"], **at(10, "2030-05-14")))["type"] == "exception"


async def test_an_occurrence_has_no_recurrence_of_its_own(grace):
    made = await grace.insert(**WEEKLY)
    second = (await grace.instances(made["id"]))[1]
    assert (await grace.refused("PATCH", f"/events/{second['id']}", WEEKLY))[0] == 400


async def test_a_cancelled_occurrence_is_named_by_its_series_when_asked(grace):
    made = await grace.insert(**WEEKLY)
    found = await grace.instances(made["id"])
    await grace.ok("DELETE", f"/events/{found[1]['id']}")
    await grace.ok("POST", f"/events/{found[2]['id']}/cancel", {})
    assert (await grace.refused("GET", f"/events/{found[1]['id']}"))[0] == 404
    assert days(await grace.instances(made["id"])) == ["2030-05-06", "2030-05-27", "2030-06-03"]
    assert "cancelledOccurrences" not in await grace.get(made["id"])
    seen = await grace.get(made["id"], **{"$select": "subject,cancelledOccurrences"})
    assert seen["cancelledOccurrences"] == [f"OID.{made['id']}.2030-05-13", f"OID.{made['id']}.2030-05-20"]


async def test_a_series_shows_its_exceptions_when_selected_and_expanded(grace):
    made = await grace.insert(**WEEKLY)
    second = (await grace.instances(made["id"]))[1]
    await grace.patch(second["id"], subject="own")
    wanted = {"$select": "subject,exceptionOccurrences", "$expand": "exceptionOccurrences"}
    [exception] = (await grace.get(made["id"], **wanted))["exceptionOccurrences"]
    assert (exception["id"], exception["subject"], exception["type"]) == (second["id"], "own", "exception")
    for half in ({"$select": wanted["$select"]}, {"$expand": wanted["$expand"]}):
        assert "exceptionOccurrences" not in await grace.get(made["id"], **half)


async def test_a_series_that_is_moved_forgets_its_exceptions(grace):
    made = await grace.insert(**WEEKLY)
    found = await grace.instances(made["id"])
    await grace.patch(found[1]["id"], subject="own")
    await grace.ok("DELETE", f"/events/{found[2]['id']}")
    await grace.patch(made["id"], **at(12, "2030-05-06"))
    after = await grace.instances(made["id"])
    assert [one["subject"] for one in after] == ["Plan"] * 5
    assert {one["start"]["dateTime"][11:13] for one in after} == {"10"}


async def test_a_series_may_become_a_single_event_and_back(grace):
    made = await grace.insert(**WEEKLY)
    assert (await grace.patch(made["id"], recurrence=None))["type"] == "singleInstance"
    assert (await grace.refused("GET", f"/events/{made['id']}/instances", **WINDOW))[0] == 400
    assert (await grace.patch(made["id"], **WEEKLY))["type"] == "seriesMaster"


async def test_a_view_has_occurrences_and_a_list_has_series(grace):
    made = await grace.insert(**WEEKLY)
    single = await grace.insert(**at(9))
    second = (await grace.instances(made["id"]))[1]
    await grace.patch(second["id"], subject="own")
    seen = (await grace.ok("GET", "/calendarView", headers=IMMUTABLE, **WINDOW))["value"]
    kinds = ["occurrence", "singleInstance", "exception", "occurrence", "occurrence", "occurrence"]
    assert [one["type"] for one in seen] == kinds
    listed = (await grace.ok("GET", "/events", headers=IMMUTABLE))["value"]
    assert {one["id"] for one in listed} == {made["id"], single["id"]}
    assert (await grace.refused("GET", "/calendarView"))[0] == 400


async def test_a_series_with_an_exception_moves_to_another_calendar_as_a_whole(grace, outlook):
    other = (await outlook("POST", f"/outlook/{grace.email}/calendars", {"name": "Other"}))["id"]
    made = await grace.insert(**WEEKLY)
    second = (await grace.instances(made["id"]))[1]
    await grace.patch(second["id"], subject="own")
    await grace.person("POST", f"/{made['id']}/move", {"to": other})
    path = f"/calendars/{other}/events/{second['id']}"
    assert (await grace.ok("GET", path, headers=IMMUTABLE))["subject"] == "own"


async def test_a_change_of_a_series_mails_once_more_for_each_exception(grace, outlook):
    made = await grace.insert(**WEEKLY, **guests(LINUS))
    second = (await grace.instances(made["id"]))[1]
    await grace.patch(second["id"], **at(15))
    assert (await mails(outlook)).count(("linus", "update")) == 1
    await grace.patch(made["id"], subject="new")
    assert (await mails(outlook)).count(("linus", "update")) == 3
