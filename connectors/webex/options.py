"""Meeting settings as Webex spells them, on create and on update alike.

The lobby is for those whom the meeting does not list as invited. Whether cameras are on at the start is nothing
that Webex can be told, nor where a recording is kept other than at Webex.
https://developer.webex.com/docs/api/v1/meetings/create-a-meeting
"""

from __future__ import annotations

from typing import Final

from connectors.overrides import Table

_LOBBY: Final = ("unlockedMeetingJoinSecurity",)
_MUTED: Final = ("audioConnectionOptions", "muteAttendeeUponEntry")
_RECORDED: Final = ("enabledAutoRecordMeeting",)

TABLE: Final[Table] = {
    ("waiting_room", True): (_LOBBY, "allowJoinWithLobby"),
    ("waiting_room", False): (_LOBBY, "allowJoin"),
    **{("join_before_host", on): (("enabledJoinBeforeHost",), on) for on in (True, False)},
    **{("mute_on_entry", on): (_MUTED, on) for on in (True, False)},
    ("recording", "none"): (_RECORDED, False),
    ("recording", "cloud"): (_RECORDED, True),
}
