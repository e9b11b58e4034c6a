"""The handlers of Zoom's API: admit, check, apply the rules, answer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from aiohttp import web

from sandbox.calls import USER
from sandbox.zoom import answers, limits, rules, schema
from sandbox.zoom.access import admit, person, reachable
from sandbox.zoom.chance import fresh, start_token
from sandbox.zoom.errors import Refused, bad_parameter, invalid, response
from sandbox.zoom.fields import Check, Problem
from sandbox.zoom.invitation import invitation
from sandbox.zoom.listing import page, query
from sandbox.zoom.model import INSTANT, Meeting, Person
from sandbox.zoom.oauth import ACCOUNT_ID
from sandbox.zoom.policy import allowed
from sandbox.zoom.room import Account, Grant

Work: TypeAlias = Callable[[Account, Grant, web.Request], Awaitable[web.Response]]


def guarded(
    account: Callable[[], Account], op: str, work: Work
) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Wrap a handler with what every API call passes: token, scope, rate, error body, headers."""

    async def handler(request: web.Request) -> web.Response:
        zoom = account()
        try:
            grant = admit(zoom, request.headers.get("Authorization", ""), op)
            request[USER] = grant.email or ACCOUNT_ID
            limits.count_call(zoom, op)
            answer = await work(zoom, grant, request)
        except Refused as refused:
            answer = response(refused, zoom.world.modes.zoom_errors)
        for name, value in limits.headers(zoom, op).items():
            answer.headers.setdefault(name, value)
        answer.headers["x-zm-trackingid"] = f"v=2.0;clid=us02;rid=WEB_{zoom.world.token(length=32)}"
        return answer

    return handler


async def create(account: Account, grant: Grant, request: web.Request) -> web.Response:
    """POST /users/{userId}/meetings."""
    user = _person(account, grant, request)
    body = allowed(account.switches, await _body(request, schema.CREATE))
    host = _host(account, user, body)
    meeting = rules.new(
        body,
        host,
        account.world.now(),
        fresh(account.world.random),
        forced_waiting_room=account.world.modes.zoom_forced_waiting_room,
    )
    if "schedule_for" in body and meeting.type == INSTANT:
        raise invalid(Problem("schedule_for"))
    limits.spend(account, host, "zoom.create")
    if host != user:
        meeting = replace(meeting, assistant_id=user.id)
    account.keep(meeting)
    return web.json_response(_full(account, meeting), status=201)


async def update(account: Account, grant: Grant, request: web.Request) -> web.Response:
    """PATCH /meetings/{meetingId}: 204 and not a byte."""
    meeting = _meeting(account, grant, request)
    occurrence_id = _query(request, "occurrence_id").get("occurrence_id")
    check = schema.UPDATE_OCCURRENCE if occurrence_id else schema.UPDATE
    body = allowed(account.switches, await _body(request, check))
    now = account.world.now()
    if occurrence_id:
        after = rules.occurrence_changed(meeting, occurrence_id, body, now)
    else:
        forced = account.world.modes.zoom_forced_waiting_room
        after = rules.changed(meeting, body, now, forced_waiting_room=forced)
    # Also an update that changes nothing costs one of the hundred.
    limits.spend(account, meeting.host, "zoom.update")
    account.keep(after)
    return _empty()


async def delete(account: Account, grant: Grant, request: web.Request) -> web.Response:
    """DELETE /meetings/{meetingId}: 204; a second one finds nothing."""
    meeting = _meeting(account, grant, request)
    asked = _query(request, "occurrence_id", "schedule_for_reminder", "cancel_meeting_reminder")
    if meeting.host.email in account.deleting:
        raise limits.busy_deleting()
    account.deleting.add(meeting.host.email)
    try:
        await asyncio.sleep(account.switches.delete_seconds)
        if occurrence_id := asked.get("occurrence_id"):
            account.keep(rules.occurrence_deleted(meeting, occurrence_id))
        else:
            _mail_hosts(account, account.remove(meeting.id))
    finally:
        account.deleting.discard(meeting.host.email)
    return _empty()


async def get(account: Account, grant: Grant, request: web.Request) -> web.Response:
    """GET /meetings/{meetingId}."""
    _query(request, "occurrence_id", "show_previous_occurrences")
    return web.json_response(_full(account, _meeting(account, grant, request)))


async def listing(account: Account, grant: Grant, request: web.Request) -> web.Response:
    """GET /users/{userId}/meetings."""
    user = _person(account, grant, request)
    return web.json_response(page(account, user, query(request.query, user.timezone)))


async def invite(account: Account, grant: Grant, request: web.Request) -> web.Response:
    """GET /meetings/{meetingId}/invitation."""
    meeting = _meeting(account, grant, request)
    return web.json_response(invitation(meeting, no_dial_in=account.switches.no_dial_in))


async def user(account: Account, grant: Grant, request: web.Request) -> web.Response:
    """GET /users/{userId}."""
    return web.json_response(answers.user(_person(account, grant, request), ACCOUNT_ID))


async def settings(account: Account, grant: Grant, request: web.Request) -> web.Response:
    """GET /users/{userId}/settings."""
    _person(account, grant, request)
    return web.json_response(answers.user_settings())


def _person(account: Account, grant: Grant, request: web.Request) -> Person:
    found = person(account, grant, request.match_info["user"])
    request[USER] = found.email
    return found


def _meeting(account: Account, grant: Grant, request: web.Request) -> Meeting:
    text = request.match_info["meeting"]
    if not text.isdecimal():
        raise bad_parameter("meetingId")
    meeting = reachable(grant, account.meeting(int(text)))
    request[USER] = meeting.host.email
    return meeting


def _query(request: web.Request, *known: str) -> Mapping[str, str]:
    for name in request.query:
        if name not in known:
            raise bad_parameter(name)
    return request.query


async def _body(request: web.Request, check: Check) -> dict[str, Any]:
    try:
        body = json.loads(await request.text())
    except ValueError:
        body = None
    if request.content_type != "application/json" or not isinstance(body, dict):
        raise Refused(400, 300, "Request Body should be a valid JSON object.")
    if found := schema.problems(check, body):
        raise invalid(*found)
    return body


def _host(account: Account, user: Person, body: Mapping[str, Any]) -> Person:
    """Return whose meeting it becomes: with `schedule_for` somebody else's, who must have allowed it."""
    if "schedule_for" not in body:
        return user
    boss = account.person(body["schedule_for"])
    if boss is None:
        raise invalid(Problem("schedule_for"))
    if boss != user and (user.email, boss.email) not in account.privileges:
        raise Refused(400, 3000, f"You cannot schedule a meeting for {body['schedule_for']}.")
    return boss


def _full(account: Account, meeting: Meeting) -> dict[str, Any]:
    return answers.full(
        meeting,
        start_token=start_token(account.world.random),
        no_password=account.world.modes.zoom_no_password,
        no_dial_in=account.switches.no_dial_in,
    )


def _mail_hosts(account: Account, meeting: Meeting) -> None:
    """Mail the alternative hosts of a deleted meeting, as Zoom does although it mailed nobody on create."""
    if not meeting.settings.get("alternative_hosts_email_notification", True):
        return
    for address in str(meeting.settings.get("alternative_hosts", "")).replace(",", ";").split(";"):
        if address:
            account.world.outbox.add(
                provider="zoom", to=address, subject=meeting.topic, event=str(meeting.id), kind="cancellation"
            )


def _empty() -> web.Response:
    return web.Response(status=204)
