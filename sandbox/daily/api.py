"""The handlers of Daily's API: admit, count, check, answer.

https://docs.daily.co/reference/rest-api/rooms
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

from aiohttp import web

from sandbox.daily.errors import Refused, invalid, response
from sandbox.daily.room import Domain, Room

Work: TypeAlias = Callable[[Domain, web.Request], Awaitable[web.Response]]

HOST: Final = "https://sandbox.daily.co"
LONGEST_PAGE: Final = 100
NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")
WHOLE: Final = frozenset("nbf exp max_participants eject_after_elapsed".split())
FLAGS: Final = frozenset(
    "eject_at_room_exp enable_chat enable_knocking enable_prejoin_ui enable_screenshare owner_only_broadcast "
    "start_audio_off start_video_off enable_people_ui enable_network_ui".split()
)
TEXTS: Final = frozenset({"lang", "geo", "enable_recording"})


def guarded(
    domain: Callable[[], Domain], kind: str, work: Work
) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Wrap a handler with what every call passes: the key, the rate, the shape of errors."""

    async def handler(request: web.Request) -> web.Response:
        daily = domain()
        try:
            daily.admit(request.headers.get("Authorization", ""))
            daily.count(kind)
            return await work(daily, request)
        except Refused as refused:
            return response(refused)

    return handler


async def create(domain: Domain, request: web.Request) -> web.Response:
    """POST /rooms: 200, and 400 where there is a room of that name."""
    body = await _body(request, {"name", "privacy", "properties"})
    name = body.get("name", domain.world.token(length=20))
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise invalid("name may hold letters, digits, - and _, at most 128 of them")
    if name in domain.standing():
        raise invalid(f"a room named {name} already exists")
    room = Room(
        id=str(uuid.UUID(bytes=domain.world.random.randbytes(16), version=4)),
        name=name,
        privacy=_privacy(body, "public"),
        created=domain.world.now(),
        config=_properties(body),
    )
    domain.keep(room)
    return web.json_response(shown(room))


async def update(domain: Domain, request: web.Request) -> web.Response:
    """POST /rooms/{name}: what is named changes, the rest stays."""
    room = domain.room(request.match_info["name"])
    body = await _body(request, {"privacy", "properties"})
    room = replace(room, privacy=_privacy(body, room.privacy), config={**room.config, **_properties(body)})
    domain.keep(room)
    return web.json_response(shown(room))


async def get(domain: Domain, request: web.Request) -> web.Response:
    """GET /rooms/{name}."""
    return web.json_response(shown(domain.room(request.match_info["name"])))


async def listing(domain: Domain, request: web.Request) -> web.Response:
    """GET /rooms, the newest first, a hundred at most; the next page begins after the id of a room."""
    found = list(reversed(domain.standing().values()))
    first, after = 0, request.query.get("starting_after", "")
    if after:
        first = next((place for place, room in enumerate(found, 1) if room.id == after), 0)
        if not first:
            raise invalid("starting_after is the id of no room")
    try:
        limit = int(request.query.get("limit", "100"))
    except ValueError:
        limit = 0
    if not 1 <= limit <= LONGEST_PAGE:
        raise invalid(f"limit is between 1 and {LONGEST_PAGE}")
    page = found[first : first + limit]
    return web.json_response({"total_count": len(found), "data": [shown(room) for room in page]})


async def delete(domain: Domain, request: web.Request) -> web.Response:
    """DELETE /rooms/{name}: 200; a second one finds nothing."""
    name = request.match_info["name"]
    domain.remove(name)
    return web.json_response({"deleted": True, "name": name})


def shown(room: Room) -> dict[str, Any]:
    """Return a room as Daily shows it."""
    return {
        "id": room.id,
        "name": room.name,
        "api_created": True,
        "privacy": room.privacy,
        "url": f"{HOST}/{room.name}",
        "created_at": _iso(room.created),
        "config": dict(room.config),
    }


async def _body(request: web.Request, known: set[str]) -> Mapping[str, Any]:
    try:
        body = json.loads(await request.text())
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Refused(400, "json-parsing-error")
    if unknown := body.keys() - known:
        raise invalid(f"unknown parameter '{min(unknown)}'")
    return body


def _privacy(body: Mapping[str, Any], usual: str) -> str:
    privacy: str = body.get("privacy", usual)
    if privacy not in {"public", "private"}:
        raise invalid("privacy must be public or private")
    return privacy


def _properties(body: Mapping[str, Any]) -> Mapping[str, Any]:
    properties = body.get("properties", {})
    if not isinstance(properties, dict):
        raise invalid("properties must be an object")
    for name, value in properties.items():
        whole = name in WHOLE and type(value) is int and value >= 0
        flag = name in FLAGS and isinstance(value, bool)
        if not whole and not flag and not (name in TEXTS and isinstance(value, str)):
            raise invalid(f"unknown or wrong property '{name}'")
    return properties


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
