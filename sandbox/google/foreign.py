"""Writes to a guest's copy: some are the guest's own business, the rest is the organizer's."""

# https://developers.google.com/workspace/calendar/api/concepts/sharing#shared_and_private_event_properties

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sandbox.google import abroad, guests
from sandbox.google.errors import GoogleError
from sandbox.google.merging import OWN, settle

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.google.events import Writer
    from sandbox.google.rows import Calendar, Row
    from sandbox.google.state import Google

Json = dict[str, Any]

RESPONSES = ("needsAction", "declined", "tentative", "accepted")


def write(
    google: Google, writer: Writer, calendar: Calendar, row: Row, before: Json, whole: Mapping[str, Any]
) -> Row:
    """Change what is the guest's own on a copy; for all else the answer is 403, or nothing happens."""
    mode = "forbidden" if writer.person else google.world.modes.foreign_write
    if mode == "refuse_all":
        raise GoogleError("forbiddenForNonOrganizer")
    after = settle(calendar, whole, instance=row.series is not None)
    mine = guests.emails(after).get(calendar.id, {}).get("responseStatus")
    theirs = guests.emails(before).get(calendar.id, {}).get("responseStatus")
    if _shared(after, calendar.id) != _shared(before, calendar.id):
        if before.get("guestsCanModify"):
            return _modify(google, calendar, row, before, after)
        if mode == "silent":
            return row
        raise GoogleError("forbiddenForNonOrganizer")
    if mine and mine != theirs:
        respond(google, writer, calendar, row, before, mine)
        row = calendar.find(row.id) or row
    return google.put(calendar, replace(row, body=calendar.differing(row, after)))


def _shared(whole: Mapping[str, Any], own: str) -> Json:
    shared = {k: v for k, v in whole.items() if k not in OWN and k not in ("extendedProperties", "attendees")}
    shared["properties"] = whole.get("extendedProperties", {}).get("shared")
    shared["guests"] = sorted(
        (email, "" if email == own else guest["responseStatus"])
        for email, guest in guests.emails(whole).items()
    )
    return shared


def _modify(google: Google, calendar: Calendar, row: Row, before: Json, after: Json) -> Row:
    organizer = guests.home(google, before)
    theirs = organizer.find(row.id) if organizer else None
    if organizer is None or theirs is None:
        raise GoogleError("forbiddenForNonOrganizer")
    kept = {k: v for k, v in organizer.whole(theirs).items() if k in OWN or k == "extendedProperties"}
    shared = {k: v for k, v in after.items() if k not in OWN and k != "extendedProperties"}
    whole = settle(organizer, shared | kept, instance=row.series is not None)
    stored = google.put(organizer, replace(theirs, body=organizer.differing(theirs, whole)))
    guests.share(google, organizer, stored, before)
    return calendar.find(row.id) or row


def respond(
    google: Google, writer: Writer, calendar: Calendar, row: Row, before: Mapping[str, Any], response: str
) -> None:
    """Note a guest's answer with the organizer and on all copies, and tell the organizer."""
    if response not in RESPONSES:
        raise GoogleError("invalid", f"Invalid response status: {response}")
    if calendar.id not in guests.emails(before):
        raise GoogleError("forbidden", "Not a guest of this event.")
    organizer = guests.home(google, before)
    theirs = organizer.find(row.id) if organizer else None
    target, at = (organizer, theirs) if organizer and theirs else (calendar, calendar.find(row.id) or row)
    old = target.whole(at)
    answered = [
        {**guest, "responseStatus": response} if guest["email"] == calendar.id else guest
        for guest in old.get("attendees", ())
    ]
    stored = google.put(target, replace(at, body=target.differing(at, old | {"attendees": answered})))
    guests.share(google, target, stored, old)
    abroad.send_answer(google, calendar, row, before, calendar.id, response)
    if writer.updates != "none":
        guests.announce_response(google, row.id, before, calendar.id, response)
