"""People, who go on changing their calendars whatever the daemon is at."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from connectors.model import Conference
from store import conferences
from store.calendars import calendar_id
from tests.simulation.calendar import Item
from tests.simulation.story import Story, link
from tests.simulation.world import ADA, BOB, TEAM, World

GUESTS = (ADA, BOB, "carol@customer.example", "dan@example.com")
WORDS = ("Planning", "Review", "Lunch", "Interview", "Stand-up", "Budget")
NOTES = (
    "",
    "Agenda: one, two",
    "first line\nsecond line",
    "<b>Agenda</b><br>one &amp; two",
    "ends in a line\n",
)
FOREIGN = "https://teams.microsoft.com/l/meetup-join/19%3ameeting_abc%40thread.v2/0"
SERVICES = ("zoom", "zoom", "zoom", "meet", "meet", "video", "static", "none")


class People:
    """All people at once. What they mean is kept in their stories."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.dice: random.Random = world.dice("people")
        self.stories: list[Story] = []
        self.count = 0
        world.told.append(self._noticed)

    def _noticed(self, item: Item) -> None:
        """Remember each link that the daemon showed to people; an occurrence that it wrote to stands alone."""
        for story in self.stories:
            if story.item is item:
                found = link(item)
                if found and found not in story.shown:
                    story.shown.append(found)
                if story.series is not None:
                    self.part(story)

    def part(self, story: Story) -> None:
        """Keep the texts in which an occurrence by now differs from its series."""
        if story.series is None:
            return
        for name in ("description", "location"):
            if name in story.item.fields:
                story.texts.setdefault(name, story.series._text(name))
                story.loose |= story.series.loose

    def living(self, fits: Callable[[Story], Any] = lambda _: True) -> list[Story]:
        """List the events that are there."""
        return [one for one in self.stories if one.item.alive and one.item.own and fits(one)]

    def record(self, story: Story) -> Conference | None:
        """Look up what the daemon has committed about an event."""
        name = calendar_id("google", story.item.calendar)
        return conferences.get(self.world.conn, name, story.item.id)

    def say(self, what: str, story: Story, more: str = "") -> None:
        """Note it in the trace."""
        self.world.trace("people", f"{what} {story.item.name} {more}".rstrip())

    def change(self, story: Story, **fields: Any) -> None:
        """Change fields of an event."""
        self.world.calendars.change(story.item, **fields)

    def type(self, story: Story, name: str, edit: Callable[[str], str]) -> None:
        """Change a text: what people see, and what of it is theirs."""
        own = edit(story._text(name))
        story.loose |= story.series is not None and story.series.loose
        seen = edit(story.item[name])
        story.texts[name] = own
        # An occurrence that is changed becomes an event with all the properties that its series has then.
        self.change(story, **{name: seen, "mark": story.item["mark"]})

    def create(self) -> Story:
        """Make a new event."""
        dice, self.count = self.dice, self.count + 1
        calendar = dice.choice([ADA, ADA, ADA, BOB, BOB, TEAM])
        title, place = f"{dice.choice(WORDS)} {self.count}", dice.choice(["", "", "Room 4"])
        notes, ask = dice.choice(NOTES), ""
        word = dice.choice(SERVICES)
        flag = dice.choice(
            ["title", "title", "location", "description", "description", "property", "rule", ""]
        )
        if flag == "title":
            title += f" @{word}"
        elif flag == "location":
            place = f"{place} @{word}".strip()
        elif flag == "description":
            notes = f"{notes}\nplease @{word} here" if notes else f"@{word}"
        elif flag == "property":
            ask = word
        elif flag == "rule":
            title += " customer"
        foreign = dice.random() < 0.06
        if foreign:
            notes += f"\n{FOREIGN}"
        start = self.world.utc().replace(second=0, microsecond=0) + self.soon()
        fields = {
            "title": title,
            "location": place,
            "description": notes,
            "ask": ask,
            "start": start,
            "end": start + timedelta(minutes=dice.choice([15, 30, 60, 90])),
            "zone": dice.choice(["UTC", "Europe/Berlin"]),
            "attendees": self.guests(calendar),
            "recurrence": ("RRULE:FREQ=WEEKLY;COUNT=6",) if dice.random() < 0.15 else (),
        }
        item = Item(calendar, f"evt{self.count}", calendar, fields)
        story = Story(item, {"description": notes, "location": place}, foreign="always" if foreign else "")
        self.stories.append(story)
        self.world.calendars.add(item)
        self.say("create", story, f"{title!r} at {place!r}: {notes!r} {ask} {start:%d %H:%M}")
        return story

    def soon(self) -> timedelta:
        """Draw how long it is until an event begins."""
        hours = self.dice.choice(
            [self.dice.uniform(0.3, 2), self.dice.uniform(3, 90), self.dice.uniform(3, 90)]
        )
        if self.dice.random() < 0.1:
            hours = 5 * 24 + self.dice.uniform(-0.5, 1.5)  # around the end of the window
        return timedelta(minutes=round(hours * 60))

    def guests(self, organizer: str) -> tuple[str, ...]:
        """Draw some guests."""
        return tuple(sorted(guest for guest in GUESTS if guest != organizer and self.dice.random() < 0.3))
