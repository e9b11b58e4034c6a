"""How a visit to one of our link pages can end. Plain data: the words people read, and no secret in any of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

Error = Literal["access_denied", "invalid_scope", "server_error", "temporarily_unavailable"]
"""What the caller's address is told: https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2.1."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Nothing was linked, and why, for the person at the browser."""

    status: int
    title: str
    text: str
    advice: str = ""
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Linked:
    """An account was linked."""

    redirect_uri: str
    profile: str
    title: str
    name: str
    account: str
    calendars: bool = False
    more: Mapping[str, str] = field(default_factory=dict)  # what the caller is told in place of the profile


@dataclass(frozen=True, slots=True)
class Failed:
    """Nothing was linked, and the caller is told so where it left an address."""

    redirect_uri: str
    error: Error
    stop: Stop
    more: Mapping[str, str] = field(default_factory=dict)  # what the caller is told besides


AGAIN: Final = "Open the link once more to try again; it stays good until it expires."
ASK: Final = "Ask whoever sent you the link for a new one."

UNKNOWN: Final = Stop(404, "This link is not known", "Perhaps it was cut off on its way to you.", ASK)
EXPIRED: Final = Stop(410, "This link has expired", "Such links are good for an hour.", ASK)
USED: Final = Stop(
    410, "This link has been used", "The account is connected already, and a link is good once.", ASK
)
BUSY: Final = Stop(429, "Too many links were tried", "Wait a minute, then open the link again.")
FORGED: Final = Stop(
    403,
    "This page was not the one you came from",
    "The button was not pressed on our own page, or your browser keeps no cookies from us.",
    "Allow cookies for this site, open the link again, and press the button there.",
)
STRANGE: Final = Stop(
    400,
    "This is not the answer that is awaited",
    "The answer of the provider came twice, or does not belong to a link of ours. Nothing was changed by it.",
    AGAIN,
)
ELSEWHERE: Final = Stop(
    403,
    "This is another browser",
    "The answer of the provider has to come back to the browser in which the link was opened.",
    "Open the link once more and do everything in one browser. If you did not open such a link, close this page.",
)
NO_PROVIDER: Final = Stop(400, "This account cannot be linked", "The provider is not set up here.", ASK)
DISK: Final = Stop(
    503, "This cannot be noted at the moment", "Nothing was changed. Try again in a few minutes.", AGAIN
)


def declined(title: str) -> Stop:
    """Say that the person said no."""
    return Stop(403, "Nothing was connected", f"You, or {title}, said no.", AGAIN)


def stranger(account: str) -> Stop:
    """Say that it has to be the person whose calendars they are."""
    text = f"Somebody else signed in than {account}, whose calendars this is about."
    return Stop(403, "Nothing was connected", text, f"Sign in as {account}. {AGAIN}")


def lacking(title: str, scopes: tuple[str, ...]) -> Stop:
    """Name what was not allowed."""
    text = f"{title} did not allow everything that is needed. These permissions are missing:"
    advice = (
        "Leave nothing out on the provider's page. If nothing can be chosen there, whoever runs this service has "
        "to add the permissions to the app's registration."
    )
    return Stop(403, "A permission is missing", text, f"{advice} {AGAIN}", scopes)


def unregistered(title: str, scopes: tuple[str, ...]) -> Stop:
    """Say that the app may not even ask for what is needed."""
    text = (
        f"{title} does not let this service ask for what it needs. Its registration has to have all of these:"
    )
    return Stop(502, "A permission is missing", text, "Whoever runs this service can add them.", scopes)


def broken(title: str) -> Stop:
    """Say that the provider refuses us, which only the operator can mend."""
    text = f"{title} does not accept how this service is set up. Whoever runs it finds the reason in its log."
    return Stop(502, "Nothing was connected", text)


def silent(title: str) -> Stop:
    """Say that the provider is out of order."""
    return Stop(503, "Nothing was connected", f"{title} does not answer as it should at the moment.", AGAIN)
