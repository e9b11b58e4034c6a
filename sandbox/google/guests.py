"""Guests have copies of the organizer's event: keep them in line, and write the mails."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sandbox.google import abroad
from sandbox.google.merging import OWN
from sandbox.google.rows import Row
from sandbox.google.times import shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.google.rows import Calendar
    from sandbox.google.state import Google

Json = dict[str, Any]

VISIBLE = ("summary", "description", "location", "start", "end", "recurrence", "status", "conferenceData")
"""What guests can see; only a change of these is worth a mail."""
SUBJECTS = {"invitation": "Invitation", "update": "Updated invitation", "cancellation": "Canceled event"}


def is_organizer(calendar: Calendar, whole: Mapping[str, Any]) -> bool:
    """Say whether this calendar holds the organizer's copy."""
    return bool(whole["organizer"]["email"] == calendar.id)


def home(google: Google, whole: Mapping[str, Any]) -> Calendar | None:
    """Return the organizer's calendar, None when the organizer is none of ours."""
    return google.calendars.get(whole["organizer"]["email"])


def emails(whole: Mapping[str, Any] | None) -> dict[str, Json]:
    """Return the guests by address, in order."""
    return {guest["email"]: guest for guest in (whole or {}).get("attendees", ())}


def share(google: Google, calendar: Calendar, row: Row, before: Mapping[str, Any] | None) -> None:
    """Bring the guests' copies in line with the organizer's row; `before` names guests that may have gone."""
    whole = calendar.whole(row)
    _share(google, calendar, row, whole, before)
    for one in calendar.instances(row.id):
        _share(google, calendar, one, calendar.whole(one), before)


def _share(
    google: Google, calendar: Calendar, row: Row, whole: Json, before: Mapping[str, Any] | None
) -> None:
    guests = emails(whole)
    for email in guests | emails(before):
        theirs = google.primary(email)
        if theirs is None and is_organizer(calendar, whole):
            abroad.send(google, calendar, row, whole, email)
        if theirs is None or theirs is calendar or (row.series and row.series not in theirs.rows):
            continue
        if email in guests:
            _copy(google, theirs, row, whole, theirs.rows.get(row.id))
        elif (held := theirs.find(row.id)) and theirs.whole(held)["status"] != "cancelled":
            gone = theirs.whole(held) | {"status": "cancelled"}
            google.put(theirs, replace(held, body=theirs.differing(held, gone)))


def _copy(google: Google, theirs: Calendar, row: Row, whole: Json, old: Row | None) -> None:
    at = shown(row.original, theirs.zone) if row.original else None
    copy = Row(row.id, {}, series=row.series, original=at)
    before = theirs.whole(old) if old else theirs.whole(copy) if row.series else {}
    declined = emails(whole)[theirs.id]["responseStatus"] == "declined"
    if declined and before.get("status") == "cancelled" and old is not None:
        return
    body = _for_guest(theirs, whole, before)
    if old is None or body != before:
        google.put(theirs, Row(row.id, theirs.differing(copy, body), series=row.series, original=at))


def _for_guest(theirs: Calendar, whole: Mapping[str, Any], before: Mapping[str, Any]) -> Json:
    body = {k: v for k, v in whole.items() if k not in OWN and k != "extendedProperties"}
    body |= {k: before[k] for k in OWN if k in before}
    body.setdefault("reminders", {"useDefault": True})
    body |= {name: shown(body[name], theirs.zone) for name in ("start", "end")}
    properties = {
        "private": before.get("extendedProperties", {}).get("private"),
        "shared": whole.get("extendedProperties", {}).get("shared"),
    }
    if kept := {kind: values for kind, values in properties.items() if values}:
        body["extendedProperties"] = kept
    return body


def announce(
    google: Google, how: str, event_id: str, before: Mapping[str, Any] | None, after: Mapping[str, Any]
) -> None:
    """Write the mails of a change to the guests it concerns; `how` is sendUpdates."""
    if how == "none":
        return
    was = emails(before) if before and before["status"] != "cancelled" else {}
    now = emails(after) if after["status"] != "cancelled" else {}
    seen = any(_seen(before, name) != _seen(after, name) for name in VISIBLE)
    for email in was | now:
        kind = "invitation" if email not in was else "cancellation" if email not in now else "update"
        if email == after["organizer"]["email"] or (how == "externalOnly" and email in google.lists):
            continue
        if kind != "update" or seen:
            _mail(google, email, f"{SUBJECTS[kind]}: {after.get('summary', '')}", event_id, kind)


def _seen(whole: Mapping[str, Any] | None, name: str) -> Any:
    value = (whole or {}).get(name)
    return value.get("entryPoints") if value and name == "conferenceData" else value


def announce_response(
    google: Google, event_id: str, whole: Mapping[str, Any], email: str, response: str
) -> None:
    """Write the mail that tells the organizer what a guest has answered."""
    subject = f"{response.title()}: {whole.get('summary', '')}"
    if email != whole["organizer"]["email"]:
        _mail(google, whole["organizer"]["email"], subject, event_id, "response")


def _mail(google: Google, to: str, subject: str, event_id: str, kind: str) -> None:
    google.world.outbox.add(provider="google", to=to, subject=subject, event=event_id, kind=kind)
    google.world.changed("mail", to=to, subject=subject)
