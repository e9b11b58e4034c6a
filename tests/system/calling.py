"""An application as its makers write it: Cronofy's own client, and an address where it is told of things."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pycronofy

from tests.system.huddled import Huddled, secret
from tests.system.linking import ADA
from tests.system.seen import Json
from tests.system.stage import Stage

CLIENT, SECRET = "scheduler", "s3cret-of-the-scheduler"


def application(folder: Path, **more: Any) -> Json:
    """Return a table of the configuration."""
    return {
        "name": "Scheduler",
        "client_id": CLIENT,
        "client_secret_file": secret(folder / "scheduler.secret", SECRET),
        "allow_private": True,
        "per_second": 10_000,
        "per_minute": 100_000,
        **more,
    }


def client(huddled: Huddled, token: Mapping[str, Any] | None = None) -> pycronofy.Client:
    """Return Cronofy's client, with the one setting changed that an application has to change."""
    held = token or {"access_token": None, "refresh_token": None}
    made = pycronofy.Client(CLIENT, SECRET, held["access_token"], held["refresh_token"])
    made.app_base_url = made.request_handler.base_url = huddled.public
    return made


def issued(stage: Stage, account: str = ADA) -> Json:
    """Return tokens for somebody of the configuration."""
    told: Json = stage.huddled.told("token", "issue", "--account", account)
    return told


def moment(hours: float) -> str:
    """Return a time so many hours from now, as applications write it."""
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=hours)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def wanted(name: str, in_hours: float = 24, **more: Any) -> Json:
    """Return an event as an application asks for it."""
    return {
        "event_id": name,
        "summary": "Review",
        "description": "Agenda",
        "start": moment(in_hours),
        "end": moment(in_hours + 1),
        "tzid": "UTC",
        **more,
    }


@dataclass(frozen=True, slots=True)
class Told:
    """A request that the application has got."""

    path: str
    signature: str
    text: str

    @property
    def body(self) -> Any:
        return json.loads(self.text)

    @property
    def kind(self) -> str:
        """What happened, in one word."""
        notification = self.body["notification"]
        interactions: Sequence[Json] = notification.get("interactions", ())
        return str(interactions[0]["type"] if interactions else notification["type"])


@dataclass(slots=True)
class Ear:
    """Where an application is told of things, and where people come back to."""

    url: str
    told: list[Told] = field(default_factory=list)
    visits: list[Mapping[str, Sequence[str]]] = field(default_factory=list)
    status: int = 200

    def kinds(self, path: str) -> list[str]:
        """List what was told at an address."""
        return [one.kind for one in self.told if one.path == path]


@contextmanager
def listening() -> Iterator[Ear]:
    """Run such an address."""

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers["Content-Length"])).decode()
            ear.told.append(Told(self.path, self.headers["Cronofy-HMAC-SHA256"], text))
            self._answer(ear.status)

        def do_GET(self) -> None:
            ear.visits.append(parse_qs(urlsplit(self.path).query))
            self._answer(200)

        def _answer(self, status: int) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    server.daemon_threads = True
    ear = Ear(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield ear
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
