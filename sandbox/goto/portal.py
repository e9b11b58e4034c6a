"""What people do in their GoTo account, and the switches: the routes below /_sandbox/goto."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, fields, replace
from typing import Any, TypeAlias

from aiohttp import web

from sandbox.goto import schema
from sandbox.goto.errors import Refused, invalid, response
from sandbox.goto.model import Meeting
from sandbox.goto.oauth import forget, new_code
from sandbox.goto.room import GoTo, Switches

Work: TypeAlias = Callable[[GoTo, web.Request], Awaitable[Mapping[str, Any]]]


def portal_routes(goto: Callable[[], GoTo]) -> list[web.RouteDef]:
    """Return the control routes."""
    works: dict[str, Work] = {
        "meetings": _make,
        "meetings/{meeting}/delete": _delete,
        "switches": _switch,
        "plans": _plan,
        "codes": _code,
        "deauthorize": _deauthorize,
    }
    return [web.post(f"/_sandbox/goto/{path}", _handler(goto, work)) for path, work in works.items()]


def _handler(goto: Callable[[], GoTo], work: Work) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handler(request: web.Request) -> web.Response:
        try:
            return web.json_response(dict(await work(goto(), request)))
        except Refused as refused:
            return response(refused)

    return handler


async def _make(goto: GoTo, request: web.Request) -> Mapping[str, Any]:
    """Make a meeting of {"email"} by hand, with {"subject", "starttime", "endtime"}."""
    wanted = await _json(request)
    person = goto.people[_text(wanted, "email").lower()]
    first, last = (schema.read(_text(wanted, name)) for name in ("starttime", "endtime"))
    id_ = goto.world.random.randint(100_000_000, 999_999_999)
    meeting = Meeting(id_, person, _text(wanted, "subject"), first, last, goto.world.now())
    goto.keep(meeting)
    return {"id": meeting.id}


async def _delete(goto: GoTo, request: web.Request) -> Mapping[str, Any]:
    """Delete a meeting: no token, no limit."""
    return {"id": goto.remove(int(request.match_info["meeting"])).id}


async def _switch(goto: GoTo, request: web.Request) -> Mapping[str, Any]:
    """Set switches by name; `scopes` takes effect with the next consent."""
    wanted = await _json(request)
    unknown = wanted.keys() - {one.name for one in fields(Switches)}
    if unknown:
        raise invalid(f"unknown switches: {', '.join(sorted(unknown))}")
    if "scopes" in wanted:
        wanted["scopes"] = tuple(wanted["scopes"])
    goto.switches = replace(goto.switches, **wanted)
    return asdict(goto.switches)


async def _plan(goto: GoTo, request: web.Request) -> Mapping[str, Any]:
    """Put {"email"} on a {"free"} plan, or a paid one."""
    wanted = await _json(request)
    return asdict(goto.plan(_text(wanted, "email"), free=bool(wanted.get("free", True))))


async def _code(goto: GoTo, request: web.Request) -> Mapping[str, Any]:
    """Say yes for {"email"} and return the code; redirect_uri, challenge and scope as in authorize."""
    wanted = await _json(request)
    challenge, scope = wanted.get("code_challenge", ""), wanted.get("scope", "")
    email, uri = _text(wanted, "email").lower(), wanted.get("redirect_uri", "")
    return {"code": new_code(goto, email, uri, challenge, scope)}


async def _deauthorize(goto: GoTo, request: web.Request) -> Mapping[str, Any]:
    """Take the app away in the account: every token of {"email"} dies."""
    forget(goto, _text(await _json(request), "email").lower())
    return {}


async def _json(request: web.Request) -> dict[str, Any]:
    body = await request.json() if request.can_read_body else {}
    if not isinstance(body, dict):
        raise invalid("a JSON object is wanted")
    return body


def _text(wanted: Mapping[str, Any], key: str) -> str:
    value = wanted.get(key)
    if not isinstance(value, str):
        raise invalid(f"{key} is missing")
    return value
