"""The sections of the configuration that are not about one provider.

The words below each key are what editors show (config.schema.json); config.example.toml explains at length.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from connectors.model import MeetingSettings
from daemon.config.kinds import (
    LISTED,
    Database,
    Domain,
    Expression,
    KeyFile,
    Listen,
    Lower,
    Name,
    Url,
)
from daemon.rules import Choice, Default, Place, Rule, Service


class Section(BaseModel):
    """What all sections have in common."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, hide_input_in_errors=True, use_attribute_docstrings=True
    )


class Server(Section):
    """Where huddled listens, and how the providers reach it."""

    listen: Listen = Field(default="127.0.0.1:8480", validate_default=True)
    """Host and port for the providers' pushes."""
    public_url: Annotated[Url, Field(examples=["https://huddled.example.com"])]
    """The address under which the providers reach `listen`: https, or this machine itself."""
    admin_listen: Listen = Field(default="127.0.0.1:8481", validate_default=True)
    """Host and port of the health checks. Never make it public."""


class Sync(Section):
    """How often and how far calendars are looked at."""

    sweep_seconds: Annotated[float, Field(ge=1, le=86_400)] = 600
    """Every calendar is looked at this often without any push."""
    discover_seconds: Annotated[float, Field(ge=1, le=604_800)] = 3600
    """How often each person's list of calendars is read again."""
    lease_seconds: Annotated[float, Field(ge=1, le=3600)] = 30
    """The work of a worker that died is taken up after this. More than limits.call_deadline_seconds."""
    window_days: Annotated[int, Field(ge=1, le=3650)] = 365
    """How far ahead events get meetings."""
    workers: Annotated[int, Field(ge=1, le=256)] = 16
    """How many calendars and events are worked on at a time."""
    jitter: Annotated[float, Field(ge=0, le=0.5)] = 0.1
    """By how much of itself each interval varies, so that not everything falls due at once."""
    channel_renew_before_seconds: Annotated[float, Field(ge=1, le=2_592_000)] = 86_400
    """A subscription to pushes is renewed this long before it expires."""
    keep_days: Annotated[int, Field(ge=1, le=3650)] = 30
    """How long what is known of past events is kept."""


class Store(Section):
    """Where huddled keeps what it knows."""

    url: Annotated[Database, Field(examples=["sqlite:////var/lib/huddled/huddled.db"])]
    """The database file: sqlite:/// and its path."""
    key_file: Annotated[KeyFile, Field(examples=["/var/lib/huddled/store.key"])]
    """The key that encrypts tokens in the database; made where it is missing."""

    @property
    def path(self) -> Path:
        """The database file."""
        return Path(self.url.removeprefix("sqlite:///"))


class FlagSettings(Section):
    """What asks for a meeting, and which one it gets."""

    look_in: Annotated[tuple[Place, ...], LISTED] = ("location", "title", "description")
    """Where keywords such as @zoom count."""
    video: Literal[Service, "default"] = "default"
    """What @video stands for: a service, or the default below."""
    default: Default = "auto"
    """auto: Zoom where it is set up, else what the calendar itself offers: Meet in Google's, Teams in Microsoft's."""
    beside_integrated: bool = False
    """Whether a keyword for another service counts where the calendar has put its own meeting on the event already."""
    fallback: Annotated[tuple[Choice, ...], LISTED] = ()
    """What an event gets instead, in this order, when the service that it asks for cannot be had."""


class Overrides(Section):
    """Settings of meetings that are not left to the account in which a meeting is made."""

    waiting_room: Annotated[bool | None, Field(examples=[True])] = None
    """Whether guests wait until the host lets them in."""
    join_before_host: Annotated[bool | None, Field(examples=[True])] = None
    """Whether people can be in the meeting before its host."""
    mute_on_entry: Annotated[bool | None, Field(examples=[True])] = None
    """Whether people are muted when they come in."""
    host_video: Annotated[bool | None, Field(examples=[False])] = None
    """Whether the host's camera is on at the start."""
    guest_video: Annotated[bool | None, Field(examples=[False])] = None
    """Whether the cameras of all others are on at the start."""
    recording: Annotated[Literal["none", "local", "cloud"] | None, Field(examples=["none"])] = None
    """Where the meeting is recorded without anybody asking for it."""

    def settings(self) -> MeetingSettings:
        """Return the settings as the connectors read them."""
        return MeetingSettings(**self.model_dump())


class RuleSettings(Section):
    """Give events that meet all of these conditions a meeting without any keyword, or its meeting other settings."""

    service: Annotated[Choice | None, Field(examples=["default"])] = None
    """What the events get; none keeps later rules away from them. Without it, the rule only gives settings."""
    name: str = ""
    """For people: stands in explanations."""
    calendars: Annotated[tuple[Name, ...], LISTED] = ()
    """Patterns with * and ?, of which one matches the calendar's id or name."""
    organizers: Annotated[tuple[Lower, ...], LISTED] = ()
    """Patterns with * and ?, of which one matches the organizer's address."""
    attendee_domains: Annotated[tuple[Domain, ...], LISTED] = ()
    """Some attendee's address is of one of these domains."""
    external_guests: bool | None = None
    """Whether some attendee is from outside the organizer's domain."""
    title: Expression | None = None
    """A regular expression that is found in the title, upper and lower case alike."""
    min_minutes: Annotated[int, Field(ge=0, le=525_600)] | None = None
    """The event lasts at least so long."""
    max_minutes: Annotated[int, Field(ge=0, le=525_600)] | None = None
    """The event lasts at most so long."""
    even_if_linked: bool = False
    """Also where the event already carries somebody's join link."""
    settings: Overrides | None = None
    """What is not left to the account in the meetings of this service, whatever has asked for them."""

    def rule(self) -> Rule:
        """Return the rule as the policy reads it."""
        return Rule(
            service=self.service,
            name=self.name,
            calendars=self.calendars,
            organizers=self.organizers,
            attendee_domains=self.attendee_domains,
            external_guests=self.external_guests,
            title=None if self.title is None else re.compile(self.title, re.IGNORECASE),
            min_minutes=self.min_minutes,
            max_minutes=self.max_minutes,
            even_if_linked=self.even_if_linked,
            settings=None if self.settings is None else self.settings.settings(),
        )


class Alerts(Section):
    """What is run when an account does not work any more."""

    command: Annotated[tuple[Name, ...], LISTED, Field(examples=[["/usr/local/bin/tell-operator"]])] = ()
    """A program, by its absolute path, and its arguments. It reads one line of JSON for each account."""


class Audit(Section):
    """The nightly comparison of what is known with what the conferencing services have."""

    mode: Literal["report", "repair", "off"] = "report"
    """report: only tell; repair: remove meetings of ours that no event needs, and mend dead links; off: never."""
    hour: Annotated[int, Field(ge=0, le=23)] = 3
    """The hour of the day, in UTC, within which it begins."""


class Log(Section):
    """What huddled says, and how."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """The least important messages that are shown."""
    format: Literal["auto", "console", "json"] = "auto"
    """auto: for people on a terminal, JSON everywhere else."""


class Limits(Section):
    """How hard the providers are worked."""

    call_deadline_seconds: Annotated[float, Field(ge=0.1, le=600)] = 20
    """A call to a provider is given up after this. Less than sync.lease_seconds."""
    per_account_concurrency: Annotated[int, Field(ge=1, le=64)] = 4
    """Calls under way at a time for one person."""
    google_calls_per_minute: Annotated[int, Field(ge=1, le=100_000)] = 500
    """Calls a minute for one person; Google allows 600."""
    microsoft_concurrency: Annotated[int, Field(ge=1, le=4)] = 3
    """Calls under way at a time for one mailbox; Microsoft allows an app 4."""
    zoom_calls_per_second: Annotated[float, Field(ge=0.1, le=1000)] = 8
    """Calls a second for the whole account; Zoom allows 10 of the dearer ones on a Pro plan."""
