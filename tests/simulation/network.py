"""The way between the daemon and its providers: slow, forgetful, and now and then shut.

A call has an effect at the provider at one moment and an answer that arrives later, or never. A process that
dies in between does not call its request back.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from contextvars import Context, copy_context
from dataclasses import dataclass, fields
from typing import TypeVar

from connectors.errors import ProviderError, Transient, Unauthorized
from tests.simulation.loop import Process, VirtualLoop
from tests.simulation.trace import Trace

T = TypeVar("T")
DEADLINE = 20.0  # seconds that a client waits for one answer (limits.call_deadline_seconds)
OVERDUE = 5.0  # seconds after the client has given up, by which a request has its effect if it ever has one
UNGUARDED = {"zoom update"}  # whose late arrival would undo a later one: a connection keeps their order


@dataclass(frozen=True)
class Weather:
    """How likely each misfortune is: per provider call, per commit, per push."""

    unreachable: float = 0.0  # no effect, no answer
    refused: float = 0.0  # no effect, 5xx
    busy: float = 0.0  # no effect, 429 with Retry-After
    lost: float = 0.0  # effect, but no answer
    overdue: float = 0.0  # effect after the client has given up
    slow: float = 0.0  # the answer takes almost as long as the client waits, more than a short lease
    death_before: float = 0.0  # the process dies just before a commit
    death_after: float = 0.0  # or just after it
    sick: float = 0.0  # the disk refuses a commit
    push_lost: float = 0.0
    push_doubled: float = 0.0
    push_late: float = 0.0

    @classmethod
    def of(cls, dice: random.Random) -> Weather:
        """Make some seeds rough and some fair, each in its own way."""
        rough = dice.choice([0.0, 0.02, 0.05, 0.12])
        chances = {one.name: dice.choice([0.0, rough, rough, 2 * rough]) for one in fields(cls)}
        chances |= {name: chances[name] / 4 for name in ("death_before", "death_after", "sick")}
        chances |= {name: chances[name] * 3 for name in ("slow", "push_lost", "push_doubled", "push_late")}
        return cls(**chances)

    def fate(self, dice: random.Random) -> str:
        """Draw what happens to one call; "" where all goes well."""
        at = dice.random()
        for name in ("unreachable", "refused", "busy", "lost", "overdue", "slow"):
            at -= getattr(self, name)
            if at < 0:
                return name
        return ""


FAIR = Weather()


@dataclass(eq=False)
class _Flight:
    """A call under way."""

    process: Process
    op: str
    about: str
    effect: Callable[[], object]
    answer: asyncio.Future[object]
    fate: str
    back: float
    dropped: bool = False
    landed: bool = False


class Network:
    """Carries calls. Everything that happens on the provider's side belongs to no process."""

    def __init__(self, loop: VirtualLoop, dice: random.Random, trace: Trace) -> None:
        self._loop = loop
        self._dice = dice
        self._trace = trace
        self._outside: Context = copy_context()
        self.weather = FAIR
        self.revoked: set[str] = set()  # addresses whose credentials are refused
        self.calls = 0
        self._flights: dict[_Flight, None] = {}
        self.sent: Callable[[str, float], None] = lambda *_: None  # told of each call, and how long it takes

    async def call(self, process: Process, who: str, op: str, about: str, effect: Callable[[], T]) -> T:
        """Have `effect` happen at the provider on behalf of `who`, and return what it returns."""
        process.check()
        self.calls += 1
        fate = self.weather.fate(self._dice)
        if who in self.revoked:
            effect, fate = _refuse, ""
        out, back = self._times(fate)
        if fate == "overdue" and op in UNGUARDED:
            fate = "lost"
        flight = _Flight(process, op, about, effect, self._loop.create_future(), fate, back)
        self._flights[flight] = None
        self._later(out, lambda: self._land(flight))
        self.sent(about, out + back)
        if fate == "overdue":
            error = Transient("no answer came, the outcome is unknown", provider=op.split(maxsplit=1)[0])
            self._later(out - self._dice.uniform(0.0, OVERDUE), lambda: _deliver(flight.answer, error))
        return await flight.answer  # type: ignore[return-value]

    def _times(self, fate: str) -> tuple[float, float]:
        """Draw how long the request and the answer take."""
        out, back = self._dice.uniform(0.01, 0.6), self._dice.uniform(0.01, 0.6)
        if fate == "slow":
            wait = self._dice.uniform(5.0, DEADLINE)
            share = self._dice.choice([0.02, 0.5, 0.98])
            return wait * share, wait * (1 - share)
        if fate in {"lost", "unreachable"}:
            return out, self._dice.uniform(0.5, DEADLINE - 1)
        if fate == "overdue":
            return self._dice.uniform(OVERDUE, DEADLINE), 0.0
        return out, back

    def _later(self, seconds: float, fn: Callable[[], None]) -> None:
        self._loop.call_later(seconds, fn, context=self._outside)

    def _land(self, flight: _Flight) -> None:
        if flight.dropped:
            del self._flights[flight]
            return
        flight.landed = True
        outcome = self._outcome(flight)
        said = f"! {type(outcome).__name__}: {outcome}" if isinstance(outcome, Exception) else "ok"
        dead = "" if flight.process.alive else " (of a dead process)"
        self._trace("call", f"{flight.op} {flight.about} {flight.fate and f'[{flight.fate}] '}{said}{dead}")
        if flight.fate in {"lost", "unreachable"}:
            outcome = Transient("no answer came, the outcome is unknown", provider=flight.op.split()[0])
        self._later(flight.back, lambda: self._answer(flight, outcome))

    def _answer(self, flight: _Flight, outcome: object) -> None:
        del self._flights[flight]
        _deliver(flight.answer, outcome)

    def _outcome(self, flight: _Flight) -> object:
        provider = flight.op.split()[0]
        if flight.fate == "unreachable":
            return Transient("connection refused", provider=provider)
        if flight.fate == "refused":
            return Transient("bad gateway", provider=provider, status=502)
        if flight.fate == "busy":
            wait = self._dice.uniform(1.0, 60.0)
            return Transient("slow down", provider=provider, status=429, retry_after=wait)
        try:
            return flight.effect()
        except ProviderError as error:
            return error

    def hang_up(self, process: Process) -> None:
        """The process died: half of what it had just sent never leaves the machine, the rest arrives."""
        for flight in self._flights:
            if flight.process is process and not flight.landed:
                flight.dropped = self._dice.random() < 0.5 or flight.op in UNGUARDED


def _deliver(answer: asyncio.Future[object], outcome: object) -> None:
    if answer.done():
        return
    if isinstance(outcome, Exception):
        answer.set_exception(outcome)
        answer.exception()  # the asker may be gone
    else:
        answer.set_result(outcome)


def _refuse() -> T:  # type: ignore[type-var]
    raise Unauthorized("the account was disconnected")
