"""The composition root: everything is made here, and handed to what needs it."""

from __future__ import annotations

import asyncio
import fcntl
import gc
import os
import random
import sqlite3
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from aiohttp import web

from connectors.http import connect
from connectors.lanes import Limits
from connectors.linking import linkables
from connectors.registry import Registry
from daemon import clock as timers
from daemon.accounts import Accounts, disconnect
from daemon.alerts import Alert
from daemon.audit import Audit
from daemon.budget import ZoomBudget
from daemon.capability import recall, remember
from daemon.check import Check
from daemon.config.kinds import Address
from daemon.config.model import Config
from daemon.deauthorized import Deauthorized
from daemon.health import Health, Metrics
from daemon.linking import doorway, settings
from daemon.notify import Systemd
from daemon.personal import Personal, Refresh, taken
from daemon.reconcile import Reconcile
from daemon.subscriptions import Discover, Lifecycle, Stop, Watch
from daemon.sweeps import Sweeps
from daemon.sync import Sync
from daemon.worker import Handler, Worker
from daemon.world import World, fingerprint
from store import budgets, calendars, channels, profiles, work
from store.db import SqliteStore
from store.errors import StoreSick
from store.secrets import open_vault
from webhooks import server
from webhooks.bell import Bell, Channels
from webhooks.zoom_door import ZoomDoor

if TYPE_CHECKING:
    from api.link import Doorway

log = structlog.get_logger(__name__)

ADDRESS, POLICY = "address", "policy"
GOTO_RATE = 8.0  # calls a second; GoTo allows an app 10
AT_A_TIME = 20  # calendars a second that are looked at after the start


@dataclass(frozen=True, slots=True)
class Daemon:
    """All the parts, put together but not yet set going."""

    config: Config
    store: SqliteStore
    world: World
    worker: Worker
    bell: Bell
    channels: Channels
    sweeps: Sweeps
    health: Health
    links: Doorway | None = None  # the pages on which people link accounts, where any can be linked


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Make sure that one process uses the database. Raises StoreSick where another one does."""
    try:
        handle = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StoreSick(
            f"{path}: {error.strerror}: the database's folder must exist and be writable."
        ) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise StoreSick(f"{path} is in use by another huddled. One process serves one database.") from None
    finally:
        os.close(handle)


@asynccontextmanager
async def assemble(config: Config, clock: Callable[[], float] = time.time) -> AsyncIterator[Daemon]:
    """Open the store and the way out, and put the parts together; all is closed again with the block."""
    async with AsyncExitStack() as stack:
        stack.enter_context(alone(config.store.path))
        vault = open_vault(config.store.key_file)
        store = SqliteStore(str(config.store.path))
        stack.callback(store.close)
        metrics, dice = Metrics(), random.Random()  # noqa: S311 - spreads load, guards nothing
        http = await stack.enter_async_context(
            connect(_limits(config), metrics.called, deadline=config.limits.call_deadline_seconds)
        )

        def now() -> datetime:
            return datetime.fromtimestamp(clock(), UTC)

        registry = Registry(
            http,
            now,
            dice,
            google=config.google_settings(),
            microsoft=config.microsoft_settings(),
            zoom=config.zoom_settings(),
            goto=config.goto.settings() if config.goto else None,
            webex=config.webex.settings() if config.webex else None,
            jitsi=config.jitsi.settings() if config.jitsi else None,
            whereby=config.whereby.settings() if config.whereby else None,
            daily=config.daily.settings() if config.daily else None,
            static=config.static_settings(),
            third_party=await recall(store, config),
            on_capability=remember(store),
            taken=taken(store),
        )
        await asyncio.to_thread(registry.load)
        if config.zoom:
            registry.budget = ZoomBudget(store, now, config.zoom.daily_limit, config.zoom.cancel_reserve)
        credentials = await Accounts(config, store, vault).enrol(clock())
        known = linkables(http, now, settings(config))
        personal = Personal(store, vault, http, registry, known, now)
        world = World(config, registry, clock, dict(credentials), personal)
        channels = Channels()
        await channels.fill(store)
        worker = Worker(
            store, {}, clock, uuid.uuid4().hex, config.sync.lease_seconds, config.sync.workers, dice
        )
        worker.on_failure = lambda conn, job, error: personal.forget(disconnect(conn, job, error, clock()))
        worker.handlers = {
            **_handlers(config, store, world, channels, dice),
            "refresh": Refresh(store, personal),
            "alert": Alert(store, config.alerts.command),
            "deauthorized": Deauthorized(clock, personal.forget),
        }
        sweeps = Sweeps(
            store,
            clock,
            channels,
            worker.kick,
            config.sync.sweep_seconds,
            config.sync.jitter,
            config.sync.keep_days,
            dice,
            config.services() if config.audit.mode != "off" else (),
            config.audit.hour,
        )
        released = await store.tx(lambda conn: _start_over(conn, set(credentials), config, clock()))
        if released:
            log.info("taken over from a process that died", pieces_of_work=released)
        bell = Bell(store, clock, worker.kick)
        health = Health(store, worker, metrics, time.monotonic)
        links = doorway(config, store, vault, http, world, worker.kick)
        yield Daemon(config, store, world, worker, bell, channels, sweeps, health, links)


def _handlers(
    config: Config, store: SqliteStore, world: World, channels: Channels, dice: random.Random
) -> dict[str, Handler]:
    """Say who does which kind of work."""
    return {
        "sync": Sync(store, world, config.sync.sweep_seconds, config.sync.jitter, dice),
        "reconcile": Reconcile(store, world),
        "audit": Audit(store, world, config.audit.mode == "repair"),
        "check": Check(store, world),
        "discover": Discover(store, world),
        "watch": Watch(
            store,
            world,
            channels,
            {name: config.server.public_url.rstrip("/") + path for name, path in server.HOOKS.items()},
            config.sync.channel_renew_before_seconds,
            config.sync.jitter,
            dice,
        ),
        "stop": Stop(store, world, channels),
        "lifecycle": Lifecycle(store, world, channels),
    }


def _start_over(conn: sqlite3.Connection, known: set[str], config: Config, now: float) -> int:
    """Take back all leases: we are alone on this file. Look again at every account, and at what the config changes."""
    address, policy = config.server.public_url, fingerprint(config)
    released = work.release_all(conn, now)
    work.hurry_parked(conn, now)
    # Whatever was announced while nobody listened is lost: look at every calendar soon, a few each second.
    calendars.sweep_soon(conn, now, AT_A_TIME)
    work.ring(conn, "discover", known, now)
    for profile in profiles.everyone(conn):
        if profile.id not in known:
            profiles.report(conn, profile.id, "it is no longer in the configuration", now)
            # A calendar that others can see too is theirs to look after now.
            for calendar in calendars.of_profile(conn, profile.id):
                calendars.abandon(conn, calendar.id)
    if budgets.known(conn, ADDRESS) != address:
        channels.renew_all(conn, now)
        budgets.learn(conn, ADDRESS, address)
    if budgets.known(conn, POLICY) != policy:
        calendars.start_again(conn, now)
        budgets.learn(conn, POLICY, policy)
    return released


def _limits(config: Config) -> dict[str, Limits]:
    limits, each = config.limits, config.limits.per_account_concurrency
    return {
        "google": Limits(concurrent=each, rate=limits.google_calls_per_minute / 60),
        "microsoft": Limits(concurrent=limits.microsoft_concurrency),
        "zoom": Limits(concurrent=each, total_rate=limits.zoom_calls_per_second),
        "goto": Limits(concurrent=each, total_rate=GOTO_RATE),
        "webex": Limits(concurrent=each),
    }


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
            doors.add_routes(daemon.links.routes())
        await _listen(stack, server.runner(doors), config.listen, "pushes")
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
