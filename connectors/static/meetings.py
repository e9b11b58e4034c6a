"""Static links: a meeting is an address, made by filling in a pattern. Nothing is called or taken away."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote

from connectors.model import Event, EventRef, Made, Meeting, MeetingRequest
from connectors.settings import StaticSettings


class StaticMeetings:
    """The meetings of one link pattern."""

    def __init__(self, settings: StaticSettings) -> None:
        """Keep the pattern: `{key}` gives each event its own room, `{organizer}` each organizer theirs."""
        self._settings = settings

    async def create(self, key: str, request: MeetingRequest, tried: datetime | None) -> Made:
        """Return the meeting of the key: the same one each time, whatever has been tried."""
        url = filled(self._settings.url, key=key, organizer=request.host)
        return Made(
            Meeting(service="static", name=self._settings.name, id=key, join_url=url, host=request.host)
        )

    async def update(self, key: str, meeting: Meeting, request: MeetingRequest) -> Made:
        """Return the meeting as it is: a link follows nothing."""
        return Made(meeting)

    async def cancel(
        self, key: str, meeting: Meeting | None, request: MeetingRequest, tried: datetime | None
    ) -> Event | None:
        """Do nothing: an address cannot be taken away."""
        return None

    async def get(self, meeting: Meeting, at: EventRef) -> Meeting:
        """Return the meeting as it is: an address is never gone."""
        return meeting


def filled(url: str, *, key: str, organizer: str) -> str:
    """Return the address with its placeholders filled in, percent-encoded; other braces stay."""
    return url.replace("{key}", quote(key, safe="")).replace("{organizer}", quote(organizer, safe=""))
