"""People open their calendars to us by the same two steps."""

from __future__ import annotations

import html
import re
from urllib.parse import urljoin

import pytest
from structlog.testing import capture_logs

from api import outcomes
from sandbox.google.state import Google
from tests.api.conftest import ADA, APP, GRACE

PEOPLE = {"google": ADA, "microsoft": GRACE}
EVERY = pytest.mark.parametrize("provider", PEOPLE)


async def click(browser, page, text):
    """Press a link of the provider's page."""
    found = dict(reversed(pair) for pair in re.findall(r'<a href="([^"]*)">([^<]*)</a>', page.text))
    [href] = [href for words, href in found.items() if text in words]
    return await browser.open(urljoin(page.url, html.unescape(href)))


def refreshes(site):
    """Return the refresh tokens that live at Google."""
    return list(site.world.room(Google).tokens.refresh.values())


async def ask(site, browser, provider, **more):
    """Bring somebody to the provider's page."""
    url = await site.invite(provider, account=PEOPLE[provider], **more)
    return await browser.go(
        url, provider
    )  # Microsoft knows who is meant, and asks nobody who has agreed before


async def test_a_person_opens_their_google_calendar(site, browser):
    page = await ask(site, browser, "google")
    assert page.query["login_hint"] == ADA
    came = await click(browser, page, f"Continue as {ADA}")
    assert came.url == f"{APP}&last_linked_profile_id=pro_google"
    [(provider, account, token)] = site.opened.kept
    assert (provider, account) == ("google", ADA)
    assert site.opened.begun == site.opened.kept
    assert token.startswith("1//")


async def test_a_person_opens_their_outlook_calendar(site, browser):
    came = await ask(site, browser, "microsoft")
    assert came.url == f"{APP}&last_linked_profile_id=pro_microsoft"
    [(provider, account, cache)] = site.opened.kept
    assert (provider, account) == ("microsoft", GRACE)
    assert "RefreshToken" in cache


@EVERY
async def test_a_page_says_what_is_done_with_calendars(site, browser, provider):
    url = await site.invite(provider, account=PEOPLE[provider], redirect_uri="")
    page = await browser.open(url)
    assert "asks to look after the calendars of" in page.text
    came = await browser.press(page, provider)
    if provider == "google":
        came = await click(browser, came, "Continue as ada")
    assert "are looked after from now on" in came.text


async def test_a_missing_scope_of_google_is_named(site, browser):
    page = await ask(site, browser, "google", redirect_uri="")
    came = await click(browser, page, f"{ADA}, but without calendar.events")
    assert came.title == "A permission is missing"
    assert "<code>https://www.googleapis.com/auth/calendar.events</code>" in came.text
    assert site.opened.kept == []
    assert [one.email for one in refreshes(site)] == []


async def test_a_person_says_no_to_google(site, browser):
    page = await ask(site, browser, "google")
    assert (await click(browser, page, "Cancel")).url == f"{APP}&error=access_denied"
    assert site.opened.kept == []


@pytest.mark.parametrize("held", [set(), {"bob@example.com"}])
async def test_somebody_else_cannot_give_their_calendar_for_it(site, browser, held):
    """What they gave is given back, unless that would end what they have given us for their own calendars."""
    site.opened.held = held
    with capture_logs() as logs:
        page = await ask(site, browser, "google", redirect_uri="")
        came = await click(browser, page, "Continue as bob@example.com")
    assert "Somebody else signed in than ada@example.com" in came.text
    assert site.opened.kept == []
    assert [one["error"] for one in logs if one["event"] == "account not linked"] == ["somebody else"]
    assert {one.email for one in refreshes(site)} == held


@EVERY
async def test_a_provider_out_of_order_is_told_as_such(site, browser, provider):
    site.world.faults.add(provider=provider, op="token", times=-1, status=503)
    page = await ask(site, browser, provider)
    if provider == "google":
        page = await click(browser, page, "Continue as ada")
    assert page.query["error"] == "temporarily_unavailable"


@EVERY
async def test_an_answer_is_taken_once(site, browser, provider):
    page = await ask(site, browser, provider)
    if provider == "google":
        await click(browser, page, "Continue as ada")
    callback = next(one.url for one in browser.seen if "/link/callback/" in one.url)
    assert (await browser.open(callback)).status == 410
    assert len(site.opened.kept) == 1


async def test_a_link_without_a_provider_offers_no_calendars(site, browser):
    page = await browser.open(await site.invite(""))
    assert "Continue to Zoom" in page.text
    assert "Google" not in page.text


async def test_a_link_for_one_provider_leads_to_no_other(site, browser):
    await site.invite("zoom")
    asked = await site.flow.find(site.links[-1])
    assert await site.flow.begin(asked, "google", "b" * 43) is outcomes.NO_PROVIDER
    assert isinstance(await site.flow.begin(asked, "zoom", "b" * 43), str)
