"""Zoom's JSON and our vocabulary: bodies to send, meetings from answers. No I/O.

https://developers.zoom.us/docs/api/meetings/
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from connectors.errors import Transient
from connectors.keys import key_in
from connectors.model import Found, Meeting, MeetingRequest, MeetingSettings, Phone
from connectors.moments import moment
from connectors.overrides import NONE, objected, spelled, stated, untaken
from connectors.titles import one_line
from connectors.zoom.options import TABLE

SCHEDULED, NO_FIXED_TIME = 2, 3
LONGEST_TOPIC = 200
UNTITLED = "Meeting"
MARKER = "huddled:v1:"
INVITEES, ZONE = "settings.meeting_invitees", "timezone"  # a meeting is as good without


def marker(key: str) -> str:
    """Return the note by which we find a meeting again; the list shows 250 characters of the agenda."""
    return MARKER + key


def create_body(
    key: str, request: MeetingRequest, *, invitees: bool, without: Collection[str] = ()
) -> dict[str, Any]:
    """Return the body of a create: what Zoom must know, and else the host's own settings.

    `without` names the fields, as Zoom spells them, that an earlier answer has objected to.
    """
    settings: dict[str, Any] = {
        "use_pmi": False,
        "calendar_type": 2,
        "push_change_to_calendar": False,
        "email_notification": False,
    }
    invited = _invitees(request)
    if invitees and invited and INVITEES not in without:
        settings["meeting_invitees"] = invited
    settings |= spelled(request.settings, TABLE, without).get("settings", {})
    return {
        "topic": topic(request.title),
        **_timing(request, utc=ZONE in without),
        "agenda": marker(key),
        "settings": settings,
    }


def update_body(
    request: MeetingRequest, now: datetime, *, invitees: bool, without: Collection[str] = ()
) -> dict[str, Any]:
    """Return the body of an update: every field that we follow and no other.

    Zoom ignores a start in the past, so that nothing of the time is sent then. The host cannot be changed.
    """
    body: dict[str, Any] = {"topic": topic(request.title)}
    if not _timed(request) or (request.start is not None and request.start > now):
        body |= _timing(request, utc=ZONE in without)
    settings = spelled(request.settings, TABLE, without).get("settings", {})
    if invitees and INVITEES not in without:
        settings["meeting_invitees"] = _invitees(request)
    return {**body, "settings": {"email_notification": False, **settings}} if settings else body


def follows(body: Mapping[str, Any], request: MeetingRequest, now: datetime, *, invitees: bool) -> bool:
    """Tell whether the meeting that Zoom shows is as an update with this request would leave it."""
    wanted = update_body(request, now, invitees=invitees)
    plain = ("topic", "type", "duration", "timezone")
    return (
        all(body.get(name) == wanted[name] for name in plain if name in wanted)
        and ("start_time" not in wanted or _same(body.get("start_time"), request.start))
        and (not invitees or _emails(body) == _emails(wanted))
        and not untaken(request.settings, TABLE, body)
    )


def meeting(body: Any, host: str, known: Meeting | None = None) -> Meeting:
    """Return the meeting of an answer. What the answer leaves out is taken from `known`.

    The link by which the host starts the meeting (`start_url`) is a login, and is left where it is.
    Raises Transient for an answer without id or link.
    """
    if not isinstance(body, dict) or not body.get("id") or not body.get("join_url"):
        message = "Zoom answered with something that is not a meeting"
        raise Transient(message, provider="zoom", reason="bad_answer")
    id_ = str(body["id"])
    base = known or Meeting(service="zoom", name="Zoom", id=id_, join_url="")
    return replace(
        base,
        id=id_,
        join_url=str(body["join_url"]),
        host=host,
        code=code(id_),
        # Absent where there is none, and where the account hides it: https://github.com/calcom/cal.com/issues/5553
        passcode=str(body.get("password") or base.passcode),
        phone_passcode=str(body.get("pstn_password") or base.phone_passcode),
        phones=tuple(_phones(body)) or base.phones,
    )


def code(id_: str) -> str:
    """Return a meeting id as people type it: 926 7439 2836."""
    middle = 3 if len(id_) < 11 else 4
    return " ".join(part for part in (id_[:3], id_[3 : 3 + middle], id_[3 + middle :]) if part)


def topic(title: str) -> str:
    """Return the title as Zoom takes it: one line, at most 200 characters, never empty."""
    return one_line(title, LONGEST_TOPIC) or UNTITLED


def ours(item: Mapping[str, Any], key: str) -> bool:
    """Tell whether a meeting of a list was made for this key; its agenda may be absent."""
    return marker(key) in str(item.get("agenda") or "").split()


def found(item: Mapping[str, Any], host: str) -> Found | None:
    """Return a meeting of a list with the key that it carries; None where it carries none."""
    words = str(item.get("agenda") or "").split()
    key = next((key_in(word.removeprefix(MARKER)) for word in words if word.startswith(MARKER)), "")
    if not key:
        return None
    return Found(key, str(item["id"]), host, moment(item.get("created_at")), str(item.get("join_url") or ""))


def items(page: Any) -> list[dict[str, Any]]:
    """Return the meetings of a page. Raises Transient for an answer that must not pass for an empty list."""
    found = page.get("meetings") if isinstance(page, dict) else None
    if not isinstance(found, list):
        raise Transient(
            "Zoom answered with something that is not a list", provider="zoom", reason="bad_answer"
        )
    return [item for item in found if isinstance(item, dict) and item.get("id")]


def objections(fields: Collection[str], settings: MeetingSettings = NONE) -> frozenset[str]:
    """Return what to leave out after a 300 that names these fields, or none; empty where it is no use."""
    optional = {"meeting_invitees": INVITEES, "timezone": ZONE}
    if not fields:
        return frozenset(optional.values()) | frozenset(stated(settings))
    found = [
        {name for short, name in optional.items() if short in field} | objected(settings, TABLE, field)
        for field in fields
    ]
    return frozenset(name for names in found for name in names) if all(found) else frozenset()


def _timed(request: MeetingRequest) -> bool:
    return request.start is not None and not request.recurring


def _timing(request: MeetingRequest, *, utc: bool) -> dict[str, Any]:
    # A series is one meeting without times. One that is to start at no known time is too: without a start,
    # a scheduled meeting would begin at once.
    if request.start is None or request.recurring:
        return {"type": NO_FIXED_TIME}
    start, zone = (_utc(request.start), "UTC") if utc else _local(request.start, request.zone)
    return {"type": SCHEDULED, "start_time": start, "timezone": zone, "duration": max(1, request.minutes)}


def _local(start: datetime, name: str) -> tuple[str, str]:
    """Return local wall time and its zone; UTC where the zone is unknown or the hour comes twice."""
    try:
        wall = start.astimezone(ZoneInfo(name))
    except (KeyError, ValueError, OSError):
        return _utc(start), "UTC"
    if wall.utcoffset() != wall.replace(fold=1 - wall.fold).utcoffset():
        return _utc(start), name
    return wall.strftime("%Y-%m-%dT%H:%M:%S"), name


def _utc(start: datetime) -> str:
    return start.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _invitees(request: MeetingRequest) -> list[dict[str, str]]:
    return [{"email": address} for address in request.invitees if "@" in address]


def _emails(body: Mapping[str, Any]) -> set[str]:
    return {str(one.get("email")) for one in _among(body, "meeting_invitees")}


def _same(text: Any, start: datetime | None) -> bool:
    try:
        return start is not None and datetime.fromisoformat(str(text)) == start.replace(microsecond=0)
    except ValueError:
        return False


def _phones(body: Mapping[str, Any]) -> Iterator[Phone]:
    for one in _among(body, "global_dial_in_numbers"):
        if one.get("number"):
            yield Phone(str(one["number"]), str(one.get("country") or ""))


def _among(body: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """Return a list of the settings of an answer: a meeting is as good without it."""
    settings = body.get("settings")
    found = settings.get(name) if isinstance(settings, dict) else None
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
