"""What the simulated GoTo keeps: frozen data, replaced as a whole on every change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a GoTo account. A free one cannot schedule meetings."""

    key: str  # the organizer's key
    email: str
    name: str
    free: bool = False


@dataclass(frozen=True, slots=True)
class Meeting:
    """A meeting; the subject is kept as it was sent, with &lt; and &gt; in it."""

    id: int
    organizer: Person
    subject: str
    start: datetime
    end: datetime
    created: datetime
    kind: str = "scheduled"  # or recurring, immediate
    audio: str = "Hybrid"
    password_required: bool = False
    coorganizers: tuple[str, ...] = ()
