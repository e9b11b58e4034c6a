"""What the loops need of the outside: connectors and policies by calendar, the time, fresh keys."""

from __future__ import annotations

from typing import Protocol

from connectors.base import Calendar as CalendarConnector
from connectors.base import Meetings
from daemon.terms import Linked, Policy
from store.calendars import Calendar
from store.profiles import Profile


class Outside(Protocol):
    """Given by the composition root; model providers and a virtual clock take its place in simulations."""

    def now(self) -> float:
        """Return seconds since the epoch."""

    def fresh_key(self) -> str:
        """Return a new name for a conference, never returned before."""

    def fresh_channel(self) -> tuple[str, str]:
        """Return a new name for a channel, and the secret that proves its pushes."""

    def calendar(self, profile: str) -> CalendarConnector:
        """Return the calendars of a profile. Raises Unauthorized when it has no working credentials."""

    def meetings(self, service: str, profile: str, linked: Linked | None = None) -> Meetings:
        """Return a service for the events of a profile, made with a linked account where one is given.

        Raises Rejected when it is not configured.
        """

    def policy(self, calendar: Calendar) -> Policy:
        """Return what bears on the events of a calendar."""

    def chosen(self, profile: Profile, remote: str, name: str) -> bool:
        """Whether the operator wants this calendar kept in step."""
