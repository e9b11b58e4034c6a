"""How meetings look in GoTo's answers: each call spells the id and the rest in its own way."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sandbox.goto.model import Meeting, Person

OPTIONS = ("PSTN", "Free", "Hybrid")
"""The audio options with telephone numbers."""


def join_url(meeting: Meeting, *, older: bool) -> str:
    """Return the link that guests open."""
    base = "https://global.gotomeeting.com/join" if older else "https://meet.goto.com"
    return f"{base}/{meeting.id}"


def created(meeting: Meeting, *, older_links: bool) -> list[dict[str, Any]]:
    """Answer a create: the only answer with a join link, and an id in lower case."""
    return [
        {
            "joinURL": join_url(meeting, older=older_links),
            "meetingid": meeting.id,
            "maxParticipants": 26,
            "uniqueMeetingId": meeting.id,
            "conferenceCallInfo": _numbers(meeting, ["United States: +1 (669) 224-3319"]),
        }
    ]


def full(meeting: Meeting, *, no_create_time: bool) -> list[dict[str, Any]]:
    """Answer a get: no join link, and fewer numbers."""
    body: dict[str, Any] = {
        "createTime": "" if no_create_time else show(meeting.created),
        "passwordRequired": meeting.password_required,
        "status": "INACTIVE",
        "subject": meeting.subject,
        "endTime": show(meeting.end),
        "conferenceCallInfo": _numbers(meeting, []),
        "startTime": show(meeting.start),
        "duration": int((meeting.end - meeting.start).total_seconds() // 60),
        "maxParticipants": 26,
        "meetingId": meeting.id,
        "meetingKey": meeting.id,
        "meetingType": meeting.kind,
        "uniqueMeetingId": meeting.id,
    }
    if meeting.coorganizers:
        body["coorganizerKeys"] = list(meeting.coorganizers)
    return [body]


def upcoming(meeting: Meeting) -> dict[str, Any]:
    """Write a meeting as the list shows it: with an id that is a text."""
    first, _, last = meeting.organizer.name.partition(" ")
    return {
        "startTime": show(meeting.start),
        "lastName": last,
        "accountKey": "5555",
        "passwordRequired": meeting.password_required,
        "email": meeting.organizer.email,
        "status": "INACTIVE",
        "subject": meeting.subject,
        "locale": "en_US",
        "organizerKey": meeting.organizer.key,
        "meetingId": str(meeting.id),
        "meetingType": meeting.kind,
        "firstName": first,
        "endTime": show(meeting.end),
        "conferenceCallInfo": meeting.audio,
    }


def scim(person: Person) -> dict[str, Any]:
    """Write a person as /identity/v1/Users/me answers."""
    first, _, last = person.name.partition(" ")
    return {
        "schemas": ["urn:scim:schemas:core:1.0"],
        "id": person.key,
        "userName": person.email,
        "displayName": person.name,
        "name": {"givenName": first, "familyName": last},
        "emails": [{"value": person.email, "primary": True}],
        "locale": "en_US",
    }


def admin(person: Person) -> dict[str, Any]:
    """Write a person as /admin/rest/v1/me answers."""
    first, _, last = person.name.partition(" ")
    return {
        "key": person.key,
        "email": person.email,
        "firstName": first,
        "lastName": last,
        "accountKey": "5555",
        "accounts": [{"key": "5555", "name": "The sandbox"}],
    }


def show(moment: datetime) -> str:
    """Write an instant in UTC without fractions."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _numbers(meeting: Meeting, more: list[str]) -> str:
    if meeting.audio not in OPTIONS:
        return meeting.audio
    text = str(meeting.id)
    code = f"{text[:3]}-{text[3:6]}-{text[6:]}"
    return "\n".join(["Germany: +49 891 2140 2090", f"Access Code: {code}", *more])
