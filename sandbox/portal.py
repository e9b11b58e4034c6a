"""What people do at a service themselves, past its API: routes below /_sandbox/<service>, and how they answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, fields, replace
from typing import Any, Protocol, TypeAlias, TypeVar

from aiohttp import web

from sandbox.control import bad_request, read_json

Room = TypeVar("Room")
Refused = TypeVar("Refused", bound=Exception)
Work: TypeAlias = Callable[[Room, web.Request], Awaitable[Mapping[str, Any]]]


class Switchable(Protocol):
    """A service with switches: a frozen dataclass."""

    switches: Any


def portal(
    service: str,
    room: Callable[[], Room],
    works: Mapping[str, Work[Room]],
    refused: type[Refused],
    response: Callable[[Refused], web.Response],
) -> list[web.RouteDef]:
    """Return a route for each of the works; a refusal is answered in the service's own shape."""

    def handler(work: Work[Room]) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            try:
                return web.json_response(dict(await work(room(), request)))
            except refused as refusal:
                return response(refusal)

        return handle

    return [web.post(f"/_sandbox/{service}/{path}", handler(work)) for path, work in works.items()]


async def switch(room: Switchable, request: web.Request) -> Mapping[str, Any]:
    """Set switches by name; `scopes`, where there are any, take effect with what is granted next."""
    wanted = await read_json(request)
    unknown = wanted.keys() - {one.name for one in fields(room.switches)}
    if unknown:
        raise bad_request(f"unknown switches: {', '.join(sorted(unknown))}")
    lists = {name: tuple(value) for name, value in wanted.items() if isinstance(value, list)}
    room.switches = replace(room.switches, **wanted | lists)
    return asdict(room.switches)


def text(wanted: Mapping[str, Any], key: str) -> str:
    """Return a text of what is wanted; answer 400 where there is none."""
    value = wanted.get(key)
    if not isinstance(value, str):
        raise bad_request(f"{key} is missing")
    return value
