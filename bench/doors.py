"""The servers that take pushes, each a process of its own: nothing but a socket, bare aiohttp, and huddled's.

`python -m bench.doors socket | bare | parsing | durable FOLDER CHANNELS PROVIDER`
"""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from pathlib import Path

from aiohttp import web

from bench import asks, pushes, wire
from connectors.model import CalendarInfo
from daemon.health import Metrics
from store import calendars, channels, profiles
from store.db import SqliteStore
from webhooks import server
from webhooks.bell import Bell, Channels


async def nothing_but_a_socket() -> None:
    """Answer 204 without looking."""
    answer = wire.answer(204)
    listening, port = await wire.listen(lambda *_: answer)
    async with listening:
        await asks.serve({"port": port}, _nothing)


async def bare() -> None:
    """Answer 204 from a plain aiohttp handler on the same path."""

    async def handler(_: web.Request) -> web.Response:
        return web.Response(status=204)

    app = web.Application()
    app.router.add_post("/hooks/google/{channel}", handler)
    await serve(web.AppRunner(app, access_log=None))


async def parsing() -> None:
    """Answer 202 from a plain aiohttp handler that reads Graph's batch and does nothing with it."""

    async def handler(request: web.Request) -> web.Response:
        for item in json.loads(await request.read())["value"]:
            _ = item["subscriptionId"], item["changeType"], item["resource"], item["clientState"]
        return web.Response(status=202)

    app = web.Application()
    app.router.add_post("/hooks/microsoft", handler)
    await serve(web.AppRunner(app, access_log=None))


async def durable(folder: Path, channels: int, provider: str) -> None:
    """Take pushes exactly as the daemon does; nobody does the work that they ring for."""
    store = SqliteStore(str(folder / "huddled.db"))
    await store.tx(lambda conn: _furnish(conn, channels, provider))
    known = Channels()
    await known.fill(store)
    app = server.build(Bell(store, time.time), known, Metrics().pushed)

    async def commits(_: asks.Json) -> asks.Json:
        return {"commits": store.commits, "cpu": time.process_time()}

    try:
        await serve(server.runner(app), commits)
    finally:
        store.close()


def _furnish(conn: sqlite3.Connection, count: int, provider: str) -> None:
    now = time.time()
    profile = profiles.ensure(conn, provider, "somebody@bench.example", "delegated", now)
    for number in range(count):
        info = CalendarInfo(pushes.calendar(number), f"Calendar {number}", "UTC", writable=True)
        calendars.found(conn, profile, provider, info, now)
        name = calendars.calendar_id(provider, info.remote)
        channels.begin(conn, pushes.channel(number), name, pushes.token(number), now)


async def serve(runner: web.AppRunner, answer: asks.Answer | None = None) -> None:
    """Serve on a free port, and answer what the parent asks, until it hangs up."""
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        await asks.serve({"port": runner.addresses[0][1]}, answer or _nothing)
    finally:
        await runner.cleanup()


async def _nothing(_: asks.Json) -> asks.Json:
    return {"commits": 0, "cpu": time.process_time()}


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["socket"]:
            asks.run(nothing_but_a_socket())
        case ["bare"]:
            asks.run(bare())
        case ["parsing"]:
            asks.run(parsing())
        case ["durable", folder, count, provider]:
            asks.run(durable(Path(folder), int(count), provider))
