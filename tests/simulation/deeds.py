"""What people do to events. Each deed says whether it could be done."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import timedelta

from tests.simulation import asking, mischief
from tests.simulation.calendar import Item
from tests.simulation.people import SERVICES, WORDS, People
from tests.simulation.story import KEYWORD, Story

Deed = Callable[[People, Story], bool]


def retitle(people: People, story: Story) -> bool:
    """Change the words of a title, not what it asks for."""
    people.count += 1
    words = f"{people.dice.choice(WORDS)} {people.count}"
    kept = [word for word in story.item["title"].split() if KEYWORD.fullmatch(word) or word == "customer"]
    people.change(story, title=" ".join([words, *kept]))
    people.say("retitle", story, story.item["title"])
    return True


def reschedule(people: People, story: Story) -> bool:
    """Move it in time, now and then into the past."""
    length = story.item["end"] - story.item["start"]
    now = people.world.utc().replace(second=0, microsecond=0)
    start = now + (timedelta(hours=-3) if people.dice.random() < 0.05 else people.soon())
    people.change(story, start=start, end=start + length)
    people.say("move", story, f"{start:%d %H:%M}")
    return True


def invite(people: People, story: Story) -> bool:
    """Change the guests."""
    people.change(story, attendees=people.guests(story.item.organizer))
    people.say("invite", story, str(story.item["attendees"]))
    return True


def answer(people: People, story: Story) -> bool:
    """Accept an invitation: nothing that matters."""
    people.world.calendars.touch(story.item)
    people.say("rsvp", story)
    return True


def cancel(people: People, story: Story) -> bool:
    """Cancel an event, with its changed occurrences."""
    story.disturb()
    people.say("cancel", story)
    item = story.item
    for one in people.world.calendars.occurrences(item):
        one.alive = False
    item.alive = False
    people.world.calendars.touch(item)
    return True


def restore(people: People, _: Story) -> bool:
    """Take a cancelled event out of the bin, with all that stood on it."""
    gone = [
        one
        for one in people.stories
        if not one.item.alive and not one.departed and (one.series is None or one.series.item.alive)
    ]
    if not gone:
        return False
    story = people.dice.choice(gone)
    story.disturb()
    people.say("restore", story)
    story.item.alive = True
    people.world.calendars.touch(story.item)
    return True


def edit_notes(people: People, story: Story) -> bool:
    """Write something above or below our block, or have an editor turn line ends into tags."""
    people.count += 1
    line = f"note {people.count} <ok> & so"
    edit: Callable[[str], str] = people.dice.choice(
        [
            lambda text: f"{line}\n{text}",
            lambda text: f"{text}\n{line}",
            lambda text: text.replace("Agenda", "Topics"),
            lambda text: text.replace("\n", "<br>"),
        ]
    )
    if edit(story.item["description"]) == story.item["description"]:
        return False
    people.type(story, "description", edit)
    people.say("write", story, repr(story.item["description"]))
    return True


def edit_place(people: People, story: Story) -> bool:
    """Take another room."""
    if not re.search(r"Room \d", story.place):
        return False
    room = f"Room {people.dice.randrange(1, 9)}"
    people.type(story, "location", lambda text: re.sub(r"Room \d", room, text))
    people.say("room", story, repr(story.item["location"]))
    return True


def repeat(people: People, story: Story) -> bool:
    """Make a series of a single event."""
    if story.item["recurrence"] or story.series is not None:
        return False
    people.change(
        story, recurrence=people.dice.choice([("RRULE:FREQ=DAILY;COUNT=9",), ("RRULE:FREQ=WEEKLY",)])
    )
    people.say("repeat", story)
    return True


def change_occurrence(people: People, story: Story) -> bool:
    """Change or cancel one occurrence of a series."""
    item = story.item
    if not item["recurrence"] or story.series is not None:
        return False
    start = item["start"] + timedelta(weeks=people.dice.choice([1, 2]))
    id_ = f"{item.id}_{start:%Y%m%dT%H%M%SZ}"
    calendars = people.world.calendars
    if (item.calendar, id_) in calendars.items:
        return False
    one = Item(
        item.calendar, id_, item.organizer, {"start": start, "end": start + timedelta(minutes=30)}, item
    )
    told = Story(one, {}, story, loose=story.loose, steady=False)
    kind = people.dice.choice(["cancel", "title", "notes", "time"])
    one.alive = kind != "cancel"
    if kind == "title":
        one.fields["title"] = f"Special @{people.dice.choice(SERVICES)}"
    elif kind == "notes":
        one.fields |= {"description": item["description"] + "\nonly today", "mark": item["mark"]}
        told.texts["description"] = story.notes + "\nonly today"
    people.stories.append(told)
    calendars.add(one)
    people.say(f"occurrence {kind}", told)
    return True


DEEDS: dict[Deed, int] = {
    retitle: 6,
    reschedule: 8,
    invite: 4,
    answer: 2,
    asking.ask_otherwise: 6,
    asking.unflag: 4,
    asking.flag: 4,
    cancel: 4,
    restore: 4,
    mischief.opt_out: 5,
    edit_notes: 8,
    edit_place: 3,
    mischief.damage: 2,
    mischief.add_foreign_link: 2,
    mischief.add_foreign_meet: 1,
    repeat: 2,
    change_occurrence: 3,
    mischief.copy: 2,
    mischief.delete_meeting: 2,
    mischief.hand_over: 2,
}


def act(people: People) -> None:
    """Have somebody do something."""
    living = people.living()
    if len(living) < 2 or people.dice.random() < 0.2:
        people.create()
    else:
        act_on(people, living[-6:])


def act_on(people: People, stories: Sequence[Story]) -> None:
    """Have somebody do something to one of these events."""
    for _ in range(20):
        deed = people.dice.choices(list(DEEDS), list(DEEDS.values()))[0]
        if deed(people, people.dice.choice(stories)):
            return


def meddle(people: People, about: str) -> None:
    """Have somebody change an event while the daemon is at it."""
    event = about.partition(" ")[0]
    if stories := people.living(lambda one: one.item.id == event):
        act_on(people, stories)
