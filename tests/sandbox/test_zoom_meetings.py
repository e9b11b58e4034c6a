"""What the simulated Zoom makes of creates, updates and deletes."""

from __future__ import annotations

import asyncio

import pytest

from tests.sandbox.zoom_caller import ADA, BOB, REVIEW, calling

WEEKLY = {"type": 8, "recurrence": {"type": 2, "repeat_interval": 1, "weekly_days": "3", "end_times": 3}}


@pytest.fixture
async def caller():
    async with calling() as made:
        yield made


async def refused(caller, **changes):
    answer = await caller.zoom("POST", f"users/{ADA}/meetings", REVIEW | changes)
    assert answer.status == 400
    return answer.body


async def get(caller, made):
    return (await caller.zoom("GET", f"meetings/{made['id']}")).body


async def patch(caller, made, **body):
    return await caller.zoom("PATCH", f"meetings/{made['id']}", body)


async def test_local_time_comes_back_as_utc_with_its_zone(caller):
    made = await caller.create()
    assert (made["start_time"], made["timezone"]) == ("2099-12-01T14:00:00Z", "Europe/Berlin")
    assert (await caller.create(start_time="2099-12-01T15:00:00Z"))["start_time"] == "2099-12-01T15:00:00Z"


async def test_ids_need_more_than_32_bits_and_some_uuids_hold_slashes(caller):
    made = [await caller.create() for _ in range(24)]
    assert all(2**32 < one["id"] < 10**11 for one in made)
    assert len({one["id"] for one in made}) == 24
    assert any(one["uuid"].startswith("/") for one in made)
    assert any("//" in one["uuid"] for one in made)


async def test_a_meeting_carries_a_secret_start_link_and_a_passcode(caller):
    made = await caller.create()
    assert "zak=" in made["start_url"]
    assert made["password"]
    assert made["join_url"].endswith(f"?pwd={made['encrypted_password']}")


async def test_without_a_start_time_it_becomes_an_instant_meeting(caller):
    body = {"topic": "Now"}
    made = (await caller.zoom("POST", f"users/{ADA}/meetings", body)).body
    assert made["type"] == 1
    assert (await caller.zoom("GET", f"users/{ADA}/meetings")).body["meetings"] == []


async def test_a_meeting_without_fixed_time_has_neither_start_nor_duration(caller):
    made = await caller.create(type=3)
    assert not {"start_time", "duration", "occurrences"} & made.keys()


async def test_an_empty_topic_gets_a_title_of_zooms_own(caller):
    assert (await caller.create(topic=""))["topic"] == "Ada Lovelace's Zoom Meeting"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"topic": "x" * 201}, "topic"),
        ({"agenda": "x" * 2001}, "agenda"),
        ({"start_time": "2099-12-01T15:00:00+01:00"}, "start_time"),
        ({"start_time": "2099-13-01T15:00:00"}, "start_time"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"duration": 0}, "duration"),
        ({"duration": "45"}, "duration"),
        ({"type": 4}, "type"),
        ({"type": True}, "type"),
        ({"password": "x" * 11}, "password"),
        ({"tracking_fields": [{"value": "x"}]}, "tracking_fields"),
        ({"conference": 1}, "conference"),
        ({"settings": {"auto_transcribing": True}}, "settings.auto_transcribing"),
        ({"settings": {"meeting_invitees": ["bob@example.com"]}}, "settings.meeting_invitees"),
        ({"settings": {"meeting_invitees": [{"email": "bob"}]}}, "settings.meeting_invitees"),
        ({"settings": {"jbh_time": 7}}, "settings.jbh_time"),
        ({"settings": {"custom_keys": []}}, "settings.custom_keys"),
        ({"settings": None}, "settings"),
        ({"type": 8}, "recurrence"),
        ({"type": 8, "recurrence": {}}, "recurrence.type"),
        ({"schedule_for": "nobody@example.com"}, "schedule_for"),
    ],
)
async def test_a_create_with_a_wrong_field_is_refused_and_the_field_is_named(caller, changes, field):
    body = await refused(caller, **changes)
    assert (body["code"], body["message"]) == (300, "Validation Failed.")
    assert [error["field"] for error in body["errors"]] == [field]


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b'"x"'])
async def test_a_body_that_is_no_json_object_is_refused(caller, data):
    headers = {"Content-Type": "application/json"}
    answer = await caller.zoom("POST", f"users/{ADA}/meetings", data=data, headers=headers)
    assert answer.body == {"code": 300, "message": "Request Body should be a valid JSON object."}


async def test_errors_come_as_xml_when_told(caller):
    await caller.control("modes", zoom_errors="xml")
    answer = await caller.zoom(
        "POST", f"users/{ADA}/meetings", {"settings": {"meeting_invitees": ["b@x.example"]}}
    )
    assert answer.headers["Content-Type"].startswith("application/xml")
    assert "<error><code>300</code><message>Validation Failed.</message></error>" in answer.body


async def test_a_policy_may_force_the_waiting_room(caller):
    await caller.control("modes", zoom_forced_waiting_room=True)
    made = await caller.create(settings={"waiting_room": False, "join_before_host": True})
    assert (made["settings"]["waiting_room"], made["settings"]["join_before_host"]) == (True, False)


async def test_an_account_may_hide_its_passcodes(caller):
    await caller.control("modes", zoom_no_password=True)
    assert not {"password", "pstn_password", "encrypted_password"} & (await caller.create()).keys()


async def test_a_basic_plan_has_no_phone_numbers(caller):
    await caller.control("zoom/switches", no_dial_in=True)
    made = await caller.create()
    assert made["settings"]["global_dial_in_numbers"] == []
    invitation = (await caller.zoom("GET", f"meetings/{made['id']}/invitation")).body["invitation"]
    assert "One tap mobile" not in invitation


async def test_scheduling_for_somebody_needs_their_leave(caller):
    body = await refused(caller, schedule_for=BOB)
    assert body == {"code": 3000, "message": f"You cannot schedule a meeting for {BOB}."}
    await caller.control("zoom/privileges", assistant=ADA, boss=BOB)
    made = await caller.create(schedule_for=BOB)
    assert made["host_email"] == BOB
    assert made["assistant_id"] == (await caller.zoom("GET", f"users/{ADA}")).body["id"]


async def test_nobody_schedules_an_instant_meeting_for_another(caller):
    body = await refused(caller, type=1, schedule_for=ADA)
    assert body["errors"][0]["field"] == "schedule_for"


async def test_an_update_answers_204_without_a_byte_and_keeps_the_link(caller):
    made = await caller.create()
    answer = await patch(
        caller, made, topic="Moved", start_time="2099-12-02T15:00:00", timezone="Europe/Berlin"
    )
    assert (answer.status, answer.body) == (204, "")
    after = await get(caller, made)
    assert (after["topic"], after["start_time"]) == ("Moved", "2099-12-02T14:00:00Z")
    assert (after["join_url"], after["duration"]) == (made["join_url"], 45)


async def test_a_new_passcode_is_a_new_link(caller):
    made = await caller.create()
    await patch(caller, made, password="abc-123")
    assert (await get(caller, made))["join_url"] != made["join_url"]
    assert (await patch(caller, made, password="a!b")).body["errors"][0]["field"] == "password"


async def test_a_start_in_the_past_is_ignored_and_the_rest_applied(caller):
    made = await caller.create()
    assert (await patch(caller, made, topic="Late", start_time="2001-01-01T00:00:00Z")).status == 204
    after = await get(caller, made)
    assert (after["topic"], after["start_time"]) == ("Late", made["start_time"])


async def test_the_host_of_a_meeting_never_changes(caller):
    await caller.control("zoom/privileges", assistant=ADA, boss=BOB)
    answer = await patch(caller, await caller.create(), schedule_for=BOB)
    assert (answer.status, answer.body["code"]) == (400, 3000)


async def test_an_update_with_an_unknown_setting_changes_nothing(caller):
    made = await caller.create()
    answer = await patch(caller, made, topic="New", settings={"auto_transcribing": True})
    assert (answer.status, answer.body["code"]) == (400, 300)
    assert (await get(caller, made))["topic"] == made["topic"]


async def test_what_only_a_create_may_say_is_refused_in_an_update(caller):
    answer = await patch(caller, await caller.create(), settings={"push_change_to_calendar": False})
    assert answer.body["errors"][0]["field"] == "settings.push_change_to_calendar"


async def test_a_scheduled_meeting_becomes_a_series_without_time_and_back(caller):
    made = await caller.create()
    await patch(caller, made, type=3)
    assert "start_time" not in await get(caller, made)
    assert (await patch(caller, made, type=2)).body["errors"][0]["field"] == "start_time"
    await patch(caller, made, type=2, start_time="2099-12-03T09:00:00Z", duration=30)
    after = await get(caller, made)
    assert (after["start_time"], after["duration"]) == ("2099-12-03T09:00:00Z", 30)
    assert after["join_url"] == made["join_url"]


async def test_a_second_delete_finds_nothing(caller):
    made = await caller.create()
    assert (await caller.zoom("DELETE", f"meetings/{made['id']}")).status == 204
    answer = await caller.zoom("DELETE", f"meetings/{made['id']}")
    gone = {"code": 3001, "message": f"Meeting does not exist: {made['id']}."}
    assert (answer.status, answer.body) == (404, gone)
    assert (await patch(caller, made, topic="x")).body == gone


async def test_only_one_delete_at_a_time_for_one_user(caller):
    await caller.control("zoom/switches", delete_seconds=0.05)
    mine, also_mine, other = await caller.create(), await caller.create(), await caller.create(BOB)
    deletes = [caller.zoom("DELETE", f"meetings/{one['id']}") for one in (mine, also_mine, other)]
    answers = await asyncio.gather(*deletes)
    assert sorted(answer.status for answer in answers) == [204, 204, 429]
    assert answers[2].status == 204


async def test_a_meeting_deleted_in_the_portal_does_not_exist(caller):
    made = await caller.create()
    await caller.control(f"zoom/meetings/{made['id']}/delete")
    assert (await patch(caller, made, topic="x")).status == 404
    state = (await caller.send("GET", "/_sandbox/state")).body["zoom"]
    assert (state["meetings"], [one["id"] for one in state["deleted"]]) == ([], [made["id"]])


async def test_a_meeting_turned_webinar_is_out_of_reach(caller):
    made = await caller.create()
    await caller.control(f"zoom/meetings/{made['id']}/webinar")
    for method in ("GET", "DELETE"):
        answer = await caller.zoom(method, f"meetings/{made['id']}")
        assert (answer.status, answer.body) == (400, {"code": 3000, "message": "Cannot access webinar info."})


async def test_deleting_a_meeting_mails_its_alternative_hosts(caller):
    made = await caller.create(settings={"alternative_hosts": f"{BOB};carl@example.com"})
    await caller.zoom("DELETE", f"meetings/{made['id']}")
    mails = (await caller.send("GET", "/_sandbox/outbox")).body["mails"]
    assert [(mail["to"], mail["kind"]) for mail in mails] == [
        (BOB, "cancellation"),
        ("carl@example.com", "cancellation"),
    ]


async def test_a_series_keeps_its_wall_clock_and_names_its_dates_in_milliseconds(caller):
    rule = {"type": 2, "repeat_interval": 1, "weekly_days": "3", "end_times": 2}
    made = await caller.create(type=8, recurrence=rule, start_time="2027-10-26T15:00:00")
    starts = [one["start_time"] for one in made["occurrences"]]
    assert starts == ["2027-10-26T13:00:00Z", "2027-11-02T14:00:00Z"]
    assert made["occurrences"][0]["occurrence_id"] == "1824555600000"


async def test_one_date_of_a_series_moves_and_goes_alone(caller):
    made = await caller.create(**WEEKLY)
    first, second, _ = (one["occurrence_id"] for one in made["occurrences"])
    path = f"meetings/{made['id']}?occurrence_id="
    body = {"start_time": "2099-12-01T16:00:00Z", "duration": 30}
    assert (await caller.zoom("PATCH", path + first, body)).status == 204
    assert (await caller.zoom("DELETE", path + second)).status == 204
    after = (await get(caller, made))["occurrences"]
    assert [one["occurrence_id"] for one in after] == [one["occurrence_id"] for one in made["occurrences"]]
    assert (after[0]["start_time"], after[0]["duration"]) == ("2099-12-01T16:00:00Z", 30)
    assert [one["status"] for one in after] == ["available", "deleted", "available"]


async def test_a_date_is_named_in_milliseconds_or_not_at_all(caller):
    made = await caller.create(**WEEKLY)
    answer = await caller.zoom("DELETE", f"meetings/{made['id']}?occurrence_id=20991208T140000Z")
    assert (answer.status, answer.body) == (
        400,
        {"code": 300, "message": "Invalid parameter: occurrence_id."},
    )


async def test_one_date_of_a_series_has_no_topic_of_its_own(caller):
    made = await caller.create(**WEEKLY)
    path = f"meetings/{made['id']}?occurrence_id={made['occurrences'][0]['occurrence_id']}"
    assert (await caller.zoom("PATCH", path, {"topic": "x"})).body["errors"][0]["field"] == "topic"


async def test_moving_a_series_wants_its_recurrence_again(caller):
    made = await caller.create(**WEEKLY)
    answer = await patch(caller, made, start_time="2099-12-02T15:00:00Z")
    assert answer.body["errors"] == [{"field": "recurrence", "message": "Missing field."}]
    assert (await patch(caller, made, topic="Only the title")).status == 204


async def test_the_invitation_has_crlf_and_its_own_line_for_the_time(caller):
    made = await caller.create()
    answer = (await caller.zoom("GET", f"meetings/{made['id']}/invitation")).body
    lines = answer["invitation"].split("\r\n")
    assert lines[0] == "Ada Lovelace is inviting you to a scheduled Zoom meeting."
    assert "Time: Dec 1, 2099 03:00 PM Europe/Berlin" in lines
    assert made["join_url"] in lines
    assert f"Passcode: {made['password']}" in lines
