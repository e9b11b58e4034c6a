"""The work set: tables of single steps, and a machine that takes them in any order beside a simple model."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule

from store import work
from store.db import open_file
from store.errors import Fenced
from store.work import Job, Stuck

NOW = 1000.0
LEASE = 30.0


def claim(conn, now=NOW, most=10, owner="me"):
    return list(work.claim(conn, owner, now, now + LEASE, most))


def claim_one(conn, now=NOW):
    (job,) = claim(conn, now)
    return job


def state(conn, key="a", kind="sync"):
    row = conn.execute("SELECT * FROM work WHERE kind = ? AND key = ?", (kind, key)).fetchone()
    return dict(row) if row else None


def due(conn, key="a"):
    return state(conn, key)["due_at"]


def test_what_is_rung_is_due(conn):
    work.ring(conn, "sync", ["b", "a", "a"], NOW)
    assert work.next_due(conn) == NOW
    assert sorted(claim(conn), key=lambda job: job.key) == [
        Job("sync", "a", 1, 1, 1),
        Job("sync", "b", 1, 1, 1),
    ]


def test_nothing_is_due_before_its_time(conn):
    work.ring(conn, "sync", ["a"], NOW + 1)
    assert claim(conn) == []
    assert [job.key for job in claim(conn, NOW + 1)] == ["a"]


def test_nothing_rung_is_nothing_due(conn):
    work.ring(conn, "sync", [], NOW)
    assert claim(conn) == []
    assert work.next_due(conn) is None
    assert work.counts(conn, NOW) == {"due": 0, "held": 0, "later": 0, "failed": 0}


def test_a_thousand_rings_are_one_look(conn):
    for at in range(1000):
        work.ring(conn, "sync", ["a"], NOW - at)
    job = claim_one(conn)
    assert job.gen == 1000
    work.done(conn, job, NOW)
    assert claim(conn, NOW + 1e6) == []


def test_kinds_do_not_share_keys(conn):
    work.ring(conn, "sync", ["a"], NOW)
    work.ring(conn, "watch", ["a"], NOW)
    assert sorted(job.kind for job in claim(conn)) == ["sync", "watch"]


def test_a_claim_takes_no_more_than_asked_and_the_longest_due_first(conn):
    for number in range(5):
        work.ring(conn, "sync", [f"k{number}"], NOW - number)
    assert {job.key for job in claim(conn, most=2)} == {"k4", "k3"}
    assert {job.key for job in claim(conn, most=2)} == {"k2", "k1"}
    assert claim(conn, most=0) == []


def test_what_is_held_is_not_claimed_again_before_the_lease_runs_out(conn):
    work.ring(conn, "sync", ["a"], NOW)
    first = claim_one(conn)
    work.ring(conn, "sync", ["a"], NOW)
    assert claim(conn, NOW + LEASE - 0.001) == []
    second = claim_one(conn, NOW + LEASE)
    assert (second.fence, second.attempts, second.gen) == (first.fence + 1, 2, 2)


def test_a_ring_during_a_look_makes_it_due_at_once(conn):
    work.ring(conn, "sync", ["a"], NOW)
    job = claim_one(conn)
    work.ring(conn, "sync", ["a"], NOW + 1)
    work.done(conn, job, NOW + 2, again=NOW + 5000)
    assert due(conn) == NOW + 2
    assert claim_one(conn, NOW + 2).gen == 2


def test_a_ring_during_a_look_is_not_lost_by_failing_or_parking(conn):
    work.ring(conn, "sync", ["a", "b"], NOW)
    jobs = {job.key: job for job in claim(conn)}
    work.ring(conn, "sync", ["a", "b"], NOW)
    work.park(conn, jobs["a"], NOW + 1, NOW + 5000, "not yours")
    work.retry(conn, jobs["b"], NOW + 60, "later")
    assert due(conn, "a") == NOW + 1
    assert due(conn, "b") == NOW + 60  # the provider asked for peace; the look that follows sees the news
    assert claim_one(conn, NOW + 1).key == "a"


@pytest.mark.parametrize(
    ("before", "at", "expected"),
    [
        pytest.param("fresh", NOW + 5, NOW + 5, id="it is new"),
        pytest.param("done", NOW + 5, NOW + 5, id="nothing was owed"),
        pytest.param("later", NOW + 5, NOW + 5, id="it waited for longer"),
        pytest.param("later", NOW + 500, NOW + 100, id="it waits for less"),
        pytest.param("parked", NOW + 5, NOW + 5, id="parked work is looked at again"),
        pytest.param("backing off", NOW + 5, NOW + 100, id="work that backs off is left in peace"),
        pytest.param("backing off", NOW + 500, NOW + 100, id="and is not put off either"),
        pytest.param("held", NOW + 5, NOW + LEASE, id="the lease stays what it is"),
    ],
)
def test_when_it_is_due_after_a_ring(conn, before, at, expected):
    if before != "fresh":
        work.ring(conn, "sync", ["a"], NOW)
        job = claim_one(conn)
    if before in {"done", "later"}:
        work.done(conn, job, NOW, None if before == "done" else NOW + 100)
    if before == "parked":
        work.park(conn, job, NOW, NOW + 100, "no")
    if before == "backing off":
        work.retry(conn, job, NOW + 100, "no")
    work.ring(conn, "sync", ["a"], at)
    assert due(conn) == expected


def test_attempts_count_until_it_ends_well(conn):
    work.ring(conn, "sync", ["a"], NOW)
    for attempt in range(1, 4):
        job = claim_one(conn, NOW + attempt)
        assert job.attempts == attempt
        work.retry(conn, job, NOW + attempt + 1, f"failure {attempt}")
    work.done(conn, claim_one(conn, NOW + 10), NOW + 10, NOW + 20)
    assert claim_one(conn, NOW + 20).attempts == 1


def test_a_crash_counts_as_an_attempt(conn):
    work.ring(conn, "sync", ["a"], NOW)
    claim_one(conn)
    assert work.release_all(conn, NOW + 1) == 1
    assert claim_one(conn, NOW + 1).attempts == 2


def test_releasing_gives_back_what_is_held_and_nothing_else(conn):
    work.ring(conn, "sync", ["held"], NOW)
    claim_one(conn)
    work.ring(conn, "sync", ["later"], NOW + 100)
    assert work.release_all(conn, NOW + 1) == 1
    assert (due(conn, "held"), due(conn, "later")) == (NOW + 1, NOW + 100)
    assert work.release_all(conn, NOW + 1) == 0


ENDINGS = {
    "hold": lambda conn, job: work.hold(conn, job, NOW + 99),
    "done": lambda conn, job: work.done(conn, job, NOW),
    "park": lambda conn, job: work.park(conn, job, NOW, NOW + 9, "x"),
    "retry": lambda conn, job: work.retry(conn, job, NOW + 9, "x"),
}
USURPERS = {
    "another took it over": lambda conn, job: claim(conn, NOW + LEASE, owner="other"),
    "another took it over and ended it": lambda conn, job: work.done(conn, claim_one(conn, NOW + LEASE), NOW),
    "a new process released it": lambda conn, job: work.release_all(conn, NOW),
    "it was ended before": lambda conn, job: work.done(conn, job, NOW),
    "it failed before": lambda conn, job: work.retry(conn, job, NOW, "x"),
    "its row was pruned": lambda conn, job: conn.execute("DELETE FROM work"),
}


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("usurper", USURPERS)
def test_a_worker_whose_fence_is_old_is_refused_and_changes_nothing(conn, ending, usurper):
    work.ring(conn, "sync", ["a"], NOW)
    job = claim_one(conn)
    USURPERS[usurper](conn, job)
    before = state(conn)
    with pytest.raises(Fenced):
        ENDINGS[ending](conn, job)
    assert state(conn) == before


def test_a_lease_that_ran_out_but_was_taken_by_nobody_is_still_ours(conn):
    work.ring(conn, "sync", ["a"], NOW)
    job = claim_one(conn)
    work.hold(conn, job, NOW + 2 * LEASE)
    assert claim(conn, NOW + LEASE) == []
    work.done(conn, job, NOW + 3 * LEASE)


def test_what_keeps_failing_is_shown_the_worst_first_until_it_ends_well(conn):
    work.ring(conn, "sync", ["a", "b"], NOW)
    for job in claim(conn):
        work.retry(conn, job, NOW + 5, f"{job.key} broke")
    (again,) = claim(conn, NOW + 5, most=1)
    work.retry(conn, again, NOW + 50, "twice")
    first, second = work.stuck(conn)
    assert (first.attempts, second.attempts) == (2, 1)
    assert work.stuck(conn, most=1) == [first]
    assert work.trouble(conn, "sync", again.key) == Stuck("sync", again.key, 2, NOW + 50, "twice")
    for job in claim(conn, NOW + 60):
        work.done(conn, job, NOW + 60)
    assert work.stuck(conn) == []
    assert work.trouble(conn, "sync", again.key) is None


def test_parked_work_keeps_its_reason(conn):
    work.ring(conn, "sync", ["a"], NOW)
    work.park(conn, claim_one(conn), NOW, NOW + 9, "not allowed")
    assert work.trouble(conn, "sync", "a") == Stuck("sync", "a", 0, NOW + 9, "not allowed")


def test_counting_tells_due_held_later_and_failed_apart(conn):
    work.ring(conn, "sync", ["held", "failed"], NOW)
    for job in claim(conn):
        if job.key == "failed":
            work.retry(conn, job, NOW + 50, "x")
    work.ring(conn, "sync", ["due"], NOW)
    assert work.counts(conn, NOW) == {"due": 1, "held": 1, "later": 1, "failed": 1}


def test_hurrying_touches_one_calendar_and_nobody_who_works(conn):
    keys = ["cal_1", "cal_1/a", "cal_1/z", "cal_10", "cal_1.x", "cal_10/a", "cal_2/a"]
    work.ring(conn, "reconcile", keys, NOW + 500)
    work.ring(conn, "reconcile", ["cal_1/held"], NOW)
    claim_one(conn)
    work.hurry(conn, "cal_1", NOW + 1)
    assert {job.key for job in claim(conn, NOW + 1)} == {"cal_1", "cal_1/a", "cal_1/z"}


def test_pruning_drops_what_has_owed_nothing_for_long(conn):
    work.ring(conn, "sync", ["old", "recent", "owed"], NOW)
    for job in claim(conn):
        ends = {"old": NOW, "recent": NOW + 100, "owed": NOW}[job.key]
        work.done(conn, job, ends, NOW + 5000 if job.key == "owed" else None)
    work.ring(conn, "sync", ["held"], NOW)
    claim_one(conn)
    assert work.prune(conn, NOW + 50) == 1
    assert [state(conn, key) is None for key in ("old", "recent", "owed", "held")] == [
        True,
        False,
        False,
        False,
    ]


@dataclass
class Row:
    """What the model knows of one piece of work."""

    gen: int = 0
    due: float | None = None
    held: bool = False
    fence: int = 0
    attempts: int = 0
    error: str | None = None
    rung: int = 0  # the step at which it was last rung
    looking: int = 0  # the step at which the look under way began
    looked: int = 0  # the step at which the last look began that ended well


KEYS = st.sampled_from(["c1", "c1/a", "c1/b", "c2"])
DELAYS = st.integers(0, 60)


class WorkMachine(RuleBasedStateMachine):
    """Everything that may happen to the work set, in any order, against a dictionary."""

    jobs = Bundle("jobs")

    def __init__(self):
        super().__init__()
        self.conn = open_file(":memory:")
        self.rows = {}
        self.now = 1000
        self.step = 0

    def teardown(self):
        self.all_that_was_rung_is_looked_at_in_the_end()
        self.conn.close()

    def current(self, job):
        """Whether the holder of this lease may still write."""
        row = self.rows[job.key]
        return row.held and row.fence == job.fence

    def attempt(self, job, act):
        """Do it as the holder of a lease; return whether it was allowed, which only the current one is."""
        self.step += 1
        allowed = self.current(job)
        try:
            act()
        except Fenced:
            assert not allowed
        else:
            assert allowed
        return allowed

    @rule(keys=st.lists(KEYS, max_size=3), delay=DELAYS)
    def ring(self, keys, delay):
        self.step += 1
        at = self.now + delay
        work.ring(self.conn, "sync", keys, at)
        for key in set(keys):
            row = self.rows.setdefault(key, Row())
            row.gen += 1
            row.rung = self.step
            backing_off = row.attempts > 0 and row.due is not None
            if not row.held and not backing_off:
                row.due = at if row.due is None else min(row.due, at)

    @rule(target=jobs, most=st.integers(1, 5), lease=st.integers(1, 40))
    def claim(self, most, lease):
        self.step += 1
        found = work.claim(self.conn, "me", self.now, self.now + lease, most)
        due = {key: row.due for key, row in self.rows.items() if row.due is not None and row.due <= self.now}
        assert len(found) == min(most, len(due))
        assert len({job.key for job in found}) == len(found)
        for job in found:
            assert job.key in due  # so nobody else held it: a lease is due only when it has run out
            assert due[job.key] <= min(
                [due[key] for key in due if key not in {one.key for one in found}], default=1e9
            )
            row = self.rows[job.key]
            row.held, row.due, row.looking = True, self.now + lease, self.step
            row.fence += 1
            row.attempts += 1
            assert job == Job("sync", job.key, row.gen, row.fence, row.attempts)
        return multiple(*found)

    @rule(job=jobs, seconds=st.integers(1, 40))
    def hold(self, job, seconds):
        until = self.now + seconds
        if self.attempt(job, lambda: work.hold(self.conn, job, until)):
            self.rows[job.key].due = until

    @rule(job=consumes(jobs) | jobs, delay=st.none() | DELAYS)
    def done(self, job, delay):
        again = None if delay is None else self.now + delay
        if self.attempt(job, lambda: work.done(self.conn, job, self.now, again)):
            self.ended_well(job, again, None)

    @rule(job=jobs, delay=DELAYS)
    def park(self, job, delay):
        again = self.now + delay
        if self.attempt(job, lambda: work.park(self.conn, job, self.now, again, "parked")):
            self.ended_well(job, again, "parked")

    def ended_well(self, job, again, error):
        row = self.rows[job.key]
        row.due = self.now if row.gen > job.gen else again
        row.held, row.attempts, row.error, row.looked = False, 0, error, row.looking

    @rule(job=jobs, delay=DELAYS)
    def retry(self, job, delay):
        at = self.now + delay
        if self.attempt(job, lambda: work.retry(self.conn, job, at, "broken")):
            row = self.rows[job.key]
            row.held, row.due, row.error = False, at, "broken"

    @rule(seconds=st.integers(1, 70))
    def time_passes(self, seconds):
        self.now += seconds

    @rule()
    def crash_and_start_again(self):
        self.step += 1
        held = [row for row in self.rows.values() if row.held]
        assert work.release_all(self.conn, self.now) == len(held)
        for row in held:
            row.held, row.due = False, self.now

    @rule(calendar=st.sampled_from(["c1", "c2"]))
    def hurry(self, calendar):
        self.step += 1
        work.hurry(self.conn, calendar, self.now)
        for key, row in self.rows.items():
            if key.partition("/")[0] == calendar and not row.held and row.due is not None:
                row.due = min(row.due, self.now)

    @invariant()
    def the_table_is_as_the_model_says(self):
        found = {
            row["key"]: (
                row["gen"],
                row["due_at"],
                row["owner"] is not None,
                row["fence"],
                row["attempts"],
                row["error"],
            )
            for row in self.conn.execute("SELECT * FROM work")
        }
        assert found == {
            key: (row.gen, row.due, row.held, row.fence, row.attempts, row.error)
            for key, row in self.rows.items()
        }
        dues = [row.due for row in self.rows.values() if row.due is not None]
        assert work.next_due(self.conn) == min(dues, default=None)

    @invariant()
    def whatever_was_rung_is_owed_until_a_look_that_began_later_ends_well(self):
        owed = {row["key"] for row in self.conn.execute("SELECT key FROM work WHERE due_at IS NOT NULL")}
        assert {key for key, row in self.rows.items() if row.rung > row.looked} <= owed

    def all_that_was_rung_is_looked_at_in_the_end(self):
        for _ in range(20):
            self.now += 1000
            for job in self.claim_all():
                work.done(self.conn, job, self.now)
                self.rows[job.key].looked = self.step
        assert work.next_due(self.conn) is None
        assert all(row.looked > row.rung for row in self.rows.values() if row.rung)

    def claim_all(self):
        self.step += 1
        return work.claim(self.conn, "last", self.now, self.now + 1, 100)


TestWorkMachine = WorkMachine.TestCase
TestWorkMachine.settings = settings(
    max_examples=150,
    stateful_step_count=40,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)


def test_only_what_is_being_worked_on_is_held(conn):
    work.ring(conn, "sync", ["a"], NOW)
    assert not work.is_held(conn, "sync", "a")
    job = claim_one(conn)
    assert work.is_held(conn, "sync", "a")
    assert not work.is_held(conn, "reconcile", "a")
    work.done(conn, job, NOW)
    assert not work.is_held(conn, "sync", "a")
