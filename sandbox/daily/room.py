"""What the simulated domain at Daily holds: rooms by name, calls of this second, and its own switches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from sandbox.daily.errors import Refused, not_found

if TYPE_CHECKING:
    from sandbox.state import World

API_KEY: Final = "sandbox-daily-key"


@dataclass(frozen=True, slots=True)
class Switches:
    """How this domain behaves."""

    requests_per_second: int = 0
    """Calls in one second; the real one takes about 20. 0 for as many as come."""
    deletes_per_second: int = 0
    """Deletes and lists in one second; the real one takes about 2. 0 for as many as come."""
    forget_expired: bool = True
    """Rooms whose `exp` has passed look deleted from outside, as they do at the real one."""


@dataclass(frozen=True, slots=True)
class Room:
    """One room."""

    id: str
    name: str
    privacy: str
    created: datetime
    config: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Domain:
    """One domain."""

    world: World
    switches: Switches = field(default_factory=Switches)
    rooms: dict[str, Room] = field(default_factory=dict)
    calls: Counter[tuple[int, str]] = field(default_factory=Counter)

    def standing(self) -> dict[str, Room]:
        """Return the rooms that are there now."""
        if self.switches.forget_expired:
            now = self.world.now().timestamp()
            self.rooms = {
                name: one for name, one in self.rooms.items() if one.config.get("exp", now + 1) > now
            }
        return self.rooms

    def room(self, name: str) -> Room:
        """Return a room; raise Refused (404) when there is none of that name."""
        try:
            return self.standing()[name]
        except KeyError:
            raise not_found(name) from None

    def keep(self, room: Room) -> None:
        """Store a room, new or changed, and tell the world."""
        self.rooms[room.name] = room
        self.world.changed("daily", id=room.name)

    def remove(self, name: str) -> None:
        """Delete a room; raise Refused (404) when it is gone."""
        room = self.room(name)
        del self.rooms[room.name]
        self.world.changed("daily", id=name)

    def admit(self, authorization: str) -> None:
        """Raise Refused (401) for any key but ours."""
        if authorization != f"Bearer {API_KEY}":
            raise Refused(401, "authentication-error")

    def count(self, kind: str) -> None:
        """Count a call ("light" or "heavy"); raise Refused (429) when there were too many in this second."""
        second = int(self.world.now().timestamp())
        if (second, kind) not in self.calls:
            self.calls.clear()
        self.calls[second, kind] += 1
        limits = {"heavy": self.switches.deletes_per_second, "light": self.switches.requests_per_second}
        if limits[kind] and self.calls[second, kind] > limits[kind]:
            raise Refused(429, "rate-limit-error", "too many requests", headers={"Retry-After": "1"})
