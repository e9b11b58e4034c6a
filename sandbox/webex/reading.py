"""What the bodies of Webex's API may hold, and the refusal of what they may not. Unknown keys are ignored, as there.

https://developer.webex.com/docs/api/v1/meetings/create-a-meeting
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from aiohttp import web

from sandbox.texts import is_line
from sandbox.webex.errors import invalid

EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+")
MOST_TAGS: Final = 3
MOST_INVITEES: Final = 1000
RULE: Final = re.compile(r"FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY)(;[A-Z]+=[A-Z0-9,+-]+)*")


async def body(request: web.Request) -> dict[str, Any]:
    """Return the JSON object of a request; refuse anything else."""
    try:
        found = json.loads(await request.text())
    except ValueError:
        found = None
    if request.content_type != "application/json" or not isinstance(found, dict):
        raise invalid("POST failed: HTTP/1.1 400 Bad Request (the body is no JSON object)")
    return found


def text(given: Mapping[str, Any], key: str, longest: int) -> str:
    """Return a text that has to be there."""
    found = given.get(key)
    if not isinstance(found, str) or not is_line(found, longest):
        raise invalid(f"'{key}' should be a text of 1 to {longest} characters")
    return found


def flag(given: Mapping[str, Any], key: str, *, default: bool) -> bool:
    """Return true or false."""
    found = given.get(key, default)
    if not isinstance(found, bool):
        raise invalid(f"'{key}' should be a boolean")
    return found


def asked_flag(query: Mapping[str, str], key: str, *, default: bool) -> bool:
    """Return true or false out of a query."""
    found = query.get(key, str(default)).lower()
    if found not in ("true", "false"):
        raise invalid(f"'{key}' should be a boolean")
    return found == "true"


def timezone(given: Mapping[str, Any], default: str) -> str:
    """Return the name of a time zone."""
    found = str(given.get("timezone", default))
    try:
        return ZoneInfo(found).key
    except (KeyError, ValueError, OSError):
        raise invalid("'timezone' should be the name of an IANA time zone") from None


def moment(given: Mapping[str, Any], key: str, zone: str) -> datetime:
    """Return a time with its seconds cut; without an offset it is a time in the zone."""
    try:
        found = datetime.fromisoformat(given[key])
    except (KeyError, TypeError, ValueError):
        raise invalid(f"'{key}' should be in ISO 8601 format") from None
    aware = found if found.tzinfo else found.replace(tzinfo=ZoneInfo(zone))
    return aware.astimezone(UTC).replace(second=0, microsecond=0)


def tags(given: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the integration tags; null and an empty list are none."""
    found = given.get("integrationTags") or ()
    good = isinstance(found, list | tuple) and all(
        isinstance(tag, str) and 0 < len(tag) <= 64 for tag in found
    )
    if not good or len(found) > MOST_TAGS:
        raise invalid("'integrationTags' should be at most 3 texts of at most 64 characters")
    return tuple(found)


def recurrence(given: Mapping[str, Any]) -> str | None:
    """Return the rule of a series; null is none."""
    found = given.get("recurrence")
    if found is None:
        return None
    if not isinstance(found, str) or not RULE.fullmatch(found):
        raise invalid("'recurrence' should be a recurrence rule of RFC 2445")
    return found


def invitee(given: Any) -> tuple[str, str, bool]:
    """Return the address, name and rank of an invitee."""
    if not isinstance(given, dict) or not EMAIL.fullmatch(str(given.get("email"))):
        raise invalid("'email' of an invitee should be a mail address")
    address = str(given["email"]).lower()
    name = given.get("displayName") or address
    if not isinstance(name, str) or len(name) > 128:
        raise invalid("'displayName' should be a text of at most 128 characters")
    return address, name, flag(given, "coHost", default=False)
