"""Read the body of a push: whole, or not at all, and for no longer than its sender waits for an answer."""

from __future__ import annotations

import asyncio

from aiohttp import web


async def whole(request: web.Request, patience: float) -> bytes:
    """Read the body. Raises TimeoutError when it does not come, and what aiohttp raises when it is not good."""
    if request.content.is_eof():  # it came with the head, as it mostly does: no need of a timer
        return await request.read()
    async with asyncio.timeout(patience):
        return await request.read()
