"""Everything that there is in one seed: people, providers, the network between, and the daemon's lives."""

from __future__ import annotations

import random
import re
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.base import Calendar as CalendarConnector
from connectors.base import Meetings
from connectors.errors import Rejected
from connectors.model import CalendarInfo
from connectors.settings import StaticSettings
from connectors.static.meetings import StaticMeetings
from daemon.rules import Flags, Rule
from daemon.terms import Linked, Policy, Service
from store.calendars import Calendar
from store.db import InlineStore, open_file
from store.profiles import Profile
from tests.simulation.calendar import CalendarService, Item
from tests.simulation.connectors import Line, ModelCalendar, ModelMeet, ModelZoom
from tests.simulation.loop import Process, VirtualLoop
from tests.simulation.meetings import MeetingService
from tests.simulation.network import Network, Weather
from tests.simulation.process import Daemon, Disk, Settings
from tests.simulation.pushes import Pushes
from tests.simulation.trace import Trace

EPOCH = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
WINDOW = timedelta(days=5)
ADA, BOB, TEAM = "ada@example.com", "bob@example.com", "team@group.calendar.google.com"
CALENDARS = (
    CalendarInfo(ADA, "Ada", "Europe/Berlin", writable=True, primary=True, native=("meet",)),
    CalendarInfo(BOB, "Bob", "UTC", writable=True, primary=True, native=("meet",)),
    CalendarInfo(TEAM, "Team", "UTC", writable=True),
)
OWNERS = {ADA: (ADA, TEAM), BOB: (BOB, TEAM)}
SERVICES = {
    "meet": Service("meet", native=True),
    "zoom": Service("zoom", follows=frozenset({"title", "time", "people"})),
    "static": Service("static"),
}
FLAGS = Flags(
    services=("meet", "zoom", "static"),
    rules=(Rule(service="zoom", name="customers", title=re.compile("customer")),),
)
BASE32HEX = "0123456789abcdefghijklmnopqrstuv"


@dataclass(eq=False)
class Write:
    """One write of the daemon to an event."""

    at: float
    item: Item
    what: str


class World:
    """One seed. Each part draws from dice of its own, so that a change in one does not change the others."""

    def __init__(self, seed: int, *, outlook: bool = False) -> None:
        self.seed = seed
        dice = self.dice("world")
        self.loop = VirtualLoop(self.dice("order") if dice.random() < 0.7 else None)
        self.trace = Trace(self.loop.time)
        self.network = Network(self.loop, self.dice("network"), self.trace)
        self.calendars = CalendarService(self.utc, self.loop.call_later, self.dice("calendar"))
        self.calendars.outlook = WINDOW + timedelta(days=2) if outlook else None
        self.calendars.infos = {info.remote: info for info in CALENDARS}
        self.zoom = MeetingService(self.utc, self.dice("zoom"))
        self.pushes = Pushes(self.loop, self.network, self.dice("pushes"), self.utc, self.door)
        self.calendars.changed = self.pushes.announce
        self.calendars.wrote = self.wrote
        self.conn: sqlite3.Connection = open_file(":memory:")
        self.rough = Weather.of(self.dice("weather"))
        self.settings = Settings(
            lease=dice.choice([6.0, 12.0, 30.0]),
            workers=dice.choice([1, 2, 4, 16]),
            disk=dice.choice([0.0, 0.02, 0.5]),
            addresses=(ADA, BOB),
        )
        self.keys = self.dice("keys")
        self.lives = 0
        self.daemon: Daemon | None = None
        self.writes: list[Write] = []
        self.told: list[Callable[[Item], None]] = []  # who wants to know of each write

    def dice(self, what: str) -> random.Random:
        """Return dice of their own for one part of the world."""
        return random.Random(f"{self.seed} {what}")

    def now(self) -> float:
        """Return the virtual seconds since the epoch."""
        return EPOCH.timestamp() + self.loop.time()

    def utc(self) -> datetime:
        """Return the virtual time of day."""
        return EPOCH + timedelta(seconds=self.loop.time())

    def wrote(self, item: Item, what: str) -> None:
        """Note a write of the daemon."""
        self.writes.append(Write(self.loop.time(), item, what))
        for tell in self.told:
            tell(item)

    def up(self) -> bool:
        """Whether a daemon is running."""
        return self.daemon is not None and self.daemon.process.alive

    def door(self) -> Callable[[object], Any] | None:
        """Return where pushes arrive, None while no daemon listens."""
        daemon = self.daemon
        return daemon.ring if daemon and daemon.process.alive and daemon.door else None

    def calendars_of(self, who: str) -> Iterable[CalendarInfo]:
        """List what a person sees."""
        return [self.calendars.infos[name] for name in OWNERS[who]]

    def born_last(self) -> Process:
        """Return the process of the present life, or of the last one."""
        return self.daemon.process if self.daemon else Process("none")

    def born(self) -> Daemon:
        """Make the next life of the daemon."""
        self.lives += 1
        process = Process(f"life {self.lives}")
        process.last_words.append(lambda: self.network.hang_up(process))
        dice = self.dice(process.name)
        disk = Disk(InlineStore(self.conn), process, self.network, dice, self.settings.disk, self.trace)
        self.daemon = Daemon(process, disk, ModelOutside(self, process), self.settings, dice)
        return self.daemon


@dataclass(frozen=True)
class ModelOutside:
    """Implements `daemon.outside.Outside` for one life."""

    world: World
    process: Process

    def now(self) -> float:
        """Return seconds since the epoch."""
        return self.world.now()

    def fresh_key(self) -> str:
        """Return a new name for a conference."""
        return "hd" + "".join(self.world.keys.choice(BASE32HEX) for _ in range(16))

    def fresh_channel(self) -> tuple[str, str]:
        """Return a new name for a channel, and its secret."""
        return self.fresh_key(), self.fresh_key()

    def calendar(self, profile: str) -> CalendarConnector:
        """Return the calendars of a profile."""
        world = self.world
        return ModelCalendar(self._line(profile), world.calendars, world.pushes, world.calendars_of)

    def meetings(self, service: str, profile: str, linked: Linked | None = None) -> Meetings:
        """Return a service."""
        line = self._line(profile)
        match service:
            case "meet":
                return ModelMeet(line, self.world.calendars)
            case "zoom":
                return ModelZoom(line, self.world.zoom)
            case "static":
                return StaticMeetings(StaticSettings("https://video.example.com/{key}"))
        raise Rejected(f"{service} is not configured")

    def policy(self, calendar: Calendar) -> Policy:
        """Return what bears on the events of a calendar."""
        return Policy(
            now=self.world.utc(),
            flags=FLAGS,
            services=SERVICES,
            calendar=calendar.id,
            calendar_name=calendar.info.name,
            native=calendar.info.native,
            account=self._who(calendar.profile),
            window=WINDOW,
        )

    def chosen(self, profile: Profile, remote: str, name: str) -> bool:
        """Whether this calendar is kept in step: all are."""
        return True

    def _line(self, profile: str) -> Line:
        return Line(self.world.network, self.process, self._who(profile))

    def _who(self, profile: str) -> str:
        row = self.world.conn.execute("SELECT address FROM profiles WHERE id = ?", (profile,)).fetchone()
        return str(row[0])
