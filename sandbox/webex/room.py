"""What the simulated Webex holds: people, meetings, tokens, counters and its own switches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from sandbox.webex.errors import Refused
from sandbox.webex.model import Invitee, Meeting, Person

if TYPE_CHECKING:
    from sandbox.state import World

CLIENTS = {"sandbox-webex": "sandbox-webex-secret", "sandbox-webex-other": "sandbox-webex-other-secret"}
"""Two integrations, with their secrets: what one tags, the other does not see."""
ALL_SCOPES = (
    "meeting:schedules_read",
    "meeting:schedules_write",
    "meeting:preferences_read",
    "spark:people_read",
)


@dataclass(frozen=True, slots=True)
class Switches:
    """How Webex behaves beside the modes that all providers share."""

    list_lag: float = 0.0
    """Seconds for which lists do not know a new meeting."""
    daily_limit: int = 100
    """Meetings that a person may try to make in 24 hours."""
    retry_after: int = 3600
    """Seconds that a refusal over this limit asks to wait."""
    no_telephony: bool = False
    """A plan without audio: meetings have no phone numbers."""
    no_password: bool = False
    """Answers leave the passwords out."""
    scopes: tuple[str, ...] = ALL_SCOPES
    """What a new authorisation may be granted, whatever is asked for."""
    locked_settings: tuple[str, ...] = ()
    """Settings of meetings that the site has locked: what is sent of them is ignored without a word."""
    refused_settings: tuple[str, ...] = ()
    """Settings of meetings with which nothing is accepted."""
    refused_invitees: tuple[str, ...] = ()
    """Addresses with which nothing is accepted."""


@dataclass(frozen=True, slots=True)
class Grant:
    """One access token: who may do what, through which integration."""

    email: str
    client: str
    scopes: frozenset[str]
    expires: datetime


@dataclass(frozen=True, slots=True)
class Refresh:
    """One living refresh token, which stays the same; each use sets its clock back."""

    email: str
    client: str
    scopes: frozenset[str]
    expires: datetime


@dataclass(frozen=True, slots=True)
class Code:
    """One authorization code that nobody has used."""

    email: str
    client: str
    scopes: frozenset[str]
    redirect_uri: str
    challenge: str
    method: str
    expires: datetime


@dataclass(slots=True)
class Site:
    """Webex, with every person of the organisation who has an account there."""

    world: World
    switches: Switches = field(default_factory=Switches)
    people: dict[str, Person] = field(default_factory=dict)
    meetings: dict[str, Meeting] = field(default_factory=dict)
    deleted: dict[str, Meeting] = field(default_factory=dict)
    grants: dict[str, Grant] = field(default_factory=dict)
    refreshes: dict[str, Refresh] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)
    tries: dict[str, list[datetime]] = field(default_factory=dict)
    """When each person tried to make a meeting, the failed tries included."""

    def meeting(self, meeting_id: str) -> Meeting:
        """Return a living meeting; raise Refused (404) when there is none."""
        try:
            return self.meetings[meeting_id]
        except KeyError:
            raise Refused(404) from None

    def keep(self, meeting: Meeting) -> None:
        """Store a meeting, new or changed, and tell the world."""
        self.meetings[meeting.id] = meeting
        self.world.changed("webex", id=meeting.id)

    def remove(self, meeting_id: str) -> Meeting:
        """Delete a meeting for good and tell the world; raise Refused (404) when it is gone."""
        meeting = self.meeting(meeting_id)
        self.deleted[meeting_id] = self.meetings.pop(meeting_id)
        self.world.changed("webex", id=meeting_id)
        return meeting

    def invited(self) -> Iterator[tuple[Meeting, Invitee]]:
        """Yield every invitee with their meeting."""
        for meeting in self.meetings.values():
            for invitee in meeting.invitees:
                yield meeting, invitee

    def join(self, email: str, name: str) -> None:
        """Give somebody an account."""
        self.people[email.lower()] = Person(self.world.token("Y2lzY29zcGFyazovL3Vz", 40), email.lower(), name)

    def mail(self, meeting: Meeting, kind: str, *, to: str = "") -> None:
        """Send the mails that Webex sends unless it is told not to: to one invitee, or to all and the host."""
        people = [to] if to else [meeting.host.email, *(one.email for one in meeting.invitees)]
        for address in people:
            self.world.outbox.add(
                provider="webex", to=address, subject=meeting.title, event=meeting.id, kind=kind
            )
