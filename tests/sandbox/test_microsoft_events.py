"""Events on Outlook calendars: shapes, ids, times, writes that are refused, and what mails go out."""

from __future__ import annotations

import base64
import json

import pytest

from tests.sandbox.outlook_client import (
    BERLIN,
    EVENT,
    EXPAND,
    GRACE,
    IMMUTABLE,
    LINUS,
    MARK,
    SCHEMA,
    SHARED,
    document,
    guests,
    mails,
    marked,
)


def test_answers_are_held_to_microsofts_own_schema():
    if not SCHEMA.exists():
        pytest.skip("Microsoft's schema is not at hand; the answers are checked for behaviour alone")
    assert "microsoft.graph.event" in (document() or {})["components"]["schemas"]


# --- shapes ---


async def test_an_event_has_every_property_of_a_recorded_one(grace):
    recorded = SHARED / "fixtures" / "microsoft" / "get_calendar_view_response.json"
    if not recorded.exists():
        pytest.skip("the recorded answer is not at hand")
    [wanted] = json.loads(recorded.read_text())["value"]
    made = await grace.insert()
    assert set(wanted) <= set(made)
    same = ("location", "locations", "attendees", "recurrence", "onlineMeeting", "responseStatus", "showAs")
    assert {name: made[name] for name in same} == {name: wanted[name] for name in same}
    assert {name: type(made[name]) for name in wanted} == {name: type(wanted[name]) for name in wanted}


async def test_a_calendar_has_every_property_of_a_recorded_one(grace):
    recorded = SHARED / "fixtures" / "microsoft" / "calendars.json"
    if not recorded.exists():
        pytest.skip("the recorded answer is not at hand")
    wanted = json.loads(recorded.read_text())["value"][0]
    [calendar] = (await grace.ok("GET", "/calendars"))["value"]
    assert set(wanted) == set(calendar)
    assert calendar["owner"] == {"name": "Grace", "address": GRACE}
    assert (await grace.ok("GET", "/calendar"))["id"] == calendar["id"]
    assert (await grace.ok("GET", f"/calendars/{calendar['id']}"))["isDefaultCalendar"] is True


async def test_times_have_seven_digits_no_offset_and_are_in_utc_unless_preferred(grace):
    made = await grace.insert()
    assert made["start"] == {"dateTime": "2030-05-06T08:00:00.0000000", "timeZone": "UTC"}
    assert (made["originalStartTimeZone"], made["originalEndTimeZone"]) == (BERLIN, BERLIN)
    for name, hour in (("Pacific Standard Time", "01"), ("Asia/Tokyo", "17")):
        headers = {"Prefer": f'outlook.timezone="{name}"'}
        seen = await grace.call("GET", f"/events/{made['id']}", headers=headers)
        assert seen.body["start"] == {"dateTime": f"2030-05-06T{hour}:00:00.0000000", "timeZone": name}
        assert f'outlook.timezone="{name}"' in seen.headers["Preference-Applied"]


async def test_an_unknown_zone_is_refused(grace):
    wrong = {"start": {"dateTime": "2030-05-06T10:00:00", "timeZone": "Mars"}}
    assert await grace.refused("POST", "/events", EVENT | wrong) == (400, "TimeZoneNotSupportedException")
    headers = {"Prefer": 'outlook.timezone="Mars"'}
    assert (await grace.refused("GET", "/events", headers=headers))[0] == 400


async def test_a_day_is_a_day_in_every_zone(grace):
    days = {
        "isAllDay": True,
        "start": {"dateTime": "2030-05-06T00:00:00", "timeZone": BERLIN},
        "end": {"dateTime": "2030-05-07T00:00:00", "timeZone": BERLIN},
    }
    made = await grace.insert(**days)
    headers = {"Prefer": 'outlook.timezone="Asia/Tokyo"'}
    seen = await grace.get(made["id"], headers=headers)
    assert made["start"]["dateTime"] == seen["start"]["dateTime"] == "2030-05-06T00:00:00.0000000"
    late = {"start": {"dateTime": "2030-05-06T01:00:00", "timeZone": BERLIN}}
    assert (await grace.refused("POST", "/events", EVENT | days | late))[0] == 400


async def test_the_etag_is_the_change_key_and_changes_with_every_write(grace):
    made = await grace.insert()
    assert made["@odata.etag"] == f'W/"{made["changeKey"]}"'
    assert len(base64.b64decode(made["changeKey"])) == 22
    after = await grace.patch(made["id"], subject="new")
    assert after["changeKey"] != made["changeKey"]
    assert (await grace.get(made["id"]))["changeKey"] == after["changeKey"]


# --- ids ---


async def test_ids_are_ordinary_unless_immutable_ones_are_preferred_and_both_are_taken(grace):
    made = await grace.insert()
    ordinary = (await grace.get(made["id"], headers={}))["id"]
    assert ordinary != made["id"]
    assert ordinary.endswith("=")
    assert (await grace.get(ordinary))["id"] == made["id"]
    answer = await grace.ok(
        "POST", "/translateExchangeIds", {"inputIds": [ordinary], "targetIdType": "restImmutableEntryId"}
    )
    assert answer["value"] == [{"sourceId": ordinary, "targetId": made["id"]}]


async def test_only_the_immutable_id_survives_a_move_to_another_calendar(grace, outlook):
    other = (await outlook("POST", f"/outlook/{GRACE}/calendars", {"name": "Other"}))["id"]
    made = await grace.insert()
    ordinary = (await grace.get(made["id"], headers={}))["id"]
    await grace.person("POST", f"/{made['id']}/move", {"to": other})
    assert (await grace.refused("GET", f"/events/{ordinary}"))[0] == 404
    moved = await grace.ok("GET", f"/calendars/{other}/events/{made['id']}", headers=IMMUTABLE)
    assert (moved["id"], moved["subject"]) == (made["id"], "Plan")
    assert (await grace.get(made["id"], headers={}))["id"] != ordinary


@pytest.mark.parametrize(("mode", "status"), [("strict", 404), ("loose", 200)])
async def test_the_path_of_another_calendar_may_or_may_not_find_an_event(grace, outlook, mode, status):
    await outlook("POST", "/modes", {"calendar_path": mode})
    other = (await outlook("POST", f"/outlook/{GRACE}/calendars", {"name": "Other"}))["id"]
    made = await grace.insert()
    assert (await grace.call("GET", f"/calendars/{other}/events/{made['id']}")).status == status


async def test_what_is_no_id_is_malformed_and_what_is_not_there_is_not_found(grace, linus):
    assert await grace.refused("GET", "/events/nonsense") == (400, "ErrorInvalidIdMalformed")
    made = await grace.insert()
    assert await linus.refused("GET", f"/events/{made['id']}") == (404, "ErrorItemNotFound")
    assert (await grace.refused("GET", "/calendars/AAA=/events"))[0] == 404


async def test_an_address_and_an_object_id_name_the_same_mailbox(grace, sandbox):
    from sandbox.microsoft.state import Graph  # noqa: PLC0415 - the id cannot be learned from outside

    made = await grace.insert()
    oid = sandbox.world.room(Graph).mailbox(GRACE).oid
    assert (await grace.graph.ok("GET", f"/users/{oid}/events/{made['id']}"))["subject"] == "Plan"
    assert (await grace.graph.call("GET", "/users/nobody@contoso.example/events")).status == 404


# --- writes ---


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"flavour": "x"}, "RequestBodyRead"),
        ({"body": {"contentType": "html", "content": "", "flavour": "x"}}, "RequestBodyRead"),
        ({"location": {"flavour": "x"}}, "RequestBodyRead"),
        ({"showAs": "maybe"}, "RequestBodyRead"),
        ({"onlineMeetingProvider": "zoom"}, "RequestBodyRead"),
        ({"subject": 7}, "RequestBodyRead"),
        ({"attendees": {}}, "RequestBodyRead"),
        ({"attendees": [{"emailAddress": {"address": "nobody"}}]}, "ErrorInvalidRecipients"),
        ({"organizer": {"emailAddress": {"address": LINUS}}}, "ErrorInvalidProperty"),
        ({"isOrganizer": False}, "ErrorInvalidProperty"),
        ({"onlineMeeting": {"joinUrl": "https://x.example"}}, "ErrorInvalidProperty"),
        ({"iCalUId": "x"}, "ErrorInvalidProperty"),
        ({"transactionId": "x"}, "ErrorInvalidProperty"),
        ({"end": {"dateTime": "2030-05-06T09:00:00", "timeZone": BERLIN}}, "ErrorPropertyValidationFailure"),
        ({"singleValueExtendedProperties": [{"id": "flag", "value": "x"}]}, "ErrorInvalidProperty"),
        ({"singleValueExtendedProperties": [{"id": MARK}]}, "ErrorInvalidProperty"),
    ],
)
async def test_a_write_that_graph_does_not_know_is_refused_and_changes_nothing(grace, body, code):
    made = await grace.insert()
    assert await grace.refused("PATCH", f"/events/{made['id']}", body) == (400, code)
    assert await grace.get(made["id"]) == made


async def test_annotations_of_a_client_library_are_passed_over(grace):
    made = await grace.insert(**{"@odata.type": "#microsoft.graph.event"})
    body = {"@odata.type": "#microsoft.graph.itemBody", "contentType": "html", "content": "x"}
    assert (await grace.patch(made["id"], body=body))["body"]["contentType"] == "html"


async def test_a_write_names_the_state_it_expects(grace):
    made = await grace.insert()
    stale = {"If-Match": made["@odata.etag"]}
    after = await grace.patch(made["id"], stale, subject="one")
    path = f"/events/{made['id']}"
    for method in ("PATCH", "DELETE"):
        body = {"subject": "two"} if method == "PATCH" else None
        refused = await grace.refused(method, path, body, headers=stale)
        assert refused == (412, "ErrorIrresolvableConflict")
    assert (await grace.get(made["id"]))["subject"] == "one"
    await grace.ok("DELETE", path, headers={"If-Match": after["@odata.etag"]})
    assert (await grace.refused("GET", path))[0] == 404


async def test_the_same_transaction_makes_one_event_and_another_content_is_refused(grace):
    first = await grace.insert(transactionId="t-1")
    again = await grace.insert(transactionId="t-1")
    assert (again["id"], again["transactionId"]) == (first["id"], "t-1")
    other = EVENT | {"transactionId": "t-1", "subject": "other"}
    assert await grace.refused("POST", "/events", other) == (409, "ErrorDuplicateTransactionId")
    assert len(await grace.events()) == 1


async def test_a_body_is_kept_byte_for_byte_in_a_whole_document(grace):
    text = "<p>Gr&uuml;&szlig;e <!-- a --> \U0001f600\r\n<b>x</b></p>"
    made = await grace.insert(body={"contentType": "html", "content": text})
    content = made["body"]["content"]
    assert text in content
    assert content.startswith("<html>")
    after = await grace.patch(made["id"], body={"contentType": "html", "content": content})
    assert after["body"]["content"] == content
    assert after["bodyPreview"] == "Grüße \U0001f600 x"


async def test_a_text_body_stays_text_and_html_is_shown_as_text_on_request(grace):
    made = await grace.insert(body={"contentType": "text", "content": "a\r\nb <c>"})
    assert made["body"] == {"contentType": "text", "content": "a\r\nb <c>"}
    page = await grace.insert(body={"contentType": "html", "content": "<p>a &amp; b</p>"})
    seen = await grace.get(page["id"], headers={"Prefer": 'outlook.body-content-type="text"'})
    assert seen["body"] == {"contentType": "text", "content": "a & b"}


async def test_a_new_location_wipes_all_that_there_were(grace):
    rooms = [{"displayName": "A", "locationEmailAddress": "a@contoso.example"}, {"displayName": "B"}]
    made = await grace.insert(locations=rooms)
    assert made["location"]["displayName"] == "A"
    assert made["location"]["locationEmailAddress"] == "a@contoso.example"
    assert [place["displayName"] for place in made["locations"]] == ["A", "B"]
    after = await grace.patch(made["id"], location={"displayName": "C", "locationUri": "https://c.example"})
    assert after["locations"] == [after["location"]]
    assert (after["location"]["uniqueId"], after["location"]["locationUri"]) == ("C", "https://c.example")
    assert (await grace.patch(made["id"], location={"displayName": ""}))["locations"] == []


async def test_a_calendar_that_may_only_be_read_takes_no_writes(grace, outlook):
    spec = {"name": "Linus", "shared_by": LINUS}
    theirs = (await outlook("POST", f"/outlook/{GRACE}/calendars", spec))["id"]
    shown = await grace.ok("GET", f"/calendars/{theirs}")
    assert (shown["canEdit"], shown["owner"]["address"]) == (False, LINUS)
    assert await grace.refused("POST", f"/calendars/{theirs}/events", EVENT) == (403, "ErrorAccessDenied")


# --- extended properties, selecting, listing ---


async def test_an_extended_property_is_shown_only_where_it_is_asked_for(grace):
    made = await grace.insert(**marked("one"))
    assert "singleValueExtendedProperties" not in made
    assert "singleValueExtendedProperties" not in await grace.get(made["id"])
    other = MARK.replace("flag", "Flag")
    both = EXPAND[:-1] + f" or id eq '{other}')"
    seen = await grace.ok("GET", f"/events/{made['id']}", **{"$expand": both})
    assert seen["singleValueExtendedProperties"] == [{"id": MARK, "value": "one"}]
    await grace.patch(made["id"], **marked("none"))
    seen = await grace.ok("GET", f"/events/{made['id']}", **{"$expand": EXPAND.replace("66f5a", "66F5A")})
    assert seen["singleValueExtendedProperties"] == [{"id": MARK, "value": "none"}]


async def test_the_answer_to_a_write_is_expanded_too(grace):
    made = await grace.insert()
    path = f"/events/{made['id']}"
    answer = await grace.ok("PATCH", path, marked("x"), **{"$expand": EXPAND, "$select": "subject"})
    assert answer["singleValueExtendedProperties"] == [{"id": MARK, "value": "x"}]
    assert "body" not in answer


async def test_events_are_found_by_an_extended_property_whose_value_knows_no_case(grace):
    made = await grace.insert(**marked("Zoom"))
    await grace.insert()
    for value, found in (("zoom", [made["id"]]), ("teams", [])):
        test = f"singleValueExtendedProperties/Any(ep: ep/id eq '{MARK}' and ep/value eq '{value}')"
        listed = await grace.ok("GET", "/events", headers=IMMUTABLE, **{"$filter": test})
        assert [one["id"] for one in listed["value"]] == found


async def test_a_property_that_somebody_copies_goes_along_with_the_copy(grace):
    made = await grace.insert(**marked("one"))
    copy = await grace.person("POST", f"/{made['id']}/copy")
    assert copy["singleValueExtendedProperties"] == [{"id": MARK, "value": "one"}]
    assert copy["id"] != made["id"]
    assert copy["iCalUId"] != made["iCalUId"]


async def test_only_what_is_selected_is_shown(grace):
    made = await grace.insert()
    seen = await grace.ok("GET", f"/events/{made['id']}", **{"$select": "subject,start"})
    assert set(seen) == {"@odata.context", "@odata.etag", "id", "subject", "start"}
    assert (await grace.refused("GET", f"/events/{made['id']}", **{"$select": "flavour"}))[0] == 400
    assert (await grace.refused("GET", f"/events/{made['id']}", **{"$expand": "calendar"}))[0] == 400


async def test_a_list_comes_in_pages_of_ten_unless_asked_otherwise(grace):
    for n in range(12):
        await grace.insert(subject=f"{n:02}", categories=["Even" if n % 2 == 0 else "Odd"])
    first = await grace.ok("GET", "/events", **{"$orderby": "subject"})
    assert [one["subject"] for one in first["value"]] == [f"{n:02}" for n in range(10)]
    async with grace.graph.http.get(
        first["@odata.nextLink"], headers={"Authorization": f"Bearer {grace.graph.token}"}
    ) as response:
        rest = await response.json()
    assert [one["subject"] for one in rest["value"]] == ["10", "11"]
    assert "@odata.nextLink" not in rest
    test = "categories/any(c:c eq 'odd') and start/dateTime ge '2030-01-01T00:00:00'"
    odd = await grace.ok("GET", "/events", **{"$filter": test, "$top": 3})
    assert {one["categories"][0] for one in odd["value"]} == {"Odd"}
    assert len(odd["value"]) == 3
    assert (await grace.refused("GET", "/events", **{"$filter": "nonsense"}))[0] == 400


async def test_a_signed_in_person_reaches_their_own_mailbox_as_me(grace, outlook):
    from tests.sandbox import graph_client  # noqa: PLC0415 - this test only

    made = await grace.insert()
    me = await graph_client.person(outlook.http, outlook.url, GRACE)
    assert (await me.ok("GET", f"/me/events/{made['id']}"))["subject"] == "Plan"


# --- mails ---


async def test_a_change_that_guests_can_see_mails_them_all(grace, outlook):
    made = await grace.insert(**guests(LINUS, "carol@fabrikam.example"))
    assert await mails(outlook) == [("carol", "invitation"), ("linus", "invitation")]
    await grace.patch(made["id"], subject="new")
    assert (await mails(outlook)).count(("linus", "update")) == 1
    await grace.patch(made["id"], body={"contentType": "html", "content": "new"})
    assert (await mails(outlook)).count(("linus", "update")) == 2
    await grace.patch(made["id"], location={"displayName": "Room"})
    assert (await mails(outlook)).count(("carol", "update")) == 3


@pytest.mark.parametrize(
    "body",
    [{"categories": ["Zoom"]}, marked("x"), {"isReminderOn": False}, {"reminderMinutesBeforeStart": 5}],
)
async def test_what_guests_cannot_see_mails_nobody(grace, outlook, body):
    made = await grace.insert(**guests(LINUS))
    before = await mails(outlook)
    after = await grace.patch(made["id"], **body)
    assert after["changeKey"] != made["changeKey"]
    assert await mails(outlook) == before


async def test_a_change_of_guests_alone_mails_those_who_come_and_go(grace, outlook):
    made = await grace.insert(**guests(LINUS))
    await grace.patch(made["id"], **guests("carol@fabrikam.example"))
    assert await mails(outlook) == [
        ("carol", "invitation"),
        ("linus", "cancellation"),
        ("linus", "invitation"),
    ]


@pytest.mark.parametrize("how", ["DELETE", "cancel"])
async def test_calling_an_event_off_mails_its_guests(grace, outlook, how):
    made = await grace.insert(**guests(LINUS))
    path = f"/events/{made['id']}"
    if how == "DELETE":
        assert (await grace.call("DELETE", path)).status == 204
    else:
        assert (await grace.call("POST", path + "/cancel", {"Comment": "sorry"})).status == 202
    assert await mails(outlook) == [("linus", "cancellation"), ("linus", "invitation")]
    assert (await grace.refused("GET", path))[0] == 404


async def test_a_draft_is_nobodys_business_until_it_is_sent(grace, linus, outlook):
    made = await grace.person("POST", "", EVENT | guests(LINUS) | {"isDraft": True})
    assert made["isDraft"] is True
    assert (await mails(outlook), await linus.events()) == ([], [])
    await grace.person("PATCH", f"/{made['id']}", {"isDraft": False})
    assert await mails(outlook) == [("linus", "invitation")]
    assert (await linus.copy_of(made))["isOrganizer"] is False


async def test_what_is_drafted_after_sending_waits_and_is_then_an_update(grace, linus, outlook):
    made = await grace.insert(**guests(LINUS))
    await grace.person("PATCH", f"/{made['id']}", {"isDraft": True, "subject": "new"})
    assert (await linus.copy_of(made))["subject"] == "Plan"
    await grace.person(
        "PATCH", f"/{made['id']}", {"isDraft": False, **guests(LINUS, "carol@fabrikam.example")}
    )
    assert (await linus.copy_of(made))["subject"] == "new"
    assert await mails(outlook) == [("carol", "invitation"), ("linus", "invitation"), ("linus", "update")]
