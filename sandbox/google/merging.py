"""What a request body makes of an event: which fields count, how PATCH merges, what Google cuts short."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.google.errors import GoogleError
from sandbox.google.recurrence import check
from sandbox.google.times import instant, settled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.google.rows import Calendar

Json = dict[str, Any]

OWN = ("reminders", "colorId", "eventLabelId", "transparency", "visibility")
"""What belongs to one copy of an event only, besides its private extended properties."""
WRITABLE = frozenset(
    (
        *OWN,
        "summary",
        "description",
        "location",
        "start",
        "end",
        "endTimeUnspecified",
        "recurrence",
        "attendees",
        "attachments",
        "anyoneCanAddSelf",
        "extendedProperties",
        "guestsCanInviteOthers",
        "guestsCanModify",
        "guestsCanSeeOtherGuests",
        "source",
        "status",
        "workingLocationProperties",
        "outOfOfficeProperties",
        "focusTimeProperties",
    )
)
"""What a client may set; all else in a body is read-only, and is passed over as Google does."""
IDENTITY = ("created", "creator", "organizer", "iCalUID", "sequence", "eventType")
MOST_REMINDERS = 5
LONGEST_REMINDER = 40_320
"""Minutes: four weeks."""
LONGEST_KEY = 44
LONGEST_VALUE = 1024
MOST_PROPERTIES = 300
MOST_PROPERTY_BYTES = 32 * 1024


def writable(body: Mapping[str, Any]) -> Json:
    """Return what of a request body a client may set; conference data is another matter."""
    return {name: value for name, value in body.items() if name in WRITABLE}


def merged(old: Any, patch: Any) -> Any:
    """Return what a PATCH makes of a value: objects are merged, null takes away, all else replaces."""
    # https://developers.google.com/workspace/calendar/api/guides/performance#patch
    if not isinstance(patch, dict):
        return patch
    new = dict(old) if isinstance(old, dict) else {}
    for name, value in patch.items():
        if value is None:
            new.pop(name, None)
        else:
            new[name] = merged(new.get(name), value)
    return new


def settle(calendar: Calendar, whole: Mapping[str, Any], *, instance: bool) -> Json:
    """Return an event in Google's form; answer 400 when it makes no sense."""
    new = {name: value for name, value in whole.items() if value is not None}
    _settle_times(calendar, new, instance=instance)
    if "attendees" in new:
        new["attendees"] = [_guest(guest, new["organizer"]["email"]) for guest in new["attendees"]]
        if not new["attendees"]:
            del new["attendees"]
    _check_reminders(new.get("reminders") or {})
    if "extendedProperties" in new:
        new["extendedProperties"] = _properties(new["extendedProperties"])
        if not new["extendedProperties"]:
            del new["extendedProperties"]
    if new["status"] not in ("confirmed", "tentative", "cancelled"):
        raise GoogleError("invalid", f"Invalid status: {new['status']}")
    return new


def _check_reminders(reminders: Mapping[str, Any]) -> None:
    # https://developers.google.com/workspace/calendar/api/concepts/reminders
    overrides = reminders.get("overrides") or []
    if len(overrides) > MOST_REMINDERS or (overrides and reminders.get("useDefault")):
        raise GoogleError("invalid", "Invalid reminder settings.")
    for one in overrides:
        minutes = one.get("minutes")
        if one.get("method") not in ("email", "popup") or not isinstance(minutes, int):
            raise GoogleError("invalid", "Invalid reminder settings.")
        if not 0 <= minutes <= LONGEST_REMINDER:
            raise GoogleError("invalid", "Invalid reminder settings.")


def _settle_times(calendar: Calendar, new: Json, *, instance: bool) -> None:
    if not new.get("recurrence") or instance:
        new.pop("recurrence", None)
    elif "dateTime" in new["start"] and not new["start"].get("timeZone"):
        raise GoogleError("required", "Missing time zone definition for start time.")
    for name in ("start", "end"):
        new[name] = settled(new[name], name, calendar.time_zone)
    if ("date" in new["start"]) != ("date" in new["end"]):
        raise GoogleError("invalid", "Invalid start or end time.")
    if instant(new["end"], calendar.zone) < instant(new["start"], calendar.zone):
        raise GoogleError("timeRangeEmpty")
    if "recurrence" in new:
        check(new, calendar.zone)


def _guest(guest: Mapping[str, Any], organizer: str) -> Json:
    email = guest.get("email")
    if not email or "@" not in email:
        raise GoogleError("invalid", "Invalid attendee email.")
    kept = {
        name: value
        for name, value in guest.items()
        if name not in ("self", "organizer") and value is not None
    }
    marked = {"organizer": True} if email.lower() == organizer else {}
    return {
        **kept,
        "email": email.lower(),
        **marked,
        "responseStatus": guest.get("responseStatus") or "needsAction",
    }


def _properties(properties: Mapping[str, Any]) -> Json:
    # https://developers.google.com/workspace/calendar/api/guides/extended-properties#limits
    kept = {
        kind: {
            k: str(v)[:LONGEST_VALUE] for k, v in values.items() if len(k) <= LONGEST_KEY and v is not None
        }
        for kind, values in properties.items()
    }
    pairs = [pair for values in kept.values() for pair in values.items()]
    if len(pairs) > MOST_PROPERTIES or sum(len(k) + len(v) for k, v in pairs) > MOST_PROPERTY_BYTES:
        raise GoogleError("invalid", "Too many extended properties.")
    return {kind: values for kind, values in kept.items() if values}
