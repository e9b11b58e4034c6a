"""One OAuth client or service account of Google, and the connectors of the people it acts for."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime

from connectors.google.api import Api
from connectors.google.auth import client_name, consented, delegated
from connectors.google.calendar import GoogleCalendar
from connectors.google.meet import MeetMeetings
from connectors.google.requests import Requests
from connectors.google.third_party import OnCapability, ThirdParty
from connectors.http import Http
from connectors.oauth import Save, Tokens
from connectors.settings import GoogleSettings


class GoogleClient:
    """Makes connectors that share the request builder and what is known of third-party conference data."""

    def __init__(
        self,
        http: Http,
        settings: GoogleSettings,
        now: Callable[[], datetime],
        *,
        chance: Callable[[], float] = random.random,
        third_party: bool | None = None,
        on_capability: OnCapability | None = None,
    ) -> None:
        """`third_party` is what `on_capability` was last told, None where it never was."""
        self._http = http
        self._settings = settings
        self._now = now
        self._chance = chance
        self._requests = Requests(settings.api_base)
        wanted = settings.third_party_conference_data
        self.third_party = ThirdParty(client_name(settings), third_party if wanted else False, on_capability)

    def delegated(self, user: str) -> Tokens:
        """Act for a user of the domain."""
        return delegated(self._http, self._settings, user, self._now)

    def consented(self, user: str, token: str, save: Save) -> Tokens:
        """Act for a person who gave consent."""
        return consented(self._http, self._settings, user, token, save, self._now)

    def calendar(self, user: str, tokens: Tokens) -> GoogleCalendar:
        """Return the calendars of one person."""
        return GoogleCalendar(self._api(user, tokens), self._settings, self.third_party)

    def meet(self, user: str, tokens: Tokens) -> MeetMeetings:
        """Return the Meets of one person."""
        return MeetMeetings(self._api(user, tokens), self._settings)

    def _api(self, user: str, tokens: Tokens) -> Api:
        by_account = self._settings.service_account is not None
        return Api(self._http, tokens, self._requests, user, self._now, self._chance, delegated=by_account)
