"""Put the sandbox together: one world, its providers, the control API and the page on one port."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web

from sandbox.answering import answering
from sandbox.control import Control
from sandbox.page import routes as page
from sandbox.providers import providers
from sandbox.state import World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A sandbox that listens at `url`."""

    url: str
    world: World


def build(world: World) -> web.Application:
    """Return the application that serves this world."""
    simulated = providers()
    app = web.Application(middlewares=[answering(world, simulated)], client_max_size=4 << 20)
    app.add_routes(Control(world, simulated).routes())
    for provider in simulated.values():
        app.add_routes(provider.routes(world))
        app.add_routes(provider.control_routes(world))
    app.add_routes(page.routes(world))

    async def close(_: web.Application) -> None:
        await world.close()

    app.on_shutdown.append(close)
    return app


@asynccontextmanager
async def serve(
    world: World | None = None, *, host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[Sandbox]:
    """Serve a world (a fresh one by default) until the block ends; port 0 takes any free one."""
    world = world or World()
    runner = web.AppRunner(build(world), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        world.url = f"http://{host}:{runner.addresses[0][1]}"
        yield Sandbox(url=world.url, world=world)
    finally:
        await runner.cleanup()
