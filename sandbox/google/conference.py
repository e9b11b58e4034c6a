"""Conference data: Meet rooms that come at once, late or never, and third-party blocks."""

# https://developers.google.com/workspace/calendar/api/guides/create-events#conferencing

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.google.errors import GoogleError
from sandbox.google.merging import merged

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.google.rows import Calendar
    from sandbox.google.state import Google

Json = dict[str, Any]

ICON = "https://fonts.gstatic.com/s/i/productlogos/meet_2020q4/v6/web-512dp/logo_meet_2020q4_color_2x_web_512dp.png"
SCHEMES = {"video": ("http:", "https:"), "phone": ("tel:",), "sip": ("sip:",), "more": ("http:", "https:")}
CODES = ("meetingCode", "accessCode", "passcode", "password", "pin")
LONGEST_URI = 1300
LONGEST_LABEL = 512
LONGEST_CODE = 128
LONGEST_NOTES = 2048
BAD_TYPE = "Invalid conference type value."
BAD_DATA = "Invalid conference data."


def settled(
    google: Google,
    calendar: Calendar,
    old: Json | None,
    body: Mapping[str, Any],
    *,
    put: bool,
    delegated: bool,
) -> Json | None:
    """Return the conference of an event after a write with conferenceDataVersion=1; `put` replaces all."""
    if "conferenceData" not in body:
        return None if put else old
    asked = body["conferenceData"]
    if asked is None:
        return None
    if _is_request(asked, old):
        return _requested(google, calendar, old, asked["createRequest"], delegated=delegated)
    if put and old is not None and _kind(asked) == "hangoutsMeet":
        raise GoogleError("invalid", BAD_DATA)
    new = merged(old or {}, asked)
    return old if new == (old or {}) else _given(google, old, new)


def _is_request(asked: Mapping[str, Any], old: Json | None) -> bool:
    request = asked.get("createRequest")
    if not request:
        return False
    return "entryPoints" not in asked or request.get("requestId") != _request_id(old)


def _request_id(conference: Mapping[str, Any] | None) -> str | None:
    return ((conference or {}).get("createRequest") or {}).get("requestId")


def _kind(conference: Mapping[str, Any]) -> str | None:
    return ((conference.get("conferenceSolution") or {}).get("key") or {}).get("type")


def _requested(
    google: Google, calendar: Calendar, old: Json | None, request: Mapping[str, Any], *, delegated: bool
) -> Json | None:
    wanted = request.get("requestId")
    if not wanted:
        raise GoogleError("required", "Missing conference request id.")
    kind = (request.get("conferenceSolutionKey") or {}).get("type")
    if kind not in calendar.conference_types or not delegated:
        raise GoogleError("invalid", BAD_TYPE)
    if wanted == _request_id(old):
        return old
    mode = google.world.modes.meet
    if mode == "success":
        return room(google, wanted)
    return {"createRequest": _request(wanted, "failure" if mode == "failure" else "pending")}


def _request(request_id: str, status: str) -> Json:
    return {
        "requestId": request_id,
        "conferenceSolutionKey": {"type": "hangoutsMeet"},
        "status": {"statusCode": status},
    }


def room(google: Google, request_id: str) -> Json:
    """Return the Meet room of a request: the same id has the same room, on whichever event."""
    if request_id not in google.meet_codes:
        letters = "".join(google.world.random.choices("abcdefghijkmnopqrstuvwxyz", k=10))
        google.meet_codes[request_id] = f"{letters[:3]}-{letters[3:7]}-{letters[7:]}"
    code = google.meet_codes[request_id]
    pin = str(google.world.random.randrange(10**8, 10**9))
    return {
        "createRequest": _request(request_id, "success"),
        "entryPoints": [
            {
                "entryPointType": "video",
                "uri": f"https://meet.google.com/{code}",
                "label": f"meet.google.com/{code}",
            },
            {"entryPointType": "more", "uri": f"https://tel.meet/{code}?pin={pin}0000", "pin": f"{pin}0000"},
            {
                "entryPointType": "phone",
                "regionCode": "US",
                "uri": "tel:+1-555-010-0199",
                "label": "+1 555-010-0199",
                "pin": pin,
            },
        ],
        "conferenceSolution": {"key": {"type": "hangoutsMeet"}, "name": "Google Meet", "iconUri": ICON},
        "conferenceId": code,
    }


def awaited(conference: Mapping[str, Any] | None) -> str | None:
    """Return the id of the request that is still pending, None when none is."""
    request = (conference or {}).get("createRequest") or {}
    pending = (request.get("status") or {}).get("statusCode") == "pending"
    return request["requestId"] if pending else None


def _given(google: Google, old: Json | None, new: Json) -> Json | None:
    kind = _kind(new)
    if kind is None:
        # Reported: a block without key.type is dropped without a word.
        return old
    if kind == "hangoutsMeet":
        if new.get("conferenceId") not in google.meet_codes.values():
            raise GoogleError("invalid", BAD_DATA)
    elif kind != "addOn":
        raise GoogleError("invalid", BAD_TYPE)
    elif google.world.modes.addon == "reject_400":
        raise GoogleError("invalid", BAD_DATA)
    elif google.world.modes.addon == "drop_silently":
        return old
    _check_points(new.get("entryPoints") or [])
    if len(new.get("notes") or "") > LONGEST_NOTES:
        raise GoogleError("invalid", BAD_DATA)
    return new


def _check_points(points: list[Json]) -> None:
    kinds = [point.get("entryPointType") for point in points]
    single = all(kinds.count(kind) <= 1 for kind in ("video", "sip", "more"))
    if not points or not single or set(kinds) == {"more"} or not all(_is_point(point) for point in points):
        raise GoogleError("invalid", BAD_DATA)


def _is_point(point: Mapping[str, Any]) -> bool:
    kind, uri = point.get("entryPointType"), point.get("uri") or ""
    return (
        kind in SCHEMES
        and uri.startswith(SCHEMES[kind])
        and len(uri) <= LONGEST_URI
        and len(point.get("label") or "") <= LONGEST_LABEL
        and (kind != "more" or not point.get("label"))
        and all(len(point.get(code) or "") <= LONGEST_CODE for code in CODES)
    )
