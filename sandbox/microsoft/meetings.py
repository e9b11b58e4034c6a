"""Teams meetings apart from any event: /onlineMeetings."""

# https://learn.microsoft.com/graph/api/onlinemeeting-createorget

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from sandbox.microsoft import ids
from sandbox.microsoft.access import MAILBOX
from sandbox.microsoft.errors import GraphError
from sandbox.microsoft.state import Graph
from sandbox.microsoft.teams import made
from sandbox.microsoft.times import micros, moment, stamp_text

if TYPE_CHECKING:
    from sandbox.microsoft.rows import Mailbox
    from sandbox.state import World

Json = dict[str, Any]

NAMES: Final = frozenset(
    """
    externalId startDateTime endDateTime subject participants chatInfo lobbyBypassSettings allowedPresenters
    isEntryExitAnnounced allowMeetingChat allowTeamworkReactions recordAutomatically
    """.split()
)


class Meetings:
    """The handlers of one world."""

    def __init__(self, world: World) -> None:
        self._world = world

    def _held(self, request: web.Request) -> tuple[Mailbox, dict[str, Json]]:
        graph = self._world.room(Graph)
        mailbox = graph.mailboxes[request[MAILBOX]]
        user = request.match_info.get("user")
        if user is not None and user.lower() != mailbox.oid:
            # Only the object id will do here, not the address.
            raise GraphError(404, "NotFound", f"User '{user}' is not found: an object id is expected.")
        if mailbox.email in graph.unpermitted:
            raise GraphError(
                403,
                "Unauthorized",
                f"App sandbox-app is not authorized to Create meeting on behalf of user {mailbox.oid}",
            )
        return mailbox, graph.meetings.setdefault(mailbox.email, {})

    async def create_or_get(self, request: web.Request) -> web.Response:
        """Make the meeting with that externalId (201), or show the one there is (200)."""
        mailbox, held = self._held(request)
        body = await _read(request)
        external = body.get("externalId")
        if not external:
            raise GraphError(400, "BadRequest", "externalId is required.")
        for meeting in held.values():
            if meeting["externalId"] == external:
                return web.json_response(meeting)
        return web.json_response(self._made(mailbox, held, body), status=201)

    async def create(self, request: web.Request) -> web.Response:
        """Make a meeting."""
        mailbox, held = self._held(request)
        return web.json_response(self._made(mailbox, held, await _read(request)), status=201)

    def _made(self, mailbox: Mailbox, held: dict[str, Json], body: Json) -> Json:
        graph = self._world.room(Graph)
        now = graph.moment()
        if body.get("endDateTime") and not body.get("startDateTime"):
            raise GraphError(400, "BadRequest", "startDateTime is required with endDateTime.")
        start = moment(body["startDateTime"], "startDateTime") if body.get("startDateTime") else now
        given = body.get("endDateTime")
        end = moment(given, "endDateTime") if given else start + timedelta(hours=1)
        room = made(graph.world.random, mailbox.oid, now)
        meeting_id = ids.fresh(graph.world.random)
        organizer = {
            "identity": {"user": {"id": mailbox.oid, "displayName": mailbox.name}},
            "upn": mailbox.email,
        }
        meeting = {
            "id": meeting_id,
            "creationDateTime": stamp_text(graph.tick()),
            "startDateTime": stamp_text(micros(start)),
            "endDateTime": stamp_text(micros(end)),
            "joinWebUrl": room["url"],
            "subject": body.get("subject"),
            "externalId": body.get("externalId"),
            "participants": {"organizer": organizer, "attendees": []},
            "joinMeetingIdSettings": {
                "isPasscodeRequired": True,
                "joinMeetingId": room["id"].replace(" ", ""),
                "passcode": room["passcode"],
            },
        }
        held[meeting_id] = meeting
        return meeting

    async def list(self, request: web.Request) -> web.Response:
        """Find the meeting with a join address."""
        _, held = self._held(request)
        name, _, value = request.query.get("$filter", "").partition(" eq ")
        if name.lower() != "joinweburl":
            raise GraphError(400, "BadRequest", "A filter by JoinWebUrl is expected.")
        found = [meeting for meeting in held.values() if meeting["joinWebUrl"] == value.strip("'")]
        return web.json_response({"value": found})

    async def get(self, request: web.Request) -> web.Response:
        """Show a meeting."""
        return web.json_response(self._one(request)[1])

    async def delete(self, request: web.Request) -> web.Response:
        """Delete a meeting."""
        held, meeting = self._one(request)
        del held[meeting["id"]]
        return web.Response(status=204)

    def _one(self, request: web.Request) -> tuple[dict[str, Json], Json]:
        _, held = self._held(request)
        meeting = held.get(request.match_info["meeting"])
        if meeting is None:
            raise GraphError(404, "NotFound", "The online meeting is not found.")
        return held, meeting


async def _read(request: web.Request) -> Json:
    body = json.loads(await request.text() or "{}")
    strange = {name for name in body if "@" not in name} - NAMES
    if strange:
        raise GraphError(400, "BadRequest", f"The property '{min(strange)}' cannot be written here.")
    return dict(body)
