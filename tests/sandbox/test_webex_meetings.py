"""The simulated Webex is as odd as the real one."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.sandbox.webex_caller import ADA, BOB, OTHERS, calling

BEN, CAROL = "ben@example.net", "carol@example.net"


@pytest.fixture
async def caller():
    async with calling() as made:
        yield made


async def test_a_create_answers_200_with_the_whole_meeting(caller):
    answer = await caller.webex("POST", "meetings", caller.review())
    assert answer.status == 200
    assert (answer.body["hostEmail"], answer.body["meetingType"]) == (ADA, "meetingSeries")
    assert answer.headers["trackingid"].startswith("ROUTERGW_")


async def test_everybody_is_mailed_unless_webex_is_told_not_to(caller):
    body = caller.review(invitees=[{"email": BEN}])
    del body["sendEmail"]
    made = (await caller.webex("POST", "meetings", body)).body
    assert caller.mails() == [(ADA, "invitation"), (BEN, "invitation")]
    await caller.webex("PATCH", f"meetings/{made['id']}", {"title": "Other"})
    await caller.webex("POST", "meetingInvitees", {"meetingId": made["id"], "email": CAROL})
    (first, _) = (await caller.webex("GET", f"meetingInvitees?meetingId={made['id']}")).body["items"]
    await caller.webex("DELETE", f"meetingInvitees/{first['id']}")
    await caller.webex("DELETE", f"meetings/{made['id']}")
    assert caller.mails()[2:] == [
        (ADA, "update"),
        (BEN, "update"),
        (CAROL, "invitation"),
        (BEN, "cancellation"),
        (ADA, "cancellation"),
        (CAROL, "cancellation"),
    ]


async def test_nobody_is_mailed_where_webex_is_told_not_to(caller):
    made = await caller.create(invitees=[{"email": BEN}])
    await caller.webex("PATCH", f"meetings/{made['id']}", {"title": "Other", "sendEmail": False})
    items = [{"email": CAROL, "sendEmail": False}]
    await caller.webex("POST", "meetingInvitees/bulkInsert", {"meetingId": made["id"], "items": items})
    (first, _) = (await caller.webex("GET", f"meetingInvitees?meetingId={made['id']}")).body["items"]
    assert (await caller.webex("DELETE", f"meetingInvitees/{first['id']}?sendEmail=false")).status == 204
    assert (await caller.webex("DELETE", f"meetings/{made['id']}?sendEmail=false")).status == 204
    assert (await caller.webex("DELETE", f"meetings/{made['id']}?sendEmail=false")).status == 404
    assert caller.mails() == []


async def test_a_list_without_times_looks_at_the_next_seven_days(caller):
    soon = await caller.create()
    later = datetime.fromisoformat(soon["start"]) + timedelta(days=20)
    far = await caller.create(start=later.isoformat(), end=(later + timedelta(hours=1)).isoformat())
    assert [one["id"] for one in (await caller.webex("GET", "meetings")).body["items"]] == [soon["id"]]
    span = {"from": soon["start"], "to": (later + timedelta(days=1)).isoformat()}
    found = (await caller.webex("GET", "meetings", params=span)).body["items"]
    assert [one["id"] for one in found] == [soon["id"], far["id"]]


async def test_a_series_is_listed_as_long_as_it_goes_on(caller):
    made = await caller.create(recurrence="FREQ=WEEKLY;INTERVAL=1;COUNT=10")
    for weeks, there in ((8, True), (12, False)):
        day = datetime.fromisoformat(made["start"]) + timedelta(weeks=weeks)
        found = await caller.webex("GET", "meetings", params={"from": day.isoformat()})
        assert bool(found.body["items"]) is there


async def test_long_lists_come_in_pages(caller):
    made = {(await caller.create())["id"] for _ in range(12)}
    first = await caller.webex("GET", "meetings")
    assert len(first.body["items"]) == 10
    following = first.headers["Link"].partition("<")[2].partition(">")[0]
    second = await caller.send("GET", following)
    assert "Link" not in second.headers
    assert {one["id"] for one in first.body["items"] + second.body["items"]} == made
    assert (await caller.webex("GET", "meetings?max=101")).status == 400


async def test_a_tag_is_seen_and_searched_for_by_the_client_alone_that_has_set_it(caller):
    made = await caller.create(integrationTags=["hd1"])
    assert made["integrationTags"] == ["hd1"]
    query = "meetings?integrationTag=hd1"
    assert len((await caller.webex("GET", query)).body["items"]) == 1
    assert (await caller.webex("GET", "meetings?integrationTag=hd2")).body["items"] == []
    await caller.log_in(client=OTHERS)
    assert (await caller.webex("GET", query)).body["items"] == []
    assert "integrationTags" not in (await caller.webex("GET", f"meetings/{made['id']}")).body


@pytest.mark.parametrize("tags", [[], None])
async def test_an_empty_list_of_tags_wipes_them(caller, tags):
    made = await caller.create(integrationTags=["hd1"])
    kept = (await caller.webex("PATCH", f"meetings/{made['id']}", {"title": "x", "sendEmail": False})).body
    assert kept["integrationTags"] == ["hd1"]
    body = {"integrationTags": tags, "sendEmail": False}
    assert "integrationTags" not in (await caller.webex("PATCH", f"meetings/{made['id']}", body)).body


async def test_invitees_in_a_patch_are_ignored(caller):
    made = await caller.create()
    body = {"invitees": [{"email": BEN}], "sendEmail": False}
    assert (await caller.webex("PATCH", f"meetings/{made['id']}", body)).status == 200
    assert (await caller.webex("GET", f"meetingInvitees?meetingId={made['id']}")).body == {"items": []}


async def test_nobody_is_invited_twice_and_not_more_than_a_hundred_at_once(caller):
    made = await caller.create(invitees=[{"email": BEN}])
    again = {"meetingId": made["id"], "email": BEN, "sendEmail": False}
    assert (await caller.webex("POST", "meetingInvitees", again)).status == 409
    many = [{"email": f"guest{number}@example.net", "sendEmail": False} for number in range(101)]
    for items, status in ((many, 400), (many[:100], 200)):
        body = {"meetingId": made["id"], "items": items}
        assert (await caller.webex("POST", "meetingInvitees/bulkInsert", body)).status == status


@pytest.mark.parametrize(("minutes", "status"), [(9, 400), (10, 200), (23 * 60 + 59, 200), (24 * 60, 400)])
async def test_a_meeting_lasts_ten_minutes_to_a_minute_less_than_a_day(caller, minutes, status):
    start = datetime.fromisoformat(caller.review()["start"])
    end = (start + timedelta(minutes=minutes)).isoformat()
    assert (await caller.webex("POST", "meetings", caller.review(end=end))).status == status


async def test_nothing_begins_in_the_past(caller):
    now = caller.sandbox.world.now()
    for start, status in ((now - timedelta(minutes=2), 400), (now, 200)):
        times = {"start": start.isoformat(), "end": (now + timedelta(hours=1)).isoformat()}
        answer = await caller.webex("POST", "meetings", caller.review(**times))
        assert answer.status == status
        if status == 200:
            assert datetime.fromisoformat(answer.body["start"]) > now


@pytest.mark.parametrize(
    ("rule", "status"),
    [
        ("FREQ=DAILY;INTERVAL=1", 200),
        ("FREQ=DAILY;COUNT=1826", 200),
        ("FREQ=DAILY;COUNT=1827", 400),
        ("FREQ=WEEKLY;COUNT=262", 400),
        ("FREQ=MONTHLY;COUNT=61", 400),
        ("FREQ=YEARLY;COUNT=6", 400),
        ("FREQ=WEEKLY;INTERVAL=5;COUNT=100", 400),
        ("FREQ=HOURLY", 400),
        ("every Tuesday", 400),
    ],
)
async def test_a_series_has_as_many_meetings_as_webex_counts(caller, rule, status):
    assert (await caller.webex("POST", "meetings", caller.review(recurrence=rule))).status == status


async def test_of_several_days_in_a_month_only_the_first_is_taken(caller):
    made = await caller.create(recurrence="FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=10,11,12")
    assert made["recurrence"] == "FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=10"


async def test_new_times_of_a_series_cancel_its_exceptions_and_a_new_title_does_not(caller):
    made = await caller.create(recurrence="FREQ=DAILY;COUNT=5")
    await caller.control(f"webex/meetings/{made['id']}/exceptions", date="20261201T150000Z")

    async def exceptions_after(**body):
        await caller.webex("PATCH", f"meetings/{made['id']}", {"sendEmail": False, **body})
        state = (await caller.send("GET", "/_sandbox/state")).body["webex"]
        return len(state["meetings"][0]["exceptions"])

    assert await exceptions_after(title="Other") == 1
    assert await exceptions_after(start=made["start"], end=made["end"]) == 1
    assert await exceptions_after(recurrence="FREQ=DAILY;COUNT=4") == 0


async def test_a_recurrence_of_null_makes_it_a_single_meeting(caller):
    made = await caller.create(recurrence="FREQ=DAILY;COUNT=5")
    after = await caller.webex("PATCH", f"meetings/{made['id']}", {"recurrence": None, "sendEmail": False})
    assert "recurrence" not in after.body


async def test_creates_that_fail_count_among_the_hundred_of_a_day(caller):
    await caller.control("webex/switches", daily_limit=2)
    assert (await caller.webex("POST", "meetings", {"title": "x"})).status == 400
    await caller.create()
    refused = await caller.webex("POST", "meetings", caller.review())
    assert (refused.status, refused.headers["Retry-After"]) == (429, "3600")
    caller.sandbox.world.clock.advance(86_400)
    await caller.create()


async def test_the_header_timezone_says_in_which_zone_times_are_told(caller):
    made = await caller.create()
    assert made["start"].endswith("Z")
    path, there = f"meetings/{made['id']}", {"timezone": "Asia/Tokyo"}
    assert (await caller.webex("GET", path, headers=there)).body["start"].endswith("+09:00")


async def test_guests_see_the_meeting_without_the_key_of_its_host_and_strangers_see_nothing(caller):
    shared, own = await caller.create(invitees=[{"email": BOB}]), await caller.create()
    await caller.log_in(BOB)
    seen = await caller.webex("GET", f"meetings/{shared['id']}")
    assert "hostKey" in shared
    assert "hostKey" not in seen.body
    assert (await caller.webex("PATCH", f"meetings/{shared['id']}", {"title": "x"})).status == 403
    assert (await caller.webex("GET", f"meetings/{own['id']}")).status == 404


async def test_a_new_meeting_can_be_missing_from_lists_for_a_while(caller):
    await caller.control("webex/switches", list_lag=30)
    await caller.create()
    assert (await caller.webex("GET", "meetings")).body["items"] == []
    caller.sandbox.world.clock.advance(30)
    assert len((await caller.webex("GET", "meetings")).body["items"]) == 1


async def test_scripted_faults_look_like_those_of_webex(caller):
    for status in (401, 403, 404, 423, 429, 500):
        await caller.control("faults", provider="webex", op="webex.get", status=status)
        answer = await caller.webex("GET", "meetings/x")
        assert answer.status == status
        assert set(answer.body) == {"message", "errors", "trackingId"}
        assert ("Retry-After" in answer.headers) is (status in (423, 429))


async def test_somebody_without_webex_has_no_account_there(caller):
    await caller.control("users", email="nowhere@example.com", webex=False)
    assert (await caller.send("GET", "/_sandbox/state")).body["webex"]["people"] == [ADA, BOB]
