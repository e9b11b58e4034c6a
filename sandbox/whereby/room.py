"""What the simulated organisation at Whereby holds: rooms, points spent, and its own switches."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from sandbox.whereby.errors import Refused

if TYPE_CHECKING:
    from sandbox.state import World

API_KEY: Final = "sandbox-whereby-key"
GRACE: Final = timedelta(hours=1)
"""How long after its end a room can still be entered; then it is deleted."""


@dataclass(frozen=True, slots=True)
class Switches:
    """How this organisation behaves."""

    points_per_minute: int = 0
    """What a plan allows: a read costs one point, a delete two, a create three; 0 for no limit."""
    list_lag: float = 0.0
    """Seconds for which the list does not know a new room."""


@dataclass(frozen=True, slots=True)
class Meeting:
    """One transient room."""

    id: str
    name: str
    start: datetime
    end: datetime
    locked: bool
    mode: str
    secret: str


@dataclass(slots=True)
class Organisation:
    """One organisation."""

    world: World
    switches: Switches = field(default_factory=Switches)
    meetings: dict[str, Meeting] = field(default_factory=dict)
    spent: dict[int, int] = field(default_factory=dict)
    """Points by minute."""

    def standing(self) -> dict[str, Meeting]:
        """Return the rooms that are there now, the newest first."""
        now = self.world.now()
        alive = {one.id: one for one in self.meetings.values() if one.end + GRACE > now}
        if len(alive) < len(self.meetings):
            self.meetings = alive
        return dict(reversed(alive.items()))

    def keep(self, meeting: Meeting) -> None:
        """Store a new room and tell the world."""
        self.meetings[meeting.id] = meeting
        self.world.changed("whereby", id=meeting.id)

    def remove(self, meeting_id: str) -> None:
        """Delete a room; one that is not there is no error."""
        if self.meetings.pop(meeting_id, None) is not None:
            self.world.changed("whereby", id=meeting_id)

    def admit(self, authorization: str) -> None:
        """Raise Refused (401) for any key but ours."""
        if authorization != f"Bearer {API_KEY}":
            raise Refused(401, "Access token is missing or invalid")

    def spend(self, points: int) -> dict[str, str]:
        """Count a call and return the headers that tell what is left; raise Refused (429) when too little is."""
        limit = self.switches.points_per_minute
        seconds = self.world.now().timestamp()
        minute = int(seconds // 60)
        used = self.spent.get(minute, 0)
        rest = 60 - seconds % 60
        headers = {"X-RateLimit-Limit": str(limit or 1000), "X-RateLimit-Reset": str(int(rest) + 1)}
        if limit and used + points > limit:
            message = "Rate limit active for throttle key: organization:1"
            headers |= {"X-RateLimit-Remaining": "0", "Retry-After": str(int(rest) + 1)}
            raise Refused(429, message, data={"msLeft": int(rest * 1000)}, headers=headers)
        self.spent = {minute: used + points}
        return headers | {"X-RateLimit-Remaining": str(max(0, (limit or 1000) - used - points))}
