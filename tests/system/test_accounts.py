"""People who gave their own consent: tokens that are theirs, taken back, and given again."""

from __future__ import annotations

import pytest

from tests.system.stage import person

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
