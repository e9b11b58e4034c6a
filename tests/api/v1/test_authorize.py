"""People whom an application sends connect their calendar and come back with a code."""

from __future__ import annotations

import asyncio
import html
import re
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import pycronofy
import pytest

from api.v1 import links
from api.v1.application import Application
from store import tokens
from store.errors import StoreSick
from tests.api.conftest import ADA, GRACE

BACK = "http://127.0.0.1:9/back?tab=a"
ASK = {
    "response_type": "code",
    "client_id": "scheduler",
    "redirect_uri": BACK,
    "scope": "read_events create_event",
}


@pytest.fixture
def applications():
    return {"scheduler": Application("scheduler", "Scheduler <x>", ("secret",), (BACK,))}


def address(site, **more):
    asked = {**ASK, **more}
    return f"{site.url}/oauth/authorize?{urlencode({name: one for name, one in asked.items() if one is not None})}"


async def click(browser, page, text):
    found = dict(reversed(pair) for pair in re.findall(r'<a href="([^"]*)">([^<]*)</a>', page.text))
    [href] = [href for words, href in found.items() if text in words]
    return await browser.open(urljoin(page.url, html.unescape(href)))


async def connect(site, browser, **more):
    """Do all that a person does at Google."""
    page = await browser.press(await browser.open(address(site, **more)), "google")
    return await click(browser, page, f"Continue as {ADA}")


def brought(page):
    """What the browser brings back to the application."""
    assert page.url.startswith("http://127.0.0.1:9/back?tab=a&")
    return {key: value for key, [value] in parse_qs(urlsplit(page.url).query).items() if key != "tab"}


async def redeem(site, browser, code, **more):
    body = {"client_id": "scheduler", "client_secret": "secret", "grant_type": "authorization_code"}
    body |= {"code": code, "redirect_uri": BACK, **more}
    async with browser.session.post(f"{site.url}/oauth/token", json=body) as answer:
        return answer.status, await answer.json()


async def test_a_person_connects_a_google_calendar_and_the_application_gets_tokens(site, browser):
    came = brought(await connect(site, browser, state="a b&c=d"))
    assert came.keys() == {"code", "state"}
    assert came["state"] == "a b&c=d"
    [(provider, account, _)] = site.opened.kept
    assert (provider, account) == ("google", ADA)
    assert site.opened.begun == site.opened.kept
    status, told = await redeem(site, browser, came["code"])
    assert (status, told["sub"], told["scope"]) == (200, tokens.account_id(ADA), "read_events create_event")
    granted = await site.disk.read(lambda conn: tokens.granted(conn, "scheduler", ADA))
    assert granted == ["pro_google"]


async def test_a_person_connects_an_outlook_calendar(site, browser):
    page = await browser.open(address(site, provider_name="office365"))
    assert "Connect your Microsoft calendar" in page.text
    page = await browser.press(page, "microsoft")
    if page.status == 200 and "code=" not in page.url:
        page = await click(browser, page, GRACE)
    came = brought(page)
    assert (await redeem(site, browser, came["code"]))[0] == 200
    assert [one[:2] for one in site.opened.kept] == [("microsoft", GRACE)]


async def test_the_page_says_who_asks_and_offers_both_calendars(site, browser):
    page = await browser.open(address(site))
    assert (page.status, page.title) == (200, "Connect your calendar")
    assert "Scheduler &lt;x&gt;" in page.text
    assert "<strong>127.0.0.1</strong>" in page.text
    assert re.findall(r'value="(google|microsoft|zoom)"', page.text) == ["google", "microsoft"]
    assert "Content-Security-Policy" in page.headers


async def test_what_pycronofy_writes_without_values_counts_as_absent(site, browser):
    client = pycronofy.Client("scheduler", "secret")
    client.app_base_url = client.request_handler.base_url = site.url
    page = await browser.open(client.user_auth_link(BACK))
    assert page.title == "Connect your calendar"
    page = await browser.press(page, "google")
    came = brought(await click(browser, page, f"Continue as {ADA}"))
    assert came.keys() == {"code"}
    await asyncio.to_thread(client.get_authorization_from_code, came["code"], BACK)
    assert (await asyncio.to_thread(client.account))["email"] == ADA


async def test_a_person_who_says_no_is_sent_back_with_it(site, browser):
    page = await browser.press(await browser.open(address(site, state="s")), "google")
    came = brought(await click(browser, page, "Cancel"))
    assert came == {"error": "access_denied", "state": "s"}
    assert site.opened.kept == []


async def test_a_missing_permission_is_told(site, browser):
    page = await browser.press(await browser.open(address(site, state="s")), "google")
    came = brought(await click(browser, page, f"{ADA}, but without calendar.events"))
    assert (came["error"], came["state"]) == ("invalid_scope", "s")


@pytest.mark.parametrize(
    "wrong",
    [
        {"client_id": "nobody"},
        {"client_id": None},
        {"redirect_uri": "http://127.0.0.1:9/back"},
        {"redirect_uri": None},
    ],
    ids=str,
)
async def test_nobody_is_sent_to_an_address_that_is_not_registered(site, browser, wrong):
    page = await browser.open(address(site, **wrong))
    assert (page.status, page.title) == (400, "This page was called in the wrong way")
    assert "Location" not in page.headers


@pytest.mark.parametrize("name", ["client_id", "redirect_uri", "state", "scope"])
async def test_what_is_given_twice_is_refused(site, browser, name):
    page = await browser.open(f"{address(site, state='s')}&{urlencode({name: ASK.get(name, 't')})}")
    assert page.status == 400


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": None}, "unsupported_response_type"),
        ({"scope": "everything"}, "invalid_scope"),
        ({"code_challenge": "x" * 43}, "invalid_request"),
        ({"code_challenge": "x" * 43, "code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "x" * 42, "code_challenge_method": "S256"}, "invalid_request"),
    ],
    ids=str,
)
async def test_a_request_that_cannot_be_granted_goes_back_with_its_error(site, browser, wrong, error):
    assert brought(await browser.open(address(site, state="s", **wrong))) == {"error": error, "state": "s"}


async def test_scopes_that_are_not_known_are_left_out(site, browser):
    came = brought(await connect(site, browser, scope="read_events,list_resources read_account"))
    assert (await redeem(site, browser, came["code"]))[1]["scope"] == "read_events read_account"


async def test_without_a_scope_the_usual_ones_are_given(site, browser):
    came = brought(await connect(site, browser, scope=None))
    _, told = await redeem(site, browser, came["code"])
    assert told["scope"].split() == list(pycronofy.settings.DEFAULT_OAUTH_SCOPE)


async def test_a_proof_that_was_announced_is_kept(site, browser):
    # https://www.rfc-editor.org/rfc/rfc7636#appendix-B
    challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    came = brought(await connect(site, browser, code_challenge=challenge, code_challenge_method="S256"))
    assert (await redeem(site, browser, came["code"]))[0] == 400
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert (await redeem(site, browser, came["code"], code_verifier=verifier))[0] == 200


async def test_looking_keeps_nothing(site, browser):
    await browser.open(address(site))
    assert await site.rows("SELECT * FROM link_requests") == []


async def test_another_site_cannot_press_the_button(site, browser, browsers):
    page = await browser.open(address(site))
    stranger = browsers()
    await stranger.open(address(site))
    proof = re.search(r'name="proof" value="(\w+)"', page.text)[1]
    for one, form in (
        (stranger, {**ASK, "proof": proof, "provider": "google"}),
        (browser, {**ASK, "provider": "google"}),
        (browser, {**ASK, "proof": proof, "provider": "google", "state": "mine"}),
        (browser, {**ASK, "proof": proof, "provider": "google", "redirect_uri": "http://127.0.0.1:9/evil"}),
    ):
        assert (await one.open(f"{site.url}/oauth/authorize", "POST", form)).status == 403
    bad = {**ASK, "proof": proof, "provider": "zoom"}
    assert (await browser.open(f"{site.url}/oauth/authorize", "POST", bad)).status == 400


async def test_an_answer_in_another_browser_connects_nothing(site, browser, browsers):
    page = await browser.press(await browser.open(address(site)), "google")
    page = await click(browsers(), page, f"Continue as {ADA}")
    assert (page.status, page.title) == (403, "This is another browser")
    assert site.opened.kept == []


async def test_the_answer_is_taken_once(site, browser):
    await connect(site, browser)
    callback = next(one.url for one in browser.seen if "/link/callback/" in one.url)
    assert (await browser.open(callback)).status == 410
    assert len(await site.rows("SELECT * FROM api_codes")) == 1


async def test_a_sick_disk_is_told_and_gives_no_code(site, browser):
    page = await browser.open(address(site, state="s"))
    site.disk.good = 0
    assert (await browser.press(page, "google")).status == 503
    site.disk.good = 2
    page = await browser.press(page, "google")
    site.disk.good = 1
    came = brought(await click(browser, page, f"Continue as {ADA}"))
    assert (came["error"], came["state"]) == ("temporarily_unavailable", "s")
    with pytest.raises(StoreSick):
        await site.disk.tx(lambda conn: None)


async def test_a_relink_address_leads_to_a_fresh_link_each_time(site, browser):
    class Context:
        vault, clock, public_url = site.vault, site.flow.clock, site.url

    url = links.relink(Context, ADA, "zoom")
    assert "Connect your Zoom account" in (await browser.open(url)).text
    page = await browser.open(url)
    assert ADA in page.text
    assert (await browser.open(url.replace("request=", "request=x"))).status == 410
    assert len(await site.rows("SELECT * FROM link_requests")) == 2
