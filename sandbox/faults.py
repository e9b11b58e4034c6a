"""Scripted misfortune: which answers are to fail, how, and how often."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random


@dataclass(frozen=True, slots=True)
class Fault:
    """One misfortune and the calls it strikes; times, skip and probability say how often."""

    id: int
    provider: str = "*"
    op: str = "*"
    times: int = 1
    """How many calls it strikes; -1 for all."""
    probability: float = 1.0
    skip: int = 0
    """How many matching calls pass before it begins."""
    status: int | None = None
    reason: str | None = None
    body: Any = None
    content_type: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    """Seconds the answer is late; the work is done at once."""
    drop: str | None = None
    """Cut the connection before or after the work is done."""
    hang: bool = False
    """Never answer, never do the work."""

    @property
    def name(self) -> str:
        """Say in a word or two what it does, for the call log."""
        if self.hang:
            return "hang"
        if self.drop:
            return f"drop {self.drop}"
        if self.status:
            return f"{self.status} {self.reason or ''}".strip()
        return "delay"


@dataclass(slots=True)
class _Armed:
    fault: Fault
    seen: int = 0
    hits: int = 0

    def strikes(self, random: Random) -> bool:
        self.seen += 1
        fault = self.fault
        if self.seen <= fault.skip or 0 <= fault.times <= self.hits:
            return False
        if fault.probability < 1 and random.random() >= fault.probability:
            return False
        self.hits += 1
        return True


class Faults:
    """The misfortunes in force."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._armed: list[_Armed] = []
        self._last = 0

    def add(self, **wanted: Any) -> int:
        """Put a misfortune in force and return its id; raise ValueError on unknown or senseless keys."""
        unknown = set(wanted) - {f.name for f in fields(Fault)} | {"id"} & set(wanted)
        if unknown:
            message = f"unknown keys: {', '.join(sorted(unknown))}"
            raise ValueError(message)
        if wanted.get("drop") not in (None, "before", "after"):
            message = "drop is 'before' or 'after'"
            raise ValueError(message)
        self._last += 1
        self._armed.append(_Armed(Fault(id=self._last, **wanted)))
        return self._last

    def clear(self) -> None:
        """Lift all misfortunes."""
        self._armed.clear()

    def strike(self, provider: str, op: str) -> Fault | None:
        """Return the first misfortune that strikes this call, counting it, or None."""
        for armed in self._armed:
            fault = armed.fault
            if (
                fault.provider in ("*", provider)
                and fnmatchcase(op, fault.op)
                and armed.strikes(self._random)
            ):
                return fault
        return None

    def listing(self) -> list[dict[str, Any]]:
        """Return each misfortune with how many calls it has seen and struck."""
        return [
            {
                "id": a.fault.id,
                "provider": a.fault.provider,
                "op": a.fault.op,
                "does": a.fault.name,
                "seen": a.seen,
                "hits": a.hits,
            }
            for a in self._armed
        ]
