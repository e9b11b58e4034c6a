"""An application's whole life with Cronofy's own client, the real process, and people at both calendars."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

import pycronofy
import pytest
from pycronofy.batch import BatchBuilder
from pycronofy.exceptions import PyCronofyPartialSuccessError, PyCronofyRequestError

from tests.system import machine
from tests.system.calling import SECRET, Ear, application, client, issued, listening, moment, wanted
from tests.system.checks import OPENING, link, of, traces, words
from tests.system.homes import GOOGLE, everywhere
from tests.system.linking import ADA, agree, all_meetings, linkable
from tests.system.people import hours
from tests.system.stage import Stage, set_up

pytestmark = pytest.mark.system
BOB, ZOE = "bob@example.com", "zoe@example.com"
ZOOM = {"conferencing": {"profile_id": "default"}}


@dataclass(slots=True)
class World:
    """A daemon, an application with the token of Ada's account, and where it is told of things."""

    stage: Stage
    api: pycronofy.Client
    ear: Ear
    made: int = 0
    zoom: str = ""  # Ada's conferencing profile
    ids: list[str] = field(default_factory=list)
    since: int = 0  # the call from which on writes are counted

    @property
    def calendar(self):
        return next(one["calendar_id"] for one in self.api.list_calendars() if one["calendar_primary"])

    def fresh(self):
        """Return a new name for an event."""
        self.made += 1
        self.ids.append(f"event {self.made}")
        return self.ids[-1]

    def upsert(self, name, in_hours=24, **more):
        self.api.upsert_event(self.calendar, wanted(name, in_hours, **more))

    def read(self, name):
        """Return an event as the application reads it; None where it is not there."""
        found = [one for one in self.api.read_events(only_managed=True) if one.get("event_id") == name]
        assert len(found) <= 1
        return found[0] if found else None

    def has(self, name, provider):
        """Wait until an event has a conference of a provider, and return how it is read."""

        def there():
            found = self.read(name)
            told = found and found.get("conferencing")
            return found if told and told.get("provider_name") == provider else None

        return self.stage.until(there, f"a conference of {provider} on {name}: {self.read(name)}")

    def hasnt(self, name):
        """Wait until an event has no conference, and return how it is read."""
        return self.stage.until(
            lambda: (found := self.read(name)) and "conferencing" not in found and found, "no conference"
        )

    def seen(self, name):
        """Return the one event that Ada has in her calendar, as she sees it, when nothing is owed any more."""
        self.stage.until_well(self.stage.huddled.owed)
        title = self.read(name)["summary"]
        [event] = [one for one in self.stage.ada.events() if one.title == title]
        return event

    def written(self):
        """List what has been written to calendars."""
        calls = [one for one in self.stage.providers.calls(self.since) if one["status"] < 300]
        return [one["op"] for one in calls if one["op"] in ("events.insert", "events.patch")]

    def meetings(self):
        """List host and link of all meetings."""
        return [(host, url) for _, host, url in all_meetings(self.stage)]


@pytest.fixture(scope="module")
def world(providers, tmp_path_factory, home):
    folder = tmp_path_factory.mktemp("huddled")
    stage = set_up(folder, providers, home)
    providers.user(ZOE)
    stage.huddled.configure(**linkable(folder, providers), applications=[application(folder)])
    try:
        stage.huddled.start()
        stage.watching()
        with listening() as ear:
            yield World(stage, client(stage.huddled, issued(stage)), ear)
    finally:
        machine.end(stage.huddled.process)
        providers("POST", "/reset", {})


@pytest.fixture(autouse=True)
def _tidy(world):
    yield
    world.stage.providers.calm()
    world.ear.status = 200
    for channel in world.api.list_notification_channels():
        world.api.close_notification_channel(channel["channel_id"])
    world.api.delete_all_events()
    world.stage.until_well(world.stage.huddled.owed)
    for person in (world.stage.ada, world.stage.bob):
        for event in person.events():
            person.delete(event)
    world.stage.in_step({})
    world.ear.told.clear()


@pytest.fixture
def zoom(world):
    """Have Ada link her account at Zoom through the application, once."""
    if not world.zoom:
        back = f"{world.ear.url}/settings?user=42"
        with pytest.raises(PyCronofyRequestError) as refused:
            world.api.get_conferencing_services_auth_link(back, "eight_by_eight")
        assert refused.value.response.json()["errors"].keys() == {"provider_name"}
        agree(world.api.get_conferencing_services_auth_link(back, "zoom"), "zoom", ZOE, deny=True)
        assert world.ear.visits.pop() == {"user": ["42"], "error": ["access_denied"]}
        agree(world.api.get_conferencing_services_auth_link(back, "zoom"), "zoom", ZOE)
        came = world.ear.visits.pop()
        [profile] = world.api.userinfo()["cronofy.data"]["conferencing_profiles"]
        assert came == {"user": ["42"], "last_linked_profile_id": [profile["profile_id"]]}
        assert (profile["provider_name"], profile["profile_connected"]) == ("zoom", True)
        world.zoom = profile["profile_id"]
    return world.zoom


@everywhere
def test_an_event_has_its_meeting_all_its_life(world, zoom, home):
    stage, name = world.stage, world.fresh()
    guests = {"attendees": {"invite": [{"email": BOB, "display_name": "Bob"}]}}
    mails, world.since = len(stage.providers.mails()), stage.providers.last()
    stage.providers.fault("zoom.create", delay=1.5)
    world.upsert(name, **guests, **ZOOM)
    assert world.read(name)["conferencing"] == {"pending": True}
    told = world.has(name, "zoom")
    event = world.seen(name)
    assert told["conferencing"] == {"provider_name": "zoom", "join_url": link(event)}
    assert (of(event), words(event).startswith("Agenda"), event.guests) == ("zoom", True, {BOB})
    assert world.meetings() == [(ZOE, link(event))]
    stage.rest()
    sent = [(one["to"], one["kind"]) for one in stage.providers.mails()[mails:]]
    assert sent == [(BOB, "invitation")]
    assert world.written() == ["events.insert"]
    assert link(stage.bob.copy_of(event)) == link(event)

    world.upsert(name, **guests, **ZOOM)  # the same again
    world.upsert(name, 48, summary="Review, later")  # moved and renamed, with nothing said of the conference
    after = stage.until(lambda: (one := world.seen(name)).start != event.start and one, "the move")
    assert (link(after), after.guests, after.id) == (link(event), {BOB}, event.id)
    assert world.read(name)["conferencing"] == told["conferencing"]
    [meeting] = stage.providers.zoom()
    assert meeting["topic"] == "Review, later"
    assert datetime.fromisoformat(meeting["start_time"]) == after.start

    integrated = {"google": "google_meet", "microsoft": "ms_teams"}[home.provider]
    world.upsert(name, conferencing={"profile_id": "integrated"})
    native = world.has(name, integrated)
    assert world.seen(name).native == native["conferencing"]["join_url"]
    stage.until(lambda: not world.meetings(), "the end of the meeting at Zoom")

    own = {"provider_description": "Our rooms", "join_url": "https://rooms.example.com/1"}
    world.upsert(name, conferencing={"profile_id": "explicit", **own})
    world.has(name, "other")
    event = world.seen(name)
    assert "https://rooms.example.com/1" in words(event)
    assert not event.native

    world.upsert(name, conferencing={"profile_id": "none"})
    world.hasnt(name)
    event = world.seen(name)
    assert words(event) == "Agenda"
    assert not OPENING.search(event.text)

    world.upsert(name, conferencing={"profile_id": zoom})
    world.has(name, "zoom")
    assert [host for host, _ in world.meetings()] == [ZOE]
    world.api.delete_event(world.calendar, name)
    assert world.read(name) is None
    stage.until(lambda: not (stage.ada.events() or world.meetings()), "the end of it all")
    world.api.delete_event(world.calendar, name)  # what is gone may be deleted


@everywhere
def test_people_move_the_event_and_the_meeting_follows(world, zoom):
    name = world.fresh()
    world.upsert(name, **ZOOM)
    told = world.has(name, "zoom")
    event = world.stage.ada.change(world.seen(name), **hours(72))
    world.stage.until(
        lambda: datetime.fromisoformat(world.stage.providers.zoom()[0]["start_time"]) == event.start, "it"
    )
    now = world.read(name)
    assert datetime.fromisoformat(now["start"]) == event.start
    assert now["conferencing"] == told["conferencing"]


@everywhere
def test_what_a_calendar_holds_besides_can_be_written_and_read(world, home):
    name = world.fresh()
    world.upsert(
        name,
        summary="Jour fixe",
        start={"time": "2030-03-04T10:00:00", "tzid": "Europe/Berlin"},
        end={"time": "2030-03-04T11:00:00", "tzid": "Europe/Berlin"},
        tzid="Europe/Berlin",
        location={"description": "Room 4"},
        reminders=[{"minutes": 10}],
        transparency="transparent",
        event_private=True,
        recurrence={"rules": [{"frequency": "weekly", "interval": 2, "by_day": ["monday"], "count": 4}]},
        attendees={"invite": [{"email": BOB}, {"email": ZOE}]},
        nobody_knows_this={"a": 1},
    )
    event = world.seen(name)
    assert (event.location, event.zone, event.repeats) == ("Room 4", "Europe/Berlin", True)
    assert event.start == datetime(2030, 3, 4, 9, tzinfo=UTC)
    assert event.guests == {BOB, ZOE}
    raw = event.raw
    if home == GOOGLE:
        assert (raw["transparency"], raw["visibility"]) == ("transparent", "private")
        assert raw["reminders"]["overrides"] == [{"method": "popup", "minutes": 10}]
    else:
        assert (raw["showAs"], raw["sensitivity"]) == ("free", "private")
        assert (raw["isReminderOn"], raw["reminderMinutesBeforeStart"]) == (True, 10)
    world.upsert(
        name,
        summary="Jour fixe",
        start="2030-03-04T09:00:00Z",
        end="2030-03-04T10:00:00Z",
        tzid="Europe/Berlin",
        attendees={"remove": [{"email": ZOE}]},
    )
    world.stage.until(lambda: world.seen(name).guests == {BOB}, "one guest less")
    day = world.fresh()
    world.upsert(day, summary="Outing", start="2030-05-01", end="2030-05-02")
    world.seen(day)
    found = world.read(day)
    assert (found["start"], found["end"], found["transparency"]) == (
        "2030-05-01",
        "2030-05-02",
        "transparent",
    )


@everywhere
def test_a_meeting_that_cannot_be_had_keeps_no_event_from_the_calendar(world, zoom):
    stage, name, hook = world.stage, world.fresh(), f"{world.ear.url}/hook"
    interactions = [{"type": "conferencing_assigned"}, {"type": "conferencing_failing"}]
    subscriptions = [{"type": "webhook", "uri": hook, "interactions": interactions}]
    stage.providers.fault("zoom.create", times=-1, status=503)
    world.upsert(name, subscriptions=subscriptions, **ZOOM)
    event = stage.until(lambda: next(iter(stage.ada.events()), None), "the event")
    assert not link(event)
    assert world.read(name)["conferencing"] == {"pending": True}
    stage.until(lambda: world.ear.kinds("/hook") == ["conferencing_failing"], "bad news")
    stage.providers.calm()
    stage.huddled.stop()
    stage.huddled.start()  # which tries again at once
    told = world.has(name, "zoom")
    stage.until(lambda: world.ear.kinds("/hook")[1:] == ["conferencing_assigned"], "good news")
    good = world.ear.told[-1]
    assert good.body["event"]["conferencing"] == told["conferencing"]
    assert good.body["event"]["event_id"] == name
    for one in world.ear.told:
        assert world.api.hmac_valid(one.signature, one.text)
        assert not pycronofy.Client("x", "another").hmac_valid(one.signature, one.text)
    assert [one.id for one in stage.ada.events()] == [event.id]
    assert len(world.meetings()) == 1


@everywhere
def test_a_channel_hears_what_others_do_and_no_echo(world):
    stage, hook = world.stage, f"{world.ear.url}/changes"
    channel = world.api.create_notification_channel(hook, [world.calendar])
    assert channel["filters"] == {"calendar_ids": [world.calendar]}
    assert world.api.create_notification_channel(hook, [world.calendar]) == channel
    stage.until(lambda: world.ear.kinds("/changes"), "a verification")
    name = world.fresh()
    world.upsert(name, **ZOOM)
    world.has(name, "zoom")
    event = world.seen(name)
    stage.rest()
    assert world.ear.kinds("/changes") == ["verification"]
    stage.ada.change(event, **hours(90))
    stage.until(lambda: world.ear.kinds("/changes") == ["verification", "change"], "news")
    said = world.ear.told[-1]
    assert world.api.hmac_valid(said.signature, said.text)
    assert said.body["channel"] == channel
    since = said.body["notification"]["changes_since"]
    stage.rest()
    [changed] = world.api.read_events(last_modified=since)
    assert changed["event_id"] == name
    theirs = stage.ada.add("Lunch")
    stage.until(
        lambda: [one["summary"] for one in world.api.read_events(include_managed=False)] == ["Lunch"], theirs
    )
    world.api.close_notification_channel(channel["channel_id"])
    with pytest.raises(PyCronofyRequestError) as refused:
        world.api.close_notification_channel(channel["channel_id"])
    assert refused.value.response.status_code == 404
    assert world.api.list_notification_channels() == []


@everywhere
def test_an_application_is_told_before_an_event_begins(world):
    name, hook = world.fresh(), f"{world.ear.url}/soon"
    soon = [{"before": "event_start", "offset": {"minutes": 60}}]
    world.upsert(name, 24, subscriptions=[{"type": "webhook", "uri": hook, "transitions": soon}])
    world.seen(name)
    assert world.ear.kinds("/soon") == []
    world.upsert(name, 1.001)  # in an hour and three seconds: the time follows the event
    world.stage.until(lambda: world.ear.kinds("/soon"), "a word before it begins")
    [one] = world.ear.told
    assert one.body["notification"]["transitions"] == soon
    assert one.body["event"]["event_id"] == name
    assert world.api.hmac_valid(one.signature, one.text)


@everywhere
def test_many_calls_are_made_in_one_and_all_is_deleted_in_one(world):
    names = [world.fresh() for _ in range(5)]
    batch = BatchBuilder()
    for name in names:
        batch.upsert_event(world.calendar, wanted(name, summary=name, conferencing={"profile_id": "none"}))
    assert not world.api.batch(batch).has_errors()
    world.stage.until(lambda: {one.title for one in world.stage.ada.events()} == {*names}, "five events")
    bad = BatchBuilder().upsert_event(world.calendar, {"event_id": "x", "start": "x", "end": "y"})
    bad.delete_event(world.calendar, names[0])
    with pytest.raises(PyCronofyPartialSuccessError) as partly:
        world.api.batch(bad)
    [error] = partly.value.batch_response.errors()
    assert error.status() == 422
    assert error.response["data"]["errors"].keys() == {"summary", "start", "end"}
    world.stage.until(lambda: len(world.stage.ada.events()) == 4, "one less")
    theirs = world.stage.ada.add("Lunch")
    world.api.delete_all_events(calendar_ids=[world.calendar])
    world.stage.until(lambda: [one.id for one in world.stage.ada.events()] == [theirs.id], "what is hers")
    assert traces(world.stage.ada.see(theirs)) == []


@pytest.mark.parametrize(
    ("change", "name", "key"),
    [
        ({"summary": ""}, "summary", "required"),
        ({"summary": "x" * 1025}, "summary", "too_long"),
        ({"end": moment(1)}, "end", "invalid_time_pair"),
        ({"tzid": "Mars/Olympus"}, "tzid", "tzid_unrecognized"),
        ({"conferencing": {}}, "conferencing.profile_id", "required"),
        ({"conferencing": {"profile_id": "pro_x"}}, "conferencing.profile_id", "not_recognized"),
        ({"conferencing": {"profile_id": "explicit"}}, "conferencing.join_url", "required"),
        ({"attendees": {"invite": [{"email": "x"}]}}, "attendees.invite[0].email", "invalid_email"),
        ({"subscriptions": [{"type": "mail"}]}, "subscriptions[0].type", "not_recognized"),
    ],
)
def test_what_is_wrong_is_told_by_field(world, change, name, key):
    with pytest.raises(PyCronofyRequestError) as refused:
        world.upsert("wrong", **change)
    assert refused.value.response.status_code == 422
    assert refused.value.response.json()["errors"][name][0]["key"] == f"errors.{key}"
    assert world.read("wrong") is None


@everywhere
def test_tokens_are_refreshed_and_taken_back(world):
    other = client(world.stage.huddled, issued(world.stage, BOB))
    first, refresh = other.auth.access_token, other.auth.refresh_token
    assert other.refresh_authorization()["refresh_token"] == refresh
    assert other.auth.access_token != first
    assert other.account()["email"] == BOB
    hers = world.calendar
    for refused in (
        lambda: other.upsert_event(hers, wanted("x")),
        lambda: other.delete_event(hers, "x"),
        lambda: other.read_events(calendar_ids=[hers]),
        lambda: other.delete_all_events(calendar_ids=[hers]),
    ):
        with pytest.raises(PyCronofyRequestError) as error:
            refused()
        assert error.value.response.status_code == 404
    token = other.auth.access_token
    other.revoke_authorization()
    for gone in (first, token):
        with pytest.raises(PyCronofyRequestError) as error:
            client(world.stage.huddled, {"access_token": gone, "refresh_token": refresh}).account()
        assert error.value.response.status_code == 401
    with pytest.raises(PyCronofyRequestError) as error:
        client(world.stage.huddled, {"access_token": None, "refresh_token": refresh}).refresh_authorization()
    assert (error.value.response.status_code, error.value.response.json()) == (
        400,
        {"error": "invalid_grant"},
    )
    assert world.api.account()["email"] == ADA


def test_an_application_calendar_needs_no_provider(world):
    own = client(world.stage.huddled)
    own.application_calendar("trial")
    [calendar] = own.list_calendars()
    since = world.stage.providers.last()
    own.upsert_event(calendar["calendar_id"], wanted("one"))
    explicit = {"profile_id": "explicit", "provider_description": "x", "join_url": "https://x.example.com/1"}
    own.upsert_event(calendar["calendar_id"], wanted("two", 48, conferencing=explicit))
    told = {"provider_name": "other", "join_url": "https://x.example.com/1"}
    world.stage.until(
        lambda: [one.get("conferencing") for one in own.read_events()] == [None, told],
        "both as they are to be",
    )
    assert [one["event_id"] for one in own.read_events()] == ["one", "two"]
    with pytest.raises(PyCronofyRequestError) as refused:
        own.account()
    assert refused.value.response.status_code == 403
    own.delete_all_events()
    world.stage.until(lambda: own.read_events().json()["events"] == [], "an empty calendar")
    assert world.stage.providers.counted(since) == {}


@everywhere
def test_nothing_that_opens_anything_is_in_the_log(world):
    log = world.stage.huddled.log()
    for word in (
        SECRET,
        world.api.auth.access_token,
        world.api.auth.refresh_token,
        "Agenda",
        "rooms.example.com",
    ):
        assert word not in log


@everywhere
def test_an_account_that_is_given_up_keeps_its_meetings(world, zoom):
    name, hook = world.fresh(), f"{world.ear.url}/lost"
    world.api.create_notification_channel(hook)
    world.upsert(name, conferencing={"profile_id": zoom})
    url = world.has(name, "zoom")["conferencing"]["join_url"]
    world.api.revoke_profile(zoom)
    world.zoom = ""
    assert world.api.userinfo()["cronofy.data"]["conferencing_profiles"] == []
    assert (ZOE, url) in world.meetings()
    with pytest.raises(PyCronofyRequestError) as refused:
        world.upsert(world.fresh(), conferencing={"profile_id": zoom})
    assert refused.value.response.json()["errors"].keys() == {"conferencing.profile_id"}
    for meeting in world.stage.providers.zoom():
        world.stage.providers("POST", f"/zoom/meetings/{meeting['id']}/delete", {})
