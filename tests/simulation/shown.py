"""What an event must show, and its meeting be, where it should have one; and that people's own words are whole."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from connectors.model import Conference
from tests.simulation.meetings import Room
from tests.simulation.story import KEYWORD, OURS, URL, Story, link, source, without_keyword
from tests.simulation.world import World


def conference(world: World, story: Story, service: str, known: Conference | None) -> Iterator[str]:
    """Check that the event has a conference of this service, and that it is right."""
    url, said = link(story.item), f"{source(story)!r} asks for {service}, but it "
    if known is None or (known.service, known.state) != (service, "live"):
        yield said + f"has {known and (known.state, known.service)}"
    elif not url:
        yield said + "shows no link"
    elif service == "meet":
        yield from _meet(story, known)
    else:
        yield from _block(story, known)
        if service == "zoom":
            yield from _zoom(world, story, known)
        elif url != f"https://video.example.com/{known.key}":
            yield f"its link is {url}"


def _meet(story: Story, known: Conference) -> Iterator[str]:
    native = story.item["native"]
    if native is None or native.state != "ready" or native.key != known.key:
        yield f"its Meet is {native}, not that of {known.key}"
    if OURS.search(story.item["description"]):
        yield "it has a Meet and a block"


def _block(story: Story, known: Conference) -> Iterator[str]:
    block, native = OURS.search(story.item["description"]), story.item["native"]
    if block is None or block["key"] != known.key:
        yield f"its block is not that of {known.key}: {story.item['description']!r}"
    if native is not None and native.key:
        yield f"it has a block and {native}"


def _zoom(world: World, story: Story, known: Conference) -> Iterator[str]:
    url = link(story.item)
    room = next((room for room in world.zoom.rooms.values() if room.url == url and room.alive), None)
    if room is None:
        yield f"its link {url} leads nowhere"
        return
    made = room.made
    shown = (made.title, made.start, made.minutes, made.recurring, made.invitees)
    if shown != (wanted := _wanted(story)):
        yield f"its meeting is {shown}, not {wanted}"
    organizer = story.item.organizer
    if room.key != known.key or ("group" not in organizer and made.host != organizer):
        yield f"its meeting {room.key} of {made.host} is not that of {known.key} of {organizer}"
    yield from _passcode(story, room)


def _wanted(story: Story) -> tuple[object, ...]:
    """Say what a meeting must know of its event: a series has no times of its own."""
    item = story.item
    title = " ".join(KEYWORD.sub("", item["title"]).split())
    guests = tuple(sorted(set(item["attendees"]) - {item.organizer}))
    if item["recurrence"] and story.series is None:
        return title, None, 0, True, guests
    return title, item["start"], -((item["start"] - item["end"]) // timedelta(minutes=1)), False, guests


def _passcode(story: Story, room: Room) -> Iterator[str]:
    block = OURS.search(story.item["description"])
    if block is None or room.passcode not in block["body"]:
        yield "its passcode is not on the event"


def notes(story: Story) -> Iterator[str]:
    """Compare what is outside our block with what people wrote, byte by byte."""
    seen = OURS.sub("", story.item["description"])
    same = _letters(seen) == _letters(story.notes) if story.loose else seen == story.notes
    if not same:
        yield f"people's text was changed: {seen!r} instead of {story.notes!r}"


def _letters(text: str) -> str:
    return "".join(text.replace("<br>", " ").split())


def place(story: Story, service: str) -> Iterator[str]:
    """Check the location: people's words, and the link if there was room for it or a keyword asked for it."""
    seen, url = story.item["location"], link(story.item) if service else ""
    if without_keyword(seen) != without_keyword(story.place):
        yield f"the location was changed: {seen!r} instead of {story.place!r}"
    strangers = set(URL.findall(seen)) - {url}
    if strangers and not story.copied and not story.leftover:
        yield f"the location still has {strangers}"
    if not url or service == "meet" or story.cleared or story.leftover or story.series:
        return
    if not story.place and seen != url:
        yield f"the location should be {url}, not {seen!r}"
    if source(story).startswith("location") and url not in seen:
        yield f"the keyword in the location should have become {url}: {seen!r}"
