"""What people set for single meetings, and what a site lets them set.

https://developer.webex.com/docs/api/v1/meetings/create-a-meeting
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sandbox.webex.errors import invalid
from sandbox.webex.room import Switches

FLAGS: Final = (
    "enabledAutoRecordMeeting allowAnyUserToBeCoHost enabledJoinBeforeHost enableConnectAudioBeforeHost "
    "excludePassword publicMeeting enableAutomaticLock allowFirstUserToBeCoHost allowAuthenticatedDevices "
    "enabledBreakoutSessions"
).split()
AUDIO_FLAGS: Final = (
    "enabledTollFreeCallIn enabledGlobalCallIn enabledAudienceCallBack allowHostToUnmuteParticipants "
    "allowAttendeeToUnmuteSelf muteAttendeeUponEntry"
).split()
CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "unlockedMeetingJoinSecurity": ("allowJoin", "allowJoinWithLobby", "blockFromJoin"),
    "scheduledType": ("meeting", "webinar", "personalRoomMeeting"),
}
AUDIO: Final = "audioConnectionOptions"


def read(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a body; raise Refused for a value that one cannot have."""
    _flags(body, FLAGS)
    for name, choices in CHOICES.items():
        if name in body and body[name] not in choices:
            raise invalid(f"'{name}' should be one of {', '.join(choices)}")
    audio = body.get(AUDIO, {})
    if not isinstance(audio, dict):
        raise invalid(f"'{AUDIO}' should be an object")
    _flags(audio, AUDIO_FLAGS)
    found = {name: body[name] for name in (*FLAGS, *CHOICES) if name in body}
    return found | ({AUDIO: dict(audio)} if audio else {})


def merged(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings with others in their place; of audio, only those that are named."""
    audio = {**before.get(AUDIO, {}), **after.get(AUDIO, {})}
    return {**before, **after} | ({AUDIO: audio} if audio else {})


def allowed(switches: Switches, body: dict[str, Any]) -> dict[str, Any]:
    """Return the body without what is locked, silently; raise Refused for what is refused aloud."""
    given = body.get(AUDIO)
    audio: dict[str, Any] = given if isinstance(given, dict) else {}
    if named := [name for name in (*body, *audio) if name in switches.refused_settings]:
        raise invalid(f"'{named[0]}' is not allowed on this site")
    kept = {name: value for name, value in body.items() if name not in switches.locked_settings}
    if audio:
        kept[AUDIO] = {name: value for name, value in audio.items() if name not in switches.locked_settings}
    return kept


def _flags(given: Mapping[str, Any], names: list[str]) -> None:
    for name in names:
        if not isinstance(given.get(name, False), bool):
            raise invalid(f"'{name}' should be a boolean")
