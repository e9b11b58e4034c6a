"""What Zoom makes of a create or an update: pure rules from a checked body to a meeting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sandbox.zoom.errors import Refused, bad_parameter, invalid
from sandbox.zoom.fields import Problem
from sandbox.zoom.model import (
    FIXED_TIME,
    INSTANT,
    NO_FIXED_TIME,
    SCHEDULED,
    SCREEN_SHARE,
    Meeting,
    Occurrence,
    Person,
)
from sandbox.zoom.recurrence import occurrences
from sandbox.zoom.times import read, zone


@dataclass(frozen=True, slots=True)
class Fresh:
    """What chance contributes to a new meeting."""

    id: int
    uuid: str
    password: str
    phone_password: str


def new(
    body: Mapping[str, Any], host: Person, now: datetime, fresh: Fresh, *, forced_waiting_room: bool
) -> Meeting:
    """Make the meeting that a valid create body asks for; raise Refused where fields do not go together."""
    timezone = _timezone(body, host.timezone)
    bare = Meeting(
        id=fresh.id,
        uuid=fresh.uuid,
        host=host,
        topic=body.get("topic") or f"{host.name}'s Zoom Meeting",
        type=body.get("type", SCHEDULED),
        timezone=timezone,
        created=now,
        agenda=body.get("agenda", ""),
        password=body.get("password") or fresh.password,
        phone_password=fresh.phone_password,
        settings=_settings({}, body, forced_waiting_room=forced_waiting_room),
        tracking_fields=tuple(body.get("tracking_fields", ())),
        pre_schedule=body.get("pre_schedule", False),
    )
    return _timed(bare, body, _start(body, timezone), now)


def changed(
    meeting: Meeting, body: Mapping[str, Any], now: datetime, *, forced_waiting_room: bool
) -> Meeting:
    """Apply a valid update body; raise Refused where Zoom would."""
    if "schedule_for" in body:
        # The host of a meeting never changes: https://devforum.zoom.us/t/88501
        raise Refused(400, 3000, f"You cannot schedule a meeting for {body['schedule_for']}.")
    timezone = _timezone(body, meeting.timezone)
    start = _start(body, timezone)
    if start is not None and start < now:
        start = None  # "a start time in the past is ignored", silently
    after = replace(
        meeting,
        topic=body.get("topic") or meeting.topic,
        type=body.get("type", meeting.type),
        timezone=timezone,
        agenda=body.get("agenda", meeting.agenda),
        password=body.get("password", meeting.password),
        settings=_settings(meeting.settings, body, forced_waiting_room=forced_waiting_room),
        tracking_fields=tuple(body.get("tracking_fields", meeting.tracking_fields)),
        pre_schedule=body.get("pre_schedule", meeting.pre_schedule),
    )
    if not {"type", "start_time", "duration", "recurrence"} & body.keys():
        return after
    if start is None and meeting.start is None and after.type in (SCHEDULED, SCREEN_SHARE):
        raise invalid(Problem("start_time", "Missing field."))
    return _timed(after, body, start or meeting.start, now)


def occurrence_changed(
    meeting: Meeting, occurrence_id: str, body: Mapping[str, Any], now: datetime
) -> Meeting:
    """Apply an update to one date of a series; raise Refused (300) for an unknown date."""
    old = occurrence(meeting, occurrence_id)
    start = _start(body, _timezone(body, meeting.timezone))
    if start is None or start < now:
        start = old.start
    return _with(meeting, replace(old, start=start, duration=body.get("duration", old.duration)))


def occurrence_deleted(meeting: Meeting, occurrence_id: str) -> Meeting:
    """Take one date out of a series; raise Refused (300) for an unknown date."""
    return _with(meeting, replace(occurrence(meeting, occurrence_id), status="deleted"))


def occurrence(meeting: Meeting, occurrence_id: str) -> Occurrence:
    """Find a date of a series that is still on; raise Refused (300) when there is none."""
    for one in meeting.occurrences:
        if one.id == occurrence_id and one.status == "available":
            return one
    raise bad_parameter("occurrence_id")


def _with(meeting: Meeting, new_one: Occurrence) -> Meeting:
    return replace(
        meeting, occurrences=tuple(new_one if one.id == new_one.id else one for one in meeting.occurrences)
    )


def _timezone(body: Mapping[str, Any], default: str) -> str:
    name = str(body.get("timezone") or default)
    if zone(name) is None:
        raise invalid(Problem("timezone"))
    return name


def _start(body: Mapping[str, Any], timezone: str) -> datetime | None:
    text = body.get("start_time")
    if text is None:
        return None
    try:
        return read(text, timezone)
    except ValueError:
        raise invalid(Problem("start_time")) from None


def _timed(meeting: Meeting, body: Mapping[str, Any], start: datetime | None, now: datetime) -> Meeting:
    """Give a meeting the times that its type has."""
    duration = body.get("duration") or meeting.duration or 60
    if meeting.type == NO_FIXED_TIME:
        return replace(meeting, start=None, duration=None, recurrence=None, occurrences=())
    if meeting.type == FIXED_TIME:
        return _series(meeting, body, start, duration)
    if start is None or meeting.type == INSTANT:
        # Without a start time a scheduled meeting becomes an instant one and begins now.
        return replace(meeting, type=INSTANT, start=now, duration=duration, recurrence=None, occurrences=())
    return replace(meeting, start=start, duration=duration, recurrence=None, occurrences=())


def _series(meeting: Meeting, body: Mapping[str, Any], start: datetime | None, duration: int) -> Meeting:
    rule = body.get("recurrence")
    if start is None:
        raise invalid(Problem("start_time", "Missing field."))
    if rule is None:
        # The whole series changes only when its recurrence is sent again.
        raise invalid(Problem("recurrence", "Missing field."))
    if "end_times" in rule and "end_date_time" in rule:
        raise invalid(Problem("recurrence.end_date_time"))
    dates = occurrences(rule, start, duration, meeting.timezone)
    return replace(meeting, start=start, duration=duration, recurrence=rule, occurrences=dates)


def _settings(
    before: Mapping[str, Any], body: Mapping[str, Any], *, forced_waiting_room: bool
) -> dict[str, Any]:
    after: dict[str, Any] = {"waiting_room": True, **before, **body.get("settings", {})}
    if forced_waiting_room:
        after["waiting_room"] = True
    if after["waiting_room"]:
        after["join_before_host"] = False
    return after
