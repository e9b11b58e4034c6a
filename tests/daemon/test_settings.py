"""A rule that changes changes the meetings that stand, and what came to nothing is told."""

from __future__ import annotations

import json
from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console
from stored import ADA, NOW, at, conference, event, furnish

from connectors.block import put, split
from connectors.details import details
from connectors.model import EventRef, Made, Mark, Meeting, MeetingRequest, MeetingSettings
from connectors.overrides import known
from daemon.reconcile import Reconcile
from daemon.report import reasons, status_of
from daemon.rules import Flags, Rule
from daemon.show import print_reasons, print_status
from daemon.terms import Policy, Service
from daemon.worker import Worker
from store import conferences, events, work

KEY = "hd0123456789abcdef"
ZOOM = Meeting("zoom", "Zoom", "1", "https://zoom.example/1")
START = NOW - 3600
WAIT = MeetingSettings(waiting_room=True, recording="cloud")
RECORD = {
    "key": KEY,
    "state": "live",
    "service": "zoom",
    "source": "title:@zoom",
    "request": {"at": {"calendar": ADA, "event": "e1"}, "host": ADA, "title": "Review"},
    "meeting": {"service": "zoom", "name": "Zoom", "id": "1", "join_url": ZOOM.join_url},
    "written": True,
}
"""As it was stored before there were settings."""


class Outside:
    """A world with a calendar that is only read, and a Zoom that does not take everything."""

    def __init__(self, *rules):
        self.rules = rules
        self.refuses = ()
        self.updates = []

    def now(self):
        return NOW - 86_400

    def fresh_key(self):
        return "hdfedcba9876543210"

    def calendar(self, profile):
        return self

    def meetings(self, service, profile, linked=None):
        return self

    async def update(self, key, meeting, request):
        self.updates.append((key, meeting.join_url, request.settings))
        return Made(meeting, unmet=self.refuses)

    def policy(self, calendar):
        services = {"zoom": Service("zoom", follows=frozenset({"title"}), settings=known("zoom"))}
        flags = Flags(services=("zoom",), rules=self.rules)
        return Policy(now=at(self.now()), flags=flags, services=services, account=ADA)


def marked():
    """The event with the details of its meeting, as they were written."""
    text = put("", KEY, details(ZOOM))
    notes, block = split(text)
    mark = Mark(KEY, "e1", "title:@zoom")
    plain = event(title="@zoom Review", location=ZOOM.join_url, mark=mark)
    return replace(plain, description=text, notes=notes, block=block)


@pytest.fixture
async def calendar(store):
    def prepare(conn):
        name = furnish(conn)
        events.save_read(conn, name, marked(), NOW - 86_400)
        conferences.save(conn, name, "e1", conference(KEY, meeting=ZOOM), NOW)
        conn.execute("UPDATE conferences SET record = ?", (json.dumps(RECORD),))
        return name

    return await store.tx(prepare)


async def look(store, calendar, outside):
    await store.tx(lambda conn: work.ring(conn, "reconcile", [f"{calendar}/e1"], outside.now()))
    await Worker(store, {"reconcile": Reconcile(store, outside)}, outside.now, "me").run_once()
    assert await store.read(lambda conn: work.trouble(conn, "reconcile", f"{calendar}/e1")) is None
    return await store.read(lambda conn: conferences.get(conn, calendar, "e1"))


async def why(store, outside):
    (facts,) = await store.read(lambda conn: reasons(conn, outside.policy(None), "e1"))
    return facts


def shown(show, *what):
    out = StringIO()
    show(*what, Console(file=out, width=200))
    return out.getvalue()


async def test_a_record_from_before_there_were_settings_costs_no_call(store, calendar):
    outside = Outside()
    before = await store.read(lambda conn: conferences.get(conn, calendar, "e1"))
    assert before.request == MeetingRequest(EventRef(ADA, "e1"), ADA, "Review")
    assert await look(store, calendar, outside) == before
    assert outside.updates == []
    assert (await why(store, outside))["settings"] is None


async def test_a_rule_that_changes_updates_the_meeting_which_keeps_its_link(store, calendar):
    outside = Outside(Rule(settings=WAIT, name="guests"))
    after = await look(store, calendar, outside)
    assert outside.updates == [(KEY, ZOOM.join_url, WAIT)]
    assert (after.state, after.key, after.meeting, after.request.settings) == ("live", KEY, ZOOM, WAIT)
    await look(store, calendar, outside)
    assert len(outside.updates) == 1
    outside.rules = (Rule(settings=MeetingSettings(waiting_room=False)),)
    assert (await look(store, calendar, outside)).meeting == ZOOM
    assert outside.updates[1:] == [(KEY, ZOOM.join_url, MeetingSettings(waiting_room=False))]
    outside.rules = ()
    await look(store, calendar, outside)
    assert len(outside.updates) == 2, "there is no word for taking a setting back"


async def test_why_says_which_rule_gave_which_settings(store, calendar):
    outside = Outside(Rule(settings=WAIT, name="guests"))
    await look(store, calendar, outside)
    facts = await why(store, outside)
    assert facts["settings"] == {
        "service": "zoom",
        "by": "rule:guests",
        "given": {"waiting_room": True, "recording": "cloud"},
        "not_known": [],
        "not_taken": [],
    }
    said = "Settings of the meeting: waiting_room = true, recording = cloud (rule:guests)"
    assert said in shown(print_reasons, "e1", [facts])
    assert (await store.read(status_of))["settings_not_taken"] == []


async def test_what_the_service_does_not_know_is_said_and_not_asked(store, calendar):
    outside = Outside(Rule(settings=WAIT))
    only = {
        "zoom": Service(
            "zoom", follows=frozenset({"title"}), settings=known("webex") - {("recording", "cloud")}
        )
    }
    policy = replace(outside.policy(None), services=only)
    (facts,) = await store.read(lambda conn: reasons(conn, policy, "e1"))
    assert facts["settings"]["not_known"] == ["recording"]
    assert "rule:#1 gives recording too, which zoom cannot be told." in shown(print_reasons, "e1", [facts])


async def test_a_setting_that_was_not_taken_is_told_as_long_as_it_is_not(store, calendar):
    outside = Outside(Rule(settings=WAIT, name="guests"))
    outside.refuses = ("recording",)
    after = await look(store, calendar, outside)
    assert (after.state, after.meeting, after.unmet) == ("live", ZOOM, ("recording",))
    facts = await why(store, outside)
    assert facts["settings"]["not_taken"] == ["recording"]
    assert [(one["what"], one["detail"]) for one in facts["history"]][-1] == (
        "settings not taken",
        "Zoom: recording",
    )
    assert "zoom did not take recording: an admin may have locked it" in shown(print_reasons, "e1", [facts])
    status = await store.read(status_of)
    lost = {"calendar": ADA, "event": "e1", "service": "zoom", "settings": ["recording"]}
    assert status["settings_not_taken"] == [lost]
    assert "Not taken by zoom: recording, for event e1." in shown(print_status, status)
    await look(store, calendar, outside)
    assert len(outside.updates) == 1, "it is not asked for again and again"
    outside.rules = ()
    assert (await why(store, outside))["settings"]["by"] is None
    outside.rules, outside.refuses = (Rule(settings=replace(WAIT, host_video=True)),), ()
    await look(store, calendar, outside)
    assert (await store.read(status_of))["settings_not_taken"] == []
