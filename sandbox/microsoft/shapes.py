"""The names and kinds of what an event is made of, as writes know them."""

# https://learn.microsoft.com/graph/api/resources/event

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sandbox.microsoft.errors import GraphError

if TYPE_CHECKING:
    from collections.abc import Mapping

ADDRESS: Final[Mapping[str, Any]] = {"name": str, "address": str}
POINT: Final[Mapping[str, Any]] = {"dateTime": str, "timeZone": str}
LOCATION: Final[Mapping[str, Any]] = {
    "displayName": str,
    "locationUri": str,
    "locationEmailAddress": str,
    "locationType": (
        "default conferenceRoom homeAddress businessAddress geoCoordinates streetAddress hotel restaurant "
        "localBusiness postalAddress"
    ),
    "uniqueId": str,
    "uniqueIdType": "unknown locationStore directory private bing",
    "address": dict.fromkeys(("street", "city", "state", "countryOrRegion", "postalCode", "type"), str),
    "coordinates": dict.fromkeys(
        ("latitude", "longitude", "accuracy", "altitude", "altitudeAccuracy"), float
    ),
}
DAYS: Final = "sunday monday tuesday wednesday thursday friday saturday"
RECURRENCE: Final[Mapping[str, Any]] = {
    "pattern": {
        "type": "daily weekly absoluteMonthly relativeMonthly absoluteYearly relativeYearly",
        "interval": int,
        "month": int,
        "dayOfMonth": int,
        "daysOfWeek": [DAYS],
        "firstDayOfWeek": DAYS,
        "index": "first second third fourth last",
    },
    "range": {
        "type": "endDate noEnd numbered",
        "startDate": str,
        "endDate": str,
        "recurrenceTimeZone": str,
        "numberOfOccurrences": int,
    },
}
WRITABLE: Final[Mapping[str, Any]] = {
    "subject": str,
    "body": {"contentType": "text html", "content": str},
    "start": POINT,
    "end": POINT,
    "isAllDay": bool,
    "location": LOCATION,
    "locations": [LOCATION],
    "attendees": [
        {
            "type": "required optional resource",
            "status": {"response": str, "time": str},
            "emailAddress": ADDRESS,
            "proposedNewTime": {"start": POINT, "end": POINT},
        }
    ],
    "categories": [str],
    "importance": "low normal high",
    "sensitivity": "normal personal private confidential",
    "showAs": "unknown free tentative busy oof workingElsewhere",
    "isReminderOn": bool,
    "reminderMinutesBeforeStart": int,
    "responseRequested": bool,
    "allowNewTimeProposals": bool,
    "hideAttendees": bool,
    "recurrence": RECURRENCE,
    "isOnlineMeeting": bool,
    "onlineMeetingProvider": "unknown skypeForBusiness skypeForConsumer teamsForBusiness",
    "singleValueExtendedProperties": [{"id": str, "value": str}],
}
ON_CREATION: Final[Mapping[str, Any]] = {"transactionId": str}
BY_PEOPLE: Final[Mapping[str, Any]] = {"isDraft": bool}
INVITED: Final[Mapping[str, Any]] = {"organizer": {"emailAddress": ADDRESS}}
"""What makes an event that a person adds an invitation by a stranger."""
READ_ONLY: Final = frozenset(
    """
    attachments bodyPreview calendar cancelledOccurrences changeKey createdDateTime exceptionOccurrences
    extensions hasAttachments iCalUId id instances isCancelled isDraft isOrganizer lastModifiedDateTime
    multiValueExtendedProperties onlineMeeting onlineMeetingUrl organizer originalEndTimeZone originalStart
    originalStartTimeZone responseStatus seriesMasterId transactionId type uid webLink
    """.split()
)
KINDS: Final[Mapping[type, tuple[type, ...]]] = {
    str: (str,),
    bool: (bool,),
    int: (int,),
    float: (int, float),
}


def check(body: Mapping[str, Any], *, new: bool, person: bool) -> None:
    """Answer 400 to names that a write does not know, to those it may not set, and to wrong kinds."""
    known = {**WRITABLE, **(ON_CREATION if new else {}), **(BY_PEOPLE if person else {})}
    if new and person:
        known |= INVITED
    for name in body:
        if name in READ_ONLY and name not in known:
            raise GraphError(400, "ErrorInvalidProperty", f"The property '{name}' is read-only.")
    _check(body, known, "event")


def _check(value: Any, shape: Any, where: str) -> None:
    if value is None:
        return
    match shape:
        case dict():
            _object(value, shape, where)
        case [each] if isinstance(value, list):
            for one in value:
                _check(one, each, where)
        case str() if isinstance(value, str):
            if value.lower() not in shape.lower().split():
                raise _unread(f"Requested value '{value}' was not found in '{where}'.")
        case type() if type(value) in KINDS[shape]:
            return
        case _:
            raise _unread(f"Cannot convert the literal '{value}' to the expected type of '{where}'.")


def _object(value: Any, shape: Mapping[str, Any], where: str) -> None:
    if not isinstance(value, dict):
        raise _unread(f"An object was expected for '{where}'.")
    for name, inner in value.items():
        if name.startswith("@odata") or "@odata." in name:
            continue
        if name not in shape:
            raise _unread(
                f"The property '{name}' does not exist on type 'microsoft.graph.{where}'. Make sure to only use "
                "property names that are defined by the type or mark the type as open type."
            )
        _check(inner, shape[name], name)


def _unread(message: str) -> GraphError:
    return GraphError(400, "RequestBodyRead", message)
