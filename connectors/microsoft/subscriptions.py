"""Standing requests to be told of changes. One that is renewed stays the same, and its secret with it.

https://learn.microsoft.com/graph/api/resources/subscription
https://learn.microsoft.com/graph/change-notifications-lifecycle-events
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import structlog

from connectors.errors import NotFound, ProviderError, Rejected, Transient, Unauthorized, Unwatchable
from connectors.http import Request
from connectors.microsoft import wire
from connectors.microsoft.api import Api, Item, is_default
from connectors.microsoft.errors import PROVIDER, cap, duplicate, is_unreached
from connectors.model import CalendarInfo, Subscription

LEAST = 45  # minutes; what is asked for less is given so much

log = structlog.get_logger("connectors.microsoft")


@dataclass(slots=True)
class Cap:
    """How many minutes a subscription may live: what we wish until Graph says less. One for all mailboxes."""

    minutes: int

    def learn(self, minutes: int | None) -> None:
        """Take note of a limit, where one was told."""
        if minutes is not None and LEAST <= minutes < self.minutes:
            log.info("subscriptions live shorter than was asked for", minutes=minutes)
            self.minutes = minutes


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """The subscriptions of one mailbox."""

    api: Api
    cap: Cap

    async def begin(self, calendar: CalendarInfo, channel: str, token: str, address: str) -> Subscription:
        """Subscribe to a calendar.

        Both addresses are called before the answer comes, so that it takes as long as our own door.
        Raises Unwatchable, NotFound, Rejected where somebody else has the same subscription.
        """
        resource = await self._resource(calendar)

        def build(expires: datetime) -> Request:
            return self.api.requests.subscribe(resource, address, f"{channel} {token}", expires)

        try:
            return wire.subscription(*await self._send(calendar, build, channel))
        except ProviderError as error:
            there = duplicate(error)
            if there is None:
                raise
            await self._make_room(there, resource, address, error)
        return wire.subscription(*await self._send(calendar, build, channel))

    async def renew(
        self, calendar: CalendarInfo, old: Subscription, channel: str, token: str, address: str
    ) -> Subscription:
        """Make a subscription last longer by one PATCH, or begin anew where it is gone or calls elsewhere.

        Never asks to reauthorize as well: within ten minutes of each other the two are refused.
        """

        def build(expires: datetime) -> Request:
            return self.api.requests.renew(old.resource, expires)

        try:
            answer, _, expires = await self._send(calendar, build, old.id)
        except NotFound:
            return await self.begin(calendar, channel, token, address)
        if answer.get("notificationUrl") in (None, address):
            return replace(old, expires=wire.subscription(answer, old.id, expires).expires)
        await self.end(old)
        return await self.begin(calendar, channel, token, address)

    async def end(self, subscription: Subscription) -> None:
        """End a subscription. One that is not ours to end, or not any more, is fine."""
        if not subscription.resource:
            return
        try:
            await self.api.call(self.api.requests.unsubscribe(subscription.resource))
        except (NotFound, Unauthorized):
            return

    async def _resource(self, calendar: CalendarInfo) -> str:
        """Name what is watched: the events of a mailbox are those of its default calendar.

        https://github.com/microsoftgraph/microsoft-graph-docs/issues/21978
        """
        mailbox = self.api.mailbox
        if is_default(calendar.remote):
            await self.api.calendar_id(calendar.remote)  # raises NotFound for the calendar of another mailbox
            return f"users/{mailbox}/events"
        return f"users/{mailbox}/calendars/{calendar.remote}/events"

    async def _send(
        self, calendar: CalendarInfo, build: Callable[[datetime], Request], channel: str
    ) -> tuple[Item, str, datetime]:
        """Ask for as long a life as may be; where it may be less, learn that and ask again at once.

        Returns the answer, the channel, and until when it lives if the answer does not say.
        """
        asked, expires = self.cap.minutes, self._expires()
        try:
            return await self.api.call(build(expires)), channel, expires
        except ProviderError as error:
            self.cap.learn(cap(error))
            if self.cap.minutes >= asked:
                raise _meant(error, calendar) from error
        return await self._send(calendar, build, channel)

    def _expires(self) -> datetime:
        # A limit to the minute is counted by the clock of the other side, which may be behind ours.
        return self.api.now() + timedelta(minutes=self.cap.minutes) - timedelta(seconds=30)

    async def _make_room(self, there: str, resource: str, address: str, error: ProviderError) -> None:
        """End the subscription that is in the way, if it rings at our own door."""
        found = await self._standing(there, resource)
        if found is None:
            raise Transient(str(error), provider=PROVIDER, status=409, reason=error.reason) from error
        rings = str(found.get("notificationUrl") or "")
        if rings != address:
            who = str(found.get("applicationId") or "another app")
            where = urlsplit(rings).netloc or "elsewhere"
            message = (
                f"{resource} is watched for this app already: {who} rings at {where}; end that one first"
            )
            raise Rejected(message, provider=PROVIDER, status=409, reason="watched_elsewhere") from error
        await self.end(Subscription("", str(found.get("id") or there), self.api.now()))

    async def _standing(self, there: str, resource: str) -> Item | None:
        try:
            if there:
                return await self.api.call(self.api.requests.subscription(there))
            first = await self.api.call(self.api.requests.subscriptions())
            async for page in self.api.pages(first, "subscriptions.list"):
                for item in page.get("value") or ():
                    if str(item.get("resource") or "").strip("/").lower() == resource.lower():
                        found: Item = item
                        return found
        except NotFound:
            return None
        return None


def _meant(error: ProviderError, calendar: CalendarInfo) -> ProviderError:
    """Return what a refusal means here: a door that was not reached passes, and what others share has no pushes."""
    if is_unreached(error):
        return Transient(str(error), provider=PROVIDER, status=error.status, reason="door_not_reached")
    if error.status == 403 and not calendar.writable:
        return Unwatchable(str(error), provider=PROVIDER, status=403, reason=error.reason)
    return error
