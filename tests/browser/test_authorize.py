"""Somebody whom an application sends connects a calendar, in a browser."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from tests.browser.conftest import BACK

pytestmark = [pytest.mark.system, pytest.mark.slow]
EVE = "eve@example.com"


@pytest.fixture
async def tab(scene):
    opened = await scene.chromium.person()
    yield opened
    assert opened.complaints() == []


def address(scene):
    ask = {"response_type": "code", "client_id": "scheduler", "state": "a&b", "provider_name": ""}
    ask["redirect_uri"] = scene.huddled.public + BACK
    return f"{scene.huddled.public}/oauth/authorize?{urlencode(ask)}"


async def test_somebody_chooses_where_their_calendar_is_and_comes_back_with_a_code(scene, tab):
    scene.providers.user(EVE)
    await tab.open(address(scene))
    await tab.heading("Connect your calendar")
    assert "Scheduler asks to use your calendar" in await tab.text()
    await tab.click("button", "Google")
    await tab.click("a", f"Continue as {EVE}")
    came = await tab.arrive(scene.huddled.public + BACK)
    assert (came["state"], len(came["code"])) == ("a&b", 43)


async def test_somebody_who_says_no_comes_back_with_that(scene, tab):
    await tab.open(address(scene))
    await tab.click("button", "Google")
    await tab.click("a", "Cancel")
    came = await tab.arrive(scene.huddled.public + BACK)
    assert came == {"error": "access_denied", "state": "a&b"}
