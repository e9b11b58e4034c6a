"""The list of a user's meetings: which ones count, in which pages, and how late new ones appear.

https://developers.zoom.us/docs/api/meetings/#tag/meetings/GET/users/{userId}/meetings
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sandbox.zoom.answers import item
from sandbox.zoom.errors import bad_parameter
from sandbox.zoom.model import INSTANT, Meeting, Person
from sandbox.zoom.room import Account, Page
from sandbox.zoom.times import zone

TOKEN_LIFE: Final = timedelta(minutes=15)
KEPT: Final = timedelta(days=30)
KEPT_SERIES: Final = timedelta(days=365)
HALF_YEAR: Final = timedelta(days=183)
KNOWN: Final = frozenset({"type", "page_size", "next_page_token", "page_number", "from", "to", "timezone"})
KINDS: Final = frozenset({"scheduled", "live", "upcoming", "upcoming_meetings", "previous_meetings"})


@dataclass(frozen=True, slots=True)
class Query:
    """What a list request asks for, checked."""

    kind: str
    size: int
    first: date | None
    last: date | None
    timezone: str
    token: str

    def key(self, person: Person) -> tuple[str, ...]:
        """Return what must stay the same from page to page."""
        return (person.id, self.kind, str(self.size), str(self.first), str(self.last), self.timezone)


def query(parameters: Mapping[str, str], default_timezone: str) -> Query:
    """Check the query parameters; raise Refused (300) for one that is wrong or unknown."""
    for name in parameters:
        if name not in KNOWN:
            raise bad_parameter(name)
    kind = parameters.get("type", "scheduled")
    if kind not in KINDS:
        raise bad_parameter("type")
    size = parameters.get("page_size", "30")
    if not size.isdigit() or not 1 <= int(size) <= 300:
        raise bad_parameter("page_size")
    timezone = parameters.get("timezone", default_timezone)
    if zone(timezone) is None:
        raise bad_parameter("timezone")
    first, last = _day(parameters, "from"), _day(parameters, "to")
    return Query(kind, int(size), first, last, timezone, parameters.get("next_page_token", ""))


def page(account: Account, person: Person, wanted: Query) -> dict[str, Any]:
    """Answer one page; raise Refused (300) for a page token that is stale or belongs to another request."""
    ids, total = _ids(account, person, wanted)
    now, rest = account.world.now(), ids[wanted.size :]
    token = ""
    if rest:
        token = account.world.token(length=36)
        account.pages[token] = Page(wanted.key(person), rest, total, now + TOKEN_LIFE)
    meetings = [item(account.meetings[one]) for one in ids[: wanted.size] if one in account.meetings]
    return {
        "page_size": wanted.size,
        "total_records": total,
        "next_page_token": token,
        "meetings": meetings,
    }


def _ids(account: Account, person: Person, wanted: Query) -> tuple[tuple[int, ...], int]:
    if not wanted.token:
        ids = tuple(
            m.id for m in account.meetings.values() if m.host.id == person.id and _listed(account, m, wanted)
        )
        return ids, len(ids)
    kept = account.pages.get(wanted.token)
    if kept is None or kept.expires <= account.world.now() or kept.query != wanted.key(person):
        raise bad_parameter("next_page_token")
    return kept.rest, kept.total


def _listed(account: Account, meeting: Meeting, wanted: Query) -> bool:
    now = account.world.now()
    fresh = now - meeting.created < timedelta(seconds=account.world.modes.zoom_list_lag)
    if fresh or meeting.webinar or meeting.type == INSTANT:
        return False
    return _of_kind(meeting, wanted.kind, now) and _within(meeting, wanted)


def _of_kind(meeting: Meeting, kind: str, now: datetime) -> bool:
    if meeting.start is None or meeting.occurrences:
        return kind not in ("live", "previous_meetings") and now < meeting.created + KEPT_SERIES
    end = meeting.start + timedelta(minutes=meeting.duration or 0)
    match kind:
        case "scheduled":
            return now < end + KEPT
        case "live":
            return False  # nobody ever opens a meeting here
        case "previous_meetings":
            return now - HALF_YEAR < end <= now
        case _:
            return now < end < now + HALF_YEAR


def _within(meeting: Meeting, wanted: Query) -> bool:
    """Compare days in the asked zone; a meeting without a time is in every span."""
    if meeting.start is None:
        return True
    starts = [one.start for one in meeting.occurrences] or [meeting.start]
    days = [start.astimezone(ZoneInfo(wanted.timezone)).date() for start in starts]
    return any((wanted.first or day) <= day <= (wanted.last or day) for day in days)


def _day(parameters: Mapping[str, str], name: str) -> date | None:
    try:
        return date.fromisoformat(parameters[name]) if name in parameters else None
    except ValueError:
        raise bad_parameter(name) from None
