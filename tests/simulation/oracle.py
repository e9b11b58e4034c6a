"""What must be true once all is quiet: judged by what people meant, not by the daemon's own decision."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

from connectors.model import Conference
from daemon.look import look, owed_at
from daemon.plan import settled
from store import calendars, conferences, events
from tests.simulation.people import People
from tests.simulation.story import KEYWORD, MARKER, OURS, URL, Story, asked, link, source, without_keyword
from tests.simulation.world import WINDOW, ModelOutside, World


def problems(world: World, people: People) -> list[str]:
    """Return everything that is not as it should be."""
    found = [f"{story.item.name}: {what}" for story in people.stories for what in _event(world, people, story)]
    found += _orphans(world, people)
    found += _owed(world)
    found += _picture(world)
    return found


def expected(world: World, people: People, story: Story) -> str | None:
    """Say which service the event must have, "" for none; None where people left it open."""
    item, known = story.item, people.record(story)
    if not item.alive or story.departed:
        return ""
    if item.ends is not None and item.ends <= world.utc():
        return None
    if story.series is not None:
        shared = expected(world, people, story.series)
        if shared != "":
            return "" if shared else None
        if story.series.opted and asked(story):
            return None
    service = asked(story)
    here = known is not None and known.state == "live"
    far = item["start"] > world.utc() + WINDOW and not (item["recurrence"] and story.series is None)
    foreign = story.foreign or (story.series.foreign and "later" if story.series else "")
    if not service or story.opted == "sure" or (foreign == "always" and not here):
        return ""
    if story.lost and here is False and source(story).startswith("location") and not KEYWORD.search(item["location"]):
        return ""  # its meeting was lost while nothing spoke for a new one, and with it the consumed keyword
    if story.opted == "maybe" or foreign or far or (story.moved and item["native"]):
        return service if here else ""
    if story.copied and item["native"] is not None and not here:
        return None
    return service


def _event(world: World, people: People, story: Story) -> Iterator[str]:
    """Check one event."""
    service = expected(world, people, story)
    if service is None or story.departed or not story.item.alive:
        return
    yield from _service(world, people, story, service)
    yield from _texts(story, service)
    if story.steady and len(story.shown) > 1:
        yield f"its link changed for no reason: {story.shown}"


def _service(world: World, people: People, story: Story, service: str) -> Iterator[str]:
    item, url, known = story.item, link(story.item), people.record(story)
    native, block = item["native"], OURS.search(item["description"])
    ours = native is not None and bool(native.key)
    if len(MARKER.findall(item["description"])) not in {0, 2} and (service or not (story.series or story.copied)):
        yield f"more or less than one block: {item['description']!r}"
    if not service:
        if (url or block or ours) and not story.series and not story.copied and not (story.moved and ours):
            yield f"it should have no conference ({source(story)!r} asks, opted {story.opted!r}) but shows {url!r}"
        return
    if known is None or known.service != service or known.state != "live":
        yield f"{source(story)!r} asks for {service}, but it has {known and (known.state, known.service)}"
    elif not url:
        yield f"{source(story)!r} asks for {service}, but it shows no link"
    elif service == "meet":
        yield from _meet(story, known)
    elif block is None or block["key"] != known.key or (native is not None and native.key):
        yield f"its block is not that of {known.key}: {item['description']!r}, {native}"
    elif service == "static" and url != f"https://video.example.com/{known.key}":
        yield f"its link is {url}"
    elif service == "zoom":
        yield from _zoom(world, story, known)


def _meet(story: Story, known: Conference) -> Iterator[str]:
    native = story.item["native"]
    if native is None or native.state != "ready" or native.key != known.key:
        yield f"its Meet is {native}, not that of {known.key}"
    if OURS.search(story.item["description"]):
        yield "it has a Meet and a block"


def _zoom(world: World, story: Story, known: Conference) -> Iterator[str]:
    item, url = story.item, link(story.item)
    rooms = [room for room in world.zoom.rooms.values() if room.url == url]
    if not rooms or not rooms[0].alive:
        yield f"its link {url} leads nowhere"
        return
    made = rooms[0].made
    host = item.organizer if "group" not in item.organizer else None
    series = bool(item["recurrence"]) and story.series is None
    minutes = -((item["start"] - item["end"]) // timedelta(minutes=1))
    guests = tuple(sorted(set(item["attendees"]) - {item.organizer}))
    title = " ".join(KEYWORD.sub("", item["title"]).split())
    wanted = (title, None if series else item["start"], 0 if series else minutes, series, guests)
    shown = (made.title, made.start, made.minutes, made.recurring, made.invitees)
    if wanted != shown:
        yield f"its meeting is {shown}, not {wanted}"
    if rooms[0].key != known.key or (host and made.host != host):
        yield f"its meeting {rooms[0].key} of {made.host} is not that of {known.key} of {host}"
    if rooms[0].passcode not in OURS.search(item["description"])["body"]:
        yield "its passcode is not on the event"


def _texts(story: Story, service: str) -> Iterator[str]:
    """Compare what is outside our block with what people wrote, byte by byte."""
    item = story.item
    if story.series is not None and "description" not in story.item.fields:
        return
    if story.series is not None and story.series.loose and not service:
        return
    seen = OURS.sub("", item["description"])
    if story.loose:
        same = "".join(re.sub("<br>", " ", seen).split()) == "".join(re.sub("<br>", " ", story.notes).split())
    else:
        same = seen == story.notes
    if not same:
        yield f"people's text was changed: {seen!r} instead of {story.notes!r}"
    if (story.copied and not service) or (story.series is not None and "location" not in item.fields):
        return
    place, url = item["location"], link(item) if service else ""
    if without_keyword(place) != without_keyword(story.place):
        yield f"the location was changed: {place!r} instead of {story.place!r}"
    if (strangers := set(URL.findall(place)) - {url}) and not story.copied:
        yield f"the location still has {strangers}"
    if url and service != "meet" and not story.cleared and not story.series:
        if without_keyword(story.place) == "" and story.place == "" and place != url:
            yield f"the location should be {url}, not {place!r}"
        if source(story).startswith("location") and url not in place:
            yield f"the keyword in the location should have become {url}: {place!r}"


def _orphans(world: World, people: People) -> Iterator[str]:
    """Find meetings that no event shows, and events that share one."""
    shown = Counter(
        link(story.item)
        for story in people.stories
        if story.item.alive and not story.series and not (story.copied and people.record(story) is None)
    )
    known = {record.key: record for _, _, record in conferences.all_of_service(world.conn)}
    for room in world.zoom.rooms.values():
        record = known.get(room.key)
        if not room.alive:
            continue
        if record is None or record.meeting is None or record.meeting.id != room.id:
            yield f"meeting {room.id} of {room.key} is an orphan"
        elif shown[room.url] > 1:
            yield f"{shown[room.url]} events show {room.url}"
    for key, record in known.items():
        if record.state not in {"live", "declined"}:
            yield f"the conference {key} is still {record.state}"


def _owed(world: World) -> Iterator[str]:
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


def _picture(world: World) -> Iterator[str]:
    """Compare what the daemon believes of each event with what the calendar holds."""
    for calendar in calendars.watched(world.conn):
        for item in world.calendars.of(calendar.info.remote):
            snapshot = events.get(world.conn, calendar.id, item.id)
            over = item.ends is not None and item.ends <= world.utc()
            truth = world.calendars.read(item) if item.alive else None
            if (snapshot and snapshot.event) != truth and not over:
                yield f"{item.name} is believed to be {snapshot and snapshot.event}, but is {truth}"
