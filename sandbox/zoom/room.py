"""What the simulated Zoom account holds: people, meetings, tokens, counters and its own switches."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from sandbox.zoom.errors import no_meeting
from sandbox.zoom.model import Meeting, Person
from sandbox.zoom.webhooks import Webhooks

if TYPE_CHECKING:
    from sandbox.state import World

ALL_SCOPES = (
    "meeting:write:meeting",
    "meeting:update:meeting",
    "meeting:delete:meeting",
    "meeting:read:meeting",
    "meeting:read:list_meetings",
    "meeting:read:invitation",
    "user:read:user",
    "user:read:settings",
)


@dataclass(frozen=True, slots=True)
class Switches:
    """How this account behaves, beside the modes that all providers share."""

    requests_per_second: int = 0
    """Calls the account may make in one second; 0 for as many as it likes."""
    delete_seconds: float = 0.0
    """How long a delete takes; a second one for the same user meanwhile is refused."""
    no_dial_in: bool = False
    """Basic plan without audio: meetings have no phone numbers."""
    bare_daily_limit: bool = False
    """The refusal over the daily limit names no time to come back, as some have seen."""
    locked_settings: tuple[str, ...] = ()
    """Settings of meetings that an admin has locked: what is sent of them is ignored without a word."""
    refused_settings: tuple[str, ...] = ()
    """Settings of meetings with which a create or an update is refused by name."""
    paid_settings: tuple[str, ...] = ()
    """Settings of meetings with which it is refused, without a name, since the account does not pay."""
    scopes: tuple[str, ...] = ALL_SCOPES
    """What the next tokens may do, in the user-level spelling."""


@dataclass(frozen=True, slots=True)
class Grant:
    """One access token: for the whole account, or for one person."""

    scopes: frozenset[str]
    expires: datetime
    email: str | None = None
    client: str = ""


@dataclass(frozen=True, slots=True)
class Refresh:
    """One living refresh token."""

    email: str
    scopes: frozenset[str]
    expires: datetime


@dataclass(frozen=True, slots=True)
class Code:
    """One authorization code that nobody has used."""

    email: str
    redirect_uri: str
    challenge: str
    method: str
    expires: datetime


@dataclass(frozen=True, slots=True)
class Page:
    """What a page token stands for: the request it continues and the ids still to come."""

    query: tuple[str, ...]
    rest: tuple[int, ...]
    total: int
    expires: datetime


@dataclass(slots=True)
class Account:
    """One Zoom account, with every person of the organisation who uses Zoom."""

    world: World
    switches: Switches = field(default_factory=Switches)
    people: dict[str, Person] = field(default_factory=dict)
    meetings: dict[int, Meeting] = field(default_factory=dict)
    deleted: dict[int, Meeting] = field(default_factory=dict)
    privileges: set[tuple[str, str]] = field(default_factory=set)
    """(assistant, boss): who may schedule for whom, by address."""
    grants: dict[str, Grant] = field(default_factory=dict)
    refreshes: dict[str, Refresh] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)
    pages: dict[str, Page] = field(default_factory=dict)
    spent: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Creates and updates by host and UTC day."""
    seconds: Counter[int] = field(default_factory=Counter)
    deleting: set[str] = field(default_factory=set)

    def person(self, name: str) -> Person | None:
        """Look somebody up by address or user id."""
        found = self.people.get(name.lower())
        return found or next((person for person in self.people.values() if person.id == name), None)

    def meeting(self, meeting_id: int) -> Meeting:
        """Return a living meeting; raise Refused (3001) when there is none."""
        try:
            return self.meetings[meeting_id]
        except KeyError:
            raise no_meeting(meeting_id) from None

    def keep(self, meeting: Meeting) -> None:
        """Store a meeting, new or changed, and tell the world."""
        before = self.meetings.get(meeting.id)
        self.meetings[meeting.id] = meeting
        self.world.changed("zoom", id=meeting.id)
        self.world.room(Webhooks).changed(before, meeting)

    def remove(self, meeting_id: int) -> Meeting:
        """Delete a meeting and tell the world; raise Refused (3001) when it is gone."""
        meeting = self.meeting(meeting_id)
        self.deleted[meeting_id] = self.meetings.pop(meeting_id)
        self.world.changed("zoom", id=meeting_id)
        self.world.room(Webhooks).changed(meeting, None)
        return meeting

    def recover(self, meeting_id: int) -> Meeting:
        """Bring a deleted meeting back; raise Refused (3001) when there is none."""
        if meeting_id not in self.deleted:
            raise no_meeting(meeting_id)
        meeting = self.meetings[meeting_id] = self.deleted.pop(meeting_id)
        self.world.changed("zoom", id=meeting_id)
        self.world.room(Webhooks).named("meeting.recovered", meeting)
        return meeting

    def purge(self, meeting_id: int) -> Meeting:
        """Delete a deleted meeting for good; raise Refused (3001) when there is none."""
        if meeting_id not in self.deleted:
            raise no_meeting(meeting_id)
        meeting = self.deleted.pop(meeting_id)
        self.world.room(Webhooks).named("meeting.permanently_deleted", meeting)
        return meeting

    def join(self, email: str, name: str, timezone: str) -> None:
        """Make somebody a Zoom user of the account."""
        self.people[email.lower()] = Person(self.world.token(length=22), email.lower(), name, timezone)
