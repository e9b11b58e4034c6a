"""What the body of a subscription may say, and the forms that its resource takes."""

# https://learn.microsoft.com/graph/api/subscription-post-subscriptions

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sandbox.deliveries import is_loopback
from sandbox.microsoft.errors import GraphError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp import web

Json = dict[str, Any]

REQUIRED = ("changeType", "notificationUrl", "resource", "expirationDateTime")
WRITABLE = frozenset(
    {
        *REQUIRED,
        "clientState",
        "lifecycleNotificationUrl",
        "includeResourceData",
        "latestSupportedTlsVersion",
        "encryptionCertificate",
        "encryptionCertificateId",
        "notificationQueryOptions",
        "notificationUrlAppId",
        "@odata.type",
    }
)
RENEWABLE = frozenset({"expirationDateTime", "@odata.type"})
CHANGE_TYPES = ("created", "updated", "deleted")
LONGEST_STATE = 128
SHORTEST_LIFE = timedelta(minutes=45)
WHOSE = r"/?(?:me|users(?:/|\(')(?P<user>[^/()']+)(?:'\))?)"
RESOURCE = re.compile(
    rf"{WHOSE}(?:/calendar|/calendars(?:/|\(')(?P<calendar>[^/()']+)(?:'\))?)?/events/?", re.IGNORECASE
)
ONE_EVENT = re.compile(rf"{WHOSE}(?:/calendars?(?:/[^/]+)?)?/events/[^/]+/?", re.IGNORECASE)
MOMENT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,12})?(Z|[+-]\d\d:\d\d)", re.IGNORECASE)


async def read(request: web.Request, names: frozenset[str]) -> Json:
    """Return the body; answer 400 when it is no object, or names a property that there is none of."""
    try:
        body = json.loads(await request.text() or "null")
    except ValueError:
        raise invalid(
            "Unable to read JSON request payload. Please ensure Content-Type header is set."
        ) from None
    if not isinstance(body, dict):
        raise invalid("Empty Payload. JSON content expected.")
    if strange := sorted(set(body) - names):
        message = (
            f"The property '{strange[0]}' does not exist on type 'microsoft.graph.subscription' or cannot be "
            "written. Make sure to only use property names that are defined by the type."
        )
        raise GraphError(400, "BadRequest", message)
    return body


def check(body: Mapping[str, Any]) -> None:
    """Answer 400 to the body of a new subscription that makes no sense."""
    for name in REQUIRED:
        if not body.get(name) or not isinstance(body[name], str):
            raise invalid(f"Subscription is missing the required property '{name}'.")
    state = body.get("clientState")
    if state is not None and (not isinstance(state, str) or len(state) > LONGEST_STATE):
        raise invalid(f"The clientState property must be a string of at most {LONGEST_STATE} characters.")
    if body.get("includeResourceData"):
        raise invalid("The encryptionCertificate property is required when includeResourceData is true.")
    for name in ("notificationUrl", "lifecycleNotificationUrl"):
        _check_url(name, body.get(name))


def _check_url(name: str, url: object) -> None:
    if url is None and name != "notificationUrl":
        return
    if not isinstance(url, str) or not (url.startswith("https://") or is_loopback(url)):
        raise invalid(f"The {name} must be an https URL.")


def change_types(text: str) -> tuple[str, ...]:
    """Return the kinds of change asked for; answer 400 to others."""
    kinds = tuple(kind.strip().lower() for kind in text.split(","))
    if not all(kind in CHANGE_TYPES for kind in kinds) or len(set(kinds)) < len(kinds):
        raise invalid(f"'{text}' is not a supported value of 'changeType'.")
    return kinds


def resource(text: str) -> tuple[str | None, str]:
    """Return whose events are meant, None for one's own, and on which calendar, "" for the default one."""
    if ONE_EVENT.fullmatch(text):
        raise invalid(f"The value '{text}' of parameter 'Resource' is not supported.")
    found = RESOURCE.fullmatch(text)
    if found is None:
        raise invalid(f"Resource '{text}' is invalid: the segment is not supported for subscriptions.")
    return found["user"], found["calendar"] or ""


def expiry(text: object, now: datetime, longest: int) -> datetime:
    """Return when a subscription ends that asks for it; 45 minutes are the least, `longest` minutes the most."""
    found = MOMENT.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise invalid(
            "Cannot convert a value to target type 'Edm.DateTimeOffset' because of conversion error."
        )
    zone = "+00:00" if found[3] in "Zz" else found[3]
    try:
        wanted = datetime.fromisoformat(f"{found[1]}{(found[2] or '')[:7]}{zone}").astimezone(UTC)
    except (ValueError, OverflowError):
        raise invalid("The expirationDateTime is no date.") from None
    if wanted > now + timedelta(minutes=longest):
        message = f"Subscription expiration can only be {longest} minutes in the future."
        raise GraphError(400, "ExtensionError", message)
    if wanted <= now:
        raise invalid("Subscription expirationDateTime must be in the future.")
    return max(wanted, now + SHORTEST_LIFE)


def invalid(message: str) -> GraphError:
    """Return the 400 with a message."""
    return GraphError(400, "InvalidRequest", message)
