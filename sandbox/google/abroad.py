"""What goes out to people whose calendars another provider keeps."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

from sandbox.google.resources import meet_link
from sandbox.google.times import instant, own_zone
from sandbox.invitations import Answer, Invitation, Person

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sandbox.google.rows import Calendar, Row
    from sandbox.google.state import Google

SENDER = "google"


def send(google: Google, calendar: Calendar, row: Row, whole: Mapping[str, Any], email: str) -> None:
    """Tell a guest of another provider what an event has become; one who is no guest (any more) that it is off."""
    post = google.world.post(email, SENDER)
    if post is None:
        return
    guests = [guest["email"] for guest in whole.get("attendees", ())]
    post.invite(
        _invitation(
            calendar, row, whole, email, cancelled=whole["status"] == "cancelled" or email not in guests
        )
    )


def _invitation(
    calendar: Calendar, row: Row, whole: Mapping[str, Any], email: str, *, cancelled: bool
) -> Invitation:
    days = "date" in whole["start"]
    link = meet_link(whole.get("conferenceData"))
    text = whole.get("description", "")
    return Invitation(
        to=email,
        uid=whole["iCalUID"],
        organizer=Person(whole["organizer"]["email"], whole["organizer"].get("displayName", "")),
        title=whole.get("summary", ""),
        text=f"{text}\n\nJoin with Google Meet: {link}".strip() if link else text,
        html=False,
        location=whole.get("location", ""),
        start=_moment(calendar, whole["start"]),
        end=_moment(calendar, whole["end"]),
        zone="UTC" if days else str(own_zone(whole["start"], calendar.zone)),
        all_day=days,
        recurrence=tuple(whole.get("recurrence", ())),
        original=_moment(calendar, row.original) if row.original else None,
        attendees=tuple(
            Person(
                guest["email"],
                guest.get("displayName", ""),
                guest["responseStatus"],
                optional=bool(guest.get("optional")),
            )
            for guest in whole.get("attendees", ())
        ),
        cancelled=cancelled,
    )


def _moment(calendar: Calendar, point: Mapping[str, Any]) -> datetime:
    moment = instant(point, calendar.zone)
    return moment.replace(tzinfo=UTC) if "date" in point else moment.astimezone(UTC)


def send_answer(
    google: Google, calendar: Calendar, row: Row, whole: Mapping[str, Any], email: str, response: str
) -> None:
    """Send a guest's answer to an organizer whose calendar another provider keeps."""
    to = whole["organizer"]["email"]
    if post := google.world.post(to, SENDER):
        original = _moment(calendar, row.original) if row.original else None
        post.answer(Answer(to, whole["iCalUID"], original, email, response))
