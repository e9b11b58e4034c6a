"""The handlers of Whereby's API: admit, count, check, answer. There is no way to change a room.

https://docs.whereby.com/reference/whereby-rest-api-reference
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeAlias

from aiohttp import web

from sandbox.whereby.errors import Refused, response
from sandbox.whereby.room import Meeting, Organisation

Work: TypeAlias = Callable[[Organisation, web.Request], Awaitable[web.Response]]

HOST: Final = "https://sandbox.whereby.com"
KEYS: Final = frozenset(
    "endDate startDate isLocked roomMode roomNamePrefix roomNamePattern templateType recording "
    "liveTranscription streaming fields".split()
)
FIELDS: Final = frozenset({"hostRoomUrl", "viewerRoomUrl"})
LONGEST_PREFIX: Final = 39


def guarded(
    organisation: Callable[[], Organisation], points: int, work: Work
) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Wrap a handler with what every call passes: the key, the points, the shape of errors."""

    async def handler(request: web.Request) -> web.Response:
        whereby = organisation()
        try:
            whereby.admit(request.headers.get("Authorization", ""))
            headers = whereby.spend(points)
            answer = await work(whereby, request)
            answer.headers.update(headers)
        except Refused as refused:
            answer = response(refused)
        return answer

    return handler


async def create(organisation: Organisation, request: web.Request) -> web.Response:
    """POST /meetings: a room from now until an hour after `endDate`."""
    body = await _body(request)
    now = organisation.world.now()
    mode, pattern = body.get("roomMode", "normal"), body.get("roomNamePattern", "uuid")
    if mode not in {"normal", "group"} or pattern not in {"uuid", "human-short"}:
        raise Refused(400, "roomMode or roomNamePattern is not one of the allowed values")
    if not isinstance(body.get("isLocked", False), bool):
        raise Refused(400, "isLocked must be a boolean")
    random = organisation.world.random
    unique = str(uuid.UUID(bytes=random.randbytes(16), version=4))
    meeting = Meeting(
        id=str(random.randint(10_000_000, 99_999_999)),
        name=f"/{_prefix(body)}{unique if pattern == 'uuid' else unique[:6]}",
        start=now,
        end=_end(body, now),
        locked=body.get("isLocked", False),
        mode=mode,
        secret=organisation.world.token("eyJ."),
    )
    organisation.keep(meeting)
    return web.json_response(shown(meeting, _fields(body.get("fields", []))), status=201)


async def listing(organisation: Organisation, request: web.Request) -> web.Response:
    """GET /meetings: pages of at most a hundred, with a cursor until there is no more."""
    asked = request.query
    begins, fields = asked.get("roomName[startsWith]", ""), _asked_fields(request)
    try:
        limit = int(asked.get("limit", "50"))
    except ValueError:
        limit = 0
    if not 1 <= limit <= 100:
        raise Refused(400, "limit must be between 1 and 100")
    newest = organisation.world.now() - timedelta(seconds=organisation.switches.list_lag)
    found = [
        one for one in organisation.standing().values() if one.name.startswith(begins) and one.start <= newest
    ]
    first = _position(asked.get("cursor", ""))
    cursor = f"c{first + limit}" if len(found) > first + limit else None
    page = [shown(one, fields) for one in found[first : first + limit]]
    return web.json_response({"results": page, "cursor": cursor})


async def get(organisation: Organisation, request: web.Request) -> web.Response:
    """GET /meetings/{meetingId}."""
    meeting = organisation.standing().get(request.match_info["meeting"])
    if meeting is None:
        raise Refused(404, "The requested resource doesn't exist")
    return web.json_response(shown(meeting, _asked_fields(request)))


async def delete(organisation: Organisation, request: web.Request) -> web.Response:
    """DELETE /meetings/{meetingId}: the same answer whether or not it was there."""
    organisation.remove(request.match_info["meeting"])
    return web.Response(status=204)


def shown(meeting: Meeting, fields: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Return a room as Whereby shows it; the links of hosts and viewers only on request."""
    url = HOST + meeting.name
    body = {
        "meetingId": meeting.id,
        "roomName": meeting.name,
        "roomUrl": url,
        "startDate": _iso(meeting.start),
        "endDate": _iso(meeting.end),
    }
    links = {"hostRoomUrl": f"{url}?roomKey={meeting.secret}", "viewerRoomUrl": f"{url}?roomKey=viewer"}
    return body | {name: link for name, link in links.items() if name in fields}


async def _body(request: web.Request) -> Mapping[str, Any]:
    try:
        body = json.loads(await request.text())
    except ValueError:
        body = None
    if request.content_type != "application/json" or not isinstance(body, dict):
        raise Refused(400, "The request body is not valid JSON")
    if unknown := body.keys() - KEYS:
        raise Refused(400, f"unknown property: {', '.join(sorted(unknown))}")
    return body


def _end(body: Mapping[str, Any], now: datetime) -> datetime:
    try:
        end = datetime.fromisoformat(body["endDate"])
    except (KeyError, TypeError, ValueError):
        raise Refused(400, "endDate is required and must be a date-time") from None
    end = end if end.tzinfo else end.replace(tzinfo=UTC)
    if end < now:
        raise Refused(400, "endDate must be the same as or after the current date")
    return end


def _prefix(body: Mapping[str, Any]) -> str:
    """Return the prefix as Whereby keeps it: lower case, without blanks."""
    given = body.get("roomNamePrefix", "")
    if not isinstance(given, str) or len(given) > LONGEST_PREFIX:
        raise Refused(400, f"roomNamePrefix must be text of at most {LONGEST_PREFIX} characters")
    bare = "".join(given.lower().split())
    if not bare.replace("-", "").isalnum() and bare:
        raise Refused(400, "roomNamePrefix may hold letters and digits")
    return bare


def _fields(wanted: Any) -> frozenset[str]:
    if not isinstance(wanted, list) or set(wanted) - FIELDS:
        raise Refused(400, f"fields may hold {', '.join(sorted(FIELDS))}")
    return frozenset(wanted)


def _asked_fields(request: web.Request) -> frozenset[str]:
    return _fields([name for name in request.query.get("fields", "").split(",") if name])


def _position(cursor: str) -> int:
    if cursor and not (cursor[:1] == "c" and cursor[1:].isdecimal()):
        raise Refused(400, "invalid cursor")
    return int(cursor[1:] or 0)


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
