"""What Webex is asked for after it has refused a meeting: one without what the meeting is as good without."""

from __future__ import annotations

from dataclasses import dataclass, replace

from connectors.model import MeetingSettings
from connectors.overrides import objected, stated
from connectors.webex.options import TABLE


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What a body has, and has not, of what a meeting is as good without."""

    invited: bool = False  # its invitees are in it
    settings: frozenset[str] = frozenset()  # these are not


def milder_than(before: LeftOut, settings: MeetingSettings, words: str) -> LeftOut:
    """Return what to leave out next: what the refusal names, else the invitees, else all settings.

    The same as before where there is nothing more to leave out.
    """
    named = objected(settings, TABLE, words)
    if named and not before.settings:
        return replace(before, settings=named)
    if before.invited:
        return replace(before, invited=False)
    return LeftOut(settings=frozenset(stated(settings)))
