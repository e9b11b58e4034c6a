"""Tell the operator, once, that an account does not work any more: by a command of theirs."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from connectors.errors import Transient
from daemon.worker import Lease
from store import linked, profiles, work
from store.db import Store

DEADLINE = 20.0  # seconds that the command may take

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Alert:
    """The handler of `alert` work; its key is a credential, or the profile of a calendar."""

    store: Store
    command: Sequence[str]  # the program and its arguments; empty: the log has told it already
    deadline: float = DEADLINE

    async def __call__(self, lease: Lease) -> None:
        """Hand the facts to the command as JSON, one account a line, unless all is well again."""
        facts = await self.store.read(lambda conn: trouble_of(conn, lease.job.key))
        if facts and self.command:
            await self._run("".join(f"{json.dumps(one)}\n" for one in facts))
        await lease.finish(lambda conn: work.take_off(conn, "alert", lease.job.key))

    async def _run(self, told: str) -> None:
        try:
            process = await asyncio.create_subprocess_exec(
                *self.command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL
            )
        except OSError as error:
            raise Transient(f"[alerts] command cannot be run: {error}") from error
        try:
            async with asyncio.timeout(self.deadline):
                await process.communicate(told.encode())
        except TimeoutError:
            process.kill()
            await process.wait()
            raise Transient(f"[alerts] command took longer than {self.deadline:.0f} seconds") from None
        if process.returncode:
            raise Transient(f"[alerts] command ended with status {process.returncode}")
        log.info("operator told", command=self.command[0])


def trouble_of(conn: sqlite3.Connection, key: str) -> list[dict[str, Any]]:
    """Say of each account behind a credential or calendar profile that does not work: whose, why, and what waits."""
    found = []
    for own in linked.sharing(conn, key):
        if own.trouble:
            waiting = [f"{calendar}/{event}" for calendar, event in linked.affected(conn, own.id)]
            mend = f"huddled link {own.provider} --account {own.account}"
            found.append(_fact(own.account, own.provider, own.id, own.trouble, mend, waiting))
    profile = profiles.get(conn, key)
    if profile is not None and profile.trouble:
        mend = (
            f"huddled link {profile.provider} --account {profile.address}" if profile.mode == "user" else ""
        )
        found.append(_fact(profile.address, profile.provider, profile.id, profile.trouble, mend, []))
    return found


def _fact(
    account: str, provider: str, profile: str, why: str, mend: str, waiting: list[str]
) -> dict[str, Any]:
    return {
        "alert": "account disconnected",
        "account": account,
        "provider": provider,
        "profile": profile,
        "why": why,
        "mend": mend,
        "events": waiting,
    }
