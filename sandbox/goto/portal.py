"""What people do in their GoTo account, and the switches: the routes below /_sandbox/goto."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from aiohttp import web

from sandbox.control import read_json
from sandbox.goto import schema
from sandbox.goto.errors import Refused, response
from sandbox.goto.model import Meeting
from sandbox.goto.oauth import forget, new_code
from sandbox.goto.room import GoTo
from sandbox.portal import Work, portal, switch, text


def portal_routes(goto: Callable[[], GoTo]) -> list[web.RouteDef]:
    """Return the control routes."""
    works: dict[str, Work[GoTo]] = {
        "meetings": _make,
        "meetings/{meeting}/delete": _delete,
        "switches": switch,
        "plans": _plan,
        "codes": _code,
        "deauthorize": _deauthorize,
    }
    return portal("goto", goto, works, Refused, response)


async def _make(goto: GoTo, request: web.Request) -> Mapping[str, Any]:
    """Make a meeting of {"email"} by hand, with {"subject", "starttime", "endtime"}."""
    wanted = await read_json(request)
    person = goto.people[text(wanted, "email").lower()]
    first, last = (schema.read(text(wanted, name)) for name in ("starttime", "endtime"))
    id_ = goto.world.random.randint(100_000_000, 999_999_999)
    meeting = Meeting(id_, person, text(wanted, "subject"), first, last, goto.world.now())
    goto.keep(meeting)
    return {"id": meeting.id}


async def _delete(goto: GoTo, request: web.Request) -> Mapping[str, Any]:
    """Delete a meeting: no token, no limit."""
    return {"id": goto.remove(int(request.match_info["meeting"])).id}


async def _plan(goto: GoTo, request: web.Request) -> Mapping[str, Any]:
    """Put {"email"} on a {"free"} plan, or a paid one."""
    wanted = await read_json(request)
    return asdict(goto.plan(text(wanted, "email"), free=bool(wanted.get("free", True))))


async def _code(goto: GoTo, request: web.Request) -> Mapping[str, Any]:
    """Say yes for {"email"} and return the code; redirect_uri, challenge and scope as in authorize."""
    wanted = await read_json(request)
    challenge, scope = wanted.get("code_challenge", ""), wanted.get("scope", "")
    email, uri = text(wanted, "email").lower(), wanted.get("redirect_uri", "")
    return {"code": new_code(goto, email, uri, challenge, scope)}


async def _deauthorize(goto: GoTo, request: web.Request) -> Mapping[str, Any]:
    """Take the app away in the account: every token of {"email"} dies."""
    forget(goto, text(await read_json(request), "email").lower())
    return {}
