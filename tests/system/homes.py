"""The providers that keep calendars, and the names under which a test meets what both of them do."""

from __future__ import annotations

from dataclasses import dataclass

import pytest


@dataclass(frozen=True, slots=True)
class Home:
    """Where somebody's calendars are: the operations are those of the sandbox's call log."""

    name: str
    provider: str
    integrated: str  # the service that lives on its events
    token: str
    calendars: str
    listing: str
    reading: frozenset[str]  # what a look at changes may call
    watching: str
    stopping: str
    door: int  # the answer to a push that was noted
    writing: str = "events.patch"

    def op(self, wanted: str) -> str:
        """Return the operation that a word of a test's table stands for."""
        return str(getattr(self, wanted)) if hasattr(self, wanted) else wanted

    def service(self, wanted: str) -> str:
        """Return the service that a word of a test's table stands for."""
        return self.integrated if wanted == "integrated" else wanted


GOOGLE = Home(
    name="google",
    provider="google",
    integrated="meet",
    token="token",
    calendars="calendarList.list",
    listing="events.list",
    reading=frozenset({"token", "calendarList.list", "events.list"}),
    watching="events.watch",
    stopping="channels.stop",
    door=204,
)
OUTLOOK = Home(
    name="outlook",
    provider="microsoft",
    integrated="teams",
    token="token",
    calendars="calendars.list",
    listing="events.delta",
    reading=frozenset({"openid", "token", "calendars.list", "calendar.get", "events.delta", "events.get"}),
    watching="subscriptions.create",
    stopping="subscriptions.delete",
    door=202,
)
HOMES = {home.name: home for home in (GOOGLE, OUTLOOK)}
at_google, at_outlook = (
    pytest.mark.parametrize("home", [name], indirect=True, scope="module") for name in HOMES
)
everywhere = pytest.mark.parametrize("home", HOMES, indirect=True, scope="module")
"""Of a test, or in the `pytestmark` of a file: it is played with Google's calendars and with Outlook's."""
