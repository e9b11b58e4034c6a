"""From settings to connectors. A provider's code is imported only when the settings name it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from random import Random
from typing import TYPE_CHECKING

from connectors.base import Calendar, Meetings
from connectors.errors import Rejected, Unauthorized
from connectors.http import Http
from connectors.model import Identity
from connectors.oauth import Save, Tokens
from connectors.settings import (
    DailySettings,
    GoogleSettings,
    GoToSettings,
    JitsiSettings,
    MicrosoftSettings,
    StaticSettings,
    WebexSettings,
    WherebySettings,
    ZoomSettings,
)

if TYPE_CHECKING:
    from connectors.google.api import Api
    from connectors.google.requests import Requests
    from connectors.google.third_party import OnCapability, ThirdParty
    from connectors.goto.meetings import Taken
    from connectors.microsoft.connect import Tenant
    from connectors.service_key import ServiceKey
    from connectors.zoom.sending import Budget


SERVICES = ("zoom", "goto", "webex", "jitsi", "whereby", "daily", "static")


@dataclass(frozen=True, slots=True)
class Credentials:
    """What one person's calendar is reached with; without a refresh token, by delegation or as the app."""

    provider: str
    address: str
    refresh_token: str = field(default="", repr=False)  # for Microsoft msal's whole cache, as text
    save: Save | None = None


@dataclass(slots=True)
class Registry:
    """Makes each connector once and keeps it."""

    http: Http
    now: Callable[[], datetime]
    dice: Random
    google: GoogleSettings | None = None
    microsoft: MicrosoftSettings | None = None
    zoom: ZoomSettings | None = None
    goto: GoToSettings | None = None
    webex: WebexSettings | None = None
    jitsi: JitsiSettings | None = None
    whereby: WherebySettings | None = None
    daily: DailySettings | None = None
    static: StaticSettings | None = None
    budget: Budget | None = None
    taken: Taken | None = None  # tells GoTo which of its meetings are those of another conference
    third_party: bool | None = None  # whether Google takes other services' conference data, if that is known
    on_capability: OnCapability | None = None
    own: Callable[[str], Calendar] | None = None  # makes the calendars that are kept here, by address
    _apis: dict[str, Api] = field(default_factory=dict)
    _locks: dict[str, datetime] = field(default_factory=dict)  # writes of people, by address
    _key: ServiceKey | None = None
    _requests: Requests | None = None
    _third_party: ThirdParty | None = None
    _tenant: Tenant | None = None
    _zoom: Meetings | None = None
    _personal: dict[tuple[str, str], Meetings] = field(default_factory=dict)  # by service and credential

    def load(self) -> None:
        """Load what the settings name, off the loop and before anybody waits: SDKs take up to a second."""
        if self.google is not None:
            from connectors.google import calendar, meet  # noqa: F401
            from connectors.google.requests import Requests

            self._requests = Requests(self.google.api_base)
        if self.microsoft is not None:
            self._microsoft().load()
        for name in SERVICES:
            if getattr(self, name) is not None:
                import_module(f"connectors.{name}.meetings")

    def calendar(self, credentials: Credentials) -> Calendar:
        """Return the calendars that these credentials open. Raises Unauthorized where they cannot."""
        if credentials.provider == "microsoft":
            return self._microsoft().calendar(
                credentials.address, credentials.refresh_token, credentials.save
            )
        if credentials.provider == "own" and self.own is not None:
            return self.own(credentials.address)
        from connectors.google.calendar import GoogleCalendar

        return GoogleCalendar(self._api(credentials), self._google(), self._capability())

    def meetings(self, service: str, credentials: Credentials) -> Meetings:
        """Return a service, for events in the calendars of `credentials`. Raises Rejected if not configured."""
        lives_on = {"meet": "google", "teams": "microsoft"}.get(service, credentials.provider)
        if lives_on != credentials.provider:
            message = f"{service} needs a calendar at {lives_on}, and this one is at {credentials.provider}"
            raise Rejected(message, reason="not_configured")
        if service == "teams" and self.microsoft is not None:
            return self._microsoft().teams(credentials.address, credentials.refresh_token, credentials.save)
        if service == "meet" and self.google is not None:
            from connectors.google.meet import MeetMeetings

            return MeetMeetings(self._api(credentials), self.google)
        if service == "zoom" and self.zoom is not None and self.zoom.client_id:
            return self._zoom_meetings(self.zoom)
        if service == "static" and self.static is not None:
            from connectors.static.meetings import StaticMeetings

            return StaticMeetings(self.static)
        if service == "explicit":
            from connectors.explicit.meetings import ExplicitMeetings

            return ExplicitMeetings()
        return self._rooms(service)

    def personal(self, service: str, tokens: Tokens, credential: str, who: Identity) -> Meetings:
        """Return a service in the account that a person has linked. Raises Rejected if not configured.

        One is made for each credential: some of them remember what the provider said about that account.
        """
        found = self._personal.get((service, credential))
        if found is None:
            found = self._personal[service, credential] = self._own(service, tokens, credential, who)
        return found

    def _own(self, service: str, tokens: Tokens, credential: str, who: Identity) -> Meetings:
        http = self.http.within(credential)
        if service == "zoom" and self.zoom is not None and self.budget is not None:
            from connectors.zoom.meetings import ZoomMeetings

            return ZoomMeetings(self.zoom, http, tokens, self.budget, self.now, self.dice, who.name or who.id)
        if service == "goto" and self.goto is not None and self.taken is not None:
            from connectors.goto.meetings import GoToMeetings

            return GoToMeetings(self.goto, http, tokens, self.taken, self.now, self.dice, organizer=who.id)
        if service == "webex" and self.webex is not None:
            from connectors.webex.meetings import WebexMeetings

            return WebexMeetings(self.webex, http, tokens, self.now, credential)
        raise Rejected(f"{service} is not configured for people's own accounts", reason="not_configured")

    def _rooms(self, service: str) -> Meetings:
        """Return a service that has rooms for everybody. Raises Rejected if not configured."""
        if service == "jitsi" and self.jitsi is not None:
            from connectors.jitsi.meetings import JitsiMeetings

            return JitsiMeetings(self.jitsi, self.http)
        if service == "whereby" and self.whereby is not None:
            from connectors.whereby.meetings import WherebyMeetings

            return WherebyMeetings(self.whereby, self.http, self.now)
        if service == "daily" and self.daily is not None:
            from connectors.daily.meetings import DailyMeetings

            return DailyMeetings(self.daily, self.http, self.now)
        raise Rejected(f"{service} is not configured", reason="not_configured")

    def forget(self, credentials: Credentials) -> None:
        """Begin anew with somebody's calendars: they have agreed again."""
        if credentials.provider == "google":
            self._apis.pop(credentials.address, None)
        elif self._tenant is not None:
            self._tenant.forget(credentials.address)

    def _microsoft(self) -> Tenant:
        from connectors.microsoft.connect import Tenant

        if self.microsoft is None:
            raise Unauthorized("[microsoft] is not configured", provider="microsoft", reason="not_configured")
        if self._tenant is None:
            self._tenant = Tenant(self.http, self.microsoft, self.now)
        return self._tenant

    def _google(self) -> GoogleSettings:
        if self.google is None:
            raise Unauthorized("[google] is not configured", provider="google", reason="not_configured")
        return self.google

    def _api(self, credentials: Credentials) -> Api:
        found = self._apis.get(credentials.address)
        if found is None:
            found = self._apis[credentials.address] = self._new_api(credentials)
        return found

    def _new_api(self, credentials: Credentials) -> Api:
        from connectors.google import auth
        from connectors.google.api import Api
        from connectors.google.requests import Requests

        settings, address = self._google(), credentials.address
        if self._requests is None:
            self._requests = Requests(settings.api_base)
        if credentials.refresh_token and credentials.save is not None:
            token, save = credentials.refresh_token, credentials.save
            tokens = auth.consented(self.http, settings, address, token, save, self.now)
        else:
            tokens = auth.delegated(self.http, settings, self._service_key(), address, self.now)
        delegated = not credentials.refresh_token
        chance, locks = self.dice.random, self._locks
        return Api(self.http, tokens, self._requests, address, self.now, chance, delegated, locks)

    def _service_key(self) -> ServiceKey:
        from connectors import service_key

        if self._key is None:
            self._key = service_key.read(self._google().service_account or {})
        return self._key

    def _capability(self) -> ThirdParty:
        from connectors.google import auth
        from connectors.google.third_party import ThirdParty

        if self._third_party is None:
            settings = self._google()
            known = self.third_party if settings.third_party_conference_data else False
            self._third_party = ThirdParty(auth.client_name(settings), known, self.on_capability)
        return self._third_party

    def _zoom_meetings(self, settings: ZoomSettings) -> Meetings:
        from connectors.oauth import account_credentials
        from connectors.zoom.meetings import ZoomMeetings

        if self._zoom is None:
            if self.budget is None:
                raise Rejected("zoom needs a budget", reason="not_configured")
            tokens = account_credentials(self.http, settings, self.now)
            self._zoom = ZoomMeetings(settings, self.http, tokens, self.budget, self.now, self.dice)
        return self._zoom
