"""Google Calendar keeps the contract of calendars, and its own rules."""

from __future__ import annotations

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer

from tests.contract.calendar import CalendarContract
from tests.contract.google_stage import ADA, BOB, GoogleStage, World, doorbell


@pytest.fixture
async def google(sandbox, http):
    async with ClientSession() as session:
        world = World(sandbox, http, session)
        await world.people()
        yield world


@pytest.fixture
async def stage(google):
    heard = []
    async with TestServer(doorbell(heard)) as server:
        client = google.client()
        yield GoogleStage(
            world=google,
            calendar=client.calendar(ADA, await google.tokens(client)),
            guest=client.calendar(BOB, await google.tokens(client, BOB)),
            doorstep=str(server.make_url("/hooks/google")),
            heard=heard,
        )
        await google.control("GET", "push/idle")


class TestGoogleCalendar(CalendarContract):
    pass
