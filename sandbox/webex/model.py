"""What the simulated Webex keeps: frozen data, replaced as a whole on every change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Person:
    """A Webex user."""

    id: str
    email: str
    name: str


@dataclass(frozen=True, slots=True)
class Invitee:
    """Somebody who is invited to a meeting."""

    id: str
    email: str
    name: str
    co_host: bool = False


@dataclass(frozen=True, slots=True)
class Meeting:
    """A meeting, or a series of them; Webex makes no difference. `exceptions` are single dates that were moved."""

    id: str
    number: str
    host: Person
    title: str
    start: datetime
    end: datetime
    timezone: str
    password: str
    phone_password: str
    host_key: str
    site: str
    link: str
    agenda: str | None = None
    recurrence: str | None = None
    invitees: tuple[Invitee, ...] = ()
    exceptions: tuple[str, ...] = ()
    tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Integration tags by the client that has set them, who alone sees them."""
    created: datetime | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    """What was set for this meeting alone, as it was sent."""
