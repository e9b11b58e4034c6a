"""A real server with all doors, a small store behind it, and ways to knock."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from io import BytesIO

from aiohttp import ClientSession, web
from ringing import NOW, TOKEN, furnish, rung
from yarl import URL

from store.db import SqliteStore
from webhooks import server
from webhooks.bell import Bell, Channels
from webhooks.zoom_door import ZoomDoor

CHANGED = {"X-Goog-Resource-State": "exists", "X-Goog-Channel-Token": TOKEN}

FULL_STOP = b"\r\n\r\nPOST /the/end HTTP/1.1\r\nHost: x\r\n\r\n"  # whatever came before is complete now


class Door:
    """A running server, its store, and what it answered."""

    def __init__(self, store, channels, port, session, answers):
        self.store, self.channels, self.port, self.session, self.answers = (
            store,
            channels,
            port,
            session,
            answers,
        )

    async def push(self, channel="chan-1", headers=CHANGED, method="POST", **more):
        address = f"http://127.0.0.1:{self.port}/hooks/google/{channel}"
        async with self.session.request(method, address, headers=headers, **more) as answer:
            return answer.status

    async def notify(self, batch, query="", **more):
        """Send what Graph would; return the status, and what else a sender can see of the answer."""
        body = batch if isinstance(batch, bytes) else json.dumps(batch).encode()
        address = URL(f"http://127.0.0.1:{self.port}/hooks/microsoft{query}", encoded=True)
        async with self.session.post(address, data=BytesIO(body), **more) as answer:
            return answer.status, await answer.read(), answer.headers.get("Content-Type")

    async def rung(self):
        return await self.store.read(rung)

    async def raw(self, request):
        """Send bytes as they are; return the status, or None where the server just hangs up."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(request + FULL_STOP)
            line = await reader.readline()
            while (line and not line.startswith(b"HTTP/1.")) or line.split(b" ")[1:2] == [b"100"]:
                line = await reader.readline()
        except ConnectionError:
            return None
        finally:
            writer.close()
        return int(line.split(b" ")[1]) if line else None


@asynccontextmanager
async def opened(path, *, zoom=(), **options):
    """Serve all doors; `zoom` are the secrets with which Zoom's events are signed."""
    store, answers = SqliteStore(str(path)), []
    await store.tx(furnish)
    channels = Channels()
    await channels.fill(store)
    bell = Bell(store, lambda: NOW)
    door = ZoomDoor(bell, store, zoom, lambda: NOW) if zoom else None
    runner = server.runner(server.build(bell, channels, answers.append, zoom=door, **options))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        async with ClientSession() as session:
            yield Door(store, channels, runner.addresses[0][1], session, answers)
    finally:
        await runner.cleanup()
        store.close()
