"""Events between Graph's inner form and what mail tells other providers' calendars."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any, Final

from sandbox.invitations import Invitation, Person
from sandbox.microsoft import recurrence
from sandbox.microsoft.merging import place, shelled
from sandbox.microsoft.times import NEVER, iana, zone

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = dict[str, Any]

RESPONSES: Final = {
    "none": "needsAction",
    "notResponded": "needsAction",
    "organizer": "accepted",
    "accepted": "accepted",
    "tentativelyAccepted": "tentative",
    "declined": "declined",
}
FROM_RESPONSES: Final = {
    "needsAction": "none",
    "accepted": "accepted",
    "tentative": "tentativelyAccepted",
    "declined": "declined",
}
DAYS: Final = {name[:2].upper(): name for name in recurrence.DAYS}
CODES: Final = {name: code for code, name in DAYS.items()}


def invitation(
    whole: Mapping[str, Any], email: str, original: datetime | None, *, cancelled: bool
) -> Invitation:
    """Return an event as mail tells it to a guest."""
    named = whole["organizer"]["emailAddress"]
    return Invitation(
        to=email,
        uid=whole["uid"],
        organizer=Person(named["address"], named["name"], "accepted"),
        title=whole["subject"],
        text=whole["body"]["content"],
        html=whole["body"]["contentType"] == "html",
        location=whole["location"]["displayName"],
        start=whole["start"],
        end=whole["end"],
        zone=iana(whole["startZone"]),
        all_day=whole["isAllDay"],
        recurrence=_rules(whole),
        original=original,
        attendees=tuple(
            Person(
                guest["emailAddress"]["address"].lower(),
                guest["emailAddress"]["name"],
                RESPONSES[guest["status"]["response"]],
                optional=guest["type"] == "optional",
            )
            for guest in whole["attendees"]
        ),
        cancelled=cancelled,
    )


def _rules(whole: Mapping[str, Any]) -> tuple[str, ...]:
    if not whole["recurrence"]:
        return ()
    pattern, span = whole["recurrence"]["pattern"], whole["recurrence"]["range"]
    kind = pattern["type"]
    rule = {
        "FREQ": re.sub("absolute|relative", "", kind).upper(),
        "INTERVAL": str(pattern["interval"]) if pattern["interval"] > 1 else "",
        "BYMONTH": str(pattern["month"] or ""),
        "BYMONTHDAY": str(pattern["dayOfMonth"] or "") if kind.startswith("absolute") else "",
        "BYDAY": ",".join(CODES[day] for day in pattern.get("daysOfWeek", ())),
        "BYSETPOS": str(recurrence.INDEX[pattern["index"]]) if kind.startswith("relative") else "",
        "WKST": CODES[pattern["firstDayOfWeek"]] if kind == "weekly" else "",
        "COUNT": str(span["numberOfOccurrences"] or ""),
        "UNTIL": _until(whole, span["endDate"]) if span["type"] == "endDate" else "",
    }
    lines = ["RRULE:" + ";".join(f"{name}={value}" for name, value in rule.items() if value)]
    starts = [recurrence.start_on(whole, date.fromisoformat(day)) for day in whole["cancelled"]]
    form = "%Y%m%d" if whole["isAllDay"] else "%Y%m%dT%H%M%SZ"
    kind = "EXDATE;VALUE=DATE" if whole["isAllDay"] else "EXDATE"
    return (*lines, *(f"{kind}:{start.strftime(form)}" for start in starts if start))


def _until(whole: Mapping[str, Any], day: str) -> str:
    if whole["isAllDay"]:
        return day.replace("-", "")
    last = datetime.combine(date.fromisoformat(day), time(23, 59, 59), recurrence.home(whole))
    return last.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def told(mail: Invitation) -> Json:
    """Return what mail tells of another provider's event, as a guest's copy holds it."""
    where = place({"displayName": mail.location} if mail.location else {})
    whole: Json = {
        "subject": mail.title,
        "body": {"contentType": "html", "content": shelled(mail.text if mail.html else _marked(mail.text))},
        "start": mail.start.astimezone(UTC),
        "end": mail.end.astimezone(UTC),
        "startZone": mail.zone,
        "endZone": mail.zone,
        "isAllDay": mail.all_day,
        "location": where,
        "locations": [where] if mail.location else [],
        "uid": mail.uid,
        "organizer": {"emailAddress": {"name": mail.organizer.name, "address": mail.organizer.email}},
        "attendees": [_guest(person) for person in mail.attendees],
        "recurrence": None,
        "cancelled": (),
    }
    if mail.recurrence:
        whole["recurrence"] = _pattern(mail)
        whole["cancelled"] = _struck(mail)
    return whole


def _marked(text: str) -> str:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return escaped.replace("\r\n", "\n").replace("\n", "<br>\r\n")


def _guest(person: Person) -> Json:
    return {
        "type": "optional" if person.optional else "required",
        "status": {"response": FROM_RESPONSES[person.response], "time": NEVER},
        "emailAddress": {"name": person.name or person.email, "address": person.email},
    }


def _pattern(mail: Invitation) -> Json:
    line = next(line for line in mail.recurrence if line.startswith("RRULE"))
    rule = dict(part.split("=", 1) for part in line.partition(":")[2].split(";"))
    local = mail.start.astimezone(UTC if mail.all_day else zone(mail.zone) or UTC)
    span: Json = {"type": "noEnd"}
    if "COUNT" in rule:
        span = {"type": "numbered", "numberOfOccurrences": int(rule["COUNT"])}
    elif "UNTIL" in rule:
        day = rule["UNTIL"]
        span = {"type": "endDate", "endDate": f"{day[:4]}-{day[4:6]}-{day[6:8]}"}
    pattern = {"interval": int(rule.get("INTERVAL", "1")), **_kind(rule, local)}
    return recurrence.settled(
        {"pattern": pattern, "range": span}, mail.start, mail.zone, all_day=mail.all_day
    )


def _kind(rule: Mapping[str, str], start: datetime) -> Json:
    days = re.findall(r"(-?\d)?([A-Z]{2})", rule.get("BYDAY", ""))
    names = [DAYS[code] for _, code in days] or [f"{start:%A}".lower()]
    position = rule.get("BYSETPOS") or (days[0][0] if days else "")
    index = {str(number): name for name, number in recurrence.INDEX.items()}.get(position)
    month = int(rule.get("BYMONTH", start.month))
    relative, absolute = (
        {"daysOfWeek": names, "index": index},
        {"dayOfMonth": int(rule.get("BYMONTHDAY", start.day))},
    )
    match rule["FREQ"]:
        case "DAILY":
            return {"type": "daily"}
        case "WEEKLY":
            return {"type": "weekly", "daysOfWeek": names}
        case "MONTHLY":
            return (
                {"type": "relativeMonthly", **relative} if index else {"type": "absoluteMonthly", **absolute}
            )
        case _:
            yearly = (
                {"type": "relativeYearly", **relative} if index else {"type": "absoluteYearly", **absolute}
            )
            return yearly | {"month": month}


def _struck(mail: Invitation) -> tuple[str, ...]:
    home = UTC if mail.all_day else zone(mail.zone) or UTC
    days = set()
    for line in mail.recurrence:
        if line.startswith("EXDATE"):
            for text in line.partition(":")[2].split(","):
                moment = datetime.fromisoformat(text)
                local = moment.astimezone(home) if moment.tzinfo else moment
                days.add(local.date().isoformat())
    return tuple(sorted(days))
