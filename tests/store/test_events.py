"""Snapshots, and what becomes of them when a listing and an answer to a write of ours cross."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from stored import NOW, at, conference, event, furnish

from connectors.model import Shown
from store import conferences, departed, events
from store.codec import load
from store.db import open_file


@pytest.fixture
def calendar(conn):
    return furnish(conn)


def titled(conn, calendar, name="e1"):
    found = events.get(conn, calendar, name)
    return (found.event.title, found.doubtful) if found else None


def test_an_event_is_kept_as_it_was_listed(conn, calendar):
    assert events.save_listed(conn, calendar, event(), NOW)
    found = events.get(conn, calendar, "e1")
    assert (found.calendar, found.event, found.doubtful) == (calendar, event(), False)


def test_what_a_listing_repeats_is_no_news(conn, calendar):
    events.save_listed(conn, calendar, event(), NOW)
    assert not events.save_listed(conn, calendar, event(), NOW + 5)
    assert events.save_listed(conn, calendar, event(title="Other"), NOW + 9)
    assert titled(conn, calendar) == ("Other", False)


ASKED = NOW
CROSSINGS = [
    # written at, listed title, written title, whether it is news; what is kept, and whether it is doubtful
    pytest.param(NOW - 1, "Theirs", "Ours", True, ("Theirs", False), id="the listing began after the answer"),
    pytest.param(NOW + 1, "Theirs", "Ours", True, ("Ours", True), id="the answer came during the listing"),
    pytest.param(NOW, "Theirs", "Ours", True, ("Ours", True), id="who was first cannot be told"),
    pytest.param(NOW + 1, "Ours", "Ours", False, ("Ours", False), id="they agree"),
    pytest.param(NOW - 1, "Ours", "Ours", False, ("Ours", False), id="they agree in order"),
]


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize(("written_at", "listed", "written", "news", "outcome"), CROSSINGS)
def test_a_listing_never_takes_the_place_of_a_later_answer(
    conn, calendar, known, written_at, listed, written, news, outcome
):
    if known:
        events.save_listed(conn, calendar, event(title="Before"), NOW - 99)
    events.save_read(conn, calendar, event(title=written), written_at)
    assert events.save_listed(conn, calendar, event(title=listed), ASKED) is news
    assert titled(conn, calendar) == outcome


@pytest.mark.parametrize(
    ("written_at", "expected"), [(NOW - 1, None), (NOW, ("Review", True)), (NOW + 1, ("Review", True))]
)
def test_a_listing_drops_nothing_that_we_wrote_later(conn, calendar, written_at, expected):
    events.save_read(conn, calendar, event(), written_at)
    assert events.forget_listed(conn, calendar, "e1", ASKED)
    assert titled(conn, calendar) == expected


def shown_at(conn, name="e1"):
    row = conn.execute("SELECT shown, changed_at FROM events WHERE event = ?", (name,)).fetchone()
    return (load(Shown, row["shown"], "events").text if row["shown"] else None, row["changed_at"])


def told(text, **more):
    return event(shown=Shown(text=text), **more)


def test_what_readers_are_told_is_kept_beside_the_snapshot_and_is_no_news(conn, calendar):
    events.save_listed(conn, calendar, told("Agenda"), NOW, NOW + 1)
    assert shown_at(conn) == ("Agenda", NOW + 1)
    assert not events.save_listed(conn, calendar, told("Minutes"), NOW + 2, NOW + 3)
    assert shown_at(conn) == ("Minutes", NOW + 3)
    assert events.get(conn, calendar, "e1").event.shown == Shown()
    assert events.version(conn, calendar, "e1") == events.version_of(event().etag)


def test_an_event_has_changed_when_anything_of_it_has(conn, calendar):
    events.save_listed(conn, calendar, told("Agenda"), NOW)
    events.save_listed(conn, calendar, told("Agenda"), NOW + 5)
    events.save_read(conn, calendar, told("Agenda"), NOW + 6)
    assert shown_at(conn) == ("Agenda", NOW)
    events.save_read(conn, calendar, told("Minutes"), NOW + 7)
    assert shown_at(conn) == ("Minutes", NOW + 7)
    events.save_read(conn, calendar, event(title="Other"), NOW + 8)  # somebody who was not told all of it
    assert shown_at(conn) == ("Minutes", NOW + 8)


def test_a_start_is_kept_for_readers(conn, calendar):
    events.save_listed(conn, calendar, event(), NOW)
    assert conn.execute("SELECT starts FROM events").fetchone()["starts"] == event().start.timestamp()


@pytest.mark.parametrize("let_in", [False, True])
def test_an_event_that_is_gone_is_kept_for_applications_where_one_was_let_in(conn, calendar, let_in):
    if let_in:
        conn.execute("INSERT INTO api_grants VALUES ('app', 'ada@example.com', 'pro_1', 0)")
    events.save_listed(conn, calendar, told("Agenda"), NOW)
    assert events.forget_listed(conn, calendar, "e1", NOW + 1, NOW + 2)
    rows = conn.execute("SELECT event, gone_at FROM departed").fetchall()
    assert [tuple(row) for row in rows] == ([("e1", NOW + 2)] if let_in else [])
    events.save_listed(conn, calendar, event(), NOW + 3)
    assert not conn.execute("SELECT 1 FROM departed").fetchall()
    events.forget(conn, calendar, "e1", NOW + 4)
    assert departed.prune(conn, NOW + 4 + departed.KEEP) == 0
    assert departed.prune(conn, NOW + 5 + departed.KEEP) == let_in


def test_what_was_never_known_is_no_news_when_it_is_gone(conn, calendar):
    assert not events.forget_listed(conn, calendar, "e1", ASKED)


def test_doubt_lasts_until_somebody_reads_the_event(conn, calendar):
    events.save_read(conn, calendar, event(), NOW)
    events.doubt(conn, calendar, "e1")
    assert events.save_listed(conn, calendar, event(), NOW + 5)  # so that it is read
    assert titled(conn, calendar) == ("Review", True)
    events.save_read(conn, calendar, event(title="Read"), NOW + 6)
    assert titled(conn, calendar) == ("Read", False)


def test_a_listing_that_began_later_takes_doubt_away(conn, calendar):
    events.save_read(conn, calendar, event(), NOW)
    events.doubt(conn, calendar, "e1")
    events.save_listed(conn, calendar, event(title="Later"), NOW + 5)
    assert titled(conn, calendar) == ("Later", False)


def test_calendars_do_not_share_events(conn, calendar):
    other = furnish(conn, "bob@example.com")
    events.save_listed(conn, calendar, event(title="Ada's"), NOW)
    events.save_listed(conn, other, event(title="Bob's"), NOW)
    events.forget(conn, other, "e1")
    assert titled(conn, calendar) == ("Ada's", False)
    assert titled(conn, other) is None
    assert events.get(conn, calendar, "e2") is None


def test_the_events_of_a_calendar_and_of_a_series_are_listed_in_order(conn, calendar):
    for name, series in [("m", ""), ("m_2", "m"), ("m_1", "m"), ("x", "")]:
        events.save_listed(conn, calendar, event(name, series=series), NOW)
    assert [one.event.ref.event for one in events.of_calendar(conn, calendar)] == ["m", "m_1", "m_2", "x"]
    assert events.occurrences(conn, calendar, "m") == ["m_1", "m_2"]
    assert events.occurrences(conn, calendar, "") == []


def test_a_full_listing_tells_what_it_did_not_show_although_it_should_have(conn, calendar):
    for name, ends in [("shown", NOW + 9), ("missing", NOW + 9), ("over", NOW - 9), ("endless", None)]:
        events.save_listed(conn, calendar, event(name, ends=ends), NOW)
    assert events.unseen(conn, calendar, ["shown", "new"], at(NOW)) == ["endless", "missing"]
    assert events.unseen(conn, calendar, ["shown", "endless"], None) == ["missing", "over"]


def test_a_listing_with_an_end_says_nothing_about_what_begins_after_it(conn, calendar):
    for name, ends in [("before", NOW + 3599), ("at", NOW + 3600), ("after", NOW + 9999)]:
        events.save_listed(conn, calendar, event(name, ends=ends), NOW)
    assert events.unseen(conn, calendar, [], at(NOW - 9), at(NOW)) == ["before"]


@pytest.mark.parametrize(
    ("needle", "names"),
    [
        ("e1", ["e1"]),
        ("e2@example.com", ["e2"]),
        ("REVIEW", ["e1", "e2"]),
        ("100%", ["e3"]),
        ("_", []),
        ("nothing", []),
    ],
)
def test_people_find_events_by_id_uid_and_part_of_the_title(conn, calendar, needle, names):
    for name, title in [("e1", "Review"), ("e2", "The review"), ("e3", "100% done")]:
        events.save_listed(conn, calendar, event(name, title=title), NOW)
    assert [name for _, name in events.find(conn, needle)] == names
    assert events.find(conn, f"{calendar}/e1") == [(calendar, "e1")]


def test_events_that_are_over_go_unless_they_have_a_conference(conn, calendar):
    for name, ends in [("over", NOW - 9), ("had", NOW - 9), ("coming", NOW + 9), ("endless", None)]:
        events.save_listed(conn, calendar, event(name, ends=ends), NOW)
    conferences.save(conn, calendar, "had", conference(name="had"), NOW)
    assert events.prune(conn, NOW) == 1
    assert [one.event.ref.event for one in events.of_calendar(conn, calendar)] == ["coming", "endless", "had"]


def test_the_version_of_a_row_names_its_etag_and_its_doubts(conn, calendar):
    assert events.version(conn, calendar, "e1") is None
    events.save_listed(conn, calendar, event(etag='"7"'), NOW)
    fresh = events.version(conn, calendar, "e1")
    assert fresh == events.version_of('"7"')
    events.doubt(conn, calendar, "e1")
    doubted = events.version(conn, calendar, "e1")
    events.missed(conn, calendar, "e1", NOW)
    assert len({fresh, doubted, events.version(conn, calendar, "e1")}) == 3
    events.save_read(conn, calendar, event(etag='"7"'), NOW)
    assert events.version(conn, calendar, "e1") == fresh


class CrossingMachine(RuleBasedStateMachine):
    """One event, changed by people and by us while listings are under way; answers come whenever they come."""

    def __init__(self):
        super().__init__()
        self.conn = open_file(":memory:")
        self.calendar = furnish(self.conn)
        self.now = int(NOW)
        self.truth = 0  # the version that the provider has; None while the event is deleted
        self.newest = 0
        self.listing = None  # when it was asked for, and what it saw: one listing at a time
        self.answer = None  # to a write or read of ours: one at a time
        self.ours = -1  # the latest version that an answer of ours has shown us
        self.listed = -1  # the latest that a listing has shown us while no answer was on its way
        events.save_listed(self.conn, self.calendar, self.version(0), self.now - 1)

    def teardown(self):
        self.conn.close()

    def version(self, number):
        return event(title=str(number), etag=str(number))

    def change(self):
        self.newest += 1
        self.truth = self.newest

    @rule(seconds=st.integers(0, 3))
    def time_passes(self, seconds):
        self.now += seconds

    @rule()
    def somebody_changes_it(self):
        self.change()

    @rule()
    def somebody_deletes_it(self):
        self.truth = None

    @precondition(lambda self: self.listing is None)
    @rule()
    def a_listing_begins(self):
        self.listing = (self.now, self.truth)

    @precondition(lambda self: self.listing is not None)
    @rule()
    def the_listing_gets_to_its_page(self):
        self.listing = (self.listing[0], self.truth)

    @precondition(lambda self: self.listing is not None)
    @rule()
    def the_listing_is_committed(self):
        (asked_at, seen), self.listing = self.listing, None
        if seen is None:
            events.forget_listed(self.conn, self.calendar, "e1", asked_at)
        else:
            events.save_listed(self.conn, self.calendar, self.version(seen), asked_at)
            if self.answer is None:
                self.listed = max(self.listed, seen)

    @precondition(lambda self: self.answer is None and self.truth is not None)
    @rule(writes=st.booleans())
    def we_touch_it(self, writes):
        if writes:
            self.change()
        self.answer = self.truth

    @precondition(lambda self: self.answer is not None)
    @rule()
    def our_answer_is_committed(self):
        events.save_read(self.conn, self.calendar, self.version(self.answer), self.now)
        self.ours, self.answer = self.answer, None

    @invariant()
    def nothing_older_than_what_we_have_seen_is_believed(self):
        kept = events.get(self.conn, self.calendar, "e1")
        assert kept is None or kept.doubtful or int(kept.event.title) >= max(self.ours, self.listed)

    @invariant()
    def what_is_left_after_everything_is_committed_is_true_or_doubted(self):
        """Once a listing has begun after our last answer, the row is as the provider has it."""
        if self.answer is None and self.listing is None:
            self.conn.execute("SAVEPOINT try_it")
            if self.truth is None:
                events.forget_listed(self.conn, self.calendar, "e1", self.now + 1)
            else:
                events.save_listed(self.conn, self.calendar, self.version(self.truth), self.now + 1)
            kept = events.get(self.conn, self.calendar, "e1")
            self.conn.execute("ROLLBACK TO try_it")
            self.conn.execute("RELEASE try_it")
            assert (kept is None) == (self.truth is None)
            assert kept is None or kept.doubtful or int(kept.event.title) == self.truth


TestCrossingMachine = CrossingMachine.TestCase
TestCrossingMachine.settings = settings(
    max_examples=200, stateful_step_count=30, deadline=None, database=None
)
