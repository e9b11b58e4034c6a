"""The words of the decision: what is known besides the event, and what can be wanted of it. Frozen data, no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connectors.model import Conference, Draft, EventRef
from daemon.rules import Flags


@dataclass(frozen=True, slots=True)
class Service:
    """What the decision must know of a conferencing service."""

    name: str
    native: bool = False  # lives on its event
    follows: frozenset[str] = (
        frozenset()
    )  # of "title", "time", "recurrence", "people"; what its meetings repeat
    personal: bool = False  # only for those who have linked an account of their own
    settings: frozenset[tuple[str, bool | str]] = (
        frozenset()
    )  # those that can be laid down, with their values


@dataclass(frozen=True, slots=True)
class Linked:
    """A conferencing account that somebody has linked."""

    profile: str  # pro_…
    service: str
    credential: str = ""
    trouble: str = ""  # why it does not work; "" while it does
    person: str = ""  # the provider's id of whose it is
    name: str = ""  # as people know it, mostly an address at the provider


@dataclass(frozen=True, slots=True)
class Desired:
    """What an application wants of an event of its own, and how far the calendar has followed."""

    draft: Draft
    at: EventRef  # where the event is, or is going to be
    alias: str  # what a new event is called at the calendar
    profile_id: str = ""  # what conferencing it asks for; "" for nothing
    link: str = ""  # its own, where that is "explicit"
    link_name: str = ""
    owed: bool = False  # the calendar does not have what was asked for last
    gone: bool = False  # the application has deleted it
    asked: bool = False  # an insert was begun, and its outcome is not known
    hurry: bool = False  # a meeting that was to come first could not be made in time
    again: bool = False  # what is owed names the conference anew, whatever people did to the one before


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything outside the event that bears on its conferencing."""

    now: datetime
    flags: Flags
    services: Mapping[str, Service]
    calendar: str = ""  # our id of the calendar
    calendar_name: str = ""
    native: tuple[str, ...] = ()  # what this calendar can make by itself
    account: str = ""  # address of the person whose calendar it is
    linked: tuple[Linked, ...] = ()  # that person's own conferencing accounts, their default first
    window: timedelta = field(default=timedelta(days=365))
    covered: bool = False  # the event is an occurrence, and its series has the conference
    series: Conference | None = None  # that conference, once there is one
    declined: bool = False  # the series has none any more: somebody took its details off by hand
    desired: Desired | None = None  # what an application wants the event to be, where one manages it

    def profile(self, name: str) -> Linked | None:
        """Find one of the person's own accounts."""
        return next((one for one in self.linked if one.profile == name), None)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The event should have a meeting of this service."""

    service: Service
    source: str  # for example "title:@zoom" or "rule:customers"
    profile: str = ""  # the linked account that makes it; "" for the operator's or the calendar's own
    instead_of: str = (
        ""  # what was asked for and cannot be had, where the configuration names this in its place
    )


@dataclass(frozen=True, slots=True)
class Unwanted:
    """The event should have none."""

    why: str
    again: datetime | None = None  # when this may change without the event changing
    lacks: str = ""  # the service that is asked for and cannot be had


@dataclass(frozen=True, slots=True)
class Leave:
    """Whatever there is stays as it is."""

    why: str


Verdict = Wanted | Unwanted | Leave
