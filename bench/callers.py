"""The HTTP API as one application sees it, in a process of its own: calls that only validate, and calls that are kept.

`python -m bench.callers validating | durable FOLDER COUNT PROVIDER`
"""

from __future__ import annotations

import gc
import os
import sqlite3
import sys
import time
from collections.abc import Callable
from pathlib import Path

from aiohttp import web
from cryptography.fernet import Fernet

from api.v1 import bodies, drafts, subscriptions
from api.v1.application import Application
from api.v1.context import Context
from api.v1.drafts import Problems
from api.v1.names import ALL
from api.v1.routes import every, table
from api.v1.server import Front
from bench import asks
from bench.doors import serve
from bench.upsert_calls import CALENDAR, OWNER, TOKEN
from connectors.model import CalendarInfo
from daemon import logs
from store import calendars, profiles, tokens
from store.db import SqliteStore
from store.secrets import Vault
from store.tokens import Token
from webhooks import server

PLENTY = 1_000_000  # calls a second that are allowed


class Nobody:
    """Gives nothing up: implements `api.v1.context.People`."""

    def drop(self, conn: sqlite3.Connection, profile: str) -> bool:
        """Keep it."""
        return False

    async def end(self, profile: str) -> None:
        """Keep it."""

    async def unlink(self, profile: str) -> None:
        """Keep it."""

    def begin(self, provider: str, account: str) -> None:
        """Look after nobody."""


async def validating() -> None:
    """Answer 202 from a plain aiohttp handler that parses the event of an upsert and validates it."""

    async def handler(request: web.Request) -> web.Response:
        body, problems = bodies.read(await request.read(), request.headers["Content-Type"]), Problems()
        drafts.read(body, None, problems)
        subscriptions.read(body["subscriptions"])
        problems.check()
        return web.Response(status=202)

    app = web.Application()
    app.router.add_post("/v1/calendars/{calendar}/events", handler)
    await serve(web.AppRunner(app, access_log=None))


async def durable(folder: Path) -> None:
    """Take upserts exactly as the daemon does; nobody does the work that they ring for."""
    sys.stderr = open(os.devnull, "w")  # noqa: SIM115, PTH123, ASYNC230 - for the life of the process
    logs.configure("info", "json")
    store = SqliteStore(str(folder / "huddled.db"))
    await store.tx(furnish)
    context = stage(store)
    app = web.Application()
    app.add_routes(Front(context, table(every(context))).routes())
    gc.freeze()  # as the daemon does

    async def commits(_: asks.Json) -> asks.Json:
        return {"commits": store.commits, "cpu": time.process_time()}

    try:
        await serve(server.runner(app), commits)
    finally:
        store.close()


def stage(store: SqliteStore, clock: Callable[[], float] = time.time) -> Context:
    """Put together what handlers need, for one application that may call as often as it likes."""
    one = application()
    return Context(
        store,
        Vault([Fernet.generate_key()]),
        clock,
        lambda: TOKEN,
        "http://huddled.bench.example",
        {one.client_id: one},
        {},
        Nobody(),
    )


def application() -> Application:
    """Return the one that calls."""
    return Application("bench", "Bench", ("bench",), per_second=PLENTY, per_minute=PLENTY * 60)


def furnish(conn: sqlite3.Connection) -> None:
    """Have somebody with one calendar, whose token the load generator knows."""
    now, secrets = time.time(), iter((TOKEN, TOKEN + "-refresh"))
    profile = profiles.ensure(conn, "own", OWNER, "own", now)
    info = CalendarInfo(OWNER, "Bench", "UTC", writable=True, primary=True)
    calendars.found(conn, profile, "own", info, now)
    if calendars.calendar_id("own", OWNER) != CALENDAR:
        raise RuntimeError("the calendar is called otherwise now")
    tokens.grant(conn, "bench", OWNER, profile, now)
    holder = Token("access", "bench", "bench", OWNER, ALL, None)
    tokens.issue(conn, lambda: next(secrets), holder, now)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["validating"]:
            asks.run(validating())
        case ["durable", folder, _, _]:
            asks.run(durable(Path(folder)))
