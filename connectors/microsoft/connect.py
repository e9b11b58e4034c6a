"""From settings to Microsoft's connectors: what all mailboxes share, and what each has for itself."""

from __future__ import annotations

from dataclasses import dataclass, field

from connectors.http import Http
from connectors.microsoft import auth
from connectors.microsoft.api import Api
from connectors.microsoft.calendar import MicrosoftCalendar
from connectors.microsoft.reading import Reader
from connectors.microsoft.requests import Requests
from connectors.microsoft.subscriptions import Cap
from connectors.microsoft.teams import TeamsMeetings
from connectors.oauth import Now, Save
from connectors.settings import MicrosoftSettings


@dataclass(frozen=True, slots=True)
class Mailbox:
    """What the connectors of one mailbox have in common."""

    api: Api
    reader: Reader


@dataclass(slots=True)
class Tenant:
    """Everything that goes through one app registration."""

    http: Http
    settings: MicrosoftSettings
    now: Now
    _requests: Requests | None = None
    _cap: Cap | None = None
    _app: auth.Account | None = None
    _mailboxes: dict[str, Mailbox] = field(default_factory=dict)

    def load(self) -> None:
        """Build one request of each kind: the first ones load parts of the SDK."""
        self._requests = Requests(self.settings.graph_base)
        self._requests.rehearse(self.now())

    def calendar(self, address: str, kept: str, save: Save | None) -> MicrosoftCalendar:
        """Return the calendars of a mailbox: as the person who has a `save`, or as the app.

        Raises Unauthorized where a person has not signed in yet.
        """
        mailbox = self._mailbox(address, kept, save)
        if self._cap is None:
            self._cap = Cap(self.settings.subscription_minutes)
        return MicrosoftCalendar(mailbox.api, mailbox.reader, self.settings, self._cap)

    def teams(self, address: str, kept: str, save: Save | None) -> TeamsMeetings:
        """Return the Teams meetings on the calendars of a mailbox."""
        return TeamsMeetings(self._mailbox(address, kept, save).reader)

    def forget(self, address: str) -> None:
        """Begin anew with a mailbox: there is another consent for it."""
        self._mailboxes.pop(address.lower(), None)

    def _mailbox(self, address: str, kept: str, save: Save | None) -> Mailbox:
        name = address.lower()
        found = self._mailboxes.get(name)
        if found is None:
            found = self._mailboxes[name] = self._new(name, kept, save)
        return found

    def _new(self, address: str, kept: str, save: Save | None) -> Mailbox:
        if self._requests is None:
            self._requests = Requests(self.settings.graph_base)
        if save is not None:  # Of a person: the app's own right is never taken in the place of their consent.
            account = auth.consented(self.http, self.settings, address, kept, save, self.now)
        else:
            if self._app is None:
                self._app = auth.app_only(self.http, self.settings, self.now)
            account = self._app
        api = Api(self.http, account, self._requests, address, self.now)
        return Mailbox(api, Reader(api, self.settings.categories, wording=self.settings.wording))
