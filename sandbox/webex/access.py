"""Who asks, and what their token may do.

https://developer.webex.com/docs/integrations#scopes
"""

from __future__ import annotations

from typing import Final

from sandbox.webex.errors import Refused
from sandbox.webex.model import Meeting, Person
from sandbox.webex.room import Grant, Site

READ, WRITE = "meeting:schedules_read", "meeting:schedules_write"
SCOPES: Final = {
    "webex.create": WRITE,
    "webex.list": READ,
    "webex.get": READ,
    "webex.update": WRITE,
    "webex.delete": WRITE,
    "webex.invitees": READ,
    "webex.invite": WRITE,
    "webex.invite_many": WRITE,
    "webex.uninvite": WRITE,
    "webex.me": "spark:people_read",
    "webex.sites": "meeting:preferences_read",
}


def admit(site: Site, authorization: str, op: str) -> Grant:
    """Return what the bearer may do; raise Refused for a dead token (401) or a missing scope (403)."""
    kind, _, text = authorization.partition(" ")
    grant = site.grants.get(text) if kind.lower() == "bearer" else None
    if grant is None or grant.expires <= site.world.now() or grant.email not in site.people:
        raise Refused(401)
    if SCOPES[op] not in grant.scopes:
        raise Refused(403)
    return grant


def person(site: Site, grant: Grant) -> Person:
    """Return whose token it is."""
    return site.people[grant.email]


def seen(site: Site, grant: Grant, meeting_id: str) -> Meeting:
    """Return a meeting that this person hosts or is invited to; raise Refused (404) for any other."""
    found = site.meeting(meeting_id)
    if grant.email not in (found.host.email, *(one.email for one in found.invitees)):
        raise Refused(404)
    return found


def hosted(site: Site, grant: Grant, meeting_id: str) -> Meeting:
    """Return a meeting that this person hosts; raise Refused for any other."""
    found = seen(site, grant, meeting_id)
    if found.host.email != grant.email:
        raise Refused(403, "The user is not the host of the meeting.")
    return found
