"""Subscriptions: who hears where about which calendar, and until when."""

# https://learn.microsoft.com/graph/api/resources/subscription

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sandbox.microsoft.tokens import CLIENT_ID

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.microsoft.state import Change
    from sandbox.state import World

Json = dict[str, Any]

LATE = 2
"""How many changes are still told on a deleted subscription in the late_after_stop mode."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One subscription."""

    id: str
    creator: str
    """The object id of who made it: a person, or the app."""
    person: str
    """The address of the person who made it; "" when it was the app."""
    email: str
    """Whose mailbox is watched."""
    calendar: str
    """The calendar watched; "" is the default one, whatever its id."""
    resource: str
    change_types: tuple[str, ...]
    url: str
    lifecycle_url: str | None
    state: str | None
    expires: datetime
    paid_until: datetime
    """When the access token expires with which it was made or last renewed; then delivery pauses."""
    immutable: bool
    late: int | None = None
    """Once deleted: how many changes are still told."""
    renewed: datetime | None = None
    reauthorized: datetime | None = None

    @property
    def due(self) -> datetime:
        """Return when it ends or pauses unless somebody does something."""
        return min(self.expires, self.paid_until)


class Subscriptions:
    """Every subscription of one world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._all: dict[str, Subscription] = {}
        self._by_source: dict[tuple[str, str], dict[str, None]] = {}

    def keep(self, one: Subscription) -> None:
        """Begin a subscription, or store what has changed about it."""
        self._all[one.id] = one
        self._by_source.setdefault((one.email, one.calendar), {})[one.id] = None

    def find(self, subscription_id: str) -> Subscription | None:
        """Return a subscription that lives, None for any other."""
        one = self._all.get(subscription_id.lower())
        return one if one and one.late is None and one.expires > self._world.now() else None

    def delete(self, one: Subscription, *, late: bool = False) -> None:
        """End a subscription, at once or after a few late notifications."""
        if late:
            self._all[one.id] = replace(one, late=LATE)
            return
        del self._all[one.id]
        del self._by_source[one.email, one.calendar][one.id]

    def living(self) -> Iterator[Subscription]:
        """Yield all that live."""
        return (one for key in tuple(self._all) if (one := self.find(key)) is not None)

    def hearing(self, change: Change) -> Iterator[Subscription]:
        """Yield those that are to be told of a change; forget those that are over."""
        # Documented as "all events of the mailbox", users/{id}/events tells of the default calendar only.
        sources = [(change.email, change.calendar)] + [(change.email, "")] * change.default
        for key in [key for source in sources for key in self._by_source.get(source, ())]:
            one = self._all[key]
            if one.expires <= self._world.now() or one.late == 0:
                self.delete(one)
                continue
            if one.late is not None:
                self._all[key] = replace(one, late=one.late - 1)
            yield one


def shown(one: Subscription) -> Json:
    """Return a subscription as Graph shows it, nulls included."""
    return {
        "id": one.id,
        "resource": one.resource,
        "applicationId": CLIENT_ID,
        "changeType": ",".join(one.change_types),
        "clientState": one.state,
        "notificationUrl": one.url,
        "notificationQueryOptions": None,
        "notificationContentType": None,
        "lifecycleNotificationUrl": one.lifecycle_url,
        "expirationDateTime": moment(one.expires),
        "creatorId": one.creator,
        "includeResourceData": None,
        "latestSupportedTlsVersion": "v1_2",
        "encryptionCertificate": None,
        "encryptionCertificateId": None,
        "notificationUrlAppId": None,
    }


def moment(when: datetime) -> str:
    """Return a moment as Graph writes it, with seven digits of a second."""
    return f"{when:%Y-%m-%dT%H:%M:%S.%f}0Z"
