"""Act on word from a provider that a person has taken their consent back: their tokens go, their account waits."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from daemon.accounts import disconnect_linked
from daemon.worker import Lease
from store import linked, work

WHY = "the person has removed the app in their account at the provider"


@dataclass(frozen=True, slots=True)
class Deauthorized:
    """The handler of `deauthorized` work; its key is a credential and when the consent was taken back."""

    now: Callable[[], float]
    forget: Callable[[str], None]  # what of the credential is held in memory

    async def __call__(self, lease: Lease) -> None:
        """Delete the tokens and have the operator told, unless the person has agreed again since then.

        https://developers.zoom.us/docs/distribute/app-deauthorization/ gives ten days for the first.
        """
        name, _, since = lease.job.key.partition(" ")

        def end(conn: sqlite3.Connection) -> None:
            work.take_off(conn, lease.job.kind, lease.job.key)
            sharing = linked.sharing(conn, name)
            if any(one.linked_at > float(since) for one in sharing):
                return
            linked.delete_secret(conn, name, self.now())
            disconnect_linked(conn, name, WHY, self.now())

        await lease.finish(end)
        self.forget(name)
