"""The handlers of a meeting's invitees, who are mailed about it unless Webex is told not to.

https://developer.webex.com/docs/api/v1/meeting-invitees
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from aiohttp import web

from sandbox.webex import access, answers, listing, reading, rules
from sandbox.webex.errors import Refused, invalid
from sandbox.webex.model import Invitee, Meeting
from sandbox.webex.room import Grant, Site

AT_ONCE = 100


async def invitees(site: Site, grant: Grant, request: web.Request) -> web.Response:
    """GET /meetingInvitees."""
    meeting = access.seen(site, grant, request.query.get("meetingId", ""))
    found = sorted(meeting.invitees, key=lambda one: one.email)
    items, headers = listing.page(request.query, found, f"{site.world.url}/webex/v1/meetingInvitees")
    return web.json_response({"items": [answers.invitee(one, meeting.id) for one in items]}, headers=headers)


async def invite(site: Site, grant: Grant, request: web.Request) -> web.Response:
    """POST /meetingInvitees."""
    body = await reading.body(request)
    meeting = access.hosted(site, grant, reading.text(body, "meetingId", 200))
    _, (added,) = _added(site, meeting, [body])
    return web.json_response(answers.invitee(added, meeting.id))


async def invite_many(site: Site, grant: Grant, request: web.Request) -> web.Response:
    """POST /meetingInvitees/bulkInsert: all of them, or none."""
    body = await reading.body(request)
    meeting = access.hosted(site, grant, reading.text(body, "meetingId", 200))
    items = body.get("items")
    if not isinstance(items, list) or not 1 <= len(items) <= AT_ONCE:
        raise invalid(f"'items' should be a list of 1 to {AT_ONCE} invitees")
    _, added = _added(site, meeting, items)
    return web.json_response({"items": [answers.invitee(one, meeting.id) for one in added]})


async def uninvite(site: Site, grant: Grant, request: web.Request) -> web.Response:
    """DELETE /meetingInvitees/{meetingInviteeId}."""
    wanted = request.match_info["invitee"]
    meeting, gone = next(((m, one) for m, one in site.invited() if one.id == wanted), (None, None))
    if meeting is None or gone is None:
        raise Refused(404)
    access.hosted(site, grant, meeting.id)
    site.keep(replace(meeting, invitees=tuple(one for one in meeting.invitees if one != gone)))
    if reading.asked_flag(request.query, "sendEmail", default=True):
        site.mail(meeting, "cancellation", to=gone.email)
    return web.Response(status=204)


def _added(
    site: Site, meeting: Meeting, items: list[Mapping[str, Any]]
) -> tuple[Meeting, tuple[Invitee, ...]]:
    added: list[Invitee] = []
    after = meeting
    for item in items:
        found = rules.invited(after, item)
        if found.email in {one.email for one in after.invitees}:
            raise Refused(409)
        if found.email in site.switches.refused_invitees:
            raise invalid(f"{found.email} cannot be invited")
        after = replace(after, invitees=(*after.invitees, found))
        added.append(found)
    site.keep(after)
    for item, one in zip(items, added, strict=True):
        if reading.flag(item, "sendEmail", default=True):
            site.mail(after, "invitation", to=one.email)
    return after, tuple(added)
