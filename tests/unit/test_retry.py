"""When to try again: a table, and what holds for every error, attempt and die."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import (
    Conflict,
    CursorExpired,
    NotFound,
    ProviderError,
    Rejected,
    Transient,
    Unauthorized,
    Unwatchable,
)
from daemon.retry import FIRST, LONGEST, LONGEST_ASKED, PARKED, PARKED_ACCOUNT, PATIENT, Again, again, reason


@pytest.mark.parametrize(
    ("error", "attempts", "seconds", "parked"),
    [
        pytest.param(Rejected(), 1, PARKED, True, id="it will never be accepted"),
        pytest.param(Rejected(), 9, PARKED, True, id="however often"),
        pytest.param(NotFound(), 1, PARKED, True, id="it is not there"),
        pytest.param(Unauthorized(), 1, PARKED_ACCOUNT, True, id="the account is to be reconnected"),
        pytest.param(Transient(), 1, FIRST, False, id="the first failure"),
        pytest.param(Transient(), 2, FIRST * 2, False, id="the second"),
        pytest.param(Transient(), 5, FIRST * 16, False, id="the fifth"),
        pytest.param(Transient(), 40, LONGEST, False, id="long after"),
        pytest.param(Transient(), 10**6, LONGEST, False, id="for ever"),
        pytest.param(Conflict(), 1, FIRST, False, id="the event changed"),
        pytest.param(Conflict(), 9, FIRST, False, id="the event keeps changing"),
        pytest.param(CursorExpired(), 1, FIRST, False, id="the cursor expired"),
        pytest.param(Unwatchable(), 3, FIRST * 4, False, id="it cannot be watched"),
        pytest.param(ProviderError(), 1, FIRST, False, id="a refusal of no kind"),
        pytest.param(TimeoutError(), 2, FIRST * 2, False, id="it took too long"),
        pytest.param(KeyError("x"), 3, FIRST * 4, False, id="a mistake of ours"),
    ],
)
def test_work_that_failed_is_due_again(error, attempts, seconds, parked):
    assert again(error, attempts, 0.5) == Again(seconds, parked)
    assert again(error, attempts, 0.0) == Again(seconds * 0.75, parked)
    assert again(error, attempts, 1.0) == Again(seconds * 1.25, parked)


@pytest.mark.parametrize(
    ("asked", "chance", "seconds"),
    [
        (10, 0.0, 10.0),
        (10, 1.0, 11.0),
        (300.0, 0.5, 315.0),
        (7200, 1.0, 7230.0),
        (LONGEST_ASKED, 0.5, LONGEST_ASKED + 15),
        (LONGEST_ASKED * 30, 0.5, LONGEST_ASKED + 15),
    ],
)
def test_what_the_provider_asks_for_is_kept_and_a_little_added(asked, chance, seconds):
    assert again(Transient(retry_after=asked), 3, chance) == Again(seconds, parked=False)


@pytest.mark.parametrize("reason", ["daily_budget", "daily_limit"])
def test_what_waits_for_another_day_is_parked_until_then(reason):
    """Parked, it is looked at when it is rung: a meeting that was cancelled meanwhile need not wait."""
    error = Transient(retry_after=LONGEST_ASKED * 2, reason=reason)
    assert again(error, 1, 0.5) == Again(LONGEST_ASKED * 2 + 15, parked=True)


def test_what_waits_to_hear_a_second_time_that_an_event_is_gone_may_hear_it_from_the_listing():
    assert again(Transient(retry_after=60.0, reason="unconfirmed"), 1, 0.5) == Again(63.0, parked=True)


@pytest.mark.parametrize(
    ("attempts", "seconds"),
    [(1, 0.0), (PATIENT - 1, 0.0), (PATIENT, FIRST), (PATIENT + 3, FIRST * 8), (1000, LONGEST)],
)
def test_a_provider_that_asks_for_no_pause_again_and_again_is_given_one(attempts, seconds):
    assert again(Transient(retry_after=0), attempts, 0.5) == Again(seconds, parked=False)


ERRORS = st.sampled_from([Rejected(), NotFound(), Unauthorized(), Transient(), Conflict(), ValueError()])
CHANCES = st.floats(0, 1)


@given(
    ERRORS | st.floats(0, 86_400).map(lambda wait: Transient(retry_after=wait)),
    st.integers(1, 10**9),
    CHANCES,
)
def test_the_wait_is_never_negative_nor_without_end(error, attempts, chance):
    seconds = again(error, attempts, chance).seconds
    assert 0 <= seconds <= 86_400 * 1.1
    if isinstance(error, Transient) and error.retry_after is not None:
        assert seconds >= min(error.retry_after, LONGEST_ASKED)


@given(st.integers(1, 100), CHANCES)
def test_patience_grows_with_every_failure(attempts, chance):
    assert again(Transient(), attempts, chance).seconds <= again(Transient(), attempts + 1, chance).seconds


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (Transient("busy", provider="zoom", reason="429"), "zoom 429: busy"),
        (Transient("busy", provider="zoom"), "zoom: busy"),
        (Transient("busy", reason="list_lag"), "list_lag: busy"),
        (Transient("busy"), "busy"),
        (
            Conflict(provider="google"),
            "google: The event changed since we read it: read it again and decide again.",
        ),
        (TimeoutError(), "it took too long"),
        (KeyError("x"), "KeyError: 'x'"),
    ],
)
def test_the_reason_is_one_line_for_people(error, line):
    assert reason(error) == line
