"""What each provider needs to know to be reached: plain data, secrets already read from their files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from connectors.wording import DEFAULT, Wording


@dataclass(frozen=True, slots=True)
class OAuthApp:
    """An app that people allow to act for their own account at a provider, and where that is done."""

    provider: str
    client_id: str
    client_secret: str = field(repr=False)
    authorize_url: str
    token_url: str
    revoke_url: str = ""  # "" where the provider has none
    basic: bool = True  # the secret goes into the Authorization header, else into the form
    scopes: tuple[str, ...] = ()
    send_scopes: bool = True  # else they are fixed in the app's registration, and naming them is an error
    rotates: bool = False  # a refresh answers with another refresh token, and the one it was given is dead
    extra: Mapping[str, str] = field(default_factory=dict)  # more of the authorise page's query


@dataclass(frozen=True, slots=True)
class GoogleSettings:
    """One OAuth client or service account of Google."""

    api_base: str = "https://www.googleapis.com/calendar/v3/"
    token_url: str = "https://oauth2.googleapis.com/token"
    authorize_url: str = "https://accounts.google.com/o/oauth2/v2/auth"
    revoke_url: str = "https://oauth2.googleapis.com/revoke"
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    service_account: Mapping[str, Any] | None = field(default=None, repr=False)  # the parsed key file
    send_updates: Literal["none", "externalOnly", "all"] = "none"
    third_party_conference_data: bool = True  # probe once whether `addOn` conference data is accepted
    channel_seconds: int = 7 * 86_400
    wording: Wording = DEFAULT  # of the details on events


@dataclass(frozen=True, slots=True)
class MicrosoftSettings:
    """One app registration at Microsoft Entra. `categories` map an Outlook category to the service it asks for."""

    tenant: str
    client_id: str
    client_secret: str = field(repr=False)
    graph_base: str = "https://graph.microsoft.com/v1.0"
    authority: str = "https://login.microsoftonline.com"
    subscription_minutes: int = 10_000
    window_days: int = 365  # how far ahead calendars are listed
    categories: Mapping[str, str] = field(default_factory=dict)
    wording: Wording = DEFAULT  # of the details on events


@dataclass(frozen=True, slots=True)
class ZoomSettings:
    """A server-to-server app of Zoom (the first three), an app that people link (the last two), or both."""

    account_id: str = ""
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    api_base: str = "https://api.zoom.us/v2"
    oauth_base: str = "https://zoom.us/oauth"
    default_host: str = ""  # hosts the meetings of organizers who have no Zoom user; "" refuses them
    invitees: bool = True
    daily_limit: int = 100  # creates and updates per host and UTC day
    cancel_reserve: int = 10  # of these, kept back for cancelling
    list_lag_seconds: float = 60.0  # how long after a create the list may not show it
    user_client_id: str = ""
    user_client_secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class StaticSettings:
    """A link that the operator gives, the same for everybody or with `{organizer}` and `{key}` in it."""

    url: str
    name: str = "Video call"


@dataclass(frozen=True, slots=True)
class JitsiSettings:
    """One server of Jitsi Meet. The `secret` turns our keys into names of rooms that nobody guesses."""

    secret: str = field(repr=False)
    base_url: str = "https://meet.jit.si"
    name: str = "Jitsi"
    subject: bool = False  # the title goes into the link, where all who get the link can read it
    dial_in_numbers_url: str = (
        ""  # both or none: where the numbers are listed, and the number of a room is told
    )
    dial_in_code_url: str = ""
    dial_in_rooms_domain: str = ""  # "" for `conference.` and the host of `base_url`


@dataclass(frozen=True, slots=True)
class WherebySettings:
    """One organisation at Whereby."""

    api_key: str = field(repr=False)
    api_base: str = "https://api.whereby.dev/v1"
    room_mode: Literal["group", "normal"] = "group"  # "normal" is for four people at most
    room_days: int = 365  # how long after its event a room stays open
    list_lag_seconds: float = 10.0  # how long after a create the list may not show it


@dataclass(frozen=True, slots=True)
class DailySettings:
    """One domain at Daily. Nobody enters a room before or after its event by more than these minutes."""

    api_key: str = field(repr=False)
    api_base: str = "https://api.daily.co/v1"
    early_minutes: int = 60
    late_minutes: int = 1440


@dataclass(frozen=True, slots=True)
class WebexSettings:
    """One integration at Webex, which people allow to act for their own accounts."""

    client_id: str
    client_secret: str = field(repr=False)
    api_base: str = "https://webexapis.com/v1"
    site_url: str = ""  # where meetings are made; "" for the site that each person prefers
    invitees: bool = False
    list_lag_seconds: float = 60.0  # how long after a create a search may not find it


@dataclass(frozen=True, slots=True)
class GoToSettings:
    """One OAuth client at GoTo, which people allow to act for their own accounts."""

    client_id: str
    client_secret: str = field(repr=False)
    api_base: str = "https://api.getgo.com"
    oauth_base: str = "https://identity.goto.com/oauth"
    mark_subjects: bool = False  # our key ends each subject, so that a meeting is surely known again
    list_lag_seconds: float = 60.0  # how long after a create the list may not show it
