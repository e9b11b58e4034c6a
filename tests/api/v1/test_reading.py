"""Reading events: which are told, how, page by page, and to nobody else."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pycronofy
import pytest

from api.v1.uids import event_of, uid_of
from connectors.model import (
    Answered,
    Conference,
    Draft,
    Event,
    EventRef,
    Guest,
    Meeting,
    MeetingRequest,
    Shown,
)
from connectors.recurrence import last_end
from store import conferences, departed, events, managed, tokens
from store.managed import Managed, Wish
from tests.api.v1.conftest import ADA, BOB, NOW, SCHEDULER

HOUR, DAY = 3600.0, 86_400.0
WEEKLY = ("RRULE:FREQ=WEEKLY;COUNT=4",)
ZOOM = "https://zoom.us/j/92674392836?pwd=x"


def at(seconds):
    return datetime.fromtimestamp(seconds, UTC)


def event(name, start=NOW, hours=1.0, **changes):
    begin, end = at(start), at(start + hours * HOUR)
    rules = changes.get("recurrence", ())
    given = {
        "ref": EventRef("remote", name),
        "etag": "1",
        "uid": name,
        "title": name,
        "location": "",
        "description": "",
        "notes": "",
        "start": begin,
        "end": end,
        "zone": "UTC",
        "ends": last_end(begin, end, changes.get("zone", "UTC"), rules) if rules else end,
    }
    return Event(**{**given, **changes})


def draft(title="Board", start=NOW, **changes):
    return Draft(**{"title": title, "start": at(start), "end": at(start + HOUR), **changes})


class Reader:
    """One application that reads one account, and what it finds there."""

    def __init__(self, api, token, calendar, profile):
        self.api, self.token, self.calendar, self.profile = api, token, calendar, profile

    @property
    def store(self):
        return self.api.store

    async def get(self, status=200, path="/v1/events", **query):
        found = {"tzid": "Etc/UTC", **{name: str(value) for name, value in query.items()}}
        reply = await self.api("GET", path, self.token, params=found)
        assert reply.status == status, reply.text
        return reply

    async def read(self, **query):
        return (await self.get(**query)).json["events"]

    async def names(self, **query):
        return [one["summary"] for one in await self.read(**query)]

    async def every(self, **query):
        """Follow all pages."""
        page = (await self.get(**query)).json
        found, pages = list(page["events"]), [page["pages"]]
        while url := page["pages"].get("next_page"):
            assert url.startswith("http://huddled.example/v1/events/pages/")
            page = (await self.api("GET", url.removeprefix("http://huddled.example"), self.token)).json
            found += page["events"]
            pages.append(page["pages"])
        return found, pages

    async def seen(self, *some, calendar=None, now=NOW):
        await self.store.tx(
            lambda conn: [events.save_read(conn, calendar or self.calendar, one, now) for one in some]
        )

    async def upserted(self, event_id, wish, event=None, written=False, now=NOW, application="scheduler"):
        """Have an application ask for an event. Returns our name for it."""
        wish = wish if isinstance(wish, Wish) else Wish(wish)
        drafted = wish.draft

        def keep(conn):
            fresh = Managed.wanted(
                managed.fresh_name(), application, ADA, self.calendar, event_id, event, wish, now
            )
            last = last_end(drafted.start, drafted.end, drafted.zone, drafted.recurrence)
            ends = (
                last.timestamp()
                if drafted.recurrence and last
                else None
                if drafted.recurrence
                else drafted.end.timestamp()
            )
            managed.upsert(conn, fresh, ends, now)
            kept = managed.find(conn, application, self.calendar, event_id)
            if written:
                managed.wrote(conn, kept.name, event, kept.version)
            return kept.name

        return await self.store.tx(keep)

    async def conferenced(self, name, url=ZOOM, now=NOW, **changes):
        meeting = Meeting("zoom", "Zoom", "92674392836", url)
        known = Conference(
            f"hd{name}",
            "live",
            "zoom",
            "title:@zoom",
            MeetingRequest(EventRef("remote", name)),
            meeting,
            written=True,
        )
        await self.store.tx(
            lambda conn: conferences.save(conn, self.calendar, name, replace(known, **changes), now)
        )


@pytest.fixture
async def reader(api):
    profile, calendar = await api.person()
    token, _ = await api.token(profile=profile)
    return Reader(api, token, calendar, profile)


async def test_an_external_event_is_told_as_the_contract_says(reader):
    shown = Shown(
        created=datetime(2026, 12, 1, 8, 0, 1, 500_000, UTC),
        updated=datetime(2026, 12, 1, 9, 24, 16, tzinfo=UTC),
        organizer="Bob",
        attendees=(Answered(ADA, "Ada", "accepted"), Answered(BOB)),
        answer="accepted",
        status="tentative",
        transparent=True,
        private=True,
        categories=("Red",),
        text="Agenda",
    )
    given = event("e1", title="Review", location="Room 1", organizer=BOB, shown=shown)
    await reader.seen(given)
    (told,) = await reader.read()
    assert told == {
        "calendar_id": reader.calendar,
        "event_uid": uid_of("e1"),
        "summary": "Review",
        "description": "Agenda",
        "start": "2027-01-15T08:00:00Z",
        "end": "2027-01-15T09:00:00Z",
        "deleted": False,
        "created": "2026-12-01T08:00:01Z",
        "updated": "2026-12-01T09:24:16Z",
        "location": {"description": "Room 1"},
        "participation_status": "accepted",
        "attendees": [
            {"email": ADA, "display_name": "Ada", "status": "accepted"},
            {"email": BOB, "display_name": None, "status": "needs_action"},
        ],
        "organizer": {"email": BOB, "display_name": "Bob"},
        "transparency": "transparent",
        "status": "tentative",
        "categories": ["Red"],
        "recurring": False,
        "event_private": True,
        "options": {"delete": False, "update": False, "change_participation_status": False},
    }
    (told,) = await reader.read(include_ids="true", localized_times="True")
    assert told["google_event_id"] == "e1"
    assert told["start"] == {"time": "2027-01-15T08:00:00+00:00", "tzid": "UTC"}


@pytest.mark.parametrize(
    ("where", "told"),
    [
        (
            {"shown": Shown(join_url="https://meet.google.com/abc-defg-hij")},
            ("google_meet", "https://meet.google.com/abc-defg-hij"),
        ),
        ({"shown": Shown(join_url="https://video.example/x")}, ("other", "https://video.example/x")),
        ({"location": f"Zoom: {ZOOM}."}, ("zoom", ZOOM)),
        (
            {"shown": Shown(text="Join https://meet.goto.com/123456789 now")},
            ("go_to", "https://meet.goto.com/123456789"),
        ),
        (
            {"notes": "https://teams.live.com/meet/9312345678901"},
            ("ms_teams", "https://teams.live.com/meet/9312345678901"),
        ),
        ({"location": "https://example.com/rooms"}, None),
    ],
)
async def test_somebodys_link_is_told_as_conferencing(reader, where, told):
    await reader.seen(event("e1", **where))
    (found,) = await reader.read()
    assert found.get("conferencing") == (told and {"provider_name": told[0], "join_url": told[1]})


async def test_a_meeting_of_ours_on_an_external_event_is_told_once_it_can_be_read(reader):
    await reader.seen(event("e1"))
    await reader.conferenced("e1", written=False)
    assert "conferencing" not in (await reader.read())[0]
    await reader.conferenced("e1")
    assert (await reader.read())[0]["conferencing"] == {"provider_name": "zoom", "join_url": ZOOM}


async def test_a_managed_event_is_told_from_the_moment_that_it_was_accepted(reader):
    asked = draft(description="Plans", location="Here", attendees=(Guest(BOB, "Bob"),), transparent=True)
    name = await reader.upserted("mine", Wish(asked, "default"))
    assert await reader.read() == []
    (told,) = await reader.read(include_managed="true")
    assert (told["event_id"], told["summary"], told["description"]) == ("mine", "Board", "Plans")
    assert told["conferencing"] == {"pending": True}
    assert told["attendees"] == [{"email": BOB, "display_name": "Bob", "status": "needs_action"}]
    assert told["options"]["update"]
    assert "event_uid" not in told
    # Inserted, with its link, and then moved by a person.
    await reader.seen(event(name, title="Board", start=NOW + HOUR))
    assert [one["start"] for one in await reader.read(include_managed=1)] == [
        "2027-01-15T08:00:00Z"
    ]  # no duplicate
    await reader.store.tx(lambda conn: managed.wrote(conn, name, name, 1))
    await reader.conferenced(name)
    await reader.seen(event(name, title="Board", start=NOW + 2 * HOUR))
    assert await reader.read() == []
    (told,) = await reader.read(only_managed="true")
    assert told["start"] == "2027-01-15T10:00:00Z"
    assert told["conferencing"] == {"provider_name": "zoom", "join_url": ZOOM}
    # An update that is owed is told at once.
    await reader.upserted("mine", Wish(draft("New", NOW + 5 * HOUR), "none"))
    (told,) = await reader.read(only_managed="true")
    assert (told["summary"], told["start"]) == ("New", "2027-01-15T13:00:00Z")


async def test_what_another_application_manages_is_an_external_event(reader, api):
    await reader.seen(event("theirs"))
    await reader.upserted("x", Wish(draft(), "default"), event="theirs", written=True, application="rival")
    (told,) = await reader.read(include_managed="true")
    assert told["event_uid"] == uid_of("theirs")
    assert {"event_id", "conferencing"}.isdisjoint(told)
    assert await reader.read(only_managed="true") == []


async def test_an_external_event_that_the_application_has_changed_stays_external(reader):
    await reader.seen(event("e1", title="Before"))
    await reader.upserted(uid_of("e1"), draft("After"), event="e1")
    (told,) = await reader.read()
    assert (told["event_uid"], told["summary"]) == (uid_of("e1"), "After")
    assert await reader.read(only_managed="true") == []


async def test_the_usual_window_is_not_for_managed_events(reader):
    far = {"old": NOW - 43 * DAY, "early": NOW - 41 * DAY, "late": NOW + 200 * DAY, "far": NOW + 202 * DAY}
    for name, start in far.items():
        await reader.seen(event(name, start))
        await reader.upserted(name, draft(f"my {name}", start))
    assert await reader.names() == ["early", "late"]
    assert await reader.names(only_managed="true") == [f"my {name}" for name in far]
    assert await reader.names(only_managed="true", to="2027-01-15") == ["my old", "my early"]


async def test_from_and_to_are_in_the_zone_and_what_is_under_way_counts(reader):
    await reader.seen(
        *(event(f"e{hour}", NOW + hour * HOUR) for hour in range(5))
    )  # 08:00Z is 09:00 in Berlin
    asked = {"from": "2027-01-15T10:30:00", "to": "2027-01-15T12:00:00", "tzid": "Europe/Berlin"}
    assert await reader.names(**asked) == ["e1", "e2"]
    assert await reader.names(**{"from": "2027-01-15T10:00:00Z", "to": "2027-01-15T11:00:00Z"}) == ["e2"]
    assert await reader.names(**{"from": "2027-01-16", "to": "2027-01-17"}) == []


async def test_whole_days_are_plain_dates(reader):
    berlin = {
        "start": datetime(2027, 1, 15, 23, tzinfo=UTC),
        "end": datetime(2027, 1, 17, 23, tzinfo=UTC),
        "zone": "Europe/Berlin",
    }
    await reader.seen(replace(event("theirs", all_day=True), ends=berlin["end"], **berlin))
    york = draft("mine", all_day=True, zone="America/New_York")
    york = replace(york, start=datetime(2027, 1, 16, tzinfo=UTC), end=datetime(2027, 1, 17, tzinfo=UTC))
    await reader.upserted("mine", york)
    told = await reader.read(include_managed="true")
    assert [(one["start"], one["end"]) for one in told] == [
        ("2027-01-16", "2027-01-18"),
        ("2027-01-16", "2027-01-17"),
    ]
    told = await reader.read(localized_times="true")
    assert told[0]["start"] == {"time": "2027-01-16", "tzid": "Europe/Berlin"}


async def test_a_series_is_told_occurrence_by_occurrence(reader):
    master = event("s", title="Weekly", zone="Europe/Berlin", recurrence=(*WEEKLY, "EXDATE:20270129T080000Z"))
    moved = event("s_20270122T080000Z", NOW + 8 * DAY, title="Moved", series="s")
    await reader.seen(master, moved, event("single", NOW + DAY))
    told = await reader.read()
    assert [(one["summary"], one["start"][:10]) for one in told] == [
        ("Weekly", "2027-01-15"),
        ("single", "2027-01-16"),
        ("Moved", "2027-01-23"),
        ("Weekly", "2027-02-05"),
    ]
    series = {one.get("series_identifier") for one in told}
    assert len(series) == 2
    assert len({one["event_uid"] for one in told}) == 4
    assert [one["recurring"] for one in told] == [True, False, True, True]
    assert not any("recurrence" in one for one in told)
    assert event_of(told[0]["event_uid"]) == ""  # an occurrence cannot be changed by itself


async def test_a_cancelled_occurrence_is_gone_and_a_restored_one_is_back(reader):
    await reader.seen(event("s", recurrence=WEEKLY))
    cancel = lambda conn: departed.cancel(conn, reader.calendar, "s", "s_20270122T080000Z", NOW + 5)  # noqa: E731
    await reader.store.tx(cancel)
    assert [one["start"][8:10] for one in await reader.read()] == ["15", "29", "05"]
    told = await reader.read(include_deleted="true")
    assert [one["deleted"] for one in told] == [False, True, False, False]
    assert len(await reader.read(last_modified=at(NOW + 4).isoformat().replace("+00:00", "Z"))) == 3
    await reader.seen(event("s_20270122T080000Z", NOW + 7 * DAY, series="s"))
    assert [one["start"][8:10] for one in await reader.read()] == ["15", "22", "29", "05"]


async def test_only_the_first_occurrence_of_a_managed_series_has_its_id(reader):
    name = await reader.upserted(
        "mine", Wish(draft(recurrence=("RRULE:FREQ=WEEKLY;COUNT=3;BYDAY=FR",)), "default")
    )
    first, *others = await reader.read(include_managed="true")
    assert first["event_id"] == "mine"
    rule = {"frequency": "weekly", "interval": 1, "by_day": ["friday"], "count": 3}
    assert first["recurrence"] == {"rules": [rule]}
    assert len(others) == 2
    assert all({"event_id", "recurrence"}.isdisjoint(one) for one in others)
    assert {one["series_identifier"] for one in others} == {first["series_identifier"]}
    # Written, and one occurrence moved by a person.
    moved = event(f"{name}_20270122T080000Z", NOW + 9 * DAY, title="Moved", series=name)
    await reader.seen(event(name, title="Board", recurrence=("RRULE:FREQ=WEEKLY;COUNT=3",)), moved)
    await reader.store.tx(lambda conn: managed.wrote(conn, name, name, 1))
    await reader.conferenced(name)
    told = await reader.read(only_managed="true")
    assert [(one["summary"], one["start"][8:10]) for one in told] == [
        ("Board", "15"),
        ("Moved", "24"),
        ("Board", "29"),
    ]
    assert all(one["conferencing"]["join_url"] == ZOOM for one in told)
    assert await reader.read() == []


async def test_a_managed_series_without_end_is_told_up_to_the_usual_horizon(reader):
    await reader.upserted("mine", draft(recurrence=("RRULE:FREQ=WEEKLY",)))
    await reader.upserted("far", draft(start=NOW + 300 * DAY, recurrence=("RRULE:FREQ=WEEKLY",)))
    told, _ = await reader.every(only_managed="true")
    assert len(told) == 201 // 7 + 2
    assert told[-1]["event_id"] == "far"


async def test_deleted_events_are_told_to_those_who_ask(reader):
    await reader.seen(event("e1"), event("e2", NOW + HOUR))
    name = await reader.upserted("mine", draft("mine"), event="e2", written=True)
    await reader.upserted("going", draft("going", NOW + 2 * HOUR))
    await reader.store.tx(
        lambda conn: managed.delete(conn, managed.find(conn, "scheduler", reader.calendar, "going").name, NOW)
    )
    for one in ("e1", "e2"):
        await reader.store.tx(lambda conn, one=one: events.forget(conn, reader.calendar, one, NOW + 10))
    await reader.store.tx(lambda conn: managed.lost(conn, name, "e2"))
    assert await reader.read(include_managed="true") == []
    told = await reader.read(include_managed="true", include_deleted="true")
    assert [(one.get("event_id"), one["deleted"], one["status"]) for one in told] == [
        (None, True, "cancelled"),
        ("mine", True, "cancelled"),
        ("going", True, "cancelled"),
    ]
    assert await reader.names(include_deleted="true") == ["e1"]
    assert await reader.names(include_deleted="true", last_modified="2027-01-15T08:00:11Z") == []


async def test_last_modified_sees_events_wishes_and_conferences(reader):
    await reader.seen(event("old"), event("linked", NOW + HOUR), event("new", NOW + 2 * HOUR))
    await reader.seen(event("new", NOW + 2 * HOUR, title="renamed"), now=NOW + 100)
    await reader.conferenced("linked", now=NOW + 100)
    await reader.upserted("mine", draft("mine", NOW + 3 * HOUR), now=NOW + 100)
    await reader.upserted("older", draft("older", NOW + 3 * HOUR))
    told = await reader.names(last_modified="2027-01-15T08:01:40Z", include_managed="true")
    assert told == ["linked", "renamed", "mine"]
    assert await reader.names(last_modified="2027-01-15T08:01:41Z", include_managed="true") == []


async def test_pages_hold_every_event_once_in_order_whatever_they_are(reader):
    await reader.seen(*(event(f"e{number:03}", NOW + number // 4 * HOUR) for number in range(130)))
    await reader.seen(event("s", NOW + 60, recurrence=("RRULE:FREQ=DAILY;COUNT=20",)))
    for number in range(40):
        await reader.upserted(f"m{number:03}", draft(f"m{number:03}", NOW + number // 4 * HOUR))
    told, pages = await reader.every(include_managed="true")
    assert [(one["current"], one["total"]) for one in pages] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert len(told) == 190
    names = [one.get("event_id") or one["event_uid"] for one in told]
    assert len(set(names)) == 190
    starts = [one["start"] for one in told]
    assert starts == sorted(starts)


async def test_pages_are_of_the_calendars_that_are_named(reader, api):
    profile, work = await api.person(provider="microsoft")
    await api.store.tx(lambda conn: tokens.grant(conn, "scheduler", ADA, profile, NOW))
    await reader.seen(*(event(f"a{number}", NOW + HOUR * number) for number in range(30)))
    await reader.seen(*(event(f"b{number}", NOW + HOUR * number) for number in range(30)), calendar=work)
    told, pages = await reader.every()
    assert (len(told), len(pages)) == (60, 2)
    assert [one["calendar_id"] for one in told[:4]] in (
        [work, reader.calendar] * 2,
        [reader.calendar, work] * 2,
        sorted([work, reader.calendar]) * 2,
    )
    told, pages = await reader.every(**{"calendar_ids[]": work})
    assert {one["calendar_id"] for one in told} == {work}
    assert pages == [{"current": 1, "total": 1}]


async def test_nobody_elses_calendars_or_pages_can_be_read(reader, api):
    await reader.seen(*(event(f"e{number}", NOW + HOUR * number) for number in range(60)))
    page = (await reader.get()).json["pages"]["next_page"].removeprefix("http://huddled.example")
    _, bobs = await api.person(BOB)
    profile, _ = await api.person(BOB)
    strangers = [await api.token(BOB, profile=profile), await api.token(ADA, application="rival")]
    for token, _ in strangers:
        assert (await api("GET", page, token)).status == 404
        named = [("tzid", "UTC"), ("calendar_ids[]", reader.calendar)]
        assert (await api("GET", "/v1/events", token, params=named)).status == 404
        assert (await api("GET", "/v1/events?tzid=UTC", token)).json["events"] == []
    await reader.get(404, **{"calendar_ids[]": bobs})
    await reader.get(404, **{"calendar_ids[]": "cal_none"})
    for token in (page[:-2], "/v1/events/pages/x", "/v1/events/pages/%C3%A4", page + "="):
        assert (await api("GET", token, reader.token)).status in ({200} if token == page + "=" else {404})
    sealed = api.context.vault.seal(
        '{"account": "ada@example.com", "provider": "zoom", "until": 9e9}'
    ).decode()
    assert (await api("GET", f"/v1/events/pages/{sealed}", reader.token)).status == 404
    # Not when the right to the calendar is gone, either, nor for ever.
    await api.store.tx(lambda conn: tokens.withdraw(conn, "scheduler", ADA, reader.profile))
    assert (await api("GET", page, reader.token)).json["events"] == []
    api.clock[0] += 90_000
    token, _ = await api.token()
    assert (await api("GET", page, token)).status == 404


async def test_what_is_wrong_with_the_query_is_named(reader):
    wrong = {
        "tzid": "Mars/Base",
        "from": "soon",
        "to": "2027-13-01",
        "last_modified": "x",
        "include_managed": "maybe",
        "include_geo": "7",
    }
    reply = await reader.get(422, **wrong)
    assert reply.errors == {
        "tzid": ["errors.tzid_unrecognized"],
        "from": ["errors.invalid_format"],
        "to": ["errors.invalid_format"],
        "last_modified": ["errors.invalid_format"],
        "include_managed": ["errors.invalid_format"],
        "include_geo": ["errors.invalid_format"],
    }
    assert (await reader.get(422, tzid="")).errors == {"tzid": ["errors.required"]}
    reply = await reader.get(422, **{"from": "2027-01-02", "to": "2027-01-01"})
    assert reply.errors == {"to": ["errors.invalid_time_pair"]}


async def test_reading_needs_its_scope(api):
    profile, _ = await api.person()
    token, _ = await api.token(scope="create_event", profile=profile)
    assert (await api("GET", "/v1/events?tzid=UTC", token)).status == 403
    assert (await api("GET", "/v1/events/pages/x", token)).status == 403


async def test_an_event_that_cannot_be_read_keeps_no_other_from_being_told(reader):
    await reader.seen(event("bad"), event("worse", recurrence=WEEKLY), event("good"))
    spoil = "UPDATE events SET snapshot = '{}' WHERE event IN ('bad', 'worse')"
    await reader.store.tx(lambda conn: conn.execute(spoil))
    assert await reader.names() == ["good"]


async def test_pycronofy_pages_through_all_of_it(reader, api):
    await reader.seen(*(event(f"e{number}", NOW + HOUR * number) for number in range(200)))
    await reader.upserted("mine", draft("mine", NOW))
    client = pycronofy.Client(SCHEDULER.client_id, "s1-secret", reader.token, "")
    client.request_handler.base_url = api.url

    def follow():
        pages = client.read_events(from_date="2027-01-01", to_date=date(2027, 6, 1), tzid="Europe/Berlin")
        # The address is the public one, behind which nobody listens here.
        found = []
        while True:
            found += pages.current_page()
            if pages.next_page_url is None:
                return found
            pages.next_page_url = pages.next_page_url.replace("http://huddled.example", api.url)
            pages.fetch_next_page()

    told = await asyncio.to_thread(follow)
    assert len(told) == 201
    assert {one["summary"] for one in told} == {"mine", *(f"e{number}" for number in range(200))}


@pytest.mark.parametrize("seconds", [0, timedelta(days=10).total_seconds()])
async def test_what_is_on_its_way_in_under_our_name_is_told_once(reader, seconds):
    name = await reader.upserted("mine", draft("mine", NOW + seconds))
    await reader.seen(event(name, NOW + seconds, title="mine"))
    assert await reader.names(include_managed="true") == ["mine"]
    assert await reader.names() == []
