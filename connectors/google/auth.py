"""How we may act for people at Google, and what we ask to be allowed.

`calendar.events` reads and writes events and opens push channels; nothing narrower does on calendars that are
shared with a person. `calendar.calendarlist.readonly` tells which calendars there are, and which have Meet.
Together they do not open settings, free/busy times, or the sharing of calendars.
https://developers.google.com/workspace/calendar/api/auth
"""

from __future__ import annotations

from connectors.http import Http
from connectors.oauth import Now, Save, Tokens, refresh_token, service_account
from connectors.service_key import ServiceKey
from connectors.settings import GoogleSettings

SCOPES = (
    "https://www.googleapis.com/auth/calendar.events",
    "https://www.googleapis.com/auth/calendar.calendarlist.readonly",
)


def delegated(http: Http, settings: GoogleSettings, key: ServiceKey, user: str, now: Now) -> Tokens:
    """Act for any user of the Workspace domain, by the service account's domain-wide delegation."""
    return service_account(http, settings, key, user, SCOPES, now)


def consented(http: Http, settings: GoogleSettings, user: str, token: str, save: Save, now: Now) -> Tokens:
    """Act for one person who gave consent, by their refresh token; `save` keeps one that replaces it."""
    return refresh_token(http, settings, user, token, save, now)


def client_name(settings: GoogleSettings) -> str:
    """Name the OAuth client or service account: what Google allows to one it may refuse to another."""
    account = settings.service_account or {}
    return settings.client_id or str(account.get("client_email") or account.get("client_id") or "")
