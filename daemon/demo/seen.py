"""What the demo's audience sees: meetings, calls, mails and the score, as the sandbox shows them. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from daemon.demo.entries import Json, own_entries

WRITES = {"events.insert", "events.patch", "zoom.create", "zoom.update", "zoom.delete"}


def shown(url: str) -> str:
    """Return the link without what opens the door."""
    return url.partition("?")[0]


def at(start: datetime, minutes: int) -> dict[str, Any]:
    """Return the times of an event, as Google takes them."""
    end = start + timedelta(minutes=minutes)
    return {"start": {"dateTime": start.isoformat()}, "end": {"dateTime": end.isoformat()}}


def outlook_at(start: datetime, minutes: int) -> dict[str, Any]:
    """Return the times of an event, as Graph takes them."""
    first = start.astimezone(UTC).replace(tzinfo=None)
    both = {"start": first, "end": first + timedelta(minutes=minutes)}
    return {name: {"dateTime": one.isoformat(), "timeZone": "UTC"} for name, one in both.items()}


def zoom_meetings(state: Json, topic: str | None = None) -> list[Json]:
    """Return the meetings that live at Zoom, all or those of one topic."""
    meetings = state["zoom"]["meetings"]
    return [meeting for meeting in meetings if topic is None or meeting["topic"] == topic]


def meeting_begins(meeting: Json) -> datetime:
    """Return when Zoom believes that the meeting begins."""
    return datetime.fromisoformat(meeting["start_time"])


def writes(calls: Sequence[Json]) -> list[Json]:
    """Return the calls that change something at a provider, tried or done."""
    return [call for call in calls if call["op"] in WRITES]


def before_any(calls: Sequence[Json], mails: Sequence[Json]) -> set[int]:
    """Return the numbers of the mails that are older than any of these calls, and so did not come from them."""
    first = min((datetime.fromisoformat(call["at"]) for call in calls), default=None)
    return {mail["n"] for mail in mails if first is None or datetime.fromisoformat(mail["at"]) < first}


def is_kept(before: str, after: str) -> bool:
    """Whether nothing of a text has changed but that something was put into it, in one piece."""
    pairs = enumerate(zip(before, after, strict=False))
    common = next((at for at, (one, other) in pairs if one != other), min(len(before), len(after)))
    return len(after) >= len(before) and after.endswith(before[common:])


@dataclass(frozen=True, slots=True)
class Score:
    """How the world stands when the story is over."""

    flagged: int
    meetings: int
    orphans: int
    without_link: int
    replaced: int  # Teams links that made way for others
    mails: int  # that huddled's writes led to
    needless: int  # of these
    changes: int
    writes: int

    @property
    def good(self) -> bool:
        """Whether each flagged event has exactly one meeting, and nobody was bothered without need."""
        whole = self.flagged == self.meetings and not self.orphans and not self.without_link
        return whole and not self.replaced and not self.needless and self.writes <= 2 * self.changes


def score(state: Json, mails: Sequence[Json], changes: int, written: int) -> Score:
    """Count what there is: the meetings are Zoom's, and those that calendars have on their events.

    `mails` are those that huddled's writes led to.
    """
    entries = list(own_entries(state))
    links = {entry.link for entry in entries}
    zoom = {meeting["join_url"] for meeting in zoom_meetings(state)}
    native = {entry.native for entry in entries if entry.native}
    wanted = [entry for entry in entries if entry.is_wanted]
    return Score(
        flagged=len(wanted),
        meetings=len(zoom_meetings(state)) + len(native),
        orphans=len(zoom - links),
        without_link=sum(entry.link not in zoom | native for entry in wanted),
        replaced=sum(len(urls) - 1 for urls in state["microsoft"]["teams"].values()),
        mails=len(mails),
        needless=needless(mails),
        changes=changes,
        writes=written,
    )


def needless(mails: Sequence[Json]) -> int:
    """Count the mails beyond the one that Outlook sends each guest of an event that gets its link.

    Graph has no way to write to an event without it; at Google there is one.
    """
    told = Counter((mail["event"], mail["to"]) for mail in mails if mail["provider"] == "microsoft")
    return len(mails) - len(told)
