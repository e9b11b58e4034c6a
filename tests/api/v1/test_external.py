"""Events that others have made, changed by applications that may, and odd things in the bodies of upserts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from api.v1.uids import uid_of
from connectors.model import Event, EventRef
from store import events, managed
from tests.api.v1.conftest import ADA, NOW

STARTS = datetime.fromtimestamp(NOW, UTC) + timedelta(days=1)
UID = uid_of("e1x")


def event(start=STARTS, end=STARTS + timedelta(hours=1), **more):
    made = Event(EventRef(ADA, "e1x"), "1", "u", "Theirs", "", "", "", start, end, "Europe/Berlin")
    return replace(made, **more)


@pytest.fixture
async def calendar(api):
    """Have an event that Ada has made, and applications that may change it. Returns profile and calendar."""
    for name, one in list(api.context.applications.items()):
        api.context.applications[name] = replace(one, elevated=True, per_second=1000, per_minute=1000)
    profile, calendar = await api.person()
    await api.store.tx(lambda conn: events.save_read(conn, calendar, event(), NOW))
    return profile, calendar


@pytest.fixture
async def put(api, calendar):
    profile, there = calendar

    async def send(application="scheduler", **body):
        token, _ = await api.token(application=application, profile=profile)
        return await api("POST", f"/v1/calendars/{there}/events", token, body)

    return send


async def wanted(api, there, name=UID):
    return await api.store.read(lambda conn: managed.find(conn, "scheduler", there, name))


async def test_an_event_belongs_to_the_first_application_that_changes_it(api, put):
    assert (await put(event_uid=UID, summary="Ours")).status == 202
    refused = await put("rival", event_uid=UID, summary="No, ours")
    assert (refused.status, refused.text) == (403, "another application looks after this event")
    assert (await put(event_uid=UID, summary="Still ours")).status == 202


@pytest.mark.parametrize("spelt", [f"{UID}=", f"{UID}!", f"{UID[:15]}!{UID[15:]}"])
async def test_a_uid_is_spelt_in_one_way(put, spelt):
    assert (await put(event_uid=UID, summary="Ours")).status == 202
    assert (await put(event_uid=spelt, summary="Ours")).status == 404


async def test_the_uid_of_an_event_that_the_application_manages_means_that_event(api, put, calendar):
    times = {"start": "2027-03-10T10:00:00Z", "end": "2027-03-10T11:00:00Z"}
    assert (await put(event_id="mine", summary="One", **times)).status == 202
    kept = await wanted(api, calendar[1], "mine")
    await api.store.tx(lambda conn: managed.wrote(conn, kept.name, "e1x", 1))
    assert (await put(event_uid=UID, summary="Two", **times)).status == 202
    assert (await wanted(api, calendar[1], "mine")).wish.draft.title == "Two"
    assert await wanted(api, calendar[1]) is None


async def test_a_whole_day_stays_the_day_that_it_is_when_something_else_is_changed(api, put, calendar):
    starts = datetime(2027, 3, 9, 23, tzinfo=UTC)  # midnight of the 10th in Berlin
    day = event(starts, starts + timedelta(days=1), all_day=True)
    await api.store.tx(lambda conn: events.save_read(conn, calendar[1], day, NOW))
    assert (await put(event_uid=UID, description="More")).status == 202
    draft = (await wanted(api, calendar[1])).wish.draft
    assert (draft.start, draft.end) == (datetime(2027, 3, 10, tzinfo=UTC), datetime(2027, 3, 11, tzinfo=UTC))


async def test_what_people_change_on_their_event_stays_when_the_application_changes_something_else(
    api, put, calendar
):
    assert (await put(event_uid=UID, summary="Ours", description="Agenda")).status == 202
    kept = await wanted(api, calendar[1])
    assert (await put(event_uid=UID, location="Room 4")).status == 202
    first = (await wanted(api, calendar[1])).wish.draft
    assert (first.title, first.description, first.location) == ("Ours", "Agenda", "Room 4")
    moved = event(STARTS + timedelta(hours=3), STARTS + timedelta(hours=4), title="Moved", notes="Theirs")

    def change(conn):
        managed.wrote(conn, kept.name, "e1x", 2)
        events.save_read(conn, calendar[1], moved, NOW)

    await api.store.tx(change)
    assert (await put(event_uid=UID, location="Room 5")).status == 202
    draft = (await wanted(api, calendar[1])).wish.draft
    assert (draft.title, draft.start, draft.description) == ("Moved", moved.start, None)


async def test_an_event_without_a_title_can_be_changed(api, put, calendar):
    await api.store.tx(lambda conn: events.save_read(conn, calendar[1], event(title=""), NOW))
    assert (await put(event_uid=UID, description="More")).status == 202


async def test_an_upsert_says_whether_it_names_the_conference_anew(api, put, calendar):
    times = {"start": "2027-03-10T10:00:00Z", "end": "2027-03-10T11:00:00Z"}
    for asked, again in (({}, False), ({"conferencing": {"profile_id": "default"}}, True), ({}, True)):
        assert (await put(event_id="mine", summary="One", **times, **asked)).status == 202
        assert (await wanted(api, calendar[1], "mine")).wish.again is again
    kept = await wanted(api, calendar[1], "mine")
    await api.store.tx(lambda conn: managed.wrote(conn, kept.name, "e2", kept.version))
    assert (await put(event_id="mine", summary="Two", **times)).status == 202
    assert (await wanted(api, calendar[1], "mine")).wish.again is False


async def test_an_application_whose_right_is_taken_back_deletes_nothing_there(api, put, calendar):
    times = {"start": "2027-03-10T10:00:00Z", "end": "2027-03-10T11:00:00Z"}
    assert (await put(event_id="mine", summary="One", **times)).status == 202
    access, _ = await api.token()
    assert (await api("POST", f"/v1/profiles/{calendar[0]}/revoke", access)).status == 202
    assert (await api("DELETE", "/v1/events", access, {"delete_all": True})).status == 202
    kept = await wanted(api, calendar[1], "mine")
    assert kept is None or not kept.gone


@pytest.mark.parametrize(
    ("start", "end", "status"),
    [
        ("1899-12-31", "1900-01-01", 422),
        ("1900-01-01", "1900-01-02", 202),
        ("2200-12-31", "2201-01-01", 202),
        ("2201-01-01", "2201-01-02", 422),
    ],
)
async def test_no_event_begins_in_another_age(put, start, end, status):
    """Each day of a series that began in the year 1 would be counted whenever events are read."""
    answer = await put(event_id="one", summary="One", start=start, end=end)
    assert answer.status == status
    assert status == 202 or answer.errors == {"start": ["errors.invalid_format"]}


async def test_an_end_of_a_series_before_all_time_is_named(put):
    rule = {"frequency": "daily", "until": "0001-01-01T00:00:00+14:00"}
    answer = await put(
        event_id="one",
        summary="One",
        start="2027-03-10T10:00:00Z",
        end="2027-03-10T11:00:00Z",
        recurrence={"rules": [rule]},
    )
    assert (answer.status, answer.errors) == (
        422,
        {"recurrence.rules[0].until": ["errors.invalid_format"]},
    )


async def test_a_guests_copy_is_not_the_applications_to_change(api, put, calendar):
    await api.store.tx(lambda conn: events.save_read(conn, calendar[1], event(own=False), NOW))
    assert (await put(event_uid=UID, summary="Ours")).status == 403


async def test_what_was_deleted_begins_anew_when_it_is_asked_for_again(api, put, calendar):
    times = {"start": "2027-03-10T10:00:00Z", "end": "2027-03-10T11:00:00Z"}
    first = {"description": "Old", "attendees": {"invite": [{"email": "bob@example.net"}]}}
    assert (await put(event_id="mine", summary="One", **first, **times)).status == 202
    kept = await wanted(api, calendar[1], "mine")
    await api.store.tx(lambda conn: managed.delete(conn, kept.name, NOW))
    assert (await put(event_id="mine", summary="Two", **times)).status == 202
    draft = (await wanted(api, calendar[1], "mine")).wish.draft
    assert (draft.title, draft.description or "", draft.attendees) == ("Two", "", ())


async def test_a_guest_whom_people_have_taken_off_is_not_invited_again_unless_named_again(api, put, calendar):
    times = {"start": "2027-03-10T10:00:00Z", "end": "2027-03-10T11:00:00Z"}
    guests = {"invite": [{"email": "bob@example.net"}, {"email": "carol@example.org"}]}
    assert (await put(event_id="mine", summary="One", attendees=guests, **times)).status == 202
    kept = await wanted(api, calendar[1], "mine")
    left = event(attendees=("carol@example.org",))

    def written(conn):
        managed.wrote(conn, kept.name, "e1x", 1)
        events.save_read(conn, calendar[1], left, NOW)

    await api.store.tx(written)
    assert (await put(event_id="mine", summary="Two", **times)).status == 202
    draft = (await wanted(api, calendar[1], "mine")).wish.draft
    assert [one.address for one in draft.attendees] == ["carol@example.org"]
    again = {"invite": [{"email": "bob@example.net"}]}
    assert (await put(event_id="mine", summary="Three", attendees=again, **times)).status == 202
    draft = (await wanted(api, calendar[1], "mine")).wish.draft
    assert [one.address for one in draft.attendees] == ["bob@example.net", "carol@example.org"]
