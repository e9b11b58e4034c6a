"""A model of a meeting service whose create is not idempotent and whose list lags behind."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connectors.errors import NotFound
from connectors.model import MeetingRequest

LAG = 60.0  # seconds that the daemon trusts the list to lag at most, the time of the call included
TRUE_LAG = 12.0  # seconds that it really does; a call and its late effect take the rest


@dataclass(eq=False)
class Room:
    """One meeting at the provider."""

    id: str
    key: str  # our marker
    made: MeetingRequest  # as it was last asked to be
    passcode: str
    born: datetime
    listed: datetime  # from when on the list shows it
    alive: bool = True
    by_people: bool = False  # deleted in the provider's portal

    @property
    def url(self) -> str:
        """Where people join."""
        return f"https://us02web.zoom.us/j/{self.id}?pwd={self.passcode}.1"


@dataclass(eq=False)
class MeetingService:
    """All meetings of all hosts."""

    now: Callable[[], datetime]
    dice: random.Random
    rooms: dict[str, Room] = field(default_factory=dict)

    def create(self, key: str, request: MeetingRequest) -> Room:
        """Make one more meeting, whatever there is."""
        id_ = str(self.dice.randrange(10**10, 10**11))
        passcode = "".join(self.dice.choice("abcXYZ789") for _ in range(6))
        lag = timedelta(seconds=self.dice.choice([0.0, 1.0, TRUE_LAG / 2, TRUE_LAG]))
        room = Room(id_, key, request, passcode, self.now(), self.now() + lag)
        self.rooms[id_] = room
        return room

    def get(self, id_: str) -> Room:
        """Find a meeting. Raises NotFound."""
        room = self.rooms.get(id_)
        if room is None or not room.alive:
            raise NotFound("this meeting does not exist", reason="3001")
        return room

    def update(self, id_: str, request: MeetingRequest) -> None:
        """Change a meeting. Raises NotFound."""
        self.get(id_).made = request

    def delete(self, id_: str) -> None:
        """Take a meeting away. Raises NotFound."""
        self.get(id_).alive = False

    def marked(self, host: str, key: str) -> list[Room]:
        """Search the host's list for a marker, the oldest first."""
        now = self.now()
        return [
            room
            for room in self.rooms.values()
            if room.alive and room.key == key and room.made.host == host and room.listed <= now
        ]
