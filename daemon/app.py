"""The composition root: everything is made here, and handed to what needs it."""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import structlog

from connectors.http import Http, connect
from connectors.lanes import Limits
from connectors.linking import linkables
from connectors.oauth import Now
from connectors.registry import Registry
from daemon import deliver
from daemon.accounts import Accounts, disconnect
from daemon.alerts import Alert
from daemon.applications import Api, api
from daemon.audit import Audit
from daemon.budget import ZoomBudget
from daemon.capability import recall, remember
from daemon.check import Check
from daemon.config.model import Config
from daemon.deauthorized import Deauthorized
from daemon.deliver import Receiver
from daemon.health import Health, Metrics
from daemon.linking import doorway, settings
from daemon.own_calendars import own_calendars
from daemon.personal import Personal, Refresh, taken
from daemon.reconcile import Reconcile
from daemon.subscriptions import Discover, Lifecycle, Stop, Watch
from daemon.sweeps import Sweeps
from daemon.sync import Sync
from daemon.takeover import take_over
from daemon.worker import Handler, Worker
from daemon.world import World
from store.db import SqliteStore
from store.lock import alone
from store.secrets import open_vault
from webhooks import server
from webhooks.bell import Bell, Channels

if TYPE_CHECKING:
    from api.link import Doorway

log = structlog.get_logger(__name__)

GOTO_RATE = 8.0  # calls a second; GoTo allows an app 10
DAILY_RATE, DAILY_PAGES = 15.0, 1.0  # Daily takes 20 calls a second, and 2 pages of a list


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
    api: Api | None = None  # what applications call, where there are any


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

        registry = await _registry(config, store, http, now, dice)
        people = await Accounts(config, store, vault).enrol(clock())
        personal = Personal(store, vault, http, registry, linkables(http, now, settings(config)), now)
        await personal.reopen()
        world = World(config, registry, clock, dict(people), personal)
        channels = Channels()
        await channels.fill(store)
        receivers = {one.client_id: Receiver(one.secrets(), one.allow_private) for one in config.applications}
        telling = await deliver.handlers(
            stack, store, receivers, max(1, config.sync.workers // 2), clock, dice, metrics.delivered
        )
        worker = _worker(config, store, world, personal, channels, dice, telling)
        sweeps = _sweeps(config, store, clock, channels, worker, dice)
        released = await store.tx(lambda conn: take_over(conn, set(people), config, clock()))
        if released:
            log.info("taken over from a process that died", pieces_of_work=released)
        bell = Bell(store, clock, worker.kick)
        health = Health(store, worker, metrics, time.monotonic)
        links = doorway(config, store, vault, http, world, worker.kick, personal.renew)
        served = api(config, store, vault, world, personal, links, worker.kick) if links else None
        yield Daemon(config, store, world, worker, bell, channels, sweeps, health, links, served)


async def _registry(
    config: Config, store: SqliteStore, http: Http, now: Now, dice: random.Random
) -> Registry:
    """Make the connectors of every provider that the configuration names; their SDKs load off the loop."""
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
        own=own_calendars(store, now, config.details.wording()) if config.applications else None,
    )
    await asyncio.to_thread(registry.load)
    if config.zoom:
        registry.budget = ZoomBudget(store, now, config.zoom.daily_limit, config.zoom.cancel_reserve)
    return registry


def _worker(
    config: Config,
    store: SqliteStore,
    world: World,
    personal: Personal,
    channels: Channels,
    dice: random.Random,
    telling: Mapping[str, Handler],
) -> Worker:
    """Make the worker, and tell it who does which kind of work."""
    handlers: dict[str, Handler] = {
        **_handlers(config, store, world, channels, dice),
        **telling,
        "refresh": Refresh(store, personal),
        "alert": Alert(store, config.alerts.command),
        "deauthorized": Deauthorized(world.now, personal.forget),
    }
    worker = Worker(
        store, handlers, world.now, uuid.uuid4().hex, config.sync.lease_seconds, config.sync.workers, dice
    )
    worker.on_failure = lambda conn, job, error: personal.forget(
        disconnect(conn, job, error, world.now(), personal.overtaken)
    )
    return worker


def _sweeps(
    config: Config,
    store: SqliteStore,
    clock: Callable[[], float],
    channels: Channels,
    worker: Worker,
    dice: random.Random,
) -> Sweeps:
    """Make what the timers ring for."""
    return Sweeps(
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


def _limits(config: Config) -> dict[str, Limits]:
    limits, each = config.limits, config.limits.per_account_concurrency
    return {
        "google": Limits(concurrent=each, rate=limits.google_calls_per_minute / 60),
        "microsoft": Limits(concurrent=limits.microsoft_concurrency),
        "zoom": Limits(concurrent=each, total_rate=limits.zoom_calls_per_second),
        "goto": Limits(concurrent=each, total_rate=GOTO_RATE),
        "webex": Limits(concurrent=each),
        "daily": Limits(concurrent=each, rate=DAILY_PAGES, total_rate=DAILY_RATE),
    }
