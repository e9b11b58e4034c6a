from __future__ import annotations

import json
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.config.load import load
from daemon.config.problems import ConfigError, Problem, label, problem_line, problems_json, render_problems
from daemon.config.words import sections
from daemon.rules import Choice, Service
from daemon.world import services
from tests.unit.config_files import BASE, GOOGLE, MICROSOFT, ZOOM, fields_of, furnish, lines, problems, read


@pytest.fixture
def place(tmp_path):
    return furnish(tmp_path)


SERVICES, CHOICES = (", ".join(f'"{word}"' for word in get_args(words)) for words in (Service, Choice))

# Problems of single keys: what is appended to a good file, and what is said about it

SINGLE = [
    ("[sync]\nsweep_second = 3", '10: [sync] sweep_second: unknown key. Did you mean "sweep_seconds"?'),
    ("[sync]\nsweep-seconds = 3", '10: [sync] sweep-seconds: unknown key. Did you mean "sweep_seconds"?'),
    ("[sync]\nlisten = 3", "10: [sync] listen: unknown key. It belongs in [server]."),
    (
        "client_secret = 3",
        "9: [google] client_secret: unknown key. Secrets do not stand here: put it in a file",
    ),
    ("[log]\nxyz = 3", "10: [log] xyz: unknown key. Known here: level, format."),
    ('[log]\n"\\u001b[2J" = 3', r'10: [log] "\u001b[2J": unknown key. Known here: level, format.'),
    ("[synk]\nworkers = 3", '9: synk: unknown section. Did you mean "sync"?'),
    (
        "[outlook]",
        "9: outlook: unknown section. The sections are: server, sync, store, flags, rules, google, microsoft, zoom",
    ),
    ("[micosoft]", '9: micosoft: unknown section. Did you mean "microsoft"?'),
    (
        "[limits]\nmicrosoft_concurrency = 5",
        "10: [limits] microsoft_concurrency: is 5, more than 4. Give a number",
    ),
    (
        '[flags]\ndefault = "teams"',
        '10: [flags] default: must be one of "auto", "integrated", "zoom", ',
    ),
    (
        '[flags]\nvideo = "teams"',
        "10: [flags] video: names teams, which is not set up. Add a section [microsoft], or choose another",
    ),
    (
        '[flags]\nvideo = "temas"',
        f'10: [flags] video: must be one of {SERVICES}, "default". Did you mean "teams"?',
    ),
    (
        '[[rules]]\nservice = "teams"',
        "10: [[rules]] #1 service: names teams, which is not set up. Add a section [microsoft], or",
    ),
    (
        '[log]\nlevel = "warn"',
        '10: [log] level: must be one of "debug", "info", "warning", "error". Did you mean "warning"',
    ),
    (
        "[log]\nlevel = 3",
        '10: [log] level: must be one of "debug", "info", "warning", "error". For example: level = "info"',
    ),
    (
        '[sync]\nworkers = "9"',
        "10: [sync] workers: must be a whole number, but is text. For example: workers = 16",
    ),
    ("[sync]\nworkers = 9.5", "10: [sync] workers: must be a whole number, but is a decimal number. For"),
    ("[sync]\nworkers = true", "10: [sync] workers: must be a whole number, but is true or false. For"),
    ("[sync]\nworkers = 0", "10: [sync] workers: is 0, less than 1. Give a number from 1 to 256."),
    ("[sync]\njitter = 0.6", "10: [sync] jitter: is 0.6, more than 0.5. Give a number from 0 to 0.5."),
    (
        "[sync]\nsweep_seconds = inf",
        "10: [sync] sweep_seconds: is inf, more than 86400. Give a number from 1 to 86400.",
    ),
    ("[sync]\nsweep_seconds = nan", "10: [sync] sweep_seconds: is nan"),
    (
        "[sync]\nsweep_seconds = 1979-05-27",
        "10: [sync] sweep_seconds: must be a number, but is a date or time. For",
    ),
    (
        '[flags]\nlook_in = "title"',
        "10: [flags] look_in: must be a list, but is text. For example: look_in = [",
    ),
    (
        '[flags]\nlook_in = [\n"title",\n"titel"]',
        '12: [flags] look_in #2: must be one of "location", "title"',
    ),
    (
        '[flags]\nvideo = "zoom"',
        "10: [flags] video: names zoom, which is not set up. Add a section [zoom], or",
    ),
    (
        '[flags]\ndefault = "static"',
        "10: [flags] default: names static, which is not set up. Add a section [static]",
    ),
    (
        '[[rules]]\nservice = "zoom"',
        "10: [[rules]] #1 service: names zoom, which is not set up. Add a section",
    ),
    ('[[rules]]\nname = "x"', '9: [[rules]] #1 service: is missing. Add: service = "default"'),
    (
        '[[rules]]\nservice = "meet"\ntitle = "a("',
        "11: [[rules]] #1 title: is not a regular expression (missing ), unter",
    ),
    (
        '[[rules]]\nservice = "meet"\nmin_minutes = 9\nmax_minutes = 3',
        "11: [[rules]] #1 min_minutes: no event lasts at",
    ),
    (
        '[[rules]]\nservice = "meet"\nmax_minutes = -1',
        "11: [[rules]] #1 max_minutes: is -1, less than 0. Give a number",
    ),
    (
        '[[rules]]\nservice = "meet"\nattendee_domains = ["a@b"]',
        "11: [[rules]] #1 attendee_domains #1: is not a domain",
    ),
    (
        '[[rules]]\nservice = "meet"\ncalendars = [""]',
        "11: [[rules]] #1 calendars #1: is empty. For example: calendars",
    ),
    (
        '[[rules]]\nservice = "meet"\norganizers = [1]',
        "11: [[rules]] #1 organizers #1: must be text, but is a number.",
    ),
    (
        '[[rules]]\nservice = "meet"\nexternal_guests = 1',
        "11: [[rules]] #1 external_guests: must be true or false, but",
    ),
    (
        '[rules]\nservice = "meet"',
        "9: [rules]: is a single table, but there can be several. Write [[rules]] in place",
    ),
    ('[static]\nname = "x"', '9: [static] url: is missing. Add: url = "https://meet.example.com/{key}"'),
    (
        '[static]\nurl = "https://x.example/{who}"',
        "10: [static] url: has braces that mean nothing. Only {organizer}",
    ),
    (
        '[static]\nurl = "https://x.example/{key"',
        "10: [static] url: has braces that mean nothing. Only {organizer}",
    ),
    (
        '[static]\nurl = "https://x.example/{key!r}"',
        "10: [static] url: has braces that mean nothing. Only {org",
    ),
    ('[static]\nurl = "meet.example"', "10: [static] url: is not a web address. Write for example"),
    (
        '[flags]\nvideo = "jitsi"',
        "10: [flags] video: names jitsi, which is not set up. Add a section [jitsi], or choose another",
    ),
    ("[whereby]", '9: [whereby] api_key_file: is missing. Add: api_key_file = "credential:whereby-api-key"'),
    (
        '[daily]\napi_key_file = "zoom.secret"\nearly_minutes = -1',
        "11: [daily] early_minutes: is -1, less than 0. Give a number from 0 to 525600.",
    ),
    (
        '[jitsi]\nsecret_file = "zoom.secret"\nbase_url = "http://meet.example"',
        "11: [jitsi] base_url: is plain http. Write https://",
    ),
    (
        '[jitsi]\nsecret_file = "zoom.secret"\ndial_in_code_url = "https://meet.example/code"',
        "11: [jitsi] dial_in_code_url: needs dial_in_numbers_url. Add dial_in_numbers_url: people dial",
    ),
    (
        '[jitsi]\nsecret_file = "zoom.secret"\ndial_in_rooms_domain = "https://meet.example"',
        "11: [jitsi] dial_in_rooms_domain: is not a domain",
    ),
    (
        '[webex]\nclient_id = "x"\nclient_secret_file = "webex.secret"\nsite_url = "https://acme.webex.com"',
        '12: [webex] site_url: is not the name of a site. Write for example "example.webex.com", without',
    ),
    ("static = 3", "9: [google] static: unknown key."),
]


@pytest.mark.parametrize(("text", "said"), SINGLE)
def test_each_mistake_is_named_placed_and_mended(place, text, said):
    found = lines(place, BASE + GOOGLE + text + "\n")
    assert [line[: len(said)] for line in found] == [said]


# The same of the section for Microsoft: it begins on line 6 and is five lines long

MICROSOFTS = [
    ("tennant = 1", '11: [microsoft] tennant: unknown key. Did you mean "tenant"?'),
    (
        "client_secret = 1",
        "11: [microsoft] client_secret: unknown key. Secrets do not stand here: put it in a file",
    ),
    ("subjects = []", "11: [microsoft] subjects: unknown key. It belongs in [google]."),
    (
        "subscription_minutes = 44",
        "11: [microsoft] subscription_minutes: is 44, less than 45. Give a number from 45 to 10070.",
    ),
    (
        "subscription_minutes = 10071",
        "11: [microsoft] subscription_minutes: is 10071, more than 10070. Give a",
    ),
    ('graph_base = "http://graph.example"', "11: [microsoft] graph_base: is plain http. Write https://"),
    ('authority = "http://login.example"', "11: [microsoft] authority: is plain http. Write https://"),
    ('authority = "https://login.example/?x"', "11: [microsoft] authority: has a query or a fragment."),
    ('calendars = [""]', "11: [microsoft] calendars #1: is empty. For example: calendars"),
    ('people = ["ada"]', "11: [microsoft] people #1: is not a mail address."),
    (
        "categories = 3",
        '11: [microsoft] categories: must be a table, but is a number. For example: categories = {"Zoom" =',
    ),
    (
        '[microsoft.categories]\n"Video call" = "temas"',
        f'12: [microsoft.categories] "Video call": must be one of {CHOICES}',
    ),
    (
        '[microsoft.categories]\nZoom = "temas"',
        f'12: [microsoft.categories] Zoom: must be one of {CHOICES}. Did you mean "teams"?',
    ),
    (
        "[microsoft.categories]\nZoom = 3",
        f'12: [microsoft.categories] Zoom: must be one of {CHOICES}. For example: "Zoom" = "zoom"',
    ),
    (
        '[microsoft.categories]\nZoom = "zoom"',
        "12: [microsoft.categories] Zoom: names zoom, which is not set up. Add a section [zoom], or choose another",
    ),
    (
        '[microsoft.categories]\nMeet = "meet"',
        "12: [microsoft.categories] Meet: names meet, which is not set up. Add a section [google], or choose",
    ),
    (
        '[microsoft.categories]\nTeams = "teams"\n"TEAMS " = "default"',
        '13: [microsoft.categories] "TEAMS ": this category is listed before. Upper and lower case count alike here',
    ),
    (
        '[microsoft.categories]\n"" = "teams"',
        '12: [microsoft.categories] "": is no name of a category. Write it as Outlook shows it.',
    ),
    (
        'people = ["GRACE@example.com"]',
        "11: [microsoft] people #1: this person is listed before. List everybody once, in users or in people.",
    ),
    (
        "subscription_minutes = 1440",
        "11: [microsoft] subscription_minutes: subscriptions last 86400 seconds, but are renewed 86400 seconds before",
    ),
]


@pytest.mark.parametrize(("text", "said"), MICROSOFTS)
def test_each_mistake_about_microsoft_is_named_placed_and_mended(place, text, said):
    found = lines(place, BASE + MICROSOFT + text + "\n")
    assert [line[: len(said)] for line in found] == [said]


HALVES = [
    ('tenant = "example.onmicrosoft.com"\n', "", "6: [microsoft] tenant: is missing. Add: tenant ="),
    ('client_id = "app"\n', "", "6: [microsoft] client_id: is missing. Add: client_id ="),
    (
        'client_secret_file = "microsoft.secret"\n',
        "",
        '6: [microsoft] client_secret_file: is missing. Add: client_secret_file = "credential:microsoft-client-secret"',
    ),
    (
        '["Grace@example.com"]',
        "[]",
        "6: [microsoft]: nobody's calendars are looked after. List people in users",
    ),
    ('"Grace@', '"a@b.example", "A@b.example", "', "10: [microsoft] users #3: is not a mail address."),
    ('"Grace@', '"GRACE@example.com", "Grace@', "10: [microsoft] users #2: this person is listed before."),
    ("example.onmicrosoft.com", "", "7: [microsoft] tenant: is not a tenant. Give the directory (tenant) id"),
    ("example.onmicrosoft.com", "a/b", "7: [microsoft] tenant: is not a tenant."),
    (
        "example.onmicrosoft.com",
        "Consumers",
        "7: [microsoft] tenant: stands for private accounts, whose calendars",
    ),
    (
        "example.onmicrosoft.com",
        "common",
        "7: [microsoft] tenant: stands for every tenant, but the app's own",
    ),
]


@pytest.mark.parametrize(("good", "bad", "said"), HALVES)
def test_half_a_way_into_microsoft_is_a_problem(place, good, bad, said):
    assert good in MICROSOFT
    found = lines(place, BASE + MICROSOFT.replace(good, bad))
    assert said in [line[: len(said)] for line in found]


def test_people_of_any_tenant_may_agree_by_themselves(place):
    person = 'people = ["a@b.example"]\n'
    text = MICROSOFT.replace("example.onmicrosoft.com", "organizations").replace(
        '["Grace@example.com"]', "[]"
    )
    assert read(place, BASE + text + person).warnings == ()


SERVER = [
    ('listen = "8480"', "is not a host and a port. Write for example"),
    ('listen = "127.0.0.1:65536"', "is not a host and a port."),
    ('listen = "::1:80"', "is not a host and a port."),
    ("listen = 8480", "must be text. Put it in quotation marks."),
    ('admin_listen = "127.0.0.1:8480"', "is the same as listen. Give it a port of its own."),
]


@pytest.mark.parametrize(("text", "said"), SERVER)
def test_an_address_to_listen_on_is_checked(place, text, said):
    [line] = lines(place, BASE.replace("[store]", f"{text}\n[store]") + GOOGLE)
    assert line.startswith(f"3: [server] {text.split()[0]}: {said}")


URLS = {
    "http://huddled.example.com": "is plain http. Write https://",
    "http://localhost.example.com": "is plain http.",
    "http://127.0.0.1.example.com": "is plain http.",
    "HTTP://huddled.example.com": "is plain http.",
    "ftp://huddled.example.com": "is not a web address.",
    "https://": "is not a web address.",
    "https://[::1": "is not a web address.",
    "https://x:99999": "is not a web address.",
    "https://x y": "is not a web address.",
    "": "is not a web address.",
    "https://ada:secret@x.example": "has a user name or password in it.",
    "https://x.example/?a=b": "has a query or a fragment.",
}


@pytest.mark.parametrize("url", URLS)
def test_a_bad_public_address_is_a_problem(place, url):
    [line] = lines(place, BASE.replace("https://huddled.example.com", url) + GOOGLE)
    assert line.startswith(f"2: [server] public_url: {URLS[url]}")


@pytest.mark.parametrize(
    "url", ["http://localhost:80", "http://127.8.0.1", "http://[::1]:80/x/", "https://x.example/"]
)
def test_a_good_public_address_loses_its_last_slash(place, url):
    api = 'api_base = "http://127.0.0.1:9"\n'
    graph = 'graph_base = "http://127.0.0.1:9"\n'
    config = read(place, BASE.replace("https://huddled.example.com", url) + GOOGLE + api + MICROSOFT + graph)
    assert config.server.public_url == url.rstrip("/")
    assert config.warnings == ()


@pytest.mark.parametrize(
    "url",
    [
        "postgres://x/y",
        "sqlite://x.db",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite:///x/",
        "sqlite:///x?mode=ro",
    ],
)
def test_only_a_file_of_sqlite_is_a_store(place, url):
    [line] = lines(place, BASE.replace("sqlite:///huddled.db", url) + GOOGLE)
    assert line.startswith("4: [store] url: is no store that huddled has. Write ")


# Problems between keys


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "[limits]\ncall_deadline_seconds = 30",
            "10: [limits] call_deadline_seconds: a call may take 30 seconds, but ",
        ),
        (
            "[sync]\nlease_seconds = 20",
            "10: [sync] lease_seconds: a call may take 20 seconds, but after 20 its ",
        ),
    ],
)
def test_a_call_must_end_before_its_lease_does(place, text, said):
    [line] = lines(place, BASE + GOOGLE + text)
    assert line.startswith(said)
    assert line.endswith("Make [limits] call_deadline_seconds less than [sync] lease_seconds.")


CREDENTIALS = [
    (
        'subjects = ["a@b.example"]',
        "7: [google] subjects: needs a service account. Give service_account_file",
    ),
    (
        'service_account_file = "account.json"',
        "6: [google]: nobody's calendars are looked after. List people in",
    ),
    ("", "6: [google]: nobody's calendars are looked after. List people in"),
    (
        (
            'service_account_file = "account.json"\nclient_id = "x"\nclient_secret_file = "google.secret"\n'
            'users = [{email = "a@b.example", refresh_token_file = "ada.token"}]'
        ),
        "7: [google] service_account_file: is for nobody. List its people in subjects.",
    ),
    (
        'client_id = "x"',
        "7: [google] client_id: needs client_secret_file. Add client_secret_file, or take client",
    ),
    (
        'client_secret_file = "google.secret"',
        "7: [google] client_secret_file: needs client_id. Add client_id, or",
    ),
    (
        'users = [{email = "a@b.example", refresh_token_file = "ada.token"}]',
        "7: [google] users: need an OAuth client.",
    ),
    (
        'service_account_file = "account.json"\nsubjects = ["a@b.example", "A@b.example"]',
        "8: [google] subjects #2: this",
    ),
]


@pytest.mark.parametrize(("text", "said"), CREDENTIALS)
def test_half_a_way_into_google_is_a_problem(place, text, said):
    found = lines(place, BASE + "[google]\n" + text + "\n")
    assert said in [line[: len(said)] for line in found]


def test_a_person_is_listed_once(place):
    client = 'client_id = "x"\nclient_secret_file = "google.secret"\n'
    user = '[[google.users]]\nemail = "ADA@example.com"\nrefresh_token_file = "ada.token"\n'
    [line] = lines(place, BASE + GOOGLE + client + user)
    assert line.startswith("12: [[google.users]] #1 email: this person is listed before.")


def test_a_subscription_must_outlast_its_renewal(place):
    [line] = lines(place, BASE + GOOGLE + "channel_seconds = 86400\n")
    assert line.startswith(
        "9: [google] channel_seconds: subscriptions last 86400 seconds, but are renewed 86400 "
    )


def test_some_of_the_daily_calls_must_be_left_for_making_meetings(place):
    [line] = lines(place, BASE + GOOGLE + ZOOM + "cancel_reserve = 100\n")
    assert line.startswith("13: [zoom] cancel_reserve: keeps back 100 of 100 calls")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (BASE, "[google]: no calendars are configured"),
        (
            BASE.replace("[store]", 'admin_listen = "0.0.0.0:8481"\n[store]') + GOOGLE,
            "can be reached from other machines",
        ),
        (
            BASE.replace("https://huddled.example.com", "http://127.0.0.1:8480") + GOOGLE,
            "which Google cannot reach",
        ),
        (
            BASE.replace("https://huddled.example.com", "http://127.0.0.1:8480") + MICROSOFT,
            "which Microsoft cannot reach",
        ),
        (
            BASE.replace("https://huddled.example.com", "http://127.0.0.1:8480") + GOOGLE + MICROSOFT,
            "which Google and Microsoft cannot reach",
        ),
        (
            BASE + GOOGLE + MICROSOFT.replace("Grace", "ADA"),
            ":13: warning: [microsoft] users #1: this person is listed in [google] too",
        ),
        (BASE.replace("sqlite:///", "sqlite:////nowhere/") + GOOGLE, "the directory of this file is missing"),
        (BASE.replace("huddled.db", f"{'x' * 999}/x") + GOOGLE, "the directory of this file is missing"),
    ],
)
def test_what_is_only_doubtful_is_a_warning(place, text, said):
    [warning] = read(place, text).warnings
    assert said in problem_line("", warning)
    assert warning.severity == "warning"


# Problems of the whole file


def test_all_problems_are_reported_at_once(place):
    text = """\
[server]
public_url = "http://huddled.example.com"
[sync]
lease_seconds = 5
wokers = 1
[store]
url = "mysql://x"
[google]
subjects = ["ada"]
client_secret_file = "nowhere"
[[rules]]
service = "zoom"
"""
    error = problems(place, text)
    assert [(problem.line, problem.key) for problem in error.problems] == [
        (2, "[server] public_url"),
        (4, "[sync] lease_seconds"),
        (5, "[sync] wokers"),
        (6, "[store] key_file"),
        (7, "[store] url"),
        (9, "[google] subjects #1"),
        (9, "[google] subjects"),
        (10, "[google] client_secret_file"),
        (10, "[google] client_secret_file"),
        (12, "[[rules]] #1 service"),
    ]
    assert render_problems(error).splitlines()[2] == (
        f'{place}/config.toml:5: [sync] wokers: unknown key. Did you mean "workers"?'
    )
    assert render_problems(error).splitlines()[-1].startswith(f"10 errors in {place}/config.toml;")


def test_a_missing_section_says_what_it_needs(place):
    assert lines(place, GOOGLE) == [
        "[server]: is missing. Write [server] on a line of its own with public_url below it.",
        "[store]: is missing. Write [store] on a line of its own with url and key_file below it.",
    ]


def test_a_section_that_is_no_table_is_a_problem(place):
    found = lines(place, "sync = 3\nzoom = [1]\n" + BASE + GOOGLE)
    assert [line.partition(".")[0] for line in found] == [
        "1: [sync]: must be a table",
        "2: [zoom]: must be a table",
    ]


def test_a_key_before_all_sections_is_sent_home(place):
    found = lines(place, "workers = 3\nxyz = 1\n" + BASE + GOOGLE)
    assert found[0] == "1: workers: unknown key outside all sections. It belongs in [sync]."
    assert found[1].startswith("2: xyz: unknown key outside all sections. The sections are: server")


def test_problems_as_data_say_whether_the_file_can_be_used(place):
    error = problems(place, BASE + "[sync]\nworkers = 0\n")
    data = json.loads(json.dumps(problems_json(error.file, error.problems)))
    assert (data["file"], data["ok"]) == (str(place / "config.toml"), False)
    assert {"severity": "error", "key": "[sync] workers", "line": 7, "column": None}.items() <= data[
        "problems"
    ][1].items()
    assert problems_json("c", read(place, BASE).warnings)["ok"]


@pytest.mark.parametrize(
    ("text", "line", "column", "said"),
    [
        ("[server]\npublic_url = = 3\n", 2, 14, "is not TOML: invalid value"),
        ("a = 1\na = 2\n", 2, 6, "is not TOML: cannot overwrite a value"),
        ('a = 1\nb = """x\n\n', 4, None, "is not TOML: unterminated string"),
        ("a = " + "[" * 5000, None, None, "is nested too deeply"),
    ],
)
def test_what_is_not_toml_is_placed_by_line_and_column(place, text, line, column, said):
    [problem] = problems(place, text).problems
    assert (problem.line, problem.column) == (line, column)
    assert problem.message.startswith(said)


def test_a_file_that_is_not_there_or_not_text_is_a_problem(place):
    for path in (place / "nowhere.toml", place):
        with pytest.raises(ConfigError) as caught:
            load(path, {})
        assert caught.value.problems[0].line is None
    (place / "config.toml").write_bytes(b"a = 1\nb = '\xff'\n")
    with pytest.raises(ConfigError) as caught:
        load(place / "config.toml", {})
    assert caught.value.problems == (Problem("", 2, "is not UTF-8 text", "Save it as UTF-8."),)


VALUES = st.recursive(
    st.booleans() | st.integers(-5, 5) | st.floats() | st.sampled_from(["", "zoom", "a@b", "{", "https://x"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["email", "service", "x"]), inner)
    ),
    max_leaves=4,
)


@given(
    st.dictionaries(
        st.sampled_from([*sections(), "x"]),
        VALUES
        | st.dictionaries(
            st.sampled_from([name for section in sections() for name in fields_of(section)]),
            VALUES,
        ),
    )
)
def test_whatever_a_file_holds_is_a_configuration_or_a_list_of_problems(tmp_path_factory, values):
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_text("\n".join(f"{name} = {toml(value)}" for name, value in values.items()))
    try:
        found = load(path, {}).warnings
    except ConfigError as error:
        found = error.problems
    assert [problem for problem in found if not problem.message] == []


def toml(value):
    match value:
        case dict():
            return "{" + ", ".join(f"{key} = {toml(inner)}" for key, inner in value.items()) + "}"
        case list():
            return "[" + ", ".join(toml(inner) for inner in value) + "]"
        case float():
            return repr(value)
        case _:
            return json.dumps(value)


def test_labels_look_like_the_file():
    assert label(("google", "users", 1, "email")) == "[[google.users]] #2 email"
    assert label(("sync", "a b")) == '[sync] "a b"'
    assert label(("google", "users", 1)) == "[google] users #2"
    assert label(("microsoft", "categories", "Video call")) == '[microsoft.categories] "Video call"'


# Apps that people link, and the looks of the pages


USER_APP = """\
[zoom]
user_client_id = "app"
user_client_secret_file = "zoom.secret"
"""


def test_zoom_can_be_set_up_with_either_app_alone(place):
    config = read(place, BASE + GOOGLE + USER_APP)
    assert config.zoom_settings().account_id == ""
    assert config.zoom_settings().user_client_id == "app"
    assert services(config)["zoom"].personal
    assert not services(read(place, BASE + GOOGLE + ZOOM))["zoom"].personal
    assert "hunter2" not in repr(config.zoom_settings())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "[zoom]\n",
            "[zoom]: names no app. Add account_id, client_id, client_secret_file of a server-to-server",
        ),
        (
            '[zoom]\naccount_id = "a"\n',
            "[zoom] account_id: needs client_id and client_secret_file. Add client_id",
        ),
        ('[zoom]\nuser_client_id = "a"\n', "[zoom] user_client_id: needs user_client_secret_file. Add"),
        (ZOOM + 'user_client_id = "a"\n', "[zoom] user_client_id: needs user_client_secret_file. Add"),
    ],
)
def test_half_an_app_of_zoom_is_a_problem(place, text, said):
    [line] = lines(place, BASE + GOOGLE + text)
    assert said in line


def test_a_logo_is_a_picture_and_no_secret(place):
    (place / "logo.png").write_bytes(b"png")
    (place / "logo.png").chmod(0o644)
    config = read(place, BASE + GOOGLE + '[branding]\nlogo_file = "logo.png"\n')
    assert config.branding.logo_file == place / "logo.png"
    assert config.warnings == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            'logo_file = "logo.exe"',
            "[branding] logo_file: is no picture that browsers show. Give one of: .png",
        ),
        ('logo_file = "none.png"', "[branding] logo_file: cannot be read: No such file or directory."),
        ("logo_file = 3", "[branding] logo_file: must be text."),
        ('color = "red"', "[branding] color: is no colour. Write # and six"),
        ('name = ""', "[branding] name: is empty."),
    ],
)
def test_looks_that_cannot_be_shown_are_a_problem(place, text, said):
    [line] = lines(place, f"{BASE}{GOOGLE}[branding]\n{text}\n")
    assert said in line


def test_a_logo_that_is_too_large_is_a_problem(place):
    (place / "logo.png").write_bytes(bytes(300_000))
    [line] = lines(place, BASE + GOOGLE + '[branding]\nlogo_file = "logo.png"\n')
    assert "has 300000 bytes, more than 262144" in line


@pytest.mark.parametrize(
    "program", ["/bin/sh", "tell-operator", "/nowhere/tell-operator", "/bin", "/etc/passwd"]
)
def test_a_command_for_alerts_has_to_be_there_already(place, program):
    config = read(place, f'{BASE}{GOOGLE}\n[alerts]\ncommand = ["{program}", "-c", "true"]\n')
    assert config.alerts.command == (program, "-c", "true")
    said = [problem_line("", warning) for warning in config.warnings]
    if program == "/bin/sh":
        assert said == []
    else:
        (one,) = said
        assert "warning: [alerts] command #1: cannot be run. Give the absolute path of a program" in one


def test_a_command_for_alerts_is_a_list(place):
    assert read(place, BASE).alerts.command == ()
    with pytest.raises(ConfigError) as caught:
        read(place, f'{BASE}[alerts]\ncommand = "mail root"\n')
    assert "[alerts] command" in str(caught.value)
