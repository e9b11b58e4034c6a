from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from urllib.parse import quote

import pytest
from structlog.testing import capture_logs

from api.flow import LIFE
from api.link import GUESSES_A_MINUTE
from api.pages.render import HEADERS
from connectors.linking import linkables
from connectors.settings import ZoomSettings
from sandbox.zoom.model import Person
from sandbox.zoom.room import ALL_SCOPES, Switches
from store import linked

APP = "http://127.0.0.1:9/settings?tab=video"
ADA = "ada@example.com"


# The way there and back


async def test_a_person_links_an_account_and_comes_back_to_the_caller_with_its_profile(site, browser):
    came = await browser.link(await site.invite())
    [row] = await site.rows("SELECT id, account, provider, name FROM linked")
    assert came.url == f"{APP}&last_linked_profile_id={row['id']}"
    assert (row["account"], row["provider"], row["name"]) == (ADA, "zoom", ADA)
    assert row["id"].startswith("pro_")


async def test_what_is_kept_is_encrypted_and_is_the_refresh_token(site, browser):
    await browser.link(await site.invite())
    [row] = await site.rows("SELECT secret, client, person, scopes FROM credentials")
    [token] = site.zoom.refreshes
    assert token.encode() not in row["secret"]
    assert site.vault.open(row["secret"]) == token
    assert (row["client"], row["person"]) == ("sandbox-zoom-app", site.zoom.people[ADA].id)
    assert set(row["scopes"].split()) == set(ALL_SCOPES)


async def test_without_an_address_of_the_caller_a_page_says_that_all_is_done(site, browser):
    page = await browser.link(await site.invite(redirect_uri=""))
    assert (page.status, page.title) == (200, "Zoom is connected")
    assert ADA in page.text


async def test_our_page_says_who_asks_for_what_and_for_whom(site, browser):
    page = await browser.open(await site.invite())
    assert page.title == "Connect your Zoom account"
    assert "Example &lt;Video&gt;" in page.text
    assert f"<strong>{ADA}</strong>" in page.text
    assert "<script" not in page.text


async def test_a_link_without_a_provider_lets_the_person_choose(site, browser):
    came = await browser.link(await site.invite(provider=""))
    assert "last_linked_profile_id" in came.query


async def test_the_provider_is_asked_with_pkce_and_without_scopes(site, browser):
    page = await browser.go(await site.invite())
    assert page.query["code_challenge_method"] == "S256"
    assert len(page.query["code_challenge"]) == 43
    assert "scope" not in page.query
    assert "login_hint" not in page.query, "people have other addresses there"
    assert page.query["redirect_uri"] == f"{site.url}/link/callback/zoom"


# Links that are looked at, used up, too old or made up


async def test_looking_at_a_link_changes_nothing(site, browsers):
    url = await site.invite()
    before = await site.rows("SELECT * FROM link_requests")
    for method in ("GET", "HEAD", "GET"):
        assert (await browsers().open(url, method)).status == 200
    assert await site.rows("SELECT * FROM link_requests") == before
    assert "last_linked_profile_id" in (await browsers().link(url)).query


async def test_a_link_is_good_once(site, browser, browsers):
    url = await site.invite()
    await browser.link(url)
    for one in (browser, browsers()):
        page = await one.open(url)
        assert (page.status, page.title) == (410, "This link has been used")


async def test_a_link_expires(site, browser):
    url = await site.invite()
    page = await browser.open(url)
    site.world.clock.advance(3601)
    assert (await browser.open(url)).title == "This link has expired"
    assert (await browser.press(page)).status == 410


async def test_an_answer_that_comes_after_the_link_has_expired_is_not_taken(site, browser):
    page = await browser.go(await site.invite())
    site.world.clock.advance(3601)
    assert (await browser.agree(page)).title == "This link has expired"
    assert await site.rows("SELECT * FROM linked") == []


@pytest.mark.parametrize("secret", ["x" * 43, "x", "x" * 44, "../../etc", "%00", "a.b" * 14 + "c"])
async def test_a_link_that_nobody_made_is_not_known(site, browser, secret):
    page = await browser.open(f"{site.url}/link/{secret}")
    assert page.status == 404


async def test_whoever_guesses_links_is_slowed_down_and_nobody_else(site, browser):
    for _ in range(GUESSES_A_MINUTE):
        assert (await browser.open(f"{site.url}/link/{'y' * 43}")).status == 404
    assert (await browser.open(f"{site.url}/link/{'y' * 43}")).status == 429
    assert (await browser.open(await site.invite())).status == 200


# Other browsers and other sites


async def test_the_button_works_only_on_our_own_page(site, browser, browsers):
    url = await site.invite()
    stranger = browsers()
    form = {"provider": "zoom"}
    assert (await stranger.open(url, "POST", form)).status == 403
    page = await browser.open(url)
    proof = re.search(r'name="proof" value="(\w+)"', page.text)[1]
    await stranger.open(url)  # it has a cookie now, but another one
    assert (await stranger.open(url, "POST", {**form, "proof": proof})).status == 403
    assert (await browser.open(url, "POST", {**form, "proof": "é"})).status == 403
    assert [row["opened"] for row in await site.rows("SELECT opened FROM link_requests")] == [None]


async def test_an_answer_in_another_browser_is_refused_and_does_no_harm(site, browser, browsers):
    page = await browser.go(await site.invite())
    other = browsers()
    assert (await other.agree(page)).title == "This is another browser"
    await other.open(await site.invite())
    assert (await other.agree(page)).status == 403
    assert "last_linked_profile_id" in (await browser.agree(page)).query


async def test_an_answer_is_taken_once(site, browser):
    page = await browser.go(await site.invite())
    await browser.agree(page)
    callback = next(one.url for one in browser.seen if "/link/callback/" in one.url)
    for _ in range(2):
        assert (await browser.open(callback)).status == 410
    assert len(await site.rows("SELECT * FROM linked")) == 1


async def test_of_two_answers_at_the_same_time_one_is_taken(site, browser):
    page = await browser.go(await site.invite())
    came = await asyncio.gather(browser.agree(page), browser.agree(page))
    assert sum("last_linked_profile_id" in one.query for one in came) == 1
    assert len(await site.rows("SELECT * FROM linked")) == 1


async def test_looking_ahead_at_an_answer_does_not_take_it(site, browser):
    page = await browser.go(await site.invite())
    redirect = f"{page.url}&as={ADA}"
    async with browser.session.get(redirect, allow_redirects=False) as answer:
        callback = answer.headers["Location"]
    assert (await browser.open(callback, "HEAD")).status == 405
    assert "last_linked_profile_id" in (await browser.open(callback)).query


async def test_only_the_answer_to_the_last_question_counts(site, browser):
    url = await site.invite()
    first, second = await browser.go(url), await browser.go(url)
    assert (await browser.agree(first)).status == 400
    assert "last_linked_profile_id" in (await browser.agree(second)).query


@pytest.mark.parametrize("state", ["", "x", f"{'0' * 64}.{'x' * 43}", f"{'0' * 64}.{'x' * 42}%C3%A9"])
async def test_an_answer_to_no_question_is_not_taken(site, browser, state):
    page = await browser.open(f"{site.url}/link/callback/zoom?code=x&state={state}")
    assert (page.status, page.title) == (400, "This is not the answer that is awaited")


async def test_an_answer_has_to_come_by_the_way_of_its_provider(site, browser):
    page = await browser.go(await site.invite())
    async with browser.session.get(f"{page.url}&as={ADA}", allow_redirects=False) as answer:
        callback = answer.headers["Location"]
    assert (await browser.open(callback.replace("/callback/zoom", "/callback/webex"))).status == 400
    assert "last_linked_profile_id" in (await browser.open(callback)).query


async def test_the_state_alone_opens_nothing(site, browser):
    """It goes to the provider, and names the link by the hash of its secret."""
    page = await browser.go(await site.invite())
    name = page.query["state"].partition(".")[0]
    assert (await browser.open(f"{site.url}/link/{name}")).status == 404


async def test_with_one_link_two_people_cannot_both_link_an_account(site, browsers):
    """Both answers are on their way before either account is kept."""
    url = await site.invite()
    slow, late = await overlap(site, browsers(), browsers(), url, "bob@example.com")
    assert "last_linked_profile_id" in slow.query
    assert (late.status, late.title) == (410, "This link has been used")
    assert [row["name"] for row in await site.rows("SELECT name FROM linked")] == [ADA]
    assert {one.email for one in site.zoom.refreshes.values()} == {ADA}


async def test_the_same_person_in_two_tabs_ends_with_tokens_that_live(site, browser):
    slow, late = await overlap(site, browser, browser, await site.invite(), ADA)
    assert slow.url == late.url
    [row] = await site.rows("SELECT secret FROM credentials")
    assert site.vault.open(row["secret"]) in site.zoom.refreshes


async def overlap(site, one, two, url, who):
    """Let a second answer come while Zoom takes its time to say whose the first is."""
    site.world.faults.add(op="zoom.user", times=1, delay=0.3)
    slow = asyncio.ensure_future(one.agree(await one.go(url)))
    while not any(call["op"] == "zoom.user" for call in site.world.calls.since(0)):
        await asyncio.sleep(0.01)
    late = await two.link(url, who)
    return await slow, late


# When the provider says no, or nothing


async def test_a_refusal_is_told_to_the_caller_and_the_link_stays_good(site, browser):
    url = await site.invite()
    page = await browser.go(url)
    assert (await browser.open(f"{page.url}&decline=1")).url == f"{APP}&error=access_denied"
    assert await site.rows("SELECT * FROM credentials") == []
    assert "last_linked_profile_id" in (await browser.link(url)).query


async def test_a_refusal_without_an_address_of_the_caller_is_a_page(site, browser):
    page = await browser.go(await site.invite(redirect_uri=""))
    came = await browser.open(f"{page.url}&decline=1")
    assert (came.status, came.title) == (403, "Nothing was connected")


async def test_a_missing_scope_is_named(site, browser):
    site.zoom.switches = Switches(
        scopes=tuple(one for one in ALL_SCOPES if "delete" not in one and "update" not in one)
    )
    came = await browser.link(await site.invite())
    assert came.query["error"] == "invalid_scope"
    assert "meeting:update:meeting meeting:delete:meeting" in came.query["error_description"]
    page = await browser.link(await site.invite(redirect_uri=""))
    assert (page.status, page.title) == (403, "A permission is missing")
    assert "<code>meeting:delete:meeting</code>" in page.text
    assert await site.rows("SELECT * FROM credentials") == []
    assert site.zoom.refreshes == {}


async def test_an_app_with_the_older_coarse_scopes_is_enough(site, browser):
    scopes = ("meeting:write", "meeting:read", "user:read")
    site.zoom.switches = Switches(scopes=scopes)
    assert "last_linked_profile_id" in (await browser.link(await site.invite())).query


@pytest.mark.parametrize("op", ["zoom.token", "zoom.user"])
async def test_a_provider_that_is_out_of_order_is_told_as_such_and_can_be_tried_again(site, browser, op):
    url = await site.invite()
    site.world.faults.add(op=op, times=1, status=503)
    assert (await browser.link(url)).query["error"] == "temporarily_unavailable"
    assert site.zoom.refreshes == {}
    assert "last_linked_profile_id" in (await browser.link(url)).query


@pytest.mark.parametrize("body", ["[]", "{}", '{"id": null}', "<html>"])
async def test_a_provider_that_answers_nonsense_links_nobody_and_keeps_no_token(site, browser, body):
    site.world.faults.add(op="zoom.user", times=1, status=200, body=body, content_type="application/json")
    assert (await browser.link(await site.invite())).query["error"] == "temporarily_unavailable"
    assert await site.rows("SELECT * FROM linked") == []
    assert site.zoom.refreshes == {}


@pytest.mark.parametrize("changes", [{"user_client_secret": "wrong"}])
async def test_an_app_that_the_provider_refuses_is_the_operators_to_mend(site, browser, changes):
    with capture_logs() as logs:
        came = await browser.link(await site.invite())
    assert came.query["error"] == "server_error"
    assert [one["event"] for one in logs if one["log_level"] == "error"] == ["account not linked"]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        ("server_error", "temporarily_unavailable"),
        ("unauthorized_client", "server_error"),
        ("invalid_scope", "invalid_scope"),
        ("", "server_error"),
    ],
)
async def test_what_goes_wrong_at_the_providers_page_is_told(site, browser, error, told):
    page = await browser.go(await site.invite())
    back = f"{site.url}/link/callback/zoom?state={page.query['state']}"
    came = await browser.open(f"{back}&error={error}" if error else back)
    assert came.query["error"] == told


# When our disk says no


@pytest.mark.parametrize("good", [0, 1])
async def test_a_disk_that_fails_before_the_code_is_used_costs_a_reload(site, browser, good):
    url = await site.invite()
    site.disk.good = good
    page = await browser.go(url)
    if good:
        page = await browser.agree(page)
    assert (page.status, page.title) == (503, "This cannot be noted at the moment")
    site.disk.good = 99
    assert "last_linked_profile_id" in (await browser.link(url)).query


async def test_tokens_that_cannot_be_kept_are_revoked(site, browser):
    url = await site.invite()
    site.disk.good = 2
    assert (await browser.link(url)).query["error"] == "temporarily_unavailable"
    assert site.zoom.refreshes == {}
    site.disk.good = 99
    assert "last_linked_profile_id" in (await browser.link(url)).query


# Linking again


async def test_linking_again_keeps_the_profile_and_mends_it(site, browser):
    first = await browser.link(await site.invite())
    profile = first.query["last_linked_profile_id"]
    [credential] = await site.rows("SELECT id FROM credentials")
    await site.disk.tx(lambda conn: linked.report(conn, credential["id"], "revoked", 1.0))
    site.relinked.clear()
    again = await browser.link(await site.invite())
    assert again.query["last_linked_profile_id"] == profile
    assert site.relinked == [profile]
    assert site.renewed == [credential["id"]] * 2
    [row] = await site.rows("SELECT trouble, secret FROM credentials")
    assert row["trouble"] is None
    assert site.vault.open(row["secret"]) in site.zoom.refreshes


async def test_two_accounts_of_one_person_share_a_credential(site, browser):
    one = await browser.link(await site.invite())
    two = await browser.link(await site.invite(account="team@example.com"))
    assert one.url != two.url
    assert len(await site.rows("SELECT * FROM credentials")) == 1
    assert set(site.relinked) == {one.query["last_linked_profile_id"], two.query["last_linked_profile_id"]}


async def test_another_person_is_another_profile(site, browser):
    one = await browser.link(await site.invite())
    two = await browser.link(await site.invite(), who="bob@example.com")
    assert one.query["last_linked_profile_id"] != two.query["last_linked_profile_id"]


# What is told to whom


async def test_every_answer_is_closed_to_other_sites_and_kept_nowhere(site, browser):
    url = await site.invite()
    await browser.open(f"{site.url}/link/{'z' * 43}")
    await browser.open(url, "POST", {})
    await browser.link(url)
    await browser.open(f"{site.url}/link/page/style.css")
    ours = [page for page in browser.seen if page.url.startswith(site.url)]
    assert {page.status for page in ours} == {200, 303, 403, 404}
    for page in ours:
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["X-Content-Type-Options"] == "nosniff"
        policy = dict(part.split(" ", 1) for part in page.headers["Content-Security-Policy"].split("; "))
        assert policy == {
            "default-src": "'none'",
            "style-src": "'self'",
            "img-src": "'self'",
            "form-action": "'self'",
            "frame-ancestors": "'none'",
            "base-uri": "'none'",
        }


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/", 404), ("GET", "/link/", 404), ("PUT", "/link/x", 405), ("GET", "/link/page/logo", 404)],
)
async def test_errors_are_closed_to_other_sites_too(site, browser, method, path, status):
    page = await browser.open(site.url + path, method)
    assert page.status == status
    assert {name: page.headers.get(name) for name in HEADERS} == dict(HEADERS)
    assert "Server" not in page.headers


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"--x"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=proof\r\n\r\n"),
        ("application/x-www-form-urlencoded; charset=nonsense", b"proof=%ff&provider=zoom"),
        ("application/x-www-form-urlencoded", b"\xff\x00" * 99),
        ("application/x-www-form-urlencoded", b"a=1&" * 99),
        ("application/x-www-form-urlencoded", b"a" * 200_000),
        ("text/plain", b"proof=x"),
    ],
)
async def test_no_form_makes_the_server_stumble(site, browser, kind, body):
    url = await site.invite()
    await browser.open(url)

    async def chunks():
        yield body

    for data in (body, chunks()):
        assert (await browser.open(url, "POST", data, {"Content-Type": kind})).status == 403


async def test_the_cookie_is_for_us_alone_and_does_not_last(site, browser):
    page = await browser.open(await site.invite())
    cookie = page.headers["Set-Cookie"]
    assert cookie.startswith("huddled-link=")
    assert {"HttpOnly", "Path=/", "SameSite=Lax", "Max-Age=3600"} <= set(cookie.split("; "))


@pytest.mark.parametrize("public_url", ["https://huddled.example.com"])
async def test_over_https_the_cookie_can_come_from_this_host_alone(site, browser, public_url):
    cookie = (await browser.open(await site.invite())).headers["Set-Cookie"]
    assert cookie.startswith("__Host-huddled-link=")
    assert "Secure" in cookie.split("; ")
    assert "Domain" not in cookie


async def test_names_from_outside_are_escaped(site, browser):
    name = call_themselves(site, "<b>ada</b>@example.com")
    page = await browser.link(await site.invite(redirect_uri="", account="<i>x</i>@example.com"), name)
    assert page.title == "Zoom is connected"
    assert "&lt;b&gt;ada" in page.text
    assert "<b>" not in page.text
    assert "<i>" not in page.text


async def test_a_name_from_outside_is_one_line_that_can_be_shown(site, browser):
    """It stands in the terminals and logs of those who run this."""
    name = call_themselves(site, "a\x1b]0;x\x07\r\n[/red]\u202e" + "x" * 999)
    await browser.link(await site.invite(), name)
    [row] = await site.rows("SELECT name FROM linked")
    assert row["name"].startswith("a ]0;x [/red] x")
    assert row["name"].isprintable()
    assert len(row["name"]) == 200


def call_themselves(site, name):
    """Have somebody at Zoom with that name; return how to sign in as them."""
    site.zoom.people[name] = Person("u1", name, "Ada", "UTC")
    return quote(name)


async def test_secrets_stand_in_no_page_no_address_and_no_log(site, browser):
    with capture_logs() as logs:
        url = await site.invite()
        page = await browser.go(url)
        await browser.agree(page)
        await browser.link(await site.invite(redirect_uri=""))
        site.disk.good = 2
        await browser.link(await site.invite())
        site.disk.good = 99
        site.zoom.switches = Switches(scopes=("user:read",))
        await browser.link(await site.invite(redirect_uri=""))
    tokens = [*site.zoom.refreshes, *site.zoom.grants, "sandbox-zoom-app-secret"]
    codes = [one.query["code"] for one in browser.seen if "code" in one.query]
    assert len(codes) == 4
    texts = [one.text for one in browser.seen]
    assert [text for text in texts if any(secret in text for secret in [*tokens, *codes])] == []
    assert [one.url for one in browser.seen if any(token in one.url for token in tokens)] == []
    told = repr(logs)
    assert "account linked" in told
    cookies = [cookie.value for cookie in browser.session.cookie_jar]
    secrets = [*tokens, *codes, *site.links, *cookies, page.query["state"]]
    assert [secret for secret in secrets if secret in told] == []
    shown = repr(site.flow.providers["zoom"].app)
    assert [secret for secret in [*tokens, *site.links] if secret in shown] == []


# The operator's looks


async def test_the_stylesheet_has_the_operators_colour_and_readable_buttons(site, browser):
    style = await browser.open(f"{site.url}/link/page/style.css")
    assert "--brand: #ffcc00" in style.text
    assert "--on-brand: #000000" in style.text


async def test_there_is_no_logo_unless_the_operator_gives_one(site, browser):
    assert (await browser.open(f"{site.url}/link/page/logo")).status == 404


def test_zoom_without_an_app_that_people_link_offers_none():
    assert linkables(None, None, {"zoom": ZoomSettings("a", "b", "c"), "goto": None}) == {}


def test_an_hour_is_what_the_page_says():
    assert timedelta(seconds=LIFE) == timedelta(hours=1)
