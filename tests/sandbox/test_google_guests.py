"""The organizer's copy and the guests' copies of one event, and who is mailed about it."""

from __future__ import annotations

import pytest

BOB = {"attendees": [{"email": "bob@example.com"}]}
BOTH = {"attendees": [{"email": "bob@example.com"}, {"email": "carol@example.org"}]}


async def mails(control):
    return [(mail["to"].split("@")[0], mail["kind"]) for mail in (await control("GET", "/outbox"))["mails"]]


async def test_a_guest_has_a_copy_with_the_same_ids_that_is_not_theirs(ada, bob):
    made = await ada.insert(**BOB)
    copy = await bob.get(made["id"])
    assert (copy["id"], copy["iCalUID"]) == (made["id"], made["iCalUID"])
    assert "self" not in copy["organizer"]
    assert [guest.get("self") for guest in copy["attendees"]] == [True]


async def test_shared_changes_reach_the_guests_and_private_properties_do_not(ada, bob):
    made = await ada.insert(**BOB, extendedProperties={"private": {"a": "1"}, "shared": {"b": "2"}})
    before = await bob.get(made["id"])
    assert before["extendedProperties"] == {"shared": {"b": "2"}}
    await ada.patch(made["id"], {"extendedProperties": {"private": {"a": "9"}}})
    assert await bob.get(made["id"]) == before
    await ada.patch(made["id"], {"summary": "new"})
    after = await bob.get(made["id"])
    assert after["summary"] == "new"
    assert after["etag"] != before["etag"]


async def test_a_guests_private_properties_are_theirs_and_survive(ada, bob):
    made = await ada.insert(**BOB)
    answer = await bob.patch(made["id"], {"extendedProperties": {"private": {"mine": "1"}}})
    assert answer.body["extendedProperties"] == {"private": {"mine": "1"}}
    await ada.patch(made["id"], {"summary": "new"})
    assert (await bob.get(made["id"]))["extendedProperties"] == {"private": {"mine": "1"}}
    assert "extendedProperties" not in await ada.get(made["id"])


MEET = {"createRequest": {"requestId": "r", "conferenceSolutionKey": {"type": "hangoutsMeet"}}}


@pytest.mark.parametrize(
    "patch",
    [{"summary": "x"}, {"extendedProperties": {"shared": {"a": "1"}}}, {"conferenceData": MEET}],
)
async def test_a_guests_write_to_what_is_shared_is_refused(ada, bob, patch):
    made = await ada.insert(**BOB)
    answer = await bob.patch(made["id"], patch, conferenceDataVersion="1")
    assert (answer.status, answer.reason) == (403, "forbiddenForNonOrganizer")
    assert (await ada.get(made["id"]))["etag"] == made["etag"]


async def test_a_guests_write_may_be_answered_200_and_change_nothing(ada, bob, control):
    await control("POST", "/modes", {"foreign_write": "silent"})
    made = await ada.insert(**BOB)
    before = await bob.get(made["id"])
    answer = await bob.patch(made["id"], {"summary": "x", "location": "y"})
    assert (answer.status, answer.body) == (200, before)


async def test_even_a_private_property_may_be_refused_on_an_invitation(ada, bob, control):
    await control("POST", "/modes", {"foreign_write": "refuse_all"})
    made = await ada.insert(**BOB)
    answer = await bob.patch(made["id"], {"extendedProperties": {"private": {"a": "1"}}})
    assert (answer.status, answer.reason) == (403, "forbiddenForNonOrganizer")


async def test_guests_may_modify_where_the_organizer_says_so(ada, bob):
    made = await ada.insert(**BOB, guestsCanModify=True, extendedProperties={"private": {"a": "1"}})
    assert (await bob.patch(made["id"], {"summary": "x"})).body["summary"] == "x"
    after = await ada.get(made["id"])
    assert (after["summary"], after["extendedProperties"]) == ("x", {"private": {"a": "1"}})


async def test_an_answer_reaches_everybody_and_mails_the_organizer_only(ada, bob, control):
    made = await ada.insert(**BOTH)
    body = {"responseStatus": "accepted"}
    copy = await control.person("bob@example.com", "POST", f"/{made['id']}/rsvp", body)
    assert copy["attendees"][0]["responseStatus"] == "accepted"
    assert (await ada.get(made["id"]))["attendees"][0]["responseStatus"] == "accepted"
    assert await mails(control) == [("ada", "response")]


async def test_a_client_can_answer_on_the_guests_copy(ada, bob, control):
    made = await ada.insert(**BOB)
    guests = [{"email": "bob@example.com", "responseStatus": "tentative"}]
    assert (await bob.patch(made["id"], {"attendees": guests})).status == 200
    assert (await ada.get(made["id"]))["attendees"][0]["responseStatus"] == "tentative"
    assert await mails(control) == []


async def test_a_guest_who_goes_loses_the_copy(ada, bob):
    made = await ada.insert(**BOB)
    await ada.patch(made["id"], {"attendees": []})
    assert (await bob.get(made["id"]))["status"] == "cancelled"


async def test_a_guest_who_deletes_declines_and_the_event_goes_on(ada, bob):
    made = await ada.insert(**BOB)
    await bob.ok("DELETE", f"/calendars/primary/events/{made['id']}")
    await ada.patch(made["id"], {"summary": "new"})
    event = await ada.get(made["id"])
    assert (event["status"], event["attendees"][0]["responseStatus"]) == ("confirmed", "declined")
    assert (await bob.get(made["id"]))["status"] == "cancelled"


async def test_cancelling_and_restoring_reaches_the_guests(ada, bob, control):
    made = await ada.insert(**BOB)
    await control.person("ada@example.com", "DELETE", f"/{made['id']}")
    assert (await bob.get(made["id"]))["status"] == "cancelled"
    await control.person("ada@example.com", "POST", f"/{made['id']}/restore")
    assert (await bob.get(made["id"]))["status"] == "confirmed"


@pytest.mark.parametrize(
    ("query", "written"),
    [
        ({}, []),
        ({"sendUpdates": "none"}, []),
        ({"sendUpdates": "all"}, [("bob", "update"), ("carol", "update")]),
        ({"sendUpdates": "externalOnly"}, [("carol", "update")]),
        ({"sendNotifications": "true"}, [("bob", "update"), ("carol", "update")]),
    ],
)
async def test_send_updates_says_who_is_mailed(ada, control, query, written):
    made = await ada.insert(**BOTH)
    await ada.patch(made["id"], {"location": "Room 5"}, **query)
    assert await mails(control) == written


@pytest.mark.parametrize(
    ("patch", "written"),
    [
        ({"reminders": {"useDefault": False}}, []),
        ({"extendedProperties": {"private": {"a": "1"}}}, []),
        ({"colorId": "3"}, []),
        ({"description": "x"}, [("bob", "update"), ("carol", "update")]),
        ({"attendees": [{"email": "bob@example.com"}]}, [("carol", "cancellation")]),
        ({"attendees": [*BOTH["attendees"], {"email": "dave@example.org"}]}, [("dave", "invitation")]),
        ({"status": "cancelled"}, [("bob", "cancellation"), ("carol", "cancellation")]),
    ],
)
async def test_guests_are_mailed_only_about_what_they_can_see(ada, control, patch, written):
    made = await ada.insert(**BOTH)
    await ada.patch(made["id"], patch, sendUpdates="all")
    assert await mails(control) == written


async def test_people_mail_their_guests_unless_they_say_otherwise(ada, control):
    body = {"start": {"date": "2030-05-06"}, "end": {"date": "2030-05-07"}, "summary": "x", **BOTH}
    await control.person("ada@example.com", "POST", "", body)
    await control.person("ada@example.com", "POST", "", body, sendUpdates="none")
    assert await mails(control) == [("bob", "invitation"), ("carol", "invitation")]
    assert (await control("GET", "/calls"))["counts"].get("events.insert") is None


async def test_an_invitation_from_outside_is_a_copy_without_an_organizer_here(ada, control):
    body = {
        "start": {"date": "2030-05-06"},
        "end": {"date": "2030-05-07"},
        "organizer": {"email": "eve@example.org"},
        "attendees": [{"email": "ada@example.com"}],
    }
    made = await control.person("ada@example.com", "POST", "", body)
    assert "self" not in made["organizer"]
    assert (await ada.patch(made["id"], {"summary": "x"})).reason == "forbiddenForNonOrganizer"
