"""The configuration: one frozen, typed value. `load.load` makes it out of TOML."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Self

from pydantic import Field, PrivateAttr

from connectors.settings import GoogleSettings, MicrosoftSettings, StaticSettings, ZoomSettings
from daemon.config.applications import Application
from daemon.config.branding import Branding
from daemon.config.conferencing import Static, Zoom
from daemon.config.details import Details
from daemon.config.google import Google, GoogleUser
from daemon.config.goto import GoTo
from daemon.config.kinds import LISTED
from daemon.config.microsoft import Microsoft
from daemon.config.problems import Problem
from daemon.config.rooms import Daily, Jitsi, Whereby
from daemon.config.sections import (
    Alerts,
    Audit,
    FlagSettings,
    Limits,
    Log,
    RuleSettings,
    Section,
    Server,
    Store,
    Sync,
)
from daemon.config.webex import Webex
from daemon.rules import Flags, Service


class Config(Section):
    """The configuration of huddled."""

    server: Server
    """Where huddled listens, and how the providers reach it."""
    sync: Sync = Field(default_factory=Sync)
    """How often and how far calendars are looked at."""
    store: Store
    """Where huddled keeps what it knows."""
    flags: FlagSettings = Field(default_factory=FlagSettings)
    """What asks for a meeting, and which one it gets."""
    rules: Annotated[tuple[RuleSettings, ...], LISTED] = ()
    """Meetings without keywords; the first rule that fits decides."""
    google: Google | None = None
    """Google Calendar and Meet."""
    microsoft: Microsoft | None = None
    """Microsoft 365: Outlook calendars and Teams."""
    zoom: Zoom | None = None
    """Zoom."""
    goto: GoTo | None = None
    """GoTo Meeting."""
    webex: Webex | None = None
    """Webex Meetings."""
    jitsi: Jitsi | None = None
    """Jitsi Meet."""
    whereby: Whereby | None = None
    """Whereby."""
    daily: Daily | None = None
    """Daily."""
    static: Static | None = None
    """A link of your own."""
    applications: Annotated[tuple[Application, ...], LISTED] = ()
    """Applications that may use the HTTP API; without any, there is none."""
    details: Details = Field(default_factory=Details)
    """How the details of a meeting are written on events."""
    branding: Branding = Field(default_factory=Branding)
    """How the pages look on which people link an account."""
    alerts: Alerts = Field(default_factory=Alerts)
    """What is run when an account does not work any more."""
    audit: Audit = Field(default_factory=Audit)
    """The nightly comparison of what is known with what the conferencing services have."""
    log: Log = Field(default_factory=Log)
    """What huddled says, and how."""
    limits: Limits = Field(default_factory=Limits)
    """How hard the providers are worked."""

    _warnings: tuple[Problem, ...] = PrivateAttr(default=())

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What is allowed, but probably not meant."""
        return self._warnings

    def with_warnings(self, warnings: Iterable[Problem]) -> Self:
        """Return the same configuration with these warnings."""
        copy = self.model_copy()
        copy._warnings = tuple(warnings)  # noqa: SLF001 - of our own kind
        return copy

    def google_settings(self) -> GoogleSettings | None:
        """Return what the Google connectors need, secrets included; None where [google] is missing."""
        return self.google.settings(self.details.wording()) if self.google else None

    def google_users(self) -> tuple[GoogleUser, ...]:
        """Return the people with refresh tokens of their own; the others are `google.subjects`."""
        return self.google.people() if self.google else ()

    def microsoft_settings(self) -> MicrosoftSettings | None:
        """Return what the Microsoft connectors need, secrets included; None where [microsoft] is missing."""
        if self.microsoft is None:
            return None
        return self.microsoft.settings(self.sync.window_days, self.services(), self.details.wording())

    def zoom_settings(self) -> ZoomSettings | None:
        """Return what the Zoom connector needs, its secret included; None where [zoom] is missing."""
        return self.zoom.settings() if self.zoom else None

    def static_settings(self) -> StaticSettings | None:
        """Return the link that the operator gave; None where [static] is missing."""
        return self.static.settings() if self.static else None

    def services(self) -> tuple[Service, ...]:
        """Return the names of the services that are set up."""
        found: tuple[tuple[Service, object], ...] = (
            ("meet", self.google),
            ("teams", self.microsoft),
            ("zoom", self.zoom),
            ("goto", self.goto),
            ("webex", self.webex),
            ("jitsi", self.jitsi),
            ("whereby", self.whereby),
            ("daily", self.daily),
            ("static", self.static),
        )
        return tuple(name for name, section in found if section)

    def policy_flags(self) -> Flags:
        """Return flags and rules as the policy reads them."""
        return Flags(
            services=self.services(),
            look_in=self.flags.look_in,
            video=self.flags.video,
            default=self.flags.default,
            beside_integrated=self.flags.beside_integrated,
            fallback=self.flags.fallback,
            rules=tuple(rule.rule() for rule in self.rules),
            hosts=self.jitsi.hosts() if self.jitsi else (),
        )
