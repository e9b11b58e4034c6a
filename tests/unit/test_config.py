from __future__ import annotations

import dataclasses
import json
import os
import re

import pytest
from pydantic import ValidationError

from connectors.settings import (
    DailySettings,
    GoogleSettings,
    GoToSettings,
    JitsiSettings,
    MicrosoftSettings,
    StaticSettings,
    WebexSettings,
    WherebySettings,
    ZoomSettings,
)
from daemon.config.load import load
from daemon.config.model import Config
from daemon.config.problems import ConfigError, Problem, problem_line, problems_json, render_problems
from daemon.rules import Flags, Rule
from tests.unit.config_files import (
    BASE,
    GOOGLE,
    GOTO,
    KEY,
    MICROSOFT,
    ROOMS,
    SECRET,
    WEBEX,
    ZOOM,
    fields_of,
    furnish,
    lines,
    problems,
    read,
    write,
)


@pytest.fixture
def place(tmp_path):
    return furnish(tmp_path)


# What a good file becomes


def test_a_small_file_is_filled_up_with_defaults(place):
    config = read(place, BASE + GOOGLE)
    assert (str(config.server.listen), config.server.admin_listen.port) == ("127.0.0.1:8480", 8481)
    assert (config.sync.sweep_seconds, config.sync.lease_seconds, config.sync.keep_days) == (600, 30, 30)
    assert (config.limits.call_deadline_seconds, config.limits.per_account_concurrency) == (20, 4)
    assert (config.log.level, config.log.format) == ("info", "auto")
    assert config.google.calendars == ("*",)
    assert config.google.subjects == ("ada@example.com",)
    assert config.warnings == ()


def test_relative_files_count_from_the_configuration_file(place, monkeypatch):
    monkeypatch.chdir("/")
    config = read(place, BASE + GOOGLE)
    assert config.store.path == place / "huddled.db"
    assert config.store.key_file == place / "store.key"
    assert config.google.service_account_file.path == place / "account.json"


def test_connectors_get_their_settings_with_the_secrets_read(place):
    static = '[static]\nurl = "https://meet.example.com/{key}"\n'
    config = read(place, BASE + GOOGLE + MICROSOFT + ZOOM + static)
    assert config.google_settings() == GoogleSettings(service_account=KEY)
    assert config.zoom_settings() == ZoomSettings("account", "client", SECRET)
    assert config.static_settings() == StaticSettings("https://meet.example.com/{key}")
    categories = {"Zoom": "zoom", "Teams": "teams", "Video call": "default"}
    assert config.microsoft_settings() == MicrosoftSettings(
        "example.onmicrosoft.com", "app", SECRET, categories=categories
    )
    assert config.services() == ("meet", "teams", "zoom", "static")


def test_services_with_rooms_get_their_settings_with_the_secrets_read(place):
    config = read(place, BASE + ROOMS)
    assert config.jitsi.settings() == JitsiSettings(SECRET, "https://meet.example.org", subject=True)
    assert config.whereby.settings() == WherebySettings(SECRET)
    assert config.daily.settings() == DailySettings(SECRET)
    assert config.services() == ("jitsi", "whereby", "daily")
    assert config.policy_flags().hosts == ("meet.example.org",)
    assert SECRET not in repr(config) + repr(config.jitsi.settings()) + config.model_dump_json()


def test_services_of_peoples_own_accounts_get_their_settings_with_the_secrets_read(place):
    config = read(place, BASE + GOTO + WEBEX)
    assert config.goto.settings() == GoToSettings("client", SECRET, mark_subjects=True)
    assert config.webex.settings() == WebexSettings("client", SECRET, site_url="acme.webex.com")
    assert config.services() == ("goto", "webex")
    assert SECRET not in repr(config) + repr(config.goto.settings()) + config.model_dump_json()
    assert SECRET not in repr(config.webex.settings())


def test_a_jitsi_that_is_part_of_a_site_makes_no_meetings_of_its_other_pages(place):
    jitsi = '[jitsi]\nsecret_file = "rooms.secret"\nbase_url = "https://example.org/meet"\n'
    assert read(place, BASE + jitsi).policy_flags().hosts == ()


def test_microsoft_lists_as_far_ahead_as_everything_else(place):
    config = read(place, BASE + MICROSOFT + "[sync]\nwindow_days = 30\n")
    assert config.microsoft_settings().window_days == 30
    assert (config.services(), config.warnings) == (("teams",), ())


def test_categories_ask_for_nothing_that_is_not_set_up_unless_the_operator_says_so(place):
    defaults = read(place, BASE + MICROSOFT).microsoft_settings().categories
    assert defaults == {"Teams": "teams", "Video call": "default"}
    own = '[microsoft.categories]\n"Besprechung" = "integrated"\nPrivate = "none"\n'
    stated = read(place, BASE + MICROSOFT + own).microsoft_settings().categories
    assert stated == {"Besprechung": "integrated", "Private": "none"}
    assert read(place, BASE + MICROSOFT + "[microsoft.categories]\n").microsoft_settings().categories == {}


def test_people_may_agree_to_microsoft_by_themselves(place):
    config = read(place, BASE + MICROSOFT + 'people = ["Ada@example.com"]\n')
    assert (config.microsoft.users, config.microsoft.people) == (("grace@example.com",), ("ada@example.com",))
    assert config.warnings == ()


def test_people_may_come_with_refresh_tokens_of_their_own(place):
    google = '[google]\nclient_id = "me"\nclient_secret_file = "google.secret"\n'
    user = '[[google.users]]\nemail = "ada@example.com"\nrefresh_token_file = "ada.token"\n'
    config = read(place, BASE + google + user)
    assert config.google_settings() == GoogleSettings(client_id="me", client_secret=SECRET)
    assert [(user.email, user.refresh_token) for user in config.google_users()] == [
        ("ada@example.com", SECRET)
    ]
    assert SECRET not in repr(config.google_users())


def test_providers_that_are_left_out_have_no_settings(place):
    config = read(place, BASE)
    assert (config.google_settings(), config.microsoft_settings()) == (None, None)
    assert (config.zoom_settings(), config.static_settings()) == (None, None)
    assert (config.services(), config.google_users()) == ((), ())


def test_the_policy_gets_plain_data(place):
    rule = r"""
        [flags]
        look_in = ["title"]
        video = "zoom"
        default = "integrated"
        [[rules]]
        service = "zoom"
        name = "customers"
        calendars = ["Sales*"]
        organizers = ["*@Example.com"]
        attendee_domains = ["@Customer.example"]
        external_guests = true
        title = '\bdemo\b'
        min_minutes = 15
        max_minutes = 60
        even_if_linked = true
        [[rules]]
        service = "none"
    """
    flags = read(place, BASE + GOOGLE + ZOOM + rule).policy_flags()
    customers = Rule(
        service="zoom",
        name="customers",
        calendars=("Sales*",),
        organizers=("*@example.com",),
        attendee_domains=("customer.example",),
        external_guests=True,
        title=re.compile(r"\bdemo\b", re.IGNORECASE),
        min_minutes=15,
        max_minutes=60,
        even_if_linked=True,
    )
    expected = Flags(("meet", "zoom"), ("title",), "zoom", "integrated", (customers, Rule("none")))
    assert flags == expected


def test_the_defaults_of_flags_are_those_of_the_policy(place):
    assert read(place, BASE).policy_flags() == Flags()


@pytest.mark.parametrize(
    "settings",
    [
        DailySettings,
        GoogleSettings,
        GoToSettings,
        JitsiSettings,
        MicrosoftSettings,
        StaticSettings,
        WebexSettings,
        WherebySettings,
        ZoomSettings,
    ],
)
def test_the_defaults_of_a_provider_are_those_of_its_connector(settings):
    section = settings.__name__.removesuffix("Settings").lower()
    keys = fields_of(section)
    defaults = {
        f.name: f.default for f in dataclasses.fields(settings) if f.default is not dataclasses.MISSING
    }
    shared = keys.keys() & defaults.keys()
    assert shared >= defaults.keys() - {
        "client_secret",
        "service_account",
        "user_client_secret",
        "window_days",
        "wording",
    }
    assert {name: keys[name] for name in shared} == {name: defaults[name] for name in shared}


def test_the_default_window_of_microsoft_is_that_of_all_calendars():
    assert MicrosoftSettings("tenant", "client", "secret").window_days == fields_of("sync")["window_days"]


def test_a_configuration_cannot_be_changed(place):
    config = read(place, BASE)
    with pytest.raises(ValidationError):
        config.sync.workers = 1


def test_addresses_of_providers_end_as_their_connectors_want_them(place):
    google = GOOGLE + 'api_base = "http://127.0.0.1:9/calendar"\ntoken_url = "http://[::1]:9/token/"\n'
    microsoft = 'graph_base = "https://graph.example/v1.0/"\n'
    zoom = 'api_base = "https://zoom.example/v2/"\n'
    config = read(place, BASE + google + MICROSOFT + microsoft + ZOOM + zoom)
    assert config.google_settings().api_base == "http://127.0.0.1:9/calendar/"
    assert config.google_settings().token_url == "http://[::1]:9/token"
    assert config.zoom_settings().api_base == "https://zoom.example/v2"
    assert config.microsoft_settings().graph_base == "https://graph.example/v1.0"


def test_a_byte_order_mark_and_foreign_line_ends_do_no_harm(place):
    (place / "config.toml").write_bytes(
        ("\ufeff" + BASE + "[sync]\nworkerz = 1\n").replace("\n", "\r\n").encode()
    )
    with pytest.raises(ConfigError) as caught:
        load(place / "config.toml", {})
    assert [problem.line for problem in caught.value.problems if problem.severity == "error"] == [7]


# Secrets


def test_secrets_show_nowhere(place):
    config = read(place, BASE + GOOGLE + MICROSOFT + ZOOM)
    shown = [repr(config), str(config), str(config.model_dump()), config.model_dump_json()]
    shown += [repr(config.google_settings()), repr(config.zoom_settings())]
    shown += [repr(config.microsoft_settings())]
    assert [text for text in shown if SECRET in text] == []
    assert json.loads(config.model_dump_json())["zoom"]["client_secret_file"] == str(place / "zoom.secret")


@pytest.mark.parametrize(
    "text",
    [
        f'{ZOOM}client_secret = "{SECRET}"',
        f'{ZOOM}default_host = "{SECRET}"',
        f'{ZOOM}api_base = "https://ada:{SECRET}@zoom.example"',
        f'{ZOOM}daily_limit = "{SECRET}"',
        ZOOM.replace("zoom.secret", SECRET),
        ZOOM.replace("zoom.secret", f"1//0{SECRET}"),
        ZOOM.replace('"zoom.secret"', f'\'{{"private_key": "{SECRET}"}}\''),
        ZOOM.replace('"zoom.secret"', f'"""-----BEGIN PRIVATE KEY-----\n{SECRET}"""'),
        ZOOM.replace("zoom.secret", f"{SECRET}/\\u0000"),
        f'[log]\nlevel = "{SECRET}"',
        f'[store2]\nurl = "{SECRET}"',
        f'{MICROSOFT}client_secret = "{SECRET}"',
        f'{MICROSOFT}categories = {{Zoom = "{SECRET}"}}',
        f'{MICROSOFT}people = ["{SECRET}"]',
        MICROSOFT.replace("example.onmicrosoft.com", f"{SECRET}/x"),
        MICROSOFT.replace("microsoft.secret", SECRET),
        f'[log]\nlevel = "{SECRET}',
    ],
)
def test_no_problem_repeats_a_secret_that_was_put_in_the_wrong_place(place, text):
    error = problems(place, BASE + GOOGLE + text + "\n")
    assert SECRET not in render_problems(error) + str(error) + repr(error) + json.dumps(
        problems_json(error.file, error.problems)
    )
    assert error.__cause__ is None


def test_what_pydantic_itself_says_repeats_no_value():
    with pytest.raises(ValidationError) as caught:
        Config.model_validate({"log": {"level": SECRET}, "zoom": {"client_secret": SECRET}})
    assert SECRET not in str(caught.value)


def test_a_systemd_credential_is_found_by_its_name(place):
    text = BASE + GOOGLE + ZOOM.replace("zoom.secret", "credential:zoom")
    (place / "credentials").mkdir()
    write(place / "credentials" / "zoom", SECRET, 0o444)
    config = read(place, text, CREDENTIALS_DIRECTORY=str(place / "credentials"))
    assert config.zoom_settings().client_secret == SECRET
    assert config.warnings == ()


def test_a_file_that_others_can_read_is_a_warning_with_its_remedy(place):
    (place / "zoom.secret").chmod(0o644)
    config = read(place, BASE + GOOGLE + ZOOM)
    path = place / "zoom.secret"
    fix = f"Run: chmod 600 {path}"
    message = "others than its owner can get at the file"
    assert config.warnings == (Problem("[zoom] client_secret_file", 12, message, fix, "warning"),)
    assert problem_line("c", config.warnings[0]) == (
        f"c:12: warning: [zoom] client_secret_file: {message}. {fix}"
    )


def test_a_group_may_read_a_secret_but_not_change_it(place):
    (place / "zoom.secret").chmod(0o640)
    assert read(place, BASE + GOOGLE + ZOOM).warnings == ()
    (place / "zoom.secret").chmod(0o660)
    assert len(read(place, BASE + GOOGLE + ZOOM).warnings) == 1


def test_the_key_of_the_store_may_be_missing_but_not_empty(place):
    assert not (place / "store.key").exists()
    read(place, BASE + GOOGLE)
    write(place / "store.key", "")
    assert lines(place, BASE + GOOGLE) == [
        f"5: [store] key_file: the file is empty: looked for in {place}. Put the secret into it."
    ]


BROKEN_SECRETS = {
    "missing": (None, "the file is missing: looked for in {place}. Create it, or correct the path."),
    "empty": (b" \n", "the file is empty: looked for in {place}. Put the secret into it."),
    "two lines": (b"one\ntwo\n", "the file holds more than one word. A secret is one line without spaces; "),
    "binary": (b"\xff\xfe", "the file is not text. Correct the path."),
    "huge": (b"x" * 70_000, "the file is too large to be a secret. Correct the path."),
}


@pytest.mark.parametrize("case", BROKEN_SECRETS)
def test_a_secret_file_that_cannot_serve_is_a_problem(place, case):
    content, said = BROKEN_SECRETS[case]
    (place / "zoom.secret").unlink()
    if content is not None:
        (place / "zoom.secret").write_bytes(content)
    [line] = lines(place, BASE + GOOGLE + ZOOM)
    assert line.startswith("12: [zoom] client_secret_file: " + said.format(place=place))


def test_a_directory_or_a_pipe_is_no_secret_file(place):
    os.mkfifo(place / "pipe")
    for name in ("pipe", "."):
        [line] = lines(place, BASE + GOOGLE + ZOOM.replace("zoom.secret", name))
        assert "is not a file" in line


def test_an_absolute_path_below_a_file_cannot_be_read(place):
    [line] = lines(place, BASE + GOOGLE + ZOOM.replace("zoom.secret", f"{place}/account.json/inner"))
    assert f"the file cannot be read (not a directory): {place}/account.json/inner." in line


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_secret_file_without_the_right_to_read_it_is_a_problem(place):
    (place / "zoom.secret").chmod(0)
    assert "the file cannot be read (permission denied)" in lines(place, BASE + GOOGLE + ZOOM)[0]


@pytest.mark.parametrize(
    "content", ["{}", "no json", "[]", '{"client_email": "x", "private_key": 1}', "[" * 9999]
)
def test_a_key_of_a_service_account_must_look_like_one(place, content):
    (place / "account.json").write_text(content)
    assert "7: [google] service_account_file: the file is not the JSON key" in lines(place, BASE + GOOGLE)[0]


@pytest.mark.parametrize(
    ("value", "environ", "said"),
    [
        (
            "credential:zoom",
            {},
            "names a systemd credential, but $CREDENTIALS_DIRECTORY is not set. Add LoadCredential=",
        ),
        ("credential:", {"CREDENTIALS_DIRECTORY": "/x"}, "names no credential."),
        ("credential:../zoom", {"CREDENTIALS_DIRECTORY": "/x"}, "names no credential."),
        ("credential:zoom", {"CREDENTIALS_DIRECTORY": "/nowhere"}, "the file is missing: /nowhere/zoom."),
        ("", {}, "names no file."),
        ("/nowhere/zoom", {}, "the file is missing: /nowhere/zoom."),
    ],
)
def test_a_name_that_leads_nowhere_is_a_problem(place, value, environ, said):
    [line] = lines(place, BASE + GOOGLE + ZOOM.replace("zoom.secret", value), **environ)
    assert line.startswith(f"12: [zoom] client_secret_file: {said}")
