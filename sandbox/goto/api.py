"""The handlers of GoTo Meeting's API: admit, check, act, answer."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeAlias

from aiohttp import web

from sandbox.calls import USER
from sandbox.goto import answers, schema
from sandbox.goto.errors import Refused, bad_token, denied, free_plan, invalid, no_meeting, response, too_many
from sandbox.goto.model import Meeting, Person
from sandbox.goto.room import GoTo

Work: TypeAlias = Callable[[GoTo, Person, web.Request], Awaitable[web.Response]]


def guarded(
    goto: Callable[[], GoTo], scope: str, work: Work
) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Wrap a handler with what every call passes: token, scope, rate and the shape of errors."""

    async def handler(request: web.Request) -> web.Response:
        there = goto()
        try:
            person = _admit(there, request.headers.get("Authorization", ""), scope)
            request[USER] = person.email
            _count_call(there)
            return await work(there, person, request)
        except Refused as refused:
            return response(refused)

    return handler


async def create(goto: GoTo, person: Person, request: web.Request) -> web.Response:
    """POST /meetings: 201 and a list of one."""
    body = schema.check(await _json(request))
    if person.free:
        raise free_plan()
    now = goto.world.now()
    id_ = goto.world.random.randint(100_000_000, 999_999_999)
    meeting = _filled(goto, Meeting(id_, person, "", now, now, now), body)
    goto.keep(meeting)
    return web.json_response(answers.created(meeting, older_links=goto.switches.older_links), status=201)


async def update(goto: GoTo, person: Person, request: web.Request) -> web.Response:
    """PUT /meetings/{id}: the whole meeting again, 204 and not a byte."""
    meeting = _meeting(goto, person, request)
    goto.keep(_filled(goto, meeting, schema.check(await _json(request))))
    return web.Response(status=204)


async def delete(goto: GoTo, person: Person, request: web.Request) -> web.Response:
    """DELETE /meetings/{id}."""
    goto.remove(_meeting(goto, person, request).id)
    return web.Response(status=204)


async def get(goto: GoTo, person: Person, request: web.Request) -> web.Response:
    """GET /meetings/{id}: a list of one, without a join link."""
    meeting = _meeting(goto, person, request)
    return web.json_response(answers.full(meeting, no_create_time=goto.switches.no_create_time))


async def start(goto: GoTo, person: Person, request: web.Request) -> web.Response:
    """GET /meetings/{id}/start: the host's link, which is a login and nobody else's business."""
    meeting = _meeting(goto, person, request)
    secret = goto.world.token("host_", 30)
    return web.json_response({"hostURL": f"https://global.gotomeeting.com/host/{meeting.id}?token={secret}"})


async def upcoming(goto: GoTo, person: Person, _: web.Request) -> web.Response:
    """GET /upcomingMeetings: what is not over, of this organizer."""
    now = goto.world.now()
    before = now - timedelta(seconds=goto.switches.list_lag)
    found = [
        answers.upcoming(meeting)
        for meeting in goto.meetings.values()
        if meeting.organizer.key == person.key
        and meeting.created <= before
        and (meeting.kind == "recurring" or meeting.end > now)
    ]
    return web.json_response(found)


async def scim_me(_goto: GoTo, person: Person, _: web.Request) -> web.Response:
    """GET /identity/v1/Users/me."""
    return web.json_response(answers.scim(person))


async def admin_me(_goto: GoTo, person: Person, _: web.Request) -> web.Response:
    """GET /admin/rest/v1/me."""
    return web.json_response(answers.admin(person))


def _admit(goto: GoTo, authorization: str, scope: str) -> Person:
    kind, _, text = authorization.partition(" ")
    grant = goto.grants.get(text) if kind.lower() == "bearer" else None
    person = goto.people.get(grant.email) if grant else None
    if grant is None or person is None or grant.expires <= goto.world.now():
        raise bad_token()
    if scope and scope not in grant.scopes:
        raise denied(scope)
    return person


def _count_call(goto: GoTo) -> None:
    second = int(goto.world.now().timestamp())
    if second not in goto.seconds:
        goto.seconds.clear()
    goto.seconds[second] += 1
    most = goto.switches.requests_per_second
    if most and goto.seconds[second] > most:
        raise too_many()


def _meeting(goto: GoTo, person: Person, request: web.Request) -> Meeting:
    text = request.match_info["meeting"]
    if not text.isdecimal():
        raise invalid("meetingId is a number")
    meeting = goto.meeting(int(text))
    if meeting.organizer.key != person.key and person.key not in meeting.coorganizers:
        raise no_meeting()
    return meeting


def _filled(goto: GoTo, meeting: Meeting, body: Mapping[str, Any]) -> Meeting:
    """Return the meeting as the body says. What the body leaves out of the optional is gone."""
    keys = tuple(body.get("coorganizerKeys", ()))
    if set(keys) - {person.key for person in goto.people.values()}:
        raise invalid("Invalid field: coorganizerKeys")
    return replace(
        meeting,
        subject=body["subject"],
        start=schema.read(body["starttime"]),
        end=schema.read(body["endtime"]),
        kind=body["meetingtype"],
        audio=body["conferencecallinfo"],
        password_required=body["passwordrequired"],
        coorganizers=keys,
    )


async def _json(request: web.Request) -> Any:
    try:
        body = json.loads(await request.text())
    except ValueError:
        body = None
    if request.content_type != "application/json" or body is None:
        raise invalid("The body is no JSON")
    return body
