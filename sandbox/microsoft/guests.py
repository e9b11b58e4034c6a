"""Guests have copies of the organizer's event: keep them in line, whoever keeps their calendars."""

# https://learn.microsoft.com/graph/outlook-calendar-meeting-proposals and Exchange's calendar attendant

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from sandbox.invitations import Answer
from sandbox.microsoft import ids, recurrence, translating
from sandbox.microsoft.merging import NEW
from sandbox.microsoft.rows import Row
from sandbox.microsoft.times import NEVER, stamp_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sandbox.microsoft.rows import Calendar, Mailbox
    from sandbox.microsoft.state import Graph

Json = dict[str, Any]

SHARED: Final = (
    "subject",
    "body",
    "start",
    "end",
    "startZone",
    "endZone",
    "isAllDay",
    "location",
    "locations",
    "importance",
    "sensitivity",
    "responseRequested",
    "allowNewTimeProposals",
    "hideAttendees",
    "recurrence",
    "cancelled",
    "organizer",
    "uid",
    "isOnlineMeeting",
    "onlineMeetingProvider",
    "meeting",
)
"""What an update overwrites in a guest's copy."""
REBUILT: Final = ("start", "isAllDay", "recurrence")
"""What cannot change in a series without making its exceptions void."""


def people(whole: Mapping[str, Any] | None) -> dict[str, Json]:
    """Return the guests by lower-case address, in order."""
    return {guest["emailAddress"]["address"].lower(): guest for guest in (whole or {}).get("attendees", ())}


def organizer(whole: Mapping[str, Any]) -> str:
    """Return the organizer's address in lower case."""
    return str(whole["organizer"]["emailAddress"]["address"]).lower()


def share(
    graph: Graph, mailbox: Mailbox, calendar: Calendar, row: Row, before: Mapping[str, Any] | None
) -> None:
    """Bring the guests' copies in line with the organizer's row; `before` names guests that may have gone."""
    whole = calendar.whole(row)
    if whole["isDraft"] or not whole["isOrganizer"]:
        return
    for email in people(whole) | people(before):
        _tell(graph, mailbox, row, whole, email, cancelled=email not in people(whole))
    for one in calendar.instances(row.key):
        share(graph, mailbox, calendar, one, None)


def call_off(graph: Graph, mailbox: Mailbox, row: Row, whole: Mapping[str, Any]) -> None:
    """Tell all guests that an event, or an occurrence, does not take place."""
    for email in people(whole):
        _tell(graph, mailbox, row, whole, email, cancelled=True)


def _tell(
    graph: Graph, mailbox: Mailbox, row: Row, whole: Mapping[str, Any], email: str, *, cancelled: bool
) -> None:
    if email == mailbox.email:
        return
    if theirs := graph.mailboxes.get(email):
        receive(graph, theirs, _seen_by(whole, email), row.original, cancelled=cancelled)
    elif post := graph.world.post(email, "microsoft"):
        post.invite(translating.invitation(whole, email, row.original, cancelled=cancelled))


def _seen_by(whole: Mapping[str, Any], email: str) -> Json:
    # Nobody but the organizer is told what the others have answered.
    unknown = {"response": "none", "time": NEVER}
    attendees = [
        guest if address == email else {**guest, "status": unknown}
        for address, guest in people(whole).items()
        if address == email or not whole["hideAttendees"]
    ]
    return {name: whole[name] for name in SHARED} | {"attendees": attendees}


def receive(
    graph: Graph, theirs: Mailbox, told: Mapping[str, Any], original: datetime | None, *, cancelled: bool
) -> None:
    """Make, change or call off the copy of an event, or of the occurrence that was to start at `original`."""
    key = theirs.uids.get(told["uid"])
    calendar = theirs.holder(key) if key else theirs.home
    if calendar is None:
        return
    row = calendar.rows.get(key) if key else None
    if original is not None:
        if row is not None and row.body["recurrence"]:
            _receive_occurrence(graph, theirs, calendar, row, told, original, cancelled=cancelled)
    elif not cancelled:
        _receive_whole(graph, theirs, calendar, row, told)
    elif row is not None and not row.body["isCancelled"]:
        called_off = {
            "subject": f"Canceled: {row.body['subject']}",
            "isCancelled": True,
            "showAs": "free",
            "isReminderOn": False,
        }
        graph.put(theirs, calendar, replace(row, body={**row.body, **called_off}))


def _receive_whole(
    graph: Graph, theirs: Mailbox, calendar: Calendar, row: Row | None, told: Mapping[str, Any]
) -> None:
    mine = people(told).get(theirs.email, {"status": {"response": "none", "time": NEVER}})["status"]
    if row is None and mine["response"] == "declined":
        return
    before: Json = dict(row.body) if row else {**NEW, "created": graph.tick()}
    after = before | dict(told) | _standing(mine)
    if before.get("isCancelled"):
        after["isCancelled"] = False
    if row is None:
        row = Row(ids.fresh(graph.world.random), {})
    elif after != before and any(before[name] != after[name] for name in REBUILT):
        for one in calendar.instances(row.key):
            calendar.drop(one.key, None)
    if after != before:
        graph.put(theirs, calendar, replace(row, body=after))


def _receive_occurrence(
    graph: Graph,
    theirs: Mailbox,
    calendar: Calendar,
    series: Row,
    told: Mapping[str, Any],
    original: datetime,
    *,
    cancelled: bool,
) -> None:
    day = original.astimezone(recurrence.home(series.body)).date()
    row = calendar.find(ids.occurrence(series.key, day))
    if row is None:
        return
    if cancelled:
        strike(graph, theirs, calendar, row)
        return
    before = calendar.whole(row)
    after = before | dict(told) | {"recurrence": None, "cancelled": ()}
    if after != before:
        graph.put(theirs, calendar, replace(row, body=calendar.differing(row, after)))


def strike(graph: Graph, mailbox: Mailbox, calendar: Calendar, row: Row) -> None:
    """Take an occurrence out of its series; nobody is told but by the change of the series."""
    series, day = calendar.rows[row.series or ""], ids.parts(row.key)[1]
    if day is None:
        return
    if row.key in calendar.rows:
        calendar.drop(row.key, None)
    struck = tuple(sorted({*series.body["cancelled"], day.isoformat()}))
    graph.put(mailbox, calendar, replace(series, body={**series.body, "cancelled": struck}))


def _standing(mine: Mapping[str, Any]) -> Json:
    response = "notResponded" if mine["response"] == "none" else mine["response"]
    return {
        "isOrganizer": False,
        "responseStatus": {"response": response, "time": mine["time"]},
        "showAs": "busy" if response == "accepted" else "tentative",
    }


def answered(
    graph: Graph, home: Mailbox, uid: str, original: datetime | None, email: str, response: str
) -> None:
    """Note a guest's answer on the organizer's event."""
    key = home.uids.get(uid)
    calendar = home.holder(key) if key else None
    row = calendar.rows.get(key) if calendar and key else None
    if calendar is None or row is None:
        return
    if original is not None and row.body["recurrence"]:
        day = original.astimezone(recurrence.home(row.body)).date()
        row = calendar.find(ids.occurrence(row.key, day)) or row
    whole = calendar.whole(row)
    status = {"response": response, "time": stamp_text(graph.tick())}
    attendees = [
        {**guest, "status": status} if address == email else guest for address, guest in people(whole).items()
    ]
    after = whole | {"attendees": attendees}
    graph.put(home, calendar, replace(row, body=calendar.differing(row, after)))


def send_answer(
    graph: Graph, mailbox: Mailbox, whole: Mapping[str, Any], original: datetime | None, response: str
) -> None:
    """Send a guest's answer to the organizer's calendar, whoever keeps it."""
    to = organizer(whole)
    if home := graph.mailboxes.get(to):
        answered(graph, home, whole["uid"], original, mailbox.email, response)
    elif post := graph.world.post(to, "microsoft"):
        post.answer(Answer(to, whole["uid"], original, mailbox.email, translating.RESPONSES[response]))
