"""Where a listing of changes goes on: Graph's delta link, and the window that it was made for. Pure.

A link goes on with its window for ever, so that from time to time a new one has to be made.
https://learn.microsoft.com/en-us/graph/delta-query-events
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from connectors.errors import CursorExpired

LIFE = timedelta(hours=24)  # after which the window has moved on far enough to be made anew


@dataclass(frozen=True, slots=True)
class Cursor:
    """A delta link, when its listing began, and what it lists."""

    link: str
    made: datetime
    since: datetime
    until: datetime

    def outdated(self, now: datetime) -> bool:
        """Tell whether it is time for a new window; also where a clock has been put back."""
        return not self.made <= now < self.made + LIFE

    def text(self) -> str:
        """Return the cursor in the form in which it is kept."""
        moments = {"made": self.made, "since": self.since, "until": self.until}
        kept = {"link": self.link} | {name: moment.isoformat() for name, moment in moments.items()}
        return json.dumps(kept, separators=(",", ":"), sort_keys=True)


def parse(text: str) -> Cursor:
    """Read a kept cursor. Raises CursorExpired where it is not one of ours."""
    try:
        kept = json.loads(text)
        return Cursor(_link(kept["link"]), *(_moment(kept[name]) for name in ("made", "since", "until")))
    except (ValueError, TypeError, KeyError) as error:
        raise CursorExpired("the cursor is unreadable", provider="microsoft") from error


def _link(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(value)
    return value


def _moment(value: Any) -> datetime:
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError(value)
    return moment
