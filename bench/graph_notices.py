"""The batches of notifications that the load generator sends in Graph's name, for the channels of `pushes`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from typing import Any
from uuid import UUID

from bench.pushes import channel, token

EACH = 10  # notifications in a batch
FEW = 4  # calendars of which the notifications of every second batch tell

# https://learn.microsoft.com/graph/change-notifications-delivery-webhooks#receive-notifications
HEAD = """\
POST /hooks/microsoft HTTP/1.1
Host: 127.0.0.1:{port}
Content-Type: application/json; charset=utf-8
Content-Length: {length}
Request-Id: 1a9b5c1e-3a8e-4a43-b6cb-4bd1d34f7c60

"""


def requests(port: int, channels: int) -> Iterator[bytes]:
    """Write one batch for each channel, which rings with those after it."""
    for number in range(channels):
        of = FEW if number % 2 else EACH
        items = [_notice((number + turn % of) % channels, turn) for turn in range(EACH)]
        body = json.dumps({"value": items}, separators=(",", ":")).encode()
        yield HEAD.format(port=port, length=len(body)).replace("\n", "\r\n").encode() + body


def _notice(number: int, turn: int) -> dict[str, Any]:
    mailbox, event = (
        _uuid(f"mailbox {number}"),
        f"AAMkAD{sha256(f'{number} {turn}'.encode()).hexdigest() * 2}=",
    )
    return {
        "subscriptionId": _uuid(f"subscription {number}"),
        "subscriptionExpirationDateTime": "2099-12-11T02:47:21+00:00",
        "tenantId": "7419f71d-0b07-4d0a-89b8-3a4be2ec8627",
        "changeType": "updated",
        "resource": f"Users/{mailbox}/Events/{event}",
        "resourceData": {
            "@odata.type": "#Microsoft.Graph.Event",
            "@odata.id": f"Users/{mailbox}/Events/{event}",
            "@odata.etag": 'W/"DwAAABYAAAAUwKIBYedWTJ4asFPDXY/xAAAC8RJ0"',
            "id": event,
        },
        "clientState": f"{channel(number)} {token(number)}",
    }


def _uuid(name: str) -> str:
    return str(UUID(bytes=sha256(name.encode()).digest()[:16]))
