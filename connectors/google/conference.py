"""Google's `conferenceData`, read and written. Sans-I/O.

https://developers.google.com/workspace/calendar/api/guides/create-events#conferencing
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from connectors.model import Meeting, Native, Phone

MEET = "hangoutsMeet"
NAME = "Google Meet"
PARAMETER = "huddled"  # in the parameters of conference data that we wrote ourselves

_KEY = re.compile(r"(hd[0-9a-v]{16})(?:-[0-9]+)?", re.ASCII)
_LONGEST = {"uri": 1300, "code": 128, "label": 512}  # characters that Google takes


def native(item: Mapping[str, Any]) -> Native | None:
    """Read the conference of an event, Google's own or a third party's; None where it has none."""
    data = _mapping(item.get("conferenceData"))
    request = _mapping(data.get("createRequest"))
    solution = _mapping(_mapping(data.get("conferenceSolution")).get("key")) or _mapping(
        request.get("conferenceSolutionKey")
    )
    url = str(_entry(data, "video").get("uri") or item.get("hangoutLink") or "")
    if not solution and not url:
        return None
    meet = solution.get("type") == MEET or (not solution and "meet.google.com" in url)
    return Native(
        service="meet" if meet else "other",
        state=_state(request, url),
        join_url=url,
        id=str(data.get("conferenceId") or ""),
        key=key_of(str(request.get("requestId") or "")) or _own_parameter(data),
    )


def key_of(request_id: str) -> str:
    """Return our key of a request id: `hd…` or, after failures, `hd…-2`; "" where it is somebody else's."""
    found = _KEY.fullmatch(request_id)
    return found[1] if found else ""


def request_id(key: str, item: Mapping[str, Any]) -> str:
    """Return the request id to ask for a Meet with: the key, or the next one after a failure.

    The same id is never tried twice by Google, so that a failed request needs a new one.
    """
    asked = _mapping(_mapping(item.get("conferenceData")).get("createRequest"))
    last = str(asked.get("requestId") or "")
    if key_of(last) != key or _mapping(asked.get("status")).get("statusCode") != "failure":
        return key
    return f"{key}-{int(last.partition('-')[2] or 1) + 1}"


def meet(item: Mapping[str, Any], host: str) -> Meeting:
    """Read the Meet of an event as a meeting."""
    data = _mapping(item.get("conferenceData"))
    phones = [entry for entry in _entries(data) if entry.get("entryPointType") == "phone"]
    found = native(item)
    return Meeting(
        service="meet",
        name=NAME,
        id=found.id if found else "",
        join_url=found.join_url if found else "",
        host=host,
        code=found.id if found else "",
        phone_passcode=str(phones[0].get("pin") or "") if phones else "",
        phones=tuple(Phone(_number(entry), str(entry.get("regionCode") or "")) for entry in phones),
        native=True,
    )


def create_meet(request: str) -> dict[str, Any]:
    """Ask for a Meet."""
    return {"createRequest": {"requestId": request, "conferenceSolutionKey": {"type": MEET}}}


def third_party(meeting: Meeting, key: str) -> dict[str, Any] | None:
    """Write another service's meeting as conference data, None where it does not fit into Google's limits."""
    if (
        len(meeting.join_url) > _LONGEST["uri"]
        or max(len(meeting.code), len(meeting.passcode)) > _LONGEST["code"]
    ):
        return None
    video = {"entryPointType": "video", "uri": meeting.join_url, **_codes(meeting.code, meeting.passcode)}
    return {
        "conferenceSolution": {"key": {"type": "addOn"}, "name": meeting.name},
        "conferenceId": meeting.id,
        "entryPoints": [
            video,
            *(_phone(phone, meeting) for phone in meeting.phones if _digits(phone.number)),
        ],
        "parameters": {"addOnParameters": {"parameters": {PARAMETER: key}}},
    }


def _state(request: Mapping[str, Any], url: str) -> Literal["pending", "ready", "failed"]:
    status = _mapping(request.get("status")).get("statusCode")
    if url and status != "pending":
        return "ready"
    if status == "failure":
        return "failed"
    return "pending" if request else "ready"


def _own_parameter(data: Mapping[str, Any]) -> str:
    on = _mapping(_mapping(data.get("parameters")).get("addOnParameters"))
    return key_of(str(_mapping(on.get("parameters")).get(PARAMETER) or ""))


def _phone(phone: Phone, meeting: Meeting) -> dict[str, Any]:
    code = _digits(meeting.code)
    entry = {
        "entryPointType": "phone",
        "uri": f"tel:+{_digits(phone.number)}" + (f",,{code}#" if code else ""),
        "label": phone.number[: _LONGEST["label"]],
        **_codes(meeting.code, meeting.phone_passcode),
    }
    return entry | ({"regionCode": phone.country} if phone.country else {})


def _codes(code: str, passcode: str) -> dict[str, str]:
    return {name: value for name, value in (("meetingCode", code), ("passcode", passcode)) if value}


def _number(entry: Mapping[str, Any]) -> str:
    return str(entry.get("label") or str(entry.get("uri") or "").removeprefix("tel:").partition(",")[0])


def _entry(data: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    return next((entry for entry in _entries(data) if entry.get("entryPointType") == kind), {})


def _entries(data: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    entries = data.get("entryPoints")
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []


def _digits(text: str) -> str:
    return re.sub(r"[^0-9]", "", text)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
