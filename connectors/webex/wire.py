"""Webex's JSON and our vocabulary: bodies to send, meetings from answers. No I/O.

Webex mails everybody about everything unless it is told not to, each time: `sendEmail`.
https://developer.webex.com/docs/api/v1/meetings/create-a-meeting
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from connectors.errors import Transient
from connectors.keys import key_in
from connectors.model import Found, Meeting, MeetingRequest, Phone
from connectors.moments import moment
from connectors.overrides import spelled, stated, unseen
from connectors.titles import one_line
from connectors.webex.options import TABLE
from connectors.webex.rules import same_rule
from connectors.webex.times import Times, times

LONGEST_TITLE = 128
MOST_INVITEES = 1000
UNTITLED = "Meeting"
QUIET: Mapping[str, str | int] = {"sendEmail": "false"}  # the query of a delete

# Around the moments in which a meeting of ours can have been made, and up to where one can begin.
BEFORE, AHEAD = timedelta(days=1), timedelta(days=3660)


def create_body(
    key: str,
    request: MeetingRequest,
    when: Times,
    *,
    site: str,
    invitees: bool,
    without: Collection[str] = (),
) -> dict[str, Any]:
    """Return the body of a create: what Webex must know, what is laid down, and else the person's own settings.

    `without` names settings that an earlier answer has objected to.
    """
    body = {"title": title(request.title), **_timing(when), "sendEmail": False, "integrationTags": [key]}
    body |= spelled(request.settings, TABLE, without)
    if when.rule:
        body["recurrence"] = when.rule
    if site:
        body["siteUrl"] = site
    invited = [{"email": address, "coHost": False} for address in addresses(request)]
    return {**body, "invitees": invited} if invitees and invited else body


def update_body(
    shown: Mapping[str, Any], request: MeetingRequest, now: datetime, without: Collection[str] = ()
) -> dict[str, Any]:
    """Return the body of an update that brings what Webex shows in line; empty where nothing is owed.

    New times of a series undo what people have changed on its single occurrences, so that they are sent only
    where they differ; a start that has passed is never sent. The tags are left out: an empty list would wipe
    them. Invitees are not taken here, but at /meetingInvitees.
    """
    body: dict[str, Any] = {}
    if shown.get("title") != title(request.title):
        body["title"] = title(request.title)
    body |= _new_times(shown, request, now)
    settled = stated(request.settings).keys() - set(unseen(request.settings, TABLE, shown))
    body |= spelled(request.settings, TABLE, settled | set(without))
    return {**body, "sendEmail": False} if body else {}


def meeting(body: Any, known: Meeting | None = None) -> Meeting:
    """Return the meeting of an answer. What the answer leaves out is taken from `known`.

    The key by which somebody becomes the host (`hostKey`) is left where it is. Raises Transient for an answer
    without id or link.
    """
    if not isinstance(body, dict) or not body.get("id") or not body.get("webLink"):
        message = "Webex answered with something that is not a meeting"
        raise Transient(message, provider="webex", reason="bad_answer")
    base = known or Meeting(service="webex", name="Webex", id=str(body["id"]), join_url="")
    number = str(body.get("meetingNumber") or "")
    return replace(
        base,
        id=str(body["id"]),
        join_url=str(body["webLink"]),
        host=str(body.get("hostEmail") or base.host),
        code=code(number) or base.code,
        passcode=str(body.get("password") or base.passcode),
        phone_passcode=str(body.get("phoneAndVideoSystemPassword") or base.phone_passcode),
        phones=tuple(_phones(body)) or base.phones,
    )


def title(text: str) -> str:
    """Return the title as Webex takes it: one line, at most 128 characters, never empty."""
    return one_line(text, LONGEST_TITLE) or UNTITLED


def code(number: str) -> str:
    """Return a meeting number as people type it: 2554 485 2539."""
    if not (number.isascii() and number.isdigit()) or len(number) < 9:
        return number
    first = len(number) - 7 if len(number) > 9 else 3
    return f"{number[:first]} {number[first : first + 3]} {number[first + 3 :]}"


def ours(item: Mapping[str, Any], key: str) -> bool:
    """Tell whether a meeting of a list was made for this key. Webex shows tags only to who has set them."""
    tags = item.get("integrationTags")
    return bool(item.get("id")) and isinstance(tags, list) and key in tags


def search(key: str, tried: datetime, now: datetime) -> dict[str, str | int]:
    """Return the query that finds what was made for the key since `tried`, wherever its event has moved to.

    Without `from` and `to` it would look at the next seven days.
    """
    first, last = (_text(moment.astimezone(UTC)) for moment in (min(tried, now) - BEFORE, now + AHEAD))
    return {"integrationTag": key, "from": first, "to": last, "max": 100}


def everything(now: datetime) -> dict[str, str | int]:
    """Return the query that lists all meetings from now on."""
    first, last = (_text(moment.astimezone(UTC)) for moment in (now - BEFORE, now + AHEAD))
    return {"from": first, "to": last, "max": 100}


def found(item: Mapping[str, Any], host: str) -> Found | None:
    """Return a meeting of a list with the key that it carries; None where it carries none.

    Webex shows our tags in a list that was not searched by tag, too, and does not tell when a meeting was made.
    Its link is left out: it says nothing of the password, and stays when that changes.
    """
    tags = item.get("integrationTags")
    key = next(filter(None, (key_in(str(tag)) for tag in tags)), "") if isinstance(tags, list) else ""
    return Found(key, str(item["id"]), host) if key and item.get("id") else None


def addresses(request: MeetingRequest) -> list[str]:
    """Return whom to invite, each once, as many as Webex takes."""
    found = (address.strip() for address in request.invitees)
    return list(dict.fromkeys(address.lower() for address in found if "@" in address))[:MOST_INVITEES]


def newcomers(id_: str, invited: Sequence[str]) -> dict[str, Any]:
    """Return the body that adds these people to a meeting."""
    items = [{"email": address, "coHost": False, "sendEmail": False} for address in invited]
    return {"meetingId": id_, "items": items}


def leavers(shown: Iterable[Mapping[str, Any]], wanted: Sequence[str]) -> list[str]:
    """Return the ids of invitees who are not wanted any more.

    Alternate hosts are no guests: somebody made them so at Webex.
    """
    return [
        str(one["id"])
        for one in shown
        if one.get("id") and not one.get("coHost") and str(one.get("email")).lower() not in wanted
    ]


def _new_times(shown: Mapping[str, Any], request: MeetingRequest, now: datetime) -> dict[str, Any]:
    begins = moment(shown.get("start"))
    # As it was when its present times were sent: of a series that has begun, from that occurrence on.
    known = times(request, min(begins or now, now))
    if known is not None and _is(shown, known):
        return {}
    wanted = times(request, now)
    if wanted is None or wanted.bent == "under_way":
        return {}
    rule: dict[str, Any] = (
        {"recurrence": wanted.rule or None} if wanted.rule or shown.get("recurrence") else {}
    )
    return {**_timing(wanted), **rule}


def _is(shown: Mapping[str, Any], known: Times) -> bool:
    return (
        (moment(shown.get("start")), moment(shown.get("end"))) == (known.start, known.end)
        and shown.get("timezone") == known.zone
        and same_rule(str(shown.get("recurrence") or ""), known.rule)
    )


def _timing(when: Times) -> dict[str, str]:
    # With an offset, which is right in the hour that comes twice; the zone is what people see, and what rules count in.
    zone = ZoneInfo(when.zone)
    return {
        "start": _text(when.start.astimezone(zone)),
        "end": _text(when.end.astimezone(zone)),
        "timezone": when.zone,
    }


def _text(moment: datetime) -> str:
    return moment.replace(microsecond=0).isoformat().replace("+00:00", "Z")


def _phones(body: Mapping[str, Any]) -> Iterator[Phone]:
    telephony = body.get("telephony")
    if not isinstance(telephony, dict):
        return
    access, password = telephony.get("accessCode"), body.get("phoneAndVideoSystemPassword")
    numbers = telephony.get("callInNumbers")
    for one in numbers if isinstance(numbers, list) else ():
        if isinstance(one, dict) and one.get("callInNumber"):
            number, first = str(one["callInNumber"]), str(one.get("label") or "").partition(" ")[0]
            country = first if len(first) == 2 and first.isascii() and first.isupper() else ""
            yield Phone(number, country, _tap(number, str(access or ""), str(password or "")))


def _tap(number: str, access: str, password: str) -> str:
    """Return what a telephone dials to be in the meeting, as Webex writes it in its own invitations."""
    digits = re.sub(r"[\s()./-]", "", number)
    if not re.fullmatch(r"\+[0-9]+", digits) or not re.fullmatch(r"[0-9]+", access):
        return ""
    return f"{digits},,*01*{access}#{password if re.fullmatch(r'[0-9]+', password) else ''}#*01*"
