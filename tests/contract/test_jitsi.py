"""Jitsi keeps the contract of meetings, without a provider to ask; numbers to dial in are an extra."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from aiohttp import web

from connectors.details import details
from connectors.jitsi.meetings import JitsiMeetings
from connectors.model import EventRef, MeetingRequest, Phone
from connectors.settings import JitsiSettings
from tests.contract.meetings import KEY, OTHER, MeetingsContract, Stage

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
REQUEST = MeetingRequest(at=EventRef("ada@example.com", "e1"), host="ada@example.com", title="Q&A")
SETTINGS = JitsiSettings(secret="canary-of-jitsi", base_url="https://meet.example.org")


async def _request() -> MeetingRequest:
    return replace(REQUEST, start=NOW, minutes=45)


def _never(*_: object, **__: object) -> int:
    raise AssertionError("a room has no provider")


@pytest.fixture
def stage(http):
    return Stage(
        meetings=JitsiMeetings(SETTINGS, http),
        request=_request,
        now=lambda: NOW,
        ops={},
        fault=_never,
        standing=_never,
        remove=_never,
        advance=_never,
    )


class TestJitsi(MeetingsContract):
    pass


async def make(http, key=KEY, **changes):
    return (await JitsiMeetings(replace(SETTINGS, **changes), http).create(key, REQUEST, None)).meeting


async def test_each_key_and_each_secret_has_rooms_of_its_own(http):
    rooms = {
        (await make(http, key, secret=secret)).id for key in (KEY, OTHER) for secret in ("one", "another")
    }
    assert len(rooms) == 4


async def test_a_room_tells_neither_the_key_nor_the_secret(http):
    made = await make(http)
    assert KEY not in made.join_url
    assert "canary" not in repr(made)
    assert "canary" not in repr(SETTINGS)


async def test_the_title_stays_out_of_the_link_unless_it_is_wanted(http):
    assert "#" not in (await make(http)).join_url
    told = (await make(http, subject=True)).join_url
    assert told.endswith("#config.subject=%22Q%26A%22")


async def test_a_link_that_stands_keeps_its_subject(http):
    meetings = JitsiMeetings(replace(SETTINGS, subject=True), http)
    made = (await meetings.create(KEY, REQUEST, None)).meeting
    assert (await meetings.update(KEY, made, replace(REQUEST, title="Other"))).meeting == made


@pytest.fixture
async def dial_in(aiohttp_server):
    """Serve the two dial-in services; what they answer and were asked is in the yield."""
    seen = {"code": {"id": 4283920175}, "numbers": [{"countryCode": "DE", "formattedNumber": "+49 89 1234"}]}

    async def answer(request: web.Request) -> web.Response:
        seen["asked"] = request.path_qs
        what = seen[request.path.strip("/")]
        return web.json_response(what) if not isinstance(what, int) else web.Response(status=what)

    app = web.Application()
    app.add_routes([web.get("/code", answer), web.get("/numbers", answer)])
    server = await aiohttp_server(app)
    seen["settings"] = {
        "dial_in_numbers_url": str(server.make_url("/numbers")),
        "dial_in_code_url": str(server.make_url("/code")),
    }
    return seen


async def test_numbers_to_dial_in_come_from_the_services_that_the_operator_names(http, dial_in):
    made = await make(http, **dial_in["settings"])
    assert made.phones == (Phone("+49 89 1234", "DE"),)
    assert made.phone_passcode == "4283920175"
    assert dial_in["asked"] == f"/code?conference={made.id}%40conference.meet.example.org"
    assert "One tap: +49891234,,4283920175#" in details(made)


async def test_the_domain_of_the_rooms_may_be_another(http, dial_in):
    made = await make(http, **dial_in["settings"], dial_in_rooms_domain="muc.meet.jitsi")
    assert dial_in["asked"] == f"/code?conference={made.id}%40muc.meet.jitsi"


@pytest.mark.parametrize(("what", "answer"), [("code", 500), ("numbers", 404), ("code", {}), ("numbers", [])])
async def test_a_meeting_does_not_wait_for_numbers(http, dial_in, what, answer):
    dial_in[what] = answer
    made = await make(http, **dial_in["settings"])
    assert (made.phones, made.phone_passcode) == ((), "")
    assert made.join_url == (await make(http)).join_url
