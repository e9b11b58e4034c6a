"""What people do at Webex themselves, and its switches: the routes below /_sandbox/webex."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, fields, replace
from typing import Any, TypeAlias

from aiohttp import web

from sandbox.webex.errors import Refused, invalid, response, tracking
from sandbox.webex.oauth import forget, granted, new_code
from sandbox.webex.room import ALL_SCOPES, Code, Site, Switches
from sandbox.webex.rules import invited

Work: TypeAlias = Callable[[Site, web.Request], Awaitable[Mapping[str, Any]]]


def portal_routes(site: Callable[[], Site]) -> list[web.RouteDef]:
    """Return the control routes."""
    works: dict[str, Work] = {
        "meetings/{meeting}/delete": _delete,
        "meetings/{meeting}/title": _title,
        "meetings/{meeting}/exceptions": _except,
        "meetings/{meeting}/invitees": _invite,
        "switches": _switch,
        "codes": _code,
        "deauthorize": _deauthorize,
    }
    return [web.post(f"/_sandbox/webex/{path}", _handler(site, work)) for path, work in works.items()]


def _handler(site: Callable[[], Site], work: Work) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handler(request: web.Request) -> web.Response:
        try:
            return web.json_response(await work(site(), request))
        except Refused as refused:
            return response(refused, tracking(site().world.random))

    return handler


async def _delete(site: Site, request: web.Request) -> Mapping[str, Any]:
    """Delete a meeting in the app: no token, no mail."""
    return {"id": site.remove(request.match_info["meeting"]).id}


async def _title(site: Site, request: web.Request) -> Mapping[str, Any]:
    """Rename a meeting to {"title"}."""
    meeting = site.meeting(request.match_info["meeting"])
    site.keep(replace(meeting, title=_text(await _json(request), "title")))
    return {"id": meeting.id}


async def _except(site: Site, request: web.Request) -> Mapping[str, Any]:
    """Move one date of a series, {"date": "20261201T150000Z"}: it becomes an exception."""
    meeting = site.meeting(request.match_info["meeting"])
    date = _text(await _json(request), "date")
    site.keep(replace(meeting, exceptions=(*meeting.exceptions, f"{meeting.id}_{date}")))
    return {"id": f"{meeting.id}_{date}"}


async def _invite(site: Site, request: web.Request) -> Mapping[str, Any]:
    """Add {"email", "coHost"} as the host does by hand."""
    meeting = site.meeting(request.match_info["meeting"])
    added = invited(meeting, await _json(request))
    site.keep(replace(meeting, invitees=(*meeting.invitees, added)))
    return {"id": added.id}


async def _switch(site: Site, request: web.Request) -> Mapping[str, Any]:
    """Set switches by name; `scopes` takes effect with the next authorisations."""
    wanted = await _json(request)
    unknown = wanted.keys() - {f.name for f in fields(Switches)}
    if unknown:
        raise invalid(f"unknown switches: {', '.join(sorted(unknown))}")
    lists = {key: tuple(value) for key, value in wanted.items() if isinstance(value, list)}
    site.switches = replace(site.switches, **{**wanted, **lists})
    return asdict(site.switches)


async def _code(site: Site, request: web.Request) -> Mapping[str, Any]:
    """Say yes for {"email"} and return the code; scope, redirect_uri and PKCE's challenge as in authorize."""
    wanted = await _json(request)
    scopes = frozenset(str(wanted.get("scope") or " ".join(ALL_SCOPES)).split())
    code = Code(
        _text(wanted, "email").lower(),
        wanted.get("client_id", "sandbox-webex"),
        granted(site, scopes),
        wanted.get("redirect_uri", ""),
        wanted.get("code_challenge", ""),
        wanted.get("code_challenge_method", "plain"),
        site.world.now(),
    )
    return {"code": new_code(site, code)}


async def _deauthorize(site: Site, request: web.Request) -> Mapping[str, Any]:
    """Take the integration away: every token of {"email"} dies."""
    forget(site, _text(await _json(request), "email").lower())
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
