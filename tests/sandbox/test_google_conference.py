"""Conference data: Meet rooms and third-party blocks."""

from __future__ import annotations

import pytest

ZOOM = {
    "conferenceSolution": {"key": {"type": "addOn"}, "name": "Zoom Meeting"},
    "conferenceId": "99900011122",
    "entryPoints": [
        {"entryPointType": "video", "uri": "https://zoom.example/j/99900011122", "passcode": "000000"},
        {"entryPointType": "phone", "uri": "tel:+15550100199,,99900011122#"},
    ],
}


def request(request_id, kind="hangoutsMeet"):
    return {"createRequest": {"requestId": request_id, "conferenceSolutionKey": {"type": kind}}}


async def confer(client, event, conference, **query):
    query = {"conferenceDataVersion": "1"} | query
    return await client.patch(event["id"], {"conferenceData": conference}, **query)


async def test_a_meet_is_made_on_request(ada):
    event = (await confer(ada, await ada.insert(), request("r1"))).body
    conference = event["conferenceData"]
    assert conference["createRequest"]["status"] == {"statusCode": "success"}
    assert event["hangoutLink"] == f"https://meet.google.com/{conference['conferenceId']}"
    assert event["hangoutLink"] == conference["entryPoints"][0]["uri"]
    assert await ada.get(event["id"]) == event


@pytest.mark.parametrize("version", [None, "0"])
async def test_without_the_version_conference_data_is_passed_over(ada, version):
    query = {} if version is None else {"conferenceDataVersion": version}
    event = await ada.insert()
    answer = await ada.patch(event["id"], {"conferenceData": request("r1")}, **query)
    assert answer.status == 200
    assert "conferenceData" not in answer.body
    made = (await confer(ada, event, request("r1"))).body
    kept = (await ada.patch(event["id"], {"conferenceData": None}, **query)).body
    assert kept["hangoutLink"] == made["hangoutLink"]


async def test_the_same_request_is_ignored_and_a_new_one_is_a_new_room(ada):
    event = await ada.insert()
    first = (await confer(ada, event, request("r1"))).body
    again = (await confer(ada, event, request("r1"))).body
    other = (await confer(ada, event, request("r2"))).body
    assert again["conferenceData"] == first["conferenceData"]
    assert other["hangoutLink"] != first["hangoutLink"]


async def test_the_same_request_on_another_event_is_the_same_room(ada):
    first = (await confer(ada, await ada.insert(), request("r1"))).body
    second = (await confer(ada, await ada.insert(), request("r1"))).body
    assert first["hangoutLink"] == second["hangoutLink"]


async def test_null_takes_the_conference_away(ada):
    event = (await confer(ada, await ada.insert(), request("r1"))).body
    gone = (await confer(ada, event, None)).body
    assert "conferenceData" not in gone
    assert "hangoutLink" not in gone


async def test_a_pending_meet_is_ready_later_with_a_new_etag_and_a_push(ada, control, door):
    await control("POST", "/modes", {"meet": {"pending": 60}})
    event = (await confer(ada, await ada.insert(), request("r1"))).body
    assert event["conferenceData"]["createRequest"]["status"] == {"statusCode": "pending"}
    assert "entryPoints" not in event["conferenceData"]
    watch = {"id": "c1", "type": "web_hook", "address": door.url}
    await ada.ok("POST", "/calendars/primary/events/watch", watch)
    await control("POST", "/clock", {"advance": 61})
    ready = await ada.get(event["id"])
    assert ready["conferenceData"]["createRequest"]["status"] == {"statusCode": "success"}
    assert ready["etag"] != event["etag"]
    await control("GET", "/push/idle")
    assert door.states() == ["sync", "exists"]


async def test_a_pending_meet_that_is_taken_away_does_not_come_back(ada, control):
    await control("POST", "/modes", {"meet": {"pending": 60}})
    event = (await confer(ada, await ada.insert(), request("r1"))).body
    await confer(ada, event, None)
    await control("POST", "/clock", {"advance": 61})
    assert "conferenceData" not in await ada.get(event["id"])


async def test_a_failed_meet_needs_a_new_request(ada, control):
    await control("POST", "/modes", {"meet": "failure"})
    event = (await confer(ada, await ada.insert(), request("r1"))).body
    assert event["conferenceData"] == {
        "createRequest": {**request("r1")["createRequest"], "status": {"statusCode": "failure"}}
    }
    await control("POST", "/modes", {"meet": "success"})
    assert "hangoutLink" not in (await confer(ada, event, request("r1"))).body
    assert "hangoutLink" in (await confer(ada, event, request("r2"))).body


@pytest.mark.parametrize("kind", ["hangoutsMeet", "eventHangout", "addOn"])
async def test_a_calendar_without_meet_refuses_the_whole_write(control, kind):
    spec = {"email": "dan@example.com", "calendars": [{"primary": True, "meet": False}]}
    await control("POST", "/users", spec)
    dan = await control.client("dan@example.com")
    event = await dan.insert()
    body = {"summary": "other", "conferenceData": request("r1", kind)}
    answer = await dan.patch(event["id"], body, conferenceDataVersion="1")
    assert (answer.status, answer.reason) == (400, "invalid")
    assert answer.body["error"]["message"] == "Invalid conference type value."
    assert (await dan.get(event["id"])) == event


async def test_an_insert_can_ask_for_a_meet(ada):
    body = {"start": {"date": "2030-05-06"}, "end": {"date": "2030-05-07"}, "conferenceData": request("r1")}
    made = await ada.ok("POST", "/calendars/primary/events", body, conferenceDataVersion="1")
    assert made["hangoutLink"]


async def test_put_drops_a_meet_that_it_does_not_mention_and_refuses_a_copy_of_it(ada):
    event = (await confer(ada, await ada.insert(), request("r1"))).body
    path = f"/calendars/primary/events/{event['id']}"
    copied = await ada.call("PUT", path, event, conferenceDataVersion="1")
    assert (copied.status, copied.body["error"]["message"]) == (400, "Invalid conference data.")
    bare = {"start": event["start"], "end": event["end"]}
    assert "hangoutLink" in await ada.ok("PUT", path, bare)
    assert "hangoutLink" not in await ada.ok("PUT", path, bare, conferenceDataVersion="1")


async def test_patching_a_meet_back_as_it_is_changes_nothing(ada):
    event = (await confer(ada, await ada.insert(), request("r1"))).body
    again = (await confer(ada, event, event["conferenceData"])).body
    assert again["conferenceData"] == event["conferenceData"]


async def test_third_party_blocks_are_refused_dropped_or_kept_as_the_mode_says(ada, control):
    event = await ada.insert()
    refused = await confer(ada, event, ZOOM)
    assert (refused.status, refused.body["error"]["message"]) == (400, "Invalid conference data.")
    await control("POST", "/modes", {"addon": "drop_silently"})
    assert "conferenceData" not in (await confer(ada, event, ZOOM)).body
    await control("POST", "/modes", {"addon": "accept"})
    assert (await confer(ada, event, ZOOM)).body["conferenceData"] == ZOOM


async def test_a_block_without_a_type_is_dropped_without_a_word(ada, control):
    await control("POST", "/modes", {"addon": "accept"})
    answer = await confer(ada, await ada.insert(), {**ZOOM, "conferenceSolution": {"name": "Zoom"}})
    assert answer.status == 200
    assert "conferenceData" not in answer.body


VIDEO = {"entryPointType": "video", "uri": "https://zoom.example/j/1"}
MORE = {"entryPointType": "more", "uri": "https://zoom.example/more"}


@pytest.mark.parametrize(
    ("points", "status"),
    [
        ([VIDEO, MORE], 200),
        ([VIDEO, {"entryPointType": "sip", "uri": "sip:1@zoom.example"}], 200),
        ([], 400),
        ([MORE], 400),
        ([VIDEO, VIDEO], 400),
        ([{**VIDEO, "uri": "ftp://zoom.example"}], 400),
        ([{**VIDEO, "uri": "https://" + "x" * 1300}], 400),
        ([{**VIDEO, "label": "x" * 513}], 400),
        ([{**VIDEO, "passcode": "1" * 129}], 400),
        ([VIDEO, {**MORE, "label": "x"}], 400),
        ([{"entryPointType": "radio", "uri": "https://zoom.example"}], 400),
    ],
)
async def test_entry_points_are_checked(ada, control, points, status):
    await control("POST", "/modes", {"addon": "accept"})
    answer = await confer(ada, await ada.insert(), {**ZOOM, "entryPoints": points})
    assert answer.status == status


async def test_guests_get_the_link_and_mails_only_when_asked(ada, bob, control):
    event = await ada.insert(attendees=[{"email": "bob@example.com"}])
    made = (await confer(ada, event, request("r1"))).body
    assert (await bob.get(event["id"]))["hangoutLink"] == made["hangoutLink"]
    assert (await control("GET", "/outbox"))["mails"] == []
    await confer(ada, event, request("r2"), sendUpdates="all")
    assert [mail["kind"] for mail in (await control("GET", "/outbox"))["mails"]] == ["update"]
