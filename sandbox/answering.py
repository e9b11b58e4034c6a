"""The middleware every provider request passes: it logs the call, takes its time and lets faults strike."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from aiohttp import web

from sandbox.calls import USER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp.typedefs import Handler, Middleware

    from sandbox.faults import Fault
    from sandbox.providers import Provider
    from sandbox.state import World

OVERRIDDEN = {"events.insert": "events.list", "calendarList.insert": "calendarList.list"}
"""What a POST means when it says x-http-method-override: GET, as Google's clients do with long queries."""

UNHURRIED = ("microsoft",)
"""Who spends the latency itself, because it limits how many requests are served at a time."""


def answering(world: World, providers: Mapping[str, Provider]) -> Middleware:
    """Return the middleware for these providers; requests to anything else pass untouched."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        name = request.path.split("/", 2)[1]
        if name not in providers:
            return await handler(request)
        op = operation(request)
        n = world.calls.begin(world.now(), name, op, request.method, request.path_qs)
        fault = world.faults.strike(name, op)
        status = 0
        try:
            if world.modes.latency and name not in UNHURRIED:
                await asyncio.sleep(world.modes.latency)
            response = await _answer(world, providers[name], request, handler, fault)
            status = response.status
        except web.HTTPException as error:
            status = error.status
            raise
        except ConnectionAbortedError:
            return _cut(request)
        finally:
            user = request.get(USER)
            world.calls.end(n, user=user, status=status, fault=fault.name if fault else None)
            world.changed("call", n=n, provider=name, op=op, status=status, user=user)
        return response

    return middleware


def operation(request: web.Request) -> str:
    """Return the operation asked for: the last part of the route's name, or "unknown"."""
    name = (request.match_info.route.name or "unknown").rpartition(":")[2]
    if request.headers.get("X-HTTP-Method-Override", "").upper() == "GET":
        return OVERRIDDEN.get(name, name)
    return name


async def _answer(
    world: World, provider: Provider, request: web.Request, handler: Handler, fault: Fault | None
) -> web.StreamResponse:
    if fault is None:
        return await handler(request)
    if fault.hang:
        await world.closing.wait()
    if fault.hang or fault.drop == "before":
        raise ConnectionAbortedError
    if fault.status is not None:
        await asyncio.sleep(fault.delay)
        return _failure(world, provider, fault)
    response = await handler(request)
    await asyncio.sleep(fault.delay)
    if fault.drop == "after":
        raise ConnectionAbortedError
    response.headers.update(fault.headers)
    return response


def _failure(world: World, provider: Provider, fault: Fault) -> web.Response:
    assert fault.status is not None  # noqa: S101 - the caller has looked
    if fault.body is None:
        response = provider.error_response(world, fault.status, fault.reason)
    else:
        text = fault.body if isinstance(fault.body, str) else json.dumps(fault.body)
        kind = fault.content_type or ("text/html" if isinstance(fault.body, str) else "application/json")
        response = web.Response(status=fault.status, text=text, content_type=kind)
    response.headers.update(fault.headers)
    return response


def _cut(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
