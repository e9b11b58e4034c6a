"""What notifications say: of a change, and of the life of a subscription."""

# https://learn.microsoft.com/graph/api/resources/changenotification

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.microsoft.ids import TENANT as TENANT_ID
from sandbox.microsoft.subscriptions import moment

if TYPE_CHECKING:
    from random import Random

    from sandbox.microsoft.state import Change
    from sandbox.microsoft.subscriptions import Subscription

Json = dict[str, Any]

UNUSUAL = 0.1
"""How often the resource names the tenant too."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One item of a delivery."""

    subscription: str
    body: Json


def of_change(one: Subscription, change: Change, change_type: str, chance: Random) -> Notice:
    """Return what is said of a change; forms differ from one notification to the next, as Graph's do."""
    event = change.event if one.immutable else change.ordinary
    owner = f"{change.oid}@{TENANT_ID}" if chance.random() < UNUSUAL else change.oid
    path = f"Users/{owner}/Events/{event}"
    data = {
        "@odata.type": "#Microsoft.Graph.Event",
        "@odata.id": path,
        "@odata.etag": f'W/"{change.change_key}"',
        "id": event,
    }
    body = _begun(one, chance) | {"changeType": change_type, "resource": path, "resourceData": data}
    if chance.random() < 0.5:
        body["id"] = str(uuid.UUID(int=chance.getrandbits(128), version=4))
    return Notice(one.id, body)


def of_life(one: Subscription, event: str, chance: Random) -> Notice:
    """Return what is said of a subscription itself: it has no changeType, and not always a resource."""
    body = _begun(one, chance) | {"lifecycleEvent": event}
    if chance.random() < 0.5:
        body |= {"resource": chance.choice(("", one.resource)), "resourceData": None}
    return Notice(one.id, body)


def _begun(one: Subscription, chance: Random) -> Json:
    expires = chance.choice((f"{one.expires:%Y-%m-%dT%H:%M:%S}+00:00", moment(one.expires)))
    return {
        "subscriptionId": one.id,
        "subscriptionExpirationDateTime": expires,
        "tenantId": TENANT_ID,
        "clientState": one.state,
    }
