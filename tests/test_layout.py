"""The tree is the architecture: these tests hold it up."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ["api", "connectors", "daemon", "sandbox", "store", "webhooks"]
PURE = [
    "connectors.block",
    "connectors.details",
    "connectors.filled",
    "connectors.fillings",
    "connectors.keywords",
    "connectors.links",
    "connectors.marks",
    "connectors.model",
    "connectors.overrides",
    "connectors.placeholders",
    "connectors.sites",
    "connectors.wording",
    "daemon.actions",
    "daemon.fitting",
    "daemon.managing",
    "daemon.plan",
    "daemon.policy",
    "daemon.retry",
    "daemon.rules",
    "daemon.traces",
]
HEAVY = ["aiohttp", "asyncio", "google", "googleapiclient", "httpx", "msal", "msgraph", "pydantic", "sqlite3"]


def lint_imports(tree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    program = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    command = [
        sys.executable,
        "-c",
        program,
        "--config",
        str(tree / "pyproject.toml"),
        "--no-cache",
        *arguments,
    ]
    return subprocess.run(
        command, cwd=tree, env={**os.environ, "COLUMNS": "200"}, capture_output=True, text=True, check=False
    )


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def tracked() -> list[Path]:
    """Return the text files that belong to the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("this is not a git checkout")
    paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    return [path for path in paths if path.is_file() and b"\0" not in path.read_bytes()[:8000]]


def offences(pattern: str) -> list[str]:
    """Return path:line of every tracked line in which the pattern is found."""
    regex = re.compile(pattern)
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for path in tracked()
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
        if regex.search(line)
    ]


def test_every_import_follows_the_arrows():
    done = lint_imports(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        ("connectors/errors.py", "import daemon.plan", "arrows"),
        ("store/errors.py", "import connectors.http", "vocabulary"),
        ("webhooks/__init__.py", "import daemon.plan", "arrows"),
        ("sandbox/clock.py", "import connectors.model", "sandbox"),
        ("daemon/notify.py", "import sandbox.clock", "simulated"),
        ("daemon/notify.py", "import googleapiclient.discovery", "google-sdk"),
        ("connectors/http.py", "import msgraph", "microsoft-sdk"),
        ("connectors/zoom/__init__.py", "import connectors.static", "providers"),
        ("api/outcomes.py", "import connectors.zoom", "api-providers"),
        ("daemon/notify.py", "import sqlite_utils", "sql"),
        ("daemon/plan.py", "import time", "pure"),
        ("daemon/policy.py", "from daemon import notify", "pure"),
    ],
)
def test_an_import_against_an_arrow_is_refused(tmp_path, file, line, contract):
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / file).open("a") as source:
        source.write(f"\n{line}\n")
    done = lint_imports(tmp_path, "--contract", contract)
    assert "0 kept, 1 broken" in done.stdout, done.stdout + done.stderr


def test_every_contract_has_an_import_that_it_refuses():
    mark = next(m for m in test_an_import_against_an_arrow_is_refused.pytestmark if m.name == "parametrize")
    tried = {contract for _, _, contract in mark.args[1]}
    assert tried == {contract["id"] for contract in project()["tool"]["importlinter"]["contracts"]}


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_file_is_a_docstring_and_nothing_else(package):
    folders = {path.parent for path in (ROOT / package).rglob("*.py")}
    assert folders
    for folder in folders:
        body = ast.parse((folder / "__init__.py").read_text()).body
        assert len(body) == 1, folder
        assert isinstance(body[0], ast.Expr), folder
        assert isinstance(body[0].value, ast.Constant), folder
        assert isinstance(body[0].value.value, str), folder


def test_the_pure_core_loads_no_sdk_in_a_fresh_interpreter():
    program = f"import sys, {', '.join(PURE)}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert loaded >= {"connectors", "daemon"}
    assert loaded.isdisjoint(HEAVY)


@pytest.mark.parametrize("module", PURE)
def test_the_pure_core_never_asks_what_time_it_is(module):
    source = (ROOT / f"{module.replace('.', '/')}.py").read_text()
    assert not re.search(r"\.(now|today|utcnow)\(", source)


@pytest.mark.parametrize("package", sorted({*PACKAGES} - {"store"}))
def test_sql_is_written_in_the_store_and_nowhere_else(package):
    statement = r"SELECT [\w*(]|INSERT (INTO|OR)|UPDATE \w+ SET|DELETE FROM|PRAGMA \w"
    sql = re.compile(rf"\.execute(many|script)?\(|\b({statement})")
    sources = {path: path.read_text() for path in (ROOT / package).rglob("*.py")}
    assert [path for path, source in sources.items() if sql.search(source)] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_resolves_inside_the_repository(package):
    spec = find_spec(package)
    assert spec is not None
    assert Path(spec.origin).parent == ROOT / package


def test_every_locked_requirement_has_a_hash_and_none_names_a_host():
    text = (ROOT / "requirements.lock").read_text()
    assert not re.search(r"://|--(extra-)?index-url|--find-links", text)
    requirements = re.findall(r"(?m)^(\S.*(?:\n[ \t]+.*)*)", re.sub(r"(?m)^\s*#.*\n?", "", text))
    assert len(requirements) > 50
    unpinned = [
        entry.split()[0] for entry in requirements if "==" not in entry or "--hash=sha256:" not in entry
    ]
    assert unpinned == []


def test_every_declared_dependency_is_locked():
    declared = project()["project"]
    names = [
        re.split(r"[^\w.-]", requirement, maxsplit=1)[0].lower().replace("_", "-")
        for requirement in [*declared["dependencies"], *declared["optional-dependencies"]["dev"]]
    ]
    locked = set(re.findall(r"(?m)^([\w.-]+)==", (ROOT / "requirements.lock").read_text()))
    assert set(names) - locked == set()


def test_no_file_names_a_path_of_somebodys_machine():
    assert offences(r"(?<![\w.~}:/-])/(home|root|Users|work)/\w") == []


def test_no_file_names_a_package_registry():
    hosts = "|".join(
        ["py" + r"pi\.org", "python" + r"hosted\.org", "npm" + r"js\.(org|com)", "proxy" + r"\.golang"]
    )
    assert offences(rf"(?i){hosts}|--(extra-)?index-url[= ]") == []
