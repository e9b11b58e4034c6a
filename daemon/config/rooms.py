"""The sections of the services that have rooms and no accounts of people: Jitsi, Whereby, Daily.

The defaults are those of `connectors/settings.py`, with every reason there; a test holds the two together.
"""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from connectors.settings import DailySettings, JitsiSettings, WherebySettings
from daemon.config.kinds import Name, Secret, Url, domain, link
from daemon.config.sections import Section

LinkOrNone = Annotated[str, AfterValidator(lambda value: value and link(value))]
DomainOrNone = Annotated[str, AfterValidator(lambda value: value and domain(value))]


class Jitsi(Section):
    """Jitsi Meet, on your own server or a public one."""

    secret_file: Annotated[Secret, Field(examples=["credential:jitsi-secret"])]
    """The file of a secret, any long random word: with it, names of rooms are made that nobody guesses."""
    base_url: Url = "https://meet.jit.si"
    """The address of the server."""
    name: Name = "Jitsi"
    """What people read beside the link."""
    subject: bool = False
    """Put the event's title into the link, so that it is shown in the room."""
    dial_in_numbers_url: LinkOrNone = ""
    """Where the server's numbers to dial in are listed (dialInNumbersUrl)."""
    dial_in_code_url: LinkOrNone = ""
    """Where the number of a room is told (dialInConfCodeUrl)."""
    dial_in_rooms_domain: DomainOrNone = ""
    """The domain of the server's rooms; empty: conference. and the host of base_url."""

    def hosts(self) -> tuple[str, ...]:
        """Return the server, unless it is only a part of a site that has other pages too."""
        parts = urlsplit(self.base_url)
        return (parts.hostname,) if parts.hostname and not parts.path else ()

    def settings(self) -> JitsiSettings:
        """Return what the connector needs."""
        return JitsiSettings(
            secret=self.secret_file.text.get_secret_value(),
            base_url=self.base_url,
            name=self.name,
            subject=self.subject,
            dial_in_numbers_url=self.dial_in_numbers_url,
            dial_in_code_url=self.dial_in_code_url,
            dial_in_rooms_domain=self.dial_in_rooms_domain,
        )


class Whereby(Section):
    """Whereby, with an API key of your organisation."""

    api_key_file: Annotated[Secret, Field(examples=["credential:whereby-api-key"])]
    """The file of the API key."""
    room_mode: Literal["group", "normal"] = "group"
    """normal: rooms for four people at most."""
    room_days: Annotated[int, Field(ge=1, le=3650)] = 365
    """How long after its event a room stays open; an event that moves further gets another link."""
    list_lag_seconds: Annotated[float, Field(ge=0, le=3600)] = 10
    """How long a new room may be missing from Whereby's list."""
    api_base: Url = "https://api.whereby.dev/v1"
    """Where the API is."""

    def settings(self) -> WherebySettings:
        """Return what the connector needs."""
        return WherebySettings(
            api_key=self.api_key_file.text.get_secret_value(),
            api_base=self.api_base,
            room_mode=self.room_mode,
            room_days=self.room_days,
            list_lag_seconds=self.list_lag_seconds,
        )


class Daily(Section):
    """Daily, with an API key of your domain there."""

    api_key_file: Annotated[Secret, Field(examples=["credential:daily-api-key"])]
    """The file of the API key."""
    early_minutes: Annotated[int, Field(ge=0, le=525_600)] = 60
    """How long before its event a room can be entered."""
    late_minutes: Annotated[int, Field(ge=0, le=525_600)] = 1440
    """How long after its event a room can still be entered."""
    api_base: Url = "https://api.daily.co/v1"
    """Where the API is."""

    def settings(self) -> DailySettings:
        """Return what the connector needs."""
        return DailySettings(
            api_key=self.api_key_file.text.get_secret_value(),
            api_base=self.api_base,
            early_minutes=self.early_minutes,
            late_minutes=self.late_minutes,
        )
