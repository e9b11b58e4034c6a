"""The life of subscriptions: Graph says when one wants renewing, is gone, or has missed something."""

# https://learn.microsoft.com/graph/change-notifications-lifecycle-events

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sandbox.deliveries import Deliveries
from sandbox.microsoft import notices
from sandbox.microsoft.push import PATIENCE, Push
from sandbox.microsoft.subscriptions import Subscriptions

if TYPE_CHECKING:
    from datetime import datetime

    from sandbox.microsoft.subscriptions import Subscription
    from sandbox.state import World

EVENTS: Final = ("reauthorizationRequired", "subscriptionRemoved", "missed")
WARNING = timedelta(minutes=15)
"""How long before the end the first warning comes; each further one comes after half of what is left."""
LAST_WARNING = timedelta(minutes=2)
REMINDER = timedelta(minutes=30)
"""How often Graph reminds once delivery has paused."""
MISSED_AFTER = 600
"""Seconds after a loss at which Graph owns up to it."""


class Lifecycle:
    """The lifecycle notifications of one world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._missing: set[str] = set()
        world.room(Push).lost.append(self._lost)

    def send(self, one: Subscription, event: str) -> None:
        """Tell a subscription's owner what happens to it, if they said where they want to hear it."""
        deliveries = self._world.room(Deliveries)
        if one.lifecycle_url is None or deliveries.modes.silent:
            return
        for _ in range(deliveries.copies()):
            notice = notices.of_life(one, event, self._world.random)
            self._world.room(Push).send(one.lifecycle_url, notice)

    def watch(self, one: Subscription) -> None:
        """See to it that warnings come before the subscription ends or its delivery pauses."""
        self._arm(one.id, one.due, max(timedelta(), one.due - self._world.now() - WARNING))

    def _arm(self, subscription: str, due: datetime, wait: timedelta) -> None:
        self._world.clock.after(wait.total_seconds(), lambda: self._warn(subscription, due))

    def _warn(self, subscription: str, due: datetime) -> None:
        one = self._world.room(Subscriptions).find(subscription)
        if one is None or one.due != due:  # over, or renewed and watched anew
            return
        self.send(one, "reauthorizationRequired")
        left = due - self._world.now()
        if left > LAST_WARNING:
            self._arm(subscription, due, left / 2)
        elif left > -PATIENCE:
            self._arm(subscription, due, REMINDER)

    def remove(self, one: Subscription) -> None:
        """End a subscription, and tell its owner."""
        self._world.room(Subscriptions).delete(one)
        self.send(one, "subscriptionRemoved")

    def _lost(self, subscription: str) -> None:
        if subscription not in self._missing:
            self._missing.add(subscription)
            self._world.clock.after(MISSED_AFTER, lambda: self._own_up(subscription))

    def _own_up(self, subscription: str) -> None:
        self._missing.discard(subscription)
        if one := self._world.room(Subscriptions).find(subscription):
            self.send(one, "missed")
