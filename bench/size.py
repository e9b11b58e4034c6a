"""How much is measured: all of it in a few minutes, or so little that a test can wait for it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """The size of every benchmark."""

    rounds: int  # of ours and of the bare program, in turn
    push_seconds: float  # one round of pushes
    warm_up: float  # seconds of pushes before the first round
    connections: int
    channels: int  # that pushes are spread over
    people: int  # whose events are conferenced
    events: int  # conferenced in one round
    conferencing_rounds: int
    links: int  # made one after another
    idle_people: int
    calendars_each: int  # of the idle people
    start_rounds: int
    cost_rounds: int  # of each provider
    rows: int  # of work
    page_events: int  # on one page of Graph's
    requests: int  # for changes, one after another
    read_events: int  # that an application reads


FULL = Size(
    rounds=7,
    push_seconds=2.0,
    warm_up=1.0,
    connections=64,
    channels=1_000,
    people=10,
    events=1_000,
    conferencing_rounds=3,
    links=40,
    idle_people=100,
    calendars_each=100,
    start_rounds=3,
    cost_rounds=5,
    rows=20_000,
    page_events=200,
    requests=500,
    read_events=10_000,
)
TINY = Size(
    rounds=1,
    push_seconds=0.2,
    warm_up=0.05,
    connections=4,
    channels=10,
    people=2,
    events=6,
    conferencing_rounds=1,
    links=2,
    idle_people=2,
    calendars_each=3,
    start_rounds=1,
    cost_rounds=1,
    rows=200,
    page_events=12,
    requests=10,
    read_events=120,
)
