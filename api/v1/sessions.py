"""The access tokens that were seen lately, so that not every call has to ask the store who makes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from store import tokens
from store.db import Store
from store.tokens import Token

MOST = 10_000


@dataclass(slots=True)
class Sessions:
    """Remembers good tokens by their hash until one is revoked: then all are looked up anew.

    Only this process revokes; other ones, such as the command line, do no more than add.
    """

    most: int = MOST
    _known: dict[str, Token] = field(default_factory=dict)
    _changes: int = 0

    async def find(self, store: Store, secret: str, clock: Callable[[], float]) -> Token | None:
        """Return the access token with this secret, if it is still good."""
        name, now = tokens.digest(secret), clock()
        found = self._known.get(name)
        if found is None:
            changes = self._changes
            found = await store.read(lambda conn: tokens.find(conn, secret, now))
            if found is None or found.kind != "access":
                return None
            if changes == self._changes:  # else it may have been revoked since it was read
                if len(self._known) >= self.most:
                    self._known.clear()
                self._known[name] = found
        return found if found.expires_at is None or found.expires_at > now else None

    def forget(self) -> None:
        """Look all up anew. Call it after every commit that may have revoked a token."""
        self._changes += 1
        self._known.clear()
