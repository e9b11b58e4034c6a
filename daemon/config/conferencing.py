"""The sections of the services that only make meetings, and what a connector gets of each.

The defaults are those of `connectors/settings.py`, with every reason there; a test holds the two together.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from connectors.settings import StaticSettings, ZoomSettings
from daemon.config.kinds import LinkPattern, MailOrNone, Name, Secret, Url
from daemon.config.secret_files import SecretFile
from daemon.config.sections import Section


class Zoom(Section):
    """Zoom: a server-to-server OAuth app for the whole account, an OAuth app that people link, or both."""

    account_id: Annotated[Name, Field(examples=["AbCdEfGhIjKlMnOpQrStUv"])] = ""
    """The account id of the server-to-server app."""
    client_id: Annotated[Name, Field(examples=["AbCdEfGhIjKlMnOpQrStUv"])] = ""
    """The client id of the server-to-server app."""
    client_secret_file: Annotated[Secret | None, Field(examples=["credential:zoom-secret"])] = None
    """The file of the client secret of the server-to-server app."""
    user_client_id: Annotated[Name, Field(examples=["AbCdEfGhIjKlMnOpQrStUv"])] = ""
    """The client id of the app with which people link their own Zoom account."""
    user_client_secret_file: Annotated[Secret | None, Field(examples=["credential:zoom-user-secret"])] = None
    """The file of the client secret of that app."""
    webhook_secret_file: Annotated[Secret | None, Field(examples=["credential:zoom-webhook-secret"])] = None
    """The file of the secret token with which Zoom signs the events of the server-to-server app."""
    user_webhook_secret_file: Annotated[
        Secret | None, Field(examples=["credential:zoom-user-webhook-secret"])
    ] = None
    """The file of the secret token with which Zoom signs the events of the app that people link."""
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
            client_secret=_text(self.client_secret_file),
            api_base=self.api_base,
            oauth_base=self.oauth_base,
            default_host=self.default_host,
            invitees=self.invitees,
            daily_limit=self.daily_limit,
            cancel_reserve=self.cancel_reserve,
            list_lag_seconds=self.list_lag_seconds,
            user_client_id=self.user_client_id,
            user_client_secret=_text(self.user_client_secret_file),
        )

    def webhook_secrets(self) -> tuple[str, ...]:
        """Return what Zoom's events are signed with; empty where it sends us none."""
        files = (self.webhook_secret_file, self.user_webhook_secret_file)
        return tuple(_text(file) for file in files if file)


class Static(Section):
    """A link of your own, for example to a Jitsi room."""

    url: Annotated[LinkPattern, Field(examples=["https://meet.example.com/{key}"])]
    """The link. {organizer} and {key} stand for the organizer's address and the conference's own key."""
    name: Name = "Video call"
    """What people read beside the link."""

    def settings(self) -> StaticSettings:
        """Return what the connector needs."""
        return StaticSettings(url=self.url, name=self.name)


def _text(secret: SecretFile | None) -> str:
    return secret.text.get_secret_value() if secret else ""
