"""What the simulated Zoom keeps about a meeting: frozen data, replaced as a whole on every change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

INSTANT: Final = 1
SCHEDULED: Final = 2
NO_FIXED_TIME: Final = 3
FIXED_TIME: Final = 8
SCREEN_SHARE: Final = 10


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One date of a series; `id` is its first start in epoch milliseconds and survives a move."""

    id: str
    start: datetime
    duration: int
    status: str = "available"


@dataclass(frozen=True, slots=True)
class Person:
    """A Zoom user of the account."""

    id: str
    email: str
    name: str
    timezone: str


@dataclass(frozen=True, slots=True)
class Meeting:
    """A meeting; `start` is UTC and absent for type 3, `duration` is minutes."""

    id: int
    uuid: str
    host: Person
    topic: str
    type: int
    timezone: str
    created: datetime
    start: datetime | None = None
    duration: int | None = None
    agenda: str = ""
    password: str = ""
    phone_password: str = ""
    assistant_id: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    recurrence: Mapping[str, Any] | None = None
    occurrences: tuple[Occurrence, ...] = ()
    tracking_fields: tuple[Mapping[str, str], ...] = ()
    pre_schedule: bool = False
    webinar: bool = False
