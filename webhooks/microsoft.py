"""Read a batch of notifications of Microsoft Graph's. No I/O: plain values in, plain values out.

https://learn.microsoft.com/graph/change-notifications-delivery-webhooks
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

LONGEST_TOKEN = 1024  # characters of what a new subscription has us repeat; the real ones have about 120
LONGEST_STATE = 128  # characters; Graph accepts no longer clientState
MOST_NOTICES = 5000  # in one batch; real ones of 1 MiB hold about a thousand

# What warns of a subscription's end, in lower case, as the rest of the program spells it. `missed` and whatever is
# invented next mean what every notification means: have a look.
# https://learn.microsoft.com/graph/change-notifications-lifecycle-events
_TROUBLE = {event.lower(): event for event in ("reauthorizationRequired", "subscriptionRemoved")}


class Notice(NamedTuple):
    """One notification: which channel rings, with which token, and which trouble it warns of."""

    channel: str
    token: str
    trouble: str  # "reauthorizationRequired", "subscriptionRemoved", or "" where something just changed


NOTHING = Notice("", "", "")


def repeatable(token: str) -> bool:
    """Tell whether this can be what a new subscription wants repeated: a line of text, and no longer than it is."""
    return len(token) <= LONGEST_TOKEN and token.isprintable()


def read(body: bytes) -> list[Notice]:
    """Take a batch apart; an item that says nothing to us becomes `NOTHING`. Nothing is believed yet.

    Raises ValueError when it is no batch at all.
    """
    try:
        batch = json.loads(body)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    items = _get(batch, "value") if isinstance(batch, dict) else None
    if not isinstance(items, list) or len(items) > MOST_NOTICES:
        raise ValueError("it has no list of notifications, or too many in it")
    return [_notice(item) for item in items]


def _notice(item: Any) -> Notice:
    state = _get(item, "clientState") if isinstance(item, dict) else None
    # Ours are plain ASCII. Whatever is not cannot be hashed for certain, and need not be.
    if not isinstance(state, str) or len(state) > LONGEST_STATE or not state.isascii():
        return NOTHING
    channel, _, token = state.partition(" ")
    # What has a changeType warns of nothing, so that the usual item is looked at once.
    event = item.get("lifecycleEvent") if "changeType" in item else _get(item, "lifecycleEvent")
    return Notice(channel, token, _TROUBLE.get(event.lower(), "") if isinstance(event, str) else "")


def _get(table: dict[str, Any], name: str) -> Any:
    """Find a property however its name is spelt: capitals have changed before."""
    if name in table:
        return table[name]
    return next((value for key, value in table.items() if key.lower() == name.lower()), None)
