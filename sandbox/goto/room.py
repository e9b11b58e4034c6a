"""What the simulated GoTo holds: people, meetings, tokens and its own switches."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from sandbox.goto.errors import no_meeting
from sandbox.goto.model import Meeting, Person

if TYPE_CHECKING:
    from sandbox.state import World

ALL_SCOPES = ("collab:", "identity:scim.me")


@dataclass(frozen=True, slots=True)
class Switches:
    """How GoTo behaves, beside the modes that all providers share."""

    requests_per_second: int = 0
    """Calls to the API in one second, 10 at the real one; 0 for as many as one likes."""
    list_lag: float = 0.0
    """Seconds until a new meeting is listed."""
    new_refresh_tokens: bool = False
    """A refresh is answered with another refresh token, and the one presented is dead."""
    older_links: bool = False
    """Join links are those of accounts from before meet.goto.com."""
    no_create_time: bool = False
    """The time of creation is left empty, as the documentation says it may be."""
    scopes: tuple[str, ...] = ALL_SCOPES
    """What the app may ask for; more is not granted."""


@dataclass(frozen=True, slots=True)
class Grant:
    """One access or refresh token."""

    email: str
    scopes: frozenset[str]
    expires: datetime


@dataclass(frozen=True, slots=True)
class Code:
    """One authorization code that nobody has used."""

    email: str
    redirect_uri: str
    challenge: str
    scopes: frozenset[str]
    expires: datetime


@dataclass(slots=True)
class GoTo:
    """GoTo, with everybody who has an account there."""

    world: World
    switches: Switches = field(default_factory=Switches)
    people: dict[str, Person] = field(default_factory=dict)
    meetings: dict[int, Meeting] = field(default_factory=dict)
    deleted: dict[int, Meeting] = field(default_factory=dict)
    grants: dict[str, Grant] = field(default_factory=dict)
    refreshes: dict[str, Grant] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)
    seconds: Counter[int] = field(default_factory=Counter)

    def join(self, email: str, name: str) -> None:
        """Give somebody an account."""
        key = str(self.world.random.randint(10**17, 10**18 - 1))
        self.people[email.lower()] = Person(key, email.lower(), name)

    def plan(self, email: str, *, free: bool) -> Person:
        """Put somebody on a free plan or a paid one; raise KeyError for a stranger."""
        self.people[email.lower()] = replace(self.people[email.lower()], free=free)
        return self.people[email.lower()]

    def meeting(self, meeting_id: int) -> Meeting:
        """Return a living meeting; raise Refused (404) when there is none."""
        try:
            return self.meetings[meeting_id]
        except KeyError:
            raise no_meeting() from None

    def keep(self, meeting: Meeting) -> None:
        """Store a meeting, new or changed, and tell the world."""
        self.meetings[meeting.id] = meeting
        self.world.changed("goto", id=meeting.id)

    def remove(self, meeting_id: int) -> Meeting:
        """Delete a meeting and tell the world; raise Refused (404) when it is gone."""
        meeting = self.meeting(meeting_id)
        self.deleted[meeting_id] = self.meetings.pop(meeting_id)
        self.world.changed("goto", id=meeting_id)
        return meeting
