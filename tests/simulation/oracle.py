"""What must be true once all is quiet: judged by what people meant, not by the daemon's own decision."""

from __future__ import annotations

from collections.abc import Iterator

from tests.simulation import leftovers, shown
from tests.simulation.people import People
from tests.simulation.story import KEYWORD, MARKER, OURS, Story, asked, link, source
from tests.simulation.world import WINDOW, World


def problems(world: World, people: People) -> list[str]:
    """Return everything that is not as it should be."""
    return [
        *(f"{story.item.name}: {what}" for story in people.stories for what in _event(world, people, story)),
        *leftovers.orphans(world, people),
        *leftovers.owed(world),
        *leftovers.picture(world),
    ]


def expected(world: World, people: People, story: Story) -> str | None:
    """Say which service the event must have, "" for none; None where people left it open."""
    item = story.item
    if not item.alive or story.departed:
        return ""
    if item.ends is not None and item.ends <= world.utc():
        return None  # past events get none, and keep what they have
    if story.series is not None:
        shared = expected(world, people, story.series)
        if shared != "":
            return "" if shared else None  # occurrences share the meeting of their series
        if story.series.opted and asked(story):
            return None
    return _of_its_own(world, people, story)


def _of_its_own(world: World, people: People, story: Story) -> str | None:
    service, item, known = asked(story), story.item, people.record(story)
    live = known if known is not None and known.state == "live" else None
    if story.opted == "maybe" and live and live.source.startswith("location:"):
        return live.service  # it recalls the keyword that stood there before somebody took the link away
    if not service or story.opted == "sure" or (_foreign(story) == "always" and not live):
        return ""
    copied = story.copied or (story.series is not None and story.series.copied)
    if copied and item["native"] is not None and not live:
        return None  # whose that one is depends on what became of the original
    return service if live or not _open(world, story) else ""


def _open(world: World, story: Story) -> bool:
    """Whether it depends on when the daemon looked: what is live stays, but nothing new is begun."""
    item = story.item
    far = item["start"] > world.utc() + WINDOW and not (item["recurrence"] and story.series is None)
    keyword_gone = source(story).startswith("location") and not KEYWORD.search(item["location"])
    return bool(
        far
        or story.opted == "maybe"
        or story.leftover
        or _foreign(story)
        or (story.moved and item["native"])
        or (story.lost and keyword_gone)
    )


def _foreign(story: Story) -> str:
    """Say whether it carries somebody else's link, its own or that of its series."""
    return story.foreign or ("later" if story.series is not None and story.series.foreign else "")


def _event(world: World, people: People, story: Story) -> Iterator[str]:
    """Check one event."""
    service = expected(world, people, story)
    if not story.item.alive or story.departed:
        yield from _gone(world, people, story)
    elif service is not None:
        yield from _conference(world, people, story, service)
        yield from _texts(world, story, service)
        if story.steady and len(story.shown) > 1:
            yield f"its link changed for no reason: {story.shown}"


def _gone(world: World, people: People, story: Story) -> Iterator[str]:
    """Check that nothing is kept for an event that is cancelled or was moved away."""
    item, known = story.item, people.record(story)
    current = world.calendars.items[item.calendar, item.id] is item
    if current and known is not None and not leftovers.believed_over(world, item):
        yield f"it is gone, but has a conference that is {known.state}"


def _conference(world: World, people: People, story: Story, service: str) -> Iterator[str]:
    item = story.item
    foreign_copy = not service and (story.series or story.copied)
    if len(MARKER.findall(item["description"])) not in {0, 2} and not foreign_copy:
        yield f"more or less than one block: {item['description']!r}"
    if service:
        yield from shown.conference(world, story, service, people.record(story))
    elif story.series is not None:
        yield from _occurrence(world, people, story, story.series)
    elif not story.copied and not leftovers.of_another(world, story.item):
        yield from _nothing(story)


def _nothing(story: Story) -> Iterator[str]:
    """Check that nothing of ours is on an event that should have none."""
    native = story.item["native"]
    ours = native is not None and bool(native.key) and not story.moved
    if ours or OURS.search(story.item["description"]):
        yield f"it should have no conference ({source(story)!r} asks, {story.opted!r}) but shows {link(story.item)}"


def _occurrence(world: World, people: People, story: Story, series: Story) -> Iterator[str]:
    """Check an occurrence that has no conference of its own: what it shows must be that of its series."""
    found, shared = link(story.item), expected(world, people, series)
    if not found or "description" not in story.item.fields or series.copied or shared is None:
        return
    if found != (link(series.item) if shared else ""):
        yield f"it shows {found}, its series {link(series.item) if shared else 'nothing'}"


def _texts(world: World, story: Story, service: str) -> Iterator[str]:
    """Check the words of people; what was copied or inherited with ours in it may stay as it was."""
    fields, series = story.item.fields, story.series
    inherited = series is not None and series.loose
    if not service and (story.copied or inherited or leftovers.of_another(world, story.item)):
        return
    if series is None or "description" in fields:
        yield from shown.notes(story)
    if series is None or ("location" in fields and service):
        yield from shown.place(story, service)
