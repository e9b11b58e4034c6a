"""Reading 10,000 events page by page: what the first, the middle and the last pages cost, against the median of all.

`python -m bench.reading FOLDER EVENTS` reads them all once for each question, through the handlers of the API and a
store on disk, without HTTP around them.
"""

from __future__ import annotations

import sqlite3
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from api.v1.calls import Call, Query
from api.v1.names import held
from api.v1.reading import PAGES
from api.v1.routes import every, table
from bench import asks
from bench.callers import application, furnish, stage
from bench.figures import Report, at_least, at_most, number, spread
from bench.processes import child
from bench.size import Size
from bench.upsert_calls import CALENDAR, OWNER
from connectors.model import Answered, Draft, Event, EventRef, Shown
from store import events, managed
from store.db import SqliteStore
from store.managed import Managed, Wish

ROUNDS = 5
NEAR = 20  # of the pages, one in so many counts as the first, the middle and the last ones
APART = timedelta(minutes=20)  # between two events: ten thousand fill 139 days
FLAT = 1.5
Seconds = Sequence[float]


async def run(size: Size) -> Report:
    """Read all of them some times, and compare the pages with each other."""
    with TemporaryDirectory(prefix="huddled-bench-") as folder:
        async with child("bench.reading", folder, size.read_events) as process:
            rounds = [await process.ask() for _ in range(min(ROUNDS, size.rounds))]
    usual = median(one["all"] for one in rounds)
    firsts, middles, lasts = (
        median(one[place] / one["all"] for one in rounds) for place in ("first", "middle", "last")
    )
    return Report(
        (
            at_most(
                "reading_first_page_ratio",
                median(one["opening"] / one["all"] for one in rounds),
                None,
                "pages",
            ),
            at_most("reading_first_pages_ratio", firsts, FLAT, "of the median page"),
            at_most("reading_middle_pages_ratio", middles, FLAT, "of the median page"),
            at_most("reading_last_pages_ratio", lasts, FLAT, "of the median page"),
            at_least(
                "reading_events_per_second",
                size.read_events / median(one["took"] for one in rounds),
                None,
                "/s",
            ),
        ),
        (
            f"{number(rounds[0]['pages'])} pages of {size.read_events} events, every second one managed",
            f"a page takes {spread([one['all'] for one in rounds], 1000)} ms, its median {number(usual * 1000)} ms",
            f"the very first, which counts them: {spread([one['opening'] for one in rounds], 1000)} ms",
        ),
    )


@asynccontextmanager
async def furnished(folder: Path, count: int) -> AsyncIterator[SqliteStore]:
    """Keep that many events, half of them managed by the application."""
    store = SqliteStore(str(folder / "huddled.db"))
    await store.tx(furnish)
    began = datetime.now(UTC).replace(microsecond=0)

    def fill(conn: sqlite3.Connection) -> None:
        for turn in range(count):
            _event(conn, turn, began + turn * APART)

    await store.tx(fill)
    try:
        yield store
    finally:
        store.close()


def _event(conn: sqlite3.Connection, number: int, start: datetime) -> None:
    name, end, now = f"event{number:06}", start + timedelta(minutes=30), time.time()
    people = tuple(Answered(f"guest{turn}@bench.example", f"Guest {turn}") for turn in range(3))
    text = "Agenda:\n1. What we have\n2. What we want\n3. Who does it"
    shown = Shown(start, start, "Bench", people, "accepted", text=text)
    bare = Event(
        EventRef(OWNER, name), "1", name, f"Review {number}", "", text, text, start, end, "Europe/Berlin"
    )
    given = replace(bare, ends=end, shown=shown)
    events.save_read(conn, CALENDAR, given, now)
    if number % 2:
        draft = Draft(given.title, start, end, text)
        wish = Managed.wanted(
            managed.fresh_name(), "bench", OWNER, CALENDAR, f"id{number}", name, Wish(draft), now
        )
        managed.upsert(conn, wish, end.timestamp(), now)
        managed.wrote(conn, wish.name, name, 1)


async def read(store: SqliteStore) -> Seconds:
    """Read page after page. Returns what each took."""
    context = stage(store)
    known = table(every(context))
    first, later = known.find("GET", "/v1/events")[0], known.find("GET", f"{PAGES}x")[0]
    query = Query((("tzid", "Etc/UTC"), ("include_managed", "true")))
    call = Call(application(), OWNER, held("read_events"), query=query, base=context.public_url)
    took: list[float] = []
    handler = first.handler
    path: dict[str, str] = {}
    while True:
        began = time.perf_counter()
        answer = await handler(
            Call(call.application, call.account, call.scopes, path, call.query, base=call.base)
        )
        took.append(time.perf_counter() - began)
        url = answer.body["pages"].get("next_page")
        if url is None:
            return took
        handler, path = later.handler, {"token": url.rpartition("/")[2]}


async def main(folder: Path, count: int) -> None:
    """Serve until the parent hangs up."""
    async with furnished(folder, count) as store:

        async def answer(_: asks.Json) -> asks.Json:
            took = await read(store)
            near, half = max(1, len(took) // NEAR), len(took) // 2
            return {
                "pages": len(took),
                "took": sum(took),
                "all": median(took),
                "opening": took[0],
                "first": median(took[:near]),
                "middle": median(took[half : half + near]),
                "last": median(took[-near - 1 : -1] or took[-1:]),  # the very last may be a short one
            }

        await asks.serve({}, answer)


if __name__ == "__main__":
    asks.run(main(Path(sys.argv[1]), int(sys.argv[2])))
