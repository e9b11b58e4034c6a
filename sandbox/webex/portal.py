"""What people do at Webex themselves, and its switches: the routes below /_sandbox/webex."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from aiohttp import web

from sandbox.control import read_json
from sandbox.portal import Work, portal, switch, text
from sandbox.webex.errors import Refused, response, tracking
from sandbox.webex.oauth import forget, granted, new_code
from sandbox.webex.room import ALL_SCOPES, Code, Site
from sandbox.webex.rules import invited


def portal_routes(site: Callable[[], Site]) -> list[web.RouteDef]:
    """Return the control routes."""
    works: dict[str, Work[Site]] = {
        "meetings/{meeting}/delete": _delete,
        "meetings/{meeting}/title": _title,
        "meetings/{meeting}/exceptions": _except,
        "meetings/{meeting}/invitees": _invite,
        "switches": switch,
        "codes": _code,
        "deauthorize": _deauthorize,
    }

    def refusal(refused: Refused) -> web.Response:
        return response(refused, tracking(site().world.random))

    return portal("webex", site, works, Refused, refusal)


async def _delete(site: Site, request: web.Request) -> Mapping[str, Any]:
    """Delete a meeting in the app: no token, no mail."""
    return {"id": site.remove(request.match_info["meeting"]).id}


async def _title(site: Site, request: web.Request) -> Mapping[str, Any]:
    """Rename a meeting to {"title"}."""
    meeting = site.meeting(request.match_info["meeting"])
    site.keep(replace(meeting, title=text(await read_json(request), "title")))
    return {"id": meeting.id}


async def _except(site: Site, request: web.Request) -> Mapping[str, Any]:
    """Move one date of a series, {"date": "20261201T150000Z"}: it becomes an exception."""
    meeting = site.meeting(request.match_info["meeting"])
    date = text(await read_json(request), "date")
    site.keep(replace(meeting, exceptions=(*meeting.exceptions, f"{meeting.id}_{date}")))
    return {"id": f"{meeting.id}_{date}"}


async def _invite(site: Site, request: web.Request) -> Mapping[str, Any]:
    """Add {"email", "coHost"} as the host does by hand."""
    meeting = site.meeting(request.match_info["meeting"])
    added = invited(meeting, await read_json(request))
    site.keep(replace(meeting, invitees=(*meeting.invitees, added)))
    return {"id": added.id}


async def _code(site: Site, request: web.Request) -> Mapping[str, Any]:
    """Say yes for {"email"} and return the code; scope, redirect_uri and PKCE's challenge as in authorize."""
    wanted = await read_json(request)
    scopes = frozenset(str(wanted.get("scope") or " ".join(ALL_SCOPES)).split())
    code = Code(
        text(wanted, "email").lower(),
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
    forget(site, text(await read_json(request), "email").lower())
    return {}
