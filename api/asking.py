"""What an application awaits of a person whom it has sent to us: the right to use their calendars."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from store.codec import dump, load
from store.link_requests import LinkRequest


@dataclass(frozen=True, slots=True)
class Asker:
    """An application that has sent somebody. Nothing in it opens anything."""

    application: str  # its client id
    scope: str
    state: str = ""  # its own, told again at the end
    challenge: str = ""  # of its proof (PKCE), "" where it gives none


Grant = Callable[[sqlite3.Connection, LinkRequest, str, str, float], Mapping[str, str]]
"""Lets an application use the calendars of an account, by a profile, in the transaction that keeps these.

Takes the request, the account, the profile and the time; returns what the application is told beside its state.
"""


def grant_nothing(*_: object) -> Mapping[str, str]:
    """Stand where there are no applications."""
    return {}


def packed(asker: Asker) -> str:
    """Return it as it is kept."""
    return dump(asker)


def asker_of(request: LinkRequest) -> Asker:
    """Return who waits for the answer to a request."""
    return load(Asker, request.asker, f"link_requests/{request.id}")


def told(request: LinkRequest, **more: str) -> Mapping[str, str]:
    """Return what is added to the address of whoever waits, its own state included."""
    state = asker_of(request).state if request.asker else ""
    return {**more, "state": state} if state else more
