"""The section of Google, and what its connectors get of it.

The defaults are those of `connectors/settings.py`, with every reason there; a test holds the two together.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field

from connectors.settings import GoogleSettings
from connectors.wording import DEFAULT, Wording
from daemon.config.kinds import LISTED, Mail, Name, Secret, ServiceAccount, Url, UrlWithSlash
from daemon.config.sections import Section


@dataclass(frozen=True, slots=True)
class GoogleUser:
    """A person who gave us a refresh token, or is to agree in a browser."""

    email: str
    refresh_token: str = field(repr=False)  # "" where there is none in the configuration


class GoogleUserSettings(Section):
    """A person who agreed to huddled in a browser; not needed for those in `subjects`."""

    email: Annotated[Mail, Field(examples=["ada@example.com"])]
    """The person's address."""
    refresh_token_file: Annotated[Secret | None, Field(examples=["credential:google-ada"])] = None
    """The file of the refresh token, made for client_id; not needed for those who agree with `huddled link google`."""


class Google(Section):
    """Google Calendar and Meet: a service account with domain-wide delegation, an OAuth client, or both."""

    service_account_file: ServiceAccount | None = None
    """The JSON key of the service account."""
    subjects: Annotated[tuple[Mail, ...], LISTED] = ()
    """The people whose calendars the service account looks after."""
    client_id: str = ""
    """The OAuth client of the people in [[google.users]]."""
    client_secret_file: Secret | None = None
    """The file of that client's secret."""
    users: Annotated[tuple[GoogleUserSettings, ...], LISTED] = ()
    """People with a refresh token of their own."""
    calendars: Annotated[tuple[Name, ...], LISTED] = ("*",)
    """Patterns with * and ? for the id or name of the calendars to look after; only writable ones count."""
    exclude: Annotated[tuple[Name, ...], LISTED] = ()
    """Patterns for calendars to leave alone all the same."""
    send_updates: Literal["none", "externalOnly", "all"] = "none"
    """Whom Google mails when huddled writes to an event."""
    third_party_conference_data: bool = True
    """Try whether Google accepts other services' links in the event's conference field."""
    channel_seconds: Annotated[int, Field(ge=60, le=2_592_000)] = 604_800
    """How long a subscription to pushes is asked to last."""
    api_base: UrlWithSlash = "https://www.googleapis.com/calendar/v3/"
    """Where the Calendar API is."""
    token_url: Url = "https://oauth2.googleapis.com/token"
    """Where access tokens are fetched."""
    authorize_url: Url = "https://accounts.google.com/o/oauth2/v2/auth"
    """Where people say yes."""
    revoke_url: Url = "https://oauth2.googleapis.com/revoke"
    """Where a yes is taken back."""

    def settings(self, wording: Wording = DEFAULT) -> GoogleSettings:
        """Return what the connector needs."""
        secret, account = self.client_secret_file, self.service_account_file
        return GoogleSettings(
            api_base=self.api_base,
            token_url=self.token_url,
            authorize_url=self.authorize_url,
            revoke_url=self.revoke_url,
            client_id=self.client_id,
            client_secret=secret.text.get_secret_value() if secret else "",
            service_account=json.loads(account.text.get_secret_value()) if account else None,
            send_updates=self.send_updates,
            third_party_conference_data=self.third_party_conference_data,
            channel_seconds=self.channel_seconds,
            wording=wording,
        )

    def people(self) -> tuple[GoogleUser, ...]:
        """Return those who come with a refresh token."""
        return tuple(
            GoogleUser(user.email, file.text.get_secret_value() if (file := user.refresh_token_file) else "")
            for user in self.users
        )
