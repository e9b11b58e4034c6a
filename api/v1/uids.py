"""The `event_uid` of events: our name of any event in a calendar, for those who have none of their own. Pure."""

from __future__ import annotations

import base64
import binascii

EXTERNAL = "evt_external_"


def uid_of(event: str, occurrence: str = "") -> str:
    """Name an event by its provider's id, and one occurrence of a series by its beginning as well."""
    text = f"{event}\n{occurrence}" if occurrence else event
    return EXTERNAL + base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def event_of(uid: str) -> str:
    """Return the provider's id of an event; "" for what is no name of ours, or of one occurrence."""
    packed = uid.removeprefix(EXTERNAL)
    try:
        found = base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)).decode()
    except (binascii.Error, ValueError):
        return ""
    return found if uid == uid_of(found) and "\n" not in found else ""  # it can be spelt in one way
