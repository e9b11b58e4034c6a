"""The daemon as its operator sees it: a configuration, a process, a log, a database and a few commands."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.system import machine
from tests.system.homes import GOOGLE, OUTLOOK, Home
from tests.system.providers import Json, Providers, Refused, fetch

PROGRAM = ["-c", "from daemon.cli.program import main; main(prog_name='huddled')"]
START_SECONDS = 60.0
Sections = Mapping[str, Mapping[str, Any] | list[Mapping[str, Any]]]


@dataclass(slots=True)
class Huddled:
    """One installation in a folder of its own."""

    folder: Path
    sections: dict[str, Any]
    process: subprocess.Popen[str] | None = None
    environ: dict[str, str] = field(default_factory=dict)
    ahead: float = 0.0  # seconds by which its clock is ahead of ours

    @property
    def config(self) -> Path:
        """The configuration file."""
        return self.folder / "config.toml"

    @property
    def database(self) -> Path:
        """The database file."""
        return Path(self.sections["store"]["url"].removeprefix("sqlite:///"))

    @property
    def public(self) -> str:
        """Where pushes are sent."""
        return self.sections["server"]["public_url"]

    @property
    def admin(self) -> str:
        """Where the health checks are."""
        return f"http://{self.sections['server']['admin_listen']}"

    @property
    def pid(self) -> int:
        """The process id of the daemon."""
        assert self.process is not None
        return self.process.pid

    def configure(self, **sections: Any) -> None:
        """Change keys of sections (None drops a key, or a whole section) and write the file."""
        for name, keys in sections.items():
            if keys is None:
                self.sections.pop(name, None)
            elif isinstance(keys, list):
                self.sections[name] = keys
            else:
                self.sections[name] = {**self.sections.get(name, {}), **keys}
        self.config.write_text(toml(self.sections))

    def launch(self, before: Callable[[], None] = lambda: None) -> subprocess.Popen[str]:
        """Start the daemon without waiting for it; what it says goes to the log."""
        with (self.folder / "log").open("a") as log:
            command = [*PROGRAM, "run", "-c", str(self.config)]
            return machine.start(command, out=log, err=log, environ=self.environ, before=before)

    def start(self, before: Callable[[], None] = lambda: None) -> None:
        """Start the daemon, and return when it is ready."""
        machine.end(self.process)
        self.process = self.launch(before)
        deadline = time.monotonic() + START_SECONDS
        while not self.is_ready():
            assert self.process.poll() is None, f"huddled ended with {self.process.returncode}\n{self.log()}"
            assert time.monotonic() < deadline, f"huddled does not get ready\n{self.log()}"
            time.sleep(0.03)

    def is_ready(self) -> bool:
        """Whether it says that it is ready."""
        try:
            return fetch("GET", f"{self.admin}/readyz")["ready"]
        except (OSError, Refused):
            return False

    def has_died(self) -> bool:
        """Whether it was started and has ended without being asked to."""
        return self.process is not None and self.process.poll() not in (None, 0, -signal.SIGKILL)

    def kill(self) -> None:
        """Kill the daemon as a power cut would."""
        machine.end(self.process)

    def stop(self) -> int:
        """Ask the daemon to stop, and return its exit status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)

    def restart(self) -> None:
        """Kill the daemon and start it again."""
        self.kill()
        self.start()

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run another command of the program with the same configuration, to its end."""
        process = machine.start(
            [*PROGRAM, *words, "-c", str(self.config)],
            out=subprocess.PIPE,
            err=subprocess.PIPE,
            environ=self.environ,
        )
        with machine.running(process):
            out, err = process.communicate(timeout=120)
            return subprocess.CompletedProcess(words, process.returncode, out, err)

    def told(self, *words: str) -> Any:
        """Run a command with --json, and return what it says."""
        done = self.command(*words, "--json")
        assert done.stdout, f"{words} said nothing: {done.stderr}"
        return json.loads(done.stdout)

    def log(self) -> str:
        """Return all that the daemon has said."""
        file = self.folder / "log"
        return file.read_text() if file.exists() else ""

    def facts(self) -> list[Json]:
        """Return the lines of the log, taken apart."""
        return [json.loads(line) for line in self.log().splitlines() if line.startswith("{")]

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Look into the database, beside the running daemon."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=10)) as conn:
            return conn.execute(sql, values).fetchall()

    def write(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """Change the database of a daemon that does not run."""
        with closing(sqlite3.connect(self.database)) as conn, conn:
            conn.executemany(sql, rows)

    def owed(self) -> list[str]:
        """List the work on events that is held, or due within half an hour."""
        soon = time.time() + self.ahead + 1800
        sql = "SELECT key, error FROM work WHERE kind = 'reconcile' AND (owner IS NOT NULL OR due_at < ?)"
        return [f"{key} is owed: {error or 'a look'}" for key, error in self.rows(sql, soon)]

    def failing(self) -> dict[str, str]:
        """Return what keeps failing, and why."""
        sql = "SELECT kind || ' ' || key, error FROM work WHERE error IS NOT NULL AND due_at IS NOT NULL"
        return dict(self.rows(sql))


def install(folder: Path, providers: Providers, people: Mapping[str, Home], **changes: Any) -> Huddled:
    """Write a configuration for these people at their homes, with Zoom and static links beside."""
    here, admin = (f"127.0.0.1:{port}" for port in machine.free_ports(2))
    huddled = Huddled(
        folder,
        {
            "server": {"listen": here, "public_url": f"http://{here}", "admin_listen": admin},
            "sync": {"sweep_seconds": 600, "lease_seconds": 30, "jitter": 0.0},
            "store": {"url": f"sqlite:///{folder / 'huddled.db'}", "key_file": str(folder / "store.key")},
            "limits": {"google_calls_per_minute": 100_000, "zoom_calls_per_second": 1000},
            "zoom": {
                "account_id": "sandbox-account",
                "client_id": "sandbox-zoom",
                "client_secret_file": secret(folder / "zoom.secret", "sandbox-zoom-secret"),
                "api_base": f"{providers.url}/zoom/v2",
                "oauth_base": f"{providers.url}/zoom/oauth",
                "list_lag_seconds": 1,
                "daily_limit": 100_000,
            },
            "static": {"url": "https://meet.example.net/{key}", "name": "Our room"},
        },
    )
    for home, section in ((GOOGLE, _google), (OUTLOOK, _microsoft)):
        there = [email for email, lives in people.items() if lives == home]
        if there:
            huddled.sections[home.provider] = section(folder, providers, there)
    huddled.configure(**changes)
    return huddled


def secret(file: Path, text: str) -> str:
    """Write a file that only its owner can read, and return where it is."""
    file.write_text(f"{text}\n")
    file.chmod(0o600)
    return str(file)


def _google(folder: Path, providers: Providers, people: Sequence[str]) -> Json:
    key = json.dumps(providers("GET", "/google/service_account.json"))
    return {
        "service_account_file": secret(folder / "service-account.json", key),
        "subjects": people,
        "api_base": f"{providers.url}/google/calendar/v3/",
        "token_url": f"{providers.url}/google/token",
    }


def _microsoft(folder: Path, providers: Providers, people: Sequence[str]) -> Json:
    return {
        "tenant": "sandbox-tenant",
        "client_id": "sandbox-app",
        "client_secret_file": secret(folder / "microsoft.secret", "sandbox-app-secret"),
        "users": people,
        "graph_base": f"{providers.url}/microsoft/v1.0",
        "authority": f"{providers.url}/microsoft/login",
        "categories": {"Zoom": "zoom", "Teams": "teams", "Static": "static", "Video call": "default"},
    }


def toml(sections: Sections) -> str:
    """Write TOML. JSON's texts, numbers and lists are TOML's too."""
    lines = []
    for title, keys in sections.items():
        tables = [(f"[[{title}]]", one) for one in keys] if isinstance(keys, list) else [(f"[{title}]", keys)]
        for heading, table in tables:
            lines += [
                heading,
                *(f"{key} = {_value(value)}" for key, value in table.items() if value is not None),
                "",
            ]
    return "\n".join(lines)


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(key)} = {_value(one)}" for key, one in value.items()) + "}"
    return json.dumps(value)
