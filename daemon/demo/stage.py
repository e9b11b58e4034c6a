"""The stage of the demo: a folder, a sandbox, and a huddled that is configured for it."""

from __future__ import annotations

import asyncio
import json
import random
import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import aiohttp

from daemon.demo.children import BrokenError, Child, start

T = TypeVar("T")

HOST = "127.0.0.1"
USUAL_PORT = 8490
PORTS = range(20_000, 30_000)  # below those that systems hand out for outgoing connections
PATIENCE = 60.0  # seconds
GLANCE = 0.01  # seconds between two looks
PEOPLE = ("ada@example.com", "bob@example.com")  # at Google
OUTLOOK = ("grace@contoso.example", "linus@contoso.example")
TENANT, APP, SECRET = "sandbox-tenant", "sandbox-app", "sandbox-app-secret"
ANSWERS = aiohttp.ClientTimeout(total=15)


@dataclass(slots=True)
class Stage:
    """Where the demo plays. `url` is the sandbox's, `admin` where huddled's health checks are."""

    folder: Path
    session: aiohttp.ClientSession
    sandbox: Child
    url: str
    admin: str = ""
    public: str = ""  # where applications call it
    huddled: Child | None = None

    @property
    def config(self) -> Path:
        """The configuration of huddled."""
        return self.folder / "config.toml"

    @property
    def database(self) -> Path:
        """The database of huddled."""
        return self.folder / "huddled.db"

    def check(self) -> None:
        """Raise BrokenError if a process that should run has ended."""
        self.sandbox.check()
        if self.huddled is not None:
            self.huddled.check()

    async def until(self, what: str, look: Callable[[], Awaitable[T | None]]) -> T:
        """Wait until `look` sees something and return that. Raises BrokenError where that takes too long."""
        try:
            async with asyncio.timeout(PATIENCE):
                while not (seen := await look()):
                    self.check()
                    await asyncio.sleep(GLANCE)
                return seen
        except TimeoutError:
            raise BrokenError(f"{what}: this did not come about within {PATIENCE:.0f} seconds.") from None

    async def ask(self, method: str, path: str, body: object = None) -> Any:
        """Ask the sandbox. Raises BrokenError where it does not answer, or refuses."""
        try:
            async with self.session.request(method, f"{self.url}{path}", json=body) as answer:
                if answer.status >= 400:
                    raise BrokenError(f"The sandbox refuses {method} {path}: {await answer.text()}")
                return await answer.json()
        except (aiohttp.ClientError, OSError) as error:
            await asyncio.sleep(0.2)  # let its end be noticed
            self.check()
            raise BrokenError(f"The sandbox does not answer: {error}") from error

    async def raise_huddled(self) -> None:
        """Start huddled, and return when it is ready."""
        arguments = ["-m", "daemon", "run", "--json", "--config", str(self.config)]
        self.huddled = await start("huddled", arguments, self.folder / "huddled.log")
        await self.until("huddled gets ready", self._is_ready)

    async def kill_huddled(self) -> None:
        """End huddled with SIGKILL: it can finish nothing and tell nobody."""
        victim, self.huddled = self.huddled, None
        if victim is not None:
            await victim.kill()

    async def run(self, *words: str) -> Any:
        """Run another command of huddled, and return what it tells."""
        arguments = ["-m", "daemon", *words, "--json", "--config", str(self.config)]
        asked = await start(f"huddled {words[0]}", arguments, self.folder / f"{words[0]}.log", answers=True)
        try:
            told, _ = await asked.process.communicate()
        finally:
            await asked.stop()
        if asked.process.returncode:
            asked.check()
        return json.loads(told)

    async def call(self, method: str, path: str, token: str, body: object = None) -> Any:
        """Call huddled's API as an application does. Raises BrokenError where it refuses, or does not answer."""
        bearer = {"Authorization": f"Bearer {token}"}
        try:
            async with self.session.request(
                method, f"{self.public}{path}", json=body, headers=bearer
            ) as answer:
                told = await answer.text()
        except (aiohttp.ClientError, OSError) as error:
            raise BrokenError(f"huddled does not answer: {error}") from error
        if answer.status >= 400:
            raise BrokenError(f"huddled refuses {method} {path}: {answer.status} {told}")
        return json.loads(told) if told else None

    async def is_quiet(self) -> bool:
        """Whether nothing is under way: no push on its way, no work due or held."""
        before = await self.ask("GET", "/_sandbox/push/idle")
        return await self._work() == 0 and before == await self.ask("GET", "/_sandbox/push/idle")

    async def _work(self) -> float:
        text = await self._admin("/metrics")
        return sum(float(n) for n in re.findall(r'huddled_work\{state="(?:due|held)"\} (\S+)', text))

    async def _is_ready(self) -> bool:
        try:
            return '"ready": true' in await self._admin("/readyz")
        except BrokenError:
            return False

    async def _admin(self, path: str) -> str:
        try:
            async with self.session.get(f"{self.admin}{path}") as answer:
                return await answer.text()
        except (aiohttp.ClientError, OSError) as error:
            raise BrokenError(f"huddled does not answer: {error}") from error


@asynccontextmanager
async def built(folder: Path, port: int) -> AsyncIterator[Stage]:
    """Start the sandbox, and make everything that huddled needs. All processes end with the block.

    `port` is where the web page has to be; 0 leaves the choice to us. Raises BrokenError.
    """
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession(timeout=ANSWERS))
        sandbox, url = await _sandbox(folder, port or (USUAL_PORT if is_free(USUAL_PORT) else 0))
        stack.push_async_callback(sandbox.stop)
        stage = Stage(folder, session, sandbox, url)
        stack.push_async_callback(_leave, stage)
        await _furnish(stage)
        yield stage


async def _leave(stage: Stage) -> None:
    if stage.huddled is not None:
        await stage.huddled.stop()


def is_free(port: int) -> bool:
    """Whether a server can be started on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


async def _sandbox(folder: Path, port: int) -> tuple[Child, str]:
    arguments = ["-m", "sandbox", "--demo", "--host", HOST, "--port", str(port)]
    sandbox = await start("The sandbox", arguments, folder / "sandbox.log", answers=True)
    try:
        async with asyncio.timeout(PATIENCE):
            line = await sandbox.process.stdout.readline() if sandbox.process.stdout else b""
            if line:
                return sandbox, json.loads(line)["sandbox"]
            await sandbox.process.wait()
            sandbox.check()
    except TimeoutError:
        pass
    except BaseException:
        await sandbox.stop()
        raise
    await sandbox.stop()
    raise BrokenError(f"The sandbox does not listen after {PATIENCE:.0f} seconds.")


async def _furnish(stage: Stage) -> None:
    """Write the configuration of huddled, with the key and the secret that the sandbox gives out."""
    key = await stage.ask("GET", "/_sandbox/google/service_account.json")
    _keep(stage.folder / "service-account.json", json.dumps(key))
    _keep(stage.folder / "zoom.secret", "sandbox-zoom-secret\n")
    _keep(stage.folder / "microsoft.secret", f"{SECRET}\n")
    here, admin = (f"{HOST}:{port}" for port in free_ports(2))
    _keep(stage.folder / "application.secret", "demo-application-secret\n")
    stage.admin, stage.public = f"http://{admin}", f"http://{here}"
    _keep(stage.config, toml(settings(stage.url, here, admin)))


def _keep(file: Path, text: str) -> None:
    file.touch(mode=0o600)
    file.write_text(text)


def free_ports(count: int) -> list[int]:
    """Find ports that nobody listens on."""
    shuffled = random.SystemRandom().sample(PORTS, len(PORTS))
    free = (port for port in shuffled if is_free(port))
    return [next(free) for _ in range(count)]


def settings(sandbox: str, here: str, admin: str) -> Mapping[str, Mapping[str, object]]:
    """Return what differs from huddled's defaults: where things are, and who is looked after."""
    return {
        "server": {"listen": here, "public_url": f"http://{here}", "admin_listen": admin},
        "store": {"url": "sqlite:///huddled.db", "key_file": "store.key"},
        "google": {
            "service_account_file": "service-account.json",
            "subjects": PEOPLE,
            "api_base": f"{sandbox}/google/calendar/v3/",
            "token_url": f"{sandbox}/google/token",
        },
        "microsoft": {
            "tenant": TENANT,
            "client_id": APP,
            "client_secret_file": "microsoft.secret",
            "users": OUTLOOK,
            "graph_base": f"{sandbox}/microsoft/v1.0",
            "authority": f"{sandbox}/microsoft/login",
        },
        "zoom": {
            "account_id": "sandbox-account",
            "client_id": "sandbox-zoom",
            "client_secret_file": "zoom.secret",
            "api_base": f"{sandbox}/zoom/v2",
            "oauth_base": f"{sandbox}/zoom/oauth",
            "list_lag_seconds": 1,
        },
        "[applications]": {
            "name": "Demo application",
            "client_id": "demo-application",
            "client_secret_file": "application.secret",
        },
    }


def toml(sections: Mapping[str, Mapping[str, object]]) -> str:
    """Write TOML. JSON's texts, numbers and lists are TOML's too."""
    lines = []
    for name, keys in sections.items():
        lines += [f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in keys.items()), ""]
    return "\n".join(lines)
