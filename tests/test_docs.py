"""README, ARCHITECTURE and docs/ say what is so: every name, link, key, command and message in them is looked up."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from connectors.google.auth import SCOPES
from connectors.keywords import KEYWORDS
from connectors.microsoft.auth import SCOPE
from daemon.choice import choose
from daemon.cli.program import main
from daemon.config.load import load
from daemon.config.model import Config
from daemon.config.words import fields_at, sections
from daemon.health import Metrics
from daemon.rules import Flags
from daemon.terms import Linked, Policy, Service, Wanted

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
PAGES = sorted(
    [
        README,
        ROOT / "ARCHITECTURE.md",
        ROOT / "CONTRIBUTING.md",
        ROOT / "CHANGELOG.md",
        *(ROOT / "docs").glob("*.md"),
    ]
)
SCREEN = 20  # lines, a picture included
HOSTS = {
    "accounts.google.com",
    "admin.google.com",
    "app.example.com",
    "console.cloud.google.com",
    "dashboard.daily.co",
    "developer.goto.com",
    "developer.webex.com",
    "docs.astral.sh",
    "entra.microsoft.com",
    "huddled.example.com",
    "keepachangelog.com",
    "marketplace.zoom.us",
    "meet.example.org",
    "meet.jit.si",
    "oauth2.googleapis.com",
    "semver.org",
    "us02web.zoom.us",
    "www.googleapis.com",
}
PLACES = (
    "/opt/huddled",
    "/etc/",
    "/var/lib/huddled",
    "/var/backups",
    "/run/credentials",
    "/hooks/",
    "/link/",
    "/dev/",
    "/oauth/",
    "/v1/",
    "/v2/",
)


def every_page(test):
    return pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))(test)


def table(page: Path, heading: str) -> list[list[str]]:
    """Return the cells of the table below a heading of its first column, without the heading."""
    lines = page.read_text().splitlines()
    first = next(at for at, line in enumerate(lines) if line.startswith(f"| {heading} |"))
    rows = []
    for line in lines[first + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def code(page: Path, language: str) -> list[str]:
    """Return the blocks of code in a language, without what indents them."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^\1```", page.read_text(), re.MULTILINE | re.DOTALL)
    return [re.sub(rf"^{indent}", "", text, flags=re.MULTILINE) for indent, text in found]


def test_the_first_screen_of_the_readme_names_both_commands_and_shows_the_picture():
    screen = "\n".join(README.read_text().splitlines()[:SCREEN])
    assert "make demo" in screen
    assert "make test" in screen
    assert "](docs/demo.png)" in screen


@every_page
def test_every_link_inside_the_repository_leads_somewhere(page):
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        name, _, anchor = target.partition("#")
        if re.match(r"[a-z]+:", name):
            continue
        file = (page.parent / name).resolve() if name else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(target)
    assert broken == []


def anchors(file: Path) -> set[str]:
    """Return the names of a page's headings as they stand in links."""
    headings = re.findall(r"^#+ (.*)$", file.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


@every_page
def test_every_file_of_ours_that_is_named_is_there(page):
    named = re.findall(
        r"`((?:connectors|store|webhooks|daemon|sandbox|bench|tests|systemd|docs)/[\w./]*)`", page.read_text()
    )
    files = re.findall(r"`([\w.]+\.(?:toml|lock|json|md|service))`", page.read_text())
    made = {"config.toml"}
    missing = {name for name in named if not (ROOT / name).exists()}
    missing |= {name for name in files if not any(ROOT.glob(f"[!.]*/{name}")) and not (ROOT / name).exists()}
    assert missing - made == set()


@every_page
def test_only_hosts_that_are_meant_are_named(page):
    hosts = set(re.findall(r"https?://([a-z0-9.-]+\.[a-z]{2,})", page.read_text()))
    assert hosts - HOSTS == set()


@every_page
def test_no_path_of_the_authors_machine_is_named(page):
    text = re.sub(r"https?://\S+", "", page.read_text())
    paths = re.findall(r"(?<![\w.`}/:*])/(?:[a-z]+/)+[\w.-]*", text)
    assert [path for path in paths if not path.startswith(PLACES)] == []
    assert str(ROOT) not in text


def test_every_keyword_stands_in_the_flag_table():
    assert sorted(row[0].strip("`@") for row in table(README, "keyword")) == sorted(KEYWORDS)


@pytest.mark.parametrize("row", table(README, "keyword"), ids=lambda row: row[0])
def test_a_keyword_does_what_the_flag_table_says(row):
    word, _, where, status = row[0].strip("`@"), *row[1:]
    native = ("meet", "teams")
    rooms = ("jitsi", "whereby", "daily", "static")
    services = {name: Service(name, native=name in native) for name in (*native, "zoom", *rooms)}
    services |= {name: Service(name, personal=True) for name in ("goto", "webex")}
    policy = Policy(now=datetime(2026, 1, 1, tzinfo=UTC), flags=Flags(), services=services, native=native)
    own = tuple(Linked(f"pro_{name}", name) for name in ("goto", "webex"))
    if status.endswith("for whoever has linked an account there"):
        assert not isinstance(choose(word, f"title:@{word}", policy), Wanted)
        policy = replace(policy, linked=own)
    verdict = choose(word, f"title:@{word}", policy)
    assert where == "title, description, location"
    if word == "none":
        assert not isinstance(verdict, Wanted)
    elif status.startswith("works"):
        assert isinstance(verdict, Wanted)
    else:
        assert status == 'recognised; the answer is "not configured"'
        assert "not configured" in verdict.why


@every_page
def test_every_key_of_the_configuration_that_is_mentioned_exists(page):
    known = "|".join(sections())
    mentioned = re.findall(rf"`({known})\.([a-z_]+)(?: = [^`]*)?`", page.read_text())
    wrong = [f"{section}.{key}" for section, key in mentioned if key not in fields_at((section,))]
    assert [name for name in wrong if not (ROOT / name.replace(".", "/")).with_suffix(".py").exists()] == []
    assert set(re.findall(r"`\[+([a-z.]+)\]+`", page.read_text())) <= {
        *sections(),
        "google.users",
        "microsoft.categories",
    }


def keys(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """List the paths of all keys of a piece of TOML."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [deeper for key, below in inner for deeper in [(*path, key), *keys(below, (*path, key))]]


@every_page
def test_every_key_in_the_examples_exists(page):
    for text in code(page, "toml"):
        for *path, key in keys(tomllib.loads(text)):
            if isinstance(key, str) and path[-1:] != ["categories"]:  # people name these as they like
                assert key in (fields_at(tuple(path)) if path else Config.model_fields), text


@pytest.mark.parametrize("page", [README, ROOT / "docs" / "operations.md"], ids=lambda page: page.name)
def test_the_example_configuration_loads_as_it_stands(page, tmp_path):
    text = max(code(page, "toml"), key=len)
    account = {"client_email": "huddled@example.iam.gserviceaccount.com", "private_key": "x"}
    names = ("zoom.secret", "microsoft.secret", "store-key", "zoom-client-secret", "microsoft-client-secret")
    secrets = dict.fromkeys(("google.json", "google-service-account"), json.dumps(account))
    secrets |= dict.fromkeys(names, "x")
    for name, secret in secrets.items():
        (tmp_path / name).write_text(secret)
        (tmp_path / name).chmod(0o600)
    file = tmp_path / "config.toml"
    file.write_text(text)
    config = load(file, {"CREDENTIALS_DIRECTORY": str(tmp_path)})
    assert config.services() == ("meet", "teams", "zoom")


@every_page
def test_every_command_that_is_shown_exists(page):
    text = page.read_text()
    shown = set(
        re.findall(r"(?:`|\$ |bin/|^ *)huddled ([a-z][a-z-]+)", "\n".join(pieces(text)), re.MULTILINE)
    )
    targets = set(re.findall(r"(?:`|^ *)make (?:-C \S+ )?([a-z]+)", "\n".join(pieces(text)), re.MULTILINE))
    make = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert shown <= set(main.commands)
    assert targets <= make


def pieces(text: str) -> list[str]:
    """Return what stands between backticks, in blocks and in lines."""
    blocks = re.findall(r"^ *```\w*\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    return [*blocks, *re.findall(r"`[^`\n]+`", text)]


def test_the_readme_lists_every_command():
    listed = [row[0].strip("`").split()[1] for row in table(README, "command")]
    assert sorted(listed) == sorted(main.commands)


def test_the_scopes_that_are_asked_of_google_are_told():
    assert [row[0].strip("`") for row in table(ROOT / "docs" / "google.md", "scope")] == list(SCOPES)


def test_the_permissions_that_are_asked_of_microsoft_are_told():
    told = [row[0].strip("`") for row in table(ROOT / "docs" / "microsoft.md", "permission")]
    assert told == [SCOPE, SCOPE, "offline_access"]


def test_every_metric_is_told():
    names = {metric.name for metric in Metrics().registry.collect()}
    told = {
        row[0].strip("`").removesuffix("_total") for row in table(ROOT / "docs" / "operations.md", "metric")
    }
    assert told == names


@cache
def sentences() -> tuple[str, ...]:
    """Return every piece of text in the program, those of f-strings in parts."""
    sources = [
        file for room in ("connectors", "daemon", "store", "webhooks") for file in (ROOT / room).rglob("*.py")
    ]
    nodes = (node for file in sources for node in ast.walk(ast.parse(file.read_text())))
    return tuple(
        node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


@pytest.mark.parametrize(
    "row",
    [row for page in ("microsoft.md", "operations.md") for row in table(ROOT / "docs" / page, "message")],
    ids=lambda row: row[0][:50],
)
def test_every_message_in_the_troubleshooting_table_is_one_of_ours(row):
    for part in row[0].strip("`").split("…"):
        words = part.strip()
        assert not re.search(r"\w", words) or any(words in sentence for sentence in sentences()), words


def test_the_changelog_has_a_place_for_what_is_not_released():
    assert "\n## [Unreleased]\n" in (ROOT / "CHANGELOG.md").read_text()
