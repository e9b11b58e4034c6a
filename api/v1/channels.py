"""Push channels: where an application wants to hear that something changed in an account's calendars."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from api.v1 import reach
from api.v1.calls import Answer, Call, Refused, Route, required, unprocessable
from api.v1.context import Context
from api.v1.subscriptions import url_problem
from store import api_channels, deliveries
from store.api_channels import ApiChannel

MOST_CALENDARS = 1000  # in one filter
TRUTH = {"true": True, "1": True, "false": False, "0": False}  # of a form, which knows only text


def routes(context: Context) -> Sequence[Route]:
    """Return what can be asked about channels."""
    mine = _Channels(context)
    return [
        Route("POST", "/v1/channels", mine.create),
        Route("GET", "/v1/channels", mine.list),
        Route("DELETE", "/v1/channels/{channel_id}", mine.close),
    ]


@dataclass(frozen=True, slots=True)
class _Channels:
    context: Context

    async def create(self, call: Call) -> Answer:
        """Open a channel, which is told at once that it is there; an identical one is left as it is."""
        callback_url = _callback_url(call)
        calendars, only_managed = _filters(call.body.get("filters"))
        now = self.context.clock()

        def keep(conn: sqlite3.Connection) -> ApiChannel | None:
            known = {one.id for one in reach.calendars(conn, call)}
            for number, one in enumerate(calendars):
                if one not in known:
                    name = f"filters.calendar_ids[{number}]"
                    raise unprocessable(name, "not_recognized", f"{name} is no calendar of this account")
            wanted = ApiChannel(
                api_channels.fresh_id(),
                call.application.client_id,
                call.account,
                callback_url,
                tuple(sorted(set(calendars))),
                only_managed,
            )
            kept = api_channels.create(conn, wanted, now)
            if kept == wanted:
                deliveries.notify(conn, kept, "verification", now)
            return kept

        channel = await self.context.store.tx(keep)
        if channel is None:
            most = f"an account has at most {api_channels.MOST} channels"
            raise unprocessable("callback_url", "too_many_channels", most)
        self.context.kick()
        return Answer(200, {"channel": channel.shown()})

    async def list(self, call: Call) -> Answer:
        """List the channels of the application for the account."""
        found = await self.context.store.read(
            lambda conn: api_channels.of_account(conn, call.application.client_id, call.account)
        )
        return Answer(200, {"channels": [one.shown() for one in found]})

    async def close(self, call: Call) -> Answer:
        """End a channel."""
        name = call.path["channel_id"]

        def end(conn: sqlite3.Connection) -> None:
            found = api_channels.get(conn, name)
            if found is None or (found.application, found.account) != (
                call.application.client_id,
                call.account,
            ):
                raise Refused(404)
            api_channels.close(conn, name)

        await self.context.store.tx(end)
        return Answer()


def _callback_url(call: Call) -> str:
    value = call.body.get("callback_url")
    if value in (None, ""):
        raise required("callback_url")
    if problem := url_problem(value, allow_private=call.application.allow_private):
        raise unprocessable("callback_url", "invalid_format", f"callback_url must be {problem}")
    return str(value)


def _filters(value: Any) -> tuple[Sequence[str], bool]:
    """Read which calendars, and whether only events that the application manages."""
    if value is None:
        return (), False
    if not isinstance(value, dict):
        raise unprocessable("filters", "invalid_format", "filters must be an object")
    name, calendars = "filters.calendar_ids", value.get("calendar_ids") or []
    if not isinstance(calendars, list) or not all(isinstance(one, str) for one in calendars):
        raise unprocessable(name, "invalid_format", f"{name} must be a list of calendar ids")
    if len(calendars) > MOST_CALENDARS:
        raise unprocessable(name, "invalid_format", f"{name} must be at most {MOST_CALENDARS}")
    return calendars, _only_managed(value.get("only_managed"))


def _only_managed(value: Any) -> bool:
    if value is None or value == "":
        return False
    known = TRUTH.get(value.lower()) if isinstance(value, str) else value
    if not isinstance(known, bool):
        name = "filters.only_managed"
        raise unprocessable(name, "invalid_format", f"{name} must be true or false")
    return known
