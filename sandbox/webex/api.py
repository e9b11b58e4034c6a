"""The handlers of Webex's meetings: admit, check, apply the rules, mail, answer.

https://developer.webex.com/docs/api/v1/meetings
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeAlias

from aiohttp import web

from sandbox.calls import USER
from sandbox.webex import access, answers, listing, reading, rules, settings
from sandbox.webex.errors import Refused, invalid, response, tracking
from sandbox.webex.model import Meeting
from sandbox.webex.room import Grant, Site

Work: TypeAlias = Callable[[Site, Grant, web.Request], Awaitable[web.Response]]

DAY = timedelta(hours=24)


def guarded(
    site: Callable[[], Site], op: str, work: Work
) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Wrap a handler with what every API call passes: token, scope, error body, headers."""

    async def handler(request: web.Request) -> web.Response:
        webex = site()
        trace = tracking(webex.world.random)
        try:
            grant = access.admit(webex, request.headers.get("Authorization", ""), op)
            request[USER] = grant.email
            answer = await work(webex, grant, request)
        except Refused as refused:
            answer = response(refused, trace)
        answer.headers["trackingid"] = trace
        return answer

    return handler


async def create(site: Site, grant: Grant, request: web.Request) -> web.Response:
    """POST /meetings: 200, not 201."""
    host = access.person(site, grant)
    _count(site, host.email)
    body = settings.allowed(site.switches, await reading.body(request))
    send = reading.flag(body, "sendEmail", default=True)
    meeting = rules.new(body, host, grant.client, site.world.now(), site.world.random)
    if {one.email for one in meeting.invitees} & set(site.switches.refused_invitees):
        raise invalid("'invitees' has an address that cannot be invited")
    site.keep(meeting)
    if send:
        site.mail(meeting, "invitation")
    return _shown(site, grant, request, meeting)


async def update(site: Site, grant: Grant, request: web.Request) -> web.Response:
    """PATCH /meetings/{meetingId}: 200 and the whole meeting."""
    meeting = access.hosted(site, grant, request.match_info["meeting"])
    body = settings.allowed(site.switches, await reading.body(request))
    send = reading.flag(body, "sendEmail", default=True)
    after = rules.changed(meeting, body, grant.client, site.world.now())
    site.keep(after)
    if send:
        site.mail(after, "update")
    return _shown(site, grant, request, after)


async def delete(site: Site, grant: Grant, request: web.Request) -> web.Response:
    """DELETE /meetings/{meetingId}: 204; a second one finds nothing."""
    meeting = access.hosted(site, grant, request.match_info["meeting"])
    send = reading.asked_flag(request.query, "sendEmail", default=True)
    site.remove(meeting.id)
    if send:
        site.mail(meeting, "cancellation")
    return web.Response(status=204)


async def get(site: Site, grant: Grant, request: web.Request) -> web.Response:
    """GET /meetings/{meetingId}."""
    return _shown(site, grant, request, access.seen(site, grant, request.match_info["meeting"]))


async def meetings(site: Site, grant: Grant, request: web.Request) -> web.Response:
    """GET /meetings."""
    found = listing.meetings(site, grant, request.query)
    url = f"{site.world.url}/webex/v1/meetings"
    items, headers = listing.page(request.query, found, url)
    body = {"items": [_body(site, grant, request, one) for one in items]}
    return web.json_response(body, headers=headers)


async def me(site: Site, grant: Grant, _: web.Request) -> web.Response:
    """GET /people/me."""
    return web.json_response(answers.person(access.person(site, grant)))


async def sites(_: Site, __: Grant, ___: web.Request) -> web.Response:
    """GET /meetingPreferences/sites."""
    return web.json_response({"sites": [{"siteUrl": rules.SITE, "default": True}]})


def _count(site: Site, email: str) -> None:
    """Count a try to make a meeting; raise Refused (429) over the limit of a day. Tries that fail count too."""
    now = site.world.now()
    recent = [at for at in site.tries.get(email, ()) if now - at < DAY]
    site.tries[email] = recent
    if len(recent) >= site.switches.daily_limit:
        raise Refused(429, headers={"Retry-After": str(site.switches.retry_after)})
    recent.append(now)


def _shown(site: Site, grant: Grant, request: web.Request, meeting: Meeting) -> web.Response:
    return web.json_response(_body(site, grant, request, meeting))


def _body(site: Site, grant: Grant, request: web.Request, meeting: Meeting) -> dict[str, Any]:
    return answers.meeting(
        meeting,
        grant.client,
        reading.timezone(request.headers, "UTC"),
        site.world.now(),
        host=grant.email == meeting.host.email,
        telephony=not site.switches.no_telephony,
        password=not site.switches.no_password,
    )
