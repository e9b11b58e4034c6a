"""Events as Outlook keeps them: bodies of HTML by Word, some with Teams' invitation, some with our block."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from random import Random
from typing import Any

from bench.world import AHEAD
from connectors import block
from connectors.microsoft.notes import MARK
from sandbox.microsoft import blob

Json = dict[str, Any]

MAILBOX = "somebody@bench.example"
SHORTEST, LONGEST = 4_000, 12_000  # characters of a long body, before anything is added to it
MASTER = 1  # the number of the event that is a series
WORDS = "the a of plan budget team review quarter open points please see before we meet draft notes for next".split()

WORD = """\
<html xmlns:o="urn:schemas-microsoft-com:office:office">\r
<head>\r
<meta http-equiv="Content-Type" content="text/html; charset=utf-8">\r
<meta name="Generator" content="Microsoft Word 15 (filtered medium)">\r
<!--[if !mso]><style>v\\:* {behavior:url(#default#VML);}</style><![endif]-->\r
<style>\r
<!--\r
@font-face\r
\t{font-family:"Cambria Math"}\r
p.MsoNormal, li.MsoNormal, div.MsoNormal\r
\t{margin:0cm;\r
\tfont-size:12.0pt;\r
\tfont-family:"Aptos",sans-serif}\r
@page WordSection1\r
\t{margin:72.0pt 72.0pt 72.0pt 72.0pt}\r
-->\r
</style>\r
</head>\r
<body lang="EN-GB" link="#467886" vlink="#96607D" style="word-wrap:break-word">\r
<div class="WordSection1">\r
%s</div>\r
%s</body>\r
</html>\r
"""
PARAGRAPH = (
    '<p class="MsoNormal"><span lang="EN-US" style="font-size:11.0pt; mso-fareast-language:EN-US">%s</span>'
    '<span style="font-size:11.0pt"><o:p>&nbsp;</o:p></span></p>\r\n'
)
LINK = (
    '<p class="MsoNormal">&#8226; <a href="https://eur01.safelinks.protection.outlook.com/?url=https%%3A%%2F%%2Fwiki'
    '.bench.example%%2F%s&amp;data=05%%7C02%%7C%%7C8d1f&amp;sdata=QkVOQ0g%%3D&amp;reserved=0" originalsrc="https://wiki.'
    'bench.example/%s" shash="c0ffee=" title="Original URL: https://wiki.bench.example/%s">%s</a></p>\r\n'
)
TABLE = (
    '<table class="MsoTableGrid" border="1" cellspacing="0" cellpadding="0"><tbody>\r\n<tr><td width="300" '
    'valign="top" style="width:225.4pt; border:solid windowtext 1.0pt"><p class="MsoNormal">%s</p></td>'
    "<td><table><tbody><tr><td>"
    "9&nbsp;am</td></tr></tbody></table></td></tr>\r\n</tbody></table>\r\n"
)


PLACE = {
    "displayName": "Room 4.11",
    "locationType": "default",
    "uniqueId": "Room 4.11",
    "uniqueIdType": "private",
}
WEEKLY = {
    "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": ["friday"], "firstDayOfWeek": "monday"},
    "range": {"type": "noEnd", "startDate": "2026-01-09", "recurrenceTimeZone": "W. Europe Standard Time"},
}
USUAL: Json = {  # what is the same on all of them
    "@odata.type": "#microsoft.graph.event",
    "createdDateTime": "2026-01-07T08:00:00.6273939Z",
    "lastModifiedDateTime": "2026-01-07T09:00:00.2891014Z",
    "transactionId": None,
    "originalStartTimeZone": "W. Europe Standard Time",
    "originalEndTimeZone": "W. Europe Standard Time",
    "reminderMinutesBeforeStart": 15,
    "isReminderOn": True,
    "hasAttachments": False,
    "bodyPreview": "Please see the plan of the budget before we meet " * 5,
    "importance": "normal",
    "sensitivity": "normal",
    "isAllDay": False,
    "isCancelled": False,
    "responseRequested": True,
    "seriesMasterId": None,
    "showAs": "busy",
    "type": "singleInstance",
    "onlineMeetingUrl": None,
    "allowNewTimeProposals": True,
    "occurrenceId": None,
    "isDraft": False,
    "hideAttendees": False,
    "recurrence": None,
    "location": PLACE,
    "locations": [PLACE],
}


@dataclass(frozen=True, slots=True)
class Kind:
    """What an event of a number is like."""

    own: bool  # of the mailbox that is read
    teams: bool
    ours: bool

    @classmethod
    def of(cls, number: int) -> Kind:
        """Of ten events five are the mailbox's own, two have Teams, and one has our block."""
        return cls(own=number % 2 == 0, teams=number % 5 == 0, ours=number % 10 == 4)


def events(count: int, turn: int, *, long: bool) -> list[Json]:
    """Return so many events, in their state after `turn` changes."""
    return [_event(number, turn, long=long) for number in range(count)]


def _event(number: int, turn: int, *, long: bool) -> Json:
    kind = Kind.of(number) if long else Kind(own=True, teams=False, ours=False)
    name, key = _id(f"event {number}", 120), _id(f"state {number} {turn}", 24)
    return {
        "@odata.etag": f'W/"{key}"',
        "changeKey": key,
        "iCalUId": f"040000008200E00074C5B7101A82E008{sha256(name.encode()).hexdigest().upper()}",
        **USUAL,
        **_times(number),
        **_people(number, kind),
        "subject": f"Design review {number}",
        **(_series(number) if long else {}),
        "categories": ["Blue category"] if number % 3 else [],
        "webLink": f"https://outlook.office365.com/owa/?itemid={name}&exvsurl=1&path=/calendar/item",
        "isOnlineMeeting": kind.teams,
        "onlineMeetingProvider": "teamsForBusiness" if kind.teams else "unknown",
        "onlineMeeting": {"joinUrl": _meeting(number)["url"]} if kind.teams else None,
        "body": {"contentType": "html", "content": _body(number, kind, long=long)},
        "id": name,
    }


def _times(number: int) -> Json:
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    start = hour + AHEAD + timedelta(minutes=30 * number)
    moments = {"start": start, "end": start + timedelta(minutes=30)}
    return {
        name: {"dateTime": f"{at:%Y-%m-%dT%H:%M:%S}.0000000", "timeZone": "UTC"}
        for name, at in moments.items()
    }


def _people(number: int, kind: Kind) -> Json:
    organizer = MAILBOX if kind.own else f"person{number}@bench.example"
    answer = "organizer" if kind.own else "accepted"
    return {
        "isOrganizer": kind.own,
        "organizer": _person(organizer),
        "attendees": [_guest(f"person{number + turn}@bench.example") for turn in range(1, 4)],
        "responseStatus": {"response": answer, "time": "0001-01-01T00:00:00Z"},
    }


def _series(number: int) -> Json:
    """Make one of the events a series, and a tenth of them changed occurrences of it."""
    if number % 10 != MASTER:
        return {}
    if number == MASTER:
        return {"type": "seriesMaster", "recurrence": WEEKLY}
    day = date(2026, 1, 9) + timedelta(weeks=number)
    master = _id(f"event {MASTER}", 120)
    return {"type": "exception", "seriesMasterId": master, "occurrenceId": f"OID.{master}.{day}"}


def asked_for(event: Json, changed: Iterable[Json]) -> Json:
    """Return an event as it is told when it is asked for by itself: with our properties and its occurrences."""
    told = dict(event)
    if block.split(event["body"]["content"], html=True)[1] is not None:
        value = f"{_key(event['subject'])} {event['id']} keyword"
        told["singleValueExtendedProperties"] = [{"id": MARK, "value": value}]
    if event["type"] == "seriesMaster":
        told["cancelledOccurrences"] = []
        told["exceptionOccurrences"] = [one for one in changed if one["seriesMasterId"] == event["id"]]
    return told


def _body(number: int, kind: Kind, *, long: bool) -> str:
    dice = Random(number)
    size = dice.randint(SHORTEST, LONGEST) if long else 0
    pieces = [PARAGRAPH % "Hello all,"]
    while sum(map(len, pieces)) < size - len(WORD):
        pieces.append(_piece(dice))
    invitation = blob.written(_meeting(number), html=True) if kind.teams else ""
    content = WORD % ("".join(pieces), invitation)
    if kind.ours:
        content = block.put(content, _key(f"Design review {number}"), _lines(number), html=True)
    return content


def _piece(dice: Random) -> str:
    words = " ".join(dice.choices(WORDS, k=dice.randint(6, 30))).capitalize()
    shape = dice.random()
    if shape < 0.15:
        page = f"{dice.randrange(10**6)}"
        return LINK % (page, page, page, words)
    return TABLE % words if shape < 0.25 else PARAGRAPH % f"{words} &amp; more"


def _lines(number: int) -> tuple[str, ...]:
    return (
        f"Join Zoom: https://zoom.us/j/{90_000_000_000 + number}?pwd={'p' * 32}.1",
        "Meeting ID: 926 7439 2836",
        "Passcode: Xk7Q2p",
        "Dial in: +1 646 558 8656 (US)",
    )


def _meeting(number: int) -> dict[str, str]:
    thread = _id(f"thread {number}", 40).strip("=")
    url = f"https://teams.microsoft.com/l/meetup-join/19%3ameeting_{thread}%40thread.v2/0?context=%7b%22Tid%22%3a%22t%22%7d"
    options = "https://teams.microsoft.com/meetingOptions/?organizerId=o&tenantId=t&threadId=19_meeting"
    return {"url": url, "id": "312 456 789 012", "passcode": "Ab3dEf", "options": options}


def _guest(address: str) -> Json:
    answer = {"response": "none", "time": "0001-01-01T00:00:00Z"}
    return {"type": "required", "status": answer, **_person(address)}


def _person(address: str) -> Json:
    return {"emailAddress": {"name": address.split("@", maxsplit=1)[0], "address": address}}


def _key(name: str) -> str:
    return f"hd{sha256(name.encode()).hexdigest()[:16]}"


def _id(name: str, length: int) -> str:
    """Make up something in Exchange's alphabet."""
    return (
        base64.urlsafe_b64encode(sha256(name.encode()).digest() * 4).decode()[: length - 1].rstrip("=") + "="
    )
