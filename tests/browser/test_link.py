"""The linking of accounts as people do it, in a real browser."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass

import pytest

from tests.browser.conftest import ADA

pytestmark = [pytest.mark.system, pytest.mark.slow]


@dataclass(frozen=True, slots=True)
class Provider:
    """What a person sees of a provider."""

    name: str
    title: str
    asks: str  # the heading of the page where they decide
    without: tuple[str, ...]  # scopes of which one is missing
    missing: str


ZOOM = Provider(
    "zoom",
    "Zoom",
    "Who are you?",
    ("meeting:write:meeting", "meeting:read:meeting", "user:read:user"),
    "meeting:delete:meeting",
)
GOTO = Provider("goto", "GoTo", "Who are you?", ("identity:scim.me",), "collab:")
WEBEX = Provider(
    "webex",
    "Webex",
    "sandbox-webex asks for access to Webex",
    ("meeting:schedules_read", "spark:people_read"),
    "meeting:schedules_write",
)
EVERY = pytest.mark.parametrize("provider", [ZOOM, GOTO, WEBEX], ids=lambda one: one.name)


async def reach(tab, url, provider):
    """Open our page and go on to the provider."""
    await tab.open(url)
    await tab.heading(f"Connect your {provider.title} account")
    await tab.click("button", provider.title)
    await tab.heading(provider.asks)


async def agree(tab, url, provider, who=ADA):
    await reach(tab, url, provider)
    await tab.click("a", who)


@pytest.fixture
async def tab(scene):
    """Give a person's window; whatever they did, the browser has had nothing to complain of."""
    opened = await scene.chromium.person()
    yield opened
    assert opened.complaints() == []


@EVERY
async def test_a_person_links_an_account_and_comes_back_to_the_caller(scene, tab, provider):
    url = await scene.link(provider.name, "--redirect-uri", f"{scene.caller}/settings?tab=video")
    await agree(tab, url, provider)
    came = await tab.arrive(f"{scene.caller}/settings?tab=video&")
    assert scene.profiles() == [(came["last_linked_profile_id"], provider.name, ADA)]


@EVERY
async def test_without_a_caller_a_page_says_that_all_is_done(scene, tab, provider):
    await agree(tab, await scene.link(provider.name), provider)
    await tab.heading(f"{provider.title} is connected")
    assert ADA in await tab.text()


@EVERY
async def test_a_person_says_no(scene, tab, provider):
    url = await scene.link(provider.name, "--redirect-uri", f"{scene.caller}/settings")
    await reach(tab, url, provider)
    await tab.click("a", "Decline")
    assert await tab.arrive(f"{scene.caller}/settings?") == {"error": "access_denied"}
    assert scene.profiles() == []


@EVERY
async def test_a_missing_permission_is_named(scene, tab, provider):
    before = scene.providers("POST", f"/{provider.name}/switches", {})["scopes"]
    scene.providers("POST", f"/{provider.name}/switches", {"scopes": list(provider.without)})
    try:
        url = await scene.link(provider.name)
        await tab.open(url)
        await tab.click("button", provider.title)
        if provider is not GOTO:  # which refuses to be asked for more than the app may have
            await tab.click("a", ADA)
        await tab.heading("A permission is missing")
        assert provider.missing in await tab.text()
    finally:
        scene.providers("POST", f"/{provider.name}/switches", {"scopes": before})
    assert scene.profiles() == []


async def test_the_page_says_who_asks_and_looks_like_them(scene, tab):
    await tab.open(await scene.link("zoom"))
    await tab.heading("Connect your Zoom account")
    assert "Example Video asks to make video meetings for the calendar of ada@example.com" in await tab.text()
    color = await tab.see("getComputedStyle(document.querySelector('button')).backgroundColor")
    assert color == "rgb(122, 31, 162)"
    [cookie] = await tab.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Lax")
    assert await tab.see("document.cookie") == ""


async def test_an_expired_link_says_so(scene, tab):
    url = await scene.link("zoom")
    with closing(sqlite3.connect(scene.huddled.database, timeout=10)) as conn, conn:
        conn.execute("UPDATE link_requests SET expires_at = 1 WHERE used_at IS NULL")
    await tab.open(url)
    await tab.heading("This link has expired")


async def test_a_link_that_has_been_used_says_so(scene, tab):
    url = await scene.link("zoom")
    await agree(tab, url, ZOOM)
    await tab.heading("Zoom is connected")
    await tab.open(url)
    await tab.heading("This link has been used")


async def test_an_answer_that_comes_twice_is_taken_once(scene, tab):
    await agree(tab, await scene.link("zoom"), ZOOM)
    await tab.heading("Zoom is connected")
    [callback] = [one for one in tab.requested() if "/link/callback/" in one]
    await tab.open(callback)
    await tab.heading("This link has been used")
    assert len(scene.profiles()) == 1


async def test_an_answer_in_somebody_elses_browser_is_refused(scene, tab):
    await reach(tab, await scene.link("zoom"), ZOOM)
    lured = await scene.chromium.person()
    await lured.open(f"{await tab.url()}&as={ADA}")
    await lured.heading("This is another browser")
    assert scene.profiles() == []


async def test_another_site_can_neither_frame_our_page_nor_press_our_button(scene, tab):
    url = await scene.link("zoom")
    lured = await scene.chromium.person()
    await lured.open(f"{scene.caller}/settings")
    await lured.heading("Settings")
    await lured.see(f"""document.body.innerHTML = '<iframe src="{url}"></iframe>' +
        '<form method="post" action="{url}"><input name="provider" value="zoom"><button>Win</button></form>'""")
    await lured.complains("frame-ancestors")
    await lured.click("button", "Win")
    await lured.heading("This page was not the one you came from")


async def test_linking_again_keeps_the_profile(scene, tab):
    back = ("--redirect-uri", f"{scene.caller}/settings")
    await agree(tab, await scene.link("zoom", *back), ZOOM)
    first = await tab.arrive(f"{scene.caller}/settings?")
    scene.providers("POST", "/zoom/deauthorize", {"email": ADA})
    await agree(tab, await scene.link("zoom", *back), ZOOM)
    assert await tab.arrive(f"{scene.caller}/settings?") == first
    assert [profile for profile, *_ in scene.profiles()] == [first["last_linked_profile_id"]]


async def test_unlinking_ends_it_here_and_at_the_provider(scene, tab):
    await agree(tab, await scene.link("zoom"), ZOOM)
    await tab.heading("Zoom is connected")
    [(profile, *_)] = scene.profiles()
    since = scene.providers.last()
    assert "unlinked" in await scene.command("unlink", profile)
    assert [call["op"] for call in scene.providers.calls(since)] == ["zoom.revoke"]
    assert scene.profiles() == scene.huddled.rows("SELECT * FROM credentials") == []


async def test_of_two_accounts_one_can_be_made_the_default(scene, tab):
    for provider in (ZOOM, GOTO):
        await agree(tab, await scene.link(provider.name), provider)
        await tab.heading(f"{provider.title} is connected")
    [zoom] = [profile for profile, name, _ in scene.profiles() if name == "zoom"]
    assert ADA in await scene.command("default", zoom)
    assert scene.huddled.rows("SELECT id FROM linked WHERE chosen") == [(zoom,)]


async def test_a_provider_that_fails_is_told_as_such_and_can_be_tried_again(scene, tab):
    url = await scene.link("zoom")
    scene.providers.fault("zoom.token", status=503)
    await agree(tab, url, ZOOM)
    await tab.heading("Nothing was connected")
    scene.providers.calm()
    await agree(tab, url, ZOOM)
    await tab.heading("Zoom is connected")


async def test_secrets_stand_in_no_log_and_no_page(scene, tab):
    await agree(tab, await scene.link("zoom"), ZOOM)
    await tab.heading("Zoom is connected")
    [callback] = [one for one in tab.requested() if "/link/callback/" in one]
    pairs = dict(pair.split("=", 1) for pair in callback.partition("?")[2].split("&"))
    [cookie] = await tab.cookies()
    canaries = [pairs["code"], pairs["state"], cookie["value"], *(url[-43:] for url in scene.links)]
    canaries += ["sandbox-zoom-app-secret"]
    shown = scene.huddled.log() + await tab.html() + await scene.command("status", "--json")
    assert [one for one in canaries if one in shown] == []
    assert re.findall(r"(?:access|refresh)_\w{40}", shown) == []
    assert "account linked" in scene.huddled.log()
