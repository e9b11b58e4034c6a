"""`kill -9` while applications write events: whatever was answered 202 is written once, with one conference."""

from __future__ import annotations

import random
import threading
import time

import pytest
import requests

from tests.system import machine
from tests.system.calling import application, issued, wanted
from tests.system.checks import link, of, readable
from tests.system.homes import everywhere
from tests.system.stage import set_up

pytestmark = [pytest.mark.system, everywhere]

SIDES = {"before the effect": {"hang": True}, "after the effect": {"delay": 60.0}}
NAMES = [f"event {number}" for number in range(16)]


class Author:
    """Writes events through whatever stands behind the address, and remembers what was answered 202."""

    def __init__(self, stage):
        held = issued(stage)
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["Authorization"] = f"Bearer {held['access_token']}"
        self.url, self.kept = stage.huddled.public, {}

    def call(self, method, path, **more):
        """Return the answer, None where there is none."""
        try:
            return self.session.request(method, f"{self.url}{path}", timeout=10, **more)
        except requests.RequestException:
            return None

    @property
    def calendar(self):
        found = self.call("GET", "/v1/calendars").json()["calendars"]
        return next(one["calendar_id"] for one in found if one["calendar_primary"])

    def write(self, calendar, name, service, in_hours=24):
        """Write an event, and remember it if that is acknowledged."""
        asked = {"zoom": "default"}.get(service, service)
        body = wanted(name, in_hours, summary=name, conferencing={"profile_id": asked})
        body["attendees"] = {"invite": [{"email": "bob@example.com"}]}
        answer = self.call("POST", f"/v1/calendars/{calendar}/events", json=body)
        if answer is not None:
            assert answer.status_code == 202, answer.text
            self.kept[name] = service
        return answer is not None


@pytest.fixture
def stage(providers, tmp_path, home):
    made = set_up(tmp_path, providers, home)
    made.huddled.configure(applications=[application(tmp_path)], sync={"sweep_seconds": 1})
    try:
        yield made
    finally:
        machine.end(made.huddled.process)
        providers("POST", "/reset", {})


@pytest.fixture
def author(stage):
    stage.huddled.start()
    stage.watching()
    made = Author(stage)
    yield made
    made.session.close()


def astray(stage, home, kept):
    """List what is not as it was asked for."""
    state, found = stage.providers.state(), []
    events = stage.ada.events()
    for name in {*(one.title for one in events), *kept}:
        copies = [one for one in events if one.title == name]
        if name not in kept:
            found.append(f"{name} was never asked for")
        if len(copies) > 1 or (name in kept and not copies):
            found.append(f"{name} is there {len(copies)} times")
        for one in copies:
            service = home.service(kept.get(name, ""))
            if of(one) != service:
                found.append(f"{name} should have {service} and has {of(one) or 'nothing'}")
            if readable(one.text).count("Join ") > 1:
                found.append(f"{name} has more than one link")
    links, there = [link(one) for one in events], [one["join_url"] for one in state["zoom"]["meetings"]]
    found += [f"{url} is on no event" for url in there if url not in links]
    found += [f"{url} is on several events" for url in {*links} if url and links.count(url) > 1]
    return found or stage.huddled.owed()


def invitations(stage, title):
    """Count the invitations that Bob has got to an event."""
    mails = [one for one in stage.providers.mails() if one["to"] == "bob@example.com"]
    return [one["kind"] for one in mails if title in str(one)].count("invitation")


def test_killed_at_random_moments_nothing_that_was_acknowledged_is_lost_or_doubled(stage, author, home):
    dice, calendar, sent = random.Random(3), author.calendar, {}
    stage.providers.modes(latency=0.01, zoom_list_lag=0.3)
    waiting = list(NAMES)

    def write():
        while waiting:
            name = waiting[0]
            sent[name] = "integrated" if NAMES.index(name) % 2 else "zoom"
            if not author.write(calendar, name, sent[name], 24 + NAMES.index(name)):
                return
            waiting.pop(0)

    for _ in range(4):
        writing = threading.Thread(target=write)
        writing.start()
        time.sleep(dice.uniform(0.02, 0.3))
        stage.huddled.kill()
        writing.join()
        stage.huddled.start()
    write()
    assert author.kept == sent
    stage.until_well(lambda: astray(stage, home, author.kept))


BOUNDARIES = {
    "zoom.create": "zoom",
    "events.insert": "zoom",
    "events.insert of the calendar's own": "integrated",
}


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("at", BOUNDARIES)
def test_killed_at_a_call_for_a_new_event_it_is_written_once(shared_author, home, at, side):
    stage, author, calendar = shared_author
    service, op = BOUNDARIES[at], at.partition(" ")[0]
    stage.providers.fault(home.op(op), **SIDES[side])
    name = f"{at}, {side}"
    assert author.write(calendar, name, service)
    stage.until(stage.providers.hits, f"a call of {op}")
    stage.providers.state()  # the providers answer one at a time: what was asked for is done
    stage.huddled.kill()
    stage.providers.calm()
    stage.huddled.start()
    stage.until_well(lambda: astray(stage, home, author.kept))
    stage.rest()
    assert invitations(stage, name) == 1


CHANGES = {
    "events.patch": ("zoom", lambda author, calendar, name: author.write(calendar, name, "zoom", 48)),
    "zoom.update": ("zoom", lambda author, calendar, name: author.write(calendar, name, "zoom", 48)),
    "zoom.delete": ("integrated", lambda author, calendar, name: author.write(calendar, name, "integrated")),
}


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("at", CHANGES)
def test_killed_at_a_call_for_a_change_it_ends_with_one_conference(shared_author, home, at, side):
    stage, author, calendar = shared_author
    service, change = CHANGES[at]
    name = f"{at}, {side}"
    author.write(calendar, name, "zoom")
    stage.until_well(lambda: astray(stage, home, author.kept))
    [before] = [one for one in stage.ada.events() if one.title == name]
    stage.providers.fault(home.op(at), **SIDES[side])
    assert change(author, calendar, name)
    stage.until(stage.providers.hits, f"a call of {at}")
    stage.providers.state()
    stage.huddled.kill()
    stage.providers.calm()
    stage.huddled.start()
    stage.until_well(lambda: astray(stage, home, author.kept))
    [after] = [one for one in stage.ada.events() if one.title == name]
    assert after.id == before.id
    assert (link(after) == link(before)) == (service == "zoom")


@pytest.mark.parametrize("side", SIDES)
def test_killed_while_it_deletes_an_event_nothing_is_left(shared_author, home, side):
    stage, author, calendar = shared_author
    name = f"deleted, {side}"
    author.write(calendar, name, "zoom")
    stage.until_well(lambda: astray(stage, home, author.kept))
    stage.providers.fault("events.delete", **SIDES[side])
    answer = author.call("DELETE", f"/v1/calendars/{calendar}/events", json={"event_id": name})
    assert answer.status_code == 202
    author.kept.pop(name)
    stage.until(stage.providers.hits, "a call of events.delete")
    stage.providers.state()
    stage.huddled.kill()
    stage.providers.calm()
    stage.huddled.start()
    stage.until_well(lambda: astray(stage, home, author.kept))


@pytest.fixture(scope="module")
def running(providers, tmp_path_factory, home):
    """Run one stage for all deaths at calls."""
    folder = tmp_path_factory.mktemp("huddled")
    made = set_up(folder, providers, home)
    made.huddled.configure(applications=[application(folder)], sync={"sweep_seconds": 1})
    try:
        made.huddled.start()
        made.watching()
        author = Author(made)
        yield made, author, author.calendar
        author.session.close()
    finally:
        machine.end(made.huddled.process)
        providers("POST", "/reset", {})


@pytest.fixture
def shared_author(running):
    stage, author, _ = running
    yield running
    stage.providers.calm()
    if not stage.huddled.is_ready():
        stage.huddled.start()
    author.call("DELETE", "/v1/events", json={"delete_all": True})
    author.kept.clear()
    stage.until_well(lambda: [one.title for one in stage.ada.events()] or stage.huddled.owed())
    stage.in_step({})
