"""The sections of the providers, and what a connector gets of each.

The defaults are those of `connectors/settings.py`, with every reason there; a test holds the two together.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field

from connectors.settings import GoogleSettings, StaticSettings, ZoomSettings
from daemon.config.kinds import (
    LISTED,
    LinkPattern,
    Mail,
    MailOrNone,
    Name,
    Secret,
    ServiceAccount,
    Url,
    UrlWithSlash,
)
from daemon.config.sections import Section


@dataclass(frozen=True, slots=True)
class GoogleUser:
    """A person who gave us a refresh token."""

    email: str
    refresh_token: str = field(repr=False)


class GoogleUserSettings(Section):
    """A person who agreed to huddled in a browser; not needed for those in `subjects`."""

    email: Annotated[Mail, Field(examples=["ada@example.com"])]
    """The person's address."""
    refresh_token_file: Annotated[Secret, Field(examples=["credential:google-ada"])]
    """The file of the refresh token, made for client_id."""


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

    def settings(self) -> GoogleSettings:
        """Return what the connector needs."""
        secret, account = self.client_secret_file, self.service_account_file
        return GoogleSettings(
            api_base=self.api_base,
            token_url=self.token_url,
            client_id=self.client_id,
            client_secret=secret.text.get_secret_value() if secret else "",
            service_account=json.loads(account.text.get_secret_value()) if account else None,
            send_updates=self.send_updates,
            third_party_conference_data=self.third_party_conference_data,
            channel_seconds=self.channel_seconds,
        )

    def people(self) -> tuple[GoogleUser, ...]:
        """Return those who come with a refresh token."""
        return tuple(
            GoogleUser(user.email, user.refresh_token_file.text.get_secret_value()) for user in self.users
        )


class Zoom(Section):
    """Zoom, through a server-to-server OAuth app."""

    account_id: Annotated[Name, Field(examples=["AbCdEfGhIjKlMnOpQrStUv"])]
    """The account id of the app."""
    client_id: Annotated[Name, Field(examples=["AbCdEfGhIjKlMnOpQrStUv"])]
    """The client id of the app."""
    client_secret_file: Annotated[Secret, Field(examples=["credential:zoom-secret"])]
    """The file of the app's client secret."""
    default_host: MailOrNone = ""
    """Hosts the meetings of organizers who have no Zoom user; empty: they get none."""
    invitees: bool = True
    """Tell Zoom who is invited."""
    daily_limit: Annotated[int, Field(ge=1, le=100_000)] = 100
    """How often a day Zoom lets one host create or change meetings."""
    cancel_reserve: Annotated[int, Field(ge=0, le=100_000)] = 10
    """How many of these are kept back for cancelling."""
    list_lag_seconds: Annotated[float, Field(ge=0, le=3600)] = 60
    """How long a new meeting may be missing from Zoom's list."""
    api_base: Url = "https://api.zoom.us/v2"
    """Where the API is."""
    oauth_base: Url = "https://zoom.us/oauth"
    """Where access tokens are fetched."""

    def settings(self) -> ZoomSettings:
        """Return what the connector needs."""
        return ZoomSettings(
            account_id=self.account_id,
            client_id=self.client_id,
            client_secret=self.client_secret_file.text.get_secret_value(),
            api_base=self.api_base,
            oauth_base=self.oauth_base,
            default_host=self.default_host,
            invitees=self.invitees,
            daily_limit=self.daily_limit,
            cancel_reserve=self.cancel_reserve,
            list_lag_seconds=self.list_lag_seconds,
        )


class Static(Section):
    """A link of your own, for example to a Jitsi room."""

    url: Annotated[LinkPattern, Field(examples=["https://meet.example.com/{key}"])]
    """The link. {organizer} and {key} stand for the organizer's address and the conference's own key."""
    name: Name = "Video call"
    """What people read beside the link."""

    def settings(self) -> StaticSettings:
        """Return what the connector needs."""
        return StaticSettings(url=self.url, name=self.name)
