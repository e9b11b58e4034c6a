"""Whose request may go out: nobody waits for an address that is dead, but those who want it too."""

import random

from hypothesis import given
from hypothesis import strategies as st

from daemon.turns import EACH_APPLICATION, EACH_HOST, LONGEST, Turns

NOW = 1_800_000_000.0


def turns(most=8):
    return Turns(most, random.Random(1))


def test_a_host_is_asked_by_a_few_at_a_time_and_others_are_asked_meanwhile():
    ours = turns()
    assert [ours.enter("a", "x", NOW) for _ in range(EACH_HOST)] == [None] * EACH_HOST
    assert ours.enter("a", "x", NOW) > NOW
    assert ours.enter("b", "y", NOW) is None


def test_a_host_that_did_not_answer_is_asked_by_one_at_a_time_until_it_does():
    ours = turns()
    assert ours.enter("a", "x", NOW) is None
    ours.leave("a", "x", 5.0, well=False)
    assert ours.enter("a", "x", NOW) is None
    assert ours.enter("a", "x", NOW) is not None
    ours.leave("a", "x", 0.1, well=True)
    assert [ours.enter("a", "x", NOW) for _ in range(EACH_HOST)] == [None] * EACH_HOST


def test_one_application_does_not_take_all_turns_however_many_hosts_it_has():
    ours = turns()
    taken = [ours.enter("a", f"host {number}", NOW) for number in range(8)]
    assert taken.count(None) == EACH_APPLICATION
    assert ours.enter("b", "y", NOW) is None


def test_those_who_come_back_come_back_one_after_the_other():
    ours = turns()
    for _ in range(EACH_HOST):
        ours.enter("a", "x", NOW)
    later = [ours.enter("a", "x", NOW) for _ in range(50)]
    assert later == sorted(later)
    assert len(set(later)) == 50


def test_whoever_is_far_back_comes_back_within_a_minute_to_hear_more():
    ours = turns()
    ours.enter("a", "x", NOW)
    ours.leave("a", "x", 7.0, well=False)
    ours.enter("a", "x", NOW)
    later = [ours.enter("a", "x", NOW) for _ in range(1000)]
    assert max(later) <= NOW + LONGEST
    assert min(later[500:]) >= NOW + LONGEST / 2


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5), st.booleans()), max_size=200), st.integers(1, 12)
)
def test_no_limit_is_ever_passed_and_every_turn_comes_back(steps, most):
    ours, out = turns(most), []
    for application, host, comes_back in steps:
        if comes_back and out:
            ours.leave(*out.pop(0), 0.1, well=bool(host % 2))
        elif ours.enter(f"a{application}", f"h{host}", NOW) is None:
            out.append((f"a{application}", f"h{host}"))
        assert len(out) <= most
        for lane, limit in ((0, EACH_APPLICATION), (1, EACH_HOST)):
            assert all([one[lane] for one in out].count(name) <= limit for name in {one[lane] for one in out})
    for one in out:
        ours.leave(*one, 0.1, well=True)
    assert ours._busy == {}
