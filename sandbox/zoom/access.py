"""Who asks, what their token may do, and which Zoom user a path means.

https://developers.zoom.us/docs/integrations/oauth-scopes-granular/
"""

from __future__ import annotations

from typing import Final

from sandbox.zoom.errors import Refused, no_meeting, no_user
from sandbox.zoom.model import Meeting, Person
from sandbox.zoom.room import Account, Grant

GRANULAR: Final = {
    "zoom.create": "meeting:write:meeting",
    "zoom.update": "meeting:update:meeting",
    "zoom.delete": "meeting:delete:meeting",
    "zoom.get": "meeting:read:meeting",
    "zoom.list": "meeting:read:list_meetings",
    "zoom.invitation": "meeting:read:invitation",
    "zoom.user": "user:read:user",
    "zoom.settings": "user:read:settings",
}


def classic(scope: str) -> str:
    """Return the older scope that grants the same and more."""
    thing, verb, *_ = scope.split(":")
    return f"{thing}:{'read' if verb == 'read' else 'write'}"


def admit(account: Account, authorization: str, op: str) -> Grant:
    """Return what the bearer may do; raise Refused for a dead token (124) or a missing scope (4711)."""
    kind, _, text = authorization.partition(" ")
    grant = account.grants.get(text) if kind.lower() == "bearer" else None
    if grant is None:
        raise Refused(401, 124, "Invalid access token.")
    if grant.expires <= account.world.now():
        raise Refused(401, 124, "Access token is expired.")
    scope = GRANULAR[op]
    suffix = "" if grant.email else ":admin"
    if not grant.scopes & {scope + suffix, classic(scope) + suffix}:
        message = f"Invalid access token, does not contain scopes:[{scope}, {scope}:admin]."
        raise Refused(400, 4711, message)
    return grant


def person(account: Account, grant: Grant, name: str) -> Person:
    """Return the user of a path: `me` for a person's token, an address or id for the account's.

    Raise Refused (1001) for everybody else.
    """
    if grant.email:
        found = account.person(grant.email) if name == "me" else None
    else:
        found = account.person(name) if name != "me" else None
    if found is None:
        raise no_user(name)
    return found


def reachable(grant: Grant, meeting: Meeting) -> Meeting:
    """Return the meeting if this token may touch it; raise Refused for a stranger's or a webinar."""
    if grant.email and grant.email != meeting.host.email:
        raise no_meeting(meeting.id)
    if meeting.webinar:
        raise Refused(400, 3000, "Cannot access webinar info.")
    return meeting
