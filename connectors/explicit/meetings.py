"""Explicit links: the caller says where people meet and what that is called. Nothing is called or taken away."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlsplit

from connectors.errors import Rejected
from connectors.model import Event, EventRef, Made, Meeting, MeetingRequest

NAME = "Video call"
LONGEST = 2_000  # characters of a link


class ExplicitMeetings:
    """The meetings that others have made. `request.link` and `request.link_name` say all there is."""

    async def create(self, key: str, request: MeetingRequest, tried: datetime | None) -> Made:
        """Return the caller's link as the meeting of the key. Raises Rejected where it is no web address."""
        return Made(_shown(Meeting("explicit", NAME, key, "", host=request.host), request))

    async def update(self, key: str, meeting: Meeting, request: MeetingRequest) -> Made:
        """Take over another link or name where the caller gives one."""
        return Made(_shown(meeting, request) if request.link else meeting)

    async def cancel(
        self, key: str, meeting: Meeting | None, request: MeetingRequest, tried: datetime | None
    ) -> Event | None:
        """Do nothing: the meeting is the caller's."""
        return None

    async def get(self, meeting: Meeting, at: EventRef) -> Meeting:
        """Return the meeting as it is."""
        return meeting


def _shown(meeting: Meeting, request: MeetingRequest) -> Meeting:
    if not is_link(request.link):
        raise Rejected("the join URL is not a web address", provider="explicit", reason="bad_link")
    return replace(meeting, join_url=request.link, name=" ".join(request.link_name.split()) or NAME)


def is_link(text: str) -> bool:
    """Tell whether people can follow this from an event: http or https, a host, no user name, nothing odd."""
    try:
        parts = urlsplit(text)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return False
    return good and len(text) <= LONGEST and re.fullmatch(r"[!-~]+", text) is not None
