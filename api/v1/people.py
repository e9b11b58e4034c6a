"""Accounts, their calendars, and the profiles with which they are reached."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from api.v1 import told
from api.v1.calls import Answer, Call, Refused, Route, required, unprocessable
from api.v1.context import Context
from api.v1.links import invite, web_address
from api.v1.names import account_provider
from api.v1.told import Account
from store import linked, tokens


def routes(context: Context) -> Sequence[Route]:
    """Return what can be asked about people."""
    mine = _People(context)
    return [
        Route("GET", "/v1/account", mine.account),
        Route("GET", "/v1/userinfo", mine.userinfo),
        Route("POST", "/v1/userinfo", mine.userinfo),
        Route("GET", "/v1/calendars", mine.calendars, scope="list_calendars"),
        Route("GET", "/v1/profiles", mine.profiles),
        Route("POST", "/v1/profiles/{profile_id}/revoke", mine.revoke),
        Route("POST", "/v1/conferencing_service_authorizations", mine.authorize),
    ]


@dataclass(frozen=True, slots=True)
class _People:
    context: Context

    async def account(self, call: Call) -> Answer:
        """Say whose account it is."""
        found = await self._look(call)
        if found.own:
            return Answer(403, "application calendars have no account")
        return Answer(200, told.account(found))

    async def userinfo(self, call: Call) -> Answer:
        """Tell all that there is to know of the account, conferencing profiles included."""
        return Answer(200, told.userinfo(await self._look(call), call, self.context))

    async def calendars(self, call: Call) -> Answer:
        """List the calendars of all profiles."""
        return Answer(200, told.calendars(await self._look(call), call))

    async def profiles(self, call: Call) -> Answer:
        """List the calendar profiles."""
        found = await self._look(call)
        profiles = [told.profile(one, self.context) for one in found.profiles]
        return Answer(200, {"profiles": profiles})

    async def revoke(self, call: Call) -> Answer:
        """Give up a profile: the application's access to calendars, or the account that makes meetings."""
        name = call.path["profile_id"]
        dropped = await self.context.store.tx(lambda conn: self._withdrawn(conn, call, name))
        if dropped is None:
            await self.context.people.unlink(name)
        elif dropped:
            await self.context.people.end(name)
        self.context.kick()
        return Answer()

    def _withdrawn(self, conn: sqlite3.Connection, call: Call, name: str) -> bool | None:
        """Take calendars from the application. Returns whether nobody wants them now, None where they are none."""
        if tokens.withdraw(conn, call.application.client_id, call.account, name):
            return self.context.people.drop(conn, name)
        own = linked.get(conn, name)
        if own is None or own.account != call.account:
            raise Refused(404)
        return None

    async def authorize(self, call: Call) -> Answer:
        """Make an address at which the person links an account that makes their meetings."""
        uri, provider = call.body.get("redirect_uri"), call.body.get("provider_name") or ""
        if uri in (None, ""):
            raise required("redirect_uri")
        if not isinstance(uri, str) or not web_address(uri):
            raise unprocessable("redirect_uri", "invalid_format", "redirect_uri must be a web address")
        ours = account_provider(provider) if isinstance(provider, str) else None
        known = {name for name, way in self.context.ways.items() if not way.calendars}
        if not known or (provider and ours not in known):
            listed = ", ".join(sorted(known)) or "none"
            raise unprocessable(
                "provider_name", "not_recognized", f"provider_name is not one that is set up ({listed})"
            )
        url = await self.context.store.tx(
            lambda conn: invite(conn, self.context, call.account, ours or "", uri)
        )
        return Answer(200, {"authorization_request": {"url": url}})

    async def _look(self, call: Call) -> Account:
        return await self.context.store.read(lambda conn: told.look(conn, call))
