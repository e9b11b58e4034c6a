"""Set the assembled daemon going: the ports, the worker, the timers and systemd's watchdog, until it is stopped."""

from __future__ import annotations

import asyncio
import gc
from contextlib import AsyncExitStack

import structlog
from aiohttp import web

from daemon import clock as timers
from daemon.app import Daemon
from daemon.config.kinds import Address
from daemon.health import Health
from daemon.notify import Systemd
from webhooks import server
from webhooks.zoom_door import ZoomDoor

LONGEST_LINE = 16_384  # bytes of a request line of the API, which may name many calendars

log = structlog.get_logger(__name__)


async def serve(daemon: Daemon, stop: asyncio.Event, systemd: Systemd) -> None:
    """Run until `stop` is set, then let what has begun come to its end, the way in closed first."""
    # What was loaded so far never goes away: not to look through it spares the loop pauses of 30 to 80 ms.
    gc.collect()
    gc.freeze()
    async with AsyncExitStack() as stack:
        config = daemon.config.server
        await _listen(
            stack,
            web.AppRunner(daemon.health.app(), access_log=None, shutdown_timeout=5),
            config.admin_listen,
            "admin",
        )
        doors = server.build(
            daemon.bell, daemon.channels, daemon.health.metrics.pushed, zoom=_zoom_door(daemon)
        )
        if daemon.links is not None:
            daemon.links.join(doors)
        if daemon.api is not None:
            served = (daemon.api.entrance, daemon.api.reference, daemon.api.front)
            doors.add_routes([route for one in served for route in one.routes()])
        longest = LONGEST_LINE if daemon.api else server.LARGEST_HEADER
        await _listen(stack, server.runner(doors, longest), config.listen, "pushes")
        working = asyncio.create_task(daemon.worker.run(stop), name="worker")
        scheduler = timers.start(daemon.sweeps, daemon.config.sync.discover_seconds)
        stack.callback(scheduler.shutdown, wait=False)
        daemon.health.ready = True
        systemd.ready()
        feeding = asyncio.create_task(_feed(daemon.health, systemd), name="watchdog")
        await asyncio.wait([working, asyncio.create_task(stop.wait())], return_when=asyncio.FIRST_COMPLETED)
        stop.set()
        log.info("stopping")
        systemd.stopping()
        await stack.aclose()
        await working
        feeding.cancel()


def _zoom_door(daemon: Daemon) -> ZoomDoor | None:
    """Make the door for Zoom's events, where the configuration says what they are signed with."""
    zoom = daemon.config.zoom
    secrets = zoom.webhook_secrets() if zoom else ()
    return ZoomDoor(daemon.bell, daemon.store, secrets, daemon.world.now) if secrets else None


async def _listen(stack: AsyncExitStack, runner: web.AppRunner, at: Address, what: str) -> None:
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    site = web.TCPSite(runner, at.host, at.port)
    await site.start()
    log.info("listening", what=what, at=f"{at.host}:{at.port}")


async def _feed(health: Health, systemd: Systemd) -> None:
    """Tell systemd that we are alive as long as the worker moves on."""
    while systemd.watchdog:
        if health.alive():
            systemd.alive()
        await asyncio.sleep(systemd.watchdog)
