"""What can be owed to an event: one thing at a time, as data."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.model import Conference, Event, Meeting, MeetingRequest
from daemon.terms import Desired


@dataclass(frozen=True, slots=True)
class Record:
    """Commit an intention; no provider is touched."""

    conference: Conference
    why: str


@dataclass(frozen=True, slots=True)
class Provision:
    """Make the meeting of the conference's key; the same key never makes a second one."""

    conference: Conference
    request: MeetingRequest


@dataclass(frozen=True, slots=True)
class Update:
    """Bring the meeting in line with the request."""

    conference: Conference
    meeting: Meeting
    request: MeetingRequest


@dataclass(frozen=True, slots=True)
class Write:
    """Put our details on the event, or take them off (meeting is None), If-Match."""

    event: Event
    conference: Conference
    meeting: Meeting | None


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Cancel whatever the key made, then forget it, or keep it as declined."""

    conference: Conference
    request: MeetingRequest


@dataclass(frozen=True, slots=True)
class Forget:
    """Drop the record: there is no meeting left, and what was declined is asked for no more."""

    conference: Conference


@dataclass(frozen=True, slots=True)
class Put:
    """Write an application's event as it wants it, with the details of its meeting; insert it where event is None."""

    desired: Desired
    event: Event | None
    conference: Conference | None


@dataclass(frozen=True, slots=True)
class Remove:
    """Delete an application's event; its meeting goes after it."""

    event: Event
    conference: Conference | None


Action = Record | Provision | Update | Write | Withdraw | Forget | Put | Remove
