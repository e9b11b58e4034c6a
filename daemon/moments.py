"""When an application wants to be told of an event's beginning or end. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connectors.model import Draft, Event
from connectors.recurrence import next_start

DAY = timedelta(days=1)
TRIES = 3  # occurrences that are tried: midnight is at another time in another zone


@dataclass(frozen=True, slots=True)
class Moment:
    """One wish: to be told at `uri`, so many minutes before or after an event's start or end."""

    uri: str
    side: str  # before | after
    of: str  # event_start | event_end
    minutes: int

    @property
    def place(self) -> int:
        """A number that the same wish has whenever it is made."""
        text = json.dumps([self.uri, self.side, self.of, self.minutes])
        return int.from_bytes(sha256(text.encode()).digest()[:7])

    def shown(self) -> dict[str, Any]:
        """Return it as the application wrote it."""
        return {self.side: self.of, "offset": {"minutes": self.minutes}}


def moments(subscriptions: Sequence[Mapping[str, Any]]) -> Sequence[Moment]:
    """List the moments that subscriptions wish for, each once."""
    found = [
        Moment(one["uri"], side, wish[side], wish["offset"]["minutes"])
        for one in subscriptions
        for wish in one.get("transitions", ())
        for side in ("before", "after")
        if side in wish
    ]
    return list(dict.fromkeys(found))


def due_after(event: Event | Draft, wish: Moment, after: datetime) -> datetime | None:
    """Return the first time after `after` at which the wish falls due; None where there is none.

    A series falls due with each occurrence of its rules.
    """
    length = event.end - event.start
    offset = timedelta(minutes=wish.minutes) * (-1 if wish.side == "before" else 1)
    shift = offset + (length if wish.of == "event_end" else timedelta())
    if not event.recurrence:
        due = _on_the_clock(event, event.start + shift - offset) + offset
        return due if due > after else None
    zone = "UTC" if event.all_day else event.zone
    late = after - shift - (DAY if event.all_day else timedelta())
    for _ in range(TRIES):
        start = next_start(event.start, zone, event.recurrence, late)
        if start is None:
            return None
        due = _on_the_clock(event, start + shift - offset) + offset
        if due > after:
            return due
        late = start
    return None


def _on_the_clock(event: Event | Draft, moment: datetime) -> datetime:
    """Return when a day begins where its people are; anything else is a moment already."""
    if not event.all_day:
        return moment
    try:
        place = ZoneInfo(event.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return moment
    return moment.replace(tzinfo=place).astimezone(UTC)
