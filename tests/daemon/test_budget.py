"""Zoom's daily allowance, kept on disk."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connectors.errors import Transient
from daemon.budget import ZoomBudget
from store import budgets

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ADA = "ada@example.com"


class Clock:
    def __init__(self):
        self.time = NOON

    def __call__(self):
        return self.time


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def budget(store, clock):
    return ZoomBudget(store, clock, limit=5, reserve=2)


async def refused(budget, host=ADA):
    with pytest.raises(Transient) as caught:
        await budget.spend(host, cancel=False)
    return caught.value


async def test_the_reserve_is_kept_back_for_cancels(budget):
    for _ in range(3):
        await budget.spend(ADA, cancel=False)
    error = await refused(budget)
    assert (error.provider, error.reason) == ("zoom", "daily_budget")
    for _ in range(10):  # a cancel always goes: Zoom itself says when it is too much
        await budget.spend(ADA, cancel=True)
    await budget.spend("bob@example.com", cancel=False)


async def test_the_refusal_says_until_when_and_how_much(budget):
    for _ in range(3):
        await budget.spend(ADA, cancel=False)
    error = await refused(budget)
    assert error.retry_after == timedelta(hours=12).total_seconds()
    assert str(error) == (
        "the day's 3 creates and updates for ada@example.com are used up; it goes on at 2026-11-24 00:00 UTC"
    )


async def test_midnight_utc_brings_a_new_allowance(budget, clock):
    for _ in range(3):
        await budget.spend(ADA, cancel=False)
    clock.time = datetime(2026, 11, 23, 23, 59, 59, tzinfo=UTC)
    assert (await refused(budget)).retry_after == 1.0
    clock.time = datetime(2026, 11, 24, tzinfo=UTC)
    await budget.spend(ADA, cancel=False)


async def test_a_restart_earns_no_second_allowance(store, clock, budget):
    for _ in range(3):
        await budget.spend(ADA, cancel=False)
    await refused(ZoomBudget(store, clock, limit=5, reserve=2))


async def test_what_zoom_closed_is_closed_until_it_said_and_cancels_are_tried_all_the_same(budget, clock):
    await budget.exhausted(ADA, NOON + timedelta(hours=3))
    error = await refused(budget)
    assert error.retry_after == timedelta(hours=3).total_seconds()
    assert "it goes on at 2026-11-23 15:00 UTC" in str(error)
    await budget.spend(ADA, cancel=True)
    await budget.spend("bob@example.com", cancel=False)
    clock.time = NOON + timedelta(hours=3)
    await budget.spend(ADA, cancel=False)


async def test_what_zoom_closed_past_midnight_stays_closed(budget, clock):
    await budget.exhausted(ADA, NOON + timedelta(hours=13))
    clock.time = NOON + timedelta(hours=12, minutes=1)
    assert (await refused(budget)).retry_after == timedelta(minutes=59).total_seconds()


async def test_a_refused_call_is_not_counted(store, budget):
    for _ in range(3):
        await budget.spend(ADA, cancel=False)
    await refused(budget)
    assert await store.read(lambda conn: budgets.used(conn, "2026-11-23")) == {f"zoom {ADA}": 3}
