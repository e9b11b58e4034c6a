"""Somebody whom no configuration names connects a calendar through an application; with the real process."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from http.cookiejar import CookieJar
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import pycronofy
import pytest

from tests.system import machine
from tests.system.huddled import install, secret
from tests.system.people import GooglePerson
from tests.system.stage import Stage

pytestmark = pytest.mark.system
BACK, DORA = "http://127.0.0.1:9/back", "dora@example.com"


class Stopping(urllib.request.HTTPRedirectHandler):
    """Follow everything but the way back to the application, where nobody listens."""

    def redirect_request(self, request, file, code, message, headers, url):
        if url.startswith(BACK):
            return None
        return super().redirect_request(request, file, code, message, headers, url)


def connect(url, who):
    """Go through the page as `who`, who agrees. Returns what the application is told."""
    browser = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(CookieJar()), Stopping()
    )
    page = browser.open(url, timeout=60).read().decode()
    form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))
    action = urljoin(url, re.search(r'action="([^"]+)"', page)[1])
    left = (
        browser.open(action, urlencode({**form, "provider": "google"}).encode(), timeout=60).read().decode()
    )
    onward = re.search(r'content="0; ?url=([^"]+)"', left)[1].replace("&amp;", "&")
    with pytest.raises(urllib.error.HTTPError) as caught:
        browser.open(f"{onward}&as={who}", timeout=60)
    caught.value.close()
    return {key: value for key, [value] in parse_qs(urlsplit(caught.value.headers["Location"]).query).items()}


@pytest.fixture(scope="module")
def stage(providers, tmp_path_factory):
    folder = tmp_path_factory.mktemp("huddled")
    base = f"{providers.url}/google"
    google = {
        "client_id": "sandbox-client",
        "client_secret_file": secret(folder / "google.secret", "sandbox-secret"),
        "api_base": f"{base}/calendar/v3/",
        "token_url": f"{base}/token",
        "authorize_url": f"{base}/o/oauth2/v2/auth",
        "revoke_url": f"{base}/revoke",
    }
    scheduler = {
        "name": "Scheduler",
        "client_id": "scheduler",
        "client_secret_file": secret(folder / "scheduler.secret", "s3cret-of-the-scheduler"),
        "redirect_uris": [BACK],
    }
    huddled = install(folder, providers, {}, google=google, applications=[scheduler])
    providers.user(DORA)
    dora = GooglePerson(providers, DORA)
    try:
        huddled.start()
        yield Stage(providers, huddled, dora, dora)
    finally:
        machine.end(huddled.process)
        providers("POST", "/reset", {})


@pytest.fixture(scope="module")
def client(stage):
    made = pycronofy.Client("scheduler", "s3cret-of-the-scheduler")
    made.app_base_url = made.request_handler.base_url = stage.huddled.public
    return made


def calendars(client):
    return [one["calendar_id"] for one in client.list_calendars()]


def test_an_application_connects_a_calendar_and_lets_it_go(stage, client):
    came = connect(client.user_auth_link(BACK, state="s"), DORA)
    assert came["state"] == "s"
    client.get_authorization_from_code(came["code"], BACK)
    stage.until(lambda: calendars(client), "the calendars of somebody who has just connected them")
    assert client.account()["email"] == DORA
    stage.watching(1)
    assert stage.gets(stage.ada.add("Talk @static"), "static")

    stage.huddled.restart()
    assert calendars(client)
    [profile] = client.list_profiles()
    assert (profile["profile_connected"], profile["profile_name"]) == (True, DORA)
    assert "dora" in str(stage.huddled.told("status"))
    fresh = client.refresh_authorization()
    assert fresh["refresh_token"]

    client.revoke_profile(profile["profile_id"])
    assert client.list_profiles() == calendars(client) == []
    assert stage.huddled.rows("SELECT * FROM profiles") == []
    log = stage.huddled.log()
    for word in (client.auth.access_token, client.auth.refresh_token, came["code"], "s3cret"):
        assert word not in log
    assert not stage.huddled.failing()


def test_the_operator_issues_a_token_by_the_command_line(stage, client):
    connect(client.user_auth_link(BACK), DORA)
    told = stage.huddled.told("token", "issue", "--account", DORA)
    other = pycronofy.Client(
        "scheduler", "s3cret-of-the-scheduler", told["access_token"], told["refresh_token"]
    )
    other.request_handler.base_url = stage.huddled.public
    assert other.userinfo()["sub"] == told["sub"]
    done = stage.huddled.command("token", "issue", "--account", "eve@example.com")
    assert (done.returncode, "no calendars of this address" in done.stderr) == (2, True)
