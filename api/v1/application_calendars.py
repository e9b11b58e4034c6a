"""Application calendars: those of nobody, kept in our own store, to try everything without a provider."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from api.v1 import names, oauth
from api.v1.calls import Answer, Call, Route, required, unprocessable
from api.v1.context import Context
from api.v1.oauth import NO_STORE
from connectors.model import CalendarInfo
from store import calendars, profiles, tokens
from store.tokens import Token

FIELD = "application_calendar_id"
LONGEST = 256  # characters of the application's own name for one
PROVIDER = MODE = "own"
DOMAIN = "application-calendar.invalid"


def routes(context: Context) -> Sequence[Route]:
    """Return what can be asked for."""
    return [Route("POST", "/v1/application_calendars", _Calendars(context).open, access="client")]


@dataclass(frozen=True, slots=True)
class _Calendars:
    context: Context

    async def open(self, call: Call) -> Answer:
        """Make the calendar of this name, or find it, and return tokens for it."""
        name = call.body.get(FIELD)
        if name in (None, ""):
            raise required(FIELD)
        if not isinstance(name, str) or len(name) > LONGEST:
            raise unprocessable(
                FIELD, "invalid_format", f"{FIELD} must be a text of at most {LONGEST} characters"
            )
        account, now = owner(call.application.client_id, name), self.context.clock()
        client, scope = call.application.client_id, " ".join(names.SCOPES)

        def make(conn: sqlite3.Connection) -> Any:
            profile = profiles.ensure(conn, PROVIDER, account, MODE, now)
            if calendars.get(conn, calendars.calendar_id(PROVIDER, account)) is None:
                info = CalendarInfo(account, name[:LONGEST], "UTC", writable=True, primary=True)
                calendars.found(conn, profile, PROVIDER, info, now)
                calendars.poll_only(conn, calendars.calendar_id(PROVIDER, account))
            tokens.grant(conn, client, account, profile, now)
            holder = Token("access", f"own {self.context.fresh()}", client, account, scope, None)
            issued = tokens.issue(conn, self.context.fresh, holder, now)
            return oauth.told(conn, issued.access, issued.refresh, scope, account, profile)

        told = await self.context.store.tx(make)
        self.context.people.begin(PROVIDER, account)
        return Answer(200, {**told, FIELD: name}, NO_STORE)


def owner(client: str, name: str) -> str:
    """Return the address of nobody who has this calendar: the same whenever the application names it."""
    return f"{sha256(repr((client, name)).encode()).hexdigest()[:24]}@{DOMAIN}"
