"""Events and calendar list entries as Google shows them."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from sandbox.google.times import shown, stamp_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo
    from random import Random

    from sandbox.google.rows import Calendar, Entry, Row

    Json = dict[str, Any]

BUSY = (
    "kind",
    "etag",
    "id",
    "status",
    "created",
    "updated",
    "iCalUID",
    "eventType",
    "start",
    "end",
    "recurrence",
    "recurringEventId",
    "originalStartTime",
    "transparency",
    "visibility",
)
"""What is left of an event for those who may only see that somebody is busy."""


def etag(stamp: int) -> str:
    """Return the entity tag of something last changed at that moment (microseconds)."""
    return f'"{2 * stamp}"'


def event(calendar: Calendar, row: Row, where: tzinfo | None = None) -> Json:
    """Return an event as it stands on one calendar, its times in another zone if one is asked for."""
    whole = calendar.whole(row)
    resource: Json = {
        "kind": "calendar#event",
        "etag": etag(row.stamp),
        "id": row.id,
        "status": whole["status"],
        "htmlLink": f"https://www.google.com/calendar/event?eid={_eid(row.id, calendar.id)}",
        "updated": stamp_text(row.updated),
        **whole,
    }
    resource["organizer"] = _self(whole["organizer"], calendar.id)
    resource["creator"] = _self(whole["creator"], calendar.id)
    if "attendees" in whole:
        resource["attendees"] = [_self(guest, calendar.id) for guest in whole["attendees"]]
    if link := meet_link(whole.get("conferenceData")):
        resource["hangoutLink"] = link
    if row.series is not None:
        resource |= {"recurringEventId": row.series, "originalStartTime": dict(row.original or {})}
    if where is not None:
        for name in ("start", "end", "originalStartTime"):
            if name in resource:
                resource[name] = shown(resource[name], where)
    return resource


def seen(resource: Json, role: str) -> Json:
    """Return an event as somebody with that role sees it: of some only when it is."""
    private = resource.get("visibility") in ("private", "confidential")
    if role == "freeBusyReader" or (private and role in ("reader", "writerWithoutPrivateAccess")):
        return {name: value for name, value in resource.items() if name in BUSY}
    return resource


def listed(calendar: Calendar, row: Row, random: Random, sparse: str, where: tzinfo | None = None) -> Json:
    """Return an event as a list has it: of a cancelled one little may be left."""
    resource = event(calendar, row, where)
    if resource["status"] != "cancelled" or sparse == "never":
        return resource
    # Documented: id, recurringEventId, originalStartTime. Recorded: only kind, etag, id and status.
    keys = ["kind", "etag", "id", "status"]
    if sparse == "always" or random.random() < 0.5:
        return {key: resource[key] for key in keys}
    if row.series is not None:
        return {key: resource[key] for key in [*keys, "recurringEventId", "originalStartTime"]}
    return resource


def entry(calendar: Calendar, line: Entry) -> Json:
    """Return a line of a person's calendar list."""
    if line.deleted:
        return {
            "kind": "calendar#calendarListEntry",
            "etag": etag(line.stamp),
            "id": calendar.id,
            "deleted": True,
        }
    resource: Json = {
        "kind": "calendar#calendarListEntry",
        "etag": etag(line.stamp),
        "id": calendar.id,
        "summary": calendar.summary,
        "timeZone": calendar.time_zone,
        "colorId": "14",
        "backgroundColor": "#9fe1e7",
        "foregroundColor": "#000000",
        "selected": True,
        "accessRole": line.role,
        "defaultReminders": [{"method": "popup", "minutes": 10}],
        "conferenceProperties": {"allowedConferenceSolutionTypes": calendar.conference_types},
    }
    return resource | ({"primary": True} if line.primary else {})


def meet_link(conference: Mapping[str, Any] | None) -> str | None:
    """Return the address of a Meet room, None when there is none."""
    if (
        not conference
        or conference.get("conferenceSolution", {}).get("key", {}).get("type") != "hangoutsMeet"
    ):
        return None
    points = conference.get("entryPoints", ())
    return next((str(point["uri"]) for point in points if point["entryPointType"] == "video"), None)


def _self(person: Mapping[str, Any], calendar_id: str) -> Json:
    return {**person, "self": True} if person.get("email") == calendar_id else dict(person)


def _eid(event_id: str, calendar_id: str) -> str:
    short = calendar_id.replace("@gmail.com", "@m").replace("@group.calendar.google.com", "@g")
    return base64.urlsafe_b64encode(f"{event_id} {short}".encode()).decode().rstrip("=")
