"""One copy of an event as its person sees it, in the same words whichever provider keeps the calendar."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

Json = dict[str, Any]

TAKEN_OFF = "none"  # what stands in a property of Graph's that was there once: it cannot be deleted
OUR_PROPERTIES = "{66f5a359-4659-4830-9070-00047ec6ac6e}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """An event on one calendar; what a provider has beyond these words is in `raw`."""

    id: str
    version: str  # changes with every change
    uid: str
    title: str
    text: str  # the description or body, byte for byte
    location: str
    start: datetime
    end: datetime
    zone: str
    guests: frozenset[str]
    own: bool  # the organizer's copy
    cancelled: bool
    series: str  # the series that it is an occurrence of
    repeats: bool
    online: bool  # whether there is anything in the provider's own field for meetings
    native: str  # the join link in that field
    mark: str  # our private note
    raw: Json = field(repr=False)


def name(event: Seen | str) -> str:
    """Return the id of an event."""
    return event if isinstance(event, str) else event.id


def at_google(event: Json) -> Seen:
    """Read an event of Google Calendar."""
    start, end = (event.get(one, {}) for one in ("start", "end"))
    guests = [guest for guest in event.get("attendees", ()) if not guest.get("organizer")]
    return Seen(
        id=event["id"],
        version=event["etag"],
        uid=event["iCalUID"],
        title=event.get("summary", ""),
        text=event.get("description", ""),
        location=event.get("location", ""),
        start=_moment(start),
        end=_moment(end),
        zone=start.get("timeZone", "UTC"),
        guests=frozenset(guest["email"] for guest in guests),
        own=bool(event.get("organizer", {}).get("self")),
        cancelled=event["status"] == "cancelled",
        series=event.get("recurringEventId", ""),
        repeats="recurrence" in event,
        online=bool(event.get("conferenceData")),
        native=event.get("hangoutLink", ""),
        mark=event.get("extendedProperties", {}).get("private", {}).get("huddled", ""),
        raw=event,
    )


def at_outlook(event: Json) -> Seen:
    """Read an event of Microsoft Graph."""
    guests = [guest["emailAddress"]["address"] for guest in event.get("attendees") or ()]
    organizer = (event.get("organizer") or {}).get("emailAddress", {}).get("address", "")
    native = (event.get("onlineMeeting") or {}).get("joinUrl") or ""
    return Seen(
        id=event["id"],
        version=event["@odata.etag"],
        uid=event["iCalUId"],
        title=event.get("subject") or "",
        text=event["body"]["content"],
        location=(event.get("location") or {}).get("displayName") or "",
        start=_moment(event["start"]),
        end=_moment(event["end"]),
        zone=event.get("originalStartTimeZone") or event["start"]["timeZone"],
        guests=frozenset(guests) - {organizer},
        own=event["isOrganizer"],
        cancelled=event["isCancelled"],
        series=event.get("seriesMasterId") or "",
        repeats=event.get("recurrence") is not None,
        online=bool(event.get("isOnlineMeeting") or native),
        native=native,
        mark=_property(event, "huddled"),
        raw=event,
    )


def _property(event: Json, called: str) -> str:
    wanted = f"string {OUR_PROPERTIES} name {called}".lower()
    for one in event.get("singleValueExtendedProperties") or ():
        if one["id"].lower() == wanted and one["value"] != TAKEN_OFF:
            return str(one["value"])
    return ""


def _moment(point: Json) -> datetime:
    """Return a start or end in UTC; of a day its midnight."""
    text = point.get("dateTime") or point.get("date") or "1970-01-01"
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(point.get("timeZone") or "UTC"))
    return moment.astimezone(UTC)
