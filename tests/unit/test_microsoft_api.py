"""One mailbox's way to Graph, over a line that answers at once: ids, pages, properties and turns of the loop."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from types import MappingProxyType

import pytest

from connectors.errors import NotFound, Rejected, Transient, Unauthorized
from connectors.http import Answer
from connectors.microsoft.api import Api
from connectors.microsoft.notebook import ROOM, Notebook
from connectors.microsoft.notes import Properties
from connectors.microsoft.requests import Requests
from connectors.microsoft.rounds import together
from connectors.model import CalendarInfo, Mark
from connectors.registry import Credentials, Registry
from connectors.settings import GoogleSettings, MicrosoftSettings

ADA = "ada@example.com"
BASE = "https://graph.example.com/v1.0"
KEY = "hdaaaaaaaaaaaaaaaa"
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
MINE = CalendarInfo(ADA, "Calendar", "UTC", writable=True)
NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass
class Line:
    """Stands where the network begins: gives one answer after another, and remembers what was asked."""

    answers: list = field(default_factory=list)
    asked: list = field(default_factory=list)

    async def send(self, request):
        self.asked.append(request)
        status, body, headers = (*self.answers.pop(0), NOTHING)[:3] if self.answers else (200, {}, NOTHING)
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        return Answer(status, headers, text, "microsoft")

    def ops(self):
        return [request.op for request in self.asked]


@dataclass
class Held:
    """An account whose tokens have numbers."""

    number: int = 1
    lacked: list = field(default_factory=list)

    async def token(self):
        return f"token-{self.number}"

    async def refresh(self, stale, claims=""):
        self.lacked.append(claims)
        self.number += 1
        return await self.token()


@pytest.fixture
def line():
    return Line()


@pytest.fixture
def held():
    return Held()


@pytest.fixture
def api(line, held):
    return Api(line, held, Requests(BASE), ADA, lambda: NOON)


def refused(status, code="", **headers):
    return (status, {"error": {"code": code, "message": "It is so."}}, headers)


def item(number: int, **more) -> dict:
    when = {"dateTime": "2026-06-02T10:00:00.0000000", "timeZone": "UTC"}
    body = {"contentType": "html", "content": "<html><body>" + "<p>Agenda</p>" * 200 + "</body></html>"}
    known = {
        "id": f"event{number}",
        "changeKey": f"key{number}",
        "subject": "Review",
        "type": "singleInstance",
    }
    return known | {"start": when, "end": when, "body": body, "isOrganizer": True} | more


async def test_each_call_goes_in_the_mailboxs_lane_with_its_token(api, line):
    await api.call(api.requests.calendars(ADA))
    (request,) = line.asked
    assert (request.lane, request.headers["Authorization"]) == (ADA, "Bearer token-1")


async def test_a_refused_token_is_replaced_once(api, line, held):
    line.answers = [refused(401, "InvalidAuthenticationToken"), (200, {"ok": True})]
    assert await api.call(api.requests.calendars(ADA)) == {"ok": True}
    assert [request.headers["Authorization"] for request in line.asked] == [
        "Bearer token-1",
        "Bearer token-2",
    ]
    line.answers = [refused(401), refused(401)]
    with pytest.raises(Unauthorized):
        await api.call(api.requests.calendars(ADA))


async def test_what_a_token_lacked_is_passed_on(api, line, held):
    line.answers = [refused(401, **{"WWW-Authenticate": 'Bearer claims="e30="'}), (200, {})]
    await api.call(api.requests.calendars(ADA))
    assert held.lacked == ["{}"]


@pytest.mark.parametrize("body", [b"[]", b'"x"', b"<html>", b"5"])
async def test_what_is_no_object_is_no_answer(api, line, body):
    line.answers = [(200, body)]
    with pytest.raises(Transient):
        await api.call(api.requests.calendars(ADA))


async def test_an_empty_answer_is_an_empty_object(api, line):
    line.answers = [(204, b"")]
    assert await api.call(api.requests.unsubscribe("s")) == {}


async def test_the_default_calendars_id_is_asked_for_once(api, line):
    line.answers = [(200, {"id": "c1"}), (200, {}), (200, {})]
    for _ in range(2):
        await api.on_calendar(ADA.upper(), lambda found: api.requests.event(ADA, found, "e"))
    assert line.ops() == ["calendar.get", "events.get", "events.get"]
    assert "/calendars/c1/events/e" in line.asked[-1].url


async def test_other_calendars_go_by_their_own_id(api, line):
    await api.on_calendar("c2", lambda found: api.requests.event(ADA, found, "e"))
    assert line.ops() == ["events.get"]


async def test_a_default_calendar_with_another_id_is_found_again(api, line):
    gone = refused(404, "ErrorItemNotFound")
    line.answers = [(200, {"id": "c1"}), (200, {}), gone, (200, {"id": "c2"}), (200, {"id": "e"})]
    await api.on_calendar(ADA, lambda found: api.requests.event(ADA, found, "e"))
    found = await api.on_calendar(ADA, lambda found: api.requests.event(ADA, found, "e"))
    assert found == {"id": "e"}
    assert "/calendars/c2/" in line.asked[-1].url


async def test_an_event_that_is_not_there_is_not_asked_for_again(api, line):
    gone = refused(404, "ErrorItemNotFound")
    line.answers = [(200, {"id": "c1"}), gone]
    with pytest.raises(NotFound):
        await api.on_calendar(ADA, lambda found: api.requests.event(ADA, found, "e"))
    line.answers = [gone, (200, {"id": "c1"})]
    with pytest.raises(NotFound):
        await api.on_calendar(ADA, lambda found: api.requests.event(ADA, found, "e"))
    assert line.ops() == ["calendar.get", "events.get", "events.get", "calendar.get"]


async def test_a_mailbox_without_a_default_calendar_says_so(api, line):
    line.answers = [(200, {})]
    with pytest.raises(NotFound):
        await api.calendar_id(ADA)


@pytest.fixture
def calendar(line, held):
    registry = Registry(
        line, lambda: NOON, Random(7), microsoft=MicrosoftSettings("t", "a", "s", graph_base=BASE)
    )
    made = registry.calendar(Credentials("microsoft", ADA))
    api = registry._tenant._mailboxes[ADA].api
    object.__setattr__(api, "account", held)
    api.learn({"id": "c1"})
    return made


async def test_a_large_page_is_read_while_others_have_their_turns(calendar, line):
    link = f"{BASE}/x?$deltatoken=y"
    line.answers = [(200, {"value": [item(number) for number in range(200)], "@odata.deltaLink": link})]
    turns = 0

    async def others():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    running = asyncio.create_task(others())
    await asyncio.sleep(0)
    before = turns
    changes = await calendar.changes(MINE, None)
    running.cancel()
    assert [event.ref.event for event in changes.events] == [f"event{number}" for number in range(200)]
    assert turns - before >= 20


async def test_a_page_of_two_hundred_costs_no_call_for_those_that_are_nothing_of_ours(calendar, line):
    link = f"{BASE}/x?$deltatoken=y"
    line.answers = [(200, {"value": [item(number) for number in range(200)], "@odata.deltaLink": link})]
    await calendar.changes(MINE, None)
    assert line.ops() == ["events.delta"]


async def test_a_failure_while_the_rest_is_asked_for_fails_the_round(calendar, line):
    link = f"{BASE}/x?$deltatoken=y"
    series = {
        "pattern": {"type": "daily", "interval": 1},
        "range": {"type": "noEnd", "startDate": "2026-06-02"},
    }
    removed = {"id": "gone", "@removed": {"reason": "deleted"}}
    line.answers = [(200, {"value": [], "@odata.deltaLink": link})]
    cursor = (await calendar.changes(MINE, None)).cursor
    line.answers = [
        (
            200,
            {"value": [item(1, recurrence=series, type="seriesMaster"), removed], "@odata.deltaLink": link},
        ),
        refused(503, "serviceNotAvailable"),
    ]
    with pytest.raises(Transient):
        await calendar.changes(MINE, cursor)


async def test_few_are_asked_for_at_a_time_and_all_in_order():
    under_way, most = 0, 0

    async def step(name):
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1
        return name.upper()

    assert await together(step, "abcdefgh") == list("ABCDEFGH")
    assert most == 3


def test_the_notebook_forgets_the_oldest_and_every_former_state():
    notebook, told = Notebook(), Properties(Mark(KEY, "e", "title:@zoom"))
    notebook.learn("e", "1", told)
    assert notebook.recall("e", "1") == told
    assert (notebook.recall("e", "2"), notebook.recall("e", ""), notebook.recall("f", "1")) == (None,) * 3
    for number in range(ROOM):
        notebook.learn(str(number), "1", told)
    assert notebook.recall("e", "1") is None
    assert notebook.recall("0", "1") == told


def test_each_service_is_found_where_it_lives():
    both = Registry(
        Line(),
        lambda: NOON,
        Random(7),
        google=GoogleSettings(),
        microsoft=MicrosoftSettings("t", "a", "s", graph_base=BASE),
    )
    assert both.meetings("teams", Credentials("microsoft", ADA))
    for service, provider in (
        ("teams", "google"),
        ("meet", "microsoft"),
        ("zoom", "microsoft"),
        ("odd", "google"),
    ):
        with pytest.raises(Rejected) as caught:
            both.meetings(service, Credentials(provider, ADA))
        assert caught.value.reason == "not_configured"


def test_what_is_not_configured_is_named():
    bare = Registry(Line(), lambda: NOON, Random(7))
    with pytest.raises(Unauthorized, match=r"\[microsoft\]"):
        bare.calendar(Credentials("microsoft", ADA))
