"""What one provider's calendar tells another's when people of both meet: invitations and answers, as mail would."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody at an event; `response` is needsAction, accepted, tentative or declined."""

    email: str
    name: str = ""
    response: str = "needsAction"
    optional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """An event, or one changed occurrence of a series, as the organizer's calendar tells a guest's."""

    to: str
    uid: str
    """The iCalendar UID, which all copies share; of a series that of the series."""
    organizer: Person
    title: str
    text: str
    html: bool
    location: str
    start: datetime
    end: datetime
    zone: str
    """IANA name of the zone in which the organizer sees it."""
    all_day: bool = False
    recurrence: tuple[str, ...] = ()
    """RRULE and EXDATE lines of a series; () of anything else."""
    original: datetime | None = None
    """Of a changed occurrence: when the series has it."""
    attendees: tuple[Person, ...] = ()
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """A guest's answer on its way to the organizer's calendar."""

    organizer: str
    uid: str
    original: datetime | None
    email: str
    response: str


class Post(Protocol):
    """Where a provider takes in what concerns its own people."""

    def invite(self, invitation: Invitation) -> None:
        """Make or change the guest's copy; take it off when the invitation is cancelled."""

    def answer(self, answer: Answer) -> None:
        """Note a guest's answer on the organizer's event."""
