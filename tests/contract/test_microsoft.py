"""Outlook calendars keep the contract of calendars, and their own rules."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer
from yarl import URL

from connectors import block
from connectors.details import details
from connectors.errors import CursorExpired, Ignored, NotFound, Rejected, Transient, Unauthorized
from connectors.http import connect
from connectors.lanes import Limits
from connectors.microsoft.consent import MicrosoftConsent
from connectors.model import CalendarInfo
from connectors.registry import Credentials, Registry
from connectors.wording import GERMAN, Wording
from sandbox.microsoft.finding import located
from sandbox.microsoft.subscriptions import Subscriptions as Subscribed
from sandbox.microsoft.throttle import Throttle
from tests.contract.calendar import (
    KEY,
    NEW,
    PLACE,
    SOURCE,
    ZOOM,
    CalendarContract,
    Draft,
    WritingContract,
    added,
)
from tests.contract.microsoft_stage import ADA, BOB, MicrosoftStage, World, credentials, doorbell, settings


@pytest.fixture
async def microsoft(sandbox, http):
    async with ClientSession() as session:
        world = World(sandbox, http, session)
        await world.people()
        yield world


@pytest.fixture
async def stage(microsoft):
    heard = []
    async with TestServer(doorbell(heard)) as server:
        registry = microsoft.registry()
        yield MicrosoftStage(
            world=microsoft,
            calendar=registry.calendar(credentials()),
            guest=registry.calendar(credentials(BOB)),
            doorstep=str(server.make_url("/hooks/microsoft")),
            unwatchable=CalendarInfo(await microsoft.calendar_id("Quiet"), "Quiet", "UTC", writable=True),
            heard=heard,
        )
        await microsoft.control("GET", "push/idle")


class TestMicrosoftCalendar(CalendarContract):
    pass


class TestTextBodies(WritingContract):
    @pytest.fixture
    def stage(self, stage):
        stage.kind = "text"
        return stage


def deltas(microsoft, since=0):
    return [call for call in microsoft.calls(since) if call["op"] == "events.delta"]


async def listed(stage, cursor=None):
    return await stage.calendar.changes(stage.info, cursor)


def ids(changes):
    return {event.ref.event for event in changes.events}


# Listings


async def test_an_empty_first_page_ends_nothing(microsoft, stage):
    event = await stage.add(Draft())
    before = len(microsoft.calls())
    changes = await listed(stage)
    assert ids(changes) == {event}
    assert len(deltas(microsoft, before)) >= 2


async def test_what_comes_twice_in_a_round_is_told_once(microsoft, stage):
    await microsoft.post("modes", delta_page=2)
    there = {await stage.add(Draft(title=str(number))) for number in range(7)}
    changes = await listed(stage)
    assert ids(changes) == there
    assert len(changes.events) == 7
    assert len(deltas(microsoft)) > 4


async def test_every_page_asks_for_immutable_ids_and_follows_links_as_they_are(microsoft, stage):
    await microsoft.post("modes", delta_page=2)
    there = {await stage.add(Draft(title=str(number))) for number in range(5)}
    first = await listed(stage)
    changed = await stage.add(Draft(title="New"))
    assert ids(first) == there
    assert ids(await listed(stage, first.cursor)) == {changed}


async def test_a_listing_reaches_further_than_meetings_are_made_for(stage):
    changes = await listed(stage)
    assert changes.until - stage.now() > timedelta(days=366)
    near, far = await stage.add(Draft(day=364)), await stage.add(Draft(day=380))
    changes = await listed(stage)
    assert (near in ids(changes), far in ids(changes)) == (True, False)


async def test_a_round_that_breaks_off_in_the_middle_is_listed_anew(microsoft, stage):
    await microsoft.post("modes", delta_page=2)
    for number in range(8):
        await stage.add(Draft(title=str(number)))
    cursor = (await listed(stage)).cursor
    for number in range(8):
        await stage.add(Draft(title=f"More {number}"))
    stage.fault(op="events.delta", skip=2, status=410, reason="SyncStateNotFound")
    with pytest.raises(CursorExpired):
        await listed(stage, cursor)
    stage.fault(op="events.delta", skip=2, status=410, reason="resyncRequired")
    with pytest.raises(Transient):
        await listed(stage)
    assert len((await listed(stage)).events) == 16


async def test_a_window_that_is_a_day_old_is_replaced_and_everything_listed_anew(microsoft, stage):
    event, far = await stage.add(Draft(day=40)), await stage.add(Draft(day=368))
    first = await listed(stage)
    stage.advance(23 * 3600)
    same = await listed(stage, first.cursor)
    assert (same.complete, ids(same)) == (False, set())
    stage.advance(2 * 3600)
    rolled = await listed(stage, same.cursor)
    assert rolled.complete
    assert rolled.until - first.until == timedelta(hours=25)
    assert {event} <= ids(rolled) <= {event, far}
    assert not (await listed(stage, rolled.cursor)).complete


async def test_a_link_of_another_graph_is_no_cursor(stage):
    cursor = json.loads((await listed(stage)).cursor)
    for link in ("https://graph.example.com/v1.0/x", cursor["link"] + "x"):
        with pytest.raises(CursorExpired):
            await listed(stage, json.dumps(cursor | {"link": link}))


async def test_an_event_that_left_the_window_is_still_an_event(stage):
    event = await stage.add(Draft())
    cursor = (await listed(stage)).cursor
    away = stage.body(Draft(day=900))
    await stage.world.outlook("PATCH", f"/{event}", {"start": away["start"], "end": away["end"]})
    changes = await listed(stage, cursor)
    assert (ids(changes), changes.gone) == ({event}, ())


@pytest.mark.parametrize("path", ["strict", "loose"])
async def test_an_event_that_was_moved_to_another_calendar_is_gone_here(microsoft, stage, path):
    await microsoft.post("modes", calendar_path=path)
    event = await stage.add(Draft())
    cursor = (await listed(stage)).cursor
    await microsoft.outlook("POST", f"/{event}/move", {"to": await microsoft.calendar_id("Quiet")})
    changes = await listed(stage, cursor)
    assert (changes.events, [gone.event for gone in changes.gone]) == ((), [event])
    there = await stage.calendar.changes(stage.unwatchable, None)
    assert ids(there) == {event}


@pytest.mark.parametrize("path", ["strict", "loose"])
@pytest.mark.parametrize("recurrence", [(), ("RRULE:FREQ=DAILY;COUNT=3",)])
async def test_an_event_is_read_only_where_it_is(microsoft, stage, path, recurrence):
    await microsoft.post("modes", calendar_path=path)
    event = await stage.add(Draft(recurrence=recurrence))
    assert (await stage.calendar.get(stage.info, event)).ref.event == event
    await microsoft.outlook("POST", f"/{event}/move", {"to": await microsoft.calendar_id("Quiet")})
    with pytest.raises(NotFound):
        await stage.calendar.get(stage.info, event)
    assert (await stage.calendar.get(stage.unwatchable, event)).ref.event == event


async def test_where_it_cannot_be_told_an_event_is_where_it_was_found(microsoft, stage):
    event = await stage.add(Draft())
    stage.fault(op="events.list", status=400)
    assert (await stage.calendar.get(stage.info, event)).ref.event == event


async def test_a_skeleton_whose_master_is_not_told_has_its_master_read(microsoft, stage):
    series = await stage.add(Draft(recurrence=("RRULE:FREQ=DAILY;COUNT=3",)))
    cursor = (await listed(stage)).cursor
    lone = {
        "id": await stage.occurrence(series, 1),
        "seriesMasterId": series,
        "type": "occurrence",
        "start": {"dateTime": "2026-01-01T10:00:00.0000000", "timeZone": "UTC"},
        "end": {"dateTime": "2026-01-01T10:45:00.0000000", "timeZone": "UTC"},
    }
    link = f"{microsoft.sandbox.url}/microsoft/v1.0/x?$deltatoken=y"
    stage.fault(op="events.delta", status=200, body={"value": [lone], "@odata.deltaLink": link})
    changes = await listed(stage, cursor)
    assert ids(changes) == {series}
    assert changes.occurrences == {series: ()}


async def test_a_skeleton_whose_master_is_gone_is_gone_with_it(microsoft, stage):
    cursor = (await listed(stage)).cursor
    lone = {"id": "one", "seriesMasterId": "nowhere", "type": "occurrence"}
    link = f"{microsoft.sandbox.url}/microsoft/v1.0/x?$deltatoken=y"
    stage.fault(op="events.delta", status=200, body={"value": [lone], "@odata.deltaLink": link})
    changes = await listed(stage, cursor)
    assert (changes.events, [gone.event for gone in changes.gone]) == ((), ["nowhere"])


async def test_a_master_tells_which_of_its_occurrences_are_changed_and_stand(stage):
    series = await stage.add(Draft(recurrence=("RRULE:FREQ=DAILY;COUNT=6",)))
    cursor = (await listed(stage)).cursor
    first, second, third = [await stage.occurrence(series, number) for number in (1, 2, 3)]
    for one in (first, second, third):
        await stage.change(one, title="Only today")
    changes = await listed(stage, cursor)
    assert set(changes.occurrences[series]) == {first, second, third}
    assert ids(changes) == {series, first, second, third}
    await stage.delete(second)
    await stage.delete(await stage.occurrence(series, 4))
    after = await listed(stage, changes.cursor)
    assert set(after.occurrences[series]) == {first, third}
    assert second not in ids(after)


async def test_an_event_that_is_called_off_is_gone_from_a_guests_calendar(stage):
    event = await stage.add(Draft(guests=(BOB,)))
    first = await stage.guest.changes(stage.guest_info, None)
    (copy,) = first.events
    await stage.delete(event)
    changes = await stage.guest.changes(stage.guest_info, first.cursor)
    assert (changes.events, [gone.event for gone in changes.gone]) == ((), [copy.ref.event])


async def test_our_own_echo_costs_no_call_beyond_the_listing(microsoft, stage):
    event = await added(stage, description="Agenda")
    cursor = (await listed(stage)).cursor
    written = await stage.calendar.write(event, ZOOM, KEY, SOURCE)
    before = len(microsoft.calls())
    assert (await listed(stage, cursor)).events == (written,)
    assert set(microsoft.ops()[before:]) == {"events.delta"}


async def test_what_we_wrote_before_a_restart_is_read_again_once(microsoft, stage):
    written = await stage.calendar.write(await added(stage), ZOOM, KEY, SOURCE)
    fresh = microsoft.registry().calendar(credentials())
    for gets in (1, 0):
        before = len(microsoft.calls())
        assert (await fresh.changes(stage.info, None)).events == (written,)
        assert microsoft.ops()[before:].count("events.get") == gets


async def test_our_mark_is_seen_where_people_took_the_block_out(microsoft, stage):
    event = await added(stage, description="Agenda")
    cursor = (await listed(stage)).cursor
    await stage.calendar.write(event, ZOOM, KEY, SOURCE)
    await stage.change(event.ref.event, description="Agenda")
    (seen,) = (await listed(stage, cursor)).events
    assert (seen.block, seen.mark and seen.mark.key) == (None, KEY)
    bare = await stage.calendar.write(seen, None, KEY, SOURCE)
    assert bare.mark is None
    before = len(microsoft.calls())
    assert (await listed(stage, cursor)).events == (bare,)
    assert set(microsoft.ops()[before:]) == {"events.delta"}


@pytest.mark.parametrize("trouble", [{"status": 500}, {"status": 403, "reason": "ErrorAccessDenied"}])
async def test_one_event_that_cannot_be_read_does_not_keep_the_others_waiting(microsoft, stage, trouble):
    written = await stage.calendar.write(await added(stage), ZOOM, KEY, SOURCE)
    fresh = microsoft.registry().calendar(credentials())
    stage.fault(op="events.get", **trouble)
    other = await stage.add(Draft(title="Other"))
    changes = await fresh.changes(stage.info, None)
    assert (ids(changes), changes.unread) == ({written.ref.event, other}, (written.ref.event,))


async def test_trouble_at_graph_ends_the_round(microsoft, stage):
    await stage.calendar.write(await added(stage), ZOOM, KEY, SOURCE)
    stage.fault(op="events.get", status=503)
    with pytest.raises(Transient):
        await microsoft.registry().calendar(credentials()).changes(stage.info, None)


async def test_an_event_that_is_denied_disconnects_nobody(microsoft, stage):
    event = await added(stage)
    stage.fault(op="events.patch", status=403, reason="ErrorAccessDenied")
    with pytest.raises(Rejected):
        await stage.calendar.write(event, ZOOM, KEY, SOURCE)


async def test_a_page_with_an_unreadable_event_is_read(microsoft, stage, capsys):
    link = f"{microsoft.sandbox.url}/microsoft/v1.0/x?$deltatoken=y"
    body = {"value": [{"id": "odd", "type": "singleInstance"}, 5], "@odata.deltaLink": link}
    stage.fault(op="events.delta", status=200, body=body)
    changes = await listed(stage)
    assert (changes.events, changes.gone) == ((), ())
    assert "odd" in capsys.readouterr().out


async def test_pages_in_a_circle_are_left(microsoft, stage):
    link = f"{microsoft.sandbox.url}/microsoft/v1.0/users/{ADA}/calendarView/delta?$skiptoken=y"
    stage.fault(op="events.delta", status=200, body={"value": [], "@odata.nextLink": link}, times=-1)
    with pytest.raises(Transient):
        await listed(stage)


async def test_a_listing_without_an_end_is_no_listing(stage):
    stage.fault(op="events.delta", status=200, body={"value": []})
    with pytest.raises(Transient):
        await listed(stage)


async def test_a_link_that_leads_away_is_not_followed(stage):
    away = {"value": [], "@odata.nextLink": "https://elsewhere.example.com/v1.0/x"}
    stage.fault(op="events.delta", status=200, body=away)
    with pytest.raises(Rejected) as caught:
        await listed(stage)
    assert caught.value.reason == "foreign_link"


async def test_a_default_calendar_with_a_new_id_is_found_again(microsoft, stage):
    event = await stage.add(Draft())
    cursor = (await listed(stage)).cursor
    old = await microsoft.calendar_id()
    await microsoft.post(f"outlook/{ADA}/calendars/{old}/renew")
    assert (await stage.calendar.get(stage.info, event)).ref.event == event
    with pytest.raises(CursorExpired):
        await listed(stage, cursor)
    assert ids(await listed(stage)) == {event}


async def test_only_ones_own_calendars_may_be_written_to(microsoft, stage):
    shared = {"name": "Bobs", "shared_by": BOB, "canEdit": True}
    fixed = {"name": "Holidays", "canEdit": False}
    await microsoft.post("users", email=ADA, home="microsoft", calendars=[shared, fixed])
    found = {info.name: info for info in await stage.calendar.calendars()}
    assert {name: info.writable for name, info in found.items()} == {
        "Calendar": True,
        "Quiet": True,
        "Bobs": False,
        "Holidays": False,
    }
    assert [name for name, info in found.items() if info.primary] == ["Calendar"]


async def test_a_category_asks_for_a_service(stage):
    event = await stage.add(Draft(), categories=["Blue", "ZOOM"])
    (seen,) = (await listed(stage)).events
    assert (seen.ask, seen.asked_by, seen.ref.event) == ("zoom", "category", event)


# Writes, and somebody's Teams link


async def online(stage, **what):
    """Return an event on which its organizer has switched Teams on."""
    by_hand = {"isOnlineMeeting": True, "onlineMeetingProvider": "teamsForBusiness"}
    return await stage.calendar.get(stage.info, await stage.add(Draft(**what), **by_hand))


@pytest.mark.parametrize("kind", ["html", "text"])
async def test_a_teams_link_lives_through_all_that_we_write(microsoft, stage, kind):
    stage.kind = kind
    event = await online(stage, description="Agenda", location="Room 4")
    link = event.native.join_url
    before = len(microsoft.calls())
    written = await stage.calendar.write(event, ZOOM, KEY, SOURCE)
    changed = await stage.calendar.write(written, NEW, KEY, SOURCE)
    bare = await stage.calendar.write(changed, None, KEY)
    assert [one.native.join_url for one in (written, changed, bare)] == [link] * 3
    assert microsoft.ops()[before:] == ["events.patch"] * 3
    assert bare == replace(event, etag=bare.etag)


def as_if_lost(item, stage):
    """Return an answer as after a body write that has cost the link, with our block in the body."""
    content = block.put(stage.kept("Agenda"), KEY, details(ZOOM), html=True)
    lost = {"isOnlineMeeting": False, "onlineMeetingProvider": "unknown", "onlineMeeting": None}
    return item | lost | {"body": {"contentType": "html", "content": content}}


async def test_a_link_that_a_write_has_cost_is_brought_back_once(microsoft, stage):
    event = await online(stage, description="Agenda", location="Room 4")
    answer = as_if_lost(await stage.item(event.ref.event), stage)
    before = len(microsoft.calls())
    stage.fault(op="events.patch", status=200, body=answer)
    written = await stage.calendar.write(event, ZOOM, KEY, SOURCE)
    assert microsoft.ops()[before:] == ["events.patch", "events.patch"]
    assert written.native.join_url == event.native.join_url
    assert (written.block.key, written.notes) == (KEY, event.notes)


async def test_a_link_that_cannot_be_brought_back_is_told_with_both_links(microsoft, stage):
    event = await online(stage, description="Agenda", location="Room 4")
    answer = as_if_lost(await stage.item(event.ref.event), stage)
    stage.fault(op="events.patch", status=200, body=answer, times=2)
    before = len(microsoft.calls())
    with pytest.raises(Ignored) as caught:
        await stage.calendar.write(event, ZOOM, KEY, SOURCE)
    assert caught.value.reason == "teams_link_changed"
    assert event.native.join_url in str(caught.value)
    assert "is switched off" in str(caught.value)
    assert caught.value.shown.native is None or caught.value.shown.native.join_url != event.native.join_url
    assert microsoft.ops()[before:] == ["events.patch", "events.patch"]


async def test_a_link_is_brought_back_although_graph_is_busy(microsoft, stage):
    event = await online(stage, description="Agenda", location="Room 4")
    answer = as_if_lost(await stage.item(event.ref.event), stage)
    stage.fault(op="events.patch", status=200, body=answer)
    stage.fault(op="events.patch", status=503, headers={"Retry-After": "0"})
    before = len(microsoft.calls())
    written = await stage.calendar.write(event, ZOOM, KEY, SOURCE)
    assert written.native.join_url == event.native.join_url
    assert microsoft.ops()[before:] == ["events.patch"] * 3


async def test_a_keyword_that_stays_in_the_location_is_a_write_that_was_not_kept(stage):
    event = await added(stage, location="@zoom")
    written = await stage.calendar.write(event, ZOOM, KEY, "location:@zoom")
    assert written.location == ZOOM.join_url
    await stage.change(event.ref.event, location="@zoom")
    again = await stage.calendar.get(stage.info, event.ref.event)
    stage.fault(op="events.patch", status=200, body=await stage.item(event.ref.event))
    with pytest.raises(Ignored) as caught:
        await stage.calendar.write(again, ZOOM, KEY, "location:@zoom")
    assert caught.value.reason == "write_ignored"


async def test_a_link_that_changed_for_good_is_told(microsoft, stage):
    event = await online(stage, description="Agenda", location="Room 4")
    graph = microsoft.graph
    calendar, row = located(graph.mailboxes[ADA], None, event.ref.event)
    naked = {"contentType": "html", "content": "<html><body>Agenda</body></html>"}
    graph.put(graph.mailboxes[ADA], calendar, replace(row, body={**row.body, "body": naked}))
    seen = await stage.calendar.get(stage.info, event.ref.event)
    assert seen.native.join_url == event.native.join_url
    with pytest.raises(Ignored) as caught:
        await stage.calendar.write(seen, ZOOM, KEY, SOURCE)
    assert caught.value.reason == "teams_link_changed"
    assert event.native.join_url in str(caught.value)
    assert caught.value.shown.native.join_url in str(caught.value)


async def test_a_person_who_is_quicker_than_the_rescue_is_heard(microsoft, stage):
    event = await online(stage, description="Agenda", location="Room 4")
    answer = as_if_lost(await stage.item(event.ref.event), stage)
    stage.fault(op="events.patch", status=200, body=answer | {"@odata.etag": 'W/"old"', "changeKey": "old"})
    with pytest.raises(Ignored) as caught:
        await stage.calendar.write(event, ZOOM, KEY, SOURCE)
    assert caught.value.reason == "write_ignored"
    assert (await stage.item(event.ref.event))["onlineMeeting"]["joinUrl"] == event.native.join_url


ROOM = {
    "displayName": "Room 4",
    "locationType": "conferenceRoom",
    "locationEmailAddress": "room4@example.com",
    "uniqueId": "room4@example.com",
    "uniqueIdType": "directory",
    "address": {"street": "Marktplatz 1", "city": "Bonn"},
    "coordinates": {"latitude": 50.7, "longitude": 7.1},
}


@pytest.mark.parametrize("beside", [{"displayName": "@zoom"}, {"displayName": "Upstairs, @zoom"}])
async def test_rooms_addresses_and_maps_stay_when_the_link_takes_its_place(stage, beside):
    asked = await stage.add(Draft(), locations=[beside, ROOM])
    event = await stage.calendar.get(stage.info, asked)
    room = (await stage.item(asked))["locations"][1]
    written = await stage.calendar.write(event, ZOOM, KEY, PLACE)
    changed = await stage.calendar.write(written, NEW, KEY, PLACE)
    for one in (written, changed):
        assert one.block
    named, kept = (await stage.item(asked))["locations"]
    assert named["displayName"] == beside["displayName"].replace("@zoom", NEW.join_url)
    assert kept == room


# Doorbells


def state(microsoft):
    return microsoft.sandbox.world.room(Subscribed)


async def subscribed(stage, channel="c1", token="t1"):
    return await stage.calendar.subscribe(stage.info, channel, token, stage.doorstep)


async def test_a_second_subscription_to_our_own_door_takes_the_place_of_the_first(microsoft, stage):
    await subscribed(stage)
    made = await subscribed(stage, "c2", "t2")
    assert made.id == "c2"
    await stage.add(Draft())
    assert await stage.rings() == [("c2", "t2")]
    assert len(list(state(microsoft).living())) == 1


async def test_somebody_elses_subscription_is_left_and_told(microsoft, stage):
    await stage.calendar.subscribe(stage.info, "c1", "t1", stage.doorstep + "?other")
    with pytest.raises(Rejected) as caught:
        await subscribed(stage, "c2", "t2")
    assert caught.value.reason == "watched_elsewhere"
    assert "127.0.0.1" in str(caught.value)
    assert len(list(state(microsoft).living())) == 1


async def test_a_duplicate_that_is_not_named_is_looked_for(microsoft, stage):
    await subscribed(stage)
    stage.fault(op="subscriptions.create", status=409, reason="ObjectIdentifierInUse")
    assert (await subscribed(stage, "c2", "t2")).id == "c2"
    assert len(list(state(microsoft).living())) == 1


async def test_the_longest_life_is_learnt_once_for_all_mailboxes(microsoft, stage):
    await microsoft.post("modes", max_subscription_minutes=4230)
    before = len(microsoft.calls())
    made = await subscribed(stage)
    assert microsoft.ops()[before:].count("subscriptions.create") == 2
    assert timedelta(minutes=4229) <= made.expires - stage.now() <= timedelta(minutes=4230)
    before = len(microsoft.calls())
    await stage.guest.subscribe(stage.guest_info, "c2", "t2", stage.doorstep)
    assert microsoft.ops()[before:].count("subscriptions.create") == 1


async def test_two_mailboxes_may_learn_it_at_the_same_time(microsoft, stage):
    await microsoft.post("modes", max_subscription_minutes=4230)
    made = await asyncio.gather(
        subscribed(stage), stage.guest.subscribe(stage.guest_info, "c2", "t2", stage.doorstep)
    )
    assert [one.id for one in made] == ["c1", "c2"]


async def test_a_renewal_is_one_call_and_learns_too(microsoft, stage):
    old = await subscribed(stage)
    await microsoft.post("modes", max_subscription_minutes=4230)
    stage.advance(9000 * 60)
    before = len(microsoft.calls())
    new = await stage.calendar.renew(stage.info, old, "c2", "t2", stage.doorstep)
    assert microsoft.ops()[before:] == ["subscriptions.update"] * 2
    assert (new.id, new.resource) == (old.id, old.resource)
    assert new.expires > old.expires


async def test_a_door_that_is_not_reached_passes(stage):
    for message in ("Subscription validation request timed out.", "The underlying connection was closed: x"):
        body = {"error": {"code": "InvalidRequest", "message": message}}
        stage.fault(op="subscriptions.create", status=400, body=body)
        with pytest.raises(Transient):
            await subscribed(stage)
    assert (await subscribed(stage)).id == "c1"


async def test_a_subscription_that_is_gone_is_made_anew(microsoft, stage):
    old = await subscribed(stage)
    await stage.calendar.unsubscribe(old)
    new = await stage.calendar.renew(stage.info, old, "c2", "t2", stage.doorstep)
    assert (new.id, new.resource == old.resource) == ("c2", False)
    await stage.add(Draft())
    assert await stage.rings() == [("c2", "t2")]


async def test_a_subscription_to_a_former_address_is_replaced(microsoft, stage):
    old = await stage.calendar.subscribe(stage.info, "c1", "t1", stage.doorstep + "?old")
    new = await stage.calendar.renew(stage.info, old, "c2", "t2", stage.doorstep)
    assert new.id == "c2"
    (one,) = state(microsoft).living()
    assert one.url == stage.doorstep


async def test_other_calendars_of_the_mailbox_ring_for_themselves(microsoft, stage):
    await microsoft.post("users", email=ADA, home="microsoft", calendars=[{"name": "Side"}])
    side = await microsoft.calendar_id("Side")
    info = {one.remote: one for one in await stage.calendar.calendars()}[side]
    await subscribed(stage)
    await stage.calendar.subscribe(info, "c2", "t2", stage.doorstep)
    await microsoft.control("POST", f"outlook/{ADA}/events?calendar={side}", stage.body(Draft()))
    assert await stage.rings() == [("c2", "t2")]


async def test_news_about_a_subscription_comes_to_the_same_door(microsoft, stage):
    await subscribed(stage)
    await microsoft.post("microsoft/lifecycle", event="missed", email=ADA)
    await microsoft.control("GET", "push/idle")
    (item,) = [item for batch in stage.heard for item in batch]
    assert (item["lifecycleEvent"], item["clientState"]) == ("missed", "c1 t1")


# Trouble


async def test_being_told_to_wait_needs_no_inner_error(microsoft, stage):
    await microsoft.post("modes", mailbox_requests=1)
    event = await stage.add(Draft())
    await stage.calendar.calendars()
    with pytest.raises(Transient) as caught:
        await stage.calendar.get(stage.info, event)
    assert caught.value.status == 429
    assert caught.value.retry_after


async def test_a_gateways_page_passes_and_says_when(stage):
    event = await added(stage)
    stage.fault(op="events.patch", status=503, body="<html>Service Unavailable", headers={"Retry-After": "9"})
    with pytest.raises(Transient) as caught:
        await stage.calendar.write(event, ZOOM, KEY, SOURCE)
    assert caught.value.retry_after == 9


async def test_never_more_than_three_calls_are_under_way_in_a_mailbox(microsoft, stage):
    for number in range(9):
        event = await added(stage, title=str(number), recurrence=("RRULE:FREQ=DAILY;COUNT=3",))
        await stage.calendar.write(event, ZOOM, KEY, SOURCE)
    await microsoft.post("modes", latency=0.02)
    async with connect({"microsoft": Limits(concurrent=3)}) as http:
        calendar = Registry(http, stage.now, Random(1), microsoft=settings(microsoft.sandbox)).calendar(
            credentials()
        )
        cursor = (await calendar.changes(stage.info, None)).cursor
        microsoft.sandbox.world.room(Throttle).most.clear()
        await asyncio.gather(
            *(calendar.changes(stage.info, cursor) for _ in range(3)),
            *(calendar.get(stage.info, event.ref.event) for _ in range(9)),
        )
    busiest = await microsoft.control("GET", "microsoft/busiest")
    assert busiest[ADA] == 3


async def test_an_access_policy_that_leaves_a_mailbox_out_is_told_how_to_mend(microsoft, stage):
    event = await added(stage)
    await microsoft.post("microsoft/policy", email=ADA, allowed=False)
    for step in (
        stage.calendar.get(stage.info, event.ref.event),
        stage.calendar.changes(stage.info, None),
        subscribed(stage),
    ):
        with pytest.raises(Unauthorized, match="application access policy"):
            await step


async def test_a_person_without_a_mailbox_is_told(microsoft):
    await microsoft.post("users", email="carol@example.com")
    with pytest.raises(Unauthorized, match="no mailbox"):
        await microsoft.registry().calendar(credentials("carol@example.com")).calendars()


async def test_a_claims_challenge_is_met_with_another_token(microsoft, stage):
    await stage.calendar.calendars()
    await microsoft.post("microsoft/challenge", times=1)
    await stage.calendar.calendars()


# Who we are


async def test_the_app_has_one_token_for_all_mailboxes(microsoft, stage):
    await asyncio.gather(stage.calendar.calendars(), stage.guest.calendars())
    tokens = [call for call in microsoft.sandbox.world.calls.since(0) if call["op"] == "token"]
    assert len(tokens) == 1


async def consented(microsoft, session, registry, email=ADA):
    """Have a person click through the page, and return credentials and what is saved of them."""
    consent = MicrosoftConsent(microsoft.http, registry.microsoft, registry.now)
    url, flow = await consent.begin(email, "http://localhost:8480/back")
    async with session.get(url, allow_redirects=False) as answer:
        query = dict(URL(answer.headers["Location"]).query)
    who, kept = await consent.end(json.loads(json.dumps(flow)), query)
    saved = [kept]

    async def save(text):
        saved.append(text)

    return Credentials("microsoft", who, kept, save), saved


async def test_a_person_who_consented_is_acted_for(microsoft, stage):
    registry = microsoft.registry()
    person, saved = await consented(microsoft, microsoft.session, registry)
    assert person.address == ADA
    event = await stage.add(Draft())
    calendar = registry.calendar(person)
    assert ids(await calendar.changes(stage.info, None)) == {event}
    stage.advance(2 * 3600)
    assert (await calendar.get(stage.info, event)).ref.event == event
    assert len(saved) > 1
    users = {call["user"] for call in microsoft.calls() if call["op"] == "events.delta"}
    assert users == {ADA}


async def test_a_person_who_takes_consent_back_is_told_how_to_connect_again(microsoft, stage):
    registry = microsoft.registry()
    person, _ = await consented(microsoft, microsoft.session, registry)
    calendar = registry.calendar(person)
    await calendar.calendars()
    await microsoft.post("microsoft/revoke", email=ADA)
    stage.advance(2 * 3600)
    with pytest.raises(Unauthorized) as caught:
        await calendar.calendars()
    assert str(caught.value).endswith(f"run: huddled link microsoft --account {ADA}")


async def test_a_person_cannot_reach_another_mailbox(microsoft, stage):
    registry = microsoft.registry()
    person, _ = await consented(microsoft, microsoft.session, registry, BOB)
    with pytest.raises(Unauthorized):
        await registry.calendar(replace(person, address=ADA)).calendars()


# Words


async def test_the_details_are_in_the_operators_words_and_known_again_when_damaged(microsoft, stage):
    own = Wording(replace(GERMAN, code="Konferenznummer"), phones=0)
    calendar = microsoft.registry(wording=own).calendar(credentials())
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
