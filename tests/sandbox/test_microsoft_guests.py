"""Guests' copies of an organizer's event, within Outlook and between Outlook and Google."""

from __future__ import annotations

import pytest

from tests.sandbox.outlook_client import ADA, BERLIN, EVENT, GRACE, LINUS, WEEKLY, guests, mails, marked

GOOGLE = {
    "summary": "Theirs",
    "description": "a < b\nc",
    "start": {"dateTime": "2030-05-06T10:00:00", "timeZone": "Europe/Berlin"},
    "end": {"dateTime": "2030-05-06T11:00:00", "timeZone": "Europe/Berlin"},
    "attendees": [{"email": GRACE}],
}


@pytest.fixture
async def ada_at_google(outlook):
    """Make Ada a user of Google, and return how she acts."""
    await outlook("POST", "/users", {"email": ADA, "name": "Ada"})

    async def act(method, path="", body=None):
        return await outlook.person(ADA, method, path, body)

    return act


async def the_one(act):
    [event] = (await act("GET"))["items"]
    return event


# --- within Outlook ---


async def test_a_guest_has_a_copy_with_an_id_of_its_own_and_the_same_icaluid(grace, linus):
    made = await grace.insert(**guests(LINUS), categories=["Mine"], **marked("x"))
    copy = await linus.copy_of(made)
    assert copy["id"] != made["id"]
    assert copy["isOrganizer"] is False
    assert copy["organizer"]["emailAddress"]["address"] == GRACE
    assert copy["responseStatus"]["response"] == "notResponded"
    assert (copy["showAs"], copy["categories"]) == ("tentative", [])
    assert "singleValueExtendedProperties" not in copy
    assert made["responseStatus"]["response"] == "organizer"


async def test_a_guests_edits_stay_local_and_are_overwritten_by_the_next_update(grace, linus, outlook):
    made = await grace.insert(**guests(LINUS))
    copy = await linus.copy_of(made)
    told = await mails(outlook)
    await linus.patch(copy["id"], subject="mine", categories=["Zoom"], **marked("y"))
    assert (await grace.get(made["id"]))["subject"] == "Plan"
    assert await mails(outlook) == told
    await grace.patch(made["id"], location={"displayName": "Room"})
    after = await linus.copy_of(made)
    assert (after["subject"], after["location"]["displayName"]) == ("Plan", "Room")
    assert after["categories"] == ["Zoom"]
    assert after["singleValueExtendedProperties"][0]["value"] == "y"


async def test_what_guests_cannot_see_leaves_their_copies_alone(grace, linus):
    made = await grace.insert(**guests(LINUS))
    before = await linus.copy_of(made)
    await grace.patch(made["id"], categories=["Zoom"], **marked("x"))
    assert await linus.copy_of(made) == before


async def test_a_guest_cannot_cancel_but_can_delete_the_copy(grace, linus):
    made = await grace.insert(**guests(LINUS))
    copy = await linus.copy_of(made)
    assert (await linus.refused("POST", f"/events/{copy['id']}/cancel", {}))[0] == 400
    await linus.ok("DELETE", f"/events/{copy['id']}")
    assert await linus.events() == []
    assert (await grace.get(made["id"]))["subject"] == "Plan"


@pytest.mark.parametrize("how", ["cancel", "uninvite"])
async def test_a_copy_of_what_is_called_off_says_so(grace, linus, how):
    made = await grace.insert(**guests(LINUS))
    if how == "cancel":
        await grace.ok("POST", f"/events/{made['id']}/cancel", {})
    else:
        await grace.patch(made["id"], attendees=[])
    copy = await linus.copy_of(made)
    assert (copy["isCancelled"], copy["subject"], copy["showAs"]) == (True, "Canceled: Plan", "free")


async def test_whoever_is_invited_again_has_the_copy_again(grace, linus):
    made = await grace.insert(**guests(LINUS))
    await grace.patch(made["id"], attendees=[])
    await grace.patch(made["id"], **guests(LINUS))
    copy = await linus.copy_of(made)
    assert (copy["isCancelled"], copy["subject"]) == (False, "Plan")


@pytest.mark.parametrize("response", ["accepted", "tentativelyAccepted"])
async def test_an_answer_reaches_the_organizer_and_stays_through_updates(grace, linus, outlook, response):
    made = await grace.insert(**guests(LINUS))
    copy = await linus.copy_of(made)
    await linus.person("POST", f"/{copy['id']}/respond", {"response": response})
    [guest] = (await grace.get(made["id"]))["attendees"]
    assert guest["status"]["response"] == response
    assert ("grace", "response") in await mails(outlook)
    await grace.patch(made["id"], subject="new", **guests(LINUS))
    assert (await linus.copy_of(made))["responseStatus"]["response"] == response


async def test_who_declines_has_no_copy_any_more_even_after_an_update(grace, linus):
    made = await grace.insert(**guests(LINUS))
    copy = await linus.copy_of(made)
    await linus.ok("POST", f"/events/{copy['id']}/decline", {})
    await grace.patch(made["id"], subject="new")
    assert await linus.events() == []
    assert (await grace.refused("POST", f"/events/{made['id']}/accept", {}))[0] == 400


async def test_a_series_and_its_exceptions_reach_the_guests(grace, linus):
    made = await grace.insert(**WEEKLY, **guests(LINUS))
    found = await grace.instances(made["id"])
    await grace.patch(found[1]["id"], subject="own")
    await grace.ok("DELETE", f"/events/{found[2]['id']}")
    copy = await linus.copy_of(made)
    assert copy["type"] == "seriesMaster"
    theirs = await linus.instances(copy["id"])
    assert [one["subject"] for one in theirs] == ["Plan", "own", "Plan", "Plan"]
    assert [one["iCalUId"] for one in theirs] == [one["iCalUId"] for one in found if one != found[2]]


async def test_hidden_guests_see_only_themselves(grace, linus):
    made = await grace.insert(**guests(LINUS, "carol@fabrikam.example"), hideAttendees=True)
    [seen] = (await linus.copy_of(made))["attendees"]
    assert seen["emailAddress"]["address"] == LINUS


async def test_a_stranger_may_have_invited(grace, outlook):
    stranger = {"emailAddress": {"name": "Eve", "address": "eve@elsewhere.example"}}
    made = await grace.person("POST", "", EVENT | guests(GRACE) | {"organizer": stranger})
    assert (made["isOrganizer"], made["organizer"]) == (False, stranger)
    assert made["responseStatus"]["response"] == "notResponded"
    await grace.patch(made["id"], subject="mine", isOnlineMeeting=True)
    assert (await grace.get(made["id"]))["onlineMeeting"] is None
    assert await mails(outlook) == []


# --- from Outlook to Google ---


async def test_a_guest_at_google_has_a_copy_that_is_not_theirs(grace, ada_at_google):
    made = await grace.insert(**guests(ADA), location={"displayName": "Room"})
    copy = await the_one(ada_at_google)
    assert (copy["iCalUID"], copy["summary"], copy["location"]) == (made["iCalUId"], "Plan", "Room")
    assert copy["organizer"] == {"email": GRACE, "displayName": "Grace"}
    assert copy["start"]["timeZone"] == "Europe/Berlin"
    assert copy["start"]["dateTime"] == "2030-05-06T08:00:00Z"
    assert copy["attendees"][0]["self"] is True
    await grace.patch(made["id"], subject="new")
    assert (await the_one(ada_at_google))["summary"] == "new"
    await grace.ok("DELETE", f"/events/{made['id']}")
    assert (await ada_at_google("GET"))["items"] == []


async def test_a_guest_at_google_answers_an_organizer_at_outlook(grace, ada_at_google, outlook):
    made = await grace.insert(**guests(ADA, LINUS))
    copy = await the_one(ada_at_google)
    await ada_at_google("POST", f"/{copy['id']}/rsvp", {"responseStatus": "accepted"})
    first = (await grace.get(made["id"]))["attendees"][0]
    assert first["status"]["response"] == "accepted"
    await ada_at_google("DELETE", f"/{copy['id']}")
    first = (await grace.get(made["id"]))["attendees"][0]
    assert first["status"]["response"] == "declined"
    await grace.patch(made["id"], subject="new")
    assert (await ada_at_google("GET"))["items"] == []


async def test_a_series_of_outlook_reaches_google_with_its_exceptions(grace, ada_at_google):
    made = await grace.insert(**WEEKLY, **guests(ADA))
    found = await grace.instances(made["id"])
    await grace.patch(found[1]["id"], subject="own")
    await grace.ok("DELETE", f"/events/{found[2]['id']}")
    [master] = [one for one in (await ada_at_google("GET"))["items"] if "recurrence" in one]
    assert master["recurrence"][0] == "RRULE:FREQ=WEEKLY;BYDAY=MO;WKST=SU;COUNT=5"
    changed = [one for one in (await ada_at_google("GET"))["items"] if "recurringEventId" in one]
    assert [(one["summary"], one["originalStartTime"]["dateTime"]) for one in changed] == [
        ("own", "2030-05-13T08:00:00Z")
    ]
    await grace.patch(made["id"], subject="new")
    [master] = [one for one in (await ada_at_google("GET"))["items"] if "recurrence" in one]
    assert master["recurrence"][1] == "EXDATE:20300520T080000Z"


# --- from Google to Outlook ---


async def test_a_guest_at_outlook_has_a_copy_of_an_event_of_google(grace, ada_at_google, outlook):
    made = await ada_at_google("POST", "", GOOGLE)
    [copy] = await grace.events()
    assert (copy["iCalUId"], copy["subject"], copy["isOrganizer"]) == (made["iCalUID"], "Theirs", False)
    assert copy["organizer"]["emailAddress"] == {"name": "Ada", "address": ADA}
    assert "a &lt; b<br>" in copy["body"]["content"]
    assert copy["start"]["dateTime"] == "2030-05-06T08:00:00.0000000"
    assert ("grace", "invitation") in await mails(outlook)
    await ada_at_google("PATCH", f"/{made['id']}", {"summary": "new"})
    assert [one["subject"] for one in await grace.events()] == ["new"]
    await ada_at_google("DELETE", f"/{made['id']}")
    assert [one["isCancelled"] for one in await grace.events()] == [True]


async def test_a_guest_at_outlook_answers_an_organizer_at_google(grace, ada_at_google):
    made = await ada_at_google("POST", "", GOOGLE)
    [copy] = await grace.events()
    await grace.person("POST", f"/{copy['id']}/respond", {"response": "tentativelyAccepted"})
    shown = await ada_at_google("GET", f"/{made['id']}")
    assert shown["attendees"][0]["responseStatus"] == "tentative"
    await ada_at_google("PATCH", f"/{made['id']}", {"summary": "new"})
    [copy] = await grace.events()
    assert (copy["subject"], copy["responseStatus"]["response"]) == ("new", "tentativelyAccepted")


@pytest.mark.parametrize(
    ("rule", "kind", "count"),
    [
        ("RRULE:FREQ=WEEKLY;COUNT=4", "weekly", 4),
        ("RRULE:FREQ=DAILY;UNTIL=20300510T220000Z", "daily", 5),
        ("RRULE:FREQ=MONTHLY;BYDAY=1MO;COUNT=2", "relativeMonthly", 2),
        ("RRULE:FREQ=MONTHLY;COUNT=2", "absoluteMonthly", 2),
        ("RRULE:FREQ=YEARLY;COUNT=2", "absoluteYearly", 1),
    ],
)
async def test_a_series_of_google_is_a_series_at_outlook(grace, ada_at_google, rule, kind, count):
    await ada_at_google("POST", "", GOOGLE | {"recurrence": [rule]})
    [copy] = await grace.events()
    assert copy["recurrence"]["pattern"]["type"] == kind
    assert len(await grace.instances(copy["id"])) == count


async def test_occurrences_that_change_at_google_change_at_outlook(grace, ada_at_google):
    made = await ada_at_google("POST", "", GOOGLE | {"recurrence": ["RRULE:FREQ=WEEKLY;COUNT=4"]})
    await ada_at_google("PATCH", f"/{made['id']}_20300513T080000Z", {"summary": "own"})
    await ada_at_google("DELETE", f"/{made['id']}_20300520T080000Z")
    [copy] = await grace.events()
    theirs = await grace.instances(copy["id"])
    assert [(one["start"]["dateTime"][:10], one["subject"]) for one in theirs] == [
        ("2030-05-06", "Theirs"),
        ("2030-05-13", "own"),
        ("2030-05-27", "Theirs"),
    ]


async def test_days_are_days_on_both_sides(grace, ada_at_google):
    day = {"start": {"date": "2030-05-06"}, "end": {"date": "2030-05-07"}}
    await ada_at_google("POST", "", GOOGLE | day)
    [copy] = await grace.events()
    assert (copy["isAllDay"], copy["start"]["dateTime"]) == (True, "2030-05-06T00:00:00.0000000")
    midnight = {
        "isAllDay": True,
        "start": {"dateTime": "2030-05-08T00:00:00", "timeZone": BERLIN},
        "end": {"dateTime": "2030-05-10T00:00:00", "timeZone": BERLIN},
    }
    made = await grace.person("POST", "", EVENT | midnight | guests(ADA))
    [theirs] = [one for one in (await ada_at_google("GET"))["items"] if one["iCalUID"] == made["iCalUId"]]
    assert (theirs["start"], theirs["end"]) == ({"date": "2030-05-08"}, {"date": "2030-05-10"})


async def test_who_is_at_google_has_no_mailbox_and_who_is_at_outlook_no_calendar_at_google(
    graph, ada_at_google, outlook
):
    state = await outlook("GET", "/state")
    assert {one["owner"] for one in state["google"]["calendars"].values()} == {ADA}
    assert {one["owner"] for one in state["microsoft"]["calendars"].values()} == {GRACE, LINUS}
    assert (await graph.call("GET", f"/users/{ADA}/events")).status == 404
