"""Writing events: insert, patch, update, delete, move and answer, by the API's clients and by people."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sandbox.google import conference, foreign, guests
from sandbox.google.errors import GoogleError
from sandbox.google.merging import IDENTITY, merged, settle, writable
from sandbox.google.resources import etag
from sandbox.google.rows import Row
from sandbox.google.times import shown, stamp_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.google.rows import Calendar
    from sandbox.google.state import Google

Json = dict[str, Any]

ID = re.compile(r"[a-v0-9]{5,1024}")
MOVES_SEQUENCE = ("start", "end", "recurrence", "status")


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes, and how."""

    email: str
    person: bool = False
    """True for somebody at the calendar's own page, who needs no API."""
    updates: str = "none"
    """sendUpdates: all, externalOnly or none."""
    conference: bool = False
    """conferenceDataVersion=1; without it conference data is passed over."""
    if_match: str | None = None
    delegated: bool = True


def found(calendar: Calendar, event_id: str) -> Row:
    """Return the event or instance with that id; answer 404 when there is none."""
    row = calendar.find(event_id)
    if row is None:
        raise GoogleError("notFound")
    return row


def insert(google: Google, writer: Writer, calendar: Calendar, body: Mapping[str, Any]) -> Row:
    """Make a new event."""
    event_id = body.get("id") or google.world.token(length=26)
    if not ID.fullmatch(event_id):
        raise GoogleError("invalid", "Invalid resource id value.")
    if event_id in calendar.rows:
        raise GoogleError("duplicate")
    whole = _identity(google, writer, calendar, event_id, body) | writable(body)
    whole["conferenceData"] = _conference(google, writer, calendar, None, body, put=True)
    return commit(google, writer, calendar, Row(event_id, {}), None, whole)


def _identity(
    google: Google, writer: Writer, calendar: Calendar, event_id: str, body: Mapping[str, Any]
) -> Json:
    user = google.world.users.get(writer.email)
    person = {"email": writer.email} | ({"displayName": user.name} if user else {})
    organizer = (
        person if calendar.id == writer.email else {"email": calendar.id, "displayName": calendar.summary}
    )
    if writer.person and body.get("organizer"):
        organizer = dict(body["organizer"])
    return {
        "created": stamp_text(google.tick()),
        "creator": person,
        "organizer": organizer,
        "iCalUID": body.get("iCalUID") or f"{event_id}@google.com",
        "sequence": 0,
        "status": "confirmed",
        "eventType": body.get("eventType") or "default",
        "reminders": {"useDefault": True},
    }


def change(
    google: Google,
    writer: Writer,
    calendar: Calendar,
    event_id: str,
    body: Mapping[str, Any],
    *,
    put: bool = False,
) -> Row:
    """Change an event: merge the body into it, or with `put` replace all of it that a client may set."""
    row = found(calendar, event_id)
    check_match(writer, row)
    before = calendar.whole(row)
    if put:
        whole = {k: before[k] for k in IDENTITY} | {"status": "confirmed"} | writable(body)
    else:
        whole = merged(before, writable(body))
    whole["conferenceData"] = _conference(google, writer, calendar, before, body, put=put)
    if not guests.is_organizer(calendar, before):
        return foreign.write(google, writer, calendar, row, before, whole)
    return commit(google, writer, calendar, row, before, whole)


def check_match(writer: Writer, row: Row) -> None:
    """Answer 412 when If-Match names another state than the present one."""
    if writer.if_match not in (None, "*", etag(row.stamp)):
        raise GoogleError("conditionNotMet")


def _conference(
    google: Google,
    writer: Writer,
    calendar: Calendar,
    before: Mapping[str, Any] | None,
    body: Mapping[str, Any],
    *,
    put: bool,
) -> Json | None:
    old = (before or {}).get("conferenceData")
    if not writer.conference:
        return old
    return conference.settled(google, calendar, old, body, put=put, delegated=writer.delegated)


def commit(
    google: Google,
    writer: Writer,
    calendar: Calendar,
    row: Row,
    before: Json | None,
    whole: Mapping[str, Any],
) -> Row:
    """Store what an event has become, and see to its exceptions, its guests and the mails."""
    after = settle(calendar, whole, instance=row.series is not None)
    if after.get("attendees") and not writer.delegated:
        raise GoogleError("forbiddenForServiceAccounts")
    changed = {
        name for name in after.keys() | (before or {}).keys() if after.get(name) != (before or {}).get(name)
    }
    if before is not None and changed & set(MOVES_SEQUENCE):
        after["sequence"] = before["sequence"] + 1
    stored = replace(row, body=calendar.differing(row, after))
    stored = google.put(calendar, stored, quiet=bool(changed) and changed <= {"reminders"} and row.seq > 0)
    guests.share(google, calendar, stored, before)
    guests.announce(google, writer.updates, row.id, before, after)
    _expect_room(google, calendar, stored, before, after)
    return calendar.rows[row.id]


def _expect_room(
    google: Google, calendar: Calendar, row: Row, before: Json | None, after: Mapping[str, Any]
) -> None:
    request = conference.awaited(after.get("conferenceData"))
    mode = google.world.modes.meet
    if request is None or request == conference.awaited((before or {}).get("conferenceData")):
        return
    wait = mode["pending"] if isinstance(mode, dict) else 0.0
    google.world.clock.after(wait, lambda: _room_ready(google, calendar, row.id, request))


def _room_ready(google: Google, calendar: Calendar, event_id: str, request: str) -> None:
    row = calendar.rows.get(event_id)
    if row is None:
        return
    before = calendar.whole(row)
    if conference.awaited(before.get("conferenceData")) != request:
        return
    after = before | {"conferenceData": conference.room(google, request)}
    stored = google.put(calendar, replace(row, body=calendar.differing(row, after)))
    guests.share(google, calendar, stored, before)


def delete(google: Google, writer: Writer, calendar: Calendar, event_id: str) -> None:
    """Delete an event or one occurrence; a guest's deletion declines and leaves the others' copies."""
    row = found(calendar, event_id)
    before = calendar.whole(row)
    if before["status"] == "cancelled":
        raise GoogleError("deleted")
    check_match(writer, row)
    gone = before | {"status": "cancelled"}
    if guests.is_organizer(calendar, before):
        commit(google, writer, calendar, row, before, gone)
        return
    google.put(calendar, replace(row, body=calendar.differing(row, gone)))
    foreign.respond(google, writer, calendar, row, before, "declined")


def move(google: Google, writer: Writer, calendar: Calendar, event_id: str, target: Calendar) -> Row:
    """Move an event, with its exceptions, to another calendar, which becomes its organizer."""
    row = found(calendar, event_id)
    before = calendar.whole(row)
    if row.series is not None:
        raise GoogleError("cannotChangeOrganizerOfInstance", "Cannot move an instance.", status=403)
    if not guests.is_organizer(calendar, before):
        raise GoogleError("cannotChangeOrganizer", "Only the organizer can move an event.", status=403)
    if before["status"] == "cancelled":
        raise GoogleError("notFound")
    if target is calendar:
        return row
    exceptions = calendar.instances(row.id)
    google.put(calendar, replace(row, body={**before, "status": "cancelled"}))
    whole = before | {"organizer": {"email": target.id, "displayName": target.summary}}
    for name in ("start", "end"):
        whole[name] = shown(whole[name], target.zone)
    moved = google.put(target, Row(row.id, whole))
    guests.share(google, target, moved, None)
    for one in exceptions:
        at = shown(one.original, target.zone) if one.original else None
        guests.share(google, target, google.put(target, replace(one, original=at)), None)
    guests.announce(google, writer.updates, row.id, before, whole)
    return moved


def respond(google: Google, writer: Writer, calendar: Calendar, event_id: str, response: str) -> Row:
    """Answer an invitation on one's own copy."""
    row = found(calendar, event_id)
    foreign.respond(google, writer, calendar, row, calendar.whole(row), response)
    return found(calendar, event_id)
