"""What must not be left once all is quiet: meetings of nobody, work, and a wrong picture of the calendars."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from connectors.model import Conference
from daemon.look import look, owed_at
from daemon.plan import settled
from store import calendars, conferences, events
from store.calendars import calendar_id
from store.codec import load
from tests.simulation.calendar import Item
from tests.simulation.people import People
from tests.simulation.story import link
from tests.simulation.world import ModelOutside, World


def orphans(world: World, people: People) -> Iterator[str]:
    """Find meetings that no event shows, and events that share one."""
    now = world.utc()
    over = {story.item.id for story in people.stories if story.item.ends and story.item.ends <= now}
    shown = Counter(
        link(story.item)
        for story in people.stories
        if story.item.alive and not story.series and story.item.id not in over
        if not story.copied or people.record(story)
    )
    rows = world.conn.execute("SELECT record FROM conferences").fetchall()
    known = {one.key: one for one in (load(Conference, row["record"], "conferences") for row in rows)}
    for room in world.zoom.rooms.values():
        record = known.get(room.key)
        if not room.alive:
            continue
        if record is None or record.meeting is None or record.meeting.id != room.id:
            yield f"meeting {room.id} of {room.key} is an orphan"
        elif shown[room.url] > 1:
            yield f"{shown[room.url]} events show {room.url}"
    for key, record in known.items():
        if record.state not in {"live", "declined"} and record.request.at.event not in over:
            yield f"the conference {key} is still {record.state}"


def owed(world: World) -> Iterator[str]:
    """Look for work that is left, and for events that are not as the decision wants them."""
    now = world.now()
    for row in world.conn.execute("SELECT * FROM work WHERE owner IS NOT NULL OR due_at <= ?", (now,)):
        yield f"owed: {dict(row)}"
    outside = ModelOutside(world, world.born_last())
    for calendar in calendars.watched(world.conn):
        names = {snapshot.event.ref.event for snapshot in events.of_calendar(world.conn, calendar.id)}
        for name in sorted(names | set(conferences.of_calendar(world.conn, calendar.id))):
            seen = look(world.conn, calendar.id, name, outside.policy)
            if seen is None or not settled(seen.event, seen.known, seen.policy):
                yield f"{calendar.info.remote}/{name} is not settled: {seen and seen.known}"
            elif (at := owed_at(seen, now)) is not None and at <= now:
                yield f"{calendar.info.remote}/{name} is owed something that nobody rang for"


def believed_over(world: World, item: Item) -> bool:
    """Whether the daemon has last seen an event that is over by now: such a one may be gone unnoticed."""
    snapshot = events.get(world.conn, calendar_id("google", item.calendar), item.id)
    return bool(snapshot and snapshot.event.ends and snapshot.event.ends <= world.utc())


def of_another(world: World, item: Item) -> bool:
    """Whether the mark on an event is that of an event elsewhere, of whose going the daemon cannot know."""
    if item["mark"] is None:
        return False
    sql = "SELECT count(*) FROM conferences WHERE key = ? AND calendar <> ?"
    found = world.conn.execute(sql, (item["mark"].key, calendar_id("google", item.calendar)))
    return bool(found.fetchone()[0])


def picture(world: World) -> Iterator[str]:
    """Compare what the daemon believes of each event with what the calendar holds."""
    for calendar in calendars.watched(world.conn):
        for item in world.calendars.of(calendar.info.remote):
            snapshot = events.get(world.conn, calendar.id, item.id)
            over = item.ends is not None and item.ends <= world.utc()
            truth = world.calendars.read(item) if item.alive else None
            if (snapshot and snapshot.event) != truth and not over and not believed_over(world, item):
                yield f"{item.name} is believed to be {snapshot and snapshot.event}, but is {truth}"
