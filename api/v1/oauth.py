"""The token endpoint and its counterpart, which takes tokens back."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.v1 import names
from api.v1.calls import Answer, Call, Route
from api.v1.context import Context
from api.v1.grants import redeem
from store import api_channels, profiles, tokens

NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


def routes(context: Context) -> Sequence[Route]:
    """Return what applications ask in their own name."""
    desk = _Desk(context)
    return [
        Route("POST", "/oauth/token", desk.token, access="client"),
        Route("POST", "/oauth/token/revoke", desk.revoke, access="client"),
    ]


def told(
    conn: sqlite3.Connection, access: str, refresh: str, scope: str, account: str, profile: str = ""
) -> Mapping[str, Any]:
    """Return what an application is told of its new tokens."""
    name = tokens.account_id(account)
    answer: dict[str, Any] = {
        "token_type": "bearer",
        "access_token": access,
        "expires_in": int(tokens.ACCESS_LIFE),
        "refresh_token": refresh,
        "scope": scope,
        "account_id": name,
        "sub": name,
    }
    found = profiles.get(conn, profile) if profile else None
    if found is not None:
        answer["linking_profile"] = {
            "provider_name": names.CALENDARS[found.provider][0],
            "profile_id": found.id,
            "profile_name": found.address,
        }
    return answer


@dataclass(frozen=True, slots=True)
class _Desk:
    context: Context

    async def token(self, call: Call) -> Answer:
        """Turn a code or a refresh token into an access token."""
        now, application = self.context.clock(), call.application

        def answer(conn: sqlite3.Connection) -> Answer:
            result = redeem(conn, application, call.body, self.context.fresh, now)
            if result.status != 200:
                return Answer(result.status, {"error": result.told["error"]}, NO_STORE)
            granted = tokens.granted(conn, application.client_id, result.account)
            profile = result.profile or next(iter(granted), "")
            given = result.told
            body = told(
                conn,
                given["access_token"],
                given["refresh_token"],
                given["scope"],
                result.account,
                profile,
            )
            return Answer(200, body, NO_STORE)

        done = await self.context.store.tx(answer)
        if done.status != 200:  # a code that was used twice takes back what it gave
            self.context.sessions.forget()
        return done

    async def revoke(self, call: Call) -> Answer:
        """Take back one authorisation, or all of an account: https://www.rfc-editor.org/rfc/rfc7009."""
        dropped = await self.context.store.tx(lambda conn: self._revoked(conn, call))
        self.context.sessions.forget()
        for profile in dropped:
            await self.context.people.end(profile)
        return Answer(200)

    def _revoked(self, conn: sqlite3.Connection, call: Call) -> Sequence[str]:
        """Drop the tokens. Returns the profiles that nobody wants any more."""
        client = call.application.client_id
        secret = _text(call.body, "token") or _text(call.body, "refresh_token")
        account = ""
        if secret:
            found = tokens.lookup(conn, client, secret)
            if found is not None:
                account = found.account
                tokens.revoke_pair(conn, client, found.pair)
        elif sub := _text(call.body, "sub"):
            known = tokens.accounts(conn, client)
            account = next((one for one in known if tokens.account_id(one) == sub), "")
            tokens.revoke_account(conn, client, account)
        if not account or tokens.any_left(conn, client, account, self.context.clock()):
            return ()
        granted = tokens.granted(conn, client, account)
        for profile in granted:
            tokens.withdraw(conn, client, account, profile)
        api_channels.close_all(conn, client, account)
        return [profile for profile in granted if self.context.people.drop(conn, profile)]


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    return value if isinstance(value, str) else ""
