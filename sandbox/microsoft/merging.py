"""What a client may write: names and kinds are checked, and Graph's form becomes the inner one.

Inner form of an event: Graph's own names, except that start and end are moments in UTC (of days their midnights)
with startZone and endZone beside them, `uid` is the iCalendar UID without occurrence, `cancelled` are the days of
cancelled occurrences, `properties` the extended properties by id, `sent` the addresses that know of the event, and
`meeting`, `lost` and `former` what `teams` keeps: the link and from when on it is shown, whether a body write has
cost it, and all links there were.
"""

# https://learn.microsoft.com/graph/api/event-update

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from sandbox.microsoft import recurrence
from sandbox.microsoft.errors import GraphError
from sandbox.microsoft.shapes import check
from sandbox.microsoft.times import NEVER, point

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Json = dict[str, Any]

PLAIN: Final = (
    "subject",
    "importance",
    "sensitivity",
    "showAs",
    "isAllDay",
    "isReminderOn",
    "reminderMinutesBeforeStart",
    "responseRequested",
    "allowNewTimeProposals",
    "hideAttendees",
)
NEW: Final[Mapping[str, Any]] = {
    "subject": "",
    "body": {"contentType": "html", "content": ""},
    "importance": "normal",
    "sensitivity": "normal",
    "showAs": "busy",
    "isAllDay": False,
    "isReminderOn": True,
    "reminderMinutesBeforeStart": 15,
    "responseRequested": True,
    "allowNewTimeProposals": True,
    "hideAttendees": False,
    "categories": [],
    "attendees": [],
    "locations": [],
    "recurrence": None,
    "cancelled": (),
    "properties": {},
    "isCancelled": False,
    "isDraft": False,
    "sent": (),
    "isOrganizer": True,
    "responseStatus": {"response": "organizer", "time": NEVER},
    "transactionId": None,
    "isOnlineMeeting": False,
    "onlineMeetingProvider": "unknown",
    "meeting": None,
    "lost": False,
    "former": (),
}
NOWHERE: Final[Mapping[str, Any]] = {
    "displayName": "",
    "locationType": "default",
    "uniqueIdType": "unknown",
    "address": {},
    "coordinates": {},
}
PROPERTY = re.compile(
    r"(String|Integer|Boolean|SystemTime|Long|Double|Binary) (\{[0-9a-fA-F-]{36}\}) (Name .+|Id 0x[0-9a-fA-F]+)"
)
SHELL = (
    '<html>\r\n<head>\r\n<meta http-equiv="Content-Type" content="text/html; charset=utf-8">\r\n'
    "</head>\r\n<body>\r\n{}\r\n</body>\r\n</html>\r\n"
)


def asked(body: Mapping[str, Any], *, new: bool, person: bool) -> Json:
    """Return a request body without its annotations; answer 400 to names and kinds that no write knows."""
    check(body, new=new, person=person)
    return {name: value for name, value in body.items() if "@" not in name}


def settle(before: Mapping[str, Any], wanted: Mapping[str, Any], name_of: Callable[[str], str]) -> Json:
    """Return what an event becomes by a write, Teams apart; answer 400 when it makes no sense."""
    after = dict(before)
    after |= {name: wanted[name] for name in PLAIN if wanted.get(name) is not None}
    if "subject" in wanted:
        after["subject"] = wanted["subject"] or ""
    if "categories" in wanted:
        after["categories"] = list(dict.fromkeys(wanted["categories"] or ()))
    if "body" in wanted:
        after["body"] = _body(wanted["body"] or {}, before)
    if "attendees" in wanted:
        after["attendees"] = _attendees(wanted["attendees"] or (), before, name_of)
    after |= _places(wanted)
    _times(after, before, wanted)
    if properties := wanted.get("singleValueExtendedProperties"):
        after["properties"] = {**before["properties"], **dict(_property(one) for one in properties)}
    return after


def _body(body: Mapping[str, Any], before: Mapping[str, Any]) -> Json:
    kind = (body.get("contentType") or before["body"]["contentType"]).lower()
    content = body.get("content") or ""
    return {"contentType": kind, "content": shelled(content) if kind == "html" else content}


def shelled(content: str) -> str:
    """Return mark-up as Exchange keeps it: as a whole document, otherwise byte for byte."""
    return content if not content or "<html" in content.lower() else SHELL.replace("{}", content)


def _attendees(
    people: Sequence[Mapping[str, Any]], before: Mapping[str, Any], name_of: Callable[[str], str]
) -> list[Json]:
    known = {one["emailAddress"]["address"].lower(): one["status"] for one in before["attendees"]}
    new: dict[str, Json] = {}
    for person in people:
        named = person.get("emailAddress") or {}
        address = str(named.get("address") or "")
        if "@" not in address:
            raise GraphError(400, "ErrorInvalidRecipients", "At least one recipient is not valid.")
        new[address.lower()] = {
            "type": person.get("type") or "required",
            "status": known.get(address.lower(), {"response": "none", "time": NEVER}),
            "emailAddress": {"name": named.get("name") or name_of(address), "address": address},
        }
    return list(new.values())


def _places(wanted: Mapping[str, Any]) -> Json:
    # "If you update the location property, any prior locations in the locations collection are removed."
    if wanted.get("locations"):
        places = [place(one) for one in wanted["locations"]]
        return {"location": places[0], "locations": places}
    if "location" in wanted or "locations" in wanted:
        where = place(wanted.get("location") or {})
        return {"location": where, "locations": [where] if where["displayName"] else []}
    return {}


def place(location: Mapping[str, Any]) -> Json:
    """Return a location with the properties that Graph adds."""
    name = location.get("displayName") or ""
    known = {key: value for key, value in location.items() if value is not None and "@" not in key}
    private = {"uniqueId": name, "uniqueIdType": "private"} if name else {}
    return {**NOWHERE, **private, **known, "displayName": name}


def _times(after: Json, before: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    all_day = after["isAllDay"]
    for name, zone_name in (("start", "startZone"), ("end", "endZone")):
        if wanted.get(name):
            after[name], after[zone_name] = point(wanted[name], name, all_day=all_day)
        elif name not in before:
            raise GraphError(400, "ErrorInvalidRequest", f"The {name} of the event is missing.")
    if all_day and (not before.get("isAllDay")) and not (wanted.get("start") and wanted.get("end")):
        raise invalid("The start and end of an all-day event need to be given, at midnight.")
    if after["end"] < after["start"] or (all_day and after["end"] == after["start"]):
        raise invalid("The end of the event must not be before its start.")
    if "recurrence" in wanted:
        after["recurrence"] = _recurrence(wanted["recurrence"], after)
    elif after["recurrence"] and _moved(before, after):
        span = {**after["recurrence"]["range"], "startDate": None}
        if wanted.get("start") and after["startZone"] != before["startZone"]:
            span["recurrenceTimeZone"] = after["startZone"]
        after["recurrence"] = _recurrence({**after["recurrence"], "range": span}, after)
    if after["recurrence"] and (first := recurrence.first(after)) and first != after["start"]:
        after["end"] = recurrence.end_of(after, first)
        after["start"] = first
        day = first.astimezone(recurrence.home(after)).date().isoformat()
        span = {**after["recurrence"]["range"], "startDate": day}
        after["recurrence"] = {**after["recurrence"], "range": span}


def _moved(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    return any(before[name] != after[name] for name in ("start", "isAllDay", "startZone"))


def _recurrence(value: Mapping[str, Any] | None, after: Json) -> Json | None:
    if value is None:
        return None
    given = {k: v for k, v in (value.get("range") or {}).items() if v is not None}
    return recurrence.settled(
        {**value, "range": given}, after["start"], after["startZone"], all_day=after["isAllDay"]
    )


def _property(one: Mapping[str, Any]) -> tuple[str, str]:
    name, value = property_id(str(one.get("id") or "")), one.get("value")
    if name is None or not isinstance(value, str):
        raise GraphError(400, "ErrorInvalidProperty", "An extended property is invalid.")
    return name, value


def property_id(text: str) -> str | None:
    """Return the id of an extended property as Graph writes it, None when it cannot be read."""
    # Names are case-sensitive, GUIDs are not.
    match = PROPERTY.fullmatch(text)
    return f"{match[1]} {match[2].lower()} {match[3]}" if match else None


def invalid(message: str) -> GraphError:
    """Return the error for values that do not go together."""
    return GraphError(400, "ErrorPropertyValidationFailure", message)
