"""Outlook calendars keep the contract of calendars, and their own rules."""

from __future__ import annotations

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer

from connectors.model import CalendarInfo
from tests.contract.calendar import CalendarContract, WritingContract
from tests.contract.microsoft_stage import BOB, MicrosoftStage, World, credentials, doorbell


@pytest.fixture
async def microsoft(sandbox, http):
    async with ClientSession() as session:
        world = World(sandbox, http, session)
        await world.people()
        yield world


@pytest.fixture
async def stage(microsoft):
    heard = []
    async with TestServer(doorbell(heard)) as server:
        registry = microsoft.registry()
        yield MicrosoftStage(
            world=microsoft,
            calendar=registry.calendar(credentials()),
            guest=registry.calendar(credentials(BOB)),
            doorstep=str(server.make_url("/hooks/microsoft")),
            unwatchable=CalendarInfo(await microsoft.calendar_id("Quiet"), "Quiet", "UTC", writable=True),
            heard=heard,
        )
        await microsoft.control("GET", "push/idle")


class TestMicrosoftCalendar(CalendarContract):
    pass


class TestTextBodies(WritingContract):
    @pytest.fixture
    def stage(self, stage):
        stage.kind = "text"
        return stage
