"""How meetings, invitees and people look in Webex's answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sandbox.webex import settings
from sandbox.webex.model import Invitee, Meeting, Person

CALL_IN: Final = (
    {"label": "Germany Toll", "callInNumber": "+49-619-6781-9736", "tollType": "toll"},
    {"label": "US Toll", "callInNumber": "+1-650-479-3208", "tollType": "toll"},
)

DEFAULTS: Final[Mapping[str, Any]] = {
    "enabledAutoRecordMeeting": False,
    "allowAnyUserToBeCoHost": False,
    "enabledJoinBeforeHost": False,
    "enableConnectAudioBeforeHost": False,
    "joinBeforeHostMinutes": 0,
    "excludePassword": False,
    "publicMeeting": False,
    "reminderTime": 15,
    "unlockedMeetingJoinSecurity": "allowJoinWithLobby",
    "sessionTypeId": 3,
    "scheduledType": "meeting",
    "enableAutomaticLock": False,
    "allowFirstUserToBeCoHost": False,
    "allowAuthenticatedDevices": False,
    "enabledBreakoutSessions": False,
    "trackingCodes": [],
}
OPTIONS: Final = {
    "enabledChat": True,
    "enabledVideo": True,
    "enabledNote": True,
    "noteType": "allowAll",
    "enabledFileTransfer": False,
    "enabledUCFRichMedia": False,
}
AUDIO: Final = {
    "audioConnectionType": "webexAudio",
    "enabledTollFreeCallIn": False,
    "enabledGlobalCallIn": True,
    "enabledAudienceCallBack": True,
    "entryAndExitTone": "beep",
    "allowHostToUnmuteParticipants": False,
    "allowAttendeeToUnmuteSelf": True,
    "muteAttendeeUponEntry": True,
}


def meeting(
    one: Meeting, client: str, zone: str, now: datetime, *, host: bool, telephony: bool, password: bool
) -> dict[str, Any]:
    """Write a meeting: times in the asked zone, tags of the asking client, the host's key for the host alone."""
    body: dict[str, Any] = {
        "id": one.id,
        "meetingNumber": one.number,
        "title": one.title,
        "meetingType": "meetingSeries",
        "state": "active" if one.end > now or one.recurrence else "expired",
        "timezone": one.timezone,
        "start": _show(one.start, zone),
        "end": _show(one.end, zone),
        "hostUserId": one.host.id,
        "hostDisplayName": one.host.name,
        "hostEmail": one.host.email,
        "siteUrl": one.site,
        "webLink": one.link,
        "sipAddress": f"{one.number}@{one.site}",
        "dialInIpAddress": "173.243.2.68",
        **DEFAULTS,
        "meetingOptions": OPTIONS,
        "audioConnectionOptions": AUDIO,
    }
    if host:
        body["hostKey"] = one.host_key
    if password:
        body |= {"password": one.password, "phoneAndVideoSystemPassword": one.phone_password}
    if telephony:
        body["telephony"] = _telephony(one)
    optional = {"agenda": one.agenda, "recurrence": one.recurrence, "integrationTags": one.tags.get(client)}
    body |= {name: value for name, value in optional.items() if value is not None}
    return settings.merged(body, one.settings)


def invitee(one: Invitee, meeting_id: str) -> dict[str, Any]:
    """Write an invitee."""
    return {
        "id": one.id,
        "email": one.email,
        "displayName": one.name,
        "coHost": one.co_host,
        "meetingId": meeting_id,
        "panelist": False,
    }


def person(one: Person) -> dict[str, Any]:
    """Write a person as GET /people/me answers."""
    first, _, last = one.name.partition(" ")
    return {
        "id": one.id,
        "emails": [one.email],
        "displayName": one.name,
        "firstName": first,
        "lastName": last,
        "type": "person",
    }


def _telephony(one: Meeting) -> dict[str, Any]:
    href = f"/v1/meetings/{one.id}/globalCallinNumbers"
    return {
        "accessCode": one.number,
        "callInNumbers": list(CALL_IN),
        "links": [{"rel": "globalCallinNumbers", "href": href, "method": "GET"}],
    }


def _show(moment: datetime, zone: str) -> str:
    return moment.astimezone(ZoneInfo(zone)).isoformat().replace("+00:00", "Z")
