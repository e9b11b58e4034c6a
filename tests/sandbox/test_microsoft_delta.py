"""Rounds of calendarView/delta: windows in tokens, skeletons, what is removed, and tokens that die."""

from __future__ import annotations

import pytest

from sandbox.microsoft import delta
from sandbox.microsoft.rows import ENOUGH_LOG
from sandbox.microsoft.state import Graph
from tests.sandbox.outlook_client import (
    BERLIN,
    EXPAND,
    GRACE,
    IMMUTABLE,
    LINUS,
    WEEKLY,
    WINDOW,
    marked,
)

PATH = "/calendarView/delta"
LATER = {
    "start": {"dateTime": "2031-05-06T10:00:00", "timeZone": BERLIN},
    "end": {"dateTime": "2031-05-06T11:00:00", "timeZone": BERLIN},
}


def items(pages):
    return [item for page in pages for item in page]


def latest(pages):
    """Return the last word on each item of a round."""
    return {item["id"]: item for item in items(pages)}


def removed(pages):
    return [item["id"] for item in items(pages) if "@removed" in item]


async def test_a_full_round_begins_with_an_empty_page_and_ends_with_a_delta_link(grace):
    made = await grace.insert()
    answer = await grace.call("GET", PATH, headers=IMMUTABLE, **WINDOW)
    assert answer.body["value"] == []
    assert "@odata.nextLink" in answer.body
    assert "odata.track-changes" in answer.headers["Preference-Applied"]
    answer = await grace.follow(answer.body["@odata.nextLink"])
    assert [item["id"] for item in answer.body["value"]] == [made["id"]]
    assert "@odata.deltaLink" in answer.body


async def test_an_incremental_round_tells_what_changed_since(grace):
    first, second = await grace.insert(), await grace.insert()
    _, link = await grace.round()
    assert items((await grace.round(link))[0]) == []
    await grace.patch(first["id"], subject="new")
    pages, link = await grace.round(link)
    assert [(item["id"], item["subject"]) for item in items(pages)] == [(first["id"], "new")]
    await grace.ok("DELETE", f"/events/{second['id']}")
    pages, _ = await grace.round(link)
    gone = {"@odata.type": "#microsoft.graph.event", "id": second["id"], "@removed": {"reason": "deleted"}}
    assert items(pages) == [gone]


async def test_a_delta_link_can_be_used_again(grace):
    await grace.insert()
    _, link = await grace.round()
    made = await grace.insert()
    for _ in range(2):
        assert list(latest((await grace.round(link))[0])) == [made["id"]]


async def test_pages_have_the_size_that_is_asked_for_and_repeat_an_item(grace):
    made = [await grace.insert(subject=str(n)) for n in range(5)]
    pages, _ = await grace.round(size=2)
    assert [len(page) for page in pages] == [0, 2, 3, 2]
    assert list(latest(pages)) == [one["id"] for one in made]
    assert pages[1][-1] == pages[2][0]


async def test_the_largest_page_may_be_limited(grace, outlook):
    await outlook("POST", "/modes", {"delta_page": 1})
    for _ in range(3):
        await grace.insert()
    pages, _ = await grace.round()
    assert [len(page) for page in pages] == [0, 1, 2, 2]


async def test_an_item_that_changes_during_a_round_is_told_once_more(grace):
    made = [await grace.insert(subject=str(n)) for n in range(4)]
    prefer = {"Prefer": 'IdType="ImmutableId", odata.maxpagesize=2'}
    answer = await grace.call("GET", PATH, headers=prefer, **WINDOW)
    answer = await grace.follow(answer.body["@odata.nextLink"], prefer)
    first = answer.body["value"]
    await grace.patch(made[0]["id"], subject="new")
    rest, _ = await grace.round(answer.body["@odata.nextLink"])
    seen = latest([first, *rest])
    assert seen[made[0]["id"]]["subject"] == "new"
    assert set(seen) == {one["id"] for one in made}


async def test_a_series_comes_as_master_with_skeletons_and_exceptions(grace):
    made = await grace.insert(**WEEKLY)
    second = (await grace.instances(made["id"]))[1]
    await grace.patch(second["id"], subject="own")
    pages, _ = await grace.round()
    by_type = {}
    for item in latest(pages).values():
        by_type.setdefault(item["type"], []).append(item)
    [master] = by_type["seriesMaster"]
    [exception] = by_type["exception"]
    assert (master["start"]["dateTime"][:10], master["subject"]) == ("2030-05-06", "Plan")
    assert (exception["id"], exception["subject"]) == (second["id"], "own")
    assert len(by_type["occurrence"]) == 4
    for skeleton in by_type["occurrence"]:
        names = {"@odata.type", "@odata.etag", "id", "seriesMasterId", "type", "start", "end"}
        assert set(skeleton) == names
        assert skeleton["seriesMasterId"] == made["id"]


async def test_a_series_shows_only_the_occurrences_in_the_window(grace):
    forever = {**WEEKLY["recurrence"], "range": {"type": "noEnd"}}
    await grace.insert(recurrence=forever)
    pages, _ = await grace.round()
    days = sorted(item["start"]["dateTime"][:10] for item in items(pages) if item["type"] == "occurrence")
    assert (days[0], days[-1], len(days)) == ("2030-05-06", "2030-06-24", 8)


async def test_many_skeletons_are_spread_over_pages(grace):
    daily = {"pattern": {"type": "daily", "interval": 1}, "range": {"type": "noEnd"}}
    made = await grace.insert(recurrence=daily)
    pages, _ = await grace.round(size=10)
    assert max(len(page) for page in pages) == 11
    assert len(latest(pages)) == 57
    assert made["id"] in latest(pages)


async def test_a_deleted_occurrence_is_not_announced_but_its_series_is(grace):
    made = await grace.insert(**WEEKLY)
    found = await grace.instances(made["id"])
    _, link = await grace.round()
    await grace.ok("DELETE", f"/events/{found[1]['id']}")
    pages, _ = await grace.round(link)
    assert removed(pages) == []
    assert found[1]["id"] not in latest(pages)
    assert made["id"] in latest(pages)


async def test_an_event_that_leaves_the_window_is_removed_in_a_later_round_only(grace):
    made = await grace.insert()
    _, link = await grace.round()
    await grace.patch(made["id"], **LATER)
    pages, _ = await grace.round(link)
    assert removed(pages) == [made["id"]]
    assert items((await grace.round())[0]) == []


async def test_what_changes_outside_the_window_is_removed_too(grace):
    _, link = await grace.round()
    made = await grace.insert(**LATER)
    assert removed((await grace.round(link))[0]) == [made["id"]]


async def test_an_event_that_moves_is_removed_here_and_told_there(grace, outlook):
    other = (await outlook("POST", f"/outlook/{GRACE}/calendars", {"name": "Other"}))["id"]
    made = await grace.insert()
    _, here = await grace.round()
    _, there = await grace.round(calendar=other)
    await grace.person("POST", f"/{made['id']}/move", {"to": other})
    assert removed((await grace.round(here))[0]) == [made["id"]]
    pages, _ = await grace.round(there)
    assert [item["subject"] for item in items(pages)] == ["Plan"]


async def test_extended_properties_are_never_told(grace):
    await grace.insert(**marked("x"), transactionId="t")
    pages, _ = await grace.round()
    [item] = items(pages)
    assert "singleValueExtendedProperties" not in item
    assert item["transactionId"] == "t"
    query = {**WINDOW, "$expand": EXPAND}
    assert (await grace.refused("GET", PATH, **query))[0] == 400


@pytest.mark.parametrize("name", ["$select", "$filter", "$orderby", "$search", "$top"])
async def test_delta_takes_no_other_query_options(grace, name):
    assert (await grace.refused("GET", PATH, **WINDOW, **{name: "subject"}))[0] == 400


async def test_both_spellings_and_both_kinds_are_served(grace):
    made = await grace.insert(**WEEKLY)
    calendar = (await grace.ok("GET", "/calendar"))["id"]
    for path in ("/calendarView/delta()", f"/calendars/{calendar}/calendarView/delta"):
        assert "@odata.nextLink" in await grace.ok("GET", path, **WINDOW)
    first = await grace.call("GET", f"/calendars/{calendar}/events/delta", headers=IMMUTABLE)
    answer = await grace.follow(first.body["@odata.nextLink"])
    assert [(item["id"], item["type"]) for item in answer.body["value"]] == [(made["id"], "seriesMaster")]


async def test_a_window_is_needed_to_begin_and_times_are_in_the_zone_preferred(grace):
    await grace.insert()
    assert (await grace.refused("GET", PATH))[0] == 400
    begun = await grace.call("GET", PATH, **WINDOW)
    prefer = {"Prefer": 'outlook.timezone="Asia/Tokyo"'}
    [item] = (await grace.follow(begun.body["@odata.nextLink"], prefer)).body["value"]
    assert item["start"] == {"dateTime": "2030-05-06T17:00:00.0000000", "timeZone": "Asia/Tokyo"}


# --- tokens that are no good ---


async def test_an_expired_state_answers_410_also_in_the_middle_of_a_round(grace, linus, outlook):
    for _ in range(3):
        await grace.insert()
    _, link = await grace.round()
    _, theirs = await linus.round()
    prefer = {"Prefer": "odata.maxpagesize=1"}
    begun = await grace.call("GET", PATH, headers=prefer, **WINDOW)
    middle = await grace.follow(begun.body["@odata.nextLink"], prefer)
    await outlook("POST", "/microsoft/expire_delta", {"email": GRACE})
    for dead in (link, begun.body["@odata.nextLink"], middle.body["@odata.nextLink"]):
        answer = await grace.follow(dead)
        assert (answer.status, answer.body["error"]["code"]) == (410, "SyncStateNotFound")
        assert "generation" in answer.body["error"]["message"]
    assert (await linus.follow(theirs)).status == 200
    assert len(latest((await grace.round())[0])) == 3


async def test_a_link_of_another_mailbox_or_calendar_or_of_nobody_is_refused(grace, linus, outlook):
    other = (await outlook("POST", f"/outlook/{GRACE}/calendars", {"name": "Other"}))["id"]
    _, link = await grace.round()
    token = link.partition("$deltatoken=")[2]
    for path, sent in (
        (f"/users/{LINUS}{PATH}", token),
        (f"/users/{GRACE}/calendars/{other}{PATH}", token),
        (f"/users/{GRACE}/events/delta", token),
        (f"/users/{GRACE}{PATH}", "R0usAAAA"),
        (f"/users/{GRACE}{PATH}", token[:-4] + "AAAA"),
        (f"/users/{GRACE}{PATH}", "nonsense"),
    ):
        refused = await grace.graph.refused("GET", path, **{"$deltatoken": sent})
        assert refused[:2] == (400, "ErrorInvalidUrlQuery")


async def test_a_calendar_that_gets_another_id_is_not_found_and_its_state_is_lost(grace, outlook):
    calendar = (await grace.ok("GET", "/calendar"))["id"]
    made = await grace.insert()
    _, link = await grace.round()
    fresh = (await outlook("POST", f"/outlook/{GRACE}/calendars/{calendar}/renew"))["id"]
    assert (await grace.call("GET", f"/calendars/{calendar}/events")).status == 404
    assert (await grace.follow(link)).status == 410
    path = f"/calendars/{fresh}/events/{made['id']}"
    assert (await grace.ok("GET", path, headers=IMMUTABLE))["id"] == made["id"]


# --- size ---


async def test_a_long_history_is_forgotten_without_losing_a_change(grace, sandbox):
    first, second = await grace.insert(), await grace.insert()
    _, link = await grace.round()
    graph = sandbox.world.room(Graph)
    mailbox = graph.mailbox(GRACE)
    rows = list(mailbox.home.rows.values())
    for _ in range(ENOUGH_LOG + 100):
        graph.put(mailbox, mailbox.home, rows[0])
    assert len(mailbox.home._log) < ENOUGH_LOG + 50
    assert list(latest((await grace.round(link))[0])) == [first["id"]]
    assert set(latest((await grace.round())[0])) == {first["id"], second["id"]}


def test_a_place_survives_being_a_token():
    from sandbox.state import World  # noqa: PLC0415 - this test only

    world = World()
    graph = world.room(Graph)
    graph.add_user(_user(), {})
    mailbox = graph.mailbox(GRACE)
    place = delta.Place(
        mailbox.oid, mailbox.default, "2030-01-01", "2031-01-01", True, mailbox.generation, 5, 2
    )
    text = delta.token(graph, place)
    assert delta.place_of(graph, mailbox, mailbox.home, text, occurrences=True) == place


def _user():
    from sandbox.state import User  # noqa: PLC0415 - this test only

    return User(GRACE, "Grace", home="microsoft")
