"""Accounts, their calendars, and the profiles with which they are reached."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from api.v1 import reach
from api.v1.calls import Answer, Call, Route
from api.v1.context import Context
from store import tokens


def routes(context: Context) -> Sequence[Route]:
    """Return what can be asked about people."""
    mine = _People(context)
    return [
        Route("GET", "/v1/account", mine.account),
    ]


@dataclass(frozen=True, slots=True)
class _People:
    context: Context

    async def account(self, call: Call) -> Answer:
        """Say whose account it is."""

        def read(conn: sqlite3.Connection) -> str:
            zones = [one.info.zone for one in reach.calendars(conn, call) if one.info.primary]
            return zones[0] if zones else "Etc/UTC"

        zone = await self.context.store.read(read)
        told = {
            "account_id": tokens.account_id(call.account),
            "email": call.account,
            "name": call.account,
            "default_tzid": zone,
        }
        return Answer(200, {"account": told})
