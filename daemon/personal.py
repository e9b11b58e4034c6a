"""People's own accounts at conferencing providers: one credential each, whoever uses it, read when it is needed."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from connectors import consented
from connectors.base import Meetings
from connectors.errors import Rejected, Unauthorized
from connectors.http import Http
from connectors.linking import Linkable
from connectors.model import Identity
from connectors.oauth import Granted, Tokens
from connectors.registry import Registry
from daemon.linked import relinked
from daemon.terms import Linked
from daemon.worker import Lease
from store import conferences, work
from store import linked as profiles
from store.db import Store
from store.errors import KeyWrong
from store.secrets import Vault

UNREADABLE = "the kept token of"  # begins the reason where the key of the store is another one

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Personal:
    """Makes the meetings of linked accounts. All profiles of one person and app share one access token."""

    store: Store
    vault: Vault
    http: Http
    registry: Registry
    providers: Mapping[str, Linkable]
    now: Callable[[], datetime]
    _tokens: dict[str, Tokens] = field(default_factory=dict)
    _kept: dict[str, _Kept] = field(default_factory=dict)

    def __call__(self, linked: Linked) -> Meetings:
        """Return what makes the meetings of a linked account. Raises Rejected when its provider is not configured."""
        tokens = self.tokens(linked.service, linked.credential)
        who = Identity(linked.person, linked.name)
        return self.registry.personal(linked.service, tokens, linked.credential, who)

    def tokens(self, provider: str, credential: str) -> Tokens:
        """Return the access tokens of a credential."""
        found = self._tokens.get(credential)
        if found is None:
            kept = self._kept[credential] = _Kept(self, provider, credential)
            found = self._tokens[credential] = Tokens(kept.grant, self.now)
        return found

    def forget(self, credential: str) -> None:
        """Use none of the tokens at hand any more: they were refused, or allowed too little."""
        found = self._tokens.get(credential)
        if found is not None:
            found.granted = None

    def overtaken(self, conn: sqlite3.Connection, credential: str) -> bool:
        """Tell whether somebody has linked the account again since its tokens were read; if so, begin with theirs.

        What was refused then says nothing about what is stored now.
        """
        kept, row = self._kept.get(credential), profiles.credential(conn, credential)
        if kept is None or row is None or not row.secret or kept.sealed in (b"", row.secret):
            return False
        self.renew(credential)
        return True

    def renew(self, credential: str) -> None:
        """Begin with what is stored: the person has agreed again, perhaps to more than before."""
        if credential in self._kept:
            self._kept[credential].begin_anew()
        self.forget(credential)

    async def reopen(self) -> None:
        """Connect the accounts again whose tokens had lost their key, where it is back: they are as good as before."""
        now = self.now().timestamp()

        def again(conn: sqlite3.Connection) -> None:
            for row in profiles.in_trouble(conn):
                if (row.trouble or "").startswith(UNREADABLE) and self._opens(row.secret):
                    profiles.report(conn, row.id, None, now)
                    for own in profiles.sharing(conn, row.id):
                        relinked(conn, own.id, now)
                        log.info("account connected again", account=own.account, profile=own.id)

        await self.store.tx(again)

    def _opens(self, sealed: bytes) -> bool:
        try:
            return bool(sealed and self.vault.open(sealed))
        except KeyWrong:
            return False


@dataclass(slots=True)
class _Kept:
    """A refresh token in the store: read before its first use, and written whenever it is replaced."""

    personal: Personal
    provider: str
    credential: str
    sealed: bytes = field(default=b"", repr=False)  # as it was last read or written
    _inner: Tokens | None = None

    def begin_anew(self) -> None:
        """Read what is stored before the next use."""
        self._inner = None

    async def grant(self) -> Granted:
        if self._inner is None:
            self._inner = await self._begin()
        return await self._inner.grant()

    async def _begin(self) -> Tokens:
        mine = self.personal
        known = mine.providers.get(self.provider)
        if known is None:
            raise Rejected(
                f"{self.provider} is not configured for people's own accounts", reason="not_configured"
            )
        token, who = await self.load(), await self._who()
        if not token:
            raise Unauthorized(f"the {self.provider} account is no longer linked", provider=self.provider)
        return consented.tokens(mine.http, known.app, who, token, self.save, self.load, mine.now)

    async def _who(self) -> str:
        sharing = await self.personal.store.read(lambda conn: profiles.sharing(conn, self.credential))
        return sharing[0].account if sharing else self.credential

    async def load(self) -> str:
        row = await self.personal.store.read(lambda conn: profiles.credential(conn, self.credential))
        self.sealed = row.secret if row else b""
        try:
            return self.personal.vault.open(self.sealed) if self.sealed else ""
        except KeyWrong as error:
            who = await self._who()
            mend = f"link the account again (huddled link {self.provider} --account {who})"
            raise Unauthorized(
                f"{UNREADABLE} {who} cannot be read: {error}; restore the key, or {mend}",
                provider=self.provider,
                reason="key_wrong",
            ) from error

    async def save(self, token: str) -> bool:
        sealed, now = self.personal.vault.seal(token), self.personal.now().timestamp()
        kept = await self.personal.store.tx(
            lambda conn: profiles.replace_secret(conn, self.credential, self.sealed, sealed, now)
        )
        if kept:
            self.sealed = sealed
        return kept


@dataclass(frozen=True, slots=True)
class Refresh:
    """The handler of `refresh` work, which keeps idle credentials alive; its key is a credential."""

    store: Store
    personal: Personal

    async def __call__(self, lease: Lease) -> None:
        """Fetch an access token that nobody needs yet."""
        name = lease.job.key
        row = await self.store.read(lambda conn: profiles.credential(conn, name))
        idle = row is not None and row.trouble is None
        if row is not None and idle:
            await self.personal.tokens(row.provider, name).token()
        now = self.personal.now().timestamp()

        def finish(conn: sqlite3.Connection) -> None:
            if idle:
                profiles.touched(conn, name, now)
            work.take_off(conn, "refresh", name)

        await lease.finish(finish)


def taken(store: Store) -> Callable[[str, str], Awaitable[bool]]:
    """Return what tells whether a meeting at GoTo belongs to another conference than that of a key."""

    async def ask(meeting: str, key: str) -> bool:
        return await store.read(lambda conn: conferences.meeting_is_taken(conn, "goto", meeting, key))

    return ask
