"""What people do in the Zoom portal, and the account's switches: the routes below /_sandbox/zoom."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from aiohttp import web

from sandbox.control import read_json
from sandbox.portal import Work, portal, switch, text
from sandbox.zoom import rules, schema
from sandbox.zoom.answers import join_url
from sandbox.zoom.errors import Refused, invalid, response
from sandbox.zoom.oauth import ACCOUNT_ID, USER_CLIENT, forget, new_code
from sandbox.zoom.room import Account
from sandbox.zoom.webhooks import Webhooks


def portal_routes(account: Callable[[], Account]) -> list[web.RouteDef]:
    """Return the control routes."""
    works: dict[str, Work[Account]] = {
        "meetings/{meeting}/delete": _delete,
        "meetings/{meeting}/edit": _edit,
        "meetings/{meeting}/recover": _recover,
        "meetings/{meeting}/purge": _purge,
        "meetings/{meeting}/webinar": _webinar,
        "webhooks": _webhook,
        "switches": switch,
        "privileges": _privilege,
        "codes": _code,
        "deauthorize": _deauthorize,
    }
    return portal("zoom", account, works, Refused, partial(response, kind="json"))


async def _delete(account: Account, request: web.Request) -> Mapping[str, Any]:
    """Delete a meeting in the portal: no token, no quota."""
    return {"id": account.remove(int(request.match_info["meeting"])).id}


async def _edit(account: Account, request: web.Request) -> Mapping[str, Any]:
    """Change a meeting in the portal, with the fields of an update: no token, no quota."""
    meeting = account.meeting(int(request.match_info["meeting"]))
    body = await read_json(request)
    problems = schema.problems(schema.UPDATE, body)
    if problems:
        raise invalid(*problems)
    forced = account.world.modes.zoom_forced_waiting_room
    after = rules.changed(meeting, body, account.world.now(), forced_waiting_room=forced)
    account.keep(after)
    return {"id": after.id, "join_url": join_url(after)}


async def _recover(account: Account, request: web.Request) -> Mapping[str, Any]:
    """Bring a deleted meeting back in the portal."""
    return {"id": account.recover(int(request.match_info["meeting"])).id}


async def _purge(account: Account, request: web.Request) -> Mapping[str, Any]:
    """Delete a deleted meeting for good in the portal."""
    return {"id": account.purge(int(request.match_info["meeting"])).id}


async def _webhook(account: Account, request: web.Request) -> Mapping[str, Any]:
    """Have all events sent to {"url"}, signed with {"secret"}; say whether it could prove itself."""
    wanted = await read_json(request)
    try:
        hook = await account.world.room(Webhooks).register(text(wanted, "url"), text(wanted, "secret"))
    except ValueError as error:
        raise Refused(400, 300, str(error)) from error
    return {"url": hook.url, "validated": hook.validated}


async def _webinar(account: Account, request: web.Request) -> Mapping[str, Any]:
    """Convert a meeting to a webinar; from then on the meetings API refuses it with 3000."""
    meeting = account.meeting(int(request.match_info["meeting"]))
    account.keep(replace(meeting, webinar=True))
    return {"id": meeting.id}


async def _privilege(account: Account, request: web.Request) -> Mapping[str, Any]:
    """Let {"assistant"} schedule for {"boss"}."""
    wanted = await read_json(request)
    account.privileges.add((text(wanted, "assistant").lower(), text(wanted, "boss").lower()))
    return {}


async def _code(account: Account, request: web.Request) -> Mapping[str, Any]:
    """Say yes for {"email"} and return the code; redirect_uri and PKCE's challenge as in authorize."""
    wanted = await read_json(request)
    code = new_code(
        account,
        text(wanted, "email").lower(),
        wanted.get("redirect_uri", ""),
        wanted.get("code_challenge", ""),
        wanted.get("code_challenge_method", "plain"),
    )
    return {"code": code}


async def _deauthorize(account: Account, request: web.Request) -> Mapping[str, Any]:
    """Take the app away in the portal: every token of {"email"} dies, and Zoom tells the app."""
    email = text(await read_json(request), "email").lower()
    forget(account, email)
    person = account.person(email)
    if person is not None:
        account.world.room(Webhooks).deauthorized(person, USER_CLIENT[0], ACCOUNT_ID)
    return {}
