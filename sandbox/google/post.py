"""What other providers' calendars send to people whose calendars are here."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sandbox.google import guests
from sandbox.google.recurrence import instance_id
from sandbox.google.rows import Row
from sandbox.google.times import stamp_text, written

if TYPE_CHECKING:
    from sandbox.google.rows import Calendar
    from sandbox.google.state import Google
    from sandbox.invitations import Answer, Invitation

Json = dict[str, Any]

LETTERS = "0123456789abcdefghijklmnopqrstuv"


class Post:
    """Takes in invitations and answers for one Google."""

    def __init__(self, google: Google) -> None:
        self._google = google

    def invite(self, invitation: Invitation) -> None:
        """Make or change the guest's copy; cancel it when the invitation is cancelled."""
        calendar = self._google.primary(invitation.to)
        if calendar is None:
            return
        series = _series(calendar, invitation.uid)
        if series is None and (invitation.cancelled or invitation.original is not None):
            return
        row = series or Row(_event_id(invitation.uid), {})
        if series is not None and invitation.original is not None:
            days = invitation.all_day or "date" in series.body["start"]
            found = calendar.find(instance_id(series.id, invitation.original, allday=days))
            if found is None:
                return
            row = found
        self._store(calendar, row, invitation)

    def _store(self, calendar: Calendar, row: Row, invitation: Invitation) -> None:
        old = calendar.rows.get(row.id)
        before = calendar.whole(row) if old or row.series else {}
        after = before | {"status": "cancelled"}
        declined = any(
            one.email == calendar.id and one.response == "declined" for one in invitation.attendees
        )
        if declined and before.get("status") == "cancelled":
            return
        if not invitation.cancelled:
            after = {**_new(self._google, invitation), **before, **_told(calendar, invitation)}
            for name in ("description", "location", "recurrence", "attendees"):
                if not after[name]:
                    del after[name]
        if after != before:
            self._google.put(calendar, replace(row, body=calendar.differing(row, after)))

    def answer(self, answer: Answer) -> None:
        """Note a guest's answer on the organizer's event."""
        calendar = self._google.calendars.get(answer.organizer)
        series = _series(calendar, answer.uid) if calendar else None
        if calendar is None or series is None:
            return
        row = series
        if answer.original is not None:
            days = "date" in series.body["start"]
            row = calendar.find(instance_id(series.id, answer.original, allday=days)) or series
        whole = calendar.whole(row)
        answered = [
            {**guest, "responseStatus": answer.response} if guest["email"] == answer.email else guest
            for guest in whole.get("attendees", ())
        ]
        after = whole | {"attendees": answered}
        stored = self._google.put(calendar, replace(row, body=calendar.differing(row, after)))
        guests.share(self._google, calendar, stored, whole)


def _series(calendar: Calendar, uid: str) -> Row | None:
    rows = (row for row in calendar.rows.values() if row.series is None)
    return next((row for row in rows if row.body.get("iCalUID") == uid), None)


def _event_id(uid: str) -> str:
    return "_" + "".join(LETTERS[byte % 32] for byte in hashlib.sha256(uid.encode()).digest()[:26])


def _new(google: Google, invitation: Invitation) -> Json:
    return {
        "created": stamp_text(google.tick()),
        "creator": {"email": invitation.organizer.email},
        "iCalUID": invitation.uid,
        "sequence": 0,
        "eventType": "default",
        "reminders": {"useDefault": True},
    }


def _told(calendar: Calendar, invitation: Invitation) -> Json:
    start, end = (
        {"date": f"{at:%Y-%m-%d}"}
        if invitation.all_day
        else {"dateTime": written(at, calendar.zone), "timeZone": invitation.zone}
        for at in (invitation.start, invitation.end)
    )
    return {
        "status": "confirmed",
        "summary": invitation.title,
        "description": invitation.text,
        "location": invitation.location,
        "organizer": {"email": invitation.organizer.email, "displayName": invitation.organizer.name},
        "start": start,
        "end": end,
        "recurrence": list(invitation.recurrence),
        "attendees": [
            {"email": guest.email, "displayName": guest.name, "responseStatus": guest.response}
            for guest in invitation.attendees
        ],
    }
