"""Teams on Outlook events: the link, the text in the body, and how the one is lost with the other."""

from __future__ import annotations

import re

import pytest

from tests.sandbox.outlook_client import EVENT, GRACE, LINUS, WEEKLY, guests, mails

TEAMS = {"isOnlineMeeting": True, "onlineMeetingProvider": "teamsForBusiness"}
PLAIN = {"contentType": "html", "content": "<p>mine</p>"}
HREF = re.compile(r'<a href="(https://teams\.microsoft\.com/l/meetup-join/[^"]+)" class="me-email-headline"')
LINE = "_" * 80


def url(event):
    return (event["onlineMeeting"] or {}).get("joinUrl")


async def minted(control, event):
    return (await control("GET", "/state"))["microsoft"]["teams"].get(event["id"], [])


async def test_a_meeting_has_a_link_and_the_body_invites_to_it_between_lines(grace):
    made = await grace.insert(**TEAMS, body=PLAIN)
    content = made["body"]["content"]
    assert HREF.findall(content) == [url(made)]
    assert content.count(LINE) == 2
    before, _, after = content.partition(LINE)
    assert "<p>mine</p>" in before
    assert 'class="me-email-text"' in after
    assert (made["isOnlineMeeting"], made["onlineMeetingProvider"]) == (True, "teamsForBusiness")
    assert made["onlineMeetingUrl"] is None


async def test_a_text_body_is_invited_to_in_text(grace):
    made = await grace.insert(**TEAMS, body={"contentType": "text", "content": "mine"})
    assert made["body"]["content"].startswith("mine")
    assert f"<{url(made)}>" in made["body"]["content"]


@pytest.mark.parametrize(("place", "wanted"), [("", "Microsoft Teams Meeting"), ("Room 1", "Room 1")])
async def test_an_empty_location_is_stamped_and_another_is_not(grace, place, wanted):
    made = await grace.insert(location={"displayName": place})
    after = await grace.patch(made["id"], **TEAMS)
    assert (url(after) or "").startswith("https://teams.microsoft.com/l/meetup-join/19%3ameeting_")
    assert after["location"]["displayName"] == wanted


async def test_a_meeting_cannot_be_unset_nor_change_its_provider(grace):
    made = await grace.insert(**TEAMS)
    off = await grace.patch(made["id"], isOnlineMeeting=False)
    other = await grace.patch(made["id"], onlineMeetingProvider="skypeForBusiness")
    assert url(made) == url(off) == url(other)
    assert (other["isOnlineMeeting"], other["onlineMeetingProvider"]) == (True, "teamsForBusiness")


async def test_writes_that_leave_the_body_alone_keep_the_link(grace, outlook):
    made = await grace.insert(**TEAMS)
    for body in ({"subject": "x"}, {"location": {"displayName": "x"}}, {"categories": ["x"]}, WEEKLY):
        assert url(await grace.patch(made["id"], **body)) == url(made)
    assert await minted(outlook, made) == [url(made)]


async def test_a_body_write_that_carries_the_text_keeps_the_link(grace):
    made = await grace.insert(**TEAMS, body=PLAIN)
    content = made["body"]["content"].replace("<p>mine</p>", "<p>yours</p>")
    after = await grace.patch(made["id"], body={"contentType": "html", "content": content})
    assert url(after) == url(made)
    assert after["body"]["content"] == content


async def test_a_body_write_without_the_text_loses_the_link_and_the_next_write_makes_another(grace, outlook):
    made = await grace.insert(**TEAMS)
    lost = await grace.patch(made["id"], body=PLAIN)
    assert (lost["isOnlineMeeting"], lost["onlineMeeting"], lost["onlineMeetingProvider"]) == (
        False,
        None,
        "unknown",
    )
    assert "teams.microsoft.com" not in lost["body"]["content"]
    back = await grace.patch(made["id"], subject="new")
    assert url(back) not in (None, url(made))
    assert HREF.findall(back["body"]["content"]) == [url(back)]
    again = await grace.patch(made["id"], body=PLAIN)
    assert url(again) is None
    assert url(await grace.get(made["id"])) is None
    assert await minted(outlook, made) == [url(made), url(back)]


async def test_a_body_with_the_former_text_brings_the_former_link_back(grace, outlook):
    made = await grace.insert(**TEAMS)
    await grace.patch(made["id"], body=PLAIN)
    after = await grace.patch(made["id"], body=made["body"], **TEAMS)
    assert url(after) == url(made)
    assert after["body"] == made["body"]
    assert await minted(outlook, made) == [url(made)]


async def test_the_loss_may_be_switched_off(grace, outlook):
    await outlook("POST", "/modes", {"teams_body": "kept"})
    made = await grace.insert(**TEAMS)
    assert url(await grace.patch(made["id"], body=PLAIN)) == url(made)


async def test_somebody_elses_careless_write_can_be_arranged(grace, outlook):
    made = await grace.insert(**TEAMS)
    await outlook("POST", "/microsoft/kill_link", {"email": GRACE, "event": made["id"]})
    assert url(await grace.get(made["id"])) is None
    assert url(await grace.patch(made["id"], subject="new")) not in (None, url(made))


async def test_people_edit_around_the_text_and_can_take_the_meeting_off(grace):
    made = await grace.insert(**TEAMS)
    edited = await grace.person("PATCH", f"/{made['id']}", {"body": PLAIN})
    assert url(edited) == url(made)
    assert HREF.findall(edited["body"]["content"]) == [url(made)]
    off = await grace.person("PATCH", f"/{made['id']}", {"isOnlineMeeting": False})
    assert (url(off), HREF.findall(off["body"]["content"])) == (None, [])
    assert url(await grace.patch(made["id"], subject="new")) is None


@pytest.mark.parametrize("why", ["calendar", "mode"])
async def test_where_teams_is_not_allowed_the_wish_is_granted_in_name_only(grace, outlook, why):
    calendar = ""
    if why == "mode":
        await outlook("POST", "/modes", {"teams": "unknown"})
    else:
        spec = {"name": "Private", "teams": False}
        made = (await outlook("POST", f"/outlook/{GRACE}/calendars", spec))["id"]
        shown = await grace.ok("GET", f"/calendars/{made}")
        assert shown["allowedOnlineMeetingProviders"] == []
        calendar = f"/calendars/{made}"
    answer = await grace.ok("POST", f"{calendar}/events", EVENT | TEAMS)
    assert (answer["onlineMeetingProvider"], answer["onlineMeeting"]) == ("unknown", None)
    assert LINE not in answer["body"]["content"]


async def test_a_link_may_come_late_and_is_then_a_change(grace, linus, outlook):
    await outlook("POST", "/modes", {"teams": {"pending": 30}})
    made = await grace.insert(**TEAMS, **guests(LINUS))
    assert (made["isOnlineMeeting"], url(made)) == (True, None)
    assert LINE not in made["body"]["content"]
    told = await mails(outlook)
    await outlook("POST", "/clock", {"advance": 20})
    assert url(await grace.get(made["id"])) is None
    await outlook("POST", "/clock", {"advance": 15})
    after = await grace.get(made["id"])
    assert HREF.findall(after["body"]["content"]) == [url(after)]
    assert after["changeKey"] != made["changeKey"]
    assert url(await linus.copy_of(made)) == url(after)
    assert await mails(outlook) == told


async def test_guests_see_the_link_and_every_later_one(grace, linus):
    made = await grace.insert(**TEAMS, **guests(LINUS))
    assert url(await linus.copy_of(made)) == url(made)
    await grace.patch(made["id"], body=PLAIN)
    assert url(await linus.copy_of(made)) is None
    back = await grace.patch(made["id"], subject="new")
    assert url(await linus.copy_of(made)) == url(back) != url(made)


async def test_every_occurrence_of_a_series_has_its_link(grace):
    made = await grace.insert(**WEEKLY, **TEAMS)
    assert {url(one) for one in await grace.instances(made["id"])} == {url(made)}


async def test_a_copied_event_carries_the_link_along(grace):
    made = await grace.insert(**TEAMS)
    copy = await grace.person("POST", f"/{made['id']}/copy")
    assert url(copy) == url(made)


# --- meetings apart from any event ---


async def oid(sandbox):
    from sandbox.microsoft.state import Graph  # noqa: PLC0415 - the id cannot be learned from outside

    return sandbox.world.room(Graph).mailbox(GRACE).oid


async def test_the_same_external_id_gets_the_same_meeting(graph, sandbox):
    path = f"/users/{await oid(sandbox)}/onlineMeetings"
    first = await graph.call("POST", path + "/createOrGet", {"externalId": "x", "subject": "Plan"})
    again = await graph.call("POST", path + "/createOrGet", {"externalId": "x"})
    assert (first.status, again.status) == (201, 200)
    assert first.body == again.body
    found = await graph.ok("GET", path, **{"$filter": f"JoinWebUrl eq '{first.body['joinWebUrl']}'"})
    assert [one["id"] for one in found["value"]] == [first.body["id"]]
    assert (await graph.call("POST", path + "/createOrGet", {})).status == 400
    assert (await graph.call("DELETE", f"{path}/{first.body['id']}")).status == 204
    assert (await graph.call("GET", f"{path}/{first.body['id']}")).status == 404


async def test_meetings_need_a_policy_and_the_object_id(graph, outlook, sandbox):
    path = f"/users/{await oid(sandbox)}/onlineMeetings/createOrGet"
    await outlook("POST", "/microsoft/policy", {"email": GRACE, "allowed": False, "for": "meetings"})
    status, code, message = await graph.refused("POST", path, {"externalId": "x"})
    assert (status, code) == (403, "Unauthorized")
    assert "is not authorized to Create meeting on behalf of user" in message
    by_address = await graph.refused(
        "POST", f"/users/{GRACE}/onlineMeetings/createOrGet", {"externalId": "x"}
    )
    assert by_address[0] == 404
