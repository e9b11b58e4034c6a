"""What the operator lays down about flags: plain data for the pure policy, checked by the configuration."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from connectors.model import MeetingSettings

Place = Literal["location", "title", "description"]
Service = Literal["meet", "teams", "zoom", "goto", "webex", "jitsi", "whereby", "daily", "static"]
Choice = Literal[Service, "default", "integrated", "none"]
Default = Literal[
    "auto", "integrated", "zoom", "goto", "webex", "jitsi", "whereby", "daily", "static", "none"
]


@dataclass(frozen=True, slots=True)
class Rule:
    """Give `service` to events that meet every condition; a condition that is left empty is met by all.

    Rules are tried in their order and the first that fits and names a service decides. A keyword on the event beats
    them all. The settings are those of the first rule that fits and has any, for meetings of its service.
    """

    service: Choice | None = None  # None: it only gives settings, to meetings of all services
    name: str = ""  # for people; "" where the operator gave none
    calendars: tuple[str, ...] = ()  # globs; one has to match the calendar's id or its name
    organizers: tuple[str, ...] = ()  # globs on the organizer's address, lower case
    attendee_domains: tuple[str, ...] = ()  # lower case, without @; one attendee has to be of one of them
    external_guests: bool | None = None  # whether there is an attendee outside the organizer's domain
    title: re.Pattern[str] | None = None  # searched for anywhere in the title
    min_minutes: int | None = None  # how long the event lasts, both ends included
    max_minutes: int | None = None
    even_if_linked: bool = False  # also where the event already carries somebody's join link
    settings: MeetingSettings | None = None  # None: it says nothing of settings


@dataclass(frozen=True, slots=True)
class Flags:
    """How flags are read and what they lead to."""

    services: tuple[Service, ...] = ()  # those that the configuration sets up
    look_in: tuple[Place, ...] = ("location", "title", "description")  # where a keyword counts
    video: Service | Literal["default"] = "default"  # what @video stands for
    default: Default = "auto"  # "auto": zoom where it is set up, else what the calendar itself can make
    rules: tuple[Rule, ...] = ()
    hosts: tuple[
        str, ...
    ] = ()  # the operator's own servers, on which every page but the first one is a meeting
    beside_integrated: bool = (
        False  # a typed keyword counts beside a meeting that the calendar made by itself
    )
    fallback: tuple[Choice, ...] = ()  # what takes the place of a service that cannot be had, in this order
