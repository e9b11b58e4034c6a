"""How pushes of any provider go wrong, how many got through, and the session that carries them."""

from __future__ import annotations

import asyncio
import ipaddress
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

import aiohttp
from yarl import URL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.state import World

DELIVERY_SECONDS = 10
CONNECTIONS = 100


@dataclass(frozen=True, slots=True)
class PushModes:
    """How deliveries go wrong; replaced as a whole."""

    drop: float = 0.0
    double: float = 0.0
    copies: int = 1
    """How often each message is sent, all at once."""
    delay: tuple[float, float] = (0.0, 0.0)
    """Shortest and longest wait before a delivery, in seconds."""
    reorder: bool = False
    silent: bool = False
    """Channels and subscriptions have died without telling anybody."""
    late_after_stop: bool = False
    retry: tuple[float, ...] = (1.0, 4.0, 15.0)
    """Waits before each further attempt after a failure, in seconds."""


@dataclass(slots=True)
class Tally:
    """How many deliveries were answered with success, how many were not, and how many are under way."""

    delivered: int = 0
    failed: int = 0
    under_way: int = 0
    idle: asyncio.Event = field(default_factory=asyncio.Event)

    def begin(self) -> None:
        """Note that there is something to wait for."""
        self.under_way += 1
        self.idle.clear()

    def end(self) -> None:
        """Note that it is over."""
        self.under_way -= 1
        if not self.under_way:
            self.idle.set()


class Deliveries:
    """What the deliveries of one world share."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.modes = PushModes()
        self.tally = Tally()
        self.tally.idle.set()
        self._session: aiohttp.ClientSession | None = None

    def set_modes(self, wanted: Mapping[str, Any]) -> None:
        """Change how deliveries go wrong; raise ValueError on unknown keys."""
        unknown = set(wanted) - {one.name for one in fields(PushModes)}
        if unknown:
            raise ValueError(f"unknown keys: {', '.join(sorted(unknown))}")
        values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in wanted.items()}
        self.modes = replace(self.modes, **values)

    def copies(self) -> int:
        """Return how often a message is to be sent: not at all, once, or more often."""
        modes, chance = self.modes, self._world.random
        if chance.random() < modes.drop:
            return 0
        return modes.copies + (1 if chance.random() < modes.double else 0)

    def wait(self) -> float:
        """Return for how many seconds the next delivery is held up."""
        modes, chance = self.modes, self._world.random
        return chance.uniform(*modes.delay) + (chance.uniform(0, 0.2) if modes.reorder else 0)

    def session(self) -> aiohttp.ClientSession:
        """Return the session that carries all deliveries."""
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=CONNECTIONS),
                timeout=aiohttp.ClientTimeout(total=DELIVERY_SECONDS),
            )
            self._world.at_close.append(self._session.close)
        return self._session


def is_loopback(address: str) -> bool:
    """Say whether an address is on this machine; the sandbox calls nobody else."""
    try:
        host = URL(address).host or ""
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
