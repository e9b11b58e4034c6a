"""Applications in the configuration, and what goes together with them."""

from __future__ import annotations

import pytest

from tests.unit.config_files import BASE, GOOGLE, furnish, lines, read

APPLICATION = """\
[[applications]]
name = "Scheduler"
client_id = "scheduler"
client_secret_file = "scheduler.secret"
redirect_uris = ["https://app.example.com/back"]
"""
CLIENT = """\
[google]
client_id = "client"
client_secret_file = "google.secret"
"""
OUTLOOK = """\
[microsoft]
tenant = "common"
client_id = "app"
client_secret_file = "microsoft.secret"
"""


@pytest.fixture
def place(tmp_path):
    furnish(tmp_path)
    for name, text in (("scheduler.secret", "new"), ("old.secret", "old"), ("google.secret", "x")):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o600)
    return tmp_path


def test_an_application_has_a_secret_and_perhaps_the_one_before(place):
    config = read(place, BASE + GOOGLE + APPLICATION + 'old_client_secret_file = "old.secret"\n')
    [one] = config.applications
    assert one.secrets() == ("new", "old")
    assert (one.per_second, one.per_minute, one.edit_external, one.allow_private) == (50, 500, False, False)


@pytest.mark.parametrize("calendars", [CLIENT, OUTLOOK])
def test_where_people_connect_themselves_the_configuration_names_nobody(place, calendars):
    assert read(place, BASE + calendars + APPLICATION).applications
    assert "nobody's calendars are looked after" in str(lines(place, BASE + calendars))


def test_a_service_account_alone_is_still_for_nobody(place):
    account = '[google]\nservice_account_file = "account.json"\n'
    assert "nobody's calendars are looked after" in str(lines(place, BASE + account + APPLICATION))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"scheduler"', '"a:b"', "client_id: is no client id. Use letters"),
        ('"scheduler"', '""', "client_id: is no client id"),
        ("/back", "/back#x", "redirect_uris #1: has a fragment"),
        ("https://app", "http://app", "redirect_uris #1: is plain http"),
        ("https://app.example.com/back", "myapp:back", "redirect_uris #1: is not a web address"),
        ("client_secret_file", "client_secret", "Secrets do not stand here"),
        ('"scheduler.secret"', '"missing.secret"', "the file is missing"),
    ],
)
def test_what_is_wrong_with_an_application_is_said(place, old, new, said):
    assert said in str(lines(place, BASE + GOOGLE + APPLICATION.replace(old, new, 1)))


def test_two_applications_are_told_apart(place):
    text = BASE + GOOGLE + APPLICATION + APPLICATION
    assert "another application has this id. Give each its own." in str(lines(place, text))
    assert len(read(place, text.replace('"scheduler"', '"other"', 1)).applications) == 2
