"""The control API below /_sandbox: steer the world, look into it, and follow it as a stream."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict, fields, replace
from typing import TYPE_CHECKING, Any

from aiohttp import web

from sandbox.deliveries import Deliveries
from sandbox.modes import Modes
from sandbox.state import User

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.providers import Provider
    from sandbox.state import World

STREAM_PAUSE = 15.0
"""Seconds after which a silent stream sends a comment, so that dead connections are noticed."""


HOMES = ("google", "microsoft")
"""Where a person's calendars can be; the other one knows nothing of them."""


class Control:
    """The handlers of the control API for one world and its providers."""

    def __init__(self, world: World, providers: Mapping[str, Provider]) -> None:
        self._world = world
        self._providers = providers

    def routes(self) -> list[web.RouteDef]:
        """Return the control routes that belong to no single provider."""
        return [
            web.get("/_sandbox/health", self._health),
            web.post("/_sandbox/reset", self._reset),
            web.post("/_sandbox/clock", self._clock),
            web.post("/_sandbox/users", self._add_user),
            web.get("/_sandbox/users", self._users),
            web.get("/_sandbox/state", self._state),
            web.post("/_sandbox/faults", self._add_fault),
            web.get("/_sandbox/faults", self._faults),
            web.delete("/_sandbox/faults", self._clear_faults),
            web.post("/_sandbox/modes", self._set_modes),
            web.get("/_sandbox/modes", self._modes),
            web.post("/_sandbox/push", self._push),
            web.get("/_sandbox/push/idle", self._push_idle),
            web.get("/_sandbox/calls", self._calls),
            web.get("/_sandbox/outbox", self._outbox),
            web.get("/_sandbox/stream", self._stream),
        ]

    async def _health(self, _: web.Request) -> web.Response:
        return web.json_response({"ok": True})

    async def _reset(self, _: web.Request) -> web.Response:
        self._world.reset()
        self._world.leave(Deliveries)
        for provider in self._providers.values():
            provider.reset(self._world)
        self._world.changed("reset")
        return web.json_response({})

    async def _clock(self, request: web.Request) -> web.Response:
        seconds = (await read_json(request)).get("advance", 0)
        if not isinstance(seconds, int | float) or seconds < 0:
            raise bad_request("advance is a number of seconds, zero or more")
        self._world.clock.advance(seconds)
        return web.json_response({"now": self._world.now().isoformat()})

    async def _add_user(self, request: web.Request) -> web.Response:
        wanted = await read_json(request)
        user = add_user(self._world, self._providers, wanted)
        return web.json_response(asdict(user))

    async def _users(self, _: web.Request) -> web.Response:
        return web.json_response({"users": [asdict(user) for user in self._world.users.values()]})

    async def _state(self, _: web.Request) -> web.Response:
        return web.json_response({name: p.snapshot(self._world) for name, p in self._providers.items()})

    async def _add_fault(self, request: web.Request) -> web.Response:
        try:
            return web.json_response({"id": self._world.faults.add(**await read_json(request))})
        except ValueError as error:
            raise bad_request(str(error)) from error

    async def _faults(self, _: web.Request) -> web.Response:
        return web.json_response({"faults": self._world.faults.listing()})

    async def _clear_faults(self, _: web.Request) -> web.Response:
        self._world.faults.clear()
        return web.json_response({})

    async def _set_modes(self, request: web.Request) -> web.Response:
        wanted = await read_json(request)
        unknown = set(wanted) - {f.name for f in fields(Modes)}
        if unknown:
            raise bad_request(f"unknown modes: {', '.join(sorted(unknown))}")
        try:
            self._world.modes = replace(self._world.modes, **wanted)
        except (ValueError, TypeError) as error:
            raise bad_request(str(error)) from error
        return await self._modes(request)

    async def _modes(self, _: web.Request) -> web.Response:
        return web.json_response(asdict(self._world.modes))

    async def _push(self, request: web.Request) -> web.Response:
        try:
            self._world.room(Deliveries).set_modes(await read_json(request))
        except ValueError as error:
            raise bad_request(str(error)) from error
        return web.json_response({})

    async def _push_idle(self, _: web.Request) -> web.Response:
        tally = self._world.room(Deliveries).tally
        await tally.idle.wait()
        return web.json_response({"delivered": tally.delivered, "failed": tally.failed})

    async def _calls(self, request: web.Request) -> web.Response:
        log = self._world.calls
        since = int(request.query.get("since", "0"))
        return web.json_response({"calls": log.since(since), "counts": log.counts, "last": log.last})

    async def _outbox(self, _: web.Request) -> web.Response:
        return web.json_response({"mails": self._world.outbox.listing()})

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        )
        await response.prepare(request)
        changes: asyncio.Queue[tuple[str, dict[str, Any]]] = asyncio.Queue(maxsize=10_000)
        leave = self._world.on_change(
            lambda kind, data: None if changes.full() else changes.put_nowait((kind, data))
        )
        try:
            await self._feed(response, changes)
        except ConnectionError:
            pass
        finally:
            leave()
        return response

    async def _feed(
        self, response: web.StreamResponse, changes: asyncio.Queue[tuple[str, dict[str, Any]]]
    ) -> None:
        await response.write(b": hello\n\n")
        closing = asyncio.ensure_future(self._world.closing.wait())
        try:
            while not closing.done():
                change = asyncio.ensure_future(changes.get())
                await asyncio.wait(
                    {change, closing}, timeout=STREAM_PAUSE, return_when=asyncio.FIRST_COMPLETED
                )
                if change.done():
                    kind, data = change.result()
                    await response.write(f"event: {kind}\ndata: {json.dumps(data)}\n\n".encode())
                else:
                    change.cancel()
                    await response.write(b": still here\n\n")
        finally:
            closing.cancel()


def add_user(world: World, providers: Mapping[str, Provider], wanted: Mapping[str, Any]) -> User:
    """Add a person to the organisation, with what every provider gives them."""
    email = wanted.get("email")
    if not isinstance(email, str) or "@" not in email:
        raise bad_request("email is missing")
    name = wanted.get("name") or email.split("@", 1)[0].title()
    home = wanted.get("home", "google")
    if home not in HOMES:
        raise bad_request(f"home is one of {', '.join(HOMES)}")
    user = User(email=email.lower(), name=name, zoom=bool(wanted.get("zoom", True)), home=home)
    world.users[user.email] = user
    for each, provider in providers.items():
        if each not in HOMES or each == home:
            provider.user_added(world, user, wanted)
    world.changed("user", email=user.email)
    return user


async def read_json(request: web.Request) -> dict[str, Any]:
    """Return the JSON object of the body, {} when there is none; answer 400 to anything else."""
    text = await request.text()
    try:
        body = json.loads(text) if text else {}
    except ValueError as error:
        raise bad_request(f"the body is no JSON: {error}") from error
    if not isinstance(body, dict):
        raise bad_request("the body is no JSON object")
    return body


def bad_request(message: str) -> web.HTTPBadRequest:
    """Return the control API's 400 with a message."""
    return web.HTTPBadRequest(text=json.dumps({"error": message}), content_type="application/json")
