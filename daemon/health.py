"""How the daemon is: health, readiness and metrics, for the machine next to it and never for the public."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from daemon.worker import Worker
from store import conferences, deliveries, linked, profiles, work
from store.db import SqliteStore
from store.errors import StoreError

PATIENCE = 2.0  # seconds that a commit may take while we call ourselves ready
STALLED = 60.0  # seconds without any progress of the worker


@dataclass(slots=True)
class Metrics:
    """What is counted while the daemon runs."""

    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    calls: Histogram = field(init=False)
    work: Gauge = field(init=False)
    conferences: Gauge = field(init=False)
    disconnected: Gauge = field(init=False)
    unlinked: Gauge = field(init=False)
    pushes: Counter = field(init=False)
    deliveries: Counter = field(init=False)
    undelivered: Gauge = field(init=False)

    def __post_init__(self) -> None:
        """Register everything with a registry of our own: two daemons in one process do not meet."""
        self.calls = Histogram(
            "huddled_provider_call_seconds",
            "Calls to providers.",
            ["provider", "op", "status"],
            registry=self.registry,
        )
        self.work = Gauge("huddled_work", "Pieces of work by state.", ["state"], registry=self.registry)
        self.conferences = Gauge(
            "huddled_conferences", "Conferences by state.", ["state"], registry=self.registry
        )
        self.disconnected = Gauge(
            "huddled_disconnected_profiles", "Accounts to reconnect.", registry=self.registry
        )
        self.unlinked = Gauge(
            "huddled_disconnected_conferencing_profiles", "Accounts to link again.", registry=self.registry
        )
        self.pushes = Counter("huddled_pushes", "Pushes by answer.", ["answer"], registry=self.registry)
        self.deliveries = Counter(
            "huddled_deliveries",
            "Notifications of applications by outcome.",
            ["outcome"],
            registry=self.registry,
        )
        self.undelivered = Gauge(
            "huddled_deliveries_waiting", "Notifications that have not arrived yet.", registry=self.registry
        )

    def called(self, provider: str, op: str, status: int, seconds: float) -> None:
        """Note a call to a provider."""
        self.calls.labels(provider, op, str(status)).observe(seconds)

    def pushed(self, answer: int) -> None:
        """Note a push and how it was answered."""
        self.pushes.labels(str(answer)).inc()

    def delivered(self, outcome: str) -> None:
        """Note how an attempt to tell an application something ended."""
        self.deliveries.labels(outcome).inc()


@dataclass(slots=True)
class Health:
    """Answers the questions of a load balancer, a monitor and systemd."""

    store: SqliteStore
    worker: Worker
    metrics: Metrics
    now: Callable[[], float]
    ready: bool = False
    _seen: tuple[int, float] = (-1, 0.0)

    def alive(self) -> bool:
        """Whether the worker still moves on. Feeds the watchdog."""
        progress, now = self.worker.progress, self.now()
        if progress != self._seen[0]:
            self._seen = (progress, now)
        return now - self._seen[1] < STALLED

    def app(self) -> web.Application:
        """Make the application of `admin_listen`."""
        app = web.Application(client_max_size=1024)
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/readyz", self._readyz)
        app.router.add_get("/metrics", self._metrics)
        return app

    async def _healthz(self, _: web.Request) -> web.Response:
        alive = self.alive()
        return web.json_response({"alive": alive}, status=200 if alive else 503)

    async def _readyz(self, _: web.Request) -> web.Response:
        trouble = self.store.sick or ("" if self.ready else "starting")
        if not trouble:
            try:
                async with asyncio.timeout(PATIENCE):
                    await self.store.tx(
                        lambda _: None
                    )  # a commit, though of nothing: the disk has to take part
            except (StoreError, TimeoutError) as error:
                trouble = str(error)
        return web.json_response(
            {"ready": not trouble, "why": trouble or None}, status=503 if trouble else 200
        )

    async def _metrics(self, _: web.Request) -> web.Response:
        now = self.now()
        counted, states, lost, unlinked, waiting = await self.store.read(
            lambda conn: (
                work.counts(conn, now),
                conferences.states(conn),
                profiles.count_disconnected(conn),
                linked.count_disconnected(conn),
                deliveries.count(conn),
            )
        )
        for state, count in counted.items():
            self.metrics.work.labels(state).set(count)
        self.metrics.conferences.clear()
        for state, count in states.items():
            self.metrics.conferences.labels(state).set(count)
        self.metrics.disconnected.set(lost)
        self.metrics.unlinked.set(unlinked)
        self.metrics.undelivered.set(waiting)
        return web.Response(body=generate_latest(self.metrics.registry), content_type="text/plain")
