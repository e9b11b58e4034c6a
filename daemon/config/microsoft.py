"""The section of Microsoft 365, and what its connectors get of it.

The defaults are those of `connectors/settings.py`, with every reason there; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated

from pydantic import Field

from connectors.settings import MicrosoftSettings
from connectors.wording import DEFAULT, Wording
from daemon.config.kinds import LISTED, Mail, Name, Secret, Tenant, Url
from daemon.config.sections import Section
from daemon.rules import Choice


class Microsoft(Section):
    """Outlook calendars of Microsoft 365, and Teams, through one app registration."""

    tenant: Annotated[Tenant, Field(examples=["example.onmicrosoft.com"])]
    """The directory (tenant) id of the app registration, or a domain of the tenant."""
    client_id: Annotated[Name, Field(examples=["00001111-aaaa-2222-bbbb-3333cccc4444"])]
    """The application (client) id of the app registration."""
    client_secret_file: Annotated[Secret, Field(examples=["credential:microsoft-client-secret"])]
    """The file of the app's client secret: its value, not its id."""
    users: Annotated[tuple[Mail, ...], LISTED] = ()
    """The people whose calendars the app looks after with permissions of its own."""
    people: Annotated[tuple[Mail, ...], LISTED] = ()
    """People who agree by themselves, in a browser, at the address that `huddled link microsoft` prints."""
    calendars: Annotated[tuple[Name, ...], LISTED] = ("*",)
    """Patterns with * and ? for the id or name of the calendars to look after; only writable ones count."""
    exclude: Annotated[tuple[Name, ...], LISTED] = ()
    """Patterns for calendars to leave alone all the same."""
    categories: dict[str, Choice] = Field(default={"Zoom": "zoom", "Teams": "teams", "Video call": "default"})
    """Which meeting an Outlook category asks for, upper and lower case alike."""
    subscription_minutes: Annotated[int, Field(ge=45, le=10_070)] = 10_000
    """How long a subscription to notifications is asked to last."""
    graph_base: Url = "https://graph.microsoft.com/v1.0"
    """Where Microsoft Graph is."""
    authority: Url = "https://login.microsoftonline.com"
    """Where people sign in and access tokens are fetched."""

    def settings(
        self, window_days: int, services: Collection[str], wording: Wording = DEFAULT
    ) -> MicrosoftSettings:
        """Return what the connector needs. Categories that stand for a service not among `services` are left out."""
        known = {*services, "default", "integrated", "none"}
        return MicrosoftSettings(
            tenant=self.tenant,
            client_id=self.client_id,
            client_secret=self.client_secret_file.text.get_secret_value(),
            graph_base=self.graph_base,
            authority=self.authority,
            subscription_minutes=self.subscription_minutes,
            window_days=window_days,
            categories={name: choice for name, choice in self.categories.items() if choice in known},
            wording=wording,
        )
