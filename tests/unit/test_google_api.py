"""One person's way to the Calendar API, over a line that answers at once: pages, cursors, locks and keys."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from connectors.errors import CursorExpired, Rejected, Transient
from connectors.google import cursor as cursors
from connectors.http import Answer
from connectors.model import CalendarInfo, MeetingRequest
from connectors.oauth import GOOGLE_AUDIENCE
from connectors.registry import Credentials, Registry
from connectors.settings import GoogleSettings
from tests.contract.calendar import KEY, ZOOM

ADA, BOB = "ada@example.com", "bob@example.com"
MINE = CalendarInfo(ADA, "Ada", "Europe/Berlin", writable=True)
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
TOKEN = {"access_token": "open", "expires_in": 86_400}


def item(number: int) -> dict:
    when = {"dateTime": "2026-06-02T10:00:00Z"}
    return {"id": f"event{number}", "etag": '"1"', "summary": "Review", "start": when, "end": when}


def refusal(reason: str, message: str = "Calendar usage limits exceeded.") -> dict:
    return {
        "error": {"code": 403, "message": message, "errors": [{"domain": "usageLimits", "reason": reason}]}
    }


@dataclass
class Line:
    """Stands where the network begins: answers in the same turn of the loop, and remembers what was asked."""

    answers: list = field(default_factory=list)
    asked: list = field(default_factory=list)

    async def send(self, request):
        if request.op == "token":
            return Answer(200, {}, json.dumps(TOKEN).encode(), "google")
        self.asked.append(request)
        found = self.answers.pop(0) if self.answers else (200, {})
        if isinstance(found, Exception):
            raise found
        return Answer(found[0], {}, json.dumps(found[1]).encode(), "google")

    def ops(self):
        return [request.op for request in self.asked]


@dataclass
class Clock:
    at: datetime = NOON

    def __call__(self):
        return self.at


async def saved(_):
    raise AssertionError("Google does not rotate refresh tokens")


def credentials(who=ADA):
    return Credentials("google", who, "refresh", saved)


@pytest.fixture
def line():
    return Line()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def registry(line, clock):
    settings = GoogleSettings(
        api_base="http://127.0.0.1:1/", token_url=GOOGLE_AUDIENCE, third_party_conference_data=False
    )
    return Registry(line, clock, Random(7), google=settings)


@pytest.fixture
def ada(registry):
    return registry.calendar(credentials())


async def test_a_large_page_is_read_while_others_have_their_turns(ada, line):
    line.answers = [(200, {"items": [item(n) for n in range(cursors.PAGE)], "nextSyncToken": "t"})]
    turns = 0

    async def others():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    running = asyncio.create_task(others())
    await asyncio.sleep(0)
    before = turns
    changes = await ada.changes(MINE, None)
    running.cancel()
    assert [event.ref.event for event in changes.events] == [f"event{n}" for n in range(cursors.PAGE)]
    assert turns - before >= 5


async def test_a_listing_asks_for_pages_that_hold_large_events(ada, line):
    line.answers = [(200, {"items": [], "nextSyncToken": "t"})]
    await ada.changes(MINE, None)
    assert parse_qs(urlsplit(line.asked[0].url).query)["maxResults"] == ["250"]


OLD = cursors.Cursor("t", {**cursors.standard(), "maxResults": 1000}).text()


async def test_an_old_cursor_goes_on_with_the_query_that_it_was_given_for(ada, line):
    line.answers = [(200, {"items": [], "nextSyncToken": "u"})]
    changes = await ada.changes(MINE, OLD)
    assert parse_qs(urlsplit(line.asked[0].url).query)["maxResults"] == ["1000"]
    assert cursors.parse(changes.cursor) == cursors.Cursor("u", {**cursors.standard(), "maxResults": 1000})


@pytest.mark.parametrize(
    ("cursor", "error"), [(OLD, CursorExpired), (cursors.Cursor("t").text(), Rejected), (None, Rejected)]
)
async def test_an_old_cursor_whose_pages_are_too_large_is_given_up_and_no_other(ada, line, cursor, error):
    line.answers = [Rejected("too large", provider="google", status=200, reason="too_large")]
    with pytest.raises(error):
        await ada.changes(MINE, cursor)


class File(Mapping):
    """A service account's key file that counts how often its key is read."""

    def __init__(self, found):
        self.found = found
        self.read = 0

    def __getitem__(self, name):
        self.read += name == "private_key"
        return self.found[name]

    def __iter__(self):
        return iter(self.found)

    def __len__(self):
        return len(self.found)


def private_key():
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return rsa.generate_private_key(65537, 2048).private_bytes(*form).decode()


async def test_the_service_accounts_key_is_read_once_for_all_people(line, clock):
    file = File({"private_key": private_key(), "client_email": "robot@example.com"})
    settings = GoogleSettings(
        api_base="http://127.0.0.1:1/", service_account=file, third_party_conference_data=False
    )
    registry = Registry(line, clock, Random(7), google=settings)
    for number in range(3):
        person = Credentials("google", f"person{number}@example.com")
        assert await registry.calendar(person).calendars() == ()
    assert file.read == 1


LOCKED = (403, refusal("quotaExceeded"))


@pytest.fixture
async def event(ada, line):
    line.answers = [(200, item(1))]
    found = await ada.get(MINE, "event1")
    line.asked.clear()
    return found


async def write(calendar, event):
    with pytest.raises(Transient) as caught:
        await calendar.write(event, ZOOM, KEY, "title:@zoom")
    return caught.value


@pytest.mark.parametrize("reason", ["quotaExceeded", "dailyLimitExceeded"])
async def test_a_usage_limit_stops_every_write_of_the_person_before_it_is_sent(
    ada, registry, line, clock, event, reason
):
    line.answers = [(403, refusal(reason))]
    first = await write(ada, event)
    clock.at += timedelta(seconds=600)
    second = await write(registry.calendar(credentials()), event)
    assert (first.reason, second.reason) == (reason, "not_sent")
    assert second.retry_after == pytest.approx(first.retry_after - 600)
    assert line.ops() == ["events.patch"]


async def test_a_usage_limit_also_stops_meets_and_channels(ada, registry, line, event):
    line.answers = [LOCKED]
    await write(ada, event)
    meet = registry.meetings("meet", credentials())
    request = MeetingRequest(event.ref, etag=event.etag)
    for step in (meet.create(KEY, request, None), ada.subscribe(MINE, "c", "t", "https://example.com")):
        with pytest.raises(Transient) as caught:
            await step
        assert caught.value.reason == "not_sent"
    assert line.ops() == ["events.patch"]


async def test_a_usage_limit_stops_no_reading_and_nobody_else(ada, registry, line, event):
    line.answers = [LOCKED, (200, item(1)), (403, refusal("forbidden")), (200, {"nextSyncToken": "t"})]
    await write(ada, event)
    assert await ada.get(MINE, "event1") == event
    with pytest.raises(Rejected):
        await registry.calendar(credentials(BOB)).write(event, ZOOM, KEY, "title:@zoom")
    long = cursors.Cursor("x" * 4000).text()
    await ada.changes(MINE, long)
    assert [request.method for request in line.asked] == ["PATCH", "GET", "PATCH", "POST"]


async def test_writes_go_again_when_the_lock_is_over(ada, line, clock, event):
    line.answers = [LOCKED, LOCKED]
    wait = (await write(ada, event)).retry_after
    clock.at += timedelta(seconds=wait)
    assert (await write(ada, event)).reason == "quotaExceeded"
    assert line.ops() == ["events.patch"] * 2


@pytest.mark.parametrize(
    ("reason", "message"),
    [("rateLimitExceeded", "Rate Limit Exceeded"), ("quotaExceeded", "Quota exceeded: queries per minute")],
)
async def test_a_limit_of_the_moment_locks_nothing(ada, line, event, reason, message):
    line.answers = [(403, refusal(reason, message))] * 2
    assert [(await write(ada, event)).reason for _ in range(2)] == [reason] * 2
