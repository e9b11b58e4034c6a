"""Find the calendars of a profile, and keep a live channel on each that can have one."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from connectors.errors import NotFound, Rejected, Unwatchable
from connectors.model import CalendarInfo, Subscription
from daemon.outside import Outside
from daemon.worker import Lease
from store import calendars, channels, profiles, work
from store.calendars import Calendar
from store.channels import Channel
from store.db import Store
from webhooks.bell import Channels

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Discover:
    """The handler of `discover` work; its key is a profile."""

    store: Store
    outside: Outside

    async def __call__(self, lease: Lease) -> None:
        """List the calendars, take up new ones, and let go of those the operator no longer chooses."""
        profile = await self.store.read(lambda conn: profiles.get(conn, lease.job.key))
        if profile is None:
            return
        listed = list(await self.outside.calendar(profile.id).calendars())
        chosen = [
            info for info in listed if info.writable and self.outside.chosen(profile, info.remote, info.name)
        ]
        await lease.finish(lambda conn: self._take(conn, profile, listed, chosen))

    def _take(
        self,
        conn: sqlite3.Connection,
        profile: profiles.Profile,
        listed: Sequence[CalendarInfo],
        chosen: Sequence[CalendarInfo],
    ) -> None:
        now = self.outside.now()
        for info in chosen:
            if calendars.found(conn, profile.id, profile.provider, info, now):
                name = calendars.calendar_id(profile.provider, info.remote)
                work.ring(conn, "sync", [name], now)
                work.ring(conn, "watch", [name], now)
        for info in listed:
            if info.writable and info not in chosen:
                calendars.noticed(conn, profile.id, profile.provider, info)
        mine = {calendar.info.remote: calendar for calendar in calendars.of_profile(conn, profile.id)}
        dropped = {info.remote for info in listed} - {info.remote for info in chosen}
        for remote in sorted(mine.keys() & dropped):
            calendars.lost(conn, mine[remote].id)
            ring_stop(conn, channels.of_calendar(conn, mine[remote].id), now)
        # One that is no longer listed may be gone or only hidden: reading it will tell.
        hidden = mine.keys() - {info.remote for info in listed}
        work.ring(conn, "sync", [mine[remote].id for remote in hidden], now)
        if profiles.report(conn, profile.id, None, now):
            self._resume(conn, [calendar.id for calendar in mine.values()], now)

    def _resume(self, conn: sqlite3.Connection, names: Sequence[str], now: float) -> None:
        """Take up at once what waited for the account to be connected again."""
        for name in names:
            work.hurry(conn, name, now)
            work.ring(conn, "sync", [name], now)


def ring_stop(conn: sqlite3.Connection, channels: Sequence[Channel], now: float) -> None:
    """Have channels stopped that are no longer needed."""
    keys = [f"{channel.calendar} {channel.id} {channel.resource}" for channel in channels if channel.resource]
    work.ring(conn, "stop", keys, now)


@dataclass(slots=True)
class Watch:
    """The handler of `watch` work; its key is a calendar."""

    store: Store
    outside: Outside
    channels: Channels
    addresses: Mapping[
        str, str
    ]  # where pushes are to be sent, by provider; {channel} stands for the channel's id
    renew_before: float  # seconds before expiry
    jitter: float
    dice: random.Random

    async def __call__(self, lease: Lease) -> None:
        """Open a new channel, then have the old ones stopped: at no time is there none."""
        calendar = await self.store.read(lambda conn: calendars.reachable(conn, lease.job.key))
        if calendar is None or not calendar.pushes:
            return
        channel, token = self.outside.fresh_channel()
        old = await lease.tx(lambda conn: self._open(conn, calendar, channel, token))
        if old is not None and (old.renew_at or 0) > self.outside.now():
            return
        self.channels.learn(channel, calendar.id, channels.hash_token(token))
        try:
            subscription = await self._subscribe(calendar, old, channel, token)
        except Unwatchable as error:
            log.warning("calendar is polled instead", calendar=calendar.info.remote, reason=str(error))
            self.channels.forget(channel)
            await lease.finish(lambda conn: self._poll(conn, calendar, channel))
            return
        except (NotFound, Rejected):
            # It was certainly not opened; where that is not certain the row stays, until it is pruned.
            self.channels.forget(channel)
            await lease.tx(lambda conn: channels.close(conn, channel))
            raise
        log.info("calendar watched", calendar=calendar.info.remote, until=subscription.expires.isoformat())
        unneeded = channel if subscription.id != channel else ""  # the old one lasts longer now
        if unneeded:
            self.channels.forget(unneeded)
        await lease.finish(lambda conn: self._confirm(conn, calendar, subscription, unneeded))

    def _open(self, conn: sqlite3.Connection, calendar: Calendar, channel: str, token: str) -> Channel | None:
        """Make the channel known before the provider is: its first push may overtake the answer.

        Returns the channel that there is, which is all that is needed while it is not due for renewal.
        """
        now = self.outside.now()
        live = [one for one in channels.of_calendar(conn, calendar.id) if one.resource and one.renew_at]
        old = live[-1] if live else None
        if old is None or (old.renew_at or 0) <= now:
            channels.begin(conn, channel, calendar.id, token, now)
        return old

    async def _subscribe(
        self, calendar: Calendar, old: Channel | None, channel: str, token: str
    ) -> Subscription:
        connector = self.outside.calendar(calendar.profile)
        address = self.addresses[calendar.provider].replace("{channel}", channel)
        if old is None or old.resource is None or old.expires is None:
            return await connector.subscribe(calendar.info, channel, token, address)
        before = Subscription(old.id, old.resource, datetime.fromtimestamp(old.expires, UTC))
        return await connector.renew(calendar.info, before, channel, token, address)

    def _poll(self, conn: sqlite3.Connection, calendar: Calendar, channel: str) -> None:
        channels.close(conn, channel)
        calendars.poll_only(conn, calendar.id)

    def _confirm(
        self, conn: sqlite3.Connection, calendar: Calendar, subscription: Subscription, unneeded: str
    ) -> None:
        now = self.outside.now()
        channels.close(conn, unneeded)
        left = max(0.0, subscription.expires.timestamp() - now)
        # A channel that lives shorter than the margin is renewed at two thirds of its life.
        margin = min(self.renew_before, left / 3) * (1 + self.jitter * self.dice.random())
        replaced = channels.confirm(conn, subscription, now + left - margin)
        ring_stop(conn, replaced, now)
        # What changed before the channel stood was announced to nobody.
        work.ring(conn, "sync", [calendar.id], now)


@dataclass(slots=True)
class Lifecycle:
    """The handler of `lifecycle` work, by which Microsoft warns; its key is `event calendar channel`.

    https://learn.microsoft.com/graph/change-notifications-lifecycle-events
    """

    store: Store
    outside: Outside
    channels: Channels

    async def __call__(self, lease: Lease) -> None:
        """Have the subscription renewed or replaced, and what was missed meanwhile read."""
        event, calendar, channel = lease.job.key.split(" ", 2)
        removed = event == "subscriptionRemoved"
        log.info("subscription in trouble", channel=channel, reason=event)

        def arrange(conn: sqlite3.Connection) -> None:
            now = self.outside.now()
            if removed:
                channels.close(conn, channel)
            else:
                channels.renew_soon(conn, channel, now)
            work.ring(conn, "watch", [calendar], now)
            work.ring(conn, "sync", [calendar], now)
            work.take_off(conn, "lifecycle", lease.job.key)

        await lease.finish(arrange)
        if removed:
            self.channels.forget(channel)


@dataclass(slots=True)
class Stop:
    """The handler of `stop` work; its key is `calendar channel resource`."""

    store: Store
    outside: Outside
    channels: Channels

    async def __call__(self, lease: Lease) -> None:
        """End a channel at the provider, then forget it."""
        name, channel, resource = lease.job.key.split(" ", 2)
        calendar = await self.store.read(lambda conn: calendars.get(conn, name))
        if calendar is not None:
            connector = self.outside.calendar(calendar.profile)
            ended = Subscription(channel, resource, datetime.fromtimestamp(self.outside.now(), UTC))
            await connector.unsubscribe(ended)
        await lease.finish(lambda conn: self._forget(conn, lease.job.key, channel))
        self.channels.forget(channel)

    def _forget(self, conn: sqlite3.Connection, key: str, channel: str) -> None:
        channels.close(conn, channel)
        work.take_off(conn, "stop", key)  # a channel is stopped once; strangers' keys must not pile up
