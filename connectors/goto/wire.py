"""GoTo Meeting's JSON and our vocabulary: bodies to send, meetings from answers. No I/O.

https://developer.goto.com/GoToMeetingV1
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

from connectors.errors import Transient
from connectors.goto.countries import COUNTRIES
from connectors.keys import key_in
from connectors.model import Found, Meeting, MeetingRequest, Phone
from connectors.moments import moment
from connectors.titles import length, one_line

LONGEST_SUBJECT = 100
UNTITLED = "Meeting"
AUDIO = "Hybrid"  # telephone and computer, as the account's plan has it
AUDIOS = ("PSTN", "Free", "Hybrid", "Private", "VoIP")
IDS = ("meetingid", "meetingId", "uniqueMeetingId", "meetingKey")  # spelled otherwise in every answer

_LINE = re.compile(r"(?P<name>[^:\n]{2,60}):[ \t]*(?P<value>\+?[0-9][0-9 ()./-]{4,30})")
_ACCESS_CODE = "access code"


@dataclass(frozen=True, slots=True)
class Listed:
    """A meeting of a list, as far as it tells whose it is."""

    id: str
    subject: str
    start: datetime | None
    recurring: bool
    organizer: str  # the organizer's key; "" where the list does not say


def body(
    request: MeetingRequest, now: datetime, *, mark: str = "", kept: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return the body of a create and of an update, which replaces the whole meeting.

    `mark` goes to the end of the subject. From `kept`, the meeting as it stands, comes what only its owner
    sets: passcode, audio and co-organizers.
    """
    # A series is one meeting that can be joined at any time, whose dates nobody looks at; GoTo wants some.
    start = (request.start or now).astimezone(UTC).replace(microsecond=0)
    there = kept or {}
    audio = there.get("conferenceCallInfo")
    wanted: dict[str, Any] = {
        "subject": subject(request.title, mark),
        "starttime": _utc(start),
        "endtime": _utc(start + timedelta(minutes=max(1, request.minutes))),
        "passwordrequired": there.get("passwordRequired") is True,
        "conferencecallinfo": audio if audio in AUDIOS else AUDIO,
        "timezonekey": "",
        "meetingtype": "scheduled" if _timed(request) else "recurring",
    }
    keys = there.get("coorganizerKeys")
    if isinstance(keys, list) and keys:
        wanted["coorganizerKeys"] = [str(key) for key in keys]
    return wanted


def follows(there: Mapping[str, Any], request: MeetingRequest, mark: str) -> bool:
    """Tell whether the meeting that GoTo shows is as an update with this request would leave it."""
    same = _plain(there.get("subject")) == _plain(subject(request.title, mark))
    if not _timed(request) or request.start is None:
        return same and there.get("meetingType") == "recurring"
    end = request.start + timedelta(minutes=max(1, request.minutes))
    return (
        same
        and there.get("meetingType") == "scheduled"
        and _second(there.get("startTime")) == request.start.replace(microsecond=0)
        and _second(there.get("endTime")) == end.replace(microsecond=0)
    )


def subject(title: str, mark: str = "") -> str:
    """Return the title as GoTo takes it: one line, 100 characters with < and > written out, never empty."""
    end = f" ({mark})" if mark else ""
    room = LONGEST_SUBJECT - len(end)
    text = one_line(title, room) or UNTITLED
    while length(_written(text)) > room:
        text = one_line(text[:-1], room)
    return _written(text) + end


def meeting(answer: Any, host: str, known: Meeting | None = None) -> Meeting:
    """Return the meeting of an answer, which is a list of one. What it leaves out is taken from `known`.

    Only a create tells the join link; where that answer was lost, it is put together from the id.
    Raises Transient for an answer that is no meeting.
    """
    there = one(answer)
    id_ = id_of(there)
    base = known or Meeting(
        service="goto", name="GoTo Meeting", id=id_, join_url=f"https://meet.goto.com/{id_}"
    )
    link = str(there.get("joinURL") or "")
    info = str(there.get("conferenceCallInfo") or "")
    phones = base.phones or tuple(_phones(info))
    access = base.phone_passcode or _other_access_code(info, id_)
    return replace(
        base,
        id=id_,
        join_url=link if link.startswith("https://") else base.join_url,
        host=host,
        # Who dials in types one number: the access code, which mostly is the id.
        code="" if access else code(id_),
        phone_passcode=access if phones else "",
        phones=phones,
    )


def one(answer: Any) -> dict[str, Any]:
    """Return the meeting of a list of one. Raises Transient for anything else."""
    there = answer[0] if isinstance(answer, list) and answer else answer
    if not isinstance(there, dict) or not id_of(there):
        message = "GoTo answered with something that is not a meeting"
        raise Transient(message, provider="goto", reason="bad_answer")
    return there


def listed(answer: Any) -> list[Listed]:
    """Return the meetings of a list. Raises Transient for an answer that must not pass for an empty one."""
    if not isinstance(answer, list):
        message = "GoTo answered with something that is not a list"
        raise Transient(message, provider="goto", reason="bad_answer")
    return [_listed(item) for item in answer if isinstance(item, dict) and id_of(item)]


def ours(item: Listed, request: MeetingRequest, *, mark: str = "", organizer: str = "") -> bool:
    """Tell whether a meeting of a list is what a create with this request would have made.

    By the mark where there is one, in spite of what has changed since; else by subject and start, which
    somebody's own meeting may share.
    """
    if organizer and item.organizer and item.organizer != organizer:
        return False
    if mark:
        return item.subject.endswith(f"({mark})")
    if item.subject != _plain(subject(request.title)) or item.recurring == _timed(request):
        return False
    return item.recurring or (
        request.start is not None and item.start == request.start.replace(microsecond=0)
    )


def created(there: Mapping[str, Any]) -> datetime | None:
    """Return when the meeting was made, where GoTo tells: its documentation says that it may not."""
    return _second(there.get("createTime"))


def found(item: Listed, host: str) -> Found | None:
    """Return a meeting of a list with the key at the end of its subject; None where there is none.

    Anybody can type a subject, and the list does not tell when a meeting was made.
    """
    key = key_in(item.subject.rpartition("(")[2])
    return Found(key, item.id, host) if key and item.subject.endswith(f"({key})") else None


def id_of(there: Mapping[str, Any]) -> str:
    """Return the id, "" where there is none: a number or a text, under one of several names."""
    return next((str(there[name]) for name in IDS if there.get(name)), "")


def code(id_: str) -> str:
    """Return a meeting id as people type it: 162-399-285."""
    return "-".join(part for part in (id_[:3], id_[3:6], id_[6:]) if part)


def _listed(item: Mapping[str, Any]) -> Listed:
    return Listed(
        id=id_of(item),
        subject=_plain(item.get("subject")),
        start=_second(item.get("startTime")),
        recurring=item.get("meetingType") == "recurring",
        organizer=str(item.get("organizerKey") or ""),
    )


def _timed(request: MeetingRequest) -> bool:
    return request.start is not None and not request.recurring


def _written(text: str) -> str:
    return text.replace("<", "&lt;").replace(">", "&gt;")


def _plain(text: Any) -> str:
    """Return a subject for comparing: GoTo may give back what it was sent or what was meant."""
    return unescape(str(text or ""))


def _utc(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _second(text: Any) -> datetime | None:
    found = moment(text)
    return found and found.replace(microsecond=0)


def _phones(info: str) -> Iterator[Phone]:
    """Read lines such as `Germany: +49 891 2140 2090`; the word of an audio option is no number."""
    for found in _LINE.finditer(info):
        name = re.sub(r"\s*\(.*", "", found["name"]).strip().lower()
        if name != _ACCESS_CODE:
            yield Phone(found["value"].strip(), COUNTRIES.get(name, ""))


def _other_access_code(info: str, id_: str) -> str:
    for found in _LINE.finditer(info):
        if found["name"].strip().lower() == _ACCESS_CODE:
            digits = re.sub(r"\D", "", found["value"])
            return "" if digits == id_ else digits
    return ""
