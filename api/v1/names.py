"""What Cronofy's wire format calls providers and scopes. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

# Ours, and what it is called outside. Names of people's accounts that are not listed are the same.
CALENDARS: Final[Mapping[str, tuple[str, str]]] = {  # provider_name and provider_service
    "google": ("google", "gsuite"),
    "microsoft": ("office365", "office365"),
    "own": ("cronofy", "cronofy"),
}
ACCOUNTS: Final[Mapping[str, str]] = {"goto": "go_to"}
CONFERENCES: Final[Mapping[str, str]] = {  # provider_name of an event's conference
    "goto": "go_to",
    "meet": "google_meet",
    "teams": "ms_teams",
    "static": "other",
    "explicit": "other",
}

SCOPES: Final = (
    "read_account",
    "list_calendars",
    "read_events",
    "create_event",
    "delete_event",
    "read_free_busy",
    "change_participation_status",
    "create_calendar",
)
USUAL: Final = SCOPES[:5]  # where none is named
ALL: Final = "read_write"


def scopes(asked: str) -> str:
    """Return those of the scopes asked for that there are, "" for none. `read_write` stands for all of them."""
    named = asked.replace(",", " ").split() or USUAL
    return " ".join(dict.fromkeys(one for one in named if one in (*SCOPES, ALL)))


def held(scope: str) -> frozenset[str]:
    """Return what a token of this scope may do."""
    found = frozenset(scope.split())
    return found | frozenset(SCOPES) if ALL in found else found


def account_provider(name: str) -> str:
    """Return our name of a provider at which people have accounts of their own."""
    return {outside: ours for ours, outside in ACCOUNTS.items()}.get(name, name)


def account_name(provider: str) -> str:
    """Return what such a provider is called outside."""
    return ACCOUNTS.get(provider, provider)


def conference_name(service: str) -> str:
    """Return what the service of an event's conference is called outside."""
    return CONFERENCES.get(service, service)
