"""Meeting settings as Zoom spells them, on create and on update alike.

https://developers.zoom.us/docs/api/meetings/#tag/meetings/POST/users/{userId}/meetings
"""

from __future__ import annotations

from typing import Final

from connectors.overrides import Table

_FLAGS: Final = {
    "waiting_room": "waiting_room",
    "join_before_host": "join_before_host",
    "mute_on_entry": "mute_upon_entry",
    "host_video": "host_video",
    "guest_video": "participant_video",
}

TABLE: Final[Table] = {
    **{(name, on): (("settings", word), on) for name, word in _FLAGS.items() for on in (True, False)},
    **{("recording", where): (("settings", "auto_recording"), where) for where in ("none", "local", "cloud")},
}
