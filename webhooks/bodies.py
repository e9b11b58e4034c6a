"""Read the body of a push: whole, or not at all, and for no longer than its sender waits for an answer."""

from __future__ import annotations

import asyncio

from aiohttp import web
from aiohttp.http import HttpProcessingError


async def taken(request: web.Request, patience: float, largest: int) -> bytes | web.Response:
    """Return the body, or what is answered where it is over `largest` bytes, broken, or not there in time (seconds)."""
    if (request.content_length or 0) > largest:
        return _too_large()
    try:
        body = await _whole(request, patience)
    except web.HTTPRequestEntityTooLarge:
        return _too_large()
    except TimeoutError:
        return web.Response(status=408, text="the body did not come")
    except (web.RequestPayloadError, HttpProcessingError):
        return web.Response(status=400, text="the body is broken")
    return _too_large() if len(body) > largest else body


async def _whole(request: web.Request, patience: float) -> bytes:
    if request.content.is_eof():  # it came with the head, as it mostly does: no need of a timer
        return await request.read()
    async with asyncio.timeout(patience):
        return await request.read()


def _too_large() -> web.Response:
    return web.Response(status=413, text="no push is so large")
