"""Have a person agree in a browser that huddled looks after their calendars, and keep what comes of it in a file.

The browser comes back to a port of this machine; on a server without one, forward the port over ssh.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from tempfile import NamedTemporaryFile
from urllib.parse import urlsplit

from aiohttp import web

from connectors.errors import Rejected, Transient
from connectors.http import connect
from connectors.oauth import Now
from connectors.registry import Registry
from daemon.config.model import Config

PATIENCE = 600.0  # seconds that a person has for agreeing
DONE = "Thank you. You can close this window: huddled has what it needs, or says in the terminal what is missing."
STALE = (
    "This is not the answer that is waited for. Start again with the address that the command printed last."
)
QUIET = {"Cache-Control": "no-store", "Content-Security-Policy": "default-src 'none'"}

Say = Callable[[str], None]


async def connect_account(
    config: Config, provider: str, address: str, file: Path, now: Now, say: Say
) -> None:
    """Ask for consent and write what proves it to `file`. Raises ProviderError where it does not come about."""
    settings = config.microsoft_settings()
    if settings is None:
        raise Rejected(
            f"[{provider}] is not in the configuration", provider=provider, reason="not_configured"
        )
    async with connect(deadline=config.limits.call_deadline_seconds) as http:
        consent = Registry(http, now, Random(), microsoft=settings).consent(provider)  # noqa: S311 - guards nothing
        url, flow = await consent.begin(address)
        async with _returning(settings.redirect_uri, str(flow.get("state", ""))) as answer:
            say(url)
            try:
                async with asyncio.timeout(PATIENCE):
                    came = await answer
            except TimeoutError:
                raise Transient("nobody agreed within ten minutes", provider=provider) from None
        who, token = await consent.end(flow, came)
    if who != address.lower():
        raise Rejected(f"{who} signed in, not {address}", provider=provider, reason="somebody_else")
    write_secret(file, token)


@asynccontextmanager
async def _returning(uri: str, state: str) -> AsyncIterator[asyncio.Future[Mapping[str, str]]]:
    """Listen where the browser comes back to, for the answer to the question with this `state`."""
    at = urlsplit(uri)
    answer: asyncio.Future[Mapping[str, str]] = asyncio.get_running_loop().create_future()

    async def came(request: web.Request) -> web.Response:
        if request.query.get("state") != state:
            return web.Response(status=400, text=STALE, headers=QUIET)
        if not answer.done():
            answer.set_result(dict(request.query))
        return web.Response(text=DONE, headers=QUIET)

    app = web.Application()
    app.router.add_get(at.path or "/", came)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", at.port or 80).start()
        yield answer
    except OSError as error:
        raise Rejected(f"cannot listen at {uri}: {error.strerror}", reason="port_taken") from error
    finally:
        await runner.cleanup()


def write_secret(file: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    with NamedTemporaryFile(
        "w", dir=file.parent, prefix=f".{file.name}.", delete=False
    ) as part:  # 0600 by itself
        part.write(text)
        part.flush()
        os.fsync(part.fileno())
    Path(part.name).replace(file)
