"""What all handlers work with, handed to them once."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from api.v1.application import Application
from api.v1.sessions import Sessions
from connectors.linking import Way
from store.db import Store
from store.secrets import Vault


class People(Protocol):
    """What it means to the daemon that somebody's calendars or account are given up."""

    def begin(self, provider: str, account: str) -> None:
        """Reach the calendars of somebody who needs no token, from now on."""

    def drop(self, conn: sqlite3.Connection, profile: str) -> bool:
        """Forget a calendar profile if applications alone wanted it and none does any more, in a transaction."""

    async def end(self, profile: str) -> None:
        """Use its token no more, and tell the provider so, after a `drop` that was committed."""

    async def unlink(self, profile: str) -> None:
        """Give up a conferencing profile, and tell its provider."""


@dataclass(frozen=True, slots=True)
class Context:
    """The parts of this installation that handlers need. Chance and time are arguments."""

    store: Store
    vault: Vault
    clock: Callable[[], float]
    fresh: Callable[[], str]  # 43 characters that nobody can guess
    public_url: str  # without a slash at its end
    applications: Mapping[str, Application]  # by client id
    ways: Mapping[str, Way]  # where people can link accounts, by provider
    people: People
    kick: Callable[[], None] = lambda: None  # wakes the worker after a ring
    page: int = 50  # events on a page
    sessions: Sessions = field(default_factory=Sessions)
