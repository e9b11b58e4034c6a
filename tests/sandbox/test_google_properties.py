"""What must hold after any history of changes, whoever made them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.google import events, listing, resources
from sandbox.google.errors import GoogleError
from sandbox.google.merging import merged
from sandbox.google.partial import selected
from sandbox.google.state import Google
from sandbox.google.sync import page
from sandbox.state import User, World

PEOPLE = ("ada@example.com", "bob@example.com")
SERIES = {
    "start": {"dateTime": "2030-05-06T10:00:00Z", "timeZone": "UTC"},
    "end": {"dateTime": "2030-05-06T11:00:00Z", "timeZone": "UTC"},
    "recurrence": ["RRULE:FREQ=DAILY;COUNT=3"],
}
CHANGES = st.sampled_from(
    [
        {"summary": "a"},
        {"summary": None},
        {"status": "cancelled"},
        {"status": "confirmed"},
        {"attendees": [{"email": "bob@example.com"}]},
        {"attendees": []},
        {"recurrence": ["RRULE:FREQ=DAILY;COUNT=1"]},
        {"recurrence": None},
        {"extendedProperties": {"private": {"a": "1"}}},
        {"extendedProperties": {"shared": {"b": "2"}}},
        {"start": {"dateTime": "2030-05-06T09:30:00Z"}},
        {"reminders": {"useDefault": False}},
    ]
)
WHICH = st.sampled_from(["event1", "event2", "event1_20300507T100000Z", "event2_20300508T100000Z"])
STEP = st.one_of(
    st.tuples(st.just("patch"), st.sampled_from(PEOPLE), WHICH, CHANGES),
    st.tuples(st.just("delete"), st.sampled_from(PEOPLE), WHICH, st.none()),
    st.tuples(st.just("rsvp"), st.sampled_from(PEOPLE), WHICH, st.sampled_from(["accepted", "declined"])),
    st.tuples(st.just("sync"), st.sampled_from(PEOPLE), st.none(), st.none()),
)


class Replica:
    """What a careful client knows of one calendar."""

    def __init__(self, google, email):
        self.google, self.email, self.known, self.token = google, email, {}, None

    def sync(self):
        query = {"maxResults": 2} | ({"syncToken": self.token} if self.token else {})
        answer = self._page(query)
        while "nextPageToken" in answer:
            answer = self._page(query | {"pageToken": answer["nextPageToken"]})
        self.token = answer["nextSyncToken"]

    def _page(self, query):
        calendar = self.google.calendars[self.email]
        answer = page(self.google, listing.events(self.google, self.email, calendar, query), query)
        for item in answer["items"]:
            self.known[item["id"]] = None if item["status"] == "cancelled" else item
        return answer


def world():
    made = World()
    google = made.room(Google)
    for email in PEOPLE:
        made.users[email] = User(email, email.split("@")[0])
        google.add_user(made.users[email], {})
    for name in ("event1", "event2"):
        guests = {"attendees": [{"email": "bob@example.com"}]}
        events.insert(
            google,
            events.Writer(PEOPLE[0], person=True),
            google.calendars[PEOPLE[0]],
            SERIES | guests | {"id": name},
        )
    return google


def act(google, step):
    kind, email, event, detail = step
    calendar, writer = google.calendars[email], events.Writer(email, person=True, updates="all")
    with suppress(GoogleError):  # What makes no sense at this point is refused, and that is all.
        if kind == "patch":
            events.change(google, writer, calendar, event, detail)
        elif kind == "delete":
            events.delete(google, writer, calendar, event)
        else:
            events.respond(google, writer, calendar, event, detail)


@settings(max_examples=100, deadline=None)
@given(st.lists(STEP, max_size=25))
def test_a_client_that_syncs_knows_what_a_full_list_shows(steps):
    google = world()
    replicas = {email: Replica(google, email) for email in PEOPLE}
    for step in steps:
        if step[0] == "sync":
            replicas[step[1]].sync()
        else:
            act(google, step)
    for email, replica in replicas.items():
        replica.sync()
        fresh = Replica(google, email)
        fresh.sync()
        alive = {name: item for name, item in replica.known.items() if item is not None}
        assert alive == {name: item for name, item in fresh.known.items() if item is not None}


@settings(max_examples=100, deadline=None)
@given(st.lists(STEP.filter(lambda step: step[0] != "sync"), max_size=25))
def test_etags_rise_guests_see_what_the_organizer_has_and_rows_store_what_they_show(steps):
    google = world()
    last = 0
    for step in steps:
        before = {(c.id, r.id): r for c in google.calendars.values() for r in c.rows.values()}
        act(google, step)
        for calendar in google.calendars.values():
            for row in calendar.rows.values():
                whole = calendar.whole(row)
                assert calendar.whole(replace(row, body=calendar.differing(row, whole))) == whole
                old = before.get((calendar.id, row.id))
                if old is not row:
                    assert row.stamp > last
                    last = max(last, old.stamp if old else 0)
    ada, bob = (google.calendars[email] for email in PEOPLE)
    for row in bob.rows.values():
        copy, original = bob.whole(row), ada.find(row.id)
        if copy["status"] == "cancelled" or original is None:
            continue
        shown = resources.event(ada, original)
        assert copy.get("summary") == shown.get("summary")
        assert copy["start"] == shown["start"]
        assert copy["attendees"] == [
            {k: v for k, v in guest.items() if k != "self"} for guest in shown["attendees"]
        ]


JSON = st.recursive(
    st.integers() | st.text(max_size=3),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3) | st.lists(inner, max_size=2),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from("abc"), JSON), st.dictionaries(st.sampled_from("abc"), JSON))
def test_a_patch_twice_is_a_patch_once(old, patch):
    once = merged(old, patch)
    assert merged(once, patch) == once
    assert merged(old, {}) == old


@given(st.dictionaries(st.sampled_from("abc"), JSON))
def test_a_selection_of_everything_is_everything(resource):
    assert selected(resource, "a,b,c") == resource
    assert selected(resource, "*") == resource
