"""What huddled has just done, read from its database and put into human words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

from store import conferences, events
from store.conferences import Fact, News
from store.db import connect

WORDS = {
    "reserved": "{detail}",
    "trying again": "looking for what the last attempt has made",
    "meeting made": "meeting made ({detail})",
    "meeting updated": "the meeting follows",
    "meeting lost": "{detail}",
    "changing": "{detail}",
    "leaving": "{detail}",
    "live": "{detail}",
    "details written": "link on the event",
    "details removed": "our lines are off the event",
    "meeting gone": "meeting gone",
    "failed": "did not work, will be tried again: {detail}",
}


@dataclass(slots=True)
class Reader:
    """Reads the news in order. Remembers titles: an event that is gone has none any more."""

    database: Path
    last: int = 0
    titles: dict[tuple[str, str], str] = field(default_factory=dict)

    def read(self) -> Iterator[tuple[datetime, str, str]]:
        """Yield when, to which event and what happened since the last time: one line for each event."""
        with closing(connect(str(self.database), readonly=True)) as conn:
            fresh = conferences.news(conn, self.last)
            self._learn(conn, fresh)
        self.last = max((one.number for one in fresh), default=self.last)
        fresh = sorted(fresh, key=lambda one: (one.calendar, one.event, one.number))
        for where, facts in groupby(fresh, key=lambda one: (one.calendar, one.event)):
            told = [one.fact for one in facts]
            at = datetime.fromtimestamp(told[-1].at, UTC)
            yield at, self.titles.get(where, "an event that is gone"), " → ".join(map(in_words, told))

    def _learn(self, conn: sqlite3.Connection, fresh: Sequence[News]) -> None:
        for one in fresh:
            snapshot = events.get(conn, one.calendar, one.event)
            if snapshot is not None:
                self.titles[one.calendar, one.event] = snapshot.event.title


def in_words(fact: Fact) -> str:
    """Put a fact into human words."""
    words = WORDS.get(fact.what, "{what} {detail}").format(what=fact.what, detail=fact.detail)
    return words.strip() or fact.what
