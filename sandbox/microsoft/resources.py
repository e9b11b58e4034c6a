"""Events and calendars as Graph shows them."""

# https://learn.microsoft.com/graph/api/resources/event

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from html import unescape
from typing import TYPE_CHECKING, Any, Final

from sandbox.microsoft import ids
from sandbox.microsoft.recurrence import end_of
from sandbox.microsoft.teams import PROVIDER, online
from sandbox.microsoft.times import shown, stamp_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.microsoft.rows import Calendar, Mailbox, Row

Json = dict[str, Any]

ALWAYS: Final = ("@odata.etag", "id")
ON_REQUEST: Final = ("cancelledOccurrences", "exceptionOccurrences")
UID_DATE: Final = slice(32, 40)
HIDDEN = re.compile(r"(?is)<!--.*?-->|<(style|script|head)\b.*?</\1>|<[^>]*>")


@dataclass(frozen=True, slots=True)
class View:
    """How somebody wants events to be shown."""

    now: datetime
    zone: tzinfo = UTC
    zone_name: str = "UTC"
    immutable: bool = False
    text: bool = False
    select: frozenset[str] = frozenset()
    """Names of the properties wanted; empty for the usual ones."""
    properties: frozenset[str] = field(default=frozenset())
    """Ids of the extended properties wanted."""
    exceptions: bool = False
    """Whether a series is to show its exceptions."""

    def id(self, mailbox: Mailbox, calendar: Calendar, key: str) -> str:
        """Return the id of an event as this view shows it."""
        return ids.immutable(key) if self.immutable else ids.ordinary(key, mailbox.oid, calendar.id)


def event(mailbox: Mailbox, calendar: Calendar, row: Row, view: View) -> Json:
    """Return an event as it stands on one calendar."""
    whole = calendar.whole(row)
    resource = _head(mailbox, calendar, row, view, whole) | _rest(row, view, whole)
    if view.exceptions and whole["recurrence"] and "exceptionOccurrences" in view.select:
        plain = View(view.now, view.zone, view.zone_name, view.immutable, view.text)
        resource["exceptionOccurrences"] = [
            event(mailbox, calendar, one, plain) for one in calendar.instances(row.key)
        ]
    if view.select:
        if "cancelledOccurrences" in view.select and whole["recurrence"]:
            resource["cancelledOccurrences"] = [f"OID.{resource['id']}.{day}" for day in whole["cancelled"]]
        kept = view.select | set(ALWAYS)
        resource = {name: value for name, value in resource.items() if name in kept}
    if held := [
        {"id": name, "value": value} for name, value in whole["properties"].items() if name in view.properties
    ]:
        resource["singleValueExtendedProperties"] = held
    return resource


def full(mailbox: Mailbox, calendar: Calendar, row: Row, now: datetime) -> Json:
    """Return an event with its immutable id and all that it holds, as people and tests look at it."""
    whole = calendar.whole(row)
    seen = View(now, immutable=True, properties=frozenset(whole["properties"]))
    resource = event(mailbox, calendar, row, seen)
    if whole["recurrence"]:
        resource["cancelledOccurrences"] = [f"OID.{resource['id']}.{day}" for day in whole["cancelled"]]
    return resource


def _head(mailbox: Mailbox, calendar: Calendar, row: Row, view: View, whole: Json) -> Json:
    key, event_id = ids.change_key(mailbox.oid, row.stamp), view.id(mailbox, calendar, row.key)
    return {
        "@odata.etag": f'W/"{key}"',
        "id": event_id,
        "createdDateTime": stamp_text(whole["created"]),
        "lastModifiedDateTime": stamp_text(row.stamp),
        "changeKey": key,
        "categories": whole["categories"],
        # Nobody says whether occurrences show that of their series: whoever relies on it should fail here.
        "transactionId": whole["transactionId"] if row.series is None else None,
        "originalStartTimeZone": whole["startZone"],
        "originalEndTimeZone": whole["endZone"],
        "iCalUId": uid(whole["uid"], row.key),
        "seriesMasterId": view.id(mailbox, calendar, row.series) if row.series else None,
        "type": _type(calendar, row),
        "webLink": f"https://outlook.office365.com/owa/?itemid={_in_link(event_id)}"
        "&exvsurl=1&path=/calendar/item",
    }


def _in_link(event_id: str) -> str:
    # Links have plain base64, where ids have hyphens and underscores.
    return event_id.replace("-", "%2F").replace("_", "%2B").replace("=", "%3D")


def _rest(row: Row, view: View, whole: Json) -> Json:
    days = whole["isAllDay"]
    resource = {
        "reminderMinutesBeforeStart": whole["reminderMinutesBeforeStart"],
        "isReminderOn": whole["isReminderOn"],
        "hasAttachments": False,
        "subject": whole["subject"],
        "bodyPreview": preview(whole["body"]["content"], whole["body"]["contentType"]),
        "importance": whole["importance"],
        "sensitivity": whole["sensitivity"],
        "isAllDay": days,
        "isCancelled": whole["isCancelled"],
        "isOrganizer": whole["isOrganizer"],
        "isDraft": whole["isDraft"],
        "responseRequested": whole["responseRequested"],
        "showAs": whole["showAs"],
        "onlineMeetingUrl": None,
        "isOnlineMeeting": whole["isOnlineMeeting"],
        "onlineMeetingProvider": whole["onlineMeetingProvider"],
        "allowNewTimeProposals": whole["allowNewTimeProposals"],
        "hideAttendees": whole["hideAttendees"],
        "recurrence": whole["recurrence"],
        "responseStatus": whole["responseStatus"],
        "body": _text(whole["body"]) if view.text else whole["body"],
        "start": shown(whole["start"], view.zone, view.zone_name, all_day=days),
        "end": shown(whole["end"], view.zone, view.zone_name, all_day=days),
        "location": whole["location"],
        "locations": whole["locations"],
        "attendees": whole["attendees"],
        "organizer": whole["organizer"],
        "onlineMeeting": online(whole, view.now),
    }
    if row.original is not None:
        resource["originalStart"] = f"{row.original:%Y-%m-%dT%H:%M:%SZ}"
    return resource


def _type(calendar: Calendar, row: Row) -> str:
    if row.series is not None:
        return "exception" if row.key in calendar.rows else "occurrence"
    return "seriesMaster" if row.body["recurrence"] else "singleInstance"


def skeleton(mailbox: Mailbox, calendar: Calendar, row: Row, view: View) -> Json:
    """Return the little that delta says of an occurrence that is as its series has it."""
    series = calendar.rows[row.series or ""].body
    start, days = row.original or series["start"], series["isAllDay"]
    end = end_of(series, start)
    return {
        "@odata.type": "#microsoft.graph.event",
        "@odata.etag": f'W/"{ids.notified_key(mailbox.oid, row.stamp)}"',
        "id": view.id(mailbox, calendar, row.key),
        "seriesMasterId": view.id(mailbox, calendar, row.series or ""),
        "type": "occurrence",
        "start": shown(start, view.zone, view.zone_name, all_day=days),
        "end": shown(end, view.zone, view.zone_name, all_day=days),
    }


def uid(series: str, key: str) -> str:
    """Return the iCalUId of an event: that of an occurrence has its day in it."""
    day = ids.parts(key)[1]
    if day is None or not series.startswith("040000008200E00074C5B7101A82E008"):
        return series
    return f"{series[: UID_DATE.start]}{day.year:04X}{day.month:02X}{day.day:02X}{series[UID_DATE.stop :]}"


@lru_cache(maxsize=2_048)
def preview(content: str, kind: str) -> str:
    """Return the beginning of a body as plain text."""
    return " ".join(plain(content, kind).split())[:255]


def plain(content: str, kind: str) -> str:
    """Return a body as text."""
    return unescape(HIDDEN.sub(" ", content)).strip() if kind == "html" else content


def _text(body: Mapping[str, Any]) -> Json:
    return {"contentType": "text", "content": plain(body["content"], body["contentType"])}


def calendar_resource(mailbox: Mailbox, calendar: Calendar) -> Json:
    """Return a calendar as the owner of the mailbox sees it."""
    own = calendar.owner.lower() == mailbox.email
    return {
        "id": calendar.id,
        "name": calendar.name,
        "color": "auto",
        "hexColor": "",
        "isDefaultCalendar": calendar.default,
        "changeKey": ids.change_key(mailbox.oid, 1),
        "canShare": own,
        "canViewPrivateItems": own,
        "canEdit": calendar.can_edit,
        "allowedOnlineMeetingProviders": [PROVIDER] if calendar.teams else [],
        "defaultOnlineMeetingProvider": PROVIDER if calendar.teams else "unknown",
        "isTallyingResponses": calendar.default,
        "isRemovable": not calendar.default,
        "owner": {"name": calendar.owner_name, "address": calendar.owner},
    }
