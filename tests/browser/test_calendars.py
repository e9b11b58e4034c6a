"""The opening of calendars as people do it, and what the daemon makes of accounts that are linked while it runs."""

from __future__ import annotations

import asyncio

import pytest

from tests.browser.conftest import ADA, CAROL, GRACE
from tests.system.people import GooglePerson, OutlookPerson

pytestmark = [pytest.mark.system, pytest.mark.slow]


@pytest.fixture
async def tab(scene):
    opened = await scene.chromium.person()
    yield opened
    assert opened.complaints() == []


async def reach(scene, tab, provider, account, *words):
    await tab.open(await scene.link(provider, *words, account=account))
    await tab.heading(f"Connect your {provider.title()} calendar")
    await tab.click("button", provider.title())


async def test_somebody_who_says_no_to_google_comes_back_with_that(scene, tab):
    await reach(scene, tab, "google", CAROL, "--redirect-uri", f"{scene.caller}/settings")
    await tab.click("a", "Cancel")
    assert await tab.arrive(f"{scene.caller}/settings?") == {"error": "access_denied"}


async def test_a_permission_that_is_missing_at_google_is_named(scene, tab):
    await reach(scene, tab, "google", CAROL)
    await tab.click("a", f"{CAROL}, but without calendar.events")
    await tab.heading("A permission is missing")
    assert "https://www.googleapis.com/auth/calendar.events" in await tab.text()


async def test_somebody_else_cannot_open_their_calendar_in_ones_place(scene, tab):
    await reach(scene, tab, "google", CAROL)
    await tab.click("a", f"Continue as {ADA}")
    await tab.heading("Nothing was connected")
    assert "Somebody else signed in" in await tab.text()


async def test_a_google_calendar_is_looked_after_as_soon_as_it_is_opened(scene, tab):
    carol = GooglePerson(scene.providers, CAROL)
    event = await asyncio.to_thread(carol.add, "Plan @static")
    await reach(scene, tab, "google", CAROL)
    await tab.click("a", f"Continue as {CAROL}")
    await tab.heading("Google is connected")
    await gets(scene, carol, event, "https://meet.example.net/")


async def test_an_outlook_calendar_is_looked_after_as_soon_as_it_is_opened(scene, tab):
    grace = OutlookPerson(scene.providers, GRACE)
    event = await asyncio.to_thread(grace.add, "Plan @static")
    await reach(scene, tab, "microsoft", GRACE)
    await tab.heading("Microsoft is connected")
    await gets(scene, grace, event, "https://meet.example.net/")


async def test_somebody_who_says_no_to_microsoft_comes_back_with_that(scene, tab):
    """The sandbox asks nobody whom it knows, so that the hint is taken off the address on the way."""
    await tab.tell("Fetch.enable", patterns=[{"urlPattern": "*/oauth2/v2.0/authorize*"}])
    opening = asyncio.create_task(
        reach(scene, tab, "microsoft", GRACE, "--redirect-uri", f"{scene.caller}/settings")
    )
    asked = await tab.paused()
    url = asked["request"]["url"].replace("login_hint=", "hint=")
    await tab.tell("Fetch.continueRequest", requestId=asked["requestId"], url=url)
    await opening
    await tab.tell("Fetch.disable")
    await tab.click("a", "Cancel")
    assert await tab.arrive(f"{scene.caller}/settings?") == {"error": "access_denied"}


async def test_an_event_that_waited_for_an_account_gets_its_meeting(scene, tab):
    ada = scene.stage.ada
    event = await asyncio.to_thread(ada.add, "Plan @goto")
    await asyncio.to_thread(scene.stage.rest)
    await tab.open(await scene.link("goto"))
    await tab.click("button", "GoTo")
    await tab.click("a", ADA)
    await tab.heading("GoTo is connected")
    await gets(scene, ada, event, "https://meet.goto.com/")
    [(profile, *_)] = scene.profiles()
    await scene.command("unlink", profile)
    await asyncio.to_thread(scene.stage.rest)
    assert len(scene.providers.state()["goto"]["meetings"]) == 1


async def gets(scene, person, event, start):
    """Wait until the event carries a link that begins so."""
    await asyncio.to_thread(
        scene.stage.until, lambda: start in str(person.see(event)), f"a link that begins with {start}"
    )
