"""Google Calendar keeps the contract of calendars, and its own rules."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer

from connectors.errors import (
    Conflict,
    CursorExpired,
    NotFound,
    Rejected,
    Transient,
    Unauthorized,
    Unwatchable,
)
from connectors.google.auth import SCOPES
from connectors.model import Gone, Native
from connectors.registry import Credentials
from connectors.wording import GERMAN, Wording
from sandbox.google.state import Google
from tests.contract.calendar import (
    CALLS,
    KEY,
    NEW,
    OTHER,
    PLACE,
    SOURCE,
    ZOOM,
    CalendarContract,
    Draft,
    added,
    ready,
)
from tests.contract.google_stage import ADA, BOB, GoogleStage, World, doorbell


@pytest.fixture
async def google(sandbox, http):
    async with ClientSession() as session:
        world = World(sandbox, http, session)
        await world.people()
        yield world


@pytest.fixture
async def stage(google):
    heard = []
    async with TestServer(doorbell(heard)) as server:
        registry = google.registry()
        yield GoogleStage(
            world=google,
            calendar=registry.calendar(await google.credentials()),
            guest=registry.calendar(await google.credentials(BOB)),
            doorstep=str(server.make_url("/hooks/google")),
            heard=heard,
        )
        await google.control("GET", "push/idle")


class TestGoogleCalendar(CalendarContract):
    pass


@pytest.fixture
async def ada(google, stage):
    """Give Ada a connector of one's own making: `await ada(send_updates="all")`."""

    async def connect(**settings):
        return google.registry(**settings).calendar(await google.credentials())

    return connect


async def patches(google):
    """Tell the query of each PATCH so far."""
    calls = [call for call in google.calls() if call["op"] == "events.patch"]
    return [parse_qs(urlsplit(call["path"]).query) for call in calls]


# Third parties' conference data


async def test_refused_conference_data_costs_one_more_call_once(google, stage, ada):
    await google.post("modes", addon="reject_400")
    calendar = await ada(third_party_conference_data=True)
    for expected in (["events.patch"] * 2, ["events.patch"]):
        event = await added(stage)
        before = len(google.ops())
        written = await calendar.write(event, ZOOM, KEY, SOURCE)
        assert google.ops()[before:] == expected
        assert (written.block.key, written.native) == (KEY, None)


async def test_dropped_conference_data_costs_no_second_call(google, stage, ada):
    await google.post("modes", addon="drop_silently")
    calendar = await ada(third_party_conference_data=True)
    written = await calendar.write(await added(stage), ZOOM, KEY, SOURCE)
    await calendar.write(await added(stage), ZOOM, KEY, SOURCE)
    assert (written.block.key, written.native) == (KEY, None)
    assert ["conferenceDataVersion" in query for query in await patches(google)] == [True, False]


async def test_accepted_conference_data_stands_beside_the_block(google, stage, ada):
    await google.post("modes", addon="accept")
    calendar = await ada(third_party_conference_data=True)
    written = await calendar.write(await added(stage), ZOOM, KEY, SOURCE)
    assert written.native == Native("other", "ready", ZOOM.join_url, ZOOM.id, KEY)
    assert ZOOM.join_url in written.block.text
    changed = await calendar.write(written, NEW, OTHER, SOURCE)
    assert (changed.native.join_url, changed.native.key) == (NEW.join_url, OTHER)
    bare = await calendar.write(changed, None, OTHER)
    assert (bare.native, bare.block, bare.location) == (None, None, "")
    assert "conferenceData" not in await stage.item(bare.ref.event)
    assert google.ops().count("events.patch") == 3


async def test_what_was_written_with_conference_data_is_not_written_again(google, stage, ada):
    await google.post("modes", addon="accept")
    calendar = await ada(third_party_conference_data=True)
    written = await calendar.write(await added(stage), ZOOM, KEY, SOURCE)
    before = len(google.ops())
    assert await calendar.write(written, ZOOM, KEY, SOURCE) == written
    assert len(google.ops()) == before


@pytest.mark.parametrize(
    ("mode", "supported"), [("reject_400", False), ("drop_silently", False), ("accept", True)]
)
async def test_what_was_found_out_is_told_once_and_shared_by_all_of_a_client(google, stage, mode, supported):
    await google.post("modes", addon=mode)
    told = []

    async def on_capability(client, found):
        told.append((client, found))

    registry = google.registry(third_party_conference_data=True, on_capability=on_capability)
    for calendar in [registry.calendar(await google.credentials(who)) for who in (ADA, ADA)]:
        await calendar.write(await added(stage), ZOOM, KEY, SOURCE)
    assert told == [("sandbox-client", supported)]
    assert registry._third_party.supported is supported


async def test_what_was_found_out_before_is_not_tried_again(google, stage, ada):
    await google.post("modes", addon="accept")
    calendar = await ada(third_party_conference_data=True, third_party=False)
    assert (await calendar.write(await added(stage), ZOOM, KEY, SOURCE)).native is None


async def test_many_writes_at_once_all_arrive_while_it_is_found_out(google, stage, ada):
    calendar = await ada(third_party_conference_data=True)
    events = [await added(stage) for _ in range(6)]
    written = await asyncio.gather(*(calendar.write(event, ZOOM, KEY, SOURCE) for event in events))
    assert {event.block.key for event in written} == {KEY}


async def test_a_meet_that_somebody_made_is_never_replaced(google, stage, ada):
    await google.post("modes", addon="accept")
    event = await stage.add(Draft())
    room = {"createRequest": {"requestId": "by-hand", "conferenceSolutionKey": {"type": "hangoutsMeet"}}}
    await google.events("PATCH", f"/{event}", {"conferenceData": room})
    calendar = await ada(third_party_conference_data=True)
    before = await calendar.get(stage.info, event)
    assert (before.native.service, before.native.key) == ("meet", "")
    written = await calendar.write(before, ZOOM, KEY, SOURCE)
    assert written.native == (await calendar.write(written, None, KEY)).native == before.native


async def test_nobody_meets_conference_data_unless_it_is_meant(google, stage):
    await stage.calendar.write(await added(stage), ZOOM, KEY, SOURCE)
    assert await patches(google) == [{"alt": ["json"], "sendUpdates": ["none"]}]


# Writes that do nothing, and writes that tell people


async def test_a_write_that_google_ignores_is_not_taken_for_done(google, stage):
    await google.post("modes", foreign_write="silent")
    await added(stage, guests=(BOB,), description="Agenda")
    (copy,) = (await stage.guest.changes(stage.guest_info, None)).events
    with pytest.raises(Rejected) as caught:
        await stage.guest.write(copy, ZOOM, KEY, SOURCE)
    assert caught.value.reason == "write_ignored"


async def test_a_refusal_names_its_reason(stage):
    await added(stage, guests=(BOB,))
    (copy,) = (await stage.guest.changes(stage.guest_info, None)).events
    with pytest.raises(Rejected) as caught:
        await stage.guest.write(copy, ZOOM, KEY, SOURCE)
    assert (caught.value.reason, caught.value.status) == ("forbiddenForNonOrganizer", 403)


@pytest.mark.parametrize(("updates", "mails"), [("none", 0), ("all", 2)])
async def test_guests_are_told_only_where_the_settings_say_so(google, stage, ada, updates, mails):
    event = await added(stage, guests=(BOB, "zoe@example.net"))
    before = len(stage.mails())
    await (await ada(send_updates=updates)).write(event, ZOOM, KEY, SOURCE)
    assert len(stage.mails()) - before == mails


async def test_guests_answers_survive_a_write(google, stage):
    event = await added(stage, guests=(BOB, "zoe@example.net"))
    await stage.answer(event.ref.event, "accepted")
    event = await stage.calendar.get(stage.info, event.ref.event)
    await stage.calendar.write(event, ZOOM, KEY, SOURCE)
    guests = (await stage.item(event.ref.event))["attendees"]
    assert {guest["email"]: guest["responseStatus"] for guest in guests}[BOB] == "accepted"


async def test_other_private_properties_stay(google, stage):
    event = await stage.add(Draft())
    await google.events(
        "PATCH", f"/{event}", {"extendedProperties": {"private": {"conferencing": " @Zoom "}}}
    )
    before = await stage.calendar.get(stage.info, event)
    assert before.ask == "zoom"
    bare = await stage.calendar.write(await stage.calendar.write(before, ZOOM, KEY, SOURCE), None, KEY)
    assert bare.ask == "zoom"
    assert (await stage.item(event))["extendedProperties"] == {"private": {"conferencing": " @Zoom "}}


async def test_a_link_that_outlived_its_block_is_taken_out_of_the_location(stage):
    event = await stage.calendar.write(await added(stage, location="Room 4 @zoom"), ZOOM, KEY, PLACE)
    await stage.change(event.ref.event, description="")
    after = await stage.calendar.get(stage.info, event.ref.event)
    assert (after.block, after.location) == (None, f"Room 4 {ZOOM.join_url}")
    bare = await stage.calendar.write(after, None, KEY, earlier=ZOOM.join_url)
    assert (bare.location, bare.mark) == ("Room 4", None)


# Listings


@pytest.mark.parametrize("mode", ["always", "never"])
async def test_cancelled_occurrences_are_understood_however_little_is_told(google, stage, mode):
    await google.post("modes", sparse_cancelled=mode)
    series = await stage.add(Draft(recurrence=("RRULE:FREQ=DAILY;COUNT=4",)))
    cursor = (await stage.calendar.changes(stage.info, None)).cursor
    one = await stage.occurrence(series, 1)
    await stage.delete(one)
    for changes in (
        await stage.calendar.changes(stage.info, cursor),
        await stage.calendar.changes(stage.info, None),
    ):
        assert changes.gone == (Gone(one, series),)


@pytest.mark.parametrize("pages", ["always", "random"])
async def test_short_and_empty_pages_end_nothing(google, stage, pages):
    await google.post("modes", short_pages=pages)
    there = {await stage.add(Draft(title=str(number))) for number in range(12)}
    changes = await stage.calendar.changes(stage.info, None)
    assert {event.ref.event for event in changes.events} == there
    assert google.ops().count("events.list") > 1 or pages == "random"


async def test_a_listing_that_breaks_off_is_no_listing(google, stage):
    await google.post("modes", short_pages="always")
    for number in range(8):
        await stage.add(Draft(title=str(number)))
    stage.fault(op="events.list", skip=1, status=503)
    with pytest.raises(Transient):
        await stage.calendar.changes(stage.info, None)
    assert len((await stage.calendar.changes(stage.info, None)).events) == 8


async def test_every_page_asks_the_same_and_incremental_ones_ask_what_the_first_did(google, stage):
    await google.post("modes", short_pages="always")
    for number in range(5):
        await stage.add(Draft(title=str(number)))
    first = await stage.calendar.changes(stage.info, None)
    await stage.calendar.changes(stage.info, first.cursor)
    queries = [
        parse_qs(urlsplit(call["path"]).query) for call in google.calls() if call["op"] == "events.list"
    ]
    varying = ("pageToken", "syncToken", "timeMin")
    assert len({str(sorted((k, v) for k, v in query.items() if k not in varying)) for query in queries}) == 1
    assert queries[0]["eventTypes"] == ["default"]
    assert queries[0]["singleEvents"] == ["false"]
    assert "showDeleted" not in queries[0]
    assert [("timeMin" in query, "syncToken" in query) for query in queries[-1:]] == [(False, True)]


async def test_a_cursor_keeps_the_query_of_an_older_release(google, stage):
    first = json.loads((await stage.calendar.changes(stage.info, None)).cursor)
    first["query"]["maxResults"] = 5
    event = await stage.add(Draft())
    changes = await stage.calendar.changes(stage.info, json.dumps(first))
    assert [event.ref.event for event in changes.events] == [event]
    assert json.loads(changes.cursor)["query"]["maxResults"] == 5


async def test_a_cursor_that_google_calls_unusable_counts_as_expired(google, stage):
    cursor = json.loads((await stage.calendar.changes(stage.info, None)).cursor)
    cursor["query"]["singleEvents"] = True
    with pytest.raises(CursorExpired):
        await stage.calendar.changes(stage.info, json.dumps(cursor))


@pytest.mark.parametrize("reason", ["fullSyncRequired", "updatedMinTooLongAgo"])
async def test_both_words_for_an_expired_cursor_are_known(stage, reason):
    cursor = (await stage.calendar.changes(stage.info, None)).cursor
    stage.fault(op="events.list", status=410, reason=reason)
    with pytest.raises(CursorExpired):
        await stage.calendar.changes(stage.info, cursor)


async def test_other_kinds_of_events_are_none_of_ours(google, stage):
    body = stage.body(Draft()) | {"eventType": "focusTime", "focusTimeProperties": {}}
    event = (await google.events("POST", body=body))["id"]
    assert (await stage.calendar.changes(stage.info, None)).events == ()
    with pytest.raises(NotFound):
        await stage.calendar.get(stage.info, event)


async def test_a_page_with_an_unreadable_event_is_read(google, stage, capsys):
    body = {
        "kind": "calendar#events",
        "nextSyncToken": "t",
        "items": [{"id": "odd", "status": "confirmed"}, 5],
    }
    stage.fault(op="events.list", status=200, body=body)
    changes = await stage.calendar.changes(stage.info, None)
    assert (changes.events, changes.gone) == ((), ())
    assert "odd" in capsys.readouterr().out


async def test_pages_in_a_circle_are_left(stage):
    body = {"kind": "calendar#events", "nextPageToken": "again", "items": []}
    stage.fault(op="events.list", status=200, body=body, times=-1)
    with pytest.raises(Transient):
        await stage.calendar.changes(stage.info, None)


async def test_a_listing_without_an_end_is_no_listing(stage):
    stage.fault(op="events.list", status=200, body={"kind": "calendar#events", "items": []})
    with pytest.raises(Transient):
        await stage.calendar.changes(stage.info, None)


async def test_only_calendars_that_may_be_written_to_are_writable(google, stage):
    roles = {"r@x": "reader", "w@x": "writer", "p@x": "writerWithoutPrivateAccess", "f@x": "freeBusyReader"}
    calendars = [{"id": name, "accessRole": role, "summary": role} for name, role in roles.items()]
    await google.post("users", email=ADA, calendars=calendars)
    found = {info.remote: info for info in await stage.calendar.calendars()}
    assert {roles[name]: found[name].writable for name in roles} == {
        "reader": False,
        "writer": True,
        "writerWithoutPrivateAccess": True,
        "freeBusyReader": False,
    }
    assert found["r@x"].name == "reader"
    read = replace(found["r@x"], zone="UTC")
    event = await google.events("POST", body=stage.body(Draft()), calendar="w@x")
    assert (await stage.calendar.get(found["w@x"], event["id"])).own
    with pytest.raises(NotFound):
        await stage.calendar.get(read, event["id"])


async def test_a_long_query_goes_out_as_a_post(google, stage):
    event = await stage.add(Draft())
    api = stage.calendar._api
    request = api.requests.events(ADA, singleEvents=False, q="review " + "design " * 400)
    assert request.method == "POST"
    assert [item["id"] for item in (await api.call(request))["items"]] == [event]
    assert google.ops()[-1] == "events.list"


# Refusals


@pytest.mark.parametrize(
    ("status", "reason", "kind", "wait"),
    [
        (400, "invalid", Rejected, None),
        (400, "timeRangeEmpty", Rejected, None),
        (403, "rateLimitExceeded", Transient, None),
        (403, "userRateLimitExceeded", Transient, None),
        (429, "rateLimitExceeded", Transient, None),
        (403, "quotaExceeded", Transient, "hours"),
        (403, "dailyLimitExceeded", Transient, "hours"),
        (403, "forbiddenForNonOrganizer", Rejected, None),
        (403, "requiredAccessLevel", Rejected, None),
        (403, "forbidden", Rejected, None),
        (403, "unheardOf", Rejected, None),
        (403, "insufficientPermissions", Unauthorized, None),
        (403, "accessNotConfigured", Unauthorized, None),
        (403, "notACalendarUser", Unauthorized, None),
        (403, "forbiddenForServiceAccounts", Unauthorized, None),
        (404, "notFound", NotFound, None),
        (409, "conflict", Transient, None),
        (410, "deleted", NotFound, None),
        (412, "conditionNotMet", Conflict, None),
        (500, "backendError", Transient, None),
    ],
)
async def test_each_refusal_says_what_to_do(stage, status, reason, kind, wait):
    event = await added(stage)
    stage.fault(op="events.patch", status=status, reason=reason)
    with pytest.raises(kind) as caught:
        await stage.calendar.write(event, ZOOM, KEY, SOURCE)
    assert (caught.value.provider, caught.value.status, caught.value.reason) == ("google", status, reason)
    seconds = getattr(caught.value, "retry_after", None)
    assert 3600 <= seconds <= 4500 if wait == "hours" else seconds is None
    assert google_calls(stage) == 1


def google_calls(stage):
    return stage.calls().count("events.patch")


async def test_a_locked_person_is_left_alone_for_an_hour_or_more(google, stage):
    event = await added(stage)
    await google.post("google/lock", email=ADA, seconds=7200)
    with pytest.raises(Transient) as caught:
        await stage.calendar.write(event, ZOOM, KEY, SOURCE)
    assert caught.value.reason == "quotaExceeded"
    assert 3600 <= caught.value.retry_after <= 4500
    stage.advance(7201)
    await stage.calendar.write(event, ZOOM, KEY, SOURCE)


async def test_a_spent_minute_passes(google, stage):
    event = await added(stage)
    await google.post("modes", google_quota_per_minute=3)
    await stage.calendar.get(stage.info, event.ref.event)
    with pytest.raises(Transient):
        await stage.calendar.write(event, ZOOM, KEY, SOURCE)
    stage.advance(61)
    await stage.calendar.write(event, ZOOM, KEY, SOURCE)


async def test_a_failed_precondition_without_a_condition_passes(stage):
    event = await added(stage)
    stage.fault(op="events.get", status=412, reason="conditionNotMet")
    with pytest.raises(Transient):
        await stage.calendar.get(stage.info, event.ref.event)


# Doorbells


@pytest.mark.parametrize("status", [400, 403])
async def test_both_ways_to_say_that_there_are_no_pushes_are_known(stage, status):
    stage.fault(op="events.watch", status=status, reason="pushNotSupportedForRequestedResource")
    with pytest.raises(Unwatchable):
        await stage.calendar.subscribe(stage.info, "c1", "t", stage.doorstep)


async def test_generated_calendars_are_not_asked(google, stage):
    holidays = replace(stage.info, remote="en.usa#holiday@group.v.calendar.google.com")
    before = len(google.ops())
    with pytest.raises(Unwatchable):
        await stage.calendar.subscribe(holidays, "c1", "t", stage.doorstep)
    assert len(google.ops()) == before


async def test_a_used_channel_id_passes_with_a_fresh_one(stage):
    await stage.calendar.subscribe(stage.info, "c1", "t", stage.doorstep)
    with pytest.raises(Transient) as caught:
        await stage.calendar.subscribe(stage.info, "c1", "t", stage.doorstep)
    assert caught.value.reason == "channelIdNotUnique"
    await stage.calendar.subscribe(stage.info, "c2", "t", stage.doorstep)


async def test_an_address_that_google_does_not_like_is_refused_for_good(google, stage):
    for address, status, reason in (
        ("http://example.com/hook", 400, "push.webhookUrlNotHttps"),
        (stage.doorstep, 401, "push.webhookUrlUnauthorized"),
    ):
        if status == 401:
            stage.fault(op="events.watch", status=status, reason=reason)
        before = len(google.ops())
        with pytest.raises(Rejected) as caught:
            await stage.calendar.subscribe(stage.info, f"c{status}", "t", address)
        assert (caught.value.status, caught.value.reason) == (status, reason)
        assert len(google.ops()) == before + 1


async def test_google_says_how_long_a_channel_lives(google, stage, ada):
    for wanted, most, got in ((7 * 86_400, 2_592_000, 7 * 86_400), (2_592_000, 3600, 3600)):
        await google.post("modes", max_channel_seconds=most)
        calendar = await ada(channel_seconds=wanted)
        made = await calendar.subscribe(stage.info, f"c{wanted}", "t", stage.doorstep)
        assert made.expires - stage.now() == pytest.approx(timedelta(seconds=got), abs=timedelta(seconds=2))


async def test_a_channel_of_another_client_is_left_to_itself(google, stage):
    made = await stage.calendar.subscribe(stage.info, "c1", "t", stage.doorstep)
    await stage.guest.unsubscribe(made)


@pytest.mark.parametrize("status", [401, 404, 410])
async def test_what_cannot_be_stopped_any_more_is_stopped(stage, status):
    made = await stage.calendar.subscribe(stage.info, "c1", "t", stage.doorstep)
    stage.fault(op="channels.stop", status=status, times=-1)
    await stage.calendar.unsubscribe(made)


# Who we are


async def test_a_service_account_acts_for_each_person_and_each_has_their_own_quota(google, stage):
    key = await google.control("GET", "google/service_account.json")
    registry = google.registry(service_account=key)
    event = await stage.add(Draft(guests=(BOB,)))
    for who, info in ((ADA, stage.info), (BOB, stage.guest_info)):
        calendar = registry.calendar(Credentials("google", who))
        (found,) = (await calendar.changes(info, None)).events
        assert found.ref.event == event
    lists = [call for call in google.calls() if call["op"] == "events.list"]
    assert [call["user"] for call in lists] == [ADA, BOB]
    users = [parse_qs(urlsplit(call["path"]).query)["quotaUser"][0] for call in lists]
    assert len(set(users)) == 2
    assert max(map(len, users)) <= 40


async def test_a_person_who_takes_consent_back_must_be_asked_again(google, stage):
    await stage.calendar.calendars()
    await google.post("google/revoke", email=ADA)
    with pytest.raises(Unauthorized, match=r"ada@example\.com"):
        await stage.calendar.calendars()


async def test_a_token_is_kept_for_its_hour(google, stage):
    before = len([call for call in google.sandbox.world.calls.since(0) if call["op"] == "token"])
    for _ in range(3):
        await stage.calendar.calendars()
    stage.advance(3600)
    await stage.calendar.calendars()
    after = len([call for call in google.sandbox.world.calls.since(0) if call["op"] == "token"])
    assert after - before == 2


async def test_only_what_is_needed_is_asked_for(google, stage):
    key = await google.control("GET", "google/service_account.json")
    registry = google.registry(service_account=key)
    calendar = registry.calendar(Credentials("google", ADA))
    tokens = calendar._api.tokens
    await tokens.token()
    assert tokens.granted.scopes == set(SCOPES)
    for step in CALLS:
        await (await ready(replace(stage, calendar=calendar), step))()
        stage.world.sandbox.world.room(Google).push.used.clear()


async def test_logs_hold_no_secret(stage, capsys):
    event = await stage.calendar.write(await added(stage, title="Secret plan"), ZOOM, KEY, SOURCE)
    made = await stage.calendar.subscribe(stage.info, "c1", "push-secret", stage.doorstep)
    await stage.calendar.unsubscribe(made)
    out = "".join(capsys.readouterr())
    assert "provider call" in out
    for secret in (ZOOM.passcode, ZOOM.join_url, "Bearer", "push-secret", "Secret plan", event.ref.event):
        assert secret not in out


# Words


async def test_the_details_are_in_the_operators_words_and_known_again_when_damaged(ada, stage):
    own = Wording(replace(GERMAN, code="Konferenznummer"), phones=0)
    calendar = await ada(wording=own)
    written = await calendar.write(await added(stage, description="Agenda"), ZOOM, KEY, SOURCE)
    assert written.block.text.splitlines()[0].startswith("Mit Zoom teilnehmen: https://")
    assert "Konferenznummer: 926 7439 2836" in written.block.text
    assert "Einwahl" not in written.block.text
    again = (await calendar.changes(stage.info, None)).events[0]
    assert (again.block, again.notes) == (written.block, "Agenda")
    lost = re.sub(r"-+ Online-Besprechung[^<\n]*(<br>)?\n?", "", written.description, count=1)
    assert lost != written.description
    await stage.change(written.ref.event, description=lost)
    damaged = await calendar.get(stage.info, written.ref.event)
    assert (damaged.block.key, damaged.notes) == ("", "Agenda")
    bare = await calendar.write(damaged, None, KEY, earlier=ZOOM.join_url)
    assert "Konferenznummer" not in bare.description
