"""What people do in the Zoom portal, and the account's switches: the routes below /_sandbox/zoom."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, fields, replace
from typing import Any, TypeAlias

from aiohttp import web

from sandbox.zoom import rules, schema
from sandbox.zoom.answers import join_url
from sandbox.zoom.errors import Refused, invalid, response
from sandbox.zoom.oauth import ACCOUNT_ID, USER_CLIENT, forget, new_code
from sandbox.zoom.room import Account, Switches
from sandbox.zoom.webhooks import Webhooks

Work: TypeAlias = Callable[[Account, web.Request], Awaitable[Mapping[str, Any]]]


def portal_routes(account: Callable[[], Account]) -> list[web.RouteDef]:
    """Return the control routes."""
    works: dict[str, Work] = {
        "meetings/{meeting}/delete": _delete,
        "meetings/{meeting}/edit": _edit,
        "meetings/{meeting}/recover": _recover,
        "meetings/{meeting}/purge": _purge,
        "meetings/{meeting}/webinar": _webinar,
        "webhooks": _webhook,
        "switches": _switch,
        "privileges": _privilege,
        "codes": _code,
        "deauthorize": _deauthorize,
    }
    return [web.post(f"/_sandbox/zoom/{path}", _handler(account, work)) for path, work in works.items()]


def _handler(account: Callable[[], Account], work: Work) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handler(request: web.Request) -> web.Response:
        try:
            return web.json_response(await work(account(), request))
        except Refused as refused:
            return response(refused, "json")

    return handler


async def _delete(account: Account, request: web.Request) -> Mapping[str, Any]:
    """Delete a meeting in the portal: no token, no quota."""
    return {"id": account.remove(int(request.match_info["meeting"])).id}


async def _edit(account: Account, request: web.Request) -> Mapping[str, Any]:
    """Change a meeting in the portal, with the fields of an update: no token, no quota."""
    meeting = account.meeting(int(request.match_info["meeting"]))
    body = await _json(request)
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
    wanted = await _json(request)
    try:
        hook = await account.world.room(Webhooks).register(_text(wanted, "url"), _text(wanted, "secret"))
    except ValueError as error:
        raise Refused(400, 300, str(error)) from error
    return {"url": hook.url, "validated": hook.validated}


async def _webinar(account: Account, request: web.Request) -> Mapping[str, Any]:
    """Convert a meeting to a webinar; from then on the meetings API refuses it with 3000."""
    meeting = account.meeting(int(request.match_info["meeting"]))
    account.keep(replace(meeting, webinar=True))
    return {"id": meeting.id}


async def _switch(account: Account, request: web.Request) -> Mapping[str, Any]:
    """Set switches by name; `scopes` takes effect with the next tokens."""
    wanted = await _json(request)
    unknown = wanted.keys() - {f.name for f in fields(Switches)}
    if unknown:
        raise Refused(400, 300, f"unknown switches: {', '.join(sorted(unknown))}")
    if "scopes" in wanted:
        wanted["scopes"] = tuple(wanted["scopes"])
    account.switches = replace(account.switches, **wanted)
    return asdict(account.switches)


async def _privilege(account: Account, request: web.Request) -> Mapping[str, Any]:
    """Let {"assistant"} schedule for {"boss"}."""
    wanted = await _json(request)
    account.privileges.add((_text(wanted, "assistant").lower(), _text(wanted, "boss").lower()))
    return {}


async def _code(account: Account, request: web.Request) -> Mapping[str, Any]:
    """Say yes for {"email"} and return the code; redirect_uri and PKCE's challenge as in authorize."""
    wanted = await _json(request)
    code = new_code(
        account,
        _text(wanted, "email").lower(),
        wanted.get("redirect_uri", ""),
        wanted.get("code_challenge", ""),
        wanted.get("code_challenge_method", "plain"),
    )
    return {"code": code}


async def _deauthorize(account: Account, request: web.Request) -> Mapping[str, Any]:
    """Take the app away in the portal: every token of {"email"} dies, and Zoom tells the app."""
    email = _text(await _json(request), "email").lower()
    forget(account, email)
    person = account.person(email)
    if person is not None:
        account.world.room(Webhooks).deauthorized(person, USER_CLIENT[0], ACCOUNT_ID)
    return {}


async def _json(request: web.Request) -> dict[str, Any]:
    body = await request.json() if request.can_read_body else {}
    if not isinstance(body, dict):
        raise Refused(400, 300, "a JSON object is wanted")
    return body


def _text(wanted: Mapping[str, Any], key: str) -> str:
    value = wanted.get(key)
    if not isinstance(value, str):
        raise Refused(400, 300, f"{key} is missing")
    return value
