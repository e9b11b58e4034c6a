"""The real daemon as a process, configured for a provider on this machine."""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import aiohttp
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bench.processes import PATIENCE, BenchError, free_port, program

COMMAND = [sys.executable, "-c", "from daemon.cli.program import main; main()"]
EVERY = """\
[server]
listen = "127.0.0.1:{push}"
public_url = "http://127.0.0.1:{push}"
admin_listen = "127.0.0.1:{admin}"
[sync]
sweep_seconds = 86400
discover_seconds = 86400
[store]
url = "sqlite:///{folder}/huddled.db"
key_file = "store.key"
"""
CONFIG = """\
[google]
service_account_file = "account.json"
subjects = {subjects}
api_base = "{url}/google/calendar/v3/"
token_url = "{url}/google/token"
[zoom]
account_id = "{zoom[0]}"
client_id = "{zoom[1]}"
client_secret_file = "zoom.secret"
daily_limit = 100000
api_base = "{url}/zoom/v2"
oauth_base = "{url}/zoom/oauth"
[limits]
per_account_concurrency = 16
google_calls_per_minute = 100000
zoom_calls_per_second = 1000
"""
ZOOM = ("sandbox-account", "sandbox-zoom", "sandbox-zoom-secret")
OWED = re.compile(r'^huddled_work\{state="(?:due|held|later)"\} ([0-9.]+)$', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Huddled:
    """A daemon that is ready; `ready_after` is how long that took, in seconds."""

    process: Process
    admin: str
    session: aiohttp.ClientSession
    ready_after: float

    async def settle(self) -> None:
        """Wait until nothing is owed."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if not await self._owed():
                return
            await asyncio.sleep(0.02)
        raise BenchError("the daemon does not come to rest")

    async def _owed(self) -> float:
        async with self.session.get(f"{self.admin}/metrics") as answer:
            return sum(float(count) for count in OWED.findall(await answer.text()))


@asynccontextmanager
async def huddled(
    folder: Path, url: str, people: Sequence[str], account: str | None = None
) -> AsyncIterator[Huddled]:
    """Run the daemon with its state in `folder`; `account` is the service account's key, if it matters."""
    sections = CONFIG.format(url=url, subjects=json.dumps(list(people)), zoom=ZOOM)
    files = {"account.json": account or service_account(), "zoom.secret": ZOOM[2]}
    async with configured(folder, sections, files) as daemon:
        yield daemon


@asynccontextmanager
async def configured(folder: Path, sections: str, files: Mapping[str, str]) -> AsyncIterator[Huddled]:
    """Run the daemon with these sections, and these files beside its configuration."""
    admin = free_port()
    write(folder, sections, files, push=free_port(), admin=admin)
    command = [*COMMAND, "run", "--config", str(folder / "config.toml")]
    with (folder / "huddled.log").open("ab") as log:
        began = time.monotonic()
        async with program(command, log=log) as process, aiohttp.ClientSession() as session:
            base = f"http://127.0.0.1:{admin}"
            await _ready(process, session, base, folder)
            yield Huddled(process, base, session, time.monotonic() - began)


def write(folder: Path, sections: str, files: Mapping[str, str], *, push: int = 1, admin: int = 2) -> Path:
    """Write a configuration, and return where it is."""
    config = EVERY.format(push=push, admin=admin, folder=folder) + sections
    for name, text in {"config.toml": config, **files}.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o600)
    return folder / "config.toml"


async def _ready(process: Process, session: aiohttp.ClientSession, base: str, folder: Path) -> None:
    until = time.monotonic() + PATIENCE
    while process.returncode is None and time.monotonic() < until:
        try:
            async with session.get(f"{base}/readyz") as answer:
                if answer.status == 200:
                    return
        except aiohttp.ClientError:
            await asyncio.sleep(0.005)
    tail = (folder / "huddled.log").read_text(errors="replace")[-2000:]
    raise BenchError(f"the daemon is not ready; it said:\n{tail}")


@cache
def service_account() -> str:
    """Return the key file of a service account that nobody checks."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    account = {"type": "service_account", "client_email": "bench@huddled.iam.example", "client_id": "1"}
    return json.dumps({**account, "private_key_id": "1", "private_key": pem.decode()})
