"""Bring applications what they are to be told: again and again for a day, and then no more.

At least once: whoever dies between sending and noting it sends again. What is told is kept in the store, and nothing
in memory.
"""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import structlog

from connectors.errors import ProviderError, Transient
from connectors.guarded import Guarded, guard
from daemon import transitions
from daemon.transitions import Transition
from daemon.turns import Turns
from daemon.worker import Handler, Lease
from store import api_channels, conferences, deliveries, managed, work
from store.db import Store
from store.deliveries import WORK, Delivery
from webhooks import outgoing

log = structlog.get_logger(__name__)

CHANNEL_SECONDS, EVENT_SECONDS = 5.0, 7.0  # within which an answer is to come
PATIENCE = 86_400.0  # seconds
FEWEST = 5  # attempts before anything is given up: the day may have passed while we were not running
LONGEST_WAIT = 3600.0  # seconds that an application may ask us to wait


@dataclass(frozen=True, slots=True)
class Receiver:
    """An application, as far as it is told anything."""

    secrets: tuple[str, ...] = field(
        repr=False
    )  # with which its requests are signed; two while it is being changed
    allow_private: bool = False  # its addresses may be private ones


@dataclass(frozen=True, slots=True)
class Deliver:
    """The handler of `deliver` work; its key is a delivery."""

    store: Store
    guarded: Guarded
    receivers: Mapping[str, Receiver]  # by client id
    turns: Turns
    now: Callable[[], float]
    tell: Callable[[str], None] = lambda _: None  # counts outcomes: delivered, failed, given_up

    async def __call__(self, lease: Lease) -> None:
        """Send one request, unless others are before it."""
        one = await self.store.read(lambda conn: deliveries.get(conn, lease.job.key))
        receiver = self.receivers.get(one.application) if one else None
        if one is None or receiver is None:
            await drop(self.store, lease)
            return
        host = urlsplit(one.url).netloc.rpartition("@")[2].lower()
        again = self.turns.enter(one.application, host, self.now())
        if again is not None:
            await lease.postpone(again)
            return
        began, well = self.now(), False
        try:
            await self._send(lease, one, receiver)
            well = True
        except ProviderError as error:
            well = error.status is not None  # who refuses at once holds nobody up
            await self._failed(lease, one, error)
        finally:
            self.turns.leave(one.application, host, max(0.0, self.now() - began), well=well)

    async def _send(self, lease: Lease, one: Delivery, receiver: Receiver) -> None:
        """Send it and note that. Raises ProviderError where it did not arrive."""
        text = await lease.tx(lambda conn: worded(conn, one.id))
        if text is not None:
            body = text.encode()
            status = await self.guarded.post(
                one.url,
                outgoing.headers(receiver.secrets, body),
                body,
                CHANNEL_SECONDS if one.channel else EVENT_SECONDS,
                allow_private=receiver.allow_private,
            )
            if not 200 <= status < 300:
                raise Transient(f"the answer was {status}", status=status, reason="refused")
            self.tell("delivered")
        now = self.now()

        def end(conn: sqlite3.Connection) -> None:
            if work.take_off(conn, WORK, one.id):
                deliveries.drop(conn, one.id)
            else:
                deliveries.renew(conn, one, now)

        await lease.finish(end)

    async def _failed(self, lease: Lease, one: Delivery, error: ProviderError) -> None:
        """Give it up after a day, else raise Transient: the worker tries again, later each time."""
        self.tell("failed")
        now = self.now()
        if now - one.created_at < PATIENCE or lease.job.attempts < FEWEST:
            asked = error.retry_after if isinstance(error, Transient) else None
            wait = None if asked is None else min(asked, LONGEST_WAIT)
            raise Transient(f"{_place(one.url)}: {error}", retry_after=wait, reason=error.reason) from error
        self.tell("given_up")
        what = "channel closed" if one.channel else "notification dropped"
        fact = {
            "at": now,
            "what": what,
            "application": one.application,
            "channel": one.channel or None,
            "url": _place(one.url),
            "why": str(error),
        }
        log.error(what, **{name: value for name, value in fact.items() if name not in {"at", "what"}})
        await lease.finish(lambda conn: give_up(conn, one, fact))


async def drop(store: Store, lease: Lease) -> None:
    """Drop what nobody owes any more, or nobody is there for."""
    one = await store.read(lambda conn: deliveries.get(conn, lease.job.key))
    if one is not None:
        log.warning("nothing told to an application that is not configured", application=one.application)

    def end(conn: sqlite3.Connection) -> None:
        if work.take_off(conn, WORK, lease.job.key):
            deliveries.drop(conn, lease.job.key)

    await lease.finish(end)


def worded(conn: sqlite3.Connection, name: str) -> str | None:
    """Return what is to be sent, with all that has come together until now; None where nothing is left to tell."""
    one = deliveries.get(conn, name)
    if one is None or not one.channel:
        return one.body if one else None
    channel = api_channels.get(conn, one.channel)
    if channel is None:
        return None
    told: dict[str, Any] = json.loads(one.body)
    if told["type"] == "change":
        # What is on its way keeps its time here, so that news of the meantime is told from it.
        fresh = api_channels.take_changes(conn, channel.id)
        times = [*([outgoing.second(fresh)] if fresh is not None else []), told.get("changes_since")]
        known = [time for time in times if time]
        if not known:
            return None
        told["changes_since"] = min(known)
        deliveries.reword(conn, name, json.dumps(told))
    return outgoing.to_channel(told, channel.shown())


def give_up(conn: sqlite3.Connection, one: Delivery, fact: dict[str, Any]) -> None:
    """Close the channel, or drop what was to be told of an event, and keep that for people to see."""
    if one.channel:
        api_channels.close(conn, one.channel)
    deliveries.drop(conn, one.id)
    work.take_off(conn, WORK, one.id)
    deliveries.remember_given_up(conn, fact)
    about = managed.get(conn, one.id.partition("/")[0])
    if about is not None and not one.channel:
        conferences.note(
            conn, about.calendar, about.where, fact["at"], "not told", f"{fact['url']}: {fact['why']}"
        )


async def handlers(
    stack: AsyncExitStack,
    store: Store,
    receivers: Mapping[str, Receiver],
    most: int,
    now: Callable[[], float],
    dice: random.Random,
    tell: Callable[[str], None],
) -> Mapping[str, Handler]:
    """Say who does the work that applications give rise to; the way out to them ends with `stack`."""
    if not receivers:
        return {WORK: lambda lease: drop(store, lease), transitions.WORK: Transition(now)}
    guarded = await stack.enter_async_context(guard())
    turns = Turns(most, dice)
    return {
        WORK: Deliver(store, guarded, receivers, turns, now, tell),
        transitions.WORK: Transition(now),
    }


def _place(url: str) -> str:
    """Return what of a URL may be shown: what follows may let people in."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
