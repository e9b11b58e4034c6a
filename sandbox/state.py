"""What every simulated provider shares: the world with its clock, chance, people, switches and listeners."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any, TypeVar, cast

from sandbox.calls import CallLog, Outbox
from sandbox.clock import Clock
from sandbox.faults import Faults
from sandbox.modes import Modes

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine
    from datetime import datetime

    from sandbox.invitations import Post

Room = TypeVar("Room")


@dataclass(frozen=True, slots=True)
class User:
    """Somebody of the simulated organisation; `zoom` says whether they are a Zoom user too.

    `home` is the provider that has their calendars.
    """

    email: str
    name: str
    zoom: bool = True
    home: str = "google"


@dataclass(slots=True)
class World:
    """One simulated world; in-process tests hold it, everybody else speaks to it over HTTP."""

    seed: int = 0
    url: str = ""
    """Where this sandbox is reached, e.g. http://127.0.0.1:8490; set once it listens."""
    base_modes: Modes = field(default_factory=Modes)
    modes: Modes = field(init=False)
    random: Random = field(init=False)
    clock: Clock = field(default_factory=Clock)
    users: dict[str, User] = field(default_factory=dict)
    calls: CallLog = field(default_factory=CallLog)
    outbox: Outbox = field(init=False)
    faults: Faults = field(init=False)
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the server stops, so that answers held back on purpose let go."""
    at_close: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    """What is to be closed when the sandbox stops."""
    posts: dict[str, Post] = field(default_factory=dict)
    """Where each provider with calendars takes in what concerns its people, by name."""
    _rooms: dict[type[Any], Any] = field(default_factory=dict)
    _listeners: list[Callable[[str, dict[str, Any]], None]] = field(default_factory=list)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Fill in what depends on the seed and on the world itself."""
        self.modes = self.base_modes
        self.random = Random(self.seed)
        self.outbox = Outbox(self.now)
        self.faults = Faults(self.random)

    def now(self) -> datetime:
        """Return the present moment of the world, in UTC."""
        return self.clock.now()

    def token(self, prefix: str = "", length: int = 22) -> str:
        """Return a fresh random identifier of base32hex characters after the prefix."""
        return prefix + "".join(self.random.choices("0123456789abcdefghijklmnopqrstuv", k=length))

    def user(self, email: str) -> User:
        """Return the user with that address; raise KeyError when there is none."""
        return self.users[email.lower()]

    def post(self, email: str, sender: str) -> Post | None:
        """Return where mail to that person goes; None for strangers and for the sender's own people."""
        user = self.users.get(email.lower())
        return self.posts.get(user.home) if user and user.home != sender else None

    def room(self, kind: Callable[[World], Room]) -> Room:
        """Return the state that a provider keeps in this world; made by `kind(world)` at first use."""
        key = cast("type[Any]", kind)
        if key not in self._rooms:
            self._rooms[key] = kind(self)
        return cast("Room", self._rooms[key])

    def leave(self, kind: Callable[[World], Any]) -> None:
        """Forget the state that a provider keeps in this world."""
        self._rooms.pop(cast("type[Any]", kind), None)

    def on_change(self, callback: Callable[[str, dict[str, Any]], None]) -> Callable[[], None]:
        """Call back with kind and data at every change; return what ends it."""
        self._listeners.append(callback)
        return lambda: self._listeners.remove(callback)

    def changed(self, kind: str, **data: Any) -> None:
        """Tell every listener that something of that kind has changed."""
        for callback in tuple(self._listeners):
            callback(kind, data)

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run the work in the background; it is cancelled when the sandbox stops."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def reset(self) -> None:
        """Forget people, calls, mails, faults, modes and the clock's offset, and start chance afresh."""
        for task in self._tasks:
            task.cancel()
        self.users.clear()
        self.calls.clear()
        self.outbox.clear()
        self.faults.clear()
        self.clock.clear()
        self.modes = self.base_modes
        self.random.seed(self.seed)

    async def close(self) -> None:
        """Let go of held answers and end the background work."""
        self.closing.set()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for close in self.at_close:
            await close()
        self.clock.clear()
