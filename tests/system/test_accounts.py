"""People who gave their own consent: tokens that are theirs, taken back, and given again."""

from __future__ import annotations

import json
import re
import time
from urllib.error import HTTPError

import pytest

from tests.system import machine
from tests.system.homes import OUTLOOK
from tests.system.linking import agree
from tests.system.stage import person, set_up

pytestmark = pytest.mark.system


def _consent(stage):
    """Let Ada give her consent, and write her new token where the configuration names it."""
    token = stage.providers("POST", "/google/refresh_tokens", {"email": "ada@example.com"})["refresh_token"]
    file = stage.huddled.folder / "ada.token"
    file.write_text(token)
    file.chmod(0o600)
    return token


@pytest.fixture
def consented(stage):
    """Only Ada is looked after, with a refresh token of her own."""
    secret = stage.huddled.folder / "google.secret"
    secret.write_text("sandbox-secret")
    secret.chmod(0o600)
    _consent(stage)
    google = {"service_account_file": None, "subjects": [], "client_id": "sandbox-client"}
    stage.huddled.configure(
        google={**google, "client_secret_file": str(secret)},
        sync={"discover_seconds": 1, "sweep_seconds": 2},
        **{
            "google.users": [
                {"email": "ada@example.com", "refresh_token_file": str(stage.huddled.folder / "ada.token")}
            ]
        },
    )
    return stage


def test_a_refresh_token_serves_as_well_as_a_service_account(consented):
    stage = consented
    stage.huddled.start()
    stage.watching(1)
    events = {stage.ada.add(f"Plan @{service}").id: service for service in ("meet", "zoom", "static")}
    stage.bob.add("Plan @zoom")
    stage.in_step(events)


def test_a_consent_that_is_taken_back_is_shown_and_work_goes_on_with_a_new_one(consented):
    stage = consented
    stage.huddled.start()
    stage.watching(1)
    event = stage.ada.add("Plan @zoom")
    stage.in_step({event.id: "zoom"})
    stage.providers("POST", "/google/revoke", {"email": "ada@example.com"})

    def disconnected():
        (account,) = stage.huddled.told("status")["accounts"]
        return None if account["connected"] else account

    account = stage.until(disconnected, "an account that is shown as disconnected")
    assert "must connect the account again" in account["trouble"]
    late = stage.ada.add("Late @zoom")
    token = _consent(stage)
    stage.huddled.stop()
    stage.huddled.start()
    stage.in_step({event.id: "zoom", late.id: "zoom"})
    assert stage.huddled.told("status")["accounts"][0]["connected"]
    assert token not in stage.huddled.log()
    assert token.encode() not in stage.huddled.database.read_bytes()


def test_a_person_without_a_zoom_user_is_told_what_to_do(stage):
    carol = person(stage.providers, "carol@example.com", stage.home, zoom=False)
    stage.huddled.configure(google={"subjects": ["carol@example.com"]})
    stage.huddled.start()
    event = carol.add("Plan @zoom")
    stage.until(stage.huddled.failing, "work that cannot be done")
    (why,) = stage.huddled.told("why", event.id)
    assert "carol@example.com is no user of this Zoom account" in why["failing"]["why"]


class Agreeing:
    """Ada with an Outlook calendar, looked after only with what she agrees to in her browser."""

    def __init__(self, stage):
        self.stage = stage
        stage.huddled.configure(microsoft={"users": [], "people": ["ada@example.com"]})

    def agree(self, *, deny=False):
        """Have a link made, go through it as a browser would, and return the last page."""
        told = self.stage.huddled.told("link", "microsoft", "--account", "ada@example.com")
        return agree(told["url"], "microsoft", "ada@example.com", deny=deny)


@pytest.fixture
def agreeing(providers, tmp_path):
    made = set_up(tmp_path, providers, OUTLOOK)
    try:
        yield Agreeing(made)
    finally:
        machine.end(made.huddled.process)
        providers("POST", "/reset", {})


def test_a_person_who_agrees_in_the_browser_is_looked_after_and_the_secret_is_kept_secret(agreeing):
    stage = agreeing.stage
    stage.huddled.configure(log={"level": "debug"})
    stage.huddled.start()
    said = agreeing.agree()
    assert "is connected" in said
    stage.watching(1)
    events = {stage.ada.add(f"Plan @{service}").id: service for service in ("teams", "zoom", "static")}
    stage.bob.add("Plan @zoom")
    stage.in_step(events)
    assert [one["address"] for one in stage.huddled.told("status")["accounts"]] == ["ada@example.com"]
    told = said + stage.huddled.log() + json.dumps(stage.huddled.told("status"))
    kept = b"".join(file.read_bytes() for file in stage.huddled.folder.glob("huddled.db*"))
    assert "sandbox-app-secret" not in told
    assert not re.findall(r"EwB[0-9a-v]{20}|Bearer \S+|eyJ[\w-]{20}", told)
    assert not re.findall(rb"sandbox-app-secret|EwB[0-9a-v]{20}|RefreshToken", kept)


def test_a_consent_at_outlook_that_is_taken_back_says_how_to_connect_again_and_is_not_asked_blindly(agreeing):
    stage = agreeing.stage
    stage.huddled.configure(sync={"discover_seconds": 1, "sweep_seconds": 1})
    stage.huddled.start()
    agreeing.agree()
    stage.watching(1)
    event = stage.ada.add("Plan @teams")
    stage.in_step({event.id: "teams"})
    stage.providers("POST", "/microsoft/revoke", {"email": "ada@example.com"})

    def disconnected():
        (account,) = stage.huddled.told("status")["accounts"]
        return None if account["connected"] else account

    account = stage.until(disconnected, "an account that is shown as disconnected")
    assert "run: huddled link microsoft --account ada@example.com" in account["trouble"]
    assert "run: huddled link microsoft --account ada@example.com" in stage.huddled.command("status").stdout
    late = stage.ada.add("Late @teams")
    since = stage.providers.last()
    time.sleep(3.0)
    assert len(stage.providers.calls(since)) <= 2
    agreeing.agree()
    stage.in_step({event.id: "teams", late.id: "teams"})
    assert stage.huddled.told("status")["accounts"][0]["connected"]


def test_a_person_who_does_not_agree_is_not_connected(agreeing):
    stage = agreeing.stage
    stage.huddled.start()
    with pytest.raises(HTTPError, match="403"):  # our page says what was refused
        agreeing.agree(deny=True)
    mend = "huddled link microsoft --account ada@example.com"
    stage.until(lambda: mend in stage.huddled.command("status").stdout, "what to do")
