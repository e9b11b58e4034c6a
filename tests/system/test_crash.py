"""`kill -9` while it starts, at random moments, and while pushes come in: nothing is lost, nothing is doubled."""

from __future__ import annotations

import random
import threading
import time
from hashlib import sha256
from urllib.parse import unquote

import pytest

from tests.system.crowd import Crowd
from tests.system.doors import knock, notify
from tests.system.homes import GOOGLE, at_google, everywhere

pytestmark = pytest.mark.system

SIDES = {"before the effect": {"hang": True}, "after the effect": {"delay": 60.0}}


@at_google
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("op", ["token", "calendars", "zoom.token"])
def test_killed_while_it_finds_its_work_it_finds_it_again(stage, home, op, side):
    _takes_it_up_again(stage, home, op, side)


@everywhere
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("op", ["listing", "watching"])
def test_killed_while_it_takes_up_its_work_it_takes_it_up_again(stage, home, op, side):
    _takes_it_up_again(stage, home, op, side)


def _takes_it_up_again(stage, home, op, side):
    events = {stage.ada.add(f"Plan @{service}").id: service for service in ("zoom", home.integrated)}
    stage.providers.fault(home.op(op), **SIDES[side])
    stage.huddled.start()
    stage.until(stage.providers.hits, f"a call of {op}")
    stage.providers.state()
    stage.huddled.kill()
    stage.providers.calm()
    stage.huddled.start()
    stage.in_step(events)
    stage.watching()
    late = stage.bob.add("Plan @static")  # announced by a push, for nothing else would be in time
    stage.in_step({**events, late.id: "static"})


@everywhere
@pytest.mark.parametrize("side", SIDES)
def test_killed_while_it_stops_a_channel_it_stops_it_again(stage, home, side):
    team = stage.ada.calendar("Team")
    stage.huddled.start()
    stage.watching(3)
    stage.huddled.stop()
    stage.huddled.configure(**{home.provider: {"exclude": ["Team"]}})
    stage.providers.fault(home.stopping, **SIDES[side])
    stage.huddled.start()
    stage.until(stage.providers.hits, f"a call of {home.stopping}")
    stage.huddled.kill()
    stage.providers.calm()
    stage.huddled.start()
    stage.until(
        lambda: all(team not in unquote(channel.source) for channel in stage.providers.channels()), "an end"
    )


@everywhere
@pytest.mark.parametrize("seed", [1, 2])
def test_killed_at_random_moments_while_people_work_it_ends_in_step(stage, seed):
    dice = random.Random(seed)
    stage.huddled.configure(sync={"sweep_seconds": 1})
    stage.providers.modes(latency=0.02, zoom_list_lag=0.3)
    crowd = Crowd(stage.ada, dice)
    crowd.begin()
    for _ in range(8):
        stage.huddled.process = stage.huddled.launch()
        until = time.monotonic() + dice.uniform(0.7, 2.2)
        while time.monotonic() < until:
            crowd.act()
            time.sleep(dice.uniform(0.0, 0.25))
        stage.huddled.kill()
        crowd.act()
    stage.huddled.start()
    stage.in_step(crowd.wanted())


@everywhere
def test_doorbells_that_were_acknowledged_survive_being_killed(stage, home):
    dice = random.Random(5)
    stage.huddled.start()
    stage.watching()
    stage.huddled.stop()
    tokens = {f"bell-{number}": dice.randbytes(8).hex() for number in range(600)}
    _hang_up(stage, tokens)
    acknowledged: set[str] = set()
    for _ in range(5):
        stage.huddled.start()
        waiting = [bell for bell in tokens if bell not in acknowledged]
        ring = _ring_google if home == GOOGLE else _ring_graph
        ringing = threading.Thread(target=ring, args=(stage.huddled.public, waiting, tokens, acknowledged))
        ringing.start()
        time.sleep(dice.uniform(0.02, 0.3))
        stage.huddled.kill()
        ringing.join()
        rung = {row[0] for row in stage.huddled.rows("SELECT key FROM work WHERE kind = 'sync'")}
        assert {f"cal_{bell}" for bell in acknowledged} <= rung
    assert acknowledged


def _hang_up(stage, tokens):
    """Make a calendar of its own for each doorbell, which nobody reads, with a channel whose token we know."""
    stage.huddled.write(
        "INSERT INTO calendars (id, profile, provider, remote, info, watched)"
        " SELECT 'cal_' || ?1, profile, provider, ?1, info, 0 FROM calendars WHERE remote = 'ada@example.com'",
        [(bell,) for bell in tokens],
    )
    now = time.time()
    times = (now, now + 9e6, now + 8e6)
    stage.huddled.write(
        "INSERT INTO channels (id, calendar, resource, token_hash, opened_at, expires, renew_at)"
        " VALUES (?1, 'cal_' || ?1, 'bell', ?2, ?3, ?4, ?5)",
        [(bell, sha256(token.encode()).digest(), *times) for bell, token in tokens.items()],
    )


def _ring_google(public, bells, tokens, acknowledged):
    """Ring until nobody opens any more, and note what was acknowledged."""
    for bell in bells:
        answer = knock(public, bell, tokens[bell])
        if answer == 204:
            acknowledged.add(bell)
        elif answer is None:
            return


def _ring_graph(public, bells, tokens, acknowledged):
    """Ring in batches until nobody opens any more, and note what was acknowledged."""
    for batch in (bells[at : at + 7] for at in range(0, len(bells), 7)):
        answer = notify(public, *(f"{bell} {tokens[bell]}" for bell in batch))
        if answer == 202:
            acknowledged.update(batch)
        elif answer is None:
            return
